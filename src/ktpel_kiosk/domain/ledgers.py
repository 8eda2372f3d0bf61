"""What the books hold beside applications: withdrawn cards, letters, blank-card moves, calls, month locks (DOMAIN.md 6.1).

Immutable values. A book never loses a row: a void letter stays, a reopened month is one more act.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class AlasanTarik(StrEnum):
    """Why an old card was withdrawn."""

    RUSAK = "rusak"
    PERUBAHAN_DATA = "perubahan_data"
    PINDAH = "pindah"
    PERPANJANGAN = "perpanjangan"
    DITEMUKAN = "ditemukan"
    LAIN = "lain"


@dataclass(frozen=True, slots=True)
class WithdrawnCard:
    """One surrendered card. ``destruction_id`` names the berita acara it was burned under, empty until then."""

    id: str
    nik: str
    nama: str
    alasan: AlasanTarik
    kondisi: str
    petugas: str
    received_at: datetime
    permohonan_id: str = ""
    destruction_id: str = ""


@dataclass(frozen=True, slots=True)
class Pejabat:
    """An officer or witness as a paper names them."""

    nama: str
    jabatan: str = ""
    nip: str = ""


@dataclass(frozen=True, slots=True)
class Destruction:
    """Berita acara pemusnahan: cards cut and burned before witnesses (SE Mendagri 470.13/11176/SJ)."""

    id: str
    nomor: str
    at: datetime
    place: str
    method: str
    executors: tuple[Pejabat, ...]
    witnesses: tuple[Pejabat, ...]
    officer: str
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A numbered outgoing letter: one line of the buku agenda surat. ``void_reason`` not empty: BATAL, the number stays used."""

    nomor: str
    kind: str
    at: datetime
    kepada: str
    perihal: str
    penandatangan: str
    officer: str
    nik: str = ""
    permohonan_id: str = ""
    void_reason: str = ""


class BlangkoMoveKind(StrEnum):
    MASUK = "masuk"
    BAIK = "baik"
    RUSAK = "rusak"
    KEMBALI = "kembali"


@dataclass(frozen=True, slots=True)
class BlangkoMove:
    """One move of the blank-card ledger; append only. ``batch`` is the BAST number of a receipt or return."""

    at: datetime
    kind: BlangkoMoveKind
    count: int
    officer: str
    batch: str = ""
    serial: str = ""
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class BlangkoDay:
    """The supervisor's daily closing: what the ledger says against what was counted in the drawer."""

    day: date
    opening: int
    masuk: int
    baik: int
    rusak: int
    kembali: int
    closing: int
    counted: int
    officer: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class ContactAttempt:
    """One call to an applicant (card not collected, service overdue). ``outcome``: tersambung | tidak_diangkat | salah_nomor | pesan."""

    permohonan_id: str
    at: datetime
    officer: str
    purpose: str  # kartu_siap | lewat_waktu | lain
    outcome: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class BookDigest:
    """What one book held when its month was closed."""

    book: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class MonthLock:
    """One act on a month: ``tutup`` locks it, ``buka`` opens it again. The last act decides."""

    year: int
    month: int
    action: str  # tutup | buka
    at: datetime
    officer: str
    second: str = ""
    reason: str = ""
    digests: tuple[BookDigest, ...] = ()

    @property
    def closed(self) -> bool:
        return self.action == "tutup"


@dataclass(frozen=True, slots=True)
class Pause:
    """One finished pause of one stage, kept for ever: reports show waiting apart from work."""

    permohonan_id: str
    index: int
    nomor: int
    stage: str
    reason: str
    began_at: datetime
    ended_at: datetime
