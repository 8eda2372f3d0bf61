"""Pen series: how the register keeps a signature, its picture, and its ISO/IEC 19794-7 record.

Stored form ``application/x-ktpel-pen``, big-endian: ``KPEN`` | version u8 (1) | pad width u32 | pad height u32 | lost u32 | count u32 |
count x {x u32, y u32, pressure u16, t_ms u32}. Origin top left, pad units. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import cv2
import numpy as np

from ktpel_kiosk.biometrics.images import encode_png, from_array
from ktpel_kiosk.biometrics.records.cursor import Cursor, uint
from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import SignatureCapture

MEDIA_TYPE = "application/x-ktpel-pen"
PNG_WIDTH, PNG_MARGIN = 800, 24
MAX_POINTS = 100_000

_MAGIC = b"KPEN\x01"
_POINT = struct.Struct(">IIHI")

ISO_MAGIC = b"SDI\x00 10\x00"
_X, _Y, _T, _F = 15, 14, 8, 6
"""Bit numbers of the channel inclusion field, ISO/IEC 19794-7:2007."""

_SIGNED = 0x8000
_TIME_SCALES = (1000, 500, 250, 125, 50, 10)
"""Time units a second; the finest that lets the whole series fit 16 bits is used."""


def encode(capture: SignatureCapture) -> bytes:
    """The stored form of a capture."""
    points = b"".join(
        uint(p.x, 4, "x") + uint(p.y, 4, "y") + uint(p.pressure, 2, "pressure") + uint(p.t_ms, 4, "t_ms") for p in capture.points
    )
    return (
        _MAGIC
        + uint(capture.width, 4, "width")
        + uint(capture.height, 4, "height")
        + uint(capture.lost, 4, "lost")
        + uint(len(capture.points), 4, "points")
        + points
    )


def decode(data: bytes, entry: str = "signature") -> SignatureCapture:
    """The capture back, exactly."""
    c = Cursor(data, entry)
    c.magic(_MAGIC)
    width, height, lost, count = c.u32("width"), c.u32("height"), c.u32("lost"), c.u32("points")
    c.check(width >= 1 and height >= 1, "range", field="width", value=width)
    c.check(count <= MAX_POINTS and c.left == count * _POINT.size, "length", expected=count * _POINT.size, found=c.left)
    points = tuple(PenPoint(*values) for values in _POINT.iter_unpack(c.rest()))
    return SignatureCapture(points, width, height, lost)


def strokes(points: Sequence[PenPoint]) -> list[list[PenPoint]]:
    """Runs of points with the pen down, in order."""
    found: list[list[PenPoint]] = []
    down = False
    for p in points:
        if p.down:
            if not down:
                found.append([])
            found[-1].append(p)
        down = p.down
    return found


def ink_png(capture: SignatureCapture) -> bytes:
    """Black ink on white, cut to the ink with a margin, 800 px wide at most, thicker where pressed harder."""
    runs = strokes(capture.points)
    if not runs:
        raise BadInput("signature.empty")
    xs, ys = [p.x for r in runs for p in r], [p.y for r in runs for p in r]
    left, top, span_x, span_y = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    scale = min((PNG_WIDTH - 2 * PNG_MARGIN) / max(span_x, 1), (PNG_WIDTH / 2 - 2 * PNG_MARGIN) / max(span_y, 1))
    width, height = round(span_x * scale) + 2 * PNG_MARGIN, round(span_y * scale) + 2 * PNG_MARGIN
    canvas = np.full((height, width), 255, np.uint8)
    most = max(p.pressure for r in runs for p in r)
    fraction = 4  # cv2 takes sub-pixel coordinates in 1/16

    def place(p: PenPoint) -> tuple[int, int]:
        return (round(((p.x - left) * scale + PNG_MARGIN) * 16), round(((p.y - top) * scale + PNG_MARGIN) * 16))

    for run in runs:
        for a, b in zip(run, run[1:] or run, strict=False):
            thickness = 2 + round(3 * (a.pressure + b.pressure) / (2 * most))
            cv2.line(canvas, place(a), place(b), 0, thickness, cv2.LINE_AA, fraction)
    return encode_png(from_array(canvas))


def encode_isf(capture: SignatureCapture) -> bytes:
    """ISO/IEC 19794-7:2007 full format with channels X, Y, T, F; y upwards as the standard wants it.

    The physical size of the pad is not known here, so X and Y carry their range but no scaling value.
    """
    if not capture.points:
        raise BadInput("signature.empty")
    start = capture.points[0].t_ms
    duration = max(p.t_ms for p in capture.points) - start
    scale = next((s for s in _TIME_SCALES if duration * s // 1000 <= 0xFFFF), 0)
    if not scale or capture.width > 0x7FFF or capture.height > 0x7FFF:
        raise BadInput("record.range", field="t_ms" if not scale else "width", value=duration if not scale else capture.width)
    channels = (
        _ranged(0, capture.width)
        + _ranged(0, capture.height)
        + b"\x80"
        + _scaling(scale)
        + b"\x60"
        + uint(0, 2, "pressure")
        + uint(1023, 2, "pressure")
    )
    body = b"".join(
        uint(p.x + _SIGNED, 2, "x")
        + uint(capture.height - p.y + _SIGNED, 2, "y")
        + uint((p.t_ms - start) * scale // 1000, 2, "t_ms")
        + uint(p.pressure, 2, "pressure")
        for p in capture.points
    )
    inclusion = sum(1 << bit for bit in (_X, _Y, _T, _F))
    return ISO_MAGIC + uint(inclusion, 2, "channels") + channels + b"\0" + b"\0" + uint(len(capture.points), 3, "points") + body


def _ranged(least: int, most: int) -> bytes:
    """Description of a signed channel: preamble with minimum and maximum."""
    return b"\x60" + uint(least + _SIGNED, 2, "minimum") + uint(most + _SIGNED, 2, "maximum")


def _scaling(value: int) -> bytes:
    """Scaling value: 5 bit exponent biased by 16, 11 bit fraction."""
    exponent = value.bit_length() - 1
    return uint((exponent + 16) << 11 | round((value / 2**exponent - 1) * 2048), 2, "scaling")


def decode_isf(data: bytes, entry: str = "signature.isf") -> SignatureCapture:
    """Points of a record as :func:`encode_isf` writes it; other channels are skipped, X, Y, T and F are required.

    The first point has ``t_ms`` 0; y is turned downwards again.
    """
    c = Cursor(data, entry)
    c.magic(ISO_MAGIC)
    inclusion = c.u16("channels")
    bits = [b for b in range(15, -1, -1) if inclusion >> b & 1]
    c.check({_X, _Y, _T, _F} <= set(bits), "range", field="channels", value=inclusion)
    described = {bit: _read_description(c) for bit in bits}
    c.u8("reserved")
    extended = c.u8("extended")
    count = c.uint(3, "points")
    c.check(1 <= count <= MAX_POINTS, "range", field="points", value=count)
    c.check(c.left >= count * 2 * len(bits), "truncated", field="points", expected=count * 2 * len(bits), found=c.left)
    raw = np.frombuffer(c.take(count * 2 * len(bits), "points"), dtype=">u2").reshape(count, len(bits)).astype(np.int64)
    if extended:
        c.take(c.u16("extended_length"), "extended_length")
    c.end("record")
    width, height, scale = (
        described[_X].get(5, 0) - _SIGNED,
        described[_Y].get(5, 0) - _SIGNED,
        _scale_of(described[_T].get(7, 0)),
    )
    c.check(width >= 1 and height >= 1 and scale > 0, "range", field="maximum", value=width)
    column = {bit: raw[:, i] for i, bit in enumerate(bits)}
    values = zip(column[_X] - _SIGNED, height - (column[_Y] - _SIGNED), column[_F], column[_T], strict=True)
    return SignatureCapture(tuple(PenPoint(int(x), int(y), int(f), round(int(t) * 1000 / scale)) for x, y, f, t in values), width, height)


def _read_description(c: Cursor) -> dict[int, int]:
    """Attribute bit -> raw value: 7 scaling, 6 minimum, 5 maximum, 4 mean, 3 deviation; 2..0 carry no value."""
    preamble = c.u8("preamble")
    return {bit: c.u16("attribute") for bit in range(7, 2, -1) if preamble >> bit & 1}


def _scale_of(raw: int) -> float:
    return float((1 + (raw & 0x7FF) / 2048) * 2.0 ** ((raw >> 11) - 16)) if raw else 0.0
