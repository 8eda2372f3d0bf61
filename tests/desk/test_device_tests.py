"""Trying devices out and reporting broken ones: nothing of a person is kept, blanks balance, the audit and the paper tell the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_office import PASSWORD, Office, build
from doubles import INK

from ktpel_kiosk.desk import books, damage, device_tests
from ktpel_kiosk.desk.books import Want
from ktpel_kiosk.domain.errors import (
    BadInput,
    CaptureFailed,
    CardRefused,
    DeviceTrouble,
    Jammed,
    MediaEmpty,
    NotAllowed,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    SignInRefused,
    SopViolation,
    Stalled,
)
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.devices import DeviceKind, PrintJobState, SignatureCapture

SECOND = {"second_username": "kasi", "second_password": PASSWORD}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = build(tmp_path_factory.mktemp("kantor"), "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture(autouse=True)
def whole_devices(office: Office) -> None:
    office.bench.trouble.clear()
    office.bench.ending = PrintJobState.DONE
    office.judge.failures.clear()


def audit(office: Office, event: str) -> list[Any]:
    return [x for x in office.desk.register.read(lambda v: v.audit(limit=10_000)) if x.event == event]


def balance(office: Office) -> Any:
    return office.desk.register.read(lambda v: v.blangko_balance())


def operator(office: Office) -> Any:
    return office.actor(Peran.OPERATOR)



def test_tests_give_pictures_and_numbers_and_name_the_device(office: Office) -> None:
    desk, who = office.desk, operator(office)
    still = device_tests.camera_still(desk, who)
    assert (still.identity.model, still.images[0].width, still.took_s >= 0) == ("camera", 8, True)
    touch = device_tests.finger_touch(desk, who)
    assert (touch.images[0].ppi, [q.score for q in touch.judged], touch.hint) == (500, [80], "")
    assert len(device_tests.iris_look(desk, who).judged) == 2
    assert len(device_tests.scan_page(desk, who).images) == 2
    assert device_tests.read_code(desk, who) == "0042/KTP/XI/2026"
    card = device_tests.card_apdu(desk, who)
    assert (card.atr, card.uid, card.answer[-2:]) == (b"\x3b\x80\x01", "04A1B2C3", b"\x90\x00")
    look = device_tests.card_printer_look(desk, who)
    assert (look.media.name, look.supplies.ribbon, look.supplies.film) == ("cr80", 80, None)
    kinds = {x.subject for x in audit(office, "DeviceTested")}
    assert kinds >= {f"perangkat:{k}" for k in ("camera", "fingerprint", "iris", "scanner", "barcode", "card_reader", "card_printer")}


def test_a_card_without_uid_is_no_fault_of_the_test() -> None:
    assert device_tests.ApduTest(None, b"", b"", b"\x6a\x81", 0.1).uid == ""  # type: ignore[arg-type]


def test_ink_tells_its_rate_and_lost_reports(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import doubles
    points = tuple(replace(INK.points[0], t_ms=t, pressure=500) for t in range(0, 1001, 5))
    monkeypatch.setattr(doubles, "INK", SignatureCapture(points, 9600, 6000, lost=3))
    found = device_tests.pad_ink(office.desk, operator(office))
    assert (round(found.per_second), found.capture.lost) == (200, 3)
    monkeypatch.setattr(doubles, "INK", SignatureCapture((), 9600, 6000))
    assert device_tests.pad_ink(office.desk, operator(office)).per_second == 0


def test_a_picture_nobody_can_measure_is_still_shown(office: Office) -> None:
    office.judge.failures.append(CaptureFailed("finger.count", expected=1, found=0))
    found = device_tests.finger_touch(office.desk, operator(office))
    assert found.images
    assert (found.judged, found.hint) == ((), "finger.count")


def test_what_failed_is_remembered_and_a_cancelled_test_is_not(office: Office) -> None:
    desk, who = office.desk, operator(office)
    before = len(device_tests.history(desk, who, DeviceKind.CAMERA, 1000))
    office.bench.trouble[DeviceKind.CAMERA] = DeviceTrouble("camera.black", device_kind="camera")
    with pytest.raises(DeviceTrouble):
        device_tests.camera_still(desk, who)
    office.bench.trouble[DeviceKind.CAMERA] = CaptureFailed("device.interrupted", device_kind="camera")
    with pytest.raises(CaptureFailed):
        device_tests.camera_still(desk, who)
    found = device_tests.history(desk, who, DeviceKind.CAMERA, 1000)
    assert len(found) == before + 1
    assert (found[0].test, found[0].result, found[0].good) == ("camera.still", "camera.black", False)
    device_tests.cancel(desk, DeviceKind.CAMERA)
    assert office.bench.interrupted[-1] is DeviceKind.CAMERA


def test_captures_of_a_test_are_kept_nowhere(office: Office) -> None:
    from ktpel_kiosk.ports.register import Query
    desk, who = office.desk, operator(office)
    before = desk.register.read(lambda v: (v.count(Query()), [len(v.documents(f"perangkat:{k}")) for k in DeviceKind]))
    events = desk.register.read(lambda v: v.audit_length())
    device_tests.finger_touch(desk, who)
    device_tests.read_public(desk, who, "kartu temuan")
    assert desk.register.read(lambda v: (v.count(Query()), [len(v.documents(f"perangkat:{k}")) for k in DeviceKind])) == before
    new = desk.register.read(lambda v: v.audit(after=events, limit=100))
    assert {x.event for x in new} == {"DeviceTested", "PublicCardRead"}
    assert not list(Path(desk.spool.place("x")).parent.glob("*.png"))


def test_a_real_card_is_read_for_a_purpose_and_the_photo_goes_through_the_limited_child(office: Office) -> None:
    desk, who = office.desk, operator(office)
    found = device_tests.read_public(desk, who, "kartu temuan 3508054502000001")
    assert (found.uid, found.control, found.photo_png[:4]) == ("04A1B2C3", b"control", b"\x89PNG")
    link = audit(office, "PublicCardRead")[-1]
    assert "3508054502000001" not in str(link.facts)
    assert "kartu temuan" in str(link.facts)
    with pytest.raises(BadInput, match="purpose"):
        device_tests.read_public(desk, who, "  ")
    def empty(_reader: object) -> Any:
        raise CardRefused("chip.status", status="6A82")

    with pytest.raises(CardRefused, match="no_photo"):
        device_tests.read_public(replace(desk, read_public_card=empty), who, "x")
    admin_only = replace(who, peran=frozenset({Peran.ADMIN}))
    with pytest.raises(NotAllowed):
        device_tests.read_public(desk, admin_only, "x")


def test_a_test_card_uses_one_blank_and_the_ledger_balances(office: Office) -> None:
    desk, who = office.desk, operator(office)
    before = balance(office)
    made = device_tests.print_test_card(desk, who, "pita baru dipasang", **SECOND)
    after = balance(office)
    assert made.job.state is PrintJobState.DONE
    assert (after.stok, after.rusak, after.balanced) == (before.stok - 1, before.rusak + 1, True)
    link = audit(office, "TestCardIntent")[-1]
    assert (link.facts["blangko"], link.facts["second"], link.facts["reason"]) == (made.blangko, "kasi", "pita baru dipasang")
    assert audit(office, "TestCardPrinted")[-1].facts["blangko"] == made.blangko
    line = books.preview(desk, office.actor(Peran.SUPERVISOR), Want("blangko", 2026, 11)).rows[-1].cells
    assert (line[4], line[6]) == (after.rusak, after.stok), "spoiled and what is left, as the book shows them"


def test_a_kiosk_that_ended_with_the_test_card_at_the_printer_counts_its_blank_as_used(office: Office) -> None:
    desk, before = office.desk, balance(office)

    class Cut(Exception):
        """The power fails."""

    def cut(*_args: object) -> None:
        raise Cut

    dying = replace(desk, devices=type("Dead", (), {"call": cut})())
    with pytest.raises(Cut):
        device_tests.print_test_card(dying, operator(office), "uji", **SECOND)
    assert (balance(office).dipakai, balance(office).balanced) == (1, True)
    assert device_tests.settle_test_card(desk)
    after = balance(office)
    assert (after.dipakai, after.rusak, after.balanced) == (0, before.rusak + 1, True)
    assert device_tests.settle_test_card(desk) == ""


@pytest.mark.parametrize("trouble", [
    NotConnected("device.not_connected"), MediaEmpty("card_printer.media_empty"), Jammed("card_printer.jam"), BadInput("printer.media"),
])
def test_a_printer_that_did_not_take_the_test_card_gives_the_blank_back(office: Office, trouble: Exception) -> None:
    before = balance(office)
    office.bench.trouble[DeviceKind.CARD_PRINTER] = trouble  # type: ignore[assignment]
    with pytest.raises(type(trouble)):
        device_tests.print_test_card(office.desk, operator(office), "uji", **SECOND)
    assert balance(office) == before
    assert audit(office, "TestCardCancelled")[-1].facts["blangko"] == audit(office, "TestCardIntent")[-1].facts["blangko"]


@pytest.mark.parametrize("trouble", [OutcomeUnknown("printer.unknown"), Stalled("device.stalled", deadline_s=1)])
def test_a_test_card_of_unknown_outcome_keeps_its_blank(office: Office, trouble: Exception) -> None:
    before = balance(office)
    office.bench.trouble[DeviceKind.CARD_PRINTER] = trouble  # type: ignore[assignment]
    made = device_tests.print_test_card(office.desk, operator(office), "uji", **SECOND)
    assert made.job.state is PrintJobState.UNKNOWN
    assert balance(office).rusak == before.rusak + 1
    assert balance(office).balanced


def test_a_test_card_needs_a_reason_another_officer_and_a_blank(office: Office) -> None:
    desk, who = office.desk, operator(office)
    before = balance(office)
    with pytest.raises(BadInput):
        device_tests.print_test_card(desk, who, " ", **SECOND)
    with pytest.raises(SignInRefused):
        device_tests.print_test_card(desk, who, "uji", second_username="operator", second_password=PASSWORD)
    with pytest.raises(NotAllowed):
        device_tests.print_test_card(desk, who, "uji", second_username="loket", second_password=PASSWORD)
    assert balance(office) == before
    while balance(office).stok:
        device_tests.print_test_card(desk, who, "uji", **SECOND)
    with pytest.raises(SopViolation, match="no_blank"):
        device_tests.print_test_card(desk, who, "uji", **SECOND)
    assert balance(office).balanced


def test_a_page_that_failed_in_the_printer_is_a_failed_test(office: Office) -> None:
    desk, who = office.desk, operator(office)
    assert device_tests.print_page(desk, who).state is PrintJobState.DONE
    office.bench.ending = PrintJobState.FAILED
    assert device_tests.print_page(desk, who).state is PrintJobState.FAILED
    last, before = device_tests.history(desk, who, DeviceKind.DOCUMENT_PRINTER)[:2]
    assert (last.result, before.good) == ("device_test.failed", True), "one line for each page"


def test_preferring_a_device_is_the_administrators_choice(office: Office) -> None:
    desk, boss = office.desk, office.actor(Peran.SUPERVISOR)
    device_tests.prefer_device(desk, boss, DeviceKind.CAMERA, "key-camera")
    assert office.bench.wanted[DeviceKind.CAMERA] == "key-camera"
    with pytest.raises(BadInput):
        device_tests.prefer_device(desk, boss, DeviceKind.CAMERA, "lain")
    with pytest.raises(NotAllowed):
        device_tests.prefer_device(desk, operator(office), DeviceKind.CAMERA, "")


# -- berita acara kerusakan -----------------------------------------------------------------------------------------------


def broken(**changes: object) -> damage.Damage:
    made = damage.Damage(DeviceKind.SCANNER, "Epson", "DS-530", "X7Y", date(2026, 11, 18), "Kertas macet terus.",
                         "Berkas tidak dapat dipindai.", "Rol dibersihkan.", "Perbaikan.")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_damage_report_has_a_number_a_paper_an_agenda_line_and_its_tests(office: Office) -> None:
    desk, who = office.desk, operator(office)
    office.bench.trouble[DeviceKind.SCANNER] = Jammed("scanner.jam", device_kind="scanner")
    with pytest.raises(Jammed):
        device_tests.scan_page(desk, who)
    first, second = damage.report(desk, who, broken()), damage.report(desk, who, broken(symptom="Tidak menyala."))
    assert first.nomor != second.nomor
    assert "BAK" in first.nomor
    letter = desk.register.read(lambda v: v.letter(first.nomor))
    assert letter is not None
    assert (letter.kind, "Epson DS-530" in letter.perihal) == ("ba_kerusakan", True)
    paper = office.press.letters[-2]
    assert paper.uji[-1][1:] == ("Satu lembar dipindai", desk.sentences.text("scanner.jam"))
    assert (paper.sejak, paper.petugas.nama, dict(paper.perangkat)["Nomor seri"]) == ("Rabu, 18 November 2026", "Operator", "X7Y")
    assert desk.spool.place(damage.paper_name(first)).read_bytes() == b"%PDF damage " + first.nomor.encode()
    listed = damage.reports(desk, who, DeviceKind.SCANNER)
    assert [r.nomor for r in listed] == [second.nomor, first.nomor]
    assert listed[0].title == "Pemindai berkas Epson DS-530"
    assert damage.reports(desk, who, DeviceKind.IRIS) == ()
    assert [r.nomor for r in damage.reports(desk, who)] == [second.nomor, first.nomor]
    assert damage.paper_again(desk, who, first.nomor) == (first, b"%PDF damage " + first.nomor.encode())
    assert office.press.letters[-1] == paper, "the very paper of then"
    assert damage.place_again(desk, who, first.nomor).exists()
    for other in ("0/0", "x"):
        with pytest.raises(NotFound):
            damage.paper_again(desk, who, other)
    assert audit(office, "DeviceDamageReported")[-1].facts["number"] == second.nomor


@pytest.mark.parametrize(("changes", "key"), [
    ({"make": "", "model": " "}, "damage.device"), ({"symptom": " "}, "damage.symptom"), ({"impact": ""}, "damage.impact"),
    ({"since": date(2026, 11, 21)}, "damage.since"), ({"tried": "x" * 3000}, "text.too_long"), ({"model": "\u202e"}, "text.signs"),
])
def test_a_damage_report_that_lacks_something_changes_nothing(office: Office, changes: dict[str, object], key: str) -> None:
    before = office.desk.register.read(lambda v: v.audit_length())
    with pytest.raises(BadInput) as refused:
        damage.report(office.desk, operator(office), broken(**changes))
    assert refused.value.message_key == key
    assert office.desk.register.read(lambda v: v.audit_length()) == before


def test_the_paper_tells_the_history_of_this_very_device(office: Office) -> None:
    from ktpel_kiosk.ports.device_history import DeviceDay, DeviceRecord
    now = office.clock.now()
    days = tuple(DeviceDay(now.date() - timedelta(days=i), 3600.0, 60.0, 1, 10, 2) for i in range(40))
    record = DeviceRecord(DeviceKind.SCANNER, "Epson", "DS-530", "X7Y", False, now, now, 1.0, 1.0, 1, 400, 80, 0, (), (), days, 0.2, 0.81)

    class Remembered:
        def records(self) -> tuple[DeviceRecord, ...]:
            return (record,)

    desk = replace(office.desk, device_history=Remembered())
    damage.report(desk, operator(office), broken())
    assert dict(office.press.letters[-1].riwayat) == {"Siap dipakai": "81 % dari waktu menyala", "Gagal": "60 dari 300 pekerjaan"}
    damage.report(desk, operator(office), broken(serial="lain"))
    assert office.press.letters[-1].riwayat == ()
