"""Decides whether two fingerprints are of the same finger: minutia cylinders by default, Bozorth3 as second opinion, a vendor's matcher
where configuration names one.

All compare MINDTCT minutiae (or those of a vendor's extractor), from an image or from an ISO/IEC 19794-2:2005 record alike. A
matcher's own score is mapped to 0..1 so that 0.5 is its 1:1 decision point and the order is kept.
Any thread. Errors: BadInput ``record.*`` for damaged templates, EnvironmentTrouble ``biometrics.nbis_missing``.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ktpel_kiosk.biometrics.images import decode_png
from ktpel_kiosk.biometrics.matching import form, mcc, relax, thresholds
from ktpel_kiosk.biometrics.nbis_engine import NBIS_NAME, Extracted, NbisEngine, at_500_ppi, best_minutiae
from ktpel_kiosk.biometrics.plugins import BUILT_IN, Plugins
from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint

MATCH_THRESHOLD = 0.5
MCC_NAME = "ktpel-mcc 1"

MOST_MINUTIAE = form.MOST
"""The most reliable minutiae take part. Fewer cost matches between dry touches; the spurious ones of large rolled prints, where MINDTCT
gives up at 150, stay out."""

CARD_MINUTIAE = 60
"""As many go to the card, whose chip is small; both sides are cut to this when one comes from there."""

RETAINED_MINUTIAE = 80
"""As many the office keeps of a finger for its own search. 90 took 3.3 s among 50,000 fingers and warned of 14 in 15 dry duplicates, 80
2.9 s and 12, 70 2.5 s and 7; normal touches were all found with each."""

BOZORTH_DECISION = 45
"""Bozorth3 score at which it says "same finger", on the 60 best minutiae. NIST names 40 for its own extraction; on the live-scan
samples the worst impostor of 1,600 pairs gave 31, look-alike synthetic fingers 39, the worst genuine pair 100."""

BOZORTH_ALARM = 50
"""Stricter score for the sequence check, which makes up to 45 comparisons a person and stops the work when it is wrong."""

MAX_PIXELS = 4_000_000


class Scorer(Protocol):
    """The heart of a matcher: minutiae to something comparable, two of those to 0..1."""

    @property
    def name(self) -> str: ...
    @property
    def alarm(self) -> float:
        """Similarity from which two fingers of one person are said to be one finger."""
        ...

    def prepare(self, points: tuple[MinutiaPoint, ...], width: int, height: int) -> Any: ...
    def score(self, a: Any, b: Any) -> float: ...


class CylinderScorer:
    """Minutia Cylinder-Code with relaxation, NumPy only."""

    name = MCC_NAME
    alarm = thresholds.similarity(thresholds.ALARM)

    def prepare(self, points: tuple[MinutiaPoint, ...], width: int, height: int) -> mcc.Comparable:
        return mcc.comparable(mcc.cylinders(points))

    def score(self, a: mcc.Comparable, b: mcc.Comparable) -> float:
        return thresholds.similarity(relax.score(a, b))


def similarity(bozorth: int, decision: int = BOZORTH_DECISION) -> float:
    """Bozorth3 score to 0..1: s / (s + decision)."""
    return bozorth / (bozorth + decision) if bozorth > 0 else 0.0


class BozorthScorer:
    """Bozorth3 of nbis-py."""

    name = NBIS_NAME
    alarm = similarity(BOZORTH_ALARM)

    def __init__(self, engine: NbisEngine) -> None:
        self._engine = engine

    def prepare(self, points: tuple[MinutiaPoint, ...], width: int, height: int) -> Any:
        return self._engine.comparable(points, width, height)

    def score(self, a: Any, b: Any) -> float:
        return similarity(self._engine.compare(a, b))


@dataclass(slots=True)
class Prepared:
    """One finger ready to be compared: minutiae, and what the scorer made of them on first use."""

    points: tuple[MinutiaPoint, ...]
    width: int
    height: int
    handles: dict[int, Any] = field(default_factory=dict)
    """Comparable form by most minutiae used."""

    def best(self, most: int) -> tuple[MinutiaPoint, ...]:
        return best_minutiae(self.points, most)


class FingerMatcher:
    """Compares images and templates. The last ``memory`` fingers stay prepared (in memory only).

    Args:
        engine: extracts minutiae.
        scorer: the built-in comparison; cylinders when not given.
        plugins: may replace ``finger.extract`` and ``finger.match``. A vendor's matcher is given ISO/IEC 19794-2:2005 records.
    """

    def __init__(self, engine: NbisEngine, scorer: Scorer | None = None, plugins: Plugins | None = None, memory: int = 48) -> None:
        self._engine = engine
        self._scorer = scorer or CylinderScorer()
        self._plugins = plugins or Plugins()
        self._memory = memory
        self._known: OrderedDict[bytes, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        found = self._plugins.name("finger.match")
        return self._scorer.name if found == BUILT_IN else found

    @property
    def alarm(self) -> float:
        """A vendor's similarity is taken at its word, a little above its decision."""
        return self._scorer.alarm if self._plugins.name("finger.match") == BUILT_IN else max(self._scorer.alarm, 0.55)

    def learn(self, png: bytes, extracted: Extracted) -> None:
        """Prepare from an extraction the quality step already made; not when a vendor's extractor is to be used."""
        if self._plugins.name("finger.extract") == BUILT_IN:
            self._remember(b"png" + png, lambda: self._prepared(extracted.points, extracted.width, extracted.height))

    def _of_png(self, png: bytes) -> Prepared:
        return self._remember(b"png" + png, lambda: self._extract(png))

    def _of_template(self, template: bytes) -> Prepared:
        return self._remember(b"fmr" + template, lambda: self._prepared(*at_500_ppi(fmr.decode(template, "template"))))

    def _prepared(self, points: Sequence[MinutiaPoint], width: int, height: int) -> Prepared:
        return Prepared(best_minutiae(points, MOST_MINUTIAE), width, height)

    def _extract(self, png: bytes) -> Prepared:
        image = decode_png(png, entry="finger", max_pixels=MAX_PIXELS)

        def built_in() -> Prepared:
            found = self._engine.extract(png, image.width, image.height, quality=False)
            return self._prepared(found.points, found.width, found.height)

        made: Prepared = self._plugins.call("finger.extract", built_in, image, convert=lambda t: self._prepared(*at_500_ppi(fmr.decode(t))))
        return made

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

    def _score(self, a: Prepared, b: Prepared, most: int = MOST_MINUTIAE) -> float:
        if self._plugins.name("finger.match") == BUILT_IN:
            return self._own_score(a, b, most)
        found: float = self._plugins.call("finger.match", lambda: self._own_score(a, b, most), _record(a, most), _record(b, most))
        return found

    def _own_score(self, a: Prepared, b: Prepared, most: int) -> float:
        return self._scorer.score(self._handle(a, most), self._handle(b, most))

    def _handle(self, one: Prepared, most: int) -> Any:
        most = min(most, len(one.points))
        if most not in one.handles:
            one.handles[most] = self._scorer.prepare(one.best(most), one.width, one.height)
        return one.handles[most]

    def same(self, probe_png: bytes, reference_png: bytes) -> float:
        return self._score(self._of_png(probe_png), self._of_png(reference_png))

    def same_as_template(self, probe_png: bytes, template: bytes) -> float:
        return self._score(self._of_png(probe_png), self._of_template(template), CARD_MINUTIAE)

    def template(self, png: bytes) -> bytes:
        """ISO/IEC 19794-2:2005 record, finger position unknown: the card's file says which finger it is."""
        return _record(self._of_png(png), CARD_MINUTIAE)

    def retained_form(self, png: bytes) -> bytes:
        """Cylinders of one finger for the office's own search (:mod:`.matching.search`), whatever compares 1:1."""
        return form.encode(mcc.cylinders(best_minutiae(self._of_png(png).points, RETAINED_MINUTIAE)))

    def pairs(self, pngs: Sequence[bytes], least: float | None = None) -> list[tuple[int, int, float]]:
        """All pairs at or above ``least`` (default: the matcher's alarm), best first."""
        least = self.alarm if least is None else least
        found = [self._of_png(p) for p in pngs]
        hits = [(i, j, self._score(found[i], found[j])) for i in range(len(found)) for j in range(i + 1, len(found))]
        return sorted((h for h in hits if h[2] >= least), key=lambda h: -h[2])


def bozorth_matcher(engine: NbisEngine, memory: int = 48) -> FingerMatcher:
    """The second opinion."""
    return FingerMatcher(engine, BozorthScorer(engine), memory=memory)


def _record(found: Prepared, most: int) -> bytes:
    return fmr.encode(fmr.MinutiaeRecord(found.width, found.height, (fmr.FingerView(0, found.best(most)),)))
