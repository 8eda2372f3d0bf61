"""The code-list picker: filter, arrows, Enter, Esc; touch rows; free text; what the desk remembers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.codes import PEKERJAAN
from ktpel_kiosk.ui.desk_memory import RECENT, DeskMemory
from ktpel_kiosk.ui.widgets.picker import PickField

K = Qt.Key


class Desk(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.memory = DeskMemory()
        self.field = PickField("pekerjaan", "Pekerjaan", [(c, t.title()) for c, t in PEKERJAAN], listing="pekerjaan")
        self.village = PickField("desa", "Desa", [("BESUK", "BESUK"), ("TEMPEH LOR", "TEMPEH LOR"), ("PULO", "PULO")], free=True)
        self.other = QLineEdit()
        box = QVBoxLayout(self)
        for item in (self.field, self.village, self.other):
            box.addWidget(item)
        box.addStretch(1)
        self.resize(420, 640)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.field.line.setFocus()
    return made


def test_typing_filters_and_enter_takes(desk: Desk) -> None:
    QTest.keyClicks(desk.field.line, "wirasw")
    assert desk.field.line.is_open
    QTest.keyClick(desk.field.line, K.Key_Return)
    assert (desk.field.value(), desk.field.line.text()) == ("88", "Wiraswasta") and not desk.field.line.is_open


def test_arrows_walk_and_escape_keeps_the_old(desk: Desk) -> None:
    desk.field.set_value(3)
    QTest.keyClick(desk.field.line, K.Key_Down)
    picks = desk.field.line._list
    assert picks is not None and picks.current() is not None and picks.current().value == "3"  # type: ignore[union-attr]
    QTest.keyClick(desk.field.line, K.Key_Down)
    assert picks.current().value == "4"  # type: ignore[union-attr]
    QTest.keyClick(desk.field.line, K.Key_Escape)
    assert desk.field.value() == "3" and desk.field.line.text() == "Pelajar/Mahasiswa"
    QTest.keyClicks(desk.field.line, "zzz")
    desk.other.setFocus()
    assert desk.field.value() == "3" and desk.field.line.text() == "Pelajar/Mahasiswa", "text that names nothing is no choice"


def test_the_only_hit_is_taken_when_the_field_is_left(desk: Desk) -> None:
    QTest.keyClicks(desk.field.line, "notaris")
    desk.other.setFocus()
    assert PEKERJAAN.text(int(desk.field.value())) == "NOTARIS"


def test_an_emptied_line_is_no_choice(desk: Desk) -> None:
    desk.field.set_value(3)
    desk.field.line.selectAll()
    QTest.keyClick(desk.field.line, K.Key_Delete)
    desk.other.setFocus()
    assert desk.field.value() == ""


def test_a_finger_takes_a_row_of_48_pixels(desk: Desk) -> None:
    QTest.mouseClick(desk.field.line, Qt.MouseButton.LeftButton)
    picks = desk.field.line._list
    assert picks is not None and desk.rect().contains(picks.geometry())
    box = picks.view.visualRect(picks.model.index(2))
    assert box.height() >= 48
    picks.grab()
    QTest.mouseClick(picks.view.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert desk.field.value() == "3" and not picks.isVisible() and desk.field.line.hasFocus()


def test_the_wheel_never_changes_it(desk: Desk) -> None:
    desk.field.set_value(3)
    wheel = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(desk.field.line, wheel)
    assert desk.field.value() == "3"


def test_free_text_stands_where_the_list_does_not_know_it(desk: Desk) -> None:
    desk.village.line.setFocus()
    QTest.keyClicks(desk.village.line, "pul")
    QTest.keyClick(desk.village.line, K.Key_Return)
    assert desk.village.value() == "PULO"
    desk.village.line.selectAll()
    QTest.keyClicks(desk.village.line, "kraton kulon")
    desk.other.setFocus()
    assert desk.village.value() == desk.village.line.text() == "KRATON KULON"


def test_what_is_chosen_often_stands_first(desk: Desk) -> None:
    for code in ("88", "9", "88"):
        desk.field.line.open_list()
        picks = desk.field.line._list
        assert picks is not None
        desk.field.line.take(next(e for e in desk.field.line.entries if e.value == code))
        desk.field.set_value("")
    desk.field.line.open_list()
    assert [e.value for e in picks.model.entries[:3]] == ["88", "9", "1"]


def test_the_desk_remembers_across_starts_and_survives_a_broken_file(tmp_path: Path) -> None:
    memory = DeskMemory(tmp_path)
    for code in ("1", "2", "2"):
        memory.use("pekerjaan", code)
    memory.put("papan_ketik", "selalu")
    again = DeskMemory(tmp_path)
    assert again.used("pekerjaan") == ("2", "1") and again.get("papan_ketik", "otomatis") == "selalu"
    for code in range(20):
        again.use("pekerjaan", str(code))
    assert len(again.used("pekerjaan")) == RECENT and again.used("pekerjaan")[0] == "2"
    (tmp_path / "ui-desk.json").write_text('{"papan_ketik": 3, "dipakai.x": [1', "utf-8")
    assert DeskMemory(tmp_path).get("papan_ketik", "otomatis") == "otomatis" and DeskMemory(tmp_path).used("x") == ()


def test_a_line_that_was_left_is_not_lit(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    field, after = PickField("agama", "Agama", [("1", "Islam"), ("2", "Kristen")]), QLineEdit()
    lines = QVBoxLayout(window)
    lines.addWidget(field)
    lines.addWidget(after)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field.line.setFocus()
    QTest.keyClicks(field.line, "isl")
    after.setFocus()
    assert field.value() == "1" and not field.line.hasSelectedText()
