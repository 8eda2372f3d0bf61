"""Biodata, dates, phones, NIK, searches, SOP values, import cells and sign-in against the corpus; then a small day is scanned for leaks."""

from __future__ import annotations

import csv
import json
import logging
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from access_office import Lines, Prepared
from corpus import NAMES, SURROGATES, corpus
from desk_office import PASSWORD, build
from sqlalchemy import text as sql

from ktpel_kiosk.desk import books, intake, population, queries, returns, sign_in
from ktpel_kiosk.domain.approval import approval_message
from ktpel_kiosk.domain.biodata import FIELD_LABELS, BiodataInvalid, check_field, make_penduduk, penduduk_from_dict, penduduk_to_dict
from ktpel_kiosk.domain.errors import BadInput, KioskError, SignInRefused
from ktpel_kiosk.domain.free_text import note
from ktpel_kiosk.domain.nik import check_nik, check_no_kk
from ktpel_kiosk.domain.numbering import check_template, format_number
from ktpel_kiosk.domain.passwords import user_name
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.text import parse_date, phone_e164
from ktpel_kiosk.ports.register import Query

TEXTS = corpus()
TODAY = date(2026, 11, 20)
QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"})


def typed(value: str) -> str:
    """The documented normal form of a biodata text: capitals, plain quotes and dashes, single blanks."""
    return " ".join(value.translate(QUOTES).upper().split())


@pytest.fixture(scope="module")
def person(prepared: Prepared) -> dict[str, object]:
    return {**penduduk_to_dict(prepared.office.person(3))}


@pytest.mark.parametrize("field", ["nama", "tempat_lahir", "alamat", "desa", "kecamatan", "kabupaten", "provinsi", "kewarganegaraan"])
def test_biodata_texts_are_kept_in_capitals_or_refused_beside_their_field(person: dict[str, object], field: str) -> None:
    kept = 0
    for value in TEXTS:
        try:
            until = "2030-01-01" if field == "kewarganegaraan" else ""
            made = make_penduduk(today=TODAY, **{**person, "berlaku_hingga": until, field: value})
        except BiodataInvalid as error:
            assert {p.field for p in error.problems} <= {field, "berlaku_hingga"}
            assert all(p.text and len(p.text) < 300 for p in error.problems)
            assert value not in str(error) or len(value) < 8
        else:
            kept += 1
            found = getattr(made, field)
            assert found == typed(value) or (field == "kewarganegaraan" and found == "WNI")
            assert len(found) <= 120
            assert found.isascii()
            assert penduduk_from_dict(json.loads(json.dumps(penduduk_to_dict(made)))) == made
    assert kept > 3


@pytest.mark.parametrize("field", sorted(set(FIELD_LABELS) - {"nama", "alamat"}))
def test_no_field_ever_raises_anything_else(field: str) -> None:
    for value in TEXTS:
        problem = check_field(field, value, today=TODAY)
        assert problem is None or problem.text


def test_names_as_people_have_them(person: dict[str, object]) -> None:
    for name in ("SOEKARNO", "M. MUT'ROF", "O’BRIEN", "A", "X" * 60, "NI LUH PUTU, S.PD.", "SITI-AMINAH"):
        assert make_penduduk(today=TODAY, **{**person, "nama": name}).nama == typed(name)
    for name in ("X" * 61, "SITI123", "'", "-", "", " ", "SITI\u200b", "SITI\x00", "Ñ"):
        with pytest.raises(BiodataInvalid) as caught:
            make_penduduk(today=TODAY, **{**person, "nama": name})
        assert [p.field for p in caught.value.problems] == ["nama"]
    with pytest.raises(BiodataInvalid) as caught:
        make_penduduk(today=TODAY, **{**person, "nama": "X" * 61})
    assert "60" in caught.value.problems[0].text and "61" in caught.value.problems[0].text
    assert set(NAMES)


def test_impossible_dates(person: dict[str, object]) -> None:
    for wrong in ("31-02-2000", "29-02-2007", "00-00-0000", "01-01-0000", "01-13-2000", "32-01-2000", "31-04-1990", "21-11-2026",
                  "31-12-9999",
                  "01-01-10000", "01-01-1890", "5 Foo 2008", "05-02-08"):
        with pytest.raises(BiodataInvalid) as caught:
            make_penduduk(today=TODAY, **{**person, "tanggal_lahir": wrong})
        assert [p.field for p in caught.value.problems] == ["tanggal_lahir"], wrong
    for right, day in (("29-02-2008", date(2008, 2, 29)), ("5 Februari 2008", date(2008, 2, 5)), ("05022008", date(2008, 2, 5)),
                       ("5/2/2008", date(2008, 2, 5)), ("2008-02-05", date(2008, 2, 5))):
        assert make_penduduk(today=TODAY, **{**person, "tanggal_lahir": right}).tanggal_lahir == day


def test_parsers_answer_or_refuse(prepared: Prepared) -> None:
    regions, sentences = prepared.office.desk.regions(), prepared.office.desk.sentences
    for value in TEXTS:
        for parse in (parse_date, phone_e164, user_name, lambda t: format_number(t, urut=1, on=TODAY), check_template):
            try:
                parse(value)
            except BadInput as error:
                assert sentences.of(error) != error.message_key
        report = check_nik(value, regions=regions, today=TODAY)
        assert report.usable or report.errors[0].text
        check_no_kk(value, regions=regions)
        approval_message(permohonan_id="p", stage="s", kind="k", officer="o", role="r", content_hash="h", note=value,
                         at=prepared.office.desk.clock.now())


def test_searches_find_or_find_nothing(prepared: Prepared) -> None:
    desk = prepared.office.desk
    everything = queries.search(desk, Query(limit=5))[0]
    for value in TEXTS:
        try:
            count, items = queries.search(desk, Query(text=value, limit=5))
            assert 0 <= len(items) <= count <= everything
            assert queries.search(desk, Query(desa=value, limit=5))[0] <= everything
            assert queries.find_scanned(desk, value) is None or value.strip()
        except BadInput:
            assert any("\ud800" <= c <= "\udfff" for c in value)
    assert queries.search(desk, Query(limit=5))[0] == everything


def test_sign_in_with_anything(prepared: Prepared) -> None:
    desk = prepared.dry()
    said = set()
    for value in TEXTS:
        if value.strip().lower() in {u.username for u in desk.register.read(lambda v: v.users())}:
            continue
        with pytest.raises(SignInRefused) as refused:
            sign_in.sign_in(desk, value, "salah")
        said.add(refused.value.message_key)
    assert said == {"sign_in.wrong"}
    for value in TEXTS[:60] + SURROGATES:
        with pytest.raises(SignInRefused):
            sign_in.sign_in(desk, "kasi", value)


def toml(value: str) -> str:
    return json.dumps(value, ensure_ascii=True) if value.isascii() else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@pytest.mark.parametrize(("key", "line"), [("nama", 'nama = "'), ("format_nomor", "format_nomor = "), ("telepon", "telepon = ")])
def test_sop_values(prepared: Prepared, key: str, line: str) -> None:
    source = prepared.office.desk.sop.source_text
    found = re.search(rf"(?ms)^\[kantor\].*?^({key} *= *\"[^\n]*)$", source)
    if found is None:
        pytest.skip(f"{key} is not written in this SOP")
    kept = 0
    for value in TEXTS[::8]:
        made = source[:found.start(1)] + f"{key} = {toml(value)}" + source[found.end(1):]
        try:
            sop = parse_sop(made, name="uji.toml")
        except BadInput as error:
            assert prepared.office.desk.sentences.of(error) != error.message_key
        else:
            kept += 1
            assert getattr(sop.kantor, key) in (value, value.strip())
    assert kept or key == "format_nomor"


@pytest.mark.parametrize("column", ["NIK", "NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "ALAMAT", "AGAMA", "STAT_KWN", "NO_KK"])
def test_import_cells(prepared: Prepared, column: str) -> None:
    """One hostile cell per row: the row is kept in the documented form or listed with its line and reason; the file goes on."""
    header = ("NIK", "NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "GOL_DRH", "AGAMA", "STAT_KWN", "JENIS_PKRJN", "ALAMAT", "NO_RT",
              "NO_RW", "NO_KK")
    base = ("3508050101900001", "SITI", "LUMAJANG", "01-01-1990", "L", "13", "1", "1", "1", "JALAN 1", "001", "002", "3508051234567890")
    rows = [header]
    for i, value in enumerate(TEXTS):
        row = list(base)
        row[0] = f"350805010190{i + 1:04d}"
        row[header.index(column)] = value
        rows.append(tuple(row))
    desk = replace(prepared.office.desk, read_table=lambda _p: Lines(rows))  # type: ignore[arg-type]
    plan = population.examine(desk, prepared.office.actor(Peran.ADMIN), Path("daftar.csv"), village="TEMPEH LOR")
    assert plan.rows == len(TEXTS)
    assert len(plan.entries) + plan.refused + len(plan.repeats) == len(TEXTS)
    assert all(p.reason and 2 <= p.line <= len(rows) for p in plan.problems)
    cells = [c for row in csv.reader(population.problem_table(plan).decode("utf-8-sig").splitlines(), delimiter=";") for c in row]
    assert not [c for c in cells if c.startswith(("=", "+", "@", "\t", "\r"))]


def schema_and_counts(made: Prepared) -> tuple[object, ...]:
    def look(view: object) -> tuple[object, ...]:
        names = [r["name"] for r in view.all(sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"))]  # type: ignore[attr-defined]
        text = tuple(str(r["sql"]) for r in view.all(sql("SELECT sql FROM sqlite_master ORDER BY name")))  # type: ignore[attr-defined]
        rows = tuple(view.scalar(sql(f'SELECT count(*) FROM "{n}"')) for n in names)  # type: ignore[attr-defined]
        return text, tuple(zip(names, rows, strict=True))

    return made.office.desk.register.read(look)  # type: ignore[no-any-return]


def test_schema_and_counts_after_committed_hostile_text(prepared: Prepared) -> None:
    """Two hundred notes really stored, returned, brought again and exported: one application more in nothing, no live formula."""
    office, desk = prepared.office, prepared.office.desk
    p = office.at(Stage.VERIFIKASI, 30)
    schema, before = schema_and_counts(prepared)
    checker = office.actor(Peran.VERIFIKATOR)
    kept = 0
    for value in TEXTS[:320]:
        try:
            returns.return_application(desk, checker, p.id, ("lain",), value)
        except BadInput:
            continue
        kept += 1
        assert desk.register.read(lambda v: v.permohonan(p.id)).note == note(value)
        returns.resubmit(desk, checker, p.id)
    again, after = schema_and_counts(prepared)
    assert again == schema
    grown = {n for (n, a), (_n, b) in zip(before, after, strict=True) if a != b}
    assert grown <= {"audit", "document", "pause"}, grown
    assert kept > 150
    assert desk.register.check_audit().whole


# -- nothing personal in audit, logs, errors ---------------------------------------------------------------------------


def test_a_small_day_leaves_no_personal_data_in_audit_logs_or_errors(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """RELIABILITY.md threat 17 in small: names, NIK, No. KK, phones and typed reasons of everybody served."""
    caplog.set_level(logging.DEBUG)
    office = build(tmp_path / "hari", "tempeh")
    errors: list[str] = []
    marks: set[str] = set()
    try:
        loket, checker = office.actor(Peran.LOKET), office.actor(Peran.VERIFIKATOR)
        for index in range(6):
            penduduk = replace(office.person(index), nama=f"ZULAIKHAQ MARKER{'ABCDEF'[index]}", no_kk=f"350805111111{index:04d}")
            phone = f"081277700{index:03d}"
            marks |= {penduduk.nama.split()[1], penduduk.nama, penduduk.nik, penduduk.no_kk, phone, "+62" + phone[1:]}
            key = intake.begin_intake(office.desk, loket)
            intake.save_draft(office.desk, loket, key, {"nama": penduduk.nama, "nik": penduduk.nik, "nomor_hp": phone})
            items = frozenset(i.kode for i in intake.checklist(office.desk, Layanan.BARU_WNI, penduduk))
            p = intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, penduduk, items, nomor_hp=phone, draft_key=key,
                                      note=f"titipan {penduduk.nama}", mobile_place=f"rumah {penduduk.nama}")
            for act in (lambda x=penduduk: intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, x, items),
                        lambda x=penduduk: make_penduduk(today=TODAY, **{**penduduk_to_dict(x), "alamat": "\x00" + x.nama}),
                        lambda x=penduduk: phone_e164(x.nama), lambda x=penduduk: office.desk.register.read(lambda v: v.permohonan(x.nik)),
                        lambda x=penduduk: sign_in.sign_in(office.desk, x.nama, x.nik)):
                with pytest.raises(KioskError) as caught:
                    act()
                errors.append(f"{caught.value} {caught.value.facts} {office.desk.sentences.of(caught.value)}")
            p = intake.assign_number(office.desk, loket, p.id)
            if index == 0:
                returns.return_application(office.desk, checker, p.id, ("lain",), f"bukan {penduduk.nama}")
                returns.resubmit(office.desk, checker, p.id)
            if index == 1:
                returns.reject(office.desk, checker, p.id, f"NIK {penduduk.nik} milik {penduduk.nama}", duplicate=True)
                continue
            p = office.walk().advance(p.id)
            office.walk().advance(office.prr(p, sequence=index + 1).id)
        books.export_register(office.desk, office.actor(Peran.KASI), "permohonan", "csv", tmp_path / "b.csv", full_nik=True,
                              reason=f"permintaan untuk NIK {office.person(0).nik}", second_username="camat", second_password=PASSWORD)
        links = office.desk.register.read(lambda v: list(v.audit(limit=100_000)))
        assert len(links) > 200
        audit = "\n".join(json.dumps([x.actor, x.event, x.subject, x.facts], ensure_ascii=False) for x in links)
    finally:
        office.desk.register.close()
    for place, text in (("audit", audit), ("log", caplog.text), ("errors", "\n".join(errors))):
        assert not sorted(m for m in marks if m in text), place
