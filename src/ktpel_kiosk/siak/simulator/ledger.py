"""The gateway's facts in SQLite: announcements, receipts, the status feed, card events. Every write is durable when it returns.

What another database has to promise in its place stands in docs/scale.md: the unique keys of the tables below, and that a write
that was answered is there after a crash. Nothing else of SQLite is used.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.commits import Commits, connect
from ktpel_kiosk.siak.simulator.records import CardEvent, Conflict, Heartbeat, Holding, StoreFull
from ktpel_kiosk.siak.simulator.script import Step

SCHEMA = """
CREATE TABLE IF NOT EXISTS packets (
  packet_id TEXT PRIMARY KEY, station TEXT NOT NULL, counter INTEGER NOT NULL, previous_hash TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0), sha256 TEXT NOT NULL, upload_id TEXT NOT NULL UNIQUE, replaces TEXT NOT NULL DEFAULT '',
  place_url TEXT NOT NULL DEFAULT '', announced_at TEXT NOT NULL DEFAULT '', received_at TEXT NOT NULL DEFAULT '',
  complete INTEGER NOT NULL DEFAULT 0, opened INTEGER NOT NULL DEFAULT 0, nik TEXT NOT NULL DEFAULT '',
  failure TEXT NOT NULL DEFAULT '', UNIQUE (station, counter)) STRICT;
CREATE INDEX IF NOT EXISTS packets_received ON packets (received_at);
CREATE INDEX IF NOT EXISTS packets_open ON packets (packet_id) WHERE complete = 0;
CREATE INDEX IF NOT EXISTS packets_unopened ON packets (station, received_at) WHERE complete = 1 AND opened = 0;
CREATE TABLE IF NOT EXISTS receipts (
  sequence INTEGER PRIMARY KEY, packet_id TEXT NOT NULL UNIQUE REFERENCES packets, jws TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS plans (
  id INTEGER PRIMARY KEY AUTOINCREMENT, packet_id TEXT NOT NULL REFERENCES packets, nik TEXT NOT NULL, due_at REAL NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS plans_due ON plans (due_at);
CREATE TABLE IF NOT EXISTS events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, packet_id TEXT NOT NULL, nik TEXT NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS events_station ON events (station, sequence);
CREATE INDEX IF NOT EXISTS events_nik ON events (nik, sequence) WHERE nik <> '';
CREATE INDEX IF NOT EXISTS events_packet ON events (packet_id, sequence);
CREATE TABLE IF NOT EXISTS cards (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, station TEXT NOT NULL DEFAULT '',
  packet_id TEXT NOT NULL DEFAULT '', nik TEXT NOT NULL DEFAULT '', at TEXT NOT NULL DEFAULT '', facts TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS cards_packet ON cards (packet_id, sequence);
CREATE TABLE IF NOT EXISTS heartbeats (
  station TEXT NOT NULL, day TEXT NOT NULL, sequence INTEGER NOT NULL, received_at TEXT NOT NULL, token TEXT NOT NULL,
  offset_s INTEGER NOT NULL, PRIMARY KEY (station, day)) STRICT;
"""
VERSION = 3
_SELECT = ("SELECT packet_id, station, counter, previous_hash, size, sha256, upload_id, complete, replaces, place_url "
           "FROM packets")


class Ledger:
    """One writing connection (:class:`Commits`), one reading one. Methods may be called from any thread."""

    def __init__(self, file: Path) -> None:
        self._commits = Commits(file)
        self._read_lock = threading.Lock()
        self._commits.run(_make)
        self._reader = connect(file)
        self._held = int(self.one("SELECT coalesce(sum(size), 0) FROM packets")[0])
        self._next_due: float | None = None
        self._commits.run(self._look_due)

    def close(self) -> None:
        self._commits.close()
        with self._read_lock:
            self._reader.close()

    @property
    def commits(self) -> Commits:
        return self._commits

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Committed rows; for lists and pictures of the whole."""
        with self._read_lock:
            return self._reader.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        found = self.rows(sql, values)
        return found[0] if found else ()

    # -- packets

    def announce(self, packet_id: str, station: str, counter: int, previous_hash: str, size: int, sha256: str, *,
                 replaces: str = "", at: str = "", quota: int = 0) -> tuple[Holding, bool]:
        """The holding and whether it is new. Raises Conflict ``hash_conflict`` or ``counter_reused``, StoreFull."""
        def work(db: sqlite3.Connection) -> tuple[Holding, bool]:
            known = _find(db, "packet_id", packet_id)
            if known is not None:
                if (known.station, known.size, known.sha256) != (station, size, sha256):
                    raise Conflict("hash_conflict")
                return known, False
            if db.execute("SELECT 1 FROM packets WHERE station = ? AND counter = ?", (station, counter)).fetchone():
                raise Conflict("counter_reused")
            if quota and self._held + size > quota:
                raise StoreFull(self._held, quota)
            upload_id = uuid.uuid4().hex
            db.execute("INSERT INTO packets (packet_id, station, counter, previous_hash, size, sha256, upload_id, replaces, announced_at) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       (packet_id, station, counter, previous_hash, size, sha256, upload_id, replaces, at))
            self._held += size
            return Holding(packet_id, station, counter, previous_hash, size, sha256, upload_id, 0, False, replaces), True
        return self._commits.run(work)

    @property
    def held_bytes(self) -> int:
        """Bytes of everything that was announced: room that is taken or promised."""
        return self._held

    def by_packet(self, packet_id: str) -> Holding | None:
        with self._read_lock:
            return _find(self._reader, "packet_id", packet_id)

    def by_upload(self, upload_id: str) -> Holding | None:
        with self._read_lock:
            return _find(self._reader, "upload_id", upload_id)

    def holdings(self) -> list[Holding]:
        return [_holding(r) for r in self.rows(f"{_SELECT} ORDER BY station, counter")]

    def upload_ids(self) -> set[str]:
        return {str(r[0]) for r in self.rows("SELECT upload_id FROM packets")}

    def renew_upload(self, packet_id: str) -> None:
        """Another upload, from 0, for a packet that is not complete."""
        self._commits.run(lambda db: db.execute("UPDATE packets SET upload_id = ?, place_url = '' WHERE packet_id = ? AND complete = 0",
                                                (uuid.uuid4().hex, packet_id)))

    def set_place(self, packet_id: str, url: str) -> None:
        self._commits.run(lambda db: db.execute("UPDATE packets SET place_url = ? WHERE packet_id = ?", (url, packet_id)))

    def settle(self, packet_id: str, sign: Callable[[Holding, int], str], at: str) -> str:
        """The permanent receipt of a packet whose bytes are there and right: made once, answered for ever."""
        def work(db: sqlite3.Connection) -> str:
            row = db.execute("SELECT jws FROM receipts WHERE packet_id = ?", (packet_id,)).fetchone()
            if row is not None:
                return str(row[0])
            holding = _find(db, "packet_id", packet_id)
            if holding is None:
                raise KeyError(packet_id)
            sequence = int(db.execute("SELECT coalesce(max(sequence), 0) + 1 FROM receipts").fetchone()[0])
            token = sign(holding, sequence)
            db.execute("INSERT INTO receipts VALUES (?, ?, ?)", (sequence, packet_id, token))
            db.execute("UPDATE packets SET complete = 1, received_at = ? WHERE packet_id = ?", (at, packet_id))
            return token
        return self._commits.run(work)

    def receipt(self, packet_id: str) -> str | None:
        row = self.one("SELECT jws FROM receipts WHERE packet_id = ?", (packet_id,))
        return str(row[0]) if row else None

    def receipts(self) -> list[tuple[int, str]]:
        return [(int(s), str(p)) for s, p in self.rows("SELECT sequence, packet_id FROM receipts ORDER BY sequence")]

    # -- statuses

    def to_open(self) -> list[tuple[str, str, str]]:
        """Packets this node opens now: here there is only one."""
        return self.unopened()

    def unopened(self, station: str | None = None) -> list[tuple[str, str, str]]:
        """(packet id, station, received at) of complete packets whose statuses are not planned yet, oldest first."""
        where, values = (" AND station = ?", (station,)) if station is not None else ("", ())
        return [(str(p), str(s), str(at)) for p, s, at in self.rows(
            f"SELECT packet_id, station, received_at FROM packets WHERE complete = 1 AND opened = 0{where} ORDER BY received_at", values)]

    def plan(self, packet_id: str, nik: str, steps: Iterable[Step], start_s: float, failure: str = "") -> None:
        """Statuses to come; once per packet, later calls change nothing. The packet it replaces gets no more of them."""
        def work(db: sqlite3.Connection) -> None:
            changed = db.execute("UPDATE packets SET opened = 1, nik = ?, failure = ? WHERE packet_id = ? AND opened = 0",
                                 (nik, failure, packet_id))
            if changed.rowcount:
                db.execute("DELETE FROM plans WHERE packet_id = (SELECT replaces FROM packets WHERE packet_id = ?)", (packet_id,))
                _add_steps(db, packet_id, nik, steps, start_s)
                self._look_due(db)
        self._commits.run(work)

    def replan(self, packet_id: str, steps: Iterable[Step], start_s: float) -> bool:
        """Other statuses from now on for a packet that is here; False when it is unknown."""
        def work(db: sqlite3.Connection) -> bool:
            row = db.execute("SELECT nik FROM packets WHERE packet_id = ? AND complete = 1", (packet_id,)).fetchone()
            if row is None:
                return False
            db.execute("DELETE FROM plans WHERE packet_id = ?", (packet_id,))
            _add_steps(db, packet_id, str(row[0]), steps, start_s)
            self._look_due(db)
            return True
        return self._commits.run(work)

    def next_due(self) -> float | None:
        """When the next planned status is due (seconds since the epoch)."""
        return self._next_due

    def _look_due(self, db: sqlite3.Connection) -> None:
        """Inside a commit group, so that later work never leaves an older answer behind."""
        found = db.execute("SELECT min(due_at) FROM plans").fetchone()[0]
        self._next_due = None if found is None else float(found)

    def release_due(self, now_s: float, at: str) -> set[str]:
        """Move due plans into the feed, oldest first; the stations that have news."""
        if self._next_due is None or self._next_due > now_s:
            return set()

        def work(db: sqlite3.Connection) -> set[str]:
            due = db.execute("SELECT p.id, k.station, p.packet_id, p.nik, p.status, p.reason FROM plans p JOIN packets k "
                             "USING (packet_id) WHERE p.due_at <= ? ORDER BY p.due_at, p.id", (now_s,)).fetchall()
            db.executemany("INSERT INTO events (station, packet_id, nik, status, at, reason) VALUES (?, ?, ?, ?, ?, ?)",
                           [(s, p, n, w, at, r) for _, s, p, n, w, r in due])
            db.executemany("DELETE FROM plans WHERE id = ?", [(row[0],) for row in due])
            self._look_due(db)
            return {str(row[1]) for row in due}
        return self._commits.run(work)

    def tell(self, packet_id: str, nik: str, status: StatusSiak, reason: str, at: str) -> str:
        """Put an event into the feed by hand; the station it is for (empty: unknown packet)."""
        def work(db: sqlite3.Connection) -> str:
            row = db.execute("SELECT station, nik FROM packets WHERE packet_id = ?", (packet_id,)).fetchone()
            station, known = (str(row[0]), str(row[1])) if row else ("", "")
            db.execute("INSERT INTO events (station, packet_id, nik, status, at, reason) VALUES (?, ?, ?, ?, ?, ?)",
                       (station, packet_id, nik or known, status.value, at, reason))
            return station
        return self._commits.run(work)

    def events(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        """A station's events with a sequence above ``after``, in order."""
        return [_event(r) for r in self.rows("SELECT sequence, packet_id, nik, status, at, reason FROM events "
                                             "WHERE station = ? AND sequence > ? ORDER BY sequence LIMIT ?", (station, after, limit))]

    def latest_of(self, nik: str) -> StatusEvent | None:
        """The newest released status of a person whose packet is held here."""
        row = self.one("SELECT sequence, packet_id, nik, status, at, reason FROM events WHERE nik = ? AND nik <> '' "
                       "ORDER BY sequence DESC LIMIT 1", (nik,)) if nik else ()
        return _event(row) if row else None

    # -- cards

    def add_card(self, event_id: str, event: str, facts: Mapping[str, str], station: str = "", at: str = "") -> bool:
        """False when this event is known already; the first report of it stays."""
        values = (event_id, event, station, facts.get("packet_id", ""), facts.get("nik", ""), at, json.dumps(facts, sort_keys=True))
        sql = "INSERT OR IGNORE INTO cards (event_id, event, station, packet_id, nik, at, facts) VALUES (?, ?, ?, ?, ?, ?, ?)"
        return self._commits.run(lambda db: db.execute(sql, values).rowcount == 1)

    def card_events(self, packet_id: str | None = None, limit: int = -1) -> list[CardEvent]:
        """In order of arrival; of one packet, or the newest ``limit``."""
        where, values = ("WHERE packet_id = ?", (packet_id,)) if packet_id is not None else ("", ())
        rows = self.rows("SELECT sequence, event_id, event, station, packet_id, nik, at FROM cards "
                         f"{where} ORDER BY sequence DESC LIMIT {int(limit)}", values)
        return [CardEvent(*r) for r in reversed(rows)]

    # -- heartbeats

    def add_heartbeat(self, beat: Heartbeat) -> bool:
        """One a station and day; False when this or a newer one of the station and day is here."""
        sql = ("INSERT INTO heartbeats VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (station, day) DO UPDATE SET sequence = excluded.sequence, "
               "received_at = excluded.received_at, token = excluded.token, "
               "offset_s = excluded.offset_s WHERE heartbeats.sequence < excluded.sequence")
        values = (beat.station, beat.day, beat.sequence, beat.received_at, beat.token, beat.offset_s)
        return self._commits.run(lambda db: db.execute(sql, values).rowcount == 1)

    def heartbeats(self, station: str | None = None, limit: int = 1) -> list[Heartbeat]:
        """The newest of every station, or the newest ``limit`` days of one."""
        columns = "station, day, sequence, received_at, token, offset_s"
        if station is None:
            rows = self.rows(f"SELECT {columns} FROM heartbeats h WHERE sequence = (SELECT max(sequence) FROM heartbeats WHERE "
                             "station = h.station) ORDER BY station")
        else:
            rows = self.rows(f"SELECT {columns} FROM heartbeats WHERE station = ? ORDER BY sequence DESC LIMIT ?", (station, limit))
        return [Heartbeat(*row) for row in rows]


def _make(db: sqlite3.Connection) -> None:
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _find(db: sqlite3.Connection, column: str, value: str) -> Holding | None:
    row = db.execute(f"{_SELECT} WHERE {column} = ?", (value,)).fetchone()
    return _holding(row) if row else None


def _holding(row: tuple[Any, ...]) -> Holding:
    """``received`` of an open upload is filled in by the store, which knows the bytes."""
    complete = bool(row[7])
    return Holding(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[4] if complete else 0, complete, row[8], row[9])


def _event(row: tuple[Any, ...]) -> StatusEvent:
    return StatusEvent(row[0], row[1], row[2], StatusSiak(row[3]), wire.moment(row[4]), row[5])


def _add_steps(db: sqlite3.Connection, packet_id: str, nik: str, steps: Iterable[Step], start_s: float) -> None:
    due = start_s
    for step in steps:
        due += step.delay_s
        db.execute("INSERT INTO plans (packet_id, nik, due_at, status, reason) VALUES (?, ?, ?, ?, ?)",
                   (packet_id, nik, due, step.status.value, step.reason))

