"""SIAK statuses in the words of the screens: what each means, what was said of one application, entering one, importing a list. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ktpel_kiosk.desk import followups, status_acts, status_list, statuses
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.status_list import Imported, StatusPlan
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import OtherStatus, Status, StatusSiak, status_of, stored_status
from ktpel_kiosk.domain.status_guide import guide
from ktpel_kiosk.domain.status_story import Said
from ktpel_kiosk.domain.text import date_card, date_short, mask_nik, number_text, parse_date, time_text, zone
from ktpel_kiosk.ports.outbox import StatusWanted
from ktpel_kiosk.ports.register import View
from ktpel_kiosk.ui.presenters.register import short_name
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

OTHER = "lain"
"""Choice of the list that stands for a word nobody foresaw."""
PLACES = ("SIAK Terpusat", "Aplikasi perekaman", "Pesan dari Disdukcapil", "Telepon Disdukcapil")


@dataclass(frozen=True, slots=True)
class Explained:
    """A status in plain words. ``known``: the program understands it."""

    title: str
    tone: str
    operator: str
    applicant: str
    who: str
    next: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One line of the history."""

    title: str
    tone: str
    when: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """One application's statuses: the present one (``None`` while nothing was said), all of them newest first, what may be done."""

    now: Explained | None
    since: str
    history: tuple[SaidRow, ...]
    may_enter: bool
    acts: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of a list before it is taken."""

    line: str
    who: str
    before: str
    after: str
    tone: str
    at: str
    note: str


def explained(status: Status) -> Explained:
    g = guide(status)
    return Explained(g.title, g.tone, g.operator, g.applicant, g.who.value, g.next, not isinstance(status, OtherStatus))


def hint(value: str) -> str:
    """A tooltip for a shown status; empty for none."""
    if not value:
        return ""
    said = explained(stored_status(value))
    return f"{said.title}: {said.operator}"


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One status: how many wait under it, and what it means."""

    key: str
    title: str
    tone: str
    count: int
    meaning: str
    who: str
    next: str


class StatusPresenter:
    """Methods touch the register: call them on a worker (:meth:`explain` and :meth:`choices` do not)."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, permission: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[permission])

    @staticmethod
    def choices() -> tuple[tuple[str, str], ...]:
        return (*((s.value, s.value) for s in StatusSiak), (OTHER, "Status lain …"))

    @staticmethod
    def explain(choice: str, other: str = "") -> Explained | None:
        """``None`` while nothing readable is chosen."""
        try:
            return explained(status_of(other if choice == OTHER else choice))
        except ValueError:
            return None

    # -- one application ----------------------------------------------------------------------------------------------

    def open(self, permohonan_id: str) -> StatusView:
        desk = self.session.desk
        said = statuses.history(desk, permohonan_id)
        p, names, acts = desk.register.read(lambda v: (
            v.permohonan(permohonan_id), {u.username: u.nama for u in v.users()}, status_acts.may(v, v.permohonan(permohonan_id))))
        first = said[-1] if said else None
        for line in reversed(said):
            if first is not None and line.status == first.status:
                first = line
            else:
                break
        return StatusView(
            explained(said[-1].status) if said else None, f"sejak {self._stamp(first.at)}" if first else "",
            tuple(self._row(s, names) for s in reversed(said)), self.may("enter_status_manually") and p.current() is not None,
            acts if self.may("reseal_packet") else frozenset())

    def _row(self, s: Said, names: dict[str, str]) -> SaidRow:
        g = guide(s.status)
        return SaidRow(g.title, g.tone, self._stamp(s.at), self.source_text(s, names), s.reason)

    def source_text(self, s: Said, names: dict[str, str]) -> str:
        """``gateway``, ``kurir``, ``dibaca petugas Rina W.``, ``daftar CSV 12-03-2026``, ``ditanyakan``."""
        if s.source == "manual":
            return f"dibaca petugas {short_name(names.get(s.officer, s.officer))}"
        if s.source == "csv":
            return f"daftar CSV {date_card(self.session.local(s.at).date())}"
        return word("sumber_status", s.source)

    def _stamp(self, at: datetime) -> str:
        local = self.session.local(at)
        return f"{date_short(local.date())}, {time_text(local)}"

    def problems(self, choice: str, other: str, on: str, clock: str) -> dict[str, str]:
        """Field -> sentence of what keeps this entry from being kept."""
        found: dict[str, str] = {}
        if self.explain(choice, other) is None:
            found["lain" if choice == OTHER else "status"] = "Tuliskan persis seperti di SIAK." if choice == OTHER else "Pilih statusnya."
        try:
            if self.moment(on, clock) > self.session.now():
                found["jam"] = "Waktu ini belum terjadi."
        except BadInput:
            found["tanggal"] = "Tulis tanggal seperti 27-11-2026 dan jam seperti 09.15."
        return found

    def moment(self, on: str, clock: str) -> datetime:
        """Raises BadInput ``text.date``."""
        day = parse_date(on)
        hours, _, minutes = clock.strip().replace(":", ".").partition(".")
        try:
            local = datetime(day.year, day.month, day.day, int(hours), int(minutes), tzinfo=zone(self.session.zona))
        except ValueError as error:
            raise BadInput("text.date") from error
        return local.astimezone(self.session.now().tzinfo)

    def today_text(self) -> tuple[str, str]:
        """Date and time of now as the fields show them."""
        local = self.session.local(self.session.now())
        return date_card(local.date()), time_text(local)

    def warning(self, permohonan_id: str, choice: str, other: str = "") -> str:
        """Why this status is unusual here; empty when it is not."""
        try:
            status = status_of(other if choice == OTHER else choice)
        except ValueError:
            return ""
        before = statuses.unusual_step(self.session.desk, permohonan_id, status)
        if before is None:
            return ""
        return f"Tidak biasa sesudah \"{guide(before).title}\". Periksa sekali lagi; bila memang begitu, tuliskan alasannya."

    def enter(self, permohonan_id: str, choice: str, other: str, on: str, clock: str, where: str, reason: str) -> str:
        """Keep the entry; the sentence says what came of it. Raises BadInput, SopViolation, NotAllowed."""
        status = status_of(other if choice == OTHER else choice)
        at = min(self.moment(on, clock), self.session.now())
        made = statuses.record_entry(self.session.desk, self.session.actor, permohonan_id, status, reason, at=at, where=where)
        if not made.shown:
            return "Tersimpan dalam riwayat; sudah ada kabar yang lebih baru."
        tahap = made.permohonan.current()
        return f"Permohonan sekarang: {word('stage', tahap.stage).lower()}." if tahap is not None else "Permohonan selesai."

    # -- what an officer does about it --------------------------------------------------------------------------------

    def send_again(self, permohonan_id: str, reason: str) -> None:
        status_acts.send_again(self.session.desk, self.session.actor, permohonan_id, reason)

    def record_again(self, permohonan_id: str, reason: str) -> None:
        status_acts.record_again(self.session.desk, self.session.actor, permohonan_id, reason)

    def asked(self, permohonan_id: str, note: str) -> None:
        """Somebody asked the dinas or the centre; the task rests for some days."""
        followups.log_contact(self.session.desk, self.session.actor, permohonan_id, "pusat", "tersambung", note)

    # -- a list -------------------------------------------------------------------------------------------------------

    def overview(self) -> tuple[OverviewRow, ...]:
        """Every status with how many wait under it; those somebody waits under first."""
        def counts(v: View) -> dict[str, int]:
            waiting = (Stage.MENUNGGU_PRR.value,)
            found = {s.value: v.status_count(StatusWanted((s.value,), stages=waiting)) for s in StatusSiak}
            return {"": v.status_count(StatusWanted(("",), stages=waiting)), **found,
                    OTHER: v.status_count(StatusWanted(others=True, stages=waiting))}

        require(self.session.actor, "view_register")
        found = self.session.desk.register.read(counts)
        rows = [OverviewRow("", "Belum ada kabar", "neutral", found[""], "Belum terkirim, atau pusat belum mengatakan apa pun.",
                            "Kiosk, dengan sendirinya", "Lihat halaman Antrean.")]
        for s in StatusSiak:
            g = guide(s)
            rows.append(OverviewRow(s.value, g.title, g.tone, found[s.value], g.operator, g.who.value, g.next))
        other = guide(OtherStatus("Status lain"))
        rows.append(OverviewRow(OTHER, other.title, other.tone, found[OTHER], other.operator, other.who.value, other.next))
        return tuple(sorted(rows, key=lambda r: r.count == 0))

    def examine(self, path: Path) -> StatusPlan:
        return status_list.examine(self.session.desk, self.session.actor, path)

    def adopt(self, plan: StatusPlan) -> Imported:
        return status_list.adopt(self.session.desk, self.session.actor, plan)

    def plan_rows(self, plan: StatusPlan) -> tuple[PlanRow, ...]:
        """Every line that will be taken or is refused, by line."""
        rows = [(t.line, PlanRow(
            str(t.line), f"{t.nama} · {mask_nik(t.nik)}", guide(t.before).title if t.before else "–", guide(t.status).title,
            "attention" if t.unusual else guide(t.status).tone, self._stamp(t.at),
            "Sudah ada kabar lebih baru; masuk riwayat saja." if t.late else "Perpindahan tidak biasa." if t.unusual else ""))
            for t in plan.taken]
        rows += [(p.line, PlanRow(str(p.line), p.who or "–", "–", "tidak diambil", "trouble", "–", p.reason)) for p in plan.problems]
        return tuple(row for _, row in sorted(rows, key=lambda r: r[0]))

    @staticmethod
    def plan_text(plan: StatusPlan) -> str:
        parts = [f"{number_text(len(plan.taken))} baris dapat diambil"]
        if plan.known:
            parts.append(f"{number_text(plan.known)} sudah tercatat")
        if plan.problems:
            parts.append(f"{number_text(len({p.line for p in plan.problems}))} tidak diambil")
        return f"{plan.file_name}: {', '.join(parts)}. Belum ada yang disimpan."
