"""A vendor's library in a process of its own: the worked example is compiled and driven through the real manager."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ktpel_kiosk.domain.biometric import EYES, RIGHT_FOUR, PenPoint, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput, Busy, CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers import worker_device
from ktpel_kiosk.hal.drivers.vendor_process import VendorDriver
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.worker import client
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind

SCANNER = Found("0", "Contoh Slap 442", "SLAP-0001")
EXAMPLE = Path(__file__).parents[2] / "drivers" / "vendor-sdk" / "example"
FINGERPRINT, IRIS, SIGNATURE = DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.SIGNATURE


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The library and both workers, compiled with all warnings as errors."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("sdk")
    flags = [compiler, "-Wall", "-Wextra", "-Werror", "-O1"]
    subprocess.run([*flags, "-shared", "-fPIC", "-o", str(folder / "libslapsdk.so"), str(EXAMPLE / "slapsdk.c")], check=True)
    subprocess.run([*flags, "-o", str(folder / "slap_worker"), str(EXAMPLE / "slap_worker.c"), str(EXAMPLE / "slapsdk.c")], check=True)
    return {"python": [sys.executable, str(EXAMPLE / "slap_worker.py"), str(folder / "libslapsdk.so")], "c": [str(folder / "slap_worker")]}


class Desk:
    """The example with a switch for its faults."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._fault = folder / "fault"
        self.set("")
        self.driver = VendorDriver(FINGERPRINT, command, "contoh", {"SLAPSDK_FAULT_FILE": str(self._fault)})

    def set(self, fault: str) -> None:
        self._fault.write_text(fault)

    def open(self):
        return self.driver.open(SCANNER)


@pytest.fixture(params=["python", pytest.param("c", marks=pytest.mark.gate)])
def desk(request: pytest.FixtureRequest, built: dict[str, list[str]], tmp_path: Path) -> Desk:
    return Desk(built[request.param], tmp_path)


@pytest.fixture
def scanner(desk: Desk) -> Iterator:
    device = desk.open()
    yield device
    device.close()


def ignore(_image: RawImage) -> None:
    return None


def test_capture_with_previews(desk, scanner) -> None:
    assert desk.driver.discover() == (SCANNER,)
    previews: list[RawImage] = []
    capture = scanner.capture(RIGHT_FOUR, 5.0, previews.append)
    assert (capture.slap.width, capture.slap.height, capture.slap.channels, capture.slap.ppi) == (1600, 1000, 1, 500)
    row = np.frombuffer(capture.slap.data, np.uint8).reshape(1000, 1600)[450] < 100
    assert all(row[400 * n:400 * (n + 1)].any() for n in range(4))
    assert {(p.width, p.height) for p in previews} == {(400, 250)} and len(previews) == 4
    identity = scanner.identity()
    assert (identity.make, identity.model, identity.serial, identity.driver) == ("Contoh", "Slap 442", "SLAP-0001", "slapsdk 2")
    assert scanner.slap is True
    scanner.healthy()


def test_worker_in_c_says_the_same(built, tmp_path: Path) -> None:
    """All of this file runs against it with the gates."""
    desk = Desk(built["c"], tmp_path)
    device = desk.open()
    capture = device.capture(RIGHT_FOUR, 5.0, ignore)
    device.close()
    assert (capture.slap.width, capture.slap.height, capture.slap.ppi) == (1600, 1000, 500)


def test_one_finger_is_that_finger(scanner) -> None:
    capture = scanner.capture((Position.LEFT_THUMB,), 5.0, ignore)
    assert capture.slap is None
    assert [p for p, _ in capture.fingers] == [Position.LEFT_THUMB]


@pytest.mark.parametrize(("fault", "error", "key"), [
    ("nonsense", CaptureFailed, "device.nonsense"), ("huge", CaptureFailed, "device.nonsense"),
    ("dirty", CaptureFailed, "finger.dirty"), ("gone", NotConnected, "device.unplugged"),
    ("lowres", DeviceTrouble, "fprint.resolution_low"),
])
def test_each_fault_is_one_error_and_the_next_capture_works(desk, scanner, fault: str, error: type[Exception], key: str) -> None:
    desk.set(fault)
    with pytest.raises(error) as raised:
        scanner.capture(RIGHT_FOUR, 5.0, ignore)
    assert raised.value.message_key == key
    assert raised.value.facts["device"] == "Contoh Slap 442"
    desk.set("noisy")
    assert scanner.capture(RIGHT_FOUR, 5.0, ignore).slap


def test_nobody_and_interrupt(desk, scanner) -> None:
    desk.set("nobody")
    with pytest.raises(CaptureFailed) as raised:
        scanner.capture(RIGHT_FOUR, 0.2, ignore)
    assert raised.value.message_key == "finger.none"
    threading.Timer(0.2, scanner.interrupt).start()
    started = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        scanner.capture(RIGHT_FOUR, 20.0, ignore)
    assert raised.value.message_key == "device.interrupted"
    assert time.monotonic() - started < 1.5
    desk.set("")
    assert scanner.capture(RIGHT_FOUR, 5.0, ignore).slap


def test_other_version_nothing_plugged_in_and_busy(desk) -> None:
    desk.set("abi")
    with pytest.raises(DeviceTrouble) as raised:
        desk.driver.discover()
    assert (raised.value.message_key, raised.value.facts["expected"], raised.value.facts["found"]) == ("vendor.abi", 2, 3)
    desk.set("none")
    assert desk.driver.discover() == ()
    desk.set("busy")
    with pytest.raises(Busy):
        desk.open()


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_library_that_dies_or_hangs_recovers_without_restart(desk, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the real manager: the call fails with one error, the device is opened again by itself."""
    monkeypatch.setattr(client, "PATIENCE_S", 0.1)
    manager = DeviceManager([desk.driver], Deadlines({"discovery.interval": 0.05, "actor.reopen": 0.05}))
    try:
        assert manager.settle(5)

        def ask():
            return manager.call(FINGERPRINT, "fingerprint.capture", lambda d: d.capture(RIGHT_FOUR, 0.5, ignore), 5)

        desk.set(fault)
        with pytest.raises(NotConnected) as raised:
            ask().result(5)
        assert raised.value.message_key == "device.process"
        desk.set("")
        end = time.monotonic() + 5
        while manager.states()[1].health is not DeviceHealth.READY and time.monotonic() < end:
            time.sleep(0.02)
        assert ask().result(5).slap
    finally:
        manager.close()


def test_library_that_ignores_the_interrupt_is_ended(desk, scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_device, "GRACE_S", 0.2)
    desk.set("hang")
    threading.Timer(0.2, scanner.interrupt).start()
    with pytest.raises(CaptureFailed) as raised:
        scanner.capture(RIGHT_FOUR, 20.0, ignore)
    assert raised.value.message_key == "device.interrupted"
    with pytest.raises(NotConnected):
        scanner.healthy()


def test_library_or_program_that_is_not_there(tmp_path: Path, built) -> None:
    python, worker, _ = built["python"]
    with pytest.raises(NotConnected) as raised:
        VendorDriver(FINGERPRINT, [python, worker, "/nowhere/lib.so"], "contoh").discover()
    assert raised.value.message_key == "vendor.library"
    assert VendorDriver(FINGERPRINT, [str(tmp_path / "nowhere")], "contoh").discover() == ()
    with pytest.raises(BadInput):
        VendorDriver(DeviceKind.CAMERA, [python], "contoh")


SCRIPT = """
import os, sys
sys.path.insert(0, os.environ["KTPEL_WORKER"])
from serve import serve

def discover(call):
    return {{"wire": {wire}, "devices": [{{"key": "a", "label": "Alat"}}]}}, []

def open_device(call):
    return {{"slap": {slap}}}, []

def capture(call):
{body}

serve({{"discover": discover, "open": open_device, "capture": capture, "healthy": lambda call: ({{}}, [])}})
"""


@pytest.fixture
def script() -> Iterator[Callable]:
    made = []

    def make(kind: DeviceKind, body: str, wire: int = 1, slap: bool = True):
        text = SCRIPT.format(wire=wire, slap=slap, body="\n".join("    " + line for line in body.strip().splitlines()))
        driver = VendorDriver(kind, [sys.executable, "-c", text], "skrip")
        assert wire == 1 or driver.discover()
        made.append(driver.open(Found("a", "Alat")))
        return made[-1]

    yield make
    for device in made:
        device.close()


def test_irises_with_evidence(script) -> None:
    eye = """
heads = [{"position": p, "width": 4, "height": 3} for p in call.args["positions"]]
return {"eyes": heads, "payload": True}, [bytes(12) for _ in heads] + [b"signed"]
"""
    capture = script(IRIS, eye).capture(EYES, 5.0, ignore)
    assert [(p, image.width) for p, image in capture.eyes] == [(EYES[0], 4), (EYES[1], 4)]
    assert capture.payload == b"signed"


def test_signature_comes_live_and_gaps_are_counted(script) -> None:
    body = """
call.event("points", {"points": [[1, 2, 500, 0], [3, 4, 0, 5]]})
return {"width": 100, "height": 50, "count": 4, "lost": 1, "units_per_mm": 100}, []
"""
    live: list[PenPoint] = []
    capture = script(SIGNATURE, body).capture("Tanda tangan", 5.0, live.append)
    assert capture.points == (PenPoint(1, 2, 500, 0), PenPoint(3, 4, 0, 5)) == tuple(live)
    assert (capture.width, capture.height, capture.lost, capture.units_per_mm) == (100, 50, 3, 100.0)


@pytest.mark.parametrize(("kind", "body"), [
    (FINGERPRINT, 'return {"slap": {"width": 2, "height": 2, "ppi": 500}}, [bytes(3)]'),
    (FINGERPRINT, 'return {"slap": {"width": "x", "height": None, "ppi": 500}}, [bytes(4)]'),
    (FINGERPRINT, 'return {"slap": {"width": 2, "height": 2, "ppi": 500}}, []'),
    (FINGERPRINT, 'return {"fingers": [{"position": "left_thumb", "width": 1, "height": 1, "ppi": 500}]}, [bytes(1)]'),
    (FINGERPRINT, 'h = {"position": "right_index", "width": 1, "height": 1, "ppi": 500}\nreturn {"fingers": [h, h]}, [bytes(1)] * 2'),
    (IRIS, 'return {"eyes": "both"}, []'),
    (IRIS, 'return {"eyes": [], "payload": True}, []'),
    (SIGNATURE, 'return {"width": 0, "height": 5, "count": 0, "lost": 0}, []'),
    (SIGNATURE, 'return {"height": 5}, []'),
    (SIGNATURE, 'call.event("points", {"points": [[1, 2]]})\nreturn {"width": 9, "height": 5, "count": 1, "lost": 0}, []'),
    (SIGNATURE, 'call.event("points", {"points": [[1,2,3,9],[1,2,3,4]]})\nreturn {"width": 9, "height": 5, "count": 2, "lost": 0}, []'),
])
def test_what_fits_nothing_is_refused(script, kind: DeviceKind, body: str) -> None:
    device = script(kind, body)
    asked = "Tanda tangan" if kind is SIGNATURE else EYES if kind is IRIS else RIGHT_FOUR
    with pytest.raises(CaptureFailed) as raised:
        device.capture(asked, 5.0, lambda _seen: None)
    assert raised.value.message_key == "device.nonsense"


def test_missing_resolution_and_empty_captures_are_refused(script) -> None:
    for kind, body, key in ((FINGERPRINT, 'return {"slap": {"width": 2, "height": 2}}, [bytes(4)]', "fprint.resolution_unknown"),
                            (FINGERPRINT, 'return {"fingers": []}, []', "finger.none"), (IRIS, 'return {"eyes": []}, []', "iris.none")):
        with pytest.raises(DeviceTrouble) as raised:
            script(kind, body).capture(EYES if kind is IRIS else RIGHT_FOUR, 5.0, ignore)
        assert raised.value.message_key == key


def test_single_finger_device_says_so_and_other_wire_is_refused(script) -> None:
    device = script(FINGERPRINT, "return {}, []", slap=False)
    with pytest.raises(CaptureFailed) as raised:
        device.capture(RIGHT_FOUR, 5.0, ignore)
    assert raised.value.message_key == "finger.one_at_a_time"
    with pytest.raises(DeviceTrouble) as refused:
        script(FINGERPRINT, "return {}, []", wire=2)
    assert refused.value.message_key == "vendor.wire"
