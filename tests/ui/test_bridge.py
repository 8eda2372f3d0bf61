"""The bridge: results and errors arrive in the GUI thread; PySide keeps its reference counts."""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QCoreApplication, QObject, Signal
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.errors import BugError, DuplicateRequest, KioskError
from ktpel_kiosk.ui.bridge import Bridge

EMITS = 5000


class _Canary(QObject):
    fired = Signal(object, object, object)


def test_signals_do_not_eat_references(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 dropped a reference per emitted signal (docs/architecture.md, dependencies)."""
    canary, seen = _Canary(), []
    canary.fired.connect(lambda a, b, c: seen.append(1))
    before = [sys.getrefcount(x) for x in (None, True, False)]
    for _ in range(EMITS):
        canary.fired.emit(None, True, False)
    QCoreApplication.processEvents()
    after = [sys.getrefcount(x) for x in (None, True, False)]
    assert len(seen) == EMITS
    assert all(abs(a - b) < EMITS / 50 for a, b in zip(after, before, strict=True)), (before, after)


def test_queued_emits_from_a_thread_all_arrive(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), []
    bridge.register_changed.connect(seen.append)
    before = sys.getrefcount(None)
    thread = threading.Thread(target=lambda: [bridge.register_changed.emit(None) for _ in range(EMITS)])
    thread.start()
    qtbot.waitUntil(lambda: len(seen) == EMITS, timeout=10_000)
    thread.join()
    assert abs(sys.getrefcount(None) - before - EMITS) < EMITS / 50
    bridge.close()


def test_result_arrives_in_gui_thread(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), []
    bridge.run(threading.get_ident, lambda worker: seen.append((worker, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] != seen[0][1] == threading.get_ident()
    assert bridge.pending == 0
    bridge.close()


def test_known_error_is_handed_over_as_it_is(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), []

    def work() -> None:
        raise DuplicateRequest("nik.open_application", number="0042")

    bridge.run(work, lambda _r: seen.append(None), seen.append)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: bool(seen))
    assert isinstance(seen[0], DuplicateRequest) and seen[0].facts == {"number": "0042"}
    bridge.close()


def test_a_bug_becomes_a_known_error_without_its_text(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), list[KioskError]()

    def work() -> None:
        raise ValueError("3508054502080001")

    bridge.run(work, lambda _r: None, seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert isinstance(seen[0], BugError) and "3508" not in str(seen[0])
    bridge.close()


def test_a_deleted_owner_gets_nothing(qtbot: QtBot) -> None:
    bridge, seen, owner = Bridge(), [], QObject()
    gate = threading.Event()
    bridge.run(gate.wait, seen.append, owner=owner)
    from shiboken6 import delete
    delete(owner)
    gate.set()
    qtbot.waitUntil(lambda: bridge.pending == 0)
    assert seen == []
    bridge.close()
