"""Python's collector of cycles, kept out of the way of the person at the desk.

Left alone it walks through everything the program ever made, 100 ms and more, in the middle of a scroll or a key, on whatever thread
happened to allocate the object that was too many. Here the program itself (modules, classes, first window) is set aside for good, young
objects are swept as ever, and what grew old is swept by a timer when nobody waits for an answer.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

YOUNG, MIDDLE, NEVER = 5_000, 10, 1_000_000
"""Allocations before the youngest are swept; rounds of that before the middle ones are; the old ones by the timer only."""
EVERY_MS = 120_000
LOCKED_MS = 5_000
AGAIN_MS = 400


def set_aside() -> None:
    """Everything alive now is taken for permanent: call it with the program loaded, not with people's data in memory."""
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    gc.freeze()


class Sweeper(QObject):
    """Sweeps every two minutes, and soon after the desk was locked, at a moment when no desk call is on its way."""

    def __init__(self, shell: OperatorWindow) -> None:
        super().__init__(shell)
        self._shell = shell
        self.swept = 0
        self.longest_ms = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._due)
        shell.stack.currentChanged.connect(self._moved)
        self._timer.start(EVERY_MS)

    def _moved(self, _index: int) -> None:
        if not self._shell.session.actor.username and self._timer.remainingTime() > LOCKED_MS:
            self._timer.start(LOCKED_MS)

    def _due(self) -> None:
        if self._shell.bridge.pending:
            self._timer.start(AGAIN_MS)
            return
        self.sweep()
        self._timer.start(EVERY_MS)

    def sweep(self) -> None:
        begun = time.perf_counter()
        gc.collect()
        self.swept += 1
        self.longest_ms = max(self.longest_ms, (time.perf_counter() - begun) * 1000)
