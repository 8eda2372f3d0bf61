"""Printing through Windows' queues: the logic against a double of the spooler, the adapter against a double of pywin32."""

from __future__ import annotations

import io
import sys
import types
from typing import Any

import numpy as np
import pytest
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas as PdfCanvas
from windows_double import A4, A5, CR80, CR80_LYING, PRINTING, ROLL, ROLL_LONG, Queue, WindowsSpooler

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble, Jammed, KioskError, MediaEmpty, NotConnected, NotFound, OutcomeUnknown
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers import windows_spooler
from ktpel_kiosk.hal.drivers.windows_printer import (
    WindowsCardPrinter,
    WindowsCardPrinterDriver,
    WindowsDocumentPrinterDriver,
    WindowsEncodingPrinter,
    default_spooler,
)
from ktpel_kiosk.hal.drivers.windows_spooler import PyWin32Spooler, Setup, SpoolerError
from ktpel_kiosk.ports.devices import CardLayers, DeviceKind, PrinterSupplies, PrintJobState

WIDE, HIGH = 1011, 638


def card(seed: int, width: int = WIDE, height: int = HIGH) -> RawImage:
    """No two pixels alike for long, so a scaled or shifted print shows."""
    return RawImage(width, height, 3, np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8).tobytes())


def pixels(image: RawImage) -> np.ndarray:
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)


def pdf(*sizes: tuple[float, float]) -> bytes:
    out = io.BytesIO()
    canvas = PdfCanvas(out)
    for width, height in sizes:
        canvas.setPageSize((width * mm, height * mm))
        canvas.setFillColorRGB(0, 0, 0)
        canvas.rect(20 * mm, (height - 30) * mm, 10 * mm, 10 * mm, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def machine() -> WindowsSpooler:
    return WindowsSpooler(Fargo=Queue((CR80,)), Laser=Queue((A5, A4), "Laser PCL6", 600, margin=100), Foto=Queue((CR80, A4), "Foto", 300))


def card_printer(spooler: WindowsSpooler, **options: Any) -> WindowsCardPrinter:
    driver = WindowsCardPrinterDriver(spooler=spooler, **options)
    return driver.open(driver.discover()[0])


def paper_printer(spooler: WindowsSpooler):
    driver = WindowsDocumentPrinterDriver("Laser", spooler=spooler)
    return driver.open(driver.discover()[0])


# -- finding --------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="elsewhere than on Windows")
def test_elsewhere_there_are_none() -> None:
    assert default_spooler() is None
    assert WindowsCardPrinterDriver().discover() == () and WindowsDocumentPrinterDriver().discover() == ()


def test_queues_are_told_apart_by_their_media() -> None:
    spooler = machine()
    cards, papers = WindowsCardPrinterDriver(spooler=spooler), WindowsDocumentPrinterDriver(spooler=spooler)
    assert [f.key for f in cards.discover()] == ["Fargo"], "a queue that also has paper is no card printer"
    assert [f.key for f in papers.discover()] == ["Laser", "Foto"]
    assert [f.key for f in WindowsCardPrinterDriver("Foto", spooler=spooler).discover()] == ["Foto"]
    asked = spooler.calls.count("DeviceCapabilities")
    cards.discover()
    assert spooler.calls.count("DeviceCapabilities") == asked, "a driver is not asked at each look"
    del spooler.known["Fargo"]
    assert cards.discover() == []
    with pytest.raises(NotConnected):
        WindowsCardPrinterDriver("Fargo", spooler=spooler).open(Found("Fargo", "Fargo"))


def test_queue_that_cannot_be_asked_delays_no_other() -> None:
    spooler = machine()
    spooler.fail["GetPrinter"] = (1, 1722)
    assert [f.key for f in WindowsDocumentPrinterDriver(spooler=spooler).discover()] == []
    del spooler.fail["GetPrinter"]
    assert [f.key for f in WindowsDocumentPrinterDriver(spooler=spooler).discover()] == ["Laser", "Foto"]


# -- cards ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", [CR80, CR80_LYING])
def test_card_is_printed_dot_by_dot(paper: windows_spooler.Paper) -> None:
    spooler = WindowsSpooler(Fargo=Queue((paper,)))
    printer = card_printer(spooler)
    media = printer.media()
    assert (media.width, media.height, media.dpi, media.duplex, media.name) == (8560, 5398, 300, True, paper.name)
    front, back = card(1), card(2)
    job = printer.submit(front, back, "KTP-0042")
    printed = spooler.out[0]
    assert (job.state, printed.title, len(printed.pages)) == (PrintJobState.PENDING, "KTP-0042", 2)
    for side, page in zip((front, back), printed.pages, strict=True):
        assert page.shape == (HIGH, WIDE, 3) and (page == pixels(side)).all()
    assert printed.setup.duplex == windows_spooler.SHORT_EDGE
    assert spooler.open_devices == 0
    printer.submit(front, None, "KTP-0043")
    assert spooler.out[1].setup.duplex == windows_spooler.ONE_SIDED


def test_hids_own_page_is_two_dots_larger_and_the_card_stands_in_its_middle() -> None:
    spooler = WindowsSpooler(Fargo=Queue((windows_spooler.Paper(257, "CR-80", 5402, 8577),)))
    card_printer(spooler).submit(card(1), None, "x")
    page = spooler.out[0].pages[0]
    assert page.shape == (638, 1013, 3)
    assert (page[:, 1:1012] == pixels(card(1))).all()


def test_unreachable_margin_is_accounted_for() -> None:
    spooler = WindowsSpooler(Fargo=Queue((CR80,), margin=6))
    card_printer(spooler).submit(card(1), None, "x")
    page = spooler.out[0].pages[0]
    assert (page[6:-6, 6:-6] == pixels(card(1))[6:-6, 6:-6]).all()
    assert (page[:6] == 255).all()


def test_driver_that_does_not_turn_the_page_gets_a_turned_picture_and_the_back_may_be_upside_down() -> None:
    spooler = WindowsSpooler(Fargo=Queue((CR80,), obeys_orientation=False))
    card_printer(spooler, back_turned=True).submit(card(1), card(2), "x")
    front, back = spooler.out[0].pages
    assert (np.rot90(front, -1) == pixels(card(1))).all()
    assert (np.rot90(back, 1) == pixels(card(2))).all()


def test_resin_text_becomes_pure_black() -> None:
    spooler = WindowsSpooler(Fargo=Queue((CR80,)))
    printer = card_printer(spooler, resin=True)
    assert printer.media().resin
    grey = RawImage(WIDE, HIGH, 3, bytes([90]) * (WIDE * HIGH * 3))
    text = np.full((HIGH, WIDE), 255, np.uint8)
    text[100:110, 200:300] = 0
    printer.submit(card(1), None, "x", CardLayers(grey, RawImage(WIDE, HIGH, 1, text.tobytes())))
    page = spooler.out[0].pages[0]
    assert (page[100:110, 200:300] == 0).all() and (page[:100] == 90).all()


@pytest.mark.parametrize(("change", "key"), [
    ({"papers": (A4,)}, "printer.no_card_media"), ({"papers": (windows_spooler.Paper(5, "CR79", 5240, 8400),)}, "printer.no_card_media"),
    ({"papers": (CR80, A4), "swaps": {257: 9}}, "printer.media_refused"), ({"dpi_y": 600}, "printer.media_refused"),
    ({"two_sides": False}, "card_printer.one_sided"), ({"dpi": 600}, "card_printer.image_size")])
def test_exact_media_or_refusal(change: dict[str, Any], key: str) -> None:
    queue = Queue((CR80,))
    for name, value in change.items():
        setattr(queue, name, value)
    spooler = WindowsSpooler(Fargo=queue)
    driver = WindowsCardPrinterDriver("Fargo", spooler=spooler)
    with pytest.raises(DeviceTrouble) as raised:
        driver.open(driver.discover()[0]).submit(card(1), card(2), "x")
    assert raised.value.message_key == key
    assert "StartDoc" not in spooler.calls and not spooler.out and spooler.open_devices == 0


@pytest.mark.parametrize(("status", "attributes", "kind", "key"), [
    (0x08, 0, Jammed, "card_printer.jam"), (0x400000, 0, DeviceTrouble, "card_printer.cover"),
    (0x10, 0, MediaEmpty, "card_printer.media_empty"), (0x40000, 0, MediaEmpty, "card_printer.ribbon_empty"),
    (0x80, 0, DeviceTrouble, "printer.offline"), (0, 0x400, DeviceTrouble, "printer.offline"), (0x01, 0, DeviceTrouble, "printer.paused"),
    (0x100000, 0, DeviceTrouble, "printer.attention"), (0x08 | 0x02, 0, Jammed, "card_printer.jam")])
def test_printers_complaints_come_before_anything_is_sent(status: int, attributes: int, kind: type[KioskError], key: str) -> None:
    spooler = machine()
    printer = card_printer(spooler)
    spooler.known["Fargo"].status, spooler.known["Fargo"].attributes = status, attributes
    for ask in (printer.healthy, lambda: printer.submit(card(1), None, "x")):
        with pytest.raises(kind) as raised:
            ask()
        assert raised.value.message_key == key
    assert printer.supplies() == PrinterSupplies(reasons=(key,))
    assert not spooler.out
    spooler.known["Fargo"].status = 0x400 | 0x4000 | 0x20000  # printing, processing, toner low: no complaints
    spooler.known["Fargo"].attributes = 0
    printer.healthy()
    printer.submit(card(1), None, "x")


@pytest.mark.parametrize(("fail", "unknown"), [
    ({"CreateDC": (0, 1722)}, False), ({"StartDoc": (0, 5)}, False), ({"StartPage": (0, 31)}, False), ({"StretchDIBits": (0, 8)}, False),
    ({"EndPage": (0, 31)}, True), ({"StartPage": (1, 31)}, True), ({"StretchDIBits": (1, 8)}, True), ({"EndDoc": (0, 31)}, True),
    ({"StretchDIBits": (0, 8), "AbortDoc": (0, 31)}, True)])
def test_failing_in_the_middle_says_whether_the_outcome_is_known(fail: dict[str, tuple[int, int]], unknown: bool) -> None:
    spooler = machine()
    printer = card_printer(spooler)
    spooler.fail = dict(fail)
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(card(1), card(2), "KTP-1")
    assert isinstance(raised.value, OutcomeUnknown) is unknown
    if unknown:
        assert raised.value.facts["job"] == "1"
    assert not spooler.out and spooler.open_devices == 0
    spooler.fail = {}
    assert unknown or printer.find("KTP-1") is None


@pytest.mark.parametrize(("code", "kind", "key"), [
    (1801, NotConnected, "printer.queue_gone"), (1722, NotConnected, "printer.spooler"), (5, DeviceTrouble, "printer.access"),
    (31, DeviceTrouble, "printer.refused")])
def test_errors_of_windows(code: int, kind: type[KioskError], key: str) -> None:
    spooler = machine()
    printer = card_printer(spooler)
    spooler.fail["GetPrinter"] = (0, code)
    for ask in (printer.healthy, printer.media, printer.identity, lambda: printer.submit(card(1), None, "x")):
        with pytest.raises(kind) as raised:
            ask()
        assert raised.value.message_key == key


# -- jobs -----------------------------------------------------------------------------------------------------------------------


def test_job_seen_printing_that_left_the_queue_was_handed_over() -> None:
    spooler = machine()
    printer = card_printer(spooler)
    job = printer.submit(card(1), None, "KTP-1")
    assert printer.job(job.job_id).state is PrintJobState.PENDING
    spooler.set("Fargo", 1, PRINTING)
    assert printer.job(job.job_id).state is PrintJobState.PRINTING
    assert printer.find("KTP-1") == printer.job(job.job_id)
    spooler.gone("Fargo", 1)
    assert printer.job(job.job_id).state is PrintJobState.DONE
    assert printer.find("KTP-1").state is PrintJobState.DONE
    assert printer.find("KTP-2") is None
    again = card_printer(spooler)
    with pytest.raises(NotFound):
        again.job(job.job_id)
    assert again.find("KTP-1") is None


def test_job_that_vanished_unseen_is_unknown() -> None:
    spooler = machine()
    printer = card_printer(spooler)
    job = printer.submit(card(1), None, "KTP-1")
    spooler.gone("Fargo", 1)
    assert printer.job(job.job_id).state is PrintJobState.UNKNOWN


def test_job_of_another_document_with_the_same_number_is_another() -> None:
    spooler = machine()
    printer = card_printer(spooler)
    job = printer.submit(card(1), None, "KTP-1")
    spooler.set("Fargo", 1, PRINTING)
    printer.job(job.job_id)
    spooler.gone("Fargo", 1)
    spooler.restart()
    spooler.new_job("Fargo", "someone else's")
    assert printer.job(job.job_id).state is PrintJobState.DONE
    assert printer.find("someone else's").state is PrintJobState.PENDING


def test_restarted_desk_finds_the_newest_job_of_its_title() -> None:
    spooler = machine()
    for _ in range(2):
        card_printer(spooler).submit(card(1), None, "KTP-1")
    found = card_printer(spooler).find("KTP-1")
    assert found is not None and found.job_id == "2"


@pytest.mark.parametrize(("status", "state", "trouble"), [
    (0x40, PrintJobState.PENDING, "card_printer.media_empty"), (0x20, PrintJobState.PENDING, "printer.offline"),
    (0x01, PrintJobState.PENDING, "printer.held"), (0x02, PrintJobState.PENDING, "printer.job_stopped"),
    (0x10 | 0x400, PrintJobState.PRINTING, "printer.job_stopped"), (0x80, PrintJobState.DONE, ""), (0x1000, PrintJobState.DONE, ""),
    (0x04, PrintJobState.FAILED, "card_printer.cancelled"), (0x08, PrintJobState.PENDING, "")])
def test_status_bits_of_a_job(status: int, state: PrintJobState, trouble: str) -> None:
    spooler = machine()
    printer = card_printer(spooler)
    job = printer.submit(card(1), None, "KTP-1")
    spooler.set("Fargo", 1, status)
    shown = printer.job(job.job_id)
    assert (shown.state, shown.trouble) == (state, trouble)


def test_stopped_job_borrows_the_printers_complaint() -> None:
    spooler = machine()
    printer = card_printer(spooler)
    job = printer.submit(card(1), None, "KTP-1")
    spooler.set("Fargo", 1, 0x10 | 0x02)
    spooler.known["Fargo"].status = 0x08
    assert printer.job(job.job_id).trouble == "card_printer.jam"


def test_cancelling() -> None:
    spooler = machine()
    printer = card_printer(spooler)
    early, late = printer.submit(card(1), None, "a"), printer.submit(card(1), None, "b")
    shown = printer.cancel(early.job_id)
    assert (shown.state, shown.trouble) == (PrintJobState.FAILED, "card_printer.cancelled")
    spooler.gone("Fargo", 1)
    assert printer.job(early.job_id) == shown
    spooler.set("Fargo", 2, PRINTING)
    printer.job(late.job_id)
    shown = printer.cancel(late.job_id)
    assert (shown.state, shown.trouble) == (PrintJobState.UNKNOWN, "card_printer.cancelled_late")
    with pytest.raises(NotFound):
        printer.cancel("99")
    with pytest.raises(NotFound):
        printer.job("../1")


# -- the printer's own word, the reader inside -----------------------------------------------------------------------------------


class Own:
    """A status source, and a mover of cards."""

    def __init__(self, trouble: DeviceTrouble | None = None) -> None:
        self.said, self.moves, self.closed = trouble, [], False

    def trouble(self) -> DeviceTrouble | None:
        return self.said

    def supplies(self) -> PrinterSupplies | None:
        return PrinterSupplies(ribbon=12)

    def close(self) -> None:
        self.closed = True

    def feed(self, timeout_s: float) -> None:
        self.moves.append(("feed", timeout_s))

    def eject(self, good: bool) -> None:
        self.moves.append(("eject", good))

    def interrupt(self) -> None:
        self.moves.append(("interrupt",))


class Reader:
    def __init__(self) -> None:
        self.closed = False

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", "x", "", "")

    def close(self) -> None:
        self.closed = True


def test_printers_own_word_goes_before_the_queues() -> None:
    spooler, own = machine(), Own(Jammed("card_printer.jam"))
    printer = card_printer(spooler, status=lambda name: own if name == "Fargo" else None)
    assert not isinstance(printer, WindowsEncodingPrinter), "no reader inside was given"
    with pytest.raises(Jammed):
        printer.submit(card(1), None, "x")
    own.said = None
    printer.submit(card(1), None, "x")
    assert printer.supplies() == PrinterSupplies(ribbon=12)
    printer.close()
    assert own.closed


def test_encoding_printer_moves_cards_and_lends_its_reader() -> None:
    spooler, own, reader = machine(), Own(), Reader()
    printer = card_printer(spooler, status=lambda _name: own, reader=lambda: reader)
    assert isinstance(printer, WindowsEncodingPrinter)
    printer.feed(30)
    assert printer.station() is reader is printer.station()
    printer.eject(False)
    printer.interrupt()
    assert own.moves == [("feed", 30), ("eject", False), ("interrupt",)]
    printer.close()
    assert reader.closed and own.closed


# -- papers --------------------------------------------------------------------------------------------------------------------------


def test_pages_stand_where_the_pdf_has_them() -> None:
    spooler = machine()
    job = paper_printer(spooler).submit(pdf((148, 210), (148, 210)), "Surat", "A5")
    printed = spooler.out[0]
    assert (job.state, printed.setup) == (PrintJobState.PENDING, Setup(11))
    assert len(printed.pages) == 2
    for page in printed.pages:
        assert page.shape == (4961, 3496, 3)
        ys, xs = np.nonzero(page[:, :, 0] < 128)
        dots = 600 / 25.4
        assert abs(xs.min() - 20 * dots) < 4 and abs(xs.max() - 30 * dots) < 4
        assert abs(ys.min() - 20 * dots) < 4 and abs(ys.max() - 30 * dots) < 4


def test_lying_page_is_turned_and_small_one_is_not_enlarged() -> None:
    spooler = WindowsSpooler(Laser=Queue((A4,), "Laser", 100))
    printer = paper_printer(spooler)
    printer.submit(pdf((297, 210)), "Daftar")
    ys, xs = np.nonzero(spooler.out[0].pages[0][:, :, 0] < 128)
    assert abs(xs.min() - 20 * 100 / 25.4) < 3 and ys.min() > 1000, "turned to the left: what was at the left is below"
    printer.submit(pdf((148, 210)), "Kecil")
    _, xs = np.nonzero(spooler.out[1].pages[0][:, :, 0] < 128)
    assert abs(xs.min() - 20 * 100 / 25.4) < 2 and abs(xs.max() - 30 * 100 / 25.4) < 2


@pytest.mark.parametrize(("data", "media", "key"), [
    (b"<html>", "A4", "document_printer.not_pdf"), (pdf((210, 297)), "A3", "document_printer.no_media"),
    (pdf((210, 297)), "kuarto", "document_printer.no_media"), (pdf((297, 420)), "A4", "document_printer.page_size"),
    (pdf((210, 297), (297, 420)), "A4", "document_printer.page_size"), (pdf((210, 297)), "80mm", "document_printer.no_media")])
def test_papers_that_do_not_fit_are_refused(data: bytes, media: str, key: str) -> None:
    spooler = machine()
    with pytest.raises(DeviceTrouble) as raised:
        paper_printer(spooler).submit(data, "x", media)
    assert raised.value.message_key == key
    assert "StartDoc" not in spooler.calls


def test_receipt_queue_takes_the_shortest_roll_that_holds_the_slip() -> None:
    spooler = WindowsSpooler(Struk=Queue((A4, ROLL_LONG, ROLL), "EPSON TM-T82", 203))
    driver = WindowsDocumentPrinterDriver("Struk", kind=DeviceKind.RECEIPT_PRINTER, spooler=spooler)
    assert driver.kind is DeviceKind.RECEIPT_PRINTER
    assert not WindowsDocumentPrinterDriver(kind=DeviceKind.RECEIPT_PRINTER, spooler=spooler).discover(), "it must be named"
    printer = driver.open(driver.discover()[0])
    printer.submit(pdf((80, 60)), "Slip", "80mm")
    assert spooler.out[0].setup.paper == ROLL.number
    ys, xs = np.nonzero(spooler.out[0].pages[0][:, :, 0] < 128)
    assert abs(xs.min() - 160) < 3 and abs(ys.min() - 160) < 3, "a short slip is not turned"
    with pytest.raises(DeviceTrouble):
        printer.submit(pdf((120, 70)), "Lebar", "80mm")


def test_broken_paper_printer_keeps_papers_waiting() -> None:
    spooler = machine()
    printer = paper_printer(spooler)
    spooler.known["Laser"].status = 0x10
    assert printer.submit(pdf((210, 297)), "Surat").state is PrintJobState.PENDING
    with pytest.raises(MediaEmpty) as raised:
        printer.healthy()
    assert raised.value.message_key == "document_printer.media_empty"


# -- the adapter ---------------------------------------------------------------------------------------------------------------------


class FakeError(Exception):
    def __init__(self, winerror: int) -> None:
        super().__init__(winerror)
        self.winerror = winerror


class Mode:
    """A DEVMODE with a size of its own, as a custom default leaves it."""

    PaperSize, Orientation, Copies, Duplex, Scale, Fields = 1, 1, 7, 1, 50, 0x0C


class FakeWin32(types.SimpleNamespace):
    """win32print and win32gui in one, answering in pywin32's documented shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[Any, ...]] = []
        self.mode = Mode()
        self.open = 0
        self.refuse: dict[str, int] = {}

    def _call(self, *what: Any) -> None:
        self.log.append(what)
        if what[0] in self.refuse:
            raise FakeError(self.refuse[what[0]])

    def OpenPrinter(self, name: str) -> str:
        self._call("OpenPrinter", name)
        self.open += 1
        return "handle"

    def ClosePrinter(self, handle: str) -> None:
        self.open -= 1

    def EnumPrinters(self, flags: int, server: None, level: int) -> tuple[dict[str, Any], ...]:
        self._call("EnumPrinters", flags, level)
        return ({"pPrinterName": "Fargo", "pServerName": None, "Attributes": 64},)

    def GetPrinter(self, handle: str, level: int) -> dict[str, Any]:
        self._call("GetPrinter", level)
        return {"pDriverName": "HDP5000", "pPortName": "USB001", "Status": 16, "Attributes": 64, "pDevMode": self.mode}

    def DeviceCapabilities(self, name: str, port: str, what: int) -> Any:
        self._call("DeviceCapabilities", name, port, what)
        return {2: (257, 9), 16: ("CR-80\0\0", "A4"), 3: ({"x": 540, "y": 856}, {"x": 2100, "y": 2970}), 7: 1}[what]

    def DocumentProperties(self, window: int, handle: str, name: str, out: Mode, given: Mode, flags: int) -> int:
        self._call("DocumentProperties", given.PaperSize, given.Orientation, given.Duplex, given.Copies, given.Scale, given.Fields, flags)
        return 1

    def CreateDC(self, driver: str, name: str, mode: Mode) -> int:
        self._call("CreateDC", driver, name)
        return 77

    def DeleteDC(self, device: int) -> None:
        self._call("DeleteDC", device)

    def GetDeviceCaps(self, device: int, what: int) -> int:
        return {110: 1011, 111: 638, 112: 3, 113: 4, 88: 300, 90: 300}[what]

    def StartDoc(self, device: int, about: tuple[Any, ...]) -> int:
        self._call("StartDoc", about)
        return 41

    def StartPage(self, device: int) -> None:
        self._call("StartPage")

    def EndPage(self, device: int) -> None:
        self._call("EndPage")

    def EndDoc(self, device: int) -> None:
        self._call("EndDoc")

    def AbortDoc(self, device: int) -> None:
        self._call("AbortDoc")

    def EnumJobs(self, handle: str, first: int, count: int, level: int) -> tuple[dict[str, Any], ...]:
        self._call("EnumJobs", first, level)
        return ({"JobId": 41, "pDocument": "KTP-1", "Status": 16, "PagesPrinted": 1, "pStatus": None},)

    def SetJob(self, handle: str, job: int, level: int, about: None, command: int) -> None:
        self._call("SetJob", job, command)


@pytest.fixture
def win32(monkeypatch: pytest.MonkeyPatch) -> FakeWin32:
    fake = FakeWin32()
    monkeypatch.setitem(sys.modules, "win32print", fake)
    monkeypatch.setitem(sys.modules, "win32gui", fake)
    monkeypatch.setitem(sys.modules, "pywintypes", types.SimpleNamespace(error=FakeError))
    return fake


def test_adapter_speaks_pywin32(win32: FakeWin32, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageWin

    drawn: list[Any] = []
    monkeypatch.setattr(ImageWin, "Dib", lambda image: types.SimpleNamespace(draw=lambda dc, box: drawn.append((image.size, dc, box))))
    spooler = PyWin32Spooler()
    assert spooler.queues() == ["Fargo"]
    info = spooler.queue("Fargo")
    assert (info.driver, info.port, info.status, info.attributes) == ("HDP5000", "USB001", 16, 64)
    assert [(p.number, p.name, p.width, p.height) for p in spooler.papers("Fargo", "USB001")] == [
        (257, "CR-80", 5400, 8560), (9, "A4", 21000, 29700)]
    assert spooler.duplex("Fargo", "USB001")
    with spooler.canvas("Fargo", Setup(257, windows_spooler.LANDSCAPE, windows_spooler.SHORT_EDGE)) as canvas:
        assert (canvas.sheet.width, canvas.sheet.height, canvas.sheet.left, canvas.sheet.top, canvas.sheet.paper) == (1011, 638, 3, 4, 257)
        assert canvas.start("KTP-1") == 41
        canvas.start_page()
        canvas.picture(card(1), -3, -4, 2)
        canvas.end_page()
        canvas.finish()
    assert drawn == [((WIDE, HIGH), 77, (-3, -4, -3 + 2 * WIDE, -4 + 2 * HIGH))]
    order = next(call for call in win32.log if call[0] == "DocumentProperties")
    assert order[1:6] == (257, 2, 3, 1, 100), "paper, orientation, duplex, one copy, nothing scaled"
    assert order[6] & 0x0C == 0 and order[6] & 0x1113 == 0x1113, "the paper's number counts, not a size of its own"
    assert ("StartDoc", ("KTP-1", None, None, 0)) in win32.log and ("DeleteDC", 77) in win32.log
    assert spooler.jobs("Fargo")[0] == windows_spooler.JobInfo(41, "KTP-1", 16, 1)
    spooler.cancel("Fargo", 41)
    assert win32.log[-1] == ("SetJob", 41, 5)
    assert win32.open == 0


def test_adapters_errors_carry_windows_numbers_and_leave_nothing_open(win32: FakeWin32) -> None:
    spooler = PyWin32Spooler()
    for function, ask in (("EnumPrinters", spooler.queues), ("GetPrinter", lambda: spooler.queue("Fargo")),
                          ("DeviceCapabilities", lambda: spooler.papers("Fargo", "USB001")), ("EnumJobs", lambda: spooler.jobs("Fargo")),
                          ("SetJob", lambda: spooler.cancel("Fargo", 1)),
                          ("CreateDC", lambda: spooler.canvas("Fargo", Setup(9)).__enter__())):
        win32.refuse = {function: 1722}
        with pytest.raises(SpoolerError) as raised:
            ask()
        assert (raised.value.function, raised.value.code) == (function, 1722)
        assert win32.open == 0
    win32.refuse = {"StartDoc": 1223}
    with spooler.canvas("Fargo", Setup(9)) as canvas, pytest.raises(SpoolerError):
        canvas.start("x")
    assert win32.log[-1] == ("DeleteDC", 77)


def test_whole_card_through_the_adapter(win32: FakeWin32, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageWin

    drawn: list[Any] = []
    monkeypatch.setattr(ImageWin, "Dib", lambda image: types.SimpleNamespace(draw=lambda _dc, box: drawn.append(box)))
    win32.GetPrinter = lambda _handle, _level: {"pDriverName": "HDP5000", "pPortName": "USB001", "Status": 0, "Attributes": 64,
                                                "pDevMode": win32.mode}
    driver = WindowsCardPrinterDriver("Fargo", spooler=PyWin32Spooler())
    job = driver.open(driver.discover()[0]).submit(card(1), card(2), "KTP-1")
    assert job.job_id == "41" and drawn == [(-3, -4, WIDE - 3, HIGH - 4)] * 2
    assert [call[0] for call in win32.log if call[0] in ("StartDoc", "StartPage", "EndPage", "EndDoc", "DeleteDC")] == [
        "StartDoc", "StartPage", "EndPage", "StartPage", "EndPage", "EndDoc", "DeleteDC"]
