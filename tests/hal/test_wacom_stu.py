"""The parts of the signature pad driver that need no USB: reports, ink, pictures, models, refusals. A pad as a table of reports."""

from __future__ import annotations

import struct
import threading
import time
from typing import Any

import numpy as np
import pytest

from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected
from ktpel_kiosk.hal.drivers import stu_picture, stu_reports
from ktpel_kiosk.hal.drivers.stu_ink import SignatureInk
from ktpel_kiosk.hal.drivers.stu_reports import Area, Capability, Encoding, Pen, PenMode
from ktpel_kiosk.hal.drivers.wacom_stu import WacomStuDriver

PAD = Capability((10800, 6480), 1023, (800, 480))
SCREEN = stu_picture.layout((800, 480))


class TableHid:
    """A hidapi module with one pad that answers from a table and knows only the reports ``known``."""

    def __init__(self, product: int, known: set[int], capability: bytes | None = None, name: str = "") -> None:
        self.product, self.known, self.name = product, known, name or f"STU-{product:x}"
        self.capability = capability
        self.told: list[bytes] = []
        self.reports: list[bytes] = []
        self.slow_s = 0.0
        self.busy = False
        self._encoding, self.picture = -1, b""

    def enumerate(self, vendor: int, product: int) -> list[dict[str, Any]]:
        return [{"path": b"1-4:1.0", "product_id": self.product, "serial_number": "\u0409", "product_string": self.name}]

    def device(self) -> TableHid:
        return self

    def open_path(self, path: bytes) -> None:
        if self.busy:
            raise OSError("open failed")

    def close(self) -> None: ...

    def read(self, size: int, timeout_ms: int) -> bytes:
        if self.reports:
            return self.reports.pop(0)
        time.sleep(0.005)
        return b""

    def get_feature_report(self, report: int, size: int) -> bytes:
        if report not in self.known:
            raise OSError("read error")
        found = {0x08: b"\x08" + self.name.encode().ljust(9, b"\0") + b"\x02\x03", 0x09: self.capability or b""}.get(report)
        return found if found is not None else bytes([report]) + bytes(size - 1)

    def send_feature_report(self, data: bytes) -> int:
        if data[0] not in self.known:
            raise OSError("send error")
        self.told.append(data)
        if data[0] == 0x25:
            self._encoding, self.picture = data[1], b""
        if data[0] == 0x26:
            time.sleep(self.slow_s)
            self.picture += data[3:3 + struct.unpack_from("<H", data, 1)[0]]
        return len(data)


BASIC = {0x03, 0x08, 0x09, 0x20, 0x21, 0x25, 0x26, 0x27}
ALL = BASIC | {0x0B, 0x0E, 0x0F, 0x23, 0x28, 0x29, 0x2A, 0x2B, 0x2D, 0x2E, 0x32}
KNOWN = {
    0xA1: BASIC, 0xA3: BASIC | {0x28, 0x29, 0x2A, 0x2B, 0x32}, 0xA4: BASIC - {0x09} | {0x0B, 0x23, 0x28, 0x2A, 0x2D, 0x32},
    0xA6: BASIC | {0x0B, 0x23, 0x28, 0x2A, 0x2D, 0x32}, 0xA5: ALL - {0x0E, 0x0F}, 0xA8: ALL,
}
"""Which model has which report, after the public compatibility table; the STU-500 before firmware 2.03, an early STU-430."""


def opened(hid: TableHid, **options: Any) -> Any:
    driver = WacomStuDriver(hid=hid, **options)
    return driver.open(driver.discover()[0])


def wire(near: bool, touch: bool, pressure: int, x: int, y: int, clock: int, sequence: int) -> bytes:
    return struct.pack(">BBBHHHH", 0x34, near << 7 | touch << 4 | pressure >> 8, pressure & 255, x, y, clock, sequence)


# -- reports -----------------------------------------------------------------------------------------------------------------------


def test_pen_reports_of_all_layouts() -> None:
    timed = bytes.fromhex("34 91 2c 2710 1388 ffff 0007")
    assert stu_reports.pen(timed, PenMode.TIME_AND_SEQUENCE) == Pen(True, True, 300, 10000, 5000, 0xFFFF, 7)
    assert stu_reports.pen(bytes.fromhex("01 80 00 0001 0002"), PenMode.PLAIN) == Pen(True, False, 0, 1, 2)
    assert stu_reports.pen(bytes.fromhex("30 90 ff 0001 0002 0100"), PenMode.SEQUENCE) == Pen(True, True, 255, 1, 2, None, 256)
    assert stu_reports.pen(bytes.fromhex("30 90 ff 0001 0002 0100"), PenMode.TIME) == Pen(True, True, 255, 1, 2, 256, None)
    assert stu_reports.pen(bytes.fromhex("34 10 ff 0001 0002 0100 0001"), PenMode.PLAIN).touch is False  # not near: not touching
    for junk in (b"", b"\x34", timed[:10], b"\x10" + bytes(16), b"\x99\x00"):
        assert stu_reports.pen(junk, PenMode.TIME_AND_SEQUENCE) is None


def test_capability_with_and_without_sense() -> None:
    model = stu_reports.MODELS[0xA8]
    told = b"\x09" + struct.pack(">HHHHHBHBH", 10400, 6048, 511, 800, 480, 197, 2540, 4, 0)
    assert stu_reports.capability(told, model) == Capability((10400, 6048), 511, (800, 480), 197, 100.0)
    assert stu_reports.capability(b"\x09" + bytes(16), model) == stu_reports.table(model)
    assert stu_reports.capability(told[:12], model).units_per_mm == 100.0  # no resolution given


def test_settings_on_the_wire() -> None:
    assert stu_reports.ink_area(Area(0, 1, 799, 374)) == bytes.fromhex("2a 0000 0100 1f03 7601")
    assert stu_reports.ink(stu_reports.MODELS[0xA1]) is None and stu_reports.ink(stu_reports.MODELS[0xA3]) == bytes.fromhex("28 0000 02")
    blocks = list(stu_reports.image_blocks(bytes(range(200)) * 2))
    assert [len(b) for b in blocks] == [256, 256] and blocks[1][:3] == bytes([0x26, 147, 0])


# -- ink ---------------------------------------------------------------------------------------------------------------------------


def test_clock_and_numbers_turn_over() -> None:
    ink = SignatureInk(PAD, SCREEN.buttons)
    for n in range(40):
        ink.take(Pen(True, True, 500, 100 + n, 900, (65500 + 5 * n) % 65536, (65530 + n) % 65536), 100 + n * 0.005)
    assert ink.lost == 0 and [p.t_ms for p in ink.points] == [5 * n for n in range(40)]
    ink.take(Pen(True, False, 0, 140, 900, (65500 + 200) % 65536, 34), 100.2)
    ink.take(Pen(True, True, 500, 140, 900, (65500 + 200 + 70_000) % 65536, 35), 170.2)  # a pause longer than the clock
    assert ink.points[-1].t_ms == 70_200


def test_gaps_are_counted_where_reports_are_numbered_and_guessed_where_not() -> None:
    numbered, plain = SignatureInk(PAD, {}), SignatureInk(PAD, {})
    for n in (0, 1, 2, 9, 10):
        numbered.take(Pen(True, True, 500, n, n, n * 5, n), n * 0.005)
    assert numbered.lost == 6
    numbered.take(Pen(True, True, 500, 10, 10, 50, 10), 0.06)
    assert (numbered.lost, len(numbered.points)) == (6, 5)  # the same report twice
    for at in (0.0, 0.005, 0.305, 0.31):
        plain.take(Pen(True, True, 500, 1, 1), at)
    assert plain.lost == 60
    assert [p.t_ms for p in plain.points] == [0, 5, 305, 310]


def test_hovering_lifts_and_pressure() -> None:
    ink = SignatureInk(Capability((10800, 6480), 511, (800, 480)), SCREEN.buttons)
    told = [(1, 0, 0), (1, 1, 511), (1, 1, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0), (1, 0, 0), (1, 1, 100), (0, 0, 0), (1, 0, 0)]
    for n, (near, touch, pressure) in enumerate(told):
        x = 1000 + n if near else 0
        ink.take(Pen(bool(near), bool(touch), pressure, x, x, n * 5, n), n * 0.005)
    assert [p.pressure for p in ink.points] == [1023, 1, 0, 0, 0, 200, 0]  # lift, hover, hover; the hovering at both ends is no ink
    assert ink.points[-1].x == 1007  # a pen that left says 0, 0
    assert not ink.drawing and ink.lost == 0


def test_a_tap_is_no_ink_and_a_stroke_over_a_button_is() -> None:
    ink = SignatureInk(PAD, SCREEN.buttons)
    area = SCREEN.buttons["accept"]
    inside = round((area.left + 9) * 13.5), round((area.top + 9) * 13.5)

    def pen(n: int, touch: bool, at: tuple[int, int]) -> None:
        ink.take(Pen(True, touch, 300, *at, n * 5, n), n * 0.005)

    for n, (touch, at) in enumerate([(True, inside), (True, inside), (False, inside)]):
        pen(n, touch, at)
    assert ink.pressed == "accept" and ink.empty
    ink.pressed = ""
    for n, (touch, at) in enumerate([(True, (500, 500)), (True, inside), (False, inside)], 3):
        pen(n, touch, at)
    assert ink.pressed == "" and len(ink.points) == 3
    for n, (touch, at) in enumerate([(True, inside), (True, (500, 500)), (False, (500, 500))], 6):
        pen(n, touch, at)  # slid off the button: meant otherwise
    assert ink.pressed == "" and len(ink.points) == 3


# -- pictures ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(320, 200), (800, 480)])
@pytest.mark.parametrize("prompt", ["Ya.", "Saya menyatakan data ini benar.", "Saya telah menerima kartu " * 12, "x" * 300, ""])
def test_any_text_fits_above_the_line(size: tuple[int, int], prompt: str) -> None:
    screen = stu_picture.layout(size)
    picture = np.asarray(stu_picture.render(prompt, screen, colour=False))
    assert picture.shape == size[::-1] and set(np.unique(picture)) == {0, 255}
    text = picture[:screen.base - size[1] // 8]
    assert (text == 0).any() == bool(prompt)
    assert (picture[:, :3] == 255).all() and (picture[:screen.base, -4:] == 255).all()  # nothing runs out at the sides
    for area in screen.buttons.values():
        assert 0 <= area.left < area.right < size[0] and area.bottom < size[1] and area.top > screen.ink.bottom


def test_encodings() -> None:
    from PIL import Image

    image = Image.new("RGB", (9, 2), (255, 255, 255))
    image.putpixel((0, 0), (0, 0, 0))
    image.putpixel((1, 0), (200, 100, 50))
    assert stu_picture.encode(image, Encoding.MONO) == bytes([0x3F, 0x80, 0xFF, 0x80])
    assert stu_picture.encode(image, Encoding.BGR)[:6] == bytes([0, 0, 0, 50, 100, 200])
    assert stu_picture.encode(image, Encoding.RGB565)[:6] == bytes.fromhex("0000 cb26 ffff")


# -- models ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", sorted(stu_reports.MODELS))
def test_every_model_is_asked_only_for_what_it_has(product: int) -> None:
    model = stu_reports.MODELS[product]
    capability = b"\x09" + struct.pack(">HHHHHBHBH", *model.tablet, model.pressure, *model.screen, 200, 2540, 0, 0)
    hid = TableHid(product, KNOWN[product], capability)
    pad = opened(hid, idle_s=0.05, picture_s=30.0)
    numbered = 0x32 in KNOWN[product]
    whole = [wire(True, True, 300, 2000 + n, 2000, n * 5, n) for n in range(20)] + [wire(True, False, 0, 2020, 2000, 100, 20)]
    if not numbered:
        whole = [b"\x01" + r[1:7] for r in whole]
    elif model.mode is PenMode.SEQUENCE:
        whole = [b"\x30" + r[1:7] + r[9:] for r in whole]
    threading.Timer(0.0, lambda: [_until_inking(hid), hid.reports.extend(whole)]).start()
    capture = pad.capture("Saya setuju.", 20, lambda point: None)
    pad.close()
    assert (capture.width, capture.height, capture.units_per_mm, capture.lost) == (*model.tablet, 100.0, 0)
    assert sum(p.down for p in capture.points) == 20
    screen = stu_picture.layout(model.screen)
    image = stu_picture.render("Saya setuju.", screen, colour=model.picture is not Encoding.MONO)
    assert hid._encoding == model.picture and hid.picture == stu_picture.encode(image, model.picture)


def _until_inking(hid: TableHid) -> None:
    end = time.monotonic() + 10
    while hid.told[-1] != b"\x21\x01" and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(0.02)


def test_a_slow_line_gets_the_picture_in_black_and_white() -> None:
    hid = TableHid(0xA8, ALL)
    hid.slow_s = 0.0005
    pad = opened(hid, picture_s=0.2)
    with pytest.raises(DeviceTrouble):
        pad.capture("Saya setuju.", 0.05, lambda point: None)
    pad.close()
    assert b"\x27\x01" in hid.told and hid._encoding == Encoding.MONO and len(hid.picture) == 48_000


@pytest.mark.parametrize(("product", "name", "key"), [
    (0xA9, "STU-541", "signature.encrypted"), (0xA8, "STU-541", "signature.encrypted"), (0xAE, "STU-600", "signature.unknown_model")])
def test_pads_we_cannot_use_are_seen_and_refused(product: int, name: str, key: str) -> None:
    driver = WacomStuDriver(hid=TableHid(product, ALL, name=name))
    (found,) = driver.discover()
    assert found.serial == ""  # the language code some pads give for a serial number
    with pytest.raises(DeviceTrouble) as raised:
        driver.open(found)
    assert raised.value.message_key == key


def test_other_tablets_are_left_alone_and_a_busy_pad_is_said() -> None:
    assert not WacomStuDriver(hid=TableHid(0x0374, ALL)).discover()
    hid = TableHid(0xA8, ALL)
    hid.busy = True
    with pytest.raises(DeviceTrouble) as raised:
        opened(hid)
    assert raised.value.message_key == "signature.not_open"
    driver = WacomStuDriver(hid=hid)
    found = driver.discover()[0]
    hid.product = 0x0001
    with pytest.raises(NotConnected):
        driver.open(found)
