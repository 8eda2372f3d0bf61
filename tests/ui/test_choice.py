"""Short lists: opened in the window, high enough for a finger, gone through by keyboard without a trap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.theme import Theme, set_theme
from ktpel_kiosk.ui.widgets.fields import ChoiceField, TextField
from ktpel_kiosk.ui.widgets.picker import PickList

K = Qt.Key
ITEMS = [("1", "Belum kawin"), ("2", "Kawin"), ("3", "Cerai hidup"), ("4", "Cerai mati")]


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[tuple[QWidget, ChoiceField, TextField]]:
    window = QWidget()
    set_theme(window, Theme())
    field, after = ChoiceField("kawin", "Status perkawinan", ITEMS), TextField("lain", "Lain")
    lines = QVBoxLayout(window)
    lines.addWidget(field)
    lines.addWidget(after)
    lines.addStretch(1)
    window.resize(500, 600)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field.box.setFocus()
    yield window, field, after
    window.close()


def keys(text: str) -> None:
    for letter in text:
        QTest.keyClick(QApplication.focusWindow(), letter)


def key(*pressed: Qt.Key) -> None:
    for one in pressed:
        QTest.keyClick(QApplication.focusWindow(), one)


def lists(window: QWidget) -> list[PickList]:
    return [found for found in window.findChildren(PickList) if not found.isHidden()]


def test_words_with_a_space_are_typed_and_tab_goes_on(form: tuple[QWidget, ChoiceField, TextField]) -> None:
    """Qt's own box opens its list at the space and keeps Tab there."""
    window, field, after = form
    keys("Cerai mati")
    assert field.value() == "4" and not lists(window)
    key(K.Key_Tab)
    assert after.editor.hasFocus()


def test_the_open_list_is_in_the_window_and_every_key_leads_out(form: tuple[QWidget, ChoiceField, TextField]) -> None:
    window, field, after = form
    key(K.Key_Space)
    (found,) = lists(window)
    assert found.window() is window and window.rect().contains(found.geometry())
    assert found.view.sizeHintForRow(0) >= 48
    assert not QApplication.activePopupWidget()
    key(K.Key_Down, K.Key_Down, K.Key_Return)
    assert field.value() == "2" and not lists(window) and field.box.hasFocus()
    key(K.Key_Space, K.Key_End, K.Key_Escape)
    assert field.value() == "2" and not lists(window)
    key(K.Key_F4, K.Key_Down, K.Key_Tab)
    assert field.value() == "3" and not lists(window) and after.editor.hasFocus()


def test_a_touch_opens_chooses_and_closes(form: tuple[QWidget, ChoiceField, TextField]) -> None:
    window, field, _after = form
    told: list[int] = []
    field.box.activated.connect(told.append)
    QTest.mouseClick(field.box, Qt.MouseButton.LeftButton)
    (found,) = lists(window)
    view = found.view
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(found.model.index(2)).center())
    assert field.value() == "2" and told == [2] and not lists(window)
    QTest.mouseClick(field.box, Qt.MouseButton.LeftButton)
    QTest.mouseClick(field.box, Qt.MouseButton.LeftButton)
    assert not lists(window)
    QTest.mouseClick(field.box, Qt.MouseButton.LeftButton)
    keys("cerai m")
    assert field.value() == "2", "looked at, not yet chosen"
    key(K.Key_Return)
    assert field.value() == "4"


def test_a_letter_again_goes_through_those_that_begin_so(form: tuple[QWidget, ChoiceField, TextField]) -> None:
    _window, field, _after = form
    keys("c")
    assert field.value() == "3"
    keys("c")
    assert field.value() == "4"
