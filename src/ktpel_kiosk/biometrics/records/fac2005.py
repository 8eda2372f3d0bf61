"""Face image record, ISO/IEC 19794-5:2005 (version ``010``), the form of ICAO DG2: encode and decode.

Header of 14 octets; the image runs to the end of its block. ``encode(decode(x)) == x``. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common, fac
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, uint
from ktpel_kiosk.biometrics.records.fac import Landmark

MAGIC = b"FAC\x00010\x00"
MEDIA = {0: "image/jpeg", 1: "image/jp2"}


@dataclass(frozen=True, slots=True)
class FaceImage:
    """One block; fields as in :class:`fac.FaceImage`. ``source`` kind of camera; ``quality`` 0 not given (the edition reserves it)."""

    width: int
    height: int
    data_type: int
    image: bytes
    landmarks: tuple[Landmark, ...] = ()
    gender: int = 0
    eye_colour: int = 0
    hair_colour: int = 0
    properties: int = 0
    expression: int = 0
    pose: bytes = b"\0\0\0"
    pose_uncertainty: bytes = b"\0\0\0"
    image_type: int = fac.FULL_FRONTAL
    colour: int = fac.RGB24
    source: int = 0
    device: int = 0
    quality: int = 0


@dataclass(frozen=True, slots=True)
class FaceRecord:
    images: tuple[FaceImage, ...]


_PERSON = Layout(gender=(1, fac.GENDERS), eye_colour=1, hair_colour=1, properties=3, expression=2)
_LANDMARK = Layout(type=(1, (fac.MPEG4,)), code=1, x=2, y=2, reserved=2)
_IMAGE = Layout(
    image_type=(1, range(3)),
    data_type=(1, MEDIA),
    width=(2, common.SIDE),
    height=(2, common.SIDE),
    colour=1,
    source=1,
    device=2,
    quality=2,
)


def encode(record: FaceRecord) -> bytes:
    blocks = b"".join(uint(len(body) + 4, 4, "block_length") + body for body in map(_encode_image, record.images))
    return MAGIC + uint(14 + len(blocks), 4, "record_length") + common.write_count(record.images, 2) + blocks


def decode(data: bytes, entry: str = "FAC") -> FaceRecord:
    c = Cursor(data, entry)
    c.magic(MAGIC)
    c.total()
    count = c.u16("images")
    c.check(count >= 1, "representations", found=count)
    images = tuple(_decode_image(c.block(4, "block_length")) for _ in range(count))
    c.end("record")
    return FaceRecord(images)


def _encode_image(i: FaceImage) -> bytes:
    head = uint(len(i.landmarks), 2, "landmarks") + _PERSON.write(i) + fac.write_pose(i.pose, i.pose_uncertainty)
    return head + b"".join(map(_LANDMARK.write, i.landmarks)) + _IMAGE.write(i) + common.held(i.image)


def _decode_image(c: Cursor) -> FaceImage:
    points, person = c.u16("landmarks"), _PERSON.read(c)
    pose, uncertainty = fac.read_pose(c)
    landmarks = tuple(Landmark(**_LANDMARK.read(c)) for _ in range(points))
    fields, image = _IMAGE.read(c), c.rest()
    c.check(bool(image), "no_image")
    return FaceImage(image=image, landmarks=landmarks, pose=pose, pose_uncertainty=uncertainty, **person, **fields)
