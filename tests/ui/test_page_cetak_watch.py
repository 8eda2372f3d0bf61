"""Cetak while the printer works: its word live, what each button does to card and blank, the chip inside the printer, spoiled cards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench

from ktpel_kiosk.desk import printing, spoiled
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import PrintJobState
from ktpel_kiosk.ui.pages.cetak import CetakPage
from ktpel_kiosk.ui.pages.register_stock import BlangkoSection


@pytest.fixture
def kit(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot)


def say(kit: PageBench, state: PrintJobState) -> None:
    """The printer's word about every card from now on."""
    kit.office.devices.printer_says = state
    for job_id in kit.office.devices.jobs:
        kit.office.devices.jobs[job_id] = state


def started(kit: PageBench, state: PrintJobState) -> CetakPage:
    p = kit.office.to_stage(1, Stage.CETAK_ENCODE)
    say(kit, state)
    page: CetakPage = kit.open("cetak", CetakPage, id=p.id)
    kit.press("F9")
    return page


def look(kit: PageBench, page: CetakPage) -> None:
    """The next look, which the clock would bring within a second."""
    page.clock.stop()
    page._ask_watch()
    kit.wait()


def job(kit: PageBench, page: CetakPage) -> Any:
    return kit.office.register.card_jobs(page.view.dossier.permohonan.id)[-1]


def test_the_printers_word_is_followed_until_the_card_is_there(kit: PageBench) -> None:
    page = started(kit, PrintJobState.PENDING)
    assert "antrean" in page.fault.plain() and not page.primary.isEnabled() and page.clock.isActive()
    assert page.not_printed.isVisible() and page.not_printed.text() == "Keluarkan dari antrean"
    say(kit, PrintJobState.PRINTING)
    look(kit, page)
    assert "Sedang dicetak" in page.fault.plain() and not page.primary.isEnabled()
    kit.press("F9")
    assert job(kit, page).state is JobState.SENT, "called good while it was being printed"
    say(kit, PrintJobState.DONE)
    look(kit, page)
    assert page.primary.isEnabled() and "tulis chip" in page.primary.text() and not page.clock.isActive()
    pid = page.view.dossier.permohonan.id
    kit.press("F9")
    assert kit.office.register.live_card_job(pid).state is JobState.CONFIRMED


def test_taken_out_of_the_queue_the_blank_is_back(kit: PageBench) -> None:
    page = started(kit, PrintJobState.PENDING)
    before = kit.office.register.blangko_balance().stok
    page.not_printed.click()
    kit.wait()
    assert job(kit, page).state is JobState.CANCELLED and kit.office.register.blangko_balance().stok == before + 1


def test_a_failed_print_is_tried_again_or_its_empty_card_put_back(kit: PageBench) -> None:
    page = started(kit, PrintJobState.FAILED)
    assert page.fault.kind == "trouble" and (page.primary.text(), page.not_printed.text()) == ("Coba lagi", "Kartu keluar kosong")
    say(kit, PrintJobState.FAILED)
    kit.office.devices.printer_says = PrintJobState.DONE
    kit.press("F9")
    jobs = kit.office.register.card_jobs(page.view.dossier.permohonan.id)
    assert [j.state for j in jobs] == [JobState.CANCELLED, JobState.SENT]
    say(kit, PrintJobState.FAILED)
    look(kit, page)
    page.not_printed.click()
    kit.wait()
    assert job(kit, page).state is JobState.CANCELLED
    assert kit.office.register.blangko_balance().dipakai == 0


def test_a_blank_of_a_card_called_done_needs_another_officer(kit: PageBench) -> None:
    page = started(kit, PrintJobState.DONE)
    page.not_printed.click()
    kit.wait()
    assert not page.spoil_area.isHidden() and page.spoil_area.reason.isHidden() and job(kit, page).state is JobState.SENT
    page.spoil_area.second.username.set_value("kasi")
    page.spoil_area.second.password.set_value(PASSWORD)
    kit.press("F9")
    assert job(kit, page).state is JobState.CANCELLED and "kembali ke stok" in kit.notice()


def test_a_second_click_in_another_window_shows_the_card_being_made(kit: PageBench) -> None:
    page = started(kit, PrintJobState.PRINTING)
    view = page.presenter.send(page.view.dossier.permohonan.id)
    assert view.job is not None and view.job.id == job(kit, page).id
    assert len(kit.office.register.card_jobs(view.dossier.permohonan.id)) == 1


def test_another_card_waits_until_the_first_has_its_chip(kit: PageBench) -> None:
    page = started(kit, PrintJobState.DONE)
    first, second = page.view.dossier.permohonan.id, kit.office.to_stage(2, Stage.CETAK_ENCODE)
    page.refresh()
    kit.wait()
    page.list.choose(second.id)
    kit.wait()
    kit.press("F9")
    assert "tertukar" in page.fault.plain() and kit.office.register.live_card_job(second.id) is None
    page.fault._act()
    kit.wait()
    assert page.view.dossier.permohonan.id == first


def test_only_who_changes_settings_decides_where_chips_are_written(kit: PageBench) -> None:
    kit.office.to_stage(1, Stage.CETAK_ENCODE)
    page: CetakPage = kit.open("cetak", CetakPage)
    assert page.inside.isHidden()
    boss: CetakPage = kit.open("cetak", CetakPage, actor=kit.office.actors[Peran.ADMIN])
    boss.inside.click()
    kit.wait()
    assert kit.office.register.setting("cetak.chip") == "printer"


def test_spoiled_cards_go_back_to_the_dinas(kit: PageBench) -> None:
    from ktpel_kiosk.ui.pages.register import RegisterPage

    p = kit.office.to_stage(1, Stage.CETAK_ENCODE)
    for reason in ("macet", "warna salah"):
        made = printing.start_card(kit.office.desk, kit.office.rina, p.id)
        printing.spoil_card(kit.office.desk, kit.office.rina, made.id, reason, second_username="kasi", second_password=PASSWORD)
    boss = kit.office.actors[Peran.SUPERVISOR]
    page: RegisterPage = kit.open("register", RegisterPage, actor=boss, tab="blangko")
    kit.wait()
    card = next(s for s in page.findChildren(BlangkoSection)).spoiled
    assert card.isVisible() and card.view.here == 2 and not card.back.isEnabled()
    card.every.click()
    card.back.click()
    card.number.set_value("BAST/7/2026")
    card.go.click()
    kit.wait()
    assert {c.number for c in spoiled.cards(kit.office.desk, boss)} == {"BAST/7/2026"}
    assert card.view.here == 0 and "2 dikembalikan" in card.figures.text()
