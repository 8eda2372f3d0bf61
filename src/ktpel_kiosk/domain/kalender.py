"""Working days, office hours and when a service is due (DOMAIN.md 8; Perpres 21/2023).

Holidays come in as a set of dates; where they come from is not this module's matter. All moments are aware; the result is UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ktpel_kiosk.domain.sop import Kantor, Mutu
from ktpel_kiosk.domain.text import zone

END_OF_DAY = "akhir_hari"
SAME_CLOCK = "jam_sama"
_SEARCH_DAYS = 366


def is_working_day(on: date, holidays: frozenset[date], extra_open: frozenset[date] = frozenset()) -> bool:
    """Monday to Friday and no holiday, or a day the office opened by its own decision."""
    return on in extra_open or (on.weekday() < 5 and on not in holidays)


def next_working_day(after: date, holidays: frozenset[date], extra_open: frozenset[date] = frozenset()) -> date:
    """The first working day later than ``after``. A year without any gives the next weekday."""
    day = after
    for _ in range(_SEARCH_DAYS):
        day += timedelta(days=1)
        if is_working_day(day, holidays, extra_open):
            return day
    return next_working_day(after, frozenset())


def add_working_days(start: date, count: int, holidays: frozenset[date], extra_open: frozenset[date] = frozenset()) -> date:
    """The ``count``-th working day after ``start`` (the day itself is not counted)."""
    day = start
    for _ in range(count):
        day = next_working_day(day, holidays, extra_open)
    return day


def working_days_between(first: date, last: date, holidays: frozenset[date], extra_open: frozenset[date] = frozenset()) -> int:
    """Working days after ``first`` up to and including ``last``."""
    span = range(1, (last - first).days + 1)
    return sum(is_working_day(first + timedelta(days=n), holidays, extra_open) for n in span)


def opening(on: date, kantor: Kantor) -> datetime:
    """Opening moment of the office on that day, in its zone."""
    return datetime.combine(on, kantor.jam_buka, zone(kantor.zona_waktu))


def closing(on: date, kantor: Kantor) -> datetime:
    return datetime.combine(on, kantor.jam_tutup, zone(kantor.zona_waktu))


def is_open(at: datetime, kantor: Kantor, holidays: frozenset[date], extra_open: frozenset[date] = frozenset()) -> bool:
    """The counter receives papers at this moment."""
    local = at.astimezone(zone(kantor.zona_waktu))
    on = local.date()
    return is_working_day(on, holidays, extra_open) and opening(on, kantor) <= local <= closing(on, kantor)


def clock_start(complete_at: datetime, kantor: Kantor, holidays: frozenset[date],
                extra_open: frozenset[date] = frozenset()) -> datetime:
    """When a working-day standard begins to run.

    Complete within office hours: that moment. Earlier on a working day: its opening. Later, or on a day off: the opening of the
    next working day.
    """
    local = complete_at.astimezone(zone(kantor.zona_waktu))
    on = local.date()
    if is_working_day(on, holidays, extra_open) and local <= closing(on, kantor):
        return max(local, opening(on, kantor))
    return opening(next_working_day(on, holidays, extra_open), kantor)


def due_at(mutu: Mutu, complete_at: datetime, holidays: frozenset[date], kantor: Kantor, *, hitung: str = "",
           extra_open: frozenset[date] = frozenset()) -> datetime | None:
    """Moment by which the service is due, aware UTC; None for minute standards, which count handling time only.

    Args:
        hitung: ``akhir_hari`` — closing time of the n-th next working day, day of receipt not counted (default);
            ``jam_sama`` — the same clock time on that day. Empty takes the standard's own choice.
    """
    if mutu.jenis != "hari_kerja" or not mutu.nilai:
        return None
    start = clock_start(complete_at, kantor, holidays, extra_open)
    last = add_working_days(start.date(), int(mutu.nilai), holidays, extra_open)
    if (hitung or mutu.hitung) == SAME_CLOCK:
        return datetime.combine(last, start.time(), start.tzinfo).astimezone(UTC)
    return closing(last, kantor).astimezone(UTC)


def working_seconds_between(first: datetime, last: datetime, kantor: Kantor, holidays: frozenset[date],
                            extra_open: frozenset[date] = frozenset()) -> float:
    """Seconds between two moments that lie within office hours of working days; 0 when ``last`` is not later."""
    tz = zone(kantor.zona_waktu)
    begin, end = first.astimezone(tz), last.astimezone(tz)
    total, day = 0.0, begin.date()
    while day <= end.date():
        if is_working_day(day, holidays, extra_open):
            total += max(0.0, (min(end, closing(day, kantor)) - max(begin, opening(day, kantor))).total_seconds())
        day += timedelta(days=1)
    return total
