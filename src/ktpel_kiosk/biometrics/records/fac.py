"""Face image record, ISO/IEC 19794-5:2011 (version ``030``): encode, decode; decode of the 2005 edition (``010``).

Errors: BadInput ``record.*``. Any thread. ``encode(decode(x)) == x`` for 2011 records.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import Certification, QualityBlock
from ktpel_kiosk.biometrics.records.cursor import Cursor, exact, uint

MAGIC_2011 = b"FAC\x00030\x00"
MAGIC_2005 = b"FAC\x00010\x00"
MEDIA_2011 = {0: "image/jpeg", 1: "image/jp2", 2: "image/jp2", 3: "image/png"}
MEDIA_2005 = {0: "image/jpeg", 1: "image/jp2"}
JP2_LOSSY, JP2_LOSSLESS = 1, 2
FULL_FRONTAL = 1
RGB24, GREY8 = 1, 3
_LANDMARK = 8


@dataclass(frozen=True, slots=True)
class FaceImage:
    """One representation. ``landmarks`` are eight octets each, kept as they came; ``captured`` nine octets."""

    width: int
    height: int
    data_type: int
    image: bytes
    captured: bytes = common.NO_TIME
    technology: int = 0
    vendor: int = 0
    device: int = 0
    qualities: tuple[QualityBlock, ...] = ()
    certifications: tuple[Certification, ...] = ()
    landmarks: bytes = b""
    gender: int = 0
    eye_colour: int = 0
    hair_colour: int = 0
    subject_height: int = 0
    properties: bytes = b"\0\0\0"
    expression: int = 0
    pose: bytes = b"\0\0\0"
    pose_uncertainty: bytes = b"\0\0\0"
    image_type: int = FULL_FRONTAL
    sampling: int = 0
    post_processing: int = 0
    cross_reference: int = 0
    colour: int = RGB24
    trailing: bytes = b""


@dataclass(frozen=True, slots=True)
class FaceRecord:
    images: tuple[FaceImage, ...]
    certified: int = 0
    temporal: int = 0


def encode(record: FaceRecord) -> bytes:
    body = b"".join(_encode_image(image, record.certified) for image in record.images)
    head = uint(len(record.images), 2, "representations") + uint(record.certified, 1, "certified") + uint(record.temporal, 2, "temporal")
    return MAGIC_2011 + uint(len(body) + 17, 4, "record_length") + head + body


def _encode_image(i: FaceImage, certified: int) -> bytes:
    count, odd = divmod(len(i.landmarks), _LANDMARK)
    exact(b"x" * odd, 0, "landmarks")
    body = (
        exact(i.captured, 9, "captured")
        + uint(i.technology, 1, "technology")
        + uint(i.vendor, 2, "vendor")
        + uint(i.device, 2, "device")
        + common.write_qualities(i.qualities)
        + common.write_certifications(i.certifications, certified)
        + uint(count, 2, "landmarks")
        + uint(i.gender, 1, "gender")
        + uint(i.eye_colour, 1, "eye_colour")
        + uint(i.hair_colour, 1, "hair_colour")
        + uint(i.subject_height, 1, "subject_height")
        + exact(i.properties, 3, "properties")
        + uint(i.expression, 2, "expression")
        + exact(i.pose, 3, "pose")
        + exact(i.pose_uncertainty, 3, "pose_uncertainty")
        + i.landmarks
        + uint(i.image_type, 1, "image_type")
        + uint(i.data_type, 1, "data_type")
        + uint(i.width, 2, "width")
        + uint(i.height, 2, "height")
        + uint(i.sampling, 1, "sampling")
        + uint(i.post_processing, 2, "post_processing")
        + uint(i.cross_reference, 1, "cross_reference")
        + uint(i.colour, 1, "colour")
        + uint(len(i.image), 4, "image_length")
        + i.image
        + i.trailing
    )
    return uint(len(body) + 4, 4, "representation_length") + body


def decode(data: bytes, entry: str = "FAC") -> FaceRecord:
    cursor = Cursor(data, entry)
    cursor.magic(MAGIC_2011)
    cursor.total()
    count = cursor.u16("representations")
    certified = common.read_flag(cursor, "certified")
    temporal = cursor.u16("temporal")
    cursor.check(count >= 1, "representations", found=count)
    images = []
    for _ in range(count):
        length = cursor.u32("representation_length")
        images.append(_decode_image(cursor.sub(length - 4, "representation_length"), certified))
    cursor.end("record")
    return FaceRecord(tuple(images), certified, temporal)


def _decode_image(c: Cursor, certified: int) -> FaceImage:
    captured, technology = c.take(9, "captured"), c.u8("technology")
    vendor, device = c.u16("vendor"), c.u16("device")
    qualities, certifications = common.read_qualities(c), common.read_certifications(c, certified)
    points = c.u16("landmarks")
    gender, eye_colour, hair_colour, subject_height = (c.u8(f) for f in ("gender", "eye_colour", "hair_colour", "subject_height"))
    properties, expression = c.take(3, "properties"), c.u16("expression")
    pose, uncertainty = c.take(3, "pose"), c.take(3, "pose_uncertainty")
    landmarks = c.take(points * _LANDMARK, "landmarks")
    image_type, data_type = c.u8("image_type"), c.u8("data_type")
    c.check(data_type in MEDIA_2011, "range", field="data_type", value=data_type)
    width, height = common.read_side(c, "width"), common.read_side(c, "height")
    sampling, post_processing, cross_reference, colour = (
        c.u8("sampling"),
        c.u16("post_processing"),
        c.u8("cross_reference"),
        c.u8("colour"),
    )
    image = c.take(c.u32("image_length"), "image")
    c.check(bool(image), "no_image")
    # A 3D block may follow; it is carried, not interpreted.
    return FaceImage(
        width,
        height,
        data_type,
        image,
        captured,
        technology,
        vendor,
        device,
        qualities,
        certifications,
        landmarks,
        gender,
        eye_colour,
        hair_colour,
        subject_height,
        properties,
        expression,
        pose,
        uncertainty,
        image_type,
        sampling,
        post_processing,
        cross_reference,
        colour,
        c.rest(),
    )


def decode_2005(data: bytes, entry: str = "FAC") -> FaceRecord:
    """Parse the 2005 edition (the form of ICAO DG2): header 14 octets; the image runs to the end of its block."""
    c = Cursor(data, entry)
    c.magic(MAGIC_2005)
    c.total()
    count = c.u16("images")
    c.check(count >= 1, "representations", found=count)
    images = []
    for _ in range(count):
        images.append(_decode_block_2005(c.sub(c.u32("block_length") - 4, "block_length")))
    c.end("record")
    return FaceRecord(tuple(images))


def _decode_block_2005(c: Cursor) -> FaceImage:
    points = c.u16("landmarks")
    gender, eye_colour, hair_colour = c.u8("gender"), c.u8("eye_colour"), c.u8("hair_colour")
    properties, expression = c.take(3, "properties"), c.u16("expression")
    pose, uncertainty = c.take(3, "pose"), c.take(3, "pose_uncertainty")
    landmarks = c.take(points * _LANDMARK, "landmarks")
    image_type, data_type = c.u8("image_type"), c.u8("data_type")
    c.check(data_type in MEDIA_2005, "range", field="data_type", value=data_type)
    width, height = common.read_side(c, "width"), common.read_side(c, "height")
    colour, technology, device, quality = c.u8("colour"), c.u8("source"), c.u16("device"), c.u16("quality")
    image = c.rest()
    c.check(bool(image), "no_image")
    qualities = (QualityBlock(quality),) if 1 <= quality <= 100 else ()
    return FaceImage(
        width,
        height,
        data_type,
        image,
        technology=technology,
        device=device,
        qualities=qualities,
        landmarks=landmarks,
        gender=gender,
        eye_colour=eye_colour,
        hair_colour=hair_colour,
        properties=properties,
        expression=expression,
        pose=pose,
        pose_uncertainty=uncertainty,
        image_type=image_type,
        colour=colour,
    )
