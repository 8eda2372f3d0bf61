"""Aggregates behind the reports, computed inside the register so that ten years of an office need no walk through every row.

Mixed into ``View`` of :mod:`ktpel_kiosk.ports.register`. All periods are half open, ``since <= x < until``, aware UTC. What each
figure means for an office stands in :mod:`ktpel_kiosk.domain.laporan`; here stands what is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs the protocol at its start, none the figures
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ktpel_kiosk.ports.figures import CaptureFigures, DatedService, OfficerWork, Outcome, PauseTimes, Tally, Times, Waits


class StatisticsView(Protocol):
    """Counts and distributions of a period."""

    def tally(self, measure: str, since: datetime, until: datetime, offset_s: int) -> Sequence[Tally]:
        """One of :data:`ktpel_kiosk.ports.figures.MEASURES`; ``kind`` is

        - ``masuk`` (numbered applications by ``numbered_at``): their ``Keadaan`` now;
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
