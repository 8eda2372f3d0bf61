"""A page of a finished paper as a picture, for the screen."""

from __future__ import annotations

import io

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import PagePicture
from ktpel_kiosk.ports.pdfium import PDFIUM

DPI = 150
"""Small print stays readable at three times the size that fits a small screen."""
MOST_PIXELS = 4_000_000
"""Of a page larger than A4: drawn coarser rather than at the cost of a weak PC's memory."""


def page_picture(pdf: bytes, number: int) -> PagePicture:
    """Page ``number`` (from 0) as PNG, RGB; about 40 ms for A4.

    Raises:
        BadInput: ``document.not_pdf``, also for a page there is not.
    """
    import pypdfium2

    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise BadInput("document.not_pdf") from error
        try:
            if not 0 <= number < len(document):
                raise BadInput("document.not_pdf")
            try:
                page = document[number]
            except pypdfium2.PdfiumError as error:
                raise BadInput("document.not_pdf") from error
            try:
                width, height = page.get_size()
                scale = min(DPI / 72, (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
                bitmap = page.render(scale=scale, rev_byteorder=True)
                try:
                    image = bitmap.to_pil().convert("RGB")
                finally:
                    bitmap.close()
            finally:
                page.close()
            count = len(document)
        finally:
            document.close()
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return PagePicture(out.getvalue(), number, count)
