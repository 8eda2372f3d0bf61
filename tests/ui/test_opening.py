"""A page opened for the first time comes up over several turns; whoever does something meanwhile gets it at once."""

from __future__ import annotations

import gc
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.dismantle import Dismantler
from ktpel_kiosk.ui.opening import Opening
from ktpel_kiosk.ui.pages.biodata import BiodataForm


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


@pytest.mark.parametrize("key", ["loket", "cetak", "penyerahan", "pengaduan", "register", "pengaturan"])
def test_a_page_given_up_half_built_leaves_nothing(operator: Any, qtbot: QtBot, key: str) -> None:
    """The form of Loket lived on by its own signals, one for each officer who left in that second."""
    operator.dismantler = Dismantler(operator)
    import_module(operator.path_of(key).split(":")[0])

    def windows_of_their_own() -> int:
        qtbot.waitUntil(lambda: not operator.opening.busy and not operator.dismantler.busy, timeout=20_000)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        return len(QApplication.topLevelWidgets())

    operator.go("laporan")
    operator.opening.finish()
    before, most = windows_of_their_own(), 0
    for turns in range(1, 7):
        operator.go(key)
        for _ in range(turns):
            operator.opening._turn()
        if operator.has(key):
            break
        most = max(most, len(QApplication.topLevelWidgets()))
        operator.go("laporan")
        assert windows_of_their_own() == before, turns
    assert turns > 1
    assert most > before, "nothing was loose: the test proves nothing"


def test_the_officer_leaves_while_a_page_is_built(operator: Any, qtbot: QtBot) -> None:
    operator.dismantler = Dismantler(operator)
    import_module(operator.path_of("loket").split(":")[0])
    operator.go("loket", new=True)
    operator.opening._turn()
    operator.sign_out()
    assert not operator.opening.key and operator.opening.busy
    qtbot.waitUntil(lambda: not operator.opening.busy and not operator.dismantler.busy, timeout=20_000)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert operator.current == "masuk" and not operator.has("loket")
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, BiodataForm)]


@pytest.mark.parametrize("turns", [1, 2, 14, 15])
def test_parts_made_ahead_go_when_their_page_goes_meanwhile(operator: Any, windows: Windows, settle: Callable[[Windows], None],
                                                            turns: int) -> None:
    def counted() -> int:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        return len(QApplication.topLevelWidgets())

    operator.dismantler = Dismantler(operator)
    operator._forget_pages()
    operator.dismantler.finish()
    settle(windows)
    before = counted()
    steps = operator.page("register").prepare()
    for _ in range(turns):
        next(steps)
    steps.close()
    operator._forget_pages()
    operator.dismantler.finish()
    settle(windows)
    assert counted() == before
