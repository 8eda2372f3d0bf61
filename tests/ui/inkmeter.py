"""Contrast read from pixels: every text a window paints, with its place, and the ratio of its ink to its ground in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QFont, QFontInfo, QImage, QPainter
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QWidget

LARGE_PX, LARGE_BOLD_PX = 24.0, 18.66
BLANK = 1.15
"""Below this there is no ink at all."""
INSET = 5
"""Pixels a text editor's own frame takes."""


@dataclass(frozen=True, slots=True)
class Ink:
    """One text in the picture. ``ratio``: 1 to 21, measured."""

    text: str
    where: str
    rect: tuple[int, int, int, int]
    large: bool
    ratio: float

    @property
    def enough(self) -> bool:
        """A lone dash is a hairline that smoothing pales: a sign, not something to read."""
        sign = not any(c.isalnum() for c in self.text)
        return self.ratio >= (3.0 if self.large or sign else 4.5)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """WCAG relative luminance; ``rgb``: (..., 3) of 0..255."""
    share = rgb.astype(np.float64) / 255
    linear = np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def pixels(image: QImage) -> np.ndarray:
    """(height, width, 3) of 0..255."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    data = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine() // 4, 4)
    return data[:, :plain.width(), :3].copy()


def ratio(crop: np.ndarray) -> float:
    """The commonest colour is the ground; the ink is what stands off it most (smoothed edges lie between the two)."""
    flat = crop.reshape(-1, 3)
    packed = flat.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, counts = np.unique(packed, return_counts=True)
    light = luminance(np.stack([colours >> 16, (colours >> 8) & 255, colours & 255], axis=-1)) + 0.05
    ground = light[int(counts.argmax())]
    return float(np.max(np.maximum(light / ground, ground / light)))


@contextmanager
def recorded() -> Iterator[list[tuple[QWidget, QRect, str, QFont]]]:
    """Collects every ``QPainter.drawText`` of Python code: the widget, the tight place in it, the text, the font."""
    found: list[tuple[QWidget, QRect, str, QFont]] = []
    real = QPainter.drawText

    def drawn(painter: QPainter, *args: Any) -> Any:
        device, text = painter.device(), next((a for a in args if isinstance(a, str)), "")
        if isinstance(device, QWidget) and text.strip() and painter.opacity() > 0.95:
            flags = args[1] if len(args) > 2 and not isinstance(args[1], str) else 0
            flags = flags.value if hasattr(flags, "value") else flags
            if isinstance(args[0], QRect | QRectF):
                box = painter.boundingRect(QRectF(args[0]), int(flags), text)
                found.append((device, painter.combinedTransform().mapRect(box).toAlignedRect(), text, QFont(painter.font())))
        return real(painter, *args)

    QPainter.drawText = drawn  # type: ignore[method-assign,assignment]
    try:
        yield found
    finally:
        QPainter.drawText = real  # type: ignore[method-assign]


def measure(window: QWidget) -> list[Ink]:
    """Every text seen in ``window`` now; what is switched off is left out (placeholder text is not)."""
    with recorded() as painted:
        image = window.grab().toImage()
    picture = pixels(image)
    texts = [(w, r, t, f) for w, r, t, f in painted if w.isEnabled()]
    texts += [(w, w.contentsRect(), w.text(), w.font()) for w in window.findChildren(QLabel)
              if w.isVisible() and w.isEnabled() and w.text().strip()]
    for editor in (*window.findChildren(QLineEdit), *window.findChildren(QPlainTextEdit)):
        shown = (editor.text() if isinstance(editor, QLineEdit) else editor.toPlainText()) or editor.placeholderText()
        if editor.isVisible() and editor.isEnabled() and shown.strip() and not editor.isReadOnly():
            texts.append((editor, editor.rect().adjusted(INSET, INSET, -INSET, -INSET), shown, editor.font()))
    found = []
    for widget, rect, text, font in texts:
        place = seen(widget, rect, window)
        if place.width() < 3 or place.height() < 5 or place.height() < 0.6 * min(rect.height(), QFontInfo(font).pixelSize()):
            continue  # scrolled or clipped away; audit.cut tells of the latter
        crop = picture[place.top():place.bottom() + 1, place.left():place.right() + 1]
        clipped = place.height() < rect.height() - 2
        measured = ratio(crop)
        if clipped and measured < BLANK:
            continue  # of a text that is scrolled half away only blank ground is seen
        bold = font.weight() >= QFont.Weight.Bold
        size = QFontInfo(font).pixelSize()
        found.append(Ink(text[:40], f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}", place.getRect(),
                         size >= (LARGE_BOLD_PX if bold else LARGE_PX), measured))
    return found


def seen(widget: QWidget, rect: QRect, window: QWidget) -> QRect:
    """The part of ``rect`` of a widget that ``window`` shows, in the window's coordinates."""
    rect = rect.intersected(widget.rect())
    while widget is not window and widget is not None:
        rect = QRect(widget.mapTo(widget.parentWidget(), QPoint(0, 0)) + rect.topLeft(), rect.size())
        widget = widget.parentWidget()
        rect = rect.intersected(widget.rect())
    return rect


