from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.kalender import working_seconds_between
from ktpel_kiosk.domain.laporan import (
    LP,
    MEANING,
    RECORDING_KINDS,
    STANDING_KINDS,
    Masa,
    change_text,
    middle,
    p90,
    split_reasons,
    summed,
    village_of,
    village_order,
)

TEMPEH, TAPIN = sops.load("tempeh").kantor, sops.load("tapin").kantor
DAYS = st.dates(date(2016, 1, 1), date(2030, 12, 31))


@given(st.sampled_from(["hari", "bulan", "tahun"]), DAYS)
def test_periods_touch_without_gap_or_overlap(jenis, day):
    masa = Masa.of(jenis, day)
    assert masa.mulai <= day < masa.akhir
    assert masa.sesudah().mulai == masa.akhir
    assert masa.sebelum().sesudah() == masa
    assert masa.bounds("WITA")[1] == masa.sesudah().bounds("WITA")[0]


def test_bounds_are_local_midnights():
    assert Masa("bulan", date(2026, 11, 1)).bounds("WIB")[0] == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert Masa("bulan", date(2026, 11, 1)).bounds("WIT")[1] == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert Masa("hari", date(2026, 11, 1)).offset_s("WITA") == 8 * 3600


def test_labels_and_parts():
    assert Masa("hari", date(2026, 11, 20)).label == "Jumat, 20 November 2026"
    assert Masa("bulan", date(2026, 11, 1)).label == "November 2026"
    assert Masa("tahun", date(2026, 1, 1)).label == "Tahun 2026"
    assert len(Masa("bulan", date(2028, 2, 1)).parts(TEMPEH)) == 29
    assert Masa("tahun", date(2026, 1, 1)).parts(TEMPEH)[4] == (5, "Mei")
    hours = [n for n, _ in Masa("hari", date(2026, 11, 20)).parts(TAPIN, (17,))]
    assert hours == list(range(TAPIN.jam_buka.hour, 18))


def test_an_unknown_period_is_refused():
    with pytest.raises(BadInput):
        Masa.of("minggu", date(2026, 1, 1))


def test_every_figure_has_a_name_and_a_meaning():
    assert set(RECORDING_KINDS.values()) | set(STANDING_KINDS.values()) <= set(MEANING)
    assert all(name and meaning for name, meaning in MEANING.values())


def test_sums_and_words():
    assert summed([("a", LP(1, 0)), ("a", LP(0, 2)), ("b", LP(lain=1))]) == {"a": LP(1, 2), "b": LP(lain=1)}
    assert (change_text(5, 3), change_text(3, 5), change_text(3, 3)) == ("+2", "−2", "tetap")
    assert list(split_reasons([("a,b", 2), ("", 1)])) == [("a", 2), ("b", 2), ("", 1)]
    assert village_of(("Pulo",), "PULO") == "Pulo"
    assert village_order(("Pulo", "Besuk"), ["PULO", "LUAR"]) == ("Besuk", "Pulo", "Luar wilayah")


@given(st.lists(st.integers(0, 1000), min_size=1).map(sorted))
def test_middle_and_ninth_tenth(values):
    assert sum(v <= p90(values) for v in values) * 10 >= 9 * len(values)
    assert sum(v < p90(values) for v in values) * 10 < 9 * len(values)
    assert values[0] <= middle(values) <= values[-1]


def test_working_seconds():
    """Friday 13 March 2026 14.30 to Monday 09.00 in Tempeh (08.00-15.00): half an hour and an hour."""
    opens = TEMPEH.jam_buka.hour
    friday = datetime(2026, 3, 13, 14, 30, tzinfo=UTC) - timedelta(hours=7)
    monday = datetime(2026, 3, 16, opens + 1, 0, tzinfo=UTC) - timedelta(hours=7)
    closing = TEMPEH.jam_tutup.hour * 60 + TEMPEH.jam_tutup.minute
    assert working_seconds_between(friday, monday, TEMPEH, frozenset()) == (closing - 870) * 60 + 3600
    assert working_seconds_between(friday, monday, TEMPEH, frozenset({date(2026, 3, 16)})) == (closing - 870) * 60
    saturday = frozenset({date(2026, 3, 14)})
    whole_day = (closing - opens * 60) * 60
    assert working_seconds_between(friday, monday, TEMPEH, frozenset(), saturday) == (closing - 870) * 60 + 3600 + whole_day
    assert working_seconds_between(monday, friday, TEMPEH, frozenset()) == 0


@given(st.lists(st.integers(0, 14 * 86400), min_size=3, max_size=3).map(sorted))
def test_working_seconds_add_up(offsets):
    a, b, c = (datetime(2026, 3, 10, tzinfo=UTC) + timedelta(seconds=s) for s in offsets)
    parts = working_seconds_between(a, b, TAPIN, frozenset()) + working_seconds_between(b, c, TAPIN, frozenset())
    assert parts == pytest.approx(working_seconds_between(a, c, TAPIN, frozenset()))
