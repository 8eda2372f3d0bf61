"""Sign-in, lock and four eyes in the windows: what was typed stays, keys do not, the second person types the own password."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench

from ktpel_kiosk.desk import correction, sign_in
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.cetak import CetakPage
from ktpel_kiosk.ui.pages.loket import LoketPage
from ktpel_kiosk.ui.pages.pengaduan import PengaduanPage
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.pages.perekaman import PerekamanPage
from ktpel_kiosk.ui.pages.verifikasi import VerifikasiPage


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


def window(kit):
    return kit.windows[-1][0]


def unlock(kit, name, secret=PASSWORD):
    page = window(kit).page("masuk")
    page.username.set_value(name)
    page.password.line.setText(secret)
    page._enter()
    kit.qtbot.wait(100)
    kit.wait()


# -- lock -------------------------------------------------------------------------------------------------------------


def test_locking_forgets_the_key_and_unlocking_brings_it_back(kit):
    kit.open("loket", LoketPage)
    seats = kit.office.desk.seats
    assert seats.signer("rina") is not None
    window(kit).lock()
    kit.wait()
    assert seats.signer("rina") is None
    unlock(kit, "rina")
    assert seats.signer("rina") is not None
    assert window(kit).current == "loket"


def test_what_was_typed_at_the_counter_survives_the_idle_lock(kit):
    page = kit.open("loket", LoketPage)
    page.nik.set_value("3508050101900001")
    page.form.fields["nama"].set_value("SITI AMINAH")
    page.phone.set_value("0812 3456 7890")
    page._changed()
    window(kit)._idle.due.emit()
    kit.wait()
    assert window(kit).current == "masuk"
    unlock(kit, "rina")
    again = window(kit).page("loket")
    assert again.nik.value() == "3508050101900001"
    assert again.form.fields["nama"].value() == "SITI AMINAH"
    assert again.phone.value() == "0812 3456 7890"
    assert any("SITI AMINAH" in text for text in kit.office.register.read(lambda v: v.drafts("loket:rina:")).values())


def test_another_officer_sees_nothing_of_it_but_it_is_kept(kit):
    page = kit.open("loket", LoketPage)
    page.nik.set_value("3508050101900001")
    page.form.fields["nama"].set_value("SITI AMINAH")
    page._changed()
    window(kit).lock()
    kit.wait()
    unlock(kit, "kasi")
    assert "loket" not in window(kit)._pages
    assert window(kit).current == "beranda"
    window(kit).lock()
    kit.wait()
    unlock(kit, "rina")
    window(kit).go("loket")
    kit.wait()
    assert window(kit).page("loket").form.fields["nama"].value() == "SITI AMINAH"


def test_a_reason_half_written_in_verifikasi_survives_the_lock(kit):
    p = kit.office.to_stage(0, Stage.VERIFIKASI)
    page = kit.open("verifikasi", VerifikasiPage, kit.office.actors[Peran.VERIFIKATOR], id=p.id)
    page._ask_reasons(1)
    page.panel(1).note.set_value("KK belum dilegalisir, bawa yang asli")
    side = page.side.currentIndex()
    window(kit).lock()
    kit.wait()
    unlock(kit, "kasi")
    again = window(kit).page("verifikasi")
    assert again is page
    assert page.side.currentIndex() == side
    assert page.panel(1).note.value() == "KK belum dilegalisir, bawa yang asli"


def test_a_complaint_half_written_survives_the_lock(kit):
    page = kit.open("pengaduan", PengaduanPage)
    typed_field(page).set_value("Antrean panjang sejak pagi")
    window(kit).lock()
    kit.wait()
    unlock(kit, "rina")
    assert window(kit).current == "pengaduan"
    assert typed_field(window(kit).page("pengaduan")).value() == "Antrean panjang sejak pagi"


def typed_field(page):
    """The field for what the complaint says, on the form for a new one."""
    from ktpel_kiosk.ui.widgets.fields import NoteField
    return next(f for f in page.findChildren(NoteField) if f.name == "uraian")


def test_passwords_never_stay_on_the_sign_in_page(kit):
    kit.open("loket", LoketPage)
    window(kit).lock()
    kit.wait()
    unlock(kit, "rina", "salah")
    assert not window(kit).page("masuk").password.line.text()


def test_the_wait_is_shown_and_counts_down(kit):
    kit.open("loket", LoketPage)
    window(kit).lock()
    kit.wait()
    for _ in range(6):
        unlock(kit, "rina", "salah")
    page = window(kit).page("masuk")
    assert "Coba lagi dalam 15 detik" in page.message.plain()
    assert not page.primary.isEnabled()
    unlock(kit, "rina")
    assert window(kit).current == "masuk"
    kit.office.clock.advance(9)
    page.tick()
    assert "dalam 6 detik" in page.message.plain() or "dalam 5 detik" in page.message.plain()
    kit.office.clock.advance(7)
    page.tick()
    assert page.primary.isEnabled()
    unlock(kit, "rina")
    assert window(kit).current != "masuk"


# -- four eyes --------------------------------------------------------------------------------------------------------


def test_a_spoiled_card_asks_for_the_second_person(kit):
    p = kit.office.to_stage(0, Stage.CETAK_ENCODE)
    page = kit.open("cetak", CetakPage, id=p.id)
    kit.press("F9")
    page._spoil()
    page.spoil_area.reasons[0].click()
    page._spoil()
    assert page.spoil_area.second.password.message() or page.spoil_area.second.username.message()
    page.spoil_area.second.username.set_value("rina")
    page.spoil_area.second.password.line.setText(PASSWORD)
    page._spoil()
    kit.wait()
    assert "petugas lain" in page.spoil_area.second.message.plain()
    page.spoil_area.second.username.set_value("kasi")
    page.spoil_area.second.password.line.setText(PASSWORD)
    page._spoil()
    kit.qtbot.wait(100)
    kit.wait()
    jobs = kit.office.register.read(lambda v: v.card_jobs(p.id))
    assert [j.state for j in jobs] == [JobState.SPOILED]
    assert not page.spoil_area.second.password.line.text()


def test_a_stale_paraf_is_renewed_at_the_recording_desk(kit):
    p = kit.office.to_stage(0, Stage.REKAM)
    correction.correct_biodata(kit.office.desk, kit.office.rina, p.id, alamat="JALAN BETUL 7")
    page = kit.open("perekaman", PerekamanPage, id=p.id)
    part = page.part
    assert not part.renewal.isHidden()
    part.renewal.second.username.set_value("kasi")
    part.renewal.second.password.line.setText(PASSWORD)
    part.renewal._sign()
    kit.qtbot.wait(100)
    kit.wait()
    assert part.renewal.isHidden()
    assert "Paraf ulang tercatat" in kit.notice()


# -- accounts ---------------------------------------------------------------------------------------------------------


def people(kit, actor=None):
    page = kit.open("pengaturan", PengaturanPage, actor or kit.office.actors[Peran.ADMIN], section="petugas")
    return page.section("petugas")


def test_an_admin_changes_roles_resets_and_switches_off(kit):
    section = people(kit)
    section._open("kasi")
    assert section.fields["username"].isHidden()
    assert {t.value for t in section.roles if t.isChecked()} == {Peran.KASI, Peran.VALIDATOR, Peran.VERIFIKATOR}
    section.roles[list(Peran).index(Peran.VERIFIKATOR)].setChecked(False)
    section.panel.reset.click()
    for name in ("password", "again"):
        section.fields[name].set_value("kata baru")
    kit.press("F9")
    actor = sign_in.sign_in(kit.office.desk, "kasi", "kata baru")
    assert actor.peran == {Peran.KASI, Peran.VALIDATOR}
    section._open("kasi")
    section.panel.switch.click()
    kit.wait()
    assert not kit.office.register.read(lambda v: v.user("kasi")).active
    assert not section.fields["password"].line.text()


def test_everybody_changes_the_own_password(kit):
    section = people(kit, kit.office.rina)
    assert section.table.isHidden()
    section.ask_own()
    for name, value in (("old", "salah"), ("new", "sandi berikut"), ("again", "sandi berikut")):
        section.secret.fields[name].set_value(value)
    kit.press("F9")
    assert "salah" in section.secret.message.plain()
    section.secret.fields["old"].set_value(PASSWORD)
    kit.press("F9")
    assert section.secret.isHidden()
    assert sign_in.sign_in(kit.office.desk, "rina", "sandi berikut").username == "rina"


def test_an_admin_without_another_role_looks_into_no_application(kit):
    from ktpel_kiosk.domain.actor import Actor

    kit.office.to_stage(0, Stage.VERIFIKASI)
    kit.open("pengaturan", PengaturanPage, Actor("teknisi", "Teknisi", frozenset({Peran.ADMIN})))
    shell = window(kit)
    assert {key for key, item in shell.items.items() if not item.isHidden()} == {"antrean", "pengaturan"}
    for key in ("beranda", "loket", "register", "perekaman"):
        shell.go(key)
        assert shell.current == "pengaturan"
