"""Finger image record, ISO/IEC 19794-4:2011 (version ``020``): encode and decode, with extended data blocks as values.

Encoding and decoding are strict and inverse: ``encode(decode(x)) == x``. Carried though odd: certificates of schemes we do not know,
and segments whose corner lies one pixel outside the image (every registration finger of MOSIP's mock device). MOSIP's reader takes one
representation a record. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import Certification, Frame, QualityBlock
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, uint
from ktpel_kiosk.domain.errors import BadInput

MAGIC_2011 = b"FIR\x00020\x00"
MEDIA_2011 = {0: "application/octet-stream", 2: "image/x-wsq", 3: "image/jpeg", 4: "image/jp2", 5: "image/jp2", 6: "image/png"}
COMPRESSION_WSQ = 2
LIVE_PLAIN = 0
CODES = (*range(11), 13, 14, 15, *range(20, 37), *range(40, 51))
"""Unknown and single fingers, slaps, palms, groups of two and three."""
FINGER_CODES = range(11)
PPI, PPCM = 1, 2

AMPUTATED, UNUSABLE = 1, 2
_SEGMENTATION, _ANNOTATION, _COMMENTS = 1, 2, range(3, 256)


@dataclass(frozen=True, slots=True)
class Segment:
    """One finger in a slap: corners (x, y) in pixels, two (a box) or more (a polygon); ``orientation`` in units of 360/256 degrees."""

    code: int
    corners: tuple[tuple[int, int], ...]
    quality: int = 254
    orientation: int = 0


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Extended block 1. ``vendor``/``algorithm`` found the segments with confidence ``quality``; the last two judged their quality."""

    segments: tuple[Segment, ...]
    vendor: int = 0
    algorithm: int = 0
    quality: int = 254
    quality_vendor: int = 0
    quality_algorithm: int = 0


@dataclass(frozen=True, slots=True)
class Annotation:
    """One finger that is missing from the image, ``reason`` AMPUTATED or UNUSABLE."""

    code: int
    reason: int


@dataclass(frozen=True, slots=True)
class Annotations:
    """Extended block 2."""

    fingers: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """Extended blocks 3..255: free text, the octets as they came."""

    data: bytes
    id: int = 3


@dataclass(frozen=True, slots=True)
class UnknownBlock:
    """Any other extended block (vendors' own), kept byte for byte."""

    id: int
    data: bytes


Extension = Segmentation | Annotations | Comment | UnknownBlock


@dataclass(frozen=True, slots=True)
class FingerImage:
    """One representation. Resolutions in the unit of ``scale_units`` (1 ppi, 2 pixels per cm); ``captured`` nine octets."""

    code: int
    width: int
    height: int
    compression: int
    image: bytes
    captured: bytes = common.NO_TIME
    technology: int = 0
    vendor: int = 0
    device: int = 0
    qualities: tuple[QualityBlock, ...] = ()
    certifications: tuple[Certification, ...] = ()
    number: int = 1
    scale_units: int = PPI
    capture_x: int = 500
    capture_y: int = 500
    image_x: int = 500
    image_y: int = 500
    depth: int = 8
    impression: int = LIVE_PLAIN
    extensions: tuple[Extension, ...] = ()

    @property
    def ppi(self) -> int:
        return to_ppi(self.image_x, self.scale_units)


@dataclass(frozen=True, slots=True)
class FingerRecord:
    """The whole record; ``positions`` counts distinct finger positions, ``certified`` 1 when certification lists follow."""

    images: tuple[FingerImage, ...]
    positions: int = 1
    certified: int = 0


_FRAME = Frame(MAGIC_2011, range(2), Layout(positions=(1, range(1, 256))))
_IMAGE = Layout(
    code=(1, CODES),
    number=1,
    scale_units=(1, (PPI, PPCM)),
    capture_x=2,
    capture_y=2,
    image_x=2,
    image_y=2,
    depth=(1, range(1, 17)),
    compression=(1, range(7)),
    impression=(1, common.IMPRESSIONS),
    width=(2, common.SIDE),
    height=(2, common.SIDE),
)
_SEGMENTATION_HEAD = Layout(vendor=2, algorithm=2, quality=(1, common.REPORTED_SCORES), quality_vendor=2, quality_algorithm=2)
_SEGMENT_HEAD = Layout(code=(1, FINGER_CODES), quality=(1, common.REPORTED_SCORES))
_ANNOTATION_ITEM = Layout(code=(1, FINGER_CODES), reason=(1, (AMPUTATED, UNUSABLE)))


def several(images: Sequence[FingerImage]) -> FingerRecord:
    """A record of several fingers: positions counted, certification lists written when one finger has any."""
    return FingerRecord(tuple(images), common.distinct(i.code for i in images), int(any(i.certifications for i in images)))


def encode(record: FingerRecord) -> bytes:
    """The record as bytes."""
    return _FRAME.write([_encode_image(i, record.certified) for i in record.images], record, record.certified)


def decode(data: bytes, entry: str = "FIR") -> FingerRecord:
    """Parse a 2011 record of any number of representations."""
    images, certified, extra = _FRAME.read(data, entry, _decode_image)
    return FingerRecord(images, certified=certified, **extra)


def _encode_image(i: FingerImage, certified: int) -> bytes:
    head = common.write_capture(i) + common.write_certifications(i.certifications, certified) + _IMAGE.write(i)
    return head + common.write_image(i.image) + b"".join(map(_encode_extension, i.extensions))


def _decode_image(c: Cursor, certified: int) -> FingerImage:
    capture, certifications = common.read_capture(c), common.read_certifications(c, certified)
    fields = {**capture, **_IMAGE.read(c)}
    image = common.read_image(c)
    extensions = []
    while c.left:
        extensions.append(_decode_extension(c))
    return FingerImage(image=image, certifications=certifications, extensions=tuple(extensions), **fields)


def _encode_extension(block: Extension) -> bytes:
    if isinstance(block, Segmentation):
        number = _SEGMENTATION
        data = _SEGMENTATION_HEAD.write(block) + uint(len(block.segments), 1, "segments") + b"".join(map(_encode_segment, block.segments))
    elif isinstance(block, Annotations):
        number = _ANNOTATION
        data = uint(len(block.fingers), 1, "annotations") + b"".join(map(_ANNOTATION_ITEM.write, block.fingers))
    else:
        number, data = block.id, block.data
        if (number in _COMMENTS) != isinstance(block, Comment) or number in (_SEGMENTATION, _ANNOTATION):
            raise BadInput("record.range", field="extension_id", value=number)
    return uint(number, 2, "extension_id") + uint(len(data) + 4, 2, "extension_length") + data


def _decode_extension(c: Cursor) -> Extension:
    """One block {id u16, length u16 counting these four octets too, data}."""
    number = c.u16("extension_id")
    body = c.sub(c.u16("extension_length") - 4, "extension_length")
    if number == _SEGMENTATION:
        head = _SEGMENTATION_HEAD.read(body)
        block: Extension = Segmentation(tuple(_decode_segment(body) for _ in range(body.u8("segments"))), **head)
    elif number == _ANNOTATION:
        block = Annotations(tuple(Annotation(**_ANNOTATION_ITEM.read(body)) for _ in range(body.u8("annotations"))))
    elif number in _COMMENTS:
        block = Comment(body.rest(), number)
    else:
        block = UnknownBlock(number, body.rest())
    body.end("extension")
    return block


def _encode_segment(s: Segment) -> bytes:
    if len(s.corners) < 2:
        raise BadInput("record.range", field="corners", value=len(s.corners))
    corners = b"".join(uint(x, 2, "corner_x") + uint(y, 2, "corner_y") for x, y in s.corners)
    return _SEGMENT_HEAD.write(s) + uint(len(s.corners), 1, "corners") + corners + uint(s.orientation, 1, "orientation")


def _decode_segment(c: Cursor) -> Segment:
    head, count = _SEGMENT_HEAD.read(c), c.u8("corners")
    c.check(count >= 2, "range", field="corners", value=count)
    corners = tuple((c.u16("corner_x"), c.u16("corner_y")) for _ in range(count))
    return Segment(corners=corners, orientation=c.u8("orientation"), **head)


def to_ppi(resolution: int, scale_units: int) -> int:
    return resolution if scale_units == PPI else round(resolution * 2.54)
