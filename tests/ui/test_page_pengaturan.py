from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pagekit import PageBench, bench

from ktpel_kiosk.desk import sign_in
from ktpel_kiosk.domain.errors import BadInput, NotAllowed
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.pengaturan import SECTIONS, PengaturanPage
from ktpel_kiosk.ui.presenters.settings import MAX_SERIALS, SettingsPresenter


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


@given(first=st.integers(0, 99_000), count=st.integers(1, 900), prefix=st.sampled_from(["", "A", "JT-", "2026/"]))
def test_serial_ranges_count_up_with_their_width(first, count, prefix):
    made = SettingsPresenter.serials(f"{prefix}{first:05d}", f"{prefix}{first + count - 1:05d}")
    assert len(made) == len(set(made)) == count
    assert made == sorted(made)
    assert made[0] == f"{prefix}{first:05d}"


@pytest.mark.parametrize(("first", "last"), [
    ("00010", "00009"), ("A01", "B09"), ("9", "10"), ("abc", "abd"), ("", "5"), ("00001", f"{MAX_SERIALS + 1:05d}"),
])
def test_what_is_no_range_is_refused(first, last):
    with pytest.raises(BadInput):
        SettingsPresenter.serials(first, last)


@pytest.mark.parametrize("key", [k for k, _ in SECTIONS])
def test_every_section_opens(kit, key):
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.SUPERVISOR], section=key)
    assert page.tabs.current == key
    assert page.stack.currentWidget().widget() is page.section(key)
    assert kit.notice() == ""


def test_receiving_blangko_adds_to_the_ledger(kit):
    page = kit.open("pengaturan", PengaturanPage, section="blangko")
    section = page.section("blangko")
    assert not section.primary.isEnabled()
    section.batch.set_value("BAST-2")
    section.first.set_value("00144")
    section.last.set_value("00193")
    section._count()
    assert "50 blangko" in section.counted.text()
    kit.press("F9")
    assert kit.office.register.blangko_balance().stok == 193
    assert section.figures[1].value == "193"
    assert section.batch.value() == ""


def test_a_repeated_serial_changes_nothing_in_the_form_when_refused(kit):
    page = kit.open("pengaturan", PengaturanPage, section="blangko")
    section = page.section("blangko")
    section.first.set_value("10")
    section.last.set_value("9")
    section._count()
    assert "tidak cocok" in section.counted.text()
    assert section.first.value() == "10"


def test_adding_an_officer(kit):
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.ADMIN], section="petugas")
    section = page.section("petugas")
    kit.press("F9")
    assert not section.panel.isHidden()
    kit.press("F9")
    assert section.fields["nama"].message()
    assert not section.role_note.isHidden()
    for name, value in (("nama", "Dewi Lestari"), ("username", "dewi"), ("password", " kata sandi "), ("again", " kata sandi ")):
        section.fields[name].set_value(value)
    section.roles[0].setChecked(True)
    kit.press("F9")
    assert section.panel.isHidden()
    assert sign_in.sign_in(kit.office.desk, "dewi", " kata sandi ").nama == "Dewi Lestari"


def test_problems_of_an_account(kit):
    presenter = SettingsPresenter(kit.session(kit.office.actors[Peran.ADMIN]))
    found = presenter.user_problems("rina", "", (), "abc", "abc")
    assert set(found) == {"username", "nama", "peran", "password"}
    assert set(presenter.user_problems("baru", "B", (Peran.LOKET,), "rahasia", "lain")) == {"again"}


def test_an_operator_cannot_add_officers(kit):
    with pytest.raises(NotAllowed):
        SettingsPresenter(kit.session()).add_user("x", "X", "", "", (Peran.LOKET,), "rahasia")
    page = kit.open("pengaturan", PengaturanPage, section="petugas")
    assert page.section("petugas").add.isHidden()


def test_the_look_is_applied_and_told(kit):
    page = kit.open("pengaturan", PengaturanPage, section="tampilan")
    told = []
    page.shell.on_theme = lambda contrast, size: told.append((contrast, size))
    section = page.section("tampilan")
    section.contrast.buttons()[1].click()
    section.text_size.buttons()[2].click()
    assert told == [("contrast", "normal"), ("contrast", "lebih_besar")]
    assert page.shell.theme.contrast == "contrast"


def test_sop_shows_roles_times_and_findings(kit):
    view = SettingsPresenter(kit.session()).sop()
    assert len(view.steps) == len(kit.office.desk.sop.langkah)
    assert all(s.stages for s in view.steps)
