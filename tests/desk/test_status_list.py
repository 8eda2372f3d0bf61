"""A list of statuses from the dinas: spellings, refusals by line, looked at first, harmless to import again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from desk_office import Office, build

from ktpel_kiosk.app.population_file import open_table
from ktpel_kiosk.desk import status_list, statuses
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.errors import BadInput, NotAllowed
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import OtherStatus, StatusSiak
from ktpel_kiosk.domain.status_list import LineRefused, ListReader, is_header


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all: every test has its own applicants, and time only goes on."""
    made = build(tmp_path_factory.mktemp("kantor"), "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture
def desk(office: Office) -> Desk:
    office.clock.advance(5 * 86_400)
    return replace(office.desk, read_table=open_table)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(header: str, line: str):
    return ListReader(header.split(";"), "d.csv", 1).line(line.split(";"))


def test_headers_and_cells_in_usual_spellings():
    for header in ("NIK;STATUS;TANGGAL", "no. nik;Status SIAK;Tgl Status", "No Register;status e-ktp;WAKTU;Ket", "ID Paket;STATUS;DATE"):
        assert is_header(header.replace("e-ktp", "EKTP").split(";"))
    assert not is_header(["NIK", "NAMA", "TANGGAL"]) and not is_header(["STATUS", "TANGGAL"])
    head = "NIK;Status;Tanggal;Jam;Keterangan"
    a = read(head, '="3508054502080001";prr;12 Maret 2026;;')
    assert (a.nik, a.status, a.day.isoformat(), a.clock) == ("3508054502080001", StatusSiak.PRINT_READY_RECORD, "2026-03-12", None)
    b = read(head, "'3508054502080001;PACKET_RETRY;2026-03-12T09:15:00;;catatan")
    assert (b.status, b.clock.isoformat(), b.reason) == (OtherStatus("PACKET_RETRY"), "09:15:00", "catatan")
    assert read(head, "3508054502080001;sfe;12-03-2026;07.05;").clock.isoformat() == "07:05:00"
    assert read(head, "3508054502080001;sfe;2026-03-12 00:00:00;;").clock is None


@pytest.mark.parametrize(("line", "reason"), [
    ("3,50805E+15;prr;12-03-2026;", "Excel"), ("350805;prr;12-03-2026;", "16 angka"), (";prr;12-03-2026;", "kosong"),
    ("3508054502080001;;12-03-2026;", "Status kosong"), ("3508054502080001;--!;12-03-2026;", "rumus"),
    ("3508054502080001;=cmd|' /C calc'!A0;12-03-2026;", "rumus"), ("3508054502080001;!!;12-03-2026;", "tidak terbaca"),
    ("3508054502080001;prr;;", "Tanggal kosong"), ("3508054502080001;prr;31-02-2026;", "Tanggal tidak terbaca"),
    ("3508054502080001;prr;12-03-2026;@SUM(A1)", "rumus"), ("3508054502080001;prr;12-03-2026 29:00;", "Jam"),
    ("3508054502080001;prr;12-03-2026;ok;lebih", "kolom")])
def test_a_bad_line_says_why(line, reason):
    with pytest.raises(LineRefused, match=reason):
        read("NIK;Status;Tanggal;Ket", line)


def test_a_column_twice_is_refused():
    with pytest.raises(BadInput) as caught:
        ListReader(["NIK", "STATUS", "status siak", "TGL"], "d.csv", 3)
    assert caught.value.message_key == "status.list_twice"


def test_good_lines_are_taken_and_bad_ones_named(office, desk, tmp_path):
    operator = office.actor(Peran.OPERATOR)
    a, b, c = (office.sealed(n) for n in range(3))
    office.prr(c, StatusSiak.CARD_SHIPPED, 5)
    packet = desk.register.read(lambda v: v.packet_of(b.id))
    path = write(tmp_path / "dinas.csv", "\r\n".join([
        "Dinas Kependudukan;;;", "", "NIK;Nomor Paket;Status;Tanggal",
        f"{a.penduduk.nik};;PRINT READY RECORD;21/11/2026", f";{packet.packet_id};Duplicate Record;22 November 2026",
        f"{c.penduduk.nik};;SFE;24-11-2026", "3508051111110009;;PRR;21-11-2026", f"{a.penduduk.nik};;PRR;kemarin",
        f"{a.penduduk.nik};{packet.packet_id};PRR;21-11-2026", f"{a.penduduk.nik};;PRR;1-1-2030"]), "cp1252")
    plan = status_list.examine(desk, operator, path)
    assert [(t.line, t.status, t.unusual, t.late) for t in plan.taken] == [
        (4, StatusSiak.PRINT_READY_RECORD, False, False), (5, StatusSiak.DUPLICATE_RECORD, False, False),
        (6, StatusSiak.SENT_FOR_ENROLLMENT, True, True)]
    assert [p.line for p in plan.problems] == [7, 8, 9, 10] and plan.lines == 7
    assert plan.problems[0].who == "350805••••••0009" and a.penduduk.nik not in repr(plan.problems)
    assert office.read(a).current().stage is Stage.MENUNGGU_PRR, "looking changes nothing"
    assert status_list.adopt(desk, operator, plan) == status_list.Imported(3, 2)
    assert office.read(a).current().stage is not Stage.MENUNGGU_PRR and office.read(b).keadaan is Keadaan.GANDA
    assert [s.source for s in statuses.history(desk, a.id)] == ["csv"]
    office.clock.advance(86_400)
    again = status_list.examine(desk, operator, path)
    assert (again.known, again.taken, len(again.problems)) == (3, (), 4)
    assert status_list.adopt(desk, operator, again) == status_list.Imported(0, 0)


def test_an_older_list_does_not_move_back_what_the_gateway_said_since(office, desk, tmp_path):
    p = office.prr(office.sealed(3))
    path = write(tmp_path / "lama.csv", f"NIK,STATUS,TANGGAL\n{p.penduduk.nik},SFE,20-11-2026 00:30\n")
    plan, done = status_list.import_list(desk, office.actor(Peran.KASI), path)
    assert plan.taken[0].late and done == status_list.Imported(1, 0)
    assert desk.register.read(lambda v: v.shown_status(p.id)) == "PRINT_READY_RECORD"
    assert office.read(p).current().stage is not Stage.MENUNGGU_PRR


def test_today_means_until_now_and_a_later_event_counts(office, desk, tmp_path):
    p = office.sealed(4)
    today = (office.clock.now() + timedelta(hours=7)).strftime("%d-%m-%Y")
    path = write(tmp_path / "kini.tsv", f"No Register\tStatus\tTgl\n{p.nomor_register}\tADJUDICATE\t{today}\n")
    status_list.import_list(desk, office.actor(Peran.OPERATOR), path)
    office.clock.advance(60)
    assert office.prr(p).current().stage is not Stage.MENUNGGU_PRR


def test_a_workbook_is_read_too(office, desk, tmp_path):
    p = office.sealed(5)
    book = openpyxl.Workbook()
    book.active.append(["NIK", "Status", "Tanggal"])
    book.active.append([p.penduduk.nik, "PRR", office.clock.now().date() - timedelta(days=2)])
    book.save(tmp_path / "d.xlsx")
    _, done = status_list.import_list(desk, office.actor(Peran.OPERATOR), tmp_path / "d.xlsx", dry_run=True)
    assert done == status_list.Imported(0, 0)
    assert status_list.import_list(desk, office.actor(Peran.OPERATOR), tmp_path / "d.xlsx")[1] == status_list.Imported(1, 1)


@pytest.mark.parametrize(("text", "key"), [
    ("NAMA;ALAMAT\nSITI;X\n", "status.list_header"), ("NIK;STATUS;TANGGAL\n", "status.list_empty"), ("\x7fELF\0\0\0\0", "table.kind"),
    ("NIK;STATUS;TANGGAL\n\"350;PRR", "table.quotes")])
def test_hostile_files_are_refused_in_one_sentence(office, desk, tmp_path, text, key):
    with pytest.raises(BadInput) as caught:
        status_list.examine(desk, office.actor(Peran.OPERATOR), write(tmp_path / "x.csv", text))
    assert caught.value.message_key == key
    assert "{" not in office.desk.sentences.of(caught.value) and "belum dikenal" not in office.desk.sentences.of(caught.value)


def test_a_gigabyte_is_refused_unread(office, desk, tmp_path):
    with (tmp_path / "besar.csv").open("wb") as f:
        f.truncate(1_000_000_000)
    with pytest.raises(BadInput) as caught:
        status_list.examine(desk, office.actor(Peran.OPERATOR), tmp_path / "besar.csv")
    assert caught.value.message_key == "table.too_large"


def test_nothing_good_changes_nothing(office, desk, tmp_path):
    path = write(tmp_path / "x.csv", "NIK;STATUS;TANGGAL\n3508051111110009;PRR;21-11-2026\n")
    with pytest.raises(BadInput, match=r"status\.list_nothing"):
        status_list.import_list(desk, office.actor(Peran.OPERATOR), path)
    with pytest.raises(NotAllowed):
        status_list.examine(desk, office.actor(Peran.LOKET), path)
