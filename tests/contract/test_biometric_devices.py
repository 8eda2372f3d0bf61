"""The contracts of FingerprintScanner, IrisCamera and SignaturePad, on the simulators and on still pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from stub_people import StubPerson, stub_world

from ktpel_kiosk.domain.biometric import EYES, FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.hal.drivers.still_source import StillSource, compose_slap
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceKind

FINGERPRINT, IRIS, SIGNATURE = DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.SIGNATURE


def pixels(image: RawImage) -> np.ndarray:
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width)


def mark(level: int, width: int = 300, height: int = 400, ppi: int = 500) -> RawImage:
    """A finger of one grey, recognisable on the platen."""
    return RawImage(width, height, 1, bytes([level]) * (width * height), ppi)


def from_world(world: SimulatedWorld, kind: DeviceKind):
    driver = next(d for d in world.drivers() if d.kind is kind)
    return driver.open(driver.discover()[0])


def simulated(kind: DeviceKind):
    world = stub_world()
    world.seat(3, 1990)
    return from_world(world, kind)


def still(kind: DeviceKind):
    person = StubPerson(1, 1990, "L")
    images = {position: person.finger(position, 1) for position in FINGERS} | {eye: person.iris(eye, 1) for eye in EYES}
    driver = next(d for d in StillSource(images).drivers() if d.kind is kind)
    return driver.open(driver.discover()[0])


both = pytest.mark.parametrize("make", [simulated, still])


@both
@pytest.mark.parametrize("positions", [RIGHT_FOUR, LEFT_FOUR, THUMBS])
def test_slap_is_a_500_ppi_platen(make: Callable, positions) -> None:
    previews: list[RawImage] = []
    capture = make(FINGERPRINT).capture(positions, 1.0, previews.append)
    assert (capture.slap.width, capture.slap.height, capture.slap.channels, capture.slap.ppi) == (1600, 1000, 1, 500)
    assert pixels(capture.slap)[0, 0] == 255
    assert pixels(capture.slap).min() < 100
    assert previews


@both
def test_single_finger(make: Callable) -> None:
    capture = make(FINGERPRINT).capture((Position.LEFT_INDEX,), 1.0, lambda frame: None)
    assert [position for position, _ in capture.fingers] == [Position.LEFT_INDEX]
    assert capture.fingers[0][1].ppi == 500


@both
def test_irises(make: Callable) -> None:
    previews: list[RawImage] = []
    capture = make(IRIS).capture(EYES, 1.0, previews.append)
    assert [eye for eye, _ in capture.eyes] == list(EYES)
    assert {(image.width, image.height, image.channels) for _, image in capture.eyes} == {(640, 480, 1)}
    assert len(previews) == 2


@both
@pytest.mark.parametrize("kind", [FINGERPRINT, IRIS])
def test_identity_says_whether_it_is_simulated(make: Callable, kind) -> None:
    device = make(kind)
    assert device.identity().simulated is (make is simulated)
    device.healthy()
    device.close()


def test_hand_lies_on_the_platen_in_its_natural_order() -> None:
    levels = {position: 20 + 10 * number for number, position in enumerate(FINGERS)}
    for positions, order in ((RIGHT_FOUR, RIGHT_FOUR), (LEFT_FOUR, LEFT_FOUR[::-1]), (THUMBS, THUMBS)):
        slap = pixels(compose_slap([(p, mark(levels[p])) for p in positions]))
        row = slap[320]
        seen = list(dict.fromkeys(int(v) for v in row if v != 255))
        assert seen == [levels[p] for p in order]
        tops = {p: int(np.flatnonzero((slap == levels[p]).any(axis=1))[0]) for p in positions}
        if len(positions) == 4:
            index, middle, ring, little = positions
            assert tops[middle] < min(tops[index], tops[ring]) and tops[little] == max(tops.values())


def test_large_and_differently_scanned_fingers_keep_their_scale() -> None:
    slap = pixels(compose_slap([(Position.RIGHT_INDEX, mark(50, 300, 400, ppi=1000)), (Position.RIGHT_MIDDLE, mark(60, 900, 1200))]))
    index, middle = slap == 50, slap == 60
    assert (int(index.any(axis=0).sum()), int(index.any(axis=1).sum())) == (150, 200)
    assert middle.any() and not slap[:, :1].min() < 255


def test_given_slap_is_served_as_it_is() -> None:
    slap = mark(99, 1600, 1000)
    source = StillSource({Position.RIGHT_INDEX: mark(1)}, {frozenset(RIGHT_FOUR): slap})
    device = source.drivers()[1].open(source.drivers()[1].discover()[0])
    assert device.capture(RIGHT_FOUR, 1, lambda f: None).slap is slap


def test_still_source_without_pictures_is_not_plugged_in() -> None:
    source = StillSource({Position.FACE: mark(1)})
    camera, fingers, iris = source.drivers()
    assert [len(d.discover()) for d in (camera, fingers, iris)] == [1, 0, 0]
    device = camera.open(camera.discover()[0])
    assert device.still() == mark(1)
    source.replace({})
    with pytest.raises(NotConnected):
        device.healthy()
    with pytest.raises(CaptureFailed):
        device.still()


def test_each_touch_is_another_impression() -> None:
    world = stub_world()
    world.seat(3, 1990)
    scanner = from_world(world, FINGERPRINT)
    for _ in range(2):
        scanner.capture(RIGHT_FOUR, 1, lambda frame: None)
    scanner.capture((Position.RIGHT_INDEX,), 1, lambda frame: None)
    assert [asked[2] for asked in world.sitter.person.asked] == [1, 2, 1]


def test_finger_faults() -> None:
    world = stub_world()
    world.seat(3, 1990, missing={Position.RIGHT_LITTLE})
    scanner = from_world(world, FINGERPRINT)
    asked = world.sitter.person.asked

    def touch(fault: str, positions=RIGHT_FOUR):
        world.faults.add("fingerprint", fault)
        return scanner.capture(positions, 1, lambda frame: None)

    touch("wrong_hand")
    assert asked[-1][1] == LEFT_FOUR
    touch("missing_finger")
    assert asked[-1][1] == RIGHT_FOUR[:3]
    touch("missing_finger", LEFT_FOUR)
    assert asked[-1][1] == LEFT_FOUR[:3]
    touch("dry")
    assert asked[-1][3] == "dry"
    ink = (pixels(touch("partial").slap) < 200).any(axis=1)
    assert ink[-1] and 100 < int(ink.sum()) < 300
    with pytest.raises(CaptureFailed) as raised:
        touch("no_finger")
    assert raised.value.message_key == "finger.none"
    with pytest.raises(CaptureFailed):
        scanner.capture((Position.RIGHT_LITTLE,), 1, lambda frame: None)


def test_nobody_at_the_desk() -> None:
    world = stub_world()
    for kind, ask in ((FINGERPRINT, RIGHT_FOUR), (IRIS, EYES)):
        with pytest.raises(CaptureFailed):
            from_world(world, kind).capture(ask, 1, lambda frame: None)
    with pytest.raises(CaptureFailed):
        from_world(world, SIGNATURE).capture("Tanda tangan", 1, lambda point: None)


def test_iris_faults() -> None:
    world = stub_world()
    world.seat(3, 1990, missing={Position.LEFT_EYE})
    iris = from_world(world, IRIS)
    assert [eye for eye, _ in iris.capture(EYES, 1, lambda f: None).eyes] == [Position.RIGHT_EYE]
    world.faults.add("iris", "swapped")
    iris.capture((Position.RIGHT_EYE,), 1, lambda f: None)
    assert world.sitter.person.asked[-1][1] is Position.LEFT_EYE
    sharp = iris.capture(EYES, 1, lambda f: None).eyes[0][1]
    world.faults.add("iris", "blurred")
    blurred = iris.capture(EYES, 1, lambda f: None).eyes[0][1]
    assert np.abs(np.diff(pixels(blurred).astype(int))).mean() < np.abs(np.diff(pixels(sharp).astype(int))).mean()
    world.faults.add("iris", "closed")
    with pytest.raises(CaptureFailed):
        iris.capture(EYES, 1, lambda f: None)


def test_signature_comes_point_by_point_without_real_waiting() -> None:
    pad = simulated(SIGNATURE)
    live: list[object] = []
    started = time.monotonic()
    capture = pad.capture("Tanda tangan", 30, live.append)
    assert time.monotonic() - started < 0.3
    assert tuple(live) == capture.points
    assert (capture.width, capture.height, capture.lost) == (9600, 6000, 0)
    assert [b.t_ms - a.t_ms for a, b in zip(capture.points, capture.points[1:], strict=False)] == [5] * 99


def test_signature_in_real_time_takes_its_time_and_can_be_cut_short() -> None:
    world = stub_world(realtime=True)
    world.seat(3, 1990)
    pad = from_world(world, SIGNATURE)
    started = time.monotonic()
    pad.capture("Tanda tangan", 30, lambda point: None)
    assert 0.4 < time.monotonic() - started < 1.5
    threading.Timer(0.1, pad.interrupt).start()
    with pytest.raises(CaptureFailed) as raised:
        pad.capture("Tanda tangan", 30, lambda point: None)
    assert raised.value.message_key == "device.interrupted"


def test_signature_faults() -> None:
    world = stub_world()
    world.seat(3, 1990)
    pad = from_world(world, SIGNATURE)
    world.faults.add("signature", "lost", count=30)
    capture = pad.capture("x", 1, lambda point: None)
    assert (len(capture.points), capture.lost) == (70, 30)
    world.faults.add("signature", "empty")
    assert pad.capture("x", 1, lambda point: None).points == ()
    world.faults.add("signature", "cancelled")
    with pytest.raises(CaptureFailed):
        pad.capture("x", 1, lambda point: None)
