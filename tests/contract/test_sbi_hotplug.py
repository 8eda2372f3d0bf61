"""Services and devices that come, move and go, through the real device manager."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sbi_desk import BRISK, CAMERA, FINGERPRINT, IRIS, QUICK, drivers_at, free_ports, ignore, names
from sbi_service import SbiService, eyes, slap

from ktpel_kiosk.domain.biometric import EYES, THUMBS
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind


def until(true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.01)


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_ports(3)


@pytest.fixture
def manager(ports: tuple[int, int]) -> Iterator[DeviceManager]:
    with DeviceManager(list(drivers_at(ports).values()), BRISK) as made:
        yield made


def health(manager: DeviceManager, kind: DeviceKind) -> DeviceHealth:
    return next(s.health for s in manager.states() if s.kind is kind)


def ready(manager: DeviceManager, kind: DeviceKind) -> Callable[[], bool]:
    return lambda: health(manager, kind) is DeviceHealth.READY


def capture(manager: DeviceManager, kind: DeviceKind = FINGERPRINT, seconds: float = 2.0):
    return manager.call(kind, "capture", lambda d: d.capture(EYES if kind is IRIS else THUMBS, seconds, ignore), seconds + 2)


def captured(manager: DeviceManager, kind: DeviceKind = FINGERPRINT):
    """The first capture that works: one asked in the very moment of a restart may find nothing."""
    end = time.monotonic() + 10
    while True:
        try:
            return capture(manager, kind).result()
        except NotConnected:
            assert time.monotonic() < end
            time.sleep(0.02)


def test_service_started_after_the_kiosk_and_again_on_another_port(manager: DeviceManager, ports: tuple[int, int]) -> None:
    until(lambda: health(manager, FINGERPRINT) is DeviceHealth.MISSING)
    with SbiService(port=ports[0]) as service:
        for kind in (FINGERPRINT, IRIS, CAMERA):
            until(ready(manager, kind))
        assert names(capture(manager).result().fingers) == list(THUMBS)
    with SbiService(port=ports[1], edition="1.0") as moved:
        assert names(captured(manager).fingers) == list(THUMBS)
        assert names(captured(manager, IRIS).eyes) == list(EYES)
        assert {verb for verb, _ in moved.seen} >= {"SBIINFO", "RCAPTURE"}
    assert service.complaints == moved.complaints == []


def test_service_that_moved_between_two_looks_is_found_by_the_call_itself(ports: tuple[int, int]) -> None:
    driver = drivers_at(ports)[FINGERPRINT]
    with SbiService(port=ports[0]):
        scanner = driver.open(driver.discover()[0])
    with SbiService(port=ports[1]) as moved:
        assert names(scanner.capture(THUMBS, 1.0, ignore).fingers) == list(THUMBS)
        assert moved.seen.count(("RCAPTURE", "/capture")) == 1
    with pytest.raises(NotConnected) as raised:
        scanner.healthy()
    assert raised.value.message_key == "sbi.gone"
    scanner.close()


def test_service_dies_in_mid_capture(manager: DeviceManager, ports: tuple[int, int]) -> None:
    service = SbiService(port=ports[0], capture_s=20.0)
    until(ready(manager, FINGERPRINT))
    waiting = capture(manager, seconds=20.0)
    until(lambda: service.devices[0].capturing)
    started = time.monotonic()
    service.stop()
    with pytest.raises(NotConnected):
        waiting.result(8)
    assert time.monotonic() - started < 4.0
    with SbiService(port=ports[0]):
        assert names(captured(manager).fingers) == list(THUMBS)


def test_device_unplugged_and_back_while_its_service_stays(manager: DeviceManager, ports: tuple[int, int]) -> None:
    with SbiService(port=ports[0], devices=[slap(), eyes()], capture_s=20.0) as service:
        until(ready(manager, FINGERPRINT))
        until(ready(manager, IRIS))
        waiting = capture(manager, seconds=20.0)
        until(lambda: service.devices[0].capturing)
        scanner = service.devices.pop(0)
        with pytest.raises(NotConnected):
            waiting.result(8)
        until(lambda: health(manager, FINGERPRINT) is DeviceHealth.MISSING)
        assert health(manager, IRIS) is DeviceHealth.READY
        service.capture_s = 0.05
        service.devices.append(scanner)
        until(ready(manager, FINGERPRINT))
        assert names(capture(manager).result().fingers) == list(THUMBS)
    assert service.complaints == []


def test_operator_cancels_a_waiting_capture(manager: DeviceManager, ports: tuple[int, int]) -> None:
    with SbiService(port=ports[0], capture_s=0.6) as service:
        until(ready(manager, FINGERPRINT))
        waiting = capture(manager, seconds=20.0)
        until(lambda: service.devices[0].capturing)
        manager.interrupt(FINGERPRINT)
        with pytest.raises(CaptureFailed) as raised:
            waiting.result(2)
        assert raised.value.message_key == "device.interrupted"
        until(lambda: not service.devices[0].capturing)
        until(ready(manager, FINGERPRINT))
        assert names(capture(manager).result().fingers) == list(THUMBS)


def test_fingers_and_eyes_at_the_same_time(manager: DeviceManager, ports: tuple[int, int]) -> None:
    with SbiService(port=ports[0], capture_s=0.2) as service:
        until(ready(manager, FINGERPRINT))
        until(ready(manager, IRIS))
        both = [capture(manager), capture(manager, IRIS)]
        assert [len(both[0].result().fingers), len(both[1].result().eyes)] == [2, 2]
    assert service.complaints == []


def test_camera_previews_and_takes_a_still_without_closing_the_preview(manager: DeviceManager, ports: tuple[int, int]) -> None:
    with SbiService(port=ports[0]) as service:
        until(ready(manager, CAMERA))
        manager.start_preview(CAMERA)
        until(lambda: manager.preview(CAMERA).latest(0) is not None)
        assert manager.call(CAMERA, "still", lambda d: d.still(), 20).result().width == 240
        assert service.seen.count(("STREAM", "/stream")) == 1
        serial, _ = manager.preview(CAMERA).latest(0) or (0, None)
        until(lambda: manager.preview(CAMERA).latest(serial) is not None)
    assert service.complaints == []


def test_a_silent_service_keeps_its_devices_and_delays_nobody(ports: tuple[int, int]) -> None:
    drivers = drivers_at(ports, timing=replace(QUICK, probe=0.6))
    with SbiService(port=ports[0], devices=[slap()]) as service, SbiService(port=ports[1], devices=[eyes()]):
        assert len(drivers[FINGERPRINT].discover()) == 1
        service.faults.update(silent=True, everywhere=True)
        time.sleep(0.02)
        assert len(drivers[FINGERPRINT].discover()) == 1
        assert len(drivers[IRIS].discover()) == 1
        service.faults.update(not_json=True)
        del service.faults["silent"]
        time.sleep(0.02)
        assert len(drivers[FINGERPRINT].discover()) == 1
        service.faults.clear()
        service.devices.clear()
        time.sleep(0.02)
        assert len(drivers[FINGERPRINT].discover()) == 0


def test_other_programs_on_the_ports_are_left_alone(ports: tuple[int, int]) -> None:
    import socket

    with socket.socket() as web:
        web.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        web.bind(("127.0.0.1", ports[0]))
        web.listen(8)
        asked: list[bytes] = []

        def serve() -> None:
            while True:
                try:
                    line, _ = web.accept()
                except OSError:
                    return
                with line:
                    asked.append(line.recv(4096))
                    line.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n\r\nno")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        driver = drivers_at(ports)[FINGERPRINT]
        for _ in range(4):
            time.sleep(0.02)
            assert driver.discover() == []
        assert len(asked) == 2
        web.shutdown(socket.SHUT_RDWR)
    thread.join(2)
    with SbiService(port=ports[0]):
        until(lambda: len(driver.discover()) == 1)
