"""The recording desk with a reader that takes one finger at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import fakes
import pytest
from fakes import FakeOffice
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk import recording
from ktpel_kiosk.domain.biometric import FINGERS, RIGHT_FOUR, Position
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind


@pytest.fixture
def touches(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every scanner of this office takes one finger; what it was asked for."""
    asked: list[Any] = []
    plain = fakes._Device.capture

    def capture(self: Any, *args: Any) -> Any:
        if self.kind is DeviceKind.FINGERPRINT:
            asked.append(args[0])
            if len(args[0]) != 1:
                raise CaptureFailed("finger.one_at_a_time", device="Uji")
        return plain(self, *args)

    monkeypatch.setattr(fakes._Device, "capture", capture)
    monkeypatch.setattr(fakes._Device, "slap", False, raising=False)
    return asked


def opened(office: FakeOffice, windows: Any, settle: Callable[..., None], qtbot: QtBot) -> tuple[Any, Any]:
    p = recording.confirm_data(office.desk, office.rina, office.to_stage(1, Stage.REKAM).id)
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    page = windows.operator.page("perekaman")
    page._show_part("jari")
    return page, page.parts["jari"]


def test_fingers_are_asked_one_after_another(office: FakeOffice, windows: Any, settle: Callable[..., None], qtbot: QtBot,
                                            touches: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktpel_kiosk.ui.pages.rekam_fingers.NEXT_MS", 10)
    page, jari = opened(office, windows, settle, qtbot)
    qtbot.waitUntil(lambda: len(touches) >= 2, timeout=5000)
    assert jari.single.isChecked() and not jari.single.isEnabled()
    assert "satu jari" in jari.single.toolTip()
    if shot := os.environ.get("KTPEL_SHOTS"):
        for width, height in ((1366, 768), (1920, 1080)):
            windows.operator.resize(width, height)
            qtbot.wait(50)
            windows.operator.grab().save(f"{shot}/satu-jari-{width}.png")
    qtbot.waitUntil(lambda: not page.view.status.next_slap(), timeout=20000)
    settle(windows)
    assert all(len(asked) == 1 for asked in touches)
    assert {asked[0] for asked in touches} == set(FINGERS)
    assert [asked[0] for asked in touches[:4]] == list(RIGHT_FOUR)
    assert page.view.status.of(Position.LEFT_THUMB).state == "captured"


def test_reader_that_says_nothing_is_found_out_at_the_first_touch(office: FakeOffice, windows: Any, settle: Callable[..., None],
                                                                  qtbot: QtBot, touches: list[Any],
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakes._Device, "slap", True, raising=False)
    _, jari = opened(office, windows, settle, qtbot)
    qtbot.waitUntil(lambda: len(touches) >= 2, timeout=5000)
    assert [len(asked) for asked in touches[:2]] == [4, 1]
    assert jari.single.isChecked() and not jari.single.isEnabled()


def test_slaps_come_back_with_a_slap_scanner(office: FakeOffice, windows: Any, settle: Callable[..., None], qtbot: QtBot,
                                             touches: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    page, jari = opened(office, windows, settle, qtbot)
    qtbot.waitUntil(lambda: jari.single.isChecked() and not jari.capturing, timeout=5000)
    monkeypatch.setattr(fakes._Device, "slap", True, raising=False)
    page._show_part("foto")
    page._show_part("jari")
    qtbot.waitUntil(lambda: not jari.single.isChecked(), timeout=5000)
    assert "empat jari" in jari.single.toolTip()


def test_nobody_is_asked_while_no_scanner_is_there(office: FakeOffice) -> None:
    from ktpel_kiosk.domain.errors import NotConnected
    office.devices.trouble[DeviceKind.FINGERPRINT] = NotConnected("device.not_connected")
    assert recording.one_finger_at_a_time(office.desk) is False


def test_reader_that_wants_another_touch_tells_operator_and_applicant(office: FakeOffice, windows: Any, settle: Callable[..., None],
                                                                      qtbot: QtBot, touches: list[Any]) -> None:
    office.judge.failures = [CaptureFailed("fprint.too_short", device="Uji")]
    page, jari = opened(office, windows, settle, qtbot)
    qtbot.waitUntil(lambda: bool(touches) and not jari.capturing, timeout=5000)
    settle(windows)
    assert windows.applicant.page("jari").subtitle.text() == "Tahan jari lebih lama"
    assert page.view.status.of(Position.RIGHT_INDEX).state == "missing"
