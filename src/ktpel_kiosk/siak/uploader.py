"""The queue of sealed packets: what is due is asked from the register, oldest first; every outcome is stored there.

No list of work lives in memory. What does: the state of the line (down lines are probed, not hammered), the pace, and which lane
works on which packet. Two lanes over one judgement of the line: the main lane sends bytes (:meth:`Uploader.send_due`), the small
lane everything that must not wait behind a big packet (:meth:`Uploader.run_small`, :meth:`Uploader.pull_statuses`).
:meth:`Uploader.run_once` is both lanes' packet work on one thread.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from ktpel_kiosk.domain.errors import AnnounceAgain, BugError, KioskError, ReceiptInvalid, ServerTrouble
from ktpel_kiosk.domain.line import LineReport, LineRules
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.register import Register
from ktpel_kiosk.ports.services import Gateway, Sealer
from ktpel_kiosk.siak.answers import Action, action_for
from ktpel_kiosk.siak.lanes import Claims, Finished
from ktpel_kiosk.siak.ledger import ACTOR, PENDING_RECEIPT, PacketLedger, Unchanged
from ktpel_kiosk.siak.line import Line
from ktpel_kiosk.siak.policy import UploadPolicy
from ktpel_kiosk.siak.sending import FileTrouble, Sending

__all__ = ["PENDING_RECEIPT", "RunResult", "UploadPolicy", "Uploader"]


@dataclass(slots=True)
class RunResult:
    """What one pass did. ``unfinished``: its time was over before everything due was tried."""

    tried: int = 0
    received: int = 0
    delayed: int = 0
    refused: int = 0
    unfinished: bool = False


class Uploader:
    """Sends what is due.

    Args:
        gateway: for the bytes. small: the same gateway for everything else, so that neither waits for the other's connections.
        rules: what the office allows on the line; asked before every chunk. zone: the office's, for the hours of the rules.
        on_received: called with the packet id after the receipt is stored; again after a crash in between.
        on_status: stores one status event and moves the application; see :meth:`pull_statuses`.
        on_answer: the gateway answered a question for news, with or without any.
        on_progress: ``(packet_id, offset, size)`` after each chunk, for the screen.
        on_finished: the main lane left a packet without its receipt to the small lane.
        pause: waits that many seconds for the office's ceiling; default: until :meth:`request_stop`.
    """

    def __init__(self, register: Register, gateway: Gateway, sealer: Sealer, clock: Clock, rng: random.Random, *,
                 small: Gateway | None = None, policy: UploadPolicy | None = None, rules: Callable[[], LineRules] = LineRules,
                 zone: Callable[[], tzinfo] = lambda: UTC, on_received: Callable[[str], object] = lambda packet_id: None,
                 on_status: Callable[[StatusEvent], object] = lambda event: None, on_answer: Callable[[], object] = lambda: None,
                 on_progress: Callable[[str, int, int], object] = lambda packet_id, offset, size: None,
                 on_finished: Callable[[], object] = lambda: None, pause: Callable[[float], object] | None = None) -> None:
        self._register, self._small, self._clock = register, small or gateway, clock
        self._policy = policy or UploadPolicy()
        self._rules, self._zone = rules, zone
        self._on_received, self._on_status, self._on_answer = on_received, on_status, on_answer
        self.on_progress, self.on_finished = on_progress, on_finished
        self._line = Line(clock, rng, self._policy.probe_base_s, self._policy.probe_cap_s)
        self._ledger = PacketLedger(register, clock, rng, self._policy)
        self._stop = threading.Event()
        self._sending = Sending(
            gateway, sealer, self._ledger, clock, self._policy, rules=rules, pause=pause or self._stop.wait,
            on_progress=lambda packet_id, offset, size: self.on_progress(packet_id, offset, size), on_answer=self._line.went_up)
        self._claims, self._finished = Claims(), Finished(self._policy.handed)
        self._offsets: dict[str, int] = {}
        self._status_failures: dict[int, int] = {}

    # -- for the screen and for people ---------------------------------------------------------------------------------------

    def line(self) -> LineReport:
        """Is the line up, why not, when is the next probe, what goes over it now. Any thread.

        Outside the hours of the office's rules ``cause`` is HOURS and ``next_probe_s`` the time until they begin.
        """
        known = self._line.report()
        packet_id, offset, size = self._sending.under_way()
        rate, ceiling = self._sending.goodput.bytes_per_s, self._rules().max_bytes_per_s
        rate = min(rate, float(ceiling)) if ceiling > 0 else rate   # measured before the office set a ceiling
        report = replace(known, bytes_per_s=rate, packet_id=packet_id, offset=offset, size=size)
        shut = self._shut_s() if known.up is not False else 0.0
        return replace(report, cause=WaitCause.HOURS, next_probe_s=shut) if shut > 0 else report

    def probe_now(self) -> None:
        """Do not wait for the next probe. Any thread."""
        self._line.probe_now()

    def request_stop(self) -> None:
        """Stop after the current chunk. Any thread."""
        self._stop.set()

    # -- the lanes -----------------------------------------------------------------------------------------------------------

    def run_once(self, budget_s: float = 60.0) -> RunResult:
        """Work on what is due until nothing is, the line is down, or ``budget_s`` is spent (then a packet waits half sent)."""
        self._ledger.tell_desk(self._on_received)
        result = self._pass(budget_s, lambda packet: False)
        self._ledger.tell_desk(self._on_received)
        return result

    def send_due(self, budget_s: float = 60.0) -> RunResult:
        """The main lane: as :meth:`run_once`, but receipts are left to the small lane as long as that keeps up."""
        return self._pass(budget_s, self._hand_over)

    def run_small(self) -> RunResult:
        """All packet work without bytes in one: :meth:`run_receipts`, then :meth:`run_ahead`."""
        result = self.run_receipts()
        ahead = self.run_ahead()
        return RunResult(result.tried + ahead.tried, result.received, result.delayed + ahead.delayed, result.refused + ahead.refused)

    def run_ahead(self) -> RunResult:
        """A few announcements ahead of the bytes. A lane of its own: small packets go as fast as one question, not as two, is answered."""
        result, announced = RunResult(), 0
        for packet in self._ledger.due():
            if self._stop.is_set() or announced >= self._policy.ahead:
                break
            if packet.state is not PacketState.SEALED:
                continue
            announced += 1
            with self._claims.only(packet.packet_id) as mine:
                if mine:
                    self._small_step(packet, result, self._announce_ahead)
        return result

    def run_receipts(self) -> RunResult:
        """Receipts of what was sent, and the desk's news of them."""
        result = RunResult()
        while (packet := self._finished.next()) is not None:
            try:
                self._small_step(packet, result, self._receipt_or_row, self._note_uploaded)
            finally:
                self._claims.free(packet.packet_id)
        for packet in self._ledger.due():
            if self._stop.is_set() or packet.state is not PacketState.UPLOADED:
                continue
            with self._claims.only(packet.packet_id) as mine:
                if mine:
                    self._small_step(packet, result, self._receipt_or_row)
        self._ledger.tell_desk(self._on_received)
        return result

    def _small_step(self, packet: Packet, result: RunResult, step: Callable[[Packet, RunResult], object],
                    otherwise: Callable[[Packet], object] = lambda packet: None) -> None:
        with self._line.attempt() as may:
            if may:
                result.tried += 1
                self._guarded(packet, lambda: step(packet, result), result)
            else:
                otherwise(packet)

    def _hand_over(self, packet: Packet) -> bool:
        if not self._finished.give(packet):
            return False
        self.on_finished()
        return True

    def _pass(self, budget_s: float, hand_over: Callable[[Packet], bool]) -> RunResult:
        result = RunResult()
        deadline = self._clock.monotonic() + budget_s
        tried: set[str] = set()
        limit = self._policy.server_troubles_in_a_row
        troubles = limit - 1 if self._server_is_down() else 0
        while not self._over(deadline):
            with self._line.attempt() as may:
                packet = self._next(tried) if may else None
                if packet is None:
                    break
                tried.add(packet.packet_id)
                result.tried += 1
                trouble = self._one(packet, deadline, result, hand_over)
                troubles = troubles + 1 if isinstance(trouble, ServerTrouble) else 0
                if trouble is not None and troubles >= limit:
                    self._line.went_down(WaitCause.SERVER, trouble.message_key)
        else:
            result.unfinished = not self._stop.is_set()
        return result

    def _next(self, tried: set[str]) -> Packet | None:
        """The oldest due packet nobody has; ours from here on. One that only lacks its receipt gives way to one with bytes to send."""
        due = [p for p in self._ledger.due() if p.packet_id not in tried]
        if self._shut_s() > 0:
            due = [p for p in due if p.state is PacketState.UPLOADED]
        due.sort(key=lambda p: p.state is PacketState.UPLOADED)
        return next((p for p in due if self._claims.take(p.packet_id)), None)

    def _one(self, packet: Packet, deadline: float, result: RunResult, hand_over: Callable[[Packet], bool]) -> KioskError | None:
        """One claimed packet as far as it goes; returns what stopped it, after storing that."""
        handed = False

        def work() -> None:
            nonlocal handed
            try:
                handed = self._whole(packet, deadline, result, hand_over)
            except AnnounceAgain:  # a server that forgot the upload is told again, once; then the packet waits its turn
                forgotten = replace(packet, state=PacketState.SEALED, upload_url="", offset=0)
                handed = self._whole(forgotten, deadline, result, hand_over)

        try:
            return self._guarded(packet, work, result)
        finally:
            if not handed:
                self._claims.free(packet.packet_id)

    def _guarded(self, packet: Packet, work: Callable[[], object], result: RunResult) -> KioskError | None:
        """Whatever one packet meets stops this packet only, and is stored."""
        try:
            work()
            return None
        except Unchanged:
            return None
        except KioskError as error:
            trouble = error
        except Exception as e:  # a bug met by one packet must not stop the others
            trouble = BugError("uploader.bug", reason=type(e).__name__)
        with suppress(Unchanged):
            self._failed(packet.packet_id, trouble, result)
        return trouble

    # -- one packet ----------------------------------------------------------------------------------------------------------

    def _whole(self, packet: Packet, deadline: float, result: RunResult, hand_over: Callable[[Packet], bool]) -> bool:
        """True when the small lane has it now, claim included."""
        sent = self._bytes(packet, deadline)
        if sent is None:
            return False
        if sent.state is not PacketState.UPLOADED and hand_over(sent):
            return True
        self._receipt_or_row(sent, result)
        return False

    def _bytes(self, packet: Packet, deadline: float) -> Packet | None:
        """Announce and send; ``None`` when the budget ended first."""
        if packet.state is PacketState.UPLOADED:
            return packet
        if packet.state is PacketState.SEALED or not packet.upload_url:
            packet = self._announce(packet)
        offset = self._offsets.pop(packet.packet_id, None)
        if offset is None:
            offset = self._sending.ask_offset(packet)
        reached = self._sending.send(packet, offset, lambda: self._over(deadline) or self._shut_s() > 0)
        if reached < packet.size:
            self._offsets[packet.packet_id] = reached
            return None
        return packet

    def _announce(self, packet: Packet) -> Packet:
        """The offset it answers is known to be true until bytes are sent."""
        answer = self._small.announce(packet)
        self._line.went_up()
        stored = self._ledger.announced(packet.packet_id, answer.upload_url, answer.offset)
        self._offsets[packet.packet_id] = answer.offset
        return stored

    def _announce_ahead(self, packet: Packet, _result: RunResult) -> None:
        self._announce(packet)

    def _receipt_or_row(self, packet: Packet, result: RunResult) -> None:
        """The receipt of a packet whose bytes are all there: one commit when it comes, else the row says UPLOADED."""
        try:
            self._receipt(packet)
        except (AnnounceAgain, Unchanged):
            raise
        except KioskError:
            self._note_uploaded(packet)
            raise
        result.received += 1

    def _note_uploaded(self, packet: Packet) -> None:
        if packet.state is not PacketState.UPLOADED:
            with suppress(Unchanged):
                self._ledger.uploaded(packet)

    def _receipt(self, packet: Packet) -> None:
        receipt = self._small.receipt(packet.packet_id)
        self._line.went_up()
        if (receipt.packet_id, receipt.sha256, receipt.station) != (packet.packet_id, packet.sha256, packet.station):
            raise ReceiptInvalid("gateway.receipt", reason="hash", packet_id=packet.packet_id)
        self._ledger.received(packet, receipt)

    # -- trouble -------------------------------------------------------------------------------------------------------------

    def _failed(self, packet_id: str, error: KioskError, result: RunResult) -> None:
        action, cause = action_for(error)
        if action is Action.WAIT_FOR_LINE:
            self._line.went_down(cause, error.message_key)
            self._ledger.waits_for_line(packet_id, error, cause)
            return
        if isinstance(error, FileTrouble):
            cause = WaitCause.FILE
        elif not (isinstance(error, ServerTrouble) and self._server_is_down()):
            self._line.went_up()
        if action is Action.REFUSE:
            result.refused += 1
            self._ledger.refused(packet_id, error, cause)
        else:
            result.delayed += 1
            self._ledger.delayed(packet_id, error, cause, forgotten=action is Action.ANNOUNCE_AGAIN)

    def _server_is_down(self) -> bool:
        return self._line.report().cause is WaitCause.SERVER

    def _over(self, deadline: float) -> bool:
        return self._stop.is_set() or self._clock.monotonic() >= deadline

    def _shut_s(self) -> float:
        """Seconds until the office lets packets be sent; 0 inside its hours."""
        rules = self._rules()
        if rules.hours is None:
            return 0.0
        local = self._clock.now().astimezone(self._zone())
        if rules.open_at(local.time().replace(tzinfo=None)):
            return 0.0
        opens = datetime.combine(local.date(), rules.hours[0], local.tzinfo)
        return ((opens if opens > local else opens + timedelta(days=1)) - local).total_seconds()

    # -- statuses ------------------------------------------------------------------------------------------------------------

    def pull_statuses(self, wait_s: float = 0.0) -> int:
        """Fetch the feed after the register's cursor and hand each event to ``on_status``; returns how many were handed over.

        An event whose handling fails stops the feed so that it is not lost, and is skipped (audited) after a few failures.
        Transport errors only change the state of the line.
        """
        with self._line.attempt() as may:
            events = self._feed(wait_s) if may else []
        handed = 0
        for event in events:
            if self._stop.is_set() or not self._apply(event):
                break
            handed += 1
        return handed

    def _feed(self, wait_s: float) -> list[StatusEvent]:
        cursor = self._register.read(lambda v: v.status_cursor())
        probing = self._line.report().up is not True
        try:
            events = self._small.statuses(cursor, 0.0 if probing else wait_s)  # a probe is answered at once
        except KioskError as error:
            action, cause = action_for(error)
            if action is Action.WAIT_FOR_LINE:
                self._line.went_down(cause, error.message_key)
            return []
        self._line.went_up()
        with suppress(KioskError):  # only noting it failed (a full disk, told elsewhere); the next answer is noted
            self._on_answer()
        return list(events)

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
