"""Finger minutiae record, ISO/IEC 19794-2:2005 (version `` 20``): encode and decode.

Coordinates in pixels from the top left corner; angles in units of 360/256 degrees, counter-clockwise from the positive x
axis, pointing from the ending along its ridge (from the bifurcation into its valley). No extended data is written; foreign
extended data is carried. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records.common import finger_position
from ktpel_kiosk.biometrics.records.cursor import Cursor, uint
from ktpel_kiosk.domain.biometric import Position

MAGIC = b"FMR\x00 20\x00"
ENDING, BIFURCATION, OTHER = 1, 2, 0
PPCM_500 = 197
"""500 ppi in pixels per centimetre."""


@dataclass(frozen=True, slots=True)
class MinutiaPoint:
    """``angle`` 0..255; ``quality`` 1..100, 0 not given."""

    kind: int
    x: int
    y: int
    angle: int
    quality: int = 0


@dataclass(frozen=True, slots=True)
class FingerView:
    code: int
    minutiae: tuple[MinutiaPoint, ...]
    view: int = 0
    impression: int = 0
    quality: int = 0
    extended: bytes = b""

    @property
    def position(self) -> Position | None:
        return finger_position(self.code)


@dataclass(frozen=True, slots=True)
class MinutiaeRecord:
    """``x_ppcm``/``y_ppcm`` pixels per centimetre; ``device`` compliance bits and capture device id."""

    width: int
    height: int
    views: tuple[FingerView, ...]
    x_ppcm: int = PPCM_500
    y_ppcm: int = PPCM_500
    device: int = 0


def encode(record: MinutiaeRecord) -> bytes:
    body = b"".join(_encode_view(view) for view in record.views)
    head = (
        uint(record.device, 2, "device")
        + uint(record.width, 2, "width")
        + uint(record.height, 2, "height")
        + uint(record.x_ppcm, 2, "x_ppcm")
        + uint(record.y_ppcm, 2, "y_ppcm")
        + uint(len(record.views), 1, "views")
        + b"\0"
    )
    return MAGIC + uint(len(body) + 24, 4, "record_length") + head + body


def _encode_view(v: FingerView) -> bytes:
    points = b"".join(
        uint(m.kind << 14 | (m.x if m.x < 1 << 14 else -1 << 20), 2, "x")
        + uint(m.y if m.y < 1 << 14 else -1, 2, "y")
        + uint(m.angle, 1, "angle")
        + uint(m.quality, 1, "quality")
        for m in v.minutiae
    )
    return (
        uint(v.code, 1, "position")
        + uint(v.view << 4 | v.impression & 15, 1, "view")
        + uint(v.quality, 1, "quality")
        + uint(len(v.minutiae), 1, "minutiae")
        + points
        + uint(len(v.extended), 2, "extended_length")
        + v.extended
    )


def decode(data: bytes, entry: str = "FMR") -> MinutiaeRecord:
    c = Cursor(data, entry)
    c.magic(MAGIC)
    c.total()
    device, width, height, x_ppcm, y_ppcm = (c.u16(f) for f in ("device", "width", "height", "x_ppcm", "y_ppcm"))
    count, reserved = c.u8("views"), c.u8("reserved")
    c.check(count >= 1, "representations", found=count)
    c.check(reserved == 0, "range", field="reserved", value=reserved)
    views = tuple(_decode_view(c, width, height) for _ in range(count))
    c.end("record")
    return MinutiaeRecord(width, height, views, x_ppcm, y_ppcm, device)


def _decode_view(c: Cursor, width: int, height: int) -> FingerView:
    code, packed, quality, count = c.u8("position"), c.u8("view"), c.u8("quality"), c.u8("minutiae")
    c.check(code <= 10, "range", field="position", value=code)
    c.check(quality <= 100, "range", field="quality", value=quality)
    points = tuple(_decode_point(c, width, height) for _ in range(count))
    extended = c.take(c.u16("extended_length"), "extended_length")
    return FingerView(code, points, packed >> 4, packed & 15, quality, extended)


def _decode_point(c: Cursor, width: int, height: int) -> MinutiaPoint:
    first, second, angle, quality = c.u16("x"), c.u16("y"), c.u8("angle"), c.u8("quality")
    kind, x, y = first >> 14, first & 0x3FFF, second
    c.check(kind != 3, "range", field="kind", value=kind)
    c.check(x < width and y < height, "range", field="x" if x >= width else "y", value=x if x >= width else y)
    c.check(quality <= 100, "range", field="quality", value=quality)
    return MinutiaPoint(kind, x, y, angle, quality)
