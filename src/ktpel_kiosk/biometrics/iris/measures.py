"""Measures of an iris image after ISO/IEC 29794-6 (2015), clause 6.2, and a few of our own.

The formulas follow the standard as the public reference implementation BIQT-Iris (MITRE) documents them; the paid text was not at hand.
Where BIQT departs from its own description (right and lower margin, the ring of the iris-pupil contrast, sharpness summed by rows) the
description is followed. Any thread; about 8 ms at 640 x 480.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.iris import occlusion
from ktpel_kiosk.biometrics.iris.occlusion import HALF, RADIUS, Occlusion
from ktpel_kiosk.biometrics.iris.segmentation import ANGLES, Circle, Eye, polar

SHARPNESS_KERNEL = np.array(
    [
        [0, 1, 1, 2, 2, 2, 1, 1, 0],
        [1, 2, 4, 5, 5, 5, 4, 2, 1],
        [1, 4, 5, 3, 0, 3, 5, 4, 1],
        [2, 5, 3, -12, -24, -12, 3, 5, 2],
        [2, 5, 0, -24, -40, -24, 0, 5, 2],
        [2, 5, 3, -12, -24, -12, 3, 5, 2],
        [1, 4, 5, 3, 0, 3, 5, 4, 1],
        [1, 2, 4, 5, 5, 5, 4, 2, 1],
        [0, 1, 1, 2, 2, 2, 1, 1, 0],
    ],
    np.float32,
)
"""Laplacian of a Gaussian, sigma 1.4: the 9 x 9 kernel of the standard."""

SHARPNESS_HALF = 1_800_000.0
"""Power worth 50. Our mean power of sharp real images is 1.0 to 2.2 million, which fits this constant and not BIQT's 180 000."""

WEBER_HALF, WEBER_DARK = 0.75, 20.0
"""Weber ratio worth 50, and grey levels added to the pupil (clause 6.2.3)."""

COEFFICIENTS = 16
"""Fourier coefficients of the pupil's edge that count (clause 6.2.4)."""

MARGIN_SIDE, MARGIN_UP = 0.6, 0.2
"""Iris radii of free image wanted beside, and above and below (clause 6.2.9)."""


def measure(image: Grey, eye: Eye, hidden: Occlusion | None = None) -> dict[str, float]:
    """Name -> value.

    After the standard: ``usable_iris_area`` %, ``iris_sclera_contrast``, ``iris_pupil_contrast``, ``pupil_boundary_circularity``,
    ``grey_scale_utilisation`` bits, ``iris_radius`` px, ``pupil_iris_ratio`` %, ``iris_pupil_concentricity`` %, ``margin_adequacy`` %,
    ``sharpness``. Our own: ``detail`` 0..100 of the iris alone, ``glare`` % of the iris under mirrored light, ``upper_lid`` and
    ``lower_lid`` % of the iris behind them, ``pupil_aspect`` %, ``limbus`` % of its flanks seen, ``nasal`` % of the iris radius by which
    the pupil lies to the right of the iris centre, and where the iris is: ``iris_x``, ``iris_y``, ``iris_d`` px.
    """
    found = hidden if hidden is not None else occlusion.find(image, eye)
    iris, pupil = eye.iris, eye.pupil
    sclera, tissue, dark, near = _levels(image, eye)
    weber = max(0.0, near - dark) / (WEBER_DARK + dark)
    edge = _pupil_edge(eye)
    return {
        "usable_iris_area": round(100 * found.usable, 1),
        "iris_sclera_contrast": round(100 * max(0.0, sclera - tissue) / max(1.0, sclera + tissue - 2 * dark), 1),
        "iris_pupil_contrast": round(100 * weber / (WEBER_HALF + weber), 1),
        "pupil_boundary_circularity": round(_circularity(edge), 1),
        "grey_scale_utilisation": round(entropy(image), 2),
        "iris_radius": round(iris.radius, 1),
        "pupil_iris_ratio": round(100 * pupil.radius / iris.radius, 1),
        "iris_pupil_concentricity": round(100 * max(0.0, 1 - math.dist((iris.x, iris.y), (pupil.x, pupil.y)) / iris.radius), 1),
        "margin_adequacy": round(_margin(image, iris), 1),
        "sharpness": round(sharpness(image), 1),
        "detail": round(_detail(image, eye, found), 1),
        "glare": round(100 * int(np.count_nonzero(found.lamps)) / max(1, int(np.count_nonzero(found.iris))), 1),
        "upper_lid": round(100 * found.covered[0], 1),
        "lower_lid": round(100 * found.covered[1], 1),
        "pupil_aspect": round(_aspect(edge), 1),
        "limbus": round(100 * eye.support, 1),
        "nasal": round(100 * (pupil.x - iris.x) / iris.radius, 1),
        "iris_x": round(iris.x, 1),
        "iris_y": round(iris.y, 1),
        "iris_d": round(2 * iris.radius, 1),
    }


def entropy(image: Grey) -> float:
    """Grey scale utilisation: Shannon entropy of the histogram of the whole image, in bits (as BIQT-Iris computes it)."""
    counts = np.bincount(image.ravel(), minlength=256)
    share = counts[counts > 0] / image.size
    return float(-(share * np.log2(share)).sum())


def sharpness(image: Grey) -> float:
    """0..100: mean power of the kernel's response at every fourth pixel, p p / (p p + c c)."""
    response = cv2.filter2D(image, cv2.CV_32F, SHARPNESS_KERNEL)[4:-4:4, 4:-4:4]
    power = float(np.square(response).mean()) if response.size else 0.0
    return 100 * power * power / (power * power + SHARPNESS_HALF**2)


def _levels(image: Grey, eye: Eye) -> tuple[float, float, float, float]:
    """Median grey of sclera (1.1 to 1.2 iris radii), iris (middle to 0.9), pupil (to 0.8), iris beside the pupil (1.1 to 1.2 of its
    radius); sclera and iris on the flanks only, where no lid reaches."""
    rays = np.r_[0:16, ANGLES - 14 : ANGLES, ANGLES // 2 - 16 : ANGLES // 2 + 14]
    r, p = eye.iris.radius, eye.pupil.radius
    iris = polar(image, eye.iris, 1.2 * r)[rays]
    scale = iris.shape[1] / (1.2 * r)
    pupil = polar(image, eye.pupil, 1.2 * p + 1)
    inner = pupil.shape[1] / (1.2 * p + 1)

    def part(low: float, high: float) -> float:
        return float(np.median(iris[:, round(low * scale) : max(round(low * scale) + 1, round(high * scale))]))

    return (
        part(1.1 * r, 1.2 * r),
        part((r + p) / 2, 0.9 * r),
        float(np.median(pupil[:, : max(1, round(0.8 * p * inner))])),
        float(np.median(pupil[:, round(1.1 * p * inner) :])),
    )


def _pupil_edge(eye: Eye) -> NDArray[np.float64]:
    """Radius of the pupil on every ray, gaps filled along the edge; a circle where nothing is known."""
    radii = np.asarray(eye.pupil_edge or [math.nan], float)
    seen = ~np.isnan(radii)
    if seen.mean() < 0.3:
        return np.full(ANGLES, eye.pupil.radius)
    rays = np.arange(len(radii))
    filled = np.interp(rays, rays[seen], radii[seen], period=len(radii))
    ring = np.concatenate([filled[-3:], filled, filled[:3]])
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(ring, 7), axis=1), float)


def _circularity(edge: NDArray[np.float64]) -> float:
    """100 for a circle, less by the power of the first Fourier coefficients of the radius in pixels (clause 6.2.4)."""
    power = np.abs(np.fft.fft(edge)[1 : COEFFICIENTS + 1]) ** 2
    return max(0.0, 100 - float(power.sum()) / len(edge))


def _aspect(edge: NDArray[np.float64]) -> float:
    """Short over long axis of the pupil in percent, from the second Fourier coefficient."""
    bulge = 2 * float(abs(complex(np.fft.fft(edge)[2]))) / len(edge)
    mean = float(edge.mean())
    return 100 * max(0.0, (mean - bulge) / (mean + bulge))


def _margin(image: Grey, iris: Circle) -> float:
    height, width = int(image.shape[0]), int(image.shape[1])
    r = iris.radius
    left, right = (iris.x - r) / (MARGIN_SIDE * r), (width - iris.x - r) / (MARGIN_SIDE * r)
    top, bottom = (iris.y - r) / (MARGIN_UP * r), (height - iris.y - r) / (MARGIN_UP * r)
    return float(100 * max(0.0, min(1.0, left, right, top, bottom)))


def _detail(image: Grey, eye: Eye, found: Occlusion) -> float:
    """Fine detail of what is seen of the iris at the radius of the patch, against the noise floor."""
    patch = occlusion.patch_of(image, eye).astype(np.float32)
    band = cv2.GaussianBlur(patch, (0, 0), 1.0) - cv2.GaussianBlur(patch, (0, 0), 2.5)
    seen = cv2.erode((found.iris & ~found.hidden).astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    y, x = np.ogrid[-HALF : HALF + 1, -HALF : HALF + 1]
    seen &= np.hypot(x, y) < 0.9 * RADIUS
    power = float(band[seen].var()) if seen.any() else 0.0
    return 100 * power / (power + 4.0)
