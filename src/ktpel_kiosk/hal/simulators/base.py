"""What all simulated devices share: being plugged in, hanging, waiting without waiting, being cut short."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Found

if TYPE_CHECKING:
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld
    from ktpel_kiosk.ports.devices import Device, DeviceKind


class SimulatedDevice:
    """Base of the simulators; ``kind`` is also the name of the device in the fault script."""

    kind: DeviceKind
    model = ""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self.faults = world.faults
        self._cut = threading.Event()

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("KTP-el Kiosk", self.model, f"SIM-{self.kind}-{self.world.seed}", "simulator 1", simulated=True)

    def healthy(self) -> None:
        if self.faults.active(self.kind, "unplugged"):
            raise NotConnected("device.unplugged", device_kind=str(self.kind))

    def close(self) -> None:
        self._cut.set()

    def interrupt(self) -> None:
        self._cut.set()

    def begin(self, operation: str) -> None:
        """First line of every operation."""
        self._cut.clear()
        self.healthy()
        stall = self.faults.strikes(self.kind, "stall")
        if stall is not None:
            self.world.released.wait(stall.number("seconds", 60.0))
            raise Stalled("device.no_answer", device_kind=str(self.kind), operation=operation)

    def pause(self, seconds: float) -> None:
        """Simulated time passes; it costs real time only in a real-time world.

        Raises:
            CaptureFailed: interrupted. NotConnected: unplugged meanwhile.
        """
        if self.world.realtime:
            self._cut.wait(seconds)
        self.check()

    def check(self) -> None:
        if self._cut.is_set():
            raise CaptureFailed("device.interrupted", device_kind=str(self.kind))
        self.healthy()

    def wait_for(self, ready: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for something that people do to the world. A world without real time does not wait: it is there or not."""
        until = time.monotonic() + (timeout_s if self.world.realtime else 0.0)
        while not ready():
            left = until - time.monotonic()
            if left <= 0:
                return False
            self.world.wait_change(min(left, 0.1))
            self.check()
        return True


class SimulatedDriver:
    """Finds the one simulated device of a kind while it is plugged in."""

    def __init__(self, kind: DeviceKind, world: SimulatedWorld, make: Callable[[], Device]) -> None:
        self.kind = kind
        self.name = f"simulated-{kind}"
        self._world = world
        self._make = make

    def discover(self) -> Sequence[Found]:
        if self._world.faults.active(self.kind, "unplugged"):
            return ()
        return (Found(f"simulated-{self.kind}", f"Simulator {self.kind.replace('_', ' ')}", f"SIM-{self.kind}-{self._world.seed}"),)

    def open(self, found: Found) -> Device:
        if self._world.faults.strikes(self.kind, "busy"):
            raise Busy("device.busy_elsewhere", device_kind=str(self.kind), device=found.label)
        return self._make()
