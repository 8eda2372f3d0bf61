"""Loket: NIK check, draft, papers received, register number, tanda terima; return and resubmission."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime

from ktpel_kiosk.desk import paper_scans
from ktpel_kiosk.desk.access import require_receiver, require_stage
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.drafts import draft_key, require_own
from ktpel_kiosk.desk.eligible import (
    Override,
    RecordedBefore,
    closed_sentence,
    recorded_before,
    recorded_sentence,
    require_eligible,
    superior,
)
from ktpel_kiosk.desk.papers import keep_document, local_time, receipt_paper
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.returns import (
    RETURNED,
    check_reasons,
    complete,
    give_slip,
    resolve_duplicate,
    resubmit,
    return_application,
    void_application,
)
from ktpel_kiosk.desk.sheets import keep_checklist
from ktpel_kiosk.desk.sop_versions import local_extras_on
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import age_at, may_have_card
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, KioskError, SopViolation
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.nik import NikReport, check_nik
from ktpel_kiosk.domain.numbering import format_number
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import ChecklistItem, Keadaan, Permohonan, TahapState, Warning_, pause_for, plan_tahap, start
from ktpel_kiosk.domain.sop import Layanan, LayananSop, Stage
from ktpel_kiosk.domain.text import phone_e164
from ktpel_kiosk.ports.register import Tx

__all__ = [
    "Asked", "NikCheck", "Override", "assign_number", "begin_intake", "card_allowed", "check_nik_at_desk", "checklist", "drafts",
    "drop_draft", "receive_papers", "register_intake", "resolve_duplicate", "resubmit", "return_application", "return_at_counter",
    "save_draft", "today", "void_application",
]

RECORDING_STAGES = frozenset({Stage.REKAM, Stage.KIRIM})
SKIPPED = "tidak_perlu_rekam"
"""Outcome of stages that were skipped because the person is recorded, or the service does not record."""


@dataclass(frozen=True, slots=True)
class NikCheck:
    """All that is known about a NIK at the counter without asking the centre. ``open_id``: the application that is still open."""

    report: NikReport
    open_number: str
    recorded_at: datetime | None
    open_id: str = ""
    recorded: RecordedBefore | None = None


def today(desk: Desk) -> date:
    """The office's local date."""
    return local_time(desk, desk.clock.now()).date()


def check_nik_at_desk(desk: Desk, text: str, biodata: Penduduk | None = None) -> NikCheck:
    """Structural rules, region and history of a NIK; never raises for a wrong one."""
    report = check_nik(text, regions=desk.regions(), biodata=biodata, office_code=desk.sop.kantor.kode_wilayah, today=today(desk))
    digits = report.nik
    if any(not issue.overridable for issue in report.errors):
        return NikCheck(report, "", None)
    open_one, before = desk.register.read(lambda v: (v.open_for_nik(digits), recorded_before(v, digits)))
    own = before.at if before is not None and before.source == "register" else None
    if open_one is None:
        return NikCheck(report, "", own, "", before)
    return NikCheck(report, open_one.nomor_register or "(belum bernomor)", own, open_one.id, before)


def begin_intake(desk: Desk, actor: Actor) -> str:
    """Open an empty draft; returns its key. The clock of the first step runs from here."""
    key = draft_key(actor.username, desk.ids.new())
    save_draft(desk, actor, key, {})
    return key


def save_draft(desk: Desk, actor: Actor, key: str, form: dict[str, object]) -> None:
    """Keep what was typed so far, exactly as typed; survives Esc, lock, crash and power cut.

    Raises:
        NotAllowed: no role that receives papers. NotFound: the draft is another officer's.
    """
    require_own(desk, actor, key)
    begins = {"started_at": desk.clock.now().isoformat()}

    def work(tx: Tx) -> None:
        kept = tx.draft(key)
        before = json.loads(kept) if kept else begins
        tx.put_draft(key, json.dumps({**before, **form}, sort_keys=True))
        tx.log("DraftSaved", key, actor.username)

    desk.register.write(work)


def drafts(desk: Desk, actor: Actor) -> dict[str, dict[str, object]]:
    """Open intake drafts of this officer, key -> form."""
    require_receiver(desk, actor)
    found = desk.register.read(lambda v: v.drafts(draft_key(actor.username, "")))
    return {k: json.loads(t) for k, t in found.items()}


def drop_draft(desk: Desk, actor: Actor, key: str) -> None:
    """Throw the own draft away. Raises NotFound for another officer's."""
    require_own(desk, actor, key)

    def work(tx: Tx) -> None:
        paper_scans.drop_all(tx, key)
        tx.drop_draft(key)
        tx.log("DraftSaved", key, actor.username, dropped=True)

    desk.register.write(work)


def checklist(desk: Desk, layanan: Layanan, penduduk: Penduduk | None, varian: str = "", *, kuasa: bool = False,
              ) -> tuple[ChecklistItem, ...]:
    """The papers this office asks for this service, kind and person; conditional lines resolved where known.

    Local extras stand on it only where the office turned them on; a proxy brings the surat kuasa F-1.07 besides.
    """
    offered = _offered(desk, layanan)
    kind = offered.varian_of(varian)
    local = local_extras_on(desk)
    wanted = [
        s for s in offered.syarat
        if (local or not s.lokal) and (not s.varian or (kind is not None and kind.kode in s.varian)) and _applies(desk, s.kondisi, penduduk)
    ]
    items = [ChecklistItem(s.kode, s.teks, s.wajib) for s in wanted]
    if kuasa:
        items.append(ChecklistItem("f107", "Surat kuasa (F-1.07) dan KTP-el penerima kuasa", True))
    return tuple(items)


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
        return desk.register.read(lambda v: recorded_before(v, penduduk.nik)) is None
    return True


def receive_papers(desk: Desk, actor: Actor, layanan: Layanan, penduduk: Penduduk, ada: frozenset[str], *, nomor_hp: str = "",
                   draft_key: str = "", mobile_place: str = "", note: str = "", varian: str = "", sudah_rekam: str = "",
                   kuasa: str = "", override: Override | None = None) -> Permohonan:
    """Finish the receiving step(s): the application exists from here and its papers are declared complete.

    Args:
        ada: codes of the checklist lines that are present.
        varian: kind of the service; empty: the usual one.
        sudah_rekam: the officer's statement that the person was recorded before: ``siak`` or ``kartu``.
        kuasa: name of the proxy who brings the papers, where the SOP allows one.
        override: a superior lets an odd NIK, a second recording or closed hours pass, with a reason.

    Raises:
        BadInput: the NIK is refused (rule name), the phone is wrong, the service or variant is not offered.
        DuplicateRequest: the NIK has an open application (fact ``number``).
        SopViolation: not eligible (``eligibility.*``), recorded before (``recorded.before``), closed (``hours.closed``), no proxies,
            or obligatory papers are missing (``papers.missing``; :func:`return_at_counter` takes the application in all the same).
    """
    asked = Asked(layanan, penduduk, ada, nomor_hp, mobile_place, note, varian, sudah_rekam, kuasa).cleaned()
    p, passed = _begin(desk, actor, asked, draft_key, override)
    missing = p.missing_papers()
    if missing:
        raise SopViolation("papers.missing", count=len(missing), field=missing[0].teks)

    def work(tx: Tx) -> Permohonan:
        q = complete(desk, tx, start(p, p.created_at), actor, desk.clock.now())
        return _store(desk, tx, q, actor, draft_key, passed)

    return desk.register.write(work)


def return_at_counter(desk: Desk, actor: Actor, layanan: Layanan, penduduk: Penduduk, ada: frozenset[str],
                      reasons: tuple[str, ...] = ("berkas_tidak_lengkap",), note: str = "", *, nomor_hp: str = "", draft_key: str = "",
                      mobile_place: str = "", varian: str = "", sudah_rekam: str = "", kuasa: str = "",
                      override: Override | None = None) -> Permohonan:
    """Papers that cannot be taken in: the application is kept as returned, without a number, and the slip names what is missing.

    It counts in the reports with its reasons; :func:`resubmit` takes the completed papers in. Closed hours and an earlier recording
    are no hindrance to handing papers back.

    Raises:
        BadInput, DuplicateRequest, SopViolation ``eligibility.*``: as :func:`receive_papers`.
    """
    check_reasons(reasons)
    text = clean_note(note)
    asked = Asked(layanan, penduduk, ada, nomor_hp, mobile_place, text, varian, sudah_rekam, kuasa).cleaned()
    p, passed = _begin(desk, actor, asked, draft_key, override, returning=True)

    def work(tx: Tx) -> Permohonan:
        now = desk.clock.now()
        q = pause_for(start(p, p.created_at), RETURNED, now)
        q = _store(desk, tx, replace(q, keadaan=Keadaan.DIKEMBALIKAN, return_reasons=reasons, note=text, complete_at=None), actor,
                   draft_key, passed)
        give_slip(desk, tx, q, actor, "pengembalian", "Lembar pengembalian berkas", reasons, text)
        return q

    return desk.register.write(work)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the applicant brings and wants, as the counter typed it."""

    layanan: Layanan
    penduduk: Penduduk
    ada: frozenset[str]
    nomor_hp: str = ""
    mobile_place: str = ""
    note: str = ""
    varian: str = ""
    sudah_rekam: str = ""
    kuasa: str = ""

    def cleaned(self) -> Asked:
        """Free text as it is kept. Raises BadInput ``text.*``."""
        return replace(self, mobile_place=free_text(self.mobile_place, "tempat jemput bola"), note=clean_note(self.note),
                       kuasa=free_text(self.kuasa, "nama penerima kuasa"))


def _begin(desk: Desk, actor: Actor, asked: Asked, draft_key: str, override: Override | None, *,
           returning: bool = False) -> tuple[Permohonan, tuple[str, ...]]:
    """The application as it would be stored, with its warnings; and the rules a superior let pass."""
    offered = _offered(desk, asked.layanan)
    require_eligible(desk, asked.layanan, offered, asked.varian, asked.penduduk)
    kind = offered.varian_of(asked.varian)
    varian = kind.kode if kind else ""
    before = desk.register.read(lambda v: recorded_before(v, asked.penduduk.nik, asked.sudah_rekam))
    exceptions = _exceptions(desk, asked, offered.rekam_of(varian), before, returning)
    again = any(e.rule == "N11" for e in exceptions)
    warnings = _warnings(desk, actor, asked, None if again else before)
    if exceptions:
        by = superior(desk, actor, override) if override is not None else ""
        if not by or override is None:
            raise exceptions[0].error
        warnings += [Warning_(e.rule, f"{e.text} Diizinkan: {free_text(override.reason, 'alasan')}", by) for e in exceptions]
    now = desk.clock.now()
    papers = checklist(desk, asked.layanan, asked.penduduk, varian, kuasa=bool(asked.kuasa))
    p = Permohonan(
        id=desk.ids.new(), layanan=asked.layanan, penduduk=asked.penduduk, sop_id=desk.sop.id, sop_digest=desk.sop.digest,
        keadaan=Keadaan.BERJALAN, tahap=plan_tahap(desk.sop), kelengkapan=tuple(replace(i, ada=i.kode in asked.ada) for i in papers),
        created_at=_draft_start(desk, draft_key) or now, updated_at=now, created_by=actor.username,
        nomor_hp=phone_e164(asked.nomor_hp) if asked.nomor_hp else "", warnings=tuple(warnings), mobile_place=asked.mobile_place.strip(),
        note=asked.note.strip(), varian=varian, sudah_rekam=before.source if before and not again else "",
    )
    require_stage(desk, actor, p, Stage.TERIMA_BERKAS)
    return p, tuple(e.rule for e in exceptions)


@dataclass(frozen=True, slots=True)
class _Exception:
    """Something only a superior may let pass."""

    rule: str
    text: str
    error: KioskError


def _exceptions(desk: Desk, asked: Asked, rekam: str, before: RecordedBefore | None, returning: bool) -> list[_Exception]:
    """Refusals a superior may lift. Those nobody may lift are raised."""
    check = check_nik_at_desk(desk, asked.penduduk.nik, asked.penduduk)
    found: list[_Exception] = []
    for issue in check.report.errors:
        error = BadInput(f"nik.{issue.rule}", rule=issue.rule)
        if not issue.overridable:
            raise error
        found.append(_Exception(issue.rule, issue.text, error))
    if check.open_number:
        raise DuplicateRequest("nik.open_application", number=check.open_number)
    if asked.kuasa and not _offered(desk, asked.layanan).kuasa:
        raise SopViolation("papers.proxy")
    if returning:
        return found
    if before is not None and rekam == "ya":
        text = recorded_sentence(desk, before).partition(";")[0] + "."
        found.append(_Exception("N11", text, SopViolation("recorded.before", reason=text)))
    closed = closed_sentence(desk, desk.clock.now())
    if closed and desk.sop.kantor.terima_di_luar_jam == "tolak":
        k = desk.sop.kantor
        found.append(_Exception("di_luar_jam", closed, SopViolation("hours.closed", limit=f"{k.jam_buka:%H.%M} s.d. {k.jam_tutup:%H.%M}")))
    return found


def _warnings(desk: Desk, actor: Actor, asked: Asked, before: RecordedBefore | None) -> list[Warning_]:
    check = check_nik_at_desk(desk, asked.penduduk.nik, asked.penduduk)
    warnings = [Warning_(i.rule, i.text, actor.username) for i in check.report.warnings]
    if before is not None:
        warnings.append(Warning_("N11", recorded_sentence(desk, before), actor.username))
    closed = closed_sentence(desk, desk.clock.now())
    if closed and desk.sop.kantor.terima_di_luar_jam == "ingatkan":
        warnings.append(Warning_("di_luar_jam", closed, actor.username))
    if asked.kuasa:
        warnings.append(Warning_("kuasa", f"Berkas diajukan oleh kuasa: {asked.kuasa.strip()}.", actor.username))
    return warnings


def _store(desk: Desk, tx: Tx, p: Permohonan, actor: Actor, draft_key: str, passed: tuple[str, ...]) -> Permohonan:
    sop = desk.sop_of(p.sop_digest)
    tx.put_sop(sop.digest, sop.id, sop.source_text)
    tx.log("IntakeRegistered", p.id, actor.username, service=str(p.layanan), warnings=",".join(w.rule for w in p.warnings))
    if p.sudah_rekam and p.sudah_rekam != "register":
        tx.log("RecordedElsewhere", p.id, actor.username, source=p.sudah_rekam)
    for rule in passed:
        tx.log("NikOverridden", p.id, next(w.by for w in p.warnings if w.rule == rule and w.by), rule=rule)
    if draft_key:
        paper_scans.attach(desk, tx, p.id, draft_key, p.kelengkapan, actor.username)
        tx.drop_draft(draft_key)
    return save(desk, tx, p)


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
        number = format_number(desk.sop_of(p.sop_digest).kantor.format_nomor, urut=tx.next_number("register", on.year), on=on)
        entered = replace(start(p, desk.clock.now()), nomor_register=number)
        q = finish_stage(desk, tx, entered, "bernomor", actor.username, role)
        q = save(desk, tx, _skip_recording(desk, tx, q))
        keep_document(desk, tx, q, "tanda_terima", "Tanda terima berkas", desk.documents.receipt(receipt_paper(desk, q, actor)))
        keep_checklist(desk, tx, q, actor)
        return q

    return desk.register.write(work)


def _skip_recording(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    """Mark the recording and sending stages skipped when the service does not record, or the person is recorded already."""
    offered = desk.sop_of(p.sop_digest).layanan_of(p.layanan)
    rekam = offered.rekam_of(p.varian) if offered else "ya"
    if not (rekam == "tidak" or (rekam == "bila_belum" and p.sudah_rekam)):
        return p
    tahap = tuple(
        replace(t, state=TahapState.DILEWATI, outcome=SKIPPED) if t.stage in RECORDING_STAGES else t for t in p.tahap
    )
    tx.log("StageSkipped", p.id, "-", stage="rekam", outcome=SKIPPED)
    return replace(p, tahap=tahap)


def register_intake(desk: Desk, actor: Actor, layanan: Layanan, penduduk: Penduduk, ada: frozenset[str], *, nomor_hp: str = "",
                    draft_key: str = "", mobile_place: str = "", varian: str = "", sudah_rekam: str = "") -> Permohonan:
    """The counter's whole act: papers received, number given, tanda terima kept."""
    p = receive_papers(desk, actor, layanan, penduduk, ada, nomor_hp=nomor_hp, draft_key=draft_key, mobile_place=mobile_place,
                       varian=varian, sudah_rekam=sudah_rekam)
    return assign_number(desk, actor, p.id)


def card_allowed(p: Permohonan, on: date) -> bool:
    """A card may be printed: 17, married or ever married (UU 24/2013 Ps 63)."""
    return may_have_card(p.penduduk.tanggal_lahir, p.penduduk.status_perkawinan, on)
