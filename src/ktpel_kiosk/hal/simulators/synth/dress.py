"""Paints what surrounds the face: neck, shirt or batik, hair of men and women, hijab."""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_kiosk.hal.simulators.synth.canvas import Canvas, Colour, Points, ellipse, mirrored, mix, moved, points, scaled, spline
from ktpel_kiosk.hal.simulators.synth.head import lit
from ktpel_kiosk.hal.simulators.synth.looks import Looks
from ktpel_kiosk.hal.simulators.synth.noise import F32, f32, smooth_field

BATIK: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((96, 58, 34), (206, 166, 104), (52, 32, 22)),
    ((70, 72, 58), (196, 186, 150), (38, 40, 34)),
    ((112, 84, 60), (224, 204, 166), (66, 46, 34)),
)
"""Ground, motif, outline."""


def padded(canvas: Canvas, mask: F32, depth: float, width: float) -> F32:
    """Height field that rounds a flat shape towards its edge."""
    inside = cv2.distanceTransform(np.asarray(mask > 0.5, dtype=np.uint8), cv2.DIST_L2, 5) / canvas.scale
    return f32(cv2.GaussianBlur(f32(depth * (1 - np.exp(-inside / width))), (0, 0), max(0.5, 0.04 * canvas.scale)))


def painted(light: F32, colour: Colour) -> F32:
    light = np.maximum(light, np.float32(0))
    return f32(cv2.merge([colour[0] * cv2.pow(light, 0.95), colour[1] * light, colour[2] * cv2.pow(light, 1.04)]))


def paint_neck(canvas: Canvas, looks: Looks) -> None:
    width = 0.66 if looks.sex == "P" else 0.79
    neck = mirrored(points((width, 0.9), (width * 0.97, 1.6), (width * 1.03, 2.1), (width * 1.6, 2.5), (1.4, 3.2)))
    everything, canvas = canvas, canvas.part(canvas.window(spline(neck, True), 0.1))
    mask = canvas.mask(spline(neck, True), soft=0.006)
    z = 0.75 * np.sqrt(np.clip(1 - (canvas.x / (width * 1.25)) ** 2, 0.05, None)) + np.zeros_like(mask)
    light = lit(canvas, f32(z))
    canvas.cover(mask, painted(f32(light * 0.84), looks.skin))
    chin = moved(looks.outline * [0.97, 1.0], 0.05, 0.16)
    canvas.shade(mask * canvas.mask(chin, soft=0.1), 0.6)
    canvas.shade(mask * canvas.mask(looks.outline, soft=0.07), 0.72)
    canvas = everything
    for side in (-1.0, 1.0):
        canvas.darken(spline(points((side * 0.52, 1.9), (side * 0.36, 2.2), (side * 0.1, 2.62), (side * 0.16, 2.64),
                                    (side * 0.46, 2.25))), 0.93, 0.05)


def torso(looks: Looks) -> Points:
    reach = 2.72 if looks.sex == "P" else 3.06
    return spline(mirrored(points((0.5, 2.02), (0.98, 2.06), (1.6, 2.34), (reach * 0.86, 2.72), (reach, 3.2),
                                  (reach * 1.06, 4.2))), True)


def paint_shirt(canvas: Canvas, looks: Looks, rng: np.random.Generator) -> None:
    canvas = canvas.part(canvas.window(torso(looks), 0.35))
    mask = canvas.mask(torso(looks), soft=0.006)
    x, y = canvas.x, canvas.y
    z = padded(canvas, mask, 0.5, 0.55) + 0.5 * np.sqrt(np.clip(1 - (x / 3.6) ** 2, 0.05, None))
    z += 0.035 * smooth_field(rng, canvas.height, canvas.width, 0.5 * canvas.scale)
    for side in (-1, 1):
        fold = np.exp(-(((x - side * (1.95 + 0.12 * (y - 3))) / 0.06) ** 2))
        z -= f32(0.07 * fold * np.clip((y - 2.75) / 0.5, 0, 1))
    light = lit(canvas, f32(z))
    light = f32(light * 0.97)
    cloth = painted(light, looks.shirt)
    if looks.batik:
        cloth = f32(batik(canvas, BATIK[int(rng.integers(0, len(BATIK)))]) * light[..., None])
    open_v = canvas.mask(points((-0.97, 1.7), (0.97, 1.7), (0.0, 2.83)), soft=0.004)
    canvas.cover(f32(mask * (1 - open_v)), cloth)
    paint_collar(canvas, looks, cloth, light)


def batik(canvas: Canvas, colours: tuple[Colour, Colour, Colour]) -> F32:
    """Kawung: four petals around a point, in a diagonal lattice."""
    ground, motif, dark = (f32(c) for c in colours)
    size = 0.42
    lattice = size * 2**0.5
    u, v = (canvas.x + canvas.y) / lattice, (canvas.y - canvas.x) / lattice
    fu, fv = u - np.floor(u) - 0.5, v - np.floor(v) - 0.5
    edge = 1.5 / (canvas.scale * size)

    def inside(value: F32, limit: float) -> F32:
        return f32(np.clip((limit - value) / (2 * edge) + 0.5, 0, 1))[..., None]

    a, b = np.abs(fu), np.abs(fv)
    petal = f32(np.minimum(((a - 0.25) / 0.22) ** 2 + (b / 0.12) ** 2, ((b - 0.25) / 0.22) ** 2 + (a / 0.12) ** 2) ** 0.5 * 0.17)
    seed = f32(np.minimum(np.hypot(a - 0.25, b), np.hypot(a, b - 0.25)))
    rows = ground * np.ones((canvas.height, canvas.width, 1), dtype=np.float32)
    rows = rows + (dark - rows) * inside(petal, 0.19)
    rows = rows + (motif - rows) * inside(petal, 0.155)
    rows = rows + (dark - rows) * inside(seed, 0.035)
    return f32(rows + (motif - rows) * inside(f32(np.hypot(0.5 - a, 0.5 - b)), 0.055))


def paint_collar(canvas: Canvas, looks: Looks, cloth: F32, light: F32) -> None:
    bright = f32(np.clip(cloth * 1.05, 0, 250))
    for side in (-1.0, 1.0):
        flip = np.array([side, 1.0])
        wide = 0.8 if looks.sex == "P" else 0.9
        leaf = spline(points((wide * 0.92, 1.86), (wide + 0.1, 2.02), (0.98, 2.36), (0.66, 2.84), (0.42, 2.78), (0.03, 2.72),
                             (0.42, 2.36), (0.66, 2.1)), True, 8) * flip
        canvas.darken(moved(leaf, 0.03, 0.06), 0.72, 0.05)
        mask = canvas.mask(leaf, soft=0.005)
        canvas.cover(mask, f32(bright * (0.98 if side < 0 else 0.92)))
        canvas.line(spline(points((0.98, 2.36), (0.66, 2.84), (0.42, 2.78), (0.03, 2.72))) * flip, 0.018,
                    scaled(looks.shirt, 0.5), 0.008, 0.4)
    canvas.line(points((0.05, 2.76), (0.06, 3.2), (0.06, 3.6), (0.06, 4.3)), 0.03, scaled(looks.shirt, 0.45), 0.012, 0.45)
    for y in (3.0, 3.5, 4.0):
        canvas.fill(ellipse(-0.02, y, 0.042, 0.042), scaled(looks.shirt, 0.62), 0.006)
        canvas.fill(ellipse(-0.026, y - 0.006, 0.034, 0.034), mix(looks.shirt, (246.0, 244.0, 238.0), 0.5), 0.006)


def hair_light(canvas: Canvas, mask: F32, shine_y: float) -> F32:
    z = padded(canvas, mask, 0.42, 0.22)
    light = lit(canvas, z)
    band = np.exp(-(((canvas.y - shine_y - 0.12 * canvas.x**2) / 0.24) ** 2)) * np.exp(-(((canvas.x + 0.4) / 0.9) ** 2))
    return f32(light * 0.92 + 0.42 * band)


def locks(rng: np.random.Generator, shape: Points, looks: Looks, count: int) -> list[Points]:
    """Short hairs that lie the way they are combed: down at the sides, away from the parting on top."""
    length = {"side": 0.34, "crop": 0.13, "wave": 0.4}[looks.hair]
    at = rng.uniform(shape.min(axis=0), shape.max(axis=0), (count, 2))
    path = [at]
    for _ in range(5):
        x, y = path[-1].T
        away = x - looks.hair_part
        if looks.hair == "crop":
            top = np.stack([0.35 * x, np.full(count, -1.0)], axis=1)
        elif looks.hair == "wave":
            top = np.stack([0.55 * away + 0.25 * np.sin(y * 7 + 2 * x), np.full(count, -0.9)], axis=1)
        else:
            top = np.stack([np.sign(away), 0.75 * np.abs(away) - 0.42 - 0.5 * np.clip(-1.6 - y, 0, 0.5)], axis=1)
        flank = (np.clip((np.abs(x) - 0.72) / 0.3, 0, 1) * np.clip((y + 1.75) / 0.6, 0, 1))[:, None]
        down = np.stack([0.12 * np.sign(x), np.ones(count)], axis=1)
        way = top / np.linalg.norm(top, axis=1, keepdims=True) * (1 - flank) + down * flank
        path.append(path[-1] + way * length / 5)
    return list(np.stack(path, axis=1) + rng.normal(0, 0.004, (count, 6, 2)))


def paint_short_hair(canvas: Canvas, looks: Looks, rng: np.random.Generator) -> None:
    """A man's hair: combed to one side, cropped, or waved back."""
    w, line = looks.face_width, -1.1 + looks.hair_line
    high = {"side": 0.17, "crop": 0.09, "wave": 0.21}[looks.hair]
    lean = np.sign(looks.hair_part) * (0.0 if looks.hair == "crop" else 0.1)
    top = spline(points(
        (-1.075 * w, 0.1), (-1.13 * w, -0.35), (-1.14 * w, -0.95), (-1.0 * w, -1.55), (-0.6, -1.83 - high * (0.8 + lean)),
        (0.0, -1.95 - high), (0.6, -1.83 - high * (0.8 - lean)), (1.0 * w, -1.55), (1.14 * w, -0.95), (1.13 * w, -0.35),
        (1.075 * w, 0.1),
    ))
    front = spline(points(
        (1.045 * w, 0.12), (1.0 * w, -0.22), (0.975 * w, -0.6), (0.86 * w, -0.88), (0.62, line - 0.01), (0.3, line - 0.05 + lean),
        (0.0, line - 0.05), (-0.3, line - 0.05 - lean), (-0.62, line - 0.01), (-0.86 * w, -0.88), (-0.975 * w, -0.6),
        (-1.0 * w, -0.22), (-1.045 * w, 0.12),
    ))
    shape = np.concatenate([top, front])
    canvas.darken(moved(shape * [0.985, 1.0], 0.01, 0.045), 0.8, 0.045)
    sub = canvas.part(canvas.window(shape, 0.15))
    mask = sub.mask(shape, soft=0.018)
    temple = np.clip((sub.y + 0.5) / 0.6, 0, 1) * 0.35
    sub.cover(f32(mask * (1 - temple)), painted(hair_light(sub, mask, -1.72), looks.hair_colour))
    hairs = locks(rng, shape, looks, 2400)
    sheen = 1.75 if looks.hair != "crop" else 1.45
    sub.strokes(hairs, [float(b) for b in rng.uniform(0.55, sheen, len(hairs))], 0.0075, looks.hair_colour,
                sub.mask(shape, soft=0.012) * np.float32(0.42))
    fringe = front[4:-4]
    roots = [fringe[int(k)] + rng.normal(0, 0.012, 2) for k in rng.integers(0, len(fringe), 420)]
    edge = [np.stack([moved(r, 0.0, -0.03), moved(r, float(rng.normal(0, 0.02)),
                                                  float(rng.uniform(-0.01, 0.035)))]) for r in roots]
    sub.strokes(edge, [float(s) for s in rng.uniform(0.8, 1.4, len(edge))], 0.006, looks.hair_colour,
                f32(np.full(sub.alpha.shape, 0.7)))


def paint_back_hair(canvas: Canvas, looks: Looks) -> None:
    """What of a woman's hair lies behind neck and head."""
    if looks.hair == "bun":
        knot = canvas.mask(ellipse(0.0, -2.12, 0.5, 0.33), soft=0.014)
        canvas.cover(knot, painted(hair_light(canvas, knot, -2.3), looks.hair_colour))
        return
    shape = spline(mirrored(points((0.3, -2.1), (0.95, -1.75), (1.27, -0.9), (1.33, 0.2), (1.36, 1.2), (1.42, 2.1), (1.2, 2.75),
                                   (0.75, 2.85))), True)
    mask = canvas.mask(shape, soft=0.014)
    canvas.cover(mask, painted(f32(0.55 + 0.3 * padded(canvas, mask, 0.9, 0.25)), looks.hair_colour))


def paint_long_hair(canvas: Canvas, looks: Looks, rng: np.random.Generator) -> None:
    """A woman's hair before the head: parted, over the temples; long hair falls beside the face."""
    w, part = looks.face_width, looks.hair_part * 0.5
    down = 2.5 if looks.hair == "long" else 0.25
    for side in (-1.0, 1.0):
        flip = np.array([side, 1.0])
        p = part * side
        outer = points((p - 0.02, -2.09), ((p + 0.98) / 2 + 0.06, -1.98), (0.98, -1.62), (1.2 * w, -1.0), (1.27 * w, -0.1))
        inner = points((1.02 * w, 0.0), (0.95 * w, -0.45), (0.72 * w, -0.95), (p + 0.28, -1.3), (p - 0.015, -1.5))
        if looks.hair == "long":
            outer = np.concatenate([outer, points((1.33 * w, 1.0), (1.4, 2.0), (1.3, down - 0.1), (1.12, down + 0.06))])
            inner = np.concatenate([points((0.92, down), (0.98, 1.9), (0.99 * w, 1.2), (1.01 * w, 0.6)), inner])
        else:
            outer = np.concatenate([outer, points((1.13 * w, 0.18))])
        a, b = spline(outer) * flip, spline(inner) * flip
        shape = np.concatenate([a, b])
        canvas.darken(moved(shape, 0.03, 0.05), 0.76, 0.05)
        mask = canvas.mask(shape, soft=0.012)
        canvas.cover(mask, painted(hair_light(canvas, mask, -1.55), looks.hair_colour))
        sub = canvas.part(canvas.window(shape, 0.1))
        hairs = []
        for _ in range(230):
            k = float(rng.uniform(0.03, 0.97))
            path = a * (1 - k) + cv2.resize(np.ascontiguousarray(b[::-1]), (2, len(a)), interpolation=cv2.INTER_LINEAR) * k
            start = int(rng.integers(0, len(path) // 2))
            hairs.append(path[start : start + int(rng.integers(len(path) // 3, len(path)))] + rng.normal(0, 0.008, 2))
        sub.strokes(hairs, [float(s) for s in rng.uniform(0.55, 2.1, len(hairs))], 0.007, looks.hair_colour,
                    sub.mask(shape, soft=0.01) * np.float32(0.5))


def hijab_opening(looks: Looks) -> Points:
    w, j, c = looks.face_width, looks.jaw, looks.chin
    half = points((0.0, -1.13), (0.45, -1.06), (0.8 * w, -0.72), (0.98 * w, -0.1), (1.0 * w, 0.35),
                  (0.95 * w * (1 + j) / 2, 0.8), (0.79 * j * w, 1.2),
                  (0.53 * j * w, 1.54 * c), (0.25 * j * w, 1.735 * c), (0.0, 1.78 * c))
    return spline(mirrored(half), True)


def paint_hijab(canvas: Canvas, looks: Looks, rng: np.random.Generator) -> None:
    """Cloth around the face and over the shoulders, folds falling from under the chin."""
    c, opening = looks.chin, hijab_opening(looks)
    outer = spline(mirrored(points((0.0, -2.2), (0.62, -2.06), (1.12, -1.55), (1.36, -0.7), (1.4, 0.2), (1.36, 1.1),
                                   (1.42, 1.75), (1.95, 2.35), (2.62, 2.85), (2.95, 3.5), (3.1, 4.4))), True)
    x, y = canvas.x, canvas.y
    mask = f32(canvas.mask(outer, soft=0.006) * (1 - canvas.mask(opening, soft=0.006)))
    ring = cv2.distanceTransform(np.asarray(canvas.mask(opening) < 0.5, dtype=np.uint8), cv2.DIST_L2, 5) / canvas.scale
    z = padded(canvas, canvas.mask(outer), 0.75, 0.38) - 0.22 * np.exp(-ring / 0.07)
    swing = float(rng.choice([-1.0, 1.0]))
    warp = 0.35 * smooth_field(rng, canvas.height, canvas.width, 0.9 * canvas.scale)
    around = np.arctan2(x, y + 0.1 + np.zeros_like(x))
    upper = np.clip(1 - (y - 1.0) / 0.9, 0, 1)
    near = upper * np.exp(-(((ring - 0.3) / 0.24) ** 2)) * np.clip((y + 1.4) / 1.2, 0.15, 1)
    z += 0.030 * near * np.sin(ring * 15 + 1.8 * warp + around * swing * 1.2)
    fall = np.hypot(x - swing * 0.9, y - 0.9)
    z += 0.075 * np.clip((y - 1.75) / 0.5, 0, 1) * np.sin(fall * 8.5 + 2.4 * warp) * np.exp(-(((fall - 1.7) / 0.95) ** 2))
    second = np.hypot(x + swing * 1.6, y - 1.1)
    z += 0.05 * np.clip((y - 2.0) / 0.6, 0, 1) * np.sin(second * 6.5 + 2.0 * warp + 1) * np.exp(-(((second - 2.1) / 0.8) ** 2))
    light = lit(canvas, f32(z))
    weave = 1 + 0.008 * rng.standard_normal((canvas.height, canvas.width), dtype=np.float32)
    light = f32(light * weave * (1 - 0.28 * np.exp(-ring / 0.05)))
    inner = f32(canvas.mask(opening) - canvas.mask(opening * [0.965, 0.97], soft=0.03))
    canvas.shade(np.clip(inner, 0, 1), 0.6)
    under = np.clip(canvas.mask(spline(mirrored(points((0.0, 1.78 * c), (0.5, 1.6 * c), (0.9, 1.0), (0.9, 2.0), (0.0, 2.1))),
                                       True), soft=0.05), 0, 1)
    chin_shadow = f32(under * (1 - canvas.mask(looks.outline, soft=0.02)) * canvas.mask(opening))
    canvas.shade(chin_shadow, 0.6)
    canvas.cover(mask, painted(light, looks.veil))
    pleat = spline(points((swing * 0.82, 1.42), (swing * 0.35, 2.05), (-swing * 0.5, 2.5), (-swing * 1.6, 2.86),
                          (-swing * 2.4, 3.15)))
    canvas.darken(np.concatenate([pleat, moved(pleat, 0.02, 0.16)[::-1]]), 0.8, 0.06)
    canvas.line(pleat, 0.1, mix(looks.veil, (255.0, 252.0, 246.0), 0.4), 0.035, 0.45)
