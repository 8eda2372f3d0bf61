"""Input is seen at the windows and at the widget with the keyboard, and nothing else is looked at."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.presence import Presence


def test_clicks_keys_and_input_methods_are_seen_and_qts_own_events_are_not(qtbot: QtBot) -> None:
    window, first, second, owner = QWidget(), QLineEdit(), QLineEdit(), QObject()
    qtbot.addWidget(window)
    box = QVBoxLayout(window)
    for line in (first, second):
        box.addWidget(line)
    seen: list[tuple[QObject, QEvent.Type]] = []
    taken = [False]
    presence = Presence(owner, lambda watched, event: seen.append((watched, event.type())) or taken[0])  # type: ignore[func-returns-value]
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    first.setFocus()
    handle = window.windowHandle()
    presence.look()
    seen.clear()
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, first.geometry().center())
    QTest.keyClick(handle, Qt.Key.Key_A)
    assert (handle, QEvent.Type.MouseButtonPress) in seen and (handle, QEvent.Type.KeyPress) in seen and first.text() == "a"
    second.setFocus()
    seen.clear()
    QCoreApplication.sendEvent(second, QInputMethodEvent("", []))
    assert (second, QEvent.Type.InputMethod) in seen
    seen.clear()
    box.addWidget(QLabel("baru"))  # a page that is built
    QCoreApplication.processEvents()
    assert not [s for s in seen if s[0] not in (handle, second)]
    taken[0] = True
    QTest.keyClick(handle, Qt.Key.Key_B)
    assert second.text() == ""
    presence.stop()
    QTest.keyClick(handle, Qt.Key.Key_C)
    assert second.text() == "c"
