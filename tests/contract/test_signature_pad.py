"""The contract of SignaturePad, on the simulator and on an emulated Wacom STU behind real hidapi and libusb."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import umock_usb
from stub_people import stub_world

from ktpel_kiosk.domain.biometric import DeviceIdentity, PenPoint
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers import stu_picture, stu_reports
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import DeviceKind, SignatureCapture

HERE = Path(__file__).resolve().parent
PROMPT = "Saya menyatakan data dan perekaman ini benar."
IDLE_S = 0.5
UP, AWAY = [1, 0, 0, 5000, 2600], [0, 0, 0, 0, 0]
PAD = stu_picture.layout((320, 200))
UNITS = 30
"""Pad units a pixel of the STU-430."""


def stroke(count: int = 60, at: int = 2000) -> list[list[int]]:
    """Pen reports of one stroke with its lift."""
    return [[1, 1, 200 + 3 * i, at + 20 * i, 2600 + (i * 37) % 400] for i in range(count)] + [UP]


def tap(button: str) -> list[list[int]]:
    area = PAD.buttons[button]
    x, y = round((area.left + area.right) / 2 * UNITS), round((area.top + area.bottom) / 2 * UNITS)
    return [[1, 0, 0, x, y], *[[1, 1, 300, x, y]] * 6, [1, 0, 0, x, y], AWAY]


class Bench(Protocol):
    """A pad with a person before it."""

    driver: Any
    simulated: bool

    def sign(self) -> None:
        """At the next capture the person signs and accepts."""
        ...

    def lose(self) -> None:
        """The same, but ten reports get lost on the way."""
        ...

    def cancel(self) -> None: ...
    def linger(self) -> None:
        """The person writes and writes."""
        ...

    def pull(self) -> None: ...
    def plug(self) -> None: ...


class SimulatedBench:
    simulated = True

    def __init__(self) -> None:
        self.world = stub_world(realtime=True)
        self.driver = next(d for d in self.world.drivers() if d.kind is DeviceKind.SIGNATURE)

    def sign(self) -> None:
        self.world.seat(3, 1990)

    linger = sign

    def lose(self) -> None:
        self.sign()
        self.world.faults.add("signature", "lost", count=10)

    def cancel(self) -> None:
        self.sign()
        self.world.faults.add("signature", "cancelled")

    def pull(self) -> None:
        self.world.faults.add("signature", "unplugged")

    def plug(self) -> None:
        self.world.faults.clear()

    def stop(self) -> None:
        self.world.close()


class RemotePad:
    """The driver's device in the client process."""

    def __init__(self, worker: WorkerProcess) -> None:
        self.worker = worker
        self.writing = threading.Event()

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity(*self.worker.call("identity", 2).data["identity"])

    def healthy(self) -> None:
        self.worker.call("healthy", 2)

    def close(self) -> None:
        self.worker.call("close", 3)

    def interrupt(self) -> None:
        self.worker.interrupt()

    def capture(self, prompt: str, timeout_s: float, on_point: Callable[[PenPoint], None], stall_s: float = 0.0) -> SignatureCapture:
        args = {"prompt": prompt, "timeout_s": timeout_s, "stall_s": stall_s}
        got = self.worker.call("capture", timeout_s + 3, args, on_event=lambda *_: self.writing.set()).data
        assert got["live"], "on_point saw other points than the capture holds"
        points = tuple(PenPoint(*p) for p in got["points"])
        for point in points:
            on_point(point)
        return SignatureCapture(points, *got["size"], got["lost"], got["units_per_mm"])


class RemoteDriver:
    kind = DeviceKind.SIGNATURE

    def __init__(self, worker: WorkerProcess) -> None:
        self.worker = worker

    def discover(self) -> list[Found]:
        return [Found(*entry) for entry in self.worker.call("discover", 5).data["found"]]

    def open(self, found: Found) -> RemotePad:
        self.worker.call("open", 10, {"key": found.key})
        return RemotePad(self.worker)


class StuBench:
    simulated = False

    def __init__(self, standin: umock_usb.Standin, worker: WorkerProcess) -> None:
        self.standin, self.driver = standin, RemoteDriver(worker)
        standin.ask("forget")

    def write(self, *parts: list[list[int]], lose: tuple[int, ...] = ()) -> None:
        self.standin.ask("write", reports=[report for part in parts for report in part], lose=list(lose))

    def sign(self) -> None:
        self.write(stroke(), [UP] * 10, stroke(40, 5000), tap("accept"))

    def lose(self) -> None:
        self.write(stroke(), [UP] * 10, stroke(40, 5000), tap("accept"), lose=tuple(range(20, 30)))

    def cancel(self) -> None:
        self.write(stroke(20), tap("cancel"))

    def linger(self) -> None:
        self.write(stroke(1500))

    def pull(self) -> None:
        self.standin.ask("unplug")

    def plug(self) -> None:
        self.standin.ask("plug")

    def state(self) -> dict[str, Any]:
        return self.standin.ask("state")

    def stop(self) -> None:
        self.standin.ask("forget")


@pytest.fixture(scope="module")
def emulated() -> Iterator[tuple[umock_usb.Standin, WorkerProcess]]:
    reason = umock_usb.missing()
    if reason:
        pytest.skip(reason)
    standin = umock_usb.Standin(HERE / "umock_stu.py", "a4")
    worker = WorkerProcess([sys.executable, str(HERE / "stu_client.py"), str(IDLE_S), "1"], "stu", standin.env)
    yield standin, worker
    worker.close()
    standin.stop()


@pytest.fixture(params=["simulator", "stu"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = SimulatedBench() if request.param == "simulator" else StuBench(*request.getfixturevalue("emulated"))
    yield made
    made.stop()


@pytest.fixture
def pad(bench: Bench) -> Iterator[Any]:
    device = bench.driver.open(bench.driver.discover()[0])
    yield device
    device.close()


@pytest.fixture
def stu(emulated: tuple[umock_usb.Standin, WorkerProcess]) -> Iterator[tuple[StuBench, RemotePad]]:
    made = StuBench(*emulated)
    device = made.driver.open(made.driver.discover()[0])
    yield made, device
    device.close()
    made.stop()


# -- the contract ------------------------------------------------------------------------------------------------------------------


def test_a_signature_comes_whole_and_point_by_point(bench: Bench, pad: Any) -> None:
    bench.sign()
    live: list[PenPoint] = []
    capture = pad.capture(PROMPT, 10, live.append)
    assert tuple(live) == capture.points
    assert capture.lost == 0 and len(capture.points) >= 100
    assert all(0 <= p.x <= capture.width and 0 <= p.y <= capture.height and 0 <= p.pressure <= 1023 for p in capture.points)
    assert capture.points[0].t_ms == 0
    steps = [b.t_ms - a.t_ms for a, b in zip(capture.points, capture.points[1:], strict=False)]
    assert min(steps) >= 0 and sorted(steps)[len(steps) // 2] == 5  # 200 reports a second
    who = pad.identity()
    assert who.make and who.model and who.serial and who.simulated is bench.simulated


def test_reports_that_never_came_are_counted(bench: Bench, pad: Any) -> None:
    bench.lose()
    assert pad.capture(PROMPT, 10, lambda point: None).lost == 10


def test_cancel_on_the_pad(bench: Bench, pad: Any) -> None:
    bench.cancel()
    with pytest.raises(CaptureFailed) as raised:
        pad.capture(PROMPT, 10, lambda point: None)
    assert raised.value.message_key == "signature.cancelled"


def test_nobody_signs(bench: Bench, pad: Any) -> None:
    with pytest.raises(CaptureFailed) as raised:
        pad.capture(PROMPT, 0.3, lambda point: None)
    assert raised.value.message_key == "signature.none"


def test_the_operator_cuts_it_short_and_the_next_one_works(bench: Bench, pad: Any) -> None:
    bench.linger()
    threading.Timer(0.35, pad.interrupt).start()
    with pytest.raises(CaptureFailed) as raised:
        pad.capture(PROMPT, 10, lambda point: None)
    assert raised.value.message_key == "device.interrupted"
    if isinstance(bench, StuBench):
        bench.stop()
    bench.sign()
    assert pad.capture(PROMPT, 10, lambda point: None).points


def test_pulled_while_signing_and_put_back(bench: Bench) -> None:
    pad = bench.driver.open(bench.driver.discover()[0])
    bench.linger()
    threading.Timer(0.35, bench.pull).start()
    with pytest.raises(NotConnected) as raised:
        pad.capture(PROMPT, 10, lambda point: None)
    assert raised.value.message_key == "device.unplugged"
    with pytest.raises(NotConnected):
        pad.healthy()
    pad.close()
    assert not bench.driver.discover()
    bench.plug()
    again = bench.driver.open(bench.driver.discover()[0])
    if isinstance(bench, StuBench):
        bench.stop()
    bench.sign()
    assert again.capture(PROMPT, 10, lambda point: None).points
    again.close()


# -- the pad itself ----------------------------------------------------------------------------------------------------------------


def test_text_and_buttons_arrive_on_its_screen_and_leave_it_again(stu: tuple[StuBench, RemotePad]) -> None:
    bench, pad = stu
    bench.linger()
    seen: list[dict[str, Any]] = []

    def look() -> None:
        pad.writing.wait(5)
        seen.append(bench.state())
        pad.interrupt()

    looking = threading.Thread(target=look)
    looking.start()
    with pytest.raises(CaptureFailed):
        pad.capture(PROMPT, 10, lambda point: None)
    looking.join()
    wanted = stu_picture.encode(stu_picture.render(PROMPT, PAD, colour=False), stu_reports.Encoding.MONO)
    assert seen[0]["picture"] == {"encoding": 0, "sha256": hashlib.sha256(wanted).hexdigest()}
    assert seen[0]["inking"] and seen[0]["mode"] == 3 and seen[0]["area"] == [0, 0, 319, PAD.ink.bottom]
    after = bench.state()
    assert after["picture"] is None and not after["inking"]


def test_a_busy_caller_loses_nothing(stu: tuple[StuBench, RemotePad]) -> None:
    bench, pad = stu
    bench.write(stroke(200), tap("accept"))
    capture = pad.capture(PROMPT, 10, lambda point: None, stall_s=0.5)
    assert capture.lost == 0
    assert sum(p.down for p in capture.points) == 200
    assert capture.units_per_mm == 100.0 and (capture.width, capture.height) == (9600, 6000)


def test_again_begins_anew_and_stillness_accepts(stu: tuple[StuBench, RemotePad]) -> None:
    bench, pad = stu
    bench.write(stroke(30), tap("again"), stroke(50, 4000), [AWAY])
    capture = pad.capture(PROMPT, 10, lambda point: None)
    assert sum(p.down for p in capture.points) == 50
    assert capture.points[0].x == 4000 and capture.points[0].t_ms == 0 and not capture.points[-1].down


@pytest.mark.gate
def test_time_over_while_writing(stu: tuple[StuBench, RemotePad]) -> None:
    bench, pad = stu
    bench.linger()
    with pytest.raises(CaptureFailed) as raised:
        pad.capture(PROMPT, 1.5, lambda point: None)
    assert raised.value.message_key == "signature.unfinished"


@pytest.mark.gate
def test_a_colour_pad_shows_the_text_in_colour() -> None:
    reason = umock_usb.missing()
    if reason:
        pytest.skip(reason)
    standin = umock_usb.Standin(HERE / "umock_stu.py", "a8")
    worker = WorkerProcess([sys.executable, str(HERE / "stu_client.py"), str(IDLE_S), "120"], "stu", standin.env)
    try:
        bench = StuBench(standin, worker)
        pad = bench.driver.open(bench.driver.discover()[0])
        assert pad.identity().serial == "5LAQ0000123"
        bench.linger()
        seen: list[dict[str, Any]] = []
        looking = threading.Thread(target=lambda: (pad.writing.wait(100), seen.append(bench.state()), pad.interrupt()))
        looking.start()
        with pytest.raises(CaptureFailed):
            pad.capture(PROMPT, 110, lambda point: None)
        looking.join()
        screen = stu_picture.layout((800, 480))
        wanted = stu_picture.encode(stu_picture.render(PROMPT, screen, colour=True), stu_reports.Encoding.BGR)
        assert seen[0]["picture"] == {"encoding": 4, "sha256": hashlib.sha256(wanted).hexdigest()}
    finally:
        worker.close()
        standin.stop()
