"""From pen reports to a signature: strokes, hovering, lost reports, the pad's clock, taps on buttons drawn on the pad. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.hal.drivers.stu_reports import MAX_PRESSURE, Area, Capability, Pen

WRAP = 0x10000
SILENCE_S = 0.15
"""A pen on the glass reports without pause. Where reports have no number, a longer pause between two touching ones is a loss: the
queue between pad and program holds about so much."""


class SignatureInk:
    """One signature in the making.

    Args:
        pad: sizes of the pad.
        buttons: areas on its screen, by name; what begins in one is a tap and no ink.

    Attributes:
        points: ink, each lift (pressure 0) and the hovering between two strokes, in pad units.
        lost: reports missing since the capture began or was cleared.
        pressed: name of the button tapped last; empty when none.
        drawing: the pen is on the glass now.
        inked_at: host time of the last ink, seconds; 0.0 before the first.
    """

    def __init__(self, pad: Capability, buttons: Mapping[str, Area]) -> None:
        self._pad, self._buttons = pad, dict(buttons)
        self._scale = pad.screen[0] / pad.tablet[0], pad.screen[1] / pad.tablet[1]
        self._last: Pen | None = None
        self._last_at = 0.0
        self._time = 0.0
        self._start: float | None = None
        self._on = ""
        self._hover: list[PenPoint] = []
        self._where = (0, 0)
        self.pressed = ""
        self.drawing = False
        self.clear()

    def clear(self) -> None:
        """Begin anew; the numbering of the pad goes on."""
        self.points: list[PenPoint] = []
        self.lost = 0
        self.inked_at = 0.0
        self._start = None
        self._hover.clear()

    @property
    def empty(self) -> bool:
        return not self.points

    def take(self, pen: Pen, at: float) -> list[PenPoint]:
        """One report, read at host time ``at``; the points it adds."""
        last = self._last
        if last is not None:
            if pen.sequence is not None and last.sequence is not None:
                if pen.sequence == last.sequence:
                    return []
                self.lost += (pen.sequence - last.sequence - 1) % WRAP
            elif pen.touch and last.touch and at - self._last_at > SILENCE_S:
                self.lost += round((at - self._last_at) * self._pad.rate)
            self._time += self._elapsed(pen, last, at - self._last_at)
        self._last, self._last_at = pen, at
        if pen.near:
            self._where = self._inside(pen)
        new = self._touching(pen) if pen.touch else self._lifted(pen)
        if pen.touch and new:
            self.inked_at = at
        self.points += new
        return new

    def _elapsed(self, pen: Pen, last: Pen, host_s: float) -> float:
        """Milliseconds since the last report: the pad's clock, whose turns over (65.5 s each) the host's clock counts."""
        if pen.clock is None or last.clock is None:
            return host_s * 1000
        step = (pen.clock - last.clock) % WRAP
        return step + WRAP * max(0, round((host_s * 1000 - step) / WRAP))

    def _touching(self, pen: Pen) -> list[PenPoint]:
        if not self.drawing:
            self.drawing = True
            self._on = self._button()
        if self._on:
            return []
        if self._start is None:
            self._start = self._time
        hover = [*self._hover] if self.points else []
        self._hover.clear()
        pressure = max(1, min(MAX_PRESSURE, round(pen.pressure * MAX_PRESSURE / self._pad.pressure)))
        return [*hover, self._point(pressure)]

    def _lifted(self, pen: Pen) -> list[PenPoint]:
        if self.drawing:
            self.drawing = False
            if self._on:
                self.pressed = self._on if self._button() == self._on else ""
                return []
            return [self._point(0)] if self.points else []
        if pen.near and self.points:
            self._hover.append(self._point(0))
        return []

    def _point(self, pressure: int) -> PenPoint:
        return PenPoint(*self._where, pressure, round(self._time - (self._start or 0.0)))

    def _inside(self, pen: Pen) -> tuple[int, int]:
        return min(pen.x, self._pad.tablet[0]), min(pen.y, self._pad.tablet[1])

    def _button(self) -> str:
        x, y = self._where[0] * self._scale[0], self._where[1] * self._scale[1]
        return next((name for name, area in self._buttons.items() if area.holds(x, y)), "")
