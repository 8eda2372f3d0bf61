"""Where the matcher decides. Every number was measured; docs/adr/0013 has the distributions and ``benchmarks/bench_accuracy.py``,
``bench_identify.py`` print them anew. Scores are those of :func:`relax.score`."""

from __future__ import annotations

DECISION = 0.7
ALARM = 0.8
EVIDENCE_FROM = 0.3
WARN_EVIDENCE = 1.5


def similarity(score: float) -> float:
    """0..1 with 0.5 at DECISION, order kept: s / (s + DECISION)."""
    return score / (score + DECISION) if score > 0 else 0.0
