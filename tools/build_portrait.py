"""Derive the simulators' face from one photograph: ``python tools/build_portrait.py`` (needs the mediapipe files).

``tools/portrait/astronaut.png`` (NASA, public domain) is taken apart: the face is drawn out to the neutral, symmetrical geometry of the
painted head (which closes the smiling mouth), its light is evened out left and right, hair, forehead and ears are replaced by painted
skin, the eyeballs are removed. What remains is stored as a factor on an even skin colour: nobody's portrait. Written to
``src/ktpel_kiosk/hal/simulators/synth/data/face.jpg`` with the lids closed as ``lids.jpg``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ktpel_kiosk.biometrics.face import models
from ktpel_kiosk.hal.simulators.synth import dress, head
from ktpel_kiosk.hal.simulators.synth.canvas import Canvas, ellipse, mix, moved, points, scaled, spline
from ktpel_kiosk.hal.simulators.synth.head import lit
from ktpel_kiosk.hal.simulators.synth.looks import Looks, looks_of
from ktpel_kiosk.hal.simulators.synth.noise import F32, f32, smooth_field, stream
from ktpel_kiosk.hal.simulators.synth.photo import HEIGHT, MIDDLE, NEUTRAL, SCALE, WIDTH, smooth_map

ROOT = Path(__file__).resolve().parents[1]
PHOTOGRAPH = ROOT / "tools" / "portrait" / "astronaut.png"
OUT = ROOT / "src" / "ktpel_kiosk" / "hal" / "simulators" / "synth" / "data"
CROP = (slice(0, 250), slice(110, 350))
ENLARGED = 5
EYE = points((0.2, 0.03), (0.34, -0.13), (0.5, -0.175), (0.66, -0.13), (0.8, -0.0), (0.66, 0.1), (0.5, 0.125), (0.34, 0.1))
"""What is taken out for the closed lids, in face units."""

FACE = points((0.0, -0.3), (0.16, -0.27), (0.34, -0.235), (0.62, -0.215), (0.8, -0.14), (0.86, 0.1), (0.86, 0.4), (0.82, 0.78),
              (0.68, 1.14), (0.47, 1.44), (0.22, 1.62), (0.0, 1.67))
"""The part of the photograph that is used: below the brows, inside the hair at the sides, down to the chin."""

SMILE = (points((0.3, 0.66), (0.42, 0.62), (0.58, 0.8), (0.62, 1.0), (0.56, 1.18), (0.44, 1.2), (0.4, 1.0)),)
"""Where the smile folds the cheek; the fold is flattened there."""

TEETH = points((-0.38, 1.06), (-0.2, 1.08), (0.0, 1.085), (0.2, 1.08), (0.38, 1.06), (0.36, 1.1), (0.18, 1.152),
               (0.0, 1.16), (-0.18, 1.152), (-0.36, 1.1))
"""What is left of the open mouth, in face units."""


def neutral(sex: str) -> Looks:
    """The average painted face: what the photograph is drawn out to."""
    return replace(looks_of(1, 1996, sex), face_width=1.0, jaw=1.0, chin=1.0, eye_tilt=0.022, eye_open=0.9, nose_width=1.0,
                   nose_length=1.0, mouth_width=0.4, lip_full=1.1, mouth_drop=0.0, cheek=0.0, brow_drop=0.0, hair="crop", hair_line=0.0,
                   skin=NEUTRAL, age=25, moustache=0.0)


def canvas() -> Canvas:
    return Canvas(WIDTH, HEIGHT, MIDDLE, SCALE)


def rgb(of: Canvas) -> np.ndarray:
    return np.asarray(np.clip(of.rgb, 0, 255), np.uint8)


def painted_head(looks: Looks) -> np.ndarray:
    c = canvas()
    dress.paint_neck(c, looks)
    head.paint_ears(c, looks)
    paint_skin(c, looks, stream(1, "face"))
    paint_nose(c, looks)
    paint_mouth(c, looks)
    for side in (-1.0, 1.0):
        head.paint_brow(c, looks, side, stream(1, "brow"))
    head.paint_eyes(c, looks, 1.0)
    dress.paint_short_hair(c, looks, stream(1, "hair"))
    c.rgb += (1 - c.alpha[..., None]) * np.float32((60, 100, 180))
    return rgb(c)


def mesh_of(picture: np.ndarray) -> np.ndarray:
    found = models.detect(picture)
    mesh = models.mesh(picture, found[0]) if found else None
    if mesh is None:
        raise SystemExit("no face found; are the mediapipe files installed?")
    return np.asarray(mesh[:, :2], float)


def mirrored_mesh(mesh: np.ndarray) -> np.ndarray:
    """Mean of a mesh and its mirror image about the middle line."""
    flipped = mesh * [-1, 1] + [2 * MIDDLE[0], 0]
    partner = [int(np.argmin(((mesh - p) ** 2).sum(axis=1))) for p in flipped]
    return np.asarray((mesh + flipped[partner]) / 2)


def drawn_out(photograph: np.ndarray, target: np.ndarray) -> np.ndarray:
    source = mesh_of(photograph)
    plane, _ = cv2.estimateAffinePartial2D(target, source)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = target.mean(axis=0) + np.stack([np.cos(angle) * 1.1 * WIDTH, np.sin(angle) * HEIGHT], axis=1)
    mx, my = smooth_map(np.vstack([target, ring]), np.vstack([source, ring @ plane[:, :2].T + plane[:, 2]]), WIDTH, HEIGHT, slack=2.0)
    return np.asarray(cv2.remap(photograph, mx, my, cv2.INTER_CUBIC), np.uint8)


def mask_of(*shapes: np.ndarray, soft: float = 0.0) -> np.ndarray:
    return canvas().mask(*shapes, soft=soft)


def evened(face: np.ndarray) -> np.ndarray:
    """Both halves of the face alike but for fine detail: even light, and one likeness less."""
    own = face.astype(np.float32)
    mean = (own + own[:, ::-1]) / 2
    sigma = 0.02 * SCALE
    return np.asarray(np.clip(cv2.GaussianBlur(mean, (0, 0), sigma) + own - cv2.GaussianBlur(own, (0, 0), sigma), 0, 255), np.uint8)


def unsmiling(face: np.ndarray) -> np.ndarray:
    """Folds of the cheeks flattened, the strip of teeth between the lips filled from the lips."""
    fold = mask_of(*[spline(s * [side, 1], True) for s in SMILE for side in (1, -1)], soft=0.05)[..., None]
    own = face.astype(np.float32)
    flat = cv2.GaussianBlur(own, (0, 0), 0.085 * SCALE)
    fine = own - cv2.GaussianBlur(own, (0, 0), 0.015 * SCALE)
    calm = np.asarray(np.clip(own * (1 - fold) + (0.14 * own + 0.86 * flat + 0.6 * fine) * fold, 0, 255), np.uint8)
    return cv2.inpaint(calm, np.asarray(mask_of(spline(TEETH, True)) > 0.3, np.uint8) * 255, 5, cv2.INPAINT_TELEA)


def relief(canvas: Canvas, looks: Looks, mask: F32) -> F32:
    """Height of the face in units."""
    x, y, w, n, ln = canvas.x, canvas.y, looks.face_width, looks.nose_width, looks.nose_length
    dome = 1 - (x / (1.24 * w)) ** 2 - ((y - 0.02) / 2.12) ** 2
    z = 1.22 * np.sqrt(np.clip(dome, 0.03, None))
    inside = cv2.distanceTransform(np.asarray(mask > 0.5, dtype=np.uint8), cv2.DIST_L2, 5) / canvas.scale
    z -= 0.22 * cv2.GaussianBlur(f32(np.exp(-inside / 0.16)), (0, 0), 0.05 * canvas.scale)
    climb = np.interp(canvas.y[:, 0] / ln, [-0.28, -0.05, 0.3, 0.5, 0.62, 0.74], [0.0, 0.05, 0.13, 0.19, 0.16, 0.06])
    climb = f32(cv2.GaussianBlur(f32(climb)[:, None], (1, 0), 0.001, sigmaY=0.05 * canvas.scale))
    z += climb * np.exp(-((x / 0.17) ** 2))
    brow = 0.03 if looks.sex == "P" else 0.055
    bumps = [
        (0.0, 0.55 * ln, 0.17 * n, 0.14, 0.1), (0.0, -0.95, 0.75, 0.5, 0.05), (0.0, 1.04, 0.42, 0.26, 0.08),
        (0.0, 1.36, 0.26, 0.06, -0.045), (0.0, 1.62, 0.27, 0.17, 0.09), (0.0, 0.88, 0.05, 0.09, -0.018),
    ]
    for side in (-1, 1):
        bumps += [
            (side * 0.2 * n, 0.6 * ln, 0.1, 0.1, 0.075), (side * 0.47, -0.04, 0.27, 0.15, -0.12),
            (side * 0.5, 0.0, 0.2, 0.11, 0.06), (side * 0.45, -0.34, 0.38, 0.1, brow), (side * 0.62, 0.52, 0.32, 0.3, 0.08),
            (side * 1.0, -0.55, 0.2, 0.35, -0.05), (side * 0.5, 0.27, 0.24, 0.08, -0.02),
        ]
    for bx, by, sx, sy, height in bumps:
        z += np.float32(height) * canvas.spot(bx, by, sx, sy)
    return f32(z)


def paint_skin(canvas: Canvas, looks: Looks, rng: np.random.Generator) -> F32:
    """The bare head; returns its mask."""
    mask = canvas.mask(looks.outline, soft=0.006)
    light = lit(canvas, relief(canvas, looks, mask))
    base = np.ones((canvas.height, canvas.width, 3), dtype=np.float32) * f32(looks.skin)
    flush = f32(sum(canvas.spot(s * 0.62, 0.5, 0.3, 0.26) for s in (-1, 1))) + 0.5 * canvas.spot(0, 0.58, 0.2, 0.13)
    base += flush[..., None] * f32((5.0, -7.0, -5.0))
    socket = f32(sum(canvas.spot(s * 0.5, -0.02, 0.36, 0.17) for s in (-1, 1)))
    base *= (1 - 0.10 * socket)[..., None]
    if looks.sex == "L":
        beard = canvas.spot(0, 1.45, 0.75, 0.45) * f32(1 - canvas.spot(0, 1.08, 0.42, 0.14))
        base *= 1 - beard[..., None] * f32((0.09, 0.075, 0.05))
    grain = smooth_field(rng, canvas.height, canvas.width, max(2.0, 0.016 * canvas.scale))
    base *= (1 + 0.010 * grain)[..., None]
    shaded = base * np.stack([light**0.86, light**1.04, light**1.16], axis=2)
    canvas.cover(mask, f32(shaded))
    return mask


def paint_nose(canvas: Canvas, looks: Looks) -> None:
    n, ln = looks.nose_width, looks.nose_length
    canvas.darken(ellipse(0.04, 0.76 * ln, 0.22 * n, 0.035), 0.9, 0.045)
    for side in (-1.0, 1.0):
        flip = np.array([side, 1.0])
        wing = spline(points((0.25 * n, 0.5 * ln), (0.305 * n, 0.59 * ln), (0.285 * n, 0.68 * ln), (0.2 * n, 0.705 * ln)))
        canvas.line(wing * flip, 0.032, scaled(looks.skin, 0.6), 0.016, 0.62 if side < 0 else 0.75)
        canvas.fill(ellipse(side * 0.122 * n, 0.685 * ln, 0.066 * n, 0.027, side * -0.28), scaled(looks.skin, 0.26), 0.011, 0.85)
        canvas.line(spline(points((0.05, 0.715 * ln), (0.12 * n, 0.65 * ln), (0.2 * n, 0.69 * ln))) * flip, 0.014,
                    scaled(looks.skin, 0.55), 0.012, 0.5)
    canvas.fill(ellipse(-0.03, 0.5 * ln, 0.05, 0.055), mix(looks.skin, (255.0, 244.0, 232.0), 0.65), 0.035, 0.42)


def paint_mouth(canvas: Canvas, looks: Looks) -> None:
    m, full = looks.mouth_width, looks.lip_full
    seam = spline(points((-m, 1.054), (-0.6 * m, 1.112), (-0.2 * m, 1.114), (0.0, 1.124), (0.2 * m, 1.114), (0.6 * m, 1.112),
                         (m, 1.054)))
    top = spline(points((-m, 1.054), (-0.55 * m, 1.047 - 0.012 * full), (-0.17 * m, 1.032 - 0.035 * full),
                        (0.0, 1.045 - 0.03 * full),
                        (0.17 * m, 1.032 - 0.035 * full), (0.55 * m, 1.047 - 0.012 * full), (m, 1.054)))
    low = spline(points((-m, 1.054), (-0.6 * m, 1.155 + 0.03 * full), (-0.2 * m, 1.17 + 0.062 * full),
                        (0.0, 1.172 + 0.064 * full),
                        (0.2 * m, 1.17 + 0.062 * full), (0.6 * m, 1.155 + 0.03 * full), (m, 1.054)))
    canvas.fill(np.concatenate([top, seam[::-1]]), scaled(looks.lip_colour, 0.88), 0.012, 0.92)
    canvas.fill(np.concatenate([seam, low[::-1]]), scaled(looks.lip_colour, 1.05), 0.012, 0.92)
    shine = mix(looks.lip_colour, (255.0, 226.0, 214.0), 0.5)
    canvas.fill(ellipse(-0.05, 1.175, 0.17, 0.022), shine, 0.03, 0.5)
    canvas.darken(np.concatenate([moved(seam, 0, -0.028), moved(seam, 0, 0.004)[::-1]]), 0.86, 0.014)
    canvas.line(seam, 0.02, scaled(looks.lip_colour, 0.42), 0.006, 0.85)
    for side in (-1.0, 1.0):
        canvas.fill(ellipse(side * (m + 0.012), 1.05, 0.025, 0.02), scaled(looks.skin, 0.62), 0.016, 0.55)
        fold = spline(points((0.315, 0.7), (0.41, 0.84), (m + 0.075, 1.03)))
        depth = (0.12 if looks.sex == "P" else 0.18) + 0.3 * np.clip((looks.age - 25) / 40, 0, 1)
        canvas.line(fold * np.array([side, 1.0]), 0.045, scaled(looks.skin, 0.66), 0.028, float(depth))
    canvas.darken(ellipse(0.0, 1.315, 0.2, 0.03), 0.86, 0.045)


def main() -> None:
    photograph = cv2.cvtColor(cv2.imread(str(PHOTOGRAPH)), cv2.COLOR_BGR2RGB)
    calm = cv2.fastNlMeansDenoisingColored(np.ascontiguousarray(photograph[CROP]), None, 2, 2, 3, 9)
    big = cv2.resize(calm, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LANCZOS4)
    target = mirrored_mesh(np.mean([mesh_of(painted_head(neutral(sex))) for sex in "LP"], axis=0))
    face = unsmiling(evened(drawn_out(big, target)))
    bare = canvas()
    looks = neutral("P")
    dress.paint_neck(bare, looks)
    head.paint_ears(bare, looks)
    paint_skin(bare, looks, stream(1, "skin"))
    bare.rgb += (1 - bare.alpha[..., None]) * np.float32(NEUTRAL)
    ground = rgb(bare)
    outline = spline(np.concatenate([FACE, FACE[::-1] * [-1, 1]]), True)
    inside = np.asarray(mask_of(outline) > 0.5, np.uint8) * 255
    ys, xs = np.nonzero(inside)
    middle = (int((xs.min() + xs.max()) // 2), int((ys.min() + ys.max()) // 2))
    toned = recoloured(face, inside)
    joined = cv2.seamlessClone(toned, ground, inside, middle, cv2.NORMAL_CLONE)
    joined = relit(joined, ground, outline)
    eyes = np.asarray(mask_of(spline(EYE, True), spline(EYE * [-1, 1], True)) > 0.02, np.uint8) * 255
    lids = cv2.inpaint(joined, eyes, 9, cv2.INPAINT_TELEA)
    blend = mask_of(spline(EYE * 1.0, True), spline(EYE * [-1, 1], True), soft=0.03)[..., None]
    lids = np.asarray(joined * (1 - blend) + cv2.GaussianBlur(lids, (0, 0), 0.02 * SCALE) * blend, np.uint8)
    OUT.mkdir(exist_ok=True)
    for name, picture in (("face", joined), ("lids", lids)):
        cv2.imwrite(str(OUT / f"{name}.jpg"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])


def relit(joined: np.ndarray, ground: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Most of the broad shading of the painted relief given back to the photographed part, whose chin lay in shadow."""
    wide = 0.28 * SCALE
    gain = (cv2.GaussianBlur(ground.astype(np.float32), (0, 0), wide) / cv2.GaussianBlur(joined.astype(np.float32), (0, 0), wide)) ** 0.75
    inside = mask_of(outline, soft=0.1)[..., None]
    return np.asarray(np.clip(joined * (1 + (gain - 1) * inside), 0, 255), np.uint8)


def recoloured(face: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The photograph's skin brought to the neutral colour."""
    usual = np.median(face[inside > 0], axis=0)
    return np.asarray(np.clip(face.astype(np.float32) / usual * np.float32(NEUTRAL) * 0.93, 0, 255), np.uint8)


if __name__ == "__main__":
    main()
