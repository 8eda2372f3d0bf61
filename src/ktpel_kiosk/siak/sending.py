"""The bytes of one packet: its file read and proved once, then chunks from the server's offset on."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable

from ktpel_kiosk.domain.errors import BadInput, ServerTrouble, StorageTrouble
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.services import Gateway, Sealer
from ktpel_kiosk.siak.answers import ChunkTooLarge, LineCut, OffsetMoved
from ktpel_kiosk.siak.ledger import PacketLedger
from ktpel_kiosk.siak.pace import Ceiling, ChunkPace, Goodput
from ktpel_kiosk.siak.policy import UploadPolicy


class FileTrouble(BadInput):
    """The packet's file on this disk is missing or is no longer what was sealed."""

    code = "PACKET_FILE"


def packet_bytes(sealer: Sealer, packet: Packet) -> bytes:
    """The file, held once in memory (5 MB at most), so that the bytes that were proved are the bytes that are sent.

    Raises:
        FileTrouble: ``packet.file_missing``, ``packet.file_damaged``.
    """
    try:
        data = sealer.read(packet.path)
    except StorageTrouble as e:
        gone = e.facts.get("errno") == errno.ENOENT
        raise FileTrouble("packet.file_missing" if gone else "packet.file_damaged", packet_id=packet.packet_id) from e
    if len(data) != packet.size or hashlib.sha256(data).hexdigest() != packet.sha256:
        raise FileTrouble("packet.file_damaged", packet_id=packet.packet_id)
    return data


class Sending:
    """The main lane's hands. One thread, except :meth:`under_way` and ``goodput``.

    Args:
        rules: the office's ceiling, asked before each chunk. pause: waits that many seconds, or less when the uploader stops.
        on_progress: ``(packet_id, offset, size)`` after each chunk. on_answer: the gateway answered.
    """

    def __init__(self, gateway: Gateway, sealer: Sealer, ledger: PacketLedger, clock: Clock, policy: UploadPolicy, *,
                 rules: Callable[[], LineRules], pause: Callable[[float], object],
                 on_progress: Callable[[str, int, int], object], on_answer: Callable[[], object]) -> None:
        self._gateway, self._sealer, self._ledger, self._clock, self._policy = gateway, sealer, ledger, clock, policy
        self._rules, self._pause, self._on_progress, self._on_answer = rules, pause, on_progress, on_answer
        self.pace, self.goodput, self._ceiling = ChunkPace(policy), Goodput(), Ceiling(clock)
        self._now: tuple[str, int, int] = ("", 0, 0)
        self._sent = 0

    def under_way(self) -> tuple[str, int, int]:
        """(packet id, offset, size) of the packet whose bytes are going now; empty id when none."""
        return self._now

    def send(self, packet: Packet, offset: int, stop: Callable[[], bool]) -> int:
        """Chunks until all is there or ``stop()``; returns the server's offset. A cut costs the chunk that was under way.

        Raises:
            FileTrouble. TransportTrouble: what the gateway raises; LineCut after many cuts without a byte gained.
        """
        if offset >= packet.size:
            return offset
        data = memoryview(packet_bytes(self._sealer, packet))
        self._now = (packet.packet_id, offset, packet.size)
        try:
            return self._chunks(packet, data, offset, stop)
        finally:
            self._now = ("", 0, 0)

    def _chunks(self, packet: Packet, data: memoryview, offset: int, stop: Callable[[], bool]) -> int:
        best, cuts, reported = offset, 0, packet.offset
        while offset < packet.size and not stop():
            began = self._clock.monotonic()
            if not self._may_go(stop):
                break
            try:
                offset = self._one_chunk(packet, data, offset)
                self._on_answer()
            except (LineCut, OffsetMoved) as e:
                cuts += 1
                if cuts > self._policy.cuts_in_a_row:
                    raise
                if isinstance(e, ChunkTooLarge):
                    self.pace.too_large(self._sent)
                offset = self._where(packet, offset, isinstance(e, LineCut))
            gained = max(0, offset - best)
            self.goodput.note(gained, self._clock.monotonic() - began)
            if gained:
                best, cuts = offset, 0
            self._now = (packet.packet_id, offset, packet.size)
            self._on_progress(packet.packet_id, offset, packet.size)
            if offset < packet.size and (offset - reported) * 4 >= packet.size:
                self._ledger.progress(packet, offset)
                reported = offset
        return offset

    def _one_chunk(self, packet: Packet, data: memoryview, offset: int) -> int:
        limit = self._rules().max_bytes_per_s
        chunk = bytes(data[offset:offset + self._ceiling.chunk(self.pace.next(), limit)])
        self._sent = len(chunk)
        self._ceiling.took(len(chunk), limit)
        began = self._clock.monotonic()
        reached = self._gateway.send_chunk(packet.upload_url, offset, chunk)
        if not offset < reached <= offset + len(chunk):
            # an offset that did not move is asked for again; one beyond what was sent is no tus server's
            trouble = OffsetMoved if reached == offset else ServerTrouble
            raise trouble("gateway.offset_moved" if reached == offset else "gateway.not_the_gateway", packet_id=packet.packet_id)
        self.pace.arrived(reached - offset, self._clock.monotonic() - began)
        return reached

    def _where(self, packet: Packet, sent_from: int, cut: bool) -> int:
        """The server's own offset after a chunk of unknown fate."""
        kept = 0
        try:
            offset = self.ask_offset(packet)
            kept = min(self._sent, max(0, offset - sent_from))
            return offset
        finally:
            if cut:
                self.pace.was_cut(self._sent, kept)

    def ask_offset(self, packet: Packet) -> int:
        """HEAD. Raises ServerTrouble ``gateway.not_the_gateway`` for an offset that cannot be."""
        offset = self._gateway.offset(packet.upload_url)
        self.pace.asked()
        if not 0 <= offset <= packet.size:
            raise ServerTrouble("gateway.not_the_gateway", packet_id=packet.packet_id)
        self._on_answer()
        return offset

    def _may_go(self, stop: Callable[[], bool]) -> bool:
        """Wait until the ceiling lets the next chunk go; False when the uploader should stop meanwhile."""
        while (wait := self._ceiling.wait_s()) > 0:
            if self._rules().max_bytes_per_s <= 0:
                break
            self._pause(min(wait, 1.0))
            if stop():
                return False
        return True
