"""Python's collector of cycles, kept out of the way of the person at the desk, and on the thread of the windows.

Left alone it walks through everything the program ever made, 100 ms and more, in the middle of a scroll or a key, on whatever thread
happened to allocate the object that was too many; and a widget that dies on another thread than the windows' takes the program with it.
Here the program itself (modules, classes, first window) is set aside for good, and all sweeping is done by a timer of the windows' thread:
young objects every second, what grew old every two minutes and after the desk was locked, when nobody waits for an answer.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

YOUNG_MS = 1_000
YOUNG, ROUNDS = 3_000, 20
"""New objects worth a sweep of the youngest; how many such sweeps go before one of the middle generation."""
EVERY_MS = 120_000
LOCKED_MS = 5_000
AGAIN_MS = 400


def set_aside() -> None:
    """Everything alive now is taken for permanent: call it with the program loaded, not with people's data in memory."""
    gc.freeze()


@cache
def _trim() -> Callable[[int], int] | None:
    """glibc's ``malloc_trim``; other systems give back by themselves."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None


def give_back() -> None:
    """Memory of pages that are gone goes back to the system; on a worker, it takes some milliseconds without the interpreter's lock."""
    trim = _trim()
    if trim is not None:
        trim(0)


class Sweeper(QObject):
    """Sweeps from now on, in the GUI thread; Python's own collector takes over again when it is destroyed."""

    def __init__(self, shell: OperatorWindow) -> None:
        super().__init__(shell)
        self._shell = shell
        self.swept = self._rounds = 0
        self.longest_ms = 0.0
        gc.disable()
        set_aside()
        self._young = QTimer(self)
        self._young.timeout.connect(self._sweep_young)
        self._young.start(YOUNG_MS)
        self._old = QTimer(self)
        self._old.setSingleShot(True)
        self._old.timeout.connect(self._due)
        self._old.start(EVERY_MS)
        shell.stack.currentChanged.connect(self._moved)
        self.destroyed.connect(gc.enable)

    def _moved(self, _index: int) -> None:
        if not self._shell.session.actor.username and self._old.remainingTime() > LOCKED_MS:
            self._old.start(LOCKED_MS)

    def _sweep_young(self) -> None:
        if gc.get_count()[0] > YOUNG:
            self._rounds += 1
            self.sweep(1 if self._rounds % ROUNDS == 0 else 0)

    def _due(self) -> None:
        if self._shell.bridge.pending:
            self._old.start(AGAIN_MS)
            return
        self.sweep()
        self._old.start(EVERY_MS)

    def sweep(self, generation: int = 2) -> None:
        begun = time.perf_counter()
        gc.collect(generation)
        self.swept += 1
        self.longest_ms = max(self.longest_ms, (time.perf_counter() - begun) * 1000)
        if generation == 2:
            self._shell.bridge.run(self._give_back, lambda _r: None)

    def _give_back(self) -> None:
        if not self._shell.session.actor.username:
            self._shell.desk.register.rest()
        give_back()
