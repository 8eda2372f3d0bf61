"""Devices that start behind the window: nothing about them may delay the first picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from ktpel_kiosk.ports.devices import DeviceKind, DeviceSeen, DeviceState, PreviewSlot

if TYPE_CHECKING:
    from ktpel_kiosk.domain.biometric import DeviceIdentity
    from ktpel_kiosk.hal.history import HistoryKeeper
    from ktpel_kiosk.hal.manager import DeviceManager
    from ktpel_kiosk.ports.device_history import DeviceRecord

T = TypeVar("T")
Listener = Callable[[DeviceState], None]


class LateHistory:
    """The health history, read from its file when somebody first asks or the devices start. Thread-safe."""

    def __init__(self, make: Callable[[], HistoryKeeper]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._keeper: HistoryKeeper | None = None

    def keeper(self) -> HistoryKeeper:
        with self._lock:
            if self._keeper is None:
                self._keeper = self._make()
            return self._keeper

    def records(self) -> Sequence[DeviceRecord]:
        return self.keeper().records()

    def record(self, kind: DeviceKind, identity: DeviceIdentity) -> DeviceRecord | None:
        return self.keeper().record(kind, identity)

    def close(self) -> None:
        with self._lock:
            keeper = self._keeper
        if keeper is not None:
            keeper.close()


class LateDevices:
    """A device manager that is made by :meth:`start`, or by the first call that needs a device. Thread-safe.

    Until then it has no states, and listeners wait: they hear of every device once the manager looks around.

    Args:
        remember: keeps a preference over a restart; raises when it cannot, and then nothing changes.
        history: closed after the devices.
    """

    def __init__(self, make: Callable[[], DeviceManager], remember: Callable[[DeviceKind, str], object] = lambda _kind, _wanted: None,
                 history: LateHistory | None = None) -> None:
        self._make = make
        self._remember = remember
        self._history = history
        self._making = threading.RLock()
        self._lock = threading.RLock()
        self._manager: DeviceManager | None = None
        self._waiting: list[Listener] = []
        self._leave: dict[int, Callable[[], None]] = {}

    def start(self) -> DeviceManager:
        """Make the manager (idempotent) and hand it the waiting listeners. Drivers are imported here: seconds on a slow PC."""
        if self._manager is not None:
            return self._manager
        with self._making:  # nobody who only subscribes waits for this
            if self._manager is None:
                made = self._make()
                with self._lock:
                    waiting, self._waiting = self._waiting, []
                    self._leave |= {id(listener): made.subscribe(listener) for listener in waiting}
                    self._manager = made
                for state in made.states():  # what became ready before the listener was there
                    for listener in waiting:
                        if id(listener) in self._leave:
                            listener(state)
            return self._manager

    def states(self) -> Sequence[DeviceState]:
        return self._manager.states() if self._manager is not None else ()

    def inventory(self) -> Sequence[DeviceSeen]:
        return self._manager.inventory() if self._manager is not None else ()

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        """See the port. Writes a file: call it from a worker thread. Raises BadInput ``devices.*``, DiskFull, IoFailure."""
        self._remember(kind, wanted)
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

    def look_now(self) -> None:
        """See the manager's own; devices that were not started yet are looked for when they are."""
        if self._manager is not None:
            self._manager.look_now()

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Start and wait for the first look around; see the manager's own."""
        return self.start().settle(timeout_s)

    def close(self) -> None:
        with self._lock:
            manager = self._manager
        if manager is not None:
            manager.close()
        if self._history is not None:
            self._history.close()
