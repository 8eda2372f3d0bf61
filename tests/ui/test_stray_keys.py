"""No key of the officer is lost: not to the window the applicant touched, not on the way round by a screen reader."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.kiosk import KioskGuard
from ktpel_kiosk.ui.pages.loket import LoketPage


@pytest.fixture
def counter(windows: Windows, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> LoketPage:
    monkeypatch.setattr(windows.operator, "in_front", lambda: windows.operator)  # as with two screens; the offscreen platform has one
    windows.operator.kiosk = KioskGuard(windows.operator)
    windows.operator.go("loket", new=True)
    page = windows.operator.page("loket")
    assert isinstance(page, LoketPage)
    qtbot.waitUntil(lambda: windows.operator.current == "loket" and page.isVisible())
    windows.operator.activateWindow()
    page.nik.editor.setFocus()
    return page


def test_keys_that_reach_the_applicants_window_are_the_officers(windows: Windows, counter: LoketPage, qtbot: QtBot) -> None:
    windows.operator._presence.look()  # as when the applicant touches it
    applicant = windows.applicant.windowHandle()
    for digit in "350805":
        QTest.keyClick(applicant, digit)
    qtbot.waitUntil(lambda: counter.nik.value() == "350805")
    QTest.keyClick(applicant, Qt.Key.Key_F3)
    qtbot.waitUntil(lambda: windows.operator.current == "register")


def test_a_key_relayed_by_a_screen_reader_shows_that_somebody_is_there(windows: Windows, counter: LoketPage,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[QEvent.Type] = []
    monkeypatch.setattr(windows.operator, "_somebody", seen.append)
    QCoreApplication.sendEvent(windows.operator.windowHandle(), QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_7, Qt.KeyboardModifier(0), "7"))
    assert QEvent.Type.KeyPress in seen and counter.nik.value() == "7"
