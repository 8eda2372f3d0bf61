"""The device manager: knows what is plugged in, runs every call on its device's own thread, ends what hangs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from ktpel_kiosk.domain.errors import NotConnected, Stalled
from ktpel_kiosk.hal.actor import Actor, Observer
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.hal.preview import LatestFrame
from ktpel_kiosk.hal.task import known
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceSeen, DeviceState, PreviewSlot

log = logging.getLogger(__name__)
T = TypeVar("T")


class _Scout(threading.Thread):
    """Looks at the machine through one driver, again and again; a driver that hangs delays nobody else."""

    def __init__(self, actor: Actor, index: int, driver: Driver, interval_s: float) -> None:
        super().__init__(daemon=True, name=f"scout-{driver.name}")
        self._actor = actor
        self._index = index
        self._driver = driver
        self._interval_s = interval_s
        self._kick = threading.Event()
        self._leaving = False
        self._since: float | None = None

    def run(self) -> None:
        while not self._leaving:
            self._since = time.monotonic()
            try:
                found = self._driver.discover()
                self._actor.report(self._index, found)
            except Exception as raised:  # the driver's library may throw anything; the next look may succeed
                self._actor.report(self._index, (), known(raised, self._actor.kind, self._driver.name, "discover"))
            self._since = None
            self._kick.wait(self._interval_s)
            self._kick.clear()

    def look_now(self) -> None:
        self._kick.set()

    def leave(self) -> None:
        self._leaving = True
        self._kick.set()

    def check(self, now: float, limit_s: float) -> None:
        since = self._since
        if since is not None and now - since > limit_s:
            trouble = Stalled("device.discovery_stuck", device_kind=str(self._actor.kind), device=self._driver.name,
                              operation="discover", deadline_s=limit_s)
            self._actor.report(self._index, (), trouble)


class _Watchdog(threading.Thread):
    """Wakes when the next task is due and ends what is overdue."""

    def __init__(self, actors: Sequence[Actor], scouts: Sequence[_Scout], deadlines: Deadlines) -> None:
        super().__init__(daemon=True, name="device-watchdog")
        self._actors = actors
        self._scouts = scouts
        self._stuck_s = deadlines["discovery.stuck"]
        self._cond = threading.Condition()
        self._wake_at = 0.0
        self._leaving = False

    def watch(self, due: float) -> None:
        with self._cond:
            if due < self._wake_at:
                self._wake_at = due
                self._cond.notify()

    def leave(self) -> None:
        with self._cond:
            self._leaving = True
            self._cond.notify()

    def run(self) -> None:
        while not self._leaving:
            with self._cond:
                self._wake_at = float("inf")
            now = time.monotonic()
            due = min([actor.expire(now) for actor in self._actors], default=now + self._stuck_s)
            for scout in self._scouts:
                scout.check(now, self._stuck_s)
            with self._cond:
                # a task that started meanwhile has already lowered _wake_at
                self._wake_at = min(self._wake_at, due, now + self._stuck_s)
                while not self._leaving and (left := self._wake_at - time.monotonic()) > 0:
                    self._cond.wait(left)


class DeviceManager:
    """Implements ports.devices.Devices.

    Construction only starts threads; devices appear afterwards, in any order, at any time. At the start, a call
    made before the first look is over is refused with NotConnected like any other; see :meth:`settle`.
    Listeners and callbacks of futures run on device threads: they must return quickly.

    Args:
        drivers: in order of preference within each kind.
        deadlines: the table of waits.
        prefer: per kind the serial, key or label of the wanted device.
        observer: told of every opening, call and change, e.g. :class:`ktpel_kiosk.hal.history.HistoryKeeper`.
    """

    def __init__(self, drivers: Sequence[Driver], deadlines: Deadlines | None = None,
                 prefer: Mapping[DeviceKind, str] | None = None, observer: Observer | None = None) -> None:
        self._deadlines = deadlines or Deadlines()
        self._listeners: list[Callable[[DeviceState], None]] = [observer.changed] if observer is not None else []
        self._listening = threading.Lock()
        self._closed = False
        self._unserved = LatestFrame()
        self._watchdog: _Watchdog | None = None
        self._actors: dict[DeviceKind, Actor] = {}
        self._scouts: list[_Scout] = []
        for kind in DeviceKind:
            mine = [driver for driver in drivers if driver.kind is kind]
            if mine:
                actor = Actor(kind, mine, self._deadlines, self._publish, self._watch, (prefer or {}).get(kind, ""), observer)
                self._actors[kind] = actor
                self._scouts += [_Scout(actor, i, d, self._deadlines["discovery.interval"]) for i, d in enumerate(mine)]
        self._watchdog = _Watchdog(list(self._actors.values()), self._scouts, self._deadlines)
        self._watchdog.start()
        for scout in self._scouts:
            scout.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def states(self) -> Sequence[DeviceState]:
        """One state per kind, in the order of DeviceKind; a kind without driver is MISSING ``device.not_configured``."""
        return tuple(self._actors[kind].state() if kind in self._actors
                     else DeviceState(kind, DeviceHealth.MISSING, None, "device.not_configured") for kind in DeviceKind)

    def inventory(self) -> Sequence[DeviceSeen]:
        return tuple(seen for actor in self._actors.values() for seen in actor.inventory())

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        """See the port; remembering it over a restart is the caller's work (``prefer`` of the constructor)."""
        if kind in self._actors:
            self._actors[kind].prefer(wanted)

    def subscribe(self, listener: Callable[[DeviceState], None]) -> Callable[[], None]:
        with self._listening:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._listening:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def call(self, kind: DeviceKind, operation: str, work: Callable[[Any], T], deadline_s: float) -> Future[T]:
        """See the port. A call still waiting behind another after ``deadline_s`` fails with Busy, and is never started."""
        if kind in self._actors and not self._closed:
            return self._actors[kind].submit(operation, work, deadline_s)
        refused: Future[T] = Future()
        key = "device.closed" if self._closed else "device.not_configured"
        refused.set_exception(NotConnected(key, device_kind=str(kind), operation=operation))
        return refused

    def interrupt(self, kind: DeviceKind) -> None:
        """Cut the running call of this kind short (the operator cancelled); it raises CaptureFailed ``device.interrupted``."""
        if kind in self._actors:
            self._actors[kind].interrupt()

    def preview(self, kind: DeviceKind) -> PreviewSlot:
        return self._actors[kind].slot if kind in self._actors else self._unserved

    def start_preview(self, kind: DeviceKind) -> None:
        """Idempotent; survives unplugging: frames come again when a camera does."""
        if kind in self._actors:
            self._actors[kind].set_preview(True)

    def stop_preview(self, kind: DeviceKind) -> None:
        """Idempotent; the last frame is forgotten."""
        if kind in self._actors:
            self._actors[kind].set_preview(False)

    def look_now(self) -> None:
        """Let every driver look at the machine now rather than at its next turn."""
        for scout in self._scouts:
            scout.look_now()

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Wait until the first look is over and what was found is open; for the command line and tests, not the UI thread."""
        until = time.monotonic() + timeout_s
        return all(actor.wait_settled(max(0.0, until - time.monotonic())) for actor in self._actors.values())

    def close(self) -> None:
        """Cut running calls short, close all devices, end all threads. Idempotent; takes at most ``manager.close``."""
        if self._closed:
            return
        self._closed = True
        until = time.monotonic() + self._deadlines["manager.close"]
        for scout in self._scouts:
            scout.leave()
        for actor in self._actors.values():
            actor.begin_close()
        left = [actor.kind for actor in self._actors.values() if not actor.finish_close(until)]
        if self._watchdog is not None:
            self._watchdog.leave()
        for thread in [*self._scouts, *([self._watchdog] if self._watchdog else [])]:
            thread.join(max(0.05, until - time.monotonic()))
        if left:
            log.warning("device threads left behind at shutdown: %s", ", ".join(left))

    def _watch(self, due: float) -> None:
        if self._watchdog is not None:
            self._watchdog.watch(due)

    def _publish(self, state: DeviceState) -> None:
        with self._listening:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(state)
            except Exception:  # one deaf listener must not silence the others or kill the device's thread
                log.exception("listener of %s failed", state.kind)
