"""Menus inside the window: seen by screen readers, gone through by keyboard, touched, and closed without a trace."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.kiosk import KioskGuard
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.menu import Entry, Menu, open_menu


def menu_of(window: QWidget) -> Menu | None:
    return next((m for m in window.findChildren(Menu) if not m.isHidden()), None)


def press(key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWindow(), key)


def test_the_officer_s_menu_leads_to_leaving_the_kiosk_by_keyboard(windows: Windows, qtbot: QtBot) -> None:
    operator = windows.operator
    operator.kiosk = KioskGuard(operator)
    operator.activateWindow()
    qtbot.waitUntil(operator.isActiveWindow)
    user = operator.header.user
    user.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: menu_of(operator) is not None)  # the scan filter holds a letter for a moment
    menu = menu_of(operator)
    assert menu is not None
    assert [t.split()[0] for t in menu.texts()] == ["Kunci", "Keluar", "Tutup", "Mulai", "Matikan"]
    assert menu.window() is operator and operator.rect().contains(menu.geometry())
    assert all(item.height() >= 48 for item in menu.items)
    face = QAccessible.queryAccessibleInterface(menu.items[2])
    assert face.role() == QAccessible.Role.MenuItem and face.text(QAccessible.Text.Name) == menu.items[2].text()
    assert not face.state().invisible
    for key, at in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 4), (Qt.Key.Key_Tab, 0), (Qt.Key.Key_End, 4),
                    (Qt.Key.Key_Home, 0), (Qt.Key.Key_F9, 0), (Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2)):
        press(key)
        assert menu.items[at].hasFocus(), (key, at)
    press(Qt.Key.Key_Return)
    assert operator.current == "keluar"
    assert menu_of(operator) is None


def test_esc_gives_the_keyboard_back_and_leaves_the_page(windows: Windows, qtbot: QtBot) -> None:
    operator = windows.operator
    operator.activateWindow()
    qtbot.waitUntil(operator.isActiveWindow)
    operator.go("register")
    operator.header.user.click()
    press(Qt.Key.Key_Escape)
    assert menu_of(operator) is None and operator.current == "register" and operator.header.user.hasFocus()


def test_a_second_press_and_a_press_elsewhere_close_it_and_nothing_is_chosen(windows: Windows, qtbot: QtBot) -> None:
    operator = windows.operator
    operator.activateWindow()
    qtbot.waitUntil(operator.isActiveWindow)
    operator.header.user.click()
    assert menu_of(operator) is not None
    operator.header.user.click()
    assert menu_of(operator) is None
    operator.header.user.click()
    QTest.mouseClick(operator.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                     QPoint(operator.width() - 60, operator.height() - 60))
    assert menu_of(operator) is None and operator.session.actor.username


def test_locking_takes_an_open_menu_away(windows: Windows) -> None:
    windows.operator.header.user.click()
    windows.operator.lock()
    assert menu_of(windows.operator) is None


def test_a_touch_chooses_and_many_lines_scroll(windows: Windows, qtbot: QtBot) -> None:
    chosen: list[int] = []
    anchor = Button("Draf")
    windows.operator.statusBar().addWidget(anchor)
    qtbot.waitUntil(anchor.isVisible)
    menu = open_menu(anchor, "Draf", [Entry(f"Draf {i}", lambda i=i: chosen.append(i)) for i in range(40)])  # type: ignore[misc]
    assert menu is not None and windows.operator.rect().contains(menu.geometry())
    menu.step(menu.items[0], -1)
    last = menu.items[-1]
    assert menu.box.viewport().rect().contains(last.mapTo(menu.box.viewport(), last.rect().center()))
    QTest.mouseClick(last, Qt.MouseButton.LeftButton)
    assert chosen == [39]
    assert open_menu(anchor, "Draf", []) is None
