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
    # "is due" and every page of the queue, oldest first, without a look at the rows that are passed over
    """
    CREATE INDEX packet_unsent ON packet (counter, next_try_at, state, wait_cause, sealed_at)
    WHERE state <> 'received' AND replaced_by = ''
    """,
    # the queue's figures, per cause, from the index alone
    """
    CREATE INDEX packet_unsent_cause ON packet (wait_cause, state, sealed_at, size, "offset")
    WHERE state <> 'received' AND replaced_by = ''
    """,
    """
    CREATE INDEX packet_unsent_courier ON packet (counter, courier_at, state, wait_cause, sealed_at)
    WHERE courier_at IS NOT NULL AND state <> 'received' AND replaced_by = ''
    """,
    "CREATE INDEX packet_unpurged ON packet (counter) WHERE purged_at IS NULL",
    "CREATE INDEX packet_replaced ON packet (sealed_at) WHERE replaced_by <> ''",
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
    # events that come late (by courier, after newer ones) belong to the history; which one counts is decided by all of them together
    "DROP TRIGGER status_event_monotone",
    f"CREATE TRIGGER status_event_stays BEFORE UPDATE ON status_event {_STAYS.format(what='status.stays')}",
    f"CREATE TRIGGER status_event_not_undone BEFORE DELETE ON status_event {_STAYS.format(what='status.stays')}",
    # since when the shown status holds, or since the receipt while there is none
    "ALTER TABLE search ADD COLUMN status_at INTEGER",
    """
    UPDATE search SET status_at = (
        SELECT max(e.at) FROM packet AS k JOIN status_event AS e ON e.packet_id = k.packet_id
        WHERE k.permohonan_id = search.permohonan_id AND e.status = search.status_siak)
    WHERE status_siak <> '' AND keadaan IN ('berjalan', 'ganda')
    """,
    """
    UPDATE search SET status_at = (SELECT max(k.received_at) FROM packet AS k WHERE k.permohonan_id = search.permohonan_id)
    WHERE status_siak = '' AND keadaan = 'berjalan' AND stage = 'menunggu_prr'
    """,
    # what the alerts and tasks ask, answered from the index alone
    """
    CREATE INDEX search_status ON search (status_siak, stage, status_at, pause_reason, updated_at, permohonan_id, keadaan)
    WHERE keadaan IN ('berjalan', 'ganda')
    """,
    "CREATE INDEX permohonan_due ON permohonan (due_at) WHERE is_open = 1 AND due_at IS NOT NULL",
    "CREATE INDEX contact_asked ON contact (at, permohonan_id) WHERE purpose = 'pusat'",
)

CARDS = ("CREATE INDEX card_job_of_chip ON card_job (chip_uid) WHERE chip_uid <> ''",)

STATEMENTS = (*PACKET, *SPARE, *COURIER, *STATUS, *CARDS)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
