"""The gateway's facts in PostgreSQL, for any number of nodes: unique keys by the database, no node remembers anything that counts."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.pg import Database, tell
from ktpel_kiosk.siak.simulator.records import CardEvent, Conflict, Heartbeat, Holding, StoreFull
from ktpel_kiosk.siak.simulator.script import Step

LANES = 16
CLAIM = timedelta(minutes=1)
"""How long a node may take to open the packets it took; then another one may."""
CLAIMED, RELEASED = 16, 500
"""Packets one node takes to open, and statuses it releases, at once."""
RELEASE_LOCK = 4_811_002
_COLUMNS = "packet_id, station, counter, previous_hash, size, sha256, upload_id, received, complete, replaces, place_url"
_EVENT = "sequence, packet_id, nik, status, at, reason"


class PgLedger:
    """Methods may be called from any thread and any node; raises StoreAway everywhere, StoreFull from whatever writes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._next_due: float | None = None
        self.look_due()

    # -- packets

    def announce(self, packet_id: str, station: str, counter: int, previous_hash: str, size: int, sha256: str, *,
                 replaces: str = "", at: str = "", quota: int = 0) -> tuple[Holding, bool]:
        """The holding and whether it is new. Raises Conflict ``hash_conflict`` or ``counter_reused``, StoreFull."""
        def work(db: Any) -> tuple[Holding, bool]:
            row = db.execute(
                "INSERT INTO packets (packet_id, station, counter, previous_hash, size, sha256, upload_id, replaces, announced_at) "
                f"VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
                (packet_id, station, counter, previous_hash, size, sha256, uuid.uuid4().hex, replaces, at)).fetchone()
            if row is not None:
                self._promise(db, station, size, quota)
                return Holding(*row), True
            known = _find(db, "packet_id", packet_id)
            if known is None:
                raise Conflict("counter_reused")
            if (known.station, known.size, known.sha256) != (station, size, sha256):
                raise Conflict("hash_conflict")
            return known, False
        return self.database.run(work)

    def _promise(self, db: Any, station: str, size: int, quota: int) -> None:
        """Count the bytes, in one of a few rows so that nobody waits for one; a quota may be passed by what comes at the same moment."""
        lane = zlib.crc32(station.encode()) % LANES
        db.execute("UPDATE held SET bytes = bytes + %s WHERE lane = %s", (size, lane))
        if quota:
            held = int(db.execute("SELECT sum(bytes) FROM held").fetchone()[0])
            if held > quota:
                raise StoreFull(held - size, quota)

    @property
    def held_bytes(self) -> int:
        """Bytes of everything that was announced: room that is taken or promised."""
        return int(self.database.one("SELECT sum(bytes) FROM held")[0])

    def by_packet(self, packet_id: str) -> Holding | None:
        return self.database.run(lambda db: _find(db, "packet_id", packet_id), atomic=False)

    def by_upload(self, upload_id: str) -> Holding | None:
        return self.database.run(lambda db: _find(db, "upload_id", upload_id), atomic=False)

    def holdings(self) -> list[Holding]:
        return [Holding(*row) for row in self.database.rows(f"SELECT {_COLUMNS} FROM packets ORDER BY station, counter")]

    def set_place(self, packet_id: str, url: str) -> None:
        self.database.run(lambda db: db.execute("UPDATE packets SET place_url = %s WHERE packet_id = %s", (url, packet_id)), atomic=False)

    # -- bytes: what the rows say of them

    def parts(self, upload_id: str) -> list[tuple[int, int, str]]:
        """(start, length, key) in order."""
        return [(int(a), int(b), str(c)) for a, b, c in self.database.rows(
            "SELECT start, length, key FROM parts WHERE upload_id = %s ORDER BY start", (upload_id,))]

    def add_part(self, upload_id: str, start: int, length: int, key: str) -> None:
        """The offset moves from ``start`` on, if it is there still. Raises Conflict ``offset``, KeyError."""
        def work(db: Any) -> None:
            self._move(db, upload_id, start, length)
            db.execute("INSERT INTO parts VALUES (%s, %s, %s, %s)", (upload_id, start, length, key))
        self.database.run(work)

    def whole(self, upload_id: str, start: int, length: int, key: str) -> None:
        """As :meth:`add_part` for the last bytes, which lie in ``key`` together with all others."""
        def work(db: Any) -> None:
            self._move(db, upload_id, start, length)
            db.execute("UPDATE packets SET object_key = %s WHERE upload_id = %s", (key, upload_id))
        self.database.run(work)

    def _move(self, db: Any, upload_id: str, start: int, length: int) -> None:
        moved = db.execute("UPDATE packets SET received = received + %s WHERE upload_id = %s AND received = %s AND NOT complete",
                           (length, upload_id, start)).rowcount
        if not moved:
            if _find(db, "upload_id", upload_id) is None:
                raise KeyError(upload_id)
            raise Conflict("offset")

    def object_key(self, packet_id: str) -> str:
        """Where the whole packet lies; empty when it is not whole."""
        row = self.database.one("SELECT object_key FROM packets WHERE packet_id = %s", (packet_id,))
        return str(row[0]) if row else ""

    def known_keys(self, keys: list[str]) -> set[str]:
        """Those of these keys that rows speak of."""
        return {str(k) for k, in self.database.rows(
            "SELECT key FROM parts WHERE key = ANY(%s) UNION SELECT object_key FROM packets WHERE object_key = ANY(%s)", (keys, keys))}

    def renew_upload(self, upload_id: str) -> list[str]:
        """Another upload, from 0, for a packet that is not complete; keys of bytes nobody needs any more."""
        def work(db: Any) -> list[str]:
            row = db.execute("SELECT object_key FROM packets WHERE upload_id = %s AND NOT complete FOR UPDATE", (upload_id,)).fetchone()
            if row is None:
                return []
            keys = [str(k) for k, in db.execute("DELETE FROM parts WHERE upload_id = %s RETURNING key", (upload_id,)).fetchall()]
            db.execute("UPDATE packets SET upload_id = %s, place_url = '', received = 0, object_key = '' WHERE upload_id = %s",
                       (uuid.uuid4().hex, upload_id))
            return [*keys, *([str(row[0])] if row[0] else [])]
        return self.database.run(work)

    # -- receipts

    def settle(self, packet_id: str, sign: Callable[[Holding, int], str], at: str) -> tuple[str, list[str]]:
        """The permanent receipt of a packet whose bytes are there and right, made once, answered for ever; and keys of its parts.

        Two nodes that settle at once meet at the packet's row. Numbers are unique and grow; one of a settling that failed is left out.
        """
        def work(db: Any) -> tuple[str, list[str]]:
            holding = _find(db, "packet_id", packet_id, " FOR UPDATE")
            if holding is None:
                raise KeyError(packet_id)
            row = db.execute("SELECT jws FROM receipts WHERE packet_id = %s", (packet_id,)).fetchone()
            if row is not None:
                return str(row[0]), []
            sequence = int(db.execute("SELECT nextval('receipt_sequence')").fetchone()[0])
            token = sign(holding, sequence)
            db.execute("INSERT INTO receipts VALUES (%s, %s, %s)", (sequence, packet_id, token))
            db.execute("UPDATE packets SET complete = true, received_at = %s WHERE packet_id = %s", (at, packet_id))
            rows = db.execute("DELETE FROM parts WHERE upload_id = %s RETURNING key", (holding.upload_id,)).fetchall()
            return token, [str(key) for key, in rows]
        return self.database.run(work)

    def receipt(self, packet_id: str) -> str | None:
        row = self.database.one("SELECT jws FROM receipts WHERE packet_id = %s", (packet_id,))
        return str(row[0]) if row else None

    def receipts(self) -> list[tuple[int, str]]:
        return [(int(s), str(p)) for s, p in self.database.rows("SELECT sequence, packet_id FROM receipts ORDER BY sequence")]

    # -- opening

    def unopened(self, station: str | None = None) -> list[tuple[str, str, str]]:
        """(packet id, station, received at) of complete packets whose statuses are not planned yet, oldest first."""
        return [(str(p), str(s), str(at)) for p, s, at in self.database.rows(
            "SELECT packet_id, station, received_at FROM packets WHERE complete AND NOT opened AND (%s::text IS NULL OR station = %s) "
            "ORDER BY received_at", (station, station))]

    def to_open(self) -> list[tuple[str, str, str]]:
        """As :meth:`unopened`, but each for one node: what a dead node took is given out again after ``CLAIM``."""
        rows = self.database.rows(
            "UPDATE packets SET claimed_until = now() + %s WHERE packet_id IN (SELECT packet_id FROM packets WHERE complete AND NOT opened "
            "AND claimed_until < now() ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING packet_id, station, received_at",
            (CLAIM, CLAIMED))
        return sorted(((str(p), str(s), str(at)) for p, s, at in rows), key=lambda r: r[2])

    # -- statuses

    def plan(self, packet_id: str, nik: str, steps: Iterable[Step], start_s: float, failure: str = "") -> None:
        """Statuses to come; once per packet, later calls change nothing. The packet it replaces gets no more of them."""
        def work(db: Any) -> None:
            changed = db.execute("UPDATE packets SET opened = true, nik = %s, failure = %s WHERE packet_id = %s AND NOT opened",
                                 (nik, failure, packet_id))
            if changed.rowcount:
                db.execute("DELETE FROM plans WHERE packet_id = (SELECT replaces FROM packets WHERE packet_id = %s)", (packet_id,))
                _add_steps(db, packet_id, nik, steps, start_s)
                station = db.execute("SELECT station FROM packets WHERE packet_id = %s", (packet_id,)).fetchone()[0]
                tell(db, [station, "*"])  # who waits at another node for this packet to be opened
        self.database.run(work)
        self.look_due()

    def next_due(self) -> float | None:
        """When the next planned status is due (seconds since the epoch), as far as this node knows; :meth:`look_due` asks."""
        return self._next_due

    def look_due(self) -> None:
        found = self.database.one("SELECT min(due_at) FROM plans")[0]
        self._next_due = None if found is None else float(found)

    def release_due(self, now_s: float, at: str) -> set[str]:
        """Move due plans into the feed, oldest first, by one node at a time; the stations that have news, told to every node."""
        if self._next_due is None or self._next_due > now_s:
            return set()

        def work(db: Any) -> set[str]:
            if not db.execute("SELECT pg_try_advisory_xact_lock(%s)", (RELEASE_LOCK,)).fetchone()[0]:
                return set()
            due = db.execute("SELECT p.id, k.station, p.packet_id, p.nik, p.status, p.reason FROM plans p JOIN packets k USING (packet_id) "
                             "WHERE p.due_at <= %s ORDER BY p.due_at, p.id LIMIT %s", (now_s, RELEASED)).fetchall()
            _into_feed(db, [(s, p, n, w, at, r) for _, s, p, n, w, r in due])
            db.execute("DELETE FROM plans WHERE id = ANY(%s)", ([row[0] for row in due],))
            stations = {str(row[1]) for row in due}
            tell(db, sorted(stations))
            return stations
        released = self.database.run(work)
        self.look_due()
        return released

    def tell(self, packet_id: str, nik: str, status: StatusSiak, reason: str, at: str) -> str:
        """Put an event into the feed by hand; the station it is for (empty: unknown packet)."""
        def work(db: Any) -> str:
            row = db.execute("SELECT station, nik FROM packets WHERE packet_id = %s", (packet_id,)).fetchone()
            station, known = (str(row[0]), str(row[1])) if row else ("", "")
            _into_feed(db, [(station, packet_id, nik or known, status.value, at, reason)])
            tell(db, [station])
            return station
        return self.database.run(work)

    def events(self, station: str, after: int, limit: int) -> list[StatusEvent]:
        """A station's events with a sequence above ``after``, in order."""
        return [_event(r) for r in self.database.rows(
            f"SELECT {_EVENT} FROM events WHERE station = %s AND sequence > %s ORDER BY sequence LIMIT %s", (station, after, limit))]

    def latest_of(self, nik: str) -> StatusEvent | None:
        """The newest released status of a person whose packet is held here."""
        row = self.database.one(f"SELECT {_EVENT} FROM events WHERE nik = %s ORDER BY id DESC LIMIT 1", (nik,)) if nik else ()
        return _event(row) if row else None

    # -- cards and heartbeats

    def add_card(self, event_id: str, event: str, facts: Mapping[str, str], station: str = "", at: str = "") -> bool:
        """False when this event is known already; the first report of it stays."""
        values = (event_id, event, station, facts.get("packet_id", ""), facts.get("nik", ""), at, json.dumps(facts, sort_keys=True))
        sql = ("INSERT INTO cards (event_id, event, station, packet_id, nik, at, facts) VALUES (%s, %s, %s, %s, %s, %s, %s) "
               "ON CONFLICT (event_id) DO NOTHING")
        return self.database.run(lambda db: bool(db.execute(sql, values).rowcount), atomic=False)

    def card_events(self, packet_id: str | None = None, limit: int = -1) -> list[CardEvent]:
        """In order of arrival; of one packet, or the newest ``limit``."""
        rows = self.database.rows(
            "SELECT sequence, event_id, event, station, packet_id, nik, at FROM cards WHERE %s::text IS NULL OR packet_id = %s "
            "ORDER BY sequence DESC LIMIT %s", (packet_id, packet_id, None if limit < 0 else limit))
        return [CardEvent(*r) for r in reversed(rows)]

    def add_heartbeat(self, beat: Heartbeat) -> bool:
        """One a station and day; False when this or a newer one of the station and day is here."""
        return self.database.run(lambda db: bool(db.execute(
            "INSERT INTO heartbeats VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (station, day) DO UPDATE SET sequence = excluded.sequence, "
            "received_at = excluded.received_at, token = excluded.token, offset_s = "
            "excluded.offset_s WHERE heartbeats.sequence < excluded.sequence",
            (beat.station, beat.day, beat.sequence, beat.received_at, beat.token, beat.offset_s)).rowcount), atomic=False)

    def heartbeats(self, station: str | None = None, limit: int = 1) -> list[Heartbeat]:
        """The newest of every station, or the newest ``limit`` days of one."""
        if station is None:
            rows = self.database.rows("SELECT DISTINCT ON (station) station, day, sequence, received_at, token, offset_s FROM heartbeats "
                                      "ORDER BY station, sequence DESC")
        else:
            rows = self.database.rows("SELECT station, day, sequence, received_at, token, offset_s FROM heartbeats WHERE station = %s "
                                      "ORDER BY sequence DESC LIMIT %s", (station, limit))
        return [Heartbeat(*row) for row in rows]


def _find(db: Any, column: str, value: str, lock: str = "") -> Holding | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM packets WHERE {column} = %s{lock}", (value,)).fetchone()
    return Holding(*row) if row else None


def _event(row: tuple[Any, ...]) -> StatusEvent:
    return StatusEvent(row[0], row[1], row[2], StatusSiak(row[3]), wire.moment(row[4]), row[5])


def _into_feed(db: Any, rows: list[tuple[str, ...]]) -> None:
    """Events with numbers of their station's own counter: its row is held to the commit, so a smaller number never comes later.

    Stations in order of their name, so that two nodes never wait for each other.
    """
    counts: dict[str, int] = {}
    for station, *_ in rows:
        counts[station] = counts.get(station, 0) + 1
    following: dict[str, int] = {}
    for station in sorted(counts):
        last = db.execute("INSERT INTO feeds VALUES (%s, %s) ON CONFLICT (station) DO UPDATE SET last = feeds.last + excluded.last "
                          "RETURNING last", (station, counts[station])).fetchone()[0]
        following[station] = int(last) - counts[station]
    for station, packet_id, nik, status, at, reason in rows:
        following[station] += 1
        db.execute("INSERT INTO events (station, sequence, packet_id, nik, status, at, reason) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                   (station, following[station], packet_id, nik, status, at, reason))


def _add_steps(db: Any, packet_id: str, nik: str, steps: Iterable[Step], start_s: float) -> None:
    due = start_s
    for step in steps:
        due += step.delay_s
        db.execute("INSERT INTO plans (packet_id, nik, due_at, status, reason) VALUES (%s, %s, %s, %s, %s)",
                   (packet_id, nik, due, step.status.value, step.reason))
