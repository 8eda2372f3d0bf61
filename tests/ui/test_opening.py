"""A page opened for the first time comes up over several turns; whoever does something meanwhile gets it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fakes import FakeOffice
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.opening import Opening


@pytest.fixture
def operator(windows: Windows, settle: Callable[[Windows], None]) -> Any:
    settle(windows)
    windows.operator.opening = Opening(windows.operator)
    return windows.operator


def test_the_former_page_stays_until_the_new_one_is_ready(operator: Any, windows: Windows, qtbot: QtBot) -> None:
    former = operator.stack.currentWidget()
    operator.go("pengaduan")
    assert operator.current == "pengaduan" and operator.items["pengaduan"].isChecked(), "the click is answered"
    assert operator.stack.currentWidget() is former and operator.shown() is None and windows.bridge.pending
    qtbot.waitUntil(lambda: operator.shown() is not None, timeout=20_000)
    assert operator.stack.currentWidget() is operator._pages["pengaduan"] and operator.shown().isVisible()
    qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=20_000)


def test_no_turn_does_all_of_it(operator: Any, qtbot: QtBot) -> None:
    """Built, put in, its large parts put in one by one, shown: each in a turn of its own."""
    operator.go("pengaduan")
    qtbot.waitUntil(lambda: operator.opening._timer.isActive(), timeout=20_000)
    seen = []
    while operator.opening.key:
        operator.opening._turn()
        seen.append((operator.has("pengaduan"), operator.stack.currentWidget() is operator._pages.get("pengaduan")))
    assert seen == sorted(seen) and seen[0] == (False, False) and seen[-1] == (True, True)
    assert seen.count((True, False)) > 3 and seen.count((True, True)) == 1


def test_a_key_meanwhile_belongs_to_the_page_that_was_asked_for(operator: Any, qtbot: QtBot) -> None:
    operator.activateWindow()
    operator.go("loket", new=True)
    assert operator.shown() is None
    QTest.keyClick(operator.windowHandle(), Qt.Key.Key_7)
    assert operator.shown() is operator._pages["loket"] and operator.stack.currentWidget() is operator.shown()
    assert operator.window().focusWidget() is not None and operator.shown().isAncestorOf(operator.window().focusWidget())


def test_function_keys_and_whoever_asks_for_the_page_get_it_at_once(operator: Any) -> None:
    operator.go("laporan")
    assert operator.page("laporan").isVisible() and not operator.opening.key
    operator.go("pengaduan")
    operator.press("F1")
    assert operator.has("pengaduan"), "F1 asks the page first"
    assert operator.current == "bantuan" and operator.page("bantuan").isVisible()


def test_the_last_click_wins_and_the_lock_above_all(operator: Any, windows: Windows, qtbot: QtBot) -> None:
    operator.go("laporan")
    operator.go("pengaduan")
    qtbot.waitUntil(lambda: operator.shown() is not None, timeout=20_000)
    assert operator.current == "pengaduan" and not operator.has("laporan")
    operator.go("laporan")
    operator.lock()
    assert operator.current == "masuk" and operator.stack.currentWidget() is operator._pages["masuk"]
    qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=20_000)
    assert operator.stack.currentWidget() is operator._pages["masuk"] and not operator.has("laporan")


def test_pages_that_are_there_open_at_once(operator: Any, office: FakeOffice) -> None:
    operator.page("laporan")
    operator.go("laporan")
    assert operator.shown() is operator._pages["laporan"] and operator.shown().isVisible()
