"""Pengaduan: the list by deadline, one complaint with its steps, what may come next; words of the screens. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk import complaints
from ktpel_kiosk.desk.complaints import Complaint
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.pengaduan import (
    DEADLINE_DAYS,
    ENDED,
    KANAL_NAMES,
    KATEGORI_NAMES,
    NEXT,
    NOTE_NEEDED,
    RESPONSE_DAYS,
    STATUS_NAMES,
    Kanal,
    KategoriPengaduan,
    StatusPengaduan,
    Tenggat,
)
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_short, datetime_long, number_text
from ktpel_kiosk.ui.presenters.session import Session, number_short

OPEN, OVERDUE, SOON, ENDED_KEY = "terbuka", "lewat", "dekat", "berakhir"
STATUS_FILTER: tuple[tuple[str, str], ...] = (
    (OPEN, "Belum selesai"), (OVERDUE, "Lewat batas"), (SOON, "Mendekati batas"),
    *((str(s), STATUS_NAMES[s]) for s in StatusPengaduan if s not in ENDED), (ENDED_KEY, "Sudah berakhir (1 tahun)"),
)
CHANNEL_FILTER: tuple[tuple[str, str], ...] = (("", "Kanal: semua"), *((str(k), KANAL_NAMES[k]) for k in Kanal))
CATEGORIES: tuple[tuple[str, str], ...] = tuple(
    (str(k), f"{KATEGORI_NAMES[k]} · {DEADLINE_DAYS[k]} hari kerja") for k in KategoriPengaduan)
CHANNELS: tuple[tuple[str, str], ...] = tuple((str(k), KANAL_NAMES[k]) for k in Kanal)
ACTIONS: dict[StatusPengaduan, str] = {
    StatusPengaduan.DIVERIFIKASI: "Verifikasi", StatusPengaduan.DIPROSES: "Proses", StatusPengaduan.MENUNGGU_PELAPOR: "Tunggu pelapor",
    StatusPengaduan.SELESAI: "Selesaikan", StatusPengaduan.DITOLAK: "Tolak", StatusPengaduan.DITERUSKAN: "Teruskan",
}
TONES: dict[Tenggat, str] = {
    Tenggat.LEWAT: "trouble", Tenggat.DEKAT: "attention", Tenggat.AMAN: "good", Tenggat.SELESAI: "neutral",
}


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """One line of the list. ``due_tone`` colours the words of ``due``, which say the same."""

    id: str
    number: str
    received: str
    channel: str
    person: str
    text: str
    status: str
    status_tone: str
    due: str
    due_tone: str


@dataclass(frozen=True, slots=True)
class ComplaintList:
    """``figures``: (title, value, detail, tone)."""

    rows: tuple[ComplaintRow, ...]
    figures: tuple[tuple[str, str, str, str], ...]
    count: str


@dataclass(frozen=True, slots=True)
class StepLine:
    when: str
    title: str
    officer: str
    note: str
    last: bool


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """One complaint. ``moves``: (status, button text, note needed), the usual one first; empty when it ended or nobody here may."""

    id: str
    version: int
    number: str
    person: str
    contact: str
    text: str
    status: str
    status_tone: str
    due: str
    due_tone: str
    facts: tuple[tuple[str, str], ...]
    response: str
    response_tone: str
    steps: tuple[StepLine, ...]
    moves: tuple[tuple[str, str, bool], ...]
    ended: bool


class ComplaintsPresenter:
    """All methods that ask the desk run on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    # -- list ------------------------------------------------------------------------------------------------------------------

    def load(self, status: str = OPEN, channel: str = "", text: str = "") -> ComplaintList:
        """Filtered, soonest deadline first (ended ones newest first). Raises NotAllowed."""
        desk, actor, now = self.session.desk, self.session.actor, self.session.now()
        running = complaints.open_ones(desk, actor)
        shown = self._chosen(running, status, now)
        words = text.casefold().split()
        rows = tuple(self._row(c, now) for c in shown if (not channel or c.pengaduan.kanal == channel) and _matches(c, words))
        return ComplaintList(rows, self._figures(running, now), f"{number_text(len(rows))} pengaduan")

    def _chosen(self, running: tuple[Complaint, ...], status: str, now: datetime) -> tuple[Complaint, ...]:
        if status == ENDED_KEY:
            year = complaints.in_period(self.session.desk, self.session.actor, now - timedelta(days=366), now + timedelta(days=1))
            return tuple(c for c in reversed(year) if c.tenggat is Tenggat.SELESAI)
        if status == OVERDUE:
            return complaints.overdue(running)
        if status == SOON:
            return complaints.due_soon(running)
        return running if status == OPEN else tuple(c for c in running if c.pengaduan.status == status)

    @staticmethod
    def _figures(running: tuple[Complaint, ...], now: datetime) -> tuple[tuple[str, str, str, str], ...]:
        late, soon, silent = complaints.overdue(running), complaints.due_soon(running), complaints.unanswered(running, now)
        return (
            ("Belum selesai", number_text(len(running)), "pengaduan" if running else "tidak ada", "muted"),
            ("Lewat batas", number_text(len(late)), "selesaikan" if late else "tidak ada", "trouble" if late else "good"),
            ("Mendekati batas", number_text(len(soon)), "segera" if soon else "tidak ada", "attention" if soon else "good"),
            ("Belum ditanggapi", number_text(len(silent)), f"> {RESPONSE_DAYS} hari kerja" if silent else "tidak ada",
             "trouble" if silent else "good"),
        )

    def _row(self, c: Complaint, now: datetime) -> ComplaintRow:
        p = c.pengaduan
        return ComplaintRow(
            p.id, number_short(p.nomor), date_short(self.session.local(p.received_at).date()), KANAL_NAMES[p.kanal],
            "Tanpa nama" if p.anonim else _line(p.nama), _line(p.uraian), STATUS_NAMES[p.status], status_tone(p.status),
            self._due(c), TONES[c.tenggat])

    def _due(self, c: Complaint) -> str:
        p = c.pengaduan
        if c.tenggat is Tenggat.SELESAI:
            kept = p.finished_at is not None and p.finished_at <= p.due_at
            return "Tepat waktu" if kept else "Terlambat"
        if c.tenggat is Tenggat.LEWAT:
            return f"Lewat {max(1, -c.days_left)} hari kerja" if c.days_left else "Lewat sejak tutup tadi"
        if c.days_left == 0:
            return f"Hari ini, {self.session.time(p.due_at)}"
        return f"{c.days_left} hari kerja lagi"

    # -- one -------------------------------------------------------------------------------------------------------------------

    def open(self, complaint_id: str) -> ComplaintView:
        """Raises NotAllowed, NotFound."""
        return self._view(complaints.open_complaint(self.session.desk, self.session.actor, complaint_id))

    def _view(self, c: Complaint) -> ComplaintView:
        p, zona = c.pengaduan, self.session.zona
        moves = tuple((str(s), ACTIONS[s], s in NOTE_NEEDED) for s in NEXT[p.status]) if self.may("handle_complaint") else ()
        facts = [("Diterima", datetime_long(p.received_at, zona)), ("Kanal", KANAL_NAMES[p.kanal]),
                 ("Kategori", f"{KATEGORI_NAMES[p.kategori]}, {DEADLINE_DAYS[p.kategori]} hari kerja"),
                 ("Batas waktu", datetime_long(p.due_at, zona))]
        if p.finished_at is not None:
            facts.append(("Berakhir", datetime_long(p.finished_at, zona)))
        response, tone = self._response(c)
        names = self._names({s.officer for s in c.steps})
        return ComplaintView(
            p.id, p.version, p.nomor, "Tanpa nama" if p.anonim else p.nama, p.kontak, p.uraian, STATUS_NAMES[p.status],
            status_tone(p.status), self._due(c), TONES[c.tenggat], tuple(facts), response, tone,
            tuple(StepLine(datetime_long(s.at, zona), STATUS_NAMES[s.status], names.get(s.officer, s.officer), s.note,
                           i == len(c.steps) - 1) for i, s in enumerate(c.steps)), moves, p.status in ENDED)

    def _response(self, c: Complaint) -> tuple[str, str]:
        zona = self.session.zona
        if c.responded_at is not None:
            late = c.response_late
            return f"Ditanggapi {datetime_long(c.responded_at, zona)}" + (" (terlambat)" if late else ""), "attention" if late else "good"
        if self.session.now() > c.response_due:
            return f"Belum ditanggapi; seharusnya paling lambat {datetime_long(c.response_due, zona)}", "trouble"
        return f"Tanggapi paling lambat {datetime_long(c.response_due, zona)}", "neutral"

    def _names(self, usernames: set[str]) -> dict[str, str]:
        users = self.session.desk.register.read(lambda v: {u: v.user(u) for u in usernames})
        return {u: account.nama for u, account in users.items() if account is not None}

    # -- acting ----------------------------------------------------------------------------------------------------------------

    def receive(self, form: dict[str, str], anonymous: bool) -> ComplaintView:
        """Raises BadInput, NotAllowed, SopViolation."""
        for field, key in (("Kanal", "kanal"), ("Kategori", "kategori")):
            if not form.get(key):
                raise BadInput("complaint.empty", field=field)
        made = complaints.receive(
            self.session.desk, self.session.actor, form["kanal"], form["kategori"], form.get("uraian", ""),
            nama="" if anonymous else form.get("nama", ""), kontak="" if anonymous else form.get("kontak", ""), anonim=anonymous)
        return self.open(made.id)

    def move(self, view: ComplaintView, to: str, note: str) -> ComplaintView:
        complaints.move(self.session.desk, self.session.actor, view.id, to, note, version=view.version)
        return self.open(view.id)

    def note(self, view: ComplaintView, note: str) -> ComplaintView:
        complaints.add_note(self.session.desk, self.session.actor, view.id, note)
        return self.open(view.id)

    def recategorise(self, view: ComplaintView, kategori: str, reason: str) -> ComplaintView:
        complaints.recategorise(self.session.desk, self.session.actor, view.id, kategori, reason)
        return self.open(view.id)

    def receipt(self, view: ComplaintView) -> Path:
        """Bukti pengaduan as a file in the documents folder."""
        return complaints.receipt(self.session.desk, self.session.actor, view.id)


def status_tone(status: StatusPengaduan) -> str:
    return {StatusPengaduan.DITERIMA: "accent", StatusPengaduan.MENUNGGU_PELAPOR: "attention", StatusPengaduan.SELESAI: "good",
            StatusPengaduan.DITOLAK: "trouble"}.get(status, "neutral")


def _line(text: str) -> str:
    """On one line, for a table."""
    return " ".join(text.split())[:200]


def _matches(c: Complaint, words: list[str]) -> bool:
    p = c.pengaduan
    hay = f"{p.nomor} {p.nama} {p.kontak} {p.uraian}".casefold()
    return all(w in hay for w in words)
