"""Iris image record, ISO/IEC 19794-6:2011 (version ``020``): encode, decode; decode of the 2005 edition (``010``).

Errors: BadInput ``record.*``. Any thread. ``encode(decode(x)) == x`` for 2011 records.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import Certification, QualityBlock
from ktpel_kiosk.biometrics.records.cursor import Cursor, exact, uint

MAGIC_2011 = b"IIR\x00020\x00"
MAGIC_2005 = b"IIR\x00010\x00"
MEDIA_2011 = {0x02: "application/octet-stream", 0x0A: "image/jp2", 0x0E: "image/png"}
MEDIA_2005 = {0x02: "application/octet-stream", 0x06: "image/jpeg", 0x0E: "image/jp2"}
RIGHT, LEFT = 1, 2
UNCROPPED, VGA = 1, 2
JP2_MONO = 0x0A
ORIENTED_LOSSLESS, ORIENTED_LOSSY = 0x45, 0x85
"""Image properties: base orientation both ways, compression history none/lossless or lossy."""
DEPTHS = (*range(1, 17), 24, 48)
"""Bits per pixel: grey up to 16, colour 24 or 48."""
_UNKNOWN_ANGLE = 0xFFFF


@dataclass(frozen=True, slots=True)
class IrisImage:
    """One representation. ``centre``: x min, x max, y min, y max; ``diameter``: min, max in pixels; 0 undefined."""

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
    certifications: tuple[Certification, ...] = ()
    number: int = 1
    image_type: int = UNCROPPED
    properties: int = ORIENTED_LOSSLESS
    depth: int = 8
    range: int = 0
    roll: int = _UNKNOWN_ANGLE
    roll_uncertainty: int = _UNKNOWN_ANGLE
    centre: tuple[int, int, int, int] = (0, 0, 0, 0)
    diameter: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class IrisRecord:
    images: tuple[IrisImage, ...]
    eyes: int = 1
    certified: int = 0


def encode(record: IrisRecord) -> bytes:
    body = b"".join(_encode_image(image, record.certified) for image in record.images)
    head = uint(len(record.images), 2, "representations") + uint(record.certified, 1, "certified") + uint(record.eyes, 1, "eyes")
    return MAGIC_2011 + uint(len(body) + 16, 4, "record_length") + head + body


def _encode_image(i: IrisImage, certified: int) -> bytes:
    body = (
        exact(i.captured, 9, "captured")
        + uint(i.technology, 1, "technology")
        + uint(i.vendor, 2, "vendor")
        + uint(i.device, 2, "device")
        + common.write_qualities(i.qualities)
        + common.write_certifications(i.certifications, certified)
        + uint(i.number, 2, "number")
        + uint(i.label, 1, "label")
        + uint(i.image_type, 1, "image_type")
        + uint(i.format, 1, "format")
        + uint(i.properties, 1, "properties")
        + uint(i.width, 2, "width")
        + uint(i.height, 2, "height")
        + uint(i.depth, 1, "depth")
        + uint(i.range, 2, "range")
        + uint(i.roll, 2, "roll")
        + uint(i.roll_uncertainty, 2, "roll_uncertainty")
        + b"".join(uint(v, 2, "centre") for v in i.centre)
        + b"".join(uint(v, 2, "diameter") for v in i.diameter)
        + uint(len(i.image), 4, "image_length")
        + i.image
    )
    return uint(len(body) + 4, 4, "representation_length") + body


def decode(data: bytes, entry: str = "IIR") -> IrisRecord:
    cursor = Cursor(data, entry)
    cursor.magic(MAGIC_2011)
    cursor.total()
    count = cursor.u16("representations")
    certified = common.read_flag(cursor, "certified")
    eyes = cursor.u8("eyes")
    cursor.check(count >= 1, "representations", found=count)
    images = []
    for _ in range(count):
        length = cursor.u32("representation_length")
        images.append(_decode_image(cursor.sub(length - 4, "representation_length"), certified))
    cursor.end("record")
    return IrisRecord(tuple(images), eyes, certified)


def _decode_image(c: Cursor, certified: int) -> IrisImage:
    captured, technology = c.take(9, "captured"), c.u8("technology")
    vendor, device = c.u16("vendor"), c.u16("device")
    qualities, certifications = common.read_qualities(c), common.read_certifications(c, certified)
    number, label, image_type = c.u16("number"), _label(c), c.u8("image_type")
    image_format, properties = c.u8("format"), c.u8("properties")
    c.check(image_format in MEDIA_2011, "range", field="format", value=image_format)
    width, height, depth = common.read_side(c, "width"), common.read_side(c, "height"), c.u8("depth")
    c.check(depth in DEPTHS, "range", field="depth", value=depth)
    distance, roll, uncertainty = c.u16("range"), c.u16("roll"), c.u16("roll_uncertainty")
    centre = (c.u16("centre"), c.u16("centre"), c.u16("centre"), c.u16("centre"))
    diameter = (c.u16("diameter"), c.u16("diameter"))
    image = c.take(c.u32("image_length"), "image")
    c.check(bool(image), "no_image")
    c.end("representation")
    return IrisImage(
        label,
        width,
        height,
        image_format,
        image,
        captured,
        technology,
        vendor,
        device,
        qualities,
        certifications,
        number,
        image_type,
        properties,
        depth,
        distance,
        roll,
        uncertainty,
        centre,
        diameter,
    )


def _label(c: Cursor) -> int:
    label = c.u8("label")
    c.check(label <= 2, "range", field="label", value=label)
    return label


def decode_2005(data: bytes, entry: str = "IIR") -> IrisRecord:
    """Parse the 2005 edition: header 45 octets, then eye by eye {label u8, images u16, per image 11 octets + data}."""
    c = Cursor(data, entry)
    c.magic(MAGIC_2005)
    c.total()
    device, eyes = c.u16("device"), c.u8("eyes")
    header_length = c.u16("header_length")
    c.check(header_length == 45 and eyes in (1, 2), "range", field="header_length", value=header_length)
    properties, _diameter, image_format = c.u16("properties"), c.u16("diameter"), c.u16("format")
    c.check(image_format in MEDIA_2005, "range", field="format", value=image_format)
    width, height, depth = common.read_side(c, "width"), common.read_side(c, "height"), c.u8("depth")
    c.check(depth in DEPTHS, "range", field="depth", value=depth)
    c.take(17, "transformation")
    images = []
    for _ in range(eyes):
        label = _label(c)
        for _ in range(c.u16("images")):
            number, quality, roll, uncertainty = c.u16("number"), c.u8("quality"), c.u16("roll"), c.u16("roll_uncertainty")
            image = c.take(c.u32("image_length"), "image")
            c.check(bool(image), "no_image")
            qualities = (QualityBlock(quality),) if quality <= 100 else ()
            images.append(
                IrisImage(
                    label,
                    width,
                    height,
                    image_format,
                    image,
                    device=device,
                    qualities=qualities,
                    number=number,
                    properties=properties & 0xFF,
                    depth=depth,
                    roll=roll,
                    roll_uncertainty=uncertainty,
                )
            )
    c.end("record")
    c.check(bool(images), "representations", found=0)
    return IrisRecord(tuple(images), eyes)
