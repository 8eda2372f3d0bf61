"""The tables as SQLModel rows: storage only, never validated, never seen outside this room.

``migrations/versions`` is where checks, indexes and triggers stand; a test compares these columns with a migrated register.
Columns that hold pixels stand last, so that SQLite reads the others without following their overflow pages.
"""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from ktpel_kiosk.register.columns import blob as _blob
from ktpel_kiosk.register.columns import number as _number
from ktpel_kiosk.register.columns import text as _text
from ktpel_kiosk.register.columns import whole as _whole


class PermohonanRow(SQLModel, table=True):
    """One application; biodata and lists as JSON."""

    __tablename__ = "permohonan"
    __table_args__ = {"sqlite_strict": True}

    id: str = _text(primary_key=True)
    layanan: str = _text()
    nik: str = _text()
    penduduk: str = _text()
    sop_id: str = _text()
    sop_digest: str = _text()
    keadaan: str = _text()
    is_open: int = _whole()
    kelengkapan: str = _text()
    created_at: int = _whole()
    updated_at: int = _whole()
    created_by: str = _text()
    nomor_register: str = _text()
    nomor_hp: str = _text()
    warnings: str = _text()
    complete_at: int | None = _whole(default=None)
    due_at: int | None = _whole(default=None)
    confirmed_at: int | None = _whole(default=None)
    corrections: str = _text()
    return_reasons: str = _text()
    note: str = _text()
    menunggu_hingga: str | None = _text(default=None)
    mobile_place: str = _text()
    version: int = _whole()
    varian: str = _text()
    sudah_rekam: str = _text()


class TahapRow(SQLModel, table=True):
    """One (printed step, stage) of an application with its clock."""

    __tablename__ = "tahap"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    permohonan_id: str = _text(primary_key=True)
    idx: int = _whole(primary_key=True)
    nomor: int = _whole()
    stage: str = _text()
    state: str = _text()
    started_at: int | None = _whole(default=None)
    finished_at: int | None = _whole(default=None)
    running_since: int | None = _whole(default=None)
    active_s: float = _number()
    paused_s: float = _number()
    paused_since: int | None = _whole(default=None)
    pause_reason: str = _text()
    outcome: str = _text()
    actor: str = _text()
    role: str = _text()
    note: str = _text()


class SearchRow(SQLModel, table=True):
    """What a list shows of an application, kept beside it so that lists never read biodata."""

    __tablename__ = "search"
    __table_args__ = {"sqlite_strict": True}

    no: int = _whole(primary_key=True)
    permohonan_id: str = _text()
    nomor_register: str = _text()
    nama: str = _text()
    nik: str = _text()
    layanan: str = _text()
    desa: str = _text()
    keadaan: str = _text()
    stage: str = _text()
    step_no: int = _whole()
    tahap_state: str = _text()
    created_at: int = _whole()
    updated_at: int = _whole()
    active_s: float = _number()
    petugas: str = _text()
    running_since: int | None = _whole(default=None)
    pause_reason: str = _text()
    status_siak: str = _text()
    sop_digest: str = _text()
    nomor_hp: str = _text()
    jenis_kelamin: str = _text()
    mobile_place: str = _text()
    numbered_at: int | None = _whole(default=None)
    status_at: int | None = _whole(default=None)


class SearchWordRow(SQLModel, table=True):
    """One word an application is found by (of its name, NIK, number, phone, village), with the moment lists are ordered by."""

    __tablename__ = "search_word"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    chapter: int = _whole(primary_key=True)
    word: str = _text(primary_key=True)
    no: int = _whole(primary_key=True)
    created_at: int = _whole()


class SampleRow(SQLModel, table=True):
    """A captured sample without its pixels."""

    __tablename__ = "sample"
    __table_args__ = {"sqlite_strict": True}

    no: int = _whole(primary_key=True)
    id: str = _text()
    permohonan_id: str = _text()
    position: str = _text()
    attempt: int = _whole()
    media_type: str = _text()
    width: int = _whole()
    height: int = _whole()
    ppi: int = _whole()
    quality: str = _text()
    device: str = _text()
    captured_at: int = _whole()
    best: int = _whole()
    forced: int = _whole()
    signature_kind: str | None = _text(default=None)


class SampleDataRow(SQLModel, table=True):
    """The pixels of a sample, apart so that reading or flagging a sample does not touch them."""

    __tablename__ = "sample_data"
    __table_args__ = {"sqlite_strict": True}

    sample_no: int = _whole(primary_key=True)
    data: bytes = _blob()
    device_payload: bytes = _blob()


class ExceptionRow(SQLModel, table=True):
    """A position excused from capture."""

    __tablename__ = "exception"
    __table_args__ = {"sqlite_strict": True}

    no: int = _whole(primary_key=True)
    permohonan_id: str = _text()
    position: str = _text()
    kind: str = _text()
    reason: str = _text()
    approved_by: str = _text()
    recorded_by: str = _text()


class DocumentRow(SQLModel, table=True):
    """A scanned paper or produced letter."""

    __tablename__ = "document"
    __table_args__ = {"sqlite_strict": True}

    no: int = _whole(primary_key=True)
    id: str = _text()
    permohonan_id: str = _text()
    kind: str = _text()
    media_type: str = _text()
    created_at: int = _whole()
    title: str = _text()
    data: bytes = _blob()


class ApprovalRow(SQLModel, table=True):
    """Paraf, validation or sign-off."""

    __tablename__ = "approval"
    __table_args__ = {"sqlite_strict": True}

    no: int = _whole(primary_key=True)
    id: str = _text()
    permohonan_id: str = _text()
    stage: str = _text()
    kind: str = _text()
    officer: str = _text()
    role: str = _text()
    content_hash: str = _text()
    at: int = _whole()
    note: str = _text()
    second_same_officer: int = _whole()
    signature: str = _text()
    public_key: str = _text()


class HandoverRow(SQLModel, table=True):
    """Terminal proof of a handover."""

    __tablename__ = "handover"
    __table_args__ = {"sqlite_strict": True}

    permohonan_id: str = _text(primary_key=True)
    kind: str = _text()
    receiver_name: str = _text()
    receiver_relation: str = _text()
    officer: str = _text()
    at: int = _whole()
    card_uid: str = _text()
    activated: int = _whole()
    old_card_withdrawn: int = _whole()
    number: str = _text()
    signature_png: bytes = _blob()
    receiver_nik: str = _text()
    proxy_letter: str = _text()
    card_read: int = _whole()
    binding: str = _text()
    ikd: str = _text()


class PacketRow(SQLModel, table=True):
    """A sealed packet in the outbox."""

    __tablename__ = "packet"
    __table_args__ = {"sqlite_strict": True}

    packet_id: str = _text(primary_key=True)
    permohonan_id: str = _text()
    station: str = _text()
    counter: int = _whole()
    previous_hash: str = _text()
    sha256: str = _text()
    size: int = _whole()
    path: str = _text()
    state: str = _text()
    sealed_at: int = _whole()
    upload_url: str = _text()
    offset: int = _whole()
    attempts: int = _whole()
    next_try_at: int | None = _whole(default=None)
    wait_cause: str = _text()
    wait_detail: str = _text()
    receipt: str = _text()
    received_at: int | None = _whole(default=None)
    server_sequence: int = _whole()
    replaces: str = _text()
    replaced_by: str = _text()
    purged_at: int | None = _whole(default=None)
    purge_id: str = _text()
    courier_at: int | None = _whole(default=None)
    courier_id: str = _text()


class StatusEventRow(SQLModel, table=True):
    """A status of the feed. No reference to ``packet``: the feed may speak of packets of another register."""

    __tablename__ = "status_event"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    packet_id: str = _text(primary_key=True)
    sequence: int = _whole(primary_key=True)
    nik: str = _text()
    status: str = _text()
    at: int = _whole()
    reason: str = _text()
    source: str = _text()


class CardJobRow(SQLModel, table=True):
    """One attempt to make one card."""

    __tablename__ = "card_job"
    __table_args__ = {"sqlite_strict": True}

    id: str = _text(primary_key=True)
    permohonan_id: str = _text()
    credential: str = _text()
    nik: str = _text()
    blangko: str = _text()
    state: str = _text()
    is_live: int = _whole()
    created_at: int = _whole()
    updated_at: int = _whole()
    face_hash: str = _text()
    printer_job: str = _text()
    chip_uid: str = _text()
    readback_hash: str = _text()
    spoil_reason: str = _text()
    operator: str = _text()


class BlangkoRow(SQLModel, table=True):
    """A blank card of the ledger."""

    __tablename__ = "blangko"
    __table_args__ = {"sqlite_strict": True}

    no: int = _whole(primary_key=True)
    serial: str = _text()
    state: str = _text()
    batch: str = _text()
    job_id: str = _text()
    received_at: int = _whole()


class SopRow(SQLModel, table=True):
    """The text of an SOP version some application began with."""

    __tablename__ = "sop"
    __table_args__ = {"sqlite_strict": True}

    digest: str = _text(primary_key=True)
    sop_id: str = _text()
    text: str = _text()


class SopStepRow(SQLModel, table=True):
    """Mutu baku of a printed step; number 0 is the SOP as a whole."""

    __tablename__ = "sop_step"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    sop_digest: str = _text(primary_key=True)
    nomor: int = _whole(primary_key=True)
    limit_s: float | None = _number(default=None)


class UserRow(SQLModel, table=True):
    """An account."""

    __tablename__ = "user"
    __table_args__ = {"sqlite_strict": True}

    username: str = _text(primary_key=True)
    nama: str = _text()
    peran: str = _text()
    password_hash: str = _text()
    nip: str = _text()
    jabatan: str = _text()
    failed: int = _whole()
    locked_until: int | None = _whole(default=None)
    active: int = _whole()
    public_key: str = _text()
    sealed_key: str = _text()


class DraftRow(SQLModel, table=True):
    """Unfinished work by key."""

    __tablename__ = "draft"
    __table_args__ = {"sqlite_strict": True}

    key: str = _text(primary_key=True)
    text: str = _text()


class SettingRow(SQLModel, table=True):
    """A setting by key."""

    __tablename__ = "setting"
    __table_args__ = {"sqlite_strict": True}

    key: str = _text(primary_key=True)
    value: str = _text()


class CounterRow(SQLModel, table=True):
    """Last number given in a series and year."""

    __tablename__ = "counter"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    series: str = _text(primary_key=True)
    year: int = _whole(primary_key=True)
    value: int = _whole()


class AuditRow(SQLModel, table=True):
    """One link of the audit chain."""

    __tablename__ = "audit"
    __table_args__ = {"sqlite_strict": True}

    sequence: int = _whole(primary_key=True)
    at: int = _whole()
    actor: str = _text()
    event: str = _text()
    subject: str = _text()
    facts: str = _text()
    previous: str = _text()
    digest: str = _text()


class AuditHeadRow(SQLModel, table=True):
    """Length and head of the audit chain, and the identity of this register."""

    __tablename__ = "audit_head"
    __table_args__ = {"sqlite_strict": True}

    one: int = _whole(primary_key=True)
    register_id: str = _text()
    length: int = _whole()
    head: str = _text()


def table_of(row: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a row class, for lean Core statements."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
