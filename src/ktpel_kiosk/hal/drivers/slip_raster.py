"""A PDF slip as the dots of a thermal printer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.ports.pdfium import PDFIUM

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

DOTS_PER_MM = 8.0
"""203.2 dpi."""
BLACK_BELOW = 168
"""Grey (0 to 255) that burns. Half of a dot covered is 128; thin strokes of small type cover less, so they get a little more."""
LONGEST_MM = 1200.0
TOLERANCE_MM = 0.5
HAIR = 2
"""Dots that an edge lying exactly on the head's limit may spill over it."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Paper of a width in millimetres and what the head can reach, in dots from the middle."""

    width_mm: int
    dots: int

    @property
    def name(self) -> str:
        return f"{self.width_mm}mm"


ROLLS = {80: Roll(80, 576), 58: Roll(58, 384)}


def raster(pdf: bytes, roll: Roll) -> Sequence[Image.Image]:
    """Each page at its own size, one dot a pixel (mode ``1``, white 1), as wide as the head.

    A page narrower than the roll stands in its middle.

    Raises:
        DeviceTrouble: ``document_printer.not_pdf``; ``receipt_printer.too_wide``: the page is wider than the paper or has ink where the
            head does not reach; ``receipt_printer.too_long``.
    """
    import pypdfium2 as pdfium

    with PDFIUM:
        try:
            document = pdfium.PdfDocument(pdf)
        except pdfium.PdfiumError:
            raise DeviceTrouble("document_printer.not_pdf", operation="submit") from None
        try:
            if len(document) == 0:
                raise DeviceTrouble("document_printer.not_pdf", operation="submit")
            return [_page(document[i], roll) for i in range(len(document))]
        finally:
            document.close()


def _page(page: object, roll: Roll) -> Image.Image:
    import numpy as np
    from PIL import Image

    try:
        width, height = (points * 25.4 / 72 for points in page.get_size())  # type: ignore[attr-defined]
        if width > roll.width_mm + TOLERANCE_MM:
            raise DeviceTrouble("receipt_printer.too_wide", found=f"{width:.0f} mm", expected=f"{roll.width_mm} mm", operation="submit")
        if height > LONGEST_MM:
            raise DeviceTrouble("receipt_printer.too_long", found=f"{height:.0f} mm", operation="submit")
        # pdfium rounds a page up to whole dots: a hair less, or 80 mm become 641
        bitmap = page.render(scale=DOTS_PER_MM * 25.4 / 72 * (1 - 1e-5), grayscale=True)  # type: ignore[attr-defined]
        try:
            grey = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()
        finally:
            bitmap.close()
    finally:
        page.close()  # type: ignore[attr-defined]
    ink = _ink(grey)
    over = ink.shape[1] - roll.dots
    if over > 0:
        left = over // 2
        if ink[:, :left - HAIR].any() or ink[:, left + roll.dots + HAIR:].any():
            raise DeviceTrouble("receipt_printer.too_wide", found=f"{width:.0f} mm", expected=f"{roll.dots / DOTS_PER_MM:.0f} mm",
                                operation="submit")
        ink = ink[:, left:left + roll.dots]
    elif over < 0:
        left = -over // 2
        ink = np.pad(ink, ((0, 0), (left, -over - left)))
    return Image.fromarray(np.where(ink, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)


def _ink(grey: np.ndarray) -> np.ndarray:
    """Dots to burn. Edges (type, lines, QR) by threshold, so they stay crisp; even greys (a tint, a shade) as dithered dots."""
    import numpy as np
    from PIL import Image, ImageFilter

    ink = grey < BLACK_BELOW
    whole = Image.fromarray(grey)
    spread = (np.asarray(whole.filter(ImageFilter.MaxFilter(5)), np.int16)
              - np.asarray(whole.filter(ImageFilter.MinFilter(5)), np.int16))
    even = (spread < 40) & (grey > 70) & (grey < 244)
    if even.any():
        dots = np.asarray(whole.convert("1"))
        ink = np.where(even, ~dots, ink)
    return ink
