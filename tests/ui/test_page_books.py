"""Sections of the register page: preview as exported, months closed and opened by two, blank cards counted, old cards burned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import books, intake, letters, withdrawn
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.ledgers import AlasanTarik
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.register import RegisterPage
from ktpel_kiosk.ui.presenters.books import BOOK_NAMES, whole


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


def texts(view):
    return [[view.rows.cell(view.rows.index(r, c)).text for c in range(view.rows.columnCount())] for r in range(view.rows.rowCount())]


def go(kit, page, tab):
    page.tabs.choose(tab)
    kit.wait()
    return page.parts[tab]


@pytest.fixture
def kasi(kit):
    return kit.office.actors[Peran.KASI]


@pytest.fixture
def camat(kit):
    return kit.office.actors[Peran.SUPERVISOR]


def test_each_book_is_previewed_as_it_will_be_exported(kit, kasi):
    p = kit.office.to_stage(0, Stage.AKTIVASI)
    void = kit.office.to_stage(1, Stage.VERIFIKASI)
    intake.void_application(kit.office.desk, kasi, void.id, "NIK salah")
    page = kit.open("register", RegisterPage, kasi)
    section = go(kit, page, "buku")
    for i, (book, _) in enumerate(BOOK_NAMES):
        section.book.setCurrentIndex(i)
        kit.wait()
        made = books.preview(kit.office.desk, kasi, books.Want(book, 2026, 11))
        assert texts(section.rows) == [[str(c) for c in r.cells] for r in made.rows], book
        assert section.rows.isHidden() is not bool(made.rows)
    section.book.setCurrentIndex(0)
    kit.wait()
    assert p.penduduk.nik not in repr(texts(section.rows))
    last = section.rows.rows.index(1, len(books.LAYOUTS["permohonan"].columns) - 1)
    assert section.rows.rows.cell(last).text.startswith("BATAL: NIK salah")
    assert not section.rows.rows.cell(last).struck
    assert section.rows.rows.cell(section.rows.rows.index(1, 4)).struck


def test_export_takes_the_book_looked_at(kit, kasi):
    page = kit.open("register", RegisterPage, kasi)
    section = go(kit, page, "buku")
    section.book.setCurrentIndex(6)
    section.month.setCurrentIndex(0)
    kit.wait()
    page.export.click()
    kit.wait()
    assert page.export_panel.chosen()[0] == "blangko"
    assert page.export_panel.chosen()[3] is None
    assert "Register-Blangko-Tempeh-2026.xlsx" in page.export_panel.path.value()
    kit.press("F9")
    assert "tersimpan" in kit.notice()


def test_a_month_is_closed_checked_and_opened_by_two(kit, kasi, camat):
    kit.office.to_stage(0, Stage.REKAM)
    kit.office.clock.advance(timedelta(days=12).total_seconds())
    page = kit.open("register", RegisterPage, kasi)
    section = go(kit, page, "bulan")
    assert section.current().name == "November"
    assert [r[2] for r in texts(section.rows)][:2] == ["Berjalan", "Belum ditutup"]
    kit.press("F9")
    assert "ditutup" in kit.notice()
    assert kit.office.register.month_closed(2026, 11)
    assert section.current().state.closed
    assert section.open_again.isHidden()
    section.check.click()
    kit.wait()
    section.shown()  # any commit refreshes the page; what the check found stays
    kit.wait()
    assert "sama persis" in section.found.plain()
    page = kit.open("register", RegisterPage, camat, tab="bulan")
    section = page.parts["bulan"]
    assert section.rows.choose("11")
    kit.wait()
    section.open_again.click()
    section.reason.set_value("nama salah ketik")
    section.second.username.set_value("kasi")
    section.second.password.set_value("salah")
    section.open_again.click()
    kit.wait()
    assert section.second.message.isVisible()
    assert kit.office.register.month_closed(2026, 11)
    section.second.password.set_value("praktik")
    section.open_again.click()
    kit.wait()
    assert not kit.office.register.month_closed(2026, 11)


def test_an_operator_may_look_at_months_but_not_close_them(kit):
    kit.office.to_stage(0, Stage.REKAM)
    kit.office.clock.advance(timedelta(days=12).total_seconds())
    section = go(kit, kit.open("register", RegisterPage), "bulan")
    assert section.current() is not None
    assert not section.close_button.isEnabled()


def test_blank_cards_are_counted_and_given_back(kit, kasi):
    section = go(kit, kit.open("register", RegisterPage, kasi), "blangko")
    assert section.figures[0].value == "143"
    section.counted.set_value("142")
    section.counted.changed.emit()
    kit.press("F9")
    assert "143" in kit.notice()
    assert kit.office.register.blangko_days(*month()) == []
    section.note.set_value("satu lembar terselip")
    kit.press("F9")
    assert kit.office.register.blangko_days(*month())[0].counted == 142
    assert not section.counted.isEnabled()
    assert texts(section.days)[0][8] == "−1"
    for field, value in ((section.count, "3"), (section.number, "BAST/7"), (section.why, "kelebihan")):
        field.set_value(value)
        field.changed.emit()
    section.return_button.click()
    kit.wait()
    assert section.figures[0].value == "140"
    assert "00141 sampai 00143" in kit.notice()


def month():
    from datetime import date
    return date(2026, 11, 1), date(2026, 12, 1)


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("1.250", 1250), (" 7 ", 7)])
def test_counts_as_people_type_them(text, value):
    assert whole(text) == value


@pytest.mark.parametrize("text", ["", "-1", "1,5", "sepuluh", "１２", "99999999"])
def test_what_is_no_count(text):
    from ktpel_kiosk.domain.errors import BadInput
    with pytest.raises(BadInput):
        whole(text)


def test_ticked_cards_are_burned_with_two_witnesses(kit, kasi):
    office = kit.office
    for i in range(3):
        who = office.person(i).penduduk
        withdrawn.surrender(office.desk, office.rina, who.nik, who.nama, AlasanTarik.RUSAK, "patah")
    page = kit.open("register", RegisterPage, kasi)
    section = go(kit, page, "ditarik")
    assert not section.burn_button.isEnabled()
    for row in (0, 2):
        section._tick(section.rows.rows.key(row))
    kit.press("F9")
    assert section.burn_panel.isVisible()
    assert section.people[0][0].value() == kasi.nama
    kit.press("F9")
    assert len(office.register.withdrawn_waiting()) == 3
    for (nama, jabatan, _nip), who in zip(section.people[1:], ("Anton", "Budi"), strict=True):
        nama.set_value(who)
        jabatan.set_value("Staf")
    kit.press("F9")
    assert len(office.register.withdrawn_waiting()) == 1
    assert "Berita acara" in kit.notice()
    assert page.primary is section.burn_button
    assert page.back()
    assert page.tabs.current == "cari"


def test_a_found_card_is_entered_at_the_counter(kit):
    office = kit.office
    section = go(kit, kit.open("register", RegisterPage), "ditarik")
    section.add_button.click()
    section.nik.set_value(office.person(4).penduduk.nik)
    section.nama.set_value("SITI AMINAH")
    section.why.set_value("ditemukan")
    section.condition.set_value("patah")
    kit.press("F9")
    card = office.register.withdrawn_waiting()[0]
    assert (card.nama, card.kondisi, card.petugas) == ("SITI AMINAH", "patah", "rina")
    assert not section.burn_button.isEnabled()


def test_letter_settings_stand_beside_the_agenda(kit, camat):
    page = kit.open("register", RegisterPage, camat)
    section = go(kit, page, "buku")
    assert section.settings_button.isHidden()
    section.book.setCurrentIndex(7)
    kit.wait()
    section.settings_button.click()
    kit.wait()
    section.settings.code.set_value("471.13")
    section.settings.form_of.set_value("naratif")
    kit.press("F9")
    assert kit.office.register.setting("surat.kode") == "471.13"
    assert kit.office.register.setting("surat.pengantar") == "naratif"
    assert section.settings.isHidden()


def test_dossier_shows_letters_with_their_numbers_and_voids_them(kit, kasi):
    p = kit.office.to_stage(0, Stage.MENUNGGU_PRR)
    letter = letters.issue_letter(kit.office.desk, kit.office.rina, p.id, "surat_keterangan_perekaman")
    page = kit.open("register", RegisterPage, kasi, id=p.id)
    view = page.dossier._view
    assert [x.nomor for x in view.letters] == [letter.nomor]
    assert [k for k, _ in view.may_issue] == ["surat_pengantar"]
    assert not any("Keterangan" in x.title for x in view.papers)
    page.dossier._ask_void(True, letter.nomor)
    page.dossier.void_reason.set_value("nama salah ketik")
    page.dossier.void_go.click()
    kit.wait()
    assert kit.office.register.letter(letter.nomor).void_reason == "nama salah ketik"
    assert [x.void for x in page.dossier._view.letters] == [True]
    assert len(page.dossier._view.may_issue) == 2


def test_roles_without_the_register_see_none_of_it(kit):
    page = kit.open("register", RegisterPage, Actor("a", "A", frozenset({Peran.ADMIN})), tab="blangko")
    assert page.shell.current == "pengaturan"
    page.opened(tab="blangko")
    kit.wait()
    assert page.stack.currentIndex() == 2
