"""The register is checked once a night; when, with what result, and whether it is due. The check: :mod:`ktpel_kiosk.app.night_check`.

A night begins two hours after the office closes. One that was missed, the machine being off, is made up for after the next start.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import to_local
from ktpel_kiosk.ports.night_check import Checked, Fault
from ktpel_kiosk.ports.register import Tx

LAST = "periksa.terakhir"
"""Setting of the register: when it was checked last, and what was found."""
QUIET = timedelta(hours=2)
AGAIN = timedelta(hours=1)
"""Something wrong is looked for again soon: it may have been put right."""
OLD = timedelta(days=7)


def standing(desk: Desk, actor: Actor) -> Checked | None:
    """For everybody at the desk; ``None``: never checked. NotAllowed: nobody is signed in."""
    require(actor, "view_queue")
    return latest(desk)


def latest(desk: Desk) -> Checked | None:
    """What is known here, or what the register says; the newer of both."""
    text = desk.register.read(lambda v: v.setting(LAST)) or ""
    at, _, fault = text.partition(" ")
    stored = Checked(datetime.fromisoformat(at), Fault(fault)) if fault else None
    known = desk.last_check.known
    return known if stored is None or (known is not None and known.at > stored.at) else stored


def due(desk: Desk, now: datetime) -> bool:
    """A clock that went back makes it due: a check of tomorrow says nothing of today."""
    last = latest(desk)
    if last is None or last.at > now:
        return True
    if last.fault is not Fault.NONE:
        return now - last.at >= AGAIN
    return last.at < _night_before(desk, now)


def _night_before(desk: Desk, now: datetime) -> datetime:
    """When the newest night began."""
    kantor = desk.sop.kantor
    local = to_local(now, kantor.zona_waktu)
    began = datetime.combine(local.date(), kantor.jam_tutup, local.tzinfo) + QUIET
    return began if began <= local else began - timedelta(days=1)


def keep(desk: Desk, found: Checked) -> bool:
    """Known from now on, and audited; False where the register does not take it any more."""
    desk.last_check.known = found

    def work(tx: Tx) -> None:
        tx.put_setting(LAST, f"{found.at.isoformat()} {found.fault}")
        tx.log("RegisterChecked", "register", "-", status=str(found.fault))

    try:
        desk.register.write(work)
    except KioskError:
        return False
    return True
