"""Iris code: the texture unrolled (rubber sheet), filtered with log-Gabor wavelets, compared by fractional Hamming distance.

After Daugman (2004) and Masek (2003). Two different eyes differ in about half of their bits; images of one eye in far fewer. A code is
(``ROWS``, 2 x ``ANGLES``) bits with a mask of the same shape; about 2 ms to encode, 2 ms to compare. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.quality.iris import Eye

ROWS, ANGLES = 32, 256
WAVELENGTH, BANDWIDTH = 18.0, 0.5
"""Filter along the angle: wavelength in samples, sigma over centre frequency (Masek's best pair)."""

SHIFTS = 14
"""Head roll that is searched: +-14 samples of 1.4 degrees, about 20 degrees."""

SAME_EYE = 0.33
"""Distance below which two images are taken as one eye."""

LEAST_BITS = 2500
"""Fewer comparable bits than this say nothing."""

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class IrisCode:
    """``bits`` and ``valid``: (ROWS, 2 x ANGLES), real parts first, then imaginary parts."""

    bits: Bits
    valid: Bits


def unroll(image: Grey, eye: Eye) -> NDArray[np.float32]:
    """(ROWS, ANGLES) from the pupil's edge to the limbus, linear between both circles."""
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False, dtype=np.float32)[None, :]
    depth = ((np.arange(ROWS, dtype=np.float32) + 0.5) / ROWS)[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    inner_x, inner_y = eye.pupil.x + eye.pupil.radius * cos, eye.pupil.y + eye.pupil.radius * sin
    outer_x, outer_y = eye.iris.x + eye.iris.radius * cos, eye.iris.y + eye.iris.radius * sin
    x, y = inner_x + depth * (outer_x - inner_x), inner_y + depth * (outer_y - inner_y)
    return np.asarray(cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
                      np.float32)


def encode(image: Grey, eye: Eye) -> IrisCode:
    """The code of one located eye."""
    sheet = cv2.GaussianBlur(unroll(image, eye), (1, 3), 0)
    usual = np.median(sheet, axis=1, keepdims=True)
    spread = 1.4826 * np.median(np.abs(sheet - usual)) + 4
    usable = np.abs(sheet - usual) < 3.2 * spread
    calm = np.where(usable, sheet, usual) - usual
    response = np.fft.ifft(np.fft.fft(calm, axis=1) * _filter(), axis=1)
    strong = np.abs(response) > 0.12 * np.median(np.abs(response))
    valid = cv2.erode(usable.astype(np.uint8), np.ones((1, 5), np.uint8)).astype(bool) & strong
    return IrisCode(np.hstack([response.real > 0, response.imag > 0]), np.hstack([valid, valid]))


@lru_cache(maxsize=1)
def _filter() -> NDArray[np.float32]:
    frequency = np.fft.fftfreq(ANGLES).astype(np.float32)
    gain = np.zeros(ANGLES, np.float32)
    up = frequency > 0
    gain[up] = np.exp(-np.log(frequency[up] * WAVELENGTH) ** 2 / (2 * np.log(BANDWIDTH) ** 2))
    return gain[None, :]


def distance(a: IrisCode, b: IrisCode) -> float:
    """Least share of differing bits over all rolls, 0..1; 0.5 when too little can be compared."""
    best = 0.5
    for shift in range(-SHIFTS, SHIFTS + 1):
        bits, valid = _rolled(b.bits, shift), _rolled(b.valid, shift)
        both = a.valid & valid
        count = int(np.count_nonzero(both))
        if count >= LEAST_BITS:
            best = min(best, float(np.count_nonzero((a.bits ^ bits) & both)) / count)
    return best


def _rolled(bits: Bits, shift: int) -> Bits:
    return np.roll(bits.reshape(ROWS, 2, ANGLES), shift, axis=2).reshape(ROWS, 2 * ANGLES)


def likeness(distance_: float) -> float:
    """0 for unrelated eyes (distance 0.5), 1 for identical codes."""
    return max(0.0, 1 - 2 * distance_)
