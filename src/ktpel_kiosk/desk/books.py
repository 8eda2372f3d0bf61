"""Buku register: building the eight books from the register and exporting them (DOMAIN.md 6.1).

A book streams: its rows are read inside one ``register.read`` while they are written, never held together. NIK is masked unless a
role that may, a reason and a second officer ask for it; that is audited. Void rows stay, marked BATAL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.book_layouts import LAYOUTS, Layout, Line, Show, rows_in
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.text import MONTHS, date_long, mask_nik, mask_phone, phone_local, zone
from ktpel_kiosk.ports.papers import Book, BookRow, BookRows
from ktpel_kiosk.ports.register import AuditCheck, View

__all__ = ["FORMATS", "LAYOUTS", "Made", "Want", "build_book", "export_register", "lines_of", "open_book", "preview", "rows_in", "title_of",
           "verify_register", "write_book"]

FORMATS = ("xlsx", "csv", "pdf")
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Want:
    """Which book, of which year or month, and how the NIK is shown."""

    book: str
    year: int
    month: int | None = None
    full_nik: bool = False

    def __post_init__(self) -> None:
        if self.book not in LAYOUTS:
            raise BadInput("export.book", book=self.book[:40], expected=", ".join(LAYOUTS))
        if self.month is not None and not 1 <= self.month <= 12:
            raise BadInput("book.month_number", value=self.month)
        if not 1970 <= self.year <= 9998:
            raise BadInput("book.year", value=self.year)

    @property
    def label(self) -> str:
        return f"Tahun {self.year}" if self.month is None else f"{MONTHS[self.month - 1]} {self.year}"


@dataclass(frozen=True, slots=True)
class Made:
    """A book that was written: its rows, the hash in its footer, the hash of the file."""

    rows: int
    content: str
    file: str


def export_register(desk: Desk, actor: Actor, book: str, format: str, path: Path, *, year: int | None = None,
                    month: int | None = None, full_nik: bool = False, reason: str = "", second_username: str = "",
                    second_password: str = "") -> str:
    """Write one book for a year or month; returns the SHA-256 (hex) of the file.

    The export is audited before the file takes its name, so there is no file the audit does not know.

    Raises:
        BadInput: unknown book, format or month, or full NIK asked without a reason. SignInRefused: no second officer for it.
        NotAllowed. IoFailure, DiskFull: nothing is left behind.
    """
    require(actor, "export_register")
    if format not in FORMATS:
        raise BadInput("export.format", format=format[:20], expected=", ".join(FORMATS))
    want = Want(book, year or this_year(desk), month, full_nik)
    second = ""
    if full_nik:
        require(actor, "export_register_full_nik")
        reason = free_text(reason, "alasan")
        if not reason:
            raise BadInput("export.reason", book=book)
        second = second_person(desk, actor, second_username, second_password, "export_register_full_nik").username
    with desk.spool.sink(path) as out:
        made = desk.register.read(lambda v: write_book(desk, v, actor, want, format, out))
        desk.register.write(lambda tx: tx.log(
            "RegisterExported", book, actor.username, format=format, digest=made.file, value=made.content, count=made.rows,
            year=want.year, month=month, reason=for_audit(reason), second=second, key="nik_lengkap" if full_nik else "nik_tersamar"))
    return made.file


def write_book(desk: Desk, view: View, actor: Actor, want: Want, format: str, out: BinaryIO) -> Made:
    """The book into ``out`` (readable, at its start), row by row; call it inside the read that gave ``view``."""
    book, rows = counted(open_book(desk, view, actor, want))
    content = desk.documents.write_book(book, format, out, tmpdir=desk.spool.scratch())
    out.flush()
    out.seek(0)
    digest = hashlib.sha256()
    while chunk := out.read(CHUNK):
        digest.update(chunk)
    return Made(rows(), content, digest.hexdigest())


def counted(book: Book) -> tuple[Book, Callable[[], int]]:
    """The same book, and how many rows it had the last time it was walked to its end."""
    number = 0

    def walk() -> Iterator[BookRow]:
        nonlocal number
        number = 0
        for row in book.rows:
            number += 1
            yield row

    return replace(book, rows=BookRows(len(book.rows), walk)), lambda: number


def open_book(desk: Desk, view: View, actor: Actor | None, want: Want, *, glance: bool = False) -> Book:
    """The book over ``view``; its rows are read when they are walked and are valid only inside the read that gave ``view``.

    ``glance``: for a screen, phones masked like NIK. A book that is kept prints them: a closed month would not be the same otherwise.
    """
    layout, kantor = LAYOUTS[want.book], desk.sop.kantor
    since, until = period(desk, want.year, want.month)
    names = {u.username: u.nama for u in view.users()}
    show = Show(desk, view, (lambda nik: nik) if want.full_nik else mask_nik, names, mask_phone if glance else phone_local)
    first = rows_in(view, want.book, period(desk, want.year, None)[0], since) + 1 if layout.numbered else 1
    today = local_time(desk, desk.clock.now()).date()
    return Book(
        title=title_of(desk, want.book), period=want.label, columns=layout.columns,
        rows=BookRows(rows_in(view, want.book, since, until), lambda: _numbered(layout, layout.lines(show, since, until), first)),
        text_columns=layout.text_columns, kop=kantor.kop,
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(today)}",
        signatories=((kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip),
                     ("Petugas", actor.nama if actor else "", actor.nip if actor else "")),
        widths=layout.widths, note=_note(layout, want),
    )


def _note(layout: Layout, want: Want) -> str:
    if not any("NIK" in name for name in layout.columns):
        return ""
    return "NIK lengkap" if want.full_nik else "NIK disamarkan"


def lines_of(desk: Desk, view: View, want: Want) -> Iterator[Line]:
    """The plain lines of a book with whole NIK and user names: what a closed month remembers of them."""
    return LAYOUTS[want.book].lines(Show(desk, view, lambda nik: nik, {}), *period(desk, want.year, want.month))


def build_book(desk: Desk, book: str, *, year: int | None = None, month: int | None = None, full_nik: bool = False,
               actor: Actor | None = None) -> Book:
    """The whole book held together, for small ones. ``year`` defaults to the current one."""
    want = Want(book, year or this_year(desk), month, full_nik)

    def gather(view: View) -> Book:
        made = open_book(desk, view, actor, want)
        return replace(made, rows=tuple(made.rows))

    return desk.register.read(gather)


@dataclass(frozen=True, slots=True)
class Preview:
    """Some rows of a book as they would be exported. ``more``: there are further ones."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[BookRow, ...]
    count: int
    more: bool
    closed: bool


def preview(desk: Desk, actor: Actor, want: Want, offset: int = 0, limit: int = 200) -> Preview:
    """Rows ``offset`` to ``offset + limit`` of a book, NIK and phones masked whatever ``want`` says. Raises NotAllowed."""
    require(actor, "view_register")
    layout = LAYOUTS[want.book]

    def gather(view: View) -> Preview:
        made = open_book(desk, view, actor, replace(want, full_nik=False), glance=True)
        rows = tuple(islice(made.rows, offset, offset + limit + 1))
        closed = want.month is not None and view.month_closed(want.year, want.month)
        more = len(rows) > limit
        count = len(made.rows) if more else offset + len(rows)  # the buku blangko has fewer lines than moves
        return Preview(made.title, made.columns, layout.widths, rows[:limit], count, more, closed)

    return desk.register.read(gather)


def title_of(desk: Desk, book: str) -> str:
    """The book's title; the register of applications carries the name the office's SOP gives it."""
    return desk.sop.kantor.buku_register if book == "permohonan" else LAYOUTS[book].title


def this_year(desk: Desk) -> int:
    return local_time(desk, desk.clock.now()).year


def period(desk: Desk, year: int, month: int | None) -> tuple[datetime, datetime]:
    """Begin and end (half open, UTC) of a year or month on the office's clock."""
    tz = zone(desk.sop.kantor.zona_waktu)
    start = datetime(year, month or 1, 1, tzinfo=tz)
    end = datetime(year + 1, 1, 1, tzinfo=tz) if month in (None, 12) else datetime(year, (month or 0) + 1, 1, tzinfo=tz)
    return start.astimezone(UTC), end.astimezone(UTC)


def _numbered(layout: Layout, lines: Iterator[Line], first: int) -> Iterator[BookRow]:
    for number, line in enumerate(lines, start=first):
        yield BookRow((number, *line.cells) if layout.numbered else line.cells, line.void)


def verify_register(desk: Desk, actor: Actor) -> AuditCheck:
    """Check the whole audit chain and record that it was checked."""
    require(actor, "verify_register")
    result = desk.register.check_audit()
    desk.register.write(lambda tx: tx.log("RegisterVerified", "register", actor.username, count=result.length,
                                          digest=result.head, status="utuh" if result.whole else "rusak"))
    return result
