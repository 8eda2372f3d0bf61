"""The attempts of one slap below each other: scores per finger, which counts, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width

SHOWN = 3


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """``scores``: (finger, score, tone, counts)."""

    number: int
    scores: tuple[tuple[str, str, str, bool], ...]
    note: str

    @property
    def used(self) -> bool:
        return any(s[3] for s in self.scores)


class AttemptHistory(Painted):
    """The last three attempts; the one that counts has a tick and a soft ground."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[AttemptLine, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_lines(self, lines: Sequence[AttemptLine]) -> None:
        self._lines = tuple(lines[-SHOWN:])
        said = [f"Percobaan {a.number}: {', '.join(f'{n} {v}' for n, v, _t, _u in a.scores)}; {a.note}" for a in self._lines]
        self.setAccessibleName("Riwayat percobaan. " + ". ".join(said))
        self.setVisible(bool(self._lines))
        self.updateGeometry()
        self.update()

    def lines(self) -> tuple[AttemptLine, ...]:
        return self._lines

    def _row(self) -> int:
        return self.theme.px(27)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(320), self._row() * len(self._lines))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, line in enumerate(self._lines):
            self._paint_line(painter, theme, line, QRectF(0, i * self._row(), self.width(), self._row()))

    def _paint_line(self, painter: QPainter, theme: Theme, line: AttemptLine, box: QRectF) -> None:
        p = theme.px
        if line.used:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("good_soft"))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), theme.radius("plate"), theme.radius("plate"))
            icons.draw(painter, "circle-check", theme.color("good"), box.left() + p(8), box.center().y() - p(7), p(14))
        font = theme.font("small", 600)
        painter.setFont(font)
        painter.setPen(theme.color("ink" if line.used else "muted"))
        x = box.left() + p(32)
        painter.drawText(QRectF(x, box.top(), p(24), box.height()), Qt.AlignmentFlag.AlignVCenter, str(line.number))
        x += p(22)
        plain = theme.font("small")
        for name, score, tone, counts in line.scores:
            painter.setFont(plain)
            painter.setPen(theme.color("ink" if counts else "muted"))
            painter.drawText(QRectF(x, box.top(), p(200), box.height()), Qt.AlignmentFlag.AlignVCenter, name)
            x += text_width(plain, name) + p(5)
            painter.setFont(font)
            painter.setPen(theme.color(tone if counts or tone == "attention" else "muted"))
            painter.drawText(QRectF(x, box.top(), p(80), box.height()), Qt.AlignmentFlag.AlignVCenter, score)
            x += text_width(font, score) + p(14)
        painter.setFont(plain)
        painter.setPen(theme.color("good" if line.used else "muted"))
        room = QRectF(x, box.top(), box.right() - x - p(10), box.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, elided(plain, line.note, room.width()))
