"""The tables of the books beside applications, as SQLModel rows; see :mod:`ktpel_kiosk.register.rows`."""

from __future__ import annotations

from sqlmodel import SQLModel

from ktpel_kiosk.register.columns import blob, text, whole


class WithdrawnCardRow(SQLModel, table=True):
    """An old card that was handed in."""

    __tablename__ = "withdrawn_card"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    id: str = text()
    nik: str = text()
    nama: str = text()
    alasan: str = text()
    kondisi: str = text()
    petugas: str = text()
    received_at: int = whole()
    permohonan_id: str = text()
    destruction_id: str = text()


class DestructionRow(SQLModel, table=True):
    """A berita acara pemusnahan."""

    __tablename__ = "destruction"
    __table_args__ = {"sqlite_strict": True}

    id: str = text(primary_key=True)
    nomor: str = text()
    at: int = whole()
    place: str = text()
    method: str = text()
    executors: str = text()
    witnesses: str = text()
    officer: str = text()
    count: int = whole()
    note: str = text()


class ComplaintRow(SQLModel, table=True):
    """A complaint as it stands now."""

    __tablename__ = "complaint"
    __table_args__ = {"sqlite_strict": True}

    id: str = text(primary_key=True)
    nomor: str = text()
    received_at: int = whole()
    kanal: str = text()
    uraian: str = text()
    kategori: str = text()
    petugas: str = text()
    due_at: int = whole()
    nama: str = text()
    kontak: str = text()
    anonim: int = whole()
    status: str = text()
    tindak_lanjut: str = text()
    finished_at: int | None = whole(default=None)
    updated_at: int | None = whole(default=None)
    version: int = whole()


class ComplaintStepRow(SQLModel, table=True):
    """One step in the handling of a complaint."""

    __tablename__ = "complaint_step"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    pengaduan_id: str = text()
    at: int = whole()
    officer: str = text()
    status: str = text()
    note: str = text()


class LetterRow(SQLModel, table=True):
    """A numbered outgoing letter."""

    __tablename__ = "letter"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    nomor: str = text()
    kind: str = text()
    at: int = whole()
    kepada: str = text()
    perihal: str = text()
    penandatangan: str = text()
    officer: str = text()
    nik: str = text()
    permohonan_id: str = text()
    void_reason: str = text()


class BlangkoMoveRow(SQLModel, table=True):
    """One move of the blank-card ledger."""

    __tablename__ = "blangko_move"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    at: int = whole()
    kind: str = text()
    count: int = whole()
    officer: str = text()
    batch: str = text()
    serial: str = text()
    job_id: str = text()


class BlangkoDayRow(SQLModel, table=True):
    """The daily closing of the blank-card ledger."""

    __tablename__ = "blangko_day"
    __table_args__ = {"sqlite_strict": True}

    day: str = text(primary_key=True)
    opening: int = whole()
    masuk: int = whole()
    baik: int = whole()
    rusak: int = whole()
    kembali: int = whole()
    closing: int = whole()
    counted: int = whole()
    officer: str = text()
    at: int = whole()
    note: str = text()


class ContactRow(SQLModel, table=True):
    """A call to an applicant."""

    __tablename__ = "contact"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    permohonan_id: str = text()
    at: int = whole()
    officer: str = text()
    purpose: str = text()
    outcome: str = text()
    note: str = text()


class MonthLockRow(SQLModel, table=True):
    """One act on a month."""

    __tablename__ = "month_lock"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    year: int = whole()
    month: int = whole()
    action: str = text()
    at: int = whole()
    officer: str = text()
    second: str = text()
    reason: str = text()
    digests: str = text()


class SurveyRow(SQLModel, table=True):
    """One filled form, one column per unsur. Rows lie in the order of their random keys: no order of arrival is kept."""

    __tablename__ = "survey"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    key: bytes = blob(primary_key=True)
    month: str = text()
    layanan: str = text()
    persyaratan: int = whole()
    prosedur: int = whole()
    waktu: int = whole()
    biaya: int = whole()
    produk: int = whole()
    kompetensi: int = whole()
    perilaku: int = whole()
    pengaduan: int = whole()
    sarana: int = whole()
    kelamin: str = text()
    usia: str = text()
    pendidikan: str = text()
    pekerjaan: str = text()
    jam: str = text()


class PopulationRow(SQLModel, table=True):
    """A resident of the imported list; biodata as JSON."""

    __tablename__ = "population"
    __table_args__ = {"sqlite_strict": True, "sqlite_with_rowid": False}

    nik: str = text(primary_key=True)
    desa: str = text()
    ektp_status: str = text()
    dusun: str = text()
    penduduk: str = text()


class PopulationBatchRow(SQLModel, table=True):
    """One import of the list."""

    __tablename__ = "population_batch"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    id: str = text()
    file_name: str = text()
    sha256: str = text()
    at: int = whole()
    officer: str = text()
    rows: int = whole()
    added: int = whole()
    changed: int = whole()
    unchanged: int = whole()
    refused: int = whole()


class PauseRow(SQLModel, table=True):
    """One finished pause of one stage."""

    __tablename__ = "pause"
    __table_args__ = {"sqlite_strict": True}

    no: int = whole(primary_key=True)
    permohonan_id: str = text()
    idx: int = whole()
    nomor: int = whole()
    stage: str = text()
    reason: str = text()
    began_at: int = whole()
    ended_at: int = whole()
