"""Which copies stay: the newest always, one of each of the last days, weeks and months that have one, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.app.copy_sets import Keep, kept

MINUTES = st.integers(0, 2 * 366 * 24 * 60)
TIMES = st.lists(MINUTES.map(lambda m: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=m)), max_size=60)
KEEPS = st.builds(Keep, st.integers(1, 10), st.integers(0, 6), st.integers(0, 14))


def day(at: datetime) -> object:
    return at.date()


def week(at: datetime) -> object:
    return at.isocalendar()[:2]


def month(at: datetime) -> object:
    return at.year, at.month


def newest_of(times: list[datetime], period: Callable[[datetime], object], most: int) -> set[datetime]:
    """The newest copy of each of the last ``most`` periods that have one; written differently from the product."""
    last: dict[object, datetime] = {}
    for at in sorted(times):
        last[period(at)] = at
    return set(sorted(last.values())[-most:]) if most else set()


@settings(max_examples=40)
@given(TIMES, KEEPS)
def test_the_rule(times: list[datetime], keep: Keep) -> None:
    stays = kept(times, keep)
    assert stays == {*([max(times)] if times else ()), *newest_of(times, day, keep.daily), *newest_of(times, week, keep.weekly),
                     *newest_of(times, month, keep.monthly)}
    assert len(stays) <= 1 + keep.daily + keep.weekly + keep.monthly
    assert kept(stays, keep) == stays == kept(reversed(times), keep), "again, or in another order, it is the same"


@settings(max_examples=30)
@given(st.lists(st.integers(1, 60 * 24 * 20), min_size=1, max_size=50), KEEPS)
def test_thinned_after_each_copy_the_newest_and_every_last_period_stay(gaps: list[int], keep: Keep) -> None:
    """As an office lives: copy, thin out, copy. What thinning took earlier is never what the rule wants later."""
    at, made, lying = datetime(2025, 1, 1, tzinfo=UTC), [], set[datetime]()
    for gap in gaps:
        at += timedelta(minutes=gap)
        made.append(at)
        lying = set(kept({*lying, at}, keep))
        assert at in lying
    assert lying == kept(made, keep)


def test_seven_days_four_weeks_twelve_months() -> None:
    at, lying, begun = datetime(2025, 1, 1, 11, tzinfo=UTC), set[datetime](), datetime(2025, 1, 1, 11, tzinfo=UTC)
    while at < begun + timedelta(days=500):
        lying = set(kept({*lying, at}, Keep()))
        at += timedelta(days=1)
    newest = max(lying)
    assert {newest - timedelta(days=n) for n in range(7)} <= lying
    assert len({week(x) for x in lying if newest - x < timedelta(days=28)}) >= 4 and len({month(x) for x in lying}) == 12
    assert 18 <= len(lying) <= 23
