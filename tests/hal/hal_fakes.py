"""Devices that do exactly what a test tells them, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.ports.devices import DeviceKind, DeviceState

FAST = Deadlines({
    "discovery.interval": 0.02, "discovery.first": 0.15, "discovery.stuck": 0.1, "actor.open": 0.3, "actor.reopen": 0.03,
    "actor.probe": 0.2, "actor.probe_interval": 0.05, "actor.gone": 0.05, "actor.takeover": 0.05, "manager.close": 0.5,
    "preview.interval": 0.005, "preview.retry": 0.01, "camera.frame": 0.2, "camera.still": 0.2,
})


class FakeDevice:
    def __init__(self, driver: FakeDriver, key: str) -> None:
        self.driver, self.key = driver, key
        self.closed = False
        self.frames = 0

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("Fake", self.key, self.key)

    def healthy(self) -> None:
        if self.driver.sick is not None:
            raise self.driver.sick

    def close(self) -> None:
        self.closed = True

    def frame(self) -> RawImage:
        if self.driver.bad_frame is not None:
            raise self.driver.bad_frame
        self.frames += 1
        return RawImage(1, 1, 1, bytes([self.frames % 256]))


class FakeDriver:
    def __init__(self, kind: DeviceKind = DeviceKind.CARD_READER, *keys: str, name: str = "fake") -> None:
        self.kind, self.name = kind, name
        self.keys = list(keys)
        self.opened: list[FakeDevice] = []
        self.sick: Exception | None = None
        self.bad_frame: Exception | None = None
        self.refuse: Exception | None = None
        self.blind: Exception | None = None
        self.discover_gate = threading.Event()
        self.discover_gate.set()

    def discover(self) -> Sequence[Found]:
        self.discover_gate.wait(5)
        if self.blind is not None:
            raise self.blind
        return [Found(key, f"label {key}", key) for key in self.keys]

    def open(self, found: Found) -> FakeDevice:
        if self.refuse is not None:
            raise self.refuse
        device = FakeDevice(self, found.key)
        self.opened.append(device)
        return device


def until(condition: Callable[[], bool], timeout_s: float = 3.0) -> None:
    """Wait for ``condition`` or fail."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "condition did not come true"
        time.sleep(0.003)


class Seen:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.states: list[DeviceState] = []

    def __call__(self, state: DeviceState) -> None:
        self.states.append(state)

    def healths(self) -> list[str]:
        return [str(state.health) for state in self.states]
