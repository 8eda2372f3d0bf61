"""The capture screens: frames pushed to their plates, one steady hint, the picture that takes itself, devices that go and come."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.hal.preview import LatestFrame
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.choices import FILE, Choices
from ktpel_kiosk.ui.feed import PreviewFeed, rendered
from ktpel_kiosk.ui.pages.rekam_photo import hint_icon
from ktpel_kiosk.ui.presenters import photo_guide
from ktpel_kiosk.ui.presenters.photo_guide import COUNT_S, HOLD_S, PhotoGuide
from ktpel_kiosk.ui.widgets.preview import Plate

Settle = Callable[[Windows], None]


def frame(red: int, blue: int, width: int = 320, height: int = 180) -> RawImage:
    """Left half red, right half blue."""
    row = bytes((red, 0, 0)) * (width // 2) + bytes((0, 0, blue)) * (width // 2)
    return RawImage(width, height, 3, row * height)


# -- how frames become pixels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (1280, 720)])
def test_a_plate_is_filled_whole_or_mirrored(width: int, height: int) -> None:
    raw = frame(200, 220, width, height)
    filled, whole, mirror = rendered(raw, [Plate(90, 120), Plate(90, 120, whole=True), Plate(90, 120, mirrored=True)])
    assert (filled.width(), filled.height()) == (90, 120)
    assert whole.width() <= 90
    assert whole.height() <= 120
    assert whole.width() / whole.height() == pytest.approx(width / height, rel=0.05)
    assert (filled.pixelColor(5, 60).red(), filled.pixelColor(84, 60).blue()) == (200, 220)
    assert (mirror.pixelColor(5, 60).blue(), mirror.pixelColor(84, 60).red()) == (220, 200)


def test_grey_frames_and_fine_screens() -> None:
    raw = RawImage(100, 80, 1, bytes([77]) * 8000)
    (image,) = rendered(raw, [Plate(300, 240, ratio=2.0)])
    assert (image.width(), image.deviceIndependentSize().width()) == (300, 150)
    assert image.pixelColor(150, 120).green() == 77


class Seen:
    """A plate that remembers; ``hidden`` like a page nobody looks at."""

    def __init__(self) -> None:
        self.hidden = False
        self.reds: list[int] = []

    def plate(self) -> Plate | None:
        return None if self.hidden else Plate(40, 30)

    def set_rendered(self, pixels: QImage, source: QSize) -> None:
        self.reds.append(pixels.pixelColor(2, 2).red())


def test_the_newest_frame_is_shown_and_nothing_queues(qtbot: QtBot) -> None:
    slot, view, bridge, told = LatestFrame(), Seen(), Bridge(), []
    feed = PreviewFeed(bridge, lambda: slot, lambda: (view,), told.append)
    try:
        feed.start()
        for red in range(1, 200):
            slot.put(frame(red, 0, 40, 30))
        qtbot.waitUntil(lambda: bool(view.reds) and view.reds[-1] == 199, timeout=8000)
        assert len(view.reds) < 100  # the windows were busy here: what came meanwhile was left out
        assert view.reds == sorted(view.reds)
        assert len(told) == len(view.reds)
        before = len(view.reds)
        view.hidden = True
        slot.put(frame(5, 0, 40, 30))
        qtbot.waitUntil(lambda: len(told) > before, timeout=8000)
        slot.put(frame(6, 0, 40, 30))
        qtbot.waitUntil(lambda: len(told) > before + 1, timeout=8000)
        assert view.reds[-1] in (199, 5)  # hidden: not made any more
        feed.stop()
        count = len(told)
        slot.put(frame(7, 0, 40, 30))
        qtbot.wait(30)
        assert len(told) == count
    finally:
        feed.stop()
        bridge.close()


def test_listeners_of_a_slot_come_and_go() -> None:
    slot, woken = LatestFrame(), threading.Event()
    leave = slot.listen(woken.set)
    slot.put(frame(1, 1))
    assert woken.is_set()
    woken.clear()
    leave()
    slot.put(frame(2, 2))
    assert not woken.is_set()


# -- the guide ----------------------------------------------------------------------------------------------------------


def test_a_hint_stays_until_the_next_is_sure() -> None:
    guide = PhotoGuide()
    guide.judged("face.too_far", False, 0.0)
    assert guide.at(0.0, True).hint == "face.too_far"
    guide.judged("face.eyes", False, 0.2)
    guide.judged("face.too_far", False, 0.4)
    guide.judged("face.eyes", False, 0.6)
    assert guide.at(0.6, True).hint == "face.too_far"
    guide.judged("face.eyes", False, HOLD_S + 0.1)
    assert guide.at(HOLD_S + 0.1, True).hint == "face.eyes"


def test_the_picture_takes_itself_after_a_steady_while_and_only_when_allowed() -> None:
    guide = PhotoGuide()
    for n in range(2):
        guide.judged("", True, n * 0.2)
    assert guide.at(0.2, False) == photo_guide.Guidance(ready=True)
    begun = guide.at(0.3, True)
    assert (begun.share, begun.seconds, begun.shoot) == (0.0, 2, False)
    guide.judged("face.eyes", False, 0.6)  # a blink
    guide.judged("", True, 1.0)
    assert guide.at(1.3, True).seconds == 1
    guide.judged("", True, 2.2)
    assert not guide.at(2.2, False).shoot  # somebody reads a message: it begins anew
    assert guide.at(2.25, True).share == 0.0
    for n in range(3):
        guide.judged("", True, 2.5 + n)
    assert guide.at(2.25 + COUNT_S, True).shoot
    guide.taken(4.3)
    guide.judged("", True, 5.0)
    assert guide.at(5.0, True).share is None  # the result is looked at first


def test_a_silent_judge_takes_no_picture() -> None:
    guide = PhotoGuide()
    for n in range(2):
        guide.judged("", True, n * 0.1)
    assert guide.at(0.2, True).share == 0.0
    assert not guide.at(0.2 + COUNT_S, True).shoot


def test_arrows_point_where_the_person_is_to_move_in_this_picture() -> None:
    assert hint_icon("face.turn_left", mirrored=True) == "arrow-left"
    assert hint_icon("face.turn_left", mirrored=False) == "arrow-right"
    assert hint_icon("face.unknown", mirrored=False) == "info"


def test_choices_last_and_a_damaged_file_is_none(tmp_path: Path) -> None:
    Choices(tmp_path).set("cermin", True)
    assert Choices(tmp_path).get("cermin")
    (tmp_path / FILE).write_text(json.dumps({"cermin": "ya", "fremd": True}))
    assert not Choices(tmp_path).get("cermin")
    (tmp_path / FILE).write_text("{")
    assert Choices(tmp_path).get("foto_otomatis")


# -- the windows --------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(office: FakeOffice, windows: Windows, settle: Settle) -> Any:
    p = office.to_stage(4, Stage.REKAM)
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    made: Any = windows.operator.page("perekaman")
    made.act(lambda: made.presenter.confirm(p.id), made.set_view)
    settle(windows)
    return made


def test_the_photo_takes_itself_but_not_over_a_message(office: FakeOffice, windows: Windows, settle: Settle, page: Any, qtbot: QtBot,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_guide, "COUNT_S", 0.05)
    office.judge.preview_face = lambda _frame, _latar: Quality("test", 90)  # type: ignore[method-assign]
    windows.operator.tell("attention", "Baca ini dahulu.")
    page._show_part("foto")
    part = page.parts["foto"]

    def watch(until: Callable[[], bool]) -> None:
        end = time.monotonic() + 15
        while not until() and time.monotonic() < end:
            office.devices.frame_comes()
            qtbot.wait(20)
        assert until()

    watch(lambda: part.guide._ready)
    for _ in range(8):
        office.devices.frame_comes()
        qtbot.wait(20)
    assert not page.view.faces
    windows.operator.notice.dismiss()
    watch(lambda: bool(page.view.faces) and not part.capturing)
    settle(windows)
    assert page.view.part_done("foto")
    assert windows.applicant.photo_plate() in part.shown_on()
    part.set_automatic(False)
    assert not windows.operator.choices.get("foto_otomatis")


def test_a_camera_that_goes_is_said_on_the_plate_and_comes_back_by_itself(office: FakeOffice, windows: Windows, settle: Settle, page: Any,
                                                                          qtbot: QtBot) -> None:
    page._show_part("foto")
    part = page.parts["foto"]
    qtbot.waitUntil(part.live.has_frame, timeout=8000)
    office.devices.change(DeviceKind.CAMERA, DeviceHealth.MISSING)
    qtbot.waitUntil(lambda: not part.live.has_frame(), timeout=8000)
    assert "berlanjut sendiri" in part.live._waiting
    assert not windows.operator.notice.isVisible()
    office.devices.change(DeviceKind.CAMERA, DeviceHealth.READY)
    qtbot.wait(20)
    office.devices.frame_comes()
    qtbot.waitUntil(part.live.has_frame, timeout=8000)
    page._show_part("data")
    assert not part.live.has_frame()  # nobody's face stays on a plate that is not looked at


def test_a_silent_camera_is_noticed(page: Any, qtbot: QtBot) -> None:
    page._show_part("foto")
    part = page.parts["foto"]
    qtbot.waitUntil(part.live.has_frame, timeout=8000)
    part._framed_at -= 10
    part._look_for_silence()
    assert "tidak mengirim gambar" in part.live._waiting


def test_fingers_wait_for_f8_when_not_automatic_and_all_ten_results_are_seen(office: FakeOffice, windows: Windows, settle: Settle,
                                                                             page: Any, qtbot: QtBot) -> None:
    windows.operator.choices.set("jari_otomatis", False)
    page._show_part("jari")
    settle(windows)
    part = page.parts["jari"]
    qtbot.waitUntil(lambda: page.view.status.of(Position.RIGHT_INDEX).done and not part.capturing, timeout=8000)
    settle(windows)
    assert "F8" in part.plate.hint()
    assert part._slap[0].value.startswith("right")  # what was captured stays to be seen
    assert len(part.table.cells()) == 10
    assert part.table.cells()[Position.RIGHT_INDEX].value
    assert not part.table.cells()[Position.LEFT_INDEX].value
    assert part.history.lines()[0].pictures[0] is not None
    page.press("F8")
    settle(windows)
    qtbot.waitUntil(lambda: page.view.status.of(Position.LEFT_INDEX).done and not part.capturing, timeout=8000)


def test_a_scanner_that_comes_back_is_used_at_once(office: FakeOffice, windows: Windows, settle: Settle, page: Any, qtbot: QtBot) -> None:
    office.devices.change(DeviceKind.FINGERPRINT, DeviceHealth.MISSING)
    qtbot.wait(20)
    windows.operator.choices.set("jari_otomatis", False)
    part = page.parts["jari"]
    part.gone("Pasang pemindai.")
    assert "Pasang pemindai." in part.plate._waiting
    part._lost, page.part, part.entered = True, part, True
    page.stack.setCurrentWidget(part)
    office.devices.change(DeviceKind.FINGERPRINT, DeviceHealth.READY)
    qtbot.waitUntil(lambda: page.view.status.of(Position.RIGHT_INDEX).done and not part.capturing, timeout=8000)
    assert part.plate._waiting == ""


def test_review_says_first_what_is_missing(page: Any) -> None:
    found = page.parts["tinjau"].findings(page.view)
    assert found[0][1] == "attention"
    assert "Foto" in found[0][0]


# -- nothing is cut on a low screen -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1366, 748), (1280, 700)])
def test_every_part_has_room_under_a_notice(windows: Windows, settle: Settle, page: Any, size: tuple[int, int]) -> None:
    """The practice band takes 20 pixels, the notice of similar fingers its line: still no part asks for more than there is."""
    windows.operator.resize(*size)
    page.alike.show_view = lambda _view: page.alike.show_text("attention", "teks", bold="Mirip.", action="Bandingkan")
    for key in page.view.parts():
        page._show_part(key)
        part = page.parts[key]
        settle(windows)
        page.alike.show_text("attention", "teks", bold="Mirip.", action="Bandingkan")
        settle(windows)
        assert page.alike.isVisible() and part.minimumSizeHint().height() <= part.height(), key
        assert page.minimumSizeHint().height() <= page.height(), key
        assert page.primary.mapTo(windows.operator, page.primary.rect().bottomLeft()).y() < size[1], key
