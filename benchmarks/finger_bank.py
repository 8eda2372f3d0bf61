"""Minutiae of synthetic fingers for the benchmarks ``accuracy`` and ``identify``, made once and kept in a cache folder.

50 persons x 10 fingers from the simulators' own generator, each touched on different days: twice normally, once with part of the tip,
once dry. MINDTCT finds the minutiae. The first run grows 500 master prints (minutes); later ones read the cache, whose name carries a
digest of the generator's source, so that a changed generator is never measured by old prints.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

FIRST, PERSONS = 7000, 50
TOUCHES: tuple[tuple[str, str, int], ...] = (
    ("normal", "normal", 0), ("again", "normal", 1), ("partial", "partial", 2), ("dry", "dry", 3),
)
"""Name, condition and impression number of each touch."""

Bank = dict[tuple[int, Any], dict[str, Any]]
"""(person, position) -> touch -> minutiae of the whole image, best 150 as MINDTCT gives them."""


def folder() -> Path:
    made = Path(os.environ.get("KTPEL_BENCH_CACHE", Path(tempfile.gettempdir()) / "ktpel-bench"))
    made.mkdir(parents=True, exist_ok=True)
    return made


def source_digest(*also: str) -> str:
    """Of the generator's source, and of other modules (by path within the package) that a cached thing depends on."""
    import ktpel_kiosk

    here = Path(ktpel_kiosk.__file__).parent
    digest = hashlib.sha256()
    for name in (*(f"hal/simulators/synth/{n}.py" for n in ("noise", "ridges", "fingers")), *also):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:12]


def _person(cache: str, seed: int) -> Bank:
    import cv2

    from ktpel_kiosk.biometrics import images
    from ktpel_kiosk.biometrics.nbis_engine import NbisEngine
    from ktpel_kiosk.domain.biometric import FINGERS
    from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

    cv2.setNumThreads(1)
    engine, person, made = NbisEngine(), SyntheticPerson(seed, cache_dir=cache), {}
    for position in FINGERS:
        touched = {}
        for name, condition, impression in TOUCHES:
            image = person.finger(position, impression, condition=condition)
            touched[name] = engine.extract(images.encode_png(image), image.width, image.height, quality=False).points
        made[seed, position] = touched
    return made


def bank(persons: int = PERSONS) -> Bank:
    """The fingers of the first ``persons`` persons."""
    at = folder() / f"minutiae-{source_digest()}"
    at.mkdir(exist_ok=True)
    missing = [s for s in range(FIRST, FIRST + persons) if not (at / f"{s}.pickle").exists()]
    if missing:
        print(f"growing {len(missing) * 10} synthetic fingers into {at}", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(2) as pool:
            for made in pool.map(partial(_person, str(folder())), missing):
                seed = next(iter(made))[0]
                part = at / f"{seed}.part"
                part.write_bytes(pickle.dumps(made))
                part.replace(at / f"{seed}.pickle")
    found: Bank = {}
    for seed in range(FIRST, FIRST + persons):
        found.update(pickle.loads((at / f"{seed}.pickle").read_bytes()))  # noqa: S301  our own file of the line above
    return found
