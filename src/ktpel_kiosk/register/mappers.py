"""Rows <-> domain values, one mapper per table; the register's only knowledge of both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Table
from sqlmodel import SQLModel

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.audit import AuditLink
from ktpel_kiosk.domain.biodata import penduduk_from_dict, penduduk_to_dict
from ktpel_kiosk.domain.biometric import BiometricException, DeviceIdentity, Sample
from ktpel_kiosk.domain.cards import LIVE, Blangko, CardJob
from ktpel_kiosk.domain.courier import CourierBundle
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.domain.ganda import DuplicateCheck, KeptFinger
from ktpel_kiosk.domain.ikm import SurveyAnswer, Unsur
from ktpel_kiosk.domain.kegagalan import Kegagalan, Terdampak
from ktpel_kiosk.domain.ledgers import (
    BlangkoDay,
    BlangkoMove,
    ContactAttempt,
    Destruction,
    Letter,
    MonthLock,
    Pause,
    WithdrawnCard,
)
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.pengaduan import LangkahPengaduan, Pengaduan
from ktpel_kiosk.domain.permintaan import LangkahPermintaan, PermintaanData
from ktpel_kiosk.domain.permohonan import DONE_STATES, OPEN_STATES, Permohonan, Tahap, TahapState
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.retention import Disposal, PurgeRun, Spare
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.domain.status import StatusEntry, StatusEvent, stored_status
from ktpel_kiosk.domain.viewing import Viewing
from ktpel_kiosk.ports.register import Approval, Handover, ListItem, ScannedDocument
from ktpel_kiosk.register import ledger_tables, rows
from ktpel_kiosk.register.codecs import Codec, Mapper, column_codec, micros
from ktpel_kiosk.register.rows import table_of

Stored = dict[str, Any]
STEP_PREFIX: Final = "t_"
WHOLE_SOP: Final = 0
"""Number under which ``sop_step`` keeps the limit of the SOP as a whole."""
NOT_OFFICERS: Final = frozenset({"sistem", "pemohon"})


_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def facts_text(facts: Mapping[str, str | int | float | bool | None]) -> str:
    """Canonical JSON of an audit link's facts. Raises BugError for what JSON cannot hold exactly."""
    try:
        return _CANONICAL(facts)
    except (TypeError, ValueError) as error:
        raise BugError("register.audit_fact", reason=type(error).__name__) from error


def ids_text(ids: Sequence[str]) -> str:
    """Ids as one JSON list for ``json_each``."""
    return _CANONICAL(ids)


def _penduduk() -> Codec:
    return (lambda p: json.dumps(penduduk_to_dict(p), ensure_ascii=False)), (lambda text: penduduk_from_dict(json.loads(text)))


def _device() -> Codec:
    """The same few devices stand in every sample."""
    put, get = column_codec(DeviceIdentity)
    return lru_cache(maxsize=64)(put), get


def _columns(row: type[SQLModel]) -> list[str]:
    return _names(table_of(row))


def _names(table: Table) -> list[str]:
    return [c.name for c in table.columns]


PERMOHONAN = Mapper(Permohonan, _columns(rows.PermohonanRow), special={"penduduk": _penduduk()})
TAHAP = Mapper(Tahap, _columns(rows.TahapRow), names={"index": "idx"})
JOINED_TAHAP = Mapper(
    Tahap, [STEP_PREFIX + c for c in _columns(rows.TahapRow)],
    names={n: STEP_PREFIX + n for n in Tahap.__dataclass_fields__} | {"index": f"{STEP_PREFIX}idx"},
)
LIST_ITEM = Mapper(ListItem, [*_columns(rows.SearchRow), "limit_s"], names={"id": "permohonan_id"})
SAMPLE = Mapper(Sample, _columns(rows.SampleRow), special={"device": _device()})
SAMPLE_DATA = Mapper(Sample, _columns(rows.SampleDataRow))
EXCEPTION = Mapper(BiometricException, _columns(rows.ExceptionRow))
DOCUMENT = Mapper(ScannedDocument, _columns(rows.DocumentRow))
APPROVAL = Mapper(Approval, _columns(rows.ApprovalRow))
HANDOVER = Mapper(Handover, _columns(rows.HandoverRow))
PACKET = Mapper(Packet, _columns(rows.PacketRow))
_STATUS: Codec = (lambda s: s.value), stored_status
STATUS = Mapper(StatusEvent, _columns(rows.StatusEventRow), special={"status": _STATUS})
STATUS_ENTRY = Mapper(StatusEntry, _names(ledger_tables.STATUS_ENTRY), special={"status": _STATUS})
SPARE = Mapper(Spare, _names(ledger_tables.PACKET_SPARE))
PURGE = Mapper(PurgeRun, _names(ledger_tables.PURGE))
VIEWING = Mapper(Viewing, _names(ledger_tables.VIEWING))
SUBJECT_REQUEST = Mapper(PermintaanData, _names(ledger_tables.SUBJECT_REQUEST))
SUBJECT_REQUEST_STEP = Mapper(LangkahPermintaan, _names(ledger_tables.SUBJECT_REQUEST_STEP))
BREACH = Mapper(Kegagalan, _names(ledger_tables.BREACH))
BREACH_PERSON = Mapper(Terdampak, _names(ledger_tables.BREACH_PERSON))
DISPOSAL = Mapper(Disposal, _names(ledger_tables.DISPOSAL))
COURIER_BUNDLE = Mapper(CourierBundle, _names(ledger_tables.COURIER_BUNDLE))
CARD_JOB = Mapper(CardJob, _columns(rows.CardJobRow))
BLANGKO = Mapper(Blangko, _columns(rows.BlangkoRow))
USER = Mapper(UserAccount, _columns(rows.UserRow))
AUDIT = Mapper(AuditLink, _columns(rows.AuditRow), special={"facts": (facts_text, json.loads)})
WITHDRAWN = Mapper(WithdrawnCard, _names(ledger_tables.WITHDRAWN_CARD))
DESTRUCTION = Mapper(Destruction, _names(ledger_tables.DESTRUCTION))
COMPLAINT = Mapper(Pengaduan, _names(ledger_tables.COMPLAINT))
COMPLAINT_STEP = Mapper(LangkahPengaduan, _names(ledger_tables.COMPLAINT_STEP))
LETTER = Mapper(Letter, _names(ledger_tables.LETTER))
BLANGKO_MOVE = Mapper(BlangkoMove, _names(ledger_tables.BLANGKO_MOVE))
BLANGKO_DAY = Mapper(BlangkoDay, _names(ledger_tables.BLANGKO_DAY))
CONTACT = Mapper(ContactAttempt, _names(ledger_tables.CONTACT))
MONTH_LOCK = Mapper(MonthLock, _names(ledger_tables.MONTH_LOCK))
PAUSE = Mapper(Pause, _names(ledger_tables.PAUSE), names={"index": "idx"})
SURVEY = Mapper(SurveyAnswer, _names(ledger_tables.SURVEY))
UNSUR: Final = tuple(u.value for u in Unsur)
POPULATION = Mapper(PopulationEntry, _names(ledger_tables.POPULATION), special={"penduduk": _penduduk()})
FINGER_TEMPLATE = Mapper(KeptFinger, _names(ledger_tables.FINGER_TEMPLATE))
DUPLICATE_CHECK = Mapper(DuplicateCheck, _names(ledger_tables.DUPLICATE_CHECK))
POPULATION_BATCH = Mapper(PopulationBatch, _names(ledger_tables.POPULATION_BATCH))


def permohonan_values(p: Permohonan) -> Stored:
    return PERMOHONAN.values(p) | {"nik": p.penduduk.nik, "is_open": int(p.keadaan in OPEN_STATES)}


def permohonan_changes(old: Permohonan, new: Permohonan) -> Stored:
    changed = PERMOHONAN.changes(old, new)
    if old.keadaan is not new.keadaan:
        changed["is_open"] = int(new.keadaan in OPEN_STATES)
    if old.penduduk.nik != new.penduduk.nik:
        changed["nik"] = new.penduduk.nik
    return changed


def tahap_values(p: Permohonan, first: int = 0) -> list[Stored]:
    return [TAHAP.values(t) | {"permohonan_id": p.id} for t in p.tahap[first:]]


def permohonan_from(joined: Sequence[Mapping[Any, Any]]) -> Permohonan:
    """From one row per stage, each with the application's own columns; an application without stages has one row."""
    stages = tuple(JOINED_TAHAP.value(r) for r in joined if r[f"{STEP_PREFIX}idx"] is not None)
    return PERMOHONAN.value(joined[0], tahap=stages)


def search_values(p: Permohonan) -> Stored:
    """The line a list shows. Times are those of the current printed step, of the whole way once all is done."""
    now = p.current()
    of_step = [t for t in p.tahap if now is None or t.nomor == now.nomor]
    return {
        "permohonan_id": p.id, "nomor_register": p.nomor_register, "nama": p.penduduk.nama, "nik": p.penduduk.nik,
        "layanan": p.layanan.value, "desa": p.penduduk.desa, "keadaan": p.keadaan.value,
        "stage": now.stage.value if now else "", "step_no": now.nomor if now else WHOLE_SOP,
        "tahap_state": (now.state if now else TahapState.SELESAI).value,
        "created_at": micros(p.created_at), "updated_at": micros(p.updated_at),
        "active_s": float(sum(t.active_s for t in of_step)), "petugas": _officer(p),
        "running_since": micros(now.running_since) if now and now.running_since else None,
        "pause_reason": now.pause_reason if now else "", "sop_digest": p.sop_digest,
        "nomor_hp": p.nomor_hp, "jenis_kelamin": p.penduduk.jenis_kelamin.value, "mobile_place": p.mobile_place,
        "numbered_at": micros(p.numbered_at) if p.numbered_at else None,
    }


def search_changes(old: Permohonan, new: Permohonan) -> Stored:
    """Columns of the list's line that differ; most acts move nothing but ``updated_at``."""
    still = (old.tahap is new.tahap and old.penduduk is new.penduduk and old.keadaan is new.keadaan
             and old.nomor_register == new.nomor_register and old.created_at == new.created_at and old.layanan is new.layanan
             and old.created_by == new.created_by and old.sop_digest == new.sop_digest and old.nomor_hp == new.nomor_hp
             and old.mobile_place == new.mobile_place)
    if still:
        return {"updated_at": micros(new.updated_at)} if old.updated_at != new.updated_at else {}
    before, after = search_values(old), search_values(new)
    return {name: value for name, value in after.items() if before[name] != value}


def _officer(p: Permohonan) -> str:
    """Who of the office acted last."""
    acted = [t.actor for t in p.tahap if t.state in DONE_STATES and t.actor and t.role not in NOT_OFFICERS]
    return acted[-1] if acted else p.created_by


def step_limits(sop: Sop) -> dict[int, float | None]:
    """Seconds allowed per printed step, and for the SOP as a whole (its minutes, else the sum of its steps)."""
    limits: dict[int, float | None] = {step.nomor: step.limit_s for step in sop.langkah}
    whole = sop.mutu.nilai * 60.0 if sop.mutu.jenis == "menit" and sop.mutu.nilai else sop.total_s()
    return {**limits, WHOLE_SOP: whole or None}


def card_job_values(job: CardJob) -> Stored:
    return CARD_JOB.values(job) | {"is_live": int(job.state in LIVE)}


def sample_from(row: Mapping[Any, Any], *, with_data: bool) -> Sample:
    if with_data:
        return SAMPLE.value(row, data=bytes(row["data"]), device_payload=bytes(row["device_payload"]))
    return SAMPLE.value(row, data=b"", device_payload=b"")


def document_from(row: Mapping[Any, Any]) -> ScannedDocument:
    found = DOCUMENT.value({"data": b"", **row})
    return replace(found, data=bytes(found.data)) if type(found.data) is not bytes else found


def application_from(row: Mapping[Any, Any], stages: Sequence[Tahap]) -> Permohonan:
    """From the application's row and its stages in their order, as pages of many are read."""
    return PERMOHONAN.value(row, tahap=tuple(stages))


read_tahap: Final = TAHAP.reader(_columns(rows.TahapRow))
"""One stage from a bare row of ``tahap``."""


def finished_pause(was: Tahap, now: Tahap | None, p: Permohonan) -> Stored | None:
    """The pause that ended between two stored values of one stage; None while it goes on or when there was none.

    A clock that was set back must not refuse the act that ends a pause: such a pause counts as no time.
    """
    if was.state is not TahapState.JEDA or was.paused_since is None:
        return None
    if now is not None and now.state is TahapState.JEDA and (was.paused_since, was.pause_reason) == (now.paused_since, now.pause_reason):
        return None
    return PAUSE.values(Pause(p.id, was.index, was.nomor, was.stage, was.pause_reason, was.paused_since,
                              max(was.paused_since, p.updated_at)))


def survey_values(answer: SurveyAnswer) -> Stored:
    return SURVEY.values(answer) | dict(zip(UNSUR, answer.scores, strict=True))


def survey_from(row: Mapping[Any, Any]) -> SurveyAnswer:
    return SURVEY.value(row, scores=tuple(row[u] for u in UNSUR))


def population_values(entry: PopulationEntry) -> Stored:
    return POPULATION.values(entry) | {"nik": entry.penduduk.nik, "desa": entry.penduduk.desa}
