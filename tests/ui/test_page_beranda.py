"""Beranda keeps its cards from one look to the next: the keyboard's place stays, the look changes at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes import FakeOffice

from ktpel_kiosk.desk import verification
from ktpel_kiosk.desk.progress import open_work
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.pages.beranda import BerandaPage, BoardCard
from ktpel_kiosk.ui.theme import Theme

Settle = Callable[[Windows], None]


def cards(page: BerandaPage) -> list[BoardCard]:
    return [c for c in page.findChildren(BoardCard) if c.isVisible()]


@pytest.fixture
def board(office: FakeOffice, windows: Windows, settle: Settle) -> BerandaPage:
    for n in (1, 2, 3):
        office.to_stage(n, Stage.VALIDASI)
    page = windows.operator.page("beranda")
    assert isinstance(page, BerandaPage)
    page.refresh()
    settle(windows)
    return page


def test_the_keyboard_stays_on_its_card_while_others_come_and_go(board: BerandaPage, office: FakeOffice, windows: Windows,
                                                               settle: Settle) -> None:
    windows.operator.activateWindow()
    settle(windows)
    mine = cards(board)[1]
    mine.setFocus()
    name = mine.card.id
    office.to_stage(4, Stage.VALIDASI)
    office.desk.clock.advance(30)  # type: ignore[attr-defined]
    board.refresh()
    settle(windows)
    assert len(cards(board)) == 4
    assert mine.hasFocus() and mine.card.id == name
    gone = next(c for c in cards(board) if c is not mine)
    open_work(office.desk, office.actors[Peran.KASI], gone.card.id)
    verification.validate(office.desk, office.actors[Peran.KASI], gone.card.id)
    board.refresh()
    settle(windows)
    assert mine.hasFocus()


def test_another_look_shows_the_board_without_asking_the_register(board: BerandaPage, windows: Windows) -> None:
    before, asked = cards(board), []
    assert before
    board.ask = lambda *args: asked.append(args)  # type: ignore[method-assign, assignment]
    windows.operator.apply_theme(Theme("contrast", 1.3))
    assert cards(board) == before and not asked


def test_a_low_page_shows_one_notice_and_a_higher_one_all(board: BerandaPage, windows: Windows) -> None:
    from dataclasses import replace

    from ktpel_kiosk.ui.presenters.board import Notice
    assert board._view is not None
    board._show(replace(board._view, notices=tuple(Notice("attention", f"{n}", "t", "Buka", "antrean") for n in range(3))))
    windows.operator.resize(1366, 1000)
    assert sum(bar.isVisible() for bar in board.notices) == 3
    windows.operator.resize(1366, 768)
    windows.operator.apply_theme(Theme("light", 1.5))
    assert sum(bar.isVisible() for bar in board.notices) == 1
