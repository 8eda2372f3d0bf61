"""Writing values the way Indonesian offices do: dates, times, numbers, durations, masks, phone numbers, words.

Pure functions, no wall clock. Aware datetimes are shown in the named office zone; naive ones are taken as local already.
Forms: DOMAIN.md 8.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from ktpel_kiosk.domain.errors import BadInput

MONTHS: tuple[str, ...] = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)
MONTHS_SHORT: tuple[str, ...] = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
WEEKDAYS: tuple[str, ...] = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
ROMAN: tuple[str, ...] = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ZONES: dict[str, str] = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
MASK = "•"

_UNITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"))
_PHONE_NOISE = re.compile(r"[\s().\-/]")


@lru_cache(maxsize=8)
def zone(zona: str) -> ZoneInfo:
    """The time zone of WIB, WITA or WIT. Raises BadInput ``text.zone``."""
    name = ZONES.get(zona)
    if name is None:
        raise BadInput("text.zone", value=zona[:20], expected="WIB, WITA, WIT")
    return ZoneInfo(name)


def to_local(at: datetime, zona: str) -> datetime:
    """``at`` on the office's clock; a naive value is taken as already local."""
    return at.astimezone(zone(zona)) if at.tzinfo else at.replace(tzinfo=zone(zona))


def date_long(on: date) -> str:
    """``2 Januari 2025``."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def date_short(on: date) -> str:
    """``2 Jan 2025``, for narrow table columns."""
    return f"{on.day} {MONTHS_SHORT[on.month - 1]} {on.year}"


def date_card(on: date) -> str:
    """``02-01-2025``, as printed on the KTP-el."""
    return f"{on.day:02d}-{on.month:02d}-{on.year:04d}"


def date_form(on: date) -> str:
    """``02/01/2025``, as on the F-1.xx forms."""
    return f"{on.day:02d}/{on.month:02d}/{on.year:04d}"


def weekday_name(on: date) -> str:
    return WEEKDAYS[on.weekday()]


def date_full(on: date) -> str:
    """``Jumat, 20 November 2026``."""
    return f"{weekday_name(on)}, {date_long(on)}"


def month_year(on: date) -> str:
    """``November 2026``."""
    return f"{MONTHS[on.month - 1]} {on.year}"


def parse_date(text: str) -> date:
    """A date as people type it: ``05-02-2008``, ``5/2/2008``, ``5 Februari 2008``, ``05022008`` or ISO.

    Raises:
        BadInput: ``text.date``; the text itself is not repeated.
    """
    clean = " ".join(text.strip().lower().replace(".", "-").replace("/", "-").split())
    if m := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", clean):
        parts = (int(m[1]), int(m[2]), int(m[3]))
    elif m := re.fullmatch(r"(\d{1,2})-(\d{1,2})-(\d{4})", clean) or re.fullmatch(r"(\d{2})(\d{2})(\d{4})", clean):
        parts = (int(m[3]), int(m[2]), int(m[1]))
    elif (m := re.fullmatch(r"(\d{1,2}) ([a-z]{3,9}) (\d{4})", clean)) and (month := _month_number(m[2])):
        parts = (int(m[3]), month, int(m[1]))
    else:
        raise BadInput("text.date", expected="HH-BB-TTTT")
    try:
        return date(*parts)
    except ValueError as error:
        raise BadInput("text.date", expected="HH-BB-TTTT") from error


def _month_number(word: str) -> int:
    for i, (long, short) in enumerate(zip(MONTHS, MONTHS_SHORT, strict=True), start=1):
        if word in (long.lower(), short.lower()):
            return i
    return 0


def time_text(at: datetime | time, zona: str = "") -> str:
    """``09.15 WIB``; without ``zona`` just ``09.15``."""
    local = to_local(at, zona) if isinstance(at, datetime) and zona else at
    return f"{local.hour:02d}.{local.minute:02d}" + (f" {zona}" if zona else "")


def datetime_long(at: datetime, zona: str) -> str:
    """``2 Januari 2025, 09.15 WIB``."""
    local = to_local(at, zona)
    return f"{date_long(local.date())}, {time_text(local, zona)}"


def hours_text(opens: time, closes: time, zona: str = "") -> str:
    """``08.00–15.00 WIB``."""
    return f"{time_text(opens)}–{time_text(closes)}" + (f" {zona}" if zona else "")


def number_text(value: float, decimals: int = 0) -> str:
    """``1.234,5``: dot for thousands, comma for decimals."""
    text = f"{value:,.{decimals}f}"
    if float(value) and not text.strip("-0,."):
        text = text.lstrip("-")
    return text.translate(str.maketrans(",.", ".,"))


def percent_text(share: float, decimals: int = 0) -> str:
    """``92 %`` for 0.92."""
    return f"{number_text(share * 100, decimals)} %"


def minutes_text(seconds: float | None) -> str:
    """Mutu baku as the SOPs print it: ``5 menit``, ``0,5 menit``, ``-`` where there is none."""
    if seconds is None:
        return "-"
    minutes = seconds / 60
    whole = minutes == int(minutes)
    return f"{number_text(minutes, 0 if whole else 2 if round(minutes * 10) != minutes * 10 else 1)} menit"


def duration_text(seconds: float) -> str:
    """A running clock: ``3:10``, ``1:02:03`` from one hour; negative is zero."""
    total = max(0, int(seconds))
    hours, rest = divmod(total, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def duration_words(seconds: float) -> str:
    """How long ago or how long it took, the two largest units: ``2 jam 10 menit``, ``3 hari 4 jam``, ``45 detik``."""
    left = max(0, int(seconds))
    units = (("hari", 86400), ("jam", 3600), ("menit", 60), ("detik", 1))
    counts = []
    for word, size in units:
        count, left = divmod(left, size)
        counts.append((count, word))
    first = next((i for i, (count, _) in enumerate(counts) if count), len(counts) - 1)
    shown = counts[first:first + 2] if counts[first][1] in ("hari", "jam") else counts[first:first + 1]
    return " ".join(f"{count} {word}" for i, (count, word) in enumerate(shown) if count or i == 0)


def roman_month(month: int) -> str:
    """``II`` for 2. Raises BadInput ``text.month``."""
    if not 1 <= month <= 12:
        raise BadInput("text.month", value=month)
    return ROMAN[month - 1]


def mask_nik(nik: str) -> str:
    """``350805••••••0001``: region and serial stay, the birth date goes. Anything not 16 long is masked whole."""
    return f"{nik[:6]}{MASK * 6}{nik[12:]}" if len(nik) == 16 else MASK * len(nik)


def group_nik(nik: str) -> str:
    """``350805 450208 0001``; also groups a NIK that is still being typed."""
    return " ".join(part for part in (nik[:6], nik[6:12], nik[12:]) if part)


def phone_e164(text: str) -> str:
    """A phone number as ``+62…``, from ``0812…``, ``62812…``, ``+62 812-…`` or ``(0334) 520003``.

    Raises:
        BadInput: ``text.phone`` when it cannot be an Indonesian number.
    """
    digits = _PHONE_NOISE.sub("", text.strip())
    for prefix in ("+62", "0062", "62", "0"):
        if digits.startswith(prefix):
            digits = digits[len(prefix):]
            break
    else:
        if not digits.startswith("8"):
            raise BadInput("text.phone", reason="prefix")
    digits = digits.removeprefix("0")
    longest = 12 if digits.startswith("8") else 11
    if not (digits.isascii() and digits.isdigit()) or not 7 <= len(digits) <= longest or digits[0] in "01":
        raise BadInput("text.phone", reason="digits", count=len(digits))
    if digits.startswith("8") and len(digits) < 9:
        raise BadInput("text.phone", reason="short", count=len(digits))
    return f"+62{digits}"


def phone_local(e164: str) -> str:
    """``0812 3456 7890`` from ``+6281234567890``."""
    local = "0" + e164.removeprefix("+62")
    return " ".join(local[i:i + 4] for i in range(0, len(local), 4))


def mask_phone(e164: str) -> str:
    """``0812••••7890``: first and last four digits."""
    local = "0" + e164.removeprefix("+62")
    return f"{local[:4]}{MASK * (len(local) - 8)}{local[-4:]}" if len(local) > 8 else MASK * len(local)


def terbilang(number: int) -> str:
    """A whole number in words: ``dua ribu dua puluh enam``. Raises BadInput ``text.number`` outside 0 … 10^15 - 1."""
    if not 0 <= number < 10**15:
        raise BadInput("text.number", limit="0..10^15-1")
    return _words(number) if number else _UNITS[0]


def _words(n: int) -> str:
    for size, word in _SCALES:
        if n >= size:
            return f"{_words(n // size)} {word} {_words(n % size)}".strip()
    if n >= 2000:
        return f"{_words(n // 1000)} ribu {_words(n % 1000)}".strip()
    if n >= 1000:
        return f"seribu {_words(n - 1000)}".strip()
    if n >= 200:
        return f"{_UNITS[n // 100]} ratus {_words(n % 100)}".strip()
    if n >= 100:
        return f"seratus {_words(n - 100)}".strip()
    if n >= 20:
        return f"{_UNITS[n // 10]} puluh {_words(n % 10)}".strip()
    if n >= 12:
        return f"{_UNITS[n - 10]} belas"
    return _UNITS[n] if n else ""


def date_in_words(on: date) -> str:
    """For a berita acara: ``Jumat, tanggal tiga belas, bulan Maret, tahun dua ribu dua puluh enam``."""
    return f"{weekday_name(on)}, tanggal {terbilang(on.day)}, bulan {MONTHS[on.month - 1]}, tahun {terbilang(on.year)}"
