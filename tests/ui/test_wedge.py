"""Scanners that type: codes told from typing, nothing typed is stolen, wherever the cursor stands."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import shiboken6
from fakes import FakeOffice
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.wedge import GAP_MS, LEAST, MOST, Wedge, WedgeFilter, key_press

Settle = Callable[[Windows], None]
END = "\r"


def run(wedge: Wedge[str], keys: list[tuple[str, int]]) -> tuple[str, list[str]]:
    """(what the window got, codes) of keys at their times; held keys expire as the filter lets them."""
    window, codes, last = "", [], 0
    for text, at in keys:
        if wedge.holding and at - last > GAP_MS:
            window += "".join(wedge.drain())
        step = wedge.key("" if text == END else text, at, text, end=text == END)
        window += "".join(step.replay) + ("" if step.take else text)
        codes += [step.code] if step.code else []
        last = at
    return window + "".join(wedge.drain()), codes


def at_pace(text: str, begin: int, pace: int) -> list[tuple[str, int]]:
    return [(c, begin + i * pace) for i, c in enumerate(text)]


def test_a_code_never_reaches_the_window_and_typing_always_does() -> None:
    typed = at_pace("siti contoh\r", 0, 90)
    code = at_pace("0042/KTP/XI/2026\r", 3000, 4)
    after = at_pace("lestari\r", 3200, 70)
    assert run(Wedge(), [*typed, *code, *after]) == ("siti contoh\rlestari\r", ["0042/KTP/XI/2026"])


@pytest.mark.parametrize(("pace", "whole"), [(1, True), (20, True), (GAP_MS, True), (GAP_MS + 1, False), (60, False)])
def test_the_pace_decides(pace: int, whole: bool) -> None:
    window, codes = run(Wedge(), at_pace("0042/KTP\r", 0, pace))
    assert (window, codes) == (("", ["0042/KTP"]) if whole else ("0042/KTP\r", []))


def test_short_bursts_and_a_late_end_are_typing() -> None:
    assert run(Wedge(), at_pace("x" * (LEAST - 1) + "\r", 0, 2)) == ("x" * (LEAST - 1) + "\r", [])
    assert run(Wedge(), [*at_pace("0042/KTP", 0, 2), (END, 500)]) == ("0042/KTP\r", [])
    assert run(Wedge(), [*at_pace("0042", 0, 2), ("", 10), *at_pace("/KTP\r", 12, 2)]) == ("0042/KTP\r", [])  # an arrow key between


def test_prefix_and_suffix_are_asked_for_and_cut_off() -> None:
    framed = Wedge[str](prefix="~", suffix="#")
    assert run(framed, at_pace("~0042/KTP#\r", 0, 3)) == ("", ["0042/KTP"])
    assert run(framed, at_pace("0042/KTP#\r", 0, 3)) == ("0042/KTP#\r", [])
    assert run(framed, at_pace("~0042/KTP\r", 0, 3)) == ("~0042/KTP\r", [])
    step = framed.key("0", 0, "0")
    assert not step.take and not framed.holding  # typing is not even delayed


def test_typing_of_any_rhythm_loses_no_letter() -> None:
    rnd = random.Random(4)
    for _ in range(300):
        text = "".join(rnd.choice("abc 12\r") for _ in range(rnd.randint(1, 40)))
        at, keys = 0, []
        for c in text:
            at += rnd.choice((1, 12, 30, 36, 80, 300))
            keys.append((c, at))
        window, codes = run(Wedge(), keys)
        for code in codes:
            assert len(code) >= LEAST and code in text
        assert len(window) + sum(len(c) + 1 for c in codes) == len(text)
    flood = at_pace("z" * (MOST + 50), 0, 1)
    assert run(Wedge(), flood) == ("z" * (MOST + 50), [])


# -- in the window -----------------------------------------------------------------------------------------------------------------


class DeviceKey(QKeyEvent):
    """From a real device, as far as the window can tell: the program's own events are not spontaneous and no scanner's."""

    def spontaneous(self) -> bool:
        return True


def press(windows: Windows, text: str, begin: int, pace: int, made: type[QKeyEvent] = DeviceKey) -> None:
    """Key events as the platform delivers them: to the window, each with its time."""
    target = windows.operator.windowHandle()
    for i, c in enumerate(text):
        key = Qt.Key.Key_Return if c == "\r" else Qt.Key(ord(c.upper()))
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = made(kind, key, Qt.KeyboardModifier.NoModifier, c)
            event.setTimestamp(begin + i * pace)
            QCoreApplication.sendEvent(target, event)


@pytest.fixture
def shown(windows: Windows, settle: Settle, qtbot: QtBot) -> Windows:
    windows.operator.show()
    qtbot.waitExposed(windows.operator)
    windows.operator.activateWindow()
    settle(windows)
    return windows


def test_a_scan_while_typing_elsewhere_opens_the_application(office: FakeOffice, shown: Windows, settle: Settle, qtbot: QtBot) -> None:
    p = office.to_stage(1, Stage.VALIDASI)
    shown.operator.go("register", focus=True)
    settle(shown)
    page = shown.operator.page("register")
    line: QLineEdit = page.search  # type: ignore[attr-defined]
    line.setFocus()
    opened: list[str] = []
    page.open_dossier = opened.append  # type: ignore[attr-defined, method-assign]
    press(shown, "siti", 1000, 90)
    qtbot.waitUntil(lambda: line.text() == "siti", timeout=1000)  # the last letter comes a moment later
    press(shown, f"{p.nomor_register}\r", 5000, 4)
    settle(shown)
    assert line.text() == "siti" and opened == [p.id]
    press(shown, "9999/ktp/xi/2026\r", 9000, 4)
    settle(shown)
    assert "tidak dikenal" in shown.operator.notice.plain() and opened == [p.id]


def test_a_scan_at_the_counter_for_handing_over_goes_into_its_search(shown: Windows, settle: Settle) -> None:
    shown.operator.go("penyerahan")
    settle(shown)
    press(shown, "9999/ktp/xi/2026\r", 5000, 4)
    settle(shown)
    assert shown.operator.page("penyerahan").scan.text() == "9999/ktp/xi/2026"  # type: ignore[attr-defined]
    assert shown.operator.current == "penyerahan"


def test_before_signing_in_nothing_is_held_back(shown: Windows, settle: Settle) -> None:
    shown.operator.lock()
    settle(shown)
    page = shown.operator.page("masuk")
    page.password.line.setFocus()  # type: ignore[attr-defined]
    press(shown, "rahasia1", 5000, 2)
    assert page.password.line.text() == "rahasia1"  # type: ignore[attr-defined]


def test_a_window_that_was_late_gives_waiting_keys_a_turn(qtbot: QtBot) -> None:
    """The first half of a code is held, the window hangs, the second half waits in the queue: still one code."""
    import time

    from PySide6.QtWidgets import QWidget

    class Host(QWidget):
        def event(self, event: QEvent) -> bool:
            pressed = key_press(event)
            return (pressed is not None and wedge.takes(self, pressed)) or super().event(event)

    host = Host()
    qtbot.addWidget(host)
    wedge = WedgeFilter(host)
    seen: list[str] = []
    wedge.scanned.connect(seen.append)

    def event(n: int, c: str) -> QKeyEvent:
        made = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return if c == "\r" else Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, c)
        made.setTimestamp(1000 + 3 * n)
        return made

    text = "0042/KTP\r"
    for n, c in enumerate(text[:4]):
        QCoreApplication.sendEvent(host, event(n, c))
    time.sleep(0.12)
    for n, c in enumerate(text[4:], 4):
        QCoreApplication.postEvent(host, event(n, c), Qt.EventPriority.LowEventPriority.value)
    qtbot.waitUntil(lambda: bool(seen), timeout=1000)
    assert seen == ["0042/KTP"]


def test_a_held_letter_survives_the_window_it_came_to(qtbot: QtBot) -> None:
    """The system may make a window anew while a key is held back; the letter goes to the one there is (found by the monkey)."""
    line = QLineEdit()
    qtbot.addWidget(line)
    line.show()
    line.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus, timeout=5000)
    wedge = WedgeFilter(line)
    former = QWindow()
    assert wedge.takes(former, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_7, Qt.KeyboardModifier.NoModifier, "7"))
    shiboken6.delete(former)
    qtbot.waitUntil(lambda: line.text() == "7", timeout=5000)
