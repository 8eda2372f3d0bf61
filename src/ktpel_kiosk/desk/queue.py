"""The queue of packets that wait: a page and the figures of it, why each waits, and trying again now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.audit import AuditLink
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.line import LineReport
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause, tried_anew
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ports.queue import QueueFigures, QueueLine, QueueQuery
from ktpel_kiosk.ports.register import Tx

WARN, ALARM = timedelta(hours=24), timedelta(days=7)
"""An unsent packet as old as this is shown as late; a moment younger is not yet."""
HISTORY = 40
NAMES = "view_register"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a packet waits: its own reason, else what keeps the whole line. ``of_line``: it goes on when the line does."""

    cause: WaitCause
    detail: str = ""
    of_line: bool = False


def page(desk: Desk, actor: Actor, query: QueueQuery) -> tuple[QueueLine, ...]:
    """One page, oldest first. Whoever may not see the register sees numbers without names, and cannot search by name.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, "view_queue")
    if actor.peran & PERMISSIONS[NAMES]:
        return tuple(desk.register.read(lambda v: v.queue_page(query)))
    found = desk.register.read(lambda v: v.queue_page(replace(query, text="")))
    return tuple(replace(line, nama="") for line in found)


def figures(desk: Desk, since: datetime) -> QueueFigures:
    """Every figure of the queue as of now; ``since``: begin of today, for what was received."""
    now = desk.clock.now()
    return desk.register.read(lambda v: v.queue_figures(now - WARN, now - ALARM, since))


def overdue(packet: Packet, now: datetime) -> str:
    """``""``, ``warn`` from 24 hours unsent, ``alarm`` from seven days."""
    age = now - packet.sealed_at
    return "alarm" if age >= ALARM else "warn" if age >= WARN else ""


def why(packet: Packet, report: LineReport) -> Wait:
    """The packet's own reason, else the line's."""
    own = Wait(packet.wait_cause, packet.wait_detail)
    if packet.state is PacketState.REFUSED or packet.wait_cause is not WaitCause.NONE or report.cause is WaitCause.NONE:
        return own
    return Wait(report.cause, report.detail, of_line=True)


def history(desk: Desk, packet: Packet) -> tuple[AuditLink, ...]:
    """What happened to this packet, newest first."""
    links = desk.register.read(lambda v: v.audit(subject=packet.permohonan_id))
    return tuple(a for a in reversed(links) if a.facts.get("packet_id") == packet.packet_id)[:HISTORY]


def try_all(desk: Desk, actor: Actor) -> int:
    """Everything that waits is tried now, oldest first; refused packets stay refused. Returns how many had waited for a later try.

    Raises:
        NotAllowed.
    """
    require(actor, "retry_queue")

    def work(tx: Tx) -> int:
        count = tx.end_delays()
        tx.log("PacketRetried", "-", actor.username, count=count)
        return count

    count = desk.register.write(work)
    desk.wake_uploader()
    return count


def try_refused(desk: Desk, actor: Actor) -> int:
    """Every packet that was refused goes back into the line, in one transaction: whatever the centre had against them is mended.
    Those whose file is the trouble stay; they have to be repaired first. Returns how many went back.

    Raises:
        NotAllowed.
    """
    require(actor, "retry_queue")

    def work(tx: Tx) -> int:
        back = [p for p in tx.packets(unsent_only=True) if p.state is PacketState.REFUSED and p.wait_cause is not WaitCause.FILE]
        for p in back:
            tx.save_packet(tried_anew(p))
            tx.log("PacketRetried", p.permohonan_id, actor.username, packet_id=p.packet_id)
        if not back:
            tx.log("PacketRetried", "-", actor.username, count=0)
        return len(back)

    count = desk.register.write(work)
    desk.wake_uploader()
    return count


def try_one(desk: Desk, actor: Actor, packet_id: str) -> None:
    """This packet is tried now; one that was refused goes back into the line.

    Raises:
        NotAllowed. NotFound: it is not waiting any more.
    """
    require(actor, "retry_queue")

    def work(tx: Tx) -> None:
        packet = tx.packet(packet_id)
        if packet is None or not packet.unsent:
            raise NotFound("packet.not_waiting")
        tx.save_packet(tried_anew(packet))
        tx.log("PacketRetried", packet.permohonan_id, actor.username, packet_id=packet_id)

    desk.register.write(work)
    desk.wake_uploader()
