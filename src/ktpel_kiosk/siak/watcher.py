"""Has the network come back? The operating system knows at once; without it the next probe finds out within a minute."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

SETTLE_S = 1.0
"""An interface that comes up tells so several times (link, address, route): it is asked once, when it is quiet for so long."""
SETTLE_AT_MOST_S = 5.0


class NetworkWatcher(Protocol):
    def start(self, on_change: Callable[[], object]) -> None:
        """From now on ``on_change`` is called, on a thread of the watcher, soon after an interface, address or route came."""
        ...

    def stop(self) -> None:
        """No call begins after this returns. Also before :meth:`start`, and again."""
        ...


class NoWatcher:
    """Where the system tells nothing."""

    def start(self, on_change: Callable[[], object]) -> None:
        pass

    def stop(self) -> None:
        pass


class Debounce:
    """Many notes, one call: ``settle_s`` after the last note, ``at_most_s`` after the first. Any thread may note."""

    def __init__(self, call: Callable[[], object], settle_s: float = SETTLE_S, at_most_s: float = SETTLE_AT_MOST_S) -> None:
        self._call, self._settle_s, self._at_most_s = call, settle_s, at_most_s
        self._changed = threading.Condition()
        self._first = self._last = 0.0
        self._waiting = self._stopped = False
        self._thread = threading.Thread(target=self._loop, name="network-watcher-call", daemon=True)
        self._thread.start()

    def note(self) -> None:
        with self._changed:
            self._last = time.monotonic()
            if not self._waiting:
                self._first, self._waiting = self._last, True
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(5.0)

    def _loop(self) -> None:
        while self._quiet():
            self._call()

    def _quiet(self) -> bool:
        """Wait for notes and for the quiet after them; False at the end."""
        with self._changed:
            while not self._stopped:
                if not self._waiting:
                    self._changed.wait()
                    continue
                left = min(self._last + self._settle_s, self._first + self._at_most_s) - time.monotonic()
                if left <= 0:
                    self._waiting = False
                    return True
                self._changed.wait(left)
            return False


def system_watcher(platform: str = sys.platform) -> NetworkWatcher:
    """The one of this system."""
    if platform.startswith("linux"):
        from ktpel_kiosk.siak.watcher_linux import LinuxWatcher

        return LinuxWatcher()
    if platform == "win32":
        from ktpel_kiosk.siak.watcher_windows import WindowsWatcher, ip_helper

        return WindowsWatcher(ip_helper())
    return NoWatcher()
