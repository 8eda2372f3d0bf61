"""IKM/SKM after Permenpan RB 14/2017: nine unsur, the index, its band (DOMAIN.md 7.1).

Answers are stored by unsur key, never by question number (question 8 is often sarana, 9 pengaduan), and never with a NIK.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unsur(StrEnum):
    """In the order of the regulation, U1..U9."""

    PERSYARATAN = "persyaratan"
    PROSEDUR = "prosedur"
    WAKTU = "waktu"
    BIAYA = "biaya"
    PRODUK = "produk"
    KOMPETENSI = "kompetensi"
    PERILAKU = "perilaku"
    PENGADUAN = "pengaduan"
    SARANA = "sarana"


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One filled form: month and service only, nothing that leads back to a person.

    ``scores``: 1..4 per unsur, all nine. Profile fields may be empty. ``jam``: ``08-12``, ``13-17`` or empty.
    """

    month: str  # YYYY-MM
    layanan: str
    scores: tuple[int, int, int, int, int, int, int, int, int]
    kelamin: str = ""
    usia: str = ""
    pendidikan: str = ""
    pekerjaan: str = ""
    jam: str = ""
