"""Whatever the domain allows comes back bit for bit; what does not fit its type is Corrupt, never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_makers import NOW, application, sample

from ktpel_kiosk.domain.biometric import DeviceIdentity, Quality
from ktpel_kiosk.domain.errors import BugError, Corrupt
from ktpel_kiosk.domain.permohonan import Permohonan, Tahap, TahapState, Warning_
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.register import mappers, rows
from ktpel_kiosk.register.codecs import json_codec, micros, moment

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda d: d.replace(tzinfo=UTC))
texts = st.text(st.characters(codec="utf-8"))
seconds = st.floats(0, 1e9)


@given(moments)
def test_moments_are_exact(at: datetime) -> None:
    assert moment(micros(at)) == at
    assert micros(at.astimezone(timezone(timedelta(hours=8)))) == micros(at) if 2 < at.year < 9998 else True


def test_a_moment_without_zone_is_a_bug() -> None:
    with pytest.raises(BugError):
        micros(datetime(2026, 1, 1))


@given(st.builds(Tahap, st.integers(0, 99), st.integers(-5, 99), st.sampled_from(Stage), started_at=st.none() | moments, active_s=seconds,
                 paused_s=seconds, running_since=st.none() | moments, note=texts, actor=texts))
def test_stages_come_back(tahap: Tahap) -> None:
    assert mappers.TAHAP.value(mappers.TAHAP.values(tahap)) == tahap


@given(note=texts, place=texts, warnings=st.lists(st.builds(Warning_, texts, texts, texts), max_size=3).map(tuple),
       corrections=st.lists(texts, max_size=3).map(tuple), due=st.none() | moments)
def test_applications_come_back(note: str, place: str, warnings: tuple[Warning_, ...], corrections: tuple[str, ...],
                                due: datetime | None) -> None:
    p = application(note=note, mobile_place=place, warnings=warnings, corrections=corrections, due_at=due)
    row = mappers.permohonan_values(p)
    joined = [row | {f"t_{k}": v for k, v in t.items()} for t in mappers.tahap_values(p)]
    assert mappers.permohonan_from(joined) == p


@given(measures=st.dictionaries(texts, st.floats(allow_nan=False)), hints=st.lists(texts).map(tuple), score=st.integers(0, 255), make=texts)
def test_qualities_and_devices_come_back(measures: dict[str, float], hints: tuple[str, ...], score: int, make: str) -> None:
    one = replace(sample(application()), quality=Quality("a", score, 1, 2, measures, hints), device=DeviceIdentity(make, "m", "s"))
    row = mappers.SAMPLE.values(one) | {"data": one.data, "device_payload": one.device_payload}
    assert mappers.sample_from(row, with_data=True) == one


def test_a_field_added_later_may_be_missing_in_old_json() -> None:
    put, get = json_codec(DeviceIdentity)
    assert get({"make": "a", "model": "b", "serial": "c"}) == DeviceIdentity("a", "b", "c")
    assert get(put(DeviceIdentity("a", "b", "c", "d", True))) == DeviceIdentity("a", "b", "c", "d", True)


@pytest.mark.parametrize(("column", "value"), [
    ("keadaan", "entah"), ("layanan", "x"), ("penduduk", "{}"), ("penduduk", "["), ("created_at", None), ("created_at", "x"),
    ("warnings", '[{"rule": "a"}]'), ("warnings", "{}"), ("corrections", "[1]"), ("menunggu_hingga", "besok"), ("kelengkapan", "[[]]"),
])
def test_what_does_not_fit_is_corrupt(column: str, value: object) -> None:
    row = mappers.permohonan_values(application()) | {"t_idx": None, column: value}
    with pytest.raises(Corrupt) as caught:
        mappers.permohonan_from([row])
    assert caught.value.facts == {"rule": Permohonan.__name__}


def test_now_is_kept_to_the_microsecond() -> None:
    at = NOW + timedelta(microseconds=1)
    assert moment(micros(at)) == at


def test_the_reader_of_many_rows_agrees_with_the_mapper() -> None:
    columns = [c.name for c in rows.table_of(rows.TahapRow).columns]
    every = Tahap(3, 9, Stage.REKAM, TahapState.JEDA, NOW, None, NOW, 1.5, 0.25, NOW, "listrik", "x", "y", "z", "n")
    for tahap in (*application().tahap, every):
        stored = {"permohonan_id": "p", **mappers.TAHAP.values(tahap)}
        assert mappers.read_tahap([stored[c] for c in columns]) == mappers.TAHAP.value(stored) == tahap


@pytest.mark.parametrize("wrong", [{"stage": "entah"}, {"state": None}, {"started_at": "kemarin"}, {"state": []}])
def test_the_reader_refuses_what_no_longer_fits(wrong: dict[str, object]) -> None:
    columns = [c.name for c in rows.table_of(rows.TahapRow).columns]
    stored = {"permohonan_id": "p", **mappers.TAHAP.values(application().tahap[0]), **wrong}
    with pytest.raises(Corrupt):
        mappers.read_tahap([stored[c] for c in columns])
    with pytest.raises(Corrupt):
        mappers.TAHAP.value(stored)
