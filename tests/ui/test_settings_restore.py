"""Pengaturan, Cadangan: a copy rehearsed and put back, with a reason and a second person; refused without either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pagekit import PageBench, bench

from desk.doubles import Care
from ktpel_kiosk.domain.errors import Corrupt
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.restore import Series
from ktpel_kiosk.ports.station_care import Copies
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


@pytest.fixture
def care() -> Care:
    made = Care()
    made.kept = Copies("/media/cadangan", True, made.back.AT, 3, 58_000_000_000, code="proved")
    return made


@pytest.fixture
def serving(qtbot: Any, care: Care) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, station_care=care, gateway_address=lambda: care.address)
        yield made


def opened(made: PageBench, role: Peran = Peran.SUPERVISOR) -> tuple[Any, Any]:
    page = made.open("pengaturan", PengaturanPage, made.office.actors[role], section="cadangan")
    section = page.section("cadangan")
    made.wait()
    section.restore.click()
    made.wait()
    return section, section.restoring


def test_a_drill_is_told_and_dated(serving: PageBench, care: Care) -> None:
    section, view = opened(serving)
    assert len(view.list.items) == 3 and section.cards.isHidden() and not view.go.isVisible()
    view.drill.click()
    serving.wait()
    assert "1.225 permohonan" in view.message.plain() and section.back() and not section.cards.isHidden()
    serving.wait()
    assert [section.facts.itemAt(i).widget().text() for i in range(section.facts.count())][-1] != "belum pernah"


def test_a_copy_is_looked_into_and_put_back(serving: PageBench, care: Care, monkeypatch: pytest.MonkeyPatch) -> None:
    _section, view = opened(serving)
    ended: list[bool] = []
    monkeypatch.setattr(view.page.shell, "reopen", lambda: ended.append(True))
    view.look.click()
    serving.wait()
    words = " ".join(view.facts.itemAt(i).widget().text() for i in range(view.facts.count()))
    assert "6 permohonan dan 5 paket" in words and "tidak ada yang ganda" in words and not view.floors
    view.go.click()
    assert not care.back.agreed, "a reason is asked first"
    view.reason.set_value("diska rusak")
    view.go.click()
    assert not care.back.agreed, "a second person is asked"
    view.second.username.set_value("kasi")
    view.second.password.set_value("salah")
    view.go.click()
    serving.wait()
    assert not care.back.agreed and not ended and view.second.message.plain()


def test_the_book_is_asked_where_the_register_cannot_tell(serving: PageBench, care: Care) -> None:
    _section, view = opened(serving)
    care.back.report = replace(care.back.report, series=(Series("register", 2026, 1225, None),), missing=None)
    view.look.click()
    serving.wait()
    assert list(view.floors) == ["register/2026"] and view.floors["register/2026"].value() == "1225"
    view.list.choose(str(care.back.found[1].path))
    view.list.chosen.emit(str(care.back.found[1].path))
    assert view.report is None and not view.go.isVisible(), "another copy is looked into anew"


def test_a_damaged_copy_is_told(serving: PageBench, care: Care) -> None:
    _section, view = opened(serving)
    care.back.trouble["examine"] = Corrupt("register.copy_damaged", path="x", reason="isi")
    view.look.click()
    serving.wait()
    assert view.message.kind == "trouble" and not view.go.isVisible()
