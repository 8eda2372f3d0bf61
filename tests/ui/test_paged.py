"""The table over a list too long to load: against the whole list kept beside it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.widgets.paged import PAGE, PAGES_KEPT, PagedModel, PagedRows, PageWish
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

COLUMNS = ("No.", "Nama")
FIRST = 150
"""Rows an answer brings with the count; no whole number of pages."""


def row(key: str) -> TableRow:
    return TableRow(key, (Cell(key), Cell(f"Nama {key}")))


class Office:
    """The list as the register has it, newest first, and what it answers."""

    def __init__(self, size: int) -> None:
        self.keys = [f"k{n}" for n in range(size)]
        self.skipped = 0

    def first(self) -> list[TableRow]:
        return [row(k) for k in self.keys[:FIRST]]

    def page(self, wish: PageWish) -> list[TableRow]:
        """As the register reads it: from a row or an end, forwards or backwards."""
        keys = self.keys[::-1] if wish.backwards else self.keys
        start = keys.index(wish.after) + 1 if wish.after else 0
        self.skipped = max(self.skipped, wish.skip)
        found = keys[start + wish.skip:start + wish.skip + wish.limit]
        return [row(k) for k in (found[::-1] if wish.backwards else found)]


def known(model: PagedModel) -> dict[int, str]:
    return {n: model.key(n) for n in range(model.rowCount()) if model.loaded(n)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(0, 1500), visits=st.lists(st.integers(0, 14), max_size=12))
def test_any_order_of_pages_gives_the_list(qapp: object, size: int, visits: list[int]) -> None:
    office, model = Office(size), PagedModel(COLUMNS)
    model.begin(size, office.first())
    for page in visits:
        for missing in model.missing(page * PAGE, page * PAGE + 20):
            wish = model.wish(missing)
            model.put(wish.first, office.page(wish), wish.first)
    assert model.rowCount() == size
    assert all(office.keys[n] == key for n, key in known(model).items())
    seen = {p for p in visits if p * PAGE < size}
    assert all(model.loaded(min(size - 1, p * PAGE + 5)) for p in seen)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 900), came=st.integers(0, 40), visits=st.lists(st.integers(0, 8), max_size=4))
def test_new_applications_move_the_rows_instead_of_dropping_them(qapp: object, size: int, came: int, visits: list[int]) -> None:
    office, model = Office(size), PagedModel(COLUMNS)
    model.begin(size, office.first())
    for page in visits:
        for missing in model.missing(page * PAGE, page * PAGE):
            wish = model.wish(missing)
            model.put(wish.first, office.page(wish), wish.first)
    before = len(known(model))
    office.keys = [f"neu{n}" for n in range(came)] + office.keys
    assert model.renew(len(office.keys), office.first()) == came
    assert model.rowCount() == size + came
    assert all(office.keys[n] == key for n, key in known(model).items())
    assert len(known(model)) >= before
    for missing in model.missing(0, size + came):
        wish = model.wish(missing)
        model.put(wish.first, office.page(wish), 0)
    assert known(model) == dict(enumerate(office.keys))


def test_the_end_and_the_middle_are_reached_with_few_rows_skipped(qapp: object) -> None:
    office, model = Office(100_000), PagedModel(COLUMNS)
    model.begin(100_000, office.first())
    for page in (999, 998, 997, 500, 501, 502, 499):
        wish = model.wish(page)
        model.put(wish.first, office.page(wish), wish.first)
    assert office.skipped <= 50_000
    assert model.wish(996) == PageWish(99_600, PAGE, "k99700", 0, True)
    assert model.wish(503) == PageWish(50_300, PAGE, "k50299", 0)
    assert model.wish(1) == PageWish(100, PAGE, "k99", 0)


def test_a_count_that_is_not_exact_is_never_counted_back_from(qapp: object) -> None:
    model = PagedModel(COLUMNS)
    model.begin(1001, Office(FIRST).first(), exact=False)
    assert not model.wish(10).backwards
    model.set_count(2367)
    assert model.rowCount() == 2367 and model.wish(23) == PageWish(2300, 67, "", 0, True)
    assert list(model.missing(1000, 1000)) == [10]


def test_pages_far_from_sight_are_let_go_of(qapp: object) -> None:
    office, model = Office(20_000), PagedModel(COLUMNS)
    model.begin(20_000, office.first())
    for page in range(200):
        wish = model.wish(page)
        model.put(wish.first, office.page(wish), wish.first)
    assert len(known(model)) <= (PAGES_KEPT + 5) * PAGE
    assert model.loaded(19_999) and not model.loaded(5_000)


@pytest.fixture
def view(qtbot: QtBot) -> PagedRows:
    made = PagedRows("Daftar", COLUMNS, (100, 100), (1, 1))
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.show()
    return made


def answering(view: PagedRows, office: Office) -> list[PageWish]:
    asked: list[PageWish] = []

    def answer(wish: PageWish) -> None:
        asked.append(wish)
        view.put(wish, office.page(wish), view.generation)

    view.page_wanted.connect(answer)
    return asked


def test_end_and_home_by_keyboard_load_what_they_show(view: PagedRows, qtbot: QtBot) -> None:
    office = Office(100_000)
    answering(view, office)
    view.begin(100_000, office.first())
    QTest.keyClick(view, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: view.current_key() == "k99999")
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.current_key() == "k0"


def test_a_change_of_the_register_leaves_choice_and_sight_where_they_are(view: PagedRows, qtbot: QtBot) -> None:
    office = Office(5_000)
    answering(view, office)
    view.begin(5_000, office.first())
    view.setCurrentIndex(view.rows.index(120, 0))
    view.scrollTo(view.rows.index(110, 0), PagedRows.ScrollHint.PositionAtTop)
    assert (view.current_key(), view.rows.key(view.top_row())) == ("k120", "k110")
    office.keys = ["neu0", "neu1", "neu2", *office.keys]
    view.renew(5_003, office.first())
    assert (view.current_key(), view.rows.key(view.top_row())) == ("k120", "k110")
    assert view.rows.rowCount() == 5_003


def test_at_the_top_new_applications_come_into_sight(view: PagedRows) -> None:
    office = Office(5_000)
    view.begin(5_000, office.first())
    office.keys = ["neu0", *office.keys]
    view.renew(5_001, office.first())
    assert view.top_row() == 0 and view.rows.key(0) == "neu0"


def test_an_answer_for_a_list_that_is_no_longer_shown_is_dropped(view: PagedRows) -> None:
    office, asked = Office(5_000), list[PageWish]()
    view.page_wanted.connect(asked.append)
    view.begin(5_000, office.first())
    QTest.keyClick(view, Qt.Key.Key_End)
    view.look()
    old = view.generation
    view.begin(3_000, office.first())
    view.put(asked[0], [row("falsch")] * asked[0].limit, old)
    assert "falsch" not in known(view.rows).values()


def test_letters_go_to_the_search_line_and_commands_do_not(view: PagedRows) -> None:
    typed: list[str] = []
    view.on_typed = typed.append
    view.begin(3, Office(3).first())
    QTest.keyClicks(view, "s1")
    QTest.keyClick(view, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert typed == ["s", "1"]
