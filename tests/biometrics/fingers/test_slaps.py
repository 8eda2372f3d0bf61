"""What is read from one touch besides the prints: how many, which hand, which finger is missing, which way is up."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import platen as lab
from bio_an2k import finger_images
from bio_samples import sample

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.biometrics.segment import inverted, seems_missing, segment, upside_down, wrong_hand
from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed
from ktpel_kiosk.ports.devices import FingerCapture

SEED = 1000


@pytest.fixture(scope="module")
def hand() -> lab.Grey:
    return lab.hand(SEED, RIGHT_FOUR)[0]


def live(code: int) -> lab.Grey:
    path = sample("nbis-5.0.0/misc/an2kconvert/testdata/valid1.8.an2")
    return next(images.to_grey(codecs.decode_wsq(data)) for found, _w, _h, data in finger_images(path) if found == code)


def refused(platen: lab.Grey, asked: tuple[Position, ...], ppi: int = 500) -> CaptureFailed:
    with pytest.raises(CaptureFailed) as caught:
        FingerService().assess(FingerCapture(images.from_array(platen, ppi)), asked)
    return caught.value


@pytest.mark.parametrize("tilt", [-25.0, 25.0])
def test_tilted_hand_is_cut_whole_and_its_lean_known(tilt: float) -> None:
    platen, truth = lab.hand(SEED, RIGHT_FOUR, tilt=tilt, phalanges=True)
    tips = segment(platen, 4)
    assert len(tips) == 4
    assert not wrong_hand(tips, RIGHT_FOUR)
    assert wrong_hand(tips, LEFT_FOUR)
    for tip, true in zip(tips, truth, strict=True):
        assert lab.overlap((tip.x, tip.y, tip.width, tip.height), true.box) > 0.7
        assert abs(tip.angle - true.angle) < 12


def test_fingers_that_touch_are_parted_and_a_broad_thumb_is_not(hand: lab.Grey) -> None:
    touching, truth = lab.hand(SEED, RIGHT_FOUR, spacing=0.93)
    assert [lab.overlap((t.x, t.y, t.width, t.height), u.box) > 0.6 for t, u in zip(segment(touching, 4), truth, strict=True)] == [True] * 4
    assert len(segment(live(15), 4)) == 2
    assert len(segment(hand, 6)) == 4


def test_wet_fingers_black_in_the_middle_stay_whole() -> None:
    platen, truth = lab.hand(SEED, LEFT_FOUR[:2], condition="wet", phalanges=True)
    tips = segment(platen, 2)
    assert [lab.overlap((t.x, t.y, t.width, t.height), u.box) > 0.7 for t, u in zip(tips, truth, strict=True)] == [True, True]


def test_dirt_ghost_print_and_palm_are_not_counted(hand: lab.Grey) -> None:
    platen = hand.copy()
    ghost = lab.touch(SEED, Position.RIGHT_INDEX, 3, "normal", "")
    lab.lay(platen, ghost, (130.0, 160.0), 10.0, strength=0.12)
    rest = np.asarray(255 - (255 - np.tile(ghost[200:300, 100:300], (2, 4)).astype(np.float32)) * 0.8, np.uint8)
    platen[800:1000, 300:1100] = np.minimum(platen[800:1000, 300:1100], rest)
    assert len(segment(platen, 4)) == 4


@pytest.mark.parametrize(("code", "asked"), [(13, RIGHT_FOUR), (14, LEFT_FOUR)])
def test_real_slaps_hand_mirror_and_missing_finger(code: int, asked: tuple[Position, ...]) -> None:
    platen = live(code)
    tips = segment(platen, 4)
    other = LEFT_FOUR if asked is RIGHT_FOUR else RIGHT_FOUR
    assert (wrong_hand(tips, asked), wrong_hand(tips, other), upside_down(tips)) == (False, True, False)
    assert wrong_hand(segment(np.ascontiguousarray(platen[:, ::-1]), 4), asked)
    assert upside_down(segment(np.ascontiguousarray(platen[::-1, ::-1]), 4))
    order = list(asked) if asked is RIGHT_FOUR else list(reversed(asked))
    for gone, tip in zip(order, tips, strict=True):
        without = platen.copy()
        without[:, max(0, tip.x - 20) : tip.x + tip.width + 20][max(0, tip.y - 20) :] = 255
        left = segment(without, 4)
        assert len(left) == 3
        assert seems_missing(left, asked) in (gone, None)
        assert not wrong_hand(left, tuple(p for p in asked if p is not gone))


def test_missing_finger_is_named_and_six_are_too_many(hand: lab.Grey) -> None:
    three, _truth = lab.hand(SEED, (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE, Position.RIGHT_LITTLE))
    fault = refused(three, RIGHT_FOUR)
    assert fault.message_key == "finger.count"
    assert (fault.facts["expected"], fault.facts["found"], fault.facts["position"]) == (4, 3, "right_ring")
    six = np.hstack([np.full((1000, 260), 253, np.uint8), hand, np.full((1000, 260), 253, np.uint8)])
    for x in (140.0, 1980.0):
        lab.lay(six, lab.touch(SEED, Position.RIGHT_LITTLE, 1, "normal", ""), (x, 500.0), 0.0, scale=(0.8, 0.8))
    fault = refused(six, RIGHT_FOUR)
    assert (fault.message_key, fault.facts["expected"], fault.facts["found"]) == ("finger.count", 4, 6)


def test_wrong_drivers_are_named(hand: lab.Grey) -> None:
    assert refused(np.ascontiguousarray(hand[::-1, ::-1]), RIGHT_FOUR).message_key == "finger.upside_down"
    assert refused(255 - hand, RIGHT_FOUR).message_key == "finger.inverted"
    for ppi in (250, 1000):
        fault = refused(hand, RIGHT_FOUR, ppi)
        assert (fault.message_key, fault.facts["expected"], fault.facts["found"]) == ("finger.resolution", 500, ppi)
    assert inverted(255 - hand)
    assert not inverted(hand)


@pytest.mark.parametrize("name", ["white", "black", "noise", "grey"])
def test_platen_without_fingers(name: str) -> None:
    platen = {
        "white": np.full((1000, 1600), 255, np.uint8),
        "black": np.zeros((1000, 1600), np.uint8),
        "grey": np.full((1000, 1600), 128, np.uint8),
        "noise": np.random.default_rng(1).integers(0, 256, (1000, 1600)).astype(np.uint8),
    }[name]
    assert refused(platen, RIGHT_FOUR).message_key in ("finger.none", "finger.count", "finger.not_a_finger")


def test_cut_outs_of_a_device_are_checked() -> None:
    thumb = Position.LEFT_THUMB
    small = RawImage(60, 400, 1, bytes(24_000), 500)
    light = RawImage(400, 500, 1, np.ascontiguousarray(255 - lab.touch(SEED, Position.RIGHT_INDEX, 0, "normal", "")).tobytes(), 500)
    for image, key in ((small, "finger.too_small"), (light, "finger.inverted"), (RawImage(9, 9, 1, bytes(81), 1000), "finger.resolution")):
        with pytest.raises(CaptureFailed) as caught:
            FingerService().assess(FingerCapture(None, ((thumb, image),)), (thumb,))
        assert caught.value.message_key == key


@pytest.mark.parametrize("asked", [(), (Position.LEFT_EYE,), (Position.LEFT_THUMB, Position.LEFT_THUMB)])
def test_only_fingers_are_asked_for_each_once(asked: tuple[Position, ...]) -> None:
    with pytest.raises(BadInput) as caught:
        FingerService().assess(FingerCapture(None), asked)
    assert caught.value.message_key == "finger.positions"


def test_ink_card_is_out_of_scope_but_does_no_harm() -> None:
    path = sample("libbiomeval/src/test/test_data/type4-slaps.an2k")
    found = {code: segment(images.to_grey(codecs.decode_wsq(data)), 4) for code, _w, _h, data in finger_images(path)}
    assert set(found) == {11, 12, 13, 14}
    assert all(t.width > 0 and t.image.shape == (t.height, t.width) for tips in found.values() for t in tips)
