"""What a synthetic person looks like: the individual measures of face, hair and clothes drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_kiosk.hal.simulators.synth.canvas import Colour, Points, mirrored, mix, points, scaled, spline
from ktpel_kiosk.hal.simulators.synth.noise import stream

DRAWN_IN = 2026
"""Year the pictures show; age = this minus the year of birth."""

LIGHT_SKIN: Colour = (240.0, 200.0, 168.0)
DARK_SKIN: Colour = (178.0, 126.0, 91.0)

HIJAB_COLOURS: tuple[Colour, ...] = (
    (84, 84, 92), (236, 233, 228), (74, 112, 100), (120, 104, 128), (106, 112, 82), (108, 82, 70), (122, 88, 104), (62, 96, 80),
    (243, 236, 222),
    (92, 110, 112), (126, 98, 52), (228, 222, 226),
)
"""None is near the red or the blue cloth; none has the brightness of skin, which would make face finders see faces in folds."""

SHIRT_COLOURS: tuple[Colour, ...] = (
    (238, 238, 236), (214, 222, 226), (226, 216, 198), (168, 184, 172), (120, 126, 134), (92, 104, 98), (196, 180, 160),
)


@dataclass(frozen=True, slots=True)
class Looks:
    """Individual measures; lengths in face units (pupil distance = 1), colours RGB 0..255."""

    sex: str
    age: int
    skin: Colour
    face_width: float
    jaw: float
    chin: float
    eye_open: float
    eye_tilt: float
    lid_fold: bool
    brow_thick: float
    brow_arch: float
    nose_width: float
    nose_length: float
    mouth_width: float
    mouth_drop: float
    cheek: float
    brow_drop: float
    lip_full: float
    lip_colour: Colour
    hair: str
    hair_colour: Colour
    hair_part: float
    hair_line: float
    moustache: float
    veil: Colour
    shirt: Colour
    batik: bool

    @property
    def outline(self) -> Points:
        return skull(self.face_width, self.jaw, self.chin)


def skull(w: float, j: float, c: float) -> Points:
    """Skull and jaw seen from the front, closed, for a face ``w`` wide, a jaw ``j`` wide and a chin ``c`` long."""
    half = points((0.0, -1.93), (0.5, -1.83), (0.86, -1.45), (1.05, -0.85), (1.1, -0.25), (1.085, 0.25),
                  (1.0 * (1 + j) / 2, 0.8), (0.83 * j, 1.2), (0.55 * j, 1.56 * c), (0.25 * j, 1.76 * c), (0.0, 1.8 * c))
    half[:, 0] *= w
    return spline(mirrored(half), closed=True)


def looks_of(seed: int, birth_year: int, sex: str) -> Looks:
    rng, own = stream(seed, "looks", sex), stream(seed, "proportions", sex)
    age = max(16, DRAWN_IN - birth_year)
    woman = sex == "P"
    tone = float(np.clip(rng.beta(2.2, 2.2) * 0.95 + (-0.06 if woman else 0.06), 0, 1))
    skin = mix(LIGHT_SKIN, DARK_SKIN, tone)
    if woman:
        hair = str(rng.choice(["hijab", "long", "bun"], p=[0.62, 0.22, 0.16]))
    else:
        hair = str(rng.choice(["side", "crop", "wave"], p=[0.45, 0.3, 0.25]))
    grey = float(np.clip((age - 44) / 34 + rng.normal(0, 0.08), 0, 0.9)) if age > 40 else 0.0
    grey *= 0.45 if woman else 1.0
    lips = mix(scaled(skin, 0.8), (176.0, 84.0, 82.0), float(rng.uniform(0.5, 0.75) if woman else rng.uniform(0.26, 0.42)))
    return Looks(
        sex=sex, age=age, skin=skin,
        face_width=float(rng.normal(0.985 if woman else 1.0, 0.028)),
        jaw=float(np.clip(rng.normal(0.93 if woman else 1.0, 0.04), 0.84, 1.08)),
        chin=float(rng.normal(0.985 if woman else 1.0, 0.02)),
        eye_open=float(rng.uniform(0.8, 0.98) * (1.05 if woman else 0.95)), eye_tilt=float(rng.normal(0.022, 0.014)),
        lid_fold=bool(rng.random() < 0.72), brow_thick=float(rng.uniform(0.85, 1.1) if woman else rng.uniform(1.15, 1.55)),
        brow_arch=float(rng.uniform(0.04, 0.075) if woman else rng.uniform(0.035, 0.07)),
        nose_width=float(rng.normal(0.97 if woman else 1.06, 0.06)), nose_length=float(rng.normal(1.0, 0.035)),
        mouth_width=float(rng.normal(0.40, 0.022)),
        mouth_drop=float(np.clip(own.normal(0, 0.03), -0.06, 0.06)), cheek=float(np.clip(own.normal(0, 0.035), -0.07, 0.07)),
        brow_drop=float(np.clip(own.normal(0, 0.025), -0.05, 0.05)),
        lip_full=float(rng.uniform(1.05, 1.35) if woman else rng.uniform(0.92, 1.15)), lip_colour=lips,
        hair=hair, hair_colour=mix((34.0, 27.0, 25.0), (150.0, 147.0, 145.0), grey),
        hair_part=float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.55)),
        hair_line=float(rng.normal(0.0, 0.05)) - (0.08 if age > 50 and not woman else 0.0),
        moustache=float(rng.uniform(0.35, 0.65)) if not woman and age > 30 and rng.random() < 0.22 else 0.0,
        veil=HIJAB_COLOURS[int(rng.integers(0, len(HIJAB_COLOURS)))],
        shirt=SHIRT_COLOURS[int(rng.integers(0, len(SHIRT_COLOURS)))],
        batik=bool(rng.random() < 0.35),
    )
