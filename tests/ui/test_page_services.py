"""Loket, Verifikasi and Tindak lanjut: kinds, prefill, earlier recording, slips, a superior's consent, calls and double data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench
from PySide6.QtWidgets import QLabel

from ktpel_kiosk.desk import verification
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.ganda import DuplicateCheck, DuplicateHit, FingerLikeness, Putusan
from ktpel_kiosk.domain.permohonan import Keadaan, TahapState
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.ui.pages.loket import LoketPage
from ktpel_kiosk.ui.pages.penyerahan import PenyerahanPage
from ktpel_kiosk.ui.pages.penyerahan_view import SPOIL
from ktpel_kiosk.ui.pages.tugas import TugasPage
from ktpel_kiosk.ui.pages.verifikasi import REFUSE, RETURN, VerifikasiPage


@pytest.fixture
def tempeh(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot)


@pytest.fixture
def tapin(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot, "tapin")


def listed(page_bench: PageBench, index: int, status: str) -> Any:
    person = page_bench.office.person(index).penduduk

    batch = PopulationBatch("b", "x", "0" * 64, page_bench.office.clock.now(), "-", 1, 0, 0, 0, 0)

    def put(tx: Any) -> None:
        tx.put_population([PopulationEntry(person, status)], batch)
        tx.log("PopulationImported", "b", "-")

    page_bench.office.register.write(put)
    return person


def choose(page: LoketPage, layanan: Layanan) -> None:
    next(b for b in page.services.buttons() if b.value is layanan).setChecked(True)


def stored(page_bench: PageBench, state: Keadaan) -> list[Any]:
    return list(page_bench.office.register.read(lambda v: v.list(Query(keadaan=(state,)))))


def test_nik_of_the_list_fills_the_form_and_tells_of_the_recording(tempeh: PageBench) -> None:
    person = listed(tempeh, 3, "PRINT READY RECORD")
    page: LoketPage = tempeh.open("loket", LoketPage, new=True)
    page.form.fields["alamat"].set_value("JALAN YANG DIKETIK")
    page.nik.set_value(person.nik)
    tempeh.wait()
    assert page.form.fields["nama"].value() == person.nama
    assert page.form.fields["alamat"].value() == "JALAN YANG DIKETIK"
    assert "daftar penduduk" in page.recorded.text.text()
    for row in page._rows.values():
        row.setChecked(True)
    tempeh.press("F9")
    (item,) = stored(tempeh, Keadaan.BERJALAN)
    p = tempeh.office.read(item.id)
    assert p.sudah_rekam == "daftar"
    assert {t.stage for t in p.tahap if t.state is TahapState.DILEWATI} == {Stage.REKAM, Stage.KIRIM}


def test_siak_is_asked_where_nothing_is_known_here(tempeh: PageBench) -> None:
    person = listed(tempeh, 4, "")
    tempeh.office.desk.gateway.statuses[person.nik] = StatusSiak.PRINT_READY_RECORD
    page: LoketPage = tempeh.open("loket", LoketPage, new=True)
    page.nik.set_value(person.nik)
    tempeh.wait()
    assert "SIAK" in page.recorded.text.text()


def test_kinds_change_papers_and_options(tempeh: PageBench) -> None:
    page: LoketPage = tempeh.open("loket", LoketPage, new=True)
    assert not page.kinds.isVisible()
    choose(page, Layanan.PINDAH_DATANG)
    tempeh.wait()
    assert page.varian == "nkri"
    assert "skp" in page._rows and not page.more.mobile.isVisible() and page.more.proxy.isVisible()
    page.kinds.group.buttons()[1].setChecked(True)
    page.more.proxy.setChecked(True)
    tempeh.wait()
    assert page.varian == "ln"
    assert {"skp_ln", "f107"} <= set(page._rows) and "skp" not in page._rows


def test_incomplete_papers_go_back_with_a_slip_and_come_again(tempeh: PageBench) -> None:
    person = listed(tempeh, 3, "BELUM REKAM")
    page: LoketPage = tempeh.open("loket", LoketPage, new=True)
    page.nik.set_value(person.nik)
    tempeh.wait()
    page._rows["f102"].setChecked(True)
    page.send_back.click()
    assert page.side.currentWidget() is page.back_panel
    assert page.back_panel.chosen() == ("berkas_tidak_lengkap",)
    page.back_panel.note.set_value("Bawa fotokopi KK")
    page.back_panel.confirm.click()
    tempeh.wait()
    (item,) = stored(tempeh, Keadaan.DIKEMBALIKAN)
    assert "dikembalikan" in tempeh.notice()
    page.opened(id=item.id)
    tempeh.wait()
    page._rows["kk"].setChecked(True)
    tempeh.press("F9")
    p = tempeh.office.read(item.id)
    assert (p.keadaan, p.nomor_register[:5]) == (Keadaan.BERJALAN, "0001/")


@pytest.mark.parametrize(("region", "district"), [("630501", "BINUANG"), ("630507", "BAKARANGAN"), ("350805", "")])
def test_an_office_of_several_districts_takes_the_district_from_the_nik(region: str, district: str, tapin: PageBench) -> None:
    """Of its own regency only; elsewhere the NIK says where somebody was born into the register, not where they live."""
    page: LoketPage = tapin.open("loket", LoketPage, new=True)
    page.nik.edit.set_digits(f"{region}4502080001")
    tapin.wait()
    field = page.form.fields["kecamatan"]
    assert (field.value(), field.origin) == (district, "dari NIK" if district else "")
    page.nik.edit.set_digits("")
    page.form.fields["kecamatan"].set_value("SALAM BABARIS")
    page.form.fields["kecamatan"].mark("")
    page.nik.edit.set_digits(f"{region}4502080001")
    tapin.wait()
    assert field.value() == "SALAM BABARIS", "what was typed stays"


def test_closed_hours_at_tapin_ask_for_a_superior(tapin: PageBench) -> None:
    person = listed(tapin, 3, "BELUM REKAM")
    tapin.office.clock.advance(8 * 3600)
    page: LoketPage = tapin.open("loket", LoketPage, new=True)
    assert page.hours.isVisible()
    page.nik.set_value(person.nik)
    tapin.wait()
    for row in page._rows.values():
        row.setChecked(True)
    tapin.press("F9")
    assert page.side.currentWidget() is page.superior
    page.superior.reason.set_value("antre sejak pagi")
    page.superior.second.username.set_value("kasi")
    page.superior.second.password.line.setText("salah")
    page.superior._changed()
    page.superior.confirm.click()
    tapin.wait()
    assert page.superior.second.message.plain() and not stored(tapin, Keadaan.BERJALAN)
    page.superior.second.username.set_value("kasi")
    page.superior.second.password.line.setText(PASSWORD)
    page.superior._changed()
    page.superior.confirm.click()
    tapin.wait()
    assert len(stored(tapin, Keadaan.BERJALAN)) == 1


def test_verifier_names_the_missing_paper_or_refuses(tempeh: PageBench) -> None:
    office = tempeh.office
    first, second = office.to_stage(0, Stage.VERIFIKASI), office.to_stage(1, Stage.VERIFIKASI)
    page: VerifikasiPage = tempeh.open("verifikasi", VerifikasiPage, office.actors[Peran.KASI], id=first.id)
    page._ask_reasons(RETURN)
    page.panel(1)._wanted["kk"].setChecked(True)
    assert page.panel(1).chosen() == ("berkas_tidak_lengkap",)
    page.panel(1).confirm.click()
    tempeh.wait()
    assert [i.kode for i in office.read(first.id).missing_papers()] == ["kk"]
    page._choose(second.id)
    tempeh.wait()
    page._ask_reasons(REFUSE)
    assert not page.panel(2).confirm.isEnabled()
    page.panel(2).note.set_value("NIK tidak ditemukan")
    page.panel(2).confirm.click()
    tempeh.wait()
    assert office.read(second.id).keadaan is Keadaan.DITOLAK


def test_put_off_with_a_reason(tempeh: PageBench) -> None:
    office = tempeh.office
    p = office.to_stage(0, Stage.VERIFIKASI)
    page: VerifikasiPage = tempeh.open("verifikasi", VerifikasiPage, office.actors[Peran.KASI], id=p.id)
    page._put_off("listrik")
    tempeh.wait()
    assert office.read(p.id).current().pause_reason == "listrik"


def test_calls_are_logged_and_double_data_decided(tempeh: PageBench) -> None:
    office = tempeh.office
    card, double = office.to_stage(0, Stage.SERAH_PEMOHON), office.to_stage(1, Stage.VALIDASI)
    verification.reject(office.desk, office.actors[Peran.KASI], double.id, "NIK dipakai orang lain", duplicate=True)
    page: TugasPage = tempeh.open("tugas", TugasPage, office.actors[Peran.KASI], which="belum_diambil")
    page.list.choose(f"belum_diambil:{card.id}")
    tempeh.wait()
    assert not page.primary.isEnabled()
    page.outcomes.buttons()[0].click()
    tempeh.press("F9")
    assert len(office.register.read(lambda v: v.contacts(card.id))) == 1
    page.tabs.choose("semua")
    tempeh.wait()
    page.list.choose(f"data_ganda:{double.id}")
    tempeh.wait()
    page.decisions.buttons()[0].click()
    page.reason.set_value("duplikat dihapus")
    tempeh.press("F9")
    assert office.read(double.id).keadaan is Keadaan.BERJALAN


def alike(tempeh: PageBench, permohonan_id: str, other: str) -> None:
    """A search that found ``other`` for ``permohonan_id``."""
    index, thumb = Position.RIGHT_INDEX, Position.LEFT_THUMB
    fingers = (FingerLikeness(index, index, 0.8), FingerLikeness(thumb, Position.RIGHT_THUMB, 0.7))
    check = DuplicateCheck("g1", permohonan_id, tempeh.office.clock.now(), 412, (DuplicateHit(other, 1.6, fingers),))
    tempeh.office.register.write(lambda tx: (tx.add_duplicate_check(check), tx.log("DuplicateSearched", permohonan_id, "-")))


def test_fingers_alike_are_compared_side_by_side_and_judged(tempeh: PageBench) -> None:
    office = tempeh.office
    new, old = office.to_stage(0, Stage.KIRIM), office.to_stage(1, Stage.SERAH_PEMOHON)
    alike(tempeh, new.id, old.id)
    page: TugasPage = tempeh.open("tugas", TugasPage, office.actors[Peran.KASI], task=f"jari_mirip:{new.id}")
    assert page.alike.view is not None and "412 orang" in page.alike.text.text()
    said = " ".join(x.text() for x in page.alike.findChildren(QLabel))
    assert old.penduduk.nama in said and new.penduduk.nama in said and old.penduduk.nik not in said
    assert "telunjuk kanan, jempol kiri (dengan jempol kanan)" in said
    shot = os.environ.get("KTPEL_SHOTS")
    if shot:
        tempeh.windows[-1][0].grab().save(f"{shot}/jari-mirip.png")
    assert not page.alike.primary.isEnabled()
    page.alike.choices.buttons()[0].click()
    page.alike.reason.set_value("wajah berbeda, kembar")
    tempeh.press("F9")
    tempeh.wait()
    assert office.read(new.id).keadaan is Keadaan.BERJALAN and "orang lain" in tempeh.notice()
    assert office.register.read(lambda v: v.duplicate_check("g1")).decision is Putusan.ORANG_LAIN


def test_who_may_not_judge_sees_that_and_nothing_else(tempeh: PageBench) -> None:
    office = tempeh.office
    new, old = office.to_stage(0, Stage.KIRIM), office.to_stage(1, Stage.SERAH_PEMOHON)
    alike(tempeh, new.id, old.id)
    counter = Actor("loket", "Loket", frozenset({Peran.LOKET}))
    page: TugasPage = tempeh.open("tugas", TugasPage, counter, task=f"jari_mirip:{new.id}")
    assert page.alike.view is None and not page.alike.primary.isEnabled()
    assert old.penduduk.nama not in " ".join(x.text() for x in page.alike.findChildren(QLabel))


def test_a_card_is_activated_by_two_officers_where_there_is_no_finger(tempeh: PageBench) -> None:
    office = tempeh.office
    p = office.to_stage(0, Stage.AKTIVASI)
    office.register.write(lambda tx: (tx.drop_documents(p.id, "kartu.minutiae."), tx.log("DocumentStored", p.id, "-")))
    job = next(iter(office.register.read(lambda v: v.card_jobs(p.id))))
    office.devices.chips[job.chip_uid] = replace(office.devices.chips[job.chip_uid], minutiae=())
    page: PenyerahanPage = tempeh.open("penyerahan", PenyerahanPage, id=p.id)
    assert page.areas.currentIndex() == 4 and page.primary.isEnabled(), "first the eyes that were recorded for this card"
    if shot := os.environ.get("KTPEL_SHOTS"):
        tempeh.windows[-1][0].grab().save(f"{shot}/aktivasi-iris.png")
    office.judge.iris_score = 0.0
    page.primary.click()
    tempeh.wait()
    assert office.read(p.id).current().stage is Stage.AKTIVASI and "belum cocok" in page.message.plain()
    page.eyes.skip.click()
    assert page.areas.currentIndex() == 3 and not page.primary.isEnabled()
    page.sight.reason.line.insert("semua jari dikecualikan")
    page.sight.second.username.set_value("sri")
    page.sight.second.password.set_value("salah")
    if shot := os.environ.get("KTPEL_SHOTS"):
        tempeh.windows[-1][0].grab().save(f"{shot}/aktivasi-dua-petugas.png")
    page.primary.click()
    tempeh.wait()
    assert office.read(p.id).current().stage is Stage.AKTIVASI and page.sight.second.message.plain()
    page.sight.second.username.set_value(office.actors[Peran.KASI].username)
    page.sight.second.password.set_value(PASSWORD)
    page.primary.click()
    tempeh.wait()
    assert office.read(p.id).current().stage is not Stage.AKTIVASI


def test_a_finished_card_that_cannot_be_used_is_made_again(tempeh: PageBench) -> None:
    office = tempeh.office
    p = office.to_stage(0, Stage.SERAH_PEMOHON)
    page: PenyerahanPage = tempeh.open("penyerahan", PenyerahanPage, id=p.id)
    assert page.spoil.isVisible()
    page.spoil.click()
    assert page.areas.currentIndex() == SPOIL
    if shot := os.environ.get("KTPEL_SHOTS"):
        tempeh.windows[-1][0].grab().save(f"{shot}/serah-rusak.png")
    tempeh.press("Esc")
    assert page.areas.currentIndex() != SPOIL and page.title.text() == "Serahkan kepada pemohon"
    page.spoil.click()
    tempeh.press("F9")
    assert office.read(p.id).current().stage is Stage.SERAH_PEMOHON, "no reason, no second officer"
    page.spoil_area.reasons[2].click()
    page.spoil_area.second.username.set_value(office.actors[Peran.KASI].username)
    page.spoil_area.second.password.set_value(PASSWORD)
    tempeh.press("F9")
    assert office.read(p.id).current().stage is Stage.CETAK_ENCODE and "kembali ke Cetak" in tempeh.notice()
    assert [j.state for j in office.register.read(lambda v: list(v.card_jobs(p.id)))] == [JobState.SPOILED]
