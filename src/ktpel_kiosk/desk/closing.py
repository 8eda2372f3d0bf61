"""Closing a month: its books are counted, hashed and kept as PDF, and from then on their rows stay as they are (DOMAIN.md 6.1).

Whoever would change a row of a closed month asks :func:`guard` first; what merely goes on (a status, a print, a handover of today)
needs not. :func:`check` tells the two apart afterwards.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ktpel_kiosk.desk import books
from ktpel_kiosk.desk.access import no_doubt, require
from ktpel_kiosk.desk.book_layouts import LAYOUTS, Line
from ktpel_kiosk.desk.books import Want
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import RECONCILE
from ktpel_kiosk.domain.errors import BadInput, SopViolation, StaleView
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.ledgers import BookDigest, MonthLock
from ktpel_kiosk.ports.register import Tx, View

CLOSE, REOPEN = "tutup", "buka"
LINE_DIGEST = 12
"""Hex digits kept of each line, to say later which one is another."""
SHOWN = 5
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def guard(desk: Desk, view: View, at: datetime) -> None:
    """Refuse an act that would change what a closed month's books say.

    Args:
        at: the moment that puts the row into its month: ``numbered_at`` of an application, ``received_at`` of a complaint,
            ``at`` of a letter. Aware; the office's own calendar decides the month.

    Raises:
        SopViolation: ``book.month_closed`` (facts year, month). Supervisor and a second person may open the month again.
    """
    local = local_time(desk, at)
    if view.month_closed(local.year, local.month):
        raise SopViolation("book.month_closed", year=local.year, month=local.month)


# -- the months of a year -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MonthState:
    """One month for a page. ``state``: ``kosong`` | ``berjalan`` | ``terbuka`` | ``tertutup`` | ``nanti``."""

    year: int
    month: int
    state: str
    rows: int
    last: MonthLock | None

    @property
    def closed(self) -> bool:
        return self.state == "tertutup"


def months(desk: Desk, year: int) -> tuple[MonthState, ...]:
    """January to December of a year."""
    today = local_time(desk, desk.clock.now()).date()

    def gather(view: View) -> tuple[MonthState, ...]:
        last = {lock.month: lock for lock in view.month_locks(year)}
        return tuple(_state(desk, view, year, m, (today.year, today.month), last.get(m)) for m in range(1, 13))

    return desk.register.read(gather)


def _state(desk: Desk, view: View, year: int, month: int, this: tuple[int, int], last: MonthLock | None) -> MonthState:
    rows = sum(_counts(desk, view, year, month))
    if last is not None and last.closed:
        state = "tertutup"
    elif (year, month) > this:
        state = "nanti"
    elif (year, month) == this:
        state = "berjalan"
    else:
        state = "terbuka" if rows else "kosong"
    return MonthState(year, month, state, rows, last)


def _counts(desk: Desk, view: View, year: int, month: int) -> list[int]:
    since, until = books.period(desk, year, month)
    return [books.rows_in(view, book, since, until) for book in LAYOUTS]


# -- closing --------------------------------------------------------------------------------------------------------------


def close_month(desk: Desk, actor: Actor, year: int, month: int) -> MonthLock:
    """Lock a past month: PDF copies of its books in ``arsip/YYYY-MM``, then count and hash of each in the register.

    Raises:
        ClockTrouble: the clock jumped: nobody can say that the month is over.
        SopViolation: the month is not over, closed already, an earlier one with rows is open, or a card's outcome is not known yet.
        BadInput: no such month. StaleView: somebody worked in it at this moment. NotAllowed. IoFailure, DiskFull: nothing is closed.
    """
    require(actor, "close_month")
    no_doubt(desk)
    wants = [Want(book, year, month) for book in LAYOUTS]
    desk.register.read(lambda v: _may_close(desk, v, year, month))
    kept = desk.register.read(lambda v: _Kept(
        v.audit_length(), tuple(_archive(desk, v, actor, want) for want in wants), {_key(w): _line_digests(desk, v, w) for w in wants}))

    def work(tx: Tx) -> MonthLock:
        _may_close(desk, tx, year, month)
        if tx.audit_length() != kept.audit and tuple(_digest(desk, tx, actor, want) for want in wants) != kept.digests:
            raise StaleView("book.month_moving")
        for key, digests in kept.lines.items():
            tx.put_setting(key, digests)
        lock = MonthLock(year, month, CLOSE, desk.clock.now(), actor.username, digests=kept.digests)
        tx.add_month_lock(lock)
        tx.log("MonthClosed", f"{year}-{month:02d}", actor.username, year=year, month=month, count=sum(d.rows for d in kept.digests),
               digest=hashlib.sha256("".join(d.sha256 for d in kept.digests).encode()).hexdigest())
        return lock

    return desk.register.write(work)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The books of the month in one snapshot. ``audit``: length of the audit then; while it is the same, nothing at all has changed."""

    audit: int
    digests: tuple[BookDigest, ...]
    lines: dict[str, str]


def reopen_month(desk: Desk, actor: Actor, year: int, month: int, reason: str, second_username: str, second_password: str) -> MonthLock:
    """Open a closed month again, with a second officer and a reason; both acts stay recorded.

    Raises:
        BadInput: no reason. SopViolation: it is not closed. SignInRefused, NotAllowed.
    """
    require(actor, "reopen_month")
    text = free_text(reason, "alasan", limit=300)
    if not text:
        raise BadInput("book.reopen_reason")
    second = second_person(desk, actor, second_username, second_password, "approve_reopen")

    def work(tx: Tx) -> MonthLock:
        if not tx.month_closed(year, month):
            raise SopViolation("book.month_open", year=year, month=month)
        lock = MonthLock(year, month, REOPEN, desk.clock.now(), actor.username, second.username, text)
        tx.add_month_lock(lock)
        tx.log("MonthReopened", f"{year}-{month:02d}", actor.username, year=year, month=month, second=second.username)
        return lock

    return desk.register.write(work)


def archive_folder(year: int, month: int) -> str:
    """Below the documents folder."""
    return f"arsip/{year}-{month:02d}"


def _may_close(desk: Desk, view: View, year: int, month: int) -> None:
    since, until = books.period(desk, year, month)
    if until > desk.clock.now():
        raise SopViolation("book.month_running", year=year, month=month)
    if view.month_closed(year, month):
        raise SopViolation("book.month_again", year=year, month=month)
    earlier = _open_before(desk, view, year, month)
    if earlier is not None:
        raise SopViolation("book.month_order", year=earlier[0], month=earlier[1])
    unsettled = sum(1 for job in view.jobs_to_reconcile() if since <= job.created_at < until and job.state in RECONCILE)
    if unsettled:
        raise SopViolation("book.month_unsettled", count=unsettled)


def _open_before(desk: Desk, view: View, year: int, month: int) -> tuple[int, int] | None:
    """The earliest month before this one that has rows and is not closed."""
    found = None
    while True:
        since = books.period(desk, year, month)[0]
        if not any(books.rows_in(view, book, LONG_AGO, since) for book in LAYOUTS):
            return found
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if any(_counts(desk, view, year, month)) and not view.month_closed(year, month):
            found = (year, month)


def _archive(desk: Desk, view: View, actor: Actor, want: Want) -> BookDigest:
    path = desk.spool.place(f"{want.book}.pdf", archive_folder(want.year, want.month or 0))
    with desk.spool.sink(path) as out:
        made = books.write_book(desk, view, actor, want, "pdf", out)
    return BookDigest(want.book, made.rows, made.content)


def _digest(desk: Desk, view: View, actor: Actor | None, want: Want) -> BookDigest:
    book, counted = books.counted(books.open_book(desk, view, actor, want))
    digest = desk.documents.content_hash(book)
    return BookDigest(want.book, counted(), digest)


def _key(want: Want) -> str:
    return f"buku.{want.year}-{want.month:02d}.{want.book}"


def _line_digests(desk: Desk, view: View, want: Want) -> str:
    return "".join(_line_digest(line) for line in books.lines_of(desk, view, want))


def _line_digest(line: Line) -> str:
    return hashlib.sha256(_CANONICAL((int(line.void), line.cells)).encode("utf-8", "surrogatepass")).hexdigest()[:LINE_DIGEST]


# -- checking -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BookCheck:
    """One book of a closed month today against the day it was closed.

    ``same``: not a character is different. ``continued``: lines whose application, card or complaint went on since. ``changed``: lines
    that are different although nothing went on, and ``missing``: lines gone or come; these two are never right.
    """

    book: str
    rows: int
    rows_then: int
    same: bool
    continued: tuple[str, ...]
    changed: tuple[str, ...]
    missing: int

    @property
    def good(self) -> bool:
        return not self.changed and not self.missing


def check_text(b: BookCheck) -> str:
    """One Indonesian sentence on a checked book."""
    if b.same:
        return "sama persis dengan saat ditutup"
    said = []
    if b.missing:
        said.append(f"{b.missing} baris hilang atau bertambah")
    if b.changed:
        said.append(f"{len(b.changed)} baris berubah tanpa kegiatan tercatat: {_some(b.changed)}")
    if b.continued:
        said.append(f"{len(b.continued)} baris berlanjut setelah ditutup: {_some(b.continued)}")
    return "; ".join(said) or "isi baris sama; hanya sebutan (nama petugas atau judul) yang berubah"


def _some(keys: tuple[str, ...]) -> str:
    more = len(keys) - SHOWN
    return ", ".join(keys[:SHOWN]) + (f", dan {more} lagi" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class MonthCheck:
    lock: MonthLock
    books: tuple[BookCheck, ...]

    @property
    def good(self) -> bool:
        return all(b.good for b in self.books)


def check(desk: Desk, actor: Actor, year: int, month: int) -> MonthCheck:
    """Compare today's books of a closed month with what was locked. Raises SopViolation ``book.month_open``, NotAllowed."""
    require(actor, "verify_register")

    def gather(view: View) -> MonthCheck:
        lock = next((x for x in reversed(view.month_locks(year)) if x.month == month), None)
        if lock is None or not lock.closed:
            raise SopViolation("book.month_open", year=year, month=month)
        return MonthCheck(lock, tuple(_check_book(desk, view, lock, d) for d in lock.digests))

    result = desk.register.read(gather)
    desk.register.write(lambda tx: tx.log("RegisterVerified", f"{year}-{month:02d}", actor.username, year=year, month=month,
                                          status="utuh" if result.good else "rusak"))
    return result


def _check_book(desk: Desk, view: View, lock: MonthLock, then: BookDigest) -> BookCheck:
    want = Want(then.book, lock.year, lock.month)
    now = _digest(desk, view, None, want)
    if now == then:
        return BookCheck(then.book, now.rows, then.rows, True, (), (), 0)
    kept = view.setting(_key(want)) or ""
    digests = [kept[i:i + LINE_DIGEST] for i in range(0, len(kept), LINE_DIGEST)]
    continued: list[str] = []
    changed: list[str] = []
    lines = 0
    for lines, line in enumerate(books.lines_of(desk, view, want), start=1):
        if lines > len(digests) or _line_digest(line) == digests[lines - 1]:
            continue
        went_on = line.touched is not None and line.touched > lock.at
        (continued if went_on else changed).append(line.key)
    return BookCheck(then.book, now.rows, then.rows, False, tuple(continued), tuple(changed), abs(lines - len(digests)))

