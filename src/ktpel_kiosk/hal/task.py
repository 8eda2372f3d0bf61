"""One piece of work on a device's thread: its deadline, and exactly one outcome however many threads compete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from enum import Enum
from typing import Any

from ktpel_kiosk.domain.errors import (
    BugError,
    CaptureFailed,
    CardRefused,
    CardRemoved,
    DeviceTrouble,
    KioskError,
    Stalled,
)
from ktpel_kiosk.ports.devices import DeviceKind

NOT_THE_DEVICES_FAULT = (CaptureFailed, CardRemoved, CardRefused, Stalled)
"""What a device raises about the applicant or the card; it leaves the device's own health alone.

``Stalled`` raised *by* a device means nobody came; a device that hangs is found by the watchdog instead.
"""


class Role(Enum):
    CALL = "call"
    OPEN = "open"
    PROBE = "probe"
    FRAME = "frame"
    CLOSE = "close"


class Task:
    """Work with a deadline in seconds; it may wait that long in the inbox and then run that long."""

    def __init__(self, role: Role, operation: str, work: Callable[[Any], Any], deadline_s: float,
                 subject: Any = None) -> None:
        self.role = role
        self.operation = operation
        self.deadline_s = deadline_s
        self.subject = subject
        self.future: Future[Any] = Future()
        self.started = time.monotonic()
        self.due = self.started + deadline_s
        self.gone = False
        self._work = work
        self._settling = threading.Lock()
        self._settled = False

    def start(self) -> bool:
        """Mark it running; False when the caller cancelled it meanwhile."""
        self.started = time.monotonic()
        self.due = self.started + self.deadline_s
        return self.future.set_running_or_notify_cancel()

    def run(self, device: Any) -> Any:
        return self._work(device)

    def settle(self, result: Any = None, error: BaseException | None = None) -> None:
        """Deliver the outcome once; later ones are discarded. Callbacks of the future run on this thread."""
        with self._settling:
            if self._settled:
                return
            self._settled = True
        try:
            if error is not None:
                self.future.set_exception(error)
            else:
                self.future.set_result(result)
        except InvalidStateError:
            return  # cancelled by the caller between queue and start


def known(error: Exception, kind: DeviceKind, device: str, operation: str) -> KioskError:
    """``error`` as one of the house's; device errors learn where they happened."""
    if isinstance(error, DeviceTrouble):
        for name, value in (("device_kind", str(kind)), ("device", device), ("operation", operation)):
            error.facts.setdefault(name, value)
        return error
    if isinstance(error, KioskError):
        return error
    facts: dict[str, str] = {"device_kind": str(kind), "device": device, "operation": operation, "cause": type(error).__name__}
    fresh: KioskError = DeviceTrouble("device.io", **facts) if isinstance(error, OSError) else BugError("device.bug", **facts)
    fresh.__cause__ = error
    return fresh
