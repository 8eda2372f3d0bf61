"""A small painter in face units: antialiased shapes with soft edges over a colour and a coverage plane.

Face units: origin between the pupils, x to the right, y down, 1 = distance between the pupils.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.hal.simulators.synth.noise import F32, f32

Points = NDArray[np.float64]
Colour = tuple[float, float, float]
SHADE_UNIT = 100
"""Grey level that means "the colour itself" while hairs are drawn; room for 2.5 times as bright."""


def points(*pairs: tuple[float, float]) -> Points:
    return np.asarray(pairs, dtype=np.float64)


def moved(shape: Points, dx: float, dy: float) -> Points:
    return np.asarray(shape + np.array([dx, dy]))


def mirrored(half: Points) -> Points:
    """A closed outline from its right half, top to bottom; points on the middle line stay single."""
    return np.concatenate([half, half[half[:, 0] != 0][::-1] * [-1, 1]])


def spline(knots: Points, closed: bool = False, per: int = 14) -> Points:
    """Catmull-Rom curve through ``knots``."""
    n = len(knots)
    index = np.arange(n if closed else n - 1)
    if closed:
        a, b, c, d = (knots[(index + k) % n] for k in (-1, 0, 1, 2))
    else:
        a, b, c, d = (knots[np.clip(index + k, 0, n - 1)] for k in (-1, 0, 1, 2))
    t = np.linspace(0, 1, per, endpoint=False)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (a, b, c, d))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, knots[-1:]])


def mix(a: Colour, b: Colour, share: float) -> Colour:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def scaled(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


class Canvas:
    """Colour plane (float 0..255) and coverage plane (0..1), not premultiplied."""

    def __init__(self, width: int, height: int, centre: tuple[float, float], scale: float) -> None:
        self.width, self.height, self.centre, self.scale = width, height, centre, scale
        self.rgb = np.zeros((height, width, 3), dtype=np.float32)
        self.alpha = np.zeros((height, width), dtype=np.float32)
        self.x = f32((np.arange(width) + 0.5 - centre[0]) / scale)[None, :]
        self.y = f32((np.arange(height) + 0.5 - centre[1]) / scale)[:, None]

    def pixels(self, shape: Points) -> NDArray[np.int32]:
        """Fixed-point (1/16 pixel) coordinates for OpenCV."""
        return np.asarray(np.round((shape * self.scale + self.centre - 0.5) * 16), dtype=np.int32)

    def mask(self, *shapes: Points, soft: float = 0.0) -> F32:
        """Coverage of closed polygons, edges blurred by ``soft`` units."""
        plane = np.zeros((self.height, self.width), dtype=np.uint8)
        if not plane.size:
            return f32(plane)
        for shape in shapes:
            cv2.fillPoly(plane, [self.pixels(shape)], 255, cv2.LINE_AA, 4)
        return self.softened(plane, soft)

    def softened(self, plane: NDArray[np.uint8], soft: float) -> F32:
        sigma = soft * self.scale
        return f32((cv2.GaussianBlur(plane, (0, 0), sigma) if sigma > 0.3 else plane) / np.float32(255))

    def window(self, shape: Points, margin: float) -> tuple[slice, slice]:
        low = (shape.min(axis=0) - margin) * self.scale + self.centre
        high = (shape.max(axis=0) + margin) * self.scale + self.centre
        x0, x1 = (int(np.clip(v, 0, self.width)) for v in (np.floor(low[0]) - 2, np.ceil(high[0]) + 3))
        y0, y1 = (int(np.clip(v, 0, self.height)) for v in (np.floor(low[1]) - 2, np.ceil(high[1]) + 3))
        return slice(y0, max(y0, y1)), slice(x0, max(x0, x1))

    def part(self, where: tuple[slice, slice]) -> Canvas:
        """A canvas that paints into a window of this one."""
        sub = Canvas.__new__(Canvas)
        ys, xs = where
        sub.rgb, sub.alpha = self.rgb[ys, xs], self.alpha[ys, xs]
        sub.height, sub.width = sub.alpha.shape
        sub.centre, sub.scale = (self.centre[0] - xs.start, self.centre[1] - ys.start), self.scale
        sub.x, sub.y = self.x[:, xs], self.y[ys]
        return sub

    def cover(self, mask: F32, colour: F32 | Colour) -> None:
        """Paint ``colour`` (plane or one colour) where ``mask``; grows the coverage."""
        tint = f32(colour)
        self.rgb += (tint - self.rgb) * mask[..., None]
        self.alpha += (1 - self.alpha) * mask

    def tint(self, mask: F32, colour: Colour) -> None:
        """Paint only where something is already."""
        self.rgb += (f32(colour) - self.rgb) * mask[..., None]

    def shade(self, mask: F32, factor: float) -> None:
        """Multiply the colour by ``factor`` where ``mask``."""
        self.rgb *= (1 + (np.float32(factor) - 1) * mask)[..., None]

    def fill(self, shape: Points, colour: Colour, soft: float = 0.0, opacity: float = 1.0) -> None:
        sub = self.part(self.window(shape, 3 * soft))
        if sub.alpha.size:
            sub.cover(sub.mask(shape, soft=soft) * np.float32(opacity), colour)

    def darken(self, shape: Points, factor: float, soft: float) -> None:
        sub = self.part(self.window(shape, 3 * soft))
        if sub.alpha.size:
            sub.shade(sub.mask(shape, soft=soft), factor)

    def line(self, path: Points, width: float, colour: Colour, soft: float = 0.0, opacity: float = 1.0) -> None:
        """A stroke with tapering ends; ``width`` in units at the middle."""
        self.fill(ribbon(path, width), colour, soft, opacity)

    def strokes(self, paths: Sequence[Points], shades: Sequence[float], width: float, colour: Colour,
                clip: F32 | None = None) -> None:
        """Many thin hairs; ``shades`` scale the colour of each. Only where something is painted already, or in ``clip``."""
        if not self.alpha.size:
            return
        thick = max(1, round(width * self.scale))
        fade = min(1.0, width * self.scale)
        cover = np.zeros((self.height, self.width), dtype=np.uint8)
        shade = np.full((self.height, self.width), SHADE_UNIT, dtype=np.uint8)
        by_level: dict[float, list[NDArray[np.int32]]] = {}
        for path, value in zip(paths, shades, strict=True):
            by_level.setdefault(round(value, 1), []).append(self.pixels(path))
        for level in sorted(by_level):
            cv2.polylines(cover, by_level[level], False, 255, thick, cv2.LINE_AA, 4)
            cv2.polylines(shade, by_level[level], False, min(255, level * SHADE_UNIT), thick, cv2.LINE_AA, 4)
        mask = f32(cover) * np.float32(fade / 255)
        if clip is not None:
            mask *= clip
        self.rgb += (f32(colour) * (f32(shade) / np.float32(SHADE_UNIT))[..., None] - self.rgb) * mask[..., None]

    def spot(self, x: float, y: float, sx: float, sy: float) -> F32:
        """Gaussian bump."""
        return f32(np.exp(-(((self.x - x) / sx) ** 2)) * np.exp(-(((self.y - y) / sy) ** 2)))


def ribbon(path: Points, width: float) -> Points:
    """Outline of a stroke along ``path``, widest in the middle."""
    delta = np.gradient(path, axis=0)
    normal = np.stack([-delta[:, 1], delta[:, 0]], axis=1) / (np.hypot(delta[:, 0], delta[:, 1])[:, None] + 1e-9)
    swell = np.sin(np.linspace(0.06, np.pi - 0.06, len(path)))[:, None] ** 0.7 * width / 2
    return np.concatenate([path + normal * swell, (path - normal * swell)[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> Points:
    a = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    cx, cy = rx * np.cos(a), ry * np.sin(a)
    return np.stack([x + cx * np.cos(tilt) - cy * np.sin(tilt), y + cx * np.sin(tilt) + cy * np.cos(tilt)], axis=1)
