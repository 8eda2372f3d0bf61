"""The photographed part of a synthetic face: skin, nose, cheeks, lips, as a factor on the colour of the skin.

The picture in ``data/`` is derived from one public-domain photograph (see data/README.md) and stands in the neutral geometry of the painted
head; each person draws it out to own proportions, so that nobody's portrait remains. Loaded on first use, kept.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import cv2
import numpy as np

from ktpel_kiosk.hal.simulators.synth.canvas import Canvas, Colour, Points, moved, points, scaled, spline
from ktpel_kiosk.hal.simulators.synth.looks import Looks, skull
from ktpel_kiosk.hal.simulators.synth.noise import F32, blur, f32

SCALE = 222.0
WIDTH, HEIGHT = 640, 900
MIDDLE = (320.0, 470.0)
"""The stored pictures: pixels a face unit, size, and where the point between the pupils lies."""

NEUTRAL: Colour = (214.0, 168.0, 134.0)
"""Colour of the skin the stored pictures are relative to."""


@lru_cache(maxsize=2)
def stored(name: str) -> F32:
    """Factor on the skin's colour, ``HEIGHT`` x ``WIDTH`` x 3; ``name``: ``face`` (eyes open) or ``lids`` (eyeballs taken out)."""
    data = resources.files("ktpel_kiosk.hal.simulators.synth").joinpath("data", f"{name}.jpg").read_bytes()
    picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
    return f32(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)) / f32(NEUTRAL)


def smooth_map(to: Points, where: Points, width: int, height: int, *, step: int = 8, slack: float = 0.0) -> tuple[F32, F32]:
    """Map for ``cv2.remap`` that takes pixel ``to[k]`` of the result from ``where[k]``, smooth in between (radial functions |r|).

    Args:
        to, where: (n, 2) pixels. width, height: of the result. step: pixels between computed points.
        slack: how far a point may be missed for smoothness; 0 hits all.
    """
    n = len(to)
    apart = np.linalg.norm(to[:, None] - to[None], axis=2)
    linear = np.hstack([np.ones((n, 1)), to])
    system = np.block([[apart - slack * np.eye(n), linear], [linear.T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, np.vstack([where, np.zeros((3, 2))]))
    rows, cols = -(-height // step) + 1, -(-width // step) + 1
    gx, gy = np.meshgrid(np.arange(cols) * step, np.arange(rows) * step)
    grid = np.stack([gx.ravel(), gy.ravel()], axis=1).astype(np.float64)
    away = np.linalg.norm(grid[:, None] - to[None], axis=2)
    found = f32(away @ weights[:n] + np.hstack([np.ones((len(grid), 1)), grid]) @ weights[n:]).reshape(rows, cols, 2)
    xs, ys = np.meshgrid(f32(np.arange(width)) / step, f32(np.arange(height)) / step)
    full = cv2.remap(found, xs, ys, cv2.INTER_LINEAR)
    return f32(full[..., 0]), f32(full[..., 1])


def marks(looks: Looks | None) -> Points:
    """Points of the face in face units that a person has at own places: skull, eyes, nose, mouth, cheeks; of the neutral face for None."""
    if looks is None:
        outline, tilt, eye, n, ln = skull(1.0, 1.0, 1.0), 0.022, 0.9, 1.0, 1.0
        m, full, drop, cheek, brow = 0.4, 1.1, 0.0, 0.0, 0.0
    else:
        outline, tilt, eye, n, ln = looks.outline, looks.eye_tilt, looks.eye_open, looks.nose_width, looks.nose_length
        m, full, drop, cheek, brow = looks.mouth_width, looks.lip_full, looks.mouth_drop, looks.cheek, looks.brow_drop
    middle = points((0.0, 0.1), (0.0, 0.55 * ln), (0.0, 0.73 * ln), (0.0, 1.03 + drop), (0.0, 1.12 + drop),
                    (0.0, 1.175 + 0.05 * full + drop), (0.0, 1.37 + 0.6 * drop))
    side = points((0.262, 0.028), (0.755, 0.034 - tilt), (0.5, -0.112 * eye), (0.5, 0.066), (0.52, -0.3 + brow), (0.1, 0.15),
                  (0.16 * n, 0.42 * ln), (0.29 * n, 0.62 * ln), (0.13 * n, 0.69 * ln), (m, 1.054 + drop), (0.2, 1.03 + drop),
                  (0.66 + cheek, 0.45), (0.6 + cheek, 0.85))
    return np.concatenate([outline[::7], middle, side, side * [-1, 1]])


def skin(canvas: Canvas, looks: Looks, *names: str) -> list[F32]:
    """Skin of the person on this canvas from the ``names``d pictures, colours 0..255."""
    to = marks(looks) * canvas.scale + canvas.centre
    where = marks(None) * SCALE + MIDDLE
    mx, my = smooth_map(to, where, canvas.width, canvas.height, step=max(4, round(canvas.scale / 14)), slack=0.01 * canvas.scale)
    tint = f32(looks.skin)
    return [f32(cv2.remap(stored(name), mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * tint) for name in names]


def paint_pores(canvas: Canvas, looks: Looks, mask: F32, rng: np.random.Generator) -> None:
    """Fine unevenness that the photograph is too small to show; more of it with age, and a man's shaven chin."""
    rough = 0.018 + 0.016 * float(np.clip((looks.age - 25) / 45, 0, 1))
    shape = (canvas.height, canvas.width)
    fine = blur(rng.standard_normal(shape, dtype=np.float32), max(0.6, 0.0045 * canvas.scale))
    fine /= np.float32(fine.std() + 1e-6)
    broad = blur(rng.standard_normal(shape, dtype=np.float32), 0.03 * canvas.scale)
    broad /= np.float32(broad.std() + 1e-6)
    canvas.rgb *= (1 + mask * (rough * fine + 0.012 * broad))[..., None]
    if looks.sex == "L":
        chin = f32(canvas.spot(0, 1.42, 0.72, 0.42) + 0.8 * canvas.spot(0, 0.9, 0.36, 0.12)) * mask
        dots = np.clip(fine - 1.1, 0, 1) * chin * np.float32(0.22)
        canvas.rgb *= 1 - (0.35 * chin)[..., None] * f32((0.16, 0.125, 0.085)) - dots[..., None]


def lips(looks: Looks) -> tuple[Points, Points]:
    """Outline of both lips and the seam between them."""
    m, full, d = looks.mouth_width, looks.lip_full, looks.mouth_drop
    seam = spline(points((-m, 1.058), (-0.6 * m, 1.106), (-0.2 * m, 1.112), (0.0, 1.122), (0.2 * m, 1.112), (0.6 * m, 1.106), (m, 1.058)))
    top = spline(points((-m, 1.054), (-0.55 * m, 1.047 - 0.012 * full), (-0.17 * m, 1.032 - 0.035 * full), (0.0, 1.045 - 0.03 * full),
                        (0.17 * m, 1.032 - 0.035 * full), (0.55 * m, 1.047 - 0.012 * full), (m, 1.054)))
    low = spline(points((-m, 1.06), (-0.6 * m, 1.15 + 0.03 * full), (-0.2 * m, 1.17 + 0.062 * full), (0.0, 1.172 + 0.064 * full),
                        (0.2 * m, 1.17 + 0.062 * full), (0.6 * m, 1.15 + 0.03 * full), (m, 1.06)))
    return moved(np.concatenate([top, low[::-1]]), 0.0, d), moved(seam, 0.0, d)


def paint_lips(canvas: Canvas, looks: Looks) -> None:
    """Colour on the photographed lips, which keep their light and shade, and the line where they meet."""
    shape, seam = lips(looks)
    sub = canvas.part(canvas.window(shape, 0.12))
    if not sub.alpha.size:
        return
    mask = sub.mask(shape, soft=0.016)
    light = f32(sub.rgb.mean(axis=2))
    usual = float((light * mask).sum() / max(1e-6, float(mask.sum())))
    sub.rgb += (f32(looks.lip_colour) * np.clip(light / max(usual, 1.0), 0.6, 1.4)[..., None] - sub.rgb) * (0.62 * mask)[..., None]
    canvas.line(seam, 0.03, scaled(looks.lip_colour, 0.5), 0.012, 0.55)
    canvas.line(seam, 0.012, scaled(looks.lip_colour, 0.3), 0.004, 0.6)


__all__ = ["HEIGHT", "MIDDLE", "NEUTRAL", "SCALE", "WIDTH", "marks", "paint_lips", "paint_pores", "skin", "smooth_map", "stored"]
