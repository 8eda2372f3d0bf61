"""Reading aloud to people who cannot read, through whatever the machine has (espeak-ng, spd-say); silent otherwise.

Nothing here waits: the speaking program runs beside the windows, is given its text through a pipe (a NIK on a command line could be
read in the list of processes) and is killed when a new text comes, when it hangs, or when it fails; then the next program is tried.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, QProcess, QTimer, Signal


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that reads its standard input aloud; ``{voice}`` stands for the language; ``hush`` silences what went on to a daemon."""

    program: str
    arguments: tuple[str, ...]
    hush: tuple[str, ...] = ()


ENGINES = (
    Engine("espeak-ng", ("-v", "{voice}", "-s", "140", "-b", "1", "--stdin")),
    Engine("spd-say", ("-l", "{voice}", "-r", "-20", "-w", "--pipe-mode"), ("-S",)),
)
PATIENCE_MS, PER_SIGN_MS = 15_000, 150
"""So long a text may take at most; whatever speaks longer hangs."""


class Voice(QObject):
    """One voice per process; a new text replaces the one being read. GUI thread only."""

    speaking = Signal(bool)

    def __init__(self, engines: tuple[Engine, ...] = ENGINES, *, patience_ms: int = PATIENCE_MS) -> None:
        super().__init__()
        self._found = tuple((e, path) for e in engines if (path := shutil.which(e.program)))
        self._patience = patience_ms
        self._process: QProcess | None = None
        self._text, self._language, self._at = "", "id", 0
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._failed)

    @staticmethod
    @lru_cache(maxsize=1)
    def shared() -> Voice:
        return Voice()

    @property
    def available(self) -> bool:
        """False hides the buttons: nothing is offered that cannot be done."""
        return bool(self._found)

    @property
    def busy(self) -> bool:
        return self._process is not None

    @property
    def settled(self) -> bool:
        """No program of ours runs any more, not even one that was killed."""
        return self._process is None and not self.findChildren(_Leftover)

    def say(self, text: str, language: str = "id") -> None:
        """Read ``text``; what was being read stops at once."""
        self.stop()
        if self._found and text.strip():
            self._text, self._language, self._at = " ".join(text.split()), language, 0
            self._start()
            self.speaking.emit(True)

    def stop(self) -> None:
        if self._process is not None:
            self._drop()
            self.speaking.emit(False)

    def _start(self) -> None:
        engine, path = self._found[self._at]
        process = self._process = QProcess(self)
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._broke)
        process.start(path, [a.format(voice=self._language) for a in engine.arguments])
        process.write(self._text.encode() + b"\n")
        process.closeWriteChannel()
        self._limit.start(self._patience + PER_SIGN_MS * len(self._text))

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if self.sender() is not self._process:
            return
        if code or status is not QProcess.ExitStatus.NormalExit:
            self._failed()
        else:
            self.stop()

    def _broke(self, error: QProcess.ProcessError) -> None:
        if self.sender() is self._process and error is QProcess.ProcessError.FailedToStart:
            self._failed()

    def _failed(self) -> None:
        """It crashed, hangs or cannot speak this language: the next program reads the text from its beginning."""
        hung = not self._limit.isActive()
        self._drop()
        if self._at + 1 < len(self._found) and not hung:
            self._at += 1
            self._start()
        else:
            self.speaking.emit(False)

    def _drop(self) -> None:
        """Let go of the program without waiting for its end."""
        process, self._process = self._process, None
        self._limit.stop()
        if process is None:
            return
        process.blockSignals(True)
        if process.state() is QProcess.ProcessState.NotRunning:
            process.deleteLater()
            return
        hush = self._found[self._at][0].hush
        if hush:
            QProcess.startDetached(self._found[self._at][1], list(hush))
        process.kill()
        _Leftover(process, self)


class _Leftover(QObject):
    """Keeps a killed program until the system has buried it."""

    def __init__(self, process: QProcess, parent: QObject) -> None:
        super().__init__(parent)
        self._process = process
        self._look = QTimer(self)
        self._look.setInterval(100)
        self._look.timeout.connect(self._check)
        self._look.start()

    def _check(self) -> None:
        if self._process.state() is QProcess.ProcessState.NotRunning:
            self._look.stop()
            self._process.deleteLater()
            self.deleteLater()
