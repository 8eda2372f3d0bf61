"""The SOP's steps side by side, with the time used against the mutu baku."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width

if TYPE_CHECKING:
    from ktpel_kiosk.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the bar. ``state``: ``done active near over waiting todo skipped``; ``time`` is the second line."""

    number: int
    title: str
    time: str
    state: str


SLIM_STEPS = 38
LEAST = 96
"""Design pixels a neighbour of the step at hand needs to show words."""
STEP_SIGNS = {"near": ("clock", "hampir lewat"), "over": ("triangle-alert", "lewat mutu baku")}
"""Colour is never the only sign: before the time stands an icon, and a screen reader says the words."""
STEP_TONES = {"done": "good", "active": "accent", "waiting": "attention", "over": "trouble", "near": "attention"}


class StepBar(Painted):
    """The SOP's steps side by side, with time used against the mutu baku."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[Step, ...] = ()
        self._short: set[int] = set()
        self._slim = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_steps(self, steps: Sequence[Step]) -> None:
        if tuple(steps) != self._steps:
            self._steps = tuple(steps)
            told = [f"{s.title} {s.time} {STEP_SIGNS.get(s.state, ('', ''))[1]}".strip() for s in steps]
            self.setToolTip("\n".join(f"{s.number}. {text}" for s, text in zip(steps, told, strict=True)))
            self.setAccessibleName("Langkah: " + "; ".join(f"{s.number} {text}" for s, text in zip(steps, told, strict=True)))
            self.update()

    def set_slim(self, on: bool) -> None:
        """One line instead of two, where the work below needs the room: the time of the step at hand stands behind its name."""
        if on != self._slim:
            self._slim = on
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.theme.px(SLIM_STEPS if self._slim else 60))

    def paintEvent(self, event: QEvent) -> None:
        if not self._steps:
            return
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(outline, theme.radius("card"), theme.radius("card"))
        painter.fillPath(path, theme.color("surface"))
        painter.save()
        painter.setClipPath(path)
        for i, (step, left, right) in enumerate(self._cells()):
            cell = QRectF(left, 0, right - left, self.height())
            if step.state in ("active", "over", "waiting", "near"):
                painter.fillRect(cell, theme.color(f"{STEP_TONES[step.state]}_soft"))
            if i:
                painter.fillRect(QRectF(left, 0, 1, self.height()), theme.color("line"))
            self._cell(painter, theme, step, cell, words=i not in self._short)
        painter.restore()
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _cells(self) -> list[tuple[Step, float, float]]:
        """The step at hand gets the room its words need; its neighbours share the rest, those further away are only their disc."""
        theme, count, width = self.theme, len(self._steps), self.width()
        want = [float(self._wanted(theme, s)) for s in self._steps]
        self._short = set()
        if sum(want) <= width:
            widths = [w + (width - sum(want)) / count for w in want]
        else:
            at = next((i for i, s in enumerate(self._steps) if s.state not in ("done", "skipped")), 0)
            widths = self._squeezed(want, at, min(theme.px(48), width / count), theme.px(LEAST))
        edges = [0.0]
        for w in widths:
            edges.append(edges[-1] + w)
        return [(s, edges[i], edges[i + 1]) for i, s in enumerate(self._steps)]

    def _squeezed(self, want: list[float], at: int, disc: float, least: float) -> list[float]:
        near = [i for i in (at - 1, at + 1) if 0 <= i < len(want)]
        far = len(want) - 1 - len(near)
        rest = self.width() - far * disc - min(want[at], self.width() - (far + len(near)) * disc)
        worded = near if near and rest >= least * len(near) else []
        self._short = set(range(len(want))) - {at, *worded}
        widths = [disc] * len(want)
        for i in worded:
            widths[i] = rest * want[i] / sum(want[k] for k in worded)
        widths[at] = self.width() - sum(w for i, w in enumerate(widths) if i != at)
        return widths

    def _wanted(self, theme: Theme, step: Step) -> int:
        title = text_width(theme.font("row", 600), step.title)
        if self._slim:
            return theme.px(58) + title + self._beside(theme, step)
        return theme.px(58) + max(title, self._sign_room(theme, step) + text_width(theme.font("small", 600), step.time))

    @staticmethod
    def _sign_room(theme: Theme, step: Step) -> int:
        return theme.px(18) if step.state in STEP_SIGNS and step.time else 0

    def _time(self, painter: QPainter, theme: Theme, step: Step, room: QRectF) -> None:
        """The time, its sign before it; the painter has the font and colour."""
        shift = self._sign_room(theme, step)
        if shift:
            side = theme.px(14)
            icons.draw(painter, STEP_SIGNS[step.state][0], painter.pen().color(), room.left(), room.center().y() - side / 2, side, 2.4)
        painter.drawText(room.adjusted(shift, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter,
                         elided(painter.font(), step.time, room.width() - shift))

    @staticmethod
    def _beside(theme: Theme, step: Step) -> int:
        """Room of a time that stands behind the name."""
        shown = step.time and step.state not in ("done", "skipped")
        return StepBar._sign_room(theme, step) + text_width(theme.font("small", 600), step.time) + theme.px(8) if shown else 0

    def _cell(self, painter: QPainter, theme: Theme, step: Step, cell: QRectF, *, words: bool) -> None:
        side = theme.px(22 if self._slim else 26)
        x = cell.left() + (theme.px(11) if words else (cell.width() - side) / 2)
        disc = QRectF(x, (self.height() - side) / 2, side, side)
        tone = STEP_TONES.get(step.state, "")
        if tone:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(tone))
        else:
            painter.setPen(QPen(theme.color("field_line"), 1))
            painter.setBrush(theme.color("surface"))
        painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        if step.state == "done":
            tick = theme.px(12 if self._slim else 14)
            icons.draw(painter, "check", theme.color("on_accent"), disc.center().x() - tick / 2, disc.center().y() - tick / 2, tick, 3.2)
        else:
            painter.setFont(theme.font("small", 600))
            painter.setPen(theme.color("on_accent" if tone else "ink" if step.state == "skipped" else "muted"))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, "–" if step.state == "skipped" else str(step.number))
        if not words:
            return
        room = cell.adjusted(theme.px(11) + side + theme.px(9), 0, -theme.px(6), 0)
        painter.setPen(theme.color("ink"))
        title_font, time_font = theme.font("row", 600), theme.font("small", 600 if tone and step.state != "done" else 400)
        painter.setFont(title_font)
        if self._slim or not step.time:
            beside = self._beside(theme, step) if self._slim else 0
            title = elided(title_font, step.title, room.width() - beside)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
            if beside:
                painter.setFont(time_font)
                painter.setPen(theme.color(tone or "muted"))
                self._time(painter, theme, step, room.adjusted(text_width(title_font, title) + theme.px(8), 0, 0, 0))
            return
        middle = self.height() / 2
        painter.drawText(QRectF(room.left(), middle - theme.px(20), room.width(), theme.px(20)), Qt.AlignmentFlag.AlignVCenter,
                         elided(title_font, step.title, room.width()))
        painter.setFont(time_font)
        painter.setPen(theme.color(tone if tone and step.state != "done" else "muted"))
        self._time(painter, theme, step, QRectF(room.left(), middle, room.width(), theme.px(19)))
