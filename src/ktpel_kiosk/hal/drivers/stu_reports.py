"""Wacom STU signature pads on the wire: models, reports, pictures. Pure.

Source: the public headers and decoders of Wacom's STU SDK samples (report ids with the models that have them, field layouts, encoding
flags), and Wacom's public tables of the models. All reports begin with their id; pen coordinates are big-endian, settings little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

VENDOR = 0x056A
FAMILY = range(0x00A1, 0x00B0)
"""Product ids Wacom keeps for signature pads; other tablets of the vendor are none of this driver's business."""
ENCRYPTED = MappingProxyType({0x00A9: "STU-541"})
"""These speak TLS and nothing else."""

PEN, PEN_OPTION, PEN_TIMED = 0x01, 0x30, 0x34
STATUS, INFORMATION, CAPABILITY, UID2, RENDERING, ESERIAL = 0x03, 0x08, 0x09, 0x0B, 0x0E, 0x0F
CLEAR, INKING, CLEAR_AREA, IMAGE_START, IMAGE_DATA, IMAGE_END = 0x20, 0x21, 0x23, 0x25, 0x26, 0x27
PEN_16, BACKGROUND_16, INK_AREA, BRIGHTNESS, PEN_24, BACKGROUND_24, PEN_MODE = 0x28, 0x29, 0x2A, 0x2B, 0x2D, 0x2E, 0x32

LENGTHS: Mapping[int, int] = MappingProxyType({
    STATUS: 5, INFORMATION: 17, CAPABILITY: 17, UID2: 11, RENDERING: 2, ESERIAL: 16, BRIGHTNESS: 3, PEN_MODE: 2, INKING: 2,
})
"""Bytes of the reports we ask for, id included."""
BLOCK = 253
"""Picture bytes in one report of 256."""
MAX_PRESSURE = 1023


class Encoding(IntEnum):
    """How a picture is sent. MONO: 1 bit, first pixel in the highest bit, 1 = white. RGB565: two bytes, high byte first. BGR: three."""

    MONO = 0x00
    RGB565 = 0x02
    BGR = 0x04


class PenMode(IntEnum):
    """What the pad adds to each pen report."""

    PLAIN = 0
    TIME = 1
    SEQUENCE = 2
    TIME_AND_SEQUENCE = 3


@dataclass(frozen=True, slots=True)
class Area:
    """Pixels of the pad's screen, both corners included."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x < self.right + 1 and self.top <= y < self.bottom + 1


@dataclass(frozen=True, slots=True)
class Model:
    """One model; ``tablet`` and ``pressure`` are used where the pad itself gives no capability report.

    Attributes:
        screen: pixels. tablet: pad units, 2540 an inch. pressure: highest value.
        picture: richest encoding. mode: richest pen reports. optional: the reports it has beyond those all pads have.
    """

    name: str
    screen: tuple[int, int]
    tablet: tuple[int, int]
    pressure: int
    picture: Encoding
    mode: PenMode
    optional: frozenset[int]

    def has(self, report: int) -> bool:
        return report in self.optional


_COLOUR = frozenset({BACKGROUND_16, BRIGHTNESS})
_430 = frozenset({UID2, CLEAR_AREA, PEN_16, INK_AREA, PEN_24, PEN_MODE})
_530 = _430 | _COLOUR | {BACKGROUND_24}
MODELS: Mapping[int, Model] = MappingProxyType({
    0x00A1: Model("STU-500", (640, 480), (10240, 7680), 511, Encoding.MONO, PenMode.SEQUENCE, frozenset({PEN_MODE})),
    0x00A3: Model("STU-520", (800, 480), (10400, 6048), 511, Encoding.RGB565, PenMode.SEQUENCE,
                  _COLOUR | {PEN_16, INK_AREA, PEN_MODE}),
    0x00A4: Model("STU-430", (320, 200), (9600, 6000), 1023, Encoding.MONO, PenMode.TIME_AND_SEQUENCE, _430),
    0x00A6: Model("STU-430V", (320, 200), (9600, 6000), 1023, Encoding.MONO, PenMode.TIME_AND_SEQUENCE, _430),
    0x00A5: Model("STU-530", (800, 480), (10800, 6480), 1023, Encoding.BGR, PenMode.TIME_AND_SEQUENCE, _530),
    0x00A8: Model("STU-540", (800, 480), (10800, 6480), 1023, Encoding.BGR, PenMode.TIME_AND_SEQUENCE, _530 | {RENDERING, ESERIAL}),
})
"""By product id. The STU-500 has 0x32 from firmware 2.03 on only; without it it sends plain reports."""


@dataclass(frozen=True, slots=True)
class Capability:
    """``tablet`` in pad units, ``screen`` in pixels, ``rate`` reports a second, ``units_per_mm`` of the tablet."""

    tablet: tuple[int, int]
    pressure: int
    screen: tuple[int, int]
    rate: int = 200
    units_per_mm: float = 100.0


@dataclass(frozen=True, slots=True)
class Pen:
    """One pen report. ``clock`` counts milliseconds and ``sequence`` reports, both modulo 65536; ``None`` where the pad sends none."""

    near: bool
    touch: bool
    pressure: int
    x: int
    y: int
    clock: int | None = None
    sequence: int | None = None


# -- from the pad --------------------------------------------------------------------------------------------------------------------


def pen(data: bytes, mode: PenMode) -> Pen | None:
    """A pen report; ``None`` for any other. ``mode`` tells what the number in an optional report is."""
    if not data or len(data) < {PEN: 7, PEN_OPTION: 9, PEN_TIMED: 11}.get(data[0], 1 << 16):
        return None
    head, low, x, y = struct.unpack_from(">BBHH", data, 1)
    clock: int | None = None
    sequence: int | None = None
    if data[0] == PEN_TIMED:
        clock, sequence = struct.unpack_from(">HH", data, 7)
    elif data[0] == PEN_OPTION:
        option = struct.unpack_from(">H", data, 7)[0]
        clock, sequence = (option, None) if mode is PenMode.TIME else (None, option)
    near = bool(head & 0x80)
    return Pen(near, near and bool(head & 0x70), (head & 0x0F) << 8 | low, x, y, clock, sequence)


def capability(data: bytes, model: Model) -> Capability:
    """The pad's own account of itself; what is missing or absurd comes from ``model``."""
    width, height, pressure, across, down, rate, lines = struct.unpack_from(">HHHHHBH", data.ljust(14, b"\0"), 1)
    if not (width and height and across and down):
        return table(model)
    resolution = lines / 25.4 if 1000 <= lines <= 10160 else 100.0
    return Capability((width, height), pressure or model.pressure, (across, down), rate or 200, resolution)


def table(model: Model) -> Capability:
    return Capability(model.tablet, model.pressure, model.screen)


def information(data: bytes) -> tuple[str, str]:
    """Model name and firmware."""
    padded = data.ljust(17, b"\0")
    return text(padded[1:10]), f"{padded[10]}.{padded[11]:02d}"


def text(raw: bytes) -> str:
    """ASCII up to the first NUL; empty when it is none (an unset serial number)."""
    part = raw.split(b"\0", 1)[0]
    return part.decode("ascii").strip() if part.isascii() and part.decode("ascii").isprintable() else ""


def status(data: bytes) -> tuple[int, int]:
    """(state, last result): state 0 ready, 1 taking a picture, 0xFF resetting; result 0 is good."""
    padded = data.ljust(3, b"\0")
    return padded[1], padded[2]


# -- to the pad ----------------------------------------------------------------------------------------------------------------------


def clear() -> bytes:
    return bytes([CLEAR, 0])


def inking(on: bool) -> bytes:
    return bytes([INKING, int(on)])


def pen_mode(mode: PenMode) -> bytes:
    return bytes([PEN_MODE, mode])


def rendering(smooth: bool) -> bytes:
    return bytes([RENDERING, int(smooth)])


def image_start(encoding: Encoding) -> bytes:
    return bytes([IMAGE_START, encoding])


def image_blocks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), BLOCK):
        part = data[start:start + BLOCK]
        yield struct.pack("<BH", IMAGE_DATA, len(part)) + part.ljust(BLOCK, b"\0")


def image_end(abandon: bool = False) -> bytes:
    return bytes([IMAGE_END, int(abandon)])


def clear_area(area: Area) -> bytes:
    return struct.pack("<BBBHHHH", CLEAR_AREA, 0, 1, area.left, area.top, area.right, area.bottom)


def ink_area(area: Area) -> bytes:
    return struct.pack("<BHHHH", INK_AREA, area.left, area.top, area.right, area.bottom)


def brightness(value: int) -> bytes:
    return struct.pack("<BH", BRIGHTNESS, value)


def ink(model: Model, thickness: int = 2) -> bytes | None:
    """Black ink; ``None`` where the pad has one ink only."""
    if model.has(PEN_24):
        return bytes([PEN_24, 0, 0, 0, thickness])
    return bytes([PEN_16, 0, 0, thickness]) if model.has(PEN_16) else None


def white(model: Model) -> bytes | None:
    """White background; ``None`` where it cannot be anything else."""
    if model.has(BACKGROUND_24):
        return bytes([BACKGROUND_24, 255, 255, 255])
    return bytes([BACKGROUND_16, 255, 255]) if model.has(BACKGROUND_16) else None
