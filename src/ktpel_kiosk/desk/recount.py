"""A calendar that changes while clocks run: what is due counts anew, what is over stays as it was (Perpres 21/2023; SKB 3 Menteri).

The state moves holidays in the middle of a year. An application or complaint that is still open follows the calendar as it is now; a
finished one was in time or late by the calendar of its day, and the books of a closed month say what they said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.kalender import due_at
from ktpel_kiosk.domain.pengaduan import DEADLINE_DAYS, deadline
from ktpel_kiosk.domain.permohonan import OPEN_STATES, Permohonan
from ktpel_kiosk.ports.register import Query, Tx, View

PAGE = 500


def begin_of(desk: Desk, p: Permohonan) -> datetime | None:
    """The moment the standard of an application runs from; None while it does not run."""
    return p.complete_at if desk.sop_of(p.sop_digest).mutu.mulai == "dinyatakan_lengkap" else p.created_at if p.complete_at else None


def recount(desk: Desk, tx: Tx, actor: Actor, holidays: frozenset[date], extra_open: frozenset[date]) -> int:
    """Inside the transaction that changes the calendar: new due dates of what is open. Returns how many moved."""
    moved = 0
    for id in list(_open(tx)):
        p = tx.permohonan(id)
        begin, sop = begin_of(desk, p), desk.sop_of(p.sop_digest)
        due = due_at(sop.mutu, begin, holidays, sop.kantor, extra_open=extra_open) if begin is not None else None
        if due is None or due == p.due_at:
            continue
        tx.save_permohonan(replace(p, due_at=due))
        tx.log("DueRecounted", p.id, actor.username, at=due.isoformat())
        moved += 1
    for c in tx.complaints_open():
        local = local_time(desk, c.received_at)
        later = deadline(c.received_at, DEADLINE_DAYS[c.kategori], desk.sop.kantor, holidays, extra_open)
        if later == c.due_at or tx.month_closed(local.year, local.month):
            continue
        tx.save_complaint(replace(c, due_at=later))
        tx.log("DueRecounted", c.id, actor.username, number=c.nomor, at=later.isoformat())
        moved += 1
    return moved


def _open(view: View) -> Iterator[str]:
    after = ""
    while True:
        page = view.list(Query(keadaan=tuple(OPEN_STATES), limit=PAGE, after=after, newest_first=False))
        yield from (item.id for item in page)
        if len(page) < PAGE:
            return
        after = page[-1].id
