"""Devices that start behind the window: listeners registered before lose nothing, nothing starts by itself."""

from __future__ import annotations

from ktpel_kiosk.app.late import LateDevices
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
