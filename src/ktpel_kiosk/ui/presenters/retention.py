"""Pengaturan, Simpanan: what packet files lie here and why, when they go, what was destroyed. Qt-free; methods run on a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ktpel_kiosk.desk import night_check, purge_paper, retention, station_care
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.retention import Overview
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.retention import DAYS_RANGE, Kept, PurgeRun
from ktpel_kiosk.domain.text import date_full, date_short, number_text, time_text
from ktpel_kiosk.ports.night_check import Fault
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

AUTOMATIC = "otomatis"


@dataclass(frozen=True, slots=True)
class PurgeRow:
    """One run as the table shows it; ``id`` opens its paper."""

    id: str
    when: str
    title: str
    officer: str
    packets: str
    counters: str
    size: str


@dataclass(frozen=True, slots=True)
class KeepingView:
    """Figures (title, value, detail, tone), the time in force, one sentence on what comes next, and the runs.

    ``due``: how many packets may go now; ``held``: a sentence about receipts that do not verify, or empty.
    ``checked``: when the register was checked and what was found, with its tone; empty where no check runs.
    """

    figures: tuple[tuple[str, str, str, str], ...]
    days: str
    next_text: str
    due: int
    held: str
    runs: tuple[PurgeRow, ...]
    checked: str = ""
    checked_tone: str = "muted"


class RetentionPresenter:
    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    def load(self) -> KeepingView:
        """Raises NotAllowed for whoever may not look."""
        return self._view(retention.overview(self.session.desk, self.session.actor))

    def save_days(self, text: str) -> KeepingView:
        """Raises BadInput ``retention.days``, NotAllowed."""
        text = text.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            least, most = DAYS_RANGE
            raise BadInput("retention.days", value=text[:12] or "(kosong)", limit=most, expected=f"{least}-{most}")
        retention.set_days(self.session.desk, self.session.actor, int(text))
        return self.load()

    def purge(self) -> tuple[str, Path | None]:
        """A sentence on what was destroyed, and the berita acara. Raises NotAllowed, SopViolation."""
        run = retention.purge(self.session.desk, self.session.actor)
        if run is None:
            return "Tidak ada paket yang siap dimusnahkan.", None
        return (f"{number_text(run.packets)} paket dimusnahkan. Berita acara {run.number}.",
                self.session.desk.spool.place(purge_paper.paper_name(run)))

    def paper(self, purge_id: str) -> Path:
        """Raises NotFound, NotAllowed."""
        return purge_paper.place_again(self.session.desk, self.session.actor, purge_id)

    def _view(self, found: Overview) -> KeepingView:
        kept = {k.why: k for k in found.kept}
        due = len(found.due.packets)
        held = len(found.due.held)
        return KeepingView(
            (self._unsent(kept.get("unsent")), self._received(kept, due), self._ready(found), self._room(found)),
            str(found.days), self._next(found), due,
            f"{number_text(held)} paket tidak dimusnahkan karena tanda terimanya tidak dapat diperiksa. Hubungi pengelola." if held else "",
            tuple(self._row(r) for r in found.runs), *self._checked())

    def _checked(self) -> tuple[str, str]:
        s = self.session
        if not station_care.offered(s.desk):
            return "", "muted"
        found = night_check.standing(s.desk, s.actor)
        if found is None:
            return word("periksa_hasil", "belum"), "muted"
        local = local_time(s.desk, found.at)
        text = word("periksa_hasil", found.fault).format(kapan=f"{date_full(local.date())} pukul {time_text(local)}")
        if found.fault is not Fault.NONE:
            return text, "trouble"
        return (f"{text} {word('periksa_hasil', 'lama')}", "attention") if s.now() - found.at >= night_check.OLD else (text, "muted")

    def _unsent(self, kept: Kept | None) -> tuple[str, str, str, str]:
        if kept is None:
            return "Menunggu dikirim", "0", "semua sudah diterima pusat", "good"
        return "Menunggu dikirim", number_text(kept.packets), f"{size_text(kept.bytes)}, tertua {self._day(kept.oldest)}", "muted"

    def _received(self, kept: dict[str, Kept], due: int) -> tuple[str, str, str, str]:
        there = [kept[why] for why in ("received", "replaced") if why in kept]
        packets = max(0, sum(k.packets for k in there) - due)
        oldest = f"tertua {self._day(min(k.oldest for k in there))}" if packets and not due else ""
        return "Dalam masa simpan", number_text(packets), oldest, "muted"

    def _ready(self, found: Overview) -> tuple[str, str, str, str]:
        due = f"{number_text(len(found.due.packets))}{'+' if found.due.more else ''}"
        if found.due.held:
            return "Siap dimusnahkan", due, f"{number_text(len(found.due.held))} tertahan", "attention"
        return "Siap dimusnahkan", due, size_text(len(found.due.packets) * found.each) if found.due.packets else "", "muted"

    def _room(self, found: Overview) -> tuple[str, str, str, str]:
        left = found.free_bytes // found.each
        tone = "attention" if left < 200 else "muted"
        return "Ruang kosong", size_text(found.free_bytes), f"± {number_text(round_down(left))} paket", tone

    def _next(self, found: Overview) -> str:
        if found.due.packets:
            return "Pekerjaan harian berikutnya memusnahkannya sendiri, atau musnahkan sekarang dengan berita acara bernomor."
        if found.next_due is None:
            return "Belum ada paket yang diterima pusat, jadi belum ada yang akan dimusnahkan."
        return f"Berikutnya: {date_full(local_time(self.session.desk, found.next_due).date())}, oleh pekerjaan harian."

    def _row(self, run: PurgeRun) -> PurgeRow:
        local = local_time(self.session.desk, run.at)
        span = number_text(run.first_counter)
        if run.last_counter != run.first_counter:
            span = f"{span}–{number_text(run.last_counter)}"
        return PurgeRow(run.id, f"{date_short(local.date())} {time_text(local)}", run.number or "Catatan otomatis",
                        run.officer if run.number else AUTOMATIC, number_text(run.packets), span, size_text(run.bytes))

    def _day(self, at: datetime) -> str:
        return date_short(local_time(self.session.desk, at).date())


def size_text(size: int) -> str:
    """``812 kB``, ``40,5 MB``, ``1,2 GB``."""
    for limit, unit in ((1_000_000_000, "GB"), (1_000_000, "MB")):
        if size >= limit:
            return f"{number_text(size / limit, 1)} {unit}"
    return f"{number_text(size / 1000)} kB"


def round_down(count: int) -> int:
    """Two leading digits: a forecast, not a promise."""
    step = 10 ** max(0, len(str(max(1, count))) - 2)
    return count // step * step
