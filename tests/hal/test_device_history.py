"""What a desk remembers of its devices, and that remembering never gets in the way."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hal_fakes import FAST, FakeDevice, FakeDriver, until

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, Jammed, NotConnected, Stalled
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.history import KEEP_DAYS, KEEP_DEVICES, KEEP_TROUBLES, HistoryKeeper, read_history
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.device_history import DeviceHistory, DeviceRecord
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState

READER = DeviceKind.CARD_READER
A = DeviceIdentity("Maker", "Model", "S1")


def wall() -> datetime:
    return datetime.now(UTC)


class Time:
    """A wall clock and a monotonic clock that move together."""

    def __init__(self) -> None:
        self.start, self.passed = datetime(2026, 3, 2, 2, 0, tzinfo=UTC), 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


@pytest.fixture
def clock() -> Time:
    return Time()


def keeper(path: Path | None, clock: Time) -> HistoryKeeper:
    return HistoryKeeper(path, clock.now, clock.monotonic)


def state(health: DeviceHealth, trouble: str = "", identity: DeviceIdentity | None = A) -> DeviceState:
    return DeviceState(READER, health, identity, trouble)


def only(history: DeviceHistory) -> DeviceRecord:
    (record,) = history.records()
    return record


def test_uptime_trouble_and_availability(clock: Time) -> None:
    kept = keeper(None, clock)
    kept.opened(READER, A, None)
    kept.changed(state(DeviceHealth.READY))
    clock.passed = 60
    kept.changed(state(DeviceHealth.BUSY))
    clock.passed = 90
    kept.changed(state(DeviceHealth.TROUBLE, "card_printer.jam"))
    clock.passed = 120
    kept.changed(state(DeviceHealth.READY))
    clock.passed = 150
    record = only(kept)  # asked in mid-span
    assert (record.uptime_s, record.trouble_s, record.opens) == (120, 30, 1)
    assert record.availability == pytest.approx(0.8)
    assert [(t.message_key, t.lasted_s) for t in record.troubles] == [("card_printer.jam", 30)]
    kept.changed(state(DeviceHealth.MISSING, identity=None))
    clock.passed = 1000
    assert only(kept).uptime_s == 120
    assert (record.first_seen, record.last_seen) == (clock.start, clock.start + timedelta(seconds=150))
    assert kept.record(READER, A) == only(kept)
    assert kept.record(DeviceKind.CAMERA, A) is None


def test_calls_failures_and_retries(clock: Time) -> None:
    kept = keeper(None, clock)

    def call(operation: str, error: Exception | None, at: float) -> None:
        clock.passed = at
        kept.called(READER, A, operation, error, at)

    call("connect", None, 0)
    call("connect", Jammed("card_printer.jam"), 1)
    call("other", None, 2)               # another operation is no retry
    call("connect", CaptureFailed("finger.none"), 61)  # 60 s after the failure: a retry, and it failed by the applicant's doing
    call("connect", None, 122)           # 61 s later: not a retry
    call("connect", Stalled("card_reader.no_card"), 130)  # nobody came
    call("connect", Stalled("device.stalled"), 131)  # ended by the watchdog: the device's own fault
    record = only(kept)
    assert (record.calls, record.failed, record.retries) == (7, 2, 2)
    assert dict(record.errors) == {"card_printer.jam": 1, "finger.none": 1, "card_reader.no_card": 1, "device.stalled": 1}
    assert record.failed_share == pytest.approx(2 / 7)
    assert [t.message_key for t in record.troubles] == ["device.stalled", "card_printer.jam"]


def test_only_the_last_thirty_days_count_for_the_shares(clock: Time) -> None:
    kept = keeper(None, clock)
    kept.called(READER, A, "x", Jammed("card_printer.jam"), 0)
    clock.passed = 29 * 86400
    kept.called(READER, A, "y", None, clock.passed)
    assert only(kept).failed_share == 0.5
    clock.passed = 30 * 86400
    assert only(kept).failed_share == 0.0
    clock.passed = 60 * 86400
    assert only(kept).failed_share is None
    assert only(kept).failed == 1


def test_limits_hold(clock: Time) -> None:
    kept = keeper(None, clock)
    for day in range(KEEP_DAYS + 5):
        clock.passed = day * 86400
        kept.called(READER, A, "x", Jammed(f"trouble.{day}"), clock.passed)
    record = only(kept)
    assert len(record.days) == KEEP_DAYS
    assert record.days[0].day == clock.now().astimezone().date()
    assert len(record.troubles) == KEEP_TROUBLES
    for number in range(KEEP_DEVICES + 10):
        clock.passed += 1
        kept.opened(READER, DeviceIdentity("M", "X", str(number)), None)
    assert len(kept.records()) == KEEP_DEVICES
    assert kept.record(READER, A) is None
    kept.opened(READER, DeviceIdentity("M" * 9999, "X", ""), None)
    assert max(len(r.make) for r in kept.records()) <= 120


def test_a_device_that_refuses_every_second_is_one_trouble(clock: Time) -> None:
    kept = keeper(None, clock)
    for second in range(500):
        clock.passed = second
        kept.opened(READER, A, Busy("device.busy_elsewhere"))
    assert only(kept).errors == (("device.busy_elsewhere", 1),)
    kept.opened(READER, A, None)
    kept.changed(state(DeviceHealth.READY))
    assert [t.lasted_s for t in only(kept).troubles] == [499]


def test_survives_a_restart(tmp_path: Path, clock: Time) -> None:
    path = tmp_path / "perangkat" / "riwayat.json"
    first = keeper(path, clock)
    first.opened(READER, A, None)
    first.changed(state(DeviceHealth.READY))
    clock.passed = 45
    first.called(READER, A, "x", Jammed("card_printer.jam"), 44)
    before = first.records()
    first.close()
    second = keeper(path, clock)
    assert second.records() == before
    second.opened(READER, A, None)
    second.close()
    assert only(read_history(path, wall)).opens == 2
    assert path.stat().st_mode & 0o077 == 0


def test_written_at_most_once_a_minute_and_a_kill_loses_no_more(tmp_path: Path) -> None:
    path = tmp_path / "riwayat.json"
    kept = HistoryKeeper(path, wall, write_every_s=0.1)
    kept.opened(READER, A, None)
    until(path.exists)
    first = path.stat().st_mtime_ns
    for _ in range(50):
        kept.called(READER, A, "x", None, time.monotonic())
    assert path.stat().st_mtime_ns == first  # the calls themselves write nothing
    until(lambda: only(read_history(path, wall)).calls == 50)  # what a kill would leave
    kept.close()
    kept.close()
    assert not [t for t in threading.enumerate() if t.name == "device-history"]


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"\xff\xfe", b'{"version": 2, "devices": []}', b'{"version": 1}', b'{"version": 1, "devices": [7]}',
    b'{"version": 1, "devices": [{"kind": "toaster"}]}', b"[" * 5000,
    b'{"version":1,"devices":[{"kind":"camera","make":"","model":"","serial":"","simulated":false,"first":"2026-01-01T00:00:00",'
    b'"last":"x","troubles":[],"days":{}}]}',
])
def test_a_damaged_file_is_set_aside(tmp_path: Path, clock: Time, content: bytes) -> None:
    path = tmp_path / "riwayat.json"
    path.write_bytes(content)
    kept = keeper(path, clock)
    assert kept.records() == ()
    kept.opened(READER, A, None)
    kept.close()
    assert only(read_history(path, wall)).opens == 1
    (aside,) = tmp_path.glob("riwayat.json.rusak-*")
    assert aside.read_bytes() == content


def test_reading_alone_leaves_a_damaged_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "riwayat.json"
    path.write_bytes(b"{")
    assert read_history(path, wall).records() == ()
    assert [p.name for p in tmp_path.iterdir()] == ["riwayat.json"]


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, clock: Time) -> None:
    kept = keeper(tmp_path / "perangkat" / "riwayat.json", clock)
    (tmp_path / "perangkat").write_text("not a folder")
    kept.opened(READER, A, None)
    assert not kept.flush()
    assert only(kept).opens == 1
    kept.close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_an_unreadable_file_is_not_replaced(tmp_path: Path, clock: Time) -> None:
    path = tmp_path / "riwayat.json"
    path.write_text("{}")
    path.chmod(0)
    kept = keeper(path, clock)
    kept.opened(READER, A, None)
    kept.close()
    path.chmod(0o600)
    assert path.read_text() == "{}"


def test_fed_by_a_real_manager(tmp_path: Path) -> None:
    path = tmp_path / "riwayat.json"
    history = HistoryKeeper(path, wall)
    driver = FakeDriver(READER, "a")
    manager = DeviceManager([driver], Deadlines({**FAST, "actor.probe_interval": 60}), observer=history)
    try:
        assert manager.settle(2)

        def jam(device: FakeDevice) -> None:
            raise Jammed("card_printer.jam")

        manager.call(READER, "submit", jam, 1).exception(1)
        manager.call(READER, "submit", lambda d: 1, 1).result(1)
        release = threading.Event()
        manager.call(READER, "hang", lambda d: release.wait(3), 0.05).exception(2)
        until(lambda: only(history).opens == 2)
        writing = threading.Event()
        future = manager.call(READER, "write", lambda d: (writing.set(), release.wait(3)), 2)
        assert writing.wait(2), "a call that only waits is refused, not counted"
        driver.keys = []
        assert isinstance(future.exception(1), NotConnected)
        release.set()
        until(lambda: only(history).calls == 4)
    finally:
        manager.close()
        history.close()
    (device,) = json.loads(path.read_text())["devices"]
    assert (device["make"], device["model"], device["serial"]) == ("Fake", "a", "a")
    record = only(read_history(path, wall))
    assert (record.opens, record.calls, record.failed, record.retries) == (2, 4, 3, 1)
    assert dict(record.errors) == {"card_printer.jam": 1, "device.stalled": 1, "device.unplugged": 1}
    assert record.uptime_s > 0


def test_a_device_that_never_opened_is_known_by_its_label() -> None:
    history = HistoryKeeper(None, wall)
    driver = FakeDriver(READER, "a")
    driver.refuse = Busy("device.busy_elsewhere")
    manager = DeviceManager([driver], FAST, observer=history)
    try:
        until(lambda: len(history.records()) == 1)
        assert (only(history).model, only(history).serial, only(history).opens) == ("label a", "a", 0)
    finally:
        manager.close()
        history.close()


def test_a_failed_print_job_counts_once_however_often_it_is_asked_about() -> None:
    from ktpel_kiosk.domain.biometric import RawImage
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld

    world = SimulatedWorld(people=lambda *_a: None)  # type: ignore[arg-type, return-value]
    history = HistoryKeeper(None, wall)
    drivers = [d for d in world.drivers() if d.kind is DeviceKind.CARD_PRINTER]
    card = RawImage(1011, 638, 3, bytes(1011 * 638 * 3))
    with DeviceManager(drivers, FAST, observer=history) as manager:
        manager.settle()
        world.faults.add("card_printer", "jam")
        job = manager.call(DeviceKind.CARD_PRINTER, "card_printer.submit", lambda p: p.submit(card, None, "kartu"), 5).result()
        for _ in range(3):
            manager.call(DeviceKind.CARD_PRINTER, "card_printer.job", lambda p: p.job(job.job_id), 5).result()
    record = only(history)
    assert record.failed == 1 and dict(record.errors)["card_printer.jam"] >= 1
    world.close()
