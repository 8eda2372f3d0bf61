"""What the uploader writes into the register: one audited transaction per outcome, left without a trace when somebody was quicker."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.outbox import FARTHEST_TRY, Packet, PacketState, Receipt, WaitCause, backoff_s
from ktpel_kiosk.ports import clock_watch
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.register import Register, Tx
from ktpel_kiosk.siak.policy import UploadPolicy

PENDING_RECEIPT = "uploader.receipt/"
ACTOR = "-"


class Unchanged(KioskError):
    """Somebody else settled this packet meanwhile (the courier, a packet that replaces it); nothing was written."""

    def __init__(self) -> None:
        super().__init__("uploader.unchanged")


class PacketLedger:
    """The packets' rows, changed from whatever they are now. Any thread.

    Raises:
        Unchanged: from every change of a packet that is received or replaced by now. DiskFull, IoFailure: nothing was written.
    """

    def __init__(self, register: Register, clock: Clock, rng: random.Random, policy: UploadPolicy) -> None:
        self._register, self._clock, self._rng, self._policy = register, clock, rng, policy

    def due(self) -> list[Packet]:
        """The oldest that may be tried now."""
        now = self._clock.now()
        return list(self._register.read(lambda v: v.due_packets(now, self._policy.batch)))

    def announced(self, packet_id: str, upload_url: str, offset: int) -> Packet:
        return self._change(
            packet_id, lambda p: _calm(replace(p, state=PacketState.ANNOUNCED, upload_url=upload_url, offset=offset)),
            "PacketAnnounced", offset=offset)

    def progress(self, packet: Packet, offset: int) -> None:
        self._change(packet.packet_id, lambda p: _calm(replace(p, offset=offset)), "PacketProgress", offset=offset, size=packet.size)

    def uploaded(self, packet: Packet) -> Packet:
        """Every byte is at the server; the receipt is not here yet."""
        return self._change(packet.packet_id, lambda p: _calm(replace(p, state=PacketState.UPLOADED, offset=p.size)),
                            "PacketProgress", offset=packet.size, size=packet.size)

    def received(self, packet: Packet, receipt: Receipt) -> None:
        """RECEIVED, and in the same commit a note that the desk still has to hear of it."""
        def work(tx: Tx) -> None:
            current = _unsent(tx, packet.packet_id)
            clock_watch.note(self._clock, tx)
            tx.save_packet(_calm(replace(
                current, state=PacketState.RECEIVED, offset=current.size, receipt=receipt.jws, received_at=receipt.received_at,
                server_sequence=receipt.server_sequence,
            )))
            tx.put_draft(PENDING_RECEIPT + packet.packet_id, receipt.sha256)
            tx.log("PacketReceived", current.permohonan_id, ACTOR, packet_id=packet.packet_id, digest=receipt.sha256,
                   sequence=receipt.server_sequence)

        self._register.write(work)

    def refused(self, packet_id: str, error: KioskError, cause: WaitCause) -> None:
        """Needs a person."""
        self._change(packet_id, lambda p: replace(
            p, state=PacketState.REFUSED, wait_cause=cause, wait_detail=error.message_key, next_try_at=None, attempts=p.attempts + 1,
        ), "PacketFileDamaged" if cause is WaitCause.FILE else "PacketRefused", cause=cause.value, reason=error.message_key)

    def delayed(self, packet_id: str, error: KioskError, cause: WaitCause, *, forgotten: bool = False) -> None:
        """Tried again after its back-off, or when the server wants it; from the announcement on when the server forgot it."""
        asked = error.facts.get("wait_s")
        jitter = self._rng.random()

        def later(p: Packet) -> Packet:
            wait = backoff_s(p.attempts + 1, jitter, base_s=self._policy.backoff_base_s, cap_s=self._policy.backoff_cap_s)
            wait = max(wait, float(asked)) if isinstance(asked, int | float) else wait
            wait = min(wait, FARTHEST_TRY.total_seconds())
            p = replace(p, state=PacketState.SEALED, upload_url="", offset=0) if forgotten else p
            return replace(p, attempts=p.attempts + 1, wait_cause=cause, wait_detail=error.message_key,
                           next_try_at=self._clock.now() + timedelta(seconds=wait))

        self._change(packet_id, later, "PacketDelayed", cause=cause.value, reason=error.message_key)

    def waits_for_line(self, packet_id: str, error: KioskError, cause: WaitCause) -> None:
        """The packet that met the trouble of the line keeps its name; all the others are shown what the line says."""
        def shown(p: Packet) -> Packet:
            if (p.wait_cause, p.wait_detail) == (cause, error.message_key):
                raise Unchanged()
            return replace(p, wait_cause=cause, wait_detail=error.message_key, next_try_at=None)

        self._change(packet_id, shown, "PacketDelayed", cause=cause.value, reason=error.message_key)

    def tell_desk(self, on_received: Callable[[str], object]) -> None:
        """Hand over what was received; a note stays until the desk took it, also over a crash."""
        for key in self._register.read(lambda v: list(v.drafts(PENDING_RECEIPT))):
            packet_id = key.removeprefix(PENDING_RECEIPT)
            try:
                on_received(packet_id)
            except Exception:  # the note stays and the desk is told again at the next pass; uploads go on meanwhile
                continue

            def settle(tx: Tx, key: str = key, packet_id: str = packet_id) -> None:
                tx.drop_draft(key)
                tx.log("ReceiptNoted", ACTOR, ACTOR, packet_id=packet_id)

            self._register.write(settle)

    def _change(self, packet_id: str, change: Callable[[Packet], Packet], event: str, *, actor: str = ACTOR,
                **facts: str | int | float | bool | None) -> Packet:
        def work(tx: Tx) -> Packet:
            changed = change(_unsent(tx, packet_id))
            tx.save_packet(changed)
            tx.log(event, changed.permohonan_id, actor, packet_id=packet_id, **facts)
            return changed

        return self._register.write(work)


def _unsent(tx: Tx, packet_id: str) -> Packet:
    current = tx.packet(packet_id)
    if current is None or not current.unsent:
        raise Unchanged()
    return current


def _calm(p: Packet) -> Packet:
    """Something went well: no reason to wait is left."""
    return replace(p, wait_cause=WaitCause.NONE, wait_detail="", attempts=0, next_try_at=None)
