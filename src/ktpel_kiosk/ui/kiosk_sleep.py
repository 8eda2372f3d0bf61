"""The computer slept, or its clock was moved: noticed by comparing clocks once a second, without the system's help.

``CLOCK_BOOTTIME`` runs on while the computer sleeps, ``CLOCK_MONOTONIC`` does not. Where there is no such clock (Windows), a gap between
two looks that the monotonic clock covers means the same. The wall clock against the monotonic one shows that somebody set the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

SLEPT_S = 5.0
MOVED_S = 60.0


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds of three clocks at one moment."""

    wall: float
    mono: float
    boot: float


def read_clocks() -> Clocks:
    mono = time.monotonic()
    boot = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else mono
    return Clocks(time.time(), mono, boot)


def compare(before: Clocks, now: Clocks) -> tuple[float, float]:
    """(seconds slept, seconds the wall clock was moved) between two looks; each 0 where it is within reason."""
    passed, mono = now.boot - before.boot, now.mono - before.mono
    slept = passed - mono if passed - mono > SLEPT_S else 0.0
    moved = (now.wall - before.wall) - passed
    return slept, moved if abs(moved) > MOVED_S else 0.0


class Sleep(QObject):
    """``woke(seconds)`` after a sleep, ``clock_moved(seconds)`` after the time was set by hand or by the network."""

    woke = Signal(float)
    clock_moved = Signal(float)

    def __init__(self, parent: QObject, clocks: Callable[[], Clocks] = read_clocks) -> None:
        super().__init__(parent)
        self._clocks = clocks
        self._before = clocks()
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        now = self._clocks()
        slept, moved = compare(self._before, now)
        self._before = now
        if slept:
            self.woke.emit(slept)
        if moved:
            self.clock_moved.emit(moved)
