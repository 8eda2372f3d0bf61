"""Numbered lines of one piece of work, from above: done, at hand, to do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.presenters.cards import PrintStep
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width


class StepList(Painted):
    """Numbered lines: done, at hand, to do."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[PrintStep, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_steps(self, steps: tuple[PrintStep, ...]) -> None:
        self._steps = steps
        self.setAccessibleName("; ".join(f"{s.title}: {'selesai' if s.state == 'done' else s.detail or s.state}" for s in steps))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its longest line, so that no step has to be guessed."""
        theme = self.theme
        bold, small = theme.font("body", 600), theme.font("small")
        lines = [text_width(bold, s.title) + (text_width(small, s.detail) + theme.px(10) if s.detail else 0) for s in self._steps]
        return QSize(max(theme.px(200), theme.px(52) + max(lines, default=0)), self._line() * max(1, len(self._steps)))

    def _line(self) -> int:
        """Height of a line; under large letters they move together."""
        return self.theme.px(46 if self.theme.scale < 1.4 else 39)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, high = theme.px(26), self._line()
        for i, step in enumerate(self._steps):
            y = i * high
            disc = QRectF(1, y + (high - side) / 2, side, side)
            tone = {"done": "good", "active": "accent"}.get(step.state)
            painter.setPen(Qt.PenStyle.NoPen if tone else QPen(theme.color("field_line"), 1))
            painter.setBrush(theme.color(tone or "surface"))
            painter.drawEllipse(disc)
            if step.state == "done":
                inset = theme.px(6)
                icons.draw(painter, "check", theme.color("on_accent"), disc.left() + inset, disc.top() + inset, theme.px(14), 3.2)
            else:
                painter.setFont(theme.font("small", 600))
                painter.setPen(theme.color("on_accent" if tone else "muted"))
                painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(i + 1))
            small = theme.font("small")
            wide = text_width(small, step.detail)
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(self.width() - wide - 2, y, wide + 2, high), Qt.AlignmentFlag.AlignVCenter, step.detail)
            font = theme.font("body", 600 if step.state == "active" else 400)
            painter.setFont(font)
            painter.setPen(theme.color("ink"))
            room = self.width() - side - theme.px(14) - wide - theme.px(8)
            painter.drawText(QRectF(side + theme.px(14), y, room, high), Qt.AlignmentFlag.AlignVCenter, elided(font, step.title, room))
