"""Laporan: figures of the day and of the month from the register, per step against the mutu baku. Qt-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.permohonan import DONE_STATES, Keadaan, Permohonan, TahapState
from ktpel_kiosk.domain.sop import Langkah, Stage
from ktpel_kiosk.domain.text import date_full, duration_words, month_year, number_text, percent_text, weekday_name
from ktpel_kiosk.ports.register import Query, View
from ktpel_kiosk.ui.presenters.session import Session, clock_text

PAGE = 500
LOOK_BACK = timedelta(days=120)
"""An application that began longer ago than this is not looked at for the steps of the period."""
GOOD, NEAR = 0.9, 0.75


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One SOP step: finished in the period, median active seconds, share within the limit, median wait apart."""

    title: str
    count: int
    median_s: float
    limit_s: float | None
    within: float | None
    paused_s: float

    @property
    def tone(self) -> str:
        return "muted" if self.within is None else "good" if self.within >= GOOD else "attention" if self.within >= NEAR else "trouble"

    @property
    def share_text(self) -> str:
        """The share; where the step has no limit the median time itself."""
        if self.within is not None:
            return percent_text(self.within)
        return clock_text(self.median_s) if self.count else "–"

    @property
    def detail(self) -> str:
        if not self.count:
            return "belum ada yang selesai"
        if not self.limit_s:
            limit = "waktu tengah, tanpa mutu baku"
        else:
            limit = f"tengah {clock_text(self.median_s)} dari {clock_text(self.limit_s)}"
        wait = f" · jeda {duration_words(self.paused_s)}" if self.paused_s >= 60 else ""
        return f"{number_text(self.count)} selesai · {limit}{wait}"


@dataclass(frozen=True, slots=True)
class ReportView:
    """``figures``: (title, value, detail, tone). ``bars``: (name, spoken, value, strong) of the incoming applications."""

    period: str
    figures: tuple[tuple[str, str, str, str], ...]
    steps: tuple[StepFigures, ...]
    bars_title: str
    bars: tuple[tuple[str, str, int, bool], ...]


class ReportPresenter:
    """``load`` reads every application that may touch the period: on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self, period: str) -> ReportView:
        """``period``: ``hari`` or ``bulan``. Raises NotAllowed for roles that see no register."""
        require(self.session.actor, "view_register")
        since = self.session.day_start() if period == "hari" else self.session.day_start().replace(day=1)

        def gather(view: View) -> tuple[list[Permohonan], list[CardJob]]:
            people = list(_touched(view, since))
            return people, [j for p in people for j in view.card_jobs(p.id) if j.updated_at >= since]

        people, jobs = self.session.desk.register.read(gather)
        begun = [p for p in people if p.created_at >= since]
        title = date_full(self.session.today()) if period == "hari" else month_year(self.session.today())
        return ReportView(
            title, self._figures(people, begun, jobs, since),
            tuple(step_figures(s, people, since) for s in self.session.desk.sop.langkah),
            "Permohonan masuk per jam" if period == "hari" else "Permohonan masuk per hari",
            self._hours(begun) if period == "hari" else self._days(begun))

    def _figures(self, people: Sequence[Permohonan], begun: Sequence[Permohonan], jobs: Sequence[CardJob],
                 since: datetime) -> tuple[tuple[str, str, str, str], ...]:
        done = [p for p in people if p.keadaan is Keadaan.SELESAI and (_ended(p) or since) >= since]
        met = [m for p in done if (m := self._met(p)) is not None]
        share = sum(met) / len(met) if met else None
        returned = sum(1 for p in begun if p.return_reasons)
        recorded = sum(1 for p in people for t in p.tahap
                       if t.stage is Stage.REKAM and t.state is TahapState.SELESAI and t.finished_at and t.finished_at >= since)
        states = Counter(j.state for j in jobs)
        good, spoiled = states[JobState.CONFIRMED], states[JobState.SPOILED]
        return (
            ("Permohonan masuk", number_text(len(begun)), f"{number_text(len(done))} diserahkan", "muted"),
            ("Tepat mutu baku", percent_text(share) if share is not None else "–",
             f"{sum(met)} dari {len(met)}" if met else "belum ada yang diukur",
             "muted" if share is None else "good" if share >= GOOD else "attention"),
            ("Dikembalikan", percent_text(returned / len(begun)) if begun else "–", f"{number_text(returned)} berkas",
             "attention" if returned else "muted"),
            ("Perekaman", number_text(recorded), "selesai", "muted"),
            ("Kartu jadi", number_text(good), f"{number_text(spoiled)} rusak", "attention" if spoiled else "muted"),
        )

    def _met(self, p: Permohonan) -> bool | None:
        """Every step with a limit was within it; by due time where the steps have none; None where nothing can be measured."""
        parts = [(sum(t.active_s for t in p.tahap if t.nomor == s.nomor), s.limit_s)
                 for s in self.session.desk.sop_of(p.sop_digest).langkah if s.limit_s]
        if parts:
            return all(used <= limit for used, limit in parts)
        ended = _ended(p)
        return ended <= p.due_at if p.due_at and ended else None

    def _hours(self, begun: Sequence[Permohonan]) -> tuple[tuple[str, str, int, bool], ...]:
        count = Counter(self.session.local(p.created_at).hour for p in begun)
        k = self.session.desk.sop.kantor
        first, last = min([k.jam_buka.hour, *count]), max([k.jam_tutup.hour, *count])
        now = self.session.local(self.session.now()).hour
        return tuple((f"{h:02d}", f"jam {h:02d}", count[h], h == now) for h in range(first, last + 1))

    def _days(self, begun: Sequence[Permohonan]) -> tuple[tuple[str, str, int, bool], ...]:
        count = Counter(self.session.local(p.created_at).day for p in begun)
        today = self.session.today()
        return tuple((str(d), f"{weekday_name(today.replace(day=d))} {d}", count[d], d == today.day) for d in range(1, today.day + 1))


def step_figures(step: Langkah, people: Sequence[Permohonan], since: datetime) -> StepFigures:
    """Figures of one printed step over everything that finished it since then; skipped steps do not count."""
    used, paused = [], []
    for p in people:
        parts = [t for t in p.tahap if t.nomor == step.nomor]
        ends = [t.finished_at for t in parts if t.finished_at]
        worked = any(t.state is TahapState.SELESAI for t in parts) and all(t.state in DONE_STATES for t in parts)
        if worked and ends and max(ends) >= since:
            used.append(sum(t.active_s for t in parts))
            paused.append(sum(t.paused_s for t in parts))
    within = sum(u <= step.limit_s for u in used) / len(used) if used and step.limit_s else None
    return StepFigures(f"{step.nomor}. {step.judul}", len(used), median(used) if used else 0.0, step.limit_s, within,
                       median(paused) if paused else 0.0)


def _touched(view: View, since: datetime) -> Iterator[Permohonan]:
    """Applications changed since then, page by page over an order that does not move."""
    offset = 0
    while True:
        page = view.list(Query(since=since - LOOK_BACK, limit=PAGE, offset=offset, newest_first=False))
        for item in page:
            if item.updated_at >= since or item.created_at >= since:
                yield view.permohonan(item.id)
        if len(page) < PAGE:
            return
        offset += PAGE


def _ended(p: Permohonan) -> datetime | None:
    return max((t.finished_at for t in p.tahap if t.finished_at), default=None)
