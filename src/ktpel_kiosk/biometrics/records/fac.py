"""Face image record, ISO/IEC 19794-5:2011 (version ``030``): encode and decode. The 2005 edition stands in ``fac2005``.

``encode(decode(x)) == x``. The part defines no certification: its flag is 0. Carried as it came: the data of 3D image types that follows
the image. Landmarks are counted from the top left corner of the image. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import Frame, QualityBlock
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, exact, uint
from ktpel_kiosk.domain.errors import BadInput

MAGIC_2011 = b"FAC\x00030\x00"
MEDIA_2011 = {0: "image/jpeg", 1: "image/jp2", 2: "image/jp2", 3: "image/png"}
JP2_LOSSY, JP2_LOSSLESS = 1, 2
BASIC, FULL_FRONTAL, TOKEN = 0, 1, 2
IMAGE_TYPES_2D = range(4)
IMAGE_TYPES_3D = range(128, 132)
RGB24, GREY8 = 1, 3
GENDERS = (0, 1, 2, 255)
"""Unspecified, male, female, unknown."""

MPEG4, ANTHROPOMETRIC_2D, ANTHROPOMETRIC_3D = 1, 2, 3
LEFT_EYE, RIGHT_EYE, LEFT_NOSTRIL, RIGHT_NOSTRIL = 0xC1, 0xC2, 0xC3, 0xC4
"""Centres as MPEG-4 style points 12.1 to 12.4; left and right are the person's."""

POSE = range(182)
"""Pose angles and uncertainties on the wire; 0 unspecified."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point of the face in pixels; ``code`` of an MPEG-4 point is major * 16 + minor. ``z`` only with ANTHROPOMETRIC_3D."""

    code: int
    x: int
    y: int
    z: int = 0
    type: int = MPEG4


@dataclass(frozen=True, slots=True)
class FaceImage:
    """One representation. ``captured`` nine octets; ``pose`` yaw, pitch, roll and ``pose_uncertainty`` as ``pack_pose`` makes them;
    ``properties`` the three octets of the feature mask (bit 0: the others are meant)."""

    width: int
    height: int
    data_type: int
    image: bytes
    captured: bytes = common.NO_TIME
    technology: int = 0
    vendor: int = 0
    device: int = 0
    qualities: tuple[QualityBlock, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    gender: int = 0
    eye_colour: int = 0
    hair_colour: int = 0
    subject_height: int = 0
    properties: int = 0
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
    """``temporal``: 0 for one image, else how the images follow each other."""

    images: tuple[FaceImage, ...]
    temporal: int = 0


_FRAME = Frame(MAGIC_2011, range(1), Layout(temporal=2))
_PERSON = Layout(gender=(1, GENDERS), eye_colour=1, hair_colour=1, subject_height=1, properties=3, expression=2)
_LANDMARK = Layout(type=(1, (MPEG4, ANTHROPOMETRIC_2D, ANTHROPOMETRIC_3D)), code=1, x=2, y=2, z=2)
_IMAGE = Layout(
    image_type=(1, (*IMAGE_TYPES_2D, *IMAGE_TYPES_3D)),
    data_type=(1, MEDIA_2011),
    width=(2, common.SIDE),
    height=(2, common.SIDE),
    sampling=1,
    post_processing=2,
    cross_reference=1,
    colour=1,
)


def encode(record: FaceRecord) -> bytes:
    return _FRAME.write([_encode_image(image) for image in record.images], record)


def decode(data: bytes, entry: str = "FAC") -> FaceRecord:
    images, _certified, extra = _FRAME.read(data, entry, _decode_image)
    return FaceRecord(images, **extra)


def _encode_image(i: FaceImage) -> bytes:
    if i.trailing and i.image_type not in IMAGE_TYPES_3D:
        raise BadInput("record.range", field="trailing", value=len(i.trailing))
    head = common.write_capture(i) + uint(len(i.landmarks), 2, "landmarks") + _PERSON.write(i) + write_pose(i.pose, i.pose_uncertainty)
    return head + b"".join(map(_LANDMARK.write, i.landmarks)) + _IMAGE.write(i) + common.write_image(i.image) + i.trailing


def _decode_image(c: Cursor, _certified: int) -> FaceImage:
    capture, points, person = common.read_capture(c), c.u16("landmarks"), _PERSON.read(c)
    pose, uncertainty = read_pose(c)
    landmarks = tuple(Landmark(**_LANDMARK.read(c)) for _ in range(points))
    fields = {**capture, **person, **_IMAGE.read(c)}
    image = common.read_image(c)
    trailing = c.rest() if fields["image_type"] in IMAGE_TYPES_3D else b""
    return FaceImage(image=image, pose=pose, pose_uncertainty=uncertainty, landmarks=landmarks, trailing=trailing, **fields)


def read_pose(c: Cursor) -> tuple[bytes, bytes]:
    pose, uncertainty = c.take(3, "pose"), c.take(3, "pose_uncertainty")
    for field, octets in (("pose", pose), ("pose_uncertainty", uncertainty)):
        c.check(max(octets) in POSE, "range", field=field, value=max(octets))
    return pose, uncertainty


def write_pose(pose: bytes, uncertainty: bytes) -> bytes:
    for field, octets in (("pose", pose), ("pose_uncertainty", uncertainty)):
        if max(exact(octets, 3, field)) not in POSE:
            raise BadInput("record.range", field=field, value=max(octets))
    return pose + uncertainty


def pack_pose(yaw: float | None, pitch: float | None, roll: float | None) -> bytes:
    """Degrees -180..180 in steps of two, None unspecified: 1 is 0 degrees, 2 is 2 degrees, 180 is -2 degrees."""
    return bytes(0 if angle is None else round(angle / 2) % 180 + 1 for angle in (yaw, pitch, roll))


def unpack_pose(pose: bytes) -> tuple[int | None, ...]:
    """Yaw, pitch, roll in degrees, None where unspecified."""
    return tuple(None if code == 0 else (code - 1) * 2 if code <= 91 else (code - 181) * 2 for code in pose)


def pack_uncertainty(yaw: float | None, pitch: float | None, roll: float | None) -> bytes:
    """Degrees 0..180 either way, None unspecified."""
    return bytes(0 if angle is None else min(181, round(abs(angle)) + 1) for angle in (yaw, pitch, roll))
