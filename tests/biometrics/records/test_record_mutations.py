"""No damaged record gets anything out of a decoder but its own error, and none makes it allocate by a size it announces."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_cases import CORPUS, FORMATS
from record_mutations import mutate

from ktpel_kiosk.biometrics.records import fir, fmr2011
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint
from ktpel_kiosk.biometrics.records.read import read_record
from ktpel_kiosk.domain.errors import BadInput

PER_OCTET = 32
"""Octets of Python objects an octet of input may cost: four octets of a corner become a tuple and two numbers (28 measured)."""
BASE = 8 * 1024


def _harass(name: str, count: int, seed: int) -> Counter[str]:
    """Decode ``count`` damaged records; what came of them, by error key."""
    form, rng, outcomes = FORMATS[name], random.Random(seed), Counter[str]()
    tracemalloc.start()
    try:
        for n in range(count):
            data = mutate(CORPUS[name], rng, 6 if name == "FIR 010" else 4)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            outcome, decoded = _outcome(form.decode, data)
            peak = tracemalloc.get_traced_memory()[1] - before
            assert peak <= BASE + PER_OCTET * len(data), (name, seed, n, len(data), peak)
            if decoded is not None:
                assert form.encode(decoded) == data, (name, seed, n)
            outcomes[outcome] += 1
    finally:
        tracemalloc.stop()
    return outcomes


def _outcome(decode: Callable[..., Any], data: bytes) -> tuple[str, Any]:
    try:
        return "decoded", decode(data, "berkas")
    except BadInput as error:
        assert error.message_key.startswith("record.")
        assert error.facts["entry"] == "berkas"
        return error.message_key, None


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_records(name: str) -> None:
    outcomes = _harass(name, 625, 3)
    # The damage reaches every depth: some records still decode (and come back octet for octet), the others fail in different ways.
    assert {"decoded", "record.truncated", "record.trailing", "record.range", "record.length", "record.format"} <= set(outcomes)


@pytest.mark.gate
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", FORMATS)
def test_a_hundred_thousand_damaged_records(name: str) -> None:
    outcomes = _harass(name, 100_000, 20261121)
    assert outcomes["decoded"] > 1000
    assert outcomes["record.range"] > 1000


@given(st.binary(max_size=200), st.sampled_from(sorted(FORMATS)))
def test_noise_behind_a_good_magic(noise: bytes, name: str) -> None:
    size = 6 if name == "FIR 010" else 4
    data = FORMATS[name].magic + (8 + size + len(noise)).to_bytes(size) + noise
    for decode in (FORMATS[name].decode, read_record):
        outcome, _ = _outcome(decode, data)
        assert outcome != "record.length"


@pytest.mark.parametrize("name", FORMATS)
def test_a_count_of_everything_costs_nothing(name: str) -> None:
    """Every field of one, two and four octets announced as full, one after the other."""
    data = CORPUS[name][1]
    tracemalloc.start()
    try:
        for size in (1, 2, 4):
            for at in range(8, min(len(data) - size, 200)):
                lie = data[:at] + b"\xff" * size + data[at + size :]
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                _outcome(FORMATS[name].decode, lie)
                assert tracemalloc.get_traced_memory()[1] - before <= BASE + PER_OCTET * len(data)
    finally:
        tracemalloc.stop()


def _peak(decode: Callable[[bytes], object], data: bytes) -> int:
    decode(data)
    tracemalloc.start()
    try:
        kept = decode(data)
        assert kept
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_large_image_is_held_once() -> None:
    data = fir.encode(fir.FingerRecord((fir.FingerImage(1, 9, 9, 2, bytes(1 << 20)),)))
    assert _peak(fir.decode, data) <= BASE + 1.1 * len(data)


def test_the_densest_records_stay_within_the_bound() -> None:
    points = tuple(MinutiaPoint(1, 5000 + n, 6000 + n, 0, 254) for n in range(255))
    views = tuple(fmr2011.FingerView(1, 9999, 9999, points, octets=5, view=n) for n in range(4))
    dense = fmr2011.encode(fmr2011.MinutiaeRecord(views))
    assert _peak(fmr2011.decode, dense) <= BASE + PER_OCTET * len(dense)
    segment = fir.Segment(1, tuple((5000 + n, 6000 + n) for n in range(255)))
    for block in (fir.Segmentation((segment,) * 9), fir.Annotations((fir.Annotation(1, 1),) * 255), fir.Comment(b"")):
        blocks = (block,) if isinstance(block, fir.Segmentation) else (block,) * 30
        dense = fir.encode(fir.FingerRecord((fir.FingerImage(1, 9, 9, 2, b"x", extensions=blocks),)))
        assert _peak(fir.decode, dense) <= BASE + PER_OCTET * len(dense)
