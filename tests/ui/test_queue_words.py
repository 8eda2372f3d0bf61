"""Words of the queue: every cause has somebody who helps; spans are true, in order and never finer than the line deserves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.line import LineReport, LineRules
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.ui.presenters import queue_words as words
from ktpel_kiosk.ui.presenters.queue_words import SPANS, UNKNOWN
from ktpel_kiosk.ui.words import has_word

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PACKET = Packet("p1", "a1", "meja-1", 1, "0" * 64, "1" * 64, 1000, "p1.ktpelpkt", PacketState.SEALED, NOW)
UNITS = {"detik": 1, "menit": 60, "jam": 3600, "hari": 86400, "minggu": 604800}


def test_every_cause_has_words_and_somebody_who_can_help():
    assert set(words.REASONS) == set(words.FIXERS) == set(words.SHORT) == set(WaitCause)
    assert all(has_word("antrean", c) for c in WaitCause)
    assert set(words.LINE) | {WaitCause.NONE, WaitCause.DATA, WaitCause.RECEIPT, WaitCause.FILE} == set(WaitCause)
    for who, what in (*words.FIXERS.values(), words.NO_SPARE):
        assert who and what.endswith(".") and "  " not in what


def bounds(text: str) -> tuple[float, float]:
    """What a span promises, in seconds."""
    unit = UNITS[text.split()[-1]]
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if text.startswith("kurang dari"):
        return 0, numbers[0] * unit
    if text.startswith("lebih dari"):
        return numbers[0] * unit, inf
    if text.startswith("sekitar"):
        return (numbers[0] - 0.35) * unit, (numbers[0] + 0.25) * unit
    return numbers[0] * unit, numbers[1] * unit


@given(st.floats(0, 1e9))
def test_a_span_holds_the_time_it_speaks_of(seconds: float) -> None:
    low, high = bounds(words.time_left(seconds))
    assert low <= seconds + 1e-6 and seconds <= high


@given(st.floats(0, 1e8), st.floats(0, 1e8))
def test_a_longer_time_never_sounds_shorter(a: float, b: float) -> None:
    order = [text for _, text in SPANS]
    if a <= b:
        assert order.index(words.time_left(a)) <= order.index(words.time_left(b))


@given(st.one_of(st.floats(max_value=-1e-9), st.just(nan), st.just(inf)))
def test_what_is_no_time_is_unknown(seconds: float) -> None:
    assert words.time_left(seconds) == UNKNOWN


@given(st.integers(-5, 10**12), st.floats(allow_nan=True, allow_infinity=True))
def test_the_drain_is_unknown_while_not_measured_and_never_finer_than_a_minute(left: int, speed: float) -> None:
    text = words.drain_words(left, speed)
    if left <= 0:
        assert text == ""
    elif not speed > 0:
        assert text == UNKNOWN
    else:
        assert text == UNKNOWN or text in {t for _, t in SPANS}
    assert "detik" not in text and "," not in text


@given(st.floats(0, 1e6))
def test_a_wait_is_never_promised_too_early(seconds: float) -> None:
    text = words.in_words(seconds)
    if text != "sebentar lagi":
        number, unit, _ = text.split()
        assert seconds <= int(number) * UNITS[unit] < seconds + 60


@pytest.mark.parametrize(("at", "expected"), [
    (timedelta(seconds=3), "sebentar lagi"), (timedelta(seconds=21), "25 detik lagi"), (timedelta(minutes=3), "3 menit lagi"),
    (timedelta(hours=1), "60 menit lagi"), (timedelta(hours=4, minutes=30), "pukul 14.30"), (timedelta(hours=15), "besok pukul 01.00"),
    (timedelta(days=3), "3 hari lagi pukul 10.00"),
])
def test_moments(at: timedelta, expected: str) -> None:
    assert words.moment_words(NOW + at, NOW) == expected


@pytest.mark.parametrize(("hours", "at", "expected"), [
    ((time(18), time(6)), time(10), "pukul 18.00"), ((time(18), time(6)), time(20), "sebentar lagi"),
    ((time(6), time(8)), time(10), "besok pukul 06.00"), ((time(6), time(8)), time(5), "pukul 06.00"), (None, time(10), "sebentar lagi"),
])
def test_when_the_office_lets_packets_go(hours: tuple[time, time] | None, at: time, expected: str) -> None:
    assert words.opening_words(LineRules(hours=hours), datetime.combine(NOW.date(), at, UTC)) == expected


RULES = LineRules(hours=(time(18), time(6)))
DOWN = LineReport(False, WaitCause.OFFLINE, next_probe_s=40)


@pytest.mark.parametrize(("packet", "cause", "of_line", "report", "next_try", "expected"), [
    (replace(PACKET, state=PacketState.REFUSED), WaitCause.DATA, False, LineReport(True), None, "tidak dicoba lagi"),
    (PACKET, WaitCause.NONE, False, LineReport(True, packet_id="p1", size=1000), None, "sekarang"),
    (PACKET, WaitCause.NONE, False, LineReport(True), None, "menurut urutan"),
    (PACKET, WaitCause.OFFLINE, True, DOWN, None, "begitu tersambung"),
    (PACKET, WaitCause.TLS, True, LineReport(False, WaitCause.TLS, next_probe_s=130), None, "3 menit lagi"),
    (PACKET, WaitCause.HOURS, True, LineReport(True, WaitCause.HOURS), None, "pukul 18.00"),
    (PACKET, WaitCause.SERVER, False, LineReport(True), NOW + timedelta(minutes=7), "7 menit lagi"),
    (PACKET, WaitCause.SERVER, False, DOWN, NOW + timedelta(minutes=7), "7 menit lagi"),
    (PACKET, WaitCause.SERVER, False, DOWN, NOW - timedelta(minutes=7), "begitu tersambung"),
    (PACKET, WaitCause.OFFLINE, False, LineReport(), None, "begitu tersambung"),
])
def test_the_next_try_is_honest(packet: Packet, cause: WaitCause, of_line: bool, report: LineReport, next_try: datetime | None,
                                expected: str) -> None:
    assert words.next_words(packet, cause, of_line, report, RULES, NOW, next_try) == expected


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_speed_is_said_only_when_measured(speed: float) -> None:
    text = words.speed_words(speed)
    assert bool(text) == (0 < speed < inf)
    assert not text or text.endswith("/detik")


@given(st.integers(0, 10**13))
def test_sizes_are_short(size: int) -> None:
    assert re.fullmatch(r"[\d.]+(,\d)? (kB|MB|GB)", words.bytes_words(size))
