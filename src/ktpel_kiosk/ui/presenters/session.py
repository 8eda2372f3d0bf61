"""What every presenter works with: the desk, who is signed in, and the words of errors and times. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.text import date_long, duration_text, duration_words, time_text, to_local, zone
from ktpel_kiosk.ui.words import told, word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.desk.queries import StepView
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.domain.errors import KioskError


@dataclass
class Session:
    """The signed-in officer at this desk. ``actor`` changes at sign-in and lock."""

    desk: Desk
    actor: Actor

    @property
    def zona(self) -> str:
        return self.desk.sop.kantor.zona_waktu

    def now(self) -> datetime:
        return self.desk.clock.now()

    def local(self, at: datetime) -> datetime:
        return to_local(at, self.zona)

    def today(self) -> date:
        return self.local(self.now()).date()

    def day_start(self) -> datetime:
        """Local midnight as an aware time."""
        today = self.today()
        return datetime(today.year, today.month, today.day, tzinfo=zone(self.zona))

    def time(self, at: datetime) -> str:
        return time_text(self.local(at))

    def when(self, at: datetime) -> str:
        """``09.15`` today, ``kemarin``, else ``20 Nov``."""
        local, today = self.local(at), self.today()
        if local.date() == today:
            return time_text(local)
        if local.date() == today - timedelta(days=1):
            return "kemarin"
        return day_month(local.date())

    def sentence(self, error: KioskError) -> str:
        return told(self.desk.sentences, error.message_key, error.facts)

    def office(self) -> str:
        return self.desk.sop.kantor.nama


def day_month(on: date) -> str:
    """``20 Nov``."""
    from ktpel_kiosk.domain.text import date_short
    return date_short(on).rsplit(" ", 1)[0]


def number_short(nomor: str) -> str:
    """The running part of a register number: ``0042`` of ``0042/KTP/XI/2026``."""
    return nomor.split("/", 1)[0] if nomor else "baru"


def brief(seconds: float) -> str:
    """The largest unit only: ``2 jam``, ``3 hari``, ``31 menit``."""
    parts = duration_words(seconds).split()
    return " ".join(parts[:2])


def clock_text(seconds: float) -> str:
    return duration_text(seconds)


def step_rows(steps: tuple[StepView, ...]) -> tuple[tuple[int, str, str, str], ...]:
    """(number, title, time line, state) for the step bar."""
    return tuple((s.langkah.nomor, s.langkah.judul, _step_time(s), _step_state(s)) for s in steps)


def _step_time(s: StepView) -> str:
    if s.state == "belum" and not s.used_s:
        return ""
    if s.state == "dilewati":
        return "dilewati"
    if s.state == "jeda" and s.pause_reason:
        return word("jeda", s.pause_reason)
    used = clock_text(s.used_s)
    return f"{used} / {clock_text(s.langkah.limit_s)}" if s.langkah.limit_s else used


def _step_state(s: StepView) -> str:
    if s.state == "selesai":
        return "done"
    if s.state == "dilewati":
        return "skipped"
    if s.state == "jeda":
        return "waiting"
    if s.state == "aktif":
        return "over" if s.share > 1 else "near" if s.share >= 0.8 else "active"
    return "todo"


__all__ = ["Session", "brief", "clock_text", "date_long", "day_month", "duration_words", "number_short", "step_rows"]
