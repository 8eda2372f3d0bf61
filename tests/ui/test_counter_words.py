"""The counters on the smallest screens: whole words on buttons, one way for F9, panels when wanted, a friendly start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from every_screen import open_windows, settle
from fakes import FakeOffice
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pagekit import PageBench, bench
from PySide6.QtGui import QFont, QFontMetrics
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.loket import LoketPage
from ktpel_kiosk.ui.pages.loket_view import REASONS
from ktpel_kiosk.ui.pages.verifikasi import RETURN, VerifikasiPage
from ktpel_kiosk.ui.presenters.board import BoardPresenter
from ktpel_kiosk.ui.widgets.base import two_lines
from ktpel_kiosk.ui.widgets.buttons import Button

LONG = "RADEN MAS ARYO BIMO NUGROHO SASTROKUSUMO WIJAYANINGRAT"


@pytest.fixture
def kit(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot)


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720)])
def test_the_words_of_the_main_buttons_are_never_cut(office: FakeOffice, qtbot: QtBot, size: tuple[int, int]) -> None:
    people = {"verifikasi": office.to_stage(1, Stage.VALIDASI), "cetak": office.to_stage(2, Stage.CETAK_ENCODE),
              "penyerahan": office.to_stage(3, Stage.SERAH_PEMOHON), "loket": None}
    for p in people.values():
        if p is not None:
            office.rename(p.id, LONG)
    windows = open_windows(office, size)
    windows.operator.signed_in(office.actors[Peran.KASI])
    try:
        for key, p in people.items():
            windows.operator.go(key, **({"id": p.id} if p is not None else {}))
            settle(windows)
            shown = [b for b in windows.operator.page(key).findChildren(Button) if b.isVisible() and b.kind == "primary"]
            assert shown, key
            cut = [b.text() for b in shown if b.width() < b.minimumSizeHint().width()]
            assert not cut, (key, cut)
    finally:
        windows.close()


def test_while_reasons_are_asked_f9_is_their_button_and_never_the_approval(kit: PageBench) -> None:
    p = kit.office.to_stage(1, Stage.VALIDASI)
    page: VerifikasiPage = kit.open("verifikasi", VerifikasiPage, kit.office.actors[Peran.KASI], id=p.id)
    assert not page._panels, "built when it is wanted"
    page.back_button.click()
    assert not page.primary.isVisible() and not page.caution.isVisible()
    kit.press("F9")  # no reason yet: nothing happens
    now = kit.office.read(p.id).current()
    assert now is not None and now.stage is Stage.VALIDASI
    page.panel(RETURN).reasons[0].click()
    kit.press("F9")
    assert kit.office.read(p.id).keadaan == "dikembalikan"


def test_at_the_counter_too_and_its_panels_come_late(kit: PageBench) -> None:
    page: LoketPage = kit.open("loket", LoketPage, new=True)
    built = {"back_panel", "superior", "scans"} & set(vars(page))
    assert not built
    list(page.prepare())
    page.back_panel.ask(("berkas_tidak_lengkap",))
    page.side.setCurrentIndex(REASONS)
    assert page.side.currentWidget() is page.back_panel and not page.primary.isVisible()
    decided: list[object] = []
    page.back_panel.decided.disconnect()
    page.back_panel.decided.connect(lambda *said: decided.append(said))
    kit.press("F9")
    assert decided == [(("berkas_tidak_lengkap",), frozenset(), "")]
    assert page.back() and page.primary.isVisible()


def test_a_new_office_is_told_how_to_begin_and_another_that_all_is_done(kit: PageBench) -> None:
    board = BoardPresenter(kit.session(kit.office.actors[Peran.ADMIN]))
    start = board.load().start
    assert start is not None and [page for _w, _i, page, _a in start.steps] == ["pengaturan", "bantuan"]
    kit.office.to_stage(1, Stage.REKAM)
    assert board.load().start is None


@settings(max_examples=60)
@example(["AAAACWAW"], 86)
@given(st.lists(st.text("ABCDW", min_size=1, max_size=14), min_size=1, max_size=9), st.integers(60, 400))
def test_a_name_stands_on_two_lines_at_most_and_none_is_too_wide(qapp: object, words: list[str], wide: int) -> None:
    font = QFont()
    lines = two_lines(font, " ".join(words), wide)
    metrics = QFontMetrics(font)
    assert 1 <= len(lines) <= 2 and all(metrics.horizontalAdvance(line) <= wide for line in lines)
    if not any("…" in line for line in lines):
        assert " ".join(lines) == " ".join(words)
