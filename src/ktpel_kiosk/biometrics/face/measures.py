"""Measures of light, colour and cloth on pixels. Native values follow the formulas of ISO/IEC 29794-5 where the docstring names the
measure; landmarks and masks are ours, so the values are near those of OFIQ, not equal to them. RGB uint8 pictures. Any thread.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.face.landmarks import Landmarks

RGB = NDArray[np.uint8]
Grey = NDArray[np.uint8]
F32 = NDArray[np.float32]

ALIGNED_SIDE = 616
_ALIGNED = np.array([(251, 272), (364, 272), (308, 336), (262, 402), (355, 402)], np.float64)
"""Where eyes, nose and mouth corners stand in the aligned picture of the standard."""


def _linear_table() -> F32:
    x = np.arange(256) / 255
    return np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92).astype(np.float32)


_LINEAR = _linear_table()
_WEIGHTED = tuple(_LINEAR * np.float32(255 * w) for w in (0.2126, 0.7152, 0.0722))


def luminance(picture: RGB) -> Grey:
    """Linear luminance 0..255 of sRGB."""
    r, g, b = (cv2.LUT(picture[:, :, i], _WEIGHTED[i]) for i in range(3))
    return np.asarray(np.floor(r + g + b + 0.5), np.uint8)


def align(picture: RGB, marks: Landmarks, side: int = ALIGNED_SIDE) -> tuple[RGB, NDArray[np.float64]]:
    """(aligned picture ``side`` x ``side``, 2 x 3 map from the frame into it): shifted, turned and scaled by five points."""
    moved = _similarity(marks.five, _ALIGNED * (side / ALIGNED_SIDE))
    shrink = max(1, int(1 / max(1e-6, math.hypot(moved[0, 0], moved[1, 0]))))
    source, into = picture, moved
    if shrink > 1:  # a plain warp would skip pixels
        size = (picture.shape[1] // shrink, picture.shape[0] // shrink)
        source = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        into = np.column_stack([moved[:, 0] * picture.shape[1] / size[0], moved[:, 1] * picture.shape[0] / size[1], moved[:, 2]])
    return np.asarray(cv2.warpAffine(source, into, (side, side), flags=cv2.INTER_LINEAR), np.uint8), moved


def _similarity(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares rotation, scale and shift from points ``a`` to ``b``."""
    ma, mb = a.mean(axis=0), b.mean(axis=0)
    x, y = a - ma, b - mb
    norm = float((x**2).sum()) or 1.0
    c, s = float((x * y).sum()) / norm, float((x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).sum()) / norm
    turn = np.array([[c, -s], [s, c]])
    return np.column_stack([turn, mb - turn @ ma])


def move(points: NDArray[np.floating], into: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points[:, :2] @ into[:, :2].T + into[:, 2], np.float64)


def skin_mask(marks: Landmarks, into: NDArray[np.float64], side: int) -> Grey:
    mask = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(mask, move(marks.hull, into).round().astype(np.int32), 255)
    return mask


def cheeks(marks: Landmarks, into: NDArray[np.float64]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """(left, right) squares of 0.3 eye distances half way between eyes and mouth; beside the nose, in the aligned picture."""
    left, right, middle, mouth = move(np.array([marks.left_eye, marks.right_eye, marks.eye_middle, marks.mouth]), into)
    zone = max(4, int(0.3 * math.dist(left, right)))
    down = int(math.dist(middle, mouth) / 2)
    ly, lx, ry, rx = round(left[1]) + down, round(left[0]) - zone, round(right[1]) + down, round(right[0])
    return (slice(ly, ly + zone), slice(lx, lx + zone)), (slice(ry, ry + zone), slice(rx, rx + zone))


def histogram(light: Grey, mask: Grey | None = None) -> F32:
    """Shares of the 256 luminances."""
    counts = cv2.calcHist([light], [0], mask, [256], [0, 256]).ravel()
    return np.asarray(counts / max(1.0, float(counts.sum())), np.float32)


def luminance_mean_variance(shares: F32) -> tuple[float, float]:
    """LuminanceMean, LuminanceVariance."""
    levels = np.arange(256) / 255
    mean = float((shares * levels).sum())
    return mean, float((shares * (levels - mean) ** 2).sum())


def exposure(shares: F32) -> tuple[float, float]:
    """UnderExposurePrevention, OverExposurePrevention: shares of the darkest 26 and brightest 9 levels."""
    return float(shares[:26].sum()), float(shares[247:].sum())


def entropy(shares: F32) -> float:
    """DynamicRange, bits."""
    some = shares[shares > 0].astype(np.float64)
    return float(-(some * np.log2(some)).sum())


def illumination(left: Grey, right: Grey) -> float:
    """IlluminationUniformity: intersection of the two cheeks' histograms."""
    return float(np.minimum(histogram(left), histogram(right)).sum())


def smooth_illumination(left: Grey, right: Grey) -> float:
    """The same on 32 coarse, smoothed levels: tells side light from the grain of the camera; our own."""
    a, b = (np.convolve(np.bincount(p.ravel() // 8, minlength=32) / p.size, np.ones(5) / 5) for p in (left, right))
    return float(np.minimum(a, b).sum())


def natural_colour(*parts: RGB) -> float:
    """NaturalColour: distance of the cheeks' mean CIELAB (D50) a, b from the box [5, 25] x [5, 35]; 100 when a or b is negative."""
    mean = np.concatenate([p.reshape(-1, 3) for p in parts]).mean(axis=0) / 255
    linear = np.where(mean > 0.04045, ((mean + 0.055) / 1.055) ** 2.4, mean / 12.92)
    xyz = np.array([[0.43605, 0.38508, 0.14309], [0.22249, 0.71689, 0.06062], [0.01393, 0.09710, 0.71419]]) @ linear
    xyz = xyz / (0.964221, 1.0, 0.825211)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    a, b = 500 * float(f[0] - f[1]), 200 * float(f[1] - f[2])
    if a < 0 or b < 0:
        return 100.0
    return math.hypot(max(0.0, 5 - a, a - 25), max(0.0, 5 - b, b - 35))


def background_gradient(picture: RGB, person: F32, marks: Landmarks) -> float | None:
    """BackgroundUniformity: mean Sobel gradient of luminance beside the person in the aligned picture; None without background."""
    aligned, into = align(picture, marks)
    covered = cv2.warpAffine(person, into, (ALIGNED_SIDE, ALIGNED_SIDE), flags=cv2.INTER_LINEAR, borderValue=1.0)
    part, size = (slice(0, ALIGNED_SIDE - 210), slice(62, ALIGNED_SIDE - 62)), (354, 292)
    small = np.asarray(cv2.resize(aligned[part], size, interpolation=cv2.INTER_LINEAR), np.uint8)
    open_cloth = (cv2.resize(covered[part], size, interpolation=cv2.INTER_LINEAR) < 0.5).astype(np.uint8)
    free = cv2.erode(open_cloth, np.ones((4, 4), np.uint8))
    if not free.any():
        return None
    light = luminance(small)
    x, y = cv2.Sobel(light, cv2.CV_32F, 1, 0, ksize=-1), cv2.Sobel(light, cv2.CV_32F, 0, 1, ksize=-1)
    return float(cv2.magnitude(x, y)[free > 0].mean())


FOCUS_WIDTH, FOCUS_CALM = 100, 0.7
"""Pixels of the face's width at which focus is judged, and the smoothing there. Shrinking averages the camera's noise away; what a
blurred face has lost is still missing at this scale. At 200 px noise of 6 grey levels passed for detail."""


def sharpness(skin: Grey) -> float:
    """Our own focus value: Laplacian energy of the face at ``FOCUS_WIDTH`` against its contrast. Sharp synthetic faces have 0.20 to 0.26,
    soft real ones 0.126; blurred by 1 pixel in 55, with noise of up to 6 grey levels, below 0.105."""
    scale = FOCUS_WIDTH / skin.shape[1]
    face = cv2.resize(skin, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    detail = float(cv2.Laplacian(cv2.GaussianBlur(face, (0, 0), FOCUS_CALM), cv2.CV_32F).std())
    return detail / (float(face.std()) + 8.0)


def cloth_colour(pixels: RGB) -> tuple[float, float, float, float]:
    """(hue 0..179, saturation, value, spread) of cloth pixels (n, 3): medians in OpenCV's HSV and the 90th percentile of the CIELAB
    distance to their middle."""
    row = np.ascontiguousarray(pixels.reshape(-1, 1, 3))
    lab = cv2.cvtColor(row.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    apart = np.linalg.norm(lab - np.median(lab, axis=0), axis=1)
    hsv = cv2.cvtColor(row, cv2.COLOR_RGB2HSV).reshape(-1, 3).astype(np.float32)
    turned = (hsv[:, 0] + 90) % 180  # red lies on both sides of hue 0
    hue = (float(np.median(turned)) - 90) % 180
    saturation, value = np.median(hsv[:, 1:], axis=0).tolist()
    return hue, saturation, value, float(np.percentile(apart, 90))
