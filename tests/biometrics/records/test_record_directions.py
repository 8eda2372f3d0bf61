"""MINDTCT's minutiae in ISO/IEC 19794-2 terms: kind and direction of an ending and of a bifurcation whose truth is drawn, four ways up."""

from __future__ import annotations

import numpy as np
import pytest
from bio_samples import finger_png
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.nbis_engine import NbisEngine
from ktpel_kiosk.biometrics.records import fmr

ENGINE = NbisEngine()
UP, LEFT, DOWN, RIGHT = 64, 128, 192, 0


def _one_ridge_more_above(kind: int) -> NDArray[np.uint8]:
    """Upright dark ridges, 400 x 400, one more above the middle than below: it ends there, or it joins its neighbour there."""
    y, x = np.mgrid[0:400, 0:400].astype(float)
    phase = 0.0 if kind == fmr.ENDING else np.pi
    return np.asarray(127 - 110 * np.cos(2 * np.pi * x / 9 + np.arctan2(y - 200, x - 200) + phase), np.uint8)


def _ridges(row: NDArray[np.uint8]) -> int:
    dark = row < 127
    return int(np.count_nonzero(dark[1:] & ~dark[:-1]))


@pytest.mark.parametrize("kind", [fmr.ENDING, fmr.BIFURCATION])
def test_the_drawing_is_what_it_says(kind: int) -> None:
    image = _one_ridge_more_above(kind)
    assert _ridges(image[192]) == _ridges(image[208]) + 1
    # Straight above the point lies the ridge that ends, or the valley between the two that join.
    assert (image[185:195, 200] < 127).all() == (kind == fmr.ENDING)
    assert (image[185:195, 200] > 127).all() == (kind == fmr.BIFURCATION)


@pytest.mark.parametrize("kind", [fmr.ENDING, fmr.BIFURCATION])
@pytest.mark.parametrize(("turns", "direction"), [(0, UP), (1, LEFT), (2, DOWN), (3, RIGHT)])
def test_ending_points_along_its_ridge_and_bifurcation_into_its_valley(kind: int, turns: int, direction: int) -> None:
    if ENGINE.failure():
        pytest.skip(f"nbis-py not usable: {ENGINE.failure()}")
    image = np.ascontiguousarray(np.rot90(_one_ridge_more_above(kind), turns))
    (found,) = ENGINE.extract(finger_png(image), 400, 400, quality=False).points
    assert found.kind == kind
    assert (found.angle - direction + 128) % 256 - 128 in range(-4, 5)
    assert abs(found.x - 200) <= 4
    assert abs(found.y - 200) <= 4
    record = fmr.MinutiaeRecord(400, 400, (fmr.FingerView(1, (found,)),))
    assert fmr.decode(fmr.encode(record)).views[0].minutiae == (found,)
