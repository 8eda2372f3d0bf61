"""Cetak: order of the blanks, who waits for the centre, two biodata that differ, no blanks left; Perekaman put off and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import FakeOffice
from pagekit import PageBench, bench

from ktpel_kiosk.desk import blangko, intake, printing, statuses, verification
from ktpel_kiosk.domain.errors import Offline
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.devices import PrintJobState
from ktpel_kiosk.ui.pages.cetak import CetakPage
from ktpel_kiosk.ui.pages.cetak_view import CARD, CENTRE, COMPARE
from ktpel_kiosk.ui.pages.perekaman import PerekamanPage
from ktpel_kiosk.ui.widgets.decisions import pause_menu


@pytest.fixture
def tempeh(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot)


def replacement(office: FakeOffice, index: int, status: StatusSiak = StatusSiak.PRINT_READY_RECORD, **other: Any) -> Permohonan:
    """Somebody recorded years ago who lost the card, up to where the centre is asked; ``other``: what the centre says differently."""
    person = office.person(index).penduduk
    line: Any = office.desk.gateway
    line.statuses[person.nik], line.biodata[person.nik] = status, replace(person, **other)
    papers = frozenset(i.kode for i in intake.checklist(office.desk, Layanan.HILANG, person))
    p = intake.register_intake(office.desk, office.rina, Layanan.HILANG, person, papers, sudah_rekam="kartu")
    kasi = office.actors[Peran.KASI]
    while (tahap := office.read(p.id).current()) is not None and tahap.stage in (Stage.VERIFIKASI, Stage.VALIDASI):
        (verification.verify if tahap.stage is Stage.VERIFIKASI else verification.validate)(office.desk, kasi, p.id)
    return office.read(p.id)


def test_first_cards_before_replacements_and_each_says_why(tempeh: PageBench) -> None:
    office = tempeh.office
    lost = replacement(office, 11)
    statuses.ask_status(office.desk, lost.id)
    first = office.to_stage(1, Stage.CETAK_ENCODE)
    page: CetakPage = tempeh.open("cetak", CetakPage)
    assert page.list.ids() == (first.id, lost.id)
    model = page.list.view.model()
    assert "kartu pertama" in model.data(model.index(0, 0)) and "penggantian" in model.data(model.index(1, 0))


def test_the_centre_is_asked_by_hand_and_what_it_said_is_told(tempeh: PageBench) -> None:
    office, line = tempeh.office, tempeh.office.desk.gateway
    p = replacement(office, 11, StatusSiak.PROCESSING)
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    assert page.waits.ids() == (p.id,) and page.pages.currentIndex() == CENTRE and page.centre.primary.isVisible()
    tempeh.press("F9")
    assert "Sedang diproses" in page.centre.message.plain()
    line.trouble = Offline("gateway.offline", host="pusat")
    tempeh.press("F9")
    assert page.centre.message.kind == "attention" and office.read(p.id).current().pause_reason == "jaringan"
    line.trouble = None
    line.statuses[p.penduduk.nik] = StatusSiak.PRINT_READY_RECORD
    tempeh.press("F9")
    assert "siap cetak" in tempeh.notice()
    assert page.list.ids() == (p.id,) and page.pages.currentIndex() == CARD and page.view.face is not None


def test_not_recorded_after_all_goes_back_to_the_recording_desk(tempeh: PageBench) -> None:
    p = replacement(tempeh.office, 11, StatusSiak.UNREGISTERED)
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    tempeh.press("F9")
    assert "Perekaman" in tempeh.notice() and tempeh.office.read(p.id).current().stage is Stage.REKAM
    assert p.id not in page.waits.ids()


def test_who_sent_a_packet_waits_in_sight_without_a_button(tempeh: PageBench) -> None:
    p = tempeh.office.to_stage(4, Stage.MENUNGGU_PRR)
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    assert page.pages.currentIndex() == CENTRE and not page.centre.primary.isVisible() and page.centre.queue.isVisible()
    assert any(name == "Paket" for name, _value in page.centre.view.rows)


def test_differing_biodata_stand_side_by_side_and_the_centres_is_taken(tempeh: PageBench) -> None:
    office = tempeh.office
    p = replacement(office, 11, nama="NAMA DI PUSAT", alamat="JALAN LAIN 5")
    statuses.ask_status(office.desk, p.id)
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    assert page.pages.currentIndex() == COMPARE
    rows = page.queue.rows(page.view.compared)
    assert [(r.title, r.weight) for r in rows[:2]] == [("Nama", "stops"), ("Alamat", "differs")]
    assert rows[0].theirs == "NAMA DI PUSAT" and {r.weight for r in rows[2:]} == {"same"}
    tempeh.press("F9")
    assert office.read(p.id).penduduk.nama == p.penduduk.nama  # not before the officer compared
    page.compare.checked.click()
    tempeh.press("F9")
    assert office.read(p.id).penduduk.nama == "NAMA DI PUSAT" and page.pages.currentIndex() == CARD


def test_differing_biodata_mended_at_the_centre_or_papers_returned(tempeh: PageBench) -> None:
    office, line = tempeh.office, tempeh.office.desk.gateway
    p, q = (replacement(office, i, nama="NAMA DI PUSAT") for i in (11, 12))
    for x in (p, q):
        statuses.ask_status(office.desk, x.id)
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    tempeh.press("F8")
    assert "masih sama" in page.compare.message.plain()
    line.biodata[p.penduduk.nik] = p.penduduk
    tempeh.press("F8")
    assert page.pages.currentIndex() == CARD and office.read(p.id).penduduk == p.penduduk
    page.list.choose(q.id)
    tempeh.wait()
    page.compare.back_button.click()
    tempeh.press("Esc")  # the notice
    tempeh.press("Esc")
    assert page.compare.sides.currentIndex() == 0
    page.compare.back_button.click()
    page.compare.reasons.confirm.click()
    tempeh.wait()
    back = office.read(q.id)
    assert (back.keadaan, back.return_reasons) == (Keadaan.DIKEMBALIKAN, ("data_invalid",))
    assert q.id not in page.list.ids() and "dikembalikan" in tempeh.notice()


def test_out_of_blanks_says_calmly_how_many_wait(tempeh: PageBench) -> None:
    office = tempeh.office
    first = office.to_stage(1, Stage.CETAK_ENCODE)
    statuses.ask_status(office.desk, replacement(office, 11).id)
    stock = office.register.read(lambda v: v.blangko_balance()).stok
    blangko.return_blangko(office.desk, office.actors[Peran.SUPERVISOR], stock, "BAST-K", "cetakan lama")
    page: CetakPage = tempeh.open("cetak", CetakPage, id=first.id)
    assert page.fault.kind == "info" and not page.primary.isEnabled()
    assert "2 permohonan menunggu (1 kartu pertama, 1 penggantian)" in page.fault.plain()
    assert office.read(first.id).current().pause_reason == "blangko_kosong"


def test_recording_is_put_off_with_a_reason_and_resumed_on_opening(tempeh: PageBench) -> None:
    office = tempeh.office
    p = office.to_stage(1, Stage.REKAM)
    page: PerekamanPage = tempeh.open("perekaman", PerekamanPage, id=p.id)
    assert tempeh.notice() == "" and page.foot.put_off.isVisible()
    menu = pause_menu(page.foot.put_off, page.put_off)
    menu.choose_text("Listrik")
    tempeh.wait()
    tahap = office.read(p.id).current()
    assert (tahap.state, tahap.pause_reason) == (TahapState.JEDA, "listrik") and page.view is None
    assert "listrik" in tempeh.notice()
    office.clock.advance(1800)
    page.open_application(p.id)
    tempeh.wait()
    assert office.read(p.id).current().state is TahapState.AKTIF
    assert "Tadi dijeda: listrik, 30 menit" in tempeh.notice()
    tempeh.press("Esc")
    tempeh.press("Esc")
    assert office.read(p.id).current().pause_reason == "ditunda"


@pytest.mark.parametrize("size", ["normal", "terbesar"])
def test_nothing_of_the_printing_desk_is_cut_at_the_largest_letters(tempeh: PageBench, size: str) -> None:
    office = tempeh.office
    p = office.to_stage(1, Stage.CETAK_ENCODE)
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    window = page.shell
    window.choose_look("light", size)
    tempeh.wait()
    assert (window.width(), window.height()) == (1366, 768)
    assert page.steps.width() >= page.steps.sizeHint().width() and page.steps.height() >= page.steps.sizeHint().height()
    assert window.items["cetak"].narrow is (size == "terbesar")


def failed(tempeh: PageBench, trouble: str) -> CetakPage:
    """The page of a card whose print failed with this complaint."""
    office = tempeh.office
    p = office.to_stage(0, Stage.CETAK_ENCODE)
    printing.start_card(office.desk, office.rina, p.id)
    for job_id in office.devices.jobs:
        office.devices.jobs[job_id] = PrintJobState.FAILED
    office.devices.complaint = trouble
    page: CetakPage = tempeh.open("cetak", CetakPage, id=p.id)
    tempeh.qtbot.waitUntil(lambda: page.watch is not None and page.watch.hint == "failed" and page.primary.isEnabled(), timeout=8000)
    return page


def test_after_a_jam_the_main_button_says_spoiled_and_no_blank_slips_back(tempeh: PageBench) -> None:
    page = failed(tempeh, "card_printer.jam")
    assert page.primary.text() == "Nyatakan rusak"
    before = tempeh.office.register.read(lambda v: v.blangko_balance())
    tempeh.press("F9")
    assert page.spoil_area.isVisible() and page.spoil_area.reasons[0].isVisible(), "why, and who saw it"
    assert tempeh.office.register.read(lambda v: v.blangko_balance()) == before


def test_a_card_that_never_left_the_hopper_may_be_tried_again(tempeh: PageBench) -> None:
    page = failed(tempeh, "card_printer.cover")
    assert page.primary.text() == "Coba lagi"
