"""The manager and the simulated world together, as the app wires them."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from hal_fakes import FAST, until

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
from stub_people import PlainCard, stub_world

from ktpel_kiosk.domain.biometric import RIGHT_FOUR
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, NotConnected, Stalled
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world():
    made = stub_world()
    yield made
    made.close()


def health(manager: DeviceManager, kind: DeviceKind) -> DeviceHealth:
    return next(state.health for state in manager.states() if state.kind is kind)


def test_all_nine_devices_come_up(make, world) -> None:
    manager = make(*world.drivers())
    assert {state.health for state in manager.states()} == {DeviceHealth.READY}
    assert all(state.identity.simulated for state in manager.states())


def test_capture_fills_the_preview_slot(make, world) -> None:
    world.seat(5, 1991)
    manager = make(*world.drivers())
    got = []
    capture = manager.call(DeviceKind.FINGERPRINT, "capture", lambda d: d.capture(RIGHT_FOUR, 1, got.append), 5).result(5)
    assert manager.preview(DeviceKind.FINGERPRINT).latest(0) == (3, capture.slap)
    assert len(got) == 3


def test_live_picture_of_the_sitter(make, world) -> None:
    world.seat(5, 1991)
    manager = make(*world.drivers())
    manager.start_preview(DeviceKind.CAMERA)
    slot = manager.preview(DeviceKind.CAMERA)
    until(lambda: (slot.latest(0) or (0, None))[0] > 3)
    assert slot.latest(0)[1].width == 1280


def test_unplug_and_replug_by_script(make, world) -> None:
    manager = make(*world.drivers())
    world.faults.add("iris", "unplugged")
    until(lambda: health(manager, DeviceKind.IRIS) is DeviceHealth.MISSING)
    assert isinstance(manager.call(DeviceKind.IRIS, "capture", lambda d: d, 1).exception(0), NotConnected)
    world.faults.clear("iris")
    until(lambda: health(manager, DeviceKind.IRIS) is DeviceHealth.READY)


def test_stall_by_script_restarts_the_reader(make, world) -> None:
    manager = make(*world.drivers())
    world.card_in_reader(PlainCard())
    world.faults.add("card_reader", "stall")
    assert isinstance(manager.call(DeviceKind.CARD_READER, "connect", lambda d: d.connect(1), 0.1).exception(2), Stalled)
    until(lambda: health(manager, DeviceKind.CARD_READER) is DeviceHealth.READY)
    assert manager.call(DeviceKind.CARD_READER, "connect", lambda d: d.connect(1), 1).result(2) == PlainCard.atr


def test_busy_by_script_is_tried_again(make, world) -> None:
    world.faults.add("camera", "busy", times=2)
    manager = make(*world.drivers())
    until(lambda: health(manager, DeviceKind.CAMERA) is DeviceHealth.READY)


def test_waiting_for_a_card_ends_when_the_operator_cancels(make) -> None:
    world = stub_world(realtime=True)
    manager = make(*world.drivers(), deadlines=Deadlines(FAST))
    future = manager.call(DeviceKind.CARD_READER, "connect", lambda d: d.connect(20), 30)
    until(lambda: health(manager, DeviceKind.CARD_READER) is DeviceHealth.BUSY)
    manager.interrupt(DeviceKind.CARD_READER)
    assert isinstance(future.exception(2), CaptureFailed)
    world.close()


def test_who_may_sit_down(world) -> None:
    with pytest.raises(BadInput):
        world.seat(1, 1990, "X")
    world.seat(1, 1990, "P")
    assert world.sitter.latar == "biru"
    world.seat(1, 1991, "P")
    assert world.sitter.latar == "merah"
    world.leave()
    assert world.sitter is None


def test_every_error_has_its_sentence() -> None:
    """Each message key raised in this room has an Indonesian sentence."""
    import re

    sentences: dict[str, str] = {}
    for path in (ROOT / "resources/i18n/id/errors").glob("*.toml"):  # some errors are shared with other rooms
        sentences |= tomllib.loads(path.read_text(encoding="utf-8"))
    mine = [path for path in (ROOT / "src/ktpel_kiosk/hal").rglob("*.py") if "synth" not in path.parts and path.name != "specimen_card.py"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in mine)
    raised = set(re.findall(r'(?:Busy|CaptureFailed|CardRemoved|DeviceTrouble|Jammed|MediaEmpty|NotConnected|NotFound|OutcomeUnknown'
                            r'|Stalled|BadInput|BugError)\(\s*f?"([a-z_.{}]+)"', source))
    raised |= {"camera.black", "camera.frozen", "device.closed", "device.not_connected", "device.not_configured",
               "card_printer.jam", "card_printer.cancelled", "document_printer.jam", "iris.none", "iris.closed"}
    assert len(raised) > 35
    assert not {key for key in raised if "{" not in key} - set(sentences)
