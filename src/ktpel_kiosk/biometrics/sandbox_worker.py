"""The child of :mod:`ktpel_kiosk.biometrics.sandbox`: one file in, pixels out, then gone.

Run as a script, isolated (``python -I``), so it imports nothing of this package.
stdin: the file. argv: media type, pixel limit, memory limit, processor seconds. stdout: ``O`` + width u32, height u32, channels u8,
ppi u32 + pixels; ``L`` too large; ``M`` + mode that cannot become 8 bit grey or RGB without loss; ``A`` several pictures; ``E`` damaged.
"""

from __future__ import annotations

import io
import os
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PILLOW_FORMATS = {"image/jp2": "JPEG2000", "image/jpeg": "JPEG", "image/png": "PNG"}


def limit(memory: int, cpu_s: int) -> None:
    """Address space and processor time, where the system has such limits."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def wsq(data: bytes, max_pixels: int) -> bytes:
    """WSQ through the NIST coder; the frame header is read first."""
    import _wsq

    at = 2
    while at + 10 <= len(data) and data[at : at + 2] != b"\xff\xa2":
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if int.from_bytes(data[at + 6 : at + 8], "big") * int.from_bytes(data[at + 8 : at + 10], "big") > max_pixels:
        return b"L"
    pixels, width, height, ppi = _wsq.decompress(data)
    return b"O" + struct.pack(">IIBI", width, height, 1, ppi if ppi > 0 else 500) + bytes(pixels)


def picture(data: bytes, media_type: str, max_pixels: int) -> bytes:
    """Everything Pillow reads here, turned upright and into 8 bit grey or RGB where that loses nothing."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the limit here is stricter and its own answer
    with Image.open(io.BytesIO(data), formats=(PILLOW_FORMATS[media_type],)) as opened:
        width, height = opened.size
        if width * height > max_pixels:
            return b"L"
        if media_type == "image/png" and getattr(opened, "n_frames", 1) > 1:
            return b"A"
        if media_type == "image/png" and data[24] == 16 and not opened.mode.startswith("I"):
            return b"M" + b"RGB 16"  # Pillow would drop the lower byte without a word
        dpi = opened.info.get("dpi")
        opened.load()
        image = plain(opened)
        if image is None:
            return b"M" + opened.mode.encode("ascii")
        image = ImageOps.exif_transpose(image)
        ppi = round(float(dpi[0])) if isinstance(dpi, tuple) and 0 < float(dpi[0]) < 10_000 else 0
        return b"O" + struct.pack(">IIBI", *image.size, 1 if image.mode == "L" else 3, ppi) + image.tobytes()


def plain(image: Image.Image) -> Image.Image | None:
    """The same pixels as ``L`` or ``RGB``, or None where something would be lost: CMYK, real transparency, a used lower byte."""
    from PIL import Image

    if "transparency" in image.info:
        return None
    if image.mode in ("L", "RGB"):
        return image
    if image.mode in ("1", "P"):
        return image.convert("L" if image.mode == "1" else "RGB")
    if image.mode in ("LA", "RGBA") and image.getchannel("A").getextrema() == (255, 255):
        return image.convert(image.mode[:-1])
    if image.mode.startswith("I;16") and image.mode != "I;16B":
        raw = image.tobytes()
        low, high = raw[0::2], raw[1::2]
        if low == high or not any(low):
            narrow = Image.frombytes("L", image.size, high)
            narrow.info = dict(image.info)  # the orientation tag
            return narrow
    return None


def main() -> None:
    media_type, max_pixels, memory, cpu_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    data = sys.stdin.buffer.read()
    answer_fd = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the C code prints
    limit(memory, cpu_s)
    try:
        answer = wsq(data, max_pixels) if media_type == "image/x-wsq" else picture(data, media_type, max_pixels)
    except Exception:  # any complaint of a decoder means the same to the parent
        answer = b"E"
    with os.fdopen(answer_fd, "wb") as sink:
        sink.write(answer)


if __name__ == "__main__":
    main()
