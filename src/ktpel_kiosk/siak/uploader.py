"""The queue of sealed packets: what is due is asked from the register, oldest first; every outcome is stored there.

No list of work lives in memory. What does: the state of the line (down lines are probed, not hammered) and the chunk size.
All methods run on the one network thread, except :meth:`Uploader.probe_now`, :meth:`Uploader.line` and
:meth:`Uploader.request_stop`.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from ktpel_kiosk.domain.errors import (
    AnnounceAgain,
    BadInput,
    BugError,
    KioskError,
    ReceiptInvalid,
    ServerTrouble,
)
from ktpel_kiosk.domain.outbox import Packet, PacketState, Receipt, WaitCause, backoff_s
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.register import Register, Tx
from ktpel_kiosk.ports.services import Gateway, Sealer
from ktpel_kiosk.siak.answers import Action, LineCut, OffsetMoved, action_for
from ktpel_kiosk.siak.line import Line, LineState

PENDING_RECEIPT = "uploader.receipt/"
ACTOR = "-"
WAITING: frozenset[PacketState] = frozenset({PacketState.SEALED, PacketState.ANNOUNCED, PacketState.UPLOADED})


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """Numbers of the queue. Chunks in bytes: halved at a cut, doubled while one takes less than half of ``chunk_target_s``."""

    first_chunk: int = 64 * 1024
    smallest_chunk: int = 1024
    largest_chunk: int = 1024 * 1024
    chunk_target_s: float = 4.0
    batch: int = 20
    cuts_in_a_row: int = 8
    server_troubles_in_a_row: int = 3
    status_failures: int = 3
    backoff_base_s: float = 5.0
    backoff_cap_s: float = 900.0
    probe_base_s: float = 3.0
    probe_cap_s: float = 60.0


@dataclass(slots=True)
class RunResult:
    """What one pass did."""

    tried: int = 0
    received: int = 0
    delayed: int = 0
    refused: int = 0


class _Unchanged(KioskError):
    """Internal: somebody else (the courier) settled this packet meanwhile; the transaction is left without a trace."""

    def __init__(self) -> None:
        super().__init__("uploader.unchanged")


class Uploader:
    """Sends what is due.

    Args:
        on_received: called with the packet id after the receipt is stored; again after a crash in between.
        on_status: stores one status event and moves the application; see :meth:`pull_statuses`.
        on_progress: ``(packet_id, offset, size)`` after each chunk, for the screen.
    """

    def __init__(self, register: Register, gateway: Gateway, sealer: Sealer, clock: Clock, rng: random.Random, *,
                 policy: UploadPolicy | None = None, on_received: Callable[[str], object] = lambda packet_id: None,
                 on_status: Callable[[StatusEvent], object] = lambda event: None,
                 on_progress: Callable[[str, int, int], object] = lambda packet_id, offset, size: None) -> None:
        self._register, self._gateway, self._sealer = register, gateway, sealer
        self._clock, self._rng = clock, rng
        self._policy = policy or UploadPolicy()
        self._on_received, self._on_status, self._on_progress = on_received, on_status, on_progress
        self._line = Line(clock, rng, self._policy.probe_base_s, self._policy.probe_cap_s)
        self._chunk = self._policy.first_chunk
        self._stop = threading.Event()
        self._status_failures: dict[int, int] = {}

    def line(self) -> LineState:
        """For the screen: is the line up, why not, when is the next probe. Any thread."""
        return self._line.state()

    def probe_now(self) -> None:
        """Do not wait for the next probe. Any thread."""
        self._line.probe_now()

    def request_stop(self) -> None:
        """Stop after the current chunk. Any thread."""
        self._stop.set()

    def run_once(self, budget_s: float = 60.0) -> RunResult:
        """Work on what is due until nothing is, the line is down, or ``budget_s`` is spent (then a packet waits half sent)."""
        result = RunResult()
        self._note_received()
        deadline = self._clock.monotonic() + budget_s
        tried: set[str] = set()
        limit = self._policy.server_troubles_in_a_row
        troubles = limit - 1 if self._server_is_down() else 0
        while self._line.may_try() and not self._over(deadline):
            due = [p for p in self._due() if p.packet_id not in tried]
            if not due:
                break
            packet = due[0]
            tried.add(packet.packet_id)
            result.tried += 1
            trouble = self._handle(packet, deadline, result)
            troubles = troubles + 1 if isinstance(trouble, ServerTrouble) else 0
            if trouble is not None and troubles >= limit:
                self._line_down(trouble, WaitCause.SERVER)
        return result

    def try_now(self, packet_id: str, actor: str) -> None:
        """A person wants this packet tried again now, also one that was refused."""
        def again(p: Packet) -> Packet:
            state = PacketState.SEALED if p.state is PacketState.REFUSED else p.state
            return replace(p, state=state, next_try_at=None, wait_cause=WaitCause.NONE, wait_detail="", attempts=0)

        self._store(packet_id, again, "PacketRetried", actor=actor)
        self.probe_now()

    def pull_statuses(self, wait_s: float = 0.0) -> int:
        """Fetch the feed after the register's cursor and hand each event to ``on_status``; returns how many were handed over.

        An event whose handling fails stops the feed so that it is not lost, and is skipped (audited) after a few failures.
        Transport errors only change the state of the line.
        """
        if not self._line.may_try():
            return 0
        cursor = self._register.read(lambda v: v.status_cursor())
        try:
            events = self._gateway.statuses(cursor, wait_s)
        except KioskError as error:
            action, cause = action_for(error)
            if action is Action.WAIT_FOR_LINE:
                self._line_down(error, cause)
            return 0
        self._line_up()
        handed = 0
        for event in events:
            if not self._apply(event):
                break
            handed += 1
        return handed

    def _apply(self, event: StatusEvent) -> bool:
        failures = self._status_failures.get(event.sequence, 0)
        if failures >= self._policy.status_failures:
            return True
        try:
            self._on_status(event)
        except Exception as error:  # one event nobody can digest must not stop the feed for ever
            self._status_failures[event.sequence] = failures + 1
            if failures + 1 >= self._policy.status_failures:
                name = error.message_key if isinstance(error, KioskError) else type(error).__name__
                self._register.write(lambda tx: tx.log("StatusSkipped", ACTOR, ACTOR, sequence=event.sequence, reason=name))
            return False
        self._status_failures.pop(event.sequence, None)
        return True

    def _due(self) -> list[Packet]:
        now = self._clock.now()
        return list(self._register.read(lambda v: v.due_packets(now, self._policy.batch)))

    def _server_is_down(self) -> bool:
        return self._line.state().cause is WaitCause.SERVER

    def _over(self, deadline: float) -> bool:
        return self._stop.is_set() or self._clock.monotonic() >= deadline

    def _handle(self, packet: Packet, deadline: float, result: RunResult) -> KioskError | None:
        """One packet as far as it goes; returns what stopped it, after storing that."""
        try:
            done = self._twice(packet, deadline)
        except _Unchanged:
            return None
        except KioskError as error:
            self._failed(packet.packet_id, error, result)
            return error
        except Exception as e:  # a bug met by one packet must not stop the others
            bug = BugError("uploader.bug", reason=type(e).__name__)
            self._failed(packet.packet_id, bug, result)
            return bug
        self._line_up()
        if done:
            result.received += 1
            self._note_received()
        return None

    def _twice(self, packet: Packet, deadline: float) -> bool:
        """A server that forgot the upload is told again, once; then the packet waits its turn."""
        try:
            return self._advance(packet, deadline)
        except AnnounceAgain:
            return self._advance(replace(packet, state=PacketState.SEALED, upload_url="", offset=0), deadline)

    def _advance(self, packet: Packet, deadline: float) -> bool:
        """Announce, send, fetch the receipt. False when the budget ended first."""
        if packet.state is PacketState.SEALED or not packet.upload_url:
            packet, offset = self._announce(packet)
        elif packet.state is PacketState.UPLOADED:
            offset = packet.size
        else:
            offset = self._gateway.offset(packet.upload_url)
        if packet.state is not PacketState.UPLOADED:
            if not self._send(packet, offset, deadline):
                return False
            packet = self._store(packet.packet_id, lambda p: _calm(replace(p, state=PacketState.UPLOADED, offset=p.size)),
                                 "PacketProgress", offset=packet.size, size=packet.size)
        receipt = self._gateway.receipt(packet.packet_id)
        if (receipt.packet_id, receipt.sha256, receipt.station) != (packet.packet_id, packet.sha256, packet.station):
            raise ReceiptInvalid("gateway.receipt", reason="hash", packet_id=packet.packet_id)
        self._store_receipt(packet, receipt)
        return True

    def _announce(self, packet: Packet) -> tuple[Packet, int]:
        if not self._sealer.exists(packet.path, packet.sha256):
            raise BadInput("packet.file_missing", packet_id=packet.packet_id)
        answer = self._gateway.announce(packet)
        stored = self._store(
            packet.packet_id,
            lambda p: _calm(replace(p, state=PacketState.ANNOUNCED, upload_url=answer.upload_url, offset=answer.offset)),
            "PacketAnnounced", offset=answer.offset,
        )
        return stored, answer.offset

    def _send(self, packet: Packet, offset: int, deadline: float) -> bool:
        """Chunks from the server's offset on. A cut costs the chunk that was under way, nothing else."""
        data = self._sealer.read(packet.path)
        if len(data) != packet.size or hashlib.sha256(data).hexdigest() != packet.sha256:
            raise BadInput("packet.file_missing", packet_id=packet.packet_id)
        best, cuts, reported = offset, 0, packet.offset
        while offset < packet.size:
            if self._over(deadline):
                return False
            try:
                offset = self._one_chunk(packet, data, offset)
            except (LineCut, OffsetMoved):
                cuts += 1
                self._chunk = max(self._policy.smallest_chunk, self._chunk // 2)
                if cuts > self._policy.cuts_in_a_row:
                    raise
                offset = self._gateway.offset(packet.upload_url)
            if not 0 <= offset <= packet.size:
                raise ServerTrouble("gateway.not_the_gateway", packet_id=packet.packet_id)
            if offset > best:
                best, cuts = offset, 0
            self._on_progress(packet.packet_id, offset, packet.size)
            if offset < packet.size and (offset - reported) * 4 >= packet.size:
                reported = self._store(packet.packet_id, lambda p, o=offset: _calm(replace(p, offset=o)),  # type: ignore[misc]
                                       "PacketProgress", offset=offset, size=packet.size).offset
        return True

    def _one_chunk(self, packet: Packet, data: bytes, offset: int) -> int:
        began = self._clock.monotonic()
        reached = self._gateway.send_chunk(packet.upload_url, offset, data[offset:offset + self._chunk])
        took = self._clock.monotonic() - began
        if took < self._policy.chunk_target_s / 2:
            self._chunk = min(self._policy.largest_chunk, self._chunk * 2)
        elif took > self._policy.chunk_target_s * 2:
            self._chunk = max(self._policy.smallest_chunk, self._chunk // 2)
        if reached <= offset:
            raise OffsetMoved("gateway.offset_moved", packet_id=packet.packet_id)
        return reached

    def _store(self, packet_id: str, change: Callable[[Packet], Packet], event: str, *, actor: str = ACTOR,
               **facts: str | int | float | bool | None) -> Packet:
        def work(tx: Tx) -> Packet:
            current = tx.packet(packet_id)
            if current is None or current.state is PacketState.RECEIVED:
                raise _Unchanged()
            changed = change(current)
            tx.save_packet(changed)
            tx.log(event, changed.permohonan_id, actor, packet_id=packet_id, **facts)
            return changed

        return self._register.write(work)

    def _store_receipt(self, packet: Packet, receipt: Receipt) -> None:
        """RECEIVED, and in the same commit a note that the desk still has to hear of it."""
        def work(tx: Tx) -> None:
            current = tx.packet(packet.packet_id)
            if current is None or current.state is PacketState.RECEIVED:
                raise _Unchanged()
            tx.save_packet(_calm(replace(
                current, state=PacketState.RECEIVED, offset=current.size, receipt=receipt.jws, received_at=receipt.received_at,
                server_sequence=receipt.server_sequence, next_try_at=None,
            )))
            tx.put_draft(PENDING_RECEIPT + packet.packet_id, receipt.sha256)
            tx.log("PacketReceived", current.permohonan_id, ACTOR, packet_id=packet.packet_id, digest=receipt.sha256,
                   sequence=receipt.server_sequence)

        self._register.write(work)

    def _note_received(self) -> None:
        for key in self._register.read(lambda v: list(v.drafts(PENDING_RECEIPT))):
            packet_id = key.removeprefix(PENDING_RECEIPT)
            try:
                self._on_received(packet_id)
            except Exception:  # the note stays and the desk is told again at the next pass; uploads go on meanwhile
                continue

            def settle(tx: Tx, key: str = key, packet_id: str = packet_id) -> None:
                tx.drop_draft(key)
                tx.log("ReceiptNoted", ACTOR, ACTOR, packet_id=packet_id)

            self._register.write(settle)

    def _failed(self, packet_id: str, error: KioskError, result: RunResult) -> None:
        action, cause = action_for(error)
        if action is Action.WAIT_FOR_LINE:
            self._line_down(error, cause)
            return
        if not (isinstance(error, ServerTrouble) and self._server_is_down()):
            self._line_up()
        try:
            if action is Action.REFUSE:
                result.refused += 1
                self._store(packet_id, lambda p: replace(
                    p, state=PacketState.REFUSED, wait_cause=cause, wait_detail=error.message_key, next_try_at=None,
                    attempts=p.attempts + 1,
                ), "PacketRefused", cause=cause.value, reason=error.message_key)
                return
            result.delayed += 1
            self._delay(packet_id, error, cause)
        except _Unchanged:
            return

    def _delay(self, packet_id: str, error: KioskError, cause: WaitCause) -> None:
        asked = error.facts.get("wait_s")
        jitter = self._rng.random()

        def later(p: Packet) -> Packet:
            wait = backoff_s(p.attempts + 1, jitter, base_s=self._policy.backoff_base_s, cap_s=self._policy.backoff_cap_s)
            wait = max(wait, float(asked)) if isinstance(asked, int | float) else wait
            return replace(p, attempts=p.attempts + 1, wait_cause=cause, wait_detail=error.message_key,
                           next_try_at=self._clock.now() + timedelta(seconds=wait))

        self._store(packet_id, later, "PacketDelayed", cause=cause.value, reason=error.message_key)

    def _line_down(self, error: KioskError, cause: WaitCause) -> None:
        """All waiting packets get the same reason, once; from now on the line is probed."""
        if self._line.went_down(cause, error.message_key):
            self._mark(lambda p: p.wait_cause is not cause or p.wait_detail != error.message_key, cause, error.message_key)

    def _line_up(self) -> None:
        before = self._line.went_up()
        if before is not None:
            self._mark(lambda p: p.wait_cause is before.cause and p.wait_detail == before.detail, WaitCause.NONE, "")

    def _mark(self, which: Callable[[Packet], bool], cause: WaitCause, detail: str) -> None:
        """Show ``cause`` at the packets that wait for nothing else."""
        now = self._clock.now()

        def chosen(packets: Iterable[Packet]) -> list[Packet]:
            free = [p for p in packets if p.state in WAITING and (p.next_try_at is None or p.next_try_at <= now)]
            return [p for p in free if which(p)]

        def work(tx: Tx) -> None:
            found = chosen(tx.packets(unsent_only=True))
            if not found:
                raise _Unchanged()
            for p in found:
                tx.save_packet(replace(p, wait_cause=cause, wait_detail=detail))
            event = "PacketDelayed" if cause is not WaitCause.NONE else "PacketProgress"
            tx.log(event, ACTOR, ACTOR, cause=cause.value, reason=detail or "line_up", count=len(found))

        try:
            self._register.write(work)
        except _Unchanged:
            return


def _calm(p: Packet) -> Packet:
    """Something went well: no reason to wait is left."""
    return replace(p, wait_cause=WaitCause.NONE, wait_detail="", attempts=0, next_try_at=None)
