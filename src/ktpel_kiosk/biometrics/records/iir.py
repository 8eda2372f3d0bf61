"""Iris image record, ISO/IEC 19794-6:2011 (version ``020``): encode and decode. The 2005 edition stands in ``iir2005``.

``encode(decode(x)) == x``. The part defines no certification: its flag is 0. Carried though odd: undefined orientation (MOSIP's mock
device) and a representation length that counts one quality block of several (NIST's ``iris01.iso2011``). Errors: BadInput ``record.*``.
Any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import Frame, QualityBlock
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, uint
from ktpel_kiosk.domain.errors import BadInput

MAGIC_2011 = b"IIR\x00020\x00"
MEDIA_2011 = {0x02: "application/octet-stream", 0x0A: "image/jp2", 0x0E: "image/png"}
RIGHT, LEFT = 1, 2
UNCROPPED, VGA, CROPPED, CROPPED_AND_MASKED = 1, 2, 3, 7
JP2_MONO = 0x0A
ORIENTED_LOSSLESS, ORIENTED_LOSSY = 0x45, 0x85
"""Image properties: base orientation both ways, compression history none/lossless or lossy."""
PROPERTIES = tuple(p for p in range(256) if p & 3 != 3 and p >> 2 & 3 != 3 and p >> 6 != 3)
"""Orientation and compression history know the values 0, 1 and 2; bits 4 and 5 belong to neither."""
DEPTHS = (*range(1, 17), 24, 48)
"""Bits per pixel: grey up to 16, colour 24 or 48."""
UNKNOWN_ANGLE = 0xFFFF


@dataclass(frozen=True, slots=True)
class IrisImage:
    """One representation. ``centre``: x min, x max, y min, y max; ``diameter``: min, max in pixels; 0 undefined.

    ``roll`` angle and its uncertainty in units of 360/65536 degrees, 65535 undefined; ``range`` camera to eye in millimetres.
    """

    label: int
    width: int
    height: int
    format: int
    image: bytes
    captured: bytes = common.NO_TIME
    technology: int = 0
    vendor: int = 0
    device: int = 0
    qualities: tuple[QualityBlock, ...] = ()
    number: int = 1
    image_type: int = UNCROPPED
    properties: int = ORIENTED_LOSSLESS
    depth: int = 8
    range: int = 0
    roll: int = UNKNOWN_ANGLE
    roll_uncertainty: int = UNKNOWN_ANGLE
    centre: tuple[int, int, int, int] = (0, 0, 0, 0)
    diameter: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class IrisRecord:
    """``eyes``: 0 unknown, 1 or 2 distinct eyes; ``short``: octets of quality blocks the single representation's length leaves out."""

    images: tuple[IrisImage, ...]
    eyes: int = 1
    short: int = 0


_FRAME = Frame(MAGIC_2011, range(1), Layout(eyes=(1, range(3))), forgiving=True)
_IMAGE = Layout(
    number=2,
    label=(1, range(3)),
    image_type=(1, (UNCROPPED, VGA, CROPPED, CROPPED_AND_MASKED)),
    format=(1, MEDIA_2011),
    properties=(1, PROPERTIES),
    width=(2, common.SIDE),
    height=(2, common.SIDE),
    depth=(1, DEPTHS),
    range=2,
    roll=2,
    roll_uncertainty=2,
)


def several(images: Sequence[IrisImage]) -> IrisRecord:
    """A record of several images, distinct eyes counted."""
    return IrisRecord(tuple(images), common.distinct(i.label for i in images))


def encode(record: IrisRecord) -> bytes:
    if not _short_allowed(record):
        raise BadInput("record.range", field="representation_length", value=record.short)
    return _FRAME.write([_encode_image(image) for image in record.images], record, short=record.short)


def decode(data: bytes, entry: str = "IIR") -> IrisRecord:
    images, _certified, extra = _FRAME.read(data, entry, _decode_image)
    record = IrisRecord(images, **extra)
    if not _short_allowed(record):
        raise BadInput("record.range", entry=entry, field="representation_length", value=record.short)
    return record


def _short_allowed(record: IrisRecord) -> bool:
    return record.short == 0 or (len(record.images) == 1 and record.short == 5 * (len(record.images[0].qualities) - 1))


def _encode_image(i: IrisImage) -> bytes:
    _ordered(i.centre[0], i.centre[1], "centre_x")
    _ordered(i.centre[2], i.centre[3], "centre_y")
    _ordered(*i.diameter, "diameter")
    extent = b"".join(uint(v, 2, "centre") for v in i.centre) + b"".join(uint(v, 2, "diameter") for v in i.diameter)
    return common.write_capture(i) + _IMAGE.write(i) + extent + common.write_image(i.image)


def _ordered(least: int, most: int, field: str) -> None:
    if least > most:
        raise BadInput("record.range", field=field, value=f"{least}>{most}")


def _decode_image(c: Cursor, _certified: int) -> IrisImage:
    fields = {**common.read_capture(c), **_IMAGE.read(c)}
    left, right, top, bottom, least, most = (c.u16("centre_or_diameter") for _ in range(6))
    for low, high, field in ((left, right, "centre_x"), (top, bottom, "centre_y"), (least, most, "diameter")):
        c.check(low <= high, "range", field=field, value=f"{low}>{high}")
    return IrisImage(centre=(left, right, top, bottom), diameter=(least, most), image=common.read_image(c), **fields)
