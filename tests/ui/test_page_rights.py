"""Pages about people's data: the table of what is kept, who looked, requests with their clock, notices of failed protection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench

from ktpel_kiosk.desk import breach, subject_requests, viewing
from ktpel_kiosk.domain.keeping import SIMPANAN
from ktpel_kiosk.domain.retention import Disposal
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.viewing import Lihat
from ktpel_kiosk.ui.pages.pengaduan import PengaduanPage
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.presenters.board import BoardPresenter


@pytest.fixture
def kit(qtbot, monkeypatch: pytest.MonkeyPatch) -> Iterator[PageBench]:  # type: ignore[no-untyped-def]
    for page in ("settings_keeping", "permintaan", "settings_breach"):
        monkeypatch.setattr(f"ktpel_kiosk.ui.pages.{page}.open_outside", lambda *_a: True)
    yield from bench(qtbot)


def everything(kit: PageBench) -> Any:
    return replace(kit.office.rina, peran=frozenset(Peran))


def settings(kit: PageBench, section: str, actor: Any = None) -> Any:
    page = kit.open("pengaturan", PengaturanPage, actor=actor or kit.office.actors[Peran.SUPERVISOR], section=section)
    return page.section(section)


def test_the_table_of_what_is_kept_is_shown_as_it_is_enforced(kit: PageBench) -> None:
    kit.office.register.write(lambda tx: (tx.add_disposal(Disposal("d1", kit.office.clock.now(), "draf", 3, 30, "-", "ab" * 32)),
                                          tx.log("DataDisposed", "d1", "-")))
    section = settings(kit, "masa")
    assert section.rows.rows.rowCount() == len(SIMPANAN)
    section.rows.choose("draf")
    assert "30 hari" in section.title.text() and "Dasar" in section.basis.text()
    section.tabs.choose("dihapus")
    assert section.removed.rows.rowCount() == 1
    section.removed.choose_first()
    section._open("d1")
    kit.wait()
    assert any("catatan-pemusnahan" in name for name in kit.office.spool.kept)


def test_the_supervisor_sees_who_opened_whose_data_and_others_do_not(kit: PageBench) -> None:
    p = kit.office.to_stage(1, Stage.REKAM)
    viewing.look(kit.office.desk, everything(kit), p.id, Lihat.NIK, "lain", "ditanya Dinas")
    section = settings(kit, "akses")
    row = section.rows.rows._rows[0].cells
    assert (row[1].text, row[3].text) == ("Rina Wulandari", "NIK lengkap") and "ditanya Dinas" in row[4].text
    assert p.penduduk.nik not in " ".join(c.text for c in row)
    clerk = settings(kit, "akses", kit.office.actors[Peran.LOKET])
    assert clerk.rows.isHidden() and not clerk.empty.isHidden()


def test_a_request_is_written_down_proved_and_answered(kit: PageBench) -> None:
    p = kit.office.to_stage(1, Stage.REKAM)
    page: Any = kit.open("pengaduan", PengaduanPage, actor=everything(kit), tab="permintaan", new=True)
    form = page.requests.form
    form.nik.set_value(p.penduduk.nik)
    form.name.set_value("Siti")
    form.text.set_value("Minta salinan data saya.")
    form.go_button.click()
    kit.wait()
    pane = page.requests.pane
    assert pane.due.text() == "sisa 72 jam" or pane.due.text() == "sisa 71 jam"
    assert p.penduduk.nik not in str(pane.view), "lists and facts mask the NIK"
    assert pane.note.isHidden(), "taking it up needs no words"
    pane.go_button.click()
    kit.wait()
    pane.note.set_value("Diberikan di loket.")
    pane.next.set_value("dipenuhi")
    pane.go_button.click()
    kit.wait()
    assert "KTP-el" in pane.message.plain() and pane.note.value(), "the person first; what was typed stays"
    pane.prove_button.click()
    assert pane.proof.message()
    pane.proof.set_value("ktp")
    pane.prove_button.click()
    kit.wait()
    pane.copy_button.click()
    kit.wait()
    assert any("salinan-data" in name for name in kit.office.spool.kept)
    pane.next.set_value("dipenuhi")
    pane.note.set_value("Diberikan di loket.")
    pane.go_button.click()
    kit.wait()
    assert pane.due.text() == "dijawab" and pane.go_button.isHidden()
    page.tabs.choose("pengaduan")
    kit.wait()
    assert page.stack.currentIndex() == 0


def test_beranda_warns_of_a_request_whose_time_is_over(kit: PageBench) -> None:
    office = kit.office
    subject_requests.receive(office.desk, everything(kit), "perbaikan", office.to_stage(1, Stage.REKAM).penduduk.nik, "Siti", "", "alamat")
    board = BoardPresenter(kit.session(everything(kit)))
    for hours, expected in ((1, ()), (48, ("1 permintaan pemilik data berakhir dalam 24 jam.",)),
                            (24, ("1 permintaan pemilik data lewat 3 x 24 jam.",))):
        office.clock.advance(hours * 3600)
        assert tuple(n.bold for n in board._requests()) == expected
    assert board._requests()[0].args == (("tab", "permintaan"),)


def test_a_notice_of_failed_protection_is_made_by_two_people(kit: PageBench) -> None:
    office = kit.office
    p = office.to_stage(1, Stage.REKAM)
    boss = office.actors[Peran.SUPERVISOR]
    viewing.look(office.desk, everything(kit), p.id, Lihat.NIK, "pertanyaan")
    section = settings(kit, "kegagalan", boss)
    now = office.desk.clock.now()
    day = f"{now:%d-%m-%Y}"
    section.search.click()
    kit.wait()
    assert "jam" in section.message.plain(), "no time yet"
    section.known.set_value(day, "23.59")
    section.began.set_value(day, "00.01")
    section.ended.set_value(day, "23.58")
    section.search.click()
    kit.wait()
    shown = " ".join(c.text for r in section.people.rows._rows for c in r.cells)
    assert p.penduduk.nama in shown and p.penduduk.nik not in shown and "1 permohonan" in section.count.text()
    section.make.click()
    assert section.second.username.message(), "nobody alone"
    assert breach.notices(office.desk, boss) == ()
    office.clock.advance(24 * 3600)
    section.how.set_value("Laptop hilang")
    section.handling.set_value("Sertifikat dicabut")
    section.data["nik"].setChecked(True)
    second = next(u for u in office.register.users() if Peran.KASI in u.peran and u.username != boss.username)
    section.second.username.set_value(second.username)
    section.second.password.set_value(PASSWORD)
    section.make.click()
    kit.wait()
    assert section.tabs.current == "riwayat" and section.notices.rows.rowCount() == 1, section.message.plain()
    assert sum("kegagalan-" in name for name in office.spool.kept) == 2, "one to the lembaga, one to the person"
