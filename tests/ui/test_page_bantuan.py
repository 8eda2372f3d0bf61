"""F1: the page's own help, and the manual open at the right place; found words, links between chapters, the card for the wall."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QUrl

from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.pages.bantuan import BantuanPage, topics
from ktpel_kiosk.ui.widgets.manual import START, chapters, hits

Settle = Callable[[Windows], None]


@pytest.fixture
def helped(windows: Windows, settle: Settle) -> BantuanPage:
    windows.operator.go("perekaman")
    windows.operator.press("F1")
    settle(windows)
    page = windows.operator.page("bantuan")
    assert isinstance(page, BantuanPage)
    return page


def test_f1_opens_the_manual_at_the_page_it_was_asked_from(windows: Windows, settle: Settle, helped: BantuanPage) -> None:
    assert helped.view.chapter == "perekaman" and helped.chapters.currentData() == "perekaman"
    assert "Foto" in helped.view.toPlainText()
    windows.operator.press("Esc")
    windows.operator.go("pengaduan")
    windows.operator.press("F1")
    settle(windows)
    assert helped.view.chapter == "mutu-layanan"
    assert helped.view.textCursor().block().text().startswith("Pengaduan")


def test_every_page_of_the_navigation_has_help(windows: Windows) -> None:
    known = {name for name, _title in chapters()}
    for key in (*windows.operator.items, "tugas"):
        assert topics()[key]["manual"].partition("#")[0] in known, key


def test_words_are_found_and_opened(windows: Windows, settle: Settle, helped: BantuanPage, qtbot: object) -> None:
    helped._search("blangko rusak")
    assert helped.pages.currentWidget() is helped.found and helped.found.rows.rowCount() > 0
    key = helped.found.rows.key(0)
    helped.found.opened.emit(key)
    assert helped.pages.currentWidget() is helped.view and helped.view.chapter == key.split("#")[0]
    helped._search("qqxx")
    assert helped.found.rows.cell(helped.found.rows.index(0, 0)).text == "Tidak ditemukan"
    assert helped.back() and helped.pages.currentWidget() is helped.view
    assert all("blangko" in (c + h + line).casefold() or c for c, h, line in hits("blangko"))


def test_links_lead_to_chapters_only(helped: BantuanPage) -> None:
    helped.view.anchorClicked.emit(QUrl("antrean.md"))
    assert helped.view.chapter == "antrean" and helped.chapters.currentData() == "antrean"
    helped.view.anchorClicked.emit(QUrl("https://example.org/"))
    assert helped.view.chapter == "antrean"
    helped.view.anchorClicked.emit(QUrl("../../tidak-ada.md"))
    assert helped.view.chapter == START


def test_the_card_for_the_wall_is_printed(office: FakeOffice, windows: Windows, settle: Settle, helped: BantuanPage) -> None:
    helped.wall.click()
    settle(windows)
    assert office.devices.titles == {"A4": "p-1"}  # one sheet reached the document printer
    assert "Kartu ringkas dicetak" in windows.operator.notice.plain()
