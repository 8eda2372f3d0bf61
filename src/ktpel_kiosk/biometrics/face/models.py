"""The three neural networks of the face: where their files lie, and running them through OpenCV.

The files (face_detection_short_range, face_landmark, selfie_segmentation; Google, Apache-2.0) come inside the wheel
``mediapipe==0.10.21``, which is installed without its dependencies and never imported: only its files are read. Each file is known by
its SHA-256; another file of the same name is not run. Without them :func:`available` is False and the callers use Haar and GrabCut.

Networks are made once a thread (OpenCV's are not thread-safe), about 35 ms together. RGB frames. Raises nothing for missing files.
"""

from __future__ import annotations

import hashlib
import math
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]

PACKAGE, VERSION = "mediapipe", "0.10.21"
FILES: Mapping[str, tuple[str, str]] = {
    "detector": ("face_detection/face_detection_short_range.tflite",
                 "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"),
    "landmarks": ("face_landmark/face_landmark.tflite", "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"),
    "person": ("selfie_segmentation/selfie_segmentation.tflite", "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c"),
}
DETECTOR_SIDE, LANDMARK_SIDE, PERSON_SIDE = 128, 192, 256
CONFIDENT = 0.6
"""Least probability of a face box; a portrait at a desk has 0.8 and more."""

FACE_FLAG = 0.0
"""Least logit of the landmark network that there is a face under the mesh."""

_local = threading.local()


def _folders() -> list[Path]:
    """Where the files may lie: the wheel, then what a system package installed beside this Python."""
    found = []
    try:
        distribution = metadata.distribution(PACKAGE)
        if distribution.version == VERSION:
            found.append(Path(str(distribution.locate_file(f"{PACKAGE}/modules"))))
    except metadata.PackageNotFoundError:
        pass
    found.append(Path(sys.prefix) / "share" / "ktpel-kiosk" / "models")
    return found


@lru_cache(maxsize=1)
def files() -> tuple[Mapping[str, Path], str]:
    """(name -> file, trouble): all three or none; ``trouble`` says what is missing, empty when nothing is."""
    trouble = f"{PACKAGE} {VERSION} is not installed"
    for folder in _folders():
        paths = {name: folder / path for name, (path, _) in FILES.items()}
        if not all(p.is_file() for p in paths.values()):
            continue
        strange = [p.name for name, p in paths.items() if hashlib.sha256(p.read_bytes()).hexdigest() != FILES[name][1]]
        if not strange:
            return paths, ""
        trouble = f"unknown model file {strange[0]}"
    return {}, trouble


def available() -> bool:
    return bool(files()[0])


def trouble() -> str:
    """Why the models are not used; empty when they are."""
    return files()[1]


def _net(name: str) -> Any:
    kept: dict[str, Any] = _local.__dict__.setdefault("nets", {})
    if name not in kept:
        kept[name] = cv2.dnn.readNetFromTFLite(str(files()[0][name]))
    return kept[name]


def _run(name: str, picture: RGB, scale: float, shift: float = 0.0) -> dict[str, F32]:
    """``picture * scale + shift`` through the network; outputs by name."""
    net = _net(name)
    net.setInput(cv2.dnn.blobFromImage(picture, scale, mean=(-shift / scale,) * 3 if shift else ()))
    outputs = net.getUnconnectedOutLayersNames()
    return dict(zip(outputs, net.forward(outputs), strict=True))


@dataclass(frozen=True, slots=True)
class Detected:
    """A face box in pixels of the frame with its two eyes (left and right in the picture) and probability 0..1."""

    x: float
    y: float
    width: float
    height: float
    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    confidence: float

    @property
    def area(self) -> float:
        return self.width * self.height


@lru_cache(maxsize=1)
def _anchors() -> F32:
    """Centres (x, y) in 0..1 of the detector's 896 anchors: 2 a cell of 16 x 16, 6 a cell of 8 x 8."""
    rows = [((x + 0.5) / cells, (y + 0.5) / cells) for cells, each in ((16, 2), (8, 6))
            for y in range(cells) for x in range(cells) for _ in range(each)]
    return np.asarray(rows, np.float32)


def detect(frame: RGB) -> list[Detected]:
    """Faces in the frame, most probable first, overlapping boxes merged. The frame is letterboxed to 128 x 128."""
    height, width = frame.shape[:2]
    side = max(height, width)
    factor = DETECTOR_SIDE / side
    small = cv2.resize(frame, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA)
    box = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.uint8)
    left, top = (DETECTOR_SIDE - small.shape[1]) // 2, (DETECTOR_SIDE - small.shape[0]) // 2
    box[top : top + small.shape[0], left : left + small.shape[1]] = small
    out = _run("detector", box, 1 / 127.5, -1.0)
    logits = out["classificators"].ravel()
    likely = np.flatnonzero(logits > math.log(CONFIDENT / (1 - CONFIDENT)))
    likely = likely[np.argsort(-logits[likely])]
    raw = out["regressors"].reshape(-1, 16)[likely] / DETECTOR_SIDE
    centres = _anchors()[likely]
    raw[:, 0:2] += centres
    raw[:, 4:16] += np.tile(centres, 6)
    raw = raw * DETECTOR_SIDE
    raw[:, [0, 4, 6, 8, 10, 12, 14]] -= left
    raw[:, [1, 5, 7, 9, 11, 13, 15]] -= top
    raw /= factor
    faces = []
    for values, logit in zip(raw.tolist(), logits[likely].tolist(), strict=True):
        cx, cy, w, h = values[:4]
        if w > 0 and h > 0:
            faces.append(Detected(cx - w / 2, cy - h / 2, w, h, (values[4], values[5]), (values[6], values[7]),
                                  1 / (1 + math.exp(-logit))))
    return _merge(faces)


def _merge(faces: list[Detected]) -> list[Detected]:
    kept: list[Detected] = []
    for face in faces:
        if all(_overlap(face, other) < 0.3 for other in kept):
            kept.append(face)
    return kept


def _overlap(a: Detected, b: Detected) -> float:
    """Intersection over union."""
    w = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    h = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = max(0.0, w) * max(0.0, h)
    return both / (a.area + b.area - both)


def mesh(frame: RGB, face: Detected) -> F32 | None:
    """468 landmarks (x, y, z) in pixels of the frame, or None when the network sees no face in the box.

    The crop is turned upright by the eyes, half as large again as the box.
    """
    (lx, ly), (rx, ry) = face.left_eye, face.right_eye
    turn = math.atan2(ry - ly, rx - lx)
    side = 1.5 * max(face.width, face.height)
    cx, cy = face.x + face.width / 2, face.y + face.height / 2
    cos, sin = math.cos(turn) * side / LANDMARK_SIDE, math.sin(turn) * side / LANDMARK_SIDE
    half = LANDMARK_SIDE / 2
    back = np.array([[cos, -sin, cx - cos * half + sin * half], [sin, cos, cy - sin * half - cos * half]], np.float64)
    crop = cv2.warpAffine(_reduced(frame, back), _scaled(frame, back), (LANDMARK_SIDE, LANDMARK_SIDE),
                          flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    out = _run("landmarks", np.asarray(crop, np.uint8), 1 / 255)
    if float(out["conv2d_31"].ravel()[0]) < FACE_FLAG:
        return None
    points = out["conv2d_21"].reshape(468, 3).astype(np.float64)
    placed = points[:, :2] @ back[:, :2].T + back[:, 2]
    return np.column_stack([placed, points[:, 2] * side / LANDMARK_SIDE]).astype(np.float32)


def _shrink(back: NDArray[np.float64]) -> int:
    """Whole factor by which the frame is larger than the crop needs; a plain warp would skip pixels and alias."""
    return max(1, int(math.hypot(back[0, 0], back[1, 0])))


def _reduced(frame: RGB, back: NDArray[np.float64]) -> RGB:
    factor = _shrink(back)
    if factor == 1:
        return frame
    size = (max(1, frame.shape[1] // factor), max(1, frame.shape[0] // factor))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _scaled(frame: RGB, back: NDArray[np.float64]) -> NDArray[np.float64]:
    factor = _shrink(back)
    if factor == 1:
        return back
    x, y = max(1, frame.shape[1] // factor) / frame.shape[1], max(1, frame.shape[0] // factor) / frame.shape[0]
    return np.diag([x, y]) @ back


def person(frame: RGB) -> F32:
    """Probability 0..1 that a pixel belongs to a person, at 256 x 256 stretched over the frame."""
    small = cv2.resize(frame, (PERSON_SIDE, PERSON_SIDE), interpolation=cv2.INTER_AREA)
    out = _run("person", np.asarray(small, np.uint8), 1 / 255)
    return np.asarray(next(iter(out.values())).reshape(PERSON_SIDE, PERSON_SIDE), np.float32)
