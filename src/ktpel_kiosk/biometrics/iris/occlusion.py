"""What hides the iris: lids as curves, lashes, mirrored lamps and spectacles.

Works on a square patch of the image in which the iris has radius ``RADIUS``; what belongs to the iris is learnt from its flanks beside the
pupil, which lids rarely reach. About 4 ms. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.iris.segmentation import F32, SPOT, Eye, Flags

RADIUS = 100
HALF = 112
"""Half the side of the patch: the iris with a rim."""

RINGS = 16
RIM = 0.95
"""Share of the iris radius in which pixels are judged; the limbus itself blends into the sclera."""

MOST_BEND = 0.42
"""Greatest curvature of a lid's parabola, in 1 / iris radius; the limbus has 0.5."""

LID_RIM, LID_WIDTH, LID_COLUMNS, LID_ROWS = 0.985, 0.72, 0.18, 4
"""Lids are sought out to this radius and half width (in iris radii); a lid covers this share of the columns, this many rows of them."""


@dataclass(frozen=True, slots=True)
class Occlusion:
    """Seen on the patch, (2 * HALF + 1) squared; centre of the iris in the middle.

    Attributes:
        iris: pixels between pupil and limbus.
        hidden: pixels of the iris that something hides.
        lamps: the part hidden by mirrored light.
        upper, lower: curve of the lid, ``y = a + b x + c x x`` in iris radii from the iris centre (y downwards); None when the lid does
            not reach the iris.
        covered: shares (upper, lower) of the iris hidden by each lid with its lashes.
    """

    iris: Flags
    hidden: Flags
    lamps: Flags
    upper: tuple[float, float, float] | None
    lower: tuple[float, float, float] | None
    covered: tuple[float, float]

    @property
    def usable(self) -> float:
        """Share of the iris that is seen, 0..1."""
        total = int(np.count_nonzero(self.iris))
        return 1 - int(np.count_nonzero(self.hidden & self.iris)) / total if total else 0.0


def patch_of(image: Grey, eye: Eye, border: int = cv2.BORDER_REPLICATE) -> Grey:
    """The iris at radius ``RADIUS``, its centre in the middle."""
    scale = RADIUS / eye.iris.radius
    move = np.array([[scale, 0, HALF - eye.iris.x * scale], [0, scale, HALF - eye.iris.y * scale]])
    side = 2 * HALF + 1
    source = cv2.GaussianBlur(image, (0, 0), 0.4 / scale) if scale < 0.75 else image
    return np.asarray(cv2.warpAffine(source, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=border), np.uint8)


def find(image: Grey, eye: Eye) -> Occlusion:
    """Masks and lids of a located eye."""
    patch = patch_of(image, eye)
    depth, angle = _depth(eye), _angle()
    iris = (depth >= 0) & (depth < 1)
    outside = _outside(image, eye)
    calm = cv2.GaussianBlur(patch, (0, 0), 1.0).astype(np.float32)
    usual, spread = _usual(calm, depth, angle, iris & ~outside)
    difference = calm - usual
    bright = (patch >= np.clip(usual + 70, 150, SPOT)) & (depth < RIM)
    lamps = cv2.dilate(bright.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    strange = (np.abs(difference) > max(12.0, 2.8 * spread)) | outside
    judged = _disc(RIM) & (depth > 0.03)
    reach = _disc(LID_RIM) & (depth > 0.03)
    upper, above = _lid(strange, reach, upper=True)
    lower, below = _lid(strange, reach, upper=False)
    lashes = _lashes(calm, difference, spread, upper is not None)
    core = cv2.morphologyEx((strange & judged).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    # Crypts are small and belong to the iris; what is large and strange, or thin and dark below a lid, does not.
    large = cv2.morphologyEx(core, cv2.MORPH_OPEN, np.ones((11, 11), np.uint8)).astype(bool)
    hidden = (above | below | outside | (lamps & (depth > 0)) | large | lashes) & iris
    total = max(1, int(np.count_nonzero(iris)))
    share = (float(np.count_nonzero(above & iris)) / total, float(np.count_nonzero(below & iris)) / total)
    return Occlusion(iris, hidden, lamps & iris & ~above & ~below, upper, lower, share)


@lru_cache(maxsize=1)
def _grid() -> tuple[F32, F32]:
    y, x = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1].astype(np.float32) / RADIUS
    return np.asarray(x), np.asarray(y)


@lru_cache(maxsize=4)
def _disc(radius: float) -> Flags:
    x, y = _grid()
    return np.asarray(np.hypot(x, y) < radius)


@lru_cache(maxsize=1)
def _angle() -> F32:
    x, y = _grid()
    return np.asarray(np.arctan2(y, x), np.float32)


def _depth(eye: Eye) -> F32:
    """0 at the pupil's edge, 1 at the limbus, along the family of circles between both (rubber sheet)."""
    x, y = _grid()
    r = eye.iris.radius
    px, py, pr = (eye.pupil.x - eye.iris.x) / r, (eye.pupil.y - eye.iris.y) / r, eye.pupil.radius / r
    # |p + (1 - t) ... |: circle t has centre (1 - t) p and radius pr + t (1 - pr); solve |x - centre| = radius for t.
    dx, dy, dr = -px, -py, 1 - pr
    ex, ey = x - px, y - py
    a = dx * dx + dy * dy - dr * dr
    b = -2 * (ex * dx + ey * dy) - 2 * pr * dr
    c = ex * ex + ey * ey - pr * pr
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
    return np.asarray((-b - root) / (2 * a) if abs(a) > 1e-6 else -c / b, np.float32)


def _outside(image: Grey, eye: Eye) -> Flags:
    """Pixels of the patch that lie beyond the image's border."""
    x, y = _grid()
    px, py = eye.iris.x + x * eye.iris.radius, eye.iris.y + y * eye.iris.radius
    return np.asarray((px < 0) | (py < 0) | (px > image.shape[1] - 1) | (py > image.shape[0] - 1))


def _usual(calm: F32, depth: F32, angle: F32, inside: Flags) -> tuple[F32, float]:
    """Usual brightness at every pixel (by depth, with a slope across for light from one side), and the spread around it."""
    flank = inside & (np.abs(np.sin(angle)) < 0.62) & (depth < 0.97)
    ring = np.clip((depth * RINGS).astype(np.int32), 0, RINGS - 1)
    levels = np.zeros(RINGS, np.float32)
    values, rings = calm[flank], ring[flank]
    last = float(np.median(values)) if len(values) else 128.0
    for k in range(RINGS):
        own = values[rings == k]
        last = float(np.median(own)) if len(own) > 12 else last
        levels[k] = last
    base = np.interp(depth.ravel(), (np.arange(RINGS) + 0.5) / RINGS, levels).reshape(depth.shape).astype(np.float32)
    x, _ = _grid()
    if len(values):
        right = values[x[flank] > 0] - base[flank][x[flank] > 0]
        left = values[x[flank] < 0] - base[flank][x[flank] < 0]
        if len(right) > 50 and len(left) > 50:
            base = base + np.clip((np.median(right) - np.median(left)) / 1.5, -40, 40) * x
    off = np.abs(values - base[flank]) if len(values) else np.zeros(1, np.float32)
    return np.asarray(base, np.float32), float(1.4826 * np.median(off)) + 1.0


def _lid(strange: Flags, judged: Flags, *, upper: bool) -> tuple[tuple[float, float, float] | None, Flags]:
    """Curve of one lid and what lies behind it.

    In every column the cut between 'mostly strange' (outer side) and 'mostly iris' (inner side) is sought, then one parabola through
    the cuts.
    """
    seen, odd = (judged, strange) if upper else (judged[::-1], strange[::-1])
    middle = HALF + 1
    # At the very rim the limbus itself looks strange, so that it counts less there.
    odd_gain = np.where(_disc(RIM)[:middle], 0.45, 0.2)
    gain = np.where(seen[:middle], np.where(odd[:middle], odd_gain, -0.55), 0.0)
    running = np.cumsum(gain, axis=0)
    best, at = running.max(axis=0), running.argmax(axis=0)
    columns = np.arange(2 * HALF + 1)
    touched = (best > 0.45 * LID_ROWS) & (np.abs(columns - HALF) < LID_WIDTH * RADIUS)
    empty = np.zeros_like(strange)
    if touched.sum() < LID_COLUMNS * 2 * LID_WIDTH * RADIUS:
        return None, empty
    x, y = (columns[touched] - HALF) / RADIUS, (at[touched] - HALF) / RADIUS
    weight = np.ones(len(x))
    curve = np.zeros(3)
    for _ in range(4):
        curve = np.polyfit(x, y, 2, w=weight)
        off = np.abs(np.polyval(curve, x) - y)
        weight = 1 / (1 + (off / 0.04) ** 2)
    if curve[0] > MOST_BEND:  # bent like the limbus: no lid bends that much
        curve = np.array([MOST_BEND, *np.polyfit(x, y - MOST_BEND * x * x, 1, w=weight)])
    c, b, a = (float(v) for v in curve)
    gx, gy = _grid()
    behind = (gy < a + b * gx + c * gx * gx) & (gy < 0.05)
    cut = np.where(touched, at, -1)
    behind |= np.arange(2 * HALF + 1)[:, None] <= cut[None, :]
    behind = behind if upper else behind[::-1]
    return ((a, b, c) if upper else (-a, -b, -c)), np.asarray(behind)


def _lashes(calm: F32, difference: F32, spread: float, lid: bool) -> Flags:
    """Thin dark hairs in the upper half, long rather than round; only where the upper lid reaches the iris."""
    empty = np.zeros(calm.shape, bool)
    if not lid:
        return empty
    hat = cv2.morphologyEx(calm, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11)))
    thin = ((hat > max(10.0, 2.2 * spread)) & (difference < -1.2 * spread)).astype(np.uint8)
    thin[int(HALF + 0.3 * RADIUS) :] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(thin, connectivity=8)
    if count < 2:
        return empty
    area, high = stats[:, cv2.CC_STAT_AREA], stats[:, cv2.CC_STAT_HEIGHT]
    hair = (area > 15) & (high > 14) & (area < 0.45 * high * np.maximum(stats[:, cv2.CC_STAT_WIDTH], 6))
    hair[0] = False
    return np.asarray(cv2.dilate(hair[labels].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool))
