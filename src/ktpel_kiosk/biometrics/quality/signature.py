"""Is there a signature at all? Refuses empty pads, taps and accidental touches; mentions stray strokes; counts what was lost on the wire.

Nothing is ever taken out of the series: a stroke that looks accidental gives a hint, and only the rest is asked whether it is a signature.
Pure; any thread. Errors: CaptureFailed ``signature.empty``, ``signature.short``, ``signature.taps``, ``signature.line``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ktpel_kiosk.biometrics.ink import strokes
from ktpel_kiosk.domain.biometric import PenPoint, Quality, SignatureKind
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.ports.devices import SignatureCapture

ALGORITHM = "ktpel-signature 2"
LEAST_INK = {SignatureKind.TANDA_TANGAN: 0.12, SignatureKind.GARIS: 0.04, SignatureKind.CAP_JEMPOL: 0.02}
"""Ink length as share of the pad's width below which it was a touch, not a signature."""

LEAST_SPAN = {SignatureKind.TANDA_TANGAN: 0.05, SignatureKind.GARIS: 0.03, SignatureKind.CAP_JEMPOL: 0.01}
LEAST_STROKE = {SignatureKind.TANDA_TANGAN: 0.03, SignatureKind.GARIS: 0.025, SignatureKind.CAP_JEMPOL: 0.0}
"""Size of the largest stroke, in shares of the pad, below which there were only taps."""

LEAST_POINTS = 8
SPIKE = 0.25
"""A jump of this share of the pad between two reports is a dropped report, not ink."""

STRAIGHT = 0.985
"""Chord over length from which one stroke alone is a line; the mark of who cannot write, not a signature."""

TOUCH = 0.02
"""Size of a dot, in shares of the pad. Dots of letters are as small but lie close to the rest."""

REST_SIZE, REST_S = 0.06, 0.35
"""A hand that rests: a small blot that took this long (seconds)."""

APART = 0.10
"""Distance from all other ink, in shares of the pad, from which a dot, a blot or a line does not belong to it."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One pen-down run in shares of the pad's width: box, path length, chord, seconds."""

    left: float
    top: float
    right: float
    bottom: float
    length: float
    chord: float
    seconds: float

    @property
    def size(self) -> float:
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def straight(self) -> bool:
        return self.chord > STRAIGHT * self.length


def assess(capture: SignatureCapture, kind: SignatureKind) -> Quality:
    """Score 0..100: 100 complete, less for every jump, at the edge, with stray strokes. Lost reports refuse it: nobody can tell what they
    held.

    Measures in shares of the pad: ``ink`` and ``span`` of what counts, ``strokes``, ``stray``, ``lost`` (counts), ``seconds``.
    """
    runs = strokes(capture.points)
    if not runs:
        raise CaptureFailed("signature.empty", device_kind="signature")
    measured = [_stroke(r, capture.width) for r in runs]
    stray = _stray(measured)
    kept = [s for i, s in enumerate(measured) if i not in stray]
    length = sum(s.length for s in kept)
    width, height = max(s.right for s in kept) - min(s.left for s in kept), max(s.bottom for s in kept) - min(s.top for s in kept)
    span = max(width, height * capture.width / capture.height)
    count = sum(len(r) for i, r in enumerate(runs) if i not in stray)
    _require(kind, kept, length, span, count)
    if capture.lost:
        raise CaptureFailed("signature.lost_points", device_kind="signature", count=capture.lost)
    jumps = sum(math.dist((a.x, a.y), (b.x, b.y)) > SPIKE * capture.width for r in runs for a, b in pairwise(r))
    missing = jumps / len(capture.points)
    xs, ys = [p.x for r in runs for p in r], [p.y for r in runs for p in r]
    touching = min(xs) <= 1 or min(ys) <= 1 or max(xs) >= capture.width - 1 or max(ys) >= capture.height - 1
    hints = (
        (("signature.lost_points",) if missing > 0.02 else ())
        + (("signature.at_edge",) if touching else ())
        + (("signature.stray",) if stray else ())
    )
    score = round(100 * (1 - 4 * missing)) - (10 if touching else 0) - (20 if stray else 0)
    down = [p.t_ms for r in runs for p in r]
    measures = {
        "ink": round(length, 3),
        "span": round(span, 3),
        "strokes": float(len(runs)),
        "stray": float(len(stray)),
        "lost": float(capture.lost),
        "seconds": round((max(down) - min(down)) / 1000, 2),
    }
    return Quality(ALGORITHM, max(0, score), measures=measures, hints=hints)


def _require(kind: SignatureKind, kept: Sequence[Stroke], length: float, span: float, count: int) -> None:
    if length < LEAST_INK[kind] or span < LEAST_SPAN[kind] or count < LEAST_POINTS:
        raise CaptureFailed("signature.short", device_kind="signature", value=round(length, 3), limit=LEAST_INK[kind])
    if max(s.size for s in kept) < LEAST_STROKE[kind]:
        raise CaptureFailed("signature.taps", device_kind="signature", count=len(kept))
    if kind is SignatureKind.TANDA_TANGAN:
        drawn = [s for s in kept if s.size > TOUCH]
        if len(drawn) == 1 and drawn[0].straight:
            raise CaptureFailed("signature.line", device_kind="signature")


def _stroke(run: Sequence[PenPoint], width: int) -> Stroke:
    xs, ys = [p.x / width for p in run], [p.y / width for p in run]
    length = sum(math.dist((a.x, a.y), (b.x, b.y)) for a, b in pairwise(run)) / width
    chord = math.dist((xs[0], ys[0]), (xs[-1], ys[-1]))
    return Stroke(min(xs), min(ys), max(xs), max(ys), length, chord, (run[-1].t_ms - run[0].t_ms) / 1000)


def _stray(found: Sequence[Stroke]) -> set[int]:
    """Strokes that are apart from all others and look like a touch, a resting hand, or a line of a sleeve; the largest never is (a curve
    before a line)."""
    largest = max(range(len(found)), key=lambda i: found[i].size * (0.3 if found[i].straight else 1.0))
    stray: set[int] = set()
    for i, s in sorted(enumerate(found), key=lambda item: item[1].length):
        others = [o for j, o in enumerate(found) if j != i and j not in stray]
        if i == largest or not others or min(_gap(s, o) for o in others) < APART:
            continue
        dot, rest = s.size < TOUCH, s.size < REST_SIZE and s.seconds > REST_S
        if dot or rest or s.straight:
            stray.add(i)
    return stray


def _gap(a: Stroke, b: Stroke) -> float:
    """Distance of two boxes; 0 when they overlap."""
    dx = max(a.left - b.right, b.left - a.right, 0.0)
    dy = max(a.top - b.bottom, b.top - a.bottom, 0.0)
    return math.hypot(dx, dy)
