"""Impressions of the synthetic master prints: what a 500 ppi live scanner shows of one touch, and whole slaps.

Every impression places the master anew (rotation, shift, elastic skin), presses it more or less, and adds the defects
of the asked condition. Images are grey, dark ridges on white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.hal.simulators.synth.noise import F32, U8, blur, f32, smooth_field, stream
from ktpel_kiosk.hal.simulators.synth.ridges import HEIGHT, WIDTH, master_print

FINGER_WIDTH, FINGER_HEIGHT = 400, 500
SLAP_WIDTH, SLAP_HEIGHT = 1600, 1000
PPI = 500

CONTACT: dict[str, tuple[int, int]] = {
    "thumb": (344, 462), "index": (302, 432), "middle": (310, 442), "ring": (295, 428), "little": (252, 368),
}
"""Width and height of the touching skin in pixels."""

SLAP_PLACE: dict[str, tuple[float, float, float]] = {
    "index": (-492.0, 62.0, -5.0), "middle": (-160.0, -84.0, -1.5), "ring": (168.0, -28.0, 2.0), "little": (470.0, 148.0, 7.0),
}
"""Centre offset from the middle of the platen (pixels) and tilt (degrees, clockwise) in a right-hand slap."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How skin and platen behave.

    Attributes:
        edge: ridge level at which ink begins (higher: thinner ridges).
        soft: width of the ink edge; large values fill valleys.
        ink: darkness of full contact, 0..1.
        speckle: share of contact lost in grains.
        grain: size of the grains in pixels.
        rough: strength of the grainy skin texture seen beside the ridges.
        patches: how much of the skin does not touch at all.
        flood: darkness that fills valleys in blotches.
        worn: how far ridges are worn down and creased, 0..1.
        grown: size of the hand, 1 for an adult; a child's ridges are finer.
    """

    edge: float = 0.5
    soft: float = 0.42
    ink: float = 0.8
    speckle: float = 0.1
    grain: float = 0.9
    rough: float = 0.05
    patches: float = 0.0
    flood: float = 0.0
    worn: float = 0.0
    grown: float = 1.0


CONDITIONS: dict[str, Condition] = {
    "normal": Condition(),
    "dry": Condition(edge=0.76, soft=0.36, ink=0.52, speckle=1.9, grain=2.0, patches=0.4, rough=0.48),
    "wet": Condition(edge=0.08, soft=0.8, ink=0.88, speckle=0.05, flood=1.0),
    "partial": Condition(),
    "dirty": Condition(edge=0.52, ink=0.6, speckle=0.6, rough=0.42),
    "worn": Condition(edge=0.5, soft=0.5, ink=0.6, speckle=1.0, grain=1.4, patches=0.45, rough=0.36, worn=1.0),
    "child": Condition(edge=0.5, ink=0.76, grown=0.76),
}

OLD_FROM, OLD_AT = 60, 92
"""Ages between which ridges wear down and creases come."""


@lru_cache(maxsize=96)
def skin(seed: int, position: Position, cache_dir: str = "") -> U8:
    """The master with what never changes beside ridges: sweat pores and a few creases."""
    ridge = master_print(seed, position, cache_dir)
    rng = stream(seed, "pores", position)
    rows, cols = HEIGHT // 10, WIDTH // 10
    ys = (np.arange(rows)[:, None] * 10 + rng.integers(0, 10, (rows, cols))).ravel()
    xs = (np.arange(cols)[None, :] * 10 + rng.integers(0, 10, (rows, cols))).ravel()
    marks = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    on_ridge = ridge[ys, xs] > 205
    marks[ys[on_ridge], xs[on_ridge]] = 1.0
    loss = blur(marks, 0.85) * 2.2
    lines = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for _ in range(int(rng.integers(0, 3))):
        x, y, angle = rng.uniform(90, 350), rng.uniform(120, 470), rng.normal(0, 0.5)
        reach = rng.uniform(30, 75)
        ends = [(int(x - reach * np.cos(angle)), int(y - reach * np.sin(angle))),
                (int(x + reach * np.cos(angle)), int(y + reach * np.sin(angle)))]
        cv2.line(lines, ends[0], ends[1], 255, 2, cv2.LINE_AA)
    loss += blur(f32(lines / 255), 0.7) * 0.6
    return np.asarray(ridge * np.clip(1.0 - loss, 0, 1), dtype=np.uint8)


@lru_cache(maxsize=96)
def creases(seed: int, position: Position) -> F32:
    """White lines of old or hard-worked skin, 0..1 on the master; which come first stays the same for life."""
    rng = stream(seed, "creases", position)
    lines = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for turn in range(26):
        x, y = rng.uniform(50, WIDTH - 50), rng.uniform(70, HEIGHT - 70)
        angle, reach = rng.normal(0, 0.35) + (np.pi / 2 if rng.random() < 0.25 else 0), rng.uniform(16, 62)
        bow = rng.normal(0, 0.25)
        k = np.linspace(-1, 1, 9)
        path = np.stack([x + reach * k * np.cos(angle) - bow * reach * k**2 * np.sin(angle),
                         y + reach * k * np.sin(angle) + bow * reach * k**2 * np.cos(angle)], axis=1)
        cv2.polylines(lines, [np.asarray(path * 16, dtype=np.int32)], False, int(255 - 6 * turn), int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    return blur(f32(lines / 255), 0.8)


def moisture(seed: int) -> float:
    """How moist somebody's skin usually is: -1.5 dry .. 1.5 moist."""
    return float(np.clip(stream(seed, "moisture").normal(0, 0.7), -1.5, 1.5))


def suited(look: Condition, seed: int, age: int) -> Condition:
    """The condition on this person's skin."""
    moist = moisture(seed)
    worn = max(look.worn, 0.6 * float(np.clip((age - OLD_FROM) / (OLD_AT - OLD_FROM), 0, 1)))
    return replace(look, edge=look.edge - 0.05 * moist, soft=look.soft + 0.05 * moist, ink=look.ink + 0.03 * moist - 0.06 * worn,
                   speckle=look.speckle * float(np.exp(-0.5 * moist)) + 0.25 * worn, worn=worn)


def contact_size(seed: int, position: Position) -> tuple[float, float]:
    width, height = CONTACT[position.value.split("_")[1]]
    scale = float(np.clip(stream(seed, "hand").normal(1.0, 0.035), 0.92, 1.06))
    return width * scale, height * scale


def contact(seed: int, position: Position, rng: np.random.Generator, press: float, condition: str) -> F32:
    """Pressure of the touch on the finger canvas: 1 inside, falling to 0 at an irregular rim."""
    grown = CONDITIONS[condition].grown
    width, height = (v * grown for v in contact_size(seed, position))
    half_w, half_h = width / 2 * (1 + 0.10 * press), height / 2 * (1 + 0.06 * press)
    ys, xs = np.mgrid[0:FINGER_HEIGHT, 0:FINGER_WIDTH].astype(np.float32)
    u, v = (xs - FINGER_WIDTH / 2) / half_w, (ys - FINGER_HEIGHT / 2) / half_h
    power = np.where(v < 0, 2.1, 3.0)
    radius = np.abs(u) ** 2.4 + np.abs(v) ** power
    if condition == "partial":
        angle, away = rng.uniform(-np.pi, np.pi), rng.uniform(0.62, 0.85)
        radius = np.maximum(radius, (u - away * np.cos(angle)) ** 2 + (v - away * np.sin(angle)) ** 2)
    rim = 0.05 * smooth_field(rng, FINGER_HEIGHT, FINGER_WIDTH, 26) + 0.03 * smooth_field(rng, FINGER_HEIGHT, FINGER_WIDTH, 7)
    return f32(np.clip((1.0 - radius + rim) / 0.3, 0, 1))


def placed(master: U8, rng: np.random.Generator, grown: float = 1.0) -> F32:
    """The master as it lies on the platen this time, 0 valley .. 1 ridge."""
    angle, scale = float(np.clip(rng.normal(0, 3.5), -9, 9)), grown * (1.0 + float(rng.normal(0, 0.006)))
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), angle, 1 / scale)
    inverse = cv2.invertAffineTransform(turn)
    ys, xs = np.mgrid[0:FINGER_HEIGHT, 0:FINGER_WIDTH].astype(np.float32)
    xs += f32((WIDTH - FINGER_WIDTH) / 2 + rng.normal(0, 7)) + 2.8 * smooth_field(rng, FINGER_HEIGHT, FINGER_WIDTH, 150)
    ys += f32((HEIGHT - FINGER_HEIGHT) / 2 + rng.normal(0, 9)) + 2.8 * smooth_field(rng, FINGER_HEIGHT, FINGER_WIDTH, 150)
    mx = f32(inverse[0, 0] * xs + inverse[0, 1] * ys + inverse[0, 2])
    my = f32(inverse[1, 0] * xs + inverse[1, 1] * ys + inverse[1, 2])
    return f32(cv2.remap(master, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)) / np.float32(255)


def ink_of(ridge: F32, touch: F32, rng: np.random.Generator, press: float, look: Condition) -> F32:
    """Darkness 0..1 where the skin meets the platen."""
    height, width = ridge.shape

    def field(scale: float) -> F32:
        return smooth_field(rng, height, width, scale)

    def specks(size: float) -> F32:
        return blur(rng.standard_normal((height, width), dtype=np.float32), size)

    local = 0.07 * field(60)
    edge = look.edge - 0.10 * press + local + 0.55 * (1 - touch) ** 2
    ink = np.clip((ridge - edge) / look.soft + 0.5, 0, 1)
    grain = specks(look.grain) * np.float32(3.0 * look.grain)
    ink *= np.clip(1 - look.speckle * np.clip(grain - 0.35 + 0.4 * field(30), 0, 1.6), 0, 1)
    if look.patches:
        ink *= np.clip(1 - look.patches * np.clip(1.4 * field(15) + 0.2, 0, 1.3), 0, 1)
    if look.rough:
        ink = ink + look.rough * np.clip(specks(1.5) * 4.5, -1.5, 1.5)
    if look.flood:
        flood = np.clip(field(34) * 0.55 + 0.62, 0, 1) * look.flood
        ink = np.maximum(ink, blur(f32(np.minimum(flood + 0.25 * ink, 1)), 1.2))
    depth = look.ink * (1 + 0.1 * press) + 0.06 * field(80)
    return f32(np.clip(ink * depth, 0, 0.93) * np.clip(touch * 2.2, 0, 1))


def finger_image(seed: int, position: Position, impression: int, condition: str, cache_dir: str = "", age: int = 30, *,
                 alone: bool = True) -> U8:
    """One touch, ``FINGER_HEIGHT`` x ``FINGER_WIDTH``; ``alone`` on its platen. About 25 ms. Raises KeyError for an unknown condition."""
    look = suited(CONDITIONS[condition], seed, age)
    rng = stream(seed, "touch", position, impression, condition)
    press = float(np.clip(rng.normal(0, 0.35), -0.8, 0.8))
    master = skin(seed, position, cache_dir)
    if look.worn:
        flat = f32(master) * np.float32(1 - 0.16 * look.worn) + np.float32(24 * look.worn)
        lost = np.clip(creases(seed, position) - (1 - look.worn) * 0.75, 0, 1) * np.float32(0.95)
        master = np.asarray(np.clip(flat * (1 - lost), 0, 255), dtype=np.uint8)
    ridge = placed(master, stream(seed, "place", position, impression), look.grown)
    ridge = f32(blur(ridge, 0.55))
    touch = contact(seed, position, rng, press, condition)
    dark = ink_of(ridge, touch, rng, press, look)
    if condition == "dirty" and alone:
        dark = np.maximum(dark, residue(rng, dark.shape))
    paper = 253.0 - 2.0 * np.abs(rng.standard_normal(dark.shape, dtype=np.float32))
    image = paper * (1 - dark) + 6.0 * rng.standard_normal(dark.shape, dtype=np.float32) * np.minimum(dark * 3, 1)
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def residue(rng: np.random.Generator, shape: tuple[int, ...]) -> F32:
    """Grease and dust left on the platen."""
    height, width = shape
    grease = np.clip(smooth_field(rng, height, width, 34) - 0.5, 0, 1) * 0.42
    grease *= 0.6 + 0.4 * smooth_field(rng, height, width, 3)
    dust = np.zeros((height, width), dtype=np.uint8)
    for _ in range(70):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(dust, centre, int(rng.integers(1, 5)), int(rng.integers(90, 220)), -1, cv2.LINE_AA)
    return f32(np.clip(np.maximum(grease, blur(f32(dust / 255), 0.8)), 0, 0.85))


def slap_image(seed: int, positions: Sequence[Position], impression: int, condition: str, cache_dir: str = "", age: int = 30,
               instead: Mapping[Position, Position] | None = None) -> U8:
    """Platen of ``SLAP_HEIGHT`` x ``SLAP_WIDTH`` with the asked fingers where a hand (or two thumbs) would put them."""
    rng = stream(seed, "slap", impression, *positions)
    paper = 253.0 - 2.0 * np.abs(rng.standard_normal((SLAP_HEIGHT, SLAP_WIDTH), dtype=np.float32))
    platen = np.asarray(paper, dtype=np.uint8)
    hand_tilt, dx, dy = float(rng.normal(0, 2.2)), float(rng.normal(0, 18)), float(rng.normal(0, 16))
    for position in positions:
        finger = finger_image(seed, (instead or {}).get(position, position), impression, condition, cache_dir, age, alone=False)
        x, y, tilt = place_of(position, positions)
        x, y = x + dx + float(rng.normal(0, 4)), y + dy + float(rng.normal(0, 6))
        angle = np.deg2rad(hand_tilt)
        centre = (SLAP_WIDTH / 2 + x * np.cos(angle) - y * np.sin(angle), SLAP_HEIGHT / 2 + x * np.sin(angle) + y * np.cos(angle))
        turn = cv2.getRotationMatrix2D((FINGER_WIDTH / 2, FINGER_HEIGHT / 2), -(tilt + hand_tilt), 1.0)
        turn[0, 2] += centre[0] - FINGER_WIDTH / 2
        turn[1, 2] += centre[1] - FINGER_HEIGHT / 2
        laid = cv2.warpAffine(finger, turn, (SLAP_WIDTH, SLAP_HEIGHT), flags=cv2.INTER_CUBIC, borderValue=255)
        np.minimum(platen, np.minimum(laid, 247) + np.uint8(8), out=platen)  # lifts the finger's own paper: no seam
    if condition == "dirty":
        platen = np.asarray(platen * (1 - residue(rng, platen.shape)), dtype=np.uint8)
    return platen


def place_of(position: Position, positions: Sequence[Position]) -> tuple[float, float, float]:
    """Centre offset and tilt of one finger on the platen; a left hand mirrors a right one, thumbs stand side by side."""
    hand, finger = position.value.split("_")
    if finger == "thumb":
        if len(positions) == 1:
            return 0.0, 0.0, 0.0
        return (-250.0, 0.0, 8.0) if hand == "left" else (250.0, 0.0, -8.0)
    x, y, tilt = SLAP_PLACE[finger]
    return (x, y, tilt) if hand == "right" else (-x, y, -tilt)
