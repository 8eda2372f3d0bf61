"""The lanes of the network as threads: one sends bytes, one does everything small, one announces ahead; they sleep until woken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.siak.uploader import Uploader
from ktpel_kiosk.siak.watcher import NetworkWatcher, NoWatcher


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds.

    Attributes:
        idle_s: between looks at the queue. budget_s: one pass of the main lane. status_every_s: between looks at the status feed.
        status_wait_s: the long poll, only while the main lane has nothing to send. stop_s: how long :meth:`UploaderThread.stop` waits.
    """

    idle_s: float = 5.0
    budget_s: float = 60.0
    status_every_s: float = 15.0
    status_wait_s: float = 10.0
    stop_s: float = 5.0


class UploaderThread:
    """Runs an :class:`Uploader` on three threads. ``start``, ``stop`` and ``wake`` may be called from any thread.

    Args:
        beside: called after each look at the status feed, once more when that look found the line down, then not until it is up
            (questions to the centre about people without a packet, reports of cards).
        always: called as often, whatever the line does (the day's work).
        watcher: tells when the network came back; the next probe then happens at once.
    """

    def __init__(self, uploader: Uploader, rhythm: Rhythm | None = None, *, beside: Callable[[], object] = lambda: None,
                 always: Callable[[], object] = lambda: None, watcher: NetworkWatcher | None = None) -> None:
        self._uploader, self._beside, self._always = uploader, beside, always
        self._rhythm = rhythm or Rhythm()
        self._watcher = watcher or NoWatcher()
        self._stopped = threading.Event()
        self._polling = threading.Event()
        self._sending = threading.Event()
        self._main = Lane("siak-network", self._main_turn, self._rhythm.idle_s, self._stopped)
        self._small = Lane("siak-network-small", self._small_turn, self._rhythm.idle_s, self._stopped)
        self._ahead = Lane("siak-network-ahead", self._ahead_turn, self._rhythm.idle_s, self._stopped)
        self._lanes = (self._main, self._small, self._ahead)
        self._next_status = 0.0
        uploader.on_finished = self._finished

    @property
    def trouble(self) -> str:
        """Message key (or class name of a bug) that ended the last turn of a lane, empty when both ended well."""
        return next((lane.trouble for lane in self._lanes if lane.trouble), "")

    def start(self) -> None:
        for lane in self._lanes:
            lane.start()
        self._watcher.start(self.wake)

    def wake(self) -> None:
        """Something was sealed, the network changed, or a person pressed "try now": do not wait for the next turn or probe."""
        self._uploader.probe_now()
        for lane in self._lanes:
            lane.wake()

    def _finished(self) -> None:
        """One packet's bytes are there: its receipt is due, and another one may be announced."""
        self._small.wake()
        self._ahead.wake()

    def stop(self) -> bool:
        """Stop after the current chunk; False when a lane is still inside a request after ``stop_s``.

        A status poll under way is not waited for: it changes nothing any more.
        """
        self._stopped.set()
        self._uploader.request_stop()
        self._watcher.stop()
        for lane in self._lanes:
            lane.wake()
        ended = self._main.join(self._rhythm.stop_s)
        ended = self._ahead.join(self._rhythm.stop_s) and ended
        return self._small.join(0.1 if self._polling.is_set() else self._rhythm.stop_s) and ended

    def _main_turn(self) -> bool:
        self._sending.set()
        try:
            return self._uploader.send_due(self._rhythm.budget_s).unfinished
        finally:
            self._sending.clear()

    def _ahead_turn(self) -> bool:
        if self._uploader.run_ahead().tried:  # the main lane may have looked while these were claimed, and gone to sleep
            self._main.wake()
        return False

    def _small_turn(self) -> bool:
        self._small_work()
        return False

    def _small_work(self) -> None:
        self._uploader.run_receipts()
        if time.monotonic() < self._next_status or self._stopped.is_set():
            return
        was_up = self._uploader.line().up
        self._polling.set()
        try:
            self._uploader.pull_statuses(0.0 if self._sending.is_set() else self._rhythm.status_wait_s)
        finally:
            self._polling.clear()
        self._next_status = time.monotonic() + self._rhythm.status_every_s
        if self._stopped.is_set():
            return
        if self._uploader.line().up is not False or was_up is not False:
            self._beside()
        self._always()


class Lane:
    """A thread that takes turns until stopped, ``idle_s`` apart unless it is woken or ``turn`` says that there is more to do."""

    def __init__(self, name: str, turn: Callable[[], bool], idle_s: float, stopped: threading.Event) -> None:
        self._turn, self._idle_s, self._stopped = turn, idle_s, stopped
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self.trouble = ""

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._awake.set()

    def join(self, timeout_s: float) -> bool:
        """True when it has ended, or never began."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stopped.is_set():
            self._awake.clear()
            more = False
            try:
                more = self._turn()
                self.trouble = ""
            except KioskError as error:  # the register could not store (disk full): nothing is lost, the next turn tries again
                self.trouble = error.message_key
            except Exception as error:  # the queue outlives any single bug; the screen shows its name
                self.trouble = type(error).__name__
            if not more:
                self._awake.wait(self._idle_s)
