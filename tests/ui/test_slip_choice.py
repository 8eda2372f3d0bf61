"""Which paper the applicant's slips come out on: chosen in Pengaturan, said at the counter."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import slips
from ktpel_kiosk.desk.handover import Receiver
from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.errors import MediaEmpty
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.presenters.cards import HandoverPresenter
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, Wanted, printed_words


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


def checked(section) -> list[str]:
    return [button.value for button in section.slips.group.buttons() if button.isChecked()]


def test_choosing_the_roll_is_kept(kit):
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.ADMIN], section="perangkat")
    section = page.section("perangkat")
    kit.wait()
    assert checked(section) == ["a4"]
    next(b for b in section.slips.group.buttons() if b.value == "80mm").click()
    kit.wait()
    assert checked(section) == ["80mm"]
    assert "printer struk" in kit.notice()
    assert kit.office.desk.register.read(slips.slip_medium) == "80mm"
    page.shell.go("beranda")
    page.shell.go("pengaturan", section="perangkat")
    kit.wait()
    assert checked(section) == ["80mm"]
    if folder := os.environ.get("KTPEL_SHOW"):
        section.choose(DeviceKind.RECEIPT_PRINTER)
        for width, height in ((1366, 768), (1920, 1080)):
            page.shell.resize(width, height)
            kit.wait()
            page.shell.grab().save(f"{folder}/perangkat-{width}.png")


def test_who_may_not_change_settings_sees_the_choice_only(kit):
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.LOKET], section="perangkat")
    section = page.section("perangkat")
    kit.wait()
    assert checked(section) == ["a4"]
    assert not any(b.isEnabled() for b in section.slips.group.buttons())


def test_the_counter_is_told_when_a4_stands_in(kit):
    office = kit.office
    slips.choose_medium(office.desk, office.actors[Peran.ADMIN], "80mm")
    office.devices.trouble[DeviceKind.RECEIPT_PRINTER] = MediaEmpty("receipt_printer.media_empty")
    presenter = IntakePresenter(kit.session(office.actors[Peran.LOKET]))
    values = {k: str(v) for k, v in penduduk_to_dict(office.person(60).penduduk).items() if k != "berlaku_hingga"}
    ada = frozenset(line.kode for line in presenter.checklist(Layanan.BARU_WNI, values) if not line.fixed)
    result = presenter.register(Wanted(Layanan.BARU_WNI, values, ada))
    tone, text = printed_words("Tanda terima", result.printed, result.print_trouble)
    assert result.printed and tone == "attention"
    assert text.startswith("Tanda terima dicetak di A4. ") and "gulung" in text


def test_words_of_the_outcome():
    assert printed_words("Tanda terima", True, "") == ("good", "Tanda terima dicetak.")
    assert printed_words("Tanda terima", False, "Kertas habis.") == ("attention", "Tanda terima tersimpan, belum tercetak. Kertas habis.")
    assert printed_words("Tanda terima", False, "") == ("attention", "Tanda terima tersimpan, belum tercetak.")


def test_a_proof_of_collection_comes_out_of_the_roll_and_stays_kept_on_a4(kit):
    office = kit.office
    session = kit.session(office.actors[Peran.LOKET])
    p = office.to_stage(1, Stage.SERAH_PEMOHON)
    presenter = HandoverPresenter(session)
    presenter.give(p.id, b"\x89PNG", Receiver("ybs"), False)
    assert IntakePresenter(session).print_slip(p.id, "bukti_pengambilan") is None, "an A4 office keeps it"
    slips.choose_medium(office.desk, office.actors[Peran.ADMIN], "80mm")
    assert IntakePresenter(session).print_slip(p.id, "bukti_pengambilan") == (True, "")
