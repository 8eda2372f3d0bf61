"""The one face in a frame: by the neural detector with 468 landmarks where its files are, by Haar cascades otherwise.

RGB frames; pixels of the frame. Any thread (each has its own detectors). Errors: CaptureFailed ``face.none``, ``face.many``,
``face.camera_turned`` (the picture lies on its side or head).
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.face import models
from ktpel_kiosk.biometrics.face.landmarks import Landmarks
from ktpel_kiosk.biometrics.images import Grey, luma
from ktpel_kiosk.domain.errors import CaptureFailed

RGB = NDArray[np.uint8]

CASCADES = Path(cv2.__file__).with_name("data")
"""Where the OpenCV 4 wheel keeps its Haar cascades."""

LEAST_SIDE = 64
SEVERAL_FROM = 0.35
"""A second face at least this large (area against the first) makes it a group; smaller ones are people passing behind."""

MOST_BOXES = 6
"""So many boxes of the cascade are looked into; noise must not cost seconds."""

DOUBTFUL = 0.85
"""A neural face less probable than this counts only when the Haar cascade sees it too: people have 0.9 and more, pets less."""

DROWSY = 0.075
"""Lid gap (share of T) below which the eye cascade is asked as well: the landmark network draws closed lids half open."""

UPSIDE = 45.0
"""Degrees of roll from which it is not the head that is turned but the camera."""

_EYES_AT, _EYE_HEIGHT = 0.30, 0.395
"""Where eyes stand in a Haar face box, as shares of its side."""

_local = threading.local()


@dataclass(frozen=True, slots=True)
class Face:
    """Face box (brow to chin, square) and eye centres. ``eyes_seen`` False when they were put where eyes usually are; ``marks`` None
    without the landmark network; ``second``: area of the next largest face against this one."""

    x: float
    y: float
    width: float
    height: float
    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    eyes_seen: bool
    marks: Landmarks | None = None
    second: float = 0.0

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


def find(frame: RGB, *, quick: bool = False) -> Face:
    """``quick`` for live pictures: smaller search pictures, and without the networks no look at turned pictures."""
    if min(frame.shape[:2]) < LEAST_SIDE:
        raise _nobody()
    return _by_network(frame) if models.available() else _by_haar(frame, quick)


def _nobody() -> CaptureFailed:
    return CaptureFailed("face.none", device_kind="camera")


def _turned() -> CaptureFailed:
    return CaptureFailed("face.camera_turned", device_kind="camera")


# --- networks ---


def _by_network(frame: RGB) -> Face:
    least = 0.07 * min(frame.shape[:2])
    faces = sorted((f for f in models.detect(frame) if f.width >= least), key=lambda f: -f.area)
    if not faces or (faces[0].confidence < DOUBTFUL and _whole(frame, faces[0]) and not _haar_agrees(frame, faces[0])):
        factor = models.DETECTOR_SIDE / max(frame.shape)
        small = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        for turn in (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180):
            if any(f.confidence >= DOUBTFUL for f in models.detect(np.asarray(cv2.rotate(small, turn), np.uint8))):
                raise _turned()
        raise _nobody()
    first = faces[0]
    if abs(math.degrees(math.atan2(first.right_eye[1] - first.left_eye[1], first.right_eye[0] - first.left_eye[0]))) > UPSIDE:
        raise _turned()
    points = models.mesh(frame, first)
    if points is None:
        raise _nobody()
    second = faces[1].area / first.area if len(faces) > 1 else 0.0
    if second >= SEVERAL_FROM:
        group = [f for f in faces if f.area >= SEVERAL_FROM * first.area]
        seen = 1 + sum(models.mesh(frame, f) is not None for f in group[1:])
        if seen > 1:
            raise CaptureFailed("face.many", device_kind="camera", count=seen)
    marks = Landmarks(points, (frame.shape[1], frame.shape[0]))
    side = 1.08 * marks.eye_distance / (1 - 2 * _EYES_AT)  # cascades put eyes a little wider apart; the measures expect their box
    middle = marks.eye_middle
    if side < 1:
        raise _nobody()
    box = (middle[0] - side / 2, middle[1] - _EYE_HEIGHT * side, side, side)
    awake = marks.eyes_open >= DROWSY or _with_eyes(luma(frame), box, 96).eyes_seen
    return Face(*box, marks.left_eye, marks.right_eye, awake, marks, second)


def _whole(frame: RGB, face: models.Detected) -> bool:
    """A face that leaves the frame cannot be confirmed by the cascade, but it can be asked to come back."""
    return face.x >= 0 and face.y >= 0 and face.x + face.width <= frame.shape[1] and face.y + face.height <= frame.shape[0]


def _haar_agrees(frame: RGB, face: models.Detected) -> bool:
    """Whether a cascade finds a face in the neighbourhood of the box."""
    side = 1.1 * max(face.width, face.height)
    cx, cy = face.x + face.width / 2, face.y + face.height / 2
    x0, y0 = max(0, int(cx - side)), max(0, int(cy - side))
    part = frame[y0 : int(cy + side), x0 : int(cx + side)]
    factor = min(1.0, 240 / max(1, part.shape[1]))
    grey = cv2.equalizeHist(cv2.resize(luma(part), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    least = max(24, round(0.3 * min(grey.shape)))
    return bool(_boxes(np.asarray(grey, np.uint8), "haarcascade_frontalface_alt2.xml", least))


# --- Haar cascades ---


def _cascade(name: str) -> cv2.CascadeClassifier:
    """Detectors are not thread-safe, hence one set a thread."""
    kept: dict[str, cv2.CascadeClassifier] = _local.__dict__.setdefault("cascades", {})
    if name not in kept:
        kept[name] = cv2.CascadeClassifier(str(CASCADES / name))
    return kept[name]


def _by_haar(frame: RGB, quick: bool) -> Face:
    """The working sizes in pixels set the cost; the still picture is searched finer."""
    search_width, eye_width = (288, 84) if quick else (480, 128)
    full = luma(frame)
    factor = min(1.0, search_width / frame.shape[1])
    grey = np.asarray(cv2.equalizeHist(cv2.resize(full, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)), np.uint8)
    least = max(40, round(0.18 * min(grey.shape)))
    boxes = _boxes(grey, "haarcascade_frontalface_alt2.xml", least, 1.14 if quick else 1.12)
    if not boxes and not quick:
        boxes = _boxes(grey, "haarcascade_frontalface_default.xml", least)[:1]
    if not boxes:
        if not quick and any(_boxes(np.asarray(cv2.rotate(grey, turn), np.uint8), "haarcascade_frontalface_alt2.xml", least)
                             for turn in (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180)):
            raise _turned()
        raise _nobody()
    faces = [_with_eyes(full, tuple(v / factor for v in b), eye_width) for b in boxes[:MOST_BOXES]]
    seen = _apart([f for f in faces if f.eyes_seen])  # folds, veils and shadows make boxes too, but without a pair of eyes
    group = [f for f in seen if f.width * f.height >= SEVERAL_FROM * seen[0].width * seen[0].height]
    if len(group) > 1:
        raise CaptureFailed("face.many", device_kind="camera", count=len(group))
    return seen[0] if seen else faces[0]


def _boxes(grey: Grey, name: str, least: int, step: float = 1.12) -> list[tuple[int, int, int, int]]:
    found = _cascade(name).detectMultiScale(grey, scaleFactor=step, minNeighbors=4, minSize=(least, least))
    return sorted(((int(x), int(y), int(w), int(h)) for x, y, w, h in found), key=lambda b: -b[2] * b[3])


def _apart(faces: list[Face]) -> list[Face]:
    """Largest first, without those that lie in a larger one by a third of themselves: one head is often found twice."""
    kept: list[Face] = []
    for face in faces:
        if all(_shared(face, other) <= face.width * face.height / 3 for other in kept):
            kept.append(face)
    return kept


def _shared(a: Face, b: Face) -> float:
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0.0, across) * max(0.0, down)


def _with_eyes(grey: Grey, box: tuple[float, ...], eye_width: int) -> Face:
    x, y, w, h = box
    expected = [(x + _EYES_AT * w, y + _EYE_HEIGHT * h), (x + (1 - _EYES_AT) * w, y + _EYE_HEIGHT * h)]
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
    least = round(0.36 * eye_width)  # an eye with its brow is a third of the face wide, two thirds of this region
    found = _cascade("haarcascade_eye_tree_eyeglasses.xml").detectMultiScale(scaled, 1.1, 3, minSize=(least, least))
    middle = (scaled.shape[1] / 2, scaled.shape[0] / 2)
    centres = [(bx + bw / 2, by + bh / 2) for bx, by, bw, bh in found]
    if not centres:
        return None
    cx, cy = min(centres, key=lambda c: math.dist(c, middle))
    return (x0 + cx / zoom, y0 + cy / zoom)
