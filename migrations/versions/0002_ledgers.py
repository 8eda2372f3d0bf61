"""The books beside applications, pauses kept apart, the population list; found by phone and village too.

What was stored before is carried over: lists learn phone, sex and place, words of phone and village are added, and the moves of
the blank-card ledger are made from the cards as they stand. Frozen once released.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ENDED = "('selesai', 'ditolak', 'diteruskan')"
OUTCOMES = "('ApplicationReturned', 'ReturnedAtCounter', 'ApplicationRejected', 'DuplicateNoticed', 'ApplicationVoided')"
PAGE = 5000


def stays(table: str, *acts: str) -> tuple[str, ...]:
    """Triggers that refuse these acts on any row of the table."""
    return tuple(
        f"CREATE TRIGGER {table}_no_{act.split()[0].lower()} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{table}.stays'); END"
        for act in acts)


COLUMNS = (
    "ALTER TABLE permohonan ADD COLUMN varian TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE permohonan ADD COLUMN sudah_rekam TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE approval ADD COLUMN signature TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE approval ADD COLUMN public_key TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE user ADD COLUMN public_key TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE user ADD COLUMN sealed_key TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE search ADD COLUMN nomor_hp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE search ADD COLUMN jenis_kelamin TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE search ADD COLUMN mobile_place TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE search ADD COLUMN numbered_at INTEGER",
)

INDEXES = (
    "CREATE INDEX search_numbered ON search (numbered_at, no) WHERE nomor_register <> ''",
    "CREATE INDEX tahap_finished ON tahap (finished_at) WHERE finished_at IS NOT NULL",
    "CREATE INDEX tahap_recorded ON tahap (finished_at) WHERE stage = 'rekam' AND state = 'selesai'",
    "CREATE INDEX card_job_created ON card_job (created_at, id) WHERE state <> 'cancelled'",
    "CREATE INDEX handover_at ON handover (at, permohonan_id)",
    "CREATE INDEX packet_received ON packet (received_at, sealed_at) WHERE state = 'received'",
    f"CREATE INDEX audit_outcomes ON audit (at) WHERE event IN {OUTCOMES}",
)

CARDS = (
    """
    CREATE TABLE withdrawn_card (
        no INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
        nik TEXT NOT NULL,
        nama TEXT NOT NULL,
        alasan TEXT NOT NULL CHECK (alasan IN ('rusak', 'perubahan_data', 'pindah', 'perpanjangan', 'ditemukan', 'lain')),
        kondisi TEXT NOT NULL,
        petugas TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        permohonan_id TEXT NOT NULL,
        destruction_id TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX withdrawn_card_received ON withdrawn_card (received_at, no)",
    "CREATE INDEX withdrawn_card_waiting ON withdrawn_card (received_at, no) WHERE destruction_id = ''",
    "CREATE INDEX withdrawn_card_burned ON withdrawn_card (destruction_id) WHERE destruction_id <> ''",
    *stays("withdrawn_card", "DELETE", "UPDATE OF no, id, nik, nama, alasan, kondisi, petugas, received_at, permohonan_id"),
    """
    CREATE TRIGGER withdrawn_card_burned_once BEFORE UPDATE ON withdrawn_card WHEN OLD.destruction_id <> ''
    BEGIN SELECT RAISE(ABORT, 'withdrawn_card.stays'); END
    """,
    """
    CREATE TABLE destruction (
        id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
        nomor TEXT NOT NULL UNIQUE CHECK (nomor <> ''),
        at INTEGER NOT NULL,
        place TEXT NOT NULL,
        method TEXT NOT NULL,
        executors TEXT NOT NULL CHECK (json_valid(executors)),
        witnesses TEXT NOT NULL CHECK (json_valid(witnesses)),
        officer TEXT NOT NULL,
        count INTEGER NOT NULL CHECK (count >= 1),
        note TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX destruction_at ON destruction (at)",
    *stays("destruction", "DELETE", "UPDATE"),
    """
    CREATE TABLE blangko_move (
        no INTEGER NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('masuk', 'baik', 'rusak', 'kembali')),
        count INTEGER NOT NULL CHECK (count >= 1 OR (count = -1 AND kind = 'baik')),  -- -1: a good card was spoiled afterwards
        officer TEXT NOT NULL,
        batch TEXT NOT NULL,
        serial TEXT NOT NULL,
        job_id TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX blangko_move_at ON blangko_move (at, kind, count)",
    *stays("blangko_move", "DELETE", "UPDATE"),
    """
    CREATE TABLE blangko_day (
        day TEXT NOT NULL PRIMARY KEY CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
        opening INTEGER NOT NULL,
        masuk INTEGER NOT NULL CHECK (masuk >= 0),
        baik INTEGER NOT NULL,
        rusak INTEGER NOT NULL CHECK (rusak >= 0),
        kembali INTEGER NOT NULL CHECK (kembali >= 0),
        closing INTEGER NOT NULL CHECK (closing = opening + masuk - baik - rusak - kembali),
        counted INTEGER NOT NULL CHECK (counted >= 0),
        officer TEXT NOT NULL,
        at INTEGER NOT NULL,
        note TEXT NOT NULL
    ) STRICT
    """,
    *stays("blangko_day", "DELETE", "UPDATE"),
)

PAPERS = (
    """
    CREATE TABLE letter (
        no INTEGER NOT NULL PRIMARY KEY,
        nomor TEXT NOT NULL UNIQUE CHECK (nomor <> ''),
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        kepada TEXT NOT NULL,
        perihal TEXT NOT NULL,
        penandatangan TEXT NOT NULL,
        officer TEXT NOT NULL,
        nik TEXT NOT NULL,
        permohonan_id TEXT NOT NULL,
        void_reason TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX letter_at ON letter (at, no)",
    "CREATE INDEX letter_of ON letter (permohonan_id, no) WHERE permohonan_id <> ''",
    *stays("letter", "DELETE", "UPDATE OF no, nomor, kind, at, kepada, perihal, penandatangan, officer, nik, permohonan_id"),
    """
    CREATE TRIGGER letter_void_once BEFORE UPDATE ON letter WHEN OLD.void_reason <> ''
    BEGIN SELECT RAISE(ABORT, 'letter.stays'); END
    """,
    """
    CREATE TABLE contact (
        no INTEGER NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        at INTEGER NOT NULL,
        officer TEXT NOT NULL,
        purpose TEXT NOT NULL,
        outcome TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX contact_of ON contact (permohonan_id, no)",
    *stays("contact", "DELETE", "UPDATE"),
    """
    CREATE TABLE month_lock (
        no INTEGER NOT NULL PRIMARY KEY,
        year INTEGER NOT NULL CHECK (year BETWEEN 1970 AND 9999),
        month INTEGER NOT NULL CHECK (month BETWEEN 1 AND 12),
        action TEXT NOT NULL CHECK (action IN ('tutup', 'buka')),
        at INTEGER NOT NULL,
        officer TEXT NOT NULL,
        second TEXT NOT NULL,
        reason TEXT NOT NULL,
        digests TEXT NOT NULL CHECK (json_valid(digests))
    ) STRICT
    """,
    "CREATE INDEX month_lock_of ON month_lock (year, month, no)",
    *stays("month_lock", "DELETE", "UPDATE"),
    """
    CREATE TABLE pause (
        no INTEGER NOT NULL PRIMARY KEY,
        permohonan_id TEXT NOT NULL REFERENCES permohonan (id) DEFERRABLE INITIALLY DEFERRED,
        idx INTEGER NOT NULL CHECK (idx >= 0),
        nomor INTEGER NOT NULL,
        stage TEXT NOT NULL,
        reason TEXT NOT NULL,
        began_at INTEGER NOT NULL,
        ended_at INTEGER NOT NULL CHECK (ended_at >= began_at)
    ) STRICT
    """,
    "CREATE INDEX pause_of ON pause (permohonan_id, no)",
    "CREATE INDEX pause_ended ON pause (ended_at)",
    *stays("pause", "DELETE", "UPDATE"),
)

PEOPLE = (
    f"""
    CREATE TABLE complaint (
        id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
        nomor TEXT NOT NULL UNIQUE CHECK (nomor <> ''),
        received_at INTEGER NOT NULL,
        kanal TEXT NOT NULL CHECK (kanal IN ('langsung', 'kotak_saran', 'telepon', 'email', 'website', 'sp4n_lapor')),
        uraian TEXT NOT NULL,
        kategori TEXT NOT NULL CHECK (kategori IN ('ringan', 'normatif', 'non_pengawasan', 'pengawasan')),
        petugas TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        nama TEXT NOT NULL,
        kontak TEXT NOT NULL,
        anonim INTEGER NOT NULL CHECK (anonim = 0 OR (anonim = 1 AND nama = '' AND kontak = '')),
        status TEXT NOT NULL CHECK (status IN {ENDED} OR status IN ('diterima', 'diverifikasi', 'diproses', 'menunggu_pelapor')),
        tindak_lanjut TEXT NOT NULL,
        finished_at INTEGER,
        updated_at INTEGER,
        version INTEGER NOT NULL CHECK (version >= 1)
    ) STRICT
    """,
    "CREATE INDEX complaint_received ON complaint (received_at, id)",
    f"CREATE INDEX complaint_open ON complaint (due_at) WHERE status NOT IN {ENDED}",
    *stays("complaint", "DELETE", "UPDATE OF id, nomor, received_at"),
    """
    CREATE TABLE complaint_step (
        no INTEGER NOT NULL PRIMARY KEY,
        pengaduan_id TEXT NOT NULL REFERENCES complaint (id) DEFERRABLE INITIALLY DEFERRED,
        at INTEGER NOT NULL,
        officer TEXT NOT NULL,
        status TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX complaint_step_of ON complaint_step (pengaduan_id, no)",
    *stays("complaint_step", "DELETE", "UPDATE"),
    """
    CREATE TABLE survey (
        key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
        month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]'),
        layanan TEXT NOT NULL,
        persyaratan INTEGER NOT NULL CHECK (persyaratan BETWEEN 1 AND 4),
        prosedur INTEGER NOT NULL CHECK (prosedur BETWEEN 1 AND 4),
        waktu INTEGER NOT NULL CHECK (waktu BETWEEN 1 AND 4),
        biaya INTEGER NOT NULL CHECK (biaya BETWEEN 1 AND 4),
        produk INTEGER NOT NULL CHECK (produk BETWEEN 1 AND 4),
        kompetensi INTEGER NOT NULL CHECK (kompetensi BETWEEN 1 AND 4),
        perilaku INTEGER NOT NULL CHECK (perilaku BETWEEN 1 AND 4),
        pengaduan INTEGER NOT NULL CHECK (pengaduan BETWEEN 1 AND 4),
        sarana INTEGER NOT NULL CHECK (sarana BETWEEN 1 AND 4),
        kelamin TEXT NOT NULL,
        usia TEXT NOT NULL,
        pendidikan TEXT NOT NULL,
        pekerjaan TEXT NOT NULL,
        jam TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX survey_month ON survey (month)",
    *stays("survey", "DELETE", "UPDATE"),
    """
    CREATE TABLE population (
        nik TEXT NOT NULL PRIMARY KEY CHECK (length(nik) = 16 AND nik NOT GLOB '*[^0-9]*'),
        desa TEXT NOT NULL,
        ektp_status TEXT NOT NULL,
        dusun TEXT NOT NULL,
        penduduk TEXT NOT NULL CHECK (json_valid(penduduk))
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX population_desa ON population (desa)",
    "CREATE INDEX population_status ON population (ektp_status)",
    """
    CREATE TABLE population_batch (
        no INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
        file_name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        at INTEGER NOT NULL,
        officer TEXT NOT NULL,
        rows INTEGER NOT NULL CHECK (rows >= 0),
        added INTEGER NOT NULL CHECK (added >= 0),
        changed INTEGER NOT NULL CHECK (changed >= 0),
        unchanged INTEGER NOT NULL CHECK (unchanged >= 0),
        refused INTEGER NOT NULL CHECK (refused >= 0)
    ) STRICT
    """,
    *stays("population_batch", "DELETE", "UPDATE"),
)

CHAPTER_US = 28 * 24 * 3600 * 1_000_000
"""Words lie together by the 28 days their application came in: a list of the newest matches reads the newest of them and stops."""

SEARCH = (
    "CREATE TRIGGER search_stays BEFORE DELETE ON search BEGIN SELECT RAISE(ABORT, 'search.stays'); END",
    "ALTER TABLE search_word RENAME TO search_word_before",
    """
    CREATE TABLE search_word (
        chapter INTEGER NOT NULL,
        word TEXT NOT NULL,
        no INTEGER NOT NULL REFERENCES search (no) DEFERRABLE INITIALLY DEFERRED,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (chapter, word, no)
    ) STRICT, WITHOUT ROWID
    """,
    f"""
    INSERT INTO search_word (chapter, word, no, created_at)
    SELECT created_at / {CHAPTER_US}, word, no, created_at FROM search_word_before ORDER BY 1, 2, 3
    """,
    "DROP TABLE search_word_before",
)

CARRIED_OVER = (
    """
    UPDATE search SET nomor_hp = p.nomor_hp, jenis_kelamin = coalesce(json_extract(p.penduduk, '$.jenis_kelamin'), ''),
        mobile_place = p.mobile_place
    FROM permohonan AS p WHERE p.id = search.permohonan_id
    """,
    """
    UPDATE search SET numbered_at = coalesce((
        SELECT t.finished_at FROM tahap AS t
        WHERE t.permohonan_id = search.permohonan_id AND t.stage = 'agenda_register' AND t.finished_at IS NOT NULL ORDER BY t.idx LIMIT 1
    ), created_at) WHERE nomor_register <> ''
    """,
    """
    INSERT INTO blangko_move (at, kind, count, officer, batch, serial, job_id)
    SELECT at, kind, count, officer, batch, serial, job_id FROM (
        SELECT received_at AS at, 'masuk' AS kind, count(*) AS count, '' AS officer, batch, '' AS serial, '' AS job_id, min(no) AS no
        FROM blangko GROUP BY received_at, batch
        UNION ALL
        SELECT coalesce(j.updated_at, b.received_at), CASE b.state WHEN 'dikembalikan' THEN 'kembali' ELSE b.state END, 1,
            coalesce(j.operator, ''), CASE b.state WHEN 'dikembalikan' THEN b.batch ELSE '' END, b.serial, b.job_id, b.no
        FROM blangko AS b LEFT JOIN card_job AS j ON j.id = b.job_id WHERE b.state IN ('baik', 'rusak', 'dikembalikan')
    ) ORDER BY at, kind <> 'masuk', no
    """,
)

APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"))
PIECES = re.compile(r"[^\W_]+")


def pieces(value: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", value.translate(APOSTROPHES))
    return PIECES.findall("".join(c for c in decomposed if not unicodedata.combining(c)).upper())


def new_words() -> Iterator[dict[str, object]]:
    """Words of phone and village for every application stored before."""
    found = op.get_bind().execute(text("SELECT no, created_at, nomor_hp, desa FROM search"))
    for no, created_at, nomor_hp, desa in found:
        digits = "".join(pieces(nomor_hp))
        phone = "0" + digits[2:] if digits.startswith("62") else digits
        for word in {phone, *pieces(desa)} - {""}:
            yield {"chapter": created_at // CHAPTER_US, "word": word, "no": no, "created_at": created_at}


def upgrade() -> None:
    for group in (COLUMNS, INDEXES, CARDS, PAPERS, PEOPLE, SEARCH, CARRIED_OVER):
        for statement in group:
            op.execute(statement)
    put = text("INSERT OR IGNORE INTO search_word (chapter, word, no, created_at) VALUES (:chapter, :word, :no, :created_at)")
    words = new_words()
    while page := list(islice(words, PAGE)):
        op.get_bind().execute(put, page)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
