"""Where the matcher decides, in scores of :func:`relax.score`. Measured on 500 synthetic fingers x 4 normal and 2 dry touches and on the
real live scans; distributions in docs/adr/0013, measured anew by the benchmarks ``accuracy`` and ``identify``."""

from __future__ import annotations

DECISION = 0.7
"""1:1: same finger. Real live scans: worst of 18 genuine pairs 1.46, best of 928 impostors 0.27. Synthetic, normal touch: worst of 3,000
genuine 0.98, best of 40,000 impostors 0.70, 0.01 % above 0.52."""

ALARM = 0.8
"""Same finger twice in one set: up to 45 comparisons a person, and the operator has to stop; no impostor reached it."""

EVIDENCE_FROM = 0.25
"""1:N: below this a finger says nothing (98 in 100 impostors); from here to DECISION its evidence grows from 0 to 1."""

WARN_EVIDENCE = 2.0
"""Evidence of all fingers together from which a person is shown: no single finger gives more than 1. With the impostors' distribution
folded ten times this is 2 false warnings in 10,000 searches among 5,000 persons; 94 in 100 duplicates whose every finger is dry still
reach it, and all that touched normally."""

WARN_EVIDENCE_ANY = 3.0
"""The same when any finger may match any other: the best of ten impostors for each finger, folded alike, gives 2 in 10,000 again."""


def similarity(score: float) -> float:
    """0..1 with 0.5 at DECISION, order kept: s / (s + DECISION)."""
    return score / (score + DECISION) if score > 0 else 0.0
