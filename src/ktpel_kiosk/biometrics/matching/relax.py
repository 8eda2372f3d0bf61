"""Local similarity sort with relaxation: which pairs of minutiae agree with the others about how the finger lies, and how strongly.

The pairs' compatibility is that of Cappelli, Ferrara, Maltoni 2010, section 4.2 (LSS-R). Two things are not: each minutia takes part
in one pair only, and the relaxation runs to its fixed point, whose eigenvalue (how many pairs stand together, weighed by their
likeness) is the score. The paper's mean over the best dozen pairs does not tell a dozen from forty; see ADR 0013 for both measured
side by side. Pure functions, any thread.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.matching.mcc import F32, Comparable, Cylinders, likeness

ROUNDS = 8
"""Rounds of relaxation; the eigenvalue stands to three digits by then."""

PLACE_AT, PLACE_SLOPE = 5.0, -1.6
"""mu_1, tau_1: pixels by which two distances may differ."""

STRETCH = 0.02
"""Besides, by this share of the distance: skin is elastic, and far minutiae drift more than near ones."""

ANGLE_AT, ANGLE_SLOPE = math.pi / 12, -30.0
"""mu_2 = mu_3, tau_2 = tau_3: radians by which two directions may differ."""

CANDIDATES = 6
"""Best pairs looked at for each pair taken."""

I64 = NDArray[np.int64]
_STEP = math.tau / 256


def score(a: Comparable, b: Comparable) -> float:
    """How strongly two fingers agree, 0 .. about the root of the number of minutiae; order of the two does not matter."""
    if len(a) < 2 or len(b) < 2:
        return 0.0
    alike = likeness(a, b)
    rows, columns = best_pairs(alike, min(len(a), len(b)))
    if len(rows) < 2:
        return 0.0
    return support(a.found, b.found, rows, columns, alike[rows, columns]) / math.sqrt(min(len(a), len(b)))


def best_pairs(alike: F32, count: int) -> tuple[I64, I64]:
    """Up to ``count`` pairs (row, column) of positive likeness, most alike first, no row and no column twice."""
    flat = alike.ravel()
    few = min(len(flat), count * CANDIDATES)
    best = np.argpartition(flat, len(flat) - few)[len(flat) - few :]
    best = best[flat[best] > 0]
    rows, columns = best // alike.shape[1], best % alike.shape[1]
    order = np.lexsort((rows + columns, -flat[best]))
    used_rows, used_columns, taken = set(), set(), []
    for at, row, column in zip(order.tolist(), rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
            taken.append(at)
    kept = np.array(taken[:count], np.int64)
    return rows[kept], columns[kept]


def support(a: Cylinders, b: Cylinders, rows: I64, columns: I64, alike: F32) -> float:
    """Largest eigenvalue of the pairs' agreement, weighed by their likeness: the size of the strongest group that stands together."""
    weight = np.sqrt(alike)
    heard = agreement(a, b, rows, columns) * weight[:, None] * weight[None]
    value = alike
    for _ in range(ROUNDS):
        value = heard @ value
        size = float(np.sqrt(value @ value))
        if size < 1e-9:
            return 0.0
        value = value / np.float32(size)
    return float(value @ heard @ value)


def agreement(a: Cylinders, b: Cylinders, rows: I64, columns: I64) -> F32:
    """rho: 0..1 for every two pairs, how well they fit one and the same movement of the finger; 0 on the diagonal, symmetric."""
    far_a, turn_a, seen_a = _relations(a, rows)
    far_b, turn_b, seen_b = _relations(b, columns)
    apart = np.abs(far_a - far_b) - np.float32(STRETCH / 2) * (far_a + far_b)
    out = _sigmoid(apart, PLACE_AT, PLACE_SLOPE) * _sigmoid(_turn(turn_a, turn_b), ANGLE_AT, ANGLE_SLOPE)
    seen = _sigmoid(_turn(seen_a, seen_b), ANGLE_AT, ANGLE_SLOPE)
    out *= np.sqrt(seen * seen.T)
    np.fill_diagonal(out, 0)
    return np.asarray(out, np.float32)


def _relations(f: Cylinders, chosen: I64) -> tuple[F32, F32, F32]:
    """Distance, difference of directions and bearing seen from each chosen minutia to each other one."""
    x, y = f.x[chosen].astype(np.float32), f.y[chosen].astype(np.float32)
    angle = f.angle[chosen].astype(np.float32) * np.float32(_STEP)
    dx, dy = x[None] - x[:, None], y[None] - y[:, None]
    return np.hypot(dx, dy), angle[:, None] - angle[None], angle[:, None] - np.arctan2(-dy, dx)


def _turn(p: F32, q: F32) -> F32:
    turn = np.abs(p - q) % np.float32(math.tau)
    return np.asarray(np.minimum(turn, np.float32(math.tau) - turn), np.float32)


def _sigmoid(value: F32, at: float, slope: float) -> F32:
    return np.asarray(1 / (1 + np.exp(np.minimum(-slope * (value - at), 60))), np.float32)
