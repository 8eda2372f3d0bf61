"""Requests of data subjects: access, correction, stopping or erasure, objection, each answered within 3 x 24 hours (UU 27/2022 Ps 30-33).

The clock counts calendar hours from the receipt and never stops; the office's hours and holidays make no difference to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.pengaduan import Tenggat

DEADLINE = timedelta(hours=3 * 24)
NEAR = timedelta(hours=24)
SERIES = "permintaan"
NUMBER = "{urut:04d}/PSD/{bulan_romawi}/{tahun}"
MAX_TEXT, MAX_NAME = 5000, 120


class JenisPermintaan(StrEnum):
    AKSES = "akses"
    PERBAIKAN = "perbaikan"
    PENGHENTIAN = "penghentian"
    KEBERATAN = "keberatan"


class StatusPermintaan(StrEnum):
    DITERIMA = "diterima"
    DIPROSES = "diproses"
    DIPENUHI = "dipenuhi"
    SEBAGIAN = "sebagian"
    DITOLAK = "ditolak"


class BuktiDiri(StrEnum):
    """How it was made sure that the person is the one the data is about."""

    KTP = "ktp"
    KK = "kk"
    SIDIK_JARI = "sidik_jari"
    KUASA = "kuasa"


JENIS_NAMES: dict[JenisPermintaan, str] = {
    JenisPermintaan.AKSES: "Akses dan salinan data", JenisPermintaan.PERBAIKAN: "Perbaikan data",
    JenisPermintaan.PENGHENTIAN: "Penghentian atau penghapusan", JenisPermintaan.KEBERATAN: "Keberatan atas pemrosesan",
}
STATUS_NAMES: dict[StatusPermintaan, str] = {
    StatusPermintaan.DITERIMA: "Diterima", StatusPermintaan.DIPROSES: "Diproses", StatusPermintaan.DIPENUHI: "Dipenuhi",
    StatusPermintaan.SEBAGIAN: "Dipenuhi sebagian", StatusPermintaan.DITOLAK: "Ditolak dengan alasan",
}
BUKTI_NAMES: dict[BuktiDiri, str] = {
    BuktiDiri.KTP: "KTP-el ditunjukkan", BuktiDiri.KK: "KK dan wajah dicocokkan", BuktiDiri.SIDIK_JARI: "Sidik jari dicocokkan",
    BuktiDiri.KUASA: "Surat kuasa dan KTP-el penerima kuasa",
}
ENDED: frozenset[StatusPermintaan] = frozenset({StatusPermintaan.DIPENUHI, StatusPermintaan.SEBAGIAN, StatusPermintaan.DITOLAK})
NEXT: dict[StatusPermintaan, tuple[StatusPermintaan, ...]] = {
    StatusPermintaan.DITERIMA: (StatusPermintaan.DIPROSES,),
    StatusPermintaan.DIPROSES: (StatusPermintaan.DIPENUHI, StatusPermintaan.SEBAGIAN, StatusPermintaan.DITOLAK),
    StatusPermintaan.DIPENUHI: (), StatusPermintaan.SEBAGIAN: (), StatusPermintaan.DITOLAK: (),
}


@dataclass(frozen=True, slots=True)
class PermintaanData:
    """One request. ``identity``: empty until somebody made sure who asks; nothing of the register is given out before."""

    id: str
    nomor: str
    received_at: datetime
    due_at: datetime
    jenis: JenisPermintaan
    nik: str
    nama: str
    kontak: str
    uraian: str
    petugas: str
    identity: str = ""
    identity_by: str = ""
    status: StatusPermintaan = StatusPermintaan.DITERIMA
    jawaban: str = ""
    finished_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class LangkahPermintaan:
    """One step of the handling; append only."""

    request_id: str
    at: datetime
    officer: str
    status: StatusPermintaan
    note: str = ""


def due_at(received: datetime) -> datetime:
    """The end of 3 x 24 hours, whatever lies between."""
    return received + DEADLINE


def standing(p: PermintaanData, now: datetime) -> Tenggat:
    """``dekat`` within the last 24 hours, ``lewat`` after the deadline."""
    if p.status in ENDED:
        return Tenggat.SELESAI
    return Tenggat.LEWAT if now > p.due_at else Tenggat.DEKAT if p.due_at - now <= NEAR else Tenggat.AMAN


def check_move(p: PermintaanData, to: StatusPermintaan, note: str) -> None:
    """Raises SopViolation ``subject.ended``, ``subject.move``, ``subject.identity``; BadInput ``subject.note``."""
    if p.status in ENDED:
        raise SopViolation("subject.ended", found=STATUS_NAMES[p.status])
    if to not in NEXT[p.status]:
        raise SopViolation("subject.move", found=STATUS_NAMES[p.status], value=STATUS_NAMES[to],
                           expected=", ".join(STATUS_NAMES[s] for s in NEXT[p.status]))
    if to in (StatusPermintaan.DIPENUHI, StatusPermintaan.SEBAGIAN) and not p.identity:
        raise SopViolation("subject.identity", number=p.nomor)
    if to in ENDED and not note.strip():
        raise BadInput("subject.note", value=STATUS_NAMES[to])
