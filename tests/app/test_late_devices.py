"""Devices that start behind the window: listeners registered before lose nothing, nothing starts by itself."""

from __future__ import annotations

import threading
import time

import pytest

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.late import LateDevices, LateHistory
from ktpel_kiosk.domain.errors import IoFailure
from ktpel_kiosk.hal.history import HistoryKeeper, read_history
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState


def test_an_early_listener_hears_of_every_device():
    world = SimulatedWorld()
    late = LateDevices(lambda: DeviceManager(world.drivers()))
    heard: dict[DeviceKind, DeviceState] = {}
    late.subscribe(lambda state: heard.__setitem__(state.kind, state))
    assert list(late.states()) == []
    try:
        assert late.settle(10.0)
        assert {k for k, s in heard.items() if s.health is DeviceHealth.READY} == set(DeviceKind)
    finally:
        world.close()
        late.close()


def test_unsubscribing_before_and_after_the_start():
    world = SimulatedWorld()
    late = LateDevices(lambda: DeviceManager(world.drivers()))
    heard: list[DeviceState] = []
    late.subscribe(heard.append)()
    leave = late.subscribe(heard.append)
    leave()
    try:
        assert late.settle(10.0)
        assert heard == []
    finally:
        world.close()
        late.close()


def test_close_without_start_makes_nothing():
    made = []
    late = LateDevices(lambda: made.append(1))  # type: ignore[arg-type, return-value]
    late.close()
    assert made == []


def test_a_preference_is_remembered_before_it_counts():
    world = SimulatedWorld()
    kept: list[tuple[DeviceKind, str]] = []
    late = LateDevices(lambda: DeviceManager(world.drivers()), lambda kind, wanted: kept.append((kind, wanted)))
    try:
        late.prefer(DeviceKind.CAMERA, "simulated-camera")
        assert late.settle(10.0)
        assert kept == [(DeviceKind.CAMERA, "simulated-camera")]
        assert [d.wanted for d in late.inventory() if d.kind is DeviceKind.CAMERA] == [True]
    finally:
        world.close()
        late.close()


def test_a_preference_that_cannot_be_kept_changes_nothing():
    world = SimulatedWorld()

    def refuse(kind: DeviceKind, wanted: str) -> None:
        raise IoFailure("storage.unwritable", path="x")

    late = LateDevices(lambda: DeviceManager(world.drivers()), refuse)
    try:
        with pytest.raises(IoFailure):
            late.prefer(DeviceKind.CAMERA, "simulated-camera")
        assert late.settle(10.0)
        assert not any(d.wanted for d in late.inventory())
    finally:
        world.close()
        late.close()


def test_the_history_is_read_late_and_closed_after_the_devices(tmp_path):
    path = tmp_path / "riwayat.json"
    made: list[HistoryKeeper] = []

    def make() -> HistoryKeeper:
        made.append(HistoryKeeper(path, SystemClock().now))
        return made[0]

    world, history = SimulatedWorld(), LateHistory(make)
    late = LateDevices(lambda: DeviceManager(world.drivers(), observer=history.keeper()), history=history)
    assert made == []
    assert late.settle(10.0)
    world.close()
    late.close()
    assert len(made) == 1
    assert {r.kind for r in read_history(path, SystemClock().now).records()} == set(DeviceKind)
    assert all(r.simulated for r in history.records())


def test_subscribing_does_not_wait_for_drivers_that_are_slow_to_load():
    world, loading, loaded = SimulatedWorld(), threading.Event(), threading.Event()

    def make() -> DeviceManager:
        loading.set()
        assert loaded.wait(5)
        return DeviceManager(world.drivers())

    late = LateDevices(make)
    starter = threading.Thread(target=late.start)
    starter.start()
    heard: dict[DeviceKind, DeviceState] = {}
    try:
        assert loading.wait(5)
        began = time.monotonic()
        late.subscribe(lambda state: heard.__setitem__(state.kind, state))
        assert time.monotonic() - began < 0.5
        assert list(late.states()) == []
        loaded.set()
        starter.join(5)
        assert late.settle(10.0)
        assert set(heard) == set(DeviceKind)
    finally:
        loaded.set()
        starter.join(5)
        world.close()
        late.close()
