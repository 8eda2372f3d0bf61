"""The blank-card ledger: every blank that comes, is used, spoiled or goes back is one move; once a day it is counted (DOMAIN.md 5.4).

The moves and the table of blanks are written in the same transaction, so the ledger's balance is the table's balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.waiting import settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import Blangko, BlangkoBalance, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.ledgers import BlangkoDay, BlangkoMove, BlangkoMoveKind
from ktpel_kiosk.domain.text import zone
from ktpel_kiosk.ports.register import Tx, View

THRESHOLD = "blangko.batas"
USUAL_THRESHOLD = 25
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Stock:
    """What is in stock. ``low``: at or below the office's threshold."""

    balance: BlangkoBalance
    threshold: int
    today: BlangkoDay | None

    @property
    def low(self) -> bool:
        return self.balance.stok <= self.threshold


def stock(desk: Desk) -> Stock:
    """Balance, threshold, and today's closing if it was done."""
    day = _today(desk)

    def gather(view: View) -> Stock:
        closed = next(iter(view.blangko_days(day, day + timedelta(days=1))), None)
        return Stock(view.blangko_balance(), int(view.setting(THRESHOLD) or USUAL_THRESHOLD), closed)

    return desk.register.read(gather)


def set_threshold(desk: Desk, actor: Actor, count: int) -> None:
    """At how many blanks the desk warns. Raises BadInput ``blangko.threshold``. NotAllowed."""
    require(actor, "change_settings")
    if not 0 <= count <= MOST:
        raise BadInput("blangko.threshold", value=count, limit=MOST)

    def work(tx: Tx) -> None:
        tx.put_setting(THRESHOLD, str(count))
        tx.log("SettingChanged", THRESHOLD, actor.username, value=count)

    desk.register.write(work)


def receive_blangko(desk: Desk, actor: Actor, serials: list[str], batch: str) -> int:
    """Take blank cards into the ledger (BAST). Repeated serials are refused as a whole."""
    require(actor, "receive_blangko")
    batch = free_text(batch, "nomor BAST", limit=80)
    serials = [free_text(s, "nomor seri blangko", limit=40) for s in serials]
    if not serials or len(set(serials)) != len(serials) or not all(serials):
        raise BadInput("blangko.serials", count=len(serials))

    def work(tx: Tx) -> int:
        now = desk.clock.now()
        added = tx.add_blangko(serials, batch, now)
        tx.add_blangko_move(BlangkoMove(now, BlangkoMoveKind.MASUK, added, actor.username, batch=batch.strip()))
        tx.log("BlangkoReceived", batch, actor.username, count=added)
        settle_stock(desk, tx)
        return added

    return desk.register.write(work)


def note_use(desk: Desk, tx: Tx, actor: Actor, before: CardJob, after: CardJob) -> None:
    """The move that belongs to a card job reaching CONFIRMED or SPOILED; a confirmed card that is spoiled later moves from good to
    spoiled."""
    now = desk.clock.now()

    def move(kind: BlangkoMoveKind, count: int) -> None:
        tx.add_blangko_move(BlangkoMove(now, kind, count, actor.username, serial=after.blangko, job_id=after.id))

    if after.state is JobState.CONFIRMED:
        move(BlangkoMoveKind.BAIK, 1)
    elif after.state is JobState.SPOILED:
        if before.state is JobState.CONFIRMED:
            move(BlangkoMoveKind.BAIK, -1)
        move(BlangkoMoveKind.RUSAK, 1)


def return_blangko(desk: Desk, actor: Actor, count: int, number: str, reason: str) -> tuple[str, ...]:
    """Give unused blanks back to the Dinas under the number of its paper; the ones that came last go first.

    Returns:
        The serials to put into the envelope.

    Raises:
        BadInput: no count, number or reason. SopViolation: fewer in stock (``blangko.too_few``). NotAllowed.
    """
    require(actor, "return_blangko")
    if not 1 <= count <= MOST:
        raise BadInput("blangko.count", value=count)
    number, reason = free_text(number, "nomor surat", limit=80), free_text(reason, "alasan")
    if not number or not reason:
        raise BadInput("blangko.return_paper")

    def work(tx: Tx) -> tuple[str, ...]:
        blanks = tx.last_blangko(count)
        if len(blanks) < count:
            raise SopViolation("blangko.too_few", count=len(blanks), expected=count)
        for blank in blanks:
            tx.save_blangko(Blangko(blank.serial, BlangkoState.DIKEMBALIKAN, blank.batch, ""))
        tx.add_blangko_move(BlangkoMove(desk.clock.now(), BlangkoMoveKind.KEMBALI, count, actor.username, batch=number.strip()))
        tx.log("BlangkoReturned", number.strip(), actor.username, count=count, reason=for_audit(reason))
        settle_stock(desk, tx)
        return tuple(b.serial for b in blanks)

    return desk.register.write(work)


# -- the day ------------------------------------------------------------------------------------------------------------


def day_so_far(desk: Desk, view: View, day: date, until: datetime, officer: str = "", counted: int = 0, note: str = "") -> BlangkoDay:
    """What the ledger says of a day up to ``until``."""
    start = datetime.combine(day, time(), zone(desk.sop.kantor.zona_waktu)).astimezone(UTC)
    sums = dict.fromkeys(BlangkoMoveKind, 0)
    for move in view.blangko_moves_in(start, until):
        sums[move.kind] += move.count
    came, good, spoiled, back = (sums[k] for k in BlangkoMoveKind)
    opening = view.blangko_stock_at(start)
    return BlangkoDay(day, opening, came, good, spoiled, back, opening + came - good - spoiled - back, counted, officer, until, note)


def today_so_far(desk: Desk) -> BlangkoDay:
    """Today's moves, not yet closed. Cards being made still count as in stock until they are good or spoiled."""
    return desk.register.read(lambda v: day_so_far(desk, v, _today(desk), _just_after(desk)))


def close_day(desk: Desk, actor: Actor, counted: int, note: str = "") -> BlangkoDay:
    """The daily closing: what was counted in the drawer against the ledger.

    Raises:
        BadInput: a negative count, or it differs without a note (``blangko.difference``, facts expected and found).
        DuplicateRequest: today is closed already. NotAllowed.
    """
    require(actor, "close_blangko_day")
    if not 0 <= counted <= MOST:
        raise BadInput("blangko.count", value=counted)
    note = clean_note(note)

    def work(tx: Tx) -> BlangkoDay:
        day = day_so_far(desk, tx, _today(desk), _just_after(desk), actor.username, counted, note.strip())
        if day.closing != counted and not day.note:
            raise BadInput("blangko.difference", expected=day.closing, found=counted)
        tx.put_blangko_day(day)
        tx.log("BlangkoDayClosed", day.day.isoformat(), actor.username, expected=day.closing, found=counted)
        return day

    return desk.register.write(work)


def closed_days(desk: Desk, year: int, month: int) -> Sequence[BlangkoDay]:
    """The daily closings of a month, oldest first."""
    until = date(year + month // 12, month % 12 + 1, 1)
    return desk.register.read(lambda v: tuple(v.blangko_days(date(year, month, 1), until)))


def _today(desk: Desk) -> date:
    return local_time(desk, desk.clock.now()).date()


def _just_after(desk: Desk) -> datetime:
    return desk.clock.now() + timedelta(microseconds=1)
