"""A desk comes back: what it recorded alone is merged, and what became of it is written down for whoever has to look at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.desk_return import FINGERS, SETTING, Apart, DeskReturn, as_text, ids_text, read, read_ids, with_it
from ktpel_kiosk.register.alone.merge import CLOSED_REASON, Merged, merge, name_of, worked_on
from ktpel_kiosk.register.alone.numbers import SERIES, SET_ASIDE, read_block

if TYPE_CHECKING:
    from typing import Any

    from ktpel_kiosk.register.store import SqlRegister

_MOST = 1_000_000


def come_back(local: SqlRegister, office: SqlRegister, station: str, now: datetime,
              alive: Callable[[], object] = lambda: None) -> DeskReturn:
    """Merge, and keep the result on the server; begun again after a kill it says the same once.

    Raises IoFailure ``office_server.unreachable``: the server is away again.
    """
    merged = merge(local, office, station, alive)
    found = _report(local, station, now, merged)
    known = office.read(lambda v: read(v.setting(SETTING)))
    if with_it(known, found) != known:
        recorded = [id for id, _number in local.read(worked_on)]

        def note(tx: Any) -> None:
            tx.put_setting(FINGERS, ids_text((*read_ids(tx.setting(FINGERS)), *recorded)))
            tx.put_setting(SETTING, as_text(with_it(read(tx.setting(SETTING)), found)))
            tx.log("DeskReturnNoted", found.copy, "-", station=station, count=found.joined, closed=len(found.closed), held=len(found.held))

        office.write(note)
    return found


def _report(local: SqlRegister, station: str, now: datetime, merged: Merged) -> DeskReturn:
    """What was closed is read from the work copy's own audit: a merge that was cut off said it to nobody."""
    def look(view: Any) -> tuple[int, tuple[Apart, ...]]:
        closed = tuple(Apart(view.permohonan(link.subject).nomor_register, "nik.open_application", str(link.facts.get("number", "")))
                       for link in view.audit(limit=_MOST)
                       if link.event == "ApplicationVoided" and link.facts.get("reason") == CLOSED_REASON)
        return count(view), closed

    every, closed = local.read(look)
    held = tuple(Apart(c.number, c.key, c.other) for c in merged.held)
    return DeskReturn(station, name_of(local), now, every - len(held), closed, held)


def count(view: Any) -> int:
    """Applications begun or gone on with in a work copy."""
    return len(worked_on(view))


def numbers_left(view: Any, year: int) -> int:
    """Register numbers a work copy may still give this year."""
    from ktpel_kiosk.register.session import prepared

    block = read_block(view.setting(SET_ASIDE))
    if block is None or block.year != year:
        return 0
    counted = view.tuples(prepared("SELECT value FROM counter WHERE series = :series AND year = :year"), series=SERIES, year=year)
    return block.after(int(counted[0][0]) if counted else 0).left
