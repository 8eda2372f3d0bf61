"""The reference server's durable memory: facts in a ledger (SQLite), bytes of uploads in parcels (files).

Nothing is answered before it is on the disk. Every method may be called from any thread; one upload is worked on by one at a time.
"""

from __future__ import annotations

import errno
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.siak.simulator.ledger import Ledger
from ktpel_kiosk.siak.simulator.parcels import FileParcels, Parcels, digest_of
from ktpel_kiosk.siak.simulator.records import CardEvent as CardEvent
from ktpel_kiosk.siak.simulator.records import Conflict as Conflict
from ktpel_kiosk.siak.simulator.records import HashMismatch as HashMismatch
from ktpel_kiosk.siak.simulator.records import Holding as Holding
from ktpel_kiosk.siak.simulator.records import StoreFull as StoreFull
from ktpel_kiosk.siak.simulator.script import Step
from ktpel_kiosk.siak.simulator.upgrade import upgrade

Signer = Callable[[Holding, int], str]


class _Upload:
    """An upload that is being worked on. ``hasher`` follows the bytes; ``None`` when they were not all seen by this process."""

    __slots__ = ("gone", "hasher", "holding", "lock", "received")

    def __init__(self, holding: Holding, received: int) -> None:
        self.holding, self.received = holding, received
        self.hasher = hashlib.sha256() if received == 0 else None
        self.lock, self.gone = threading.Lock(), False

    def seen(self) -> Holding:
        return replace(self.holding, received=self.received)


class GatewayStore:
    """Facts and bytes together on one machine; ``ledger`` also answers what lists and pictures of the whole need."""

    local = True
    """Quick enough to be asked on the serving loop."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        parcels = FileParcels(folder / "parcels")
        upgrade(folder / "gateway.sqlite", parcels)
        self.ledger = Ledger(folder / "gateway.sqlite")
        self._parcels: Parcels = parcels
        self._guard = threading.Lock()
        self._uploads: dict[str, _Upload] = {}
        for name in set(parcels.names()) - self.ledger.upload_ids():
            parcels.drop(name)  # an upload that was begun anew right before a crash

    def close(self) -> None:
        self.ledger.close()

    def listen(self, told: Callable[[str], object], anything: Callable[[], object]) -> None:
        """There are no other nodes."""

    # -- packets

    def announce(self, packet_id: str, station: str, counter: int, previous_hash: str, size: int, sha256: str, *,
                 replaces: str = "", at: str = "", quota: int = 0) -> tuple[Holding, bool]:
        """The holding and whether it is new. Raises Conflict ``hash_conflict`` or ``counter_reused``, StoreFull."""
        with _disk():
            holding, new = self.ledger.announce(packet_id, station, counter, previous_hash, size, sha256, replaces=replaces, at=at,
                                                quota=quota)
        return self._with_received(holding), new

    def by_packet(self, packet_id: str) -> Holding | None:
        found = self.ledger.by_packet(packet_id)
        return self._with_received(found) if found is not None else None

    def by_upload(self, upload_id: str) -> Holding | None:
        try:
            return (self._uploads.get(upload_id) or self._load(upload_id)).seen()
        except KeyError:
            return None

    def holdings(self) -> list[Holding]:
        return [self._with_received(h) for h in self.ledger.holdings()]

    def _with_received(self, holding: Holding) -> Holding:
        """Only what was acknowledged counts: a file may be longer for the moment in which its bytes are on the way to the disk."""
        seen = None if holding.complete else self.by_upload(holding.upload_id)
        return holding.at(seen.received) if seen is not None else holding

    def content(self, packet_id: str) -> bytes | None:
        """Bytes of a complete packet."""
        found = self.ledger.by_packet(packet_id)
        return b"".join(self._parcels.blocks(found.upload_id)) if found is not None and found.complete else None

    # -- uploads

    @contextmanager
    def _working(self, upload_id: str) -> Iterator[_Upload]:
        """The upload, held by this thread alone. Raises KeyError for one that is unknown or forgotten."""
        upload = self._uploads.get(upload_id) or self._load(upload_id)
        with upload.lock:
            if upload.gone:
                raise KeyError(upload_id)
            yield upload

    def _load(self, upload_id: str) -> _Upload:
        # who leaves `_uploads` was written to the ledger before: so looking there inside the guard never brings back an old state
        with self._guard:
            known = self._uploads.get(upload_id)
            if known is not None:
                return known
            holding = self.ledger.by_upload(upload_id)
            if holding is None:
                raise KeyError(upload_id)
            if holding.complete:
                return _Upload(holding, holding.size)
            made = self._uploads[upload_id] = _Upload(holding, self._parcels.size(upload_id))
            return made

    def _leave(self, upload: _Upload) -> None:
        with self._guard:
            self._uploads.pop(upload.holding.upload_id, None)

    def add_chunk(self, upload_id: str, offset: int, data: bytes) -> Holding:
        """Durable when it returns. Raises Conflict ``offset``, ``too_long``, StoreFull, or KeyError for an unknown upload."""
        with self._working(upload_id) as upload:
            if upload.holding.complete or offset != upload.received:
                raise Conflict("offset")
            if offset + len(data) > upload.holding.size:
                raise Conflict("too_long")
            if data:
                self._append(upload, data)
            return upload.seen()

    def _append(self, upload: _Upload, data: bytes) -> None:
        try:
            with _disk():
                self._parcels.append(upload.holding.upload_id, upload.received, data)
        except BaseException:
            # the file says what is there; the hash of it is made anew at the end
            upload.received, upload.hasher = self._parcels.size(upload.holding.upload_id), None
            raise
        upload.received += len(data)
        if upload.hasher is not None:
            upload.hasher.update(data)

    def forget(self, upload_id: str) -> None:
        """Lose an unfinished upload: a new announcement starts at 0 under another URL."""
        try:
            with self._working(upload_id) as upload:
                if not upload.holding.complete:
                    self._begin_anew(upload)
        except KeyError:
            return

    def _begin_anew(self, upload: _Upload) -> None:
        self.ledger.renew_upload(upload.holding.packet_id)
        upload.gone = True
        self._leave(upload)
        self._parcels.drop(upload.holding.upload_id)

    def finish(self, packet_id: str, sign: Signer, at: str) -> str | None:
        """The receipt, when all bytes are here; made at the first call, the same for ever after. ``None``: not all are here.

        Raises KeyError for an unknown packet, HashMismatch (the upload was dropped), StoreFull.
        """
        holding = self.ledger.by_packet(packet_id)
        if holding is None:
            raise KeyError(packet_id)
        if holding.complete:
            return self.ledger.receipt(packet_id)
        with self._working(holding.upload_id) as upload:
            if upload.holding.complete:
                return self.ledger.receipt(packet_id)
            if upload.received != holding.size:
                return None
            found = upload.hasher.hexdigest() if upload.hasher is not None else digest_of(self._parcels, holding.upload_id)
            if found != holding.sha256:
                self._begin_anew(upload)
                raise HashMismatch
            with _disk():
                token = self.ledger.settle(packet_id, sign, at)
            upload.holding = replace(upload.holding, complete=True)
            self._leave(upload)
            return token

    def complete(self, packet_id: str, sign: Signer, plan: Callable[[bytes], tuple[str, Sequence[Step]]], now_s: float,
                 at: str = "") -> None:
        """Receipt and statuses in one go. Repeating it changes nothing.

        Args:
            sign: (holding, sequence) to the receipt's JWS. plan: content to (NIK, steps).
        """
        if self.finish(packet_id, sign, at) is not None and any(p == packet_id for p, *_ in self.ledger.unopened()):
            nik, steps = plan(self.content(packet_id) or b"")
            self.ledger.plan(packet_id, nik, steps, now_s)

    def receipt(self, packet_id: str) -> str | None:
        return self.ledger.receipt(packet_id)

    def receipts(self) -> list[tuple[int, str]]:
        return self.ledger.receipts()

    # -- statuses and cards

    def plan(self, packet_id: str, nik: str, steps: Iterable[Step], start_s: float, failure: str = "") -> None:
        with _disk():
            self.ledger.plan(packet_id, nik, steps, start_s, failure)

    def release_due(self, now_s: float, at: str) -> set[str]:
        """Move due plans into the feed, oldest first; the stations that have news."""
        with _disk():
            return self.ledger.release_due(now_s, at)

    def tell(self, packet_id: str, nik: str, status: StatusSiak, reason: str, at: str) -> str:
        return self.ledger.tell(packet_id, nik, status, reason, at)

    def events(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        return self.ledger.events(station, after, limit)

    def latest_of(self, nik: str) -> StatusEvent | None:
        return self.ledger.latest_of(nik)

    def add_card(self, event_id: str, event: str, facts: Mapping[str, str], station: str = "", at: str = "") -> bool:
        """False when this event is known already."""
        with _disk():
            return self.ledger.add_card(event_id, event, facts, station, at)

    def cards(self) -> list[tuple[str, str]]:
        """(event id, event) in order of arrival."""
        return [(c.event_id, c.event) for c in self.ledger.card_events()]


@contextmanager
def _disk() -> Iterator[None]:
    """A disk or database without room becomes StoreFull; other troubles stay what they are."""
    try:
        yield
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFull from e
        raise
    except sqlite3.OperationalError as e:
        if e.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise StoreFull from e
        raise
