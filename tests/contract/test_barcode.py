"""The contract of BarcodeScanner, on the simulator, a serial line (a pty pair) and a camera; and codes on a real receipt in bad light."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import pytest
from stub_people import stub_world

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, NotConnected, Stalled
from ktpel_kiosk.domain.scanned import MOST
from ktpel_kiosk.hal.drivers.barcode_camera import CameraBarcode, CameraBarcodeDriver, CodeFinder
from ktpel_kiosk.hal.drivers.barcode_serial import SerialBarcodeDriver
from ktpel_kiosk.ports.devices import DeviceKind

CODE, OTHER = "0042/KTP/XI/2026", "0043/KTP/XI/2026"


class Bench(Protocol):
    """A scanner and somebody who holds codes before it."""

    device: Any

    def show(self, code: str) -> None: ...
    def pull(self) -> None: ...
    def stop(self) -> None: ...


class SimulatedBench:
    def __init__(self) -> None:
        self.world = stub_world(realtime=True)
        driver = next(d for d in self.world.drivers() if d.kind is DeviceKind.BARCODE)
        self.device: Any = driver.open(driver.discover()[0])

    def show(self, code: str) -> None:
        self.world.scan_code(code)

    def pull(self) -> None:
        self.world.faults.add("barcode", "unplugged")

    def stop(self) -> None:
        self.world.close()


class SerialBench:
    """The scanner's end of a pseudo terminal."""

    def __init__(self) -> None:
        if sys.platform == "win32":
            pytest.skip("no pseudo terminals here")
        import tty

        self.master, self._line = os.openpty()
        tty.setraw(self._line)
        self.port = os.ttyname(self._line)
        self.driver = SerialBarcodeDriver(self.port)
        self.device: Any = self.driver.open(self.driver.discover()[0])

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def show(self, code: str) -> None:
        self.send(code.encode() + b"\r")

    def pull(self) -> None:
        master, self.master = self.master, -1  # before it is closed: the bench may be stopped meanwhile
        os.close(master)

    def stop(self) -> None:
        self.device.close()
        os.close(self._line)
        if self.master >= 0:
            os.close(self.master)


class Table:
    """A camera over a table on which codes are laid for a moment."""

    def __init__(self) -> None:
        self.plugged = True
        self.shown: list[tuple[RawImage, float]] = []
        self.empty = photo(np.full((240, 320), 200, np.uint8))

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("Uji", "Meja", "1")

    def healthy(self) -> None:
        self.frame()

    def close(self) -> None:
        self.shown.clear()

    def frame(self) -> RawImage:
        if not self.plugged:
            raise NotConnected("device.unplugged")
        time.sleep(0.01)
        while self.shown and self.shown[0][1] < time.monotonic():
            self.shown.pop(0)
        return self.shown[0][0] if self.shown else self.empty


class CameraBench:
    def __init__(self) -> None:
        self.table = Table()
        self.device: Any = CameraBarcode(self.table)

    def show(self, code: str) -> None:
        self.table.shown.append((photo(qr(code)), time.monotonic() + 1.2))

    def pull(self) -> None:
        self.table.plugged = False

    def stop(self) -> None:
        self.device.close()


def qr(text: str | bytes, module: int = 4) -> np.ndarray:
    import qrcode

    code = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    return np.kron(np.where(np.array(code.get_matrix()), 0, 255).astype(np.uint8), np.ones((module, module), np.uint8))


def photo(grey: np.ndarray) -> RawImage:
    return RawImage(grey.shape[1], grey.shape[0], 1, np.ascontiguousarray(grey).tobytes())


@pytest.fixture(params=[SimulatedBench, SerialBench, CameraBench], ids=["simulator", "serial", "camera"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = request.param()
    yield made
    made.stop()


@pytest.fixture
def line() -> Iterator[SerialBench]:
    made = SerialBench()
    yield made
    made.stop()


# -- the contract ------------------------------------------------------------------------------------------------------------------


def test_nothing_is_held_before_it(bench: Bench) -> None:
    bench.device.healthy()
    with pytest.raises(Stalled) as raised:
        bench.device.read(0.15)
    assert raised.value.message_key == "barcode.none"


def test_one_code_after_the_other(bench: Bench) -> None:
    threading.Timer(0.05, bench.show, (CODE,)).start()
    assert bench.device.read(3) == CODE
    with pytest.raises(Stalled):
        bench.device.read(0.3)  # held there still, or gone: once is enough
    bench.show(OTHER)
    assert bench.device.read(3) == OTHER
    assert bench.device.identity().model


def test_a_waiting_read_is_cut_short(bench: Bench) -> None:
    threading.Timer(0.1, bench.device.interrupt).start()
    started = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        bench.device.read(10)
    assert raised.value.message_key == "device.interrupted" and time.monotonic() - started < 2


@pytest.mark.parametrize(("code", "key"), [
    ("A" * (MOST + 1), "barcode.too_long"), ("0042\x1b/KTP", "barcode.control"), ("0042 \ufffd", "barcode.encoding")])
def test_codes_that_are_none_of_ours_are_refused(bench: Bench, code: str, key: str) -> None:
    threading.Timer(0.05, bench.show, (code,)).start()
    with pytest.raises(CaptureFailed) as raised:
        bench.device.read(3)
    assert raised.value.message_key == key


def test_pulled_out(bench: Bench) -> None:
    threading.Timer(0.1, bench.pull).start()
    with pytest.raises(NotConnected):
        bench.device.read(5)
    with pytest.raises(NotConnected):
        bench.device.healthy()


# -- a serial line -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [
    b"0042/KTP/XI/2026\r\n", b"0042/KTP/XI/2026\n", b"\x020042/KTP/XI/2026\x03\r", b"0042/KTP/XI/2026", b"\r\n0042/KTP/XI/2026\r"])
def test_ends_and_frames_of_all_makes(line: SerialBench, wire: bytes) -> None:
    with pytest.raises(Stalled):
        line.device.read(0.0)
    for part in (wire[:5], wire[5:]):
        line.send(part)
        time.sleep(0.02)
    assert line.device.read(2) == CODE


def test_two_codes_in_one_breath_and_utf_8(line: SerialBench) -> None:
    with pytest.raises(Stalled):
        line.device.read(0.0)
    line.send("Kediri é\r\nkedua\r\n".encode())
    assert [line.device.read(2), line.device.read(2)] == ["Kediri é", "kedua"]


def test_wrong_bytes_and_endless_noise(line: SerialBench) -> None:
    with pytest.raises(Stalled):
        line.device.read(0.0)
    line.send(b"0042\xff\xfe\r")
    with pytest.raises(CaptureFailed) as raised:
        line.device.read(2)
    assert raised.value.message_key == "barcode.encoding"
    line.send(b"U" * 3000)
    with pytest.raises(CaptureFailed) as raised:
        line.device.read(2)
    assert raised.value.message_key == "barcode.too_long"
    time.sleep(0.05)
    line.show(CODE)
    assert line.device.read(2).endswith(CODE)


def test_what_was_scanned_at_nobodys_request_is_forgotten(line: SerialBench) -> None:
    line.show("milik orang lain")
    time.sleep(0.05)
    with pytest.raises(Stalled):
        line.device.read(0.2)


def test_a_port_in_use_and_a_port_that_is_not_there(line: SerialBench) -> None:
    with pytest.raises(Busy):
        line.driver.open(line.driver.discover()[0])
    gone = SerialBarcodeDriver("/dev/does-not-exist")
    assert not gone.discover()


# -- a camera ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def receipt() -> np.ndarray:
    """The part of a printed 80 mm receipt around its code, grey, 200 dpi."""
    import pypdfium2

    from ktpel_kiosk.documents.office import OfficeDocuments
    from ktpel_kiosk.ports.papers import ReceiptPaper

    paper = ReceiptPaper(("Pemerintah Kabupaten Lumajang", "Kecamatan Tempeh", "", ""), CODE, "20 November 2026", "SITI CONTOH",
                         "350805••••••0001", "KTP-el baru", (("Kartu Keluarga", True),), "23 November 2026", ("520003",), "Rina", CODE)
    resources = Path(__file__).resolve().parents[2] / "resources"
    document = pypdfium2.PdfDocument(OfficeDocuments(resources).receipt_80mm(paper))
    try:
        page = cv2.cvtColor(document[0].render(scale=200 / 72).to_numpy(), cv2.COLOR_BGR2GRAY)
    finally:
        document.close()
    found, corners = cv2.QRCodeDetector().detect(page)
    assert found
    left, top, width, height = cv2.boundingRect(corners[0].astype(np.int32))
    edge = round(width * 0.7)
    return page[max(0, top - edge):top + height + edge, max(0, left - edge):left + width + edge]


def shot(paper: np.ndarray, turn: float, tilt: float, blur: float, light: tuple[float, float], noise: float) -> RawImage:
    """The paper on a dark table: turned (degrees), tilted, out of focus, lit from ``light`` left to right, with noise of the sensor."""
    height, width = 960, 1280
    h, w = paper.shape
    size = min(height / h, width / w) * 0.9
    middle = np.array([[w / 2, h / 2]])
    corners = (np.array([[0, 0], [w, 0], [w, h], [0, h]]) - middle) * size
    angle = np.deg2rad(turn)
    spun = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    depth = 1 + tilt * spun[:, :1] / width
    placed = (spun * min(1.0, height * 0.95 / np.ptp(spun[:, 1])) / depth + [width / 2, height / 2]).astype(np.float32)
    onto = cv2.getPerspectiveTransform(np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32), placed)
    picture = cv2.warpPerspective(paper, onto, (width, height), flags=cv2.INTER_AREA, borderValue=60).astype(np.float32)
    picture *= np.linspace(*light, width, dtype=np.float32)[None, :]
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    picture += np.random.default_rng(5).normal(0, noise, picture.shape)
    return photo(np.clip(picture, 0, 255).astype(np.uint8))


QUICK: list[dict[str, Any]] = [{"turn": 37}, {"turn": -60, "tilt": 0.35}, {"blur": 3.0}, {"light": (0.25, 0.1), "noise": 3}]
SLOW: list[dict[str, Any]] = [
    {"turn": 0}, {"turn": 90}, {"turn": 181}, {"turn": 20, "blur": 2.5, "noise": 6}, {"light": (1.0, 0.12), "noise": 4, "turn": 10},
    {"tilt": 0.5, "light": (0.4, 0.9), "blur": 1.5}]


@pytest.mark.parametrize("how", [*QUICK, *(pytest.param(how, marks=pytest.mark.gate) for how in SLOW)], ids=str)
def test_the_code_of_a_receipt_blurred_turned_and_in_bad_light(receipt: np.ndarray, how: dict[str, Any]) -> None:
    full: dict[str, Any] = {"turn": 0.0, "tilt": 0.0, "blur": 0.5, "light": (0.9, 0.9), "noise": 2.0} | how
    assert CodeFinder()(shot(receipt, **full)) == CODE


def test_pictures_without_a_code_and_codes_of_other_bytes() -> None:
    find = CodeFinder()
    assert find(photo(np.full((480, 640), 128, np.uint8))) is None
    assert find(photo(np.random.default_rng(1).integers(0, 255, (240, 320)).astype(np.uint8))) is None
    table = Table()
    table.shown.append((photo(qr(b"0042\xff\xfe\x80/KTP")), time.monotonic() + 9))
    with pytest.raises((CaptureFailed, Stalled)):
        CameraBarcode(table).read(0.5)


def test_a_picture_file_is_a_camera_too(tmp_path: Path) -> None:
    path = tmp_path / "kode.png"
    cv2.imwrite(str(path), cv2.cvtColor(qr(CODE), cv2.COLOR_GRAY2BGR))
    driver = CameraBarcodeDriver(str(path))
    device = driver.open(driver.discover()[0])
    assert device.read(2) == CODE
    with pytest.raises(Stalled):
        device.read(0.3)
    device.close()
    path.unlink()
    assert not driver.discover()
