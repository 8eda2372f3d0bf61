"""What a queue of months needs: spare contents until the receipt is safe, purges on record, courier bundles, statuses entered by hand.

Frozen once released.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STAYS = "BEGIN SELECT RAISE(ABORT, '{what}'); END"

PACKET = (
    "ALTER TABLE packet ADD COLUMN replaces TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE packet ADD COLUMN replaced_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE packet ADD COLUMN purged_at INTEGER",
    "ALTER TABLE packet ADD COLUMN purge_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE packet ADD COLUMN courier_at INTEGER",
    "ALTER TABLE packet ADD COLUMN courier_id TEXT NOT NULL DEFAULT ''",
    "DROP INDEX packet_unsent",
    # covers what "is due" and the queue's figures ask, so that fifty thousand rows are answered from the index alone
    """
    CREATE INDEX packet_unsent ON packet (counter, next_try_at, state, size, "offset", sealed_at, wait_cause, courier_at)
    WHERE state <> 'received' AND replaced_by = ''
    """,
    "CREATE INDEX packet_unpurged ON packet (counter) WHERE purged_at IS NULL",
    """
    CREATE TRIGGER packet_purge_needs_receipt BEFORE UPDATE ON packet
    WHEN NEW.purged_at IS NOT NULL AND NEW.state <> 'received' AND NEW.replaced_by = ''
    BEGIN SELECT RAISE(ABORT, 'packet.purge_needs_receipt'); END
    """,
)

SPARE = (
    """
    CREATE TABLE packet_spare (
        packet_id TEXT NOT NULL PRIMARY KEY REFERENCES packet (packet_id) DEFERRABLE INITIALLY DEFERRED,
        path TEXT NOT NULL,
        size INTEGER NOT NULL CHECK (size > 0),
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
        kept_at INTEGER NOT NULL,
        "key" BLOB NOT NULL CHECK (length("key") = 32)
    ) STRICT
    """,
    """
    CREATE TABLE purge (
        id TEXT NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        number TEXT NOT NULL,
        officer TEXT NOT NULL,
        packets INTEGER NOT NULL CHECK (packets > 0),
        bytes INTEGER NOT NULL CHECK (bytes >= 0),
        first_counter INTEGER NOT NULL,
        last_counter INTEGER NOT NULL,
        days INTEGER NOT NULL CHECK (days >= 0),
        digest TEXT NOT NULL CHECK (length(digest) = 64)
    ) STRICT
    """,
    f"CREATE TRIGGER purge_stays BEFORE UPDATE ON purge {_STAYS.format(what='purge.stays')}",
    f"CREATE TRIGGER purge_not_undone BEFORE DELETE ON purge {_STAYS.format(what='purge.stays')}",
    "CREATE INDEX packet_of_purge ON packet (purge_id, counter) WHERE purge_id <> ''",
)

COURIER = (
    """
    CREATE TABLE courier_bundle (
        id TEXT NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        officer TEXT NOT NULL,
        label TEXT NOT NULL,
        packets INTEGER NOT NULL CHECK (packets > 0),
        bytes INTEGER NOT NULL CHECK (bytes >= 0),
        digest TEXT NOT NULL CHECK (length(digest) = 64),
        imported_at INTEGER,
        receipts INTEGER NOT NULL DEFAULT 0,
        statuses INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    f"CREATE TRIGGER courier_bundle_stays BEFORE DELETE ON courier_bundle {_STAYS.format(what='courier.stays')}",
)

STATUS = (
    """
    CREATE TABLE status_entry (
        id TEXT NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        nik TEXT NOT NULL,
        status TEXT NOT NULL,
        at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('manual', 'csv', 'lookup')),
        officer TEXT NOT NULL,
        entered_at INTEGER NOT NULL,
        UNIQUE (permohonan_id, status, at, source)
    ) STRICT
    """,
    f"CREATE TRIGGER status_entry_stays BEFORE UPDATE ON status_entry {_STAYS.format(what='status.stays')}",
    f"CREATE TRIGGER status_entry_not_undone BEFORE DELETE ON status_entry {_STAYS.format(what='status.stays')}",
)

CARDS = ("CREATE INDEX card_job_of_chip ON card_job (chip_uid) WHERE chip_uid <> ''",)

STATEMENTS = (*PACKET, *SPARE, *COURIER, *STATUS, *CARDS)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
