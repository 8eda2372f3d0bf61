"""Slips on a receipt printer: the real papers against a strict ESC/POS printer on TCP, and its faults."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from escpos_standin import ReceiptPrinter
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from umock_usb import Standin, missing

sys.path.insert(0, str(Path(__file__).parents[1] / "documents"))

from paper_samples import RESOURCES, handover, receipt

from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.domain.errors import (
    BadInput,
    Busy,
    DeviceTrouble,
    Jammed,
    KioskError,
    MediaEmpty,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    Stalled,
)
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.drivers import escpos_printer, slip_raster
from ktpel_kiosk.hal.drivers.escpos_channel import parse_address
from ktpel_kiosk.hal.drivers.escpos_printer import EscPosPrinter, EscPosPrinterDriver, judge
from ktpel_kiosk.hal.drivers.slip_raster import ROLLS, raster
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, PrintJobState


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


@pytest.fixture(scope="module")
def slip() -> bytes:
    """Nine bands with a little ink each."""
    return page(80, 130, *[(10, 10 * n, 30, 3, 0) for n in range(1, 12)])


@pytest.fixture
def standin() -> Iterator[ReceiptPrinter]:
    printer = ReceiptPrinter()
    yield printer
    printer.close()


def page(width: float, height: float, *rects: tuple[float, float, float, float, float]) -> bytes:
    """A PDF page in millimetres with boxes (x, y from the bottom, width, height, grey 0..1)."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width * mm, height * mm))
    for x, y, w, h, grey in rects:
        canvas.setFillGray(grey)
        canvas.rect(x * mm, y * mm, w * mm, h * mm, stroke=0, fill=1)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def opened(standin: ReceiptPrinter, width_mm: int = 80) -> EscPosPrinter:
    driver = EscPosPrinterDriver(standin.address, width_mm)
    return driver.open(driver.discover()[0])


def decoded(slip: np.ndarray) -> str:
    picture = np.pad(np.where(slip, 0, 255).astype(np.uint8), 40, constant_values=255)
    return cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST))[0]


def test_the_offices_slips_come_out_whole_and_readable(standin: ReceiptPrinter, office: OfficeDocuments) -> None:
    printer = opened(standin)
    papers = {"tanda-terima": office.receipt_80mm(receipt()), "pengembalian": office.return_slip_80mm(receipt(), ["data_ganda"]),
              "bukti-pengambilan": office.handover_80mm(handover(qr_text="0107/BP/2026"))}
    for paper in papers.values():
        job = printer.submit(paper, "slip", "80mm")
        assert job.state is PrintJobState.DONE and printer.job(job.job_id) == job
    assert standin.wrong == []
    assert len(standin.paper.slips) == 3
    for name, out in zip(papers, standin.paper.slips, strict=True):
        assert out.shape[1] == 576
        assert 0.02 < out.mean() < 0.3
        assert decoded(out) == ("0107/BP/2026" if name == "bukti-pengambilan" else "0042/KTP/XI/2026")
        if folder := os.environ.get("KTPEL_SHOW"):
            cv2.imwrite(str(Path(folder) / f"struk-{name}.png"), np.where(out, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("name", [
    "SRIWAHYUNINGSIHPUSPITASARI KUSUMANINGRAT", "BKMUIV NRGYWÉPECFIKKNRVQXVVHSPÉIGUC EYJI", "W" * 25, "MUHAMMAD " * 14])
def test_no_name_is_too_long_for_the_roll(office: OfficeDocuments, name: str) -> None:
    for paper in (office.receipt_80mm(receipt(nama=name, layanan=name, petugas=name)),
                  office.handover_80mm(handover(nama=name, penerima=name))):
        assert raster(paper, ROLLS[80])


def test_dots_are_where_the_page_has_them(standin: ReceiptPrinter) -> None:
    opened(standin).submit(page(80, 60, (4, 50, 10, 5, 0), (66, 20, 10, 2, 0)), "x", "80mm")
    out = standin.paper.slips[0]
    assert out.shape == (480 + 24, 576)
    ys, xs = np.nonzero(out)
    assert (xs.min(), xs.max(), ys.min()) == (0, 575, 40)
    assert out[40:80, 0:80].all() and out[304:320, 496:576].all()
    assert out.sum() == 40 * 80 + 16 * 80


def test_narrow_page_stands_in_the_middle_and_58_mm_paper_is_narrower() -> None:
    narrow = np.asarray(raster(page(58, 20, (5, 5, 48, 10, 0)), ROLLS[80])[0])
    assert np.nonzero(~narrow)[1].min() == (576 - 464) // 2 + 40
    standin = ReceiptPrinter(384)
    try:
        opened(standin, 58).submit(page(58, 20, (5, 5, 48, 10, 0)), "x", "58mm")
        assert standin.paper.slips[0][40:120].all()
        assert standin.wrong == []
    finally:
        standin.close()


def test_even_grey_becomes_dots_and_edges_stay_crisp() -> None:
    image = np.asarray(raster(page(80, 40, (10, 10, 20, 20, 0.5), (40, 10, 20, 20, 0), (65, 10, 5, 20, 1)), ROLLS[80])[0])
    ink = ~image
    grey, black = ink[90:230, 60:190], ink[85:235, 300:440]
    assert 0.35 < grey.mean() < 0.65 and black.all()
    assert not ink[:70].any()


@pytest.mark.parametrize(("pdf", "media", "key"), [
    (page(210, 297), "80mm", "receipt_printer.too_wide"),
    (page(80, 40, (1, 5, 10, 10, 0)), "80mm", "receipt_printer.too_wide"),
    (page(80, 40, (70, 5, 8, 10, 0)), "80mm", "receipt_printer.too_wide"),
    (page(80, 40), "A4", "receipt_printer.too_wide"),
    (page(80, 40), "58mm", "receipt_printer.too_wide"),
    (page(80, 1300), "80mm", "receipt_printer.too_long"),
    (b"<html>", "80mm", "document_printer.not_pdf"),
    (b"%PDF-1.7\n%%EOF\n", "80mm", "document_printer.not_pdf"),
])
def test_what_does_not_fit_is_refused_and_nothing_is_printed(standin: ReceiptPrinter, pdf: bytes, media: str, key: str) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        opened(standin).submit(pdf, "x", media)
    assert raised.value.message_key == key
    assert standin.bands == 0 and not standin.paper.slips


@pytest.mark.parametrize(("condition", "kind", "key"), [
    ("cover", DeviceTrouble, "receipt_printer.cover"), ("paper_out", MediaEmpty, "receipt_printer.media_empty"),
    ("cutter", Jammed, "receipt_printer.jam")])
def test_conditions_are_told_before_anything_is_printed(standin: ReceiptPrinter, slip: bytes, condition: str, kind: type[KioskError],
                                                        key: str) -> None:
    printer = opened(standin)
    setattr(standin, condition, True)
    for act in (printer.healthy, lambda: printer.submit(slip, "x", "80mm")):
        with pytest.raises(kind) as raised:
            act()
        assert raised.value.message_key == key
    assert standin.bands == 0
    setattr(standin, condition, False)
    printer.healthy()
    printer.submit(slip, "x", "80mm")
    assert len(standin.paper.slips) == 1


def test_paper_that_ends_in_the_middle_is_told(standin: ReceiptPrinter, slip: bytes) -> None:
    standin.paper_after = 3
    with pytest.raises(MediaEmpty) as raised:
        opened(standin).submit(slip, "x", "80mm")
    assert raised.value.message_key == "receipt_printer.media_empty"
    assert not standin.paper.slips and standin.bands > 3


def test_line_reset_in_the_middle_leaves_the_outcome_unknown(standin: ReceiptPrinter, slip: bytes) -> None:
    printer = opened(standin)
    standin.reset_after = 2
    with pytest.raises(OutcomeUnknown) as raised:
        printer.submit(slip, "x", "80mm")
    assert raised.value.message_key == "receipt_printer.cut_off"
    standin.reset_after = -1
    printer.submit(slip, "x", "80mm")
    assert len(standin.paper.slips) == 1


def test_slow_printer_is_waited_for(standin: ReceiptPrinter, slip: bytes) -> None:
    printer = opened(standin)
    standin.slow_s = 0.08
    began = time.monotonic()
    assert printer.submit(slip, "x", "80mm").state is PrintJobState.DONE
    assert time.monotonic() - began > 0.08 * standin.bands
    assert len(standin.paper.slips) == 1


def test_printer_that_takes_nothing_is_given_up(standin: ReceiptPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "SEND_S", 0.4)
    monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.2)
    printer = opened(standin)
    standin.stuck_after = 0
    # more than the kernel holds for the printer
    monkeypatch.setattr(escpos_printer, "commands", lambda _page: b"\x1b@" + (b"\x1dv0\0\x48\0\x80\0" + bytes(72 * 128)) * 1200)
    began = time.monotonic()
    with pytest.raises(Stalled):
        printer.submit(page(80, 40), "x", "80mm")
    assert time.monotonic() - began < 3


def test_printer_without_answers_is_printed_to(standin: ReceiptPrinter, slip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.1)
    standin.mute = True
    printer = opened(standin)
    asked = standin.questions
    printer.submit(slip, "x", "80mm")
    printer.healthy()
    until = time.monotonic() + 3
    while not standin.paper.slips and time.monotonic() < until:
        time.sleep(0.01)
    assert len(standin.paper.slips) == 1 and standin.wrong == []
    assert standin.questions == asked == 1, "it is not asked again and again"


def test_printer_that_fell_silent_is_stalled(standin: ReceiptPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_printer, "ANSWER_S", 0.1)
    printer = opened(standin)
    standin.mute = True
    with pytest.raises(Stalled):
        printer.healthy()


def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    driver = EscPosPrinterDriver(f"tcp://127.0.0.1:{port}")
    assert driver.kind is DeviceKind.RECEIPT_PRINTER
    with pytest.raises(NotConnected):
        driver.open(driver.discover()[0])


def test_questions_inside_the_dots_do_not_confuse_the_answers(standin: ReceiptPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dots may spell DLE EOT 4; the printer answers, and that answer is not taken for the next question's."""
    printer = opened(standin)
    pattern = (b"\x10\x04\x04\x10\x04\x02" + bytes(66)) * 64
    monkeypatch.setattr(escpos_printer, "commands", lambda _page: b"\x1b@\x1dv0\0\x48\0\x40\0" + pattern + b"\x1dVB\x18")
    printer.submit(page(80, 40), "x", "80mm")
    assert standin.questions > 100
    printer.healthy()
    assert len(standin.paper.slips) == 1


def test_status_sent_unasked_is_not_taken_for_the_end(standin: ReceiptPrinter, slip: bytes) -> None:
    printer = opened(standin)
    standin.reports = True
    standin.slow_s = 0.03
    began = time.monotonic()
    printer.submit(slip, "x", "80mm")
    assert time.monotonic() - began > 0.03 * 8 and len(standin.paper.slips) == 1
    assert standin.reports is False and standin.wrong == []


def test_manager_shows_a_printer_that_was_switched_off_and_on(slip: bytes) -> None:
    """Found, lost and found again under the device manager, without a restart."""
    printer = ReceiptPrinter()
    port = printer.port
    states: list[DeviceHealth] = []

    def wait_for(health: DeviceHealth) -> None:
        until = time.monotonic() + 8
        while manager.states()[list(DeviceKind).index(DeviceKind.RECEIPT_PRINTER)].health is not health:
            assert time.monotonic() < until, states
            time.sleep(0.02)

    fast = Deadlines({"actor.probe_interval": 0.05, "actor.reopen": 0.05, "discovery.interval": 0.05})
    with DeviceManager([EscPosPrinterDriver(printer.address)], fast) as manager:
        manager.subscribe(lambda state: states.append(state.health))
        wait_for(DeviceHealth.READY)
        printer.close()
        with pytest.raises(NotConnected):
            manager.call(DeviceKind.RECEIPT_PRINTER, "submit", lambda p: p.submit(slip, "x", "80mm"), 10).result(15)
        again = ReceiptPrinter(port=port)
        try:
            wait_for(DeviceHealth.READY)
            job = manager.call(DeviceKind.RECEIPT_PRINTER, "submit", lambda p: p.submit(slip, "x", "80mm"), 10).result(15)
            assert job.state is PrintJobState.DONE and len(again.paper.slips) == 1
        finally:
            again.close()
    assert DeviceHealth.TROUBLE in states or DeviceHealth.MISSING in states


def test_answers_are_judged_by_weight() -> None:
    assert judge({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}) is None
    assert judge({}) is None
    assert judge({1: 0x1A, 2: 0x12, 3: 0x12, 4: 0x1E}).message_key == "receipt_printer.offline"
    assert judge({4: 0x1E}) is None, "paper near its end prints on"
    assert judge({3: 0x32}).message_key == "receipt_printer.error"
    assert judge({1: 0x1A, 2: 0x36, 4: 0x72}).message_key == "receipt_printer.cover"


@pytest.mark.parametrize(("text", "way", "name", "number"), [
    ("tcp://10.0.0.9:9100", "tcp", "10.0.0.9", 9100), ("tcp://struk.local", "tcp", "struk.local", 9100),
    ("tcp://[fe80::1]:9101", "tcp", "fe80::1", 9101),
    ("usb://04B8:0e15", "usb", "04b80e15", 0), ("serial:/dev/ttyUSB0", "serial", "/dev/ttyUSB0", 9600),
    ("serial:COM3,38400", "serial", "COM3", 38400), ("file:/dev/usb/lp0", "file", "/dev/usb/lp0", 0)])
def test_addresses(text: str, way: str, name: str, number: int) -> None:
    address = parse_address(text)
    assert (address.way, address.name, address.number) == (way, name, number)


@pytest.mark.parametrize("text", ["", "http://x", "tcp://", "tcp://a:99999", "tcp://a:0", "usb://1:2",
                                  "usb://zzzz:0000", "serial:", "file:", "printer", "serial:COM3,1"])
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(BadInput):
        EscPosPrinterDriver(text)
    with pytest.raises(BadInput):
        EscPosPrinterDriver("tcp://x", 76)


def test_file_and_serial(tmp_path: Path, slip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # it may lie below /dev, where a file that is not there is a device that is away
    out = Path("struk.bin")
    driver = EscPosPrinterDriver(f"file:{out}")
    printer = driver.open(driver.discover()[0])
    printer.submit(slip, "x", "80mm")
    once = out.read_bytes()
    assert once.startswith(b"\x1b@\x1da\0\x1dv0\0") and once.endswith(b"\x1dVB\x18"), "nobody is asked who cannot answer"
    printer.submit(slip, "x", "80mm")
    assert out.read_bytes() == once * 2
    assert not EscPosPrinterDriver("file:none/x").discover()
    assert not EscPosPrinterDriver("serial:/dev/ttyKTPEL9").discover()
    with pytest.raises(NotConnected):
        EscPosPrinterDriver("serial:/dev/ttyKTPEL9").open(None)
    with pytest.raises(NotFound):
        printer.job("struk-1")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")
def test_serial_line_carries_a_slip_and_answers(slip: bytes) -> None:
    import pty

    ours, theirs = pty.openpty()
    import tty

    tty.setraw(theirs)
    got, stop = bytearray(), threading.Event()

    def answer() -> None:
        """Every question is answered well, in order of arrival; GS r at the end."""
        seen = 0
        while not stop.is_set():
            try:
                got.extend(os.read(ours, 4096))
            except OSError:
                return
            while (at := bytes(got).find(b"\x10\x04", seen)) >= 0 and len(got) > at + 2 and got[at + 2] in (1, 2, 3, 4):
                seen = at + 3
                os.write(ours, b"\x12")
            if got.endswith(b"\x1dr\x01"):
                os.write(ours, b"\0")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        driver = EscPosPrinterDriver(f"serial:{os.ttyname(theirs)},115200")
        printer = driver.open(driver.discover()[0])
        assert printer.submit(slip, "x", "80mm").state is PrintJobState.DONE
        assert got.count(b"\x1dv0") >= 5 and got.endswith(b"\x1dr\x01")
    finally:
        stop.set()
        os.close(theirs)
        thread.join(2)
        os.close(ours)


USB_CLIENT = """
import json, sys
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.hal.drivers.escpos_printer import EscPosPrinterDriver
slip = open(sys.argv[1], "rb").read()
driver = EscPosPrinterDriver("usb://04b8:0e15")
for line in sys.stdin:
    try:
        found = driver.discover()
        out = driver.open(found[0]).submit(slip, "x", "80mm").state if found else "absent"
    except KioskError as error:
        out = error.message_key
    print(json.dumps(out), flush=True)
"""


@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
def test_usb_printer_over_real_libusb(slip: bytes, tmp_path: Path) -> None:
    (tmp_path / "slip.pdf").write_bytes(slip)
    printer = EscPosPrinterDriver(f"file:{tmp_path / 'same.bin'}").open(None)
    printer.submit(slip, "x", "80mm")
    standin = Standin(Path(__file__).parent / "umock_receipt.py")
    client = subprocess.Popen([sys.executable, "-c", USB_CLIENT, str(tmp_path / "slip.pdf")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True,
                              env={**standin.env, "PYTHONPATH": str(Path(__file__).parents[2] / "src")})
    assert client.stdin is not None and client.stdout is not None
    try:
        def print_one() -> str:
            print("print", file=client.stdin, flush=True)
            return str(json.loads(client.stdout.readline()))

        assert print_one() == "done"
        assert bytes.fromhex(standin.ask("got")) == (tmp_path / "same.bin").read_bytes(), "the same bytes as into a file"
        standin.ask("set", cover=True)
        assert print_one() == "receipt_printer.cover"
        standin.ask("set", cover=False, dead=True)
        assert print_one() in ("receipt_printer.cut_off", "device.no_answer")
        standin.ask("set", dead=False)
        standin.ask("unplug")
        assert print_one() in ("absent", "device.not_connected", "device.unplugged")
        standin.ask("plug")
        assert print_one() == "done"
    finally:
        client.stdin.close()
        client.wait(10)
        client.stdout.close()
        standin.stop()


def test_every_slip_size_has_a_name() -> None:
    assert {roll.name for roll in slip_raster.ROLLS.values()} == {"80mm", "58mm"}
    assert issubclass(Busy, DeviceTrouble)
