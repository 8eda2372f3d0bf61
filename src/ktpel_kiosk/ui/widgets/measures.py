"""What was measured of a portrait, each in a word: one or two columns, painted, never scrolled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width
from ktpel_kiosk.ui.widgets.buttons import TONES

ONE_COLUMN = 6
"""More lines than this stand in two columns."""
LEAST_ROW, USUAL_ROW = 20, 33


@dataclass(frozen=True, slots=True)
class MeasureLine:
    name: str
    value: str
    tone: str


class MeasureList(Painted):
    """Lines get lower before anything is left out; they keep their places while values change, so the eye finds them again."""

    ROLE = "Table"

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[MeasureLine, ...] = ()
        self.setAccessibleName("Ukuran foto")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_lines(self, lines: Sequence[MeasureLine]) -> None:
        if tuple(lines) == self._lines:
            return
        rows = self._rows
        self._lines = tuple(lines)
        self.setAccessibleDescription("; ".join(f"{m.name}: {m.value}" for m in lines))
        if rows != self._rows:
            self.updateGeometry()
        self.update()

    def lines(self) -> tuple[MeasureLine, ...]:
        return self._lines

    @property
    def _columns(self) -> int:
        return 2 if len(self._lines) > ONE_COLUMN else 1

    @property
    def _rows(self) -> int:
        return -(-len(self._lines) // self._columns)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(380), self.theme.px(USUAL_ROW) * max(1, self._rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(LEAST_ROW) * max(1, self._rows))

    def paintEvent(self, event: QEvent) -> None:
        if not self._lines:
            return
        theme, columns = self.theme, self._columns
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = theme.px(20)
        wide = (self.width() - gap * (columns - 1)) / columns
        high = min(self.height() / self._rows, theme.px(USUAL_ROW + 6))
        for i, line in enumerate(self._lines):
            row, column = divmod(i, columns)
            box = QRectF(column * (wide + gap), row * high, wide, high)
            self._paint_line(painter, theme, line, box)
            if row < self._rows - 1:
                painter.setPen(QPen(theme.color("line"), 1))
                painter.drawLine(box.bottomLeft(), box.bottomRight())

    def _paint_line(self, painter: QPainter, theme: Theme, line: MeasureLine, box: QRectF) -> None:
        tiny, name = theme.font("tiny", 600), theme.font("small" if self._columns == 2 else "body", 600 if line.tone != "good" else 400)
        wide = min(text_width(tiny, line.value) + theme.px(16), box.width() * 0.6)
        high = min(box.height() - 2, theme.px(22))
        back, ink = TONES[line.tone]
        pill = QRectF(box.right() - wide, box.center().y() - high / 2, wide, high)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color(ink), 1))
        painter.setBrush(theme.color(back))
        painter.drawRoundedRect(pill, high / 2, high / 2)
        painter.setFont(tiny)
        painter.setPen(theme.color(ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, elided(tiny, line.value, wide - theme.px(10)))
        painter.setFont(name)
        painter.setPen(theme.color("ink"))
        room = pill.left() - box.left() - theme.px(8)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, elided(name, line.name, room))
