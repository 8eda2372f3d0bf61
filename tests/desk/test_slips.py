"""What the applicant takes along: on the roll where the office chose it, on A4 when that fails, and the officer knows which."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from ktpel_kiosk.desk import handover, returns, slips
from ktpel_kiosk.desk.slips import Printed
from ktpel_kiosk.domain.errors import BadInput, KioskError, MediaEmpty, NotAllowed, NotConnected
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState

ROLL, SHEETS = DeviceKind.RECEIPT_PRINTER, DeviceKind.DOCUMENT_PRINTER


class Printers:
    """Both printers; ``trouble[kind]`` raises, ``fails[kind]`` lets the job fail with this key."""

    def __init__(self, others: Any) -> None:
        self.others = others
        self.out: list[tuple[DeviceKind, str, str, str]] = []
        self.trouble: dict[DeviceKind, KioskError] = {}
        self.fails: dict[DeviceKind, str] = {}

    def call(self, kind: DeviceKind, operation: str, work: Any, deadline_s: float) -> Future[Any]:
        if kind not in (ROLL, SHEETS):
            return self.others(kind, operation, work, deadline_s)
        future: Future[Any] = Future()
        printers = self

        class Printer:
            def submit(self, pdf: bytes, title: str, media: str = "A4") -> PrintJob:
                if kind in printers.fails:
                    return PrintJob("1", PrintJobState.FAILED, printers.fails[kind])
                printers.out.append((kind, title, media, pdf.decode()))
                return PrintJob("1", PrintJobState.DONE)

        if kind in self.trouble:
            future.set_exception(self.trouble[kind])
        else:
            future.set_result(work(Printer()))
        return future


@pytest.fixture
def printers(office, monkeypatch: pytest.MonkeyPatch) -> Printers:
    made = Printers(office.desk.devices.call)
    monkeypatch.setattr(office.desk.devices, "call", made.call)
    return made


def roll(office) -> None:
    slips.choose_medium(office.desk, office.actor(Peran.ADMIN), "80mm")


def test_a4_until_the_office_chooses_the_roll(office, printers: Printers) -> None:
    p, asks = office.at(Stage.VERIFIKASI), office.actor(Peran.LOKET)
    assert slips.print_paper(office.desk, asks, p.id, "tanda_terima") == Printed("a4")
    roll(office)
    assert slips.print_paper(office.desk, asks, p.id, "tanda_terima") == Printed("80mm")
    assert [(kind, title, media) for kind, title, media, _ in printers.out] == [
        (SHEETS, "tanda_terima", "A4"), (ROLL, "tanda_terima", "80mm")]
    assert all(p.nomor_register in text for *_, text in printers.out)
    slips.choose_medium(office.desk, office.actor(Peran.SUPERVISOR), "a4")
    assert slips.print_paper(office.desk, asks, p.id, "tanda_terima").medium == "a4"


def test_return_slip_and_handover_on_the_roll(office, printers: Printers) -> None:
    roll(office)
    p, asks = office.at(Stage.VERIFIKASI), office.actor(Peran.LOKET)
    returns.return_application(office.desk, office.actor(Peran.VERIFIKATOR), p.id, ("berkas_tidak_benar",), "Foto KK buram")
    assert slips.print_paper(office.desk, asks, p.id, "pengembalian") == Printed("80mm")
    q = office.at(Stage.SERAH_PEMOHON, 2)
    handover.hand_over(office.desk, office.actor(Peran.PENYERAH), q.id, b"\x89PNG")
    assert slips.print_paper(office.desk, asks, q.id, "bukti_pengambilan") == Printed("80mm")
    assert [kind for kind, *_ in printers.out] == [ROLL, ROLL]
    assert "Foto KK buram" in printers.out[0][3] and "/BP/2026" in printers.out[1][3]


@pytest.mark.parametrize("trouble", [MediaEmpty("receipt_printer.media_empty"), NotConnected("device.not_connected")])
def test_a_failing_receipt_printer_gives_a4_and_says_so(office, printers: Printers, trouble: KioskError) -> None:
    roll(office)
    p, asks = office.at(Stage.VERIFIKASI), office.actor(Peran.LOKET)
    printers.trouble[ROLL] = trouble
    assert slips.print_paper(office.desk, asks, p.id, "tanda_terima") == Printed("a4", trouble)
    assert [kind for kind, *_ in printers.out] == [SHEETS]


def test_a_job_that_fails_at_once_is_a_failure(office, printers: Printers) -> None:
    roll(office)
    p, asks = office.at(Stage.VERIFIKASI), office.actor(Peran.LOKET)
    printers.fails = {ROLL: "receipt_printer.jam"}
    done = slips.print_paper(office.desk, asks, p.id, "tanda_terima")
    assert done.medium == "a4" and done.trouble is not None and done.trouble.message_key == "receipt_printer.jam"
    printers.fails = {ROLL: "receipt_printer.jam", SHEETS: "document_printer.jam"}
    done = slips.print_paper(office.desk, asks, p.id, "tanda_terima")
    assert done.medium == "" and done.trouble is not None and done.trouble.message_key == "document_printer.jam"


def test_a_desk_without_a_receipt_printer_prints_a4_without_a_word(office, printers: Printers) -> None:
    roll(office)
    p = office.at(Stage.VERIFIKASI)
    printers.trouble[ROLL] = NotConnected("device.not_configured")
    assert slips.print_paper(office.desk, office.actor(Peran.LOKET), p.id, "tanda_terima") == Printed("a4")


def test_other_papers_stay_on_a4_and_absent_ones_print_nothing(office, printers: Printers) -> None:
    roll(office)
    p, asks = office.at(Stage.VERIFIKASI), office.actor(Peran.LOKET)
    kinds = office.desk.register.read(lambda v: {d.kind for d in v.documents(p.id)}) - set(slips.ON_ROLL)
    assert kinds, "the checklist is kept too"
    for kind in kinds:
        assert slips.print_paper(office.desk, asks, p.id, kind) == Printed("a4")
    assert slips.print_paper(office.desk, asks, p.id, "bukti_pengambilan") == Printed("")
    assert ROLL not in {kind for kind, *_ in printers.out}


def test_choice_is_checked_and_logged(office) -> None:
    with pytest.raises(BadInput, match=r"slip\.medium"):
        slips.choose_medium(office.desk, office.actor(Peran.ADMIN), "A3")
    with pytest.raises(NotAllowed):
        slips.choose_medium(office.desk, office.actor(Peran.LOKET), "80mm")
    roll(office)
    assert office.desk.register.read(slips.slip_medium) == "80mm"
    links = office.desk.register.read(lambda v: v.audit(subject=slips.SETTING, limit=10))
    assert [link.event for link in links] == ["SettingChanged"]
    office.desk.register.write(lambda tx: (tx.put_setting(slips.SETTING, "karton"), tx.log("SettingChanged", slips.SETTING, "-"))[0])
    assert office.desk.register.read(slips.slip_medium) == "a4"
