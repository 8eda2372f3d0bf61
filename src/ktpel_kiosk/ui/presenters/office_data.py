"""Pengaturan: the office's calendar, its population list, the next version of its SOP. Qt-free; methods run on a worker."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ktpel_kiosk.desk import kalender_kantor, population, sop_versions
from ktpel_kiosk.desk.kalender_kantor import CalendarDay, Jenis, OfficeDay
from ktpel_kiosk.desk.population import ImportPlan
from ktpel_kiosk.desk.sop_versions import SopReview
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.population import PopulationBatch
from ktpel_kiosk.domain.text import date_full, date_short, datetime_long, number_text, parse_date, time_text
from ktpel_kiosk.ui.presenters.session import Session

MAX_SOP_BYTES = 2_000_000
KINDS: tuple[tuple[Jenis, str], ...] = ((Jenis.LIBUR, "Libur"), (Jenis.BUKA, "Tetap buka"), (Jenis.BUKAN_LIBUR, "Bukan libur"))


@dataclass(frozen=True, slots=True)
class DayRow:
    """One line of the calendar as the table shows it."""

    on: date
    day: str
    name: str
    source: str
    state: str
    tone: str
    own: OfficeDay | None


@dataclass(frozen=True, slots=True)
class ListView:
    """The population list: figures (title, value, detail, tone) and its imports (when, file, who, counts)."""

    figures: tuple[tuple[str, str, str, str], ...]
    batches: tuple[tuple[str, str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    part: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A new SOP text beside the one in force."""

    text: str
    title: str
    changes: tuple[ChangeRow, ...]
    findings: tuple[tuple[str, str], ...]
    same: bool


class OfficeDataPresenter:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.checked = 0
        self._stop = threading.Event()

    # -- calendar -----------------------------------------------------------------------------------------------------

    def this_year(self) -> int:
        return self.session.local(self.session.now()).year

    def calendar(self, year: int) -> tuple[DayRow, ...]:
        return tuple(self._day(d) for d in kalender_kantor.year(self.session.desk, year))

    def _day(self, d: CalendarDay) -> DayRow:
        source = "Pemerintah" if d.own is None else "Kantor"
        name = d.nama if d.own is None or not d.state or d.state == d.nama else f"{d.nama} ({d.state})"
        state, tone = ("Buka", "good") if d.open else ("Libur", "neutral" if d.own is None else "attention")
        return DayRow(d.on, date_full(d.on), name, source, state, tone, d.own)

    def day_problems(self, on: str, jenis: str, nama: str) -> dict[str, str]:
        """Field -> sentence of what keeps this day from being kept."""
        found: dict[str, str] = {}
        try:
            parse_date(on)
        except BadInput:
            found["tanggal"] = "Tulis tanggal seperti 27-11-2026."
        if not jenis:
            found["jenis"] = "Pilih salah satu."
        if not nama.strip():
            found["nama"] = "Beri nama, misalnya Pemungutan suara."
        return found

    def keep_day(self, on: str, jenis: str, nama: str) -> date:
        """Raises BadInput, NotAllowed."""
        day = OfficeDay(parse_date(on), Jenis(jenis), " ".join(nama.split()))
        kalender_kantor.set_days(self.session.desk, self.session.actor, [day])
        return day.on

    def drop_day(self, on: date) -> bool:
        return kalender_kantor.drop_day(self.session.desk, self.session.actor, on)

    def import_calendar(self, path: Path) -> int:
        """Raises kalender_kantor.BadCalendar with every line, BadInput, NotAllowed."""
        return kalender_kantor.import_file(self.session.desk, self.session.actor, path)

    # -- population list ----------------------------------------------------------------------------------------------

    def population(self) -> ListView:
        desk = self.session.desk
        count, figures = desk.register.read(lambda v: (v.population_count(), dict(v.population_figures())))
        from ktpel_kiosk.domain.population import NOT_RECORDED
        unknown = figures.get("", 0)
        missing = sum(n for word, n in figures.items() if word in NOT_RECORDED)
        made = population.batches(desk)
        last = self.session.local(made[0].at) if made else None
        shown = (
            ("Penduduk dalam daftar", number_text(count), "", "muted"),
            ("Sudah rekam", number_text(count - missing - unknown), "menurut daftar", "good"),
            ("Belum rekam", number_text(missing), "menurut daftar", "attention" if missing else "muted"),
            ("Impor terakhir", date_short(last.date()) if last else "–", time_text(last) if last else "belum ada", "muted"),
        )
        return ListView(shown, tuple(self._batch(b) for b in made))

    def _batch(self, b: PopulationBatch) -> tuple[str, str, str, str, str]:
        at = datetime_long(b.at, self.session.desk.sop.kantor.zona_waktu)
        counts = f"{number_text(b.added)} baru, {number_text(b.changed)} diperbarui, {number_text(b.unchanged)} tetap"
        return at, b.file_name, b.officer, counts, number_text(b.refused) if b.refused else "–"

    def villages(self) -> tuple[str, ...]:
        return population.villages(self.session.desk)

    def examine(self, path: Path, village: str) -> ImportPlan:
        """Read and check a file; :meth:`stop` ends it early. Raises BadInput, NotAllowed."""
        self.checked = 0
        self._stop.clear()

        def progress(done: int) -> bool:
            self.checked = done
            return not self._stop.is_set()

        return population.examine(self.session.desk, self.session.actor, path, village=village, progress=progress)

    def stop(self) -> None:
        self._stop.set()

    def adopt(self, plan: ImportPlan) -> PopulationBatch:
        return population.adopt(self.session.desk, self.session.actor, plan)

    def save_problems(self, plan: ImportPlan, path: Path) -> Path:
        population.save_problems(self.session.desk, self.session.actor, plan, path)
        return path

    # -- SOP ----------------------------------------------------------------------------------------------------------

    def review(self, path: Path) -> ReviewView:
        """Raises BadInput with the line."""
        try:
            if path.stat().st_size > MAX_SOP_BYTES:
                raise BadInput("sop.unreadable", path=path.name)
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput("sop.unreadable", path=path.name) from error
        return self._review(sop_versions.review(self.session.desk, text))

    @staticmethod
    def _review(found: SopReview) -> ReviewView:
        rows = tuple(ChangeRow(c.part, c.what[:1].upper() + c.what[1:], c.before or "–", c.after or "–") for c in found.changes)
        findings = tuple(("attention" if f.level == "WARN" else "info", f.text) for f in found.findings)
        return ReviewView(found.sop.source_text, found.sop.judul, rows, findings, found.same)

    def adopt_sop(self, text: str) -> str:
        return sop_versions.adopt(self.session.desk, self.session.actor, text).judul

    def history(self) -> tuple[tuple[str, str, str, bool], ...]:
        """(when, what, who, in force), newest first."""
        zona = self.session.desk.sop.kantor.zona_waktu
        return tuple((datetime_long(a.at, zona), " · ".join(x for x in (a.nomor, f"sidik {a.digest[:12]}…") if x),
                      "Awal kantor" if a.officer == "-" else a.officer, a.in_force) for a in sop_versions.history(self.session.desk))

    def local_extras(self) -> tuple[bool, int]:
        """Whether they are asked for, and how many different ones the SOP has."""
        extras = {s.teks for x in self.session.desk.sop.layanan for s in x.syarat if s.lokal}
        return sop_versions.local_extras_on(self.session.desk), len(extras)

    def turn_local_extras(self, on: bool) -> bool:
        sop_versions.turn_local_extras(self.session.desk, self.session.actor, on)
        return on
