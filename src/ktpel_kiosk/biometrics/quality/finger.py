"""Finger quality: NFIQ 2 with hints for the operator, and the question whether it is a finger at all.

NFIQ 2 gives white noise 35 of 100, so ridge coherence, contrast, area and ridge period are measured on their own: noise, print, cloth,
rulings and faces are refused. Skin of a palm has ridges too and passes, and so does a good copy of a finger: nothing here says that a
finger is alive. Grey images at 500 ppi, dark ridges on light ground. Any thread; about 0.25 s with NFIQ 2, 5 ms without.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.nbis_engine import NFIQ2_ALGORITHM, NFIQ2_NAME, NFIQ2_VENDOR, Extracted
from ktpel_kiosk.domain.biometric import Position, Quality

OWN_NAME = "ktpel-finger 1"
BLOCK = 16
"""Pixels; about two ridge periods."""

MM2_PER_BLOCK = (BLOCK * 25.4 / 500) ** 2
LEAST_AREA_MM2 = 40.0
"""Below this nothing useful was touched; a child's little finger gives about 80."""

SMALL_AREA_MM2 = {"thumb": 225.0, "index": 190.0, "middle": 200.0, "ring": 180.0, "little": 130.0}
"""Below this a finger of that kind touches with part of its tip only; whole adult tips gave from 300, 240, 240, 220 and 170."""

SMALL_AREA_ANY_MM2 = 90.0
LEAST_COHERENCE = 0.285
"""Noise of every grain reaches 0.28 where its period is that of ridges; the driest prints of the samples have 0.47, drawn ones 0.285."""

MOST_COHERENCE = 0.985
"""Real ridges reach 0.92: pores, creases and minutiae disturb them. Clean rulings, rings and gratings have 0.99."""

MOST_SAMENESS = 0.96
"""All ridges in one direction: cloth, barcodes. A corner of a finger reaches 0.91."""

MOST_SPARSENESS = 1.7
"""Deviation to mean darkness; letters on bare paper have 1.9 and more, the driest print 1.4."""

LEAST_MINUTIAE, REGULAR = 4, 0.9
"""So regular a pattern with fewer minutiae than this was drawn or woven."""

LEAST_RIDGE_SHARE = 0.45
LEAST_CONTRAST = 14.0
LOW_CONTRAST = 28.0
DARK, LIGHT = 85.0, 200.0
DRY_CONTRAST = 60.0
FLOODED = 0.12
SMEARED_COHERENCE = 0.62
OFF_CENTRE = 0.15
TILTED = 30.0

@dataclass(frozen=True, slots=True)
class Measures:
    """``area`` mm2 of touching skin, ``coherence`` 0..1, ``contrast`` grey levels, ``mean`` grey of the ridge area, ``ridge_share`` 0..1
    of the energy at ridge periods, ``offset`` distance of the ridge area's centre from the image centre as share of its size,
    ``sameness`` 0..1 of ridge directions (1: parallel), ``flooded`` 0..1 of the skin so wet that its valleys are filled."""

    area: float
    coherence: float
    contrast: float
    mean: float
    ridge_share: float
    offset: float
    sameness: float = 0.0
    flooded: float = 0.0

    @property
    def is_finger(self) -> bool:
        return (
            self.area >= LEAST_AREA_MM2
            and LEAST_COHERENCE <= self.coherence <= MOST_COHERENCE
            and self.sameness <= MOST_SAMENESS
            and self.contrast <= MOST_SPARSENESS * (255.0 - self.mean)
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
    soaked = (mean < 100) & (deviation < 35)
    coherence, sameness = _directions(grey, front)
    ys, xs = np.nonzero(front)
    offset = float(np.hypot((xs.mean() + 0.5) / columns - 0.5, (ys.mean() + 0.5) / rows - 0.5))
    return Measures(
        area=float((front | soaked).sum()) * MM2_PER_BLOCK,
        coherence=coherence,
        contrast=float(deviation[front].mean()),
        mean=float(mean[front].mean()),
        ridge_share=_ridge_share(grey, front),
        offset=offset,
        sameness=sameness,
        flooded=float(soaked.sum()) / float((front | soaked).sum()),
    )


def _directions(grey: np.ndarray, front: np.ndarray) -> tuple[float, float]:
    """How well the gradients of each block agree on one direction (structure tensor), and how well the blocks agree; 0 none, 1 all."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    size = (front.shape[1], front.shape[0])
    xx, yy, xy = (cv2.resize(p, size, interpolation=cv2.INTER_AREA)[front] for p in (gx * gx, gy * gy, gx * gy))
    cosine, sine, both = xx - yy, 2 * xy, xx + yy + 1e-6
    agreed = np.hypot(cosine, sine)
    unit = agreed + 1e-6
    return float((agreed / both).mean()), float(np.hypot((cosine / unit).mean(), (sine / unit).mean()))


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


def hints(m: Measures, position: Position | None = None, lean: float = 0.0) -> tuple[str, ...]:
    """What the operator can do better, most useful first. ``lean`` of the finger on the platen in degrees."""
    found = []
    name = position.value.split("_")[-1] if position else ""
    if m.area < SMALL_AREA_MM2.get(name, SMALL_AREA_ANY_MM2):
        found.append("finger.small_area")
    wet = m.mean < DARK or m.flooded > FLOODED
    dry = not wet and ((m.mean > LIGHT and m.contrast < DRY_CONTRAST) or m.contrast < LOW_CONTRAST)
    if wet or dry:
        found.append("finger.too_wet" if wet else "finger.too_dry")
    if m.offset > OFF_CENTRE:
        found.append("finger.off_centre")
    if m.coherence < SMEARED_COHERENCE and not dry:
        found.append("finger.smeared")
    if abs(lean) > TILTED:
        found.append("finger.tilted")
    return tuple(found)


def quality(m: Measures, extracted: Extracted | None, low: int = 40, *, position: Position | None = None, lean: float = 0.0) -> Quality:
    """NFIQ 2 where it could be computed, else 255; without the library (None) the own measure 0..100 stands in.

    Hints are given for scores below ``low`` only: a good print needs no advice. A regular pattern on which no minutiae are found
    (rings, rulings) is no finger and counts 0.
    """
    advice = hints(m, position, lean)
    values = {
        "area_mm2": round(m.area, 1),
        "coherence": round(m.coherence, 3),
        "contrast": round(m.contrast, 1),
        "mean": round(m.mean, 1),
    }
    if extracted is None:
        score = own_score(m)
        return Quality(OWN_NAME, score, measures=values, hints=advice if score < low else ())
    values["minutiae"] = float(len(extracted.points))
    if len(extracted.points) < LEAST_MINUTIAE and m.coherence > REGULAR:
        return Quality(NFIQ2_NAME, 0, NFIQ2_VENDOR, NFIQ2_ALGORITHM, values, ("finger.not_a_finger",))
    if extracted.score is None:
        return Quality(NFIQ2_NAME, 255, NFIQ2_VENDOR, NFIQ2_ALGORITHM, values, ("finger.not_measurable", *advice))
    return Quality(NFIQ2_NAME, extracted.score, NFIQ2_VENDOR, NFIQ2_ALGORITHM, values, advice if extracted.score < low else ())


def own_score(m: Measures) -> int:
    """Stand-in where NFIQ 2 is not there: coherence, contrast and area, each saturating; 0 for what is no finger."""
    if not m.is_finger:
        return 0
    parts = (np.clip((m.coherence - 0.35) / 0.4, 0, 1), np.clip(m.contrast / 60, 0, 1), np.clip(m.area / 180, 0, 1))
    return round(100 * float(float(np.prod(parts)) ** (1 / 3)))
