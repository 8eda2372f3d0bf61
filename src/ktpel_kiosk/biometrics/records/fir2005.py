"""Finger image record, ISO/IEC 19794-4:2005 (version ``010``): encode and decode.

Header of 32 octets with one device, resolution, depth and compression for all, then blocks of 14 octets and the image.
``encode(decode(x)) == x``. Errors: BadInput ``record.*``. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.biometrics.records import common
from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, uint
from ktpel_kiosk.biometrics.records.fir import PPCM, PPI, to_ppi

MAGIC = b"FIR\x00010\x00"
MEDIA = {0: "application/octet-stream", 2: "image/x-wsq", 3: "image/jpeg", 4: "image/jp2", 5: "image/png"}
CODES = (*range(11), 13, 14, 15, *range(20, 37))
UNDEFINED = 254
LEVEL_500_PPI = 31
"""Capture settings level: 500 ppi, 8 bit, 200 grey values."""


@dataclass(frozen=True, slots=True)
class FingerImage:
    """One block; ``view`` of ``views`` of this finger; ``quality`` 0..100, 254 undefined."""

    code: int
    width: int
    height: int
    image: bytes
    views: int = 1
    view: int = 1
    quality: int = UNDEFINED
    impression: int = 0


@dataclass(frozen=True, slots=True)
class FingerRecord:
    """``device`` capture device id, ``level`` capture settings; resolutions in ``scale_units`` (1 ppi, 2 pixels per cm)."""

    images: tuple[FingerImage, ...]
    compression: int
    device: int = 0
    level: int = LEVEL_500_PPI
    scale_units: int = PPI
    capture_x: int = 500
    capture_y: int = 500
    image_x: int = 500
    image_y: int = 500
    depth: int = 8

    @property
    def ppi(self) -> int:
        return to_ppi(self.image_x, self.scale_units)


_BEFORE_COUNT = Layout(device=2, level=2)
_AFTER_COUNT = Layout(
    scale_units=(1, (PPI, PPCM)),
    capture_x=2,
    capture_y=2,
    image_x=2,
    image_y=2,
    depth=(1, range(1, 17)),
    compression=(1, range(6)),
    reserved=2,
)
_BLOCK = Layout(
    code=(1, CODES),
    views=1,
    view=1,
    quality=(1, common.REPORTED_SCORES),
    impression=(1, common.IMPRESSIONS),
    width=(2, common.SIDE),
    height=(2, common.SIDE),
    reserved=1,
)


def encode(record: FingerRecord) -> bytes:
    head = _BEFORE_COUNT.write(record) + common.write_count(record.images, 1) + _AFTER_COUNT.write(record)
    bodies = [_BLOCK.write(i) + common.held(i.image) for i in record.images]
    blocks = b"".join(uint(len(body) + 4, 4, "block_length") + body for body in bodies)
    return MAGIC + uint(14 + len(head) + len(blocks), 6, "record_length") + head + blocks


def decode(data: bytes, entry: str = "FIR") -> FingerRecord:
    c = Cursor(data, entry)
    c.magic(MAGIC)
    c.total(6)
    before, count = _BEFORE_COUNT.read(c), c.u8("fingers")
    c.check(count >= 1, "representations", found=count)
    after = _AFTER_COUNT.read(c)
    images = tuple(_decode_image(c.block(4, "block_length")) for _ in range(count))
    c.end("record")
    return FingerRecord(images, **before, **after)


def _decode_image(c: Cursor) -> FingerImage:
    fields, image = _BLOCK.read(c), c.rest()
    c.check(bool(image), "no_image")
    return FingerImage(image=image, **fields)
