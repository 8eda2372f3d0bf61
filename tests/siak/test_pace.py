"""Chunks follow the line and its cuts, the ceiling holds over seconds, the measured rate is the true one."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from gateway_fakes import HandClock

from ktpel_kiosk.siak.pace import Ceiling, ChunkPace, Goodput
from ktpel_kiosk.siak.policy import UploadPolicy

POLICY = UploadPolicy()
COST = POLICY.request_cost


def send(distance, *, packets=60, bytes_per_s=40_000.0, round_trip_s=0.2, seed=1):
    """(bytes on the wire / bytes of packets, chunk sizes) over a line whose connection ends after ``distance(rng)`` bytes."""
    rng, pace = random.Random(seed), ChunkPace(POLICY)
    room, wire, total, chunks = distance(rng), 0.0, 0, []
    for _ in range(packets):
        left = rng.randint(200_000, 500_000)
        total += left
        while left:
            count = min(pace.next(), left)
            chunks.append(count)
            if count + COST <= room:
                wire, room, left = wire + count + COST, room - count - COST, left - count
                pace.arrived(count, count / bytes_per_s + round_trip_s)
                continue
            wire += max(0.0, room) + COST
            room = distance(rng) - COST
            pace.was_cut(count, 0)
            pace.asked()
    return wire / total, chunks


def test_a_line_that_ends_after_every_200_kb_wastes_at_most_a_twentieth():
    for seed in range(5):
        wire, _ = send(lambda rng: 200_000, seed=seed)
        assert wire <= 1.045, seed


@pytest.mark.parametrize(("distance", "most"), [
    (lambda rng: rng.expovariate(1 / 200_000), 1.12), (lambda rng: rng.uniform(150_000, 250_000), 1.10),
    (lambda rng: rng.gauss(200_000, 10_000), 1.08), (lambda rng: 50_000, 1.10),
], ids=["at any moment", "150 to 250 kB", "about 200 kB", "50 kB"])
def test_cuts_nobody_can_foresee_cost_little_more_than_they_must(distance, most):
    wire = [send(distance, seed=seed)[0] for seed in range(5)]
    assert max(wire) <= most
    assert min(wire) > 1.02, "nothing is free on such a line; this would be a wrong count"


def test_a_line_that_cuts_after_4_kb_gets_there():
    wire, chunks = send(lambda rng: 4096, packets=3)
    assert wire < 2.5
    assert max(chunks[20:]) < 4096


def test_a_good_line_gets_chunks_of_about_the_wanted_seconds_and_never_doubles_twice_at_once():
    _, chunks = send(lambda rng: 10**12, packets=10)
    whole = [n for n in chunks if n > 100_000]
    assert 0.6 * 40_000 * POLICY.chunk_target_s <= max(whole) <= 40_000 * POLICY.chunk_target_s
    pace = ChunkPace(POLICY)
    sizes = [pace.next()]
    for _ in range(10):
        pace.arrived(sizes[-1], 0.001)
        sizes.append(pace.next())
    assert all(b <= 2 * a for a, b in pairwise(sizes))
    assert sizes[-1] == POLICY.largest_chunk


def test_a_line_that_becomes_slow_gets_smaller_chunks():
    pace = ChunkPace(POLICY)
    for _ in range(6):
        pace.arrived(pace.next(), 0.01)
    for _ in range(12):
        pace.arrived(pace.next(), pace.next() / 1000)
    assert pace.next() <= 1000 * POLICY.chunk_target_s * 1.1


def test_a_line_that_became_good_is_trusted_again():
    pace = ChunkPace(POLICY)
    for _ in range(3):
        pace.was_cut(pace.next(), 0)
    small = pace.next()
    for _ in range(3000):
        pace.arrived(pace.next(), 0.01)
    assert small <= 4096
    assert pace.next() == POLICY.largest_chunk


def test_nothing_on_the_way_takes_more_than_it_said():
    pace = ChunkPace(POLICY)
    pace.too_large(65536)
    for _ in range(20):
        pace.arrived(pace.next(), 0.001)
    assert pace.next() == 32768


@pytest.mark.parametrize("rate", [2_000, 16_000, 250_000])
def test_the_ceiling_holds_over_seconds(rate):
    clock = HandClock()
    ceiling = Ceiling(clock)
    moments: list[tuple[float, int]] = []
    while clock.mono < 1060.0:
        clock.advance(ceiling.wait_s())
        count = ceiling.chunk(64 * 1024, rate)
        ceiling.took(count, rate)
        moments.append((clock.mono, count))
        clock.advance(0.01)
    for start in range(1000, 1050):
        sent = sum(n for at, n in moments if start <= at < start + 10)
        assert rate * 9 <= sent <= rate * 11 + 1, start


def test_a_pause_is_not_saved_up_and_no_ceiling_is_no_wait():
    clock = HandClock()
    ceiling = Ceiling(clock)
    clock.advance(3600)
    assert ceiling.wait_s() == 0.0
    ceiling.took(1000, 1000)
    ceiling.took(1000, 1000)
    assert ceiling.wait_s() == pytest.approx(2.0)
    clock.advance(2.0)
    assert ceiling.chunk(10**6, 0) == 10**6
    ceiling.took(10**6, 0)
    assert ceiling.wait_s() == 0.0


def test_goodput_counts_what_arrived_in_all_the_time_it_took():
    goodput = Goodput()
    assert goodput.bytes_per_s == 0.0
    goodput.note(0, 5.0)
    goodput.note(50_000, 5.0)
    assert goodput.bytes_per_s == pytest.approx(5000)
    for _ in range(Goodput.REMEMBERED):
        goodput.note(1000, 0.1)
    assert goodput.bytes_per_s == pytest.approx(10_000)
