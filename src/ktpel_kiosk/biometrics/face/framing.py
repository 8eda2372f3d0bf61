"""Where the portrait lies in the frame, and the geometry that ISO/IEC 19794-5 (full frontal) and BSI TR-03121 ask of it.

The portrait is 600 x 800 (3:4, the card's photo box) and never rotated: turning resamples the picture and must be declared in the
record, while the applicant can simply hold the head straight. Pixels; any thread; raises nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.face.detect import Face
from ktpel_kiosk.biometrics.face.landmarks import Pose

RGB = NDArray[np.uint8]

WIDTH, HEIGHT = 600, 800
EYES_APART = 0.25
"""Inter-eye distance as share of the portrait's width: heads are then 0.5 to 0.6 of it, and a veil still has cloth beside it."""

EYE_LINE = 0.46
"""Height of the eyes from the top as share of the portrait's height; leaves room for a veil or a peci."""

TALLEST = 0.78
"""A head (twice the way from eyes to chin) may take this share of the portrait's height; longer faces get a wider window."""

FULL_FRONTAL = {
    "eye_middle": (0.45, 0.55),
    "eye_line": (0.30, 0.50),
    "head_width": (0.50, 0.75),
    "head_height": (0.60, 0.90),
}
"""Shares of the portrait's width (``eye_middle`` from the left, ``head_width``) and height (``eye_line`` from the top,
``head_height``)."""

LEAST_EYE_PIXELS = 120
"""Between the eyes, in the frame as captured; enlarging a small face does not help."""

MOST_DEGREES = {"yaw": 5.0, "pitch": 8.0, "roll": 8.0}
"""TR-03121 asks 5 degrees of pitch; faces differ by about 3 from the canonical head it is read with."""


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the portrait lies in the frame (pixels) and what is wrong with it: ``hint`` or empty."""

    x: int
    y: int
    width: int
    height: int
    hint: str


def frame_portrait(face: Face, width: int, height: int) -> Framing:
    """The 3:4 window that puts the eyes where they belong; moved or shrunk when the frame is too small, and said so.

    ``face.left`` means left in the picture as the camera sees it, ``face.high`` near the upper edge.
    """
    wanted = face.eye_distance / EYES_APART
    if face.marks is not None:
        marks = face.marks
        wanted = min(wanted, marks.head_width / 0.515)  # narrow faces come closer, long ones stay whole
        wanted = max(wanted, 2 * marks.eyes_to_chin / TALLEST * WIDTH / HEIGHT)
    window = min(wanted, width, height * WIDTH / HEIGHT)
    tall = window * HEIGHT / WIDTH
    x, y = face.middle[0] - window / 2, face.middle[1] - EYE_LINE * tall
    inside_x, inside_y = min(max(0.0, x), width - window), min(max(0.0, y), height - tall)
    hint = ""
    if window < 0.85 * wanted:
        hint = "face.too_close"
    elif abs(inside_x - x) > 0.05 * window:
        hint = "face.left" if x < inside_x else "face.right"
    elif abs(inside_y - y) > 0.08 * tall:
        hint = "face.high" if y < inside_y else "face.low"
    return Framing(int(inside_x), int(inside_y), max(1, int(window)), max(1, int(tall)), hint)


def crop(frame: RGB, framing: Framing) -> RGB:
    """The portrait, 600 x 800."""
    part = frame[framing.y : framing.y + framing.height, framing.x : framing.x + framing.width]
    shrink = part.shape[1] >= WIDTH
    return np.asarray(cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC), np.uint8)


@dataclass(frozen=True, slots=True)
class Wide:
    """The portrait with some of its surroundings at the same scale: a mask is surest away from the edges. ``x``, ``y``: where the
    portrait begins in ``picture``; ``head``: the face box in it."""

    picture: RGB
    x: int
    y: int
    head: tuple[float, float, float, float]

    def portrait_part(self, layer: NDArray[np.float32]) -> NDArray[np.float32]:
        """The 600 x 800 of a layer of the picture's size."""
        return layer[self.y : self.y + HEIGHT, self.x : self.x + WIDTH]


def wide_crop(frame: RGB, framing: Framing, face: Face, margin: float = 0.15) -> Wide:
    """``margin``: of the portrait's width, on each side as far as the frame goes."""
    k = WIDTH / framing.width
    more = int(margin * framing.width)
    left, top = min(more, framing.x), min(more, framing.y)
    right = min(more, frame.shape[1] - framing.x - framing.width)
    bottom = min(more, frame.shape[0] - framing.y - framing.height)
    part = frame[framing.y - top : framing.y + framing.height + bottom, framing.x - left : framing.x + framing.width + right]
    x, y = round(left * k), round(top * k)
    size = (x + WIDTH + round(right * k), y + HEIGHT + round(bottom * k))
    picture = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA if k <= 1 else cv2.INTER_CUBIC), np.uint8)
    head = ((face.x - framing.x) * k + x, (face.y - framing.y) * k + y, face.width * k, face.height * k)
    return Wide(picture, x, y, head)


def geometry(face: Face, framing: Framing, pose: Pose | None) -> dict[str, float]:
    """Where head and eyes stand in the portrait, as shares; with landmarks also ``head_width``, ``head_height`` (twice the way from
    eyes to chin: the crown is not seen under hair and veils) and ``full_frontal``, 1.0 when all limits are kept."""
    found = {
        "eye_middle": (face.middle[0] - framing.x) / framing.width,
        "eye_line": (face.middle[1] - framing.y) / framing.height,
        "eye_distance": face.eye_distance,
    }
    if face.marks is None or pose is None:
        return found
    found["head_width"] = face.marks.head_width / framing.width
    found["head_height"] = 2 * face.marks.eyes_to_chin / framing.height
    kept = all(low <= found[name] <= high for name, (low, high) in FULL_FRONTAL.items())
    upright = all(abs(getattr(pose, name)) <= most for name, most in MOST_DEGREES.items())
    true_distance = face.eye_distance / max(0.5, math.cos(math.radians(pose.yaw)))
    found["full_frontal"] = float(kept and upright and true_distance >= LEAST_EYE_PIXELS)
    return found
