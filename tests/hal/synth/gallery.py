"""Renders contact sheets of the synthetic people into a folder, to look at after a change: ``python gallery.py FOLDER [SEED ...]``."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import EYES, FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position, RawImage
from ktpel_kiosk.hal.simulators.synth.pen import PAD_HEIGHT, PAD_WIDTH
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

CONDITIONS = ("normal", "dry", "wet", "partial", "dirty")


def pixels(image: RawImage) -> np.ndarray:
    if image.channels == 1:
        return np.frombuffer(image.data, dtype=np.uint8).reshape(image.height, image.width)
    return cv2.cvtColor(np.frombuffer(image.data, dtype=np.uint8).reshape(image.height, image.width, 3), cv2.COLOR_RGB2BGR)


def ink(person: SyntheticPerson, impression: int) -> np.ndarray:
    sheet = np.full((PAD_HEIGHT // 16, PAD_WIDTH // 16), 255, dtype=np.uint8)
    points = person.signature(impression)
    for a, b in pairwise(points):
        if a.down and b.down:
            cv2.line(sheet, (a.x, a.y), (b.x, b.y), 25, 1 + a.pressure // 380, cv2.LINE_AA, 4)
    return sheet


def save(folder: Path, name: str, rows: list[list[np.ndarray]], scale: float = 1.0) -> None:
    sheet = np.vstack([np.hstack(row) for row in rows])
    small = cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (folder / f"{name}.png").write_bytes(cv2.imencode(".png", small)[1].tobytes())


def main(folder: Path, seeds: list[int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    people = [SyntheticPerson(s, 1955 + s * 7 % 53, "LP"[s % 2]) for s in seeds]
    save(folder, "portraits", [[pixels(p.portrait(latar)) for p in people] for latar in ("merah", "biru")], 0.4)
    save(folder, "frames", [[pixels(people[0].camera_frame("merah", t)) for t in (0.0, 1.5)],
                            [pixels(people[1].camera_frame("biru", t)) for t in (0.0, 1.5)]], 0.6)
    save(folder, "fingers", [[pixels(p.finger(f)) for f in FINGERS[:5]] for p in people[:3]], 0.7)
    save(folder, "conditions", [[pixels(people[0].finger(f, condition=c)) for f in FINGERS[:4]] for c in CONDITIONS], 0.6)
    save(folder, "slaps", [[pixels(people[0].slap(g)) for g in (LEFT_FOUR, RIGHT_FOUR, THUMBS)]], 0.4)
    save(folder, "irises", [[pixels(p.iris(e, i)) for e in EYES for i in (0, 1)] for p in people[:3]], 0.6)
    save(folder, "signatures", [[ink(p, i) for i in (0, 1)] for p in people], 0.7)
    one = pixels(people[0].finger(Position.RIGHT_INDEX))
    save(folder, "finger-close", [[one]], 2.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(s) for s in sys.argv[2:]] or [1, 2, 3, 4, 5, 6])
