"""CAP JEMPOL: the picture of a thumb print that stands where a signature would stand.

Input is the stored PNG of the finger (grey, 500 ppi, dark ridges). Any thread; about 15 ms. Errors: BadInput ``image.*``,
``signature.empty`` when nothing was printed.
"""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.domain.errors import BadInput

BLOCK = 12
MARGIN = 12
"""White pixels around the print."""

LEAST_DEVIATION = 12.0
"""Grey levels of local deviation below which there are no ridges."""

PAPER, INK = 0.85, 0.30
"""Shares of the local brightness range that become white and black."""


def is_picture(data: bytes) -> bool:
    """Whether stored signature bytes are a picture (PNG) and not a pen series."""
    return data.startswith(b"\x89PNG\r\n\x1a\n")


def picture(png: bytes, entry: str = "signature") -> bytes:
    """Ridges alone on pure white, cut to the print, at the scale of the scanner; a grey PNG with the input's resolution."""
    raw = images.decode_png(png, entry=entry)
    grey = images.to_grey(raw)
    area = _printed(grey)
    ys, xs = np.nonzero(area)
    if not len(ys):
        raise BadInput("signature.empty", entry=entry)
    size = (3 * BLOCK, 3 * BLOCK)
    kernel = np.ones(size, np.uint8)
    low = cv2.blur(cv2.erode(grey, kernel), size).astype(np.float32)
    high = cv2.blur(cv2.dilate(grey, kernel), size).astype(np.float32)
    share = (grey - low) / np.maximum(high - low, 2 * LEAST_DEVIATION)
    ink = np.clip((share - INK) / (PAPER - INK), 0, 1)
    edge = cv2.GaussianBlur(area.astype(np.float32), (0, 0), BLOCK / 3)
    clean = np.asarray(np.rint(255 * (1 - edge * (1 - ink))), np.uint8)
    clean = clean[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    framed = np.pad(clean, MARGIN, constant_values=255)
    return images.encode_png(images.from_array(framed, raw.ppi))


def _printed(grey: Grey) -> Grey:
    """1 where there are ridges: the largest connected area of local deviation, holes closed."""
    value = grey.astype(np.float32)
    mean = cv2.blur(value, (BLOCK, BLOCK))
    deviation = np.sqrt(np.maximum(cv2.blur(value * value, (BLOCK, BLOCK)) - mean * mean, 0))
    limit = max(LEAST_DEVIATION, 0.35 * float(np.percentile(deviation, 95)))
    mask = (deviation > limit).astype(np.uint8)
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BLOCK + 1, 2 * BLOCK + 1))
    calm = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, round_), cv2.MORPH_OPEN, round_)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(calm)
    if count < 2:
        return np.zeros_like(grey)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.asarray((labels == largest).astype(np.uint8))
