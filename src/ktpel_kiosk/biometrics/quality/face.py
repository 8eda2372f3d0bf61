"""Portrait for the KTP-el: judge a frame, hint at what to change, crop it 3:4 at 600 x 800, replace the cloth where that is allowed.

The required cloth is red for odd birth years and blue for even ones. With the neural models of :mod:`..face.models` the measures cover
eyes, mouth, pose and geometry; without them (Haar) those are left out, ``landmarks`` is 0 and the algorithm's name ends in ``Haar``.
Measures are approximations that use ISO/IEC 29794-5 curves; they carry no registered algorithm id. Light is judged on gamma-coded
luma, so that dark skin well lit is not "too dark"; the standard's linear luminance values are given besides, not judged.

RGB frames. Any thread. Still about 60 ms of CPU (with replacement 300), preview under 25 ms at VGA.
Errors: CaptureFailed ``face.none``, ``face.many``, ``face.camera_turned``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.face import mask, models
from ktpel_kiosk.biometrics.face import measures as pixel
from ktpel_kiosk.biometrics.face.detect import CASCADES, Face, find
from ktpel_kiosk.biometrics.face.framing import (
    EYE_LINE,
    EYES_APART,
    HEIGHT,
    WIDTH,
    Framing,
    crop,
    frame_portrait,
    geometry,
    wide_crop,
)
from ktpel_kiosk.biometrics.face.landmarks import Landmarks, Pose
from ktpel_kiosk.biometrics.face.scores import fine_value, sigmoid
from ktpel_kiosk.biometrics.images import luma
from ktpel_kiosk.domain.biometric import Quality
from ktpel_kiosk.domain.errors import CaptureFailed

__all__ = [
    "ALGORITHM",
    "CASCADES",
    "EYES_APART",
    "EYE_LINE",
    "HEIGHT",
    "WIDTH",
    "Face",
    "Framing",
    "algorithm",
    "assess",
    "crop",
    "find",
    "frame_portrait",
    "is_cloth",
    "judge",
    "preview",
]

ALGORITHM = "ktpel-face 2"

NEED_LANDMARKS = ("yaw", "pitch", "yaw_ok", "pitch_ok", "eyes_open", "mouth_closed", "luminance_mean", "luminance_variance",
                  "under_exposure", "over_exposure", "dynamic_range", "natural_colour", "illumination_uniformity", "head_width",
                  "head_height", "full_frontal")
"""Measures that are missing where the models are."""

ALIGNED = 308
"""Side of the aligned picture; half the standard's, which is enough for means and histograms."""

WRONG_CLOTH_SCORE = 35
"""Best score a portrait before the wrong cloth can have; below the default threshold of 40."""

UNSEEN_EYES = 30.0
"""Most that ``eyes_open`` can be when neither landmarks nor cascade are sure of open eyes."""

LEAST_FITTING = 0.5
"""So much of the cloth must have its colour: the middle of a motley wall may happen to be red."""

RGB = NDArray[np.uint8]

_LIMITS: tuple[tuple[str, float, str], ...] = (
    ("size", 40.0, "face.too_far"),
    ("roll_ok", 83.0, "face.tilt"),
    ("yaw_ok", 83.0, ""),
    ("pitch_ok", 65.0, ""),
    ("eyes_open", 50.0, "face.eyes"),
    ("mouth_closed", 88.0, "face.mouth"),
    ("exposure", 50.0, ""),
    ("burnt", 50.0, "face.bright"),
    ("illumination", 70.0, "face.uneven"),
    ("sharpness", 40.0, "face.blurred"),
    ("cloth", 50.0, "face.background"),
    ("background", 45.0, "face.background_uneven"),
)
"""(measure, least value, hint) in the order in which an operator should mend things."""


def algorithm() -> str:
    """The name that goes with the scores of this machine."""
    return ALGORITHM if models.available() else f"{ALGORITHM} Haar"


def measures(frame: RGB, face: Face, framing: Framing, latar: str) -> dict[str, float]:
    """Component values 0..100, higher is better; ``roll``, ``yaw``, ``pitch`` in degrees, ``eye_distance`` in pixels of the frame,
    geometry and places as shares."""
    skin = frame[
        max(0, int(face.y + 0.15 * face.height)) : max(1, int(face.y + 0.95 * face.height)),
        max(0, int(face.x + 0.12 * face.width)) : max(1, int(face.x + 0.88 * face.width)),
    ]
    if skin.size == 0:
        raise CaptureFailed("face.none", device_kind="camera")
    grey = luma(np.asarray(cv2.resize(skin, (150, 160), interpolation=cv2.INTER_AREA), np.uint8))
    light = float(grey.mean()) / 255
    pose = face.marks.pose() if face.marks is not None else None
    found = {
        "size": 100 * sigmoid(face.eye_distance, 70, 12),
        "roll_ok": _upright(face.roll, 3.0),
        "sharpness": 100 * sigmoid(pixel.sharpness(luma(skin)), 0.118, 0.018),
        "exposure": 100 * sigmoid(light, 0.2, 0.05) * (1 - sigmoid(light, 0.8, 0.05)),
        "burnt": 100 * (1 - min(1.0, 6 * float((grey >= 250).mean()))),
        "illumination": 100 * pixel.smooth_illumination(grey[70:115, 15:60], grey[70:115, 90:135]) ** 0.3,
        "centred": 60.0 if framing.hint else 100.0,
        "single_face": fine_value("SingleFacePresent", face.second),
        "roll": face.roll,
        "landmarks": 0.0,
    }
    if face.marks is not None and pose is not None:
        found.update(_of_landmarks(frame, face.marks, pose))
        if not face.eyes_seen:
            found["eyes_open"] = min(found["eyes_open"], UNSEEN_EYES)
    found.update(_cloth(_strips(crop_small(frame, framing)), latar))
    shares = geometry(face, framing, pose)
    rounded = {k: round(v, 1) for k, v in found.items()}
    return rounded | {k: round(v, 1 if k == "eye_distance" else 4) for k, v in shares.items()} | _places(frame, face, framing)


def _upright(degrees: float, strictness: float) -> float:
    return 100 * max(0.0, math.cos(math.radians(strictness * min(30.0, abs(degrees))))) ** 2


def _of_landmarks(frame: RGB, marks: Landmarks, pose: Pose) -> dict[str, float]:
    """Curves of the standard on our landmarks."""
    picture, into = pixel.align(frame, marks, ALIGNED)
    light = pixel.luminance(picture)
    shares = pixel.histogram(light, pixel.skin_mask(marks, into, ALIGNED))
    left, right = pixel.cheeks(marks, into)
    mean, variance = pixel.luminance_mean_variance(shares)
    under, over = pixel.exposure(shares)
    return {
        "landmarks": 1.0,
        "yaw": pose.yaw,
        "pitch": pose.pitch,
        "yaw_ok": _upright(pose.yaw, 3.0),
        "pitch_ok": _upright(pose.pitch, 2.4),
        "eyes_open": fine_value("EyesOpen", marks.eyes_open),
        "mouth_closed": fine_value("MouthClosed", marks.mouth_open),
        "luminance_mean": fine_value("LuminanceMean", mean),
        "luminance_variance": fine_value("LuminanceVariance", variance),
        "under_exposure": fine_value("UnderExposurePrevention", under),
        "over_exposure": fine_value("OverExposurePrevention", over),
        "dynamic_range": fine_value("DynamicRange", pixel.entropy(shares)),
        "natural_colour": fine_value("NaturalColour", pixel.natural_colour(picture[left], picture[right])),
        "illumination_uniformity": fine_value("IlluminationUniformity", pixel.illumination(light[left], light[right])),
    }


def _places(frame: RGB, face: Face, framing: Framing) -> dict[str, float]:
    """What a preview draws, as shares of the frame."""
    height, width = frame.shape[:2]
    across = {"face_x": face.x, "face_w": face.width, "eye_left_x": face.left_eye[0], "eye_right_x": face.right_eye[0],
              "crop_x": framing.x, "crop_w": framing.width}
    down = {"face_y": face.y, "face_h": face.height, "eye_left_y": face.left_eye[1], "eye_right_y": face.right_eye[1],
            "crop_y": framing.y, "crop_h": framing.height}
    return {k: round(v / width, 4) for k, v in across.items()} | {k: round(v / height, 4) for k, v in down.items()}


def crop_small(frame: RGB, framing: Framing) -> RGB:
    """The portrait at 60 x 80, for colours."""
    part = frame[framing.y : framing.y + framing.height, framing.x : framing.x + framing.width]
    return np.asarray(cv2.resize(part, (60, 80), interpolation=cv2.INTER_AREA), np.uint8)


def _strips(small: RGB) -> RGB:
    """Cloth pixels beside the head: both edges of the portrait, above shoulders and narrower than a veil leaves."""
    return np.concatenate([small[1:32, 0:5].reshape(-1, 3), small[1:32, 55:60].reshape(-1, 3)])


def _beside(portrait: RGB, person: NDArray[np.float32]) -> RGB | None:
    """Cloth pixels around the person by the mask; None where the mask leaves too few to tell."""
    small = np.asarray(cv2.resize(portrait, (150, 200), interpolation=cv2.INTER_AREA), np.uint8)
    outside = (cv2.resize(person, (150, 200), interpolation=cv2.INTER_AREA) < 0.1).astype(np.uint8)
    free = cv2.erode(outside, np.ones((7, 7), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return small[free > 0] if free.mean() >= 0.04 else None


def _cloth(pixels: RGB, latar: str) -> dict[str, float]:
    """Uniformity and colour of the cloth."""
    hue, saturation, value, spread = pixel.cloth_colour(pixels)
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels.reshape(-1, 1, 3)), cv2.COLOR_RGB2HSV).reshape(-1, 3)
    shades, counts = np.unique(hsv // (4, 16, 16), axis=0, return_counts=True)  # a few dozen colours, not thousands of pixels
    fitting = sum(int(n) for (h, s, v), n in zip(shades.tolist(), counts, strict=True)
                  if is_cloth(latar, 4 * h + 2, 16 * s + 8, 16 * v + 8))
    return {
        "background": 100 * (1 - sigmoid(spread, 22, 5)),
        "cloth": 100.0 if is_cloth(latar, hue, saturation, value) and fitting >= LEAST_FITTING * len(hsv) else 0.0,
    }


def is_cloth(latar: str, hue: float, saturation: float, value: float) -> bool:
    """Whether an OpenCV HSV colour (hue 0..179) passes as the ``merah`` or ``biru`` cloth."""
    if saturation < 80 or value < 50:
        return False
    return (hue <= 12 or hue >= 165) if latar == "merah" else 92 <= hue <= 132


def quality(values: dict[str, float], face: Face, framing: Framing, bright: bool) -> Quality:
    """Score from the worst and the mean component; hints, most useful first."""
    hints = []
    if framing.hint:
        hints.append(framing.hint)
    for name, least, hint in _LIMITS:
        if values.get(name, 100.0) < least:
            hints.append(hint or _words(name, values, bright))
    if not face.eyes_seen:
        hints.append("face.eyes")
    parts = [values[n] for n, _, _ in _LIMITS if n != "cloth" and n in values]
    parts += [values["centred"], 100.0 if face.eyes_seen else 70.0]
    score = round(0.5 * min(parts) + 0.5 * sum(parts) / len(parts))
    if values["cloth"] < 50:
        score = min(score, WRONG_CLOTH_SCORE)
    return Quality(algorithm(), max(0, min(100, score)), measures=values, hints=tuple(dict.fromkeys(hints)))


def _words(name: str, values: dict[str, float], bright: bool) -> str:
    if name == "yaw_ok":  # the picture's right is the applicant's left
        return "face.turn_right" if values["yaw"] > 0 else "face.turn_left"
    if name == "pitch_ok":
        return "face.chin_down" if values["pitch"] > 0 else "face.chin_up"
    return "face.bright" if bright else "face.dark"


def _bright(frame: RGB, face: Face) -> bool:
    part = frame[max(0, int(face.y)) : int(face.y + face.height), max(0, int(face.x)) : int(face.x + face.width)]
    return bool(part.size) and float(part[::2, ::2].mean()) > 127


def judge(frame: RGB, latar: str, *, quick: bool = False) -> tuple[Quality, Face, Framing]:
    """Find, frame, measure; the frame itself is not changed."""
    face = find(frame, quick=quick)
    framing = frame_portrait(face, frame.shape[1], frame.shape[0])
    values = measures(frame, face, framing, latar)
    return quality(values, face, framing, _bright(frame, face)), face, framing


PersonMask = Callable[[RGB, tuple[float, float, float, float]], NDArray[np.float32]]
"""(picture, head box) -> probability 0..1 of the person, of the picture's size."""


def assess(frame: RGB, latar: str, *, replace_background: bool = False,
           person: PersonMask = mask.person_mask) -> tuple[RGB, Quality]:
    """The portrait 600 x 800 and its quality.

    The cloth is judged around the person where the person network is present, in strips beside the head otherwise. A wrong or uneven
    cloth is replaced when ``replace_background`` allows it and the person could be cut out cleanly: ``background_replaced`` is then 1
    and ``cloth_before`` says what was there; when it could not, 0 with the hint ``face.background_kept``. A fitting cloth stays.
    """
    judged, face, framing = judge(frame, latar)
    portrait = crop(frame, framing)
    values = dict(judged.measures)
    wide = wide_crop(frame, framing, face)
    rough = None
    if models.available():
        rough = person(wide.picture, wide.head)
        inner = wide.portrait_part(rough)
        pixels = _beside(portrait, inner)
        if pixels is not None:
            values.update({k: round(v, 1) for k, v in _cloth(pixels, latar).items()})
        gradient = _gradient(portrait, inner, face, framing)
        if gradient is not None:
            values["background_uniformity"] = round(fine_value("BackgroundUniformity", gradient), 1)
    kept = False
    if replace_background and (values["cloth"] < 50 or values["background"] < 45):
        rough = person(wide.picture, wide.head) if rough is None else rough
        alpha = mask.matte(wide.picture, rough)
        inner = wide.portrait_part(alpha)
        kept = not mask.clean_cut(portrait, inner, strict=not models.available())
        values |= {"background_replaced": 0.0 if kept else 1.0, "cloth_before": values["cloth"]}
        if not kept:
            portrait = mask.replace_background(portrait, inner, latar)
            values |= {"cloth": 100.0, "background": 100.0}
    done = quality(values, face, framing, _bright(frame, face))
    if kept:
        done = replace(done, hints=("face.background_kept", *done.hints))
    return portrait, done


def _gradient(portrait: RGB, person: NDArray[np.float32], face: Face, framing: Framing) -> float | None:
    if face.marks is None:
        return None
    points = face.marks.points.copy()
    points[:, :2] = (points[:, :2] - (framing.x, framing.y)) * (WIDTH / framing.width)
    return pixel.background_gradient(portrait, person, Landmarks(points, (WIDTH, HEIGHT)))


def preview(frame: RGB, latar: str) -> Quality:
    """Live measures with at most one hint; a missing face is a hint here, not an error."""
    try:
        found, _, _ = judge(frame, latar, quick=True)
    except CaptureFailed as trouble:
        return Quality(algorithm(), 0, hints=(trouble.message_key,))
    return replace(found, hints=found.hints[:1])
