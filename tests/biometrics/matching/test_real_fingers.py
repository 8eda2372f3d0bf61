"""Real live scans: the same finger far above the decision, others far below, by both matchers, from images, templates and forms."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from bio_samples import finger_png, sample
from PIL import Image

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.match import CylinderScorer, FingerMatcher, bozorth_matcher
from ktpel_kiosk.biometrics.matching import search, thresholds
from ktpel_kiosk.biometrics.nbis_engine import NbisEngine
from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.biometric import Position

ENGINE = NbisEngine()
MATCHER, SECOND = FingerMatcher(ENGINE), bozorth_matcher(ENGINE)
MOCK = "mosip-mock-services/MockMDS/Profile/Default"
AFIS = "sourceafis-java/src/test/resources/com/machinezoo/sourceafis"
HANDS = (Position.RIGHT_INDEX, Position.RIGHT_LITTLE, Position.LEFT_THUMB, Position.LEFT_MIDDLE)


def _grey(path: str) -> bytes:
    with Image.open(sample(path)) as picture:
        return finger_png(np.asarray(picture.convert("L")))


def _mock(session: str, position: Position) -> bytes:
    record = read_record(sample(f"{MOCK}/{session}/{position.value.title()}.iso").read_bytes())
    return finger_png(images.to_grey(to_raw(record)))


@pytest.fixture(scope="module")
def fingers() -> dict[tuple[str, str], bytes]:
    """(finger, touch) -> PNG."""
    found = {(p, k): _grey(f"nbis-rs/test_data/{p}/{p}_{k}.png") for p in ("p1", "p2") for k in "123"}
    found |= {(f, t): _grey(f"{AFIS}/{t}.png") for f, t in (("a", "probe"), ("a", "matching"), ("b", "nonmatching"))}
    return found | {(p.value, s): _mock(s, p) for p in HANDS for s in ("Registration", "Auth")}


def test_genuine_and_impostor_pairs_stand_far_apart(fingers: dict[tuple[str, str], bytes]) -> None:
    same, other = [], []
    for a, b in combinations(fingers, 2):
        (same if a[0] == b[0] else other).append(MATCHER.same(fingers[a], fingers[b]))
    assert len(same) == 11
    assert min(same) > 0.6
    assert max(other) < 0.35


def test_second_opinion_agrees(fingers: dict[tuple[str, str], bytes]) -> None:
    chosen = [k for k in fingers if k[1] in ("1", "3", "probe", "matching", "nonmatching")]
    for a, b in combinations(chosen, 2):
        assert (SECOND.same(fingers[a], fingers[b]) >= 0.5) == (a[0] == b[0]) == (MATCHER.same(fingers[a], fingers[b]) >= 0.5)


def test_the_chip_s_template_matches_the_live_finger(fingers: dict[tuple[str, str], bytes]) -> None:
    for position in HANDS:
        template = MATCHER.template(fingers[position.value, "Registration"])
        assert fmr.encode(fmr.decode(template)) == template
        for other in HANDS:
            score = MATCHER.same_as_template(fingers[other.value, "Auth"], template)
            assert (score >= 0.5) == (other is position), (position, other, score)


def test_a_whole_person_is_identified_by_forms(fingers: dict[tuple[str, str], bytes]) -> None:
    gallery = [("citizen", p, MATCHER.retained_form(fingers[p.value, "Registration"])) for p in HANDS]
    gallery += [(f"other {n}", p, MATCHER.retained_form(fingers["p1", str(n)])) for n, p in ((1, HANDS[0]), (2, HANDS[1]), (3, HANDS[2]))]
    (found,) = search.identify({p: MATCHER.retained_form(fingers[p.value, "Auth"]) for p in HANDS}, [gallery])
    assert found.person == "citizen"
    assert len(found.fingers) == len(HANDS)
    assert search.identify({p: MATCHER.retained_form(fingers["p2", str(n)]) for n, p in enumerate(HANDS[:3], 1)}, [gallery]) == []


def test_alarm_is_stricter_than_the_decision() -> None:
    assert CylinderScorer.alarm == thresholds.similarity(thresholds.ALARM) > 0.5
    assert SECOND.alarm > 0.5
