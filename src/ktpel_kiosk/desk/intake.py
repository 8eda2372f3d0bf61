"""Loket: NIK check, draft, papers received, register number, tanda terima; return and resubmission."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime

from ktpel_kiosk.desk.access import require, require_stage
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import keep_document, local_time, receipt_paper
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import age_at, may_have_card, may_record
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, SopViolation
from ktpel_kiosk.domain.kalender import due_at
from ktpel_kiosk.domain.nik import NikReport, check_nik
from ktpel_kiosk.domain.numbering import format_number
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import (
    RETURN_REASONS,
    ChecklistItem,
    Keadaan,
    Permohonan,
    TahapState,
    Warning_,
    pause,
    plan_tahap,
    start,
)
from ktpel_kiosk.domain.sop import Layanan, LayananSop, Stage
from ktpel_kiosk.domain.text import phone_e164
from ktpel_kiosk.ports.register import Tx

DRAFT_PREFIX = "loket:"


@dataclass(frozen=True, slots=True)
class NikCheck:
    """All that is known about a NIK at the counter."""

    report: NikReport
    open_number: str
    recorded_at: datetime | None


def today(desk: Desk) -> date:
    """The office's local date."""
    return local_time(desk, desk.clock.now()).date()


def check_nik_at_desk(desk: Desk, text: str, biodata: Penduduk | None = None) -> NikCheck:
    """Structural rules, region and history of a NIK; never raises for a wrong one."""
    report = check_nik(text, regions=desk.regions(), biodata=biodata, office_code=desk.sop.kantor.kode_wilayah, today=today(desk))
    digits = report.nik
    if not report.usable:
        return NikCheck(report, "", None)
    open_one, before = desk.register.read(lambda v: (v.open_for_nik(digits), v.recorded_before(digits)))
    return NikCheck(report, (open_one.nomor_register or "(belum bernomor)") if open_one else "", before)


def begin_intake(desk: Desk, actor: Actor) -> str:
    """Open an empty draft; returns its key. The clock of the first step runs from here."""
    key = f"{DRAFT_PREFIX}{actor.username}:{desk.ids.new()}"
    save_draft(desk, actor, key, {"started_at": desk.clock.now().isoformat()})
    return key


def save_draft(desk: Desk, actor: Actor, key: str, form: dict[str, object]) -> None:
    """Keep what was typed so far; survives Esc, lock, crash and power cut."""
    def work(tx: Tx) -> None:
        before = json.loads(tx.draft(key) or "{}")
        tx.put_draft(key, json.dumps({**before, **form}, ensure_ascii=False, sort_keys=True))
        tx.log("DraftSaved", key, actor.username)

    desk.register.write(work)


def drafts(desk: Desk, actor: Actor) -> dict[str, dict[str, object]]:
    """Open intake drafts of this officer, key -> form."""
    found = desk.register.read(lambda v: v.drafts(f"{DRAFT_PREFIX}{actor.username}:"))
    return {k: json.loads(t) for k, t in found.items()}


def drop_draft(desk: Desk, actor: Actor, key: str) -> None:
    def work(tx: Tx) -> None:
        tx.drop_draft(key)
        tx.log("DraftSaved", key, actor.username, dropped=True)

    desk.register.write(work)


def checklist(desk: Desk, layanan: Layanan, penduduk: Penduduk | None) -> tuple[ChecklistItem, ...]:
    """The papers this office asks for this service and person; conditional lines resolved where known."""
    offered = _offered(desk, layanan)
    return tuple(ChecklistItem(s.kode, s.teks, s.wajib) for s in offered.syarat if _applies(desk, s.kondisi, penduduk))


def _offered(desk: Desk, layanan: Layanan) -> LayananSop:
    offered = desk.sop.layanan_of(layanan)
    if offered is None:
        raise BadInput("service.not_offered", service=layanan)
    return offered


def _applies(desk: Desk, kondisi: str, penduduk: Penduduk | None) -> bool:
    if not kondisi or penduduk is None:
        return True
    if kondisi == "usia<17":
        return age_at(penduduk.tanggal_lahir, today(desk)) < 17
    if kondisi == "wna":
        return penduduk.kewarganegaraan != "WNI"
    if kondisi == "belum_rekam":
        return desk.register.read(lambda v: v.recorded_before(penduduk.nik)) is None
    return True


def _eligible(desk: Desk, penduduk: Penduduk) -> None:
    on = today(desk)
    if not may_record(penduduk.tanggal_lahir, penduduk.status_perkawinan, on):
        raise SopViolation("eligibility.under_16", value=age_at(penduduk.tanggal_lahir, on), limit=16)


def receive_papers(desk: Desk, actor: Actor, layanan: Layanan, penduduk: Penduduk, ada: frozenset[str], *,
                   nomor_hp: str = "", draft_key: str = "", mobile_place: str = "", note: str = "") -> Permohonan:
    """Finish the receiving step(s): the application exists from here.

    Args:
        ada: codes of the checklist lines that are present.

    Raises:
        BadInput: the NIK is refused (rule name), the phone is wrong, the service is not offered.
        DuplicateRequest: the NIK has an open application (fact ``number``).
        SopViolation: too young, or obligatory papers are missing (``papers.missing``; use :func:`refuse_incomplete`).
    """
    check = check_nik_at_desk(desk, penduduk.nik, penduduk)
    if not check.report.usable:
        raise BadInput(f"nik.{check.report.errors[0].rule}", rule=check.report.errors[0].rule)
    if check.open_number:
        raise DuplicateRequest("nik.open_application", number=check.open_number)
    _eligible(desk, penduduk)
    items = tuple(replace(i, ada=i.kode in ada) for i in checklist(desk, layanan, penduduk))
    missing = [i for i in items if i.wajib and not i.ada]
    if missing:
        raise SopViolation("papers.missing", count=len(missing), field=missing[0].teks)
    now = desk.clock.now()
    started = _draft_start(desk, draft_key) or now
    warnings = [Warning_(i.rule, i.text, actor.username) for i in check.report.warnings]
    if check.recorded_at:
        warnings.append(Warning_("N11", "NIK ini sudah pernah direkam di kantor ini.", actor.username))
    p = Permohonan(
        id=desk.ids.new(), layanan=layanan, penduduk=penduduk, sop_id=desk.sop.id, sop_digest=desk.sop.digest,
        keadaan=Keadaan.BERJALAN, tahap=plan_tahap(desk.sop), kelengkapan=items, created_at=started, updated_at=now,
        created_by=actor.username, nomor_hp=phone_e164(nomor_hp) if nomor_hp else "", warnings=tuple(warnings),
        mobile_place=mobile_place, note=note, complete_at=now,
        due_at=due_at(desk.sop.mutu, now, desk.holidays(), desk.sop.kantor),
    )
    require_stage(desk, actor, p, Stage.TERIMA_BERKAS)

    def work(tx: Tx) -> Permohonan:
        q = start(p, started)
        while (t := q.current()) is not None and t.stage is Stage.TERIMA_BERKAS:
            _, role = require_stage(desk, actor, q, Stage.TERIMA_BERKAS)
            q = finish_stage(desk, tx, q, "lengkap", actor.username, role)
        tx.put_sop(desk.sop.digest, desk.sop.id, desk.sop.source_text)
        tx.log("IntakeRegistered", p.id, actor.username, service=str(layanan), warnings=",".join(w.rule for w in warnings))
        if draft_key:
            tx.drop_draft(draft_key)
        return save(desk, tx, q)

    return desk.register.write(work)


def _draft_start(desk: Desk, key: str) -> datetime | None:
    text = desk.register.read(lambda v: v.draft(key)) if key else None
    started = json.loads(text).get("started_at") if text else None
    return datetime.fromisoformat(started) if isinstance(started, str) else None


def assign_number(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Give the register number (agenda) and keep the tanda terima; the number is never reused."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.AGENDA_REGISTER)
        on = today(desk)
        number = format_number(desk.sop.kantor.format_nomor, urut=tx.next_number("register", on.year), on=on)
        q = finish_stage(desk, tx, replace(start(p, desk.clock.now()), nomor_register=number), "bernomor", actor.username, role)
        q = _skip_recording(desk, tx, q)
        q = save(desk, tx, q)
        keep_document(desk, tx, q, "tanda_terima", "Tanda terima berkas", desk.documents.receipt(receipt_paper(desk, q, actor)))
        return q

    return desk.register.write(work)


def _skip_recording(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    """Mark the recording and sending stages skipped when the service does not record, or the person is recorded already."""
    offered = desk.sop.layanan_of(p.layanan)
    recorded = tx.recorded_before(p.penduduk.nik) is not None
    if offered is None or not (offered.rekam == "tidak" or (offered.rekam == "bila_belum" and recorded)):
        return p
    skip = {Stage.REKAM, Stage.KIRIM}
    tahap = tuple(
        replace(t, state=TahapState.DILEWATI, outcome="tidak_perlu_rekam") if t.stage in skip else t for t in p.tahap
    )
    tx.log("StageSkipped", p.id, "-", stage="rekam", outcome="tidak_perlu_rekam")
    return replace(p, tahap=tahap)


def register_intake(desk: Desk, actor: Actor, layanan: Layanan, penduduk: Penduduk, ada: frozenset[str], *,
                    nomor_hp: str = "", draft_key: str = "", mobile_place: str = "") -> Permohonan:
    """The counter's whole act: papers received, number given, tanda terima kept."""
    p = receive_papers(desk, actor, layanan, penduduk, ada, nomor_hp=nomor_hp, draft_key=draft_key, mobile_place=mobile_place)
    return assign_number(desk, actor, p.id)


def return_application(desk: Desk, actor: Actor, permohonan_id: str, reasons: tuple[str, ...], note: str = "") -> Permohonan:
    """Hand the papers back with reasons; the number stays, the clock pauses, a return slip is kept."""
    unknown = [r for r in reasons if r not in RETURN_REASONS]
    if unknown or not reasons:
        raise BadInput("return.reason", value=unknown[0] if unknown else "")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, Stage.VERIFIKASI, Stage.VALIDASI, Stage.REKAM)
        q = pause(start(p, desk.clock.now()), "pemohon_tidak_hadir", desk.clock.now())
        q = save(desk, tx, replace(q, keadaan=Keadaan.DIKEMBALIKAN, return_reasons=reasons, note=note))
        tx.log("ApplicationReturned", p.id, actor.username, reason=",".join(reasons))
        paper = receipt_paper(desk, q, actor)
        keep_document(desk, tx, q, "pengembalian", "Lembar pengembalian berkas",
                      desk.documents.return_slip(paper, [*reasons, note] if note else list(reasons)))
        return q

    return desk.register.write(work)


def resubmit(desk: Desk, actor: Actor, permohonan_id: str, ada: frozenset[str] = frozenset()) -> Permohonan:
    """Returned papers come back completed: the application goes on where it stood."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan is not Keadaan.DIKEMBALIKAN:
            raise SopViolation("sop.not_returned", state=p.keadaan)
        require(actor, "return_application")
        items = tuple(replace(i, ada=i.ada or i.kode in ada) for i in p.kelengkapan)
        tx.log("ApplicationResubmitted", p.id, actor.username)
        return save(desk, tx, replace(p, keadaan=Keadaan.BERJALAN, kelengkapan=items, return_reasons=()))

    return desk.register.write(work)


def void_application(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Permohonan:
    """Void with a reason; the register row and its number stay (BATAL)."""
    require(actor, "void_application")
    if not reason.strip():
        raise BadInput("void.reason")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan in (Keadaan.SELESAI, Keadaan.BATAL) or tx.packet_of(p.id) is not None:
            raise SopViolation("void.too_late", state=p.keadaan)
        tx.drop_samples(p.id)
        tx.log("ApplicationVoided", p.id, actor.username)
        return save(desk, tx, replace(p, keadaan=Keadaan.BATAL, note=reason.strip()))

    return desk.register.write(work)


def card_allowed(p: Permohonan, on: date) -> bool:
    """A card may be printed: 17, married or ever married (UU 24/2013 Ps 63)."""
    return may_have_card(p.penduduk.tanggal_lahir, p.penduduk.status_perkawinan, on)
