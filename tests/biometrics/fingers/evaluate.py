"""How well slaps are cut: right counts, boxes against the truth, hand decisions, over scenarios with known truth.

``python tests/biometrics/fingers/evaluate.py [SEEDS] [CACHE]`` prints the table; the gate in ``test_slaps_gate.py`` asserts it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import platen as lab

from ktpel_kiosk.biometrics import segment
from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position

SCENARIOS: dict[str, dict[str, Any]] = {
    "normal": {},
    "dry": {"condition": "dry"},
    "wet": {"condition": "wet"},
    "dirty": {"condition": "dirty"},
    "partial": {"condition": "partial"},
    "tilt +25": {"tilt": 25.0},
    "tilt -25": {"tilt": -25.0},
    "shifted to the edge": {"shift": (90.0, 60.0)},
    "touching": {"spacing": 0.97},
    "spread": {"spacing": 1.45},
    "second phalanx": {"phalanges": True},
    "phalanx, close crease": {"phalanges": True, "crease": 8.0},
    "phalanx, tilt 20": {"phalanges": True, "tilt": 20.0},
    "phalanx, touching": {"phalanges": True, "spacing": 0.99},
    "phalanx, wet": {"phalanges": True, "condition": "wet"},
}


@dataclass
class Tally:
    """Of one scenario: slaps seen, right counts, boxes' overlap with the truth, hand decisions right, wrong and open, seconds of CPU."""

    slaps: int = 0
    counted: int = 0
    overlaps: list[float] = field(default_factory=list)
    leans: list[float] = field(default_factory=list)
    right: int = 0
    wrong: int = 0
    upside: int = 0
    seconds: float = 0.0


def slaps(name: str, seed: int, cache: str) -> Iterator[tuple[lab.Grey, list[lab.Truth], tuple[Position, ...]]]:
    asked = RIGHT_FOUR if seed % 2 else LEFT_FOUR
    image, truth = lab.hand(seed, asked, cache=cache, **SCENARIOS[name])
    yield image, truth, asked


def judge(tally: Tally, image: lab.Grey, truth: list[lab.Truth], asked: tuple[Position, ...]) -> list[segment.Tip]:
    begin = time.process_time()
    tips = segment.segment(image, len(asked))
    tally.seconds += time.process_time() - begin
    tally.slaps += 1
    if len(tips) != len(truth):
        return tips
    tally.counted += 1
    tally.overlaps += [lab.overlap((t.x, t.y, t.width, t.height), u.box) for t, u in zip(tips, truth, strict=True)]
    tally.leans += [abs(t.angle - u.angle) for t, u in zip(tips, truth, strict=True)]
    if len(asked) == len(tips):
        away, here = ("left", "right") if asked[0].value.startswith("right") else ("right", "left")
        other = tuple(Position(p.value.replace(here, away)) for p in asked)
        good, bad = segment.wrong_hand(tips, asked), segment.wrong_hand(tips, other)
        tally.right += (not good) + bad
        tally.wrong += good + (not bad)
    if tips:
        turned = segment.segment(np.ascontiguousarray(image[::-1, ::-1]), len(asked))
        tally.upside += segment.upside_down(tips) or not segment.upside_down(turned)
    return tips


def run(seeds: range, cache: str = "") -> dict[str, Tally]:
    table = {}
    for name in SCENARIOS:
        tally = table[name] = Tally()
        for seed in seeds:
            for image, truth, asked in slaps(name, seed, cache):
                tips = judge(tally, image, truth, asked)
                if SHOW and len(tips) != len(truth):
                    out = image.copy()
                    for t in tips:
                        cv2.rectangle(out, (t.x, t.y), (t.x + t.width, t.y + t.height), 0, 4)
                    small = cv2.resize(out, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
                    cv2.imwrite(f"{SHOW}/{name.replace(' ', '_')}_{seed}.png", small)
    return table


def three(seeds: range, cache: str = "") -> dict[str, Tally]:
    """One finger of four missing, and known to be (an exception): hand decisions with three."""
    table = {}
    for k, name in enumerate(("index", "middle", "ring", "little")):
        tally = table[f"without {name}"] = Tally()
        for seed in seeds:
            asked = tuple(p for p in (RIGHT_FOUR if seed % 2 else LEFT_FOUR) if not p.value.endswith(name))
            image, truth = lab.hand(seed, asked, k, cache=cache, tilt=float((seed * 7) % 21 - 10))
            judge(tally, image, truth, asked)
    return table


def show(table: dict[str, Tally]) -> None:
    for name, t in table.items():
        boxes, leans = np.array(t.overlaps or [0.0]), np.array(t.leans or [0.0])
        print(f"{name:24s} {t.counted:3d}/{t.slaps:3d}  IoU median {np.median(boxes):.2f} p5 {np.percentile(boxes, 5):.2f}  "
              f"lean p90 {np.percentile(leans, 90):4.1f}  hand {t.right}:{t.wrong}  upside wrong {t.upside}  "
              f"{1000 * t.seconds / t.slaps:.1f} ms", flush=True)


SHOW = ""

if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    folder = sys.argv[2] if len(sys.argv) > 2 else ""
    SHOW = sys.argv[3] if len(sys.argv) > 3 else ""
    show(run(range(1000, 1000 + count), folder))
    show(three(range(1000, 1000 + count), folder))
