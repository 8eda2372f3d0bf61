"""Fingers from platen to template: segmentation, quality, what is no finger, same and different."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import resources

import bio_synth
import cv2
import numpy as np
import pytest
from bio_an2k import finger_images
from bio_samples import finger_png, sample
from PIL import Image

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.match import CARD_MINUTIAE, MATCH_THRESHOLD, FingerMatcher, similarity
from ktpel_kiosk.biometrics.nbis_engine import NbisEngine, self_test_difference
from ktpel_kiosk.biometrics.quality import finger
from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.biometrics.segment import Tip, left_to_right, segment, wrong_hand
from ktpel_kiosk.domain.biometric import FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position
from ktpel_kiosk.domain.errors import BadInput

ENGINE = NbisEngine()
MATCHER = FingerMatcher(ENGINE, memory=200)
MOCK = "mosip-mock-services/MockMDS/Profile/Default/"


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    assert ENGINE.failure() == ""


def _live_slaps() -> dict[int, images.Grey]:
    path = sample("nbis-5.0.0/misc/an2kconvert/testdata/valid1.8.an2")
    return {code: images.to_grey(codecs.decode_wsq(data)) for code, _w, _h, data in finger_images(path)}


# -- segmentation ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tilt", [-15, 0, 12])
@pytest.mark.parametrize("gap", [20, 120])
def test_four_synthetic_fingers_are_found_in_order(tilt: float, gap: int) -> None:
    tips = segment(bio_synth.slap((1, 2, 3, 4), tilt=tilt, gap=gap), 4)
    assert len(tips) == 4
    alone = [
        finger_png(bio_synth.finger(s, width=w, height=h))
        for s, (w, h) in zip((1, 2, 3, 4), ((290, 400), (300, 420), (290, 400), (240, 340)), strict=True)
    ]
    for tip, reference in zip(tips, alone, strict=True):
        assert MATCHER.same(finger_png(tip.image), reference) >= MATCH_THRESHOLD


def test_touching_fingers_are_parted() -> None:
    assert len(segment(bio_synth.slap((1, 2, 3, 4), gap=-22), 4)) == 4


@pytest.mark.parametrize("seeds", [(1,), (1, 2), (1, 2, 3, 4)])
def test_count_is_what_lies_there_not_what_was_asked(seeds: tuple[int, ...]) -> None:
    for asked in (1, 2, 4):
        assert len(segment(bio_synth.slap(seeds, gap=80), asked)) == len(seeds)


def test_empty_platen_has_no_tips() -> None:
    noise = np.random.default_rng(3).normal(250, 2, (1000, 1600))
    assert segment(np.clip(noise, 0, 255).astype(np.uint8), 4) == []
    assert segment(np.full((1000, 1600), 255, np.uint8), 4) == []


@pytest.mark.parametrize(
    ("code", "expected", "centres"),
    [
        (13, 4, [(325, 480), (615, 180), (960, 250), (1370, 630)]),
        (14, 4, [(195, 780), (495, 340), (790, 160), (1120, 360)]),
        (15, 2, [(420, 480), (1180, 480)]),
    ],
)
def test_live_scan_slap(code: int, expected: int, centres: list[tuple[int, int]]) -> None:
    tips = segment(_live_slaps()[code], expected)
    assert len(tips) == expected
    for tip, (x, y) in zip(tips, centres, strict=True):
        assert tip.x < x < tip.x + tip.width
        assert tip.y < y < tip.y + tip.height
        assert tip.image.shape == (tip.height, tip.width)


def test_order_on_the_platen() -> None:
    assert left_to_right(RIGHT_FOUR) == list(RIGHT_FOUR)
    assert left_to_right(LEFT_FOUR) == list(reversed(LEFT_FOUR))
    assert left_to_right(tuple(reversed(THUMBS))) == [Position.LEFT_THUMB, Position.RIGHT_THUMB]


def test_wrong_hand_is_noticed_on_live_and_synthetic_slaps() -> None:
    slaps = _live_slaps()
    for image, hand, other in (
        (slaps[13], RIGHT_FOUR, LEFT_FOUR),
        (slaps[14], LEFT_FOUR, RIGHT_FOUR),
        (bio_synth.slap((1, 2, 3, 4)), RIGHT_FOUR, LEFT_FOUR),
        (bio_synth.slap((1, 2, 3, 4), right=False), LEFT_FOUR, RIGHT_FOUR),
    ):
        tips = segment(image, 4)
        assert not wrong_hand(tips, hand)
        assert wrong_hand(tips, other)


def test_two_fingers_and_boxes_of_a_plug_in_are_not_judged_for_the_hand() -> None:
    tips = [Tip(0, 0, 10, 10, np.zeros((10, 10), np.uint8))] * 4
    assert not wrong_hand(tips, RIGHT_FOUR)
    assert not wrong_hand(tips[:2], RIGHT_FOUR[:2])
    assert not wrong_hand(tips[:2], THUMBS)


# -- quality -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "score"), [(1, 54), (2, 45), (3, 53), (4, 52), (5, 57)])
def test_nfiq2_values_are_those_of_nist(number: int, score: int) -> None:
    """All 74 of NIST's published output for the image: unified score, actionable feedback and native measures, at its six digits."""
    with Image.open(sample(f"NFIQ2/examples/images/SFinGe_Test0{number}.pgm")) as picture:
        image = np.asarray(picture.convert("L"))
    found = ENGINE.extract(finger_png(image), image.shape[1], image.shape[0], quality=True)
    lines = sample(f"NFIQ2/examples/output/SFinGe_Test0{number}_output.txt").read_text("utf-8").splitlines()
    known = {name: float(value) for name, value in (line.split(": ") for line in lines if ": " in line)}
    assert len(known) == 74
    assert found.score == score == known.pop("UnifiedQualityScore")
    assert found.features is not None
    assert {name: f"{value:.6g}" for name, value in found.features.items()} == {name: f"{value:.6g}" for name, value in known.items()}


def test_a_subtly_wrong_build_fails_the_start_up_test() -> None:
    data = resources.files("ktpel_kiosk.biometrics").joinpath("data")
    known = json.loads(data.joinpath("selftest.json").read_text("utf-8"))
    width, height = known["size"]
    found = ENGINE.extract(data.joinpath("selftest.png").read_bytes(), width, height, quality=True)
    assert self_test_difference(found, known) == ""
    assert len(known["features"]) == 73
    assert found.features is not None
    for wrong, said in (
        (replace(found, score=61), "score 61, expected 60"),
        (replace(found, features=found.features | {"OCL_Bin10_Mean": found.features["OCL_Bin10_Mean"] * 1.001}), "OCL_Bin10_Mean"),
        (replace(found, features={}), "UniformImage None"),
        (replace(found, points=found.points[1:]), "45 minutiae"),
        (replace(found, points=(replace(found.points[0], x=found.points[0].x + 1), *found.points[1:])), "46 minutiae"),
    ):
        assert said in self_test_difference(wrong, known)


def _not_fingers() -> dict[str, images.Grey]:
    rng = np.random.default_rng(5)
    text = np.full((400, 300), 255, np.uint8)
    for y in range(20, 400, 22):
        cv2.putText(text, "Kartu Tanda Penduduk", (2, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1)
    ramp = np.tile(np.linspace(0, 255, 300), (400, 1)).astype(np.uint8)
    return {
        "noise": rng.integers(0, 256, (400, 300)).astype(np.uint8),
        "white": np.full((400, 300), 255, np.uint8),
        "text": text,
        "black": np.zeros((400, 300), np.uint8),
        "ramp": ramp,
        "eye": bio_synth.eye(1),
        "tiny": np.zeros((20, 20), np.uint8),
        "stripes of cloth": np.tile(((np.arange(300) // 40) % 2 * 200).astype(np.uint8), (400, 1)),
    }


@pytest.mark.parametrize("name", sorted(_not_fingers()))
def test_what_is_no_finger(name: str) -> None:
    measured = finger.measure(_not_fingers()[name])
    assert not measured.is_finger
    assert finger.own_score(measured) == 0


@pytest.mark.parametrize("hand", ["Left", "Right"])
@pytest.mark.parametrize("name", ["Thumb", "Index", "Middle", "Ring", "Little"])
def test_real_fingers_are_fingers(hand: str, name: str) -> None:
    grey = images.to_grey(to_raw(read_record(sample(f"{MOCK}Registration/{hand}_{name}.iso").read_bytes())))
    measured = finger.measure(grey)
    assert measured.is_finger
    assert finger.own_score(measured) >= 50


def test_hints_follow_the_picture() -> None:
    good = bio_synth.finger(2).astype(float)
    dry = np.clip(255 - (255 - good) * 0.35, 0, 255).astype(np.uint8)
    wet = np.clip(good * 0.45, 0, 255).astype(np.uint8)
    small = np.full((420, 300), 255, np.uint8)
    small[150:270, 100:200] = good[150:270, 100:200].astype(np.uint8)
    assert "finger.too_dry" in finger.hints(finger.measure(dry))
    assert "finger.too_wet" in finger.hints(finger.measure(wet))
    assert "finger.small_area" in finger.hints(finger.measure(small))
    assert finger.hints(finger.measure(good.astype(np.uint8))) == ()


def test_quality_without_the_library_is_our_own() -> None:
    found = finger.quality(finger.measure(bio_synth.finger(1)), None)
    assert (found.algorithm, found.vendor_id, found.algorithm_id) == ("ktpel-finger 1", 0, 0)
    assert found.score > 60


# -- matching ----------------------------------------------------------------------------------------------------------------------


def test_minutia_direction_is_the_iso_one() -> None:
    """One extra ridge coming from above: whether read as ending or bifurcation, ISO/IEC 19794-2 points up (64/256)."""
    y, x = np.mgrid[0:400, 0:400].astype(float)
    for phase in (0.0, 1.5, 3.0, 4.5):
        image = np.asarray(127 - 110 * np.cos(2 * np.pi * x / 9 + np.arctan2(y - 200, x - 200) + phase), np.uint8)
        (found,) = ENGINE.extract(finger_png(image), 400, 400, quality=False).points
        assert abs(found.angle - 64) <= 6
        assert abs(found.x - 200) <= 5
        assert abs(found.y - 200) <= 5


def _impressions() -> dict[tuple[str, int], bytes]:
    made = {
        (f"synthetic {s}", k): finger_png(bio_synth.finger(s, pressure_seed=k, shift=(8 * k, -11 * k), turn=7 * k))
        for s in range(1, 6)
        for k in (0, 1)
    }
    for person in ("p1", "p2"):
        for k in (1, 2, 3):
            with Image.open(sample(f"nbis-rs/test_data/{person}/{person}_{k}.png")) as picture:
                made[person, k] = finger_png(np.asarray(picture.convert("L")))
    return made


def test_same_and_different_fingers_fall_apart_at_the_threshold() -> None:
    known = _impressions()
    keys = list(known)
    for i, a in enumerate(keys):
        for b in keys[i + 1 :]:
            score = MATCHER.same(known[a], known[b])
            assert (score >= MATCH_THRESHOLD) == (a[0] == b[0]), (a, b, score)


def test_template_compares_as_the_image_it_came_from() -> None:
    """The card holds the best minutiae only: the likeness differs a little, the decision does not."""
    known = list(_impressions().values())
    for probe in known[::3]:
        for reference in known[::2]:
            by_card, by_image = MATCHER.same_as_template(probe, MATCHER.template(reference)), MATCHER.same(probe, reference)
            assert (by_card >= MATCH_THRESHOLD) == (by_image >= MATCH_THRESHOLD)


def test_template_is_a_record_others_can_read() -> None:
    record = fmr.decode(MATCHER.template(finger_png(bio_synth.finger(3))))
    (view,) = record.views
    assert (record.width, record.height, record.x_ppcm) == (300, 420, 197)
    assert 20 <= len(view.minutiae) <= CARD_MINUTIAE
    assert all(1 <= m.quality <= 100 for m in view.minutiae)


def test_damaged_template_and_damaged_picture_are_named() -> None:
    png = finger_png(bio_synth.finger(1))
    for call in (lambda: MATCHER.same_as_template(png, b"FMR\0 20\0"), lambda: MATCHER.same(png, b"no picture")):
        with pytest.raises(BadInput):
            call()


def test_blank_picture_matches_nothing() -> None:
    blank = finger_png(np.full((400, 300), 255, np.uint8))
    assert MATCHER.same(blank, blank) == 0.0
    assert fmr.decode(MATCHER.template(blank)).views[0].minutiae == ()
    assert MATCHER.same_as_template(blank, MATCHER.template(blank)) == 0.0


def test_the_finger_that_was_used_twice_is_found() -> None:
    """The live-scan sample holds a real sequence error: the first "thumb" is the right index again."""
    slaps = _live_slaps()
    tips = [t for code, n in ((13, 4), (14, 4), (15, 2)) for t in segment(slaps[code], n)]
    (pair,) = MATCHER.pairs([finger_png(t.image) for t in tips])
    assert pair[:2] == (0, 8)
    assert pair[2] > MATCHER.alarm


def test_a_whole_set_of_ten_raises_no_alarm() -> None:
    pngs = [images.encode_png(to_raw(read_record(sample(f"{MOCK}Registration/{p.value.title()}.iso").read_bytes()))) for p in FINGERS]
    assert MATCHER.pairs(pngs) == []


def test_similarity_keeps_order_and_meets_one_half_at_the_decision() -> None:
    values = [similarity(s) for s in range(500)]
    assert values == sorted(values)
    assert (similarity(0), similarity(45)) == (0.0, 0.5)
    assert max(values) < 1


def test_extraction_is_the_same_on_two_threads() -> None:
    pngs = [finger_png(bio_synth.finger(s)) for s in range(1, 7)]
    one = [ENGINE.extract(p, 300, 420, quality=True) for p in pngs]
    with ThreadPoolExecutor(2) as pool:
        two = list(pool.map(lambda p: ENGINE.extract(p, 300, 420, quality=True), pngs))
    assert one == two
