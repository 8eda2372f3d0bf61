"""Locking by itself: after a while without anybody at either window, said 30 seconds before."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

WARN_S = 30
SIGNS = frozenset({
    QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.Wheel, QEvent.Type.TouchBegin,
    QEvent.Type.TouchUpdate, QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.InputMethod,
})
"""Events that show somebody is there, at the officer's or the applicant's window."""


class IdleLock(QObject):
    """``warned(seconds)`` once a second before ``due``; ``calm`` when somebody turned up after a warning."""

    due = Signal()
    warned = Signal(int)
    calm = Signal()

    def __init__(self, seconds: float, parent: QObject) -> None:
        super().__init__(parent)
        self.seconds = seconds
        self._ends = math.inf
        self._warning = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    @property
    def active(self) -> bool:
        return self._ends < math.inf

    def start(self) -> None:
        self._ends = time.monotonic() + self.seconds
        self._calm_down()
        self._next()

    def stop(self) -> None:
        self._ends = math.inf
        self._timer.stop()
        self._calm_down()

    def touched(self) -> None:
        """Somebody is there. Called for every event: nothing but a clock is read most of the time."""
        if self.active:
            self._ends = time.monotonic() + self.seconds
            if self._warning:
                self._calm_down()
                self._next()

    def _calm_down(self) -> None:
        if self._warning:
            self._warning = False
            self.calm.emit()

    def _look(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            self.stop()
            self.due.emit()
            return
        if left <= WARN_S and self.seconds > WARN_S:
            self._warning = True
            self.warned.emit(math.ceil(left))
        self._next()

    def _next(self) -> None:
        """Sleep until the warning, then second by second."""
        left = self._ends - time.monotonic()
        wait = min(1.0, left) if left <= WARN_S else left - WARN_S
        self._timer.start(max(10, round(wait * 1000)))
