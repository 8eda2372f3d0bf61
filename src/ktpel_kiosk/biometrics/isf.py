"""ISO/IEC 19794-7 signature time series, full format: first edition (2007) and second edition (2014).

Both editions share the channels: a 16 bit inclusion field (bit 15 X, 14 Y, 13 Z, 12 VX, 11 VY, 10 AX, 9 AY, 8 T, 7 DT, 6 F, 5 S, 4 TX,
3 TY, 2 A, 1 E, 0 R), then for every channel a preamble (bit 7 scaling value, 6 minimum, 5 maximum, 4 mean, 3 deviation, 2 constant channel,
which the sample points leave out, 1 linear component removed) with the announced 16 bit attributes. A scaling value is units a millimetre
for X and Y, units a second for T and DT: 5 bits exponent E and 11 bits fraction F, (1 + F / 2048) * 2**(E - 16). Signed channels are stored
with 32768 added. The layout of 2014 (general header as in the other parts of ISO/IEC 19794, representation length, date, device, quality)
was taken from one public implementation; the paid texts were not at hand. Decoding is strict and never allocates by an announced size.
Errors: BadInput ``record.*``, ``signature.empty``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ktpel_kiosk.biometrics.records.cursor import Cursor, uint
from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import SignatureCapture

MAGIC_2007, MAGIC_2014 = b"SDI\x00 10\x00", b"SDI\x00020\x00"
X, Y, T, DT, F = 15, 14, 8, 7, 6
"""Bit numbers of the channels we use."""

OFFSET = 0x8000
SCALING, MINIMUM, MAXIMUM, MEAN, DEVIATION, CONSTANT, LINEAR = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02
MAX_POINTS = 100_000
MAX_PRESSURE = 1023
_TIME_SCALES = (1000, 500, 250, 125, 50, 10)
"""Time units a second; the finest that lets the whole series fit 16 bits is used."""

_UNKNOWN_TIME = b"\xff\xff" + b"\xff" * 5 + b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Channel:
    """Description of one channel: bit number, attributes as stored (raw 16 bit values, in the order of the preamble's bits)."""

    bit: int
    preamble: int
    attributes: tuple[int, ...]

    @property
    def constant(self) -> bool:
        return bool(self.preamble & CONSTANT)

    def attribute(self, flag: int) -> int | None:
        """Raw value of SCALING, MINIMUM, ... or None."""
        if not self.preamble & flag:
            return None
        return self.attributes[sum(bool(self.preamble & f) for f in (SCALING, MINIMUM, MAXIMUM, MEAN, DEVIATION) if f > flag)]

    @property
    def scale(self) -> float:
        """Units a millimetre or a second; 0 when not given."""
        return scale_of(self.attribute(SCALING) or 0)


@dataclass(frozen=True, slots=True)
class SignatureRecord:
    """One representation. ``values``: one row a sample point, raw 16 bit values of the channels that are not constant.

    Attributes:
        captured, technology, vendor, device, qualities: only in the second edition; 9 octets of date, ids, (score, vendor, algorithm).
        extended: extended data as they stand.
    """

    channels: tuple[Channel, ...]
    values: tuple[tuple[int, ...], ...]
    edition: int = 2007
    captured: bytes = _UNKNOWN_TIME
    technology: int = 0
    vendor: int = 0
    device: int = 0
    qualities: tuple[tuple[int, int, int], ...] = ()
    extended: bytes = b""


# -- records -------------------------------------------------------------------------------------------------------------------------


def encode(record: SignatureRecord) -> bytes:
    """Bytes of a record; :func:`decode` gives the same record back."""
    if not record.values:
        raise BadInput("signature.empty")
    inclusion = uint(sum(1 << c.bit for c in record.channels), 2, "channels")
    described = b"".join(bytes([c.preamble]) + b"".join(uint(a, 2, "attribute") for a in c.attributes) for c in record.channels)
    count = uint(len(record.values), 3, "points")
    body = np.asarray(record.values, ">u2").tobytes()
    if record.edition == 2007:
        extended = (b"\x01", uint(len(record.extended), 2, "extended_length") + record.extended) if record.extended else (b"\0", b"")
        return MAGIC_2007 + inclusion + described + b"\0" + extended[0] + count + body + extended[1]
    quality = uint(len(record.qualities), 1, "qualities") + b"".join(
        uint(s, 1, "score") + uint(v, 2, "vendor") + uint(a, 2, "algorithm") for s, v, a in record.qualities
    )
    head = record.captured + uint(record.technology, 1, "technology") + uint(record.vendor, 2, "vendor") + uint(record.device, 2, "device")
    tail = inclusion + described + count + body + uint(len(record.extended), 2, "extended_length") + record.extended
    representation = head + quality + tail
    representation = uint(len(representation) + 4, 4, "length") + representation
    return MAGIC_2014 + uint(15 + len(representation), 4, "record_length") + b"\0\x01" + b"\0" + representation


def decode(data: bytes, entry: str = "signature.isf") -> SignatureRecord:
    """A record of either edition with one representation."""
    c = Cursor(data, entry)
    if data[:8] != MAGIC_2014:
        c.magic(MAGIC_2007)
        return _series(c, SignatureRecord((), ()))
    c.magic(MAGIC_2014)
    c.total()
    count = c.u16("representations")
    c.check(count == 1, "representations", expected=1, found=count)
    flag = c.u8("certification")
    c.check(flag == 0, "range", field="certification", value=flag)
    inner = c.block(4, "length")
    c.end("record")
    captured = inner.take(9, "captured")
    technology, vendor, device = inner.u8("technology"), inner.u16("vendor"), inner.u16("device")
    qualities = tuple((inner.u8("score"), inner.u16("vendor"), inner.u16("algorithm")) for _ in range(inner.u8("qualities")))
    return _series(inner, SignatureRecord((), (), 2014, captured, technology, vendor, device, qualities))


def _series(c: Cursor, record: SignatureRecord) -> SignatureRecord:
    inclusion = c.u16("channels")
    channels = tuple(_description(c, bit) for bit in range(15, -1, -1) if inclusion >> bit & 1)
    width = sum(not ch.constant for ch in channels)
    c.check(width > 0, "range", field="channels", value=inclusion)
    extended = False
    if record.edition == 2007:
        reserved, announced = c.u8("reserved"), c.u8("extended")
        c.check(reserved == 0, "range", field="reserved", value=reserved)
        c.check(announced <= 1, "range", field="extended", value=announced)
        extended = announced == 1
    count = c.uint(3, "points")
    c.check(1 <= count <= MAX_POINTS, "range", field="points", value=count)
    raw = np.frombuffer(c.take(count * 2 * width, "points"), ">u2").reshape(count, width)
    more = b""
    if extended or record.edition == 2014:
        length = c.u16("extended_length")
        c.check(length > 0 or record.edition == 2014, "range", field="extended_length", value=length)
        more = c.take(length, "extended_data")
    c.end("record")
    return replace(record, channels=channels, values=tuple(map(tuple, raw.tolist())), extended=more)


def _description(c: Cursor, bit: int) -> Channel:
    preamble = c.u8("preamble")
    c.check(not preamble & 1, "range", field="preamble", value=preamble)
    flags = (SCALING, MINIMUM, MAXIMUM, MEAN, DEVIATION)
    return Channel(bit, preamble, tuple(c.u16("attribute") for f in flags if preamble & f))


def scaling(value: float) -> int:
    """Scaling value nearest to ``value``; BadInput when out of 2**-16 .. 2**16."""
    if not 2.0**-16 <= value < 2.0**16:
        raise BadInput("record.range", field="scaling", value=value)
    mantissa, exponent = np.frexp(value)
    power = int(exponent) - 1
    fraction = round((float(mantissa) * 2 - 1) * 2048)
    if fraction == 2048:
        power, fraction = power + 1, 0
    if power > 15:
        raise BadInput("record.range", field="scaling", value=value)
    return (power + 16) << 11 | fraction


def scale_of(raw: int) -> float:
    """The number a scaling value stands for; 0 for 0."""
    return float((1 + (raw & 0x7FF) / 2048) * 2.0 ** ((raw >> 11) - 16)) if raw else 0.0


# -- captures ------------------------------------------------------------------------------------------------------------------------


def encode_isf(capture: SignatureCapture, *, units_per_mm: float = 0.0) -> bytes:
    """First edition with channels X, Y, T, F; y upwards as the standard wants it.

    ``units_per_mm``: pad units a millimetre, of the capture itself when not given; where known, X and Y carry it as scaling value
    beside their range.
    """
    units_per_mm = units_per_mm or capture.units_per_mm
    if not capture.points:
        raise BadInput("signature.empty")
    start = capture.points[0].t_ms
    duration = max(p.t_ms for p in capture.points) - start
    scale = next((s for s in _TIME_SCALES if duration * s // 1000 <= 0xFFFF), 0)
    if not scale or capture.width > 0x7FFF or capture.height > 0x7FFF:
        raise BadInput("record.range", field="t_ms" if not scale else "width", value=duration if not scale else capture.width)
    space = (scaling(units_per_mm),) if units_per_mm else ()
    ranged = MINIMUM | MAXIMUM | (SCALING if space else 0)
    channels = (
        Channel(X, ranged, (*space, OFFSET, capture.width + OFFSET)),
        Channel(Y, ranged, (*space, OFFSET, capture.height + OFFSET)),
        Channel(T, SCALING, (scaling(scale),)),
        Channel(F, MINIMUM | MAXIMUM, (0, MAX_PRESSURE)),
    )
    values = tuple((p.x + OFFSET, capture.height - p.y + OFFSET, (p.t_ms - start) * scale // 1000, p.pressure) for p in capture.points)
    for row in values:
        for value, name in zip(row, ("x", "y", "t_ms", "pressure"), strict=True):
            uint(value, 2, name)
    return encode(SignatureRecord(channels, values))


def decode_isf(data: bytes, entry: str = "signature.isf") -> SignatureCapture:
    """Points of a record of either edition; needs X, Y with their maximum, F, and T or a constant DT, other channels are skipped.

    The first point has ``t_ms`` 0; y is turned downwards again.
    """
    record = decode(data, entry)
    c = Cursor(b"", entry)
    by = {ch.bit: ch for ch in record.channels}
    needed = {X, Y, F} <= set(by) and (T in by or DT in by) and not any(by[b].constant for b in (X, Y, F))
    c.check(needed, "range", field="channels", value=sum(1 << b for b in by))
    column = {ch.bit: i for i, ch in enumerate(ch for ch in record.channels if not ch.constant)}
    width, height = ((by[b].attribute(MAXIMUM) or 0) - OFFSET for b in (X, Y))
    clock = by[T] if T in by else by[DT]
    c.check(width >= 1 and height >= 1, "range", field="maximum", value=min(width, height))
    c.check(clock.scale > 0 and not (clock.bit == T and clock.constant), "range", field="scaling", value=clock.scale)
    raw = np.asarray(record.values, np.int64)
    if clock.constant:
        times = np.arange(len(raw))
    else:
        times = raw[:, column[clock.bit]] if clock.bit == T else np.cumsum(raw[:, column[DT]]) - raw[0, column[DT]]
    stamps = np.rint((times - times[0]) * 1000 / clock.scale).astype(np.int64)
    rows = zip(raw[:, column[X]] - OFFSET, height - (raw[:, column[Y]] - OFFSET), raw[:, column[F]], stamps, strict=True)
    return SignatureCapture(tuple(PenPoint(int(x), int(y), int(f), int(t)) for x, y, f, t in rows), width, height)
