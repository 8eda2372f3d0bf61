"""Paints the head of a synthetic person: photographed skin, nose and lips, then eyes, brows and ears.

What is painted is lit as height fields by a key light from the upper left and a fill light, as in a photo booth.
"""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_kiosk.hal.simulators.synth import photo
from ktpel_kiosk.hal.simulators.synth.canvas import Canvas, Points, ellipse, mix, moved, points, scaled, spline
from ktpel_kiosk.hal.simulators.synth.looks import Looks
from ktpel_kiosk.hal.simulators.synth.noise import F32, blur, f32

KEY, FILL = (-0.34, -0.34, 0.876), (0.58, 0.06, 0.81)
"""Where the light comes from; plain floats, for they keep single precision single."""


def lit(canvas: Canvas, z: F32) -> F32:
    """Diffuse light (about 0.5 .. 1.1) on a height field."""
    z = blur(z, max(0.6, 0.018 * canvas.scale))
    dx = cv2.Sobel(z, cv2.CV_32F, 1, 0, ksize=3, scale=canvas.scale / 8)
    dy = cv2.Sobel(z, cv2.CV_32F, 0, 1, ksize=3, scale=canvas.scale / 8)
    norm = 1 / np.sqrt(dx**2 + dy**2 + 1)

    def towards(x: float, y: float, z: float) -> F32:
        return f32(np.clip((-x * dx - y * dy + z) * norm, 0, 1))

    return f32(0.44 + 0.46 * towards(*KEY) + 0.24 * towards(*FILL))


def paint_ears(canvas: Canvas, looks: Looks) -> None:
    for side in (-1.0, 1.0):
        w = looks.face_width
        ear = spline(points((1.03 * w, -0.2), (1.13 * w, -0.3), (1.235 * w, -0.2), (1.235 * w, 0.1), (1.17 * w, 0.38),
                            (1.11 * w, 0.57), (1.03 * w, 0.52)), True)
        rim = spline(points((1.09 * w, -0.17), (1.16 * w, -0.21), (1.195 * w, -0.1), (1.18 * w, 0.12), (1.13 * w, 0.28)))
        flip = np.array([side, 1.0])
        light = 0.97 if side < 0 else 0.84
        canvas.fill(ear * flip, scaled(looks.skin, light), 0.008)
        canvas.line(rim * flip, 0.07, scaled(looks.skin, light * 0.76), 0.022, 0.75)
        canvas.fill(ellipse(side * 1.1 * w, 0.12, 0.04, 0.12), scaled(looks.skin, light * 0.66), 0.03, 0.8)
        canvas.darken(ear * flip * [0.955, 1.0], 0.86, 0.05)


def lid_curves(looks: Looks, side: float, openness: float) -> tuple[Points, Points]:
    """Upper and lower lid edge of one eye from the inner to the outer corner."""
    o, tilt = looks.eye_open, looks.eye_tilt
    lower_mid = 0.066 * min(1.0, o)
    lift = 0.112 * o * openness - lower_mid * 0.75 * (1 - openness)
    upper = points((0.262, 0.028), (0.33, -0.035 * openness + 0.034 * (1 - openness)), (0.45, -lift), (0.6, -lift * 0.93),
                   (0.7, -0.035 * openness + 0.03 * (1 - openness)),
                   (0.755, 0.012 - tilt))
    lower = points((0.262, 0.028), (0.36, 0.058), (0.5, lower_mid), (0.63, 0.058), (0.755, 0.012 - tilt))
    flip = np.array([side, 1.0])
    return spline(upper) * flip, spline(lower) * flip


def paint_eye(canvas: Canvas, looks: Looks, side: float, openness: float) -> None:
    upper, lower = lid_curves(looks, side, openness)
    dark = mix(scaled(looks.skin, 0.3), (28.0, 20.0, 18.0), 0.6)
    crease = moved(upper[8:-6], 0.0, -0.052 - 0.02 * (1 - openness))
    if looks.lid_fold:
        canvas.line(crease * [1.0, 1.04], 0.03, scaled(looks.skin, 0.56), 0.012, 0.7)
    canvas.line(moved(upper[6:], 0.0, -0.026), 0.05, scaled(looks.skin, 0.8), 0.02, 0.5)
    if openness > 0.15:
        paint_eyeball(canvas, looks, side, np.concatenate([upper, lower[::-1]]))
    canvas.line(lower[10:], 0.02, scaled(looks.skin, 0.5), 0.008, 0.55)
    canvas.line(moved(lower[6:-4], 0, 0.022), 0.022, mix(looks.skin, (255.0, 225.0, 205.0), 0.4), 0.012, 0.35)
    lash = 0.044 if looks.sex == "P" else 0.03
    canvas.line(moved(upper, 0.0, -0.006), lash, dark, 0.009, 0.85)
    outer = upper[-22:]
    wing = np.concatenate([outer, moved(outer[-1:], side * 0.028, -0.014 if looks.sex == "P" else 0.002)])
    canvas.line(moved(wing, 0.0, -0.01), lash * 0.75, dark, 0.005, 0.9)
    canvas.darken(ellipse(side * 0.5, 0.17, 0.25, 0.05), 0.955, 0.05)


def paint_eyeball(canvas: Canvas, looks: Looks, side: float, almond: Points) -> None:
    sub = canvas.part(canvas.window(almond, 0.05))
    opening = sub.mask(almond, soft=0.004)
    x, y = sub.x - side * 0.503, sub.y + 0.014
    radius = np.sqrt(x**2 + y**2)
    white = f32((206.0, 196.0, 188.0)) * (1.0 - 0.9 * np.clip(np.abs(x) - 0.08, 0, 1) ** 1.2)[..., None]
    iris_r, edge = 0.101, 1.2 / sub.scale
    brown = f32((64.0, 38.0, 25.0)) * (0.62 + 0.75 * np.clip(0.5 + y / (2 * iris_r), 0, 1) + 0 * x)[..., None]
    angle = np.arctan2(y, x)
    brown *= (1 + 0.10 * np.sin(angle * 23) * np.sin(angle * 9 + 1))[..., None]
    brown *= (1 - 0.55 * np.clip((radius - iris_r * 0.74) / (iris_r * 0.26), 0, 1))[..., None]
    is_iris = np.clip((iris_r - radius) / (2 * edge) + 0.5, 0, 1)[..., None]
    is_pupil = np.clip((0.043 - radius) / (2 * edge) + 0.5, 0, 1)[..., None]
    ball = (white * (1 - is_iris) + brown * is_iris) * (1 - is_pupil) + f32((12.0, 9.0, 9.0)) * is_pupil
    catch = np.clip((0.024 - np.sqrt((x + 0.036) ** 2 + (y + 0.04) ** 2)) / (2 * edge) + 0.5, 0, 1)[..., None]
    glow = 0.22 * np.exp(-(((x - 0.03) / 0.025) ** 2 + ((y - 0.05) / 0.018) ** 2))[..., None]
    ball += (252 - ball) * catch + (150 - ball) * glow
    lid_shadow = cv2.GaussianBlur(f32(1 - opening), (0, 0), 0.03 * sub.scale)
    above = np.roll(lid_shadow, int(0.025 * sub.scale), axis=0)
    sub.tint(opening, (0.0, 0.0, 0.0))
    sub.rgb += ball * (1 - 0.52 * above)[..., None] * opening[..., None]
    corner = ellipse(side * 0.283, 0.028, 0.022, 0.016)
    canvas.fill(corner, mix(looks.skin, (196.0, 120.0, 112.0), 0.6), 0.008, 0.8)


def paint_brow(canvas: Canvas, looks: Looks, side: float, rng: np.random.Generator) -> None:
    arch, thick = looks.brow_arch, looks.brow_thick
    path = spline(points((0.18, -0.3), (0.34, -0.325 - arch * 0.5), (0.56, -0.325 - arch), (0.74, -0.295 - arch * 0.6),
                         (0.86, -0.235))) + np.array([0.0, looks.brow_drop])
    colour = mix(looks.hair_colour, scaled(looks.skin, 0.42), 0.3)
    taper = np.interp(np.linspace(0, 1, len(path)), [0, 0.08, 0.2, 0.6, 1], [0.03, 0.07, 0.085, 0.066, 0.01]) * thick
    offset = np.stack([taper * 0, taper / 2], axis=1)
    body = np.concatenate([path - offset, (path + offset)[::-1]])
    flip = np.array([side, 1.0])
    canvas.fill(body * flip, colour, 0.022, 0.72)
    hairs = []
    for _ in range(int(110 * thick)):
        k = int(rng.integers(0, len(path) - 1))
        along = k / len(path)
        way = np.array([0.012 + 0.06 * along, -0.05 + 0.075 * along]) * float(rng.uniform(0.7, 1.2))
        root = moved(path[k], 0.0, float(rng.uniform(-0.46, 0.46) * taper[k])) - way * 0.4
        hairs.append(np.stack([root, moved(root + way * 0.55, 0.0, -0.004), root + way]) * flip)
    sub = canvas.part(canvas.window(body * flip, 0.1))
    opacity = f32(np.full(sub.alpha.shape, 0.55))
    sub.strokes(hairs, [float(s) for s in rng.uniform(0.65, 1.05, len(hairs))], 0.0065, colour, opacity)


def paint_moustache(canvas: Canvas, looks: Looks, rng: np.random.Generator) -> None:
    colour = mix(looks.hair_colour, scaled(looks.skin, 0.4), 0.2)
    shape = spline(points((0.0, 0.9), (0.17, 0.895), (0.32, 0.955), (0.385, 1.035), (0.26, 1.01), (0.0, 0.985)))
    both = np.concatenate([shape, shape[::-1] * [-1, 1]])
    canvas.fill(both, colour, 0.02, 0.5 * looks.moustache)
    hairs = []
    for _ in range(260):
        x, k = float(rng.uniform(-0.34, 0.34)), float(rng.uniform(0, 1))
        root = np.array([x, 0.9 + 0.35 * abs(x) ** 2 + 0.045 * k])
        hairs.append(np.stack([root, moved(root, 0.12 * x, 0.04), moved(root, 0.26 * x, 0.062)]))
    sub = canvas.part(canvas.window(both, 0.1))
    sub.strokes(hairs, [float(s) for s in rng.uniform(0.6, 1.2, len(hairs))], 0.008, colour,
                f32(np.full(sub.alpha.shape, looks.moustache)))


def paint_age(canvas: Canvas, looks: Looks) -> None:
    """Lines of the forehead and around the eyes from about forty on."""
    weight = float(np.clip((looks.age - 38) / 30, 0, 1))
    if weight == 0:
        return
    line = scaled(looks.skin, 0.7)
    for y in (-0.92, -0.78, -0.64):
        canvas.line(spline(points((-0.5, y + 0.02), (-0.2, y - 0.015), (0.2, y - 0.015), (0.5, y + 0.02))), 0.022, line, 0.014,
                    0.4 * weight)
    for side in (-1.0, 1.0):
        for dy in (-0.06, 0.0, 0.06):
            foot = spline(points((0.8, 0.0 + dy * 0.5), (0.88, dy), (0.95, dy * 1.8)))
            canvas.line(foot * np.array([side, 1.0]), 0.016, line, 0.01, 0.4 * weight)
        canvas.line(spline(points((0.3, 0.13), (0.45, 0.2), (0.62, 0.19))) * np.array([side, 1.0]), 0.03, line, 0.02,
                    0.45 * weight)


def paint_face(canvas: Canvas, looks: Looks, rng: np.random.Generator, picture: str = "face") -> None:
    """Everything from ears to lips but the eyes, no hair; ``picture``: ``face``, or ``lids`` to close the eyes on."""
    if looks.hair not in ("hijab", "long"):
        paint_ears(canvas, looks)
    part = canvas.part(canvas.window(looks.outline, 0.1))
    mask = part.mask(looks.outline, soft=0.006)
    part.cover(mask, photo.skin(part, looks, picture)[0])
    photo.paint_pores(part, looks, mask, rng)
    photo.paint_lips(canvas, looks)
    paint_age(canvas, looks)
    for side in (-1.0, 1.0):
        paint_brow(canvas, looks, side, rng)
    if looks.moustache:
        paint_moustache(canvas, looks, rng)


def paint_eyes(canvas: Canvas, looks: Looks, openness: float) -> None:
    for side in (-1.0, 1.0):
        paint_eye(canvas, looks, side, openness)
