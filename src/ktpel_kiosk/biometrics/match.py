"""Decides whether two fingerprints are of the same finger: a protocol for matchers, and Bozorth3 as the first one.

A matcher's own score is mapped to 0..1 so that 0.5 is its decision point and the order is kept.
Any thread. Errors: BadInput ``record.*`` for damaged templates, EnvironmentTrouble ``biometrics.nbis_missing``.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ktpel_kiosk.biometrics.images import decode_png
from ktpel_kiosk.biometrics.nbis_engine import NBIS_NAME, Extracted, NbisEngine, at_500_ppi, best_minutiae
from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint

MATCH_THRESHOLD = 0.5
BOZORTH_DECISION = 45
"""Bozorth3 score at which 1:1 verification says "same finger", on the 60 best minutiae. NIST names 40 for its own extraction; on
the live-scan samples the worst impostor of 1,600 pairs gave 31, look-alike synthetic fingers 39, the worst genuine pair 100."""

BOZORTH_ALARM = 50
"""Stricter score for the sequence check, which makes up to 45 comparisons a person and stops the work when it is wrong."""

MAX_PIXELS = 4_000_000


class FingerMatcher(Protocol):
    """What a matcher must do; a vendor's or a later own one slots in here."""

    @property
    def name(self) -> str: ...
    def same(self, probe_png: bytes, reference_png: bytes) -> float: ...
    def same_as_template(self, probe_png: bytes, template: bytes) -> float: ...
    def template(self, png: bytes) -> bytes: ...


def similarity(bozorth: int, decision: int = BOZORTH_DECISION) -> float:
    """Bozorth3 score to 0..1: s / (s + decision)."""
    return bozorth / (bozorth + decision) if bozorth > 0 else 0.0


ALARM_SIMILARITY = similarity(BOZORTH_ALARM)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One finger ready to be compared: ``points`` for the template, ``handle`` for the engine."""

    points: tuple[MinutiaPoint, ...]
    width: int
    height: int
    handle: Any


class BozorthMatcher:
    """MINDTCT minutiae compared by Bozorth3. The last ``memory`` fingers stay prepared (in memory only)."""

    name = NBIS_NAME

    def __init__(self, engine: NbisEngine, memory: int = 48) -> None:
        self._engine = engine
        self._memory = memory
        self._known: OrderedDict[bytes, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def learn(self, png: bytes, extracted: Extracted) -> Prepared:
        """Prepare from an extraction the quality step already made."""
        return self._remember(b"png" + png, lambda: self._prepare(extracted))

    def _of_png(self, png: bytes) -> Prepared:
        return self._remember(b"png" + png, lambda: self._prepare(self._extract(png)))

    def _of_template(self, template: bytes) -> Prepared:
        def make() -> Prepared:
            points, width, height = at_500_ppi(fmr.decode(template, "template"))
            return Prepared(points, width, height, self._engine.comparable(points, width, height))

        return self._remember(b"fmr" + template, make)

    def _prepare(self, found: Extracted) -> Prepared:
        points = best_minutiae(found.points)
        return Prepared(points, found.width, found.height, self._engine.comparable(points, found.width, found.height))

    def _extract(self, png: bytes) -> Extracted:
        image = decode_png(png, entry="finger", max_pixels=MAX_PIXELS)
        return self._engine.extract(png, image.width, image.height, quality=False)

    def _remember(self, source: bytes, make: Callable[[], Prepared]) -> Prepared:
        key = hashlib.sha256(source).digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()
        with self._lock:
            self._known[key] = made
            while len(self._known) > self._memory:
                self._known.popitem(last=False)
        return made

    def _score(self, a: Prepared, b: Prepared) -> float:
        return similarity(self._engine.compare(a.handle, b.handle))

    def same(self, probe_png: bytes, reference_png: bytes) -> float:
        return self._score(self._of_png(probe_png), self._of_png(reference_png))

    def same_as_template(self, probe_png: bytes, template: bytes) -> float:
        return self._score(self._of_png(probe_png), self._of_template(template))

    def template(self, png: bytes) -> bytes:
        """ISO/IEC 19794-2:2005 record, finger position unknown: the card's file says which finger it is."""
        found = self._of_png(png)
        return fmr.encode(fmr.MinutiaeRecord(found.width, found.height, (fmr.FingerView(0, found.points),)))

    def pairs(self, pngs: Sequence[bytes], least: float = ALARM_SIMILARITY) -> list[tuple[int, int, float]]:
        """All pairs at or above ``least``, best first."""
        found = [self._of_png(p) for p in pngs]
        hits = [(i, j, self._score(found[i], found[j])) for i in range(len(found)) for j in range(i + 1, len(found))]
        return sorted((h for h in hits if h[2] >= least), key=lambda h: -h[2])
