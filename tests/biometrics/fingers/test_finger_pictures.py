"""What is a finger and what is not, and the right advice for dry, wet, partial and smeared touches."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import platen as lab
from bio_samples import ROOT, finger_png, sample
from PIL import Image

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.biometrics.nbis_engine import NbisEngine
from ktpel_kiosk.biometrics.quality import finger
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.biometric import FINGERS, Position
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.ports.devices import FingerCapture

ADVICE = {"dry": {"finger.too_dry"}, "wet": {"finger.too_wet"}, "partial": {"finger.small_area", "finger.off_centre"},
          "dirty": {"finger.smeared", "finger.too_dry"}}


def patterns() -> dict[str, lab.Grey]:
    y, x = np.mgrid[0:500, 0:400].astype(float)
    rng = np.random.default_rng(1)

    def grey(values: np.ndarray) -> lab.Grey:
        return np.asarray(np.clip(values, 0, 255), np.uint8)

    def letters(scale: float, step: int) -> lab.Grey:
        page = np.full((500, 400), 255, np.uint8)
        for line in range(20, 500, step):
            cv2.putText(page, "Kartu Tanda Penduduk KTP", (2, line), cv2.FONT_HERSHEY_SIMPLEX, scale, 0, 1 if scale < 1 else 2)
        return page

    ring = np.hypot(x - 200, y - 250) * 2 * np.pi / 9
    found = {f"noise {s}": grey(128 + 60 * (n := cv2.GaussianBlur(rng.normal(0, 1, x.shape), (0, 0), s)) / n.std()) for s in (0.5, 1, 2, 3)}
    found |= {f"cloth {d}": grey(128 + 90 * np.sin(2 * np.pi * (0.8 * x + 0.6 * y) / d) + rng.normal(0, 8, x.shape)) for d in (7, 9, 12)}
    found |= {f"letters {s}": letters(scale, s) for scale, s in ((0.35, 11), (0.6, 22), (1.2, 40))}
    return found | {
        "wavy cloth": grey(128 + 80 * np.sin(2 * np.pi * (x + 6 * np.sin(y / 40)) / 9) + rng.normal(0, 8, x.shape)),
        "weave": grey(128 + 50 * np.sin(2 * np.pi * x / 9) + 50 * np.sin(2 * np.pi * y / 9)),
        "checkerboard": grey(((x // 9 + y // 9) % 2) * 255),
        "rings": grey(128 + 100 * np.sin(ring)),
        "noisy rings": grey(128 + 100 * np.sin(ring) + rng.normal(0, 15, x.shape)),
        "spiral": grey(128 + 100 * np.sin(ring + np.arctan2(y - 250, x - 200))),
        "barcode": np.repeat(np.repeat(rng.integers(0, 2, 134).astype(np.uint8) * 255, 3)[None, :400], 500, axis=0),
        "blank": np.full((500, 400), 250, np.uint8),
    }


def test_patterns_are_no_fingers() -> None:
    service = FingerService(NbisEngine())
    thumb = Position.LEFT_THUMB
    for name, picture in patterns().items():
        try:
            (found,) = service.assess(FingerCapture(None, ((thumb, images.from_array(picture, 500)),)), (thumb,))
        except CaptureFailed as fault:
            assert fault.message_key in ("finger.not_a_finger", "finger.inverted"), name
        else:
            assert (found.quality.score, found.quality.hints) == (0, ("finger.not_a_finger",)), name


def test_a_face_is_no_finger() -> None:
    face = images.to_grey(to_raw(read_record(sample("mosip-mock-services/MockMDS/Profile/Default/Registration/Face.iso").read_bytes())))
    height, width = face.shape
    for top, left in ((height // 5, width // 4), (0, width // 3), (height // 2, width // 3)):
        assert not finger.measure(np.ascontiguousarray(face[top : top + 400, left : left + 300])).is_finger


def test_no_real_finger_is_refused() -> None:
    sample("mosip-mock-services/MockMDS/Profile/Default/Registration/Left_Index.iso")
    names = ("Thumb", "Index", "Middle", "Ring", "Little")
    pictures = {p: to_raw(read_record(p.read_bytes())) for p in sorted(ROOT.glob("mosip-*/**/*.iso"))
                if any(n in p.name for n in names) and not p.name.endswith("_wsq.iso")}
    for pattern in ("nbis-rs/**/*.png", "sourceafis-java/**/*.png", "NFIQ2/**/*.pgm"):
        for p in ROOT.glob(pattern):
            with Image.open(p) as picture:
                pictures[p] = images.from_array(np.asarray(picture.convert("L")), 500)
    pictures |= {p: codecs.decode_wsq(p.read_bytes()) for p in ROOT.glob("mosip-bio-utils/**/*.wsq")}
    assert len(pictures) > 40
    assert [p.name for p, image in pictures.items() if not finger.measure(images.to_grey(image)).is_finger] == []


@pytest.mark.parametrize("condition", sorted(ADVICE))
def test_advice_fits_the_condition(condition: str) -> None:
    _advice([1000], FINGERS[:4], condition)


@pytest.mark.gate
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("condition", sorted(ADVICE))
def test_advice_fits_the_condition_of_many(condition: str) -> None:
    _advice(list(range(1000, 1012)), FINGERS, condition)


def _advice(seeds: list[int], positions: tuple[Position, ...], condition: str) -> None:
    count: Counter[bool] = Counter()
    for seed in seeds:
        for position in positions:
            measured = finger.measure(lab.touch(seed, position, 1, condition, ""))
            assert measured.is_finger
            found = finger.hints(measured, position)
            count[bool(found) and found[0] in ADVICE[condition]] += 1
            assert not finger.hints(finger.measure(lab.touch(seed, position, 1, "normal", "")), position)
    assert count[True] >= 0.9 * sum(count.values()), count


def test_stored_are_the_pixels_that_were_scored() -> None:
    engine = NbisEngine()
    big = np.full((1200, 900), 255, np.uint8)
    big[650:1150, 420:820] = lab.touch(1000, Position.RIGHT_INDEX, 0, "normal", "")
    (found,) = FingerService(engine).assess(
        FingerCapture(None, ((Position.RIGHT_INDEX, images.from_array(big, 500)),)), (Position.RIGHT_INDEX,))
    again = images.to_array(images.decode_png(found.data))
    assert (again < 100).sum() == (big < 100).sum()
    assert engine.extract(finger_png(again), found.width, found.height, quality=True).score == found.quality.score
