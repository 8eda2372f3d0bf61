"""RawImage to and from numpy, and lossless PNG with its resolution.

Sizes are read from the file header and checked before anything is decoded.
Errors: BadInput ``image.*`` with ``entry`` naming the file or sample. Any thread.
"""

from __future__ import annotations

import io
import struct
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.services import Assessed

Grey = NDArray[np.uint8]
PNG = "image/png"

MAX_PIXELS = 16_000_000
"""Largest image this room touches: a 4000 x 4000 px camera frame; a slap at 500 ppi has 1.6 million."""

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def to_array(image: RawImage) -> NDArray[np.uint8]:
    """Read-only view: (height, width) for grey, (height, width, 3) RGB for colour."""
    flat = np.frombuffer(image.data, dtype=np.uint8)
    return flat.reshape((image.height, image.width) if image.channels == 1 else (image.height, image.width, 3))


def to_grey(image: RawImage) -> Grey:
    """Luma (ITU-R BT.601) of a colour image, or the grey image itself; (height, width)."""
    array = to_array(image)
    return array if image.channels == 1 else luma(array)


def luma(rgb: NDArray[np.uint8]) -> Grey:
    """BT.601 luma of an (h, w, 3) RGB array."""
    import cv2

    return cast("Grey", cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY))


def from_array(array: NDArray[np.uint8], ppi: int = 0) -> RawImage:
    """RawImage of a (h, w) or (h, w, 3) array of bytes."""
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else int(array.shape[2])
    return RawImage(width, height, channels, np.ascontiguousarray(array, dtype=np.uint8).tobytes(), ppi)


def check_size(width: int, height: int, *, entry: str, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse an announced size before memory is spent on it."""
    if width < 1 or height < 1:
        raise BadInput("image.empty", entry=entry)
    if width * height > max_pixels:
        raise BadInput("image.too_large", entry=entry, found=f"{width}x{height}", limit=max_pixels)


def pil_image(image: RawImage) -> Image.Image:
    """Pillow image that shares the pixels."""
    return Image.frombuffer(
        "L" if image.channels == 1 else "RGB",
        (image.width, image.height),
        image.data,
        "raw",
        "L" if image.channels == 1 else "RGB",
        0,
        1,
    )


def encode_png(image: RawImage, level: int = 4) -> bytes:
    """Lossless PNG, grey or RGB, 8 bit, resolution in pHYs when known. ``level`` of compression 0..9."""
    out = io.BytesIO()
    dpi = {"dpi": (image.ppi, image.ppi)} if image.ppi else {}
    pil_image(image).save(out, "PNG", compress_level=level, **dpi)
    return out.getvalue()


def png_size(data: bytes, *, entry: str = "image") -> tuple[int, int]:
    """Width and height out of IHDR without decoding."""
    if len(data) < 33 or data[:8] != _PNG_MAGIC or data[12:16] != b"IHDR":
        raise BadInput("image.not_png", entry=entry)
    width, height = struct.unpack_from(">II", data, 16)
    return int(width), int(height)


def header_size(data: bytes, media_type: str, *, entry: str = "image") -> tuple[int, int]:
    """Width and height of a JPEG or JPEG 2000 out of its own header; nothing is decompressed.

    JPEG: the first frame header among the marker segments. JP2: the image header box, or SIZ of a bare codestream.
    """
    at, size = 2, None
    if media_type == "image/jpeg":
        while at + 9 <= len(data) and data[at] == 0xFF:
            marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                size = int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
                break
            at += 2 + max(2, length)
    elif (box := data.find(b"ihdr", 0, 4096)) >= 0 and len(data) >= box + 12:
        size = int.from_bytes(data[box + 8 : box + 12]), int.from_bytes(data[box + 4 : box + 8])
    elif data[2:4] == b"\xff\x51" and len(data) >= 24:
        right, bottom, left, top = (int.from_bytes(data[i : i + 4]) for i in (8, 12, 16, 20))
        size = right - left, bottom - top
    if size is None or min(size) < 1:
        raise BadInput("image.damaged", entry=entry, cause="no frame header")
    return size


def decode_png(data: bytes, *, entry: str = "image", max_pixels: int = MAX_PIXELS) -> RawImage:
    """PNG to pixels; palettes, transparency and 16 bit are refused because this house never writes them."""
    width, height = png_size(data, entry=entry)
    check_size(width, height, entry=entry, max_pixels=max_pixels)
    return open_image(data, ("PNG",), entry=entry, max_pixels=max_pixels)


def open_image(data: bytes, formats: tuple[str, ...], *, entry: str, max_pixels: int = MAX_PIXELS) -> RawImage:
    """Decode with Pillow, only the named formats, only 8 bit grey or RGB, size checked first."""
    try:
        with Image.open(io.BytesIO(data), formats=formats) as picture:
            width, height = picture.size
            check_size(width, height, entry=entry, max_pixels=max_pixels)
            if picture.mode not in ("L", "RGB"):
                raise BadInput("image.mode", entry=entry, found=picture.mode)
            picture.load()
            dpi = picture.info.get("dpi")
            ppi = _ppi(dpi[0]) if isinstance(dpi, tuple) and dpi else 0
            return RawImage(width, height, 1 if picture.mode == "L" else 3, picture.tobytes(), ppi)
    except BadInput:
        raise
    except Exception as trouble:  # Pillow raises many unrelated classes on damaged files
        raise BadInput("image.damaged", entry=entry, cause=type(trouble).__name__) from trouble


def _ppi(dpi: float) -> int:
    return round(float(dpi)) if 0 < float(dpi) < 10_000 else 0


def assessed(position: Position, image: RawImage, quality: Quality, png: bytes = b"") -> Assessed:
    """A sample as lossless PNG; ``png`` where it was encoded already."""
    return Assessed(position, PNG, png or encode_png(image), image.width, image.height, image.ppi, quality)
