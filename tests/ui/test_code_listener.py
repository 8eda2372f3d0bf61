"""Somebody waits at the scanner all day: codes arrive, others get the device at once, trouble and absence pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Event, Thread

import pytest

from ktpel_kiosk.domain.errors import Stalled
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ui.code_listener import CodeListener


def until(ready: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not ready() and time.monotonic() < end:
        time.sleep(0.01)
    return ready()


@pytest.fixture
def desk() -> Iterator[tuple[SimulatedWorld, DeviceManager, list[str]]]:
    world = SimulatedWorld(people=lambda *_a: None, realtime=True)  # type: ignore[arg-type, return-value]
    drivers = [d for d in world.drivers() if d.kind is DeviceKind.BARCODE]
    manager = DeviceManager(drivers, Deadlines({"discovery.interval": 0.05, "actor.reopen": 0.05}))
    manager.settle()
    codes: list[str] = []
    listener = CodeListener(manager, codes.append, wait_s=3.0, pause_s=0.05)
    listener.start()
    yield world, manager, codes
    started = time.monotonic()
    listener.stop()
    assert not listener.is_alive() and time.monotonic() - started < 2
    world.close()
    manager.close()


def health(manager: DeviceManager) -> DeviceHealth:
    return next(s.health for s in manager.states() if s.kind is DeviceKind.BARCODE)


def test_codes_arrive_in_order_and_the_scanner_never_looks_busy(desk) -> None:
    world, manager, codes = desk
    seen: list[DeviceHealth] = []
    manager.subscribe(lambda s: seen.append(s.health))
    for code in ("0001/KTP/XI/2026", "0002/KTP/XI/2026"):
        world.scan_code(code)
    assert until(lambda: codes == ["0001/KTP/XI/2026", "0002/KTP/XI/2026"])
    assert health(manager) is DeviceHealth.READY and DeviceHealth.BUSY not in seen


def test_whoever_needs_the_scanner_gets_it_at_once(desk) -> None:
    world, manager, codes = desk
    time.sleep(0.2)
    started = time.monotonic()
    asked = manager.call(DeviceKind.BARCODE, "barcode.read", lambda s: s.read(2.0), 5.0)
    time.sleep(0.2)
    assert health(manager) is DeviceHealth.BUSY
    world.scan_code("UJI-123")
    assert asked.result() == "UJI-123" and time.monotonic() - started < 1.5 and codes == []
    world.scan_code("0003/KTP/XI/2026")
    assert until(lambda: codes == ["0003/KTP/XI/2026"]), "and then somebody waits again"


def test_unplugged_and_back(desk) -> None:
    world, manager, codes = desk
    world.faults.add("barcode", "unplugged")
    assert until(lambda: health(manager) is DeviceHealth.MISSING)
    world.faults.clear("barcode")
    assert until(lambda: health(manager) is DeviceHealth.READY)
    world.scan_code("0004/KTP/XI/2026")
    assert until(lambda: codes == ["0004/KTP/XI/2026"])


class Hasty:
    """Devices whose scanner says "nothing there" without waiting."""

    def __init__(self) -> None:
        self.asked = 0

    def call(self, _kind: DeviceKind, _operation: str, _work: object, _limit: float) -> Future[str]:
        self.asked += 1
        answer: Future[str] = Future()
        answer.set_exception(Stalled("barcode.none", device_kind="barcode", operation="read"))
        return answer

    def interrupt(self, _kind: DeviceKind) -> None:
        pass


class Late(Hasty):
    """The wait begins just after the listener was told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.told, self.cut = Event(), Event(), Event()

    def call(self, _kind: DeviceKind, _operation: str, _work: object, _limit: float) -> Future[str]:
        self.begun.set()
        assert self.told.wait(5.0)
        answer: Future[str] = Future()
        Thread(target=lambda: answer.set_exception(Stalled("barcode.none", device_kind="barcode", operation="read"))
               if self.cut.wait(5.0) else None, daemon=True).start()
        return answer

    def interrupt(self, _kind: DeviceKind) -> None:
        if self.told.is_set():
            self.cut.set()
        self.told.set()


def test_a_wait_that_begins_while_it_is_told_to_end_is_cut_too() -> None:
    devices = Late()
    listener = CodeListener(devices, lambda _code: None)  # type: ignore[arg-type]
    listener.start()
    assert devices.begun.wait(5.0)
    started = time.monotonic()
    listener.stop()
    assert not listener.is_alive() and time.monotonic() - started < 2


def test_a_scanner_that_does_not_wait_costs_no_processor() -> None:
    devices = Hasty()
    listener = CodeListener(devices, lambda _code: None)  # type: ignore[arg-type]
    listener.start()
    time.sleep(0.3)
    listener.stop()
    assert 1 <= devices.asked <= 5
