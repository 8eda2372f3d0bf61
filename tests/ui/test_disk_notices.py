"""Beranda and Pengaturan, Simpanan tell of a disk that fills up and of a register that is not what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pagekit import PageBench, bench

from desk.doubles import Care
from ktpel_kiosk.desk import night_check, room
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.night_check import Checked, Fault
from ktpel_kiosk.ports.room import Endless
from ktpel_kiosk.ports.station_care import Copies
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.presenters.board import BoardPresenter, Notice
from ktpel_kiosk.ui.presenters.retention import RetentionPresenter
from ktpel_kiosk.ui.words import has_word


class Disk(Endless):
    def __init__(self, free: int) -> None:
        self.free = free

    def free_bytes(self) -> int:
        return self.free


@pytest.fixture
def serving(qtbot: Any) -> Iterator[PageBench]:
    care = Care()
    care.complete()
    care.address = "https://pusat.example"
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, station_care=care, gateway_address=lambda: care.address)
        now = made.office.desk.clock.now()
        care.kept = Copies("/x", True, now, 3, 1, "", "proved")
        made.office.desk.register.write(lambda tx: tx.put_setting("cadangan.latihan", now.isoformat()))
        yield made


def notices(made: PageBench, role: Peran) -> tuple[Notice, ...]:
    return BoardPresenter(made.session(made.office.actors[role])).load().notices


def test_the_board_says_early_that_the_disk_fills_up_and_plainly_when_it_is_full(serving: PageBench) -> None:
    office = serving.office
    for free, expected in ((1 << 40, []), (room.RECORDING + 60 * 2 * room.MB, ["attention"]), (room.RECORDING - 1, ["trouble"])):
        office.desk = replace(office.desk, room=Disk(free))
        for role in (Peran.LOKET, Peran.OPERATOR, Peran.SUPERVISOR):
            found = notices(serving, role)
            assert [n.tone for n in found] == expected
            for notice in found:
                assert (notice.page, dict(notice.args)) == ("pengaturan", {"section": "simpanan"})
                assert "{" not in notice.bold + notice.text and "MB" in notice.bold
    assert "disegel" in found[0].text, "what is under way goes on"


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.NONE])
def test_everybody_is_told_of_a_register_that_is_not_what_was_written(serving: PageBench, fault: Fault) -> None:
    assert all(has_word(part, fault) for part in ("periksa_judul", "periksa_arti", "periksa_hasil"))
    desk = serving.office.desk
    desk.last_check.known = Checked(desk.clock.now(), fault)
    for role, action in ((Peran.LOKET, "Lihat"), (Peran.SUPERVISOR, "Buka cadangan")):
        (found,) = notices(serving, role)
        assert (found.tone, found.action, dict(found.args)) == ("trouble", action, {"section": "cadangan"})
        assert "cadangan" in found.text
    view = RetentionPresenter(serving.session(serving.office.actors[Peran.SUPERVISOR])).load()
    assert view.checked_tone == "trouble" and "diperiksa" in view.checked and "{" not in view.checked


def test_pengaturan_says_when_the_register_was_checked(serving: PageBench) -> None:
    boss = serving.office.actors[Peran.SUPERVISOR]
    page: Any = serving.open("pengaturan", PengaturanPage, boss, section="simpanan")
    section = page.section("simpanan")
    assert section.checked.isVisible() and "belum pernah" in section.checked.text()
    desk = serving.office.desk
    desk.last_check.known = Checked(desk.clock.now() - timedelta(hours=3), Fault.NONE)
    section.refresh()
    serving.wait()
    assert section.checked.text().endswith("utuh.") and section.checked.property("tone") == "muted" and not notices(serving, Peran.LOKET)
    desk.last_check.known = Checked(desk.clock.now() - night_check.OLD, Fault.NONE)
    section.refresh()
    serving.wait()
    assert section.checked.property("tone") == "attention" and "7 hari" in section.checked.text()


def test_a_practice_desk_shows_no_check(serving: PageBench) -> None:
    serving.office.desk = replace(serving.office.desk, station_care=None)
    serving.office.desk.last_check.known = Checked(serving.office.desk.clock.now(), Fault.DAMAGED)
    assert notices(serving, Peran.LOKET) == ()
    assert RetentionPresenter(serving.session(serving.office.actors[Peran.SUPERVISOR])).load().checked == ""
