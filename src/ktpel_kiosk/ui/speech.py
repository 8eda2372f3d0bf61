"""Reading aloud to people who cannot read, through whatever the machine has (spd-say, espeak-ng); silent otherwise."""

from __future__ import annotations

import shutil
from functools import lru_cache

from PySide6.QtCore import QProcess

VOICES: tuple[tuple[str, tuple[str, ...]], ...] = (("spd-say", ("-l", "id", "-r", "-20")), ("espeak-ng", ("-v", "id", "-s", "145")))


class Voice:
    """One voice per process; a new text replaces the one being read."""

    def __init__(self) -> None:
        self._program, self._args = next(((p, a) for p, a in VOICES if shutil.which(p)), ("", ()))
        self._process: QProcess | None = None

    @staticmethod
    @lru_cache(maxsize=1)
    def shared() -> Voice:
        return Voice()

    @property
    def available(self) -> bool:
        """False hides the button: nothing is offered that cannot be done."""
        return bool(self._program)

    def say(self, text: str) -> None:
        if not self._program:
            return
        if self._process is not None:
            self._process.kill()
            self._process.waitForFinished(200)
        self._process = QProcess()
        self._process.start(self._program, [*self._args, text])
