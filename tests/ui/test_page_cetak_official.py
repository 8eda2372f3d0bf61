"""Cetak at a desk that makes no cards: serial, tick, F9; the reader beside; spoiled before two; nothing of it in practice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench

from ktpel_kiosk.domain.cards import BlangkoState, JobState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.pages.cetak import CetakPage
from ktpel_kiosk.ui.pages.cetak_view import CARD, EMPTY, OFFICIAL
from ktpel_kiosk.ui.pages.penyerahan import PenyerahanPage


@pytest.fixture
def elsewhere(qtbot: Any) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, no_cards="card.no_sam", specimen=False)
        yield made


def job_of(made: PageBench, pid: str) -> Any:
    return made.office.desk.register.read(lambda v: v.live_card_job(pid))


def test_recorded_with_serial_tick_and_one_key(elsewhere: PageBench) -> None:
    p = elsewhere.office.to_stage(1, Stage.CETAK_ENCODE)
    page: CetakPage = elsewhere.open("cetak", CetakPage)
    panel = page.official
    assert panel is not None and page.pages.currentIndex() == OFFICIAL and not page.inside.isVisible()
    wanted = elsewhere.office.desk.register.read(lambda v: v.next_blangko()).serial
    assert wanted in panel.stock.text()
    elsewhere.press("F9")
    assert "blangko" in panel.serial.message() and job_of(elsewhere, p.id) is None
    assert page.scanned("tidak-ada-99")
    elsewhere.wait()
    assert "tidak ada dalam buku stok" in panel.serial.message()
    assert page.scanned(wanted)
    elsewhere.wait()
    assert panel.serial.message() == "✓ Ada di stok kantor ini." and panel.serial.value() == wanted
    elsewhere.press("F9")
    assert panel.message.kind == "attention" and "NIK" in panel.message.plain() and job_of(elsewhere, p.id) is None
    panel.looked.click()
    elsewhere.press("F9")
    job = job_of(elsewhere, p.id)
    assert (job.blangko, job.state, job.official, job.chip_uid) == (wanted, JobState.CONFIRMED, True, "")
    assert "tercatat" in elsewhere.notice() and "diaktivasi" in elsewhere.notice()
    assert page.pages.currentIndex() == EMPTY and panel.serial.value() == "" and not panel.looked.isChecked()


def test_the_reader_shows_the_card_and_its_number_is_kept(elsewhere: PageBench) -> None:
    p = elsewhere.office.to_stage(1, Stage.CETAK_ENCODE)
    page: CetakPage = elsewhere.open("cetak", CetakPage)
    panel = page.official
    assert panel is not None
    panel.read_button.click()
    elsewhere.wait()
    assert panel.read is not None and panel.read.shown in panel.found.text() and panel.read_button.text() == "Baca lagi"
    panel.serial.line.setText(elsewhere.office.desk.register.read(lambda v: v.next_blangko()).serial)  # typed, Enter never pressed
    panel.looked.click()
    uid = panel.read.uid
    elsewhere.press("F9")
    assert job_of(elsewhere, p.id).chip_uid == uid and panel.read is None
    give: PenyerahanPage = elsewhere.open("penyerahan", PenyerahanPage, id=p.id)
    assert "rekamannya" in give.text.text() and give.view.official


@pytest.mark.gate
def test_spoiled_there_is_written_off_before_two(elsewhere: PageBench) -> None:
    p = elsewhere.office.to_stage(1, Stage.CETAK_ENCODE)
    page: CetakPage = elsewhere.open("cetak", CetakPage)
    panel = page.official
    assert panel is not None
    panel.spoil.click()
    assert panel.spoil_area.isVisible() and not panel.primary.isVisible() and panel.spoil.kind == "danger"
    elsewhere.press("Esc")
    assert not panel.spoil_area.isVisible() and panel.primary.isVisible()
    serial = elsewhere.office.desk.register.read(lambda v: v.next_blangko()).serial
    panel.spoil.click()
    panel.serial.take(serial)
    elsewhere.wait()
    panel.spoil.click()
    assert "alasannya" in panel.spoil_area.reason.message()
    panel.spoil_area.reasons[0].click()
    panel.spoil_area.second.username.set_value("kasi")
    panel.spoil_area.second.password.set_value("salah")
    panel.spoil.click()
    elsewhere.wait()
    assert panel.spoil_area.second.message.isVisible()
    panel.spoil_area.second.username.set_value("kasi")
    panel.spoil_area.second.password.set_value(PASSWORD)
    panel.spoil.click()
    elsewhere.wait()
    assert elsewhere.office.desk.register.read(lambda v: v.blangko(serial)).state is BlangkoState.RUSAK
    assert serial in elsewhere.notice() and page.pages.currentIndex() == OFFICIAL and panel.primary.isVisible()
    assert elsewhere.office.read(p.id).current().stage is Stage.CETAK_ENCODE


@pytest.mark.gate
def test_a_desk_that_prints_offers_nothing_of_it(qtbot: Any) -> None:
    for made in bench(qtbot):
        made.office.to_stage(1, Stage.CETAK_ENCODE)
        page: CetakPage = made.open("cetak", CetakPage)
        assert page.official is None and page.pages.currentIndex() == CARD and not page.scanned("00001")
