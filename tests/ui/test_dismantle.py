"""Pages that are thrown away: out of the window at once, destroyed piece by piece, deaf from the first moment on."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui import dismantle
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.dismantle import Dismantler
from ktpel_kiosk.ui.page_table import HIDDEN_PAGES, PAGES
from ktpel_kiosk.ui.theme import Theme

KEYS = [k for k, *_ in PAGES] + [k for k in HIDDEN_PAGES if k not in ("masuk", "keluar")]


@pytest.fixture
def operator(windows: Windows, settle: Callable[[Windows], None], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(dismantle, "AFTER_MS", 1)
    monkeypatch.setattr(dismantle, "BETWEEN_MS", 1)
    settle(windows)
    windows.operator.dismantler = Dismantler(windows.operator)
    return windows.operator


def filled(operator: Any, key: str) -> Any:
    page = operator.page(key)
    for _ in page.prepare():
        pass
    return page


def test_every_page_goes_wholly_while_the_desk_lives_on(operator: Any, windows: Windows, office: FakeOffice,
                                                        settle: Callable[[Windows], None], qtbot: QtBot) -> None:
    """Devices change, the clock ticks, the applicant's window speaks and answers come in the middle of it; no slot of a half page runs."""
    pages = []
    for key in KEYS:
        operator.go(key)
        settle(windows)
        pages.append(weakref.ref(filled(operator, key)))
    settle(windows)
    before = len(operator.findChildren(QObject))
    operator.sign_out()
    operator.signed_in(office.actors[Peran.KASI])
    dismantler, turns = operator.dismantler, 0
    assert dismantler.busy and not any(ref() is operator._pages.get(key) for key, ref in zip(KEYS, pages, strict=True))
    while dismantler.busy and turns < 20_000:
        dismantler._next(dismantler._pages[0])
        turns += 1
        if turns % 20 == 0:
            for state in office.desk.devices.states():
                windows.bridge.device_changed.emit(state)
            windows.applicant.signed.emit(b"")
            operator._tick()
            QApplication.processEvents()
    assert turns > 100, "in many pieces"
    settle(windows)
    gc.collect()
    stayed = {type(ref()).__name__: [type(r).__name__ for r in gc.get_referrers(ref())][:6] for ref in pages if ref() is not None}
    assert not stayed
    assert len(operator.findChildren(QObject)) < before / 2


def test_what_a_page_waited_for_is_dropped(operator: Any, windows: Windows, qtbot: QtBot) -> None:
    page, gate, came = operator.page("antrean"), threading.Event(), list[str]()
    page.ask(gate.wait, lambda _r: came.append("answer"))
    windows.bridge.soon(lambda: came.append("turn"), page)
    tick = QTimer(page)
    tick.timeout.connect(lambda: came.append("timer"))
    tick.start(1)
    operator._drop(["antrean"])
    windows.bridge.post(lambda: came.append("post"), page)
    gate.set()
    qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=8_000)
    qtbot.waitUntil(lambda: not operator.dismantler.busy, timeout=8_000)
    assert came == [] and not isValid(page) and not isValid(tick)
    windows.bridge.post(lambda: came.append("others"))
    qtbot.waitUntil(lambda: came == ["others"], timeout=8_000)


def test_nobody_who_waits_is_kept_waiting(operator: Any, windows: Windows, qtbot: QtBot) -> None:
    page, gate = filled(operator, "pengaduan"), threading.Event()
    qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=8_000)
    operator._drop(["pengaduan"])
    windows.bridge.run(gate.wait, lambda _r: None)
    operator.dismantler._turn()
    operator.dismantler._turn()
    assert isValid(page) and operator.dismantler._pieces == []
    gate.set()
    qtbot.waitUntil(lambda: not operator.dismantler.busy, timeout=8_000)
    assert not isValid(page)


def test_a_window_styled_anew_or_closed_has_no_half_pages(operator: Any, windows: Windows, qtbot: QtBot) -> None:
    page = filled(operator, "laporan")
    page.ahead = True
    operator.apply_theme(Theme("contrast"))
    assert not operator.dismantler.busy and not isValid(page)
    operator._drop(["beranda"])
    operator.dismantler._next(operator.dismantler._pages[0])
    windows.close()  # and nothing is said of it afterwards
    QApplication.processEvents()
