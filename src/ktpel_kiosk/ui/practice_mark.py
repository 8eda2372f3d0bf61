"""The mark of practice mode: a hatched amber band along the upper edge of a window, in every state of it, sign-in and lock included.

It stands where a main window keeps its menu bar, so that no page, notice or lock screen can cover it and no page knows of it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QMainWindow, QSizePolicy

from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width

OFFICER = "LATIHAN · tidak ada yang dikirim ke pusat"
APPLICANT = "LATIHAN · ini bukan pelayanan sungguhan"
TITLE = "LATIHAN · "
HEIGHT, TALLEST = 20, 26
"""Design pixels, and pixels at most on a window of 768: large letters must not eat the room of the work."""
STRIPE = 11


class PracticeBand(Painted):
    """The band; nothing to press, nothing to focus."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, min(self.theme.px(HEIGHT), max(TALLEST, round(self.window().height() * TALLEST / 768))))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QEvent) -> None:
        theme, high, wide = self.theme, self.height(), self.width()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.color("stage_attention"))
        step = theme.px(STRIPE)
        stripes = QPainterPath()
        for x in range(-high - step, wide + step, 2 * step):
            stripes.moveTo(x, high)
            stripes.lineTo(x + high, 0)
            stripes.lineTo(x + high + step, 0)
            stripes.lineTo(x + step, high)
            stripes.closeSubpath()
        painter.fillPath(stripes, theme.color("attention"))
        font = theme.font(min(12.0, (high - 5) / 1.25 / theme.scale), 700)
        text = elided(font, self._text, wide - 2 * theme.px(40))
        room = text_width(font, text) + theme.px(40)
        plate = QRectF((wide - room) / 2, 0, room, high)
        painter.fillRect(plate, theme.color("attention_soft"))
        painter.setFont(font)
        painter.setPen(theme.color("attention"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)


def mark(window: QMainWindow, text: str = OFFICER) -> PracticeBand:
    """Put the band on a window; its title in the task list says it too."""
    band = PracticeBand(text)
    window.setMenuWidget(band)
    window.setWindowTitle(TITLE + window.windowTitle())
    return band
