"""Which attempt counts, and what an office may set. Pure rules, so properties."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.domain import capture_rules
from ktpel_kiosk.domain.biometric import EYES, FINGERS, RIGHT_FOUR, SLAPS, THUMBS, Position, Quality
from ktpel_kiosk.domain.capture_rules import BestOf, CaptureRules, Limit
from ktpel_kiosk.domain.errors import BadInput

BSI, HIGHEST, LAST = (CaptureRules(best_of=b) for b in (BestOf.BSI, BestOf.TERTINGGI, BestOf.TERAKHIR))
FEW = settings(max_examples=40)
SCORES = st.one_of(st.integers(0, 100), st.just(255))


def qualities(*scores: int, positions=RIGHT_FOUR):
    return {p: Quality("NFIQ2 2.3.0", s) for p, s in zip(positions, scores, strict=True)}


def slaps(count: int):
    return st.lists(st.tuples(*[SCORES] * count), min_size=1, max_size=6)


def fold(rules: CaptureRules, attempts, positions):
    """What is accepted after all attempts: position -> (score, number of the attempt)."""
    accepted: dict[Position, Quality] = {}
    origin: dict[Position, int] = {}
    for number, scores in enumerate(attempts):
        new = qualities(*scores, positions=positions)
        for p in rules.chosen(new, accepted):
            accepted[p], origin[p] = new[p], number
    return {p: (accepted[p].score, origin[p]) for p in positions}


@FEW
@given(slaps(4))
def test_bsi_keeps_one_whole_slap_the_best_by_index_middle_ring_little(attempts):
    kept = fold(BSI, attempts, RIGHT_FOUR)
    assert len({origin for _score, origin in kept.values()}) == 1

    def worth(scores):
        passes = all(s != 255 and s >= BSI.minimum(p) for p, s in zip(RIGHT_FOUR, scores, strict=True))
        return passes, tuple(-1 if s == 255 else s for s in scores)

    assert tuple(kept[p][0] for p in RIGHT_FOUR) == max(attempts, key=worth)


@FEW
@given(slaps(2))
def test_bsi_compares_the_right_thumb_first(attempts):
    left, right = THUMBS
    kept = fold(BSI, attempts, THUMBS)
    passing = [a for a in attempts if all(s != 255 and s >= 30 for s in a)]
    best = max(passing or attempts, key=lambda a: tuple(-1 if s == 255 else s for s in reversed(a)))
    assert (kept[left][0], kept[right][0]) == best


@FEW
@given(slaps(4))
def test_highest_takes_each_finger_from_where_it_was_best(attempts):
    kept = fold(HIGHEST, attempts, RIGHT_FOUR)
    for i, p in enumerate(RIGHT_FOUR):
        assert kept[p][0] == max((a[i] for a in attempts), key=lambda s: -1 if s == 255 else s)


@FEW
@given(slaps(4))
def test_last_is_last(attempts):
    assert all(origin == len(attempts) - 1 for _s, origin in fold(LAST, attempts, RIGHT_FOUR).values())


@FEW
@given(st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=5), st.sampled_from((BSI, HIGHEST, LAST)))
def test_eyes_are_always_chosen_one_by_one(attempts, rules):
    kept = fold(rules, attempts, EYES)
    for i, p in enumerate(EYES):
        assert kept[p][0] == max((a[i] for a in attempts), key=lambda s: -1 if s == 255 else s)


def test_the_rules_differ_on_one_example():
    first, second = (40, 12, 30, 30), (35, 50, 50, 50)
    assert fold(BSI, [first, second], RIGHT_FOUR)[Position.RIGHT_INDEX] == (35, 1)  # the second passes whole
    worse = (35, 50, 50, 5)
    assert {o for _s, o in fold(BSI, [first, worse], RIGHT_FOUR).values()} == {0}   # none passes: the index decides
    assert [o for _s, o in fold(HIGHEST, [first, worse], RIGHT_FOUR).values()] == [0, 1, 1, 0]


def test_a_finger_that_has_nothing_yet_takes_what_comes():
    accepted = qualities(60, positions=(Position.RIGHT_INDEX,))
    new = qualities(35, 40, 41, 42)
    chosen = BSI.chosen(new, accepted)
    assert chosen == set(RIGHT_FOUR) - {Position.RIGHT_INDEX}


@FEW
@given(st.permutations(FINGERS), st.data())
def test_slaps_in_one_capture_are_judged_apart(order, data):
    old = {p: Quality("NFIQ2 2.3.0", data.draw(SCORES)) for p in order}
    new = {p: Quality("NFIQ2 2.3.0", data.draw(SCORES)) for p in order}
    chosen = BSI.chosen(new, old)
    for slap in SLAPS:
        assert set(slap) <= chosen or not set(slap) & chosen


def test_own_scores_count_only_where_the_office_says_so():
    own = Quality("ktpel-finger 1", 90)
    assert CaptureRules().passes(Position.LEFT_INDEX, own)
    strict = CaptureRules(tanpa_nfiq2=False)
    assert not strict.passes(Position.LEFT_INDEX, own)
    assert strict.passes(Position.LEFT_INDEX, Quality("NFIQ2 2.3.0", 90))
    assert strict.passes(Position.FACE, Quality("ktpel-face 1", 90))


def test_bsi_defaults():
    assert [CaptureRules().minimum(p) for p in FINGERS] == [30, 30, 20, 10, 10] * 2
    assert {CaptureRules().tries(p) for p in FINGERS} == {3}
    assert CaptureRules().best_of is BestOf.BSI


LIMITS = st.builds(Limit, st.integers(1, 90), st.integers(1, 9))


@FEW
@given(st.fixed_dictionaries(dict.fromkeys(capture_rules.POSITIONS, LIMITS)), st.sampled_from(BestOf), *[st.booleans()] * 3)
def test_text_and_back(limits, best, a, b, c):
    rules = CaptureRules(limits, best, a, b, c)
    again = capture_rules.of_text(capture_rules.to_text(rules))
    assert (dict(again.limits), again.best_of, again.ganti_latar, again.cari_ganda, again.tanpa_nfiq2) == (limits, best, a, b, c)
    assert capture_rules.differences(rules, again) == ()


@FEW
@given(st.one_of(st.text(max_size=80), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["batas", "pilih", "format", "ganti_latar", "cari_ganda", "tanpa_nfiq2", "right_thumb", "x"]), inner, max_size=8)).map(json.dumps)))
def test_damaged_rules_are_one_clear_error(text):
    try:
        capture_rules.checked(capture_rules.of_text(text))
    except BadInput as error:
        assert error.message_key.startswith("rules.")


@FEW
@given(st.text(max_size=30), st.sampled_from(("rules.minimum", "rules.tries")))
def test_typed_numbers(text, key):
    try:
        assert 0 <= capture_rules.number(text, key, Position.LEFT_RING) <= 9999
    except BadInput as error:
        assert error.message_key == key
        assert error.facts["position"] == "left_ring"


@pytest.mark.parametrize(("limit", "key"), [
    (Limit(0, 3), "rules.minimum"), (Limit(91, 3), "rules.minimum"), (Limit(True, 3), "rules.minimum"), (Limit(30, 0), "rules.tries"),
    (Limit(30, 10), "rules.tries"), (Limit("30", 3), "rules.minimum"),
])
def test_limits_have_limits(limit, key):
    with pytest.raises(BadInput) as caught:
        CaptureRules().with_limits({Position.LEFT_RING: limit})
    assert caught.value.message_key == key
    assert caught.value.facts["position"] == "left_ring"


def test_differences_name_what_changed():
    now = CaptureRules(best_of=BestOf.TERTINGGI, ganti_latar=True).with_limits({Position.RIGHT_THUMB: Limit(35, 4)})
    assert capture_rules.differences(CaptureRules(), now) == (
        "right_thumb 30/3 > 35/4", "pilih bsi > tertinggi", "ganti_latar tidak > ya")
