"""The picture of a pen series: smooth strokes, thicker where pressed harder and drawn slower.

Everything with the pen down is drawn: a picture that left strokes out would not show what was signed. Any thread; about 15 ms.
Error: BadInput ``signature.empty``.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.images import Grey, encode_png, from_array
from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import SignatureCapture

PNG_WIDTH, PNG_MARGIN = 800, 24
FINE = 3
"""Drawn this many times larger and then averaged down."""

LEAST, MOST = 2.0, 9.0
"""Width of the line in pixels of the picture, light and hard pressure: a ball pen makes 0.7 mm, a signature is some 60 mm wide."""

FAST = 0.3
"""Share of its width that a line loses at the writer's greatest speed."""

STEP = 2.0
"""Pixels between the dabs of the brush, on the enlarged canvas."""

MOST_DABS = 60_000

Path = NDArray[np.float64]


def strokes(points: Sequence[PenPoint]) -> list[list[PenPoint]]:
    """Runs of points with the pen down, in order."""
    found: list[list[PenPoint]] = []
    down = False
    for p in points:
        if p.down:
            if not down:
                found.append([])
            found[-1].append(p)
        down = p.down
    return found


def ink_png(capture: SignatureCapture) -> bytes:
    """Black ink on white, cut to the ink with a margin, at most 800 x 400 px."""
    runs = strokes(capture.points)
    if not runs:
        raise BadInput("signature.empty")
    return encode_png(from_array(_drawn(runs)))


def _drawn(runs: list[list[PenPoint]]) -> Grey:
    xs, ys = [p.x for r in runs for p in r], [p.y for r in runs for p in r]
    left, top, span_x, span_y = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    scale = min((PNG_WIDTH - 2 * PNG_MARGIN) / max(span_x, 1), (PNG_WIDTH / 2 - 2 * PNG_MARGIN) / max(span_y, 1))
    width, height = round(span_x * scale) + 2 * PNG_MARGIN, round(span_y * scale) + 2 * PNG_MARGIN
    canvas = np.full((height * FINE, width * FINE), 255, np.uint8)
    most = max(p.pressure for r in runs for p in r)
    for run in runs:
        path = np.array([(p.x, p.y, p.pressure, p.t_ms) for p in run], float)
        path[:, 0] = ((path[:, 0] - left) * scale + PNG_MARGIN) * FINE
        path[:, 1] = ((path[:, 1] - top) * scale + PNG_MARGIN) * FINE
        for x, y, radius in _dabs(path, most):
            cv2.circle(canvas, (int(x * 16), int(y * 16)), int(radius * 16), 0, -1, cv2.LINE_8, 4)
    return np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _dabs(path: Path, most: float) -> Path:
    """(n, 3) centre and radius of every dab along one stroke, on the enlarged canvas."""
    pressure = _calm(path[:, 2] / most)
    widths = LEAST + (MOST - LEAST) * pressure**0.8
    if len(path) > 2:
        length = np.hypot(np.gradient(path[:, 0]), np.gradient(path[:, 1]))
        speed = _calm(length / np.maximum(np.gradient(path[:, 3]), 1.0))
        widths *= 1 - FAST * np.clip(speed / max(float(np.percentile(speed, 95)), 1e-6), 0, 1)
    nodes = np.column_stack([path[:, :2], widths * FINE / 2])
    if len(nodes) == 1:
        return nodes
    dabs = []
    before = np.vstack([nodes[:1], nodes, nodes[-1:]])
    budget = MOST_DABS
    for a, b, c, d in zip(before, before[1:], before[2:], before[3:], strict=False):
        count = min(budget, int(np.hypot(c[0] - b[0], c[1] - b[1]) / STEP) + 1)
        budget -= count
        t = np.arange(count)[:, None] / max(count, 1)
        # Catmull-Rom through b and c; a and d give the direction.
        dabs.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    curve = np.vstack([*dabs, nodes[-1:]])
    curve[:, 2] = np.clip(curve[:, 2], LEAST * FINE / 4, MOST * FINE / 2)
    return np.asarray(curve)


def _calm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over five reports; pads report pressure in coarse steps."""
    if len(values) < 5:
        return values
    wide = np.concatenate([values[:1].repeat(2), values, values[-1:].repeat(2)])
    return np.asarray(np.convolve(wide, np.full(5, 0.2), mode="valid"))
