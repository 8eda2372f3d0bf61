"""The real clock, a clock for demonstrations that can be moved, and UUIDv7."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta

JUMP_LIMIT_S = 300.0
"""A wall clock that moves this much against the monotonic clock has jumped (PACKET.md, limits)."""


class SystemClock:
    """Wall clock and monotonic clock of the machine; remembers a jump between them."""

    def __init__(self) -> None:
        self._wall = time.time()
        self._mono = time.monotonic()
        self._jumped = False

    def now(self) -> datetime:
        wall = time.time()
        if abs((wall - self._wall) - (time.monotonic() - self._mono)) > JUMP_LIMIT_S:
            self._jumped = True
            self._wall, self._mono = wall, time.monotonic()
        return datetime.fromtimestamp(wall, UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def jumped(self) -> bool:
        self.now()
        return self._jumped

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class PracticeClock:
    """Starts at a chosen moment and can be advanced: simulated working time of simulated officers.

    Thread-safe. Never jumps: its wall time follows the monotonic clock plus what was advanced.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._mono = time.monotonic()
        self._extra = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic() - self._mono)

    def monotonic(self) -> float:
        with self._lock:
            return time.monotonic() + self._extra

    def jumped(self) -> bool:
        return False

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` of working time pass at once."""
        with self._lock:
            self._extra += max(0.0, seconds)


class Uuid7:
    """UUIDv7 (RFC 9562) from the clock; monotone within one process."""

    def __init__(self, clock: SystemClock | PracticeClock) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def new(self) -> str:
        stamp = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            # 12 bits of sub-millisecond counter keep ids of one process in order
            value = max((stamp << 12) | (int.from_bytes(os.urandom(2), "big") & 0x3FF), self._last + 1)
            self._last = value
        bits = (value >> 12 << 80) | (7 << 76) | ((value & 0xFFF) << 64) | (2 << 62) | int.from_bytes(os.urandom(8), "big") >> 2
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
