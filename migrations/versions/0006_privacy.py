"""Who looked at whose data and why, requests of data subjects, notices of failed protection, and what was removed when.

Frozen once released.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STAYS = "BEGIN SELECT RAISE(ABORT, '{what}'); END"


def _kept(table: str, what: str) -> tuple[str, str]:
    """Rows that are neither changed nor removed."""
    stays = _STAYS.format(what=what)
    return (f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} {stays}",
            f"CREATE TRIGGER {table}_not_undone BEFORE DELETE ON {table} {stays}")


VIEWING = (
    """
    CREATE TABLE viewing (
        no INTEGER NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        officer TEXT NOT NULL,
        what TEXT NOT NULL CHECK (what IN ('biodata', 'nik', 'foto', 'berkas', 'riwayat', 'salinan')),
        reason TEXT NOT NULL CHECK (reason IN (
            'pelayanan', 'pertanyaan', 'pengaduan', 'permintaan', 'perbaikan', 'pemeriksaan', 'aparat', 'lain')),
        note TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX viewing_of ON viewing (permohonan_id, at)",
    "CREATE INDEX viewing_at ON viewing (at, officer)",
    *_kept("viewing", "viewing.stays"),
)

REQUESTS = (
    """
    CREATE TABLE subject_request (
        id TEXT NOT NULL PRIMARY KEY,
        nomor TEXT NOT NULL UNIQUE,
        received_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL CHECK (due_at > received_at),
        jenis TEXT NOT NULL CHECK (jenis IN ('akses', 'perbaikan', 'penghentian', 'keberatan')),
        nik TEXT NOT NULL,
        nama TEXT NOT NULL,
        kontak TEXT NOT NULL,
        uraian TEXT NOT NULL,
        petugas TEXT NOT NULL,
        identity TEXT NOT NULL,
        identity_by TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('diterima', 'diproses', 'dipenuhi', 'sebagian', 'ditolak')),
        jawaban TEXT NOT NULL,
        finished_at INTEGER,
        updated_at INTEGER,
        version INTEGER NOT NULL CHECK (version > 0)
    ) STRICT
    """,
    "CREATE INDEX subject_request_open ON subject_request (due_at) WHERE status NOT IN ('dipenuhi', 'sebagian', 'ditolak')",
    "CREATE INDEX subject_request_at ON subject_request (received_at)",
    f"CREATE TRIGGER subject_request_not_undone BEFORE DELETE ON subject_request {_STAYS.format(what='subject.stays')}",
    """
    CREATE TABLE subject_request_step (
        no INTEGER NOT NULL PRIMARY KEY,
        request_id TEXT NOT NULL REFERENCES subject_request (id) DEFERRABLE INITIALLY DEFERRED,
        at INTEGER NOT NULL,
        officer TEXT NOT NULL,
        status TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX subject_request_step_of ON subject_request_step (request_id, no)",
    *_kept("subject_request_step", "subject.stays"),
)

BREACHES = (
    """
    CREATE TABLE breach (
        id TEXT NOT NULL PRIMARY KEY,
        nomor TEXT NOT NULL UNIQUE,
        known_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL CHECK (due_at > known_at),
        began_at INTEGER NOT NULL,
        ended_at INTEGER NOT NULL CHECK (ended_at >= began_at),
        data TEXT NOT NULL,
        bagaimana TEXT NOT NULL,
        penanganan TEXT NOT NULL,
        officer TEXT NOT NULL,
        second TEXT NOT NULL CHECK (second <> officer),
        people INTEGER NOT NULL CHECK (people >= 0),
        made_at INTEGER NOT NULL
    ) STRICT
    """,
    *_kept("breach", "breach.stays"),
    """
    CREATE TABLE breach_person (
        breach_id TEXT NOT NULL REFERENCES breach (id) DEFERRABLE INITIALLY DEFERRED,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        PRIMARY KEY (breach_id, permohonan_id)
    ) STRICT, WITHOUT ROWID
    """,
    *_kept("breach_person", "breach.stays"),
)

DISPOSAL = (
    """
    CREATE TABLE disposal (
        id TEXT NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        count INTEGER NOT NULL CHECK (count > 0),
        days INTEGER NOT NULL CHECK (days >= 0),
        officer TEXT NOT NULL,
        digest TEXT NOT NULL CHECK (length(digest) = 64)
    ) STRICT
    """,
    "CREATE INDEX disposal_at ON disposal (at)",
    *_kept("disposal", "disposal.stays"),
)

STATEMENTS = (*VIEWING, *REQUESTS, *BREACHES, *DISPOSAL)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
