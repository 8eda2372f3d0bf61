"""Iris image record, ISO/IEC 19794-6:2005 (version ``010``): encode and decode.

Header of 45 octets with one size, format and device for all, then eye by eye {label u8, images u16, per image 11 octets and the image}.
``encode(decode(x)) == x``. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, exact, uint
from ktpel_kiosk.biometrics.records.iir import DEPTHS, UNKNOWN_ANGLE

MAGIC = b"IIR\x00010\x00"
MEDIA = {0x02: "application/octet-stream", 0x04: "application/octet-stream", 0x06: "image/jpeg", 0x08: "image/jpeg"}
MEDIA |= {0x0E: "image/jp2", 0x10: "image/jp2"}
FORMATS = range(2, 17, 2)
"""Raw, JPEG, JPEG-LS, JPEG 2000, each mono then RGB. JPEG-LS (0x0A, 0x0C) is carried; nobody here decodes it."""
COLOUR_FORMATS = (4, 8, 12, 16)
UNDEFINED = 254
_HEADER_LENGTH = 45


@dataclass(frozen=True, slots=True)
class IrisImage:
    """``quality`` 1..100, 254 undefined; ``roll`` in units of 360/65536 degrees, 65535 undefined."""

    image: bytes
    number: int = 1
    quality: int = UNDEFINED
    roll: int = UNKNOWN_ANGLE
    roll_uncertainty: int = UNKNOWN_ANGLE


@dataclass(frozen=True, slots=True)
class Eye:
    """``label`` 0 unknown, 1 right, 2 left."""

    label: int
    images: tuple[IrisImage, ...]


@dataclass(frozen=True, slots=True)
class IrisRecord:
    """``properties`` orientation, scan type, occlusion (nine bits); ``diameter`` expected iris diameter in pixels; ``unit`` device id."""

    eyes: tuple[Eye, ...]
    width: int
    height: int
    format: int
    device: int = 0
    properties: int = 0
    diameter: int = 0
    depth: int = 8
    transformation: int = 0
    unit: bytes = b"\0" * 16


_HEAD = Layout(
    properties=(2, range(1 << 9)),
    diameter=2,
    format=(2, FORMATS),
    width=(2, common.SIDE),
    height=(2, common.SIDE),
    depth=(1, DEPTHS),
    transformation=1,
)
_IMAGE = Layout(number=2, quality=(1, common.REPORTED_SCORES), roll=2, roll_uncertainty=2)
_LABELS = Layout(label=(1, range(3)))


def encode(record: IrisRecord) -> bytes:
    head = uint(record.device, 2, "device") + uint(len(record.eyes) if len(record.eyes) in (1, 2) else -1, 1, "eyes")
    head += uint(_HEADER_LENGTH, 2, "header_length") + _HEAD.write(record) + exact(record.unit, 16, "unit")
    eyes = b"".join(_LABELS.write(e) + common.write_count(e.images, 2) + b"".join(map(_encode_image, e.images)) for e in record.eyes)
    return MAGIC + uint(12 + len(head) + len(eyes), 4, "record_length") + head + eyes


def decode(data: bytes, entry: str = "IIR") -> IrisRecord:
    c = Cursor(data, entry)
    c.magic(MAGIC)
    c.total()
    device, count, header_length = c.u16("device"), c.u8("eyes"), c.u16("header_length")
    c.check(count in (1, 2), "range", field="eyes", value=count)
    c.check(header_length == _HEADER_LENGTH, "range", field="header_length", value=header_length)
    head, unit = _HEAD.read(c), c.take(16, "unit")
    eyes = tuple(_decode_eye(c) for _ in range(count))
    c.end("record")
    return IrisRecord(eyes, device=device, unit=unit, **head)


def _decode_eye(c: Cursor) -> Eye:
    label, count = _LABELS.read(c), c.u16("images")
    c.check(count >= 1, "representations", found=count)
    return Eye(images=tuple(_decode_image(c) for _ in range(count)), **label)


def _encode_image(i: IrisImage) -> bytes:
    return _IMAGE.write(i) + common.write_image(i.image)


def _decode_image(c: Cursor) -> IrisImage:
    return IrisImage(**_IMAGE.read(c), image=common.read_image(c))
