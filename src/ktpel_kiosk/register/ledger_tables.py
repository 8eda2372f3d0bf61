"""The tables of the books beside applications; see :mod:`ktpel_kiosk.register.rows`.

Bare tables in the same metadata, not SQLModel classes: nothing here uses a class, and making thirteen of them would cost every start of
the kiosk 70 to 110 ms of CPU time instead of 10.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary, Table, Text
from sqlmodel import SQLModel


def _text(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Text, primary_key=key, nullable=False)


def _whole(name: str, *, key: bool = False, empty: bool = False) -> Column[Any]:
    return Column(name, Integer, primary_key=key, nullable=empty)


def _table(name: str, *columns: Column[Any], rowid: bool = True) -> Table:
    return Table(name, SQLModel.metadata, *columns, sqlite_strict=True, sqlite_with_rowid=rowid)


WITHDRAWN_CARD: Final = _table(
    "withdrawn_card", _whole("no", key=True), _text("id"), _text("nik"), _text("nama"), _text("alasan"), _text("kondisi"),
    _text("petugas"), _whole("received_at"), _text("permohonan_id"), _text("destruction_id"))
"""An old card that was handed in."""

DESTRUCTION: Final = _table(
    "destruction", _text("id", key=True), _text("nomor"), _whole("at"), _text("place"), _text("method"), _text("executors"),
    _text("witnesses"), _text("officer"), _whole("count"), _text("note"))
"""A berita acara pemusnahan."""

COMPLAINT: Final = _table(
    "complaint", _text("id", key=True), _text("nomor"), _whole("received_at"), _text("kanal"), _text("uraian"), _text("kategori"),
    _text("petugas"), _whole("due_at"), _text("nama"), _text("kontak"), _whole("anonim"), _text("status"), _text("tindak_lanjut"),
    _whole("finished_at", empty=True), _whole("updated_at", empty=True), _whole("version"))
"""A complaint as it stands now."""

COMPLAINT_STEP: Final = _table(
    "complaint_step", _whole("no", key=True), _text("pengaduan_id"), _whole("at"), _text("officer"), _text("status"),
    _text("note"))
"""One step in the handling of a complaint."""

LETTER: Final = _table(
    "letter", _whole("no", key=True), _text("nomor"), _text("kind"), _whole("at"), _text("kepada"), _text("perihal"),
    _text("penandatangan"), _text("officer"), _text("nik"), _text("permohonan_id"), _text("void_reason"))
"""A numbered outgoing letter."""

BLANGKO_MOVE: Final = _table(
    "blangko_move", _whole("no", key=True), _whole("at"), _text("kind"), _whole("count"), _text("officer"), _text("batch"),
    _text("serial"), _text("job_id"))
"""One move of the blank-card ledger."""

BLANGKO_DAY: Final = _table(
    "blangko_day", _text("day", key=True), _whole("opening"), _whole("masuk"), _whole("baik"), _whole("rusak"), _whole("kembali"),
    _whole("closing"), _whole("counted"), _text("officer"), _whole("at"), _text("note"))
"""The daily closing of the blank-card ledger."""

CONTACT: Final = _table(
    "contact", _whole("no", key=True), _text("permohonan_id"), _whole("at"), _text("officer"), _text("purpose"), _text("outcome"),
    _text("note"))
"""A call to an applicant."""

MONTH_LOCK: Final = _table(
    "month_lock", _whole("no", key=True), _whole("year"), _whole("month"), _text("action"), _whole("at"), _text("officer"),
    _text("second"), _text("reason"), _text("digests"))
"""One act on a month."""

SURVEY: Final = _table(
    "survey", Column("key", LargeBinary, primary_key=True, nullable=False), _text("month"), _text("layanan"),
    _whole("persyaratan"), _whole("prosedur"), _whole("waktu"), _whole("biaya"), _whole("produk"), _whole("kompetensi"),
    _whole("perilaku"), _whole("pengaduan"), _whole("sarana"), _text("kelamin"), _text("usia"), _text("pendidikan"),
    _text("pekerjaan"), _text("jam"), rowid=False)
"""One filled form, one column per unsur. Rows lie in the order of their random keys: no order of arrival is kept."""

POPULATION: Final = _table(
    "population", _text("nik", key=True), _text("desa"), _text("ektp_status"), _text("dusun"), _text("penduduk"), rowid=False)
"""A resident of the imported list; biodata as JSON."""

POPULATION_BATCH: Final = _table(
    "population_batch", _whole("no", key=True), _text("id"), _text("file_name"), _text("sha256"), _whole("at"), _text("officer"),
    _whole("rows"), _whole("added"), _whole("changed"), _whole("unchanged"), _whole("refused"))
"""One import of the list."""

PAUSE: Final = _table(
    "pause", _whole("no", key=True), _text("permohonan_id"), _whole("idx"), _whole("nomor"), _text("stage"), _text("reason"),
    _whole("began_at"), _whole("ended_at"))
"""One finished pause of one stage."""

FINGER_TEMPLATE: Final = _table(
    "finger_template", _whole("no", key=True), _text("permohonan_id"), _text("position"), Column("form", LargeBinary, nullable=False),
    _whole("kept_at"))
"""One finger kept for the search for double recordings."""

DUPLICATE_CHECK: Final = _table(
    "duplicate_check", _whole("no", key=True), _text("id"), _text("permohonan_id"), _whole("at"), _whole("people"), _text("hits"),
    _text("decision"), _text("decided_by"), _whole("decided_at", empty=True), _text("note"))
"""One search for double recordings and what an officer said of it."""

PACKET_SPARE: Final = _table(
    "packet_spare", _text("packet_id", key=True), _text("path"), _whole("size"), _text("sha256"), _whole("kept_at"),
    Column("key", LargeBinary, nullable=False))
"""Where the contents of a packet are kept, and their key, until they are purged."""

PURGE: Final = _table(
    "purge", _text("id", key=True), _whole("at"), _text("number"), _text("officer"), _whole("packets"), _whole("bytes"),
    _whole("first_counter"), _whole("last_counter"), _whole("days"), _text("digest"))
"""One run of the purge."""

COURIER_BUNDLE: Final = _table(
    "courier_bundle", _text("id", key=True), _whole("at"), _text("officer"), _text("label"), _whole("packets"), _whole("bytes"),
    _text("digest"), _whole("imported_at", empty=True), _whole("receipts"), _whole("statuses"))
"""One export to a courier's disk."""

STATUS_ENTRY: Final = _table(
    "status_entry", _text("id", key=True), _text("permohonan_id"), _text("nik"), _text("status"), _whole("at"), _text("reason"),
    _text("source"), _text("officer"), _whole("entered_at"))
"""A status that did not come by the feed."""

VIEWING: Final = _table(
    "viewing", _whole("no", key=True), _whole("at"), _text("permohonan_id"), _text("officer"), _text("what"), _text("reason"),
    _text("note"))
"""One look at a person's full data."""

SUBJECT_REQUEST: Final = _table(
    "subject_request", _text("id", key=True), _text("nomor"), _whole("received_at"), _whole("due_at"), _text("jenis"), _text("nik"),
    _text("nama"), _text("kontak"), _text("uraian"), _text("petugas"), _text("identity"), _text("identity_by"), _text("status"),
    _text("jawaban"), _whole("finished_at", empty=True), _whole("updated_at", empty=True), _whole("version"))
"""A request of a data subject as it stands now."""

SUBJECT_REQUEST_STEP: Final = _table(
    "subject_request_step", _whole("no", key=True), _text("request_id"), _whole("at"), _text("officer"), _text("status"), _text("note"))
"""One step in its handling."""

BREACH: Final = _table(
    "breach", _text("id", key=True), _text("nomor"), _whole("known_at"), _whole("due_at"), _whole("began_at"), _whole("ended_at"),
    _text("data"), _text("bagaimana"), _text("penanganan"), _text("officer"), _text("second"), _whole("people"), _whole("made_at"))
"""One notice of failed protection."""

BREACH_PERSON: Final = _table("breach_person", _text("breach_id", key=True), _text("permohonan_id", key=True), rowid=False)
"""Whom it concerns."""

DISPOSAL: Final = _table(
    "disposal", _text("id", key=True), _whole("at"), _text("kind"), _whole("count"), _whole("days"), _text("officer"), _text("digest"))
"""One kind of data removed by one run."""
