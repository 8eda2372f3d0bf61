"""Gate: rates of right counts, hand decisions and boxes over many synthetic hands. Print the table with ``evaluate.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import evaluate
import platen as lab

from ktpel_kiosk.biometrics.segment import seems_missing, segment
from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR

SEEDS = range(1000, 1024)


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_full_slaps(tmp_path_factory: pytest.TempPathFactory) -> None:
    table = evaluate.run(SEEDS, str(tmp_path_factory.mktemp("prints")))
    evaluate.show(table)
    whole = [t for name, t in table.items() if name not in ("partial", "dirty")]
    slaps, counted = sum(t.slaps for t in whole), sum(t.counted for t in whole)
    assert counted >= 0.99 * slaps
    assert sum(t.right for t in whole) >= 0.99 * 2 * counted
    assert np.median([o for t in whole for o in t.overlaps]) >= 0.8
    assert np.percentile([o for t in whole for o in t.overlaps], 5) >= 0.7
    assert sum(t.upside for t in whole) <= 0.02 * slaps


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_three_fingers(tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = str(tmp_path_factory.mktemp("prints"))
    table = evaluate.three(SEEDS, cache)
    evaluate.show(table)
    assert sum(t.counted for t in table.values()) >= 0.99 * sum(t.slaps for t in table.values())
    named = right = 0
    for k, name in enumerate(("index", "middle", "ring", "little")):
        for seed in SEEDS:
            four = RIGHT_FOUR if seed % 2 else LEFT_FOUR
            image, _truth = lab.hand(seed, tuple(p for p in four if not p.value.endswith(name)), k, cache=cache, tilt=float(seed % 21 - 10))
            guess = seems_missing(segment(image, 4), four)
            named += guess is not None
            right += guess is not None and guess.value.endswith(name)
    assert named >= 0.9 * 4 * len(SEEDS)
    assert right >= 0.99 * named
