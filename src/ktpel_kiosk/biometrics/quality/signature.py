"""Is there a signature at all? Refuses empty pads and accidental touches, counts what was lost on the wire.

Pure; any thread. Errors: CaptureFailed ``signature.empty``, ``signature.short``.
"""

from __future__ import annotations

import math
from itertools import pairwise

from ktpel_kiosk.biometrics.ink import strokes
from ktpel_kiosk.domain.biometric import Quality, SignatureKind
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.ports.devices import SignatureCapture

ALGORITHM = "ktpel-signature 1"
LEAST_INK = {SignatureKind.TANDA_TANGAN: 0.12, SignatureKind.GARIS: 0.04, SignatureKind.CAP_JEMPOL: 0.02}
"""Ink length as share of the pad's width below which it was a touch, not a signature."""

LEAST_SPAN = {SignatureKind.TANDA_TANGAN: 0.05, SignatureKind.GARIS: 0.03, SignatureKind.CAP_JEMPOL: 0.01}
LEAST_POINTS = 8
SPIKE = 0.25
"""A jump of this share of the pad between two reports is a dropped report, not ink."""


def assess(capture: SignatureCapture, kind: SignatureKind) -> Quality:
    """Score 0..100: 100 complete, less for every report lost or jumped; measures in shares of the pad."""
    runs = strokes(capture.points)
    if not runs:
        raise CaptureFailed("signature.empty", device_kind="signature")
    length = sum(math.dist((a.x, a.y), (b.x, b.y)) for r in runs for a, b in pairwise(r)) / capture.width
    xs, ys = [p.x for r in runs for p in r], [p.y for r in runs for p in r]
    span = max((max(xs) - min(xs)) / capture.width, (max(ys) - min(ys)) / capture.height)
    if length < LEAST_INK[kind] or span < LEAST_SPAN[kind] or len(xs) < LEAST_POINTS:
        raise CaptureFailed("signature.short", device_kind="signature", value=round(length, 3), limit=LEAST_INK[kind])
    jumps = sum(math.dist((a.x, a.y), (b.x, b.y)) > SPIKE * capture.width for r in runs for a, b in pairwise(r))
    missing = (capture.lost + jumps) / (len(capture.points) + capture.lost)
    touching = min(xs) <= 1 or min(ys) <= 1 or max(xs) >= capture.width - 1 or max(ys) >= capture.height - 1
    hints = (("signature.lost_points",) if missing > 0.02 else ()) + (("signature.at_edge",) if touching else ())
    score = max(0, round(100 * (1 - 4 * missing))) - (10 if touching else 0)
    measures = {"ink": round(length, 3), "span": round(span, 3), "strokes": float(len(runs)), "lost": float(capture.lost)}
    return Quality(ALGORITHM, max(0, score), measures=measures, hints=hints)
