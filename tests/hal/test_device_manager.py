from __future__ import annotations

import threading
import time

import pytest
from hal_fakes import FAST, FakeDevice, FakeDriver, Seen, until

from ktpel_kiosk.domain.errors import (
    BadInput,
    BugError,
    Busy,
    CaptureFailed,
    DeviceTrouble,
    Jammed,
    MediaEmpty,
    NotConnected,
    QualityTooLow,
    Stalled,
)
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, Devices, DeviceState

READER, CAMERA = DeviceKind.CARD_READER, DeviceKind.CAMERA


def state(manager: DeviceManager, kind: DeviceKind = READER) -> DeviceState:
    return next(s for s in manager.states() if s.kind is kind)


def test_implements_the_port(make) -> None:
    devices: Devices = make(FakeDriver())
    assert [s.kind for s in devices.states()] == list(DeviceKind)


def test_starts_at_once_and_works_afterwards(make) -> None:
    driver = FakeDriver(READER, "a")
    driver.discover_gate.clear()
    started = time.monotonic()
    manager = make(driver, settle=False)
    assert time.monotonic() - started < 0.1
    assert driver.opened == []
    driver.discover_gate.set()
    assert manager.settle(2)
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "a"
    assert state(manager).health is DeviceHealth.READY


def test_absent_device_refuses_at_once(make) -> None:
    manager = make(FakeDriver(READER))
    future = manager.call(READER, "connect", lambda d: d, 5)
    assert future.done()
    error = future.exception()
    assert isinstance(error, NotConnected)
    assert error.facts["operation"] == "connect"
    assert state(manager).health is DeviceHealth.MISSING


def test_kind_without_driver_says_so(make) -> None:
    manager = make(FakeDriver(READER, "a"))
    error = manager.call(CAMERA, "still", lambda d: d, 1).exception(0)
    assert isinstance(error, NotConnected)
    assert error.message_key == "device.not_configured"
    assert state(manager, CAMERA).trouble == "device.not_configured"


def test_calls_run_in_order_on_one_thread_of_the_kind(make) -> None:
    manager = make(FakeDriver(READER, "a"))
    order: list[tuple[int, str]] = []
    futures = [manager.call(READER, "n", lambda d, n=n: order.append((n, threading.current_thread().name)), 1) for n in range(20)]
    for future in futures:
        future.result(1)
    assert [n for n, _ in order] == list(range(20))
    assert {name for _, name in order} == {"device-card_reader-0"}


def test_stalled_call_fails_in_time_and_the_next_one_works_on_a_fresh_device(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    release = threading.Event()
    late: list[FakeDevice] = []

    def hang(device: FakeDevice) -> str:
        release.wait(5)
        late.append(device)
        return "too late"

    started = time.monotonic()
    future = manager.call(READER, "transmit", hang, 0.1)
    error = future.exception(2)
    assert isinstance(error, Stalled)
    assert 0.08 < time.monotonic() - started < 0.6
    assert error.facts["operation"] == "transmit"
    assert error.facts["deadline_s"] == 0.1
    until(lambda: state(manager).health is DeviceHealth.READY)
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "a"
    assert len(driver.opened) == 2
    release.set()
    until(lambda: late == [driver.opened[0]] and driver.opened[0].closed)
    assert isinstance(future.exception(), Stalled)
    assert not driver.opened[1].closed


def test_state_is_trouble_while_stalled(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    seen = Seen()
    manager.subscribe(seen)
    release = threading.Event()
    manager.call(READER, "transmit", lambda d: release.wait(5), 0.05).exception(2)
    until(lambda: seen.healths()[-1:] == ["ready"])
    assert seen.healths() == ["busy", "trouble", "ready"]
    assert seen.states[1].trouble == "device.stalled"
    release.set()


def test_three_threads_stuck_in_a_driver_are_enough(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    release = threading.Event()
    for _ in range(3):
        until(lambda: state(manager).health is DeviceHealth.READY)
        assert isinstance(manager.call(READER, "x", lambda d: release.wait(5), 0.03).exception(2), Stalled)
    assert isinstance(manager.call(READER, "x", lambda d: 1, 1).exception(1), DeviceTrouble)
    assert len(driver.opened) == 3
    release.set()
    until(lambda: state(manager).health is DeviceHealth.READY)


def test_a_call_behind_a_long_one_gives_up_with_busy_and_is_never_run(make) -> None:
    manager = make(FakeDriver(READER, "a"))
    release = threading.Event()
    first = manager.call(READER, "long", lambda d: release.wait(5), 2)
    ran: list[int] = []
    second = manager.call(READER, "short", lambda d: ran.append(1), 0.05)
    assert isinstance(second.exception(1), Busy)
    release.set()
    assert first.result(1) is True
    manager.call(READER, "last", lambda d: None, 1).result(1)
    assert ran == []


def test_cancelled_call_is_skipped(make) -> None:
    manager = make(FakeDriver(READER, "a"))
    release = threading.Event()
    manager.call(READER, "long", lambda d: release.wait(5), 2)
    ran: list[int] = []
    assert manager.call(READER, "never", lambda d: ran.append(1), 1).cancel()
    release.set()
    manager.call(READER, "last", lambda d: None, 1).result(1)
    assert ran == []


@pytest.mark.parametrize("kinds", [(READER, CAMERA), (CAMERA, READER)])
def test_one_hanging_kind_does_not_delay_another(make, kinds) -> None:
    stuck, fine = FakeDriver(kinds[0], "a"), FakeDriver(kinds[1], "b")
    manager = make(stuck, fine)
    release = threading.Event()
    manager.call(kinds[0], "hang", lambda d: release.wait(5), 3)
    started = time.monotonic()
    assert manager.call(kinds[1], "key", lambda d: d.key, 1).result(1) == "b"
    assert time.monotonic() - started < 0.2
    release.set()


def test_hot_plug_in_any_order(make) -> None:
    reader, camera = FakeDriver(READER), FakeDriver(CAMERA)
    manager = make(reader, camera)
    for order in ((reader, camera), (camera, reader)):
        for driver in order:
            driver.keys = ["x"]
            until(lambda d=driver: state(manager, d.kind).health is DeviceHealth.READY)
        for driver in order:
            driver.keys = []
            until(lambda d=driver: state(manager, d.kind).health is DeviceHealth.MISSING)
    until(lambda: all(device.closed for device in reader.opened + camera.opened))


def test_discovery_leaves_the_open_device_alone(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    driver.keys = ["b", "a", "c"]
    until(lambda: len(manager._actors[READER]._roster) == 3)
    driver.blind = OSError("bus error")
    time.sleep(0.06)
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "a"
    assert len(driver.opened) == 1


def test_spare_device_takes_over(make) -> None:
    driver = FakeDriver(READER, "a", "b")
    manager = make(driver)
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "a"
    driver.keys = ["b"]
    until(lambda: state(manager).identity is not None and state(manager).identity.serial == "b")
    driver.keys = ["a", "b"]
    time.sleep(0.06)
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "b"


def test_preferred_driver_wins_even_when_it_is_slower(make) -> None:
    slow, quick = FakeDriver(READER, "real"), FakeDriver(READER, "spare")
    slow.discover_gate.clear()
    manager = make(slow, quick, settle=False)
    threading.Timer(0.05, slow.discover_gate.set).start()
    assert manager.settle(2)
    assert state(manager).identity.serial == "real"
    assert quick.opened == []


def test_preferred_driver_that_hangs_only_delays(make) -> None:
    hanging, quick = FakeDriver(READER, "real", name="hanging"), FakeDriver(READER, "spare")
    hanging.discover_gate.clear()
    manager = make(hanging, quick, settle=False)
    until(lambda: state(manager).health is DeviceHealth.READY)
    assert state(manager).identity.serial == "spare"
    hanging.discover_gate.set()


def test_discovery_that_hangs_is_shown(make) -> None:
    hanging = FakeDriver(READER, "real")
    hanging.discover_gate.clear()
    manager = make(hanging, settle=False)
    until(lambda: state(manager).trouble == "device.discovery_stuck")
    hanging.discover_gate.set()
    until(lambda: state(manager).health is DeviceHealth.READY)


def test_wanted_serial_wins(make) -> None:
    manager = make(FakeDriver(READER, "a", "b"), prefer={READER: "b"})
    assert state(manager).identity.serial == "b"


def test_unplugged_in_mid_use(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    release = threading.Event()
    future = manager.call(READER, "write", lambda d: release.wait(5), 5)
    until(lambda: state(manager).health is DeviceHealth.BUSY)
    driver.keys = []
    error = future.exception(1)
    assert isinstance(error, NotConnected)
    assert error.message_key == "device.unplugged"
    until(lambda: state(manager).health is DeviceHealth.MISSING)
    release.set()
    driver.keys = ["a"]
    until(lambda: state(manager).health is DeviceHealth.READY)


def test_call_that_finishes_while_unplugging_keeps_its_result(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver, deadlines=Deadlines({**FAST, "actor.gone": 1.0}))
    leave = threading.Event()
    future = manager.call(READER, "write", lambda d: leave.wait(5), 5)
    driver.keys = []
    until(lambda: state(manager).health is DeviceHealth.MISSING)
    leave.set()
    assert future.result(1) is True


def test_device_that_says_it_is_gone_is_opened_again(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)

    def gone(device: FakeDevice) -> None:
        raise NotConnected("device.unplugged")

    assert isinstance(manager.call(READER, "x", gone, 1).exception(1), NotConnected)
    until(lambda: len(driver.opened) == 2 and state(manager).health is DeviceHealth.READY)
    assert driver.opened[0].closed


def test_trouble_of_a_call_is_shown_and_a_probe_clears_it(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    seen = Seen()
    manager.subscribe(seen)
    driver.sick = Jammed("card_printer.jam", job="7")

    def jam(device: FakeDevice) -> None:
        raise Jammed("card_printer.jam", job="7")

    error = manager.call(READER, "submit", jam, 1).exception(1)
    assert isinstance(error, Jammed)
    assert error.facts["device_kind"] == "card_reader"
    assert error.facts["operation"] == "submit"
    shown = state(manager)
    assert (shown.health, shown.trouble) == (DeviceHealth.TROUBLE, "card_printer.jam")
    assert ("job", "7") in shown.facts
    assert shown.identity is not None
    driver.sick = None
    until(lambda: state(manager).health is DeviceHealth.READY)


def test_successful_call_clears_trouble(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver, deadlines=Deadlines({**FAST, "actor.probe_interval": 60}))

    def fail(device: FakeDevice) -> None:
        raise MediaEmpty("printer.empty")

    manager.call(READER, "x", fail, 1).exception(1)
    assert state(manager).health is DeviceHealth.TROUBLE
    manager.call(READER, "x", lambda d: 1, 1).result(1)
    assert state(manager).health is DeviceHealth.READY


def test_what_the_applicant_did_is_not_the_devices_trouble(make) -> None:
    manager = make(FakeDriver(READER, "a"), deadlines=Deadlines({**FAST, "actor.probe_interval": 60}))
    for raised in (CaptureFailed("finger.none"), Stalled("card_reader.no_card"), QualityTooLow("quality.low")):
        def fail(device: FakeDevice, raised: Exception = raised) -> None:
            raise raised

        assert manager.call(READER, "x", fail, 1).exception(1) is raised
        assert state(manager).health is DeviceHealth.READY


def test_device_that_opens_in_trouble_is_there_with_its_trouble(make) -> None:
    driver = FakeDriver(READER, "a")
    driver.sick = MediaEmpty("card_printer.media_empty")
    manager = make(driver)
    assert state(manager).trouble == "card_printer.media_empty"
    assert state(manager).identity is not None
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "a"


def test_device_that_does_not_open_tells_why_and_is_tried_again(make) -> None:
    driver = FakeDriver(READER, "a")
    driver.refuse = Busy("device.busy_elsewhere")
    manager = make(driver)
    assert state(manager).trouble == "device.busy_elsewhere"
    assert isinstance(manager.call(READER, "x", lambda d: 1, 1).exception(1), Busy)
    driver.refuse = None
    until(lambda: state(manager).health is DeviceHealth.READY)


def test_strange_exceptions_become_the_houses(make) -> None:
    manager = make(FakeDriver(READER, "a"))

    def io(device: FakeDevice) -> None:
        raise OSError(5, "name of a person")

    def bug(device: FakeDevice) -> None:
        raise ValueError("name of a person")

    for work, kind in ((io, DeviceTrouble), (bug, BugError)):
        error = manager.call(READER, "x", work, 1).exception(1)
        assert isinstance(error, kind)
        assert "person" not in str(error)


def test_listener_that_fails_disturbs_nobody(make) -> None:
    driver = FakeDriver(READER)
    manager = make(driver)
    seen = Seen()

    def broken(_: DeviceState) -> None:
        raise RuntimeError("listener")

    manager.subscribe(broken)
    unsubscribe = manager.subscribe(seen)
    driver.keys = ["a"]
    until(lambda: seen.healths()[-1:] == ["ready"])
    unsubscribe()
    count = len(seen.states)
    driver.keys = []
    until(lambda: state(manager).health is DeviceHealth.MISSING)
    assert len(seen.states) == count


def test_preview_gives_the_latest_frame_between_calls(make) -> None:
    driver = FakeDriver(CAMERA, "a")
    manager = make(driver)
    slot = manager.preview(CAMERA)
    assert slot.latest(0) is None
    manager.start_preview(CAMERA)
    until(lambda: (slot.latest(0) or (0, None))[0] >= 3)
    serial, _ = slot.latest(0)
    assert manager.call(CAMERA, "key", lambda d: d.key, 1).result(1) == "a"
    until(lambda: slot.latest(serial) is not None)
    manager.stop_preview(CAMERA)
    assert slot.latest(0) is None
    manager.call(CAMERA, "key", lambda d: d.key, 1).result(1)
    frames = driver.opened[0].frames
    time.sleep(0.03)
    assert driver.opened[0].frames == frames


def test_preview_survives_replugging_and_bad_frames(make) -> None:
    driver = FakeDriver(CAMERA, "a")
    manager = make(driver)
    manager.start_preview(CAMERA)
    slot = manager.preview(CAMERA)
    until(lambda: slot.latest(0) is not None)
    driver.bad_frame = DeviceTrouble("camera.black")
    until(lambda: state(manager, CAMERA).trouble == "camera.black")
    driver.bad_frame = None
    until(lambda: state(manager, CAMERA).health is DeviceHealth.READY)
    driver.keys = []
    until(lambda: state(manager, CAMERA).health is DeviceHealth.MISSING)
    serial, _ = slot.latest(0)
    driver.keys = ["b"]
    until(lambda: slot.latest(serial) is not None)


def test_interrupt_reaches_the_device(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    cut = threading.Event()
    driver.opened[0].interrupt = cut.set

    def wait(device: FakeDevice) -> None:
        cut.wait(5)
        raise CaptureFailed("device.interrupted")

    future = manager.call(READER, "connect", wait, 5)
    until(lambda: state(manager).health is DeviceHealth.BUSY)
    manager.interrupt(READER)
    assert future.exception(1).message_key == "device.interrupted"


def test_close_ends_everything_and_refuses_afterwards(make) -> None:
    driver = FakeDriver(READER, "a")
    manager = make(driver)
    release = threading.Event()
    running = manager.call(READER, "long", lambda d: release.wait(0.2), 5)
    waiting = manager.call(READER, "next", lambda d: 1, 5)
    until(lambda: state(manager).health is DeviceHealth.BUSY)
    manager.close()
    manager.close()
    assert running.done()
    assert isinstance(waiting.exception(0), NotConnected)
    assert isinstance(manager.call(READER, "x", lambda d: 1, 1).exception(0), NotConnected)
    assert driver.opened[0].closed


def test_close_leaves_a_stuck_thread_behind_in_time(make) -> None:
    manager = make(FakeDriver(READER, "a"))
    release = threading.Event()
    running = manager.call(READER, "hang", lambda d: release.wait(5), 5)
    until(lambda: state(manager).health is DeviceHealth.BUSY)
    started = time.monotonic()
    manager.close()
    assert time.monotonic() - started < 1.0
    assert isinstance(running.exception(0), NotConnected)
    release.set()


def test_deadline_table_refuses_unknown_names() -> None:
    with pytest.raises(BadInput):
        Deadlines({"camera.farme": 1})
    with pytest.raises(BadInput):
        Deadlines({"camera.frame": 0})
    assert Deadlines({"camera.frame": 0.5})["camera.frame"] == 0.5


def serial(manager: DeviceManager, kind: DeviceKind = READER) -> str:
    identity = state(manager, kind).identity
    return identity.serial if identity is not None else ""


def test_inventory_lists_every_device_of_every_driver_best_first(make) -> None:
    first, second = FakeDriver(READER, "a", "b", name="first"), FakeDriver(READER, "c", name="second")
    manager = make(first, second, FakeDriver(CAMERA, "x", name="lens"), prefer={READER: "c"})
    until(lambda: serial(manager) == "c")
    seen = [(s.kind, s.driver, s.key, s.open, s.wanted) for s in manager.inventory()]
    assert seen == [(CAMERA, "lens", "x", True, False), (READER, "second", "c", True, True),
                    (READER, "first", "a", False, False), (READER, "first", "b", False, False)]


def test_prefer_changes_an_idle_device_at_once(make) -> None:
    driver = FakeDriver(READER, "a", "b")
    manager = make(driver, deadlines=Deadlines({**FAST, "actor.takeover": 60}))
    manager.prefer(READER, "b")
    until(lambda: serial(manager) == "b")
    assert driver.opened[0].closed
    manager.prefer(READER, "label a")
    until(lambda: serial(manager) == "a")
    manager.prefer(READER, "")
    assert manager.call(READER, "key", lambda d: d.key, 1).result(1) == "a"
    assert len(driver.opened) == 3


def test_prefer_lets_a_running_call_end_and_keeps_the_calls_that_wait(make) -> None:
    driver = FakeDriver(READER, "a", "b")
    manager = make(driver)
    release = threading.Event()
    running = manager.call(READER, "long", lambda d: (release.wait(5), d.key)[1], 5)
    waiting = manager.call(READER, "key", lambda d: d.key, 5)
    until(lambda: state(manager).health is DeviceHealth.BUSY)
    manager.prefer(READER, "b")
    later = manager.call(READER, "key", lambda d: d.key, 5)
    time.sleep(0.1)
    assert state(manager).health is DeviceHealth.BUSY
    assert not later.done()
    release.set()
    assert [f.result(1) for f in (running, waiting, later)] == ["a", "b", "b"]


def test_unplugged_during_a_call_after_prefer_still_ends_it(make) -> None:
    driver = FakeDriver(READER, "a", "b")
    manager = make(driver)
    release = threading.Event()
    running = manager.call(READER, "long", lambda d: release.wait(5), 5)
    until(lambda: state(manager).health is DeviceHealth.BUSY)
    manager.prefer(READER, "b")
    driver.keys = ["b"]
    assert isinstance(running.exception(1), NotConnected)
    until(lambda: serial(manager) == "b")
    release.set()


def test_preferred_device_takes_over_again_when_it_comes_back_while_idle(make) -> None:
    driver = FakeDriver(READER, "a", "b")
    manager = make(driver, prefer={READER: "b"})
    driver.keys = ["a"]
    until(lambda: serial(manager) == "a")
    driver.keys = ["a", "b"]
    until(lambda: serial(manager) == "b")


def test_a_device_in_use_or_shown_live_is_not_replaced(make) -> None:
    driver = FakeDriver(CAMERA, "a")
    manager = make(driver, prefer={CAMERA: "b"}, deadlines=Deadlines({**FAST, "actor.takeover": 0.15}))
    manager.start_preview(CAMERA)
    driver.keys = ["a", "b"]
    time.sleep(0.3)
    assert serial(manager, CAMERA) == "a"
    manager.stop_preview(CAMERA)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:  # one call after the other, never quiet for long
        assert manager.call(CAMERA, "key", lambda d: d.key, 1).result(1) == "a"
        time.sleep(0.02)
    until(lambda: serial(manager, CAMERA) == "b")


def test_a_wanted_device_that_does_not_open_disturbs_the_working_one_less_and_less(make) -> None:
    broken, good = FakeDriver(READER, "b", name="broken"), FakeDriver(READER, "a", name="good")
    broken.refuse = Busy("device.busy_elsewhere")
    manager = make(broken, good, prefer={READER: "b"}, settle=False)
    until(lambda: serial(manager) == "a")
    time.sleep(0.8)
    assert 1 <= len(good.opened) <= 6  # 30 ms, doubled each time
    broken.refuse = None
    manager.prefer(READER, "b")
    until(lambda: serial(manager) == "b")


class TwinDriver(FakeDriver):
    """Two equal devices that tell their serial only when they are open."""

    def discover(self):  # type: ignore[no-untyped-def]
        return [Found(f"port {found.key}", "twin") for found in super().discover()]

    def open(self, found: Found) -> FakeDevice:
        return super().open(Found(found.key.removeprefix("port "), found.label))


def test_two_equal_devices_are_told_apart_by_serial(make) -> None:
    driver = TwinDriver(READER, "1", "2")
    manager = make(driver, prefer={READER: "2"}, settle=False)
    until(lambda: serial(manager) == "2")  # opened the first, it was not the one
    assert [(s.key, s.serial, s.open, s.wanted) for s in manager.inventory()] == [
        ("port 2", "2", True, True), ("port 1", "1", False, False)]
    time.sleep(0.2)
    assert len(driver.opened) == 2


def test_a_device_exchanged_between_two_looks_is_opened_anew(make) -> None:
    class Port(FakeDriver):
        serial = "old"

        def discover(self):  # type: ignore[no-untyped-def]
            return [Found("port 1", "reader", self.serial)]

    driver = Port(READER)
    manager = make(driver)
    driver.serial = "new"
    until(lambda: len(driver.opened) == 2 and state(manager).health is DeviceHealth.READY)
    assert driver.opened[0].closed
    assert manager.inventory()[0].serial == "new"


@pytest.mark.parametrize("blocks", [False, True])
def test_a_driver_that_fails_to_look_leaves_the_others_alone(make, blocks) -> None:
    bad, good = FakeDriver(READER, "a", name="bad"), FakeDriver(READER, "b", name="good")
    bad.blind = RuntimeError("library")
    if blocks:
        bad.discover_gate.clear()
    manager = make(bad, good, settle=False)
    until(lambda: serial(manager) == "b")
    assert state(manager).health is DeviceHealth.READY
    bad.blind = None
    bad.discover_gate.set()
    until(lambda: len(manager.inventory()) == 2)
