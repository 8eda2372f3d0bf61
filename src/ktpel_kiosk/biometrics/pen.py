"""How the register keeps a pen series.

Stored form ``application/x-ktpel-pen``, big-endian: ``KPEN`` | version u8 (1 or 2) | pad width u32 | pad height u32 | lost u32 |
version 2 only: pad units a metre u32 | count u32 | count x {x u32, y u32, pressure u16, t_ms u32}. Origin top left, pad units. Version 1
is written where the scale of the pad is unknown. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

import struct

from ktpel_kiosk.biometrics.records.cursor import Cursor, uint
from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.ports.devices import SignatureCapture

MEDIA_TYPE = "application/x-ktpel-pen"
MAX_POINTS = 100_000

_MAGIC, _SCALED = b"KPEN\x01", b"KPEN\x02"
_POINT = struct.Struct(">IIHI")


def encode(capture: SignatureCapture) -> bytes:
    """The stored form of a capture."""
    points = b"".join(
        uint(p.x, 4, "x") + uint(p.y, 4, "y") + uint(p.pressure, 2, "pressure") + uint(p.t_ms, 4, "t_ms") for p in capture.points
    )
    scale = round(capture.units_per_mm * 1000)
    return (
        (_SCALED if scale else _MAGIC)
        + uint(capture.width, 4, "width")
        + uint(capture.height, 4, "height")
        + uint(capture.lost, 4, "lost")
        + (uint(scale, 4, "units") if scale else b"")
        + uint(len(capture.points), 4, "points")
        + points
    )


def decode(data: bytes, entry: str = "signature") -> SignatureCapture:
    """The capture back, exactly."""
    c = Cursor(data, entry)
    scaled = data[:5] == _SCALED
    c.magic(_SCALED if scaled else _MAGIC)
    width, height, lost = c.u32("width"), c.u32("height"), c.u32("lost")
    scale = c.u32("units") if scaled else 0
    count = c.u32("points")
    c.check(width >= 1 and height >= 1, "range", field="width", value=width)
    c.check(count <= MAX_POINTS and c.left == count * _POINT.size, "length", expected=count * _POINT.size, found=c.left)
    points = tuple(PenPoint(*values) for values in _POINT.iter_unpack(c.rest()))
    return SignatureCapture(points, width, height, lost, scale / 1000)
