from __future__ import annotations

from collections.abc import Iterator

import pytest
from pagekit import PageBench, bench
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ktpel_kiosk.desk import intake
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotAllowed
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.register import RegisterPage
from ktpel_kiosk.ui.presenters.register import Filter, RegisterPresenter, short_name, size_text, state_chip


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


@pytest.fixture
def people(kit):
    office = kit.office
    made = [office.to_stage(i, s) for i, s in enumerate((Stage.VERIFIKASI, Stage.REKAM, Stage.CETAK_ENCODE))]
    intake.void_application(office.desk, office.actors[Peran.KASI], made[0].id, "NIK salah")
    return [office.read(p.id) for p in made]


def test_rows_mask_the_nik_and_strike_the_void(kit, people):
    found = RegisterPresenter(kit.session()).find(Filter())
    assert (found.count, found.total) == (3, 3)
    by_id = {r.id: r for r in found.rows}
    assert by_id[people[0].id].void
    assert by_id[people[0].id].state == "BATAL"
    assert not by_id[people[1].id].void
    for p in people:
        assert p.penduduk.nik not in repr(found.rows)
        assert by_id[p.id].nik == f"{p.penduduk.nik[:6]}••••••{p.penduduk.nik[12:]}"
    assert found.line == "3 permohonan"


@pytest.mark.parametrize(("state", "expected"), [
    ("stage:rekam,kirim", [1]), ("stage:cek_cetak,cetak_encode", [2]), ("keadaan:batal", [0]), ("keadaan:selesai", []),
])
def test_state_filter(kit, people, state, expected):
    found = RegisterPresenter(kit.session()).find(Filter(state=state))
    assert {r.id for r in found.rows} == {people[i].id for i in expected}


def test_village_and_period_filters(kit, people):
    presenter = RegisterPresenter(kit.session())
    desa = people[0].penduduk.desa
    assert {r.id for r in presenter.find(Filter(desa=desa)).rows} == {p.id for p in people if p.penduduk.desa == desa}
    assert presenter.find(Filter(period="hari")).count == 3
    assert presenter.find(Filter(period="lalu")).count == 0


def test_periods_are_the_offices_calendar(kit):
    since, until = RegisterPresenter(kit.session()).period("lalu")
    assert (since.month, since.day, since.hour) == (10, 1, 0)
    assert (until.month, until.day) == (10, 31)


def test_an_admin_alone_sees_no_register(kit, people):
    admin = Actor("a", "A", frozenset({Peran.ADMIN}))
    with pytest.raises(NotAllowed):
        RegisterPresenter(kit.session(admin)).find(Filter())
    page = kit.open("register", RegisterPage, admin)
    assert page.shell.current == "pengaturan"
    page.opened()
    kit.wait()
    assert page.stack.currentIndex() == 2


def test_typing_searches_and_enter_opens_the_dossier(kit, people):
    page = kit.open("register", RegisterPage, focus=True)
    page.search.setText(people[2].nomor_register)
    kit.qtbot.waitUntil(lambda: page.rows.rows.rowCount() == 1)
    QTest.keyClick(page.search, Qt.Key.Key_Down)
    QTest.keyClick(page.rows, Qt.Key.Key_Return)
    kit.wait()
    assert page.stack.currentWidget() is page.dossier
    assert page.dossier.head.name.text() == people[2].penduduk.nama
    assert page.primary is page.dossier.go_button
    kit.press("F9")
    assert page.shell.current == "cetak"


def test_escape_goes_back_one_step_at_a_time(kit, people):
    page = kit.open("register", RegisterPage)
    page.search.setText("x")
    page.open_dossier(people[1].id)
    kit.wait()
    assert page.back()
    assert page.stack.currentIndex() == 0
    assert page.back()
    assert page.search.text() == ""
    assert not page.back()


def test_a_search_still_waiting_when_the_page_is_left_asks_nothing(kit, people):
    page = kit.open("register", RegisterPage)
    serial = page._serial
    page.search.setText("siti")
    page.shell.go("beranda")
    kit.qtbot.wait(220)
    kit.wait()
    assert page._serial == serial


def test_dossier_shows_papers_and_saves_them(kit, people, tmp_path):
    page = kit.open("register", RegisterPage, id=people[2].id)
    view = page.dossier._view
    assert any("Tanda terima" in p.title for p in view.papers)
    assert not any(p.title.startswith("kartu") for p in view.papers)
    assert dict(view.packet)["Keadaan"]
    target = tmp_path / "x.pdf"
    page.dossier._write_paper(view.papers[0].id, str(target))
    kit.wait()
    assert kit.office.spool.kept[str(target)].startswith(b"%PDF")


def test_void_needs_role_and_reason(kit, people):
    page = kit.open("register", RegisterPage, id=people[1].id)
    assert page.dossier.void_button.isHidden()
    page = kit.open("register", RegisterPage, kit.office.actors[Peran.KASI], id=people[1].id)
    assert not page.dossier.void_button.isHidden()
    page.dossier.void_button.click()
    assert not page.dossier.void_go.isEnabled()
    page.dossier.void_reason.set_value("Data ganda di loket")
    page.dossier.void_go.click()
    kit.wait()
    p = kit.office.read(people[1].id)
    assert (p.keadaan, p.note) == ("batal", "Data ganda di loket")


def test_a_sealed_application_cannot_be_voided(kit, people):
    view = RegisterPresenter(kit.session(kit.office.actors[Peran.KASI])).open(people[2].id)
    assert not view.can_void


def test_export_full_nik_needs_role_and_reason(kit, people, tmp_path):
    page = kit.open("register", RegisterPage)
    page._ask_export(True)
    assert not page.export_panel.full.isEnabled()
    page = kit.open("register", RegisterPage, kit.office.actors[Peran.KASI])
    page._ask_export(True)
    panel = page.export_panel
    panel.path.set_value(tmp_path / "buku.xlsx")
    panel.full.setChecked(True)
    assert not panel.go_button.isEnabled()
    panel.reason.set_value("Rekonsiliasi dengan Disdukcapil")
    assert panel.go_button.isEnabled()
    kit.press("F9")
    assert str(tmp_path / "buku.xlsx") not in kit.office.spool.kept
    panel.second.username.set_value("camat")
    panel.second.password.set_value("salah")
    kit.press("F9")
    assert panel.second.message.isVisible()
    assert str(tmp_path / "buku.xlsx") not in kit.office.spool.kept
    panel.second.password.set_value("praktik")
    kit.press("F9")
    assert str(tmp_path / "buku.xlsx") in kit.office.spool.kept
    assert "tersimpan" in kit.notice()
    link = [a for a in kit.office.register.audit() if a.event == "RegisterExported"][-1]
    assert (link.facts["reason"], link.facts["second"]) == ("Rekonsiliasi dengan Disdukcapil", "camat")


def test_file_name_follows_the_choices(kit):
    presenter = RegisterPresenter(kit.session())
    assert presenter.file_name("perekaman", "pdf", 2026, 3) == "Register-Perekaman-Tempeh-2026-03.pdf"
    assert presenter.file_name("permohonan", "csv", 2026, None) == "Register-Permohonan-Tempeh-2026.csv"


def test_words():
    assert short_name("Sri Hartati, S.Sos") == "Sri H."
    assert short_name("Anton") == "Anton"
    assert size_text(412_000) == "412 kB"
    assert size_text(1_250_000) == "1,2 MB"
    assert state_chip("berjalan", "menunggu_prr", "jaringan")[0] == "Belum terkirim"
