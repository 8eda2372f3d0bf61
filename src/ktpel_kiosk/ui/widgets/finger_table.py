"""All ten fingers at a glance: left and right hand side by side, each with its quality in a word and the number behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width
from ktpel_kiosk.ui.widgets.buttons import TONES

NAMES = ("thumb", "index", "middle", "ring", "little")
SIDES = ("left", "right")
LEAST_ROW, USUAL_ROW, HEAD = 20, 30, 18
HANDS = ("Kiri", "Kanan")


@dataclass(frozen=True, slots=True)
class FingerCell:
    """``name`` of the finger, ``value`` in words (empty: not yet), its tone; ``short``: where there is no room for the whole value."""

    name: str
    value: str = ""
    tone: str = "neutral"
    short: str = ""


class FingerTable(Painted):
    """Five lines, two columns, never scrolled: lines get lower before anything is left out."""

    ROLE = "Table"

    def __init__(self) -> None:
        super().__init__()
        self._cells: dict[Position, FingerCell] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def set_cells(self, cells: Mapping[Position, FingerCell]) -> None:
        if dict(cells) == self._cells:
            return
        self._cells = dict(cells)
        said = [f"{c.name} {'kiri' if p.value.startswith('left') else 'kanan'}: {c.value or 'belum'}" for p, c in cells.items()]
        self.setAccessibleName("Hasil sepuluh jari. " + "; ".join(said))
        self.setToolTip("\n".join(said))
        self.update()

    def cells(self) -> dict[Position, FingerCell]:
        return dict(self._cells)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(380), self.theme.px(USUAL_ROW + 3) * len(NAMES) + self.theme.px(HEAD))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(260), self.theme.px(LEAST_ROW) * len(NAMES) + self.theme.px(HEAD))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = theme.px(20)
        top = theme.px(HEAD)
        wide, high = (self.width() - gap) / 2, min((self.height() - top) / len(NAMES), theme.px(USUAL_ROW + 8))
        for column, side in enumerate(SIDES):
            painter.setFont(theme.font("tiny", 600))
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(column * (wide + gap), 0, wide, top), Qt.AlignmentFlag.AlignVCenter, HANDS[column])
            for row, name in enumerate(NAMES):
                cell = self._cells.get(Position(f"{side}_{name}"))
                box = QRectF(column * (wide + gap), top + row * high, wide, high)
                if cell is not None:
                    self._paint_cell(painter, theme, cell, box)
                if row < len(NAMES) - 1:
                    painter.setPen(QPen(theme.color("line"), 1))
                    painter.drawLine(box.bottomLeft(), box.bottomRight())

    def _paint_cell(self, painter: QPainter, theme: Theme, cell: FingerCell, box: QRectF) -> None:
        font = theme.font("small", 500)
        painter.setFont(font)
        painter.setPen(theme.color("ink" if cell.value else "muted"))
        name = text_width(font, cell.name) + theme.px(8)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, cell.name)
        if not cell.value:
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "–")
            return
        back, ink = TONES[cell.tone]
        tiny = theme.font("tiny", 600)
        room = box.width() - name - theme.px(16)
        text = cell.value if text_width(tiny, cell.value) < room - 1 else cell.short or cell.value
        wide = min(room, text_width(tiny, text)) + theme.px(16)
        high = min(box.height() - 2, theme.px(22))
        pill = QRectF(box.right() - wide, box.center().y() - high / 2, wide, high)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color(ink), 1))
        painter.setBrush(theme.color(back))
        painter.drawRoundedRect(pill, high / 2, high / 2)
        painter.setFont(tiny)
        painter.setPen(theme.color(ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, elided(tiny, text, room))
