"""Portraits: framing, pose, light, cloth, and who may be in the picture; with the neural models and without."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from bio_samples import sample
from face_scenes import RGB, frame_of

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.face import measures as pixel
from ktpel_kiosk.biometrics.face import models
from ktpel_kiosk.biometrics.face.framing import FULL_FRONTAL
from ktpel_kiosk.biometrics.images import luma
from ktpel_kiosk.biometrics.quality import face
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson


@pytest.fixture(params=["network", "haar"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way faces are found; without the models' files only the second is run."""
    if request.param == "haar":
        monkeypatch.setattr(models, "files", lambda: ({}, "switched off"))
    elif not models.available():
        pytest.skip(models.trouble())
    return str(request.param)


@pytest.mark.parametrize("cloth", ["merah", "biru"])
@pytest.mark.parametrize("sex", ["L", "P"])
def test_good_portrait_before_the_right_cloth_passes(way: str, cloth: str, sex: str) -> None:
    portrait, quality = face.assess(frame_of(cloth, sex=sex), cloth)
    assert portrait.shape == (800, 600, 3)
    assert quality.score >= 80
    assert quality.hints == ()
    assert quality.algorithm == ("ktpel-face 2" if way == "network" else "ktpel-face 2 Haar")
    assert quality.vendor_id == quality.algorithm_id == 0


@pytest.mark.parametrize(("cloth", "asked"), [("merah", "biru"), ("biru", "merah"), ("abu", "merah"), ("putih", "biru")])
def test_wrong_cloth_never_passes(way: str, cloth: str, asked: str) -> None:
    _, quality = face.assess(frame_of(cloth), asked)
    assert quality.score < 40
    assert "face.background" in quality.hints


def test_portrait_keeps_the_geometry_of_a_full_frontal_image(way: str) -> None:
    portrait, quality = face.assess(frame_of("merah", size=(1280, 960)), "merah")
    again = face.find(portrait)
    assert 0.45 * 600 <= again.middle[0] <= 0.55 * 600
    assert abs(again.middle[1] - face.EYE_LINE * 800) < 40
    assert 120 <= again.eye_distance <= 190
    if way == "haar":
        assert not set(face.NEED_LANDMARKS) & set(quality.measures)
        assert quality.measures["landmarks"] == 0
        return
    assert set(face.NEED_LANDMARKS) <= set(quality.measures)
    assert quality.measures["full_frontal"] == 1.0
    assert all(low <= quality.measures[name] <= high for name, (low, high) in FULL_FRONTAL.items())


LIGHT: list[tuple[Callable[[RGB], RGB], str]] = [
    (lambda f: np.asarray(f * 0.22, np.uint8), "face.dark"),
    (lambda f: np.asarray(np.clip(f * 2.2 + 60, 0, 255), np.uint8), "face.bright"),
    (lambda f: np.asarray(cv2.GaussianBlur(f, (0, 0), 4), np.uint8), "face.blurred"),
    (lambda f: np.asarray(f * np.interp(np.arange(640), (290, 350), (1.0, 0.45))[None, :, None], np.uint8), "face.uneven"),
]


@pytest.mark.parametrize(("change", "hint"), LIGHT, ids=[h for _, h in LIGHT])
def test_light_and_focus_are_noticed(way: str, change: Callable[[RGB], RGB], hint: str) -> None:
    good, _, _ = face.judge(frame_of(), "merah")
    bad, _, _ = face.judge(change(frame_of()), "merah")
    assert hint in bad.hints
    assert hint not in good.hints
    assert bad.score < good.score


def _noisy(frame: RGB, sigma: float) -> RGB:
    grain = np.random.default_rng(5).normal(0, sigma, frame.shape)
    return np.asarray(np.clip(frame + grain, 0, 255), np.uint8)


def test_noise_is_no_sharpness(way: str) -> None:
    """A lens blurs before the sensor adds its noise; a noisy sharp face stays sharp."""
    sharp = frame_of()
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 4), np.uint8)
    for sigma in (3, 6):
        assert "face.blurred" not in face.judge(_noisy(sharp, sigma), "merah")[0].hints
        assert "face.blurred" in face.judge(_noisy(blurred, sigma), "merah")[0].hints


@pytest.mark.parametrize("of", ["Registration", "Auth"])
def test_a_soft_real_portrait_is_sharp_enough(of: str) -> None:
    raw = to_raw(read_record(sample(f"mosip-mock-services/MockMDS/Profile/Default/{of}/Face.iso").read_bytes()))
    picture = images.to_array(raw)
    focus = [pixel.sharpness(luma(np.asarray(p, np.uint8))) for p in (picture, cv2.GaussianBlur(picture, (0, 0), 2.4))]
    assert "face.blurred" not in face.judge(picture, "biru")[0].hints
    assert focus[1] < 0.6 * focus[0]


@pytest.mark.parametrize(
    ("how", "hint"),
    [
        ({"scale": 0.6, "dy": 0}, "face.too_far"),
        ({"dx": -215}, "face.left"),
        ({"dx": 215}, "face.right"),
        ({"dy": -15}, "face.high"),
        ({"dy": 130}, "face.low"),
        ({"turn": 14}, "face.tilt"),
        ({"scale": 2.0, "dy": 300}, "face.too_close"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_place_in_the_picture_is_the_first_hint(way: str, how: dict[str, float], hint: str) -> None:
    quality = face.preview(frame_of(**how), "biru")  # the wrong cloth is mended later
    assert quality.hints == (hint,)


def test_hints_come_in_the_order_in_which_they_are_mended(way: str) -> None:
    if way == "haar":
        pytest.skip("the cascade finds no face that is leaned, blurred and aside at once")
    frame = cv2.GaussianBlur(frame_of("abu", dx=-215, turn=13), (0, 0), 3)
    quality, _, _ = face.judge(np.asarray(frame, np.uint8), "merah")
    wanted = ["face.left", "face.tilt", "face.blurred", "face.background"]
    assert [h for h in quality.hints if h in wanted] == wanted
    assert face.preview(np.asarray(frame, np.uint8), "merah").hints == ("face.left",)


def test_closed_eyes_are_noticed(way: str) -> None:
    awake, asleep = (face.judge(frame_of(asleep=a), "merah")[0] for a in (False, True))
    assert "face.eyes" not in awake.hints
    if way == "network":
        assert asleep.measures["eyes_open"] < 50 < awake.measures["eyes_open"]
        assert "face.eyes" in asleep.hints


@pytest.mark.skipif(not models.available(), reason=models.trouble())
@pytest.mark.parametrize(("look", "hint", "mirrored"), [("head_turned", "face.turn_right", "face.turn_left"),
                                                        ("mouth_open", "face.mouth", "face.mouth")])
def test_a_turned_head_and_an_open_mouth_are_noticed(look: str, hint: str, mirrored: str) -> None:
    """The synthetic head turns to its own left, which is the picture's right."""
    person = SyntheticPerson(2, 1980, "L")
    frame = images.to_array(person.camera_frame("biru", 1.0, look=look))
    assert face.preview(frame, "biru").hints == (hint,)
    assert face.preview(np.ascontiguousarray(frame[:, ::-1]), "biru").hints == (mirrored,)


def test_preview_tells_where_to_draw(way: str) -> None:
    quality = face.preview(frame_of(dx=60), "merah")
    _, found, framing = face.judge(frame_of(dx=60), "merah", quick=True)
    at = quality.measures
    assert at["eye_left_x"] * 640 == pytest.approx(found.left_eye[0], abs=0.1)
    assert at["eye_right_y"] * 480 == pytest.approx(found.right_eye[1], abs=0.1)
    assert at["crop_w"] * 640 == pytest.approx(framing.width, abs=0.1)
    assert 0.5 < (at["eye_left_x"] + at["eye_right_x"]) / 2 < 0.65
    assert at["face_y"] < at["eye_left_y"] < at["face_y"] + at["face_h"]


def test_wrinkled_cloth_is_uneven(way: str) -> None:
    folds = np.clip(np.full((480, 640, 3), (150, 20, 30)) + np.sin(np.arange(640) / 9)[None, :, None] * 100, 0, 255)
    _, quality = face.assess(frame_of(behind=np.asarray(folds, np.uint8)), "merah")
    assert "face.background_uneven" in quality.hints


def test_two_people_are_refused_and_counted(way: str) -> None:
    one = frame_of(dx=0, size=(480, 480))
    with pytest.raises(CaptureFailed) as caught:
        face.judge(np.hstack([one, one]), "merah")
    assert caught.value.message_key == "face.many"
    assert dict(caught.value.facts)["count"] == 2
    assert face.preview(np.hstack([one, one]), "merah").hints == ("face.many",)


def test_somebody_far_behind_is_no_second_applicant(way: str) -> None:
    frame = frame_of(dx=-40).copy()
    frame[20:140, 520:640] = cv2.resize(frame_of(size=(480, 480)), (120, 120), interpolation=cv2.INTER_AREA)
    quality, _, _ = face.judge(frame, "merah")
    assert quality.score > 40


@pytest.mark.parametrize("seed", [9, 11, 1])
def test_one_veiled_head_is_one_face(way: str, seed: int) -> None:
    """Cascades find a second, larger face in the folds of a veil."""
    quality, found, _ = face.judge(frame_of("biru", seed=seed, born=1990, sex="P", size=(960, 720)), "biru")
    assert found.eyes_seen
    assert quality.score >= 80


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_camera_is_told(way: str, turns: int) -> None:
    frame = np.ascontiguousarray(np.rot90(frame_of(size=(480, 480)), turns))
    with pytest.raises(CaptureFailed) as caught:
        face.assess(frame, "merah")
    assert caught.value.message_key == "face.camera_turned"


@pytest.mark.parametrize(
    "frame",
    [np.zeros((480, 640, 3), np.uint8), np.random.default_rng(2).integers(0, 256, (480, 640, 3)).astype(np.uint8),
     np.full((480, 640, 3), (196, 24, 38), np.uint8), np.zeros((3, 3000, 3), np.uint8), np.zeros((1, 1, 3), np.uint8),
     np.zeros((70, 4000, 3), np.uint8)],
    ids=["black", "noise", "cloth", "strip", "dot", "band"],
)
def test_nobody_there(way: str, frame: RGB) -> None:
    with pytest.raises(CaptureFailed) as caught:
        face.judge(frame, "merah")
    assert caught.value.message_key == "face.none"
    quality = face.preview(frame, "merah")
    assert (quality.score, quality.hints, quality.measures) == (0, ("face.none",), {})


def test_a_mirrored_picture_gives_mirrored_hints(way: str) -> None:
    frame = frame_of(dx=-215)
    assert face.preview(frame, "merah").hints == ("face.left",)
    assert face.preview(np.ascontiguousarray(frame[:, ::-1]), "merah").hints == ("face.right",)


def test_a_dog_is_no_applicant(way: str) -> None:
    raw = to_raw(read_record(sample("libbiomeval/src/test/test_data/face01.iso2005").read_bytes()))
    with pytest.raises(CaptureFailed):
        face.judge(images.to_array(raw), "merah")


def test_a_real_person_is_found_alike_in_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = to_raw(read_record(sample("mosip-mock-services/MockMDS/Profile/Default/Registration/Face.iso").read_bytes()))
    picture = np.asarray(cv2.resize(images.to_array(raw), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    if not models.available():
        pytest.skip(models.trouble())
    neural = face.find(picture)
    monkeypatch.setattr(models, "files", lambda: ({}, "switched off"))
    haar = face.find(picture)
    assert math.dist(neural.left_eye, haar.left_eye) < 0.15 * neural.eye_distance
    assert math.dist(neural.right_eye, haar.right_eye) < 0.15 * neural.eye_distance


def test_a_wrong_cloth_caps_the_score_whatever_else_is_good() -> None:
    quality, found, framing = face.judge(frame_of(), "merah")
    values = quality.measures | {"cloth": 0.0}
    assert face.quality(values, found, framing, False).score == face.WRONG_CLOTH_SCORE
    assert face.quality(values, replace(found, eyes_seen=False), framing, False).score <= face.WRONG_CLOTH_SCORE


@pytest.mark.parametrize(
    ("hue", "merah", "biru"),
    [
        (0, True, False),
        (12, True, False),
        (13, False, False),
        (165, True, False),
        (164, False, False),
        (91, False, False),
        (92, False, True),
        (132, False, True),
        (133, False, False),
    ],
)
def test_cloth_borders(hue: float, merah: bool, biru: bool) -> None:
    assert face.is_cloth("merah", hue, 80, 50) is merah
    assert face.is_cloth("biru", hue, 80, 50) is biru
    assert not face.is_cloth("merah", 0, 79, 50)
    assert not face.is_cloth("merah", 0, 80, 49)
