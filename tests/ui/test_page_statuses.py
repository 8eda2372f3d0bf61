"""Statuses of the centre on the screens: noted by hand, explained, imported, gone after, told on Beranda."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.app.population_file import open_table
from ktpel_kiosk.desk import statuses
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import OtherStatus, StatusEvent, StatusSiak
from ktpel_kiosk.ui.pages.beranda import BerandaPage
from ktpel_kiosk.ui.pages.register import RegisterPage
from ktpel_kiosk.ui.pages.tugas import TugasPage

S = StatusSiak


@pytest.fixture
def tempeh(qtbot: Any) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, read_table=open_table)
        yield made


def shot(page_bench: PageBench, name: str) -> None:
    """A picture for people who want to look (KTPEL_SHOTS names the folder)."""
    folder = os.environ.get("KTPEL_SHOTS")
    if folder:
        window = page_bench.windows[-1][0]
        for width, height in ((1366, 768), (1920, 1080)):
            window.resize(width, height)
            page_bench.wait()
            window.grab().save(f"{folder}/{name}-{width}.png")


def waiting(page_bench: PageBench, index: int) -> Permohonan:
    """An application whose packet the centre has."""
    p = page_bench.office.to_stage(index, Stage.MENUNGGU_PRR)
    packet = page_bench.office.register.read(lambda v: v.packet_of(p.id))
    received = replace(packet, state=PacketState.RECEIVED, received_at=page_bench.office.clock.now(), receipt="jws")
    page_bench.office.register.write(lambda tx: (tx.save_packet(received), tx.log("PacketReceived", p.id, "-")))
    statuses.note_receipt(page_bench.office.desk, packet.packet_id)
    return page_bench.office.read(p.id)


def say(page_bench: PageBench, p: Permohonan, status: Any, sequence: int = 1, days_ago: float = 0) -> None:
    office = page_bench.office
    packet = office.register.read(lambda v: v.packet_of(p.id))
    statuses.apply_status(office.desk, StatusEvent(
        sequence, packet.packet_id, p.penduduk.nik, status, office.clock.now() - timedelta(days=days_ago), "mutu iris rendah"))


def test_a_status_is_noted_with_its_explanation_and_history(tempeh: PageBench) -> None:
    p = waiting(tempeh, 0)
    say(tempeh, p, S.BIO_CAPTURED, days_ago=1)
    page: RegisterPage = tempeh.open("register", RegisterPage, id=p.id)
    pane = page.dossier
    assert pane.statuses.isVisible() and pane.statuses.text.chip.text() == "Terekam, belum terkirim"
    pane.statuses.enter.click()
    panel = pane.status_panel
    assert panel.isVisible() and not panel.go_button.isEnabled()
    panel.status.set_value(S.PRINT_READY_RECORD.value)
    tempeh.wait()
    assert "tunggal" in panel.text.operator.text().lower() and "Tidak biasa sesudah" in panel.warning.plain()
    assert not panel.go_button.isEnabled(), "an unusual step needs a reason"
    panel.reason.set_value("dilihat dua kali")
    tempeh.wait()
    shot(tempeh, "catat-status")
    assert panel.go_button.isEnabled()
    tempeh.press("F9")
    assert "Status tercatat." in tempeh.notice()
    assert tempeh.office.read(p.id).current().stage is not Stage.MENUNGGU_PRR
    assert panel.isHidden()
    last = statuses.history(tempeh.office.desk, p.id)[-1]
    assert (last.status, last.source, last.reason) == (S.PRINT_READY_RECORD, "manual", "dibaca di SIAK Terpusat; dilihat dua kali")
    tempeh.wait()
    rows = [w.text() for w in pane.statuses.history.findChildren(type(pane.statuses.none))]
    assert any("dibaca petugas Rina" in t for t in rows) and any("server pusat" in t for t in rows)
    shot(tempeh, "riwayat-status")


def test_a_word_nobody_knows_is_kept_and_moves_nothing(tempeh: PageBench) -> None:
    p = waiting(tempeh, 0)
    page: RegisterPage = tempeh.open("register", RegisterPage, id=p.id)
    page.dossier.statuses.enter.click()
    panel = page.dossier.status_panel
    panel.status.set_value("lain")
    assert panel.other.isVisible() and not panel.go_button.isEnabled()
    panel.other.set_value("PACKET_RETRY")
    panel._chosen()
    panel.clock.set_value("25.99")
    panel.ready()
    assert not panel.go_button.isEnabled() and "27-11-2026" in panel.on.message() + panel.clock.message()
    panel.clock.set_value(panel.presenter.today_text()[1])
    panel.ready()
    tempeh.press("F9")
    assert statuses.history(tempeh.office.desk, p.id)[-1].status == OtherStatus("PACKET_RETRY")
    assert tempeh.office.read(p.id).current().stage is Stage.MENUNGGU_PRR
    assert page.dossier.statuses.text.chip.text() == "PACKET_RETRY"


def test_a_list_is_looked_at_and_taken(tempeh: PageBench, tmp_path: Path) -> None:
    a, b = waiting(tempeh, 0), waiting(tempeh, 1)
    tempeh.office.clock.advance(86_400)
    path = tmp_path / "dinas.csv"
    day = tempeh.office.clock.now().strftime("%d-%m-%Y")
    path.write_text(f"NIK;STATUS;TANGGAL\n{a.penduduk.nik};PRR;{day}\n{b.penduduk.nik};DUPLICATE_RECORD;{day}\n3508051111110009;PRR;{day}\n"
                    f"{b.penduduk.nik};;{day}\n")
    page: RegisterPage = tempeh.open("register", RegisterPage, tab="status")
    section = page.parts["status"]
    assert section.rows.rows.rowCount() == 18
    section._explain(S.DUPLICATE_RECORD.value)
    assert "NIK lain" in section.text.operator.text()
    shot(tempeh, "status-pusat")
    section.take_file(str(path))
    tempeh.wait()
    assert section.lines.rows.rowCount() == 4 and "2 tidak diambil" in section.verdict.plain()
    shot(tempeh, "impor-status")
    tempeh.press("F9")
    assert "2 status tersimpan." in tempeh.notice() and "2 permohonan berpindah" in tempeh.notice()
    assert tempeh.office.read(b.id).keadaan is Keadaan.GANDA
    assert section.views.currentWidget() is section.home


def test_a_hostile_list_says_one_sentence(tempeh: PageBench, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\x7fELF\x00\x00\x00")
    page: RegisterPage = tempeh.open("register", RegisterPage, tab="status")
    page.parts["status"].take_file(str(tmp_path / "x.csv"))
    tempeh.wait()
    assert "bukan CSV atau XLSX" in tempeh.notice() and page.parts["status"].plan is None


def test_tasks_of_the_centre_are_settled_from_the_task(tempeh: PageBench) -> None:
    failed, ruled, slow = (waiting(tempeh, n) for n in range(3))
    say(tempeh, failed, S.ENROLL_FAILURE_AT_CENTRAL, 1)
    say(tempeh, ruled, S.ADJUDICATE_RECORD, 2)
    say(tempeh, slow, S.SENT_FOR_ENROLLMENT, 3, days_ago=8)
    home: BerandaPage = tempeh.open("beranda", BerandaPage)
    texts = [bar.plain() for bar in home.notices]
    assert any("3 permohonan tertahan di pusat" in t and "lebih dari 7 hari" in t for t in texts)
    shot(tempeh, "beranda")
    page: TugasPage = tempeh.open("tugas", TugasPage, which="pusat")
    assert page.list.view.model().rowCount() == 3
    page._choose(f"gagal_rekam:{failed.id}")
    tempeh.wait()
    panel = page.statuses
    assert page.pages.currentWidget() is panel and panel.chips["rekam_ulang"].isVisible()
    assert "tidak terbaca" in panel.status.operator.text()
    shot(tempeh, "tugas-gagal")
    page._choose(f"putusan_pusat:{ruled.id}")
    tempeh.wait()
    assert not panel.chips["rekam_ulang"].isVisible() and not panel.chips["kirim_ulang"].isVisible()
    panel.chips["ditanyakan"].click()
    panel.reason.set_value("Pak Budi: menunggu ahli")
    tempeh.press("F9")
    assert "Pertanyaan tercatat." in tempeh.notice() and page.list.view.model().rowCount() == 2
    page._choose(f"gagal_rekam:{failed.id}")
    tempeh.wait()
    panel.chips["rekam_ulang"].click()
    panel.reason.set_value("iris tertutup kelopak")
    tempeh.press("F9")
    assert "direkam ulang" in tempeh.notice()
    assert tempeh.office.read(failed.id).current().stage is Stage.REKAM and page.list.view.model().rowCount() == 1
