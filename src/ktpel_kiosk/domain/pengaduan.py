"""Pengaduan: complaints with channels, categories, working-day deadlines and a status (DOMAIN.md 7.2).

The deadline counts the office's working days from the day of receipt (that day not counted; a complaint that comes after closing
or on a day off counts as received the next working day) and never stops, whatever the complaint waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.kalender import add_working_days, clock_start, closing, working_days_between
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.domain.text import to_local


class Kanal(StrEnum):
    LANGSUNG = "langsung"
    KOTAK_SARAN = "kotak_saran"
    TELEPON = "telepon"
    EMAIL = "email"
    WEBSITE = "website"
    SP4N_LAPOR = "sp4n_lapor"


class KategoriPengaduan(StrEnum):
    RINGAN = "ringan"
    NORMATIF = "normatif"
    NON_PENGAWASAN = "non_pengawasan"
    PENGAWASAN = "pengawasan"


DEADLINE_DAYS: dict[KategoriPengaduan, int] = {
    KategoriPengaduan.RINGAN: 2, KategoriPengaduan.NORMATIF: 5, KategoriPengaduan.NON_PENGAWASAN: 14, KategoriPengaduan.PENGAWASAN: 60,
}
"""Working days to the end of handling."""

RESPONSE_DAYS = 3
"""Working days to the first response (KemenPANRB 2018), or the deadline where that is shorter."""

DEFAULT_NUMBER = "{urut:04d}/PGD/{bulan_romawi}/{tahun}"
SERIES = "pengaduan"
MAX_TEXT, MAX_NAME = 5000, 120


class StatusPengaduan(StrEnum):
    DITERIMA = "diterima"
    DIVERIFIKASI = "diverifikasi"
    DIPROSES = "diproses"
    MENUNGGU_PELAPOR = "menunggu_pelapor"
    SELESAI = "selesai"
    DITOLAK = "ditolak"
    DITERUSKAN = "diteruskan"


KANAL_NAMES: dict[Kanal, str] = {
    Kanal.LANGSUNG: "Langsung", Kanal.KOTAK_SARAN: "Kotak saran", Kanal.TELEPON: "Telepon", Kanal.EMAIL: "Surel",
    Kanal.WEBSITE: "Situs web", Kanal.SP4N_LAPOR: "SP4N-LAPOR!",
}
KATEGORI_NAMES: dict[KategoriPengaduan, str] = {
    KategoriPengaduan.RINGAN: "Ringan", KategoriPengaduan.NORMATIF: "Normatif",
    KategoriPengaduan.NON_PENGAWASAN: "Tidak berkadar pengawasan", KategoriPengaduan.PENGAWASAN: "Berkadar pengawasan",
}
STATUS_NAMES: dict[StatusPengaduan, str] = {
    StatusPengaduan.DITERIMA: "Diterima", StatusPengaduan.DIVERIFIKASI: "Diverifikasi", StatusPengaduan.DIPROSES: "Diproses",
    StatusPengaduan.MENUNGGU_PELAPOR: "Menunggu pelapor", StatusPengaduan.SELESAI: "Selesai", StatusPengaduan.DITOLAK: "Ditolak",
    StatusPengaduan.DITERUSKAN: "Diteruskan",
}

ENDED: frozenset[StatusPengaduan] = frozenset({StatusPengaduan.SELESAI, StatusPengaduan.DITOLAK, StatusPengaduan.DITERUSKAN})

NEXT: dict[StatusPengaduan, tuple[StatusPengaduan, ...]] = {
    StatusPengaduan.DITERIMA: (StatusPengaduan.DIVERIFIKASI,),
    StatusPengaduan.DIVERIFIKASI: (
        StatusPengaduan.DIPROSES, StatusPengaduan.MENUNGGU_PELAPOR, StatusPengaduan.DITERUSKAN, StatusPengaduan.DITOLAK),
    StatusPengaduan.DIPROSES: (
        StatusPengaduan.SELESAI, StatusPengaduan.MENUNGGU_PELAPOR, StatusPengaduan.DITERUSKAN, StatusPengaduan.DITOLAK),
    StatusPengaduan.MENUNGGU_PELAPOR: (StatusPengaduan.DIPROSES, StatusPengaduan.SELESAI, StatusPengaduan.DITOLAK),
    StatusPengaduan.SELESAI: (), StatusPengaduan.DITOLAK: (), StatusPengaduan.DITERUSKAN: (),
}
"""Where a complaint may go from a status; the usual way comes first. Nobody rejects or forwards what nobody has verified."""

NOTE_NEEDED: frozenset[StatusPengaduan] = ENDED | {StatusPengaduan.MENUNGGU_PELAPOR}
"""Statuses that must say what was done, why not, or what is awaited."""


@dataclass(frozen=True, slots=True)
class Pengaduan:
    """One complaint. ``nomor`` from a per-year sequence, never reused. An anonymous one has neither name nor contact."""

    id: str
    nomor: str
    received_at: datetime
    kanal: Kanal
    uraian: str
    kategori: KategoriPengaduan
    petugas: str
    due_at: datetime
    nama: str = ""
    kontak: str = ""
    anonim: bool = False
    status: StatusPengaduan = StatusPengaduan.DITERIMA
    tindak_lanjut: str = ""
    finished_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class LangkahPengaduan:
    """One step in the handling of a complaint; append only."""

    pengaduan_id: str
    at: datetime
    officer: str
    status: StatusPengaduan
    note: str = ""


class Tenggat(StrEnum):
    """How a deadline stands."""

    SELESAI = "selesai"
    AMAN = "aman"
    DEKAT = "dekat"
    LEWAT = "lewat"


def clean_text(value: str, field: str, limit: int, *, required: bool = False) -> str:
    """``value`` exactly as written, if it can be kept.

    Raises:
        BadInput: ``complaint.empty``, ``complaint.too_long``, ``complaint.unreadable`` (half a character pair, NUL).
    """
    if required and not value.strip():
        raise BadInput("complaint.empty", field=field)
    if len(value) > limit:
        raise BadInput("complaint.too_long", field=field, count=len(value), limit=limit)
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        raise BadInput("complaint.unreadable", field=field)
    return value


def deadline(received: datetime, days: int, kantor: Kantor, holidays: frozenset[date],
             extra_open: frozenset[date] = frozenset()) -> datetime:
    """Closing time of the ``days``-th working day after the day of receipt, aware UTC."""
    start = clock_start(received, kantor, holidays, extra_open)
    return closing(add_working_days(start.date(), days, holidays, extra_open), kantor).astimezone(UTC)


def response_due(p: Pengaduan, kantor: Kantor, holidays: frozenset[date], extra_open: frozenset[date] = frozenset()) -> datetime:
    """By when somebody must have taken the complaint up."""
    return min(p.due_at, deadline(p.received_at, RESPONSE_DAYS, kantor, holidays, extra_open))


def responded_at(steps: Sequence[LangkahPengaduan]) -> datetime | None:
    """The first step that is more than the receipt."""
    return next((s.at for s in steps if s.status is not StatusPengaduan.DITERIMA), None)


def check_move(p: Pengaduan, to: StatusPengaduan, note: str) -> None:
    """Raises SopViolation ``complaint.move`` or ``complaint.ended``, BadInput ``complaint.note``."""
    if p.status in ENDED:
        raise SopViolation("complaint.ended", found=STATUS_NAMES[p.status])
    if to not in NEXT[p.status]:
        raise SopViolation("complaint.move", found=STATUS_NAMES[p.status], value=STATUS_NAMES[to],
                           expected=", ".join(STATUS_NAMES[s] for s in NEXT[p.status]))
    if to in NOTE_NEEDED and not note.strip():
        raise BadInput("complaint.note", value=STATUS_NAMES[to])


def days_left(due: datetime, now: datetime, kantor: Kantor, holidays: frozenset[date],
              extra_open: frozenset[date] = frozenset()) -> int:
    """Working days from today to the day of the deadline; negative when that day is past."""
    today, last = (to_local(x, kantor.zona_waktu).date() for x in (now, due))
    if last >= today:
        return working_days_between(today, last, holidays, extra_open)
    return -working_days_between(last, today, holidays, extra_open)


def standing(p: Pengaduan, now: datetime, kantor: Kantor, holidays: frozenset[date],
             extra_open: frozenset[date] = frozenset()) -> Tenggat:
    """``lewat`` after the deadline; ``dekat`` with one working day left (three for the long deadlines of 14 and 60 days)."""
    if p.status in ENDED:
        return Tenggat.SELESAI
    if now > p.due_at:
        return Tenggat.LEWAT
    near = 1 if DEADLINE_DAYS[p.kategori] <= 5 else 3
    return Tenggat.DEKAT if days_left(p.due_at, now, kantor, holidays, extra_open) <= near else Tenggat.AMAN
