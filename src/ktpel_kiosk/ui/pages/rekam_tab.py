"""The tabs of a recording session."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.presenters.record_view import PART_TITLES
from ktpel_kiosk.ui.widgets.base import elided, text_width
from ktpel_kiosk.ui.widgets.buttons import Pressable

PART_ICONS = {"data": "user", "foto": "camera", "jari": "fingerprint-pattern", "iris": "eye", "tanda_tangan": "pen-line",
              "tinjau": "shield-check"}


class PartTab(Pressable):
    """A tab of the session: icon, word, tick when done."""

    ROLE = "PageTab"

    def __init__(self, key: str) -> None:
        super().__init__(PART_TITLES[key])
        self.key, self.done, self.count = key, False, ""
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_state(self, done: bool, count: str) -> None:
        self.done, self.count = done, count
        self.setAccessibleName(f"{self.text()}{', selesai' if done else ''} {count}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(90), max(48, self.theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("accent" if on else "line"), 2 if on else 1))
        painter.setBrush(theme.color("accent_soft" if on else "surface"))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("control"), theme.radius("control"))
        font = theme.font("row", 600)
        text = f"{self.text()} {self.count}".strip()
        side = theme.px(18)
        if text_width(font, text) + side + theme.px(20) > self.width():
            text = elided(font, self.text(), self.width() - side - theme.px(20))
        x = max(theme.px(6), (self.width() - side - theme.px(8) - text_width(font, text)) / 2)
        ink = theme.color("good" if self.done and not on else "accent" if on else "muted")
        icons.draw(painter, "circle-check" if self.done else PART_ICONS[self.key], ink, x, (self.height() - side) / 2, side)
        painter.setFont(font)
        painter.setPen(theme.color("accent" if on else "ink"))
        painter.drawText(QRectF(x + side + theme.px(8), 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        self.ring(painter, QRectF(self.rect()), theme.px(10), theme)
