"""Looking at a person's full data: what was opened, by whom, and why (UU 27/2022 Ps 31; Permendagri 102/2019)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Lihat(StrEnum):
    """What was looked at."""

    BIODATA = "biodata"
    NIK = "nik"
    FOTO = "foto"
    BERKAS = "berkas"
    RIWAYAT = "riwayat"
    SALINAN = "salinan"


class AlasanLihat(StrEnum):
    """Why. ``PELAYANAN`` is never chosen by hand: the application stands at a step this officer does."""

    PELAYANAN = "pelayanan"
    PERTANYAAN = "pertanyaan"
    PENGADUAN = "pengaduan"
    PERMINTAAN = "permintaan"
    PERBAIKAN = "perbaikan"
    PEMERIKSAAN = "pemeriksaan"
    APARAT = "aparat"
    LAIN = "lain"


LIHAT_NAMES: dict[Lihat, str] = {
    Lihat.BIODATA: "Biodata", Lihat.NIK: "NIK lengkap", Lihat.FOTO: "Foto", Lihat.BERKAS: "Pindaian berkas", Lihat.RIWAYAT: "Riwayat",
    Lihat.SALINAN: "Salinan data untuk pemiliknya",
}
ALASAN_NAMES: dict[AlasanLihat, str] = {
    AlasanLihat.PELAYANAN: "Pelayanan hari ini", AlasanLihat.PERTANYAAN: "Pemohon bertanya di loket",
    AlasanLihat.PENGADUAN: "Menangani pengaduan", AlasanLihat.PERMINTAAN: "Menjawab permintaan pemilik data",
    AlasanLihat.PERBAIKAN: "Memperbaiki data atau berkas", AlasanLihat.PEMERIKSAAN: "Pengawasan oleh atasan",
    AlasanLihat.APARAT: "Permintaan resmi aparat", AlasanLihat.LAIN: "Lainnya (tulis alasannya)",
}
CHOSEN: tuple[AlasanLihat, ...] = tuple(a for a in AlasanLihat if a is not AlasanLihat.PELAYANAN)
"""What can be chosen."""
NOTE_NEEDED = frozenset({AlasanLihat.APARAT, AlasanLihat.LAIN})
"""Reasons that need a word more: number of the letter, or what it is about."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """One look. ``note`` never leaves the register."""

    at: datetime
    permohonan_id: str
    officer: str
    what: Lihat
    reason: AlasanLihat
    note: str = ""
