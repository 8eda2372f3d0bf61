"""Who may do what: the one place permissions are checked.

A stage may be done by whoever holds a role the SOP's step gives; everything else by the table in
:mod:`ktpel_kiosk.domain.permissions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import ClockTrouble, NotAllowed
from ktpel_kiosk.domain.permissions import PERMISSIONS, STAGE_ROLES
from ktpel_kiosk.domain.permohonan import Permohonan, Tahap, plan_tahap
from ktpel_kiosk.domain.sop import Peran, Sop, Stage
from ktpel_kiosk.ports import clock_watch

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.actor import Actor


def require(actor: Actor, use_case: str) -> None:
    """Raise NotAllowed unless the actor holds a role for ``use_case``."""
    roles = PERMISSIONS[use_case]
    if not actor.peran & roles:
        raise NotAllowed("access.use_case", use_case=use_case, roles=",".join(sorted(roles)))


def in_doubt(desk: Desk) -> bool:
    """Whether the wall clock was set since the computer started, even if the program was restarted since; noted in the audit."""
    to_note, doubtful = desk.register.read(lambda v: (clock_watch.to_note(desk.clock, v), clock_watch.doubtful(desk.clock, v)))
    if not to_note:
        return doubtful
    desk.register.write(lambda tx: clock_watch.note(desk.clock, tx))
    return desk.register.read(lambda v: clock_watch.doubtful(desk.clock, v))


def no_doubt(desk: Desk) -> None:
    """Raise ClockTrouble ``clock.jumped`` where an act may only be done after some time and the clock moved since the computer started."""
    if in_doubt(desk):
        raise ClockTrouble("clock.jumped")


def stage_roles(sop: Sop, tahap: Tahap) -> frozenset[Peran]:
    """System roles that may act on this stage under this SOP."""
    step = next(s for s in sop.langkah if s.nomor == tahap.nomor)
    return sop.peran_of(step) or STAGE_ROLES[tahap.stage]


def require_receiver(desk: Desk, actor: Actor) -> None:
    """Raise NotAllowed unless the actor may receive papers under the SOP in force: only such officers type applications."""
    first = next(t for t in plan_tahap(desk.sop) if t.stage is Stage.TERIMA_BERKAS)
    roles = stage_roles(desk.sop, first)
    if not actor.peran & roles:
        raise NotAllowed("access.stage", stage=first.stage, step=first.nomor, roles=",".join(sorted(roles)))


def require_roles(desk: Desk, actor: Actor, p: Permohonan, stage: Stage) -> None:
    """Raise NotAllowed unless the actor holds a role of this stage, wherever the application stands meanwhile."""
    tahap = next((t for t in p.tahap if t.stage is stage), None)
    roles = stage_roles(desk.sop_of(p.sop_digest), tahap) if tahap else STAGE_ROLES[stage]
    if not actor.peran & roles:
        raise NotAllowed("access.stage", stage=stage, step=tahap.nomor if tahap else 0, roles=",".join(sorted(roles)))


def require_stage(desk: Desk, actor: Actor, p: Permohonan, *stages: Stage) -> tuple[Tahap, str]:
    """The current stage, if it is one of ``stages`` and the actor may do it; with the role acted in.

    Raises:
        SopViolation: it stands elsewhere. NotAllowed: the actor holds none of the step's roles.
    """
    tahap = p.require(*stages)
    roles = stage_roles(desk.sop_of(p.sop_digest), tahap)
    held = sorted(actor.peran & roles)
    if not held:
        raise NotAllowed("access.stage", stage=tahap.stage, step=tahap.nomor, roles=",".join(sorted(roles)))
    return tahap, str(held[0])
