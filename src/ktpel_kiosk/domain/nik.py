"""NIK and No. KK: structure, what they hint at, and every contradiction worth telling the officer.

A NIK is given once and stays for life, so only its structure can be wrong; disagreement with the biodata or with today's
region table is a warning, never an error (PP 40/2019 Ps 30; rules N01..N11 of DOMAIN.md 2.1). It has no check digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.text import date_long, group_nik, mask_nik
from ktpel_kiosk.domain.wilayah import RegionTable, plain_code

ERROR, WARN, INFO = "ERROR", "WARN", "INFO"
RECORDING_AGE = 16
_NOISE = re.compile(r"[\s.\-‐‑–—_/]")


def normalise_nik(text: str) -> str:
    """What was typed or pasted without spaces, dots and dashes; nothing else is changed or checked."""
    return _NOISE.sub("", text)


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. ``overridable``: a supervisor may let it pass with a written reason."""

    rule: str
    level: str
    text: str
    overridable: bool = False


@dataclass(frozen=True, slots=True)
class Nik:
    """A structurally valid NIK (16 digits, possible date, serial above 0000).

    Raises:
        BadInput: ``nik.<rule>`` when built from anything else.
    """

    value: str

    def __post_init__(self) -> None:
        broken = structural_issues(self.value)
        if broken:
            raise BadInput(f"nik.{broken[0].rule}", rule=broken[0].rule)

    def __str__(self) -> str:
        return self.value

    @property
    def region(self) -> str:
        """Six digits of the district where the NIK was first issued."""
        return self.value[:6]

    @property
    def sex(self) -> JenisKelamin:
        return JenisKelamin.PEREMPUAN if int(self.value[6:8]) > 40 else JenisKelamin.LAKI_LAKI

    @property
    def masked(self) -> str:
        return mask_nik(self.value)

    @property
    def grouped(self) -> str:
        return group_nik(self.value)

    def birth_hint(self, today: date, *, at_least: int = RECORDING_AGE) -> date:
        """The most likely birth date: the latest one that makes the person ``at_least`` years old.

        Where none does, the latest that is not in the future. A hint only; the biodata's date wins wherever there is one.
        """
        possible = _birth_dates(self.value, range(1800, 2200, 100))
        existing = [d for d in possible if d <= today]
        old_enough = [d for d in existing if (today.year - d.year, today.month, today.day) >= (at_least, d.month, d.day)]
        return max(old_enough or existing, default=possible[0])


def parse_nik(text: str) -> Nik:
    """A NIK as typed or pasted. Raises BadInput ``nik.N01``, ``nik.N02`` or ``nik.N03``."""
    return Nik(normalise_nik(text))


@dataclass(frozen=True, slots=True)
class NikReport:
    """All that is known about a typed NIK without the register.

    Attributes:
        nik: the digits (normalised text even when it is wrong).
        place: ``Tempeh, Lumajang``, empty where unknown.
        sex, birth_hint: only for a usable NIK.
    """

    nik: str
    issues: tuple[Issue, ...]
    place: str = ""
    sex: JenisKelamin | None = None
    birth_hint: date | None = None

    @property
    def usable(self) -> bool:
        return not self.errors

    @property
    def errors(self) -> tuple[Issue, ...]:
        return tuple(i for i in self.issues if i.level == ERROR)

    @property
    def warnings(self) -> tuple[Issue, ...]:
        return tuple(i for i in self.issues if i.level == WARN)

    @property
    def infos(self) -> tuple[Issue, ...]:
        return tuple(i for i in self.issues if i.level == INFO)

    @property
    def summary(self) -> str:
        """The line under the field: ``Tempeh, Lumajang · perempuan · lahir 5 Februari 2008``."""
        if self.sex is None or self.birth_hint is None:
            return ""
        word = "perempuan" if self.sex is JenisKelamin.PEREMPUAN else "laki-laki"
        return " · ".join(part for part in (self.place, word, f"lahir {date_long(self.birth_hint)}") if part)

    def with_issues(self, *more: Issue) -> NikReport:
        """The same report with what the register knows (N10, N11)."""
        return NikReport(self.nik, (*self.issues, *more), self.place, self.sex, self.birth_hint)


def check_nik(text: str, *, regions: RegionTable | None, biodata: Penduduk | None = None, office_code: str = "",
              today: date) -> NikReport:
    """Rules N01..N09; never raises. Region rules are left out when ``regions`` is None, N06/N07 without ``biodata``."""
    digits = normalise_nik(text)
    broken = structural_issues(digits)
    if broken:
        return NikReport(digits, broken)
    nik = Nik(digits)
    issues: list[Issue] = []
    if regions is not None:
        issues += _region_issues(nik, regions)
    if biodata is not None:
        issues += _biodata_issues(nik, biodata)
    issues += _office_issues(nik, regions, office_code)
    place = regions.describe(nik.region) if regions is not None else ""
    return NikReport(digits, tuple(sorted(issues, key=lambda i: i.rule)), place, nik.sex, nik.birth_hint(today))


def nik_so_far(digits: str, regions: RegionTable | None) -> str:
    """What the digits of a NIK say while they are typed: ``Tempeh, Lumajang · perempuan, lahir tanggal 5 · 8 angka lagi``."""
    if not digits:
        return ""
    parts = []
    if len(digits) >= 6 and regions is not None:
        parts.append(regions.describe(digits[:6]) or "wilayah tidak dikenal")
    if len(digits) >= 8:
        female = int(digits[6:8]) > 40
        day = int(digits[6:8]) - 40 * female
        parts.append(f"{'perempuan' if female else 'laki-laki'}, lahir tanggal {day}" if 1 <= day <= 31 else "tanggal lahir tidak mungkin")
    return " · ".join([*parts, f"{16 - len(digits)} angka lagi"])


def open_application_issue(number: str = "") -> Issue:
    """N10: the NIK already has an open application of the same service here."""
    shown = f" dengan nomor {number}" if number else ""
    return Issue("N10", ERROR, f"NIK ini masih mempunyai permohonan yang berjalan{shown}. "
                               "Buka permohonan itu, jangan daftarkan ulang.")


def recorded_before_issue(on: date | None = None) -> Issue:
    """N11: recorded here earlier; recording again makes a DUPLICATE_RECORD."""
    shown = f" pada {date_long(on)}" if on else ""
    return Issue("N11", WARN, f"Pernah direkam{shown} di kantor ini. Jangan rekam ulang: status akan menjadi ganda.")


def structural_issues(digits: str) -> tuple[Issue, ...]:
    """N01, N02 and N03 over normalised digits; empty when the structure is right."""
    if len(digits) != 16 or not (digits.isascii() and digits.isdigit()):
        if digits.isascii() and digits.isdigit():
            seen = f"yang diketik {len(digits)}"
        else:
            seen = "ada tanda yang bukan angka"
        return (Issue("N01", ERROR, f"NIK harus 16 angka; {seen}. Periksa lagi pada KTP atau Kartu Keluarga."),)
    issues = []
    if digits[12:] == "0000":
        issues.append(Issue("N02", ERROR, "Empat angka terakhir NIK tidak mungkin 0000. Periksa lagi pada Kartu Keluarga."))
    if not _birth_dates(digits, (1900, 2000)):
        zero = digits[6:8] in ("00", "40") or digits[8:10] == "00"
        issues.append(Issue("N03", ERROR, "Tanggal lahir di dalam NIK (angka ke-7 sampai ke-12) tidak ada di kalender. "
                                          "Periksa lagi pada Kartu Keluarga.", overridable=zero))
    return tuple(issues)


def _birth_dates(digits: str, centuries: range | tuple[int, ...]) -> list[date]:
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    if day > 40:
        day -= 40
    found = []
    for century in centuries:
        try:
            found.append(date(century + year, month, day))
        except ValueError:
            continue
    return found


def _region_issues(nik: Nik, regions: RegionTable) -> list[Issue]:
    regency = nik.region[:4]
    if regency not in regions:
        return [Issue("N04", WARN, "Kode kabupaten/kota di awal NIK tidak ada dalam daftar wilayah. "
                                   "Cocokkan dengan Kartu Keluarga.")]
    issues = []
    if regions.is_historic(nik.region):
        today = regions.province(regions.successor(regency))
        issues.append(Issue("N09", INFO, f"Kode wilayah NIK adalah kode lama {regions.regency(regency)}, "
                                         f"sekarang di {today}. NIK tetap berlaku."))
    elif nik.region not in regions:
        issues.append(Issue("N05", WARN, f"Kode kecamatan NIK tidak ada dalam daftar {regions.regency(regency)}. "
                                         "Bisa kode lama; cocokkan dengan Kartu Keluarga."))
    return issues


def _biodata_issues(nik: Nik, biodata: Penduduk) -> list[Issue]:
    issues = []
    if nik.sex is not biodata.jenis_kelamin:
        said = "perempuan" if nik.sex is JenisKelamin.PEREMPUAN else "laki-laki"
        issues.append(Issue("N06", WARN, f"NIK menunjukkan {said}, biodata tidak. NIK tetap berlaku; "
                                         "pastikan jenis kelamin pada biodata benar."))
    if biodata.tanggal_lahir not in _birth_dates(nik.value, range(1800, 2200, 100)):
        issues.append(Issue("N07", WARN, "Tanggal lahir di dalam NIK berbeda dari biodata. NIK tetap berlaku; "
                                         "pastikan tanggal lahir pada biodata benar."))
    return issues


def _office_issues(nik: Nik, regions: RegionTable | None, office_code: str) -> list[Issue]:
    office = plain_code(office_code)[:4]
    if len(office) < 4 or nik.region[:4] == office or (regions is not None and regions.successor(nik.region) == office):
        return []
    place = regions.regency(nik.region) if regions is not None else ""
    return [Issue("N08", INFO, f"NIK diterbitkan di {place or 'kabupaten/kota lain'}. Mungkin penduduk pindahan: "
                               "untuk KTP-el baru periksa pindah datang atau layanan luar domisili.")]


def normalise_no_kk(text: str) -> str:
    """A No. KK without spaces, dots and dashes."""
    return normalise_nik(text)


def check_no_kk(text: str, *, nik: str = "", regions: RegionTable | None = None) -> tuple[Issue, ...]:
    """Rules of the family card number: 16 digits, not the NIK (ERROR); odd date or region (WARN).

    The date inside is when the KK was recorded, so neither sex nor age is read from it (DOMAIN.md 2.2).
    """
    digits = normalise_no_kk(text)
    if len(digits) != 16 or not (digits.isascii() and digits.isdigit()):
        return (Issue("K01", ERROR, "Nomor KK harus 16 angka. Periksa lagi pada Kartu Keluarga."),)
    if nik and digits == normalise_nik(nik):
        return (Issue("K02", ERROR, "Nomor KK sama dengan NIK. Nomor KK ada di bagian atas Kartu Keluarga."),)
    issues = []
    if int(digits[6:8]) > 31 or not _birth_dates(digits, (1900, 2000)) or digits[12:] == "0000":
        issues.append(Issue("K03", WARN, "Tanggal atau nomor urut di dalam Nomor KK tidak lazim. "
                                         "Cocokkan dengan Kartu Keluarga."))
    if regions is not None and digits[:4] not in regions:
        issues.append(Issue("K04", WARN, "Kode wilayah Nomor KK tidak ada dalam daftar wilayah. Cocokkan dengan Kartu Keluarga."))
    return tuple(issues)


def parse_no_kk(text: str, *, nik: str = "") -> str:
    """A valid No. KK as 16 digits. Raises BadInput ``no_kk.K01`` or ``no_kk.K02``."""
    broken = [i for i in check_no_kk(text, nik=nik) if i.level == ERROR]
    if broken:
        raise BadInput(f"no_kk.{broken[0].rule}", rule=broken[0].rule)
    return normalise_no_kk(text)
