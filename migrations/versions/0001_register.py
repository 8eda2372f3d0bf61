"""The whole register: STRICT tables with checks, the indexes of every list, triggers that keep the audit append-only.

Moments are INTEGER microseconds since 1970 UTC; days are ISO text; nested values are JSON text. Frozen once released: a change
of the schema is a new file.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPLICATION_ID = 0x4B54504C
OPEN = "('draf', 'berjalan', 'dikembalikan', 'ganda', 'menunggu_usia')"
LIVE = "('intent', 'sent', 'unknown', 'printed', 'encoding', 'confirmed')"

APPLICATIONS = (
    f"""
    CREATE TABLE permohonan (
        id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
        layanan TEXT NOT NULL,
        nik TEXT NOT NULL CHECK (length(nik) = 16 AND nik NOT GLOB '*[^0-9]*'),
        penduduk TEXT NOT NULL CHECK (json_valid(penduduk)),
        sop_id TEXT NOT NULL,
        sop_digest TEXT NOT NULL,
        keadaan TEXT NOT NULL CHECK (keadaan IN {OPEN} OR keadaan IN ('ditolak', 'selesai', 'batal')),
        is_open INTEGER NOT NULL CHECK (is_open = (keadaan IN {OPEN})),
        kelengkapan TEXT NOT NULL CHECK (json_valid(kelengkapan)),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        nomor_register TEXT NOT NULL,
        nomor_hp TEXT NOT NULL,
        warnings TEXT NOT NULL CHECK (json_valid(warnings)),
        complete_at INTEGER,
        due_at INTEGER,
        confirmed_at INTEGER,
        corrections TEXT NOT NULL CHECK (json_valid(corrections)),
        return_reasons TEXT NOT NULL CHECK (json_valid(return_reasons)),
        note TEXT NOT NULL,
        menunggu_hingga TEXT,
        mobile_place TEXT NOT NULL,
        version INTEGER NOT NULL CHECK (version >= 1)
    ) STRICT
    """,
    "CREATE UNIQUE INDEX permohonan_number ON permohonan (nomor_register) WHERE nomor_register <> ''",
    "CREATE UNIQUE INDEX permohonan_one_open ON permohonan (nik) WHERE is_open = 1",
    "CREATE INDEX permohonan_nik ON permohonan (nik)",
    "CREATE TRIGGER permohonan_stays BEFORE DELETE ON permohonan BEGIN SELECT RAISE(ABORT, 'permohonan.stays'); END",
    """
    CREATE TABLE tahap (
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        idx INTEGER NOT NULL CHECK (idx >= 0),
        nomor INTEGER NOT NULL,
        stage TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('belum', 'aktif', 'jeda', 'selesai', 'dilewati')),
        started_at INTEGER,
        finished_at INTEGER,
        running_since INTEGER,
        active_s REAL NOT NULL,
        paused_s REAL NOT NULL,
        paused_since INTEGER,
        pause_reason TEXT NOT NULL,
        outcome TEXT NOT NULL,
        actor TEXT NOT NULL,
        role TEXT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (permohonan_id, idx)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE search (
        no INTEGER NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL UNIQUE REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        nomor_register TEXT NOT NULL,
        nama TEXT NOT NULL,
        nik TEXT NOT NULL,
        layanan TEXT NOT NULL,
        desa TEXT NOT NULL,
        keadaan TEXT NOT NULL,
        stage TEXT NOT NULL,
        step_no INTEGER NOT NULL,
        tahap_state TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        active_s REAL NOT NULL,
        petugas TEXT NOT NULL,
        running_since INTEGER,
        pause_reason TEXT NOT NULL,
        status_siak TEXT NOT NULL,
        sop_digest TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX search_created ON search (created_at, no)",
    "CREATE INDEX search_state ON search (keadaan, stage, created_at)",
    "CREATE INDEX search_keadaan ON search (keadaan, created_at)",
    "CREATE INDEX search_layanan ON search (layanan, created_at)",
    "CREATE INDEX search_desa ON search (desa, created_at)",
    """
    CREATE TABLE search_word (
        word TEXT NOT NULL,
        no INTEGER NOT NULL REFERENCES search (no) DEFERRABLE INITIALLY DEFERRED,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (word, no)
    ) STRICT, WITHOUT ROWID
    """,
)

RECORDING = (
    """
    CREATE TABLE sample (
        no INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        position TEXT NOT NULL,
        attempt INTEGER NOT NULL CHECK (attempt >= 1),
        media_type TEXT NOT NULL,
        width INTEGER NOT NULL CHECK (width >= 0),
        height INTEGER NOT NULL CHECK (height >= 0),
        ppi INTEGER NOT NULL CHECK (ppi >= 0),
        quality TEXT NOT NULL,
        device TEXT NOT NULL,
        captured_at INTEGER NOT NULL,
        best INTEGER NOT NULL CHECK (best IN (0, 1)),
        forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
        signature_kind TEXT
    ) STRICT
    """,
    # one index for both: samples of an application, and at most one best of each position
    "CREATE UNIQUE INDEX sample_of ON sample (permohonan_id, position, CASE best WHEN 1 THEN 0 ELSE no END)",
    """
    CREATE TABLE sample_data (
        sample_no INTEGER NOT NULL PRIMARY KEY REFERENCES sample (no) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        data BLOB NOT NULL,
        device_payload BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE exception (
        no INTEGER NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        position TEXT NOT NULL,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        approved_by TEXT NOT NULL,
        recorded_by TEXT NOT NULL,
        UNIQUE (permohonan_id, position)
    ) STRICT
    """,
    """
    CREATE TABLE document (
        no INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        kind TEXT NOT NULL,
        media_type TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        title TEXT NOT NULL,
        data BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX document_of ON document (permohonan_id, kind)",
    """
    CREATE TABLE approval (
        no INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        stage TEXT NOT NULL,
        kind TEXT NOT NULL,
        officer TEXT NOT NULL,
        role TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        at INTEGER NOT NULL,
        note TEXT NOT NULL,
        second_same_officer INTEGER NOT NULL CHECK (second_same_officer IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX approval_of ON approval (permohonan_id)",
    """
    CREATE TABLE handover (
        permohonan_id TEXT NOT NULL PRIMARY KEY REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        kind TEXT NOT NULL,
        receiver_name TEXT NOT NULL,
        receiver_relation TEXT NOT NULL,
        officer TEXT NOT NULL,
        at INTEGER NOT NULL,
        card_uid TEXT NOT NULL,
        activated INTEGER NOT NULL CHECK (activated IN (0, 1)),
        old_card_withdrawn INTEGER NOT NULL CHECK (old_card_withdrawn IN (0, 1)),
        number TEXT NOT NULL,
        signature_png BLOB NOT NULL
    ) STRICT
    """,
    "CREATE TRIGGER handover_stays BEFORE UPDATE ON handover BEGIN SELECT RAISE(ABORT, 'handover.stays'); END",
    "CREATE TRIGGER handover_not_undone BEFORE DELETE ON handover BEGIN SELECT RAISE(ABORT, 'handover.stays'); END",
)

OUTBOX = (
    """
    CREATE TABLE packet (
        packet_id TEXT NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        station TEXT NOT NULL,
        counter INTEGER NOT NULL UNIQUE CHECK (counter >= 1),
        previous_hash TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL CHECK (size >= 0),
        path TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('sealed', 'announced', 'uploaded', 'received', 'refused')),
        sealed_at INTEGER NOT NULL,
        upload_url TEXT NOT NULL,
        "offset" INTEGER NOT NULL CHECK ("offset" >= 0),
        attempts INTEGER NOT NULL CHECK (attempts >= 0),
        next_try_at INTEGER,
        wait_cause TEXT NOT NULL,
        wait_detail TEXT NOT NULL,
        receipt TEXT NOT NULL,
        received_at INTEGER,
        server_sequence INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX packet_of ON packet (permohonan_id, counter)",
    "CREATE INDEX packet_unsent ON packet (counter) WHERE state <> 'received'",
    """
    CREATE TRIGGER packet_received_stays BEFORE UPDATE ON packet WHEN OLD.state = 'received' AND NEW.state <> 'received'
    BEGIN SELECT RAISE(ABORT, 'packet.received_stays'); END
    """,
    "CREATE TRIGGER packet_stays BEFORE DELETE ON packet BEGIN SELECT RAISE(ABORT, 'packet.stays'); END",
    """
    CREATE TABLE status_event (
        packet_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        nik TEXT NOT NULL,
        status TEXT NOT NULL,
        at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('gateway', 'courier', 'manual', 'csv')),
        PRIMARY KEY (packet_id, sequence)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER status_event_monotone BEFORE INSERT ON status_event
    WHEN EXISTS (SELECT 1 FROM status_event WHERE packet_id = NEW.packet_id AND sequence >= NEW.sequence)
    BEGIN SELECT RAISE(ABORT, 'status.monotone'); END
    """,
)

CARDS = (
    f"""
    CREATE TABLE card_job (
        id TEXT NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        credential TEXT NOT NULL,
        nik TEXT NOT NULL,
        blangko TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN {LIVE} OR state IN ('spoiled', 'cancelled')),
        is_live INTEGER NOT NULL CHECK (is_live = (state IN {LIVE})),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        face_hash TEXT NOT NULL,
        printer_job TEXT NOT NULL,
        chip_uid TEXT NOT NULL,
        readback_hash TEXT NOT NULL,
        spoil_reason TEXT NOT NULL,
        operator TEXT NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX card_job_one_live ON card_job (credential) WHERE is_live = 1",
    "CREATE UNIQUE INDEX card_job_one_blank ON card_job (blangko) WHERE is_live = 1",
    "CREATE INDEX card_job_of ON card_job (permohonan_id)",
    "CREATE INDEX card_job_state ON card_job (state, created_at)",
    """
    CREATE TABLE blangko (
        no INTEGER NOT NULL PRIMARY KEY,
        serial TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('stok', 'dipakai', 'baik', 'rusak', 'dikembalikan')),
        batch TEXT NOT NULL,
        job_id TEXT NOT NULL,
        received_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX blangko_state ON blangko (state, no)",
    "CREATE TRIGGER blangko_stays BEFORE DELETE ON blangko BEGIN SELECT RAISE(ABORT, 'blangko.stays'); END",
)

OFFICE = (
    """
    CREATE TABLE sop (
        digest TEXT NOT NULL PRIMARY KEY,
        sop_id TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sop_step (
        sop_digest TEXT NOT NULL REFERENCES sop (digest) DEFERRABLE INITIALLY DEFERRED,
        nomor INTEGER NOT NULL,
        limit_s REAL,
        PRIMARY KEY (sop_digest, nomor)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE user (
        username TEXT NOT NULL PRIMARY KEY CHECK (length(username) >= 1),
        nama TEXT NOT NULL,
        peran TEXT NOT NULL CHECK (json_valid(peran)),
        password_hash TEXT NOT NULL,
        nip TEXT NOT NULL,
        jabatan TEXT NOT NULL,
        failed INTEGER NOT NULL CHECK (failed >= 0),
        locked_until INTEGER,
        active INTEGER NOT NULL CHECK (active IN (0, 1))
    ) STRICT
    """,
    "CREATE TABLE draft (key TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT",
    "CREATE TABLE setting (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """
    CREATE TABLE counter (
        series TEXT NOT NULL,
        year INTEGER NOT NULL,
        value INTEGER NOT NULL CHECK (value >= 0),
        PRIMARY KEY (series, year)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER counter_never_back BEFORE UPDATE ON counter WHEN NEW.value < OLD.value
    BEGIN SELECT RAISE(ABORT, 'counter.never_back'); END
    """,
)

AUDIT = (
    """
    CREATE TABLE audit (
        sequence INTEGER NOT NULL PRIMARY KEY CHECK (sequence >= 1),
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        event TEXT NOT NULL,
        subject TEXT NOT NULL,
        facts TEXT NOT NULL CHECK (json_valid(facts)),
        previous TEXT NOT NULL CHECK (length(previous) = 64),
        digest TEXT NOT NULL CHECK (length(digest) = 64)
    ) STRICT
    """,
    "CREATE INDEX audit_subject ON audit (subject, sequence)",
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit.append_only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit.append_only'); END",
    """
    CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
    BEGIN SELECT RAISE(ABORT, 'audit.append_only'); END
    """,
    """
    CREATE TABLE audit_head (
        one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        register_id TEXT NOT NULL,
        length INTEGER NOT NULL CHECK (length >= 0),
        head TEXT NOT NULL CHECK (length(head) = 64)
    ) STRICT
    """,
    "CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'audit.append_only'); END",
    """
    CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.length < OLD.length
    BEGIN SELECT RAISE(ABORT, 'audit.append_only'); END
    """,
    f"INSERT INTO audit_head (one, register_id, length, head) VALUES (1, lower(hex(randomblob(16))), 0, '{'0' * 64}')",
)


def upgrade() -> None:
    op.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for group in (APPLICATIONS, RECORDING, OUTBOX, CARDS, OFFICE, AUDIT):
        for statement in group:
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
