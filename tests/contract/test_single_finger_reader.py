"""The contract of FingerprintScanner for one finger, on the simulator and on libfprint with its virtual image device."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import virtual_finger
from stub_people import stub_world
from virtual_finger import FAIL, REMOVE, RETRY, VirtualSensor

from ktpel_kiosk.domain.biometric import RIGHT_FOUR, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput, Busy, CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.fprint_reader import FprintDriver
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind

KNOWN = {"virtual_image": 500}
ONE = (Position.LEFT_INDEX,)
HINTS = [(0, "fprint.retry"), (1, "fprint.too_short"), (2, "fprint.centre"), (3, "fprint.lift")]


class SimulatedBench:
    def __init__(self) -> None:
        self.world = stub_world(realtime=True)
        self.world.seat(3, 1990)
        self.driver = next(d for d in self.world.drivers() if d.kind is DeviceKind.FINGERPRINT)

    def touch(self) -> None:
        return None

    def stop(self) -> None:
        self.world.close()


class FprintBench:
    def __init__(self, folder: Path) -> None:
        self.sensor = VirtualSensor(folder)
        self.driver = FprintDriver(KNOWN, env=self.sensor.env)

    def touch(self) -> None:
        self.sensor.touch(virtual_finger.finger())

    def stop(self) -> None:
        self.sensor.stop()


def fprint_or_skip() -> None:
    if reason := virtual_finger.missing():
        pytest.skip(reason)


@pytest.fixture(params=["simulator", "libfprint"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator:
    if request.param == "libfprint":
        fprint_or_skip()
    made = SimulatedBench() if request.param == "simulator" else FprintBench(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def reader(bench) -> Iterator:
    found = bench.driver.discover()
    assert len(found) == 1
    device = bench.driver.open(found[0])
    yield device
    device.close()


def ignore(_image: RawImage) -> None:
    return None


def test_one_finger_is_a_grey_500_ppi_picture(bench, reader) -> None:
    previews: list[RawImage] = []
    bench.touch()
    capture = reader.capture(ONE, 5.0, previews.append)
    ((position, image),) = capture.fingers
    assert position is Position.LEFT_INDEX
    assert (image.channels, image.ppi) == (1, 500)
    assert previews
    assert capture.slap is None


def test_identity_and_probe(reader) -> None:
    assert reader.identity().model
    reader.healthy()
    reader.healthy()


def test_waiting_for_a_finger_can_be_cut_short(bench, reader) -> None:
    if isinstance(bench, SimulatedBench):
        bench.world.faults.add("fingerprint", "no_finger")
    threading.Timer(0.2, reader.interrupt).start()
    started = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        reader.capture(ONE, 10.0, ignore)
    assert raised.value.message_key == "device.interrupted"
    assert time.monotonic() - started < 2
    bench.touch()
    assert reader.capture(ONE, 5.0, ignore).fingers


# libfprint alone


@pytest.fixture
def sensor(tmp_path: Path) -> Iterator[VirtualSensor]:
    fprint_or_skip()
    made = VirtualSensor(tmp_path)
    yield made
    made.stop()


def opened(sensor: VirtualSensor, ppi: dict[str, int] | None = None):
    driver = FprintDriver(KNOWN if ppi is None else ppi, env=sensor.env)
    return driver.open(Found("virtual_image:0", "Virtual image device"))


def test_picture_arrives_byte_for_byte(sensor) -> None:
    reader = opened(sensor)
    picture = virtual_finger.finger()
    sensor.touch(picture)
    ((_, image),) = reader.capture(ONE, 5.0, ignore).fingers
    reader.close()
    assert (image.width, image.height) == (300, 400)
    assert image.data == picture.tobytes()


def test_several_fingers_at_once_are_refused(sensor) -> None:
    reader = opened(sensor)
    assert reader.slap is False
    with pytest.raises(CaptureFailed) as raised:
        reader.capture(RIGHT_FOUR, 5.0, ignore)
    reader.close()
    assert raised.value.message_key == "finger.one_at_a_time"


def test_hints_troubles_and_nobody(sensor) -> None:
    reader = opened(sensor)
    for code, key in HINTS:
        sensor.say(RETRY, code)
        with pytest.raises(CaptureFailed) as raised:
            reader.capture(ONE, 5.0, ignore)
        assert raised.value.message_key == key
        assert raised.value.facts["device"] == reader.identity().model
    sensor.touch(np.full((200, 200), 255, np.uint8))
    with pytest.raises(CaptureFailed) as raised:
        reader.capture(ONE, 5.0, ignore)
    assert raised.value.message_key == "fprint.retry"
    sensor.say(FAIL, 4)
    with pytest.raises(Busy):
        reader.capture(ONE, 5.0, ignore)
    started = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        reader.capture(ONE, 0.3, ignore)
    assert raised.value.message_key == "finger.none"
    assert time.monotonic() - started < 1.5
    sensor.touch(virtual_finger.finger())
    assert reader.capture(ONE, 5.0, ignore).fingers
    reader.close()


def test_resolution_is_known_or_the_picture_refused(sensor) -> None:
    for ppi, key in (({}, "fprint.resolution_unknown"), ({"virtual_image": 363}, "fprint.resolution_low")):
        reader = opened(sensor, ppi)
        sensor.touch(virtual_finger.finger())
        with pytest.raises(DeviceTrouble) as raised:
            reader.capture(ONE, 5.0, ignore)
        assert raised.value.message_key == key
        reader.close()
    reader = opened(sensor, {"virtual_image": 512})
    sensor.touch(virtual_finger.finger())
    ((_, image),) = reader.capture(ONE, 5.0, ignore).fingers
    reader.close()
    assert (image.width, image.height, image.ppi) == (293, 391, 500)


def test_unplugged_in_mid_capture_and_back_without_restart(sensor) -> None:
    """Through the real manager, as the desk asks."""
    waits = Deadlines({"discovery.interval": 0.1, "actor.reopen": 0.1})
    manager = DeviceManager([FprintDriver(KNOWN, env=sensor.env)], waits)
    try:
        assert manager.settle(5)
        sensor.say(REMOVE, 0, after_s=0.3)
        call = manager.call(DeviceKind.FINGERPRINT, "fingerprint.capture", lambda d: d.capture(ONE, 5.0, ignore), 8)
        with pytest.raises(NotConnected) as raised:
            call.result(6)
        assert raised.value.message_key == "device.unplugged"
        end = time.monotonic() + 5
        while manager.states()[1].health is not DeviceHealth.READY and time.monotonic() < end:
            time.sleep(0.05)
        sensor.touch(virtual_finger.finger())
        assert manager.call(DeviceKind.FINGERPRINT, "fingerprint.capture", lambda d: d.capture(ONE, 5.0, ignore), 8).result(8).fingers
    finally:
        manager.close()


def test_worker_that_was_killed_is_opened_again(sensor) -> None:
    reader = opened(sensor)
    reader.close()
    with pytest.raises(NotConnected):
        reader.healthy()
    again = opened(sensor)
    again.healthy()
    again.close()


def test_machine_without_libfprint_has_no_reader(tmp_path: Path) -> None:
    assert FprintDriver(python=str(tmp_path / "nowhere")).discover() == ()
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexec /usr/bin/python3 -I -S \"$@\"\n")
    bare.chmod(0o755)
    assert FprintDriver(python=str(bare)).discover() == ()


def test_reader_that_matches_on_its_chip_is_refused_by_name(tmp_path: Path) -> None:
    fprint_or_skip()
    driver = FprintDriver(env={"FP_VIRTUAL_DEVICE": str(tmp_path / "chip.sock")})
    found = driver.discover()
    if not found:
        pytest.skip("this libfprint has no virtual device without pictures")
    with pytest.raises(DeviceTrouble) as raised:
        driver.open(found[0])
    assert (raised.value.message_key, raised.value.facts["device"]) == ("fprint.no_image", found[0].label)


@pytest.mark.parametrize("ppi", ["500", 0, 12])
def test_resolution_no_reader_has_is_refused(ppi) -> None:
    with pytest.raises(BadInput):
        FprintDriver({"virtual_image": ppi})
