"""Eyes for the iris tests: the real samples, synthetic eyes with known circles, and what can be wrong with a picture of an eye."""

from __future__ import annotations

import io
from functools import lru_cache

import cv2
import numpy as np
import pytest
from bio_samples import sample
from PIL import Image

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.hal.simulators.synth import eyes

MOCK = "mosip-mock-services/MockMDS/Profile/Default/"
REAL = {
    "reg_left": MOCK + "Registration/Left_Iris.iso",
    "reg_right": MOCK + "Registration/Right_Iris.iso",
    "auth_left": MOCK + "Auth/Left_Iris.iso",
    "auth_right": MOCK + "Auth/Right_Iris.iso",
    "utils_right": "mosip-bio-utils/test/BiometricInfo/Iris/info_right_registration.iso",
    "utils_vga": "mosip-bio-utils/kernel-cbeffutil-api/src/main/resources/images/Sample_IRIS.iso",
}
CIRCLES = {
    "reg_left": ((206.7, 151.7, 133.0), (199.5, 151.0, 44.8)),
    "reg_right": ((209.8, 160.9, 133.6), (216.4, 156.7, 42.7)),
    "auth_left": ((194.9, 145.6, 122.5), (199.7, 144.2, 48.4)),
    "auth_right": ((199.8, 149.0, 125.4), (189.1, 146.3, 51.5)),
    "utils_right": ((189.6, 143.3, 116.2), (191.0, 141.5, 51.4)),
    "utils_vga": ((295.3, 298.2, 119.8), (297.8, 296.2, 41.6)),
}
"""Iris and pupil (x, y, radius), looked at in overlays: within a pixel or two of what one sees."""

SIGNATURES = (b"\0\0\0\x0cjP  ", b"\xffO\xffQ", b"\x89PNG", b"\xff\xd8\xff")


@lru_cache(maxsize=16)
def real(name: str) -> Grey:
    """A real eye of the samples, or skip."""
    return embedded(sample(REAL[name]).read_bytes())


def embedded(record: bytes) -> Grey:
    """The picture inside a record, by its magic number: these tests do not lean on our own record decoder."""
    for magic in SIGNATURES:
        at = record.find(magic)
        if at >= 0:
            return np.asarray(Image.open(io.BytesIO(record[at:])).convert("L"), np.uint8)
    return pytest.fail("no picture in the record")


@lru_cache(maxsize=32)
def synthetic(seed: int, position: Position = Position.LEFT_EYE, impression: int = 0) -> Grey:
    return eyes.iris_image(seed, position, impression)


def pupil_of(pose: eyes.Pose) -> tuple[float, float, float]:
    """Centre and mean radius of a synthetic pupil, which may lie off the middle and be lower than wide."""
    x, y, aspect = (float(getattr(pose, name, usual)) for name, usual in (("off_x", 0.0), ("off_y", 0.0), ("aspect", 1.0)))
    return pose.cx + x, pose.cy + y, pose.pupil * (1 + aspect) / 2


def lid(image: Grey, circle: tuple[float, float, float], covered: float, tone: int) -> Grey:
    """Upper lid drawn down over ``covered`` of the iris' height, with a dark edge."""
    x, y, r = circle
    ys, xs = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    cut = y - r + covered * 2 * r + 0.0006 * (xs - x) ** 2 * 120 / r
    share = np.clip((cut - ys) / 3 + 0.5, 0, 1)
    out = image * (1 - share) + tone * share - 60 * np.exp(-np.abs(ys - cut) / 4)
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def squeezed(image: Grey, circle: tuple[float, float, float], by: float) -> Grey:
    """Looking aside: the whole eye narrower about its centre."""
    move = np.array([[by, 0, circle[0] * (1 - by)], [0, 1, 0]])
    return np.asarray(cv2.warpAffine(image, move, image.shape[::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)


def lit(image: Grey, circle: tuple[float, float, float]) -> Grey:
    """A lamp mirrored in a spectacle lens over part of the iris."""
    out = image.copy()
    cv2.ellipse(out, (int(circle[0] + 50), int(circle[1] - 30)), (45, 25), 20, 0, 360, 250, -1)
    return out


def dotted(image: Grey, circle: tuple[float, float, float], pitch: float, *, rings: bool, dark: float = 40) -> Grey:
    """A printed lens: dots in a grid, or in rings around the pupil."""
    x, y, r = circle
    mask = np.zeros(image.shape, np.float32)
    count = int(r / pitch) + 4
    if rings:
        turn = int(2 * np.pi * 0.75 * r / pitch)
        places = [
            (q * np.cos(2 * np.pi * (i + k % 2 / 2) / turn), q * np.sin(2 * np.pi * (i + k % 2 / 2) / turn))
            for k, q in enumerate(np.arange(0.5 * r, r, pitch))
            for i in range(turn)
        ]
    else:
        places = [((i + j % 2 / 2) * pitch, j * pitch * 0.87) for i in range(-count, count) for j in range(-count, count)]
    for dx, dy in places:
        if 0.5 * r < np.hypot(dx, dy) < r:
            cv2.circle(mask, (round((x + dx) * 16), round((y + dy) * 16)), 32, 1.0, -1, cv2.LINE_AA, 4)
    return np.asarray(np.clip(image - dark * cv2.GaussianBlur(mask, (0, 0), 0.8), 0, 255), np.uint8)


def rimmed(image: Grey, circle: tuple[float, float, float]) -> Grey:
    """A plain soft lens: its edge as a thin bright circle on the sclera."""
    mask = np.zeros(image.shape, np.float32)
    cv2.circle(mask, (round((circle[0] + 3) * 16), round(circle[1] * 16)), round(circle[2] * 1.2 * 16), 1.0, 2, cv2.LINE_AA, 4)
    return np.asarray(np.clip(image + 22 * cv2.GaussianBlur(mask, (0, 0), 1.0), 0, 255), np.uint8)


def no_eyes() -> dict[str, Grey]:
    """Pictures without a readable eye."""
    rng = np.random.default_rng(1)
    text, letters = np.full((480, 640), 240, np.uint8), np.full((480, 640), 240, np.uint8)
    for line in range(12):
        cv2.putText(text, "SURAT KETERANGAN 0O8QD9", (10, 40 + line * 38), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 20, 3)
    cv2.putText(letters, "O o 8", (60, 350), cv2.FONT_HERSHEY_SIMPLEX, 8, 20, 40)
    soft = cv2.GaussianBlur(rng.normal(0, 1, (480, 640)), (0, 0), 25)
    dot = np.full((480, 640), 170, np.uint8)
    cv2.circle(dot, (320, 240), 50, 20, -1)
    return {
        "grey": np.full((480, 640), 120, np.uint8),
        "black": np.zeros((480, 640), np.uint8),
        "white": np.full((480, 640), 255, np.uint8),
        "noise": rng.integers(0, 256, (480, 640)).astype(np.uint8),
        "clouds": np.asarray(cv2.normalize(soft, np.zeros_like(soft), 0, 255, cv2.NORM_MINMAX), np.uint8),
        "text": text,
        "letters": letters,
        "dot": dot,
        "tiny": np.zeros((8, 8), np.uint8),
        "strip": np.full((70, 3000), 90, np.uint8),
    }
