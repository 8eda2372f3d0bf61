"""Review and seal: the applicant's and the operator's sign-off, then the packet; from here it may never be lost or doubled."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ktpel_kiosk.desk import room
from ktpel_kiosk.desk.access import require_roles, require_stage
from ktpel_kiosk.desk.approvals import add_signed, required, review_hash
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.sign_in import authenticate
from ktpel_kiosk.desk.verification import require_fresh
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.biometric import EYES, Position, Sample
from ktpel_kiosk.domain.errors import EnvironmentTrouble, NotAllowed, SopViolation, StaleView
from ktpel_kiosk.domain.outbox import CHAIN_END, Packet, PacketState, chain_end
from ktpel_kiosk.domain.packet import PacketContent, PacketDocument, SealedPacket
from ktpel_kiosk.domain.permohonan import Permohonan, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.register import Approval, ScannedDocument, Tx, View

CARD_MATERIAL = "kartu."
IRIS_MATERIAL = f"{CARD_MATERIAL}iris."
"""What is kept, encrypted, until the handover: the card face and the chip need it. Raw samples go at sealing."""


def applicant_confirms(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """The applicant has seen data and recording and agrees; bound to exactly that content. ``actor``: the officer sitting with them."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, Stage.KIRIM)
        digest = review_hash(tx, p)
        tx.add_approval(Approval(desk.ids.new(), p.id, Stage.KIRIM, "tanda_tangan_pemohon", "pemohon", "", digest, desk.clock.now()))
        tx.log("ApplicantConfirmed", p.id, "pemohon", key="perekaman", digest=digest)
        return p

    return desk.register.write(work)


def sign_off(desk: Desk, actor: Actor, permohonan_id: str, password: str) -> Permohonan:
    """The operator stands for the recording with the own password, which opens the own signing key for this one signature."""
    require_stage(desk, actor, desk.register.read(lambda v: v.permohonan(permohonan_id)), Stage.KIRIM)
    signer = required(authenticate(desk, actor.username, password)[1], actor)

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.KIRIM)
        digest = review_hash(tx, p)
        _require_same(tx, p, "tanda_tangan_pemohon", digest)
        add_signed(desk, tx, actor, p, Stage.KIRIM, "pengesahan_operator", digest, role=role, signer=signer)
        tx.log("OperatorSignedOff", p.id, actor.username, digest=digest)
        return save(desk, tx, start(p, desk.clock.now()))

    return desk.register.write(work)


def _require_same(view: View, p: Permohonan, kind: str, digest: str) -> None:
    found = [a for a in view.approvals(p.id) if a.kind == kind]
    if not found or found[-1].content_hash != digest:
        raise SopViolation("review.not_confirmed", key=kind)


def seal_packet(desk: Desk, actor: Actor, permohonan_id: str) -> Packet:
    """Make the packet file durably, then outbox row, SEALED, audit and purge of raw samples in one commit.

    Beside the packet file lie its spare contents, of which this register alone has the key (docs/adr/0024). A crash between files and
    commit leaves files the register does not know; start-up removes them and the operator seals again. Calling it for an already sealed
    application returns the packet that exists; one that was recorded anew gets a packet that replaces it.

    Raises:
        SopViolation: not at this step, or somebody's sign-off is missing or speaks of other content.
        DiskFull, IoFailure: nothing changed.
    """
    with desk.seal_lock:
        p, existing = desk.register.read(lambda v: (v.permohonan(permohonan_id), v.packet_of(permohonan_id)))
        require_roles(desk, actor, p, Stage.KIRIM)
        if existing is not None and not _at_sealing(p):
            return existing
        content, samples = desk.register.read(lambda v: _content(desk, actor, v, permohonan_id))
        room.require_to_seal(desk)
        sealed = desk.sealer.seal(content)
        material = _card_material(desk, permohonan_id, samples)

        def work(tx: Tx) -> Packet:
            p = tx.permohonan(permohonan_id)
            _, role = require_stage(desk, actor, p, Stage.KIRIM)
            packet = Packet(
                packet_id=sealed.packet_id, permohonan_id=p.id, station=content.station, counter=content.counter,
                previous_hash=content.previous_hash, sha256=sealed.sha256, size=sealed.size, path=sealed.path,
                state=PacketState.SEALED, sealed_at=desk.clock.now(), replaces=content.replaces,
            )
            add_sealed(tx, packet, sealed)
            tx.drop_documents(p.id, CARD_MATERIAL)  # of an earlier recording
            for document in material:
                tx.add_document(document)
            purged = tx.drop_samples(p.id)
            tx.log("PacketSealed", p.id, actor.username, packet_id=packet.packet_id, digest=packet.sha256, count=purged,
                   sequence=packet.counter)
            if content.clock_jumped:
                tx.log("ClockJumpSeen", p.id, "-", packet_id=packet.packet_id)
            q = finish_stage(desk, tx, p, "tersegel", actor.username, role)
            save(desk, tx, waiting_for_line(q))
            return packet

        packet = desk.register.write(work)
    desk.wake_uploader()
    return packet


def _at_sealing(p: Permohonan) -> bool:
    """It was opened again for a new recording: what stands sealed is the old one."""
    tahap = p.current()
    return tahap is not None and tahap.stage is Stage.KIRIM


def add_sealed(tx: Tx, packet: Packet, sealed: SealedPacket) -> None:
    """Row and spare key of a packet; the one it replaces is sent no longer. At most one packet of an application is ever on its way.

    Raises:
        StaleView: ``packet.already_replaced``: another packet took that place meanwhile; nothing is stored.
    """
    if packet.replaces:
        old = tx.packet(packet.replaces)
        if old is None or old.replaced_by:
            raise StaleView("packet.already_replaced", packet_id=packet.replaces)
        tx.save_packet(replace(old, replaced_by=packet.packet_id, next_try_at=None))
    tx.add_packet(packet)
    if packet.replaces:  # what was said of the old packet is history now
        tx.show_status(packet.permohonan_id, StatusSiak.BIO_CAPTURED.value, packet.sealed_at)
    if sealed.spare is not None:
        tx.add_spare(sealed.spare)


def waiting_for_line(p: Permohonan) -> Permohonan:
    """While the packet is unsent the wait is the line's, not the centre's."""
    tahap = p.current()
    if tahap is not None and tahap.stage is Stage.MENUNGGU_PRR and tahap.paused_since is not None:
        return p.with_tahap(replace(tahap, pause_reason="jaringan"))
    return p


def _content(desk: Desk, actor: Actor, view: View, permohonan_id: str) -> tuple[PacketContent, list[Sample]]:
    p = view.permohonan(permohonan_id)
    require_stage(desk, actor, p, Stage.KIRIM)
    require_fresh(desk, view, p)
    digest = review_hash(view, p)
    _require_same(view, p, "tanda_tangan_pemohon", digest)
    _require_same(view, p, "pengesahan_operator", digest)
    if not any(a.officer == actor.username and a.kind == "pengesahan_operator" for a in view.approvals(p.id)):
        raise NotAllowed("access.sign_off", use_case="seal_packet")
    everything = list(view.samples(p.id))
    excused = {e.position for e in view.exceptions(permohonan_id)}
    best = [s for s in everything if s.best and s.position not in excused]
    (counter, previous), earlier = chain_end(view.last_packet(), view.setting(CHAIN_END), GENESIS), view.packet_of(p.id)
    attempts: dict[str, int] = {}
    for s in everything:
        attempts[s.position.value] = max(attempts.get(s.position.value, 0), s.attempt)
    content = PacketContent(
        packet_id=desk.ids.new(), station=desk.station, office_code=desk.sop.kantor.kode_wilayah,
        counter=counter + 1, previous_hash=previous, process=p.layanan.value,
        sop_id=p.sop_id, sop_digest=p.sop_digest, register_number=p.nomor_register, created_at=desk.clock.now(),
        penduduk=p.penduduk, samples=tuple(best), exceptions=tuple(view.exceptions(p.id)),
        documents=tuple(PacketDocument(d.kind, d.media_type, d.data) for d in view.documents(p.id) if d.kind.startswith("berkas.")),
        audit=tuple(view.audit(subject=p.id, limit=10_000)), operator=actor.username, attempts=attempts,
        clock_jumped=desk.clock.jumped(), replaces=earlier.packet_id if earlier else "",
    )
    return content, best


def _card_material(desk: Desk, permohonan_id: str, samples: list[Sample]) -> list[ScannedDocument]:
    """Portrait, ink, the two best index minutiae, and the codes of the eyes for who has no readable finger at pick-up; other fingers stand
    in where an index is excused (DOMAIN.md 3.1)."""
    now = desk.clock.now()
    by = {s.position: s for s in samples}
    kept: list[tuple[str, str, bytes]] = []
    if Position.FACE in by:
        kept.append(("kartu.portret", "image/png", by[Position.FACE].data))
    if Position.SIGNATURE in by:
        kept.append(("kartu.tanda_tangan", "image/png", desk.biometrics.signature_png(by[Position.SIGNATURE].data)))
    for position in _two_best(by):
        try:
            kept.append((f"kartu.minutiae.{position.value}", "application/x-fmr", desk.biometrics.template(by[position].data)))
        except EnvironmentTrouble:  # no minutiae on this machine: the card is activated by two officers instead
            break
    for eye in (p for p in EYES if p in by):
        with suppress(EnvironmentTrouble):
            kept.append((f"{IRIS_MATERIAL}{eye.value}", "application/x-iris-code", desk.biometrics.iris_form(by[eye].data)))
    return [ScannedDocument(desk.ids.new(), permohonan_id, k, m, d, now) for k, m, d in kept]


def _two_best(by: dict[Position, Sample]) -> list[Position]:
    preferred = [Position.RIGHT_INDEX, Position.LEFT_INDEX]
    others = sorted((p for p in by if p.iso_finger_code and p not in preferred), key=lambda p: -by[p].quality.score)
    return [p for p in [*preferred, *others] if p in by][:2]
