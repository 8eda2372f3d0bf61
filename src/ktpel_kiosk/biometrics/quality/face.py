"""Portrait for the KTP-el: find the face, judge it, crop it 3:4 at 600 x 800.

Measures that follow ISO/IEC 29794-5 formulas (inter-eye distance, pose roll, luminance, illumination, head position) are
approximations with Haar landmarks; they carry no registered algorithm id. The required cloth is red for odd birth years and blue
for even ones. RGB frames. Any thread (each thread has its own detectors). Still about 50 ms, preview under 25 ms at VGA.
Errors: CaptureFailed ``face.none``, ``face.many``.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.images import Grey, luma
from ktpel_kiosk.domain.biometric import Quality
from ktpel_kiosk.domain.errors import CaptureFailed

ALGORITHM = "ktpel-face 1"
WIDTH, HEIGHT = 600, 800
EYES_APART = 0.25
"""Inter-eye distance as share of the portrait's width."""

EYE_LINE = 0.42
"""Height of the eyes from the top as share of the portrait's height."""

CASCADES = Path(cv2.__file__).with_name("data")
"""Where the OpenCV 4 wheel keeps its Haar cascades."""

PREVIEW_WIDTH = 288
PREVIEW_EYE_WIDTH = 84
LEAST_SIDE = 64
SEVERAL_FROM = 0.35
"""A second face at least this large (area against the first) makes it a group."""

WRONG_CLOTH_SCORE = 35
"""Best score a portrait before the wrong cloth can have; below the default threshold of 40."""

RGB = NDArray[np.uint8]
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Face:
    """Face box and eye centres in pixels of the frame; ``eyes_seen`` False when they were put where eyes usually are."""

    x: float
    y: float
    width: float
    height: float
    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    eyes_seen: bool

    @property
    def eye_distance(self) -> float:
        return math.dist(self.left_eye, self.right_eye)

    @property
    def roll(self) -> float:
        """Degrees; positive when the head leans to the picture's right."""
        dx, dy = self.right_eye[0] - self.left_eye[0], self.right_eye[1] - self.left_eye[1]
        return math.degrees(math.atan2(dy, dx)) if self.eyes_seen else 0.0

    @property
    def middle(self) -> tuple[float, float]:
        return ((self.left_eye[0] + self.right_eye[0]) / 2, (self.left_eye[1] + self.right_eye[1]) / 2)


def _cascade(name: str) -> cv2.CascadeClassifier:
    """Detectors are not thread-safe, hence one set a thread."""
    kept: dict[str, cv2.CascadeClassifier] = _local.__dict__.setdefault("cascades", {})
    if name not in kept:
        kept[name] = cv2.CascadeClassifier(str(CASCADES / name))
    return kept[name]


def find(frame: RGB, *, search_width: int = 480, eye_width: int = 128) -> Face:
    """The one face in the frame; ``search_width`` and ``eye_width`` are the working sizes in pixels, they set the cost."""
    if min(frame.shape[:2]) < LEAST_SIDE:
        raise CaptureFailed("face.none", device_kind="camera")
    full = luma(frame)
    factor = min(1.0, search_width / frame.shape[1])
    grey = np.asarray(cv2.equalizeHist(cv2.resize(full, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)), np.uint8)
    least = max(40, round(0.18 * min(grey.shape)))
    boxes = sorted((_boxes(grey, "haarcascade_frontalface_alt2.xml", least)), key=lambda b: -b[2] * b[3])
    if not boxes:
        boxes = sorted(_boxes(grey, "haarcascade_frontalface_default.xml", least), key=lambda b: -b[2] * b[3])[:1]
    if not boxes:
        raise CaptureFailed("face.none", device_kind="camera")
    if len(boxes) > 1 and boxes[1][2] * boxes[1][3] >= SEVERAL_FROM * boxes[0][2] * boxes[0][3]:
        raise CaptureFailed("face.many", device_kind="camera", count=len(boxes))
    x, y, w, h = (v / factor for v in boxes[0])
    return _with_eyes(full, (x, y, w, h), eye_width)


def _boxes(grey: Grey, name: str, least: int) -> list[tuple[int, int, int, int]]:
    found = _cascade(name).detectMultiScale(grey, scaleFactor=1.12, minNeighbors=4, minSize=(least, least))
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]


def _with_eyes(grey: Grey, box: tuple[float, float, float, float], eye_width: int) -> Face:
    x, y, w, h = box
    expected = [(x + 0.30 * w, y + 0.395 * h), (x + 0.70 * w, y + 0.395 * h)]
    eyes = [e for e in (_eye(grey, (ex - 0.25 * w, y + 0.16 * h, 0.5 * w, 0.42 * h), eye_width) for ex, _ in expected) if e]
    seen = len(eyes) == 2 and 0.28 * w < math.dist(*eyes) < 0.55 * w
    left, right = eyes if seen else expected
    return Face(x, y, w, h, left, right, seen)


def _eye(grey: Grey, box: tuple[float, float, float, float], eye_width: int) -> tuple[float, float] | None:
    """Centre of the eye in a region of the face, or None; the search runs at a fixed size for a fixed cost."""
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    region = grey[y0 : int(box[1] + box[3]), x0 : int(box[0] + box[2])]
    if region.size == 0:
        return None
    zoom = eye_width / region.shape[1]
    scaled = cv2.resize(region, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    least = eye_width // 4
    found = _cascade("haarcascade_eye_tree_eyeglasses.xml").detectMultiScale(scaled, 1.08, 3, minSize=(least, least))
    middle = (scaled.shape[1] / 2, scaled.shape[0] / 2)
    centres = [(bx + bw / 2, by + bh / 2) for bx, by, bw, bh in found]
    if not centres:
        return None
    cx, cy = min(centres, key=lambda c: math.dist(c, middle))
    return (x0 + cx / zoom, y0 + cy / zoom)


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
    window = min(wanted, width, height * WIDTH / HEIGHT)
    tall = window * HEIGHT / WIDTH
    x, y = face.middle[0] - window / 2, face.middle[1] - EYE_LINE * tall
    inside_x, inside_y = min(max(0.0, x), width - window), min(max(0.0, y), height - tall)
    hint = ""
    if window < 0.85 * wanted:
        hint = "face.too_close"
    elif abs(inside_x - x) > 0.06 * window:
        hint = "face.left" if x < inside_x else "face.right"
    elif abs(inside_y - y) > 0.08 * tall:
        hint = "face.high" if y < inside_y else "face.low"
    return Framing(int(inside_x), int(inside_y), max(1, int(window)), max(1, int(tall)), hint)


def crop(frame: RGB, framing: Framing) -> RGB:
    """The portrait, 600 x 800."""
    part = frame[framing.y : framing.y + framing.height, framing.x : framing.x + framing.width]
    shrink = part.shape[1] >= WIDTH
    return np.asarray(cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC), np.uint8)


def sigmoid(x: float, x0: float, w: float) -> float:
    """1 / (1 + e^((x0 - x) / w)), the scaling curve of ISO/IEC 29794-5."""
    return 1.0 / (1.0 + math.exp(max(-60.0, min(60.0, (x0 - x) / w))))


def measures(frame: RGB, face: Face, framing: Framing, latar: str) -> dict[str, float]:
    """Component values 0..100, higher is better; ``roll`` in degrees and ``eye_distance`` in pixels of the frame besides."""
    skin = frame[
        max(0, int(face.y + 0.15 * face.height)) : int(face.y + 0.95 * face.height),
        max(0, int(face.x + 0.12 * face.width)) : int(face.x + 0.88 * face.width),
    ]
    grey = luma(np.asarray(cv2.resize(skin, (150, 160), interpolation=cv2.INTER_AREA), np.uint8))
    light = grey.astype(np.float32) / 255
    found = {
        "size": 100 * sigmoid(face.eye_distance, 70, 12),
        "roll_ok": 100 * max(0.0, math.cos(math.radians(3 * min(30.0, abs(face.roll))))) ** 2,
        "sharpness": _sharpness(luma(skin)),
        "exposure": 100 * sigmoid(float(light.mean()), 0.2, 0.05) * (1 - sigmoid(float(light.mean()), 0.8, 0.05)),
        "burnt": 100 * (1 - min(1.0, 6 * float((grey >= 250).mean()))),
        "illumination": _illumination(grey),
        "centred": 60.0 if framing.hint else 100.0,
        "roll": face.roll,
        "eye_distance": face.eye_distance,
    }
    found.update(background(frame, framing, latar))
    return {k: round(v, 1) for k, v in found.items()}


def _sharpness(skin: Grey) -> float:
    """Laplacian energy of the face at 200 px width against its contrast: focus, not contrast."""
    scale = 200 / skin.shape[1]
    face = cv2.resize(skin, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    detail = float(cv2.Laplacian(face, cv2.CV_32F).std())
    return 100 * sigmoid(detail / (float(face.std()) + 8.0), 0.075, 0.02)


def _illumination(grey: Grey) -> float:
    """Histogram intersection of the two cheeks, x^0.3 as in ISO/IEC 29794-5."""
    left, right = grey[70:115, 15:60], grey[70:115, 90:135]
    a, b = (cv2.calcHist([p], [0], None, [32], [0, 256]).ravel() / p.size for p in (left, right))
    a, b = (np.convolve(h, np.ones(5) / 5, "same") for h in (a, b))
    return 100 * float(float(np.minimum(a, b).sum()) ** 0.3)


def background(frame: RGB, framing: Framing, latar: str) -> dict[str, float]:
    """Uniformity and colour of the cloth beside the head: strips at both edges of the portrait, above the shoulders."""
    part = frame[framing.y : framing.y + framing.height, framing.x : framing.x + framing.width]
    small = cv2.resize(part, (60, 80), interpolation=cv2.INTER_AREA)
    strips = np.concatenate([small[2:40, 1:9].reshape(-1, 3), small[2:40, 51:59].reshape(-1, 3)]).reshape(-1, 1, 3)
    lab = cv2.cvtColor(strips.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    apart = np.linalg.norm(lab - np.median(lab, axis=0), axis=1)
    hue, saturation, value = np.median(cv2.cvtColor(strips, cv2.COLOR_RGB2HSV).reshape(-1, 3).astype(np.float32), axis=0)
    return {
        "background": 100 * (1 - sigmoid(float(np.percentile(apart, 90)), 22, 5)),
        "cloth": 100.0 if is_cloth(latar, float(hue), float(saturation), float(value)) else 0.0,
    }


def is_cloth(latar: str, hue: float, saturation: float, value: float) -> bool:
    """Whether an OpenCV HSV colour (hue 0..179) passes as the ``merah`` or ``biru`` cloth."""
    if saturation < 80 or value < 50:
        return False
    return (hue <= 12 or hue >= 165) if latar == "merah" else 92 <= hue <= 132


_LIMITS: tuple[tuple[str, float, str], ...] = (
    ("size", 40.0, "face.too_far"),
    ("roll_ok", 65.0, "face.tilt"),
    ("cloth", 50.0, "face.background"),
    ("exposure", 50.0, ""),
    ("burnt", 50.0, "face.bright"),
    ("sharpness", 45.0, "face.blurred"),
    ("illumination", 60.0, "face.uneven"),
    ("background", 45.0, "face.background_uneven"),
)


def quality(values: dict[str, float], face: Face, framing: Framing, bright: bool) -> Quality:
    """Score from the worst and the mean component; hints, most useful first."""
    hints = [framing.hint] if framing.hint else []
    for name, least, hint in _LIMITS:
        if values[name] < least:
            hints.append(hint or ("face.bright" if bright else "face.dark"))
    if not face.eyes_seen:
        hints.append("face.eyes")
    parts = [values[n] for n, _, _ in _LIMITS if n != "cloth"] + [values["centred"], 100.0 if face.eyes_seen else 70.0]
    score = round(0.5 * min(parts) + 0.5 * sum(parts) / len(parts))
    if values["cloth"] < 50:
        score = min(score, WRONG_CLOTH_SCORE)
    return Quality(ALGORITHM, max(0, min(100, score)), measures=values, hints=tuple(dict.fromkeys(hints)))


def judge(frame: RGB, latar: str, *, search_width: int = 480, eye_width: int = 128) -> tuple[Quality, Face, Framing]:
    """Find, frame, measure; the frame itself is not changed."""
    face = find(frame, search_width=search_width, eye_width=eye_width)
    framing = frame_portrait(face, frame.shape[1], frame.shape[0])
    values = measures(frame, face, framing, latar)
    bright = float(frame[int(face.y) : int(face.y + face.height), int(face.x) : int(face.x + face.width)].mean()) > 127
    return quality(values, face, framing, bright), face, framing


def preview(frame: RGB, latar: str) -> Quality:
    """Live measures with at most one hint; a missing face is a hint here, not an error."""
    try:
        found, _, _ = judge(frame, latar, search_width=PREVIEW_WIDTH, eye_width=PREVIEW_EYE_WIDTH)
    except CaptureFailed as trouble:
        return Quality(ALGORITHM, 0, hints=(trouble.message_key,))
    return Quality(found.algorithm, found.score, measures=found.measures, hints=found.hints[:1])
