"""The one network thread: sends what is due, asks for news, sleeps until woken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.siak.uploader import Uploader


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. ``status_wait_s`` is the long poll; a newly sealed packet waits at most that long."""

    idle_s: float = 5.0
    budget_s: float = 60.0
    status_every_s: float = 15.0
    status_wait_s: float = 2.0
    stop_s: float = 5.0


class UploaderThread:
    """Runs an :class:`Uploader`. ``start``, ``stop`` and ``wake`` may be called from any thread.

    Args:
        beside: called after each look at the status feed (questions to the centre about people without a packet, the day's work).
    """

    def __init__(self, uploader: Uploader, rhythm: Rhythm | None = None, *, beside: Callable[[], object] = lambda: None) -> None:
        self._uploader, self._beside = uploader, beside
        self._rhythm = rhythm or Rhythm()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="siak-network", daemon=True)
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Message key (or class name of a bug) that ended the last pass, empty when it ended well."""
        return self._trouble

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something was sealed, or a person pressed "try now": do not wait for the next turn or probe."""
        self._uploader.probe_now()
        self._wake.set()

    def stop(self) -> bool:
        """Stop after the current chunk; False when the thread is still inside a request after ``stop_s``."""
        self._stopped.set()
        self._uploader.request_stop()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(self._rhythm.stop_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        until_status = 0.0
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self._uploader.run_once(self._rhythm.budget_s)
                if until_status <= 0 and not self._stopped.is_set():
                    until_status = self._rhythm.status_every_s
                    self._uploader.pull_statuses(self._rhythm.status_wait_s)
                    self._beside()
                self._trouble = ""
            except KioskError as error:  # the register could not store (disk full): nothing is lost, the next turn tries again
                self._trouble = error.message_key
            except Exception as error:  # the queue outlives any single bug; the screen shows its name
                self._trouble = type(error).__name__
            if not self._wake.wait(self._rhythm.idle_s):
                until_status -= self._rhythm.idle_s
