"""Aggregates behind the reports, computed inside the register so that ten years of an office need no walk through every row.

Mixed into ``View`` of :mod:`ktpel_kiosk.ports.register`. All periods are half open, ``since <= x < until``, aware UTC. What each
figure means for an office stands in :mod:`ktpel_kiosk.domain.laporan`; here stands what is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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


class StatisticsView(Protocol):
    """Counts and distributions of a period."""

    def tally(self, measure: str, since: datetime, until: datetime, offset_s: int) -> Sequence[Tally]:
        """One of :data:`MEASURES`; ``kind`` is

        - ``masuk`` (numbered applications by ``created_at``): their ``Keadaan`` now;
        - ``perekaman`` (last ``rekam`` stage finished, not skipped): ``jemput_bola``, ``pemula``, ``ulang``, ``baru``;
        - ``pencetakan`` (card jobs by ``created_at``, cancelled ones left out): ``baik``, ``rusak``, ``proses``;
        - ``pengambilan``, ``surat_diserahkan`` (handovers of a card, of letters): ``ybs``, ``kuasa``.

        ``offset_s``: seconds the office's clock is ahead of UTC; decides on which day somebody was 17.
        """
        ...

    def tally_at(self, at: datetime, offset_s: int) -> Sequence[Tally]:
        """Open applications as they stood at ``at``; ``kind`` is ``dikembalikan``, ``ganda``, ``menunggu_usia`` (may not have a card
        yet), ``sisa_prr`` (ready, not printed), ``belum_diambil`` (printed, not handed over), ``surat_menunggu`` (letters due),
        ``menunggu_prr``, else ``diproses``.
        """
        ...

    def outcomes(self, since: datetime, until: datetime) -> Sequence[Outcome]:
        """Events ``ApplicationReturned``, ``ReturnedAtCounter``, ``ApplicationRejected``, ``DuplicateNoticed``, ``ApplicationVoided``
        by their moment. Where no application stands behind an event, service, village and sex are empty.
        """
        ...

    def letter_tally(self, since: datetime, until: datetime) -> Sequence[Tally]:
        """Numbered letters that are not void; ``kind`` is the letter's. Without an application: no service, village, sex."""
        ...

    def counts_per(self, unit: str, since: datetime, until: datetime, offset_s: int) -> Mapping[str, Mapping[int, int]]:
        """``masuk``, ``perekaman``, ``pencetakan`` (good ones), ``pengambilan`` per local ``jam`` (0..23), ``hari`` (1..31) or
        ``bulan`` (1..12)."""
        ...

    def sop_digests(self) -> Sequence[str]:
        """SOP versions that applications began under."""
        ...

    def step_times(self, since: datetime, until: datetime, groups: Mapping[str, str]) -> Sequence[Times]:
        """Printed steps whose last stage was finished in the period and that were not skipped whole.

        ``groups``: ``"<sop digest>:<step number>"`` -> key; steps that are not named are left out. One line for all services together
        (``layanan`` empty) and one for each. Each step is held against the mutu
        baku of the SOP version of its own application.
        """
        ...

    def service_times(self, since: datetime, until: datetime) -> Sequence[Times]:
        """Whole services finished in the period: all active time against the total of their SOP version; ``key`` its digest.
        Together and for each service, as above."""
        ...

    def dated_services(self, since: datetime, until: datetime) -> Sequence[DatedService]:
        """Applications finished in the period that had a due moment (working-day standards)."""
        ...

    def pause_times(self, since: datetime, until: datetime) -> Sequence[PauseTimes]:
        """Longest in all first."""
        ...

    def waiting(self, now: datetime) -> Sequence[Waits]:
        """Open applications that wait, by reason, most first; ``dikembalikan``, ``ganda`` and ``menunggu_usia`` are reasons too."""
        ...

    def packet_ages(self, now: datetime) -> Sequence[Waits]:
        """Packets without a receipt by their wait cause (``WaitCause`` values), with their ``size`` in bytes."""
        ...

    def unsent_at(self, at: datetime) -> int:
        """Packets sealed before ``at`` whose receipt had not come by then."""
        ...

    def officer_work(self, since: datetime, until: datetime) -> Sequence[OfficerWork]: ...
    def capture_figures(self, since: datetime, until: datetime) -> Sequence[CaptureFigures]:
        """From the audit, as raw samples are purged when a packet is sealed."""
        ...

    def residents(self, on: str) -> Sequence[Tally]:
        """The imported population list by village and sex; ``kind``: ``wajib_rekam``, ``wajib_belum_rekam``, ``wajib_tidak_diketahui``
        for those who must hold a card on ``on`` (ISO day: 17, or married or ever married), ``belum_wajib`` for the others."""
        ...
