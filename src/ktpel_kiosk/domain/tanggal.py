"""Reading dates the way Indonesians write them: ``5 feb 2008``, ``05022008``, ``5/2/08``, ``2 Pebruari 2008``, ``5-II-2008``, ``kemarin``.

Nothing is guessed: a text that may mean several days gives them all, and the form asks. Pure; today is given by the caller.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ktpel_kiosk.domain.near_words import one_off
from ktpel_kiosk.domain.text import MONTHS, ROMAN, WEEKDAYS, date_long

OLDEST = 120
"""Years a birth date may lie back."""

_OTHER_NAMES: dict[str, int] = {
    "january": 1, "jan": 1, "pebruari": 2, "february": 2, "feb": 2, "peb": 2, "march": 3, "mar": 3, "mrt": 3, "apr": 4, "may": 5, "june": 6,
    "jun": 6, "july": 7, "jul": 7, "august": 8, "agu": 8, "agt": 8, "ags": 8, "agst": 8, "aug": 8, "sept": 9, "sep": 9, "october": 10,
    "okt": 10, "oct": 10, "nopember": 11, "nov": 11, "nop": 11, "december": 12, "des": 12, "dec": 12,
}
_NAMES: dict[str, int] = {**{name.lower(): i for i, name in enumerate(MONTHS, 1)}, **_OTHER_NAMES}
_ROMAN: dict[str, int] = {name.lower(): i for i, name in enumerate(ROMAN, 1)}
_DAYS: dict[str, int] = {**{name.lower(): i for i, name in enumerate(WEEKDAYS)}, "jum'at": 4, "jumaat": 4, "ahad": 6}
_WORDS: dict[str, int] = {"hari ini": 0, "sekarang": 0, "kemarin": -1, "kmrn": -1, "besok": 1, "lusa": 2}
_SIGNS = re.compile(r"[\s\-/.,\u2010-\u2015\u2212]+")
_PIECES = re.compile(r"\d+|[^\W\d_][^\W\d_']*")


@dataclass(frozen=True, slots=True)
class DateReading:
    """What a text says.

    Attributes:
        on: the day, when there is one only.
        choices: the days it may mean, the likelier first; two or more, then ``on`` is None.
        problem: code why there is none: ``empty``, ``partial`` (more has to follow), ``unknown``, ``month``, ``day``, ``weekday``; with a
            day: ``future`` or ``old`` where it lies outside of what was asked for.
        told: one sentence for ``problem``.
    """

    on: date | None = None
    choices: tuple[date, ...] = ()
    problem: str = ""
    told: str = ""

    @property
    def question(self) -> str:
        """``2008 atau 1908?``: what to ask where there are several."""
        if not self.choices:
            return ""
        same_day = len({(d.day, d.month) for d in self.choices}) == 1
        words = [str(d.year) if same_day else date_long(d) for d in self.choices]
        return f"{', '.join(words[:-1])} atau {words[-1]}?"


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are asked for, both ends included; two-digit years are looked for inside."""

    first: date
    last: date

    @classmethod
    def birth(cls, today: date) -> Span:
        """Everybody who may be alive."""
        return cls(date(today.year - OLDEST, 1, 1), today)

    @classmethod
    def near(cls, today: date) -> Span:
        """Days of the office: one century around today, so a two-digit year means one year only."""
        return cls(date(today.year - 79, 1, 1), date(today.year + 20, 12, 31))


def read_date(text: str, today: date, span: Span | None = None) -> DateReading:
    """The day (or days) ``text`` means; never raises."""
    span = span or Span.near(today)
    clean = unicodedata.normalize("NFKC", text[:80]).strip().lower()
    if not clean:
        return DateReading(problem="empty")
    words = " ".join(clean.split())
    if words in _WORDS:
        return _within(today + timedelta(days=_WORDS[words]), span)
    pieces = _PIECES.findall(clean)
    if "".join(pieces) != _SIGNS.sub("", clean) or not all(p.isascii() for p in pieces):
        return _unknown()
    weekday = _DAYS.get(pieces[0]) if pieces else None
    pieces = pieces[1:] if weekday is not None else pieces
    found = _read(pieces, today, span)
    if weekday is not None and found.on is not None and found.on.weekday() != weekday:
        return DateReading(problem="weekday", told=f"{date_long(found.on)} itu hari {WEEKDAYS[found.on.weekday()]}, "
                                                    f"bukan {WEEKDAYS[weekday]}. Periksa lagi.")
    return found


def _unknown() -> DateReading:
    return DateReading(problem="unknown", told="Tanggal ini tidak terbaca. Tulis hari, bulan, tahun, misalnya 5 Februari 2008.")


def _partial(told: str = "Belum lengkap: tulis hari, bulan dan tahun.") -> DateReading:
    return DateReading(problem="partial", told=told)


def _read(pieces: list[str], today: date, span: Span) -> DateReading:
    if len(pieces) == 1 and pieces[0].isdigit():
        return _run(pieces[0], span)
    if len(pieces) == 2:
        return _partial("Tahunnya belum ada. Tulis misalnya 5 Februari 2008.") if _day_and_month(pieces) else _unknown()
    if len(pieces) != 3:
        return _partial() if len(pieces) == 1 and pieces[0] in _NAMES else _unknown()
    first, second, third = pieces
    if first.isdigit() and len(first) == 4 and second.isdigit() and third.isdigit() and len(third) <= 2:
        return _settle([(int(first), int(second), int(third))], span)
    if first in _NAMES and second.isdigit() and third.isdigit() and len(second) <= 2:
        first, second = second, first
    if not first.isdigit() or not third.isdigit() or len(first) > 2:
        return _unknown()
    if len(third) in (1, 3):
        return _partial("Tahunnya belum lengkap.")
    months = _months(second)
    if not months:
        return _unknown()
    return _settle([(y, m, int(first)) for m in months for y in _years(third, span)], span)


def _day_and_month(pieces: list[str]) -> bool:
    return pieces[0].isdigit() and len(pieces[0]) <= 2 and bool(_months(pieces[1]))


def _months(piece: str) -> list[int]:
    """Month numbers a piece may stand for; a number as it is, so that 13 can be told to be none."""
    if piece.isdigit():
        return [int(piece)] if len(piece) <= 2 else []
    if piece in _NAMES:
        return [_NAMES[piece]]
    if piece in _ROMAN:
        return [_ROMAN[piece]]
    if len(piece) < 4:
        return []
    begun = {i for name, i in _NAMES.items() if name.startswith(piece)}
    near = begun or {i for name, i in _NAMES.items() if len(name) > 3 and one_off(piece, name)}
    return sorted(near)


def _years(piece: str, span: Span) -> list[int]:
    """The years a piece means: itself, or with two digits each of the span, the latest first."""
    if len(piece) == 4:
        return [int(piece)]
    if len(piece) != 2:
        return []
    return [y for y in range(span.last.year, span.first.year - 1, -1) if y % 100 == int(piece)]


def _run(digits: str, span: Span) -> DateReading:
    """Digits without signs: ddmmyyyy, yyyymmdd, ddmmyy, and dmmyyyy or ddmyyyy where a zero was left out."""
    cuts: Iterable[tuple[str, str, str]]
    n = len(digits)
    if n == 8:
        cuts = [(digits[4:], digits[2:4], digits[:2]), (digits[:4], digits[4:6], digits[6:])]
    elif n == 7:
        cuts = [(digits[3:], digits[1:3], digits[:1]), (digits[3:], digits[2:3], digits[:2])]
    elif n == 6:
        cuts = [(digits[4:], digits[2:4], digits[:2])]
    else:
        return _partial() if n < 6 else _unknown()
    tried = [(y, int(m), int(d)) for year, m, d in cuts for y in _years(year, span)]
    inside = [t for t in tried if span.first.year <= t[0] <= span.last.year and _exists(*t)]
    if not inside and n == 7:
        return _partial()
    return _settle(inside or tried[:1], span)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _settle(parts: list[tuple[int, int, int]], span: Span) -> DateReading:
    days = [date(*p) for p in dict.fromkeys(parts) if _exists(*p)]
    inside = [d for d in days if span.first <= d <= span.last]
    if len(inside) > 1:
        return DateReading(choices=tuple(inside))
    if inside:
        return DateReading(on=inside[0])
    if days:
        return _within(days[0], span)
    return _no_such_day(*parts[0]) if parts else _unknown()


def _no_such_day(year: int, month: int, day: int) -> DateReading:
    if not 1 <= month <= 12:
        return DateReading(problem="month", told=f"Bulan {month} tidak ada. Tulis hari dulu, lalu bulan, misalnya 5-2-2008.")
    if year < 1:
        return _unknown()
    most = monthrange(year, month)[1]
    return DateReading(problem="day", told=f"{MONTHS[month - 1]} {year} hanya sampai tanggal {most}." if day > most
                       else "Tanggal mulai dari 1.")


def _within(on: date, span: Span) -> DateReading:
    if on > span.last:
        return DateReading(on, problem="future", told=f"{date_long(on)} belum tiba. Periksa tahunnya.")
    if on < span.first:
        return DateReading(on, problem="old", told=f"{date_long(on)} terlalu lama berlalu. Periksa tahunnya.")
    return DateReading(on)


def shift(on: date, part: str, by: int) -> date:
    """``on`` moved by days (``day``), months or years; the last of a shorter month where the day does not exist. Stays in 1..9999."""
    if part == "day":
        at = on.toordinal() + by
        return date.fromordinal(min(max(at, 1), date.max.toordinal()))
    months = on.year * 12 + on.month - 1 + by * (12 if part == "year" else 1)
    months = min(max(months, 12), 9999 * 12 + 11)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


FORMS: tuple[Callable[[date], str], ...] = (
    date_long, lambda d: f"{d.day:02d}-{d.month:02d}-{d.year:04d}", lambda d: f"{d.day}/{d.month}/{d.year:04d}",
    lambda d: f"{d.day:02d}{d.month:02d}{d.year:04d}", lambda d: d.isoformat(), lambda d: f"{d.day}-{ROMAN[d.month - 1]}-{d.year:04d}",
    lambda d: f"{d.day} {MONTHS[d.month - 1][:3].lower()} {d.year:04d}", lambda d: f"{WEEKDAYS[d.weekday()]}, {date_long(d)}",
    lambda d: f"{d.day}{MONTHS[d.month - 1]}{d.year:04d}", lambda d: f"{d.day}.{d.month}.{d.year:04d}",
)
"""Ways to write a whole date that are read back as the same day (the tests go through them all)."""


def ways(on: date) -> Iterator[str]:
    """``on`` in every form of :data:`FORMS`."""
    return (form(on) for form in FORMS)
