"""The line at the top of the applicant's window: whose office, which number, how far; read aloud and call the officer, always there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.look import touch_of
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import blend, label, text_width
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.status import LogoTile, ProgressDots

NARROW = 1120
"""Width under which the office's name gives way; its tile stays."""


UPRIGHT, WIDEST = 860, 16_777_215
"""Width under which the dots give way; Qt's own largest width."""


class Pill(Pressable):
    """A quiet rounded button with icon and word; ``on`` while what it asked for goes on."""

    def __init__(self, text: str, icon: str) -> None:
        super().__init__(text)
        self.icon_name, self.tone = icon, ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_as(self, text: str, icon: str, tone: str = "") -> None:
        """``tone``: empty, ``accent`` or ``good``."""
        self.setText(text)
        self.setAccessibleName(text)
        self.icon_name, self.tone = icon, tone
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = self.theme
        width = text_width(theme.font("applicant_small", 600), self.text())
        return QSize(width + theme.px(24) * 2 + theme.px(36), touch_of(self))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        ink = theme.color(self.tone or "ink")
        fill = theme.color(f"{self.tone}_soft" if self.tone else "surface")
        if self.isDown() or self.underMouse():
            fill = blend(fill, theme.color("ink"), 0.12 if self.isDown() else 0.04)
        painter.setPen(QPen(theme.color(self.tone or "field_line"), 2))
        painter.setBrush(fill)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        side = theme.px(26)
        icons.draw(painter, self.icon_name, ink, theme.px(24), (self.height() - side) / 2, side)
        painter.setFont(theme.font("applicant_small", 600))
        painter.setPen(ink)
        painter.drawText(rect.adjusted(theme.px(24) + theme.px(36), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        self.ring(painter, QRectF(self.rect()), rect.height() / 2, theme)


class TopLine(QFrame):
    """``aloud`` and ``help`` stand at the same place on every page."""

    def __init__(self, office: str) -> None:
        super().__init__()
        self._line = QHBoxLayout(self)
        self.logo = LogoTile(side=40)
        self.office = label(office, "applicant_small", weight="semibold")
        self.number = label("", "applicant_small", tone="muted", weight="semibold")
        self.dots = ProgressDots()
        self.aloud = Pill("", "volume-2")
        self.help = Pill("", "hand")
        left: tuple[QWidget, ...] = (self.logo, self.office, self.number)
        right: tuple[QWidget, ...] = (self.dots, self.aloud, self.help)
        for item in left:
            self._line.addWidget(item)
        self._line.addStretch(1)
        for item in right:
            self._line.addWidget(item)

    def fit(self) -> None:
        """Margins after the screen; what is least needed goes first."""
        theme = theme_of(self)
        self._line.setContentsMargins(theme.px(56), theme.px(10), theme.px(56), theme.px(10))
        self._line.setSpacing(theme.px(14))
        self.setMinimumHeight(touch_of(self) + 2 * theme.px(10))
        width = self.width()
        self.office.setVisible(width >= NARROW or not (self.aloud.isVisibleTo(self) or self.help.isVisibleTo(self)))
        self.dots.setMaximumWidth(WIDEST if width >= UPRIGHT else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "help"):
            self.fit()
