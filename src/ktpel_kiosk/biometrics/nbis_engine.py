"""NFIQ 2, minutiae and Bozorth3 through nbis-py, loaded on first use and tested before it is believed.

Any thread; extraction runs in parallel (the library releases the GIL), comparison is serialised because Bozorth3 keeps
global tables. Input images are PNGs this house encoded itself (grey, 500 ppi).
Errors: EnvironmentTrouble ``biometrics.nbis_missing`` when the library cannot be loaded or fails its self-test.
"""

from __future__ import annotations

import json
import math
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.records.fmr import MinutiaPoint
from ktpel_kiosk.domain.errors import EnvironmentTrouble

NFIQ2_NAME = "NFIQ2 2.3.0"
NBIS_NAME = "NBIS Bozorth3"
NFIQ2_VENDOR, NFIQ2_ALGORITHM = 0x0101, 0x39
"""CBEFF ids registered by NIST for NFIQ 2.3."""

SELF_TEST_PRINT, SELF_TEST_ANSWER = "selftest.png", "selftest.json"
"""A synthetic print of this house, and what it must give: score, all NFIQ 2.3.0 features and all minutiae, computed once with a build
whose values equalled NIST's published output for the five example images (370 of 370; a test repeats that where the samples are)."""

SELF_TEST_TOLERANCE = 1e-4
"""Relative; compilers may round differently, a wrong build differs far more."""

NFIQ2_MIN, NFIQ2_MAX_WIDTH, NFIQ2_MAX_HEIGHT = 197, 799, 999
"""Pixel limits outside which NFIQ 2 refuses an image."""

MATCH_MINUTIAE = 60
"""Only the most reliable minutiae are compared by Bozorth3: on live-scan samples this moved the worst genuine pair from 73 to
100 while the worst impostor pair stayed near 30; 40, 50, 70, 100 and 150 did worse on one side or the other."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """Minutiae of one image in ISO/IEC 19794-2 terms, and NFIQ 2 results when asked for and possible."""

    points: tuple[MinutiaPoint, ...]
    width: int
    height: int
    score: int | None = None
    features: dict[str, float] | None = None


class NbisEngine:
    """The library behind one door. Construction is free; the first use loads it (about 0.6 s)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._match_lock = threading.Lock()
        self._nbis: Any = None
        self._with_quality: Any = None
        self._plain: Any = None
        self._failure: str | None = None

    def failure(self) -> str:
        """Empty when the library is loaded and gave the known answer, else why not. The first call computes (about 0.9 s)."""
        with self._lock:
            if self._failure is None:
                self._failure = self._load()
            return self._failure

    def _load(self) -> str:
        try:
            import nbis

            self._nbis = nbis
            self._with_quality, self._plain = self._extractor(True), self._extractor(False)
            data = resources.files("ktpel_kiosk.biometrics").joinpath("data")
            known = json.loads(data.joinpath(SELF_TEST_ANSWER).read_text("utf-8"))
            width, height = known["size"]
            found = self._extract(data.joinpath(SELF_TEST_PRINT).read_bytes(), width, height, True)
        except Exception as trouble:  # a foreign library may fail in any way; the desk goes on without it
            return f"{type(trouble).__name__}: {trouble}"[:200]
        return self_test_difference(found, known)

    def _extractor(self, quality: bool) -> Any:
        settings = self._nbis.NbisExtractorSettings(
            min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=quality, ppi=None
        )
        return self._nbis.new_nbis_extractor(settings)

    def _require(self) -> None:
        failure = self.failure()
        if failure:
            raise EnvironmentTrouble("biometrics.nbis_missing", cause=failure)

    def extract(self, png: bytes, width: int, height: int, *, quality: bool) -> Extracted:
        """Minutiae, and the NFIQ 2 score when ``quality`` and the image allows it (else ``score`` is None)."""
        self._require()
        return self._extract(png, width, height, quality)

    def _extract(self, png: bytes, width: int, height: int, quality: bool) -> Extracted:
        if quality and NFIQ2_MIN <= width <= NFIQ2_MAX_WIDTH and NFIQ2_MIN <= height <= NFIQ2_MAX_HEIGHT:
            try:
                found = self._with_quality.extract_minutiae(png)
                result = found.quality()
                values = {v.name: float(v.value) for v in (*result.actionable, *result.features)}
                return self._extracted(found, width, height, int(result.score), values)
            except self._nbis.NbisError:
                pass  # NFIQ 2 refuses blank and odd images as a whole; minutiae may still be had
        try:
            return self._extracted(self._plain.extract_minutiae(png), width, height)
        except self._nbis.NbisError:
            return Extracted((), width, height)

    def _extracted(
        self, found: Any, width: int, height: int, score: int | None = None, values: dict[str, float] | None = None
    ) -> Extracted:
        return Extracted(tuple(_point(m, width, height) for m in found.get()), width, height, score, values)

    def comparable(self, points: Sequence[MinutiaPoint], width: int, height: int) -> Any:
        """What :meth:`compare` takes: the best minutiae as the library's own object, or None without minutiae."""
        self._require()
        best = best_minutiae(points)
        return self._plain.load_iso_19794_2_2005(_foreign_form(best, width, height)) if best else None

    def compare(self, a: Any, b: Any) -> int:
        """Bozorth3 score of two comparables; 0 when either side has no minutiae."""
        if a is None or b is None:
            return 0
        with self._match_lock:
            return int(a.compare(b))


def self_test_difference(found: Extracted, known: Mapping[str, Any]) -> str:
    """Empty when ``found`` is what the bundled print must give, else the first difference in words."""
    if found.score != known["score"]:
        return f"self-test: score {found.score}, expected {known['score']}"
    features = found.features or {}
    for name, value in known["features"].items():
        got = features.get(name)
        if got is None or not math.isclose(got, value, rel_tol=SELF_TEST_TOLERANCE, abs_tol=SELF_TEST_TOLERANCE):
            return f"self-test: {name} {got}, expected {value}"
    points = [[m.kind, m.x, m.y, m.angle, m.quality] for m in found.points]
    if points != known["minutiae"]:
        return f"self-test: {len(points)} minutiae, not the {len(known['minutiae'])} expected ones"
    return ""


def best_minutiae(points: Sequence[MinutiaPoint], most: int = MATCH_MINUTIAE) -> tuple[MinutiaPoint, ...]:
    """The ``most`` reliable, ordered by place so that equal sets give equal templates."""
    best = sorted(points, key=lambda m: (-m.quality, m.x, m.y, m.angle))[:most]
    return tuple(sorted(best, key=lambda m: (m.x, m.y, m.angle, m.kind)))


def at_500_ppi(record: fmr.MinutiaeRecord) -> tuple[tuple[MinutiaPoint, ...], int, int]:
    """Points, width and height of a template's first view, scaled to 500 ppi."""
    sx = fmr.PPCM_500 / record.x_ppcm if record.x_ppcm else 1.0
    sy = fmr.PPCM_500 / record.y_ppcm if record.y_ppcm else 1.0
    scaled = tuple(MinutiaPoint(m.kind, round(m.x * sx), round(m.y * sy), m.angle, m.quality) for m in record.views[0].minutiae)
    return scaled, round(record.width * sx), round(record.height * sy)


def _point(m: Any, width: int, height: int) -> MinutiaPoint:
    """nbis-py angles already point the ISO way (a test with a known ridge ending holds this)."""
    kind = fmr.BIFURCATION if m.kind().name == "BIFURCATION" else fmr.ENDING
    return MinutiaPoint(
        kind,
        min(max(m.x(), 0), width - 1),
        min(max(m.y(), 0), height - 1),
        round(m.angle() * 256 / 360) % 256,
        min(100, max(1, round(m.reliability() * 100))),
    )


def _foreign_form(points: Sequence[MinutiaPoint], width: int, height: int) -> bytes:
    """The library reads only its own dialect of 19794-2:2005: a 22 octet header, no extended data, quality 0..63."""
    body = b"".join(
        struct.pack(">HHBB", (m.kind or fmr.ENDING) << 14 | m.x & 0x3FFF, m.y & 0x3FFF, m.angle, min(63, round((m.quality or 50) * 0.63)))
        for m in points
    )
    head = struct.pack(">8sIHHHHH", fmr.MAGIC, 26 + len(body), 0, min(width, 0xFFFF), min(height, 0xFFFF), 0, 0x3600)
    return head + bytes((0, 0, 0, len(points))) + body
