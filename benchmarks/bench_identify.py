"""1:N among 50,000 retained fingers (5,000 persons x 10) by finger position, beside a plain NumPy loop; true mates must come first.

The gallery. Growing 50,000 synthetic prints would take hours, so it is made of two parts, and both are said here:

- the 15 probe persons' mates are real extractions: MINDTCT minutiae of a first touch, made from the generator's images;
- the other 4,985 persons are mixed on the level of minutiae: a finger takes one side of a line from one extracted finger and the
  other side from another finger of the same position (35 source persons, none of them a probe), is warped elastically (about 12 px),
  turned, thinned by a tenth and given a few strange minutiae. Density, direction flow and quality stay those of extracted fingers;
  no probe finger's part is in it. It is easier than 5,000 real persons in that sources repeat, and harder in that nothing is blurred away.

The probes are other touches of the 15 persons: a normal one, and a dry one. The whole search is measured: blobs in, ranked list out.
Baseline: the plain loop decodes each retained finger of the position and runs the full comparison, one after another; measured on
2,000 fingers and scaled. CPU time over two cores, so that a busy machine does not change the figure. All false warnings are counted.
"""

from __future__ import annotations

import itertools
import math
import os
import pickle
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import finger_bank
import numpy as np

PERSONS = 5_000
PROBES = 15
CHUNK = 400
CORES = 2
LIMIT_S = 3.0
LOOP = 2_000


def mixed(one: Any, other: Any, rng: np.random.Generator) -> list[Any]:
    """Minutiae of a finger that nobody has: two halves, warped."""
    from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint

    angle = rng.uniform(0, math.tau)
    ax, ay = math.cos(angle), math.sin(angle)
    parts = []
    for points, side in ((one, 1), (other, -1)):
        at = np.array([(m.x, m.y, m.angle, m.quality, m.kind) for m in points], float)
        middle = np.median(at[:, :2], axis=0)
        parts.append(at[((at[:, 0] - middle[0]) * ax + (at[:, 1] - middle[1]) * ay) * side > 0])
    at = np.concatenate(parts)
    at = at[rng.random(len(at)) > 0.1]
    strange = at[rng.integers(0, len(at), max(1, len(at) // 12))].copy()
    strange[:, :2] += rng.uniform(-40, 40, (len(strange), 2))
    strange[:, 2] = rng.uniform(0, 256, len(strange))
    at = np.concatenate([at, strange])
    wave, phase, size = rng.uniform(0.006, 0.014, (2, 2)), rng.uniform(0, math.tau, 2), rng.uniform(6, 13, 2)
    for k in (0, 1):
        at[:, k] += size[k] * np.sin(at[:, :2] @ wave[k] * math.tau / 2 + phase[k])
    turn = rng.normal(0, 0.06)
    x, y = at[:, 0] - 200, at[:, 1] - 250
    at[:, 0], at[:, 1] = 200 + x * math.cos(turn) + y * math.sin(turn), 250 - x * math.sin(turn) + y * math.cos(turn)
    at[:, 2] += turn * 256 / math.tau + rng.normal(0, 2, len(at))
    return [MinutiaPoint(int(k), max(0, int(x)), max(0, int(y)), int(a) % 256, int(q)) for x, y, a, q, k in at]


def form_of(points: Any) -> bytes:
    from ktpel_kiosk.biometrics.match import RETAINED_MINUTIAE
    from ktpel_kiosk.biometrics.matching import form, mcc
    from ktpel_kiosk.biometrics.nbis_engine import best_minutiae

    return form.encode(mcc.cylinders(best_minutiae(points, RETAINED_MINUTIAE)))


def gallery_person(number: int, fingers: finger_bank.Bank, sources: list[int]) -> list[tuple[str, Any, bytes]]:
    """The ten forms of one mixed person; the same number is the same person."""
    from ktpel_kiosk.domain.biometric import FINGERS

    rng = np.random.default_rng((41, number))
    touches = ("normal", "again")
    made = []
    for position in FINGERS:
        halves = [fingers[sources[s], position][touches[rng.integers(2)]] for s in rng.choice(len(sources), 2, replace=False)]
        points = mixed(*halves, rng)
        made.append((f"mixed-{number}", position, form_of(points)))
    return made


_LENT: list[Any] = []


def _lend(fingers: finger_bank.Bank, sources: list[int]) -> None:
    _LENT[:] = [fingers, sources]


def _some_persons(numbers: range) -> list[list[tuple[str, Any, bytes]]]:
    return [gallery_person(n, *_LENT) for n in numbers]


def gallery(fingers: finger_bank.Bank) -> list[tuple[str, Any, bytes]]:
    """All 50,000, in an order drawn once; kept in the cache folder."""
    people = sorted({person for person, _ in fingers})
    sources = people[PROBES:]
    digest = finger_bank.source_digest("biometrics/match.py", "biometrics/matching/mcc.py", "biometrics/matching/form.py")
    kept = finger_bank.folder() / f"gallery-{PERSONS}-{PROBES}-{digest}.pickle"
    if kept.exists():
        mixes = pickle.loads(kept.read_bytes())  # noqa: S301  our own file
    else:
        lent = {k: {t: v[t] for t in ("normal", "again")} for k, v in fingers.items() if k[0] in sources}
        numbers = [range(at, min(at + 50, PERSONS - PROBES)) for at in range(0, PERSONS - PROBES, 50)]
        with ProcessPoolExecutor(CORES, initializer=_lend, initargs=(lent, sources)) as pool:
            mixes = list(itertools.chain.from_iterable(pool.map(_some_persons, numbers)))
        kept.write_bytes(pickle.dumps(mixes))
    mates = [[(f"mate-{p}", k[1], form_of(t["normal"])) for k, t in fingers.items() if k[0] == p] for p in people[:PROBES]]
    together = mixes + mates
    random.Random(7).shuffle(together)
    return list(itertools.chain.from_iterable(together))


def chunks(forms: list[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(forms), CHUNK):
        yield forms[at : at + CHUNK]


def plain_loop(probe: bytes, forms: list[bytes]) -> float:
    """CPU seconds to compare one finger with so many retained ones, one after another."""
    from ktpel_kiosk.biometrics.matching import form, mcc, relax

    one = mcc.comparable(form.decode(probe))
    begin = time.process_time()
    for data in forms:
        relax.score(one, mcc.comparable(form.decode(data)))
    return time.process_time() - begin


def run() -> tuple[float, float, str]:
    from ktpel_kiosk.biometrics.matching import search

    fingers = finger_bank.bank()
    forms = gallery(fingers)
    people = sorted({person for person, _ in fingers})[:PROBES]
    spent, told = [], []
    for touch in ("again", "dry"):
        first = warned = false = 0
        for person in people:
            probes = {k[1]: form_of(t[touch]) for k, t in fingers.items() if k[0] == person}
            begin = time.process_time()
            found = search.rank(probes, chunks(forms))
            spent.append(time.process_time() - begin)
            mate = f"mate-{person}"
            first += bool(found.ranked) and found.ranked[0].person == mate
            warnings = [c.person for c in found.warnings()]
            warned += mate in warnings
            false += len([w for w in warnings if w != mate])
        told.append(f"{touch}: mate first {first}/{PROBES}, warned {warned}/{PROBES}, false warnings {false} in {PROBES} searches")
        if touch == "again":
            assert first == warned == PROBES, told[-1]
    probe = next(iter(probes.values()))
    position = next(iter(probes))
    same = [data for _, p, data in forms if p is position][:LOOP]
    loop = plain_loop(probe, same) * 10 * PERSONS / len(same) / CORES
    seconds = sum(spent) / len(spent) / CORES
    size = sum(len(data) for _, _, data in forms) / len(forms)
    detail = (f"{len(forms):,} fingers, ten probes: {seconds:.2f} s a person on {CORES} cores against {loop:.0f} s of a plain NumPy loop; "
              f"{'; '.join(told)}; {size:.0f} octets a finger; ratio is to {LIMIT_S:g} s")
    return seconds / LIMIT_S, 1.0, detail


if __name__ == "__main__":
    print(run())
