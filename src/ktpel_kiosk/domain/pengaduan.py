"""Pengaduan: complaints with channels, categories, working-day deadlines and a status (DOMAIN.md 7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


class StatusPengaduan(StrEnum):
    DITERIMA = "diterima"
    DIVERIFIKASI = "diverifikasi"
    DIPROSES = "diproses"
    MENUNGGU_PELAPOR = "menunggu_pelapor"
    SELESAI = "selesai"
    DITOLAK = "ditolak"
    DITERUSKAN = "diteruskan"


ENDED: frozenset[StatusPengaduan] = frozenset({StatusPengaduan.SELESAI, StatusPengaduan.DITOLAK, StatusPengaduan.DITERUSKAN})


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
