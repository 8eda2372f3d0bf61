"""Working days and due moments; both worked examples of DOMAIN.md 8."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ktpel_kiosk.domain.kalender import (
    add_working_days,
    clock_start,
    due_at,
    is_open,
    is_working_day,
    next_working_day,
    working_days_between,
)
from ktpel_kiosk.domain.sop import Mutu
from ktpel_kiosk.domain.sop_file import parse_sop

SOP = parse_sop((Path(__file__).parents[2] / "resources" / "sop" / "tempeh.toml").read_text("utf-8"), name="tempeh.toml")
KANTOR = SOP.kantor
ONE_DAY = SOP.mutu
WIB = ZoneInfo("Asia/Jakarta")
HOLIDAYS = frozenset(date(2026, 3, d) for d in (18, 19, 20, 21, 22, 23, 24))


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WIB)


@pytest.mark.parametrize(("complete", "due"), [
    (at(3, 13, 14, 30), at(3, 16, 15)),   # Friday -> Monday closing
    (at(3, 17, 9), at(3, 25, 15)),        # over Nyepi, Idul Fitri and cuti bersama
    (at(3, 13, 15, 0), at(3, 16, 15)),    # exactly at closing still counts as that day
    (at(3, 13, 15, 1), at(3, 17, 15)),    # after closing: starts Monday 08.00, due Tuesday
    (at(3, 14, 10), at(3, 17, 15)),       # Saturday
    (at(3, 16, 6), at(3, 17, 15)),        # before opening: starts at opening
])
def test_closing_of_the_next_working_day(complete: datetime, due: datetime) -> None:
    found = due_at(ONE_DAY, complete.astimezone(UTC), HOLIDAYS, KANTOR)
    assert found == due
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(("complete", "due"), [
    (at(3, 13, 14, 30), at(3, 16, 14, 30)), (at(3, 17, 9), at(3, 25, 9)), (at(3, 13, 15, 1), at(3, 17, 8)), (at(3, 16, 6), at(3, 17, 8)),
])
def test_strict_reading_keeps_the_clock_time(complete: datetime, due: datetime) -> None:
    assert due_at(ONE_DAY, complete, HOLIDAYS, KANTOR, hitung="jam_sama") == due
    strict = Mutu("hari_kerja", 1, "dinyatakan_lengkap", "jam_sama")
    assert due_at(strict, complete, HOLIDAYS, KANTOR) == due


def test_minute_standards_have_no_due_moment() -> None:
    assert due_at(Mutu("menit", 36), at(3, 13, 9), HOLIDAYS, KANTOR) is None
    assert due_at(Mutu("hari_kerja", None), at(3, 13, 9), HOLIDAYS, KANTOR) is None


def test_more_days_and_office_decisions() -> None:
    assert due_at(Mutu("hari_kerja", 3), at(3, 12, 9), HOLIDAYS, KANTOR) == at(3, 17, 15)
    saturday = frozenset({date(2026, 3, 14)})
    assert due_at(ONE_DAY, at(3, 13, 9), HOLIDAYS, KANTOR, extra_open=saturday) == at(3, 14, 15)
    assert is_working_day(date(2026, 3, 19), HOLIDAYS, frozenset({date(2026, 3, 19)}))


def test_the_day_is_the_offices_not_utcs() -> None:
    """Sunday 23.30 UTC is Monday 06.30 WIB: the clock starts at Monday's opening."""
    complete = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)
    assert clock_start(complete, KANTOR, HOLIDAYS) == at(3, 16, 8)


def test_working_days() -> None:
    assert next_working_day(date(2026, 3, 17), HOLIDAYS) == date(2026, 3, 25)
    assert add_working_days(date(2026, 3, 13), 2, HOLIDAYS) == date(2026, 3, 17)
    assert add_working_days(date(2026, 3, 13), 0, HOLIDAYS) == date(2026, 3, 13)
    assert working_days_between(date(2026, 3, 13), date(2026, 3, 25), HOLIDAYS) == 3
    assert working_days_between(date(2026, 3, 25), date(2026, 3, 13), HOLIDAYS) == 0


def test_a_calendar_without_working_days_still_ends() -> None:
    endless = frozenset(date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(800))
    assert next_working_day(date(2026, 3, 13), endless) == date(2026, 3, 16)


def test_office_hours() -> None:
    assert is_open(at(3, 13, 8), KANTOR, HOLIDAYS)
    assert is_open(at(3, 13, 15), KANTOR, HOLIDAYS)
    assert not is_open(at(3, 13, 7, 59), KANTOR, HOLIDAYS)
    assert not is_open(at(3, 14, 9), KANTOR, HOLIDAYS)
    assert not is_open(at(3, 18, 9), KANTOR, HOLIDAYS)
    assert time(8) == KANTOR.jam_buka
