"""Finger minutiae record, ISO/IEC 19794-2:2005 (version `` 20``): encode and decode. The 2011 edition stands in ``fmr2011``.

Coordinates in pixels from the top left corner; angles in units of 360/256 degrees, counter-clockwise from the positive x
axis, pointing from the ending along its ridge (from the bifurcation into its valley). No extended data is written; foreign
extended data is carried octet for octet, because its inner lengths are counted both with and without their own header in the field
(the last view's may claim one octet more than the record holds, as NIST's ``fmr.iso2005`` does).
ANSI INCITS 378 shares the magic; its records are refused by name. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import finger_position
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, uint
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput

MAGIC = b"FMR\x00 20\x00"
ENDING, BIFURCATION, OTHER = 1, 2, 0
PPCM_500 = 197
"""500 ppi in pixels per centimetre."""
PPCM = range(99, 1 << 16)
"""From about 250 ppi."""
SIDE = range(1, 1 << 14)
"""Coordinates have 14 bits."""
CODES = range(11)


@dataclass(frozen=True, slots=True)
class MinutiaPoint:
    """``angle`` 0..255; ``quality`` 1..100, 0 not given (2011 edition: 0..100, 254 not given, 255 failed)."""

    kind: int
    x: int
    y: int
    angle: int
    quality: int = 0


@dataclass(frozen=True, slots=True)
class FingerView:
    """``overstated``: 1 when the length of the extended data claims an octet that is not there; only in the last view."""

    code: int
    minutiae: tuple[MinutiaPoint, ...]
    view: int = 0
    impression: int = 0
    quality: int = 0
    extended: bytes = b""
    overstated: int = 0

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


_HEAD = Layout(device=2, width=(2, SIDE), height=(2, SIDE), x_ppcm=(2, PPCM), y_ppcm=(2, PPCM))
_NIBBLE = range(16)
_QUALITIES = range(101)
_POINT, _SHORT_POINT = struct.Struct(">HHBB"), struct.Struct(">HHB")


def encode(record: MinutiaeRecord) -> bytes:
    head = _HEAD.write(record) + common.write_count(record.views, 1) + b"\0"
    body = b"".join(_encode_view(view, record.width, record.height) for view in record.views)
    for n, view in enumerate(record.views, 1):
        if view.overstated and (view.overstated != 1 or not view.extended or n < len(record.views)):
            raise BadInput("record.range", field="overstated", value=view.overstated)
    return MAGIC + uint(12 + len(head) + len(body), 4, "record_length") + head + body


def _encode_view(v: FingerView, width: int, height: int) -> bytes:
    for field, value, allowed in (
        ("code", v.code, CODES),
        ("view", v.view, _NIBBLE),
        ("impression", v.impression, _NIBBLE),
        ("quality", v.quality, _QUALITIES),
    ):
        if value not in allowed:
            raise BadInput("record.range", field=field, value=value)
    head = bytes((v.code, v.view << 4 | v.impression, v.quality))
    return (
        head + write_points(v.minutiae, width, height, _QUALITIES) + uint(len(v.extended) + v.overstated, 2, "extended_length") + v.extended
    )


def write_points(minutiae: Sequence[MinutiaPoint], width: int, height: int, qualities: Container[int], octets: int = 6) -> bytes:
    """Count u8, then per point two bits of kind and 14 of x, y, angle and, with six octets, quality. Points lie inside the image."""
    out = [uint(len(minutiae), 1, "minutiae")]
    for m in minutiae:
        _check_point(m, width, height, qualities)
        out.append(_POINT.pack(m.kind << 14 | m.x, m.y, m.angle, m.quality)[:octets])
    return b"".join(out)


def _check_point(m: MinutiaPoint, width: int, height: int, qualities: Container[int], **entry: str) -> None:
    if 0 <= m.kind <= 2 and 0 <= m.x < width and 0 <= m.y < height and 0 <= m.angle <= 255 and m.quality in qualities:
        return
    limits = {"kind": range(3), "x": range(width), "y": range(height), "angle": range(256), "quality": qualities}
    field = next(name for name, allowed in limits.items() if getattr(m, name) not in allowed)
    raise BadInput("record.range", field=field, value=getattr(m, field), **entry)


def decode(data: bytes, entry: str = "FMR") -> MinutiaeRecord:
    c = Cursor(data, entry)
    c.magic(MAGIC)
    if len(data) in (int.from_bytes(data[8:10]), int.from_bytes(data[8:14])):
        raise BadInput("record.other_format", entry=entry, found="ANSI INCITS 378-2004")
    c.total()
    head, count, reserved = _HEAD.read(c), c.u8("views"), c.u8("reserved")
    c.check(count >= 1, "representations", found=count)
    c.check(reserved == 0, "range", field="reserved", value=reserved)
    views = tuple(_decode_view(c, head["width"], head["height"]) for _ in range(count))
    c.end("record")
    return MinutiaeRecord(views=views, **head)


def from_buffer(data: bytes) -> bytes:
    """The record at the front of a zero-filled buffer of fixed size, as card files and some capture libraries hold it
    (SourceAFIS' ``iso-*.dat`` samples are such buffers). With anything but zeros behind the record, ``data`` as it is."""
    length = int.from_bytes(data[8:12])
    if data[: len(MAGIC)] != MAGIC or not 0 < length < len(data) or any(data[length:]):
        return data
    return data[:length]


def _decode_view(c: Cursor, width: int, height: int) -> FingerView:
    code, packed, quality = c.u8("code"), c.u8("view"), c.u8("quality")
    c.check(code in CODES, "range", field="code", value=code)
    c.check(quality in _QUALITIES, "range", field="quality", value=quality)
    points = read_points(c, width, height, _QUALITIES)
    length = c.u16("extended_length")
    overstated = int(c.left > 0 and length == c.left + 1)
    extended = c.take(length - overstated, "extended_length")
    return FingerView(code, points, packed >> 4, packed & 15, quality, extended, overstated)


def read_points(
    c: Cursor, width: int, height: int, qualities: Container[int], octets: int = 6, missing: int = 0
) -> tuple[MinutiaPoint, ...]:
    """Count u8 and that many points of six octets, or of five when ``missing`` stands for the quality that is not there."""
    raw = c.take(c.u8("minutiae") * octets, "minutiae")
    points = []
    for item in (_POINT if octets == 6 else _SHORT_POINT).iter_unpack(raw):
        first, y, angle = item[:3]
        kind, x, quality = first >> 14, first & 0x3FFF, item[3] if octets == 6 else missing
        point = MinutiaPoint(kind, x, y, angle, quality)
        _check_point(point, width, height, qualities, entry=c.entry)
        points.append(point)
    return tuple(points)
