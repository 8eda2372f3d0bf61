"""How large a picture says it is, read from its own header before any decoder sees it.

Cameras, scanners and the SBI stream hand pictures over many times a second, so they are decoded here and not in a child process; what
a decoder is given is therefore of a kind the device makes, of bearable size, and needs no more work than such a picture does.
Pure functions, any thread.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PIXELS = 64_000_000
"""A camera of 60 megapixels: 192 MB while it is decoded."""
MAX_BYTES = 64 << 20
MAX_SCANS = 100
"""Passes of a progressive JPEG; cameras write about ten. A decoder walks the whole picture once a pass."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Frame header markers of JPEG (ISO/IEC 10918-1); the excepted ones are tables."""
_BARE = frozenset((0x01, 0xFF, *range(0xD0, 0xD9)))
_PNG = b"\x89PNG\r\n\x1a\n"
_BMP_PLAIN = (0, 3)
"""Compressions of a bitmap that are none: rows of pixels, and the same with colour masks."""


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height out of the first frame header, (0, 0) when there is none or the picture asks for too many passes."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            if data.count(b"\xff\xda") > MAX_SCANS:
                return 0, 0
            return int.from_bytes(data[at + 7:at + 9]), int.from_bytes(data[at + 5:at + 7])
        at += 2 if marker in _BARE else 2 + max(2, int.from_bytes(data[at + 2:at + 4]))
    return 0, 0


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height out of IHDR, (0, 0) for what is no PNG."""
    if len(data) < 33 or data[12:16] != b"IHDR" or not data.startswith(_PNG):
        return 0, 0
    width, height = struct.unpack_from(">II", data, 16)
    return int(width), int(height)


def bmp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a bitmap whose rows are all there, (0, 0) otherwise (also for packed ones, which can unfold)."""
    if len(data) < 54 or data[:2] != b"BM" or struct.unpack_from("<I", data, 14)[0] < 40:
        return 0, 0
    width, height, _planes, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    height = abs(height)
    if width < 1 or height < 1 or packing not in _BMP_PLAIN or bits not in (1, 4, 8, 16, 24, 32):
        return 0, 0
    start = struct.unpack_from("<I", data, 10)[0]
    return (width, height) if (width * bits + 31) // 32 * 4 * height <= len(data) - start else (0, 0)


def decoded(data: bytes, *, max_side: int = 1 << 15, max_pixels: int = MAX_PIXELS) -> NDArray[Any] | None:
    """BGR pixels, shape (height, width, 3), of a JPEG, PNG or plain BMP of bearable size; None for anything else."""
    width, height = jpeg_size(data) if data[:2] == b"\xff\xd8" else png_size(data) if data[:1] == b"\x89" else bmp_size(data)
    if not (0 < width <= max_side and 0 < height <= max_side and width * height <= max_pixels and len(data) <= MAX_BYTES * 4):
        return None
    import cv2
    import numpy as np

    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
