"""What the aggregates of :mod:`ktpel_kiosk.ports.statistics` are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of one ``kind`` for one service, village (as registered, upper case) and sex (``L`` or ``P``)."""

    kind: str
    layanan: str
    desa: str
    kelamin: str
    count: int


@dataclass(frozen=True, slots=True)
class Times:
    """Distribution of active handling times.

    Attributes:
        key: what was grouped: a step group, or the SOP digest for whole services.
        layanan: empty where all services are taken together.
        median_s: mean of the two middle values when the count is even. p90_s: nearest rank (ceil of 0.9 n).
        limited: how many had a mutu baku; within: how many of these needed no longer than it.
        paused: how many waited at all; paused_s: all their waiting together.
    """

    key: str
    layanan: str
    count: int
    median_s: float
    p90_s: float
    limited: int
    within: int
    paused: int
    paused_s: float


@dataclass(frozen=True, slots=True)
class DatedService:
    """One finished application that had a due moment; ``pauses`` are its waits (began, ended), in order."""

    layanan: str
    complete_at: datetime
    finished_at: datetime
    due_at: datetime
    pauses: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Acts that ended or interrupted applications. ``reason``: codes of a return (comma separated), ``data_ganda`` of a refusal as
    duplicate, else empty.
    """

    event: str
    reason: str
    layanan: str
    desa: str
    kelamin: str
    count: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Waiting by reason. ``ages``: how many per age class of :data:`AGE_CLASSES_S` (one more class than limits)."""

    reason: str
    count: int
    oldest: datetime | None
    ages: tuple[int, ...]
    total_s: float = 0.0
    size: int = 0


@dataclass(frozen=True, slots=True)
class PauseTimes:
    """Pauses that ended in the period, by reason."""

    reason: str
    count: int
    applications: int
    total_s: float
    median_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class OfficerWork:
    """Stages one officer finished in the period, and the handling time they took."""

    officer: str
    stage: str
    count: int
    active_s: float


@dataclass(frozen=True, slots=True)
class CaptureFigures:
    """Captures by one operator with one device: ``captures`` in all, ``repeats`` beyond the first of a position, ``forced``.

    ``score_sum`` over ``scored`` captures (255, "could not be judged", is not scored). ``device`` is empty for captures of before
    devices were noted.
    """

    device: str
    modality: str
    operator: str
    captures: int
    repeats: int
    forced: int
    scored: int
    score_sum: int


AGE_CLASSES_S: tuple[int, ...] = (86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400)
"""Upper limits (excluded) of the age classes: below 1, 3, 7, 30 days; the last class has none."""

MEASURES: tuple[str, ...] = ("masuk", "perekaman", "pencetakan", "pengambilan", "surat_diserahkan")
