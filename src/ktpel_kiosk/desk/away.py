"""The office server is away, or back: what a desk tells its officers, switching between both, and what became of the work done alone."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.desk_return import SETTING, DeskReturn, as_text, read
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.away import OfficeServer, ServerState, Waiting
from ktpel_kiosk.ports.devices import DeviceHealth
from ktpel_kiosk.ports.register import Tx

UNREACHABLE = "office_server.unreachable"
"""Message key of what any step says that missed the server."""


def offered(desk: Desk) -> bool:
    """Several desks share the register."""
    return desk.office_server is not None


def state(desk: Desk) -> ServerState:
    """From memory; for everybody, also before anybody signed in. Raises BadInput ``office_server.none``."""
    return _of(desk).state()


def alone(desk: Desk) -> bool:
    """This desk works without the others."""
    return desk.office_server is not None and desk.office_server.state().alone


def missed(desk: Desk) -> None:
    """Somebody just missed the server: it is asked at once."""
    if desk.office_server is not None:
        desk.office_server.look()


def waiting(desk: Desk) -> Waiting:
    """Counts only: what goes to the server later, which numbers are left. Only while alone."""
    return _of(desk).waiting()


def may_switch(found: ServerState) -> bool:
    """Going on alone, or coming back, is possible now."""
    return found.answers if found.alone else not found.answers and found.prepared


def switch(desk: Desk) -> None:
    """Let this desk open again, alone or on the server; the windows end next. Nobody need be signed in (without the server nobody can):
    whoever is served next signs in anew.

    Raises:
        BadInput: ``office_server.no_switch``: the server is as the desk has it. ``office_server.desk_busy``: a device works.
    """
    server = _of(desk)
    if not may_switch(server.state()):
        raise BadInput("office_server.no_switch")
    if any(s.health is DeviceHealth.BUSY for s in desk.devices.states()):
        raise BadInput("office_server.desk_busy")
    server.reopen()


def returns(desk: Desk, actor: Actor) -> tuple[DeskReturn, ...]:
    """Of all desks, oldest first, until a superior has read them. Raises NotAllowed."""
    require(actor, "view_register")
    return desk.register.read(lambda v: read(v.setting(SETTING)))


def settle_returns(desk: Desk, actor: Actor, copies: Sequence[str]) -> int:
    """A superior has read what became of the work of these work copies; what a desk still holds comes up again when it opens next.
    Returns how many were settled. Raises NotAllowed."""
    require(actor, "settle_return")

    def work(tx: Tx) -> int:
        known = read(tx.setting(SETTING))
        done = [r for r in known if r.copy in copies]
        for r in done:
            tx.log("DeskReturnRead", r.copy, actor.username, station=r.station, count=r.joined, closed=len(r.closed), held=len(r.held))
        if not done:
            raise BadInput("office_server.return_read")
        tx.put_setting(SETTING, as_text([r for r in known if r.copy not in copies]))
        return len(done)

    return desk.register.write(work)


def _of(desk: Desk) -> OfficeServer:
    if desk.office_server is None:
        raise BadInput("office_server.none")
    return desk.office_server
