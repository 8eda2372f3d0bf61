"""Books, closed months and checks on an office folder, from the command line: the person at the console acts as its supervisor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.app.office import settings_of
from ktpel_kiosk.app.wiring import Kiosk, open_office
from ktpel_kiosk.desk import approvals, audit_code, blangko, books, closing
from ktpel_kiosk.desk.approvals import ApprovalCheck
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.ledgers import MonthLock
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.register import AuditCheck

CONSOLE = Actor("konsol", "", frozenset({Peran.SUPERVISOR, Peran.ADMIN}))
"""Whoever can run commands on this machine with its key already holds the register; the audit says it was the console."""


@contextmanager
def opened(data: Path) -> Iterator[Kiosk]:
    """The office in this folder.

    Raises:
        BadInput: there is none.
    """
    with open_office(office_folder(data)) as kiosk:
        yield kiosk


def office_folder(data: Path) -> Path:
    """The folder itself, or the office inside the results of a demonstration."""
    inner = data / "kantor"
    return inner if settings_of(data) is None and inner.is_dir() else data


def export_book(data: Path, book: str, format: str, out: Path, year: int | None, month: int | None) -> str:
    with opened(data) as kiosk:
        return books.export_register(kiosk.desk, CONSOLE, book, format, out, year=year, month=month)


@dataclass(frozen=True, slots=True)
class ListedBook:
    book: str
    title: str
    rows: int


def list_books(data: Path, year: int | None) -> tuple[list[ListedBook], tuple[closing.MonthState, ...]]:
    """The eight books of a year with their rows, and its months."""
    with opened(data) as kiosk:
        desk = kiosk.desk
        wanted = year or books.this_year(desk)
        since, until = books.period(desk, wanted, None)
        counts = desk.register.read(lambda v: {b: books.rows_in(v, b, since, until) for b in books.LAYOUTS})
        return [ListedBook(b, books.title_of(desk, b), n) for b, n in counts.items()], closing.months(desk, wanted)


def close_month(data: Path, year: int, month: int) -> tuple[MonthLock, Path]:
    """The lock, and where the PDF copies lie."""
    with opened(data) as kiosk:
        lock = closing.close_month(kiosk.desk, CONSOLE, year, month)
        return lock, kiosk.desk.spool.place("x", closing.archive_folder(year, month)).parent


def check_month(data: Path, year: int, month: int) -> closing.MonthCheck:
    with opened(data) as kiosk:
        return closing.check(kiosk.desk, CONSOLE, year, month)


def blangko_stock(data: Path) -> blangko.Stock:
    with opened(data) as kiosk:
        return blangko.stock(kiosk.desk)


def verify(data: Path, anchor: str = "") -> tuple[AuditCheck, ApprovalCheck, bool | None]:
    """The audit chain with its rows, every approval's signature, and whether a printed audit code (when given) stands in the chain.

    Raises:
        BadInput: ``audit.code`` when ``anchor`` is no audit code.
    """
    with opened(data) as kiosk:
        held = audit_code.holds(kiosk.desk, CONSOLE, anchor) if anchor else None
        return books.verify_register(kiosk.desk, CONSOLE), approvals.check_all(kiosk.desk, CONSOLE), held
