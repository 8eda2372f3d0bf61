"""The real clock, a clock for demonstrations that can be moved, and UUIDv7."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

JUMP_LIMIT_S = 300.0
"""A wall clock that moves this much against the monotonic clock has jumped (PACKET.md, limits)."""
_LINUX_START, _LINUX_MACHINE = Path("/proc/sys/kernel/random/boot_id"), Path("/etc/machine-id")
_WINDOWS_START = (r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters", "BootId")
_WINDOWS_MACHINE = (r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")


def _since_start() -> float:
    """Seconds since the computer started; a computer that sleeps is not one whose clock is set."""
    told = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere the monotonic clock goes on while it sleeps
    return time.monotonic() if told is None else time.clock_gettime(told)


def start_name() -> str:
    """``computer:start``; another start after each start of the computer; where none is told, after each start of the program."""
    computer = _told(_LINUX_MACHINE, _WINDOWS_MACHINE)
    return f"{hashlib.sha256(computer.encode()).hexdigest()[:8]}:{_told(_LINUX_START, _WINDOWS_START) or os.urandom(8).hex()}"


def _told(linux: Path, windows: tuple[str, str]) -> str:
    """What the system says there; empty if nothing."""
    try:
        if sys.platform == "win32":
            import winreg

            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, windows[0]) as key:
                return str(winreg.QueryValueEx(key, windows[1])[0])
        return linux.read_text("ascii").strip()[:36]
    except (OSError, ValueError):
        return ""


class SystemClock:
    """Wall clock and monotonic clock of the machine; remembers a jump between them."""

    def __init__(self) -> None:
        self._wall = time.time()
        self._ran = _since_start()
        self._jumped = False
        self._start = ""

    def now(self) -> datetime:
        wall, ran = time.time(), _since_start()
        if abs((wall - self._wall) - (ran - self._ran)) > JUMP_LIMIT_S:
            self._jumped = True
            self._wall, self._ran = wall, ran
        return datetime.fromtimestamp(wall, UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def jumped(self) -> bool:
        self.now()
        return self._jumped

    def running(self) -> tuple[str, float]:
        self._start = self._start or start_name()
        return self._start, _since_start()

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

    def running(self) -> tuple[str, float]:
        return "", self.monotonic()

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
