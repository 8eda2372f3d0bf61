"""Hostile strings in name, address, notes and complaints reach XLSX and CSV as text: no live formula, nothing lost, counts unchanged."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest
from desk_office import build

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.desk import books
from ktpel_kiosk.documents.books import plain
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.domain.ledgers import Letter
from ktpel_kiosk.domain.pengaduan import Kanal, KategoriPengaduan, Pengaduan
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran

HEADS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "|", "%", "＝", "＋", "－", "＠", "'=", '"=', ";=", ",=")
TAILS = (
    "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.id","klik")', "SUM(1;2)", "IMPORTXML(CONCAT(\"http://x.id\",A1),\"//a\")",
    "DDE(\"cmd\";\"/C calc\";\"1\")", "'; DROP TABLE permohonan; --", "\"><script>alert(1)</script>", "${jndi:ldap://x}", "{0.__class__}",
    "%s%n%x", "..\\..\\windows\\win.ini", "../../etc/passwd", "A\x00B", "A\x1bB", "\u202eMUN\u202c", "İ\u0307", "\u200b\u200d", "\ufeffA",
    "𝔘𝔫𝔦", "ﷺ", "日本", "🪪" * 3, "O'BRIEN", "M. MUT'ROF", "a" * 300, "\r\n;;\r\n", "0012", "350805440190000123", "1e10", "&P", "_x0041_",
    "<!--", "]]>", "{=1}", "@SUM(A1)", "=A1&\"", "NULL", "NaN", "true", "-2+3+cmd|'", "+62812", "\\", "/", "`id`", "$(id)",
)


def corpus(count=1000):
    rng = random.Random(7)
    every = [h + t for h in HEADS for t in TAILS] + list(TAILS)
    rng.shuffle(every)
    while len(every) < count:
        every.append(rng.choice(HEADS) + rng.choice(TAILS) + rng.choice(TAILS))
    return every[:count]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One office for all these tests: they only read its books."""
    made = build(tmp_path_factory.mktemp("hostile") / "tempeh", "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture(scope="module")
def hostile(office):
    """One void application, a letter and a complaint per batch of strings; the real documents."""
    texts = corpus()
    template = office.begun()
    now = office.clock.now()

    def fill(tx):
        for i, text in enumerate(texts):
            safe = text.replace("\x00", "\N{SYMBOL FOR NULL}")
            who = replace(template.penduduk, nama=safe, alamat=safe, desa=safe, tempat_lahir=safe)
            tx.save_permohonan(replace(template, id=f"h-{i}", version=0, nomor_register=f"H{i:04d}", penduduk=who, note=safe,
                                       keadaan=Keadaan.BATAL, mobile_place=safe))
            if i % 10 == 0:
                tx.add_letter(Letter(f"S/{i}", "surat_pengantar", now, safe, safe, safe, "loket"))
                tx.save_complaint(Pengaduan(f"c-{i:04d}", f"P/{i}", now, Kanal.EMAIL, safe, KategoriPengaduan.RINGAN, "loket", now,
                                            safe, safe, tindak_lanjut=safe))
        tx.log("IntakeRegistered", "h", "-")

    office.desk.register.write(fill)
    object.__setattr__(office.desk, "documents", OfficeDocuments(resources()))
    return [t.replace("\x00", "\N{SYMBOL FOR NULL}") for t in texts]


def unescaped(value):
    """As Excel reads it: ``_x005F_`` stands for the underscore of a text that looks like an escape itself (ECMA-376 22.9.2.19)."""
    return re.sub(r"_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), value)


def export(office, book, format, path):
    books.export_register(office.desk, office.actor(Peran.SUPERVISOR), book, format, path)
    return path.read_bytes()


@pytest.mark.parametrize(("book", "column", "count"), [("permohonan", 4, 1000), ("agenda_surat", 4, 100), ("pengaduan", 5, 100)])
def test_no_formula_lives_in_xlsx_and_every_text_is_whole(office, hostile, tmp_path, book, column, count):
    data = export(office, book, "xlsx", tmp_path / "b.xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert not [n for n in names if "external" in n or "vba" in n.lower()]
    assert "<f>" not in sheet
    assert "<f " not in sheet
    assert "<hyperlink" not in sheet
    table = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
    found = [r for r in table.iter_rows() if isinstance(r[0].value, int)]
    assert len(found) == count
    assert {c.data_type for r in found for c in r} <= {"s", "n", "inlineStr"}
    step = 1 if count == 1000 else 10
    for row, text in zip(found, hostile[::step], strict=True):
        assert unescaped(row[column].value or "") == plain(text), text


@pytest.mark.parametrize(("book", "column", "count"), [("permohonan", 4, 1000), ("agenda_surat", 4, 100), ("pengaduan", 5, 100)])
def test_no_cell_of_a_csv_begins_like_a_formula(office, hostile, tmp_path, book, column, count):
    text = export(office, book, "csv", tmp_path / "b.csv").decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    found = [r for r in table if r and r[0].isdigit()]
    assert len(found) == count
    assert not [c for r in table for c in r if c.lstrip().startswith(("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"))
                and c not in ("-",)]
    step = 1 if count == 1000 else 10
    for row, raw in zip(found, hostile[::step], strict=True):
        assert row[column].removeprefix("'") == plain(raw), raw


def test_the_register_still_counts_what_it_counted(office, hostile):
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    counts = office.desk.register.read(lambda v: [v.count_in(b, since, until) for b in ("permohonan", "agenda_surat", "pengaduan")])
    assert counts == [1000, 100, 100]
    assert office.desk.register.check_audit().whole
