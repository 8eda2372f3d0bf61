"""The office's calendar: the state's holidays, and what the office changes of them by its own decision.

Perpres 21/2023 gives the working week, the yearly SKB 3 Menteri the holidays; an office may close on a local one, work on one
that was withdrawn, or open on a weekend (election day). Kept as one setting of the register, one entry per day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.recount import recount
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.text import date_card, parse_date, to_local
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.tables import TableLine

SETTING = "kalender"
COLUMNS: tuple[str, ...] = ("tanggal", "jenis", "nama")
NAME_LENGTH = 80
YEARS_BACK, YEARS_AHEAD = 1, 2
FIRST_YEAR, LAST_YEAR = 2020, 2100


class Jenis(StrEnum):
    """What the office decided about a day."""

    LIBUR = "libur"
    BUKAN_LIBUR = "bukan libur"
    BUKA = "buka"


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """A day the office's own calendar speaks of."""

    on: date
    jenis: Jenis
    nama: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One line of the calendar of a year. ``state``: the state's name for the day, ``own``: the office's entry."""

    on: date
    state: str
    own: OfficeDay | None
    open: bool

    @property
    def nama(self) -> str:
        return self.own.nama if self.own is not None and self.own.nama else self.state


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One refused line of an imported file."""

    line: int
    column: str
    text: str


class BadCalendar(BadInput):
    """A holidays file with mistakes; nothing of it was taken. ``problems`` names every line."""

    def __init__(self, problems: Sequence[LineProblem]) -> None:
        first = problems[0]
        super().__init__("calendar.file", count=len(problems), line=first.line, field=first.column, reason=first.text)
        self.problems = tuple(problems)


def days_off(desk: Desk) -> frozenset[date]:
    """Holidays around today: the state's and the office's own, without those the office works on."""
    return _off(desk, entries(desk))


def _off(desk: Desk, own: Mapping[date, OfficeDay]) -> frozenset[date]:
    year = to_local(desk.clock.now(), desk.sop.kantor.zona_waktu).year
    state = {d for y in range(year - YEARS_BACK, year + YEARS_AHEAD + 1) for d in desk.public_holidays(y)}
    return frozenset(state | {d for d, e in own.items() if e.jenis is Jenis.LIBUR}) - {
        d for d, e in own.items() if e.jenis is Jenis.BUKAN_LIBUR}


def open_days(desk: Desk) -> frozenset[date]:
    """Days the office opens although they are a holiday or a weekend."""
    return _opened(entries(desk))


def _opened(own: Mapping[date, OfficeDay]) -> frozenset[date]:
    return frozenset(d for d, e in own.items() if e.jenis is Jenis.BUKA)


def _keep(desk: Desk, tx: Tx, actor: Actor, own: Mapping[date, OfficeDay], count: int, year: int) -> None:
    """Store the calendar; what is due and still open follows it in the same transaction."""
    tx.put_setting(SETTING, _text(own.values()))
    moved = recount(desk, tx, actor, _off(desk, own), _opened(own))
    tx.log("CalendarChanged", SETTING, actor.username, count=count, year=year, moved=moved)


def entries(desk: Desk) -> MappingProxyType[date, OfficeDay]:
    """The office's own entries by day."""
    return _parsed(desk.register.read(lambda v: v.setting(SETTING)) or "[]")


def year(desk: Desk, of: int) -> tuple[CalendarDay, ...]:
    """Every day of the year that is not as the week says, in order."""
    state = desk.public_holidays(of)
    own = {d: e for d, e in entries(desk).items() if d.year == of}
    return tuple(CalendarDay(d, state.get(d, ""), own.get(d), _open(d, d in state, own.get(d))) for d in sorted({*state, *own}))


def _open(on: date, holiday: bool, own: OfficeDay | None) -> bool:
    if own is not None and own.jenis is not Jenis.BUKAN_LIBUR:
        return own.jenis is Jenis.BUKA
    return on.weekday() < 5 and (own is not None or not holiday)


def set_days(desk: Desk, actor: Actor, days: Iterable[OfficeDay], *, replace_year: int | None = None) -> int:
    """Put entries into the office's calendar (one per day, a later one replaces); all or none. Returns how many were put.

    Args:
        replace_year: drop the office's other entries of that year.

    Raises:
        NotAllowed. BadInput: ``calendar.day`` for an entry that says nothing new or has no name, ``calendar.year``.
    """
    require(actor, "edit_calendar")
    wanted = tuple(days)
    for day in wanted:
        _check(desk, day)

    def work(tx: Tx) -> int:
        kept = {d: e for d, e in _parsed(tx.setting(SETTING) or "[]").items() if d.year != replace_year}
        kept.update({e.on: e for e in wanted})
        _keep(desk, tx, actor, kept, len(wanted), replace_year or (wanted[0].on.year if wanted else 0))
        return len(wanted)

    return desk.register.write(work)


def drop_day(desk: Desk, actor: Actor, on: date) -> bool:
    """Forget the office's own entry of a day; the state's calendar counts again. False when there was none."""
    require(actor, "edit_calendar")
    if on not in entries(desk):
        return False

    def work(tx: Tx) -> None:
        _keep(desk, tx, actor, {d: e for d, e in _parsed(tx.setting(SETTING) or "[]").items() if d != on}, -1, on.year)

    desk.register.write(work)
    return True


def import_file(desk: Desk, actor: Actor, path: Path) -> int:
    """Take the entries of a CSV or XLSX file (columns tanggal, jenis, nama); all of them or none. Returns how many.

    Raises:
        BadCalendar: naming every wrong line. BadInput: ``table.*``, ``calendar.header``. NotAllowed.
    """
    require(actor, "edit_calendar")
    days, problems = parse_lines(desk, list(desk.read_table(path).lines()))
    if problems:
        raise BadCalendar(problems)
    if not days:
        raise BadInput("calendar.empty", path=path.name)
    return set_days(desk, actor, days)


def parse_lines(desk: Desk, lines: Sequence[TableLine]) -> tuple[list[OfficeDay], list[LineProblem]]:
    """Entries and refused lines of a holidays file.

    Raises:
        BadInput: ``calendar.header``: the first line does not name the columns.
    """
    head = [c.strip().lower() for c in lines[0].cells] if lines else []
    if any(c not in head for c in COLUMNS):
        raise BadInput("calendar.header", line=lines[0].number if lines else 1, expected=";".join(COLUMNS))
    at = {c: head.index(c) for c in COLUMNS}
    days: dict[date, tuple[int, OfficeDay]] = {}
    problems: list[LineProblem] = []
    for line in lines[1:]:
        cells = {c: line.cells[i].strip() if i < len(line.cells) else "" for c, i in at.items()}
        try:
            day = _day(desk, cells)
        except _Wrong as wrong:
            problems.append(LineProblem(line.number, wrong.column, wrong.text))
            continue
        if day.on in days:
            problems.append(LineProblem(line.number, "tanggal", f"{date_card(day.on)} sudah ada di baris {days[day.on][0]}; sisakan satu."))
            continue
        days[day.on] = (line.number, day)
    return [d for _, d in days.values()], problems


class _Wrong(Exception):
    def __init__(self, column: str, text: str) -> None:
        super().__init__(column)
        self.column, self.text = column, text


def _day(desk: Desk, cells: dict[str, str]) -> OfficeDay:
    try:
        on = parse_date(cells["tanggal"])
    except BadInput as error:
        raise _Wrong("tanggal", "Bukan tanggal yang ada; tulis seperti 17-08-2026.") from error
    word = " ".join(cells["jenis"].lower().replace("_", " ").split())
    if word not in set(Jenis):
        raise _Wrong("jenis", "Harus libur, bukan libur, atau buka.")
    day = OfficeDay(on, Jenis(word), " ".join(cells["nama"].split()))
    try:
        _check(desk, day)
    except BadInput as error:
        raise _Wrong("nama" if error.facts.get("field") == "nama" else "tanggal", desk.sentences.of(error)) from error
    return day


def _check(desk: Desk, day: OfficeDay) -> None:
    if not FIRST_YEAR <= day.on.year <= LAST_YEAR:
        raise BadInput("calendar.year", field="tanggal", year=day.on.year, limit=LAST_YEAR)
    if not day.nama or len(day.nama) > NAME_LENGTH or not day.nama.isprintable():
        raise BadInput("calendar.name", field="nama", limit=NAME_LENGTH)
    if day.jenis is Jenis.BUKAN_LIBUR and day.on not in desk.public_holidays(day.on.year):
        raise BadInput("calendar.no_holiday", field="tanggal", value=date_card(day.on))


def _text(days: Iterable[OfficeDay]) -> str:
    rows = sorted((d.on.isoformat(), d.jenis.value, d.nama) for d in days)
    return json.dumps(rows, ensure_ascii=False)


@lru_cache(maxsize=8)
def _parsed(text: str) -> MappingProxyType[date, OfficeDay]:
    rows = [OfficeDay(date.fromisoformat(on), Jenis(jenis), nama) for on, jenis, nama in json.loads(text)]
    return MappingProxyType({r.on: r for r in rows})
