"""The simulator's own durable memory: announcements, chunks, receipts, status feed, card events (SQLite, WAL, FULL).

One connection behind one lock; every public method is one transaction. Chunks are rows, so a chunk and the offset it leads to
become durable together.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.script import Step

_SCHEMA = """
CREATE TABLE IF NOT EXISTS packets (
  packet_id TEXT PRIMARY KEY, station TEXT NOT NULL, counter INTEGER NOT NULL, previous_hash TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0), sha256 TEXT NOT NULL, upload_id TEXT NOT NULL UNIQUE,
  received INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0, UNIQUE (station, counter)) STRICT;
CREATE TABLE IF NOT EXISTS chunks (
  packet_id TEXT NOT NULL REFERENCES packets, start INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (packet_id, start)) STRICT;
CREATE TABLE IF NOT EXISTS contents (packet_id TEXT PRIMARY KEY REFERENCES packets, data BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS receipts (
  sequence INTEGER PRIMARY KEY, packet_id TEXT NOT NULL UNIQUE REFERENCES packets, jws TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS plans (
  id INTEGER PRIMARY KEY AUTOINCREMENT, packet_id TEXT NOT NULL REFERENCES packets, nik TEXT NOT NULL, due_at REAL NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, packet_id TEXT NOT NULL, nik TEXT NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cards (event_id TEXT PRIMARY KEY, event TEXT NOT NULL, facts TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """One packet as the server knows it."""

    packet_id: str
    station: str
    counter: int
    previous_hash: str
    size: int
    sha256: str
    upload_id: str
    received: int
    complete: bool


class Conflict(Exception):
    """What was asked contradicts what is stored; the text is the machine-readable reason."""


class HashMismatch(Exception):
    """All bytes came and they are not the announced ones; the upload was dropped."""


class GatewayStore:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "gateway.sqlite", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def announce(self, packet_id: str, station: str, counter: int, previous_hash: str, size: int, sha256: str) -> tuple[Holding, bool]:
        """The holding and whether it is new. Raises Conflict ``hash_conflict`` or ``counter_reused``."""
        with self._transaction() as db:
            known = self._one(db, "packet_id", packet_id)
            if known is not None:
                if (known.station, known.size, known.sha256) != (station, size, sha256):
                    raise Conflict("hash_conflict")
                return known, False
            row = (packet_id, station, counter, previous_hash, size, sha256, uuid.uuid4().hex)
            try:
                db.execute("INSERT INTO packets (packet_id, station, counter, previous_hash, size, sha256, upload_id) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as e:
                raise Conflict("counter_reused") from e
            return Holding(*row, received=0, complete=False), True

    def by_packet(self, packet_id: str) -> Holding | None:
        with self._lock:
            return self._one(self._db, "packet_id", packet_id)

    def by_upload(self, upload_id: str) -> Holding | None:
        with self._lock:
            return self._one(self._db, "upload_id", upload_id)

    def holdings(self) -> list[Holding]:
        with self._lock:
            return [_holding(r) for r in self._db.execute(f"{_SELECT} ORDER BY station, counter")]

    def content(self, packet_id: str) -> bytes | None:
        with self._lock:
            row = self._db.execute("SELECT data FROM contents WHERE packet_id = ?", (packet_id,)).fetchone()
            return bytes(row[0]) if row else None

    @staticmethod
    def _one(db: sqlite3.Connection, column: str, value: str) -> Holding | None:
        row = db.execute(f"{_SELECT} WHERE {column} = ?", (value,)).fetchone()
        return _holding(row) if row else None

    def add_chunk(self, upload_id: str, offset: int, data: bytes) -> Holding:
        """Durable when it returns. Raises Conflict ``offset``, ``too_long`` or KeyError for an unknown upload."""
        with self._transaction() as db:
            holding = self._one(db, "upload_id", upload_id)
            if holding is None:
                raise KeyError(upload_id)
            if holding.complete or offset != holding.received:
                raise Conflict("offset")
            if offset + len(data) > holding.size:
                raise Conflict("too_long")
            if data:
                db.execute("INSERT INTO chunks VALUES (?, ?, ?)", (holding.packet_id, offset, data))
                db.execute("UPDATE packets SET received = ? WHERE packet_id = ?", (offset + len(data), holding.packet_id))
            found = self._one(db, "upload_id", upload_id)
            assert found is not None
            return found

    def forget(self, upload_id: str) -> None:
        """Lose an unfinished upload: a new announcement starts at 0 under another URL."""
        with self._transaction() as db:
            holding = self._one(db, "upload_id", upload_id)
            if holding is not None and not holding.complete:
                self._drop(db, holding)

    @staticmethod
    def _drop(db: sqlite3.Connection, holding: Holding) -> None:
        db.execute("DELETE FROM chunks WHERE packet_id = ?", (holding.packet_id,))
        db.execute("UPDATE packets SET received = 0, upload_id = ? WHERE packet_id = ?", (uuid.uuid4().hex, holding.packet_id))

    def complete(self, packet_id: str, sign: Callable[[Holding, int], str], plan: Callable[[bytes], tuple[str, Sequence[Step]]],
                 now_s: float) -> None:
        """All bytes are there: check them, give the permanent receipt, plan the statuses. Repeating it changes nothing.

        Args:
            sign: (holding, sequence) to the receipt's JWS. plan: content to (NIK, steps).
        """
        mismatch = False
        with self._transaction() as db:
            holding = self._one(db, "packet_id", packet_id)
            if holding is None or holding.complete or holding.received != holding.size:
                return
            rows = db.execute("SELECT data FROM chunks WHERE packet_id = ? ORDER BY start", (packet_id,))
            content = b"".join(r[0] for r in rows)
            if hashlib.sha256(content).hexdigest() != holding.sha256:
                self._drop(db, holding)
                mismatch = True
            else:
                self._settle(db, holding, content, sign, plan, now_s)
        if mismatch:
            raise HashMismatch

    def _settle(self, db: sqlite3.Connection, holding: Holding, content: bytes, sign: Callable[[Holding, int], str],
                plan: Callable[[bytes], tuple[str, Sequence[Step]]], now_s: float) -> None:
        sequence = int(db.execute("SELECT coalesce(max(sequence), 0) + 1 FROM receipts").fetchone()[0])
        nik, steps = plan(content)
        db.execute("INSERT INTO receipts VALUES (?, ?, ?)", (sequence, holding.packet_id, sign(holding, sequence)))
        db.execute("INSERT INTO contents VALUES (?, ?)", (holding.packet_id, content))
        db.execute("DELETE FROM chunks WHERE packet_id = ?", (holding.packet_id,))
        db.execute("UPDATE packets SET complete = 1 WHERE packet_id = ?", (holding.packet_id,))
        due = now_s
        for step in steps:
            due += step.delay_s
            db.execute("INSERT INTO plans (packet_id, nik, due_at, status, reason) VALUES (?, ?, ?, ?, ?)",
                       (holding.packet_id, nik, due, step.status.value, step.reason))

    def receipt(self, packet_id: str) -> str | None:
        with self._lock:
            row = self._db.execute("SELECT jws FROM receipts WHERE packet_id = ?", (packet_id,)).fetchone()
            return str(row[0]) if row else None

    def receipts(self) -> list[tuple[int, str]]:
        with self._lock:
            return [(int(s), str(p)) for s, p in self._db.execute("SELECT sequence, packet_id FROM receipts ORDER BY sequence")]

    def release_due(self, now_s: float, at: str) -> float | None:
        """Move due plans into the feed, oldest first; returns when the next one is due."""
        with self._lock:
            found = self._db.execute("SELECT min(due_at) FROM plans").fetchone()[0]
            if found is None or found > now_s:
                return None if found is None else float(found)
        with self._transaction() as db:
            due = db.execute("SELECT p.id, k.station, p.packet_id, p.nik, p.status, p.reason FROM plans p JOIN packets k "
                             "USING (packet_id) WHERE p.due_at <= ? ORDER BY p.due_at, p.id", (now_s,)).fetchall()
            for plan_id, station, packet_id, nik, status, reason in due:
                db.execute("INSERT INTO events (station, packet_id, nik, status, at, reason) VALUES (?, ?, ?, ?, ?, ?)",
                           (station, packet_id, nik, status, at, reason))
                db.execute("DELETE FROM plans WHERE id = ?", (plan_id,))
            later = db.execute("SELECT min(due_at) FROM plans").fetchone()[0]
            return None if later is None else float(later)

    def tell(self, packet_id: str, nik: str, status: StatusSiak, reason: str, at: str) -> None:
        """Put an event into the feed by hand (tests, demonstrations)."""
        with self._transaction() as db:
            row = db.execute("SELECT station FROM packets WHERE packet_id = ?", (packet_id,)).fetchone()
            db.execute("INSERT INTO events (station, packet_id, nik, status, at, reason) VALUES (?, ?, ?, ?, ?, ?)",
                       (row[0] if row else "", packet_id, nik, status.value, at, reason))

    def events(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        with self._lock:
            rows = self._db.execute("SELECT sequence, packet_id, nik, status, at, reason FROM events WHERE station = ? AND sequence > ? "
                                    "ORDER BY sequence LIMIT ?", (station, after, limit))
            return [StatusEvent(s, p, n, StatusSiak(w), wire.moment(at), r) for s, p, n, w, at, r in rows]

    def latest_of(self, nik: str) -> StatusEvent | None:
        """The newest released status of a person whose packet is held here."""
        with self._lock:
            row = self._db.execute("SELECT sequence, packet_id, nik, status, at, reason FROM events WHERE nik = ? AND nik <> '' "
                                   "ORDER BY sequence DESC LIMIT 1", (nik,)).fetchone()
            return StatusEvent(row[0], row[1], row[2], StatusSiak(row[3]), wire.moment(row[4]), row[5]) if row else None

    def add_card(self, event_id: str, event: str, facts: Mapping[str, str]) -> bool:
        """False when this event is known already."""
        with self._transaction() as db:
            done = db.execute("INSERT OR IGNORE INTO cards VALUES (?, ?, ?)", (event_id, event, json.dumps(facts, sort_keys=True)))
            return done.rowcount == 1

    def cards(self) -> list[tuple[str, str]]:
        with self._lock:
            return [(str(i), str(e)) for i, e in self._db.execute("SELECT event_id, event FROM cards ORDER BY rowid")]


_SELECT = "SELECT packet_id, station, counter, previous_hash, size, sha256, upload_id, received, complete FROM packets"


def _holding(row: tuple[str, str, int, str, int, str, str, int, int]) -> Holding:
    return Holding(*row[:8], complete=bool(row[8]))
