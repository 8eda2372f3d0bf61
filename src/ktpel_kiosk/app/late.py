"""Devices that start behind the window: nothing about them may delay the first picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from ktpel_kiosk.ports.devices import DeviceKind, DeviceSeen, DeviceState, PreviewSlot

if TYPE_CHECKING:
    from ktpel_kiosk.hal.manager import DeviceManager

T = TypeVar("T")
Listener = Callable[[DeviceState], None]


class LateDevices:
    """A device manager that is made by :meth:`start`, or by the first call that needs a device. Thread-safe.

    Until then it has no states, and listeners wait: they hear of every device once the manager looks around.
    """

    def __init__(self, make: Callable[[], DeviceManager]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._manager: DeviceManager | None = None
        self._waiting: list[Listener] = []
        self._leave: dict[int, Callable[[], None]] = {}

    def start(self) -> DeviceManager:
        """Make the manager (idempotent) and hand it the waiting listeners."""
        with self._lock:
            if self._manager is None:
                self._manager = self._make()
                for listener in self._waiting:
                    self._leave[id(listener)] = self._manager.subscribe(listener)
                    for state in self._manager.states():  # what became ready before the listener was there
                        listener(state)
                self._waiting.clear()
            return self._manager

    def states(self) -> Sequence[DeviceState]:
        return self._manager.states() if self._manager is not None else ()

    def inventory(self) -> Sequence[DeviceSeen]:
        return self._manager.inventory() if self._manager is not None else ()

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        self.start().prefer(kind, wanted)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._lock:
            if self._manager is not None:
                return self._manager.subscribe(listener)
            self._waiting.append(listener)
        return lambda: self._unsubscribe(listener)

    def _unsubscribe(self, listener: Listener) -> None:
        with self._lock:
            if listener in self._waiting:
                self._waiting.remove(listener)
            leave = self._leave.pop(id(listener), None)
        if leave is not None:
            leave()

    def call(self, kind: DeviceKind, operation: str, work: Callable[[Any], T], deadline_s: float) -> Future[T]:
        return self.start().call(kind, operation, work, deadline_s)

    def interrupt(self, kind: DeviceKind) -> None:
        self.start().interrupt(kind)

    def preview(self, kind: DeviceKind) -> PreviewSlot:
        return self.start().preview(kind)

    def start_preview(self, kind: DeviceKind) -> None:
        self.start().start_preview(kind)

    def stop_preview(self, kind: DeviceKind) -> None:
        self.start().stop_preview(kind)

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Start and wait for the first look around; see the manager's own."""
        return self.start().settle(timeout_s)

    def close(self) -> None:
        with self._lock:
            manager = self._manager
        if manager is not None:
            manager.close()
