"""WSQ and JPEG 2000: what the records carry. Encode here; decode foreign data in the sandbox.

WSQ follows the FBI specification IAFIS-IC-0110 at bit rate 0.75 (about 15:1); the coder is the one of NIST NBIS, which NIST
calls certifiable; this build itself holds no FBI certificate. JPEG 2000 is ISO/IEC 15444-1 through OpenJPEG.
Errors: BadInput ``image.*``. Any thread.
"""

from __future__ import annotations

import io
from typing import Protocol, cast

from ktpel_kiosk.biometrics.images import MAX_PIXELS, check_size, open_image, pil_image
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput

WSQ_BIT_RATE = 0.75
WSQ, JP2, JPEG, PNG, RAW = "image/x-wsq", "image/jp2", "image/jpeg", "image/png", "application/octet-stream"

_SOI, _SOF, _SOB = 0xFFA0, 0xFFA2, 0xFFA3
_JP2_MAGIC = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_J2K_MAGIC = b"\xff\x4f\xff\x51"


class _Wsq(Protocol):
    def compress(self, data: bytes, rows: int, columns: int, rate: float) -> bytes: ...
    def decompress(self, data: bytes) -> tuple[bytes, int, int, int]: ...


def _wsq() -> _Wsq:
    import _wsq as coder

    return cast("_Wsq", coder)


def encode_wsq(image: RawImage) -> bytes:
    """WSQ at 0.75 bit per pixel of a grey 500 ppi image; other resolutions are refused, WSQ is defined for 500."""
    if image.channels != 1 or image.ppi != 500:
        raise BadInput("image.wsq_input", found=f"{image.channels}/{image.ppi}", expected="1/500")
    check_size(image.width, image.height, entry="wsq")
    if image.width < 64 or image.height < 64:
        raise BadInput("image.too_small", entry="wsq", found=f"{image.width}x{image.height}", limit=64)
    return bytes(_wsq().compress(image.data, image.height, image.width, WSQ_BIT_RATE))


def wsq_size(data: bytes, *, entry: str = "wsq") -> tuple[int, int]:
    """Width and height from the frame header, walking marker segments only."""
    at = 2
    if len(data) < 4 or int.from_bytes(data[:2]) != _SOI:
        raise BadInput("image.not_wsq", entry=entry)
    while at + 4 <= len(data):
        marker, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        if marker == _SOF and at + 10 <= len(data):
            return int.from_bytes(data[at + 8 : at + 10]), int.from_bytes(data[at + 6 : at + 8])
        if marker >> 8 != 0xFF or marker == _SOB or length < 2:
            break
        at += 2 + length
    raise BadInput("image.damaged", entry=entry, cause="no frame header")


def decode_wsq(data: bytes, *, entry: str = "wsq", max_pixels: int = MAX_PIXELS) -> RawImage:
    """Decode our own WSQ in this process. Foreign files go through :func:`decode_untrusted`."""
    width, height = wsq_size(data, entry=entry)
    check_size(width, height, entry=entry, max_pixels=max_pixels)
    try:
        pixels, found_width, found_height, ppi = _wsq().decompress(data)
        return RawImage(found_width, found_height, 1, bytes(pixels), ppi if ppi > 0 else 500)
    except Exception as trouble:  # the C module raises bare Exception and RuntimeError
        raise BadInput("image.damaged", entry=entry, cause=type(trouble).__name__) from trouble


def encode_jp2(image: RawImage, ratio: float | None = None) -> bytes:
    """JP2 file: lossless when ``ratio`` is None, else irreversible at about ``ratio``:1 of the raw size."""
    out = io.BytesIO()
    if ratio is None:
        pil_image(image).save(out, "JPEG2000", irreversible=False, num_resolutions=_resolutions(image))
    else:
        if ratio < 1:
            raise BadInput("image.ratio", value=ratio)
        pil_image(image).save(
            out, "JPEG2000", irreversible=True, quality_mode="rates", quality_layers=[ratio], num_resolutions=_resolutions(image)
        )
    return out.getvalue()


def encode_jpeg(image: RawImage, quality: int = 92) -> bytes:
    """Baseline JPEG without colour subsampling; quality 92 is about 6:1 on portraits."""
    out = io.BytesIO()
    pil_image(image).save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def _resolutions(image: RawImage) -> int:
    """Six wavelet levels need 64 px; OpenJPEG refuses more resolutions than the image has."""
    return max(1, min(6, min(image.width, image.height).bit_length() - 1))


def decode_jp2(data: bytes, *, entry: str = "jp2", max_pixels: int = MAX_PIXELS) -> RawImage:
    """Decode JP2 or a bare codestream in this process (for our own output)."""
    return open_image(data, ("JPEG2000",), entry=entry, max_pixels=max_pixels)


def sniff(data: bytes) -> str:
    """Media type by magic number, or ``application/octet-stream``."""
    for magic, media_type in (
        (_JP2_MAGIC, JP2),
        (_J2K_MAGIC, JP2),
        (b"\xff\xa0", WSQ),
        (b"\xff\xd8\xff", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
    ):
        if data.startswith(magic):
            return media_type
    return RAW


def decode(data: bytes, media_type: str, *, entry: str = "image", trusted: bool = False, max_pixels: int = MAX_PIXELS) -> RawImage:
    """Decode any of WSQ, JP2, JPEG, PNG; what is not ``trusted`` is decoded by a limited child process."""
    if media_type not in (WSQ, JP2, JPEG, PNG):
        raise BadInput("image.media_type", entry=entry, found=media_type)
    if sniff(data) != media_type:
        raise BadInput("image.damaged", entry=entry, cause="magic number")
    if not trusted:
        from ktpel_kiosk.biometrics.sandbox import decode_untrusted

        return decode_untrusted(data, media_type, entry=entry, max_pixels=max_pixels)
    if media_type == WSQ:
        return decode_wsq(data, entry=entry, max_pixels=max_pixels)
    return open_image(data, {JP2: ("JPEG2000",), JPEG: ("JPEG",), PNG: ("PNG",)}[media_type], entry=entry, max_pixels=max_pixels)
