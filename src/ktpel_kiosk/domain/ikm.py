"""IKM/SKM after Permenpan RB 14/2017: nine unsur, the index, its band (DOMAIN.md 7.1).

Answers are stored by unsur key, never by question number (question 8 is often sarana, 9 pengaduan), and never with a NIK.
All arithmetic is exact (fractions); a value is rounded once, half up, where it is shown and classified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

from ktpel_kiosk.domain.errors import BadInput


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


UNSUR: tuple[Unsur, ...] = tuple(Unsur)
UNSUR_NAMES: dict[Unsur, str] = {
    Unsur.PERSYARATAN: "Persyaratan", Unsur.PROSEDUR: "Sistem, Mekanisme, dan Prosedur", Unsur.WAKTU: "Waktu Penyelesaian",
    Unsur.BIAYA: "Biaya/Tarif", Unsur.PRODUK: "Produk Spesifikasi Jenis Pelayanan", Unsur.KOMPETENSI: "Kompetensi Pelaksana",
    Unsur.PERILAKU: "Perilaku Pelaksana", Unsur.PENGADUAN: "Penanganan Pengaduan, Saran, dan Masukan",
    Unsur.SARANA: "Sarana dan Prasarana",
}
"""As the regulation names them."""

KELAMIN: tuple[str, ...] = ("laki-laki", "perempuan")
USIA: tuple[str, ...] = ("<20", "20-29", "30-39", "40-49", "50-59", "60+")
PENDIDIKAN: tuple[str, ...] = ("SD", "SMP", "SMA", "S1", "S2", "S3")
PEKERJAAN: tuple[str, ...] = ("PNS", "TNI", "POLRI", "SWASTA", "WIRAUSAHA", "LAINNYA")
JAM: tuple[str, ...] = ("08-12", "13-17")
PROFILE: dict[str, tuple[str, ...]] = {"kelamin": KELAMIN, "usia": USIA, "pendidikan": PENDIDIKAN, "pekerjaan": PEKERJAAN, "jam": JAM}
"""What a profile field may hold beside nothing at all."""

EXACT_WEIGHT = Fraction(1, 9)
LEAST_WEIGHT = Fraction(11, 100)
BANDS: tuple[tuple[Decimal, str, str], ...] = (
    (Decimal("88.31"), "A", "Sangat baik"), (Decimal("76.61"), "B", "Baik"), (Decimal("65.00"), "C", "Kurang baik"),
    (Decimal("0"), "D", "Tidak baik"),
)
"""Lowest converted value of each band, mutu, kinerja."""

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


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


def make_answer(month: str, layanan: str, scores: Mapping[Unsur, int], profile: Mapping[str, str] | None = None) -> SurveyAnswer:
    """A checked form from scores by unsur.

    Raises:
        BadInput: ``survey.month``, ``survey.incomplete`` (the whole form is required), ``survey.score``, ``survey.profile``.
    """
    if not _MONTH.fullmatch(month):
        raise BadInput("survey.month", value=month[:20], expected="TTTT-BB")
    missing = [u for u in UNSUR if u not in scores]
    if missing:
        raise BadInput("survey.incomplete", field=UNSUR_NAMES[missing[0]], count=len(missing))
    for unsur in UNSUR:
        score = scores[unsur]
        if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 4:
            raise BadInput("survey.score", field=UNSUR_NAMES[unsur], expected="1, 2, 3, 4")
    values = {k: v for k, v in (profile or {}).items() if v}
    for key, value in values.items():
        if value not in PROFILE.get(key, ()):
            raise BadInput("survey.profile", field=key[:20], value=value[:20], expected=", ".join(PROFILE.get(key, ())))
    s = [scores[u] for u in UNSUR]
    return SurveyAnswer(month, layanan, (s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]), **values)


def hour_band(local: datetime) -> str:
    """``08-12`` or ``13-17`` of the form's two boxes (the noon hour counts as morning); empty outside the day."""
    return "08-12" if 7 <= local.hour < 13 else "13-17" if 13 <= local.hour < 18 else ""


def parse_weight(text: str) -> Fraction:
    """The weight per unsur as offices write it: ``1/9`` (exact), ``0,111``, ``0.11``.

    Raises:
        BadInput: ``survey.weight`` when it is none of those or lies outside 0.11 .. 1/9.
    """
    clean = text.strip().replace(",", ".")
    weight = Fraction(clean) if re.fullmatch(r"\d{1,2}/\d{1,3}|0?\.\d{1,6}", clean, re.ASCII) and not clean.endswith("/0") else Fraction(0)
    if not LEAST_WEIGHT <= weight <= EXACT_WEIGHT:
        raise BadInput("survey.weight", value=text[:20], expected="1/9, 0,111, 0,11")
    return weight


def weight_text(weight: Fraction) -> str:
    """As a report states it: ``1/9`` or ``0,111``."""
    if weight == EXACT_WEIGHT:
        return "1/9"
    with localcontext() as context:
        context.prec = 12
        return f"{(Decimal(weight.numerator) / Decimal(weight.denominator)).normalize():f}".replace(".", ",")


def half_up(value: Fraction, places: int = 2) -> Decimal:
    """A fraction to ``places`` decimals, half up, without a detour through binary numbers."""
    scaled = value * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def classify(converted: Fraction | Decimal) -> tuple[str, str]:
    """(mutu, kinerja) of a converted value, rounded to two decimals first, so that no value falls between two bands."""
    shown = half_up(Fraction(converted))
    return next((band, words) for least, band, words in BANDS if shown >= least)


@dataclass(frozen=True, slots=True)
class UnsurResult:
    """One unsur: total, mean (NRR) exact and as shown, the mean converted to 25..100 with its band."""

    unsur: Unsur
    total: int
    mean: Fraction
    shown: Decimal
    converted: Decimal
    mutu: str
    kinerja: str

    @property
    def name(self) -> str:
        return UNSUR_NAMES[self.unsur]


@dataclass(frozen=True, slots=True)
class Ikm:
    """The index of some forms. ``raw`` 1..4 and ``converted`` 25..100 are exact; ``shown_*`` are rounded half up."""

    respondents: int
    weight: Fraction
    unsur: tuple[UnsurResult, ...]
    raw: Fraction
    converted: Fraction
    mutu: str
    kinerja: str

    @property
    def total(self) -> int:
        return sum(u.total for u in self.unsur)

    @property
    def shown(self) -> Decimal:
        """The converted index to two decimals."""
        return half_up(self.converted)

    @property
    def shown_raw(self) -> Decimal:
        return half_up(self.raw, 3)

    @property
    def lowest(self) -> tuple[UnsurResult, ...]:
        """What to mend first: every unsur that shares the lowest mean, in the regulation's order."""
        least = min(u.mean for u in self.unsur)
        return tuple(u for u in self.unsur if u.mean == least)

    @property
    def highest(self) -> tuple[UnsurResult, ...]:
        most = max(u.mean for u in self.unsur)
        return tuple(u for u in self.unsur if u.mean == most)


def index_of_totals(totals: Sequence[int], respondents: int, weight: Fraction = EXACT_WEIGHT) -> Ikm | None:
    """The index from the sum of scores per unsur (order U1..U9); None where nobody answered."""
    if not respondents:
        return None
    means = [Fraction(t, respondents) for t in totals]
    raw = sum(means, Fraction(0)) * weight
    rows = []
    for unsur, total, mean in zip(UNSUR, totals, means, strict=True):
        mutu, kinerja = classify(mean * 25)
        rows.append(UnsurResult(unsur, total, mean, half_up(mean), half_up(mean * 25), mutu, kinerja))
    mutu, kinerja = classify(raw * 25)
    return Ikm(respondents, weight, tuple(rows), raw, raw * 25, mutu, kinerja)


def index(answers: Iterable[SurveyAnswer], weight: Fraction = EXACT_WEIGHT) -> Ikm | None:
    """The index of whole forms, read once; None where there is none."""
    totals, count = [0] * len(UNSUR), 0
    for answer in answers:
        count += 1
        for i, score in enumerate(answer.scores):
            totals[i] += score
    return index_of_totals(totals, count, weight)


def krejcie_morgan(population: int) -> int:
    """How many forms represent a population (Krejcie and Morgan 1970: chi-square 3.841, P 0.5, d 0.05)."""
    if population < 1:
        return 0
    chi, spread, error = Fraction(3841, 1000), Fraction(1, 4), Fraction(25, 10_000)
    size = chi * population * spread / (error * (population - 1) + chi * spread)
    return min(population, int(half_up(size, 0)))


def months_of(period: str) -> tuple[str, str]:
    """First and last month of ``2026``, ``2026-11``, ``2026-T3`` (triwulan) or ``2026-S1`` (semester).

    Raises:
        BadInput: ``survey.period``.
    """
    m = re.fullmatch(r"(\d{4})(?:-(0[1-9]|1[0-2]|T[1-4]|S[12]))?", period.strip().upper(), re.ASCII)
    if not m:
        raise BadInput("survey.period", value=period[:20], expected="2026, 2026-11, 2026-T3, 2026-S1")
    year, part = m[1], m[2] or ""
    if part.startswith(("T", "S")):
        size = 3 if part[0] == "T" else 6
        last = int(part[1]) * size
        return f"{year}-{last - size + 1:02d}", f"{year}-{last:02d}"
    return (f"{year}-{part}", f"{year}-{part}") if part else (f"{year}-01", f"{year}-12")
