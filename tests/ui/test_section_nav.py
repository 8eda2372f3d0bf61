from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ktpel_kiosk.ui.pages.pengaturan import GROUPS, SECTIONS, SERVING, nav_sections
from ktpel_kiosk.ui.widgets.section_nav import SectionNav


@pytest.fixture
def nav(qtbot) -> SectionNav:
    made = SectionNav(nav_sections((*SECTIONS, *SERVING)), "Bagian pengaturan", "Cari pengaturan")
    qtbot.addWidget(made)
    made.resize(212, 600)
    made.show()
    made.choose("kantor")
    return made


def shown(nav: SectionNav) -> list[str]:
    return [key for key, row in nav._tabs.items() if row.isVisible()]


def test_every_section_stands_in_the_list_once_with_a_group_of_its_own():
    made = nav_sections((*SECTIONS, *SERVING))
    assert sorted(s.key for s in made) == sorted(k for k, _ in (*SECTIONS, *SERVING))
    assert {s.group for s in made} == {g for g, _ in GROUPS}
    assert all(s.icon != "settings" and s.words for s in made)
    assert [s.group for s in nav_sections((("baru", "Baru"),))] == [GROUPS[-1][0]]


@pytest.mark.parametrize(("typed", "first"), [
    ("proksi", "sambungan"), ("libur", "kalender"), ("kata sandi", "petugas"), ("huruf", "tampilan"), ("kop", "kantor"),
    ("backup", "cadangan"),
    ("iris", "rekam"), ("BAST", "blangko"), ("perangkat", "perangkat"), ("perangkt", "perangkat"), ("sertifikat", "kunci"),
])
def test_what_people_call_it_finds_it_and_enter_opens_it(nav, typed, first):
    asked: list[str] = []
    nav.choose("simpanan")
    nav.chosen.connect(asked.append)
    QTest.keyClicks(nav.search, typed)
    assert first in shown(nav)
    assert nav.found(typed)[0] == first
    QTest.keyClick(nav.search, Qt.Key.Key_Return)
    assert asked == [first]
    assert nav.search.text() == ""
    assert len(shown(nav)) == len(SECTIONS) + len(SERVING)


def test_nothing_found_is_said_and_escape_brings_all_back(nav):
    QTest.keyClicks(nav.search, "qqqq")
    assert shown(nav) == []
    assert nav.none.isVisible()
    assert not any(head.isVisible() for head in nav._heads.values())
    QTest.keyClick(nav.search, Qt.Key.Key_Return)
    assert nav.current == "kantor"
    QTest.keyClick(nav.search, Qt.Key.Key_Escape)
    assert len(shown(nav)) == len(SECTIONS) + len(SERVING)


def test_the_arrows_go_through_what_is_listed_and_around(nav):
    order = shown(nav)
    QTest.keyClick(nav.search, Qt.Key.Key_Down)
    assert nav.current == "kantor"
    QTest.keyClick(nav._tabs["kantor"], Qt.Key.Key_Down)
    assert nav.current == order[1]
    QTest.keyClick(nav, Qt.Key.Key_Up)
    QTest.keyClick(nav, Qt.Key.Key_Up)
    assert nav.current == order[-1]
    assert [k for k, row in nav._tabs.items() if row.focusPolicy() & Qt.FocusPolicy.TabFocus] == [order[-1]]


def test_where_it_is_narrow_one_line_names_the_section_and_picks_another(nav):
    asked: list[str] = []
    nav.chosen.connect(asked.append)
    nav.set_narrow(True)
    assert nav.line.isVisible()
    assert not nav.search.isVisible()
    assert nav.line.text() == "Kantor"
    nav.line.take(nav.line.entries[1])
    assert asked == ["sop"]
    nav.choose("mutu")
    assert nav.line.text() == "Mutu layanan"
