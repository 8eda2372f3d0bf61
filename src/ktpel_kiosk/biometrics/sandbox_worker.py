"""The child of :mod:`ktpel_kiosk.biometrics.sandbox`: one file in, pixels out, then gone.

Run as a script, isolated (``python -I``), so it imports nothing of this package.
stdin: the file. argv: media type, pixel limit, memory limit. stdout: ``O`` + width u32, height u32, channels u8, ppi u32 +
pixels; ``L`` too large; ``M`` + mode not 8 bit grey or RGB; ``E`` damaged.
"""

from __future__ import annotations

import io
import os
import struct
import sys

PILLOW_FORMATS = {"image/jp2": "JPEG2000", "image/jpeg": "JPEG", "image/png": "PNG"}


def limit_memory(limit: int) -> None:
    """Address space limit where the system has one."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
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
    """Everything Pillow reads here."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=(PILLOW_FORMATS[media_type],)) as image:
        width, height = image.size
        if width * height > max_pixels:
            return b"L"
        if image.mode not in ("L", "RGB"):
            return b"M" + image.mode.encode("ascii")
        image.load()
        dpi = image.info.get("dpi")
        ppi = round(float(dpi[0])) if isinstance(dpi, tuple) and 0 < float(dpi[0]) < 10_000 else 0
        return b"O" + struct.pack(">IIBI", width, height, 1 if image.mode == "L" else 3, ppi) + image.tobytes()


def main() -> None:
    media_type, max_pixels, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    data = sys.stdin.buffer.read()
    answer_fd = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the C code prints
    limit_memory(memory)
    try:
        answer = wsq(data, max_pixels) if media_type == "image/x-wsq" else picture(data, media_type, max_pixels)
    except Exception:  # any complaint of a decoder means the same to the parent
        answer = b"E"
    with os.fdopen(answer_fd, "wb") as sink:
        sink.write(answer)


if __name__ == "__main__":
    main()
