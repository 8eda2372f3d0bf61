"""Pembaruan: a supervisor lets a new version in; it is tried when nobody works. Audited; only where people are served."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.leaving import outstanding
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.text import to_local
from ktpel_kiosk.ports import clock_watch
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.updates import NewVersion, Updates, UpdateState, When

SUBJECT = "aplikasi"
QUIET_MIN = 120
"""Minutes after closing and before opening in which nothing is tried."""
TOLD = "pembaruan.dicatat"
"""Setting of the register: how many lines of the history the audit has."""
EVENTS = {"dipasang": "UpdateInstalled", "gagal": "UpdateRefused", "dikembalikan": "UpdateTakenBack", "tetap": "UpdateKept"}


def offered(desk: Desk) -> bool:
    return desk.updates is not None


def standing(desk: Desk, actor: Actor) -> UpdateState:
    """Version now, what waits, what happened; for everybody. Raises NotAllowed, SopViolation ``station.practice``."""
    require(actor, "view_queue")
    return _of(desk).state()


def look(desk: Desk, actor: Actor) -> NewVersion | None:
    """Whether a disk or the gateway has something newer; seconds, or minutes on a slow line.

    Raises:
        NotAllowed. BadInput ``update.*``: something was there and is refused.
    """
    require(actor, "change_settings")
    return _of(desk).look(floor(desk))


def agree(desk: Desk, actor: Actor, found: NewVersion, when: When) -> None:
    """Bring the version in and let it be tried: tonight, or now (then :func:`begin` ends the windows).

    Raises:
        NotAllowed: no supervisor. BadInput ``update.*``, DiskFull, IoFailure.
    """
    require(actor, "update_software")
    updates = _of(desk)
    if when is When.NOW:
        _require_quiet(desk)
    updates.bring_in(found, floor(desk))
    desk.register.write(lambda tx: tx.log("UpdateAgreed", SUBJECT, actor.username, version=found.version, entry=str(when)))
    updates.want(found.version, when, actor.username)


def begin(desk: Desk, actor: Actor) -> None:
    """End the windows, so that what was agreed is tried now. Raises NotAllowed; BadInput ``update.desk_busy``."""
    require(actor, "update_software")
    _require_quiet(desk)
    _of(desk).restart()


def tonight(desk: Desk) -> bool:
    """What waits for the night may be tried now: the office has been closed for two hours, nobody is signed in, nothing is at work."""
    updates = desk.updates
    if updates is None or not (state := updates.state()).wanted or state.when is not When.NIGHT or not desk.seats.empty():
        return False
    kantor = desk.sop.kantor
    local = to_local(desk.clock.now(), kantor.zona_waktu)
    minute, opens, closes = local.hour * 60 + local.minute, _minutes(kantor.jam_buka), _minutes(kantor.jam_tutup)
    if opens - QUIET_MIN <= minute < closes + QUIET_MIN:
        return False
    return outstanding(desk).quiet


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def call_off(desk: Desk, actor: Actor) -> bool:
    """What waits is not tried; False: nothing waited. Raises NotAllowed."""
    require(actor, "update_software")
    version = _of(desk).forget()
    if version:
        desk.register.write(lambda tx: tx.log("UpdateCalledOff", SUBJECT, actor.username, version=version))
    return bool(version)


def record(desk: Desk) -> int:
    """Put what happened between two starts into the audit; returns how many lines were new."""
    lines = _of(desk).state().events
    told = int(desk.register.read(lambda v: v.setting(TOLD)) or 0)
    fresh = lines[told:]
    if not fresh:
        return 0

    def work(tx: Tx) -> None:
        for line in fresh:
            tx.log(EVENTS.get(line.what, "UpdateRefused"), SUBJECT, "-", version=line.version, reason=line.reason[:120])
        tx.put_setting(TOLD, str(len(lines)))

    desk.register.write(work)
    return len(fresh)


def floor(desk: Desk) -> datetime | None:
    """A time that is surely past: of the register's last act, and where the clock was set back since the computer started, what it would
    be without that. A clock set back brings no expired list back. One set right after a start in the future is believed again after the
    computer's next start."""
    def surely_past(view: View) -> datetime | None:
        links = view.audit(after=max(0, view.audit_length() - 1), limit=1)
        if not links:
            return None
        moved = clock_watch.set_by(desk.clock, view)
        return max(links[-1].at, desk.clock.now() - timedelta(seconds=moved)) if moved < -clock_watch.LIMIT_S else links[-1].at

    return desk.register.read(surely_past)


def _require_quiet(desk: Desk) -> None:
    if not outstanding(desk).quiet:
        raise BadInput("update.desk_busy")


def _of(desk: Desk) -> Updates:
    if desk.updates is None:
        raise SopViolation("station.practice")
    return desk.updates
