"""Synthetic irises as a near infrared camera sees them: individual texture, lids, lashes, reflections.

The texture lives in polar coordinates (angle, pupil to limbus) and belongs to (seed, eye). An impression moves the eye,
turns the head a little and changes the width of the pupil; the texture stretches with it (rubber sheet).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.hal.simulators.synth.noise import F32, U8, blur, f32, smooth_field, stream

WIDTH, HEIGHT = 640, 480
ANGLES, RADII = 720, 128
GRAIN = 5.5
"""How far two images of an eye differ by the camera's grain (grey levels); set so that iris codes differ as those of real images."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the eye is in one image: centre, iris and pupil radius (pixels), roll (radians); how the pupil lies off the middle (pixels)
    and how round it is, and how the tissue stretched when it opened."""

    cx: float
    cy: float
    iris: float
    pupil: float
    roll: float
    off_x: float
    off_y: float
    aspect: float
    stretch: float


def ring_field(rng: np.random.Generator, angle_scale: float, radius_scale: float) -> F32:
    """Random field over (radius, angle) without a seam at angle 0."""
    rows, cols = max(2, int(RADII / radius_scale) + 2), max(4, int(ANGLES / angle_scale))
    coarse = f32(rng.standard_normal((rows, cols)))
    return f32(cv2.resize(np.hstack([coarse] * 3), (ANGLES * 3, RADII), interpolation=cv2.INTER_CUBIC)[:, ANGLES : 2 * ANGLES])


@lru_cache(maxsize=32)
def iris_texture(seed: int, position: Position) -> F32:
    """Brightness 0..255 over (radius, angle): fibres, collarette, crypts, furrows, limbus."""
    rng = stream(seed, "iris", position)
    rho = np.linspace(0, 1, RADII, dtype=np.float32)[:, None]
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False, dtype=np.float32)[None, :]
    fibres = 0.8 * ring_field(rng, 4, 70) + 0.8 * ring_field(rng, 9, 45) + 0.6 * ring_field(rng, 22, 32)
    wave = 0.30 + 0.035 * ring_field(rng, 48, 200)[:1] + 0.02 * np.sin(angle * int(rng.integers(5, 11)))
    collarette = np.exp(-(((rho - wave) / 0.05) ** 2))
    inner = 1 / (1 + np.exp((rho - wave) / 0.025))
    value = 104 + float(rng.normal(0, 7)) + 20 * collarette - 13 * inner
    value += (13 + 4 * inner) * fibres * np.clip(1.15 - 0.5 * rho, 0, 1)
    value += 6.5 * np.sin(rho * 2 * np.pi * 5.5 + 1.2 * ring_field(rng, 90, 60)) * np.clip((rho - 0.5) * 2, 0, 1)
    crypts = np.zeros((RADII, ANGLES * 3), dtype=np.float32)
    for _ in range(int(rng.integers(26, 44))):
        at, depth = int(rng.integers(0, ANGLES)), int(np.clip(rng.normal(0.4, 0.16), 0.1, 0.85) * RADII)
        size, dark = (int(rng.integers(4, 14)), int(rng.integers(5, 17))), float(rng.uniform(0.35, 1.0))
        for turn in range(3):
            cv2.ellipse(crypts, (at + turn * ANGLES, depth), size, float(rng.normal(0, 6)), 0, 360, dark, -1, cv2.LINE_AA)
    value -= 38 * blur(crypts, 2.4)[:, ANGLES : 2 * ANGLES]
    value -= 40 * np.clip((rho - 0.86) / 0.14, 0, 1) ** 1.5 + 18 * np.clip((0.06 - rho) / 0.06, 0, 1)
    return f32(np.clip(value, 28, 215))


def pose_of(seed: int, position: Position, impression: int) -> Pose:
    own, now = stream(seed, "eye", position), stream(seed, "eye", position, impression)
    iris = float(own.uniform(113, 122))
    ratio = float(np.clip(own.uniform(0.34, 0.46) + now.normal(0, 0.025), 0.28, 0.56))
    return Pose(WIDTH / 2 + float(now.normal(0, 7)), HEIGHT / 2 + float(now.normal(0, 5)), iris * float(now.normal(1, 0.008)),
                iris * ratio, float(np.clip(now.normal(0, 0.03), -0.09, 0.09)),
                float(own.normal(0, 1.6)) + (-2.0 if position is Position.LEFT_EYE else 2.0), float(own.normal(0, 1.2)),
                float(np.clip(own.normal(0.97, 0.015), 0.92, 1.0)), float(np.clip(now.normal(1, 0.09), 0.8, 1.25)))


def iris_image(seed: int, position: Position, impression: int) -> U8:
    """One near infrared image, ``HEIGHT`` x ``WIDTH`` grey. About 40 ms."""
    pose, rng = pose_of(seed, position, impression), stream(seed, "iris-image", position, impression)
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    dx, dy = xs - pose.cx, ys - pose.cy
    radius = cv2.magnitude(dx, dy)
    ball = eyeball(seed, position, pose, radius, dx, dy)
    opening, upper, lower = lids(seed, position, pose, xs, ys)
    image = ball * opening + skin(seed, position, ys, upper, lower) * (1 - opening)
    image -= 52 * np.exp(-np.clip(ys - upper, 0, None) / 15) * opening
    image = lashes(seed, position, pose, f32(image))
    for k, (ox, oy) in enumerate(((-0.32, -0.28), (0.3, -0.24))):
        spot = np.exp(-(((dx - ox * pose.pupil) / 6.5) ** 4 + ((dy - oy * pose.pupil) / (5.5 + k)) ** 4))
        image += (246 - image) * spot
    grain = blur(rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32), 1.6) * np.float32(5.5 * GRAIN)
    image = blur(f32(image), 0.75 + abs(float(rng.normal(0, 0.35)))) + grain
    image += np.float32(2.0) * rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32)
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def eyeball(seed: int, position: Position, pose: Pose, radius: F32, dx: F32, dy: F32) -> F32:
    """Pupil, iris and sclera without lids."""
    turn = np.mod(np.arctan2(dy, dx) - pose.roll, 2 * np.pi) * (ANGLES / (2 * np.pi))
    depth = np.clip((radius - pose.pupil) / (pose.iris - pose.pupil), 0, 1) ** pose.stretch * (RADII - 1)
    texture = np.hstack([iris_texture(seed, position), iris_texture(seed, position)[:, :1]])
    iris = cv2.remap(texture, f32(turn), f32(depth), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sclera = 186 - 46 * np.clip(np.abs(dx) / 300, 0, 1) ** 2
    sclera += 5 * smooth_field(stream(seed, "sclera", position), HEIGHT, WIDTH, 50)
    outside = np.clip((radius - pose.iris) / 5.0 + 0.5, 0, 1)
    wave = 0.012 * np.sin(3 * np.arctan2(dy, dx) + pose.off_x)
    from_pupil = np.hypot(dx - pose.off_x, (dy - pose.off_y) / pose.aspect) * (1 + wave)
    inside = np.clip((pose.pupil - from_pupil) / 2.6 + 0.5, 0, 1)
    return f32((iris * (1 - outside) + sclera * outside) * (1 - inside) + 24 * inside)


def lids(seed: int, position: Position, pose: Pose, xs: F32, ys: F32) -> tuple[F32, F32, F32]:
    """Opening 0..1 and the height of the upper and lower lid edge at every pixel."""
    rng = stream(seed, "lids", position)
    nose = 1.0 if position is Position.RIGHT_EYE else -1.0
    u = (xs - pose.cx) * nose / 292
    rise, drop = float(rng.uniform(0.93, 1.02)), float(rng.uniform(0.98, 1.08))
    corner = pose.cy + 30 + 12 * u
    arc_up = np.clip(1 - np.abs(u + 0.05) ** 2.3, 0, 1) ** 0.85
    arc_low = np.clip(1 - np.abs(u - 0.05) ** 2.2, 0, 1)
    upper = corner - (pose.iris * rise + 30) * arc_up
    lower = corner + (pose.iris * drop - 30) * arc_low
    return f32(np.clip((ys - upper) / 3 + 0.5, 0, 1) * np.clip((lower - ys) / 3 + 0.5, 0, 1)), f32(upper), f32(lower)


def skin(seed: int, position: Position, ys: F32, upper: F32, lower: F32) -> F32:
    """Lids and skin around: a fold above, soft shading, fine texture."""
    rng = stream(seed, "lid-skin", position)
    above, below = upper - ys, ys - lower
    fold = float(rng.uniform(26, 40))
    tone = 176 + 7 * smooth_field(rng, HEIGHT, WIDTH, 130) + 2.6 * smooth_field(rng, HEIGHT, WIDTH, 5)
    near = np.clip((lower - upper) / 60, 0, 1)
    tone -= near * (34 * np.exp(-(((above - fold) / 6) ** 2)) + 26 * np.exp(-np.clip(above, 0, None) / 7) * (above > 0))
    tone += near * (14 * np.exp(-(((below - 7) / 6) ** 2)) - 12 * np.exp(-(((below - 34) / 16) ** 2)))
    return f32(tone - 26 * np.clip(above / 200, 0, 1))


def lashes(seed: int, position: Position, pose: Pose, image: F32) -> F32:
    """Curved hairs on both lid edges, fanning outwards."""
    rng = stream(seed, "lashes", position)
    xs = np.arange(WIDTH, dtype=np.float32)[None, :]
    _, upper, lower = lids(seed, position, pose, xs, f32(np.zeros((1, WIDTH))))
    hair = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for edge, count, low, high, way in ((upper[0], 62, 34, 62, -1.0), (lower[0], 38, 12, 24, 1.0)):
        for x in np.linspace(pose.cx - 250, pose.cx + 250, count) + rng.normal(0, 3, count):
            at = int(np.clip(x, 0, WIDTH - 1))
            span, lean = float(rng.uniform(low, high)), (x - pose.cx) / 250 * 0.85 + float(rng.normal(0, 0.12))
            k = np.linspace(0, 1, 9)
            px = x + span * lean * k**1.4
            py = edge[at] - way * 0.07 * span * np.sin(np.pi * np.minimum(k * 1.6, 1)) * (way < 0) + way * span * k**1.5
            points = np.stack([px, py], axis=1) * 16
            cv2.polylines(hair, [points.astype(np.int32)], False, int(rng.integers(130, 235)), 2 if way < 0 else 1, cv2.LINE_AA,
                          4)
    strength = f32(hair) / 255 * 0.85
    return f32(image * (1 - strength) + 46 * strength)
