"""Who sits at the desk now: unlocked signing keys, and waits after wrong passwords. Memory only; gone with the process."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

Key = tuple[int, str, datetime]
"""Index of a stage, which of its clocks, and since when it runs."""

if TYPE_CHECKING:
    from ktpel_kiosk.ports.services import Signer


class Seats:
    """Thread-safe. ``trying`` is held for one sign-in attempt, so that nobody gets free tries by trying side by side."""

    def __init__(self) -> None:
        self.trying = threading.Lock()
        self._lock = threading.Lock()
        self._signers: dict[str, Signer] = {}
        self._free_at: dict[str, float] = {}
        self.counted_at: float | None = None
        """Monotonic moment at which :mod:`sign_in_bound` counted last in this process."""
        self.answered_at: float | None = None
        """Monotonic moment at which it noted an answer of the centre last."""
        self.distances: dict[str, dict[Key, float]] = {}
        """Of each application whose stage runs: wall clock against monotonic clock when that began; see :mod:`stopwatch`."""

    def take(self, username: str, signer: Signer) -> None:
        """The officer signed in: the key may be used until :meth:`leave`."""
        with self._lock:
            self._signers[username] = signer

    def leave(self, username: str) -> None:
        """Signed out, locked or idle: the key is forgotten."""
        with self._lock:
            self._signers.pop(username, None)

    def empty(self) -> bool:
        """Nobody is signed in at this desk."""
        with self._lock:
            return not self._signers

    def signer(self, username: str) -> Signer | None:
        with self._lock:
            return self._signers.get(username)

    def free_at(self, username: str) -> float | None:
        """Moment on the monotonic clock from which another try is allowed; None when this process knows of none."""
        with self._lock:
            return self._free_at.get(username)

    def wait_until(self, username: str, monotonic: float) -> None:
        with self._lock:
            self._free_at[username] = monotonic

    def no_wait(self, username: str) -> None:
        with self._lock:
            self._free_at.pop(username, None)
