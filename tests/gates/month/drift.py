"""Whether a month drifted: a robust line through the days of each measure, against what may be noise. Nothing but numbers here."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WARM_UP = 2
"""Days that are not judged: caches fill, libraries load."""
LEAST_DAYS = 4
"""Fewer judged days give no line worth the name."""


@dataclass(frozen=True)
class Measure:
    """One row of the judgement: how far the line rises over the whole month, as a share of the middle day, and what it may."""

    name: str
    values: tuple[float, ...]
    allowed: float
    floor: float = 0.0
    """Rises below this, in the measure's own unit, are noise whatever their share."""

    @property
    def rise(self) -> float:
        """Over all days, by the median of the slopes between every two days (Theil and Sen): single bad days do not bend it."""
        pairs = [(b - a) / (j - i) for i, a in enumerate(self.values) for j, b in enumerate(self.values) if j > i]
        return statistics.median(pairs) * (len(self.values) - 1) if pairs else 0.0

    @property
    def share(self) -> float:
        middle = statistics.median(self.values)
        return self.rise / middle if middle else 0.0

    @property
    def drifts(self) -> bool:
        return len(self.values) >= LEAST_DAYS and self.rise > self.floor and self.share > self.allowed


def measures(month: Mapping[str, Any]) -> list[Measure]:
    """Of a ``month.json``: memory, handles, threads, register bytes per applicant and the median processor seconds of every step."""
    days: Sequence[Mapping[str, Any]] = month["days"][WARM_UP:]
    found = [
        Measure("memori", tuple(d["memory"] for d in days), 0.10, 8e6),
        Measure("pegangan berkas", tuple(d["handles"] for d in days), 0.0, 2.5),
        Measure("utas", tuple(d["threads"] for d in days), 0.0, 1.5),
        Measure("register per pemohon", tuple(grown(month)[WARM_UP:]), 0.10, 4096.0),
    ]
    grows = {"laporan", "periksa_register", "malam", "cari_ganda"}  # they read more as there is more: judged by what an applicant costs
    for step in sorted({s for d in days for s in d["seconds"]}):
        values = tuple(d["seconds"][step]["processor"] / (d["applicants"] if step in grows else 1) for d in days if step in d["seconds"])
        found.append(Measure(f"langkah {step}", values, 0.4, 0.0 if step in grows else 0.05))
    return found


def grown(month: Mapping[str, Any]) -> list[float]:
    """Bytes the register grew a day for each applicant of that day."""
    before_size, before_people, found = 0, 0, []
    for d in month["days"]:
        found.append((d["register"] - before_size) / max(1, d["applicants"] - before_people))
        before_size, before_people = d["register"], d["applicants"]
    return found
