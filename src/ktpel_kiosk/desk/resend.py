"""A packet made once more from its spare contents: its file was lost before the receipt, or the centre could not enrol from it.

The new packet carries the same session byte for byte under its own name and counter, and says which one it replaces; the old one is
sent no longer (docs/adr/0024). Where the spare is lost too, only a new recording helps: :func:`record_again` opens the application
for it. A packet is replaced only while it is certain that the centre has not got it whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import save
from ktpel_kiosk.desk.sealing import add_sealed, waiting_for_line
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.errors import BadInput, Corrupt, NotFound, SopViolation, StorageTrouble
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.outbox import CHAIN_END, CONTENTS_GONE, Packet, PacketState, WaitCause, chain_end
from ktpel_kiosk.domain.permohonan import Permohonan, back_to
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx, View

SYSTEM = "-"
BATCH = 20
"""Packets repaired by one call of :func:`repair_damaged`: each costs a signature, an encryption and two flushes."""
FILE_MISSING, FILE_DAMAGED = "packet.file_missing", "packet.file_damaged"
REPLACEABLE = (PacketState.SEALED, PacketState.ANNOUNCED, PacketState.REFUSED)


@dataclass(frozen=True, slots=True)
class Repairs:
    """What one pass of :func:`repair_damaged` did. ``lost``: those only a new recording helps."""

    made: tuple[Packet, ...] = ()
    lost: tuple[Packet, ...] = ()


def repair(desk: Desk, actor: Actor, packet_id: str) -> Packet:
    """Seal a packet anew whose file is missing or damaged. Calling it again returns the packet that took its place.

    A file that is whole after all (put back from a backup) goes back into the queue as it is.

    Raises:
        NotFound: no such packet. SopViolation: ``packet.repair_sent``: it needs no file any more. NotFound ``packet.contents_gone``: the
        spare is lost too. StorageTrouble: nothing changed. NotAllowed.
    """
    require(actor, "reseal_packet")
    with desk.seal_lock:
        packet = _packet(desk, packet_id)
        if packet.replaced_by:
            return desk.register.read(lambda v: _newest(v, packet))
        if packet.state not in REPLACEABLE:
            raise SopViolation("packet.repair_sent", packet_id=packet_id)
        if desk.sealer.exists(packet.path, packet.sha256):
            made = _back_into_queue(desk, packet, actor.username)
        else:
            made = _renewed(desk, packet, actor.username, "file")
    desk.wake_uploader()
    return made


def resend(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Packet:
    """Seal the session of a received packet anew because the centre could not enrol from it; the application waits for the line again.

    While an earlier one is still on its way that one is returned: two clicks make one packet.

    Raises:
        BadInput: no reason (``packet.resend_reason``), ``text.*``. NotFound: nothing was sealed, or ``packet.contents_gone``.
        SopViolation: the application does not wait for the centre. StorageTrouble: nothing changed. NotAllowed.
    """
    require(actor, "reseal_packet")
    text = free_text(reason, "alasan")
    if not text:
        raise BadInput("packet.resend_reason")
    with desk.seal_lock:
        p, packet = desk.register.read(lambda v: (v.permohonan(permohonan_id), v.packet_of(permohonan_id)))
        p.require(Stage.MENUNGGU_PRR)
        if packet is None:
            raise NotFound("packet.not_found")
        made = packet if packet.unsent else _renewed(desk, packet, actor.username, for_audit(text))
    desk.wake_uploader()
    return made


def record_again(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Permohonan:
    """Open the recording of a sealed application again: neither file nor spare contents are left, or the centre cannot use them.
    Sealing the new recording replaces the packet.

    Raises:
        BadInput: no reason. NotFound: nothing was sealed. SopViolation: the application stands elsewhere, its packet is whole at the
        gateway and only the receipt is missing (``packet.repair_sent``), or it was never received and can be sent or sealed again
        (``packet.record_needless``). NotAllowed.
    """
    require(actor, "reseal_packet")
    text = free_text(reason, "alasan")
    if not text:
        raise BadInput("packet.resend_reason")

    def work(tx: Tx) -> Permohonan:
        p, packet = tx.permohonan(permohonan_id), tx.packet_of(permohonan_id)
        p.require(Stage.MENUNGGU_PRR)
        if packet is None:
            raise NotFound("packet.not_found")
        if packet.state is PacketState.UPLOADED:
            raise SopViolation("packet.repair_sent", packet_id=packet.packet_id)
        if packet.unsent:
            if desk.sealer.exists(packet.path, packet.sha256) or _contents(desk, tx, packet):
                raise SopViolation("packet.record_needless", packet_id=packet.packet_id)
            tx.save_packet(_set_aside(packet, CONTENTS_GONE))
        tx.log("RecordingNeeded", p.id, actor.username, stage=str(Stage.REKAM), packet_id=packet.packet_id, reason=for_audit(text))
        return save(desk, tx, replace(back_to(p, Stage.REKAM, desk.clock.now()), confirmed_at=None))

    with desk.seal_lock:
        return desk.register.write(work)


def repair_damaged(desk: Desk, limit: int = BATCH) -> Repairs:
    """Seal anew every packet that was set aside because its file is damaged; run beside the feed, so that nobody has to know of it.

    A packet a courier carries is left to a person: its receipt may still come back. A full disk ends the pass; the rest is done later.
    """
    made: list[Packet] = []
    lost: list[Packet] = []
    for found in desk.register.read(lambda v: list(v.damaged(limit))):
        if found.courier_id:
            continue
        with desk.seal_lock:
            packet = _packet(desk, found.packet_id)
            if packet.replaced_by or packet.state is not PacketState.REFUSED or packet.wait_cause is not WaitCause.FILE:
                continue
            try:
                whole = desk.sealer.exists(packet.path, packet.sha256)
                made.append(_back_into_queue(desk, packet, SYSTEM) if whole else _renewed(desk, packet, SYSTEM, "file"))
            except NotFound:
                lost.append(mark_damaged(desk, packet, CONTENTS_GONE))
            except StorageTrouble:
                break
    if made:
        desk.wake_uploader()
    return Repairs(tuple(made), tuple(lost))


def mark_damaged(desk: Desk, packet: Packet, detail: str) -> Packet:
    """Set a packet aside whose file is missing or damaged, unless it moved on meanwhile."""
    def work(tx: Tx) -> Packet:
        current = tx.packet(packet.packet_id)
        assert current is not None
        tx.log("PacketFileDamaged", current.permohonan_id, SYSTEM, packet_id=current.packet_id, reason=detail)
        if not current.unsent or current.state not in REPLACEABLE:
            return current
        changed = _set_aside(current, detail)
        tx.save_packet(changed)
        return changed

    return desk.register.write(work)


def _set_aside(packet: Packet, detail: str) -> Packet:
    return replace(packet, state=PacketState.REFUSED, wait_cause=WaitCause.FILE, wait_detail=detail, next_try_at=None)


def _back_into_queue(desk: Desk, packet: Packet, by: str) -> Packet:
    def work(tx: Tx) -> Packet:
        current = tx.packet(packet.packet_id)
        assert current is not None
        tx.log("PacketRetried", current.permohonan_id, by, packet_id=current.packet_id)
        if not current.unsent or current.wait_cause is not WaitCause.FILE:
            return current
        state = PacketState.SEALED if current.state is PacketState.REFUSED else current.state
        changed = replace(current, state=state, wait_cause=WaitCause.NONE, wait_detail="", next_try_at=None, attempts=0)
        tx.save_packet(changed)
        return changed

    return desk.register.write(work)


def _renewed(desk: Desk, old: Packet, by: str, reason: str) -> Packet:
    """Files first, then one commit: new row and spare key, the old one replaced, audit. Within ``desk.seal_lock``.

    Killed in between, the files are nobody's: start-up removes them and everything is as before.
    """
    (counter, previous), spare = desk.register.read(
        lambda v: (chain_end(v.last_packet(), v.setting(CHAIN_END), GENESIS), v.spare(old.packet_id)))
    if spare is None:
        raise NotFound(CONTENTS_GONE, packet_id=old.packet_id)
    now = desk.clock.now()
    new_id, counter = desk.ids.new(), counter + 1
    try:
        sealed = desk.sealer.reseal(spare, packet_id=new_id, counter=counter, previous_hash=previous, created_at=now)
    except Corrupt as error:
        raise NotFound(CONTENTS_GONE, packet_id=old.packet_id) from error

    def work(tx: Tx) -> Packet:
        current = tx.packet(old.packet_id)
        if current is None or current.state is not old.state:
            raise SopViolation("packet.repair_sent", packet_id=old.packet_id)
        made = Packet(
            packet_id=sealed.packet_id, permohonan_id=old.permohonan_id, station=desk.station, counter=counter, previous_hash=previous,
            sha256=sealed.sha256, size=sealed.size, path=sealed.path, state=PacketState.SEALED, sealed_at=now, replaces=old.packet_id)
        add_sealed(tx, made, sealed)
        tx.log("PacketReplaced", old.permohonan_id, by, packet_id=made.packet_id, digest=made.sha256, sequence=counter, reason=reason,
               replaces=old.packet_id)
        p = tx.permohonan(old.permohonan_id)
        if waiting_for_line(p) is not p:
            save(desk, tx, waiting_for_line(p))
        return made

    return desk.register.write(work)


def _packet(desk: Desk, packet_id: str) -> Packet:
    found = desk.register.read(lambda v: v.packet(packet_id))
    if found is None:
        raise NotFound("packet.not_found", packet_id=packet_id[:40])
    return found


def _newest(view: View, packet: Packet) -> Packet:
    return view.packet_of(packet.permohonan_id) or packet


def _contents(desk: Desk, view: View, packet: Packet) -> bool:
    spare = view.spare(packet.packet_id)
    return spare is not None and desk.sealer.spare_opens(spare)
