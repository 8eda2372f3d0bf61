"""Cylinders, relaxation and retained forms on known geometry, odd counts and damage."""

from __future__ import annotations

import math
import random
import zlib
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.biometrics.matching import form, mcc, relax
from ktpel_kiosk.biometrics.matching.thresholds import ALARM, DECISION, EVIDENCE_FROM, similarity
from ktpel_kiosk.biometrics.records.fmr import ENDING, MinutiaPoint
from ktpel_kiosk.domain.errors import BadInput

Points = list[MinutiaPoint]


def scattered(seed: int, count: int = 45, spread: int = 260) -> Points:
    """Minutiae of a made-up finger around (300, 300): places at random, directions following a smooth field, as ridges do."""
    rng = random.Random(seed)
    bend, lean = rng.uniform(-0.006, 0.006), rng.uniform(0, 256)
    points = []
    for _ in range(count):
        x, y = rng.randrange(spread), rng.randrange(spread)
        angle = lean + (x - 130) * bend * 40 + (y - 130) * bend * 25 + rng.choice((0, 128)) + rng.gauss(0, 6)
        points.append(MinutiaPoint(ENDING, 300 - spread // 2 + x, 300 - spread // 2 + y, int(angle) % 256, rng.randrange(1, 101)))
    return points


def moved(points: Points, degrees: float, dx: float = 0, dy: float = 0) -> Points:
    """The finger turned counter-clockwise about (300, 300) and shifted."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        MinutiaPoint(
            m.kind,
            round(300 + (m.x - 300) * c + (m.y - 300) * s + dx),
            round(300 - (m.x - 300) * s + (m.y - 300) * c + dy),
            round(m.angle + degrees * 256 / 360) % 256,
            m.quality,
        )
        for m in points
    ]


def ready(points: Points) -> mcc.Comparable:
    return mcc.comparable(mcc.cylinders(points))


def test_columns_and_sections_are_those_of_the_paper() -> None:
    assert mcc.COLUMN_COUNT == 52
    assert (np.hypot(*mcc.COLUMNS.T) <= mcc.RADIUS).all()
    assert mcc._SHARES.shape == (256, mcc.SECTIONS)
    np.testing.assert_allclose(mcc._SHARES.sum(axis=1), 1, atol=0.01)
    assert mcc._SHARES[0].argmax() == mcc.SECTIONS // 2


def test_a_quarter_turn_changes_no_bit() -> None:
    """Turns by right angles keep whole pixels, so cylinders must be equal one by one."""
    points = scattered(3)
    straight, turned = mcc.cylinders(points), mcc.cylinders(moved(points, 90, 40, -70))
    assert len(straight) == len(turned) > 30
    places = zip(turned.x.tolist(), turned.y.tolist(), strict=True)
    back = {(300 - (y + 70 - 300), 300 + (x - 40 - 300)): i for i, (x, y) in enumerate(places)}
    order = [back[x, y] for x, y in zip(straight.x.tolist(), straight.y.tolist(), strict=True)]
    assert ((turned.angle[order] - straight.angle) % 256 == 64).all()
    assert (turned.cells[order] != straight.cells).mean() < 0.002
    assert (turned.valid[order] == straight.valid).all()


@pytest.mark.parametrize("degrees", [-45, -20, 7, 30, 80])
def test_turned_and_shifted_is_the_same_finger(degrees: float) -> None:
    points = scattered(5)
    assert relax.score(ready(points), ready(moved(points, degrees, 33, -21))) > 2 * DECISION


def test_upside_down_and_mirrored_are_not() -> None:
    points = scattered(5)
    mirrored = [MinutiaPoint(m.kind, 600 - m.x, m.y, (128 - m.angle) % 256, m.quality) for m in points]
    assert relax.score(ready(points), ready(moved(points, 180))) < DECISION
    assert relax.score(ready(points), ready(mirrored)) < DECISION


def test_a_cylinder_is_wholly_like_itself() -> None:
    one = ready(scattered(8))
    alike = mcc.likeness(one, one)
    np.testing.assert_allclose(np.diag(alike), 1, atol=1e-6)
    assert (alike <= 1).all()
    assert (alike >= 0).all()
    assert alike.argmax(axis=1).tolist() == list(range(len(one)))


def test_different_fingers_stay_below_and_half_a_finger_above() -> None:
    fingers = [ready(scattered(seed)) for seed in range(10)]
    assert max(relax.score(a, b) for a, b in combinations(fingers, 2)) < DECISION
    for seed in range(10):
        half = [m for m in scattered(seed, 70) if m.y < 320]
        assert relax.score(ready(half), ready(scattered(seed, 70))) > ALARM


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(3, 60), st.integers(3, 60))
def test_order_of_the_two_does_not_matter(a: int, b: int, n: int, m: int) -> None:
    one, other = ready(scattered(a, n)), ready(scattered(b, m))
    forth = relax.score(one, other)
    assert forth == pytest.approx(relax.score(other, one), abs=1e-4)
    assert 0 <= similarity(forth) < 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 16383), st.integers(0, 16383), st.integers(0, 255)), max_size=40))
def test_any_places_give_finite_scores(places: list[tuple[int, int, int]]) -> None:
    one = ready([MinutiaPoint(ENDING, x, y, a, 50) for x, y, a in places])
    score = relax.score(one, ready(scattered(1)))
    assert math.isfinite(score)
    assert score >= 0
    assert form.decode(form.encode(one.found)).cells.shape == one.found.cells.shape


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_minutiae_are_like_nothing(count: int) -> None:
    few = ready(scattered(1, count))
    assert len(few) == 0
    assert relax.score(few, ready(scattered(1))) == relax.score(few, few) == 0.0


def test_minutiae_in_one_spot_or_on_one_line() -> None:
    spot = [MinutiaPoint(ENDING, 100, 100, a, 50) for a in range(0, 250, 10)]
    line = [MinutiaPoint(ENDING, 40 + 9 * i, 100, 10 * i % 256, 50) for i in range(25)]
    for points in (spot, line, spot * 3):
        assert math.isfinite(relax.score(ready(points), ready(points)))
    assert form.encode(mcc.cylinders(spot * 3)) == form.encode(mcc.cylinders(spot))


def test_255_minutiae_of_a_foreign_template() -> None:
    many = scattered(2, 255, 500)
    assert len(mcc.cylinders(many)) > 200
    assert relax.score(ready(many), ready(moved(many, 10, 5, 5))) > DECISION


def test_no_minutia_takes_part_twice() -> None:
    rows, columns = relax.best_pairs(mcc.likeness(ready(scattered(1)), ready(scattered(2))), 30)
    assert len(set(rows.tolist())) == len(rows) == len(columns) == len(set(columns.tolist()))


def test_similarity_has_one_half_at_the_decision() -> None:
    assert (similarity(0), similarity(-1), similarity(DECISION)) == (0.0, 0.0, 0.5)
    values = [similarity(s / 50) for s in range(500)]
    assert values == sorted(values)
    assert EVIDENCE_FROM < DECISION < ALARM


# -- retained forms ----------------------------------------------------------------------------------------------------------------


def test_a_form_says_all_and_stays_small() -> None:
    found = mcc.cylinders(scattered(4, 90))
    data = form.encode(found)
    back = form.decode(data)
    assert form.encode(back) == data
    for name in ("x", "y", "angle", "cells", "valid"):
        assert (getattr(back, name) == getattr(found, name)).all()
    assert form.HEAD + form.MOST * form.EACH + form.TAIL <= 4096
    assert form.encode(mcc.nothing()) == b"KTPM\x01\x00" + zlib.crc32(b"KTPM\x01\x00").to_bytes(4)
    with pytest.raises(ValueError, match="at most 90"):
        form.encode(mcc.cylinders(scattered(2, 255, 500)))


def test_every_damaged_octet_and_every_cut_is_noticed() -> None:
    data = form.encode(mcc.cylinders(scattered(4, 12, 120)))
    for at in range(len(data)):
        with pytest.raises(BadInput):
            form.decode(data[:at])
        broken = bytearray(data)
        broken[at] ^= 1 << at % 8
        with pytest.raises(BadInput):
            form.decode(bytes(broken))
    with pytest.raises(BadInput):
        form.decode(data + b"\0")


def test_forms_that_lie_with_a_right_check_sum() -> None:
    """A hostile writer can compute the sum; what it says must still make sense."""
    data = form.encode(mcc.cylinders(scattered(4, 12, 120)))
    n = data[5]

    def told(at: int, value: int) -> bytes:
        body = bytearray(data[: -form.TAIL])
        body[at] = value
        return bytes(body) + zlib.crc32(body).to_bytes(form.TAIL)

    valid_at = form.HEAD + n * (form.PLACE_OCTETS + form.CELL_OCTETS)
    for at, value, field in (
        (form.HEAD, 0xFF, "x"), (form.HEAD + 2, 0xFF, "y"), (form.HEAD, 0x3F, "order"),
        (valid_at - 1, 0xFF, "cells"), (valid_at + form.VALID_OCTETS - 1, 0xFF, "valid"),
    ):
        with pytest.raises(BadInput) as caught:
            form.decode(told(at, value), "finger")
        assert caught.value.facts["field"] == field
    with pytest.raises(BadInput) as caught:
        form.decode(told(5, 91))
    assert caught.value.message_key == "record.length"
    with pytest.raises(BadInput) as caught:
        form.decode(told(4, 2))
    assert caught.value.facts["field"] == "version"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
def test_noise_is_no_form(data: bytes) -> None:
    for candidate in (data, b"KTPM\x01" + data):
        with pytest.raises(BadInput):
            form.decode(candidate)
