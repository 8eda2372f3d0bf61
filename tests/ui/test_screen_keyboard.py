"""The screen keyboard: real keys to the focused field, comes by finger or button, never over the field, kept per desk, in both windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.desk_memory import DeskMemory
from ktpel_kiosk.ui.screen_keyboard import ALWAYS, NEVER, KeyboardControl
from ktpel_kiosk.ui.widgets.dates import DateField
from ktpel_kiosk.ui.widgets.field import Field, TextField
from ktpel_kiosk.ui.widgets.keyboard import LETTERS, NUMBERS, KeyButton, ScreenKeyboard
from ktpel_kiosk.ui.widgets.nik import NikField

FINGER = QTest.createTouchDevice()


class Form(QWidget):
    """Twelve fields that scroll, a NIK, a date, a password at the foot."""

    def __init__(self) -> None:
        super().__init__()
        self.nik, self.on = NikField(), DateField("tanggal", "Tanggal")
        self.names = [TextField(f"f{i}", f"Isian {i}") for i in range(10)]
        self.secret = TextField("sandi", "Kata sandi", secret=True)
        inner = QWidget()
        box = QVBoxLayout(inner)
        for field in (self.nik, self.on, *self.names):
            box.addWidget(field)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        outer = QVBoxLayout(self)
        outer.addWidget(area, 1)
        outer.addWidget(self.secret)
        self.resize(1366, 768)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def control(form: Form) -> KeyboardControl:
    return KeyboardControl(form, DeskMemory())


def touch(qtbot: QtBot, widget: QWidget) -> None:
    at = widget.rect().center()
    QTest.touchEvent(widget, FINGER).press(1, at, widget).commit()
    QTest.touchEvent(widget, FINGER).release(1, at, widget).commit()
    qtbot.wait(1)


def key(keys: ScreenKeyboard, name: str) -> KeyButton:
    return next(b for b in keys.buttons[keys.page] if name in (b.key.text, b.key.name))


def type_text(keys: ScreenKeyboard, text: str) -> None:
    for char in text:
        QTest.mouseClick(key(keys, char), Qt.MouseButton.LeftButton)


def covers(keys: ScreenKeyboard, field: Field) -> bool:
    return keys.geometry().intersects(QRect(field.mapTo(field.window(), QPoint(0, 0)), field.size()))


def shown(control: KeyboardControl) -> ScreenKeyboard:
    assert control.keyboard is not None and control.keyboard.isVisible()
    return control.keyboard


def test_a_finger_brings_it_and_it_types(form: Form, control: KeyboardControl, qtbot: QtBot) -> None:
    touch(qtbot, form.names[0].line)
    qtbot.waitUntil(lambda: control.keyboard is not None)
    keys = shown(control)
    assert keys.page == LETTERS and form.names[0].line.hasFocus()
    QTest.mouseClick(key(keys, "Huruf besar"), Qt.MouseButton.LeftButton)
    type_text(keys, "siti a")
    QTest.mouseClick(key(keys, "Hapus"), Qt.MouseButton.LeftButton)
    type_text(keys, "o'h")
    assert form.names[0].value() == "Siti o'h" and form.names[0].line.hasFocus(), "the focus never moves to a key"
    QTest.mouseClick(key(keys, "Tanda baca"), Qt.MouseButton.LeftButton)
    type_text(keys, "@")
    assert form.names[0].value().endswith("@")
    QTest.mouseClick(key(keys, "Isian berikut"), Qt.MouseButton.LeftButton)
    assert form.names[1].line.hasFocus() and shown(control)
    QTest.mouseClick(key(keys, "Tutup papan ketik"), Qt.MouseButton.LeftButton)
    assert control.keyboard is None and keys.isHidden()


def test_numbers_get_the_number_pad(form: Form, control: KeyboardControl, qtbot: QtBot) -> None:
    control.set_mode(ALWAYS)
    form.nik.edit.setFocus()
    keys = shown(control)
    assert keys.page == NUMBERS
    type_text(keys, "3508054502080001")
    QTest.mouseClick(key(keys, "Hapus"), Qt.MouseButton.LeftButton)
    assert form.nik.value() == "350805450208000"
    form.on.line.setFocus()
    assert keys.page == NUMBERS
    type_text(keys, "5-2-2008")
    assert form.on.value() == "05-02-2008"
    form.names[0].line.setFocus()
    assert keys.page == LETTERS


def test_it_never_covers_the_field(form: Form, control: KeyboardControl) -> None:
    control.set_mode(ALWAYS)
    for field in (form.nik, form.on, *form.names, form.secret):
        field.editor.setFocus()
        keys = shown(control)
        assert not covers(keys, field), field.name
        assert form.rect().contains(keys.geometry()), field.name
        assert all(min(b.width(), b.height()) >= 48 for b in keys.buttons[keys.page]), field.name


def test_real_keys_and_other_places_send_it_away(form: Form, control: KeyboardControl, qtbot: QtBot) -> None:
    touch(qtbot, form.names[0].line)
    qtbot.waitUntil(lambda: control.keyboard is not None)
    window = form.windowHandle()
    QTest.keyClick(window, Qt.Key.Key_A)
    assert control.keyboard is None
    QTest.mouseClick(window, Qt.MouseButton.LeftButton, pos=form.names[1].line.mapTo(form, QPoint(20, 20)))
    qtbot.wait(1)
    assert form.names[1].line.hasFocus() and control.keyboard is None, "a mouse does not bring it"
    control.toggle()
    shown(control)
    form.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    form.setFocus()
    qtbot.waitUntil(lambda: control.keyboard is None)


def test_never_means_never_and_the_desk_remembers(form: Form, qtbot: QtBot, tmp_path: Any) -> None:
    control = KeyboardControl(form, DeskMemory(tmp_path))
    control.set_mode(NEVER)
    touch(qtbot, form.names[0].line)
    qtbot.wait(1)
    assert control.keyboard is None
    assert KeyboardControl(form, DeskMemory(tmp_path)).mode == NEVER


def test_a_password_is_not_shown_by_lit_keys(form: Form, control: KeyboardControl) -> None:
    control.set_mode(ALWAYS)
    form.secret.line.setFocus()
    keys = shown(control)
    pressed = key(keys, "q")

    def picture(down: bool) -> QImage:
        pressed.setDown(down)
        return pressed.grab().toImage()

    assert picture(True) == picture(False)
    form.names[0].line.setFocus()
    assert picture(True) != picture(False)
    assert form.secret.line.echoMode() == QLineEdit.EchoMode.Password


def test_both_windows_have_it_and_the_switch_stands_in_settings(windows: Any, settle: Callable[[Any], None], qtbot: QtBot) -> None:
    operator = windows.operator
    operator.go("pengaturan", section="tampilan")
    settle(windows)
    section: Any = operator.page("pengaturan").section("tampilan")
    button = next(b for b in section.keyboard.buttons() if b.value == ALWAYS)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert operator.keyboard.mode == ALWAYS
    field = QLineEdit(windows.applicant)
    field.show()
    windows.applicant.activateWindow()
    qtbot.waitUntil(windows.applicant.isActiveWindow)
    field.setFocus()
    keys = shown(operator.keyboard)
    assert keys.window() is windows.applicant
    QTest.mouseClick(key(keys, "a"), Qt.MouseButton.LeftButton)
    assert field.text() == "a" and QApplication.focusWidget() is field
