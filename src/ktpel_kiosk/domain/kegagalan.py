"""Kegagalan pelindungan data pribadi: written notice within 3 x 24 hours to the persons concerned and to the lembaga (UU 27/2022 Ps 46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ktpel_kiosk.domain.errors import BadInput

DEADLINE = timedelta(hours=3 * 24)
MAX_TEXT = 5000
MOST_PEOPLE = 5000
"""Letters of one notice; more are a matter of the Dinas, with the list."""


class DataTerungkap(StrEnum):
    """Which data was laid open."""

    BIODATA = "biodata"
    NIK = "nik"
    KONTAK = "kontak"
    BIOMETRIK = "biometrik"
    BERKAS = "berkas"
    KARTU = "kartu"


DATA_NAMES: dict[DataTerungkap, str] = {
    DataTerungkap.BIODATA: "Biodata (nama, lahir, alamat)", DataTerungkap.NIK: "NIK dan nomor KK",
    DataTerungkap.KONTAK: "Nomor HP", DataTerungkap.BIOMETRIK: "Foto, sidik jari, iris, tanda tangan",
    DataTerungkap.BERKAS: "Pindaian berkas", DataTerungkap.KARTU: "Kartu atau blangko",
}


@dataclass(frozen=True, slots=True)
class Kegagalan:
    """One incident. ``known_at`` starts the clock; ``began_at`` to ``ended_at`` is when the data lay open. ``people``: how many it
    concerns."""

    id: str
    nomor: str
    known_at: datetime
    due_at: datetime
    began_at: datetime
    ended_at: datetime
    data: tuple[DataTerungkap, ...]
    bagaimana: str
    penanganan: str
    officer: str
    second: str
    people: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Terdampak:
    """One application the incident concerns."""

    breach_id: str
    permohonan_id: str


def check(known_at: datetime, began_at: datetime, ended_at: datetime, now: datetime, data: tuple[DataTerungkap, ...]) -> None:
    """Raises BadInput ``breach.when`` (known before it began, or a time to come), ``breach.span``, ``breach.data``."""
    if known_at > now or began_at > known_at:
        raise BadInput("breach.when")
    if ended_at < began_at:
        raise BadInput("breach.span")
    if not data:
        raise BadInput("breach.data")
