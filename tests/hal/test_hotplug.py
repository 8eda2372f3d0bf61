"""Devices come and go in any order, in the middle of calls, under a seed: nothing is lost, nothing hangs, no thread stays."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait

import pytest
from hal_fakes import FAST, FakeDriver, until

from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind

QUICK = Deadlines({**FAST, "actor.open": 1.0, "manager.close": 2.0})
LONGEST = 1.5
SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.gate) for seed in range(2, 40))]


@pytest.fixture
def world() -> Iterator[SimulatedWorld]:
    made = SimulatedWorld(seed=5, realtime=True)
    yield made
    made.close()


def _waits(kind: DeviceKind):  # type: ignore[no-untyped-def]
    """A call that waits for a person where the device has such a call, and else a probe."""
    if kind is DeviceKind.CARD_READER:
        return lambda d: d.connect(0.4)
    if kind is DeviceKind.BARCODE:
        return lambda d: d.read(0.4)
    if kind in (DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.SIGNATURE):
        return lambda d: (d.pause(0.2), d.identity())[1]
    return lambda d: d.identity()


@pytest.mark.parametrize("seed", SEEDS)
def test_storm_over_every_kind_of_simulated_device(world: SimulatedWorld, seed: int) -> None:
    before = set(threading.enumerate())
    rng = random.Random(seed)
    kinds = [driver.kind for driver in world.drivers()]
    away: set[DeviceKind] = set()
    for kind in kinds:
        if rng.random() < 0.5:
            world.faults.add(kind, "unplugged")
            away.add(kind)
    manager = DeviceManager(world.drivers(), QUICK)
    futures: list[tuple[float, Future[object]]] = []
    try:
        for _ in range(120):
            kind = rng.choice(kinds)
            if rng.random() < 0.4:
                if kind in away:
                    world.faults.clear(kind, "unplugged")
                    away.discard(kind)
                else:
                    world.faults.add(kind, "unplugged")
                    away.add(kind)
            elif rng.random() < 0.1:
                manager.prefer(kind, rng.choice(["", f"simulated-{kind}", "another"]))
            else:
                futures.append((time.monotonic(), manager.call(kind, "storm", _waits(kind), 0.6)))
            time.sleep(rng.uniform(0, 0.012))
        done, stuck = wait([f for _, f in futures], LONGEST)
        assert not stuck
        assert len(done) == len({id(f) for _, f in futures})
        for future in done:
            error = future.exception(0)
            assert error is None or isinstance(error, DeviceTrouble), error
        for kind in away:
            world.faults.clear(kind, "unplugged")
        until(lambda: all(s.health in (DeviceHealth.READY, DeviceHealth.BUSY) for s in manager.states() if s.kind in kinds))
        for kind in kinds:
            assert manager.call(kind, "after", lambda d: d.identity().serial, 1).result(2) == f"SIM-{kind}-5"
    finally:
        world.close()
        manager.close()
    until(lambda: not [t for t in set(threading.enumerate()) - before if t.is_alive()])


@pytest.mark.parametrize("seed", SEEDS)
def test_storm_of_several_equal_devices_ends_on_the_wanted_one(make, seed: int) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(seed)
    driver = FakeDriver(DeviceKind.CARD_READER, name="many")
    manager = make(driver, prefer={DeviceKind.CARD_READER: "c"}, settle=False)
    futures = []
    for _ in range(80):
        driver.keys = rng.sample("abcd", rng.randint(0, 4))
        futures.append(manager.call(DeviceKind.CARD_READER, "key", lambda d: (time.sleep(0.002), d.key)[1], 0.5))
        time.sleep(rng.uniform(0, 0.015))
    assert not wait(futures, LONGEST).not_done
    assert {type(f.exception(0)) for f in futures if f.exception(0)} <= set(_family())
    driver.keys = ["a", "b", "c", "d"]
    until(lambda: any(s.open and s.key == "c" for s in manager.inventory()))
    until(lambda: [d.key for d in driver.opened if not d.closed] == ["c"])


def _family() -> list[type]:
    found, rest = [DeviceTrouble], [DeviceTrouble]
    while rest:
        rest = [sub for cls in rest for sub in cls.__subclasses__()]
        found += rest
    return found


def test_pulled_out_and_put_back_at_every_step_of_a_session(world: SimulatedWorld) -> None:
    """Pulling the reader before, during and after each call of a session; the next session always works without a restart."""
    manager = DeviceManager(world.drivers(), QUICK)
    kind = DeviceKind.CARD_READER
    steps = (lambda d: d.connect(1.0), lambda d: d.transmit(bytes.fromhex("00A4040000")), lambda d: d.disconnect())
    try:
        assert manager.settle(5.0)
        world.card_in_reader(world.blank_card())
        for pulled in range(len(steps)):
            for number, step in enumerate(steps):
                if number == pulled:
                    world.faults.add(kind, "unplugged")
                future = manager.call(kind, "session", step, 1.0)
                if number == pulled:
                    wait([future], 2.0)
                    assert future.done()
                    until(lambda: _health(manager, kind) is DeviceHealth.MISSING)
                    world.faults.clear(kind, "unplugged")
                    until(lambda: _health(manager, kind) is DeviceHealth.READY)
                    break
            assert len(manager.call(kind, "again", lambda d: d.connect(1.0), 2.0).result(3.0)) > 2
    finally:
        world.close()
        manager.close()


def _health(manager: DeviceManager, kind: DeviceKind) -> DeviceHealth:
    return next(s.health for s in manager.states() if s.kind is kind)
