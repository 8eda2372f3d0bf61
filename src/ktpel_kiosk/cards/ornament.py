"""The printed-looking ground of the specimen card: a soft wash, guilloche bands, rosettes. Drawn from formulas, ours.

It imitates no real security print and no coat of arms; production cards come pre-printed and get none of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image, ImageColor, ImageDraw

OVERSAMPLE = 2
Point = tuple[float, float]


def wash(size: tuple[int, int], corners: Sequence[str]) -> Image.Image:
    """Nine colours (3x3) blended over the whole card."""
    grid = Image.new("RGB", (3, 3))
    grid.putdata([ImageColor.getrgb(c)[:3] for c in corners])
    return grid.resize(size, Image.Resampling.BICUBIC)


def bands(width: float, height: float) -> Iterator[list[Point]]:
    """Waves whose height swells and fades along the card; each of the three bundles has its own rhythm."""
    for center, swing, waves, phase in ((0.24, 7.5, 2.0, 0.0), (0.56, 10.5, 1.5, 1.1), (0.86, 7.0, 2.5, 2.3)):
        for k in range(15):
            shift = k / 14 * 2 - 1
            line = []
            for i in range(361):
                t = i / 360
                swell = math.sin(math.pi * (t * waves + phase / 3)) ** 2 * 0.72 + 0.28
                y = height * center + swing * swell * shift * math.cos(2 * math.pi * t * 0.5 + phase) \
                    + 3.2 * math.sin(2 * math.pi * (t * waves + shift * 0.16) + phase)
                line.append((t * width, y))
            yield line


def rosette(cx: float, cy: float, radius: float, petals: int, rings: int) -> Iterator[list[Point]]:
    """Closed curves woven through each other, like the work of a geometric lathe."""
    for ring in range(rings):
        phase = 2 * math.pi * ring / rings
        curve = []
        for i in range(721):
            a = 2 * math.pi * i / 720
            r = radius * (0.62 + 0.25 * math.sin(petals * a + phase) + 0.13 * math.sin(2 * petals * a - phase))
            curve.append((cx + r * math.cos(a), cy + r * math.sin(a)))
        yield curve


def _stroke(base: Image.Image, curves: Iterator[list[Point]], scale: float, color: str, alpha: int, width_mm: float) -> None:
    big = (base.width * OVERSAMPLE, base.height * OVERSAMPLE)
    mask = Image.new("L", big, 0)
    draw = ImageDraw.Draw(mask)
    k = scale * OVERSAMPLE
    for curve in curves:
        draw.line([(x * k, y * k) for x, y in curve], fill=255, width=max(1, round(width_mm * k)), joint="curve")
    mask = mask.resize(base.size, Image.Resampling.BOX).point(lambda v: v * alpha // 255)
    base.paste(Image.new("RGB", base.size, color), (0, 0), mask)


def ground(width_px: int, height_px: int, layout: Mapping[str, Any], style: str, *, back: bool) -> Image.Image:
    """One side without any text, RGB. ``style`` is ``wni`` or ``oa``."""
    look, card = layout[style], layout["card"]
    w, h = float(card["width"]), float(card["height"])
    scale = width_px / w
    image = wash((width_px, height_px), look["corners"])
    _stroke(image, bands(w, h), scale, look["line"], 54, 0.11)
    if back:
        _stroke(image, rosette(w / 2, h / 2, 23.0, 12, 14), scale, look["line"], 80, 0.11)
        return image
    _stroke(image, rosette(40.5, 34.0, 17.5, 12, 10), scale, look["line"], 46, 0.10)
    for radius, petals, rings in ((3.9, 8, 6), (2.1, 8, 4)):
        _stroke(image, rosette(8.1, 6.4, radius, petals, rings), scale, look["ornament"], 150, 0.11)
    return image
