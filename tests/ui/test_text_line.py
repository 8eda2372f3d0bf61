"""A line of text shows its beginning while somebody types elsewhere, and typing goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.widgets.fields import TextField

NAME = "KANJENG RADEN AYU SITI CONTOH LESTARI"


@pytest.fixture
def two(qtbot: QtBot) -> Iterator[tuple[TextField, TextField]]:
    board = QWidget()
    first, second = TextField("nama", "Nama", upper=True), TextField("lain", "Lain")
    column = QVBoxLayout(board)
    column.addWidget(first)
    column.addWidget(second)
    qtbot.addWidget(board)
    board.resize(160, 200)
    board.show()
    qtbot.waitExposed(board)
    board.activateWindow()
    first.line.setFocus()
    QTest.keyClicks(first.line, NAME)
    yield first, second
    board.close()


def begins(line: QLineEdit) -> bool:
    """The first letter is in sight: Qt scrolls a line by where its cursor stands."""
    line.grab()  # it is scrolled while it is painted
    return line.cursorPosition() == 0 and line.cursorRect().center().x() >= 0


def test_a_long_name_shows_its_beginning_once_it_is_left(two: tuple[TextField, TextField]) -> None:
    first, second = two
    assert first.line.cursorPosition() == len(NAME)
    QTest.keyClick(first.line, Qt.Key.Key_Tab)
    assert second.line.hasFocus() and begins(first.line) and first.value() == NAME


def test_typing_goes_on_where_it_was(two: tuple[TextField, TextField]) -> None:
    first, second = two
    second.line.setFocus()  # a page that leads to what is missing, and back
    first.line.setFocus()
    QTest.keyClicks(first.line, " X")
    assert first.value() == NAME + " X"


def test_another_text_has_another_place(two: tuple[TextField, TextField]) -> None:
    first, second = two
    second.line.setFocus()
    first.set_value("SITI")
    first.line.setFocus()
    assert first.line.cursorPosition() == 0


def test_a_window_that_lets_go_for_a_moment_moves_nothing(two: tuple[TextField, TextField]) -> None:
    """Another program, a menu: the keyboard comes back to the letter it left."""
    first, _second = two
    for reason in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason):
        QApplication.sendEvent(first.line, QFocusEvent(QEvent.Type.FocusOut, reason))
        assert first.line.cursorPosition() == len(NAME)
        QApplication.sendEvent(first.line, QFocusEvent(QEvent.Type.FocusIn, reason))
    QTest.keyClicks(first.line, "Z")
    assert first.value() == NAME + "Z"


def test_tab_takes_all_of_it_as_before(two: tuple[TextField, TextField]) -> None:
    first, second = two
    second.line.setFocus()
    QTest.keyClick(second.line, Qt.Key.Key_Backtab)
    assert first.line.hasFocus() and first.line.selectedText() == NAME
