"""The store of a gateway of many nodes: facts in PostgreSQL, bytes in an object store, nothing on the node that answers.

A chunk is an object of its own, under a name nobody else uses, before a row speaks of it; the row moves the offset only from where the
chunk began. So two nodes may take chunks of one upload in turn, or the same chunk at once: one of them wins, the other's object is
swept. The last chunk is never stored alone: the whole packet is, once, and then receipt, completeness and parts change in one transaction.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.siak.simulator.objects import Objects
from ktpel_kiosk.siak.simulator.pg import Database
from ktpel_kiosk.siak.simulator.pg_ledger import PgLedger
from ktpel_kiosk.siak.simulator.records import Conflict, HashMismatch, Holding, StoreAway
from ktpel_kiosk.siak.simulator.script import Step

PARTS, PACKETS = "parts/", "packets/"
RECENT_BYTES = 64 * 1024 * 1024
SWEEP_AFTER_S = 24 * 3600.0
SWEEP_AT_ONCE = 500


class SharedStore:
    """Any thread, any node. Everything raises StoreAway when the database or the object store does not answer."""

    local = False
    """Every question goes over a network: nothing of this is asked on the serving loop."""

    def __init__(self, database: Database, objects: Objects) -> None:
        self.database, self.objects = database, objects
        self.ledger = PgLedger(database)
        self._recent = _Recent(RECENT_BYTES)

    def close(self) -> None:
        self.database.close()

    def listen(self, told: Callable[[str], object], anything: Callable[[], object]) -> None:
        """News of other nodes from now on; also keeps the time of the next planned status fresh."""
        def maybe() -> None:
            with suppress(StoreAway):
                self.ledger.look_due()
            anything()
        self.database.listen(told, maybe)

    # -- packets

    def announce(self, packet_id: str, station: str, counter: int, previous_hash: str, size: int, sha256: str, *,
                 replaces: str = "", at: str = "", quota: int = 0) -> tuple[Holding, bool]:
        """The holding and whether it is new. Raises Conflict ``hash_conflict`` or ``counter_reused``, StoreFull."""
        return self.ledger.announce(packet_id, station, counter, previous_hash, size, sha256, replaces=replaces, at=at, quota=quota)

    def by_packet(self, packet_id: str) -> Holding | None:
        return self.ledger.by_packet(packet_id)

    def by_upload(self, upload_id: str) -> Holding | None:
        return self.ledger.by_upload(upload_id)

    def holdings(self) -> list[Holding]:
        return self.ledger.holdings()

    def content(self, packet_id: str) -> bytes | None:
        """Bytes of a complete packet."""
        found = self.ledger.by_packet(packet_id)
        key = self.ledger.object_key(packet_id) if found is not None and found.complete else ""
        return self.objects.get(key) if key else None

    # -- uploads

    def add_chunk(self, upload_id: str, offset: int, data: bytes) -> Holding:
        """Durable when it returns. Raises Conflict ``offset``, ``too_long``, HashMismatch (all came, the upload was dropped), StoreFull,
        or KeyError for an unknown upload."""
        holding = self.ledger.by_upload(upload_id)
        if holding is None:
            raise KeyError(upload_id)
        if holding.complete or offset != holding.received:
            raise Conflict("offset")
        if offset + len(data) > holding.size:
            raise Conflict("too_long")
        if not data:
            return holding
        last = offset + len(data) == holding.size
        key = _name(PACKETS if last else PARTS, upload_id, offset)
        self.objects.put(key, self._composed(holding, data) if last else data)
        try:
            (self.ledger.whole if last else self.ledger.add_part)(upload_id, offset, len(data), key)
        except (Conflict, KeyError):
            self._drop([key])
            raise
        if not last:
            self._recent.keep(key, data)
        return holding.at(offset + len(data))

    def _composed(self, holding: Holding, last: bytes) -> bytes:
        """The whole packet, whose hash is the announced one. Raises HashMismatch, and then the upload begins anew."""
        parts = self.ledger.parts(holding.upload_id)
        data, at = bytearray(), 0
        for start, length, key in parts:
            part = self._recent.get(key) or self.objects.get(key)
            if part is None or start != at or len(part) != length:
                raise StoreAway("a part is not there")
            data += part
            at += length
        if at + len(last) != holding.size:
            raise Conflict("offset")  # the parts changed meanwhile
        data += last
        if hashlib.sha256(data).hexdigest() != holding.sha256:
            self.forget(holding.upload_id)
            raise HashMismatch
        return bytes(data)

    def forget(self, upload_id: str) -> None:
        """Lose an unfinished upload: a new announcement starts at 0 under another URL."""
        self._drop(self.ledger.renew_upload(upload_id))

    def _drop(self, keys: Iterable[str]) -> None:
        """Best effort; what is left behind is swept."""
        with suppress(StoreAway):
            self.objects.drop(keys)

    def finish(self, packet_id: str, sign: Callable[[Holding, int], str], at: str) -> str | None:
        """The receipt, when all bytes are here; made at the first call, the same for ever after. ``None``: not all are here.

        Raises KeyError for an unknown packet, StoreFull.
        """
        holding = self.ledger.by_packet(packet_id)
        if holding is None:
            raise KeyError(packet_id)
        if holding.complete:
            return self.ledger.receipt(packet_id)
        if holding.received != holding.size:
            return None
        token, parts = self.ledger.settle(packet_id, sign, at)
        self._drop(parts)
        return token

    def receipt(self, packet_id: str) -> str | None:
        return self.ledger.receipt(packet_id)

    def receipts(self) -> list[tuple[int, str]]:
        return self.ledger.receipts()

    def sweep(self, now_s: float, older_s: float = SWEEP_AFTER_S) -> int:
        """Drop objects no row speaks of, older than ``older_s``: of chunks that lost, of nodes that died in between; how many."""
        dropped = 0
        for prefix in (PARTS, PACKETS):
            some: list[str] = []
            for key, written_s in self.objects.keys(prefix):
                if now_s - written_s > older_s:
                    some.append(key)
                if len(some) >= SWEEP_AT_ONCE:
                    dropped, some = dropped + self._sweep(some), []
            dropped += self._sweep(some)
        return dropped

    def _sweep(self, keys: list[str]) -> int:
        orphans = [k for k in keys if k not in self.ledger.known_keys(keys)] if keys else []
        if orphans:
            self.objects.drop(orphans)
        return len(orphans)

    # -- statuses and cards

    def plan(self, packet_id: str, nik: str, steps: Iterable[Step], start_s: float, failure: str = "") -> None:
        self.ledger.plan(packet_id, nik, steps, start_s, failure)

    def complete(self, packet_id: str, sign: Callable[[Holding, int], str], plan: Callable[[bytes], tuple[str, Sequence[Step]]],
                 now_s: float, at: str = "") -> None:
        """Receipt and statuses in one go. Repeating it changes nothing."""
        if self.finish(packet_id, sign, at) is not None and any(p == packet_id for p, *_ in self.ledger.unopened()):
            nik, steps = plan(self.content(packet_id) or b"")
            self.ledger.plan(packet_id, nik, steps, now_s)

    def release_due(self, now_s: float, at: str) -> set[str]:
        """Move due plans into the feed, oldest first; the stations that have news."""
        return self.ledger.release_due(now_s, at)

    def tell(self, packet_id: str, nik: str, status: StatusSiak, reason: str, at: str) -> str:
        return self.ledger.tell(packet_id, nik, status, reason, at)

    def events(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        return self.ledger.events(station, after, limit)

    def latest_of(self, nik: str) -> StatusEvent | None:
        return self.ledger.latest_of(nik)

    def add_card(self, event_id: str, event: str, facts: Mapping[str, str], station: str = "", at: str = "") -> bool:
        """False when this event is known already."""
        return self.ledger.add_card(event_id, event, facts, station, at)

    def cards(self) -> list[tuple[str, str]]:
        """(event id, event) in order of arrival."""
        return [(c.event_id, c.event) for c in self.ledger.card_events()]


def _name(kind: str, upload_id: str, offset: int) -> str:
    """A key nobody else uses; spread by the upload, so that no store has all of a day in one place."""
    return f"{kind}{upload_id[:2]}/{upload_id}/{offset:010d}-{uuid.uuid4().hex[:12]}"


class _Recent:
    """Parts this node wrote a moment ago, so that the node that composes them need not fetch its own. They never change."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes, self._lock = limit, 0, threading.Lock()
        self._parts: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, key: str, data: bytes) -> None:
        with self._lock:
            self._parts[key] = data
            self._bytes += len(data)
            while self._bytes > self._limit:
                self._bytes -= len(self._parts.popitem(last=False)[1])

    def get(self, key: str) -> bytes | None:
        """Taken out: a part is needed once."""
        with self._lock:
            found = self._parts.pop(key, None)
            self._bytes -= len(found or b"")
            return found
