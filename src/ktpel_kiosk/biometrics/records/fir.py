"""Finger image record, ISO/IEC 19794-4:2011 (version ``020``): encode, decode; decode of the 2005 edition (``010``).

Encoding and decoding are strict and inverse: ``encode(decode(x)) == x``. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.common import Certification, QualityBlock
from ktpel_kiosk.biometrics.records.cursor import Cursor, exact, uint
from ktpel_kiosk.domain.errors import BadInput

MAGIC_2011 = b"FIR\x00020\x00"
MAGIC_2005 = b"FIR\x00010\x00"
MEDIA_2011 = {0: "application/octet-stream", 2: "image/x-wsq", 3: "image/jpeg", 4: "image/jp2", 5: "image/jp2", 6: "image/png"}
MEDIA_2005 = {0: "application/octet-stream", 2: "image/x-wsq", 3: "image/jpeg", 4: "image/jp2", 5: "image/png"}
COMPRESSION_WSQ = 2
LIVE_PLAIN = 0
_MAX_CODE = 50


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
    scale_units: int = 1
    capture_x: int = 500
    capture_y: int = 500
    image_x: int = 500
    image_y: int = 500
    depth: int = 8
    impression: int = LIVE_PLAIN
    extensions: bytes = b""

    @property
    def ppi(self) -> int:
        return self.image_x if self.scale_units == 1 else round(self.image_x * 2.54)


@dataclass(frozen=True, slots=True)
class FingerRecord:
    """The whole record; ``positions`` counts distinct finger positions."""

    images: tuple[FingerImage, ...]
    positions: int = 1
    certified: int = 0


def encode(record: FingerRecord) -> bytes:
    """The record as bytes."""
    body = b"".join(_encode_image(image, record.certified) for image in record.images)
    head = uint(len(record.images), 2, "representations") + uint(record.certified, 1, "certified") + uint(record.positions, 1, "positions")
    return MAGIC_2011 + uint(len(body) + 16, 4, "record_length") + head + body


def _encode_image(i: FingerImage, certified: int) -> bytes:
    body = (
        exact(i.captured, 9, "captured")
        + uint(i.technology, 1, "technology")
        + uint(i.vendor, 2, "vendor")
        + uint(i.device, 2, "device")
        + common.write_qualities(i.qualities)
        + common.write_certifications(i.certifications, certified)
        + uint(i.code, 1, "position")
        + uint(i.number, 1, "number")
        + uint(i.scale_units, 1, "scale_units")
        + uint(i.capture_x, 2, "capture_x")
        + uint(i.capture_y, 2, "capture_y")
        + uint(i.image_x, 2, "image_x")
        + uint(i.image_y, 2, "image_y")
        + uint(i.depth, 1, "depth")
        + uint(i.compression, 1, "compression")
        + uint(i.impression, 1, "impression")
        + uint(i.width, 2, "width")
        + uint(i.height, 2, "height")
        + uint(len(i.image), 4, "image_length")
        + i.image
        + i.extensions
    )
    return uint(len(body) + 4, 4, "representation_length") + body


def decode(data: bytes, entry: str = "FIR") -> FingerRecord:
    """Parse a 2011 record of any number of representations."""
    cursor = Cursor(data, entry)
    cursor.magic(MAGIC_2011)
    cursor.total()
    count = cursor.u16("representations")
    certified = common.read_flag(cursor, "certified")
    positions = cursor.u8("positions")
    cursor.check(count >= 1, "representations", found=count)
    images = []
    for _ in range(count):
        length = cursor.u32("representation_length")
        images.append(_decode_image(cursor.sub(length - 4, "representation_length"), certified))
    cursor.end("record")
    return FingerRecord(tuple(images), positions, certified)


def _decode_image(c: Cursor, certified: int) -> FingerImage:
    captured, technology = c.take(9, "captured"), c.u8("technology")
    vendor, device = c.u16("vendor"), c.u16("device")
    qualities, certifications = common.read_qualities(c), common.read_certifications(c, certified)
    code = _code(c)
    number, scale_units = c.u8("number"), c.u8("scale_units")
    c.check(scale_units in (1, 2), "range", field="scale_units", value=scale_units)
    capture_x, capture_y, image_x, image_y = (c.u16(f) for f in ("capture_x", "capture_y", "image_x", "image_y"))
    depth, compression, impression = c.u8("depth"), c.u8("compression"), c.u8("impression")
    c.check(1 <= depth <= 16, "range", field="depth", value=depth)
    c.check(compression in MEDIA_2011 or compression == 1, "range", field="compression", value=compression)
    width, height = common.read_side(c, "width"), common.read_side(c, "height")
    image = c.take(c.u32("image_length"), "image")
    c.check(bool(image), "no_image")
    extensions = _extensions(c)
    return FingerImage(
        code,
        width,
        height,
        compression,
        image,
        captured,
        technology,
        vendor,
        device,
        qualities,
        certifications,
        number,
        scale_units,
        capture_x,
        capture_y,
        image_x,
        image_y,
        depth,
        impression,
        extensions,
    )


def _code(c: Cursor) -> int:
    code = c.u8("position")
    c.check(code <= _MAX_CODE, "range", field="position", value=code)
    return code


def _extensions(c: Cursor) -> bytes:
    """Extended data blocks {id u16, length u16 including these four, data}; kept as they came once they add up."""
    raw = c.rest()
    blocks = Cursor(raw, c.entry)
    while blocks.left:
        blocks.u16("extension_id")
        blocks.take(blocks.u16("extension_length") - 4, "extension_length")
    return raw


def decode_2005(data: bytes, entry: str = "FIR") -> FingerRecord:
    """Parse the 2005 edition: header 32 octets with one resolution and compression for all, blocks of 14 octets plus image."""
    c = Cursor(data, entry)
    c.magic(MAGIC_2005)
    c.total(6)
    device, _level, count, scale_units = c.u16("device"), c.u16("level"), c.u8("fingers"), c.u8("scale_units")
    c.check(count >= 1, "representations", found=count)
    c.check(scale_units in (1, 2), "range", field="scale_units", value=scale_units)
    capture_x, capture_y, image_x, image_y = (c.u16(f) for f in ("capture_x", "capture_y", "image_x", "image_y"))
    depth, compression = c.u8("depth"), c.u8("compression")
    c.check(1 <= depth <= 16, "range", field="depth", value=depth)
    c.check(compression in MEDIA_2005 or compression == 1, "range", field="compression", value=compression)
    c.u16("reserved")
    images = []
    for _ in range(count):
        block = c.sub(c.u32("block_length") - 4, "block_length")
        code, _views, number, quality, impression = (
            _code(block),
            *(block.u8(f) for f in ("views", "number", "quality", "impression")),
        )
        width, height = common.read_side(block, "width"), common.read_side(block, "height")
        block.u8("reserved")
        image = block.rest()
        block.check(bool(image), "no_image")
        qualities = (QualityBlock(quality),) if quality <= 100 else ()
        images.append(
            FingerImage(
                code,
                width,
                height,
                compression,
                image,
                device=device,
                qualities=qualities,
                number=number,
                scale_units=scale_units,
                capture_x=capture_x,
                capture_y=capture_y,
                image_x=image_x,
                image_y=image_y,
                depth=depth,
                impression=impression,
            )
        )
    c.end("record")
    return FingerRecord(tuple(images), len({i.code for i in images}))


def only(record: FingerRecord, entry: str) -> FingerImage:
    """The single representation of a one-finger record."""
    if len(record.images) != 1:
        raise BadInput("record.representations", entry=entry, expected=1, found=len(record.images))
    return record.images[0]
