"""Finger quality: NFIQ 2 with hints for the operator, and the question whether it is a finger at all.

NFIQ 2 gives white noise 35 of 100, so ridge coherence, contrast, area and ridge period are measured on their own. Grey images at
500 ppi, dark ridges on light ground. Any thread; about 0.25 s with NFIQ 2, 5 ms without.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.nbis_engine import NFIQ2_ALGORITHM, NFIQ2_NAME, NFIQ2_VENDOR, Extracted
from ktpel_kiosk.domain.biometric import Quality

OWN_NAME = "ktpel-finger 1"
BLOCK = 16
"""Pixels; about two ridge periods."""

MM2_PER_BLOCK = (BLOCK * 25.4 / 500) ** 2
LEAST_AREA_MM2 = 40.0
"""Below this nothing useful was touched; a child's little finger gives about 80."""

SMALL_AREA_MM2 = 90.0
LEAST_COHERENCE = 0.33
LEAST_RIDGE_SHARE = 0.45
LEAST_CONTRAST = 14.0
LOW_CONTRAST = 28.0
DARK, LIGHT = 85.0, 200.0


@dataclass(frozen=True, slots=True)
class Measures:
    """``area`` mm2 of ridges, ``coherence`` 0..1, ``contrast`` grey levels, ``mean`` grey of the ridge area, ``ridge_share`` 0..1
    of the energy at ridge periods, ``offset`` distance of the ridge area's centre from the image centre as share of its size."""

    area: float
    coherence: float
    contrast: float
    mean: float
    ridge_share: float
    offset: float

    @property
    def is_finger(self) -> bool:
        return (
            self.area >= LEAST_AREA_MM2
            and self.coherence >= LEAST_COHERENCE
            and self.contrast >= LEAST_CONTRAST
            and self.ridge_share >= LEAST_RIDGE_SHARE
        )


NOTHING = Measures(0.0, 0.0, 0.0, 255.0, 0.0, 0.0)


def measure(image: Grey) -> Measures:
    """Ridge measures of one finger image."""
    rows, columns = image.shape[0] // BLOCK, image.shape[1] // BLOCK
    if rows < 3 or columns < 3:
        return NOTHING
    grey = image[: rows * BLOCK, : columns * BLOCK].astype(np.float32)
    mean = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA)
    square = cv2.resize(grey * grey, (columns, rows), interpolation=cv2.INTER_AREA)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    front = deviation > max(8.0, 0.3 * float(np.percentile(deviation, 95)))
    if front.sum() < 4:
        return NOTHING
    coherence = _coherence(grey, columns, rows)
    ys, xs = np.nonzero(front)
    offset = float(np.hypot((xs.mean() + 0.5) / columns - 0.5, (ys.mean() + 0.5) / rows - 0.5))
    return Measures(
        area=float(front.sum()) * MM2_PER_BLOCK,
        coherence=float(coherence[front].mean()),
        contrast=float(deviation[front].mean()),
        mean=float(mean[front].mean()),
        ridge_share=_ridge_share(grey, front),
        offset=offset,
    )


def _coherence(grey: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """How well the gradients of each block agree on one direction (structure tensor), 0 none, 1 all."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.resize(p, (columns, rows), interpolation=cv2.INTER_AREA) for p in (gx * gx, gy * gy, gx * gy))
    return np.asarray(np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + 1e-6))


def _ridge_share(grey: np.ndarray, front: np.ndarray) -> float:
    """Share of the spectral energy at periods of 5 to 14 px (0.25 to 0.7 mm) among periods of 3 to 64 px."""
    ys, xs = np.nonzero(front)
    half = 96
    cy, cx = int(np.median(ys) * BLOCK + BLOCK / 2), int(np.median(xs) * BLOCK + BLOCK / 2)
    window = grey[max(0, cy - half) : cy + half, max(0, cx - half) : cx + half]
    window = (window - window.mean()) * np.outer(np.hanning(window.shape[0]), np.hanning(window.shape[1]))
    power = np.abs(np.fft.rfft2(window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(window.shape[1]), np.fft.fftfreq(window.shape[0])))
    seen = power[(frequency > 1 / 64) & (frequency < 1 / 3)].sum()
    return float(power[(frequency > 1 / 14) & (frequency < 1 / 5)].sum() / (seen + 1e-9))


def hints(m: Measures) -> tuple[str, ...]:
    """What the operator can do better, most useful first."""
    found = []
    if m.area < SMALL_AREA_MM2:
        found.append("finger.small_area")
    if m.mean < DARK:
        found.append("finger.too_wet")
    elif m.mean > LIGHT or m.contrast < LOW_CONTRAST:
        found.append("finger.too_dry")
    if m.offset > 0.15:
        found.append("finger.off_centre")
    if m.coherence < LEAST_COHERENCE + 0.17:
        found.append("finger.smeared")
    return tuple(found)


def quality(m: Measures, extracted: Extracted | None, low: int = 40) -> Quality:
    """NFIQ 2 where it could be computed, else 255; without the library (None) the own measure 0..100 stands in.

    Hints are given for scores below ``low`` only: a good print needs no advice.
    """
    values = {
        "area_mm2": round(m.area, 1),
        "coherence": round(m.coherence, 3),
        "contrast": round(m.contrast, 1),
        "mean": round(m.mean, 1),
    }
    if extracted is None:
        score = own_score(m)
        return Quality(OWN_NAME, score, measures=values, hints=hints(m) if score < low else ())
    values["minutiae"] = float(len(extracted.points))
    if extracted.score is None:
        return Quality(NFIQ2_NAME, 255, NFIQ2_VENDOR, NFIQ2_ALGORITHM, values, ("finger.not_measurable", *hints(m)))
    advice = hints(m) if extracted.score < low else ()
    return Quality(NFIQ2_NAME, extracted.score, NFIQ2_VENDOR, NFIQ2_ALGORITHM, values, advice)


def own_score(m: Measures) -> int:
    """Stand-in where NFIQ 2 is not there: coherence, contrast and area, each saturating; 0 for what is no finger."""
    if not m.is_finger:
        return 0
    parts = (np.clip((m.coherence - 0.35) / 0.4, 0, 1), np.clip(m.contrast / 60, 0, 1), np.clip(m.area / 180, 0, 1))
    return round(100 * float(float(np.prod(parts)) ** (1 / 3)))
