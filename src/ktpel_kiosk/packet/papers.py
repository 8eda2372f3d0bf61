"""Scanned papers as PDF. A JPEG is placed into the page as it is: never decoded here, no second loss, same bytes every time."""

from __future__ import annotations

import io
import re

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.packet import PacketDocument

DOCUMENT_LIMIT_BYTES = 2 * 1024 * 1024
JPEG_QUALITY = 80
A4_PT = (595, 842)
MAX_PAGE_PIXELS = 60_000_000
_SOF = frozenset({0xC0, 0xC1, 0xC2})
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def entry_name(number: int, kind: str) -> str:
    """``documents/NN-<kind>.pdf`` with only harmless characters."""
    plain = re.sub(r"[^a-z0-9]+", "-", kind.removeprefix("berkas.").lower()).strip("-")[:40] or "berkas"
    return f"documents/{number:02d}-{plain}.pdf"


def as_pdf(document: PacketDocument, entry: str) -> bytes:
    """The document as PDF.

    Raises:
        BadInput: ``packet.document`` (unknown or damaged file) or ``packet.document_too_large``; both name the entry.
    """
    data = document.data
    if data.startswith(b"%PDF-"):
        pdf = data
    elif data.startswith(b"\xff\xd8\xff"):
        pdf = _jpeg_page(data, entry)
    elif document.media_type in ("image/png", "image/jp2"):
        pdf = _jpeg_page(_as_jpeg(data, document.media_type, entry), entry)
    else:
        raise BadInput("packet.document", entry=entry, found=document.media_type)
    if len(pdf) > DOCUMENT_LIMIT_BYTES:
        raise BadInput("packet.document_too_large", entry=entry, found=len(pdf), limit=DOCUMENT_LIMIT_BYTES)
    return pdf


def _as_jpeg(data: bytes, media_type: str, entry: str) -> bytes:
    """Recompress a lossless page; a paper may come from a foreign disk, so the limited child process decodes it."""
    from ktpel_kiosk.biometrics.codecs import decode
    from ktpel_kiosk.biometrics.images import pil_image

    image = pil_image(decode(data, media_type, entry=entry, max_pixels=MAX_PAGE_PIXELS))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def _jpeg_size(data: bytes, entry: str) -> tuple[int, int, int]:
    """Width, height, components from the frame header, walking marker segments only."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2:at + 4])
        if marker in _SOF and at + 10 <= len(data) and data[at + 4] == 8 and data[at + 9] in (1, 3):
            width, height = int.from_bytes(data[at + 7:at + 9]), int.from_bytes(data[at + 5:at + 7])
            if width and height and width * height <= MAX_PAGE_PIXELS:
                return width, height, data[at + 9]
        if marker in _SOF or marker == 0xDA or length < 2:
            break
        at += 2 + length
    raise BadInput("packet.document", entry=entry, found="image/jpeg")


def _jpeg_page(data: bytes, entry: str) -> bytes:
    """A one-page PDF 1.4 with the JPEG fitted to A4, upright or across."""
    width, height, components = _jpeg_size(data, entry)
    page = A4_PT if height >= width else (A4_PT[1], A4_PT[0])
    scale = min(page[0] / width, page[1] / height)
    w, h = round(width * scale, 2), round(height * scale, 2)
    content = f"q {w} 0 0 {h} {round((page[0] - w) / 2, 2)} {round((page[1] - h) / 2, 2)} cm /Im Do Q".encode()
    colour = b"/DeviceRGB" if components == 3 else b"/DeviceGray"
    return _pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /XObject << /Im 5 0 R >> >> /Contents 4 0 R >>" % page,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %b /BitsPerComponent 8 /Filter /DCTDecode "
        b"/Length %d >>\nstream\n%b\nendstream" % (width, height, colour, len(data), data),
    ])


def _pdf(objects: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()
