"""The attempts of one slap side by side: small pictures, scores per finger, which counts, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width

SHOWN = 3
WIDE, HIGH, GAP = 172, 62, 8


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """``scores``: (finger, score, tone, counts); ``pictures``: of the same fingers, in their order, or none."""

    number: int
    scores: tuple[tuple[str, str, str, bool], ...]
    note: str
    pictures: tuple[QImage | None, ...] = ()

    @property
    def used(self) -> bool:
        return any(s[3] for s in self.scores)


class AttemptHistory(Painted):
    """The last three attempts one below the other, beside the plate; the one that counts has a tick and a soft ground.

    Attempts that were not made yet are empty places, so that nothing moves when one is added.
    """

    ROLE = "List"

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[AttemptLine, ...] = ()
        self._small: dict[tuple[int, int, int, int], QImage] = {}
        self._more = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def set_lines(self, lines: Sequence[AttemptLine], *, more: bool = True) -> None:
        """``more``: further attempts may follow."""
        if (tuple(lines[-SHOWN:]), more) == (self._lines, self._more):
            return
        self._lines, self._more = tuple(lines[-SHOWN:]), more
        said = [f"Percobaan {a.number}: {', '.join(f'{n} {v}' for n, v, _t, _u in a.scores)}; {a.note}" for a in self._lines]
        self.setAccessibleName("Riwayat percobaan. " + ". ".join(said))
        self.setToolTip("\n".join(said))
        self._small.clear()
        self.update()

    def lines(self) -> tuple[AttemptLine, ...]:
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(WIDE), self.theme.px(HIGH * SHOWN + GAP * (SHOWN - 1)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(WIDE), self.theme.px(HIGH))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = theme.px(GAP)
        fit = max(1, min(SHOWN, int((self.height() + gap) / (theme.px(HIGH) + gap))))
        high = min(theme.px(HIGH + 26), (self.height() - gap * (fit - 1)) / fit)
        shown, first = self._lines[-fit:], self._lines[0].number if self._lines else 1
        for i in range(fit):
            box = QRectF(0, i * (high + gap), self.width(), high)
            if i < len(shown):
                self._paint_attempt(painter, theme, shown[i], box)
            elif self._more:
                self._paint_open(painter, theme, first + i, box)

    @staticmethod
    def _paint_open(painter: QPainter, theme: Theme, number: int, box: QRectF) -> None:
        pen = QPen(theme.color("line"), 1)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("plate"), theme.radius("plate"))
        painter.setFont(theme.font("tiny", 500))
        painter.setPen(theme.color("faint"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"percobaan {number}")

    def _paint_attempt(self, painter: QPainter, theme: Theme, line: AttemptLine, box: QRectF) -> None:
        p = theme.px
        painter.setPen(QPen(theme.color("good" if line.used else "line"), 1))
        painter.setBrush(theme.color("good_soft" if line.used else "surface"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("plate"), theme.radius("plate"))
        font, plain = theme.font("small", 600), theme.font("tiny")
        x, high = box.left() + p(8), p(22)
        if line.used:
            icons.draw(painter, "circle-check", theme.color("good"), x, box.top() + p(6), p(13))
            x += p(17)
        painter.setFont(font)
        painter.setPen(theme.color("ink" if line.used else "muted"))
        painter.drawText(QRectF(x, box.top() + p(2), p(24), high), Qt.AlignmentFlag.AlignVCenter, str(line.number))
        x += text_width(font, str(line.number)) + p(7)
        painter.setFont(plain)
        painter.setPen(theme.color("good" if line.used else "muted"))
        room = box.right() - x - p(6)
        painter.drawText(QRectF(x, box.top() + p(2), room, high), Qt.AlignmentFlag.AlignVCenter, elided(plain, line.note, room))
        cell = (box.width() - p(12)) / max(1, len(line.scores))
        for i, score in enumerate(line.scores):
            self._paint_finger(painter, theme, line, i, score, QRectF(box.left() + p(6) + i * cell, box.top() + high + p(3), cell,
                                                                      box.height() - high - p(8)))

    def _paint_finger(self, painter: QPainter, theme: Theme, line: AttemptLine, i: int, score: tuple[str, str, str, bool],
                      box: QRectF) -> None:
        """A small picture over the number, beside it where the place is low; without a picture the first letters of the finger."""
        name, value, tone, counts = score
        under = theme.px(16) if box.height() >= theme.px(46) else 0
        share = 1.0 if under else 0.48
        picture = self._thumb(line, i, QSize(round(box.width() * share - theme.px(4)), round(box.height() - under)))
        font = theme.font("tiny", 600)
        painter.setFont(font)
        painter.setPen(theme.color(tone if counts or tone == "attention" else "muted"))
        if picture is None:
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, f"{name[:3]} {value}")
            return
        size = picture.deviceIndependentSize()
        x = box.center().x() - size.width() / 2 if under else box.left()
        painter.drawImage(QPointF(round(x), round(box.top() + (box.height() - under - size.height()) / 2)), picture)
        if under:
            painter.drawText(QRectF(box.left(), box.bottom() - under, box.width(), under), Qt.AlignmentFlag.AlignCenter, value)
        else:
            painter.drawText(box.adjusted(size.width() + theme.px(4), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, value)

    def _thumb(self, line: AttemptLine, i: int, room: QSize) -> QImage | None:
        """Scaled once for its room."""
        whole = line.pictures[i] if i < len(line.pictures) else None
        if whole is None or room.height() < 4 or room.width() < 4:
            return None
        ratio = self.devicePixelRatioF()
        key = (line.number, i, room.width(), room.height())
        if key not in self._small:
            made = whole.scaled(room * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
            made.setDevicePixelRatio(ratio)
            self._small[key] = made
        return self._small[key]
