"""Faces, irises and signatures of the synthetic people: found by the usual finders, individual, repeatable, quick."""

from __future__ import annotations

import time
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ktpel_kiosk.domain.biometric import EYES, PenPoint, Position, RawImage
from ktpel_kiosk.hal.simulators.synth import face
from ktpel_kiosk.hal.simulators.synth.eyes import pose_of
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

PEOPLE = ((3, 1988, "L"), (11, 2001, "P"), *(pytest.param(who, marks=pytest.mark.gate) for who in ((5, 1975, "P"), (6, 1962, "L"))))
CLOTH = {"merah": (0xC8, 0x10, 0x2E), "biru": (0x0B, 0x57, 0xB8)}


def pixels(image: RawImage) -> np.ndarray:
    shape = (image.height, image.width) if image.channels == 1 else (image.height, image.width, 3)
    return np.frombuffer(image.data, dtype=np.uint8).reshape(shape)


def found(image: RawImage, width: int, cascade: str) -> list[list[int]]:
    grey = cv2.cvtColor(pixels(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, None, fx=width / image.width, fy=width / image.width, interpolation=cv2.INTER_AREA)
    return [list(map(int, box)) for box in cv2.CascadeClassifier(cv2.data.haarcascades + cascade).detectMultiScale(small, 1.1, 4)]


@pytest.fixture(scope="module", params=PEOPLE, ids=str)
def person(request) -> SyntheticPerson:
    return SyntheticPerson(*request.param)


def test_exactly_one_face_in_portrait_and_frame(person: SyntheticPerson) -> None:
    for latar in CLOTH:
        assert len(found(person.portrait(latar), 480, "haarcascade_frontalface_alt2.xml")) == 1
        assert len(found(person.camera_frame(latar, 2.5), 640, "haarcascade_frontalface_alt2.xml")) == 1


def test_both_eyes_are_found(person: SyntheticPerson) -> None:
    portrait = person.portrait("merah")
    x, y, w, h = (2 * v for v in found(portrait, 480, "haarcascade_frontalface_alt2.xml")[0])
    brow = np.ascontiguousarray(pixels(portrait)[y : y + h * 6 // 10, x : x + w])
    assert len(found(RawImage(brow.shape[1], brow.shape[0], 3, brow.tobytes()), w // 2, "haarcascade_eye.xml")) == 2


def test_sizes_and_cloth(person: SyntheticPerson) -> None:
    for latar, colour in CLOTH.items():
        portrait, frame = person.portrait(latar), person.camera_frame(latar, 0.0)
        assert (portrait.width, portrait.height, portrait.channels) == (960, 1280, 3)
        assert (frame.width, frame.height, frame.channels) == (1280, 720, 3)
        for image in (portrait, frame):
            corner = pixels(image)[10:60, 10:60].reshape(-1, 3).mean(axis=0)
            assert np.abs(corner - colour).max() < 14, (latar, corner)


def test_nobody_wears_the_colour_of_the_cloth(person: SyntheticPerson) -> None:
    chest = pixels(person.portrait("merah"))[1180:1270, 380:580].reshape(-1, 3).astype(float)
    for colour in CLOTH.values():
        assert np.mean(np.abs(chest - colour).max(axis=1) < 40) < 0.02


def test_the_head_moves_and_the_eyes_blink() -> None:
    person = SyntheticPerson(3)
    ticks = np.arange(0, 12, 0.05)
    shut = [face.blinking(3, float(t)) for t in ticks]
    assert 2 <= sum(b and not a for a, b in pairwise(shut)) <= 6
    still, later = pixels(person.camera_frame("biru", 0.0)), pixels(person.camera_frame("biru", 2.0))
    assert np.mean(np.abs(still.astype(int) - later)[80:500, 480:800] > 12) > 0.01
    asleep, awake = (person.camera_frame("biru", float(ticks[shut.index(wanted)])) for wanted in (True, False))
    assert asleep != awake


def test_same_seed_same_bytes_and_individual_faces() -> None:
    first = SyntheticPerson(8, 1990, "P").portrait("biru", 2)
    face.portrait_sprite.cache_clear()
    assert SyntheticPerson(8, 1990, "P").portrait("biru", 2) == first
    assert SyntheticPerson(8, 1990, "P").portrait("biru", 3) != first
    assert SyntheticPerson(9, 1990, "P").portrait("biru", 2) != first
    frame = SyntheticPerson(8, 1990, "P").camera_frame("biru", 1.25)
    face.frame_sprites.cache_clear()
    assert SyntheticPerson(8, 1990, "P").camera_frame("biru", 1.25) == frame


def test_a_warm_frame_takes_less_than_a_camera_interval() -> None:
    person = SyntheticPerson(3, 1988)
    person.camera_frame("merah", 0.0)
    took = []
    for k in range(15):
        began = time.process_time()
        person.camera_frame("merah", k / 30)
        took.append(time.process_time() - began)
    assert min(took) < 0.015, took


def unrolled(image: RawImage) -> np.ndarray:
    """Iris band over angle and radius, found by its pupil; normalised."""
    grey = cv2.GaussianBlur(pixels(image), (0, 0), 1.5)
    parts = cv2.connectedComponentsWithStats((grey[160:330, 220:420] < 42).astype(np.uint8))
    best = 1 + int(np.argmax(parts[2][1:, cv2.CC_STAT_AREA]))
    cx, cy = parts[3][best] + (220, 160)
    inner = np.sqrt(parts[2][best, cv2.CC_STAT_AREA] / np.pi)
    reach = np.linspace(inner + 4, 104, 40)[:, None]
    angle = np.concatenate([np.linspace(-0.5, 0.7, 180), np.linspace(2.44, 3.64, 180)])[None, :]
    band = cv2.remap(grey, np.float32(cx + reach * np.cos(angle)), np.float32(cy + reach * np.sin(angle)), cv2.INTER_LINEAR)
    band = band.astype(np.float32) - cv2.GaussianBlur(band.astype(np.float32), (0, 0), 9)
    return (band - band.mean()) / band.std()


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return max(float(np.mean(a[:, 20:-20] * b[:, 20 + s : b.shape[1] - 20 + s])) for s in range(-20, 21))


def test_an_iris_is_like_itself_and_like_no_other() -> None:
    eyes = {(s, e, i): unrolled(SyntheticPerson(s).iris(e, i)) for s in (1, 2, 3) for e in EYES for i in (0, 1)}
    same = [likeness(eyes[s, e, 0], eyes[s, e, 1]) for s in (1, 2, 3) for e in EYES]
    keys = [(s, e) for s in (1, 2, 3) for e in EYES]
    other = [likeness(eyes[(*a, 0)], eyes[(*b, 1)]) for a in keys for b in keys if a != b]
    assert min(same) > max(other) + 0.1, (sorted(same), sorted(other))


def test_iris_image_follows_the_capture_rules() -> None:
    for seed in (1, 2, 3):
        image = SyntheticPerson(seed).iris(Position.RIGHT_EYE)
        assert (image.width, image.height, image.channels) == (640, 480, 1)
        grey = pixels(image)
        pupil, iris, white = np.median(grey[235:250, 305:335]), np.median(grey[230:260, 390:415]), np.median(grey[235:255, 460:490])
        assert pupil < 45 < iris < white
        pose = pose_of(seed, Position.RIGHT_EYE, 0)
        assert 2 * pose.iris >= 210 and 0.2 <= pose.pupil / pose.iris <= 0.7
    with pytest.raises(ValueError):
        SyntheticPerson(1).iris(Position.FACE)


def ink(points: tuple[PenPoint, ...]) -> list[PenPoint]:
    return [p for p in points if p.down]


@pytest.mark.parametrize("seed", range(8))
def test_signature_is_a_plausible_pen_series(seed: int) -> None:
    points = SyntheticPerson(seed).signature()
    assert all(b.t_ms - a.t_ms == 5 for a, b in pairwise(points))
    assert all(0 <= p.x < 9600 and 0 <= p.y < 6000 and 0 <= p.pressure <= 1023 for p in points)
    down = ink(points)
    assert 0.8 < points[-1].t_ms / 1000 < 6
    assert max(p.x for p in down) - min(p.x for p in down) > 2500
    strokes = 1 + sum(a.down and not b.down for a, b in pairwise(points))
    assert 1 <= strokes <= 3
    speed = np.array([np.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(points)])
    press = np.array([p.pressure for p in points[1:]])
    written = press > 100
    assert np.corrcoef(speed[written], press[written])[0, 1] < -0.2


def test_signatures_repeat_vary_and_differ() -> None:
    one, again, next_time, other = (SyntheticPerson(s).signature(i) for s, i in ((4, 0), (4, 0), (4, 1), (5, 0)))
    assert one == again and one != next_time

    def shape(points: tuple[PenPoint, ...]) -> np.ndarray:
        xy = np.array([(p.x, p.y) for p in ink(points)], dtype=float)
        xy = (xy - xy.min(axis=0)) / np.ptp(xy[:, 0])
        return np.stack([np.interp(np.linspace(0, 1, 100), np.linspace(0, 1, len(xy)), xy[:, k]) for k in (0, 1)], axis=1)

    own, foreign = np.abs(shape(one) - shape(next_time)).mean(), np.abs(shape(one) - shape(other)).mean()
    assert own < foreign


def test_wrong_cloth_or_sex_is_refused() -> None:
    with pytest.raises(ValueError):
        SyntheticPerson(1).camera_frame("hijau", 0)
    with pytest.raises(ValueError):
        SyntheticPerson(1, sex="X")
