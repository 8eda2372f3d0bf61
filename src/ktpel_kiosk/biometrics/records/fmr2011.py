"""Finger minutiae record, ISO/IEC 19794-2:2011 (version ``030``): encode and decode.

Coordinates and angles as in ``fmr``. Minutiae take five octets, or six with their quality. Extended data is carried octet for octet.
ANSI INCITS 378-2009 shares magic and length field; its records are refused by name. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common, fmr
from ktpel_kiosk.biometrics.records.common import Certification, Frame, QualityBlock, finger_position
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, uint
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput

MAGIC = b"FMR\x00030\x00"
VALLEY_BIFURCATION, RIDGE_ENDPOINT = 0, 1
"""Where a ridge ending is marked: the fork of the valley around it, or the last pixel of the ridge skeleton."""
NOT_REPORTED = 254
MAX_VIEWS = 176


@dataclass(frozen=True, slots=True)
class FingerView:
    """One representation. ``view`` counts views of one finger from 0; ``octets`` 5 or 6 a minutia (5: every quality is 254)."""

    code: int
    width: int
    height: int
    minutiae: tuple[MinutiaPoint, ...]
    captured: bytes = common.NO_TIME
    technology: int = 0
    vendor: int = 0
    device: int = 0
    qualities: tuple[QualityBlock, ...] = ()
    certifications: tuple[Certification, ...] = ()
    view: int = 0
    x_ppcm: int = fmr.PPCM_500
    y_ppcm: int = fmr.PPCM_500
    impression: int = 0
    octets: int = 6
    ending_type: int = VALLEY_BIFURCATION
    extended: bytes = b""

    @property
    def position(self) -> Position | None:
        return finger_position(self.code)


@dataclass(frozen=True, slots=True)
class MinutiaeRecord:
    views: tuple[FingerView, ...]
    certified: int = 0


_FRAME = Frame(MAGIC, range(2), Layout())
_HEAD = Layout(
    code=(1, fmr.CODES),
    view=(1, range(16)),
    x_ppcm=(2, fmr.PPCM),
    y_ppcm=(2, fmr.PPCM),
    impression=(1, common.IMPRESSIONS),
    width=(2, fmr.SIDE),
    height=(2, fmr.SIDE),
)
_ENDING_TYPES = (VALLEY_BIFURCATION, RIDGE_ENDPOINT)


def encode(record: MinutiaeRecord) -> bytes:
    misplaced = _misplaced_view(record.views)
    if misplaced is not None or len(record.views) > MAX_VIEWS:
        raise BadInput("record.range", field="view", value=len(record.views) if misplaced is None else misplaced)
    return _FRAME.write([_encode_view(v, record.certified) for v in record.views], record, record.certified)


def decode(data: bytes, entry: str = "FMR") -> MinutiaeRecord:
    try:
        views, certified, _extra = _FRAME.read(data, entry, _decode_view)
    except BadInput:
        if data[: len(MAGIC)] == MAGIC and _is_ansi_2009(data):
            raise BadInput("record.other_format", entry=entry, found="ANSI INCITS 378-2009") from None
        raise
    misplaced = _misplaced_view(views)
    if misplaced is not None or len(views) > MAX_VIEWS:
        raise BadInput("record.range", entry=entry, field="view", value=len(views) if misplaced is None else misplaced)
    return MinutiaeRecord(views, certified)


def _misplaced_view(views: tuple[FingerView, ...]) -> int | None:
    """The first view number that does not continue 0, 1, 2... of its finger."""
    expected: dict[int, int] = {}
    for v in views:
        if v.view != expected.get(v.code, 0):
            return v.view
        expected[v.code] = v.view + 1
    return None


def _encode_view(v: FingerView, certified: int) -> bytes:
    if v.octets not in (5, 6) or v.ending_type not in _ENDING_TYPES:
        raise BadInput("record.range", field="octets", value=v.octets << 4 | v.ending_type)
    if v.octets == 5 and any(m.quality != NOT_REPORTED for m in v.minutiae):
        raise BadInput("record.range", field="quality", value=5)
    head = common.write_capture(v) + common.write_certifications(v.certifications, certified) + _HEAD.write(v)
    points = fmr.write_points(v.minutiae, v.width, v.height, common.REPORTED_SCORES, v.octets)
    return head + bytes((v.octets << 4 | v.ending_type,)) + points + uint(len(v.extended), 2, "extended_length") + v.extended


def _decode_view(c: Cursor, certified: int) -> FingerView:
    capture, certifications = common.read_capture(c), common.read_certifications(c, certified)
    fields, packed = {**capture, **_HEAD.read(c)}, c.u8("octets")
    octets, ending_type = packed >> 4, packed & 15
    c.check(octets in (5, 6) and ending_type in _ENDING_TYPES, "range", field="octets", value=packed)
    points = fmr.read_points(c, fields["width"], fields["height"], common.REPORTED_SCORES, octets, NOT_REPORTED)
    extended = c.take(c.u16("extended_length"), "extended_length")
    return FingerView(minutiae=points, certifications=certifications, octets=octets, ending_type=ending_type, extended=extended, **fields)


def _is_ansi_2009(data: bytes) -> bool:
    """Whether header (20 octets) and views (17 octets, minutiae, extended data) of INCITS 378-2009 fill the record exactly."""
    at = 20
    for _ in range(data[18] if len(data) > at else 0):
        if len(data) < at + 19:
            return False
        at += 17 + 6 * data[at + 16]
        at += 2 + int.from_bytes(data[at : at + 2])
    return at == len(data)
