"""Pengaturan: calendar, population list and SOP versions through the windows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.app.office import public_holidays
from ktpel_kiosk.app.population_file import open_table
from ktpel_kiosk.desk import kalender_kantor, population, sop_versions
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

sys.path.insert(0, str(Path(__file__).parents[1] / "desk"))
from population_files import resident, write


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, read_table=open_table, public_holidays=public_holidays)
        yield made


def section(kit: PageBench, key: str, role: Peran = Peran.SUPERVISOR):
    return kit.open("pengaturan", PengaturanPage, kit.office.actors[role], section=key).section(key)


def test_a_day_is_added_changed_and_given_back(kit):
    made = section(kit, "kalender")
    assert len(made.days) == 25
    assert made.rows.current_key() == "2026-12-24"
    kit.press("F9")
    kit.press("F9")
    assert made.on.message()
    assert made.name.message()
    made.on.set_value("29-11-2026")
    made.name.set_value("Pemungutan suara")
    next(b for b in made.kinds.buttons() if b.value == "buka").click()
    kit.press("F9")
    assert kalender_kantor.open_days(kit.office.desk) == {date(2026, 11, 29)}
    assert made.panel.isHidden()
    assert len(made.days) == 26
    made.rows.choose("2026-11-29")
    made._edit("2026-11-29")
    made.drop.click()
    kit.wait()
    assert kalender_kantor.open_days(kit.office.desk) == frozenset()
    assert len(made.days) == 25


def test_a_calendar_file_with_mistakes_lists_them_and_changes_nothing(kit, tmp_path):
    made = section(kit, "kalender")
    file = tmp_path / "libur.csv"
    file.write_text("tanggal;jenis;nama\n29-11-2026;buka;Pilkades\n31-02-2026;libur;X\n", "utf-8")
    made.take_file(str(file))
    kit.wait()
    assert not made.mistakes.isHidden()
    assert made.mistake_lines.count() == 2  # one line and the stretch
    assert kalender_kantor.entries(kit.office.desk) == {}
    file.write_text("tanggal;jenis;nama\n29-11-2026;buka;Pilkades\n", "utf-8")
    made.take_file(str(file))
    kit.wait()
    assert made.mistakes.isHidden()
    assert len(kalender_kantor.entries(kit.office.desk)) == 1


def test_a_list_is_shown_before_it_is_stored(kit, tmp_path):
    made = section(kit, "penduduk")
    assert not made.empty.isHidden()
    file = write(tmp_path / "tempeh.csv", [resident(1), resident(2), resident(3, AGAMA="X")])
    made.take_file(str(file))
    kit.wait()
    assert made.views.currentWidget() is made.result
    assert [c.value for c in made.counts] == ["3", "2", "1", "0"]
    assert made.problems.rows.rowCount() == 1
    assert kit.office.register.population_count() == 0
    kept = tmp_path / "masalah.csv"
    made.keep_problems(str(kept))
    kit.wait()
    assert b"baris;kolom;alasan" in kit.office.spool.kept[str(kept)]
    kit.press("F9")
    assert kit.office.register.population_count() == 2
    assert made.views.currentWidget() is made.home
    assert made.batches.rows.rowCount() == 1
    assert population.find(kit.office.desk, "3508054502080001") is not None


def test_escape_leaves_the_result_without_storing(kit, tmp_path):
    made = section(kit, "penduduk")
    made.take_file(str(write(tmp_path / "x.csv", [resident(1)])))
    kit.wait()
    assert made.back()
    assert made.plan is None
    assert kit.office.register.population_count() == 0
    assert not made.back()


def test_a_file_that_is_no_list_leads_home_with_a_sentence(kit, tmp_path):
    made = section(kit, "penduduk")
    file = tmp_path / "surat.csv"
    file.write_text("halo\n", "utf-8")
    made.take_file(str(file))
    kit.wait()
    assert made.views.currentWidget() is made.home
    assert "NIK" in kit.notice()


def test_who_may_not_import_sees_no_way_to(kit):
    made = section(kit, "penduduk", Peran.LOKET)
    assert made.card.isHidden()
    assert not made.load.isEnabled()


def test_a_new_sop_shows_its_changes_and_comes_into_force(kit, tmp_path):
    desk = kit.office.desk
    sop_versions.settle(desk)
    made = section(kit, "sop")
    file = tmp_path / "baru.toml"
    file.write_text(desk.sop.source_text, "utf-8")
    made.take_file(str(file))
    kit.wait()
    assert not made.adopt.isEnabled()
    assert made.back()
    file.write_text(desk.sop.source_text.replace('judul = "', 'judul = "Edisi 2027: ', 1), "utf-8")
    made.take_file(str(file))
    kit.wait()
    assert made.changes.rows.rowCount() == 1
    assert "Edisi 2027" in made.whole.text()
    kit.press("F9")
    assert desk.sop.judul.startswith("Edisi 2027")
    assert made.views.currentWidget() is made.now
    made._show_past(True)
    kit.wait()
    assert made.past_rows.count() == 3  # two versions and the stretch


def test_a_broken_sop_names_its_line(kit, tmp_path):
    made = section(kit, "sop")
    file = tmp_path / "rusak.toml"
    file.write_text(kit.office.desk.sop.source_text.replace("[mutu]", "[mutu", 1), "utf-8")
    made.take_file(str(file))
    kit.wait()
    assert made.views.currentWidget() is made.now
    assert "baris" in kit.notice().lower()


def test_local_extras_are_turned_on_by_a_tick(qtbot):
    for kit in bench(qtbot, "palaran"):
        made = section(kit, "sop")
        assert made.extras.isEnabled()
        made.extras.click()
        kit.wait()
        assert sop_versions.local_extras_on(kit.office.desk)
