"""An in-memory register that behaves like the real one where the queue is concerned, and other small stand-ins."""

from __future__ import annotations

import errno
import hashlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ktpel_kiosk.domain.errors import BugError, IoFailure
from ktpel_kiosk.domain.outbox import FARTHEST_TRY, Packet, PacketState
from ktpel_kiosk.domain.status import StatusEvent

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class HandClock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.mono = 1000.0
        self.wall = START

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return "", self.monotonic()

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.mono += seconds
        self.wall += timedelta(seconds=seconds)


class FakeTx:
    def __init__(self, register: FakeRegister) -> None:
        self.r = register
        self.saved: dict[str, Packet] = {}
        self.links: list[tuple[str, str, dict[str, Any]]] = []
        self.draft_changes: dict[str, str | None] = {}

    def packet(self, packet_id: str) -> Packet | None:
        return self.saved.get(packet_id) or self.r.table.get(packet_id)

    def packets(self, *, unsent_only: bool = False) -> list[Packet]:
        found = sorted(self.r.table.values(), key=lambda p: p.counter)
        return [p for p in found if not unsent_only or p.unsent]

    def due_packets(self, now: datetime, limit: int) -> list[Packet]:
        self.r.looks += 1
        waiting = (PacketState.SEALED, PacketState.ANNOUNCED, PacketState.UPLOADED)
        return [p for p in self.packets() if p.state in waiting and not p.replaced_by
                and (p.next_try_at is None or not now < p.next_try_at <= now + FARTHEST_TRY)][:limit]

    def drafts(self, prefix: str) -> dict[str, str]:
        return {k: v for k, v in self.r.draft_table.items() if k.startswith(prefix)}

    def status_cursor(self) -> int:
        return max((e.sequence for e in self.r.statuses), default=0)

    def save_packet(self, packet: Packet) -> None:
        self.saved[packet.packet_id] = packet

    def put_draft(self, key: str, text: str) -> None:
        self.draft_changes[key] = text

    def drop_draft(self, key: str) -> None:
        self.draft_changes[key] = None

    def log(self, event: str, subject: str, actor: str, **facts: Any) -> None:
        self.links.append((event, subject, facts))


class FakeRegister:
    """One transaction at a time, as the real writer thread does it. ``looks``: how often somebody asked what is due."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.looks = 0
        self.table: dict[str, Packet] = {}
        self.draft_table: dict[str, str] = {}
        self.statuses: list[StatusEvent] = []
        self.audit: list[tuple[str, str, dict[str, Any]]] = []

    def read(self, work: Callable[[Any], Any]) -> Any:
        with self.lock:
            return work(FakeTx(self))

    def write(self, work: Callable[[Any], Any]) -> Any:
        with self.lock:
            return self._write(work)

    def _write(self, work: Callable[[Any], Any]) -> Any:
        tx = FakeTx(self)
        result = work(tx)
        if not tx.links:
            raise BugError("register.unaudited")
        self.table.update(tx.saved)
        for key, text in tx.draft_changes.items():
            if text is None:
                self.draft_table.pop(key, None)
            else:
                self.draft_table[key] = text
        self.audit += tx.links
        return result

    def events(self, name: str) -> list[dict[str, Any]]:
        return [facts for event, _, facts in self.audit if event == name]

    def crash(self) -> FakeRegister:
        """What a new process finds."""
        fresh = FakeRegister()
        fresh.table, fresh.draft_table = dict(self.table), dict(self.draft_table)
        fresh.statuses, fresh.audit = list(self.statuses), list(self.audit)
        return fresh


class FakeSealer:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.reads = 0

    def read(self, path: str) -> bytes:
        self.reads += 1
        if path not in self.files:
            raise IoFailure("storage.io", path=path, errno=errno.ENOENT)
        return self.files[path]

    def exists(self, path: str, sha256: str) -> bool:
        return path in self.files and hashlib.sha256(self.files[path]).hexdigest() == sha256


class Office:
    """Register, packet files and a way to fill them."""

    def __init__(self, station: str = "desk-1") -> None:
        self.register, self.sealer, self.clock = FakeRegister(), FakeSealer(), HandClock()
        self.station = station
        self._count = itertools.count(1)

    def add(self, size: int = 50_000, data: bytes | None = None) -> Packet:
        n = next(self._count)
        blob = data if data is not None else hashlib.shake_256(f"{self.station}{n}".encode()).digest(size)
        packet = Packet(
            packet_id=f"0195a1b2-0000-7000-8000-{n:012d}", permohonan_id=f"p{n}", station=self.station, counter=n,
            previous_hash="0" * 64, sha256=hashlib.sha256(blob).hexdigest(), size=len(blob), path=f"{n}.ktpelpkt",
            state=PacketState.SEALED, sealed_at=START,
        )
        self.sealer.files[packet.path] = blob
        self.register.table[packet.packet_id] = packet
        return packet

    def state(self, packet: Packet) -> Packet:
        return self.register.table[packet.packet_id]

    def change(self, packet: Packet, **values: Any) -> None:
        self.register.table[packet.packet_id] = replace(self.state(packet), **values)


class CountingGateway:
    """The real gateway with every chunk counted."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.chunks: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def send_chunk(self, upload_url: str, offset: int, chunk: bytes) -> int:
        self.chunks.append((offset, len(chunk)))
        return self.inner.send_chunk(upload_url, offset, chunk)

    def resent(self, size: int) -> int:
        """Bytes sent beyond the packet's own size."""
        return sum(n for _, n in self.chunks) - size
