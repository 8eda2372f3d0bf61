"""The chain of hashes over everything captured in one sitting.

hash = HEX(SHA-256(previous || SHA-256(record))), upper case; previous are the bytes of the hash before, or SHA-256 of nothing for the
first (SBI specification, registration capture).
"""

from __future__ import annotations

import hashlib
import threading
import time

FIRST = hashlib.sha256(b"").hexdigest().upper()
IDLE_S = 900.0
"""After this pause the next capture begins a new chain: it belongs to another applicant."""


def link(previous: str, record: bytes) -> str:
    """The hash of ``record`` after ``previous`` (hex)."""
    return hashlib.sha256(bytes.fromhex(previous) + hashlib.sha256(record).digest()).hexdigest().upper()


class SessionChain:
    """The last hash, shared by the finger, iris and face device of a desk. Thread-safe."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._last = FIRST
        self._at = 0.0

    def previous(self) -> str:
        with self._lock:
            if time.monotonic() - self._at > self._idle_s:
                self._last = FIRST
            return self._last

    def advance(self, last: str) -> None:
        with self._lock:
            self._last, self._at = last, time.monotonic()
