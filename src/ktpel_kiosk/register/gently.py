"""Long work on the register that lets the desk go first: it rests as long as it works, and ends when told."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

STEPS: Final = 4000
"""Steps of SQLite's machine between two looks at the clock: well below a millisecond of work."""
WORK_S, REST_S, LONGEST_REST_S = 0.004, 1.0, 0.05
"""Rests after four milliseconds, as long as it worked, at most 50 ms: the desk always finds processor and disk free."""


class Stopped(Exception):
    """Somebody wants the register closed; nothing was found out."""


class Gently:
    """Call it between two pieces of work; raises :class:`Stopped` once ``stop`` is set."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()
        self._began = time.monotonic()

    def __call__(self) -> None:
        worked = time.monotonic() - self._began
        if worked >= WORK_S:
            if self._stop.wait(min(worked * REST_S, LONGEST_REST_S)):
                raise Stopped
            self._began = time.monotonic()

    def within(self, connection: Any) -> None:
        """Also within long statements of this connection; a statement that is stopped fails as interrupted."""
        connection.set_progress_handler(self._step, STEPS)

    def _step(self) -> int:
        try:
            self()
        except Stopped:
            return 1
        return 0
