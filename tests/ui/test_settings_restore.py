"""Pengaturan, Cadangan: a copy rehearsed and put back, with a reason and a second person; refused without either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench

from desk.doubles import Care
from ktpel_kiosk.desk.leaving import Leave
from ktpel_kiosk.domain.errors import Corrupt, DeviceTrouble
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.restore import Opening, Series
from ktpel_kiosk.ports.station_care import Copies
from ktpel_kiosk.ui.kiosk import KioskGuard
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
    view.second.password.set_value(PASSWORD)
    view.go.click()
    serving.wait()
    path, opening, agreed = care.back.agreed[0]
    assert path == care.back.found[0].path and opening == Opening() and agreed.second == "kasi" and ended == [True]


def test_a_full_screen_ends_for_the_restored_register(serving: PageBench, care: Care, monkeypatch: pytest.MonkeyPatch) -> None:
    _section, view = opened(serving)
    ways: list[Leave] = []
    monkeypatch.setattr(view.page.shell, "kiosk", KioskGuard(view.page.shell))
    monkeypatch.setattr(view.page.shell.kiosk, "let_out", ways.append)
    view.page.shell.reopen()
    view.page.shell.kiosk.free = True
    assert ways == [Leave.CLOSE]


def test_by_two_sheets_typed_and_scanned(serving: PageBench, care: Care) -> None:
    _section, view = opened(serving)
    view.key.ways.buttons()[2].click()
    view.look.click()
    serving.wait()
    assert view.report is None and view.key.fields[0].message(), "pointed at the empty sheet"
    view.key.fields[0].set_value(" ".join(["abad"] * 21))
    serving.wait()
    assert "Lembar 1 dari set 04821" in view.key.fields[0].message()
    assert view.page.scanned("KTPEL-KUNCI:" + "0" * 42) and not view.page.scanned("TT-2026-1")
    serving.wait()
    assert "Lembar 2" in view.key.fields[1].message()
    view.look.click()
    serving.wait()
    assert view.report is not None and len(view._opening.sheets) == 2
    view.key.fields[0].set_value("")
    assert view.report is None, "another key: looked into anew"
    view.forget_secrets()
    assert not any(f.value() for f in view.key.fields)


def test_new_sheets_need_a_reason_and_a_second_person_and_a_printer(serving: PageBench, care: Care) -> None:
    section, _view = opened(serving)
    section.back()
    section.sheets.click()
    serving.wait()
    panel = section.papers
    assert facts(panel) == ["Set yang berlaku", "belum ada"] and section.cards.isHidden()
    panel.go.click()
    assert panel.reason.message() and care.set.count == 0
    panel.reason.set_value("lembar lama hilang")
    panel.second.username.set_value("kasi")
    panel.second.password.set_value(PASSWORD)
    care.trouble["make_sheets"] = DeviceTrouble("device.paper_out", device_kind="document_printer", operation="submit")
    panel.go.click()
    serving.wait()
    assert care.set.count == 0 and panel.second.message.plain()
    panel.second.password.set_value(PASSWORD)
    panel.go.click()
    serving.wait()
    assert care.set.count == 3 and "00001" in panel.message.plain() and not panel.second.values()[1]
    shown = " ".join(facts(panel))
    assert "00001: 2 dari 3 lembar" in shown and "disetujui kasi" in shown and "lembar lama hilang" in shown
    assert section.back() and not section.cards.isHidden()


def facts(panel: Any) -> list[str]:
    return [panel.facts.itemAt(i).widget().text() for i in range(panel.facts.count())]


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
