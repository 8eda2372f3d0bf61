"""The date field: reads, asks, says the long form; arrows change a part; the calendar by keyboard and mouse."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.calendar import DAYS, MONTHS_OF_YEAR, YEARS
from ktpel_kiosk.ui.widgets.dates import DateField

K = Qt.Key


class Office(QWidget):
    """A window that knows the day, as the operator's does."""

    def __init__(self) -> None:
        super().__init__()
        self.session = self
        self.field = DateField("tanggal_lahir", "Tanggal lahir", birth=True)
        self.other = QLineEdit()
        box = QVBoxLayout(self)
        box.addWidget(self.field)
        box.addWidget(self.other)
        box.addStretch(1)
        self.resize(500, 600)

    def today(self) -> date:
        return date(2026, 11, 26)


@pytest.fixture
def office(qtbot: QtBot) -> Office:
    made = Office()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.field.line.setFocus()
    return made


def test_the_long_date_and_age_stand_beneath(office: Office) -> None:
    QTest.keyClicks(office.field.line, "5 feb 2008")
    assert office.field.message() == "Selasa, 5 Februari 2008 · 18 tahun"
    assert office.field.value() == "05-02-2008"
    office.other.setFocus()
    assert office.field.line.text() == "05-02-2008"


def test_two_digits_ask_and_a_press_answers(office: Office) -> None:
    QTest.keyClicks(office.field.line, "5/2/08")
    assert office.field.message() == "Maksudnya 2008 atau 1908?" and office.field.value() == "5/2/08"
    chips = [c for c in office.field.findChildren(ChoiceChip) if c.isVisible()]
    assert [c.text() for c in chips] == ["2008", "1908"]
    QTest.mouseClick(chips[1], Qt.MouseButton.LeftButton)
    assert office.field.value() == "05-02-1908" and office.field.message().endswith("118 tahun")
    assert not [c for c in office.field.findChildren(ChoiceChip) if c.isVisible()]


@pytest.mark.parametrize(("typed", "told"), [("31-2-2008", "Februari 2008 hanya sampai tanggal 29."), ("5 feb", "Tahunnya belum ada."),
                                             ("5-2-2031", "belum tiba")])
def test_what_is_wrong_is_said_when_the_field_is_left(office: Office, typed: str, told: str) -> None:
    QTest.keyClicks(office.field.line, typed)
    office.other.setFocus()
    assert told in office.field.message() and office.field.line.text() == typed


def test_arrows_change_the_part_under_the_caret(office: Office) -> None:
    line = office.field.line
    QTest.keyClicks(line, "28022008")
    line.setCursorPosition(1)
    QTest.keyClick(line, K.Key_Up)
    QTest.keyClick(line, K.Key_Up)
    assert line.text() == "01-03-2008"
    line.setCursorPosition(4)
    QTest.keyClick(line, K.Key_Down)
    assert line.text() == "01-02-2008"
    line.setCursorPosition(10)
    QTest.keyClick(line, K.Key_Down)
    assert office.field.value() == "01-02-2007"
    QTest.keyClick(line, K.Key_PageUp)
    assert office.field.value() == "01-03-2007"


def test_the_calendar_by_keyboard(office: Office) -> None:
    field = office.field
    with_changes: list[str] = []
    field.changed.connect(lambda: with_changes.append(field.value()))
    QTest.keyClick(field.line, K.Key_Down, Qt.KeyboardModifier.AltModifier)
    calendar = field._calendar
    assert calendar is not None and calendar.isVisible() and calendar.grid.view == YEARS and calendar.grid.hasFocus()
    grid = calendar.grid
    grid.grab()
    assert "2001" in grid.accessibleName()
    for _ in range(3):
        QTest.keyClick(grid, K.Key_Right)
    QTest.keyClick(grid, K.Key_Down)
    QTest.keyClick(grid, K.Key_Return)
    assert grid.view == MONTHS_OF_YEAR and grid.at.year == 2008
    grid.go(date(2008, 2, 1))
    QTest.keyClick(grid, K.Key_Return)
    assert grid.view == DAYS
    for _ in range(4):
        QTest.keyClick(grid, K.Key_Right)
    QTest.keyClick(grid, K.Key_Return)
    assert with_changes == ["05-02-2008"] and not calendar.isVisible() and field.line.hasFocus()


def test_escape_closes_the_calendar_and_keeps_the_date(office: Office) -> None:
    QTest.keyClicks(office.field.line, "05022008")
    QTest.keyClick(office.field.line, K.Key_F4)
    calendar = office.field._calendar
    assert calendar is not None and calendar.grid.view == DAYS and calendar.title.text() == "Februari 2008"
    QTest.keyClick(calendar.grid, K.Key_Right)
    QTest.keyClick(calendar.grid, K.Key_Escape)
    assert not calendar.isVisible() and office.field.value() == "05-02-2008" and office.field.line.hasFocus()


def test_the_calendar_by_mouse(office: Office) -> None:
    QTest.keyClicks(office.field.line, "05022008")
    QTest.mouseClick(office.field.line, Qt.MouseButton.LeftButton, pos=office.field.edit.icon_rect().center().toPoint())
    calendar = office.field._calendar
    assert calendar is not None and calendar.isVisible()
    assert office.rect().contains(calendar.geometry())
    QTest.mouseClick(calendar.later, Qt.MouseButton.LeftButton)
    index = next(i for i, c in enumerate(calendar.grid.cells()) if c.on == date(2008, 3, 17))
    box = calendar.grid.cell_rect(index)
    assert box.width() >= 47 and box.height() >= 47
    QTest.mouseClick(calendar.grid, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert office.field.value() == "17-03-2008"
    QTest.keyClick(office.field.line, K.Key_F4)
    QTest.mouseClick(office.other, Qt.MouseButton.LeftButton)
    assert not calendar.isVisible()


def test_days_outside_cannot_be_chosen(office: Office) -> None:
    QTest.keyClicks(office.field.line, "25112026")
    QTest.keyClick(office.field.line, K.Key_F4)
    calendar = office.field._calendar
    assert calendar is not None
    for _ in range(5):
        QTest.keyClick(calendar.grid, K.Key_Right)
    assert calendar.grid.at == date(2026, 11, 26)
