"""Hints of a contact lens: a printed pattern on the iris, or the lens' edge on the sclera.

A printed lens repeats dots, so that its spectrum has peaks where a living iris has none; a plain soft lens shows a thin circle outside
the limbus on both sides. Only a hint: a good printed lens or one that fits the limbus is not noticed. About 6 ms. Any thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.iris.occlusion import HALF, RADIUS, Occlusion, patch_of
from ktpel_kiosk.biometrics.iris.segmentation import ANGLES, F32, Eye, polar

WINDOW = 48
"""Side of the squares whose spectrum is looked at, in a patch with iris radius 100."""

PEAK = 55.0
"""A peak this many times the median of its ring of frequencies is a printed grid; irises stay below 12, weak dots give 63 and more."""

CIRCLE_PEAK = 14.0
"""The same for dots printed in circles, along the angle: irises stay below 7, dots give 160 and more."""

SAMPLES, DEEP = 1024, 40
CIRCLE_LOW, CIRCLE_HIGH, CIRCLE_NEAR = 30, 240, 9
"""Dots a turn that are looked for, and neighbours in frequency they are held against."""

LEAST_WINDOWS = 6
LOW, HIGH = 4, 20
"""Ring of frequencies looked at, cycles a window: repeats of 2.4 to 12 px."""

RIM_LOW, RIM_HIGH = 1.08, 1.36
"""Where a soft lens ends, in iris radii: 14 mm over 12 mm, worn a little off centre."""

RIM_STEP = 1.3
RIM_PEAK = 3.6
"""Grey levels of the rim, and how far it stands out of its surroundings (robust deviations), on both sides at nearly one radius."""


def evidence(image: Grey, eye: Eye, found: Occlusion) -> float:
    """1 and more: a lens is likely; the stronger of both signs."""
    return max(pattern(image, eye, found) / PEAK, circles(image, eye, found) / CIRCLE_PEAK, rim(image, eye))


def pattern(image: Grey, eye: Eye, found: Occlusion) -> float:
    """Strongest peak of the iris' spectrum over the mean of its ring of frequencies."""
    patch = patch_of(image, eye).astype(np.float32)
    free = (found.iris & ~found.hidden).astype(np.float32)
    window = np.outer(np.hanning(WINDOW), np.hanning(WINDOW)).astype(np.float32)
    spectra = []
    for y in range(-WINDOW, WINDOW + 1, WINDOW // 2):
        for x in (-92, -80, -70, 22, 32, 44):
            top, left = HALF + y - WINDOW // 2, HALF + x
            inside = free[top : top + WINDOW, left : left + WINDOW]
            if inside.shape == (WINDOW, WINDOW) and inside.mean() > 0.93:
                cut = patch[top : top + WINDOW, left : left + WINDOW]
                cut = cut - cv2.GaussianBlur(cut, (0, 0), 6)
                power = np.abs(np.fft.fft2(cut * window)) ** 2
                spectra.append(power / max(float(power.sum()), 1e-6))
    if len(spectra) < LEAST_WINDOWS:
        return 0.0
    # The median: a lash or a lid's edge peaks in one window, a printed grid in all.
    return _peak(np.asarray(np.median(spectra, axis=0), np.float32))


def _peak(power: F32) -> float:
    """Largest bin over the mean of its neighbours in frequency (one ring), for frequencies LOW..HIGH."""
    f = np.fft.fftfreq(WINDOW, 1 / WINDOW)
    ring = np.rint(np.hypot(f[:, None], f[None, :])).astype(int)
    best = 0.0
    for k in range(LOW, HIGH + 1):
        own = power[np.abs(ring - k) <= 1]
        best = max(best, float(power[ring == k].max()) / max(float(np.median(own)), 1e-12))
    return best


def circles(image: Grey, eye: Eye, found: Occlusion) -> float:
    """Strongest line of the spectrum along the angle over its neighbours: dots at equal angles, in rings around the pupil."""
    angle = np.linspace(0, 2 * np.pi, SAMPLES, endpoint=False, dtype=np.float32)[None, :]
    inner = eye.pupil.radius / eye.iris.radius
    radius = (RADIUS * np.linspace(inner + 0.12 * (1 - inner), 0.94, DEEP, dtype=np.float32))[:, None]
    x, y = (HALF + radius * np.cos(angle)).astype(np.float32), (HALF + radius * np.sin(angle)).astype(np.float32)
    patch = patch_of(image, eye)
    sheet = cv2.remap(patch, x, y, cv2.INTER_LINEAR).astype(np.float32)
    hidden = cv2.remap(found.hidden.astype(np.uint8), x, y, cv2.INTER_NEAREST) > 0
    calm = np.where(hidden, 0, sheet - cv2.GaussianBlur(sheet, (0, 0), sigmaX=16, sigmaY=0.1, borderType=cv2.BORDER_REPLICATE))
    power = (np.abs(np.fft.rfft(calm, axis=1)) ** 2).mean(axis=0)
    near = np.lib.stride_tricks.sliding_window_view(power, 2 * CIRCLE_NEAR + 1)
    usual = np.maximum(np.median(near, axis=1), 1e-6)
    ratio = power[CIRCLE_NEAR:-CIRCLE_NEAR] / usual
    return float(ratio[CIRCLE_LOW - CIRCLE_NEAR : CIRCLE_HIGH - CIRCLE_NEAR].max())


def rim(image: Grey, eye: Eye) -> float:
    """Weaker side's rim outside the limbus, 1 = as strong as a lens' edge; 0 when the sides do not agree on its radius."""
    reach = 1.45 * eye.iris.radius
    unrolled = polar(image, eye.iris, reach)
    scale = unrolled.shape[1] / 1.45
    low, high = round(RIM_LOW * scale), round(RIM_HIGH * scale)
    sides = []
    for rays in (np.r_[0:12, ANGLES - 8 : ANGLES], np.r_[ANGLES // 2 - 12 : ANGLES // 2 + 8]):
        off_frame = eye.iris.x + reach > image.shape[1] - 1 if rays[0] == 0 else eye.iris.x - reach < 0
        if off_frame:
            return 0.0
        profile = np.median(unrolled[rays], axis=0).reshape(1, -1)
        sigma = max(1.0, 0.012 * eye.iris.radius)
        line = cv2.GaussianBlur(profile, (0, 0), sigma) - cv2.GaussianBlur(profile, (0, 0), 3 * sigma)
        part = line.ravel()[low:high]
        spread = 1.4826 * float(np.median(np.abs(part - np.median(part)))) + 0.15
        at = int(np.argmax(np.abs(part)))
        if not 2 <= at < len(part) - 2:
            return 0.0
        sides.append((at / scale, min(abs(float(part[at])) / RIM_STEP, abs(float(part[at])) / spread / RIM_PEAK)))
    apart = abs(sides[0][0] - sides[1][0])
    return min(sides[0][1], sides[1][1]) if apart < 0.08 else 0.0
