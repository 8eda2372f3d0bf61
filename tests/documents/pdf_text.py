"""Papers read back by another program: PDFium, which reads a page ten times as quickly as a reader written in Python."""

from __future__ import annotations

import re

import pypdfium2
import pypdfium2.raw as pdfium


def raw_pages(pdf: bytes) -> list[str]:
    """The text of each page as it stands there."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [_as_printed(page.get_textpage().get_text_range()) for page in document]


def pages(pdf: bytes) -> list[str]:
    """The text of each page, one blank between words."""
    return [" ".join(text.split()) for text in raw_pages(pdf)]


def text_of(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def squeezed(pdf: bytes) -> str:
    """All text without blanks: wherever a line was broken."""
    return re.sub(r"\s", "", text_of(pdf))


def outside(pdf: bytes, rim: float = 5.0) -> list[str]:
    """Texts that do not lie whole on their page (points; ``rim``: what a printer leaves white below)."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            width, height = page.get_size()
            for piece in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=3):
                left, bottom, right, top = piece.get_bounds()
                if left < 0 or right > width or bottom < rim or top > height:
                    found.append(f"{left:.0f} {bottom:.0f} {right:.0f} {top:.0f} on {width:.0f} x {height:.0f}")
    return found


def _as_printed(text: str) -> str:
    """A hyphen at the end of a line is taken for one of hyphenation (U+0002, U+FFFE); these papers never divide words."""
    return text.replace("\x02", "-").replace("\ufffe", "-")
