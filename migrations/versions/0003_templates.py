"""Fingers kept for the office's own search for double recordings, and what each search found.

Frozen once released.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE finger_template (
        no INTEGER NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id),
        position TEXT NOT NULL,
        form BLOB NOT NULL CHECK (length(form) BETWEEN 1 AND 16384),
        kept_at INTEGER NOT NULL,
        UNIQUE (permohonan_id, position)
    ) STRICT
    """,
    "CREATE INDEX finger_template_position ON finger_template (position, no)",
    "CREATE INDEX finger_template_kept ON finger_template (kept_at)",
    """
    CREATE TRIGGER finger_template_no_update BEFORE UPDATE ON finger_template
    BEGIN SELECT RAISE(ABORT, 'finger_template.stays'); END
    """,
    """
    CREATE TABLE duplicate_check (
        no INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id),
        at INTEGER NOT NULL,
        people INTEGER NOT NULL CHECK (people >= 0),
        hits TEXT NOT NULL CHECK (json_valid(hits)),
        decision TEXT NOT NULL CHECK (decision IN ('', 'orang_lain', 'orang_sama')),
        decided_by TEXT NOT NULL,
        decided_at INTEGER,
        note TEXT NOT NULL,
        CHECK ((decision = '') = (decided_at IS NULL))
    ) STRICT
    """,
    "CREATE INDEX duplicate_check_of ON duplicate_check (permohonan_id, no)",
    "CREATE INDEX duplicate_check_open ON duplicate_check (at) WHERE decision = '' AND hits <> '[]'",
    "CREATE TRIGGER duplicate_check_no_delete BEFORE DELETE ON duplicate_check BEGIN SELECT RAISE(ABORT, 'duplicate_check.stays'); END",
    """
    CREATE TRIGGER duplicate_check_no_update BEFORE UPDATE OF no, id, permohonan_id, at, people, hits ON duplicate_check
    BEGIN SELECT RAISE(ABORT, 'duplicate_check.stays'); END
    """,
    """
    CREATE TRIGGER duplicate_check_decided_once BEFORE UPDATE ON duplicate_check WHEN OLD.decision <> ''
    BEGIN SELECT RAISE(ABORT, 'duplicate_check.stays'); END
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
