"""Master finger prints: singular points, orientation field and ridges grown by iterated oriented filtering.

The orientation is the zero-pole model of Sherlock and Monro (cores add, deltas subtract half their bearing). Ridges
grow out of a few seeds of noise: each pass smooths along the flow and band-passes across it at the ridge period, so
endings and bifurcations appear where growing fronts meet, as in nature. Growth runs at 250 ppi, two passes at 500 ppi
finish it. The oriented filter is evaluated by resampling along and across the local flow, not by a filter bank.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.hal.simulators.synth.noise import F32, U8, f32, smooth_field, step, stream

WIDTH, HEIGHT = 440, 560
"""Pixels of a master print at 500 ppi; an impression is the part that touches the platen."""

REVISION = 2
"""Part of the disk cache key; grows whenever the same seed would give another print."""

STRETCH = 1.3
"""Prints are taller than wide: the flow is computed on a grid squeezed by this factor."""

SPOTS = 16
WILD = 0.015
"""Seeds of growth, and the noise between them: together they set how many minutiae there are; measured against live prints."""

GROW_PASSES = 16
BEND = 7.0
"""Pixels of lasting unevenness of the skin: the ridge period varies within one print."""

FINISH_PASSES = 2

Maps = tuple[NDArray[np.int16], NDArray[np.uint16]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Henry class of a print with its singular points (pixels at 500 ppi) and mean ridge period (pixels)."""

    kind: str
    cores: tuple[complex, ...]
    deltas: tuple[complex, ...]
    period: float


def pattern_of(seed: int, position: Position) -> Pattern:
    """Draw the class and its singular points; loops mostly open to the little finger (ulnar)."""
    rng = stream(seed, "pattern", position)
    right = position.value.startswith("right")
    whorl, arch, radial = {"thumb": (0.38, 0.04, 0.02), "index": (0.32, 0.12, 0.16), "middle": (0.2, 0.09, 0.03),
                           "ring": (0.42, 0.03, 0.02), "little": (0.16, 0.03, 0.01)}[position.value.split("_")[1]]
    draw = rng.random()
    period = float(stream(seed, "period").normal(8.2, 0.3) + rng.normal(0.0, 0.25))
    cx, cy = WIDTH / 2 + np.clip(rng.normal(0, 16), -34, 34), HEIGHT * 0.43 + np.clip(rng.normal(0, 20), -42, 36)
    if draw < arch:
        if rng.random() < 0.6:
            return Pattern("arch", (), (), period)
        return Pattern("tented_arch", (complex(cx, cy + 20),), (complex(cx + rng.normal(0, 5), cy + 125),), period)
    if draw < arch + whorl:
        gap = rng.uniform(22, 68)
        lean = rng.normal(0, 14)
        cores = (complex(cx - lean / 2, cy - gap / 2), complex(cx + lean / 2, cy + gap / 2))
        spread = rng.uniform(112, 148)
        return Pattern("whorl", cores, (complex(cx - spread, cy + rng.uniform(105, 150)),
                                        complex(cx + spread * rng.uniform(0.9, 1.1), cy + rng.uniform(105, 150))), period)
    towards = (1 if right else -1) * (-1 if draw > 1 - radial else 1)
    delta = complex(cx - towards * rng.uniform(80, 118), cy + rng.uniform(120, 162))
    return Pattern("loop", (complex(cx, cy),), (delta,), period)


def orientation(seed: int, position: Position, pattern: Pattern, scale: float) -> F32:
    """Ridge direction in radians (mathematical sense, modulo pi) at ``scale`` times the 500 ppi grid."""
    height, width = int(HEIGHT * scale), int(WIDTH * scale)
    ys, xs = np.mgrid[0:height, 0:width] / scale
    ys /= STRETCH
    rng = stream(seed, "orientation", position)
    bow, half = float(rng.uniform(0.85, 1.1)), WIDTH / 2
    side = np.clip((xs - half) / half, -1.2, 1.2)
    if pattern.kind == "arch":
        top, foot = HEIGHT * 0.1 / STRETCH, HEIGHT * 0.85 / STRETCH
        rise = np.clip((foot - ys) / (foot - top), 0, 1.15) * rng.uniform(1.15, 1.35)
        theta = -np.arctan(rise * np.sin(side * np.pi / 2) * 1.25)
    else:
        theta = np.zeros((height, width))
        for core in pattern.cores:
            theta += 0.5 * (np.arctan2(-(ys - core.imag / STRETCH), xs - core.real) - np.pi / 2)
        for delta in pattern.deltas:
            theta -= 0.5 * (np.arctan2(-(ys - delta.imag / STRETCH), xs - delta.real) - np.pi / 2)
        crown = np.clip((min(c.imag for c in pattern.cores) / STRETCH + 150 - ys) / 230, 0, 1)
        theta -= bow * side * crown
    theta = np.arctan2(STRETCH * np.sin(theta), np.cos(theta))
    return f32(theta + 0.1 * smooth_field(rng, height, width, 100 * scale))


class OrientedFilter:
    """Smooths along and band-passes across a fixed orientation field, one resampling per tap."""

    def __init__(self, theta: F32, period: float, reach: int) -> None:
        height, width = theta.shape
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        dx, dy = f32(np.cos(theta)), f32(-np.sin(theta))

        def shifted(distance: float, ax: F32, ay: F32) -> Maps:
            pair = cv2.convertMaps(xs + distance * ax, ys + distance * ay, cv2.CV_16SC2)
            return pair[0], pair[1]

        step_px = period / 5.0
        self._along = [(float(np.exp(-0.5 * (k / 1.5) ** 2)), shifted(k * step_px, dx, dy)) for k in (-3, -2, -1, 1, 2, 3)]
        taps = np.arange(-reach, reach + 1)
        gabor = np.cos(2 * np.pi * taps / period) * np.exp(-0.5 * (taps / (0.42 * period)) ** 2)
        envelope = np.exp(-0.5 * (taps / (0.42 * period)) ** 2)
        gabor -= envelope * gabor.sum() / envelope.sum()
        gabor /= np.abs(gabor).sum()
        self._centre = float(gabor[reach])
        self._across = [(float(g), shifted(float(k), -dy, dx)) for k, g in zip(taps, gabor, strict=True) if k]
        self._along_sum = 1.0 + sum(w for w, _ in self._along)

    def __call__(self, image: F32) -> F32:
        smooth = image.copy()
        for weight, maps in self._along:
            cv2.scaleAdd(cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), weight, smooth, smooth)
        out = smooth * np.float32(self._centre)
        for weight, maps in self._across:
            cv2.scaleAdd(cv2.remap(smooth, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), weight, out, out)
        return f32(out / np.float32(self._along_sum))


def seeds_of_growth(rng: np.random.Generator) -> F32:
    """Few soft spots where ridges begin; the rest of the skin is reached by growth."""
    ys, xs = np.mgrid[0:HEIGHT // 2, 0:WIDTH // 2]
    spots = np.zeros((HEIGHT // 2, WIDTH // 2))
    for _ in range(SPOTS):
        y, x = rng.uniform(0.1, 0.9) * HEIGHT / 2, rng.uniform(0.15, 0.85) * WIDTH / 2
        spots += np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 5.0**2))
    return f32(np.clip(spots, WILD, 1.0))


def grow(seed: int, position: Position) -> U8:
    """The master print: 0 valley .. 255 ridge, ``HEIGHT`` x ``WIDTH``. About 0.2 s."""
    pattern = pattern_of(seed, position)
    rng = stream(seed, "growth", position)
    small = OrientedFilter(orientation(seed, position, pattern, 0.5), pattern.period / 2, 6)
    image = f32(rng.standard_normal((HEIGHT // 2, WIDTH // 2))) * seeds_of_growth(rng)
    for _ in range(GROW_PASSES):
        image = small(image)
        image = f32(np.tanh(image * np.float32(3.5)))
    large = OrientedFilter(orientation(seed, position, pattern, 1.0), pattern.period, 9)
    image = f32(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
    for _ in range(FINISH_PASSES):
        image = f32(np.tanh(large(image) * np.float32(3.0)))
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    xs += BEND * smooth_field(rng, HEIGHT, WIDTH, 140)
    ys += BEND * smooth_field(rng, HEIGHT, WIDTH, 140)
    image = f32(cv2.remap(image, xs, ys, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))
    return np.asarray(np.clip(image * 0.5 + 0.5, 0, 1) * 255, dtype=np.uint8)


@lru_cache(maxsize=96)
def master_print(seed: int, position: Position, cache_dir: str = "") -> U8:
    """The deterministic master of one finger, from memory, from ``cache_dir`` (PNG files) or grown."""
    file = Path(cache_dir) / f"finger-{REVISION}-{seed}-{position}.png" if cache_dir else None
    if file is not None and file.exists():
        stored = cv2.imdecode(np.fromfile(file, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
        if stored is not None and stored.shape == (HEIGHT, WIDTH):
            return np.asarray(stored, dtype=np.uint8)
    print_ = grow(seed, position)
    if file is not None:
        store(file, print_)
    return print_


def store(file: Path, image: U8) -> None:
    """Write a cache file whole or not at all; a cache that cannot be written is only slower."""
    ok, png = cv2.imencode(".png", image)
    if not ok:
        return
    part = file.with_name(f"{file.name}.{id(image)}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(png.tobytes())
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)


__all__ = ["HEIGHT", "WIDTH", "Pattern", "grow", "master_print", "orientation", "pattern_of", "step", "store"]
