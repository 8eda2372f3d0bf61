"""Synthetic prints, slaps and eyes for tests: no person is behind them. Grey uint8 arrays, 500 ppi."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def _orientation(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ridge direction by the zero-pole model: one loop or a whorl, placed at random; ridges arch over the tip as on a real finger."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    cx, cy = width * rng.uniform(0.42, 0.58), height * rng.uniform(0.38, 0.5)
    loops = [(cx, cy), (cx + rng.uniform(-15, 15), cy + rng.uniform(30, 60))] if rng.random() < 0.5 else [(cx, cy)]
    deltas = [
        (cx + s * width * rng.uniform(0.3, 0.45), cy + height * rng.uniform(0.3, 0.4)) for s in ((-1, 1) if len(loops) == 2 else (1,))
    ]
    angle = np.zeros((height, width))
    for px, py in loops:
        angle += np.arctan2(y - py, x - px)
    for px, py in deltas:
        angle -= np.arctan2(y - py, x - px)
    return angle / 2


def _filters(period: float) -> list[NDArray[np.float64]]:
    r = 11
    y, x = np.mgrid[-r : r + 1, -r : r + 1].astype(float)
    bank = []
    for k in range(16):
        t = np.pi * k / 16
        across = x * np.sin(t) - y * np.cos(t)
        g = np.cos(2 * np.pi * across / period) * np.exp(-(x * x + y * y) / (2 * 4.2**2))
        bank.append(g - g.mean())
    return bank


@lru_cache(maxsize=64)
def ridges(seed: int, width: int = 300, height: int = 420) -> Grey:
    """A full rectangle of ridges grown from noise; the same seed is the same finger."""
    rng = np.random.default_rng(seed)
    which = np.round((_orientation(height, width, rng) % np.pi) / (np.pi / 16)).astype(int) % 16
    image = rng.normal(0, 1, (height, width))
    bank = _filters(rng.uniform(8.3, 9.7))
    for _ in range(7):
        answers = np.stack([cv2.filter2D(image, cv2.CV_64F, k, borderType=cv2.BORDER_REFLECT) for k in bank])
        image = np.take_along_axis(answers, which[None], 0)[0]
        image = np.tanh(image / (image.std() + 1e-9) * 1.5)
    return np.asarray(np.clip(128 - 110 * image, 0, 255), np.uint8)


def finger(
    seed: int,
    *,
    noise: float = 8,
    shift: tuple[int, int] = (0, 0),
    turn: float = 0,
    pressure_seed: int = 0,
    width: int = 300,
    height: int = 420,
) -> Grey:
    """One impression on white: an ellipse of ridges with pore noise; shift in pixels, turn in degrees, counter-clockwise."""
    rng = np.random.default_rng((seed, pressure_seed, 7))
    base = ridges(seed, width, height).astype(float)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    inside = ((x - width / 2) / (width * 0.46)) ** 2 + ((y - height / 2) / (height * 0.47)) ** 2
    alpha = 1 / (1 + np.exp((inside - 1) * 18))
    blotch = cv2.GaussianBlur(rng.normal(0, 1, base.shape), (0, 0), 14)
    base = base + 30 * blotch / (blotch.std() + 1e-9) * (base > 100) + rng.normal(0, noise, base.shape)
    out = 255 - alpha * (255 - np.clip(base, 0, 255))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    matrix[:, 2] += shift
    moved = cv2.warpAffine(out, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    return np.asarray(np.clip(moved, 0, 255), np.uint8)


def slap(seeds: tuple[int, ...], *, right: bool = True, tilt: float = 0, gap: int = 20, pressure_seed: int = 0) -> Grey:
    """1600 x 1000 platen with four fingers (index..little as ``seeds``) or two thumbs, phalanges below."""
    canvas = np.full((1000, 1600), 255, np.uint8)
    sizes = [(290, 400), (300, 420), (290, 400), (240, 340)] if len(seeds) == 4 else [(380, 500)] * len(seeds)
    tops = [150, 60, 110, 330] if len(seeds) == 4 else [200] * len(seeds)
    items = list(zip(seeds, sizes, tops, strict=False))
    if not right:
        items.reverse()
    x = (1600 - sum(s[0] for _, s, _ in items) - gap * (len(items) - 1)) // 2
    for seed, (w, h), top in items:
        tip = finger(seed, width=w, height=h, pressure_seed=pressure_seed)
        _paste(canvas, tip, x, top)
        lower = finger(seed + 5000, width=w - 30, height=h - 60, pressure_seed=pressure_seed)
        _paste(canvas, np.asarray(255 - (255 - lower.astype(float)) * 0.6, np.uint8), x + 15, top + h + 20)
        x += w + gap
    if tilt:
        matrix = cv2.getRotationMatrix2D((800, 500), tilt, 1.0)
        canvas = np.asarray(cv2.warpAffine(canvas, matrix, (1600, 1000), flags=cv2.INTER_CUBIC, borderValue=255), np.uint8)
    return canvas


def _paste(canvas: Grey, part: Grey, x: int, y: int) -> None:
    h, w = min(part.shape[0], canvas.shape[0] - y), min(part.shape[1], canvas.shape[1] - x)
    if h > 0 and w > 0:
        np.minimum(canvas[y : y + h, x : x + w], part[:h, :w], out=canvas[y : y + h, x : x + w])


def eye(
    seed: int = 1,
    *,
    radius: int = 110,
    pupil: int = 42,
    centre: tuple[int, int] = (320, 240),
    lid: float = 0.0,
    blur: float = 0.8,
) -> Grey:
    """640 x 480 near-infrared eye: pupil, textured iris, sclera, skin, lashes of a lid covering ``lid`` of the iris height."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:480, 0:640].astype(float)
    cx, cy = centre
    r, t = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
    image = np.full((480, 640), 150.0)
    almond = ((x - cx) / (radius * 2.1)) ** 2 + ((y - cy) / (radius * 1.15)) ** 2 < 1
    image[almond] = 205
    texture = cv2.GaussianBlur(rng.normal(0, 1, (64, 360)), (0, 0), 1.5)
    texture /= texture.std()
    band = np.clip((r - pupil) / (radius - pupil), 0, 0.999)
    image = np.where(
        (r < radius) & almond, 110 + 14 * texture[(band * 64).astype(int), ((t + np.pi) / (2 * np.pi) * 359).astype(int)], image
    )
    image = np.where(r < pupil, 25.0, image)
    image = np.where(np.hypot(x - cx - 12, y - cy + 10) < 6, 245, image)
    image = np.where(y < cy - radius + lid * 2 * radius, 160.0, image)
    image = cv2.GaussianBlur(image, (0, 0), blur) + rng.normal(0, 2, image.shape)
    return np.asarray(np.clip(image, 0, 255), np.uint8)
