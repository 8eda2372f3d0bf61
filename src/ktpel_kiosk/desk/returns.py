"""Papers that go back: returned and brought again, refused, double data decided, void; with reasons and, for the applicant, a slip."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ktpel_kiosk.desk import paper_scans
from ktpel_kiosk.desk.access import require, require_stage
from ktpel_kiosk.desk.closing import guard
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import keep_document, local_time, receipt_paper
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.kalender import due_at
from ktpel_kiosk.domain.permohonan import RETURN_REASONS, Keadaan, Permohonan, pause_for, rest, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx

RETURNED = "berkas_dikembalikan"
DUPLICATE = "data_ganda"
COMPLETENESS: frozenset[str] = frozenset({"berkas_tidak_lengkap", "berkas_tidak_benar"})
DECISIONS = ("lanjut", "tolak")
RETURNABLE: tuple[Stage, ...] = (
    Stage.TERIMA_BERKAS, Stage.AGENDA_REGISTER, Stage.VERIFIKASI, Stage.VALIDASI, Stage.REKAM, Stage.CEK_CETAK, Stage.CETAK_ENCODE,
)
"""Where papers may still go back: before the packet is sealed, and again before a card is printed (the centre names another person)."""


def check_reasons(reasons: tuple[str, ...]) -> None:
    unknown = [r for r in reasons if r not in RETURN_REASONS]
    if unknown or not reasons:
        raise BadInput("return.reason", value=unknown[0] if unknown else "")


def give_slip(desk: Desk, tx: Tx, p: Permohonan, actor: Actor, kind: str, title: str, reasons: tuple[str, ...], note: str) -> None:
    """A numbered slip with QR: what is missing, why, and that the application can be brought again. Kept with the application."""
    year = local_time(desk, desk.clock.now()).year
    number = f"{tx.next_number('pengembalian', year):04d}/PB/{year}"
    paper = replace(receipt_paper(desk, p, actor), nomor_lembar=number, qr_text=p.nomor_register or p.id,
                    dapat_diajukan=p.keadaan is not Keadaan.DITOLAK)
    keep_document(desk, tx, p, kind, title, desk.documents.return_slip(paper, [*reasons, note] if note else list(reasons)))
    tx.log("ReturnedAtCounter" if not p.nomor_register else "ApplicationReturned", p.id, actor.username, reason=",".join(reasons),
           number=number)


def complete(desk: Desk, tx: Tx, p: Permohonan, actor: Actor, now: datetime) -> Permohonan:
    """The papers are declared complete: the receiving stages end, and a working-day standard begins to run (Tempeh SP)."""
    q = p
    while (t := q.current()) is not None and t.stage is Stage.TERIMA_BERKAS:
        _, role = require_stage(desk, actor, q, Stage.TERIMA_BERKAS)
        q = finish_stage(desk, tx, q, "lengkap", actor.username, role)
    return with_due(desk, q, now)


def with_due(desk: Desk, p: Permohonan, now: datetime) -> Permohonan:
    """When the service is due: counted from the moment the standard names, received or declared complete."""
    sop = desk.sop_of(p.sop_digest)
    begin = now if sop.mutu.mulai == "dinyatakan_lengkap" else p.created_at  # as desk.recount counts again
    due = due_at(sop.mutu, begin, desk.holidays(), sop.kantor, extra_open=desk.extra_open())
    return replace(p, complete_at=now, due_at=due)


def return_application(desk: Desk, actor: Actor, permohonan_id: str, reasons: tuple[str, ...], note: str = "",
                       kurang: frozenset[str] = frozenset()) -> Permohonan:
    """Hand the papers back with reasons; the number stays, the clock pauses, a return slip is kept.

    Args:
        kurang: codes of papers found missing or wrong; the slip names them and they are asked for again.

    Raises:
        SopViolation: at another stage, or a card of it is under way (``card.live``). BadInput, NotAllowed.
    """
    check_reasons(reasons)
    text = clean_note(note)

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, *RETURNABLE)
        if tx.live_card_job(p.id) is not None:
            raise SopViolation("card.live")
        items = tuple(replace(i, ada=i.ada and i.kode not in kurang) for i in p.kelengkapan)
        now = desk.clock.now()
        q = pause_for(start(replace(p, kelengkapan=items), now), RETURNED, now)
        q = save(desk, tx, replace(q, keadaan=Keadaan.DIKEMBALIKAN, return_reasons=reasons, note=text))
        give_slip(desk, tx, q, actor, "pengembalian", "Lembar pengembalian berkas", reasons, text)
        return q

    return desk.register.write(work)


def resubmit(desk: Desk, actor: Actor, permohonan_id: str, ada: frozenset[str] = frozenset()) -> Permohonan:
    """Returned papers come back completed: the application goes on where it stood.

    Papers returned at the counter are declared complete now; only then may a number be given (:func:`intake.assign_number`).

    Raises:
        SopViolation: it is not returned, or obligatory papers are still missing.
    """
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan is not Keadaan.DIKEMBALIKAN:
            raise SopViolation("sop.not_returned", state=p.keadaan)
        require(actor, "return_application")
        q = replace(p, kelengkapan=tuple(replace(i, ada=i.ada or i.kode in ada) for i in p.kelengkapan))
        missing = q.missing_papers()
        if missing:
            raise SopViolation("papers.missing", count=len(missing), field=missing[0].teks)
        now = desk.clock.now()
        tx.log("ApplicationResubmitted", p.id, actor.username)
        paper_scans.attach(desk, tx, p.id, paper_scans.returned_key(actor, p.id), p.kelengkapan, actor.username)
        q = rest(replace(q, keadaan=Keadaan.BERJALAN, return_reasons=()), now)
        tahap = q.current()
        if tahap is not None and tahap.stage is Stage.TERIMA_BERKAS:
            _refuse_second_recording(desk, q)
            q = complete(desk, tx, q, actor, now)
        elif set(p.return_reasons) & COMPLETENESS and desk.sop_of(p.sop_digest).mutu.mulai == "dinyatakan_lengkap":
            q = with_due(desk, q, now)
        return save(desk, tx, q)

    return desk.register.write(work)


def _refuse_second_recording(desk: Desk, p: Permohonan) -> None:
    """Where the SOP knows no way around the recording, somebody recorded before is not taken in by bringing a paper."""
    offered = desk.sop_of(p.sop_digest).layanan_of(p.layanan)
    if p.sudah_rekam and offered is not None and offered.rekam_of(p.varian) == "ya":
        known = next((w.text for w in p.warnings if w.rule == "N11"), "Sudah pernah direkam;")
        raise SopViolation("recorded.before", reason=known.partition(";")[0] + ".")


def reject(desk: Desk, actor: Actor, permohonan_id: str, reason: str, *, duplicate: bool = False,
           rules: tuple[str, ...] = ()) -> Permohonan:
    """Refuse at verification or validation: invalid data ends the application, ganda keeps it open for the SOP Data Ganda.

    Args:
        reason: what was found, in words for the applicant. rules: reasons from ``RETURN_REASONS``; default by the kind of refusal.
    """
    text = clean_note(reason, "alasan")
    if not text:
        raise BadInput("reject.reason")
    reasons = rules or (("data_ganda",) if duplicate else ("data_invalid",))
    check_reasons(reasons)

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, Stage.VALIDASI, Stage.VERIFIKASI)
        return _refuse(desk, tx, p, actor, reasons, text, Keadaan.GANDA if duplicate else Keadaan.DITOLAK)

    return desk.register.write(work)


def _refuse(desk: Desk, tx: Tx, p: Permohonan, actor: Actor, reasons: tuple[str, ...], reason: str, state: Keadaan) -> Permohonan:
    now = desk.clock.now()
    duplicate = state is Keadaan.GANDA
    tx.log("DuplicateNoticed" if duplicate else "ApplicationRejected", p.id, actor.username, reason=",".join(reasons), duplicate=duplicate)
    q = pause_for(start(p, now), DUPLICATE if duplicate else RETURNED, now)
    q = save(desk, tx, replace(q, keadaan=state, return_reasons=reasons, note=reason))
    title = "Lembar pengembalian berkas (data ganda)" if duplicate else "Lembar penolakan permohonan"
    give_slip(desk, tx, q, actor, "pengembalian" if duplicate else "penolakan", title, reasons, reason)
    return q


def hold_as_duplicate(desk: Desk, tx: Tx, actor: Actor, permohonan_id: str, reason: str) -> Permohonan:
    """Inside a transaction: a running application whose packet is not sealed waits for the SOP Data Ganda; any other stays as it is."""
    p = tx.permohonan(permohonan_id)
    if p.keadaan is not Keadaan.BERJALAN or tx.packet_of(p.id) is not None:
        return p
    return _refuse(desk, tx, p, actor, ("data_ganda",), reason, Keadaan.GANDA)


def resolve_duplicate(desk: Desk, actor: Actor, permohonan_id: str, decision: str, reason: str) -> Permohonan:
    """The outcome of the SOP Data Ganda: ``lanjut`` (the NIK is right, the application goes on) or ``tolak``.

    Raises:
        SopViolation: it is not held as ganda. BadInput: unknown decision or no reason. NotAllowed.
    """
    require(actor, "resolve_duplicate")
    text = clean_note(reason, "alasan")
    if decision not in DECISIONS or not text:
        raise BadInput("duplicate.decision", value=decision[:40], expected=" / ".join(DECISIONS))

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan is not Keadaan.GANDA:
            raise SopViolation("duplicate.not_held", state=p.keadaan)
        tx.log("DuplicateResolved", p.id, actor.username, status=decision)
        if decision == "tolak":
            return _refuse(desk, tx, p, actor, ("data_ganda",), text, Keadaan.DITOLAK)
        now = desk.clock.now()
        q = replace(p, keadaan=Keadaan.BERJALAN, return_reasons=(), note=text)
        tahap = q.current()
        waiting = tahap is not None and tahap.stage is Stage.MENUNGGU_PRR
        return save(desk, tx, pause_for(q, "menunggu_prr", now) if waiting else rest(q, now))

    return desk.register.write(work)


def void_application(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Permohonan:
    """Void with a reason; the register row and its number stay (BATAL)."""
    require(actor, "void_application")
    text = clean_note(reason, "alasan")
    if not text:
        raise BadInput("void.reason")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan in (Keadaan.SELESAI, Keadaan.BATAL) or tx.packet_of(p.id) is not None:
            raise SopViolation("void.too_late", state=p.keadaan)
        if p.numbered_at:
            guard(desk, tx, p.numbered_at)
        tx.drop_samples(p.id)
        tx.drop_fingers_of(p.id)
        tx.log("ApplicationVoided", p.id, actor.username)
        return save(desk, tx, replace(p, keadaan=Keadaan.BATAL, note=text))

    return desk.register.write(work)
