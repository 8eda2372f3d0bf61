"""Laporan: what each tab shows of a period, asked of the desk; the sections are those of the printed report. Qt-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import complaints, laporan_paper
from ktpel_kiosk.desk.laporan import LangkahWaktu, Laporan, Waktu, laporan, tertunda, waktu
from ktpel_kiosk.desk.laporan_sections import (
    figure_sections,
    officer_section,
    quality_section,
    queue_sections,
    return_section,
    step_title,
    time_sections,
)
from ktpel_kiosk.desk.laporan_service import service_sections
from ktpel_kiosk.domain.laporan import BULAN, HARI, TAHUN, Masa, share
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import duration_words, number_text, percent_text, weekday_name
from ktpel_kiosk.ports.papers import Section
from ktpel_kiosk.ui.presenters.session import Session, clock_text

TABS: tuple[tuple[str, str], ...] = (
    ("ringkasan", "Ringkasan"), ("angka", "Angka"), ("waktu", "Waktu layanan"), ("kembali", "Pengembalian & antrean"),
    ("mutu", "IKM & pengaduan"),
)
PERIODS: tuple[tuple[str, str], ...] = ((HARI, "Hari"), (BULAN, "Bulan"), (TAHUN, "Tahun"))
GOOD, NEAR = 0.9, 0.75


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step at a glance: share within the mutu baku, or the median where the SOP prints none."""

    title: str
    detail: str
    within: float | None
    share_text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Glance:
    """The first tab. ``figures``: (title, value, detail, tone). ``bars``: (name, spoken, value, strong) of what came in."""

    figures: tuple[tuple[str, str, str, str], ...]
    steps: tuple[StepLine, ...]
    bars_title: str
    bars: tuple[tuple[str, str, int, bool], ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """One tab of one period; ``glance`` for the first tab, ``sections`` for the others. ``last``: the period is not over."""

    tab: str
    masa: Masa
    glance: Glance | None = None
    sections: tuple[Section, ...] = ()

    @property
    def period(self) -> str:
        return self.masa.label


class ReportPresenter:
    """Everything is counted in the register when asked: on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def period(self, jenis: str) -> Masa:
        """The one we are in."""
        return Masa.of(jenis, self.session.today())

    def running(self, masa: Masa) -> bool:
        """Not over yet: there is nothing later to show."""
        return masa.akhir > self.session.today()

    def may_export(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["export_reports"])

    def load(self, tab: str, masa: Masa) -> ReportView:
        """Raises NotAllowed for roles that see no reports."""
        desk, actor = self.session.desk, self.session.actor
        if tab == "ringkasan":
            return ReportView(tab, masa, self._glance(laporan(desk, actor, masa), waktu(desk, actor, masa, rekam=False)))
        made: list[Section | None]
        if tab == "angka":
            report = laporan(desk, actor, masa)
            made = [*figure_sections(report), officer_section(report)]
        elif tab == "waktu":
            times = waktu(desk, actor, masa)
            made = [*time_sections(times, per_service=True), quality_section(times)]
        elif tab == "kembali":
            made = [return_section(laporan(desk, actor, masa)), *queue_sections(tertunda(desk, actor), self.session.zona)]
        else:
            since, until = masa.bounds(self.session.zona)
            made = [*service_sections(laporan_paper.survey(desk, actor, masa), complaints.figures(desk, actor, since, until))]
        return ReportView(tab, masa, sections=tuple(s for s in made if s is not None))

    def file_name(self, masa: Masa, kind: str, format: str) -> str:
        return laporan_paper.file_name(kind, masa, format)

    def export(self, masa: Masa, kind: str, format: str, path: Path) -> tuple[Path, str]:
        """Write the report; returns the file and its SHA-256. Raises NotAllowed, BadInput, IoFailure, DiskFull."""
        return path, laporan_paper.export(self.session.desk, self.session.actor, masa, format, path, kind=kind)

    # -- the first tab ------------------------------------------------------------------------------------------------------

    def _glance(self, r: Laporan, w: Waktu) -> Glance:
        per = {"jam": "per jam", "hari": "per hari", "bulan": "per bulan"}[r.masa.unit]
        return Glance(self._figures(r, w), step_lines(w.langkah), f"Permohonan masuk {per}", self._bars(r))

    def _figures(self, r: Laporan, w: Waktu) -> tuple[tuple[str, str, str, str], ...]:
        card = any(Stage.CETAK_ENCODE in s.stages for s in self.session.desk.sop.langkah)
        within, measured = w.tepat
        met = share(within, measured)

        def compared(key: str) -> str:
            a = r.nilai(key)
            return f"sebelumnya {number_text(a.lalu.total if a.lalu else 0)}"

        spoiled = r.nilai("cetak_rusak").kini.total
        last = ("Kartu jadi", number_text(r.nilai("cetak_baik").kini.total), f"{number_text(spoiled)} rusak" if spoiled else
                compared("cetak_baik"), "attention" if spoiled else "muted") if card else (
            "Surat terbit", number_text(r.nilai("surat_terbit").kini.total), compared("surat_terbit"), "muted")
        returned = r.bagian_kembali
        return (
            ("Permohonan masuk", number_text(r.nilai("masuk").kini.total), compared("masuk"), "muted"),
            ("Tepat mutu baku", percent_text(met) if met is not None else "–",
             f"{number_text(within)} dari {number_text(measured)}" if measured else "belum ada yang diukur", _tone(met)),
            ("Dikembalikan", percent_text(returned) if returned is not None else "–", f"{number_text(r.kembali)} kali",
             "attention" if r.kembali else "muted"),
            ("Perekaman", number_text(r.nilai("perekaman").kini.total), compared("perekaman"), "muted"), last,
        )

    def _bars(self, r: Laporan) -> tuple[tuple[str, str, int, bool], ...]:
        now = self.session.local(self.session.now())
        current = {HARI: now.hour, BULAN: now.day, TAHUN: now.month}[r.masa.jenis] if r.berjalan else -1
        return tuple((name, _spoken(r.masa, number, name), value, number == current)
                     for (number, name), value in zip(r.bagian, r.seri["masuk"], strict=True))


def _spoken(masa: Masa, number: int, name: str) -> str:
    if masa.jenis == HARI:
        return f"jam {name}"
    return f"{weekday_name(masa.mulai.replace(day=number))} {number}" if masa.jenis == BULAN else name


def _tone(part: float | None) -> str:
    return "muted" if part is None else "good" if part >= GOOD else "attention" if part >= NEAR else "trouble"


def step_lines(steps: Sequence[LangkahWaktu]) -> tuple[StepLine, ...]:
    return tuple(_line(x) for x in steps)


def _line(x: LangkahWaktu) -> StepLine:
    t = x.times
    if t is None:
        return StepLine(step_title(x), "belum ada yang selesai", None, "–", "muted")
    limit = f" · tengah {clock_text(t.median_s)} dari {clock_text(x.limit_s)}" if x.limit_s else ""
    wait = f" · jeda {duration_words(t.paused_s / t.paused)}" if t.paused and t.paused_s / t.paused >= 60 else ""
    text = percent_text(x.tepat) if x.tepat is not None else clock_text(t.median_s)
    return StepLine(step_title(x), f"{number_text(t.count)} selesai{limit}{wait}", x.tepat, text, _tone(x.tepat))
