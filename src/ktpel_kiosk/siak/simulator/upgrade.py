"""A practice gateway of an earlier version kept packets as rows; here they become files, once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ktpel_kiosk.siak.simulator.commits import connect
from ktpel_kiosk.siak.simulator.parcels import Parcels


def upgrade(file: Path, parcels: Parcels) -> None:
    """Bring a store of version 0 to today's tables. A crash on the way leaves the old store whole."""
    if not file.exists():
        return
    db = connect(file)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] == 0 and _has(db, "contents"):
            _bytes_to_files(db, parcels)
            db.execute("BEGIN IMMEDIATE")
            for column in ("replaces", "place_url", "announced_at", "received_at", "nik", "failure"):
                db.execute(f"ALTER TABLE packets ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
            db.execute("ALTER TABLE packets ADD COLUMN opened INTEGER NOT NULL DEFAULT 0")
            db.execute("ALTER TABLE packets DROP COLUMN received")
            db.execute("UPDATE packets SET opened = complete")
            db.execute("ALTER TABLE cards RENAME TO cards_0")
            db.execute("CREATE TABLE cards (sequence INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, "
                       "event TEXT NOT NULL, station TEXT NOT NULL DEFAULT '', packet_id TEXT NOT NULL DEFAULT '', "
                       "nik TEXT NOT NULL DEFAULT '', at TEXT NOT NULL DEFAULT '', facts TEXT NOT NULL) STRICT")
            db.execute("INSERT INTO cards (event_id, event, facts) SELECT event_id, event, facts FROM cards_0 ORDER BY rowid")
            for table in ("cards_0", "contents", "chunks"):
                db.execute(f"DROP TABLE {table}")
            db.execute("PRAGMA user_version = 1")
            db.execute("COMMIT")
    finally:
        db.close()


def _has(db: sqlite3.Connection, table: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).fetchone() is not None


def _bytes_to_files(db: sqlite3.Connection, parcels: Parcels) -> None:
    for packet_id, upload_id in db.execute("SELECT packet_id, upload_id FROM packets").fetchall():
        parcels.drop(upload_id)
        whole = db.execute("SELECT data FROM contents WHERE packet_id = ?", (packet_id,)).fetchall()
        parts = whole or db.execute("SELECT data FROM chunks WHERE packet_id = ? ORDER BY start", (packet_id,)).fetchall()
        data = b"".join(bytes(p[0]) for p in parts)
        if data:
            parcels.append(upload_id, 0, data)
