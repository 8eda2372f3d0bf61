"""What a scanned code may be. Whatever reads one (wedge, serial line, camera) passes it through here, so that all refuse the same. Pure."""

from __future__ import annotations

from ktpel_kiosk.domain.errors import CaptureFailed

MOST = 500
"""Characters; the longest code on our papers is far shorter, and a code from elsewhere is none of ours."""


def scanned(raw: bytes | str) -> str:
    """The code as text, without blanks around it and without the frame some scanners send (STX, ETX).

    Raises:
        CaptureFailed: ``barcode.empty``, ``barcode.too_long``, ``barcode.encoding`` (not UTF-8), ``barcode.control`` (control characters).
    """
    size = len(raw)
    if size > 4 * MOST:
        raise CaptureFailed("barcode.too_long", device_kind="barcode", limit=MOST)
    if isinstance(raw, bytes):
        try:
            raw = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise CaptureFailed("barcode.encoding", device_kind="barcode", count=size) from None
    text = raw.strip(" \t\r\n\0\x02\x03")
    if not text:
        raise CaptureFailed("barcode.empty", device_kind="barcode")
    if len(text) > MOST:
        raise CaptureFailed("barcode.too_long", device_kind="barcode", limit=MOST)
    if "\ufffd" in text:
        raise CaptureFailed("barcode.encoding", device_kind="barcode", count=size)
    if not text.isprintable():
        raise CaptureFailed("barcode.control", device_kind="barcode", count=sum(not c.isprintable() for c in text))
    return text
