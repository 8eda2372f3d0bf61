"""Slaps for tests, with the truth beside them: fingers of a synthetic person laid on a platen where a hand would lay them.

Geometry after hand measurements (finger lengths and widths differ from hand to hand, the little finger lies lowest and is the
narrowest), not after the simulator's own placing, so that segmentation is not tuned to the simulator. Grey uint8, 500 ppi.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

Grey = NDArray[np.uint8]
WIDTH, HEIGHT = 1600, 1000

DROP = {"index": (0.75, 0.2), "middle": (0.0, 0.0), "ring": (0.38, 0.15), "little": (1.65, 0.28)}
"""How far each tip's top lies below the middle finger's, in finger widths: mean and deviation over hands."""

CENTRE = {"index": -1.75, "middle": -0.55, "ring": 0.62, "little": 1.72}
"""Place across the hand in spaced finger widths."""

FAN = {"index": -5.0, "middle": -1.0, "ring": 3.0, "little": 9.0}
"""Degrees each finger leans outwards, right hand."""


@dataclass(frozen=True)
class Truth:
    """One finger that was laid: the box of its first phalanx' ink (x, y, width, height) and its lean in degrees, clockwise."""

    position: Position
    box: tuple[int, int, int, int]
    angle: float


@lru_cache(maxsize=400)
def touch(seed: int, position: Position, impression: int, condition: str, cache: str) -> Grey:
    image = SyntheticPerson(seed, cache_dir=cache).finger(position, impression, condition=condition)
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width)


def empty(rng: np.random.Generator) -> Grey:
    return np.asarray(253.0 - 2.0 * np.abs(rng.standard_normal((HEIGHT, WIDTH), dtype=np.float32)), np.uint8)


def lay(platen: Grey, part: Grey, centre: tuple[float, float], angle: float, strength: float = 1.0,
        scale: tuple[float, float] = (1.0, 1.0)) -> tuple[int, int, int, int] | None:
    """Press ``part`` onto the platen (darker of both); the box of its ink, or None when it lies outside."""
    height, width = part.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1.0)
    turn = turn @ np.array([[scale[0], 0, width / 2 * (1 - scale[0])], [0, scale[1], height / 2 * (1 - scale[1])], [0, 0, 1]])
    turn[0, 2] += centre[0] - width / 2
    turn[1, 2] += centre[1] - height / 2
    laid = cv2.warpAffine(part, turn, (platen.shape[1], platen.shape[0]), flags=cv2.INTER_LINEAR, borderValue=255)
    if strength != 1.0:
        laid = np.asarray(255 - (255 - laid.astype(np.float32)) * strength, np.uint8)
    np.minimum(platen, np.minimum(laid, 247) + np.uint8(8), out=platen)
    shape = cv2.morphologyEx((laid < 215).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    ys, xs = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
    if not ys.size:
        return None
    return int(xs[0]), int(ys[0]), int(xs[-1] - xs[0] + 1), int(ys[-1] - ys[0] + 1)


def phalanx(tip: Grey, other: Grey) -> Grey:
    """Second phalanx for under the crease: flat-ended skin a little narrower than the tip, seven tenths as dark."""
    body = other[110:430].astype(np.float32)
    body = cv2.resize(body, (round(body.shape[1] * 0.86), 330), interpolation=cv2.INTER_AREA)
    return np.asarray(255 - (255 - body) * 0.7, np.uint8)


def hand(seed: int, positions: Sequence[Position], impression: int = 0, *, condition: str = "normal", tilt: float = 0.0,
         shift: tuple[float, float] = (0.0, 0.0), spacing: float = 1.25, phalanges: bool = False, crease: float = 24.0,
         cache: str = "", one_hand: bool = True) -> tuple[Grey, list[Truth]]:
    """Fingers of one hand, those of ``positions``; ``tilt`` degrees clockwise, ``spacing`` finger widths from one to the next
    (below 1 they touch), ``phalanges`` with the skin below the crease. Truth stands left to right."""
    rng = np.random.default_rng((seed, impression, 99))
    platen = empty(rng)
    right = positions[0].value.startswith("right")
    side = 1.0 if right else -1.0
    drops = {name: float(np.random.default_rng((seed, 98)).normal(0, 1)) * dev + mean for name, (mean, dev) in DROP.items()}
    unit = 280.0
    truth: list[Truth] = []
    height = 0.5 * (min(drops.values()) + max(drops.values())) * unit * 0.75
    for position in positions:
        name = position.value.split("_")[1]
        tip = touch(seed, position, impression, condition, cache)
        x = side * CENTRE[name] * unit * spacing * (1 + 0.02 * float(rng.normal())) / 1.02
        y = drops[name] * unit * 0.75 - height + 8 * float(rng.normal())
        lean = side * FAN[name] + 1.5 * float(rng.normal()) + tilt
        turn = np.deg2rad(tilt)
        centre = (WIDTH / 2 + x * np.cos(turn) - y * np.sin(turn) + shift[0],
                  HEIGHT / 2 - 60 + x * np.sin(turn) + y * np.cos(turn) + shift[1])
        box = lay(platen, tip, centre, lean)
        if phalanges:
            below = phalanx(tip, touch(seed, Position.RIGHT_THUMB, impression, condition, cache))
            ink = np.flatnonzero((tip < 200).any(axis=1))
            reach = (ink[-1] - tip.shape[0] / 2) + crease + below.shape[0] / 2 - 6
            down = np.deg2rad(lean)
            lay(platen, below, (centre[0] - reach * np.sin(down), centre[1] + reach * np.cos(down)), lean)
        if box is not None:
            truth.append(Truth(position, box, lean))
    return platen, sorted(truth, key=lambda t: t.box[0] + t.box[2] / 2)


def overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """Intersection over union of two boxes."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, w) * max(0, h)
    return common / (a[2] * a[3] + b[2] * b[3] - common)
