"""Finds the eye in a near infrared image: pupil, limbus, lids, and what hides the iris.

Grey images, 8 bit, iris radius from ``LEAST_RADIUS``. First the pupil as dark round blob and the limbus as a step on both sides of it, on
a small image; then both edges refined to sub-pixels on the full image. About 25 ms at 640 x 480. Any thread. Error: CaptureFailed
``iris.not_found``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.domain.errors import CaptureFailed

ANGLES = 180
"""Rays of the polar image; two degrees each, 0 to the right, clockwise."""

LEAST_PUPIL_SCORE = 0.12
LEAST_SIDE = 64
LEAST_RADIUS = 40.0
"""Pixels; a smaller iris has no texture, and pictures of whole faces have such irises."""

SMALL = 320
"""Width at which the eye is searched."""

PUPIL_SHARE = (0.12, 0.78)
"""Pupil over iris radius that an eye can have."""

STRAY = 0.28
"""Farthest pupil centre from the iris centre, in iris radii."""

LEAST_SUPPORT, LEAST_PUPIL_EDGE = 0.55, 0.45
"""Shares of the limbus beside the pupil and of the pupil's edge that must be seen. Real eyes show 0.97 and more of the limbus; mouths, eye
sockets and the like less than 0.47."""

OUT_OF_ROUND = 0.25
"""Share of the radius by which a pupil's edge may leave its circle: seen 35 degrees from the side it is 18 % narrower."""

SPOT = 235
"""Grey level from which a pixel is a mirrored lamp."""

F32 = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Circle:
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Eye:
    """Circles of pupil and iris in pixels of the image.

    Attributes:
        edge: grey levels of contrast at the limbus.
        support: share of the limbus beside the pupil that shows a step from dark to bright, 0..1.
        pupil_edge: radii of the pupil's edge around its centre, one a ray (``ANGLES``), NaN where it is hidden.
    """

    pupil: Circle
    iris: Circle
    edge: float
    support: float = 1.0
    pupil_edge: tuple[float, ...] = ()


def locate(image: Grey) -> Eye:
    """The best eye of the image."""
    if min(image.shape) < LEAST_SIDE:
        raise _not_found()
    factor = min(1.0, SMALL / image.shape[1])
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    # Opening removes the lamp's reflections, which sit on the pupil's edge.
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    calm = np.asarray(cv2.medianBlur(opened, 5), np.uint8)
    full = np.asarray(without_lamps(image), np.uint8)
    for pupil in _pupils(calm):
        found = _limbus(calm, pupil)
        if found is None:
            continue
        eye = _refined(full, _scaled(pupil, 1 / factor), _scaled(found[0], 1 / factor), found[1])
        if _plausible(eye):
            return eye
    raise _not_found()


def _not_found() -> CaptureFailed:
    return CaptureFailed("iris.not_found", device_kind="iris")


def _scaled(circle: Circle, by: float) -> Circle:
    return Circle(circle.x * by, circle.y * by, circle.radius * by)


def without_lamps(image: Grey) -> Grey:
    """Mirrored lamps replaced by what surrounds them."""
    lamps = cv2.dilate((image >= SPOT).astype(np.uint8), np.ones((7, 7), np.uint8))
    if not lamps.any() or lamps.mean() > 0.4:
        return image
    opened = cv2.morphologyEx(image, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19)))
    return np.where(lamps > 0, opened, image)


# -- the pupil -----------------------------------------------------------------------------------------------------------------------


def _pupils(calm: Grey, most: int = 12) -> list[Circle]:
    """Dark round blobs, most likely pupil first; a dark iris may be among them and is told apart by its missing limbus."""
    height, width = calm.shape
    low = float(np.percentile(calm, 0.5))
    found: list[tuple[float, Circle]] = []
    for level in np.arange(low + 8, min(low + 90, 150), 7):
        mask = (calm <= level).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            area = cv2.contourArea(contour)
            if len(contour) < 20 or not (0.015 * width) ** 2 * 3 < area < (0.18 * width) ** 2 * 3.2:
                continue
            candidate, score = _round_score(calm, np.asarray(contour, np.int32), area)
            off = math.hypot((candidate.x - width / 2) / width, (candidate.y - height / 2) / height)
            score *= 1 - min(0.8, off)
            if score > LEAST_PUPIL_SCORE:
                found.append((score, candidate))
    return _apart([circle for _, circle in sorted(found, key=lambda item: -item[0])], most)


def _apart(circles: list[Circle], most: int) -> list[Circle]:
    """The first of every group of nearly equal circles."""
    kept: list[Circle] = []
    for c in circles:
        if all(math.dist((c.x, c.y), (k.x, k.y)) > 0.25 * k.radius or not 0.75 < c.radius / k.radius < 1.33 for k in kept):
            kept.append(c)
    return kept[:most]


def _round_score(calm: Grey, contour: NDArray[np.int32], area: float) -> tuple[Circle, float]:
    """Circle of a dark blob; score = roundness x darkness x contrast to the ring around it (0..1)."""
    hull = cv2.convexHull(contour)
    (x, y), (a, b), _ = cv2.fitEllipse(hull if len(hull) >= 5 else contour)
    radius = (a + b) / 4
    circle = Circle(float(x), float(y), float(radius))
    if radius < 3 or not (math.isfinite(x) and math.isfinite(y)) or max(a, b) > 1.6 * min(a, b):
        return circle, 0.0
    full = cv2.contourArea(hull)
    if area < 0.6 * full:
        return circle, 0.0
    # The hull: a lamp mirrored on the rim cuts a notch into the pupil.
    roundness = min(1.0, full / (math.pi * a * b / 4)) * min(a, b) / max(a, b)
    ring = ring_mean(calm, circle, 1.2, 1.6)
    # The lower third: lamps mirrored inside the pupil must not make it bright.
    inside = float(np.percentile(polar(calm, circle, radius * 0.8), 33))
    darkness = max(0.0, 1 - inside / 130)  # a dark iris before a white sclera is round and contrasted as well
    return circle, darkness * max(0.0, roundness - 0.55) / 0.45 * min(1.0, max(0.0, ring - inside) / 40)


def polar(image: Grey, centre: Circle, radius: float) -> F32:
    """(ANGLES, radius) unrolled around a centre, one pixel of radius per column; angle 0 to the right, clockwise."""
    flags = cv2.INTER_LINEAR | cv2.WARP_POLAR_LINEAR | cv2.WARP_FILL_OUTLIERS
    return np.asarray(cv2.warpPolar(image, (max(2, round(radius)), ANGLES), (centre.x, centre.y), radius, flags), np.float32)


def ring_mean(image: Grey, circle: Circle, inner: float, outer: float) -> float:
    """Mean grey level between two multiples of a circle's radius."""
    ring = polar(image, circle, circle.radius * outer + 1)
    return float(ring[:, int(circle.radius * inner) : max(int(circle.radius * inner) + 1, int(circle.radius * outer))].mean())


# -- the limbus ----------------------------------------------------------------------------------------------------------------------


def _limbus(calm: Grey, pupil: Circle) -> tuple[Circle, float] | None:
    """Left and right limbus apart (the lids hide top and bottom), then one circle through both."""
    reach = min(8 * pupil.radius + 12, 0.52 * calm.shape[0] + 6)
    unrolled = cv2.GaussianBlur(polar(calm, pupil, reach), (1, 5), 0)
    sides = []
    for rows in (np.r_[0:16, ANGLES - 12 : ANGLES], np.r_[ANGLES // 2 - 16 : ANGLES // 2 + 12]):
        profile = cv2.GaussianBlur(np.median(unrolled[rows], axis=0).reshape(1, -1), (0, 0), 2.0).ravel()
        step = np.zeros_like(profile)
        wide = 5
        step[wide:-wide] = profile[2 * wide :] - profile[: -2 * wide]
        sides.append(step)
    least = int(max(1.35 * pupil.radius, 8))
    best, best_value = None, 0.0
    for radius in range(least, int(reach) - 6):
        slack = max(2, round(0.12 * radius))
        window = slice(max(least, radius - slack), radius + slack + 1)
        right, left = (int(np.argmax(s[window])) + window.start for s in sides)
        value = float(sides[0][right] + sides[1][left]) / 2
        if value > best_value and min(sides[0][right], sides[1][left]) > 0.35 * value:
            best, best_value = (right, left), value
    if best is None or best_value < 6:
        return None
    right, left = best
    return Circle(pupil.x + (right - left) / 2, pupil.y, (right + left) / 2), best_value


# -- refinement ----------------------------------------------------------------------------------------------------------------------


def _refined(image: Grey, pupil: Circle, iris: Circle, edge: float) -> Eye:
    """Both circles fitted anew to edge points found ray by ray, the worst points dropped."""
    for _ in range(2):
        radii, strength = _edges(image, pupil, 0.6, 1.5, 1.2, iris.radius)
        pupil, _ = _fit(pupil, radii, strength > max(6.0, 0.35 * float(np.median(strength))), 0.06)
    # Farther off than any pupil is out of round: a lash or a lamp, not its edge.
    near = np.abs(radii / pupil.radius - 1) < OUT_OF_ROUND
    hidden = np.where(near & (strength > max(6.0, 0.35 * float(np.median(strength)))), radii, np.nan)
    down = np.sin(np.arange(ANGLES) * 2 * np.pi / ANGLES)
    beside = (down > -0.75) & (down < 0.85)
    support = 0.0
    for tolerance in (0.10, 0.05, 0.04):
        radii, strength = _edges(image, iris, 0.82, 1.18, 3.0, iris.radius)
        strong = strength > max(2.0, 0.3 * float(np.median(strength[beside])))
        iris, kept = _fit(iris, radii, strong & beside, tolerance)
        support = float(kept[beside].mean())
    return Eye(pupil, iris, edge, support, tuple(float(r) for r in hidden))


def _edges(image: Grey, circle: Circle, inner: float, outer: float, sigma: float, iris_radius: float) -> tuple[F32, F32]:
    """Radius of the strongest step from dark to bright on every ray between two multiples of the radius, and its strength."""
    reach = circle.radius * outer + 8
    unrolled = polar(image, circle, reach)
    sigma *= max(0.6, iris_radius / 120)
    smooth = cv2.GaussianBlur(unrolled, (0, 0), sigmaX=sigma, sigmaY=1.5, borderType=cv2.BORDER_REPLICATE)
    gradient = np.gradient(smooth, axis=1) * 2 * sigma
    low, high = max(1, int(circle.radius * inner)), min(unrolled.shape[1] - 2, int(circle.radius * outer))
    window = gradient[:, low:high]
    at = np.argmax(window, axis=1) + low
    rows = np.arange(ANGLES)
    before, here, after = gradient[rows, at - 1], gradient[rows, at], gradient[rows, at + 1]
    bend = before - 2 * here + after
    shift = np.where(np.abs(bend) > 1e-6, 0.5 * (before - after) / np.where(np.abs(bend) > 1e-6, bend, 1), 0)
    # warpPolar samples column k at radius k * reach / columns.
    radii = (at + np.clip(shift, -0.5, 0.5)) * reach / unrolled.shape[1]
    return np.asarray(radii, np.float32), np.asarray(here, np.float32)


def _fit(circle: Circle, radii: F32, usable: Flags, tolerance: float) -> tuple[Circle, Flags]:
    """Least squares circle through edge points; points off by more than ``tolerance`` radii are dropped in three rounds."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    x, y = circle.x + radii * np.cos(angle), circle.y + radii * np.sin(angle)
    kept = usable & (np.abs(radii - np.median(radii[usable] if usable.any() else radii)) < 3 * tolerance * circle.radius)
    for share in (2.0, 1.0, 1.0):
        if kept.sum() < ANGLES // 8:
            return circle, kept
        rows = np.stack([2 * x[kept], 2 * y[kept], np.ones(int(kept.sum()))], axis=1)
        (cx, cy, c), *_ = np.linalg.lstsq(rows, x[kept] ** 2 + y[kept] ** 2, rcond=None)
        radius = math.sqrt(max(c + cx * cx + cy * cy, 1.0))
        circle = Circle(float(cx), float(cy), float(radius))
        off = np.abs(np.hypot(x - cx, y - cy) - radius)
        kept = usable & (off < share * tolerance * radius)
    return circle, kept


def _plausible(eye: Eye) -> bool:
    pupil, iris = eye.pupil, eye.iris
    return (
        iris.radius >= LEAST_RADIUS
        and PUPIL_SHARE[0] <= pupil.radius / iris.radius <= PUPIL_SHARE[1]
        and math.dist((pupil.x, pupil.y), (iris.x, iris.y)) <= STRAY * iris.radius
        and eye.support >= LEAST_SUPPORT
        and sum(not math.isnan(r) for r in eye.pupil_edge) >= LEAST_PUPIL_EDGE * ANGLES
    )
