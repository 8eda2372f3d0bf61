"""Synthetic signatures: a cursive scribble as a signature pad reports it.

Handwriting as two coupled oscillations carried to the right (Hollerbach 1981): every letter is one cycle with its own
height, width and slant. The first letter is a capital, the end may be underlined. Speed falls in tight turns and the
pen presses harder when it is slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.hal.simulators.synth.noise import stream

PAD_WIDTH, PAD_HEIGHT = 9600, 6000
RATE = 200
"""Reports per second."""

Path = NDArray[np.float64]


def moved(path: Path, dx: float, dy: float) -> Path:
    return np.asarray(path + np.array([dx, dy]))


@dataclass(frozen=True, slots=True)
class Hand:
    """What stays the same from one signature of a person to the next; one entry per letter where arrays."""

    heights: NDArray[np.float64]
    widths: NDArray[np.float64]
    lifts: NDArray[np.float64]
    slant: float
    shear: float
    rise: float
    flourish: str
    breaks: int
    letter_s: float


def hand_of(seed: int) -> Hand:
    rng = stream(seed, "hand-writing")
    letters = int(rng.integers(5, 9))
    heights = np.where(rng.random(letters) < 0.28, rng.uniform(1.7, 2.4, letters), rng.uniform(0.55, 1.05, letters))
    lifts = np.where(rng.random(letters) < 0.2, rng.uniform(-1.1, -0.6, letters), rng.normal(0, 0.06, letters))
    heights[0], lifts[0] = rng.uniform(2.6, 3.4), rng.uniform(-0.2, 0.2)
    widths = rng.uniform(0.55, 1.25, letters)
    widths[0] = rng.uniform(1.3, 1.9)
    return Hand(heights, widths, lifts, float(rng.uniform(0.6, 2.5)), float(rng.uniform(0.1, 0.6)),
                float(rng.uniform(-0.02, 0.14)),
                str(rng.choice(["underline", "tail", "loop", "none"], p=[0.4, 0.3, 0.2, 0.1])), int(rng.integers(0, 2)),
                float(rng.uniform(0.15, 0.22)))


def body(hand: Hand, rng: np.random.Generator) -> Path:
    """The written name as a dense curve in letter units, y upwards."""
    letters = len(hand.heights)
    phase = np.linspace(0, letters, letters * 60, endpoint=False)
    knots = np.arange(letters) + 0.5

    def along(values: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
        return np.asarray(np.interp(phase, knots, values * (1 + rng.normal(0, spread, letters))))

    height, width, lift = along(hand.heights, 0.04), along(hand.widths, 0.04), along(hand.lifts, 0.04)
    angle = 2 * np.pi * phase
    carried = np.cumsum(width) / 60
    x = carried + 0.36 * width * np.cos(angle + hand.slant)
    y = height * 0.5 * (1 - np.cos(angle)) + lift
    return np.stack([x + hand.shear * y, y + hand.rise * carried], axis=1)


def flourish(hand: Hand, written: Path, rng: np.random.Generator) -> tuple[Path, bool]:
    """The last movement and whether it continues the written line."""
    end, left, right = written[-1], written[:, 0].min(), written[:, 0].max()
    k = np.linspace(0, 1, 90)[:, None]
    wobble = 1 + float(rng.normal(0, 0.04))
    span = right - left
    if hand.flourish == "underline":
        a, b = np.array([right * 0.98, -0.9]), np.array([left + 0.15 * span, -1.25 * wobble])
        c, d = np.array([left - 0.1 * span, -1.9]), np.array([right + 0.22 * span * wobble, -0.75])
        return bezier(a, b, c, d, k), False
    if hand.flourish == "tail":
        return bezier(end, moved(end, 0.9, -1.4), moved(end, -0.7 * span, -1.9 * wobble), moved(end, 0.35 * span, -0.6), k), True
    if hand.flourish == "loop":
        return bezier(end, moved(end, 1.9 * wobble, 2.6), moved(end, -2.4, 2.4), moved(end, 1.6, -0.5), k), True
    return np.zeros((0, 2)), True


def bezier(a: Path, b: Path, c: Path, d: Path, k: Path) -> Path:
    return np.asarray(a * (1 - k) ** 3 + 3 * b * k * (1 - k) ** 2 + 3 * c * k**2 * (1 - k) + d * k**3)


def timed(path: Path, duration: float) -> Path:
    """The curve sampled at ``RATE`` with slow turns and soft ends."""
    delta = np.gradient(path, axis=0)
    length = np.hypot(delta[:, 0], delta[:, 1]) + 1e-9
    heading = np.unwrap(np.arctan2(delta[:, 1], delta[:, 0]))
    bend = np.abs(np.gradient(heading)) / length
    pace = 1 / (0.35 + np.minimum(bend, 12) ** (1 / 3))
    ends = np.minimum(np.arange(len(path)), np.arange(len(path))[::-1]) / 14
    pace = np.convolve(pace, np.ones(9) / 9, mode="same") * np.clip(0.3 + ends, 0, 1)
    when = np.cumsum(length / pace)
    when = (when - when[0]) / (when[-1] - when[0]) * duration
    ticks = np.arange(0, duration, 1 / RATE)
    return np.stack([np.interp(ticks, when, path[:, 0]), np.interp(ticks, when, path[:, 1])], axis=1)


def signature_points(seed: int, impression: int) -> tuple[PenPoint, ...]:
    """Pen reports of one signature, pad units, origin top left; hovering between strokes has pressure 0."""
    hand, rng = hand_of(seed), stream(seed, "signature", impression)
    written = body(hand, rng)
    last, joined = flourish(hand, written, rng)
    cut = 60 * (1 if hand.breaks else 0)
    strokes = [written[:cut], written[cut:]] if cut else [written]
    if len(last):
        strokes = [*strokes[:-1], np.concatenate([strokes[-1], last[1:]])] if joined else [*strokes, last]
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    scale = min(PAD_WIDTH * rng.uniform(0.58, 0.66) / (high[0] - low[0]), PAD_HEIGHT * 0.6 / (high[1] - low[1]))
    middle, shift = (low + high) / 2, rng.normal(0, 130, 2)
    return reports([(s - middle) * [scale, -scale] + (PAD_WIDTH / 2, PAD_HEIGHT / 2) + shift for s in strokes], hand, rng)


def reports(strokes: list[Path], hand: Hand, rng: np.random.Generator) -> tuple[PenPoint, ...]:
    out: list[PenPoint] = []
    firm = float(rng.normal(560, 30))
    sampled = [timed(s, max(0.28, len(s) / 60 * hand.letter_s * float(rng.normal(1, 0.04)))) for s in strokes]
    speeds = [np.hypot(*np.gradient(points, axis=0).T) for points in sampled]
    fastest = float(np.percentile(np.concatenate(speeds), 95))
    for points, speed in zip(sampled, speeds, strict=True):
        if out:
            start = np.array([out[-1].x, out[-1].y], dtype=np.float64)
            for part in np.linspace(0, 1, 18)[1:-1]:
                hover = start + (points[0] - start) * part
                out.append(report(hover, 0.0, len(out)))
        ramp = np.clip(np.minimum(np.arange(1, len(points) + 1), np.arange(len(points), 0, -1)) / 7, 0, 1)
        press = (firm * (1.28 - 0.6 * np.minimum(speed / fastest, 1.2)) + rng.normal(0, 6, len(points))) * ramp
        tick = len(out)
        out += [report(p, max(20.0, float(w)), tick + i) for i, (p, w) in enumerate(zip(points, press, strict=True))]
    return tuple(out)


def report(at: Path, pressure: float, tick: int) -> PenPoint:
    return PenPoint(int(np.clip(at[0], 0, PAD_WIDTH - 1)), int(np.clip(at[1], 0, PAD_HEIGHT - 1)),
                    int(np.clip(pressure, 0, 1023)),
                    tick * 1000 // RATE)
