"""Dates as people write them: every usual form comes back as the same day, unclear ones ask, wrong ones say why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.domain.tanggal import FORMS, Span, read_date, shift, ways

TODAY = date(2026, 11, 26)
BIRTH = Span.birth(TODAY)


@pytest.mark.parametrize("text", ["5 feb 2008", "05022008", "5-2-2008", "5/2/2008", "5 Februari 2008", "2008-02-05", "5.2.2008", "20080205",
                                  "5 Pebruari 2008", "5-II-2008", "5feb2008", "Selasa, 5 Februari 2008", "5 febuari 2008",
                                  " 05 - 02 - 2008 ",
                                  "5022008", "5 FEB 2008", "5 febru 2008", "５-２-2008"])
def test_people_write_it_in_many_ways(text: str) -> None:
    assert read_date(text, TODAY, BIRTH).on == date(2008, 2, 5)


@pytest.mark.parametrize(("text", "days"), [("hari ini", 0), ("kemarin", -1), ("KEMARIN", -1), ("besok", 1), ("lusa", 2)])
def test_words_for_days(text: str, days: int) -> None:
    assert read_date(text, TODAY).on == TODAY + timedelta(days=days)


def test_two_digits_ask_where_two_people_may_live() -> None:
    found = read_date("5/2/08", TODAY, BIRTH)
    assert found.on is None and found.choices == (date(2008, 2, 5), date(1908, 2, 5)) and found.question == "2008 atau 1908?"
    assert read_date("050208", TODAY, BIRTH).choices == found.choices
    assert read_date("5/2/68", TODAY, BIRTH).on == date(1968, 2, 5)
    assert read_date("5/2/08", TODAY).on == date(2008, 2, 5), "days of the office lie in one century"


def test_other_unclear_texts_ask() -> None:
    assert read_date("1122008", TODAY, BIRTH).question == "1 Desember 2008 atau 11 Februari 2008?"
    assert read_date("3 jumi 2008", TODAY, BIRTH).choices == (date(2008, 6, 3), date(2008, 7, 3))


@pytest.mark.parametrize(("text", "problem"), [
    ("", "empty"), ("5", "partial"), ("5 feb", "partial"), ("0502", "partial"), ("5/2/200", "partial"), ("feb", "partial"),
    ("2/25/2008", "month"), ("30-2-2008", "day"), ("0-2-2008", "day"), ("Kamis, 5 Februari 2008", "weekday"),
    ("5/2/2031", "future"), ("5-2-1850", "old"),
    ("x", "unknown"), ("5 fxx 2008", "unknown"), ("5 feb 2008 pagi", "unknown"), ("5+2+2008", "unknown"), ("99999999999", "unknown"),
    ("5-2-2008-1", "unknown"), ("5-2-0000", "unknown"), ("kemarin dulu", "unknown"), ("٥-٢-2008", "unknown"),
])
def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    found = read_date(text, TODAY, BIRTH)
    assert found.problem == problem and not found.choices
    assert bool(found.told) == (problem != "empty")


@settings(max_examples=150, deadline=None)
@given(st.dates(BIRTH.first, TODAY), st.integers(0, len(FORMS) - 1))
def test_every_form_comes_back(on: date, form: int) -> None:
    found = read_date(list(ways(on))[form], TODAY, BIRTH)
    assert found.on == on and not found.problem


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789 -/.,janfebmrtIVX", max_size=16))
def test_a_reading_is_never_both_an_answer_and_a_question(text: str) -> None:
    found = read_date(text, TODAY, BIRTH)
    none = ("empty", "partial", "unknown", "month", "day", "weekday")
    assert (found.on is not None) + (len(found.choices) > 1) + (found.problem in none) == 1
    for day in (*found.choices, *((found.on,) if found.on and not found.problem else ())):
        assert BIRTH.first <= day <= BIRTH.last


@settings(max_examples=100, deadline=None)
@given(st.dates(), st.sampled_from(["day", "month", "year"]), st.integers(-50, 50))
def test_shifting_moves_one_part(on: date, part: str, by: int) -> None:
    there = shift(on, part, by)
    if part == "day" and date.min < there < date.max:
        assert (there - on).days == by
    if part == "year" and 1 < there.year < 9999:
        assert there.year == on.year + by and there.month == on.month and (there.day == on.day or there.day == 28)
    assert shift(on, "month", 12) == shift(on, "year", 1)
