"""1:N: whether a person's fingers lie among the office's retained ones; a warning, never a decision.

Stage 1 looks at every retained finger of a searched position: each probe cylinder finds its best counterpart by one matrix product,
the mean of the best few is the finger's score, scores are standardised over the gallery seen so far and summed over a person's
fingers. The SHORTLIST best persons keep their forms; the gallery is streamed once and only a block of it is in memory.
Stage 2 compares the shortlist finger by finger with relaxation and fuses: each finger gives evidence up to 1, and a warning needs more
than one finger can give.

Any thread; two threads share a block (matrix products release the GIL). BadInput ``record.*`` names a damaged probe; damaged forms of
the gallery are passed over and counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.biometrics.matching import form, mcc, relax
from ktpel_kiosk.biometrics.matching.mcc import F32, Comparable
from ktpel_kiosk.biometrics.matching.thresholds import DECISION, EVIDENCE_FROM, WARN_EVIDENCE, WARN_EVIDENCE_ANY, similarity
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.services import Candidate

Retained = tuple[str, Position, bytes]
"""Person, position, retained form."""

BLOCK = 3000
"""Retained fingers searched at a time: about 10 MB of forms, 30 MB as floats for each thread."""

SHORTLIST = 64
"""Persons whose fingers are compared in full."""

BEST = 12
"""Cylinders of a probe finger whose best counterparts make its stage 1 score."""

CROSS = 3
"""Fingers of a person compared in full with one probe finger when any position is searched."""

I64 = NDArray[np.int64]
_WIDTH = form.CELL_OCTETS * 8


@dataclass(slots=True)
class _Probe:
    """One finger asked about; running sum, squares and number of its stage 1 scores over the gallery seen so far."""

    position: Position
    whole: Comparable
    unit: F32
    seen: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def standard(self, scores: F32) -> F32:
        self.seen[0] += len(scores)
        self.seen[1] += float(scores.sum())
        self.seen[2] += float((scores.astype(np.float64) ** 2).sum())
        n, mean = self.seen[0], self.seen[1] / self.seen[0]
        spread = math.sqrt(max(self.seen[2] / n - mean * mean, 0)) or 1.0
        return np.asarray((scores - mean) / spread, np.float32)


@dataclass(slots=True)
class _Person:
    """Where a person of the gallery stands after stage 1: fused score, and per probe its most alike fingers."""

    score: float
    fingers: list[tuple[int, float, Position, bytes]]


@dataclass(slots=True)
class Outcome:
    """Every shortlisted person, most alike first, whether or not it warns; what was looked at."""

    ranked: list[Candidate]
    searched: int = 0
    damaged: int = 0

    def warnings(self) -> list[Candidate]:
        return [c for c in self.ranked if c.score >= 1 and len(c.fingers) >= 2]


def identify(probes: Mapping[Position, bytes], gallery: Iterable[Sequence[Retained]], *, cancelled: Callable[[], bool] = lambda: False,
             any_position: bool = False) -> list[Candidate]:
    """Persons that warrant a look, most alike first; see :meth:`ktpel_kiosk.ports.services.Biometrics.identify`."""
    return rank(probes, gallery, cancelled=cancelled, any_position=any_position).warnings()


def rank(probes: Mapping[Position, bytes], gallery: Iterable[Sequence[Retained]], *, cancelled: Callable[[], bool] = lambda: False,
         any_position: bool = False, shortlist: int = SHORTLIST) -> Outcome:
    """Like :func:`identify` without the threshold. Empty after ``cancelled``."""
    asked = [p for p in (_probe(position, data) for position, data in probes.items()) if len(p.whole)]
    outcome = Outcome([])
    pool: dict[str, _Person] = {}
    with ThreadPoolExecutor(2, "identify") as threads:
        for block in _blocks(gallery, {p.position for p in asked}, any_position, outcome):
            if cancelled():
                return Outcome([])
            outcome.searched += len(block)
            _stage_1(asked, block, pool, any_position, threads)
            for person in sorted(pool, key=lambda name: -pool[name].score)[shortlist:]:
                del pool[person]
    for person, standing in pool.items():
        if cancelled():
            return Outcome([])
        found = _stage_2(asked, person, standing, WARN_EVIDENCE_ANY if any_position else WARN_EVIDENCE)
        if found is not None:
            outcome.ranked.append(found)
    outcome.ranked.sort(key=lambda c: (-c.score, c.person))
    return outcome


def _probe(position: Position, data: bytes) -> _Probe:
    found = form.decode(data, position.value)
    cells = np.zeros((len(found), _WIDTH), np.float32)
    cells[:, : mcc.CELL_COUNT] = found.cells
    size = np.sqrt(cells.sum(axis=1, keepdims=True))
    return _Probe(position, mcc.comparable(found), np.asarray(cells / np.maximum(size, 1), np.float32))


def _blocks(gallery: Iterable[Sequence[Retained]], wanted: set[Position], any_position: bool, outcome: Outcome) -> Iterator[list[Retained]]:
    """Blocks of whole, searchable forms; fingers of one person that follow each other stay in one block."""
    held: list[Retained] = []
    for chunk in gallery:
        for item in chunk:
            if not any_position and item[1] not in wanted:
                continue
            try:
                if not form.count(item[2], "gallery"):
                    continue
            except BadInput:
                outcome.damaged += 1
                continue
            if (len(held) >= BLOCK and item[0] != held[-1][0]) or len(held) >= 2 * BLOCK:
                yield held
                held = []
            held.append(item)
    if held:
        yield held


def _stage_1(asked: Sequence[_Probe], block: Sequence[Retained], pool: dict[str, _Person], any_position: bool,
             threads: ThreadPoolExecutor) -> None:
    """Score the block's fingers and let its persons into the pool."""
    names = list(dict.fromkeys(person for person, _, _ in block))
    number = {name: i for i, name in enumerate(names)}
    whose = np.array([number[person] for person, _, _ in block], np.int64)
    places: dict[Position, list[int]] = {}
    for i, (_, position, _) in enumerate(block):
        places.setdefault(position, []).append(i)

    def look(position: Position) -> list[tuple[int, list[int], F32]]:
        which = places[position]
        probes = [n for n, p in enumerate(asked) if any_position or p.position is position]
        found = _scores([asked[n] for n in probes], [block[i][2] for i in which])
        return [(n, which, found[k]) for k, n in enumerate(probes)]

    best: dict[tuple[int, int], list[tuple[float, int]]] = {}
    fused = np.zeros((len(asked), len(names)), np.float32)
    for answers in threads.map(look, places):
        for n, which, scores in answers:
            standard = asked[n].standard(scores)
            owner = whose[which]
            np.maximum.at(fused[n], owner, standard)
            for i, who, value in zip(which, owner.tolist(), standard.tolist(), strict=True):
                best.setdefault((n, who), []).append((value, i))
    total = fused.sum(axis=0)
    for who in np.argsort(-total, kind="stable")[:SHORTLIST].tolist():
        standing = pool.setdefault(names[who], _Person(0.0, []))
        standing.score += float(total[who])
        for n in range(len(asked)):
            for value, i in sorted(best.get((n, who), ()), reverse=True)[:CROSS]:
                standing.fingers.append((n, value, block[i][1], block[i][2]))


def _scores(probes: Sequence[_Probe], forms: Sequence[bytes]) -> list[F32]:
    """Stage 1 score of every form against every probe."""
    counts = np.array([f[5] for f in forms], np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    packed = b"".join(f[form.HEAD + f[5] * form.PLACE_OCTETS : form.HEAD + f[5] * (form.PLACE_OCTETS + form.CELL_OCTETS)] for f in forms)
    octets = np.frombuffer(packed, np.uint8).reshape(-1, form.CELL_OCTETS)
    cells = np.unpackbits(octets, axis=1).astype(np.float32)
    size = np.sqrt(np.maximum(np.bitwise_count(octets).sum(axis=1, dtype=np.float32), 1))
    out = []
    for probe in probes:
        alike = cells @ probe.unit.T
        alike /= size[:, None]
        best = np.maximum.reduceat(alike, starts, axis=0)
        few = min(BEST, best.shape[1])
        out.append(np.asarray(np.partition(best, best.shape[1] - few, axis=1)[:, best.shape[1] - few :].mean(axis=1), np.float32))
    return out


def _stage_2(asked: Sequence[_Probe], person: str, standing: _Person, warn: float) -> Candidate | None:
    """Full comparison; each finger of either side counts once, the most alike pair first."""
    pairs = []
    known: dict[bytes, Comparable] = {}
    for n, _, position, data in standing.fingers:
        if data not in known:
            try:
                known[data] = mcc.comparable(form.decode(data, "gallery"))
            except BadInput:
                known[data] = mcc.comparable(mcc.nothing())
        pairs.append((relax.score(asked[n].whole, known[data]), n, position))
    pairs.sort(key=lambda p: (-p[0], p[1], p[2]))
    used: set[int] = set()
    taken: set[Position] = set()
    fingers, total = [], 0.0
    for score, n, position in pairs:
        if n in used or position in taken:
            continue
        used.add(n)
        taken.add(position)
        gives = evidence(score)
        if gives > 0:
            total += gives
            fingers.append((asked[n].position, position, similarity(score)))
    return Candidate(person, total / warn, tuple(fingers)) if fingers else None


def evidence(score: float) -> float:
    """What one finger says for "same person", 0..1: nothing below what impostors reach, all at the 1:1 decision."""
    return min(1.0, max(0.0, (score - EVIDENCE_FROM) / (DECISION - EVIDENCE_FROM)))
