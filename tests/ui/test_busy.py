"""A desk call that takes long: the window lives, the pressed button says that it works, a second press does nothing, Esc goes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from fakes import FakeOffice
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.errors import KioskError, NotFound
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.widgets import busy
from ktpel_kiosk.ui.widgets.busy import WORKING, Working
from ktpel_kiosk.ui.widgets.buttons import Button


class SlowPage(Page):
    """One act behind F9 and one behind another button; both wait until ``gate`` opens."""

    def __init__(self, window) -> None:  # type: ignore[no-untyped-def]
        super().__init__(window)
        self.gate, self.began, self.ended = threading.Event(), 0, list[str]()
        self.error: KioskError | None = None
        self.primary, self.other = Button("Simpan", "primary", key="F9"), Button("Periksa")
        for button in (self.primary, self.other):
            button.clicked.connect(lambda: self.act(self._work, self.ended.append, lambda e: self.ended.append(e.message_key)))
            self.frame.addWidget(button)

    def _work(self) -> str:
        self.began += 1
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return "selesai"


@pytest.fixture
def page(windows: Windows, office: FakeOffice, settle: Callable[[Windows], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowPage]:
    monkeypatch.setattr(busy, "AFTER_MS", 1)
    made = SlowPage(windows.operator)
    windows.operator.stack.addWidget(made)
    windows.operator._pages["pengaduan"] = made
    settle(windows)
    windows.operator.go("pengaduan")
    settle(windows)
    yield made
    made.gate.set()
    settle(windows)


def sign(button: Button) -> Working | None:
    return button.findChild(Working)


def test_the_window_lives_while_the_desk_works(page: SlowPage, windows: Windows, qtbot: QtBot) -> None:
    QTest.mouseClick(page.primary, Qt.MouseButton.LeftButton)
    assert page.busy and not page.primary.isEnabled() and page.primary.accessibleDescription() == WORKING
    qtbot.waitUntil(lambda: sign(page.primary) is not None and sign(page.primary).isVisible(), timeout=8000)  # type: ignore[union-attr]
    QTest.mouseClick(page.primary, Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.other, Qt.MouseButton.LeftButton)
    windows.operator.press("F9")
    qtbot.waitUntil(lambda: page.began == 1)
    windows.operator.press("Esc")
    assert windows.operator.current == "beranda" and page.ended == []
    page.gate.set()
    qtbot.waitUntil(lambda: page.ended == ["selesai"], timeout=8000)
    assert page.began == 1 and not page.busy and page.primary.isEnabled()
    assert page.primary.accessibleDescription() == ""
    qtbot.waitUntil(lambda: sign(page.primary) is None, timeout=8000)


def test_the_button_that_was_pressed_says_it_not_the_first_of_the_page(page: SlowPage, qtbot: QtBot) -> None:
    page.other.setFocus()
    QTest.mouseClick(page.other, Qt.MouseButton.LeftButton)
    assert sign(page.other) is not None and sign(page.primary) is None
    page.error = NotFound("permohonan.not_found")
    page.gate.set()
    qtbot.waitUntil(lambda: page.ended == ["permohonan.not_found"], timeout=8000)
    qtbot.waitUntil(lambda: sign(page.other) is None, timeout=8000)


def test_a_page_that_goes_away_meanwhile_takes_the_sign_with_it(page: SlowPage, windows: Windows, office: FakeOffice, qtbot: QtBot) -> None:
    QTest.mouseClick(page.primary, Qt.MouseButton.LeftButton)
    gate = page.gate
    windows.operator._forget_pages()
    windows.operator.go("beranda")
    qtbot.wait(10)
    gate.set()
    qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=8000)
