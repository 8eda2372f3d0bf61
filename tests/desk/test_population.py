"""The population list: columns, spellings, refusals by line, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from desk_office import Office
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from population_files import COLUMNS, SITI, resident, text_of, write

from ktpel_kiosk.app.population_file import open_table
from ktpel_kiosk.desk import population
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed
from ktpel_kiosk.domain.sop import Peran


@pytest.fixture
def desk(office: Office) -> Desk:
    return replace(office.desk, read_table=open_table)


@pytest.fixture
def chief(office: Office) -> Actor:
    return office.actor(Peran.SUPERVISOR)


def reasons(plan: population.ImportPlan, line: int) -> str:
    return " | ".join(f"{p.column}: {p.reason}" for p in plan.problems if p.line == line)


def test_a_list_is_looked_at_then_stored_and_found_at_the_loket(desk, chief, tmp_path):
    path = write(tmp_path / "tempeh.csv", [resident(1), resident(2, EKTP_STATUS="PRINT READY RECORD"), resident(3, EKTP_STATUS="")])
    plan = population.examine(desk, chief, path)
    assert (plan.rows, len(plan.entries), plan.problems) == (3, 3, ())
    assert desk.register.read(lambda v: v.population_count()) == 0
    batch = population.adopt(desk, chief, plan)
    assert (batch.added, batch.changed, batch.unchanged, batch.refused) == (3, 0, 0, 0)
    siti = population.find(desk, "350805 450208 0001")
    assert siti is not None
    assert (siti.penduduk.nama, siti.penduduk.desa, siti.penduduk.kecamatan) == ("SITI CONTOH", "TEMPEH LOR", "TEMPEH")
    assert (siti.penduduk.tanggal_lahir, siti.penduduk.rt, siti.penduduk.rw) == (date(2008, 2, 5), "003", "007")
    assert siti.penduduk.kabupaten == desk.sop.kantor.kabupaten
    assert [population.find(desk, f"350805450208{n:04d}").recorded for n in (1, 2, 3)] == [False, True, None]
    assert population.find(desk, "3508054502080009") is None
    assert population.find(desk, "350805") is None
    assert [b.file_name for b in population.batches(desk)] == ["tempeh.csv"]
    assert "PopulationImported" in [link.event for link in desk.register.read(lambda v: v.audit(subject=batch.id))]


def test_a_newer_list_brings_residents_up_to_date(desk, chief, tmp_path):
    first = write(tmp_path / "a.csv", [resident(1), resident(2)])
    population.adopt(desk, chief, population.examine(desk, chief, first))
    second = write(tmp_path / "b.csv", [resident(1), resident(2, NAMA_LGKP="SITI BARU"), resident(3)])
    batch = population.adopt(desk, chief, population.examine(desk, chief, second))
    assert (batch.added, batch.changed, batch.unchanged) == (1, 1, 1)
    assert population.find(desk, "3508054502080002").penduduk.nama == "SITI BARU"


def test_bad_rows_are_named_by_line_column_and_reason(desk, chief, tmp_path):
    path = write(tmp_path / "x.csv", [
        resident(1), resident(2, NIK="3.50805E+15"), resident(3, TGL_LHR="31-02-2008"), resident(4, AGAMA="JEDI", NAMA_LGKP="S1TI"),
        resident(5, NO_KEL="2999"), resident(6, NIK="350805450208"), resident(7, NO_KK="3508054502080007"),
    ])
    plan = population.examine(desk, chief, path)
    assert len(plan.entries) == 1
    assert plan.refused == 6
    assert "NIK" in reasons(plan, 3) and "tidak utuh lagi" in reasons(plan, 3)
    assert "TGL_LHR" in reasons(plan, 4)
    assert "AGAMA" in reasons(plan, 5) and "NAMA_LGKP" in reasons(plan, 5)
    assert "3508052999" in reasons(plan, 6)
    assert "16 angka" in reasons(plan, 7)
    assert "NO_KK" in reasons(plan, 8)
    lines = population.problem_table(plan).decode("utf-8-sig").splitlines()
    assert lines[0] == "baris;kolom;alasan"
    assert len(lines) == 1 + len(plan.problems)
    assert "SITI" not in "".join(lines)


def test_the_same_nik_twice_names_both_lines_and_takes_neither(desk, chief, tmp_path):
    path = write(tmp_path / "x.csv", [resident(1), resident(2), resident(1, NAMA_LGKP="ORANG LAIN"), resident(2)])
    plan = population.examine(desk, chief, path)
    assert [e.penduduk.nik[-1] for e in plan.entries] == ["2"]
    assert "baris 4" in reasons(plan, 2) and "baris 2" in reasons(plan, 4)
    assert plan.repeats == ((5, 3),)
    assert plan.refused == 2


def test_strict_takes_nothing_when_anything_is_wrong(desk, chief, tmp_path):
    plan = population.examine(desk, chief, write(tmp_path / "x.csv", [resident(1), resident(2, AGAMA="")]))
    with pytest.raises(BadInput) as caught:
        population.adopt(desk, chief, plan, strict=True)
    assert (caught.value.message_key, caught.value.facts["line"]) == ("population.strict", 3)
    assert desk.register.read(lambda v: v.population_count()) == 0
    assert population.adopt(desk, chief, plan).added == 1


def test_an_error_in_the_middle_of_storing_stores_nothing(desk, chief, tmp_path, monkeypatch):
    plan = population.examine(desk, chief, write(tmp_path / "x.csv", [resident(n) for n in range(1, 400)]))
    broken = replace(plan, entries=(*plan.entries[:-1], None))
    with pytest.raises(AttributeError):
        population.adopt(desk, chief, broken)
    assert desk.register.read(lambda v: (v.population_count(), len(v.population_batches()))) == (0, 0)


def test_only_those_who_may_import(desk, office, tmp_path):
    path = write(tmp_path / "x.csv", [resident(1)])
    with pytest.raises(NotAllowed):
        population.examine(desk, office.actor(Peran.LOKET), path)
    plan = population.examine(desk, office.actor(Peran.SUPERVISOR), path)
    with pytest.raises(NotAllowed):
        population.adopt(desk, office.actor(Peran.OPERATOR), plan)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_usual_make_of_csv(desk, chief, tmp_path, encoding, delimiter):
    path = write(tmp_path / "x.csv", [resident(1, ALAMAT="JL. MELATI, GANG 3", DUSUN="KRAJAN É" if encoding == "cp1252" else "KRAJAN")],
                 delimiter=delimiter, encoding=encoding)
    plan = population.examine(desk, chief, path)
    assert plan.problems == ()
    assert plan.entries[0].penduduk.alamat == "JL. MELATI, GANG 3"


def test_mixed_encodings_are_refused_with_the_line(desk, chief, tmp_path):
    head, *rows = text_of([resident(1, DUSUN="É SATU"), resident(2), resident(3, DUSUN="É TIGA")]).splitlines()
    data = "\n".join([head, rows[0]]).encode("utf-8") + b"\n" + "\n".join(rows[1:]).encode("cp1252")
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        population.examine(desk, chief, path)
    assert (caught.value.message_key, caught.value.facts["line"]) == ("table.mixed", 4)


def test_columns_in_any_order_with_words_for_codes(desk, chief, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "BUKU INDUK PENDUDUK,,,\nDesa Tempeh Lor,,,\nNO,Nama,NIK,TTL,JK,Stat Kwn,Gol Drh,Agama,Pekerjaan,Stat Rkm,Desa,RT\n"
        "1,Nur'aini,'3508054502080001,\"LUMAJANG, 05-02-2008\",P,Kawin Tercatat,-,Katolik,Pelajar / Mahasiswa,card issued,Tempeh Lor,1\n",
        "utf-8")
    plan = population.examine(desk, chief, path)
    assert plan.problems == ()
    entry = plan.entries[0]
    p = entry.penduduk
    assert (p.nama, p.tempat_lahir, p.tanggal_lahir, p.status_perkawinan, p.golongan_darah, p.agama, p.pekerjaan) == (
        "NUR'AINI", "LUMAJANG", date(2008, 2, 5), 2, 13, 3, 3)
    assert (p.alamat, p.desa, p.rt, entry.ektp_status, entry.recorded) == ("-", "TEMPEH LOR", "001", "CARD ISSUED", True)
    assert plan.unused == ("NO",)


@pytest.mark.parametrize("written", ["05-02-2008", "5/2/2008", "2008-02-05", "39483", "5 Februari 2008", "2008-02-05 00:00:00"])
def test_dates_as_people_and_spreadsheets_write_them(desk, chief, tmp_path, written):
    plan = population.examine(desk, chief, write(tmp_path / "x.csv", [resident(1, TGL_LHR=written)]))
    assert plan.problems == ()
    assert plan.entries[0].penduduk.tanggal_lahir == date(2008, 2, 5)


def test_a_file_without_village_column_takes_the_village_named(desk, chief, tmp_path):
    columns = tuple(c for c in COLUMNS if not c.startswith("NO_K") or c == "NO_KK")
    path = write(tmp_path / "x.csv", [resident(1)], columns)
    with pytest.raises(BadInput) as caught:
        population.examine(desk, chief, path)
    assert "NAMA_KEL" in str(caught.value.facts["field"])
    assert population.examine(desk, chief, path, village="Besuk").entries[0].penduduk.desa == "BESUK"


@pytest.mark.parametrize(("text", "key"), [
    ("", "table.kind"), ("halo\ndunia\n", "population.no_header"), ("NIK,NAMA,AGAMA\n", "population.columns"),
    ("NIK,NIK,NAMA,AGAMA\n", "population.column_twice"), (text_of([]), "population.empty"), ('NIK,NAMA,AGAMA,"x\n', "table.quotes"),
])
def test_a_file_that_is_no_list(desk, chief, tmp_path, text, key):
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput) as caught:
        population.examine(desk, chief, path)
    assert caught.value.message_key == key


def test_stopping_stores_nothing(desk, chief, tmp_path, monkeypatch):
    monkeypatch.setattr(population, "REPORT_EVERY", 2)
    path = write(tmp_path / "x.csv", [resident(n) for n in range(1, 9)])
    seen: list[int] = []
    with pytest.raises(BadInput) as caught:
        population.examine(desk, chief, path, progress=lambda n: seen.append(n) or n < 4)
    assert caught.value.message_key == "population.stopped"
    assert seen == [2, 4]


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_with_dates_numbers_and_text(desk, chief, tmp_path):
    good = [SITI[c] for c in COLUMNS]
    typed = [datetime(2008, 2, 5) if c == "TGL_LHR" else int(SITI[c]) if c in ("AGAMA", "NO_KEL", "NO_RT", "KODE_POS") else
             "3508054502080002" if c == "NIK" else SITI[c] for c in COLUMNS]
    rounded = [3508054502080003 if c == "NIK" else SITI[c] for c in COLUMNS]
    formula = ["=1+1" if c == "NAMA_LGKP" else "3508054502080004" if c == "NIK" else SITI[c] for c in COLUMNS]
    plan = population.examine(desk, chief, workbook(tmp_path / "x.xlsx", [["LAPORAN"], [], list(COLUMNS), good, typed, rounded, formula]))
    assert [e.penduduk.nik[-1] for e in plan.entries] == ["1", "2"]
    assert plan.entries[1].penduduk == replace(plan.entries[0].penduduk, nik="3508054502080002")
    assert "tidak utuh lagi" in reasons(plan, 6)
    assert "NAMA_LGKP" in reasons(plan, 7)


def test_a_zip_bomb_and_other_archives_are_refused_before_they_are_opened(desk, chief, tmp_path):
    import zipfile
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("xl/workbook.xml", "<workbook/>")
        z.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    plain = tmp_path / "plain.xlsx"
    with zipfile.ZipFile(plain, "w") as z:
        z.writestr("readme.txt", "halo")
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(workbook(tmp_path / "ok.xlsx", [list(COLUMNS)]).read_bytes()[:400])
    found = []
    for path in (bomb, plain, cut):
        with pytest.raises(BadInput) as caught:
            population.examine(desk, chief, path)
        found.append(caught.value.message_key)
    assert found == ["table.too_large", "table.kind", "table.damaged"]


CELL = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ["=cmd|' /C calc'!A0", "'; DROP TABLE population;--", "\u202e", "A" * 61, "NUR'AINI", "31-02-2008", "3.5E+15", "", "0", "-1", "９９"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELL, max_size=4), min_size=1, max_size=5))
def test_any_cells_end_in_rows_refused_or_taken_never_in_a_crash(desk, chief, tmp_path, rows):
    path = write(tmp_path / "x.csv", [resident(n, **row) for n, row in enumerate(rows, start=1)])
    try:
        plan = population.examine(desk, chief, path)
    except KioskError as error:
        assert "{" not in desk.sentences.of(error)
        return
    assert len(plan.entries) + plan.refused + len(plan.repeats) == plan.rows
    population.problem_table(plan)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: b"PK\x03\x04" + b) |
       st.binary(max_size=60).map(lambda b: text_of([SITI]).encode() + b))
def test_any_bytes_end_in_a_clear_error_or_a_plan(desk, chief, tmp_path, data):
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    try:
        population.examine(desk, chief, path)
    except KioskError as error:
        assert "{" not in desk.sentences.of(error)
    assert desk.register.read(lambda v: v.population_count()) == 0
