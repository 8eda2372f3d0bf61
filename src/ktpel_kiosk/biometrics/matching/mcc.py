"""Minutia Cylinder-Code: what surrounds each minutia as a small cylinder of bits that does not change when the finger turns or moves.

After R. Cappelli, M. Ferrara, D. Maltoni, "Minutia Cylinder-Code: A New Representation and Matching Technique for Fingerprint
Recognition", IEEE TPAMI 32(12), 2010; the names in the comments are the paper's. Cells are bits (its section 3.2), so that a live
image, a card's template and a retained form are compared in exactly the same way. Where a constant is not the paper's, the sharper
one parted genuine from impostor better on MINDTCT minutiae (ADR 0013).

Pixels at 500 ppi, origin top left; angles in units of 360/256 degrees, counter-clockwise. Pure functions, any thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint

F32 = NDArray[np.float32]
I16 = NDArray[np.int16]
U8 = NDArray[np.uint8]
B = NDArray[np.bool_]

RADIUS = 70.0
"""R: pixels of skin around a minutia that its cylinder describes."""

ACROSS = 8
"""N_S: cells along the diameter."""

SECTIONS = 5
"""N_D: cells along the height, 72 degrees each; the paper's 6 says no more and costs a fifth."""

SIGMA_PLACE = 7.0
"""sigma_S in pixels; the paper has 28/3."""

SIGMA_ANGLE = 5 * math.pi / 36
"""sigma_D; the paper has 2 pi / 9."""

INK = 0.005
"""mu_psi: a cell whose accumulated contribution reaches this is 1; the paper has 0.01 for its wider sigmas."""

HULL_MARGIN = 50.0
"""omega: beyond the hull of the minutiae by this much a cell says nothing about the finger."""

LEAST_VALID = 0.75
"""min_VC: share of a cylinder's cells that must lie within the hull."""

LEAST_NEIGHBOURS = 2
"""min_M: minutiae that contribute to a cylinder."""

LEAST_COMMON = 0.6
"""min_ME: share of cells two cylinders must have in common to be compared."""

MOST_TURN = 64
"""delta_theta: 90 degrees; two minutiae that differ by more are not of one finger laid upright."""


def _columns() -> F32:
    """Centres (u, v) of the cell columns inside the circle, pixels along and left of the minutia's direction."""
    line = (np.arange(ACROSS) - (ACROSS - 1) / 2) * (2 * RADIUS / ACROSS)
    u, v = np.meshgrid(line, line, indexing="ij")
    inside = np.hypot(u, v) <= RADIUS
    return np.stack([u[inside], v[inside]], axis=1).astype(np.float32)


def _angle_shares() -> F32:
    """Contribution (256 differences x SECTIONS): mass of a normal deviation that falls into each section."""
    half = math.pi / SECTIONS
    spread = SIGMA_ANGLE * math.sqrt(2)
    table = np.empty((256, SECTIONS), np.float32)
    for difference in range(256):
        for k in range(SECTIONS):
            centre = -math.pi + (k + 0.5) * 2 * half
            off = math.remainder(centre - difference * math.tau / 256, math.tau)
            table[difference, k] = 0.5 * (math.erf((off + half) / spread) - math.erf((off - half) / spread))
    return table


COLUMNS = _columns()
COLUMN_COUNT = len(COLUMNS)
CELL_COUNT = COLUMN_COUNT * SECTIONS
_SHARES = _angle_shares()
_COS, _SIN = (f(np.arange(256) * (math.tau / 256)).astype(np.float32) for f in (np.cos, np.sin))


@dataclass(frozen=True, slots=True)
class Cylinders:
    """The comparable minutiae of one finger, n of them.

    Attributes:
        x, y: pixels; int16, n.
        angle: 0..255; int16, n.
        cells: bits, 0 where invalid; n x CELL_COUNT bool, column by column.
        valid: n x COLUMN_COUNT bool.
    """

    x: I16
    y: I16
    angle: I16
    cells: B
    valid: B

    def __len__(self) -> int:
        return len(self.x)


def nothing() -> Cylinders:
    none = np.zeros(0, np.int16)
    return Cylinders(none, none, none, np.zeros((0, CELL_COUNT), np.bool_), np.zeros((0, COLUMN_COUNT), np.bool_))


def cylinders(points: Sequence[MinutiaPoint]) -> Cylinders:
    """Cylinders of those minutiae that have enough of the finger around them. Points at one place and angle count once."""
    unique = sorted({(m.x, m.y, m.angle) for m in points})
    if len(unique) <= LEAST_NEIGHBOURS:
        return nothing()
    at = np.array(unique, np.float32)
    turns = at[:, 2].astype(np.int16)
    place = at[:, :2]
    c, s = _COS[turns][:, None], _SIN[turns][:, None]
    u, v = COLUMNS[:, 0], COLUMNS[:, 1]
    where = np.stack([place[:, :1] + u * c - v * s, place[:, 1:] - u * s - v * c], axis=2)
    valid = _within(where.reshape(-1, 2), _hull(unique)).reshape(len(unique), COLUMN_COUNT)
    reach = RADIUS + 3 * SIGMA_PLACE
    gap = place[:, None] - place[None]
    neighbours = (gap**2).sum(axis=2) <= reach**2
    np.fill_diagonal(neighbours, False)
    kept = np.flatnonzero((valid.sum(axis=1) >= LEAST_VALID * COLUMN_COUNT) & (neighbours.sum(axis=1) >= LEAST_NEIGHBOURS))
    if not len(kept):
        return nothing()
    middle = place.mean(axis=0)
    cells_at, minutiae_at = where[kept] - middle, place - middle
    off = (cells_at**2).sum(axis=2)[:, :, None] + (minutiae_at**2).sum(axis=1) - 2 * (cells_at @ minutiae_at.T)
    of, column, by = np.nonzero((off <= (3 * SIGMA_PLACE) ** 2) & neighbours[kept][:, None])
    near = np.exp(off[of, column, by] / np.float32(-2 * SIGMA_PLACE**2)) / np.float32(SIGMA_PLACE * math.sqrt(math.tau))
    share = _SHARES[(turns[kept][of] - turns[by]) % 256] * near[:, None]
    ink = np.zeros((len(kept) * COLUMN_COUNT, SECTIONS), np.float32)
    row = of * COLUMN_COUNT + column
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    if len(starts):
        ink[row[starts]] = np.add.reduceat(share, starts, axis=0)
    cells = (ink.reshape(len(kept), COLUMN_COUNT, SECTIONS) >= INK) & valid[kept][:, :, None]
    x, y = (place[kept, i].astype(np.int16) for i in (0, 1))
    return Cylinders(x, y, turns[kept], cells.reshape(len(kept), CELL_COUNT), valid[kept])


def _hull(points: Sequence[tuple[int, int, int]]) -> F32:
    """Corners of the convex hull, in order around it (Andrew's monotone chain)."""
    places = sorted({(x, y) for x, y, _ in points})
    if len(places) < 3:
        return np.array(places, np.float32)

    def chain(order: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        out: list[tuple[int, int]] = []
        for x, y in order:
            while len(out) > 1 and (out[-1][0] - out[-2][0]) * (y - out[-2][1]) <= (out[-1][1] - out[-2][1]) * (x - out[-2][0]):
                out.pop()
            out.append((x, y))
        return out[:-1]

    return np.array(chain(places) + chain(places[::-1]), np.float32)


def _within(where: F32, hull: F32) -> B:
    """Which places lie in the hull or within HULL_MARGIN of it."""
    inside = np.full(len(where), len(hull) > 2)
    near = np.zeros(len(where), np.bool_)
    for (x, y), (ex, ey) in zip(hull.tolist(), (np.roll(hull, -1, axis=0) - hull).tolist(), strict=True):
        dx, dy = where[:, 0] - np.float32(x), where[:, 1] - np.float32(y)
        inside &= ex * dy - ey * dx >= 0
        share = np.clip((dx * ex + dy * ey) / max(ex * ex + ey * ey, 1e-6), 0, 1)
        near |= (dx - share * ex) ** 2 + (dy - share * ey) ** 2 <= HULL_MARGIN**2
    return inside | near


@dataclass(frozen=True, slots=True)
class Comparable:
    """Cylinders as operands of matrix products.

    Attributes:
        found: what they were made of.
        cells: n x CELL_COUNT of 0 and 1.
        valid: n x COLUMN_COUNT of 0 and 1.
        weight: n x COLUMN_COUNT, bits set in each column.
    """

    found: Cylinders
    cells: F32
    valid: F32
    weight: F32

    def __len__(self) -> int:
        return len(self.found)


def comparable(found: Cylinders) -> Comparable:
    cells = found.cells.astype(np.float32)
    return Comparable(found, cells, found.valid.astype(np.float32), cells.reshape(len(found), COLUMN_COUNT, SECTIONS).sum(axis=2))


def likeness(a: Comparable, b: Comparable) -> F32:
    """Similarity 0..1 of every cylinder of ``a`` (rows) with every one of ``b``; 0 where two are not comparable."""
    common = a.valid @ b.valid.T
    of_a = a.weight @ b.valid.T
    of_b = a.valid @ b.weight.T
    apart = np.maximum(of_a + of_b - 2 * (a.cells @ b.cells.T), 0)
    total = np.sqrt(of_a) + np.sqrt(of_b)
    turn = (a.found.angle[:, None] - b.found.angle[None] + 128) % 256 - 128
    fine = (common >= LEAST_COMMON * COLUMN_COUNT) & (np.abs(turn) <= MOST_TURN) & (total > 0)
    return np.where(fine, 1 - np.sqrt(apart) / np.where(total > 0, total, 1), 0).astype(np.float32)
