"""Biodata of one resident as the KTP-el carries it (UU 24/2013 Ps 64; layout DOMAIN.md 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class JenisKelamin(StrEnum):
    LAKI_LAKI = "L"
    PEREMPUAN = "P"


@dataclass(frozen=True, slots=True)
class Penduduk:
    """Validated biodata. Build it with :func:`ktpel_kiosk.domain.biodata.make_penduduk`, which checks every field.

    Code-list fields hold SIAK codes; texts come from :mod:`ktpel_kiosk.domain.codes`.
    ``rt``/``rw`` are three digits; ``berlaku_hingga`` is ``SEUMUR HIDUP`` for a WNI, an ISO date for an OA.
    """

    nik: str
    nama: str
    tempat_lahir: str
    tanggal_lahir: date
    jenis_kelamin: JenisKelamin
    golongan_darah: int
    alamat: str
    rt: str
    rw: str
    desa: str
    kecamatan: str
    kabupaten: str
    provinsi: str
    agama: int
    status_perkawinan: int
    pekerjaan: int
    no_kk: str = ""
    kewarganegaraan: str = "WNI"
    berlaku_hingga: str = "SEUMUR HIDUP"
    kode_pos: str = ""

    @property
    def latar_foto(self) -> str:
        """Cloth behind the portrait: ``merah`` for odd birth years, ``biru`` for even ones."""
        return "merah" if self.tanggal_lahir.year % 2 else "biru"


CARD_ELEMENTS: frozenset[str] = frozenset({
    "nik", "nama", "tempat_lahir", "tanggal_lahir", "jenis_kelamin", "golongan_darah", "alamat", "rt", "rw", "desa", "kecamatan",
    "kabupaten", "provinsi", "agama", "status_perkawinan", "pekerjaan", "kewarganegaraan", "berlaku_hingga",
})
"""Fields that stand on the card or in its chip (DOMAIN.md 3.1); No. KK and postcode do not."""
