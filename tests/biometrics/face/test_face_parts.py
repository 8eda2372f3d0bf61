"""Landmarks, pose, light, person mask and the replaced cloth, each on its own."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_scenes import CLOTH, RGB, frame_of, sitter
from numpy.typing import NDArray

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.encode import chip_portrait
from ktpel_kiosk.biometrics.face import mask, measures, models
from ktpel_kiosk.biometrics.face.landmarks import _RIGID, Landmarks
from ktpel_kiosk.biometrics.face_service import FaceService
from ktpel_kiosk.biometrics.plugins import Plugins
from ktpel_kiosk.biometrics.quality import face
from ktpel_kiosk.domain.biometric import RawImage

needs_models = pytest.mark.skipif(not models.available(), reason=models.trouble())


def turned_head(yaw: float, pitch: float, roll: float, at: tuple[float, float] = (0.0, 0.0)) -> Landmarks:
    """The canonical head at 60 cm, turned, as a 45 degree VGA camera sees it; ``at`` in cm from the axis."""
    y, p, r = (math.radians(a) for a in (yaw, pitch, roll))
    around_y = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    around_x = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
    around_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    points = np.zeros((468, 3), np.float32)
    camera = np.array([[768, 0, 320], [0, 768, 240], [0, 0, 1]])
    for index, corner in _RIGID.items():
        seen = around_z @ around_y @ around_x @ (np.array(corner) * (1, -1, -1)) + (*at, 60.0)
        points[index, :2] = (camera @ seen / seen[2])[:2]
    return Landmarks(points, (640, 480))


@pytest.mark.parametrize("yaw", [-25, -8, 0, 8, 25])
@pytest.mark.parametrize("pitch", [-15, 0, 15])
def test_pose_of_a_turned_head_is_read_back(yaw: float, pitch: float) -> None:
    pose = turned_head(yaw, pitch, 0).pose()
    assert pose.yaw == pytest.approx(yaw, abs=0.7)
    assert pose.pitch == pytest.approx(pitch, abs=0.7)


def test_roll_is_that_of_the_eyes_and_a_head_aside_is_frontal_when_it_looks_into_the_camera() -> None:
    assert turned_head(0, 0, 12).pose().roll == pytest.approx(12, abs=0.5)
    sight = math.degrees(math.atan2(12, 60))
    pose = turned_head(-sight, 0, 0, (12.0, 0.0)).pose()
    assert pose.yaw == pytest.approx(0, abs=1.0)


def test_luminance_is_the_linear_one_of_srgb() -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]]], np.uint8)
    assert measures.luminance(colours).tolist() == [[0, 255, 54, 182, 18, 55]]


def test_histogram_measures_of_known_pictures() -> None:
    half = np.zeros((10, 10), np.uint8)
    half[:5] = 255
    shares = measures.histogram(half)
    assert measures.luminance_mean_variance(shares) == pytest.approx((0.5, 0.25))
    assert measures.exposure(shares) == pytest.approx((0.5, 0.5))
    assert measures.entropy(shares) == pytest.approx(1.0)
    assert measures.illumination(half[:5], half[5:]) == 0.0
    assert measures.illumination(half, half) == pytest.approx(1.0)
    assert measures.smooth_illumination(half, half) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("colour", "natural"), [((205, 160, 130), True), ((120, 80, 60), True), ((130, 140, 200), False), ((90, 200, 90), False)]
)
def test_skin_is_natural_and_blue_light_is_not(colour: tuple[int, int, int], natural: bool) -> None:
    value = measures.natural_colour(np.full((4, 4, 3), colour, np.uint8))
    assert (value < 5) is natural


def test_red_on_both_ends_of_the_hue_circle_is_one_red() -> None:
    hue, saturation, _, _ = measures.cloth_colour(np.array([[200, 20, 24], [200, 20, 16]] * 20, np.uint8))
    assert hue <= 3 or hue >= 177
    assert saturation > 200


def cut_out(cloth: str) -> tuple[RGB, NDArray[np.float32], tuple[float, float, float, float]]:
    """(portrait 600 x 800, true alpha, head box) of the sitter."""
    picture, alpha = sitter(4, 1990, "L", False)
    frame = np.empty((640, 480, 3), np.float32)
    frame[:] = CLOTH[cloth]
    out = np.asarray(np.clip(picture * alpha[:, :, None] + frame * (1 - alpha[:, :, None]), 0, 255), np.uint8)
    portrait = np.asarray(cv2.resize(out, (600, 800), interpolation=cv2.INTER_CUBIC), np.uint8)
    found = face.find(portrait)
    truth = np.clip(cv2.resize(alpha, (600, 800), interpolation=cv2.INTER_CUBIC), 0, 1)
    return portrait, truth, (found.x, found.y, found.width, found.height)


@pytest.mark.parametrize("way", ["network", "grabcut"])
@pytest.mark.parametrize("cloth", ["abu", "merah"])
def test_replaced_cloth_leaves_the_person_and_no_rim(monkeypatch: pytest.MonkeyPatch, way: str, cloth: str) -> None:
    portrait, truth, head = cut_out(cloth)
    if way == "grabcut":
        monkeypatch.setattr(models, "files", lambda: ({}, "switched off"))
    elif not models.available():
        pytest.skip(models.trouble())
    alpha = mask.matte(portrait, mask.person_mask(portrait, head))
    assert mask.clean_cut(portrait, alpha, strict=True)
    inside, outside = truth > 0.5, truth <= 0.5
    overlap = float(((alpha > 0.5) & inside).sum() / ((alpha > 0.5) | inside).sum())
    assert overlap > 0.975
    done = mask.replace_background(portrait, alpha, "biru")
    far = cv2.erode(outside.astype(np.uint8), np.ones((25, 25))) > 0
    assert np.abs(done[far].astype(int) - mask.CLOTH["biru"]).max() <= 8
    core = cv2.erode(inside.astype(np.uint8), np.ones((25, 25))) > 0
    assert np.abs(done[core].astype(int) - portrait[core]).max() <= 1
    if cloth == "merah":  # no red left between hair and the new blue
        rim = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9))) - cv2.erode(inside.astype(np.uint8), np.ones((3, 3)))
        hair = (rim > 0) & (np.arange(800)[:, None] < 330)
        red = (done[:, :, 0].astype(int) - np.maximum(done[:, :, 1], done[:, :, 2])) > 60
        assert red[hair].mean() < 0.02


def test_a_matte_that_cuts_off_hair_is_not_used() -> None:
    portrait, truth, _ = cut_out("abu")
    cropped = truth.copy()
    cropped[:200] = 0
    assert mask.clean_cut(portrait, truth, strict=True)
    assert not mask.clean_cut(portrait, np.asarray(cropped, np.float32), strict=True)
    for level in (0.0, 1.0):
        assert not mask.clean_cut(portrait, np.full((800, 600), level, np.float32), strict=False)


def test_office_that_allows_it_gets_the_cloth_replaced_and_the_record_says_so() -> None:
    frame = images.from_array(frame_of("putih"))
    service = FaceService()
    kept = service.assess(frame, "biru")
    replaced = service.assess(frame, "biru", replace_background=True)
    assert kept.quality.score < 40
    assert "background_replaced" not in kept.quality.measures
    assert replaced.quality.score >= 80
    assert replaced.quality.measures["background_replaced"] == 1.0
    assert replaced.quality.measures["cloth_before"] == 0.0
    corner = images.to_array(images.decode_png(replaced.data))[20, 20]
    assert np.abs(corner.astype(int) - mask.CLOTH["biru"]).max() <= 3


def test_a_fitting_cloth_is_left_alone() -> None:
    frame = images.from_array(frame_of("merah"))
    plain, allowed = (FaceService().assess(frame, "merah", replace_background=b) for b in (False, True))
    assert plain.data == allowed.data
    assert "background_replaced" not in allowed.quality.measures


def test_without_the_network_a_wild_wall_is_kept_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "files", lambda: ({}, "switched off"))
    wall = np.random.default_rng(3).integers(0, 256, (15, 20, 3)).astype(np.uint8)
    behind = np.asarray(cv2.resize(wall, (640, 480), interpolation=cv2.INTER_NEAREST), np.uint8)
    portrait, quality = face.assess(frame_of(behind=behind), "merah", replace_background=True)
    assert quality.hints[0] == "face.background_kept"
    assert quality.measures["background_replaced"] == 0.0
    assert quality.score < 40
    assert np.abs(portrait[:60, :60].astype(int) - mask.CLOTH["merah"]).mean() > 20


@needs_models
def test_the_network_replaces_a_wild_wall() -> None:
    wall = np.random.default_rng(3).integers(60, 200, (6, 8, 3)).astype(np.uint8)
    behind = np.asarray(cv2.resize(wall, (640, 480), interpolation=cv2.INTER_CUBIC), np.uint8)
    portrait, quality = face.assess(frame_of(behind=behind), "merah", replace_background=True)
    assert quality.measures["background_replaced"] == 1.0
    assert np.abs(portrait[:60, :60].astype(int) - mask.CLOTH["merah"]).max() <= 3


class HalfMask:
    """A vendor's person mask: everything below the upper third."""

    def segment(self, image: RawImage) -> RawImage:
        found = np.zeros((image.height, image.width), np.uint8)
        found[image.height // 3 :] = 255
        return images.from_array(found)


def test_a_vendors_person_mask_is_used() -> None:
    plugins = Plugins({"face.segment": "half"})
    plugins.register("half", HalfMask)
    done = FaceService(plugins).assess(images.from_array(frame_of("abu")), "biru", replace_background=True)
    portrait = images.to_array(images.decode_png(done.data))
    if done.quality.measures["background_replaced"]:
        assert np.abs(portrait[100, 300].astype(int) - mask.CLOTH["biru"]).max() <= 3
    else:  # without the network colours decide, and they see hair outside the mask
        assert "face.background_kept" in done.quality.hints


def test_unknown_model_files_are_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path, _ in models.FILES.values():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"not a network")
    monkeypatch.setattr(models, "_folders", lambda: [tmp_path])
    found, why = models.files.__wrapped__()
    assert (found, why) == ({}, "unknown model file face_detection_short_range.tflite")
    monkeypatch.setattr(models, "_folders", lambda: [tmp_path / "nothing"])
    assert models.files.__wrapped__() == ({}, "mediapipe 0.10.21 is not installed")


@needs_models
def test_the_models_are_read_without_importing_their_package() -> None:
    import subprocess
    import sys

    code = ("import sys, numpy as np\nfrom ktpel_kiosk.biometrics.face import models\n"
            "models.detect(np.zeros((64, 64, 3), np.uint8))\nassert not [m for m in sys.modules if m.startswith('mediapipe')]")
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_chip_portrait_of_a_judged_picture_fits_and_is_recognised() -> None:
    portrait, _ = face.assess(frame_of("merah", size=(1280, 960)), "merah")
    chip = chip_portrait(images.encode_png(images.from_array(portrait)))
    assert len(chip) <= 4000
    import io

    from PIL import Image

    back = np.asarray(Image.open(io.BytesIO(chip)).convert("RGB"))
    assert back.shape == (240, 180, 3)
    found = face.find(np.ascontiguousarray(back))
    assert 30 < found.eye_distance < 60
