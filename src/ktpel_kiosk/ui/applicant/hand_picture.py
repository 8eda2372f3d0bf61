"""Two hands drawn whole: fingers to place are lit and lie down on the glass, press, hold and lift; states per finger.

Good bears a tick, again a turned arrow, a missing finger is a dashed outline: nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import atan2, cos, degrees, pi

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.beat import Beat
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, blend

PHASES, PHASE_MS = 4, 1100
PLACE, PRESS, HOLD, LIFT = range(4)
TRAVEL = 7.0
"""How far a hand moves, in hundredths of its box."""

# A right hand seen from its back, in a box of 100 x 104: tip x, tip y, root x, root y, width.
FINGERS = {
    "index": (26.0, 15.0, 36.0, 62.0, 12.0), "middle": (45.5, 6.0, 48.0, 62.0, 12.6), "ring": (63.5, 11.5, 59.5, 62.0, 12.0),
    "little": (81.0, 27.5, 70.5, 66.0, 10.4), "thumb": (4.5, 51.0, 35.0, 86.0, 13.4),
}
SHOWN = 0.62
"""Share of a finger that is lit."""


def capsule(tip: QPointF, root: QPointF, width: float, share: float = 1.0) -> QPainterPath:
    """A rounded finger from its tip along ``share`` of the way to its root."""
    dx, dy = root.x() - tip.x(), root.y() - tip.y()
    length = (dx * dx + dy * dy) ** 0.5 * share
    path = QPainterPath()
    path.addRoundedRect(QRectF(-width / 2, -width / 2, width, length + width / 2), width / 2, width / 2)
    return QTransform().translate(tip.x(), tip.y()).rotate(degrees(atan2(dy, dx)) - 90).map(path)


@lru_cache(maxsize=40)
def silhouette(without: frozenset[str]) -> QPainterPath:
    """The whole hand in one line, lacking some fingers."""
    palm = QPainterPath()
    palm.moveTo(29, 58)
    palm.cubicTo(40, 52, 62, 52, 75.5, 62)
    palm.cubicTo(78, 76, 74, 86, 68, 94)
    palm.cubicTo(66, 98, 66, 101, 66, 104)
    palm.lineTo(38, 104)
    palm.cubicTo(38, 99, 36, 96, 33, 92)
    palm.cubicTo(27, 84, 27, 70, 29, 58)
    for name, (tx, ty, rx, ry, width) in FINGERS.items():
        if name not in without:
            palm = palm.united(capsule(QPointF(tx, ty + width / 2), QPointF(rx, ry), width))
    return palm.simplified()


@lru_cache(maxsize=16)
def zone(name: str, grow: float = -2.2) -> QPainterPath:
    """The part of a finger that is lit."""
    tx, ty, rx, ry, width = FINGERS[name]
    return capsule(QPointF(tx, ty + width / 2), QPointF(rx, ry), width + grow, SHOWN)


class HandPicture(Painted):
    """``todo``, ``target`` (lit), ``good``, ``attention`` (again) or ``exception`` (not there) per finger."""

    ROLE = "Graphic"

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[Position, str] = {}
        self.beat = Beat(self, PHASES, PHASE_MS, float(HOLD))
        self.beat.want(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(900), self.theme.px(380))

    def set_states(self, states: Mapping[Position, str], told: str = "") -> None:
        """``told``: the same in words, for who listens."""
        self._states = dict(states)
        self.setAccessibleName(told)
        self.beat.want("target" in self._states.values())
        self.update()

    def states(self) -> dict[Position, str]:
        return dict(self._states)

    def _asked(self, side: str) -> bool:
        return any(s == "target" for p, s in self._states.items() if p.value.startswith(side))

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        asked = {side: self._asked(side) for side in ("left", "right")}
        for at, side in enumerate(("left", "right")):
            half = QRectF(at * self.width() / 2, 0, self.width() / 2, self.height())
            quiet = not asked[side] and any(asked.values())
            unit = min(half.width() / 112, half.height() / (106 + TRAVEL)) * (0.8 if quiet else 1.0)
            drift = half.width() * 0.04 * (1 if side == "left" else -1)
            low = min(half.bottom(), half.center().y() + (54 + TRAVEL / 2) * unit)
            origin = QPointF(half.center().x() + drift - 50 * unit, low - 104 * unit - TRAVEL * unit * (0 if quiet else 1))
            painter.setOpacity(0.55 if quiet else 1.0)
            self._hand(painter, side, origin, unit, asked[side])
        painter.setOpacity(1.0)

    def _lift(self) -> float:
        """How high the hand hovers, 0 (on the glass) to 1."""
        at = self.beat.at
        phase, share = int(at) % PHASES, at - int(at)
        ease = (1 - cos(pi * share)) / 2
        return {PLACE: 1 - ease, PRESS: 0.0, HOLD: 0.0, LIFT: ease}[phase]

    def _hand(self, painter: QPainter, side: str, origin: QPointF, unit: float, asked: bool) -> None:
        theme = self.theme
        place = QTransform().translate(origin.x(), origin.y()).scale(unit, unit)
        if side == "left":
            place = QTransform().translate(origin.x() + 100 * unit, origin.y()).scale(-unit, unit)
        states = {p.value.split("_")[1]: s for p, s in self._states.items() if p.value.startswith(side)}
        gone = frozenset(n for n, s in states.items() if s == "exception")
        moved = place
        if asked:
            self._glass(painter, theme, place, {n for n, s in states.items() if s == "target"})
            moved = place * QTransform().translate(0, self._lift() * TRAVEL * unit)
        line = max(1.5, theme.px(2.2))
        painter.setPen(QPen(theme.color("field_line"), line, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(blend(theme.color("surface"), theme.color("soft"), 0.55))
        painter.drawPath(moved.map(silhouette(gone)))
        for name, state in states.items():
            self._finger(painter, theme, moved, name, state, unit)

    def _glass(self, painter: QPainter, theme: Theme, place: QTransform, lit: set[str]) -> None:
        """The scanner's glass under the lit fingertips; it fills while the fingers are held."""
        box = QRectF()
        for name in lit:
            tx, ty, _rx, _ry, width = FINGERS[name]
            box = box.united(QRectF(tx - width, ty - 4, width * 2, width * 2.6))
        glass = place.mapRect(box)
        radius = theme.radius("applicant")
        painter.setPen(QPen(theme.color("accent"), max(1.5, theme.px(2)), Qt.PenStyle.DotLine))
        painter.setBrush(theme.color("accent_soft"))
        painter.drawRoundedRect(glass, radius, radius)

    def _finger(self, painter: QPainter, theme: Theme, place: QTransform, name: str, state: str, unit: float) -> None:
        if state == "todo":
            return
        line = max(1.5, theme.px(2.2))
        if state == "exception":
            tx, ty, rx, ry, width = FINGERS[name]
            pen = QPen(theme.color("faint"), line)
            pen.setDashPattern([3, 3])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(place.map(capsule(QPointF(tx, ty + width / 2), QPointF(rx, ry), width - 2, 0.7)))
            return
        strong, soft = {"target": ("accent", "accent"), "good": ("good", "good_soft")}.get(state, ("attention", "attention_soft"))
        fill = theme.color(soft)
        if state == "target" and self.beat.moving and int(self.beat.at) == PLACE:
            fill = blend(theme.color("accent"), theme.color("surface"), 0.25 * self._lift())
        painter.setPen(QPen(theme.color(strong), line))
        painter.setBrush(fill)
        painter.drawPath(place.map(zone(name)))
        if state in ("good", "attention"):
            tx, ty, _rx, _ry, width = FINGERS[name]
            at, side = place.map(QPointF(tx, ty + width * 0.62)), round(width * 0.72 * unit)
            mark = "check" if state == "good" else "rotate-ccw"
            icons.draw(painter, mark, theme.color(strong), at.x() - side / 2, at.y() - side / 2, side, 3)
