"""Iris quality: one score and hints from the measures of ISO/IEC 29794-6.

Near infrared grey images, 8 bit, iris radius from about 60 px. The measures are the standard's, the score and its limits our own, so the
record names no registered algorithm. About 50 ms for 640 x 480. Any thread. Error: CaptureFailed ``iris.not_found``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.iris import lens, occlusion, upright
from ktpel_kiosk.biometrics.iris.measures import measure
from ktpel_kiosk.biometrics.iris.segmentation import Circle, Eye, locate
from ktpel_kiosk.domain.biometric import Position, Quality

__all__ = ["ALGORITHM", "Circle", "Eye", "assess", "locate", "maybe_swapped", "measure", "quality"]

ALGORITHM = "ktpel-iris 2"

_LIMITS: tuple[tuple[str, float, float, str], ...] = (
    ("iris_radius", 60, 90, "iris.too_far"),
    ("usable_iris_area", 50, 90, "iris.covered"),
    ("sharpness", 0.5, 8, "iris.blurred"),
    ("detail", 6, 28, "iris.blurred"),
    ("margin_adequacy", 10, 60, "iris.off_centre"),
    ("limbus", 50, 85, "iris.covered"),
    ("iris_sclera_contrast", 3, 12, "iris.low_contrast"),
    ("iris_pupil_contrast", 15, 35, "iris.low_contrast"),
    ("grey_scale_utilisation", 3.5, 5.0, "iris.low_contrast"),
    ("iris_pupil_concentricity", 72, 88, "iris.look_straight"),
    ("pupil_aspect", 78, 92, "iris.look_straight"),
)
"""Measure, value that is worth 0, value that is worth 100, hint when below the middle.

The standard recommends: radius 80 px, usable area 70 %, sclera contrast 5, pupil contrast 30, utilisation 6 bit, concentricity 90, margin
80, ratio 20 to 70 %. Real samples of the mock applicant lie above the right column.
"""

PUPIL_RATIO = (20.0, 70.0)
GLARE = 2.5
"""Percent of the iris under mirrored light from which spectacles are suspected."""

NASAL = 2.0
"""Percent of the iris radius. The pupil lies towards the nose: 1.7 to 9 % in the real samples."""

NASAL_BOTH = 8.0
"""Both eyes together must lie this far on the wrong side before a swap is mentioned."""


def assess(image: Grey, eye: Eye, hidden: occlusion.Occlusion | None = None) -> Quality:
    """Measures, score and hints of one located eye."""
    found = hidden if hidden is not None else occlusion.find(image, eye)
    values = measure(image, eye, found)
    values["lens"] = round(lens.evidence(image, eye, found), 2)
    values["upside_down"] = round(upright.evidence(image, eye, found), 2)
    return quality(values)


def quality(values: Mapping[str, float]) -> Quality:
    """Score from the worst and the mean part; the pupil must take 20 to 70 percent of the iris. Glare, lens and an eye upside
    down only give hints."""
    parts: list[float] = []
    hints: list[tuple[float, str]] = []
    for name, worst, good, hint in _LIMITS:
        part = 100 * min(1.0, max(0.0, (values[name] - worst) / (good - worst)))
        parts.append(part)
        if part < 50:
            hints.append((part, hint))
    if not PUPIL_RATIO[0] <= values["pupil_iris_ratio"] <= PUPIL_RATIO[1]:
        parts.append(20.0)
        hints.append((20.0, "iris.pupil_size"))
    if values.get("glare", 0.0) > GLARE:
        hints.append((49.0, "iris.glare"))
    if values.get("lens", 0.0) >= 1.0:
        hints.append((49.5, "iris.lens"))
    if values.get("upside_down", 0.0) >= upright.UPSIDE_DOWN:
        hints.append((-1.0, "iris.upside_down"))  # first: the rest is mended after it
    score = round(0.6 * min(parts) + 0.4 * sum(parts) / len(parts))
    ordered = tuple(dict.fromkeys(hint for _, hint in sorted(hints, key=lambda h: h[0])))
    return Quality(ALGORITHM, score, measures=dict(values), hints=ordered)


def maybe_swapped(eyes: Sequence[tuple[Position, Quality]]) -> bool:
    """Whether both eyes look like the other side: each pupil lies away from where the nose should be. A hint, never a decision.

    The nose is on the right side of the picture of a right eye, as the camera sees it.
    """
    off = {position: quality.measures.get("nasal", 0.0) * (1 if position is Position.RIGHT_EYE else -1) for position, quality in eyes}
    right, left = off.get(Position.RIGHT_EYE, 0.0), off.get(Position.LEFT_EYE, 0.0)
    return right <= -NASAL and left <= -NASAL and right + left <= -NASAL_BOTH
