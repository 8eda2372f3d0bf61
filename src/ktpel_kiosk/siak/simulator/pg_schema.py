"""The gateway's tables in PostgreSQL, made and raised by the gateway itself: one numbered step after the other, each once, by one node."""

from __future__ import annotations

from typing import Any

from ktpel_kiosk.siak.simulator.records import OldSchema

LOCK = 4_811_001
"""Advisory lock: nodes that start at the same moment migrate one after the other."""

STEPS: tuple[str, ...] = (
    # 1: the facts of docs/scale.md
    """
    CREATE TABLE packets (
      packet_id text PRIMARY KEY, station text NOT NULL, counter bigint NOT NULL, previous_hash text NOT NULL,
      size bigint NOT NULL CHECK (size > 0), sha256 text NOT NULL, upload_id text NOT NULL UNIQUE, received bigint NOT NULL DEFAULT 0,
      object_key text NOT NULL DEFAULT '', replaces text NOT NULL DEFAULT '', place_url text NOT NULL DEFAULT '',
      announced_at text NOT NULL DEFAULT '', received_at text NOT NULL DEFAULT '', complete boolean NOT NULL DEFAULT false,
      opened boolean NOT NULL DEFAULT false, claimed_until timestamptz NOT NULL DEFAULT '-infinity', nik text NOT NULL DEFAULT '',
      failure text NOT NULL DEFAULT '', UNIQUE (station, counter), CHECK (received BETWEEN 0 AND size));
    CREATE INDEX packets_unopened ON packets (received_at) WHERE complete AND NOT opened;
    CREATE TABLE parts (
      upload_id text NOT NULL REFERENCES packets (upload_id) ON UPDATE CASCADE, start bigint NOT NULL, length bigint NOT NULL,
      key text NOT NULL, PRIMARY KEY (upload_id, start));
    CREATE TABLE held (lane smallint PRIMARY KEY, bytes bigint NOT NULL);
    INSERT INTO held SELECT n, 0 FROM generate_series(0, 15) n;
    CREATE SEQUENCE receipt_sequence;
    CREATE TABLE receipts (sequence bigint PRIMARY KEY, packet_id text NOT NULL UNIQUE REFERENCES packets, jws text NOT NULL);
    CREATE TABLE plans (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, packet_id text NOT NULL REFERENCES packets, nik text NOT NULL,
      due_at double precision NOT NULL, status text NOT NULL, reason text NOT NULL);
    CREATE INDEX plans_due ON plans (due_at, id);
    CREATE INDEX plans_packet ON plans (packet_id);
    CREATE TABLE feeds (station text PRIMARY KEY, last bigint NOT NULL);
    CREATE TABLE events (
      id bigint GENERATED ALWAYS AS IDENTITY, station text NOT NULL, sequence bigint NOT NULL, packet_id text NOT NULL, nik text NOT NULL,
      status text NOT NULL, at text NOT NULL, reason text NOT NULL, PRIMARY KEY (station, sequence));
    CREATE INDEX events_nik ON events (nik, id) WHERE nik <> '';
    CREATE TABLE cards (
      sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL UNIQUE, event text NOT NULL,
      station text NOT NULL DEFAULT '', packet_id text NOT NULL DEFAULT '', nik text NOT NULL DEFAULT '', at text NOT NULL DEFAULT '',
      facts text NOT NULL);
    CREATE INDEX cards_packet ON cards (packet_id, sequence);
    """,
    # 2: heartbeats: a line a station and day
    """
    CREATE TABLE heartbeats (
      station text NOT NULL, day text NOT NULL, sequence bigint NOT NULL, received_at text NOT NULL, token text NOT NULL,
      offset_s bigint NOT NULL, PRIMARY KEY (station, day));
    """,
)


def migrate(db: Any) -> int:
    """Raise the database to this program's version, in one transaction; the version it had. Raises OldSchema.

    Args:
        db: a psycopg connection, not in a transaction.
    """
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        db.execute("CREATE TABLE IF NOT EXISTS gateway_schema (version integer NOT NULL)")
        row = db.execute("SELECT version FROM gateway_schema").fetchone()
        had = int(row[0]) if row else 0
        if had > len(STEPS):
            raise OldSchema(f"{had} > {len(STEPS)}")
        for step in STEPS[had:]:
            db.execute(step)
        if row is None:
            db.execute("INSERT INTO gateway_schema VALUES (%s)", (len(STEPS),))
        elif had < len(STEPS):
            db.execute("UPDATE gateway_schema SET version = %s", (len(STEPS),))
    return had
