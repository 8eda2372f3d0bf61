"""Cuts the fingertips out of a slap (4-4-2) and reads from them which hand it was, which finger seems missing, which way is up.

Ridge energy and darkness give blobs; the hand's tilt comes from the blobs' long axes; seen in the hand's own frame a tip is the
topmost blob of its column, cut at the crease below the first phalanx, or 1.6 widths down where no crease shows. Grey live-scan
images, dark ridges on light ground, 500 ppi; inked cards with printed words and handwriting are out of scope.
About 10 ms for 1600 x 1000. Any thread. Nothing is decided here about a person: callers turn the readings into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.domain.biometric import FINGERS, Position

STEP = 8
"""Pixels per cell of the blob map."""

_MM = 500 / 25.4 / STEP
_MIN_WIDTH = 6.0 * _MM
_MIN_HEIGHT = 7.0 * _MM
_ONE_FINGER = 17.0 * _MM
"""A blob wider than this may be two fingers that touch (or one broad thumb: it is parted only when fingers are lacking)."""

_CORE = 20
"""Cells left of each part when a neck is thinned away; less is a fringe, not a finger."""

_TIP_RATIO = 1.6
"""First phalanx to its width where the crease does not show; the live-scan samples have 1.35 to 1.5."""

_SHORT = 1.1
"""A blob shorter than this many widths may be the upper half of a tip that broke apart (dry skin)."""

_BROKEN_GAP = 3.0
_MARGIN_PX = 10
_MIN_ENERGY = 9.0
"""Grey levels of gradient (root mean square) below which nothing touches the platen."""

_DARK = 45.0
"""Grey levels below the platen's own white at which even skin without visible ridges (wet) touches."""

_MAX_TILT = 45.0

HAND_MARGIN = 1.0
"""Log-likelihood by which the other hand must explain the tips better before it is called the other hand."""

MISSING_MARGIN = 1.5
UPSIDE_LIMIT = -0.075
"""Mean arch of the ridge flow below which a slap is upside down."""

UPSIDE_LIMIT_ONE = -0.35
"""The same for a single finger, whose flow alone says less."""


@dataclass(frozen=True, slots=True)
class Tip:
    """One fingertip: box in pixels (x, y, width, height) and its cut-out, other fingers and lower phalanges whitened.

    ``angle``: lean of the finger in degrees, clockwise from upright. ``flow``: how the ridges arch at the ends of the finger, about
    +0.5 where the tip points up and negative where it points down. ``point``: the very tip (x, y); ``breadth``: width across the lean.
    """

    x: int
    y: int
    width: int
    height: int
    image: Grey
    angle: float = 0.0
    flow: float = 0.0
    point: tuple[float, float] = (0.0, 0.0)
    breadth: float = 0.0


@dataclass(frozen=True, slots=True)
class _Blob:
    """Cells of one connected piece of skin."""

    ys: NDArray[np.int64]
    xs: NDArray[np.int64]

    @property
    def area(self) -> int:
        return int(self.ys.size)

    def moments(self) -> tuple[float, float, float]:
        """Lean of the long axis (degrees, clockwise from upright), long and short standard deviation in cells."""
        x, y = self.xs - self.xs.mean(), self.ys - self.ys.mean()
        xx, yy, xy = float(x @ x) / self.area, float(y @ y) / self.area, float(x @ y) / self.area
        lean = float(np.degrees(np.arctan2(-2 * xy, yy - xx))) / 2
        middle, half = (xx + yy) / 2, float(np.hypot((xx - yy) / 2, xy))
        return lean, float(np.sqrt(middle + half)), float(np.sqrt(max(middle - half, 1e-6)))

    def across(self, angle: float) -> NDArray[np.float64]:
        a = np.deg2rad(angle)
        return np.asarray(self.xs * np.cos(a) + self.ys * np.sin(a))

    def down(self, angle: float) -> NDArray[np.float64]:
        a = np.deg2rad(angle)
        return np.asarray(self.ys * np.cos(a) - self.xs * np.sin(a))

    def box(self, angle: float) -> tuple[float, float, float, float]:
        """Left, top, width and height in the frame leaning by ``angle``, cells."""
        u, v = self.across(angle), self.down(angle)
        return float(u.min()), float(v.min()), float(np.ptp(u)) + 1, float(np.ptp(v)) + 1

    def joined(self, other: _Blob) -> _Blob:
        return _Blob(np.concatenate([self.ys, other.ys]), np.concatenate([self.xs, other.xs]))


@dataclass(frozen=True, slots=True)
class _Cells:
    """The slap in cells of STEP pixels: root mean square gradient, mean grey, and the doubled gradient direction (cosine, sine parts)."""

    energy: NDArray[np.float32]
    level: NDArray[np.float32]
    cosine: NDArray[np.float32]
    sine: NDArray[np.float32]


def segment(slap: Grey, expected: int) -> list[Tip]:
    """Fingertips left to right. May return fewer or more than ``expected``; the caller decides what that means.

    Only blobs too wide for one finger are parted, at ever thicker necks, while fewer than ``expected`` tips are found.
    """
    cells = _cells(slap)
    skin = _skin(cells)
    best: list[_Finger] = []
    for neck in range(0, 15, 2):
        fingers = _fingers(skin, neck)
        if not best or abs(len(fingers) - expected) < abs(len(best) - expected):
            best = fingers
        if len(fingers) >= expected:
            break
    return [_cut(slap, cells, skin, f) for f in best]


def inverted(image: Grey) -> bool:
    """Whether skin shows light on a dark ground: the flat parts of the platen are dark though something is on it."""
    cells = _cells(image)
    flat = cells.energy < _MIN_ENERGY
    if flat.mean() < 0.03 or (~flat).mean() < 0.01:
        return False
    return float(np.median(cells.level[flat])) < 90


def _cells(slap: Grey) -> _Cells:
    half = cv2.resize(slap, (max(1, slap.shape[1] // 2), max(1, slap.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    size = (max(1, slap.shape[1] // STEP), max(1, slap.shape[0] // STEP))

    def cell(values: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    gx, gy = cv2.Sobel(half, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(half, cv2.CV_32F, 0, 1, scale=0.125)
    xx, yy, xy = cell(cv2.multiply(gx, gx)), cell(cv2.multiply(gy, gy)), cell(cv2.multiply(gx, gy))
    energy, level = cv2.blur(np.sqrt(xx + yy), (3, 3)), cv2.blur(cell(half), (3, 3))
    return _Cells(np.asarray(energy, np.float32), np.asarray(level, np.float32), xx - yy, 2 * xy)


def _skin(cells: _Cells) -> NDArray[np.uint8]:
    """1 where skin touches: ridges, or darkness without ridges beside a light platen."""
    floor = max(_MIN_ENERGY, 0.3 * float(np.percentile(cells.energy, 97)))
    white = float(np.percentile(cells.level, 95))
    dark = cells.level < white - max(_DARK, 0.3 * (white - float(cells.level.min())))
    ridges = cells.energy > floor
    mask = ridges | dark if white > 128 else ridges
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))


@dataclass(frozen=True, slots=True)
class _Finger:
    """The skin of the tip, of everything below it in the same column, and the lean of both."""

    tip: _Blob
    stack: _Blob
    angle: float


def _fingers(skin: NDArray[np.uint8], neck: int) -> list[_Finger]:
    blobs = _blobs(skin, neck)
    if not blobs:
        return []
    tilt = _tilt(blobs)
    blobs = _mended(sorted(blobs, key=lambda b: b.box(tilt)[1]), tilt)
    columns: list[tuple[_Blob, list[_Blob]]] = []
    for blob in blobs:
        left, _top, width, height = blob.box(tilt)
        above = max(columns, key=lambda c: _shared(c[0], left, width, tilt), default=None)
        if above is not None and _shared(above[0], left, width, tilt) > 0.4:
            above[1].append(blob)
        elif width >= _MIN_WIDTH and height >= _MIN_HEIGHT and blob.area >= 0.35 * _MIN_WIDTH * _MIN_HEIGHT:
            columns.append((blob, []))
    fingers = []
    for tip, below in columns:
        stack = tip
        for blob in below:
            stack = stack.joined(blob)
        fingers.append(_Finger(tip, stack, _lean(tip, stack, tilt)))
    return sorted(fingers, key=lambda f: float(f.tip.across(tilt).mean()))


def _blobs(skin: NDArray[np.uint8], neck: int) -> list[_Blob]:
    labels = _parted(skin, neck)
    ys, xs = np.nonzero(labels)
    numbers = labels[ys, xs]
    return [b for n in range(1, int(labels.max(initial=0)) + 1) if (b := _Blob(ys[numbers == n], xs[numbers == n])).area >= 12]


def _tilt(blobs: Sequence[_Blob]) -> float:
    """Lean of the hand: the blobs' long axes, the longer the more they count."""
    total, weight = 0.0, 1e-6
    for blob in blobs:
        lean, long, short = blob.moments()
        if long > 1.12 * short and abs(lean) <= _MAX_TILT:
            w = blob.area * min((long / short) ** 2 - 1, 3.0)
            total, weight = total + w * lean, weight + w
    return total / weight


def _lean(tip: _Blob, stack: _Blob, tilt: float) -> float:
    """Lean of one finger, drawn to the hand's where the contact is too round to tell."""
    lean, long, short = stack.moments()
    if long <= 1.05 * short or abs(lean - tilt) > 40:
        return tilt
    sure = min(1.0, ((long / short) ** 2 - 1) / 0.8)
    return sure * lean + (1 - sure) * tilt


def _mended(blobs: list[_Blob], tilt: float) -> list[_Blob]:
    """Joins a short blob with the one close under it: a dry tip that broke into two."""
    done: list[_Blob] = []
    for blob in blobs:
        left, top, width, _height = blob.box(tilt)
        for i, upper in enumerate(done):
            _left, upper_top, w, h = upper.box(tilt)
            if h < _SHORT * w and top - (upper_top + h) < _BROKEN_GAP and _shared(upper, left, width, tilt) > 0.5:
                done[i] = upper.joined(blob)
                break
        else:
            done.append(blob)
    return done


def _shared(upper: _Blob, left: float, width: float, tilt: float) -> float:
    """Share of the narrower one's width that lies in the other's column."""
    begin, _t, w, _h = upper.box(tilt)
    return (min(begin + w, left + width) - max(begin, left)) / min(w, width)


def _parted(cells: NDArray[np.uint8], neck: int) -> NDArray[np.int32]:
    """Connected blobs, numbered from 1; those wider than one finger are parted at necks up to 2 x ``neck`` cells."""
    count, whole, stats, _centres = cv2.connectedComponentsWithStats(cells, connectivity=4)
    labels = np.asarray(whole, np.int32)
    if not neck:
        return labels
    wide = [n for n in range(1, count) if stats[n, cv2.CC_STAT_WIDTH] > _ONE_FINGER]
    if not wide:
        return labels
    cores = cv2.erode(cells, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * neck + 1, 2 * neck + 1)))
    parts, marks = cv2.connectedComponents(cores, connectivity=4)
    labels, following = labels.copy(), count - 1
    for blob in wide:
        inside = [m for m in range(1, parts) if (whole[marks == m] == blob).all() and (marks == m).sum() >= _CORE]
        if len(inside) < 2:
            continue
        distances = np.stack([cv2.distanceTransform((marks != m).astype(np.uint8), cv2.DIST_L2, 5) for m in inside])
        nearest = np.argmin(distances, axis=0)
        for number in range(1, len(inside)):
            following += 1
            labels[(whole == blob) & (nearest == number)] = following
    return labels


def _cut(slap: Grey, cells: _Cells, skin: NDArray[np.uint8], finger: _Finger) -> Tip:
    """The first phalanx of ``finger`` with a margin, upright box; what is not its skin is white."""
    tip, angle = finger.tip, finger.angle
    v = tip.down(angle)
    top = float(v.min())
    width = _width(tip, angle)
    reach = _reach(cells, tip, angle, top, width)
    keep = v <= top + reach
    ys, xs = tip.ys[keep], tip.xs[keep]
    x0, y0 = max(0, int(xs.min()) * STEP - _MARGIN_PX), max(0, int(ys.min()) * STEP - _MARGIN_PX)
    x1, y1 = min(slap.shape[1], (int(xs.max()) + 1) * STEP + _MARGIN_PX), min(slap.shape[0], (int(ys.max()) + 1) * STEP + _MARGIN_PX)
    image = slap[y0:y1, x0:x1].copy()
    foreign = skin.copy()
    foreign[ys, xs] = 0
    cx, cy = x0 // STEP, y0 // STEP
    near = foreign[cy : -(-y1 // STEP), cx : -(-x1 // STEP)].repeat(STEP, axis=0).repeat(STEP, axis=1)
    near = near[y0 - cy * STEP :, x0 - cx * STEP :][: y1 - y0, : x1 - x0]
    image[: near.shape[0], : near.shape[1]][near > 0] = 255
    peak = v < top + 1.5
    point = (float(tip.xs[peak].mean() + 0.5) * STEP, float(tip.ys[peak].mean() + 0.5) * STEP)
    return Tip(x0, y0, x1 - x0, y1 - y0, image, round(angle, 1), round(_flow(cells, finger, width), 3), point, width * STEP)


def _width(tip: _Blob, angle: float) -> float:
    """Width of the finger across its lean, cells: that of its wide rows."""
    rows = np.round(tip.down(angle)).astype(np.int64)
    counts = np.bincount(rows - rows.min())
    return float(np.percentile(counts[counts > 2], 80)) if (counts > 2).any() else float(np.ptp(tip.across(angle))) + 1


def _reach(cells: _Cells, tip: _Blob, angle: float, top: float, width: float) -> float:
    """Cells from the top to the crease, or _TIP_RATIO widths where the skin goes on without one."""
    v = tip.down(angle)
    length = float(v.max()) - top
    if length <= 1.2 * width:
        return length
    rows = np.round(v - top).astype(np.int64)
    sums = np.bincount(rows, weights=cells.energy[tip.ys, tip.xs])
    counts = np.bincount(rows)
    profile = sums / np.maximum(counts, 1) * np.minimum(counts / max(width, 1), 1.0)
    first, last = round(1.1 * width), min(round(1.8 * width), len(profile) - 2)
    usual = float(np.median(profile[: max(first, 1)]))
    if last > first:
        dip = first + int(np.argmin(profile[first : last + 1]))
        after = float(profile[dip + 1 : dip + round(0.5 * width) + 2].max(initial=0))
        if profile[dip] < 0.6 * usual and after > 1.25 * float(profile[dip]):
            return float(dip)
    return min(length, _TIP_RATIO * width)


def _flow(cells: _Cells, finger: _Finger, width: float) -> float:
    """How the ridges arch over both ends of the finger, mean of the two: like an arch (+) or like a bowl (-), -1..1."""
    u, v = finger.stack.across(finger.angle), finger.stack.down(finger.angle)
    ends = []
    for part in (v <= v.min() + 0.55 * width, v >= v.max() - 0.55 * width):
        ys, xs = finger.stack.ys[part], finger.stack.xs[part]
        side = u[part] - u[part].mean()
        side = side / max(float(np.abs(side).max()), 1.0)
        turn = np.deg2rad(2 * finger.angle)
        c, s = cells.cosine[ys, xs], cells.sine[ys, xs]
        leaning = s * np.cos(turn) - c * np.sin(turn)
        strength = float((np.hypot(c, s) * np.abs(side)).sum())
        ends.append(float((-side * leaning).sum()) / strength if strength > 0 else 0.0)
    return (ends[0] + ends[1]) / 2


def left_to_right(positions: Sequence[Position]) -> list[Position]:
    """The order in which these fingers lie on the platen: left hand little..thumb, then right hand thumb..little."""

    def place(position: Position) -> tuple[int, int]:
        code = FINGERS.index(position)
        return (1, code) if code < 5 else (0, -code)

    return sorted(positions, key=place)


def upside_down(tips: Sequence[Tip]) -> bool:
    """Whether the tips point down, by the flow of the ridges, which arches over the top of a finger.

    A mirrored image cannot be told from the other hand: it is caught as such, see :func:`wrong_hand`.
    """
    if not tips:
        return False
    mean = float(np.mean([t.flow for t in tips]))
    return mean < (UPSIDE_LIMIT_ONE if len(tips) == 1 else UPSIDE_LIMIT)


# -- the hand's geometry -----------------------------------------------------------------------------------------------------------

_NAMES = ("index", "middle", "ring", "little")
_PLACE = {"index": -1.75, "middle": -0.55, "ring": 0.62, "little": 1.72}
"""Place across the hand in spaced finger widths, right hand."""

_DROP = {"index": 0.62, "middle": 0.0, "ring": 0.32, "little": 1.3}
_DROP_SPREAD = {"index": 0.3, "middle": 0.15, "ring": 0.22, "little": 0.4}
"""How far the tip lies below the middle finger's in finger widths, and how much hands differ in it."""

_BREADTH = {"index": 1.03, "middle": 1.05, "ring": 1.0, "little": 0.87}
_BREADTH_SPREAD = 0.09
_TURN_SPREAD = 0.12
"""Tangent of the lean that the axes of the fingers leave open."""

_GAP_SPREAD = 0.22


def wrong_hand(tips: Sequence[Tip], positions: Sequence[Position]) -> bool:
    """Whether the tips look like those of the other hand: the little finger lies lowest and is the narrowest.

    ``tips`` left to right, ``positions`` the same three or four fingers of one hand. Fewer are not judged. A mirrored image of the
    right hand is, for this question, the other hand.
    """
    order = _one_hand(positions)
    if order is None:
        return False
    right, names = order
    if len(tips) != len(names) or len(names) < 3 or any(t.breadth <= 0 for t in tips):
        return False
    return _fit(tips, names, not right) - _fit(tips, names, right) > HAND_MARGIN


def seems_missing(tips: Sequence[Tip], positions: Sequence[Position]) -> Position | None:
    """Which of four asked fingers three tips lack, by gaps, heights and widths; None when that is not clear. A hint, no decision."""
    order = _one_hand(positions)
    if order is None or len(tips) != 3 or len(positions) != 4:
        return None
    right, names = order
    ranked = sorted(((_fit(tips, kept, right), kept) for kept in combinations(names, 3)), reverse=True)
    if ranked[0][0] - ranked[1][0] < MISSING_MARGIN:
        return None
    (lacking,) = set(names) - set(ranked[0][1])
    return next(p for p in positions if p.value.endswith(lacking))


def _one_hand(positions: Sequence[Position]) -> tuple[bool, tuple[str, ...]] | None:
    """(right hand?, names index..little) of fingers of one hand without its thumb, else None."""
    sides = {p.value.split("_")[0] for p in positions}
    named = {p.value.split("_")[1] for p in positions}
    if len(sides) != 1 or not named <= set(_NAMES) or len(named) != len(positions):
        return None
    return sides == {"right"}, tuple(n for n in _NAMES if n in named)


def _fit(tips: Sequence[Tip], names: Sequence[str], right: bool) -> float:
    """Log-likelihood that ``tips``, left to right, are the fingers ``names`` of the right or left hand.

    Heights and gaps in the hand's frame, linear with Gaussian spreads; where the hand lies, how far the fingers are spread and a rest
    of tilt are free, and fitted with their own spread.
    """
    order = list(names) if right else list(reversed(names))
    side = 1.0 if right else -1.0
    tilt = np.deg2rad(float(np.mean([t.angle for t in tips])))
    breadth = np.array([t.breadth for t in tips], np.float64)
    unit = float(np.median(breadth))
    centre, top = np.array([t.point for t in tips]).T / unit
    across, down = centre * np.cos(tilt) + top * np.sin(tilt), top * np.cos(tilt) - centre * np.sin(tilt)
    across = across - across.mean()
    drops = np.array([_DROP[n] for n in order])
    spread = np.array([_DROP_SPREAD[n] for n in order])
    fit = _residual(down - drops, np.stack([np.ones_like(across), across]), spread, np.array([10.0, _TURN_SPREAD]))
    places = np.array([side * _PLACE[n] for n in order])
    gaps = np.full(len(order), _GAP_SPREAD)
    fit += _residual(across - 1.2 * places, np.stack([np.ones_like(places), places]), gaps, np.array([10.0, 0.25]))
    relative = np.log(breadth / breadth.mean())
    expected = np.log(np.array([_BREADTH[n] for n in order]))
    fit += float((((relative - expected + expected.mean()) / _BREADTH_SPREAD) ** 2).sum())
    return -0.5 * fit


def _residual(values: NDArray[np.float64], basis: NDArray[np.float64], spread: NDArray[np.float64], prior: NDArray[np.float64]) -> float:
    """Squared distance of ``values`` from zero in spreads, free along ``basis`` rows whose factors have the ``prior`` spreads; with
    the determinant, so that different finger sets compare as likelihoods."""
    covariance = np.diag(spread**2) + (basis.T * prior**2) @ basis
    return float(values @ np.linalg.solve(covariance, values) + np.linalg.slogdet(covariance)[1])
