"""Whose the keyboard is at a desk with two screens (found end to end: after the applicant's touch F9 reached nobody)."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.kiosk import KioskGuard


@pytest.fixture
def guard(windows: Windows, qtbot: QtBot) -> KioskGuard:
    made = windows.operator.kiosk = KioskGuard(windows.operator)
    made.hold(windows.applicant)
    windows.operator.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is windows.operator, timeout=8000)
    return made


def test_a_touch_of_the_applicant_leaves_the_keyboard_to_the_officer(
        windows: Windows, guard: KioskGuard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows.operator, "in_front", lambda: windows.operator)  # two screens; offscreen has one
    windows.applicant.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is windows.operator, timeout=8000)


def test_on_a_turned_screen_the_applicant_keeps_it(
        windows: Windows, guard: KioskGuard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows.operator, "in_front", lambda: windows.applicant)
    windows.applicant.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is windows.applicant, timeout=8000)
    qtbot.wait(60)
    assert QApplication.activeWindow() is windows.applicant
