"""Whether an eye stands on its head: the upper lid carries more and darker lashes than the lower one.

Our own measure on the bands above and below the iris; nothing is said where no lashes are seen (eyes cut out of their surroundings, tight
crops). About 1 ms. Any thread.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.iris.occlusion import Occlusion
from ktpel_kiosk.biometrics.iris.segmentation import Eye, Flags

RADIUS = 60
HALF = 84
NEAR, FAR, WIDE = 0.75, 1.35, 0.9
"""The bands from the iris centre outwards and half their width, in iris radii."""

LEAST_SEEN = 0.6
"""Share of each band that must lie inside the image."""

LEAST_HAIR = 5.0
"""Grey levels of thin dark lines in the hairier band; real lids have 8 to 15 above, masked eyes 0 to 2."""

CAP = 70
"""Percentile of brightness above which nothing counts: lamps mirrored on wet lids would leave dark gaps between them."""

DROOPING = 0.06
"""Share of the iris by which the upper lid hides more than the lower one: then it is the upper lid, and its bare skin fills the band."""

UPSIDE_DOWN = 0.6
"""Evidence from which an eye is called upside down."""


def evidence(image: Grey, eye: Eye, hidden: Occlusion) -> float:
    """Above 0 for an eye upside down, below 0 for an upright one, 0 where nothing can be told.

    Sum of the logarithms of hair below to above and of brightness above to below; -0.8 and less in upright eyes, real and
    synthetic, under light from above or below. A hint, never a decision: few lashes above and many below would deceive it.
    """
    if hidden.covered[0] > hidden.covered[1] + DROOPING:
        return 0.0
    scale = RADIUS / eye.iris.radius
    move = np.array([[scale, 0, HALF - eye.iris.x * scale], [0, scale, HALF - eye.iris.y * scale]])
    side = (2 * HALF + 1, 2 * HALF + 1)
    source = cv2.GaussianBlur(image, (0, 0), 0.4 / scale) if scale < 0.75 else image
    patch = np.asarray(cv2.warpAffine(source, move, side, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    inside = cv2.warpAffine(np.full_like(image, 1), move, side, flags=cv2.INTER_NEAREST).astype(bool)
    above, below = _bands()
    if min(inside[above].mean(), inside[below].mean()) < LEAST_SEEN:
        return 0.0
    above, below = above & inside, below & inside
    calm = np.minimum(patch, np.uint8(np.percentile(patch, CAP)))
    hair = cv2.morphologyEx(calm, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    over, under = float(hair[above].mean()), float(hair[below].mean())
    if max(over, under) < LEAST_HAIR:
        return 0.0
    return math.log((under + 2) / (over + 2)) + math.log((float(calm[above].mean()) + 20) / (float(calm[below].mean()) + 20))


@lru_cache(maxsize=1)
def _bands() -> tuple[Flags, Flags]:
    y, x = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1] / RADIUS
    middle = np.abs(x) < WIDE
    return np.asarray(middle & (y > -FAR) & (y < -NEAR)), np.asarray(middle & (y < FAR) & (y > NEAR))
