"""The NIK field against a plain model: whatever is typed, deleted, pasted or undone, digits and caret agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.widgets.fields import NikEdit, NikField
from ktpel_kiosk.ui.widgets.nik_model import NikState, group_nik, shown_at

K = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Plain:
    """A line of digits without gaps, as simple as it can be said."""

    def __init__(self) -> None:
        self.text, self.caret, self.anchor = "", 0, 0

    def put(self, digits: str) -> None:
        a, b = sorted((self.caret, self.anchor))
        digits = digits[:16 - len(self.text) + b - a]
        if digits:
            self.text = self.text[:a] + digits + self.text[b:]
            self.caret = self.anchor = a + len(digits)

    def cut(self, back: bool) -> None:
        a, b = sorted((self.caret, self.anchor))
        if a == b:
            a, b = (max(0, a - 1), b) if back else (a, min(len(self.text), b + 1))
        self.text = self.text[:a] + self.text[b:]
        self.caret = self.anchor = a

    def go(self, to: int, keep: bool) -> None:
        self.caret = min(max(to, 0), len(self.text))
        self.anchor = self.anchor if keep else self.caret

    def arrow(self, by: int, keep: bool) -> None:
        if self.caret != self.anchor and not keep:
            self.go(max(self.caret, self.anchor) if by > 0 else min(self.caret, self.anchor), False)
        else:
            self.go(self.caret + by, keep)


MOVES = st.one_of(
    st.tuples(st.just("type"), st.text("0123456789 .-a", min_size=1, max_size=4)),
    st.tuples(st.just("paste"), st.text("0123456789 .-", min_size=1, max_size=12)),
    st.tuples(st.sampled_from(["back", "delete", "left", "right", "shift+left", "shift+right", "home", "end", "cut"]), st.just("")),
)


@pytest.fixture
def line(qtbot: QtBot) -> NikEdit:
    made = NikEdit()
    qtbot.addWidget(made)
    return made


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(MOVES, max_size=30))
def test_any_edits_agree_with_a_plain_line(line: NikEdit, moves: list[tuple[str, str]]) -> None:
    edit, plain = line, Plain()
    edit.set_digits("")
    for what, text in moves:
        digits = "".join(c for c in text if c.isdigit())
        if what == "type":
            QTest.keyClicks(edit, text)
            for digit in digits:
                plain.put(digit)
        elif what == "paste":
            QApplication.clipboard().setText(text)
            QTest.keyClick(edit, K.Key_V, CTRL)
            plain.put(digits)
        elif what in ("back", "delete"):
            QTest.keyClick(edit, K.Key_Backspace if what == "back" else K.Key_Delete)
            plain.cut(what == "back")
        elif what in ("home", "end"):
            QTest.keyClick(edit, K.Key_Home if what == "home" else K.Key_End)
            plain.go(0 if what == "home" else 16, False)
        elif what == "cut":
            QTest.keyClick(edit, K.Key_X, CTRL)
            if plain.caret != plain.anchor:
                plain.cut(True)
        else:
            right, keep = what.endswith("right"), what.startswith("shift")
            QTest.keyClick(edit, K.Key_Right if right else K.Key_Left, SHIFT if keep else Qt.KeyboardModifier.NoModifier)
            plain.arrow(1 if right else -1, keep)
        state = edit.state()
        assert (edit.digits(), state.caret) == (plain.text, plain.caret), (what, text)
        assert state.selected == tuple(sorted((plain.caret, plain.anchor)))
        assert edit.text() == group_nik(plain.text) and edit.cursorPosition() in (shown_at(plain.caret), shown_at(plain.caret) + 2)


def keys(edit: NikEdit, *pressed: Any) -> None:
    for key in pressed:
        QTest.keyClick(edit, *(key if isinstance(key, tuple) else (key,)))


def test_undo_and_redo(line: NikEdit) -> None:
    line.set_digits("")
    QTest.keyClicks(line, "3508054502080001")
    keys(line, (K.Key_A, CTRL), K.Key_Delete)
    assert line.digits() == ""
    keys(line, (K.Key_Z, CTRL))
    assert line.text() == "350805  450208  0001"
    keys(line, (K.Key_Z, CTRL))
    assert line.digits() == "350805450208", "typed digits are undone group by group"
    keys(line, (K.Key_Z, CTRL), (K.Key_Z, CTRL), (K.Key_Z, CTRL), (K.Key_Z, CTRL))
    assert line.digits() == ""
    keys(line, (K.Key_Y, CTRL), (K.Key_Y, CTRL))
    assert line.digits() == "350805450208" or line.digits() == "350805"


@pytest.mark.parametrize("text", ["NIK : 3508.0545.0208.0001 lahir 05-02-2008", "3508 0545 0208 0001", "350805-450208-0001\r\n",
                                  "[3508054502080001]"])
def test_a_whole_nik_takes_the_place_of_what_was_typed(line: NikEdit, text: str) -> None:
    line.set_digits("3508054502089999")
    QApplication.clipboard().setText(text)
    keys(line, (K.Key_V, CTRL))
    assert line.digits() == "3508054502080001" and line.state().caret == 16


def test_a_full_field_takes_no_more_and_loses_nothing(line: NikEdit) -> None:
    line.set_digits("3508054502080001")
    keys(line, K.Key_Home)
    QTest.keyClicks(line, "99")
    assert line.digits() == "3508054502080001"


def test_control_deletes_a_group() -> None:
    state = NikState.at("3508054502080001", 16)
    assert state.delete(group=True).digits == "350805450208"
    assert state.delete(group=True).delete(group=True).digits == "350805"
    assert NikState.at("3508054502080001", 0).delete(forward=True, group=True).digits == "4502080001"


def test_masked_is_not_to_be_read_copied_or_typed_over(qtbot: QtBot) -> None:
    field = NikField()
    qtbot.addWidget(field)
    field.set_value("3508054502080001")
    field.set_masked(True)
    assert field.edit.text() == "350805  ••••••  0001"
    QApplication.clipboard().setText("kosong")
    QTest.keyClick(field.edit, K.Key_A, CTRL)
    QTest.keyClick(field.edit, K.Key_C, CTRL)
    field.edit.copy()
    QTest.keyClicks(field.edit, "1")
    assert QApplication.clipboard().text() == "kosong" and field.value() == "3508054502080001"
    assert "4 5 0 2 0 8" not in field.edit.accessibleDescription()


def test_a_screen_reader_hears_groups_and_what_is_left(qtbot: QtBot) -> None:
    field = NikField()
    qtbot.addWidget(field)
    QTest.keyClicks(field.edit, "35080545")
    assert field.edit.accessibleDescription() == "3 5 0 8 0 5, 4 5. 8 angka lagi"
    field.say("Tempeh, Lumajang", "good")
    assert field.edit.accessibleDescription().endswith("8 angka lagi. ✓ Tempeh, Lumajang")
