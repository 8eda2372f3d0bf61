"""Cetak and encode: a card goes from PRR to confirmed or spoiled; the printer and the chip tell the truth, the register the intent.

Between intent and result the outcome is unknown; a job found so at start-up goes to :mod:`ktpel_kiosk.desk.reconcile`.
"""

from __future__ import annotations

from dataclasses import replace

from ktpel_kiosk.desk import card_moves, card_printer, encoding, material
from ktpel_kiosk.desk.access import require, require_stage, stage_roles
from ktpel_kiosk.desk.approvals import required
from ktpel_kiosk.desk.blangko import receive_blangko as receive_blangko
from ktpel_kiosk.desk.card_moves import job_in, job_of
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.encoding import ChipWritten as ChipWritten
from ktpel_kiosk.desk.encoding import encode_card as encode_card
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.waiting import NO_BLANK, settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import STATION, UNWRITTEN, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import (
    BadInput,
    DeviceTrouble,
    DuplicateRequest,
    NotFound,
    SopViolation,
    TransportTrouble,
)
from ktpel_kiosk.domain.free_text import note
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, back_to, pause_for, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import PrintJob, PrintJobState
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import CardFace

PREVIEW_DPI = 300


def check_before_print(desk: Desk, actor: Actor, permohonan_id: str) -> tuple[str, ...]:
    """Open the record at SIAK and compare the biodata (stage ``cek_cetak``); fetch the card material where it is not ours.

    Returns:
        Names of fields that differ and stop the card; empty when they agree, and with perubahan data, where the application is the
        change. With no line the check is recorded as not possible and the stage goes on, because the status PRR was already signed
        by the centre; but a card whose material has to be fetched waits for the line, and a difference seen before still stops it.
        What stops it is kept for :func:`material.comparison`.

    Raises:
        TransportTrouble, SopViolation, BadInput: the material could not be fetched (:func:`material.ensure_material`).
    """
    require_stage(desk, actor, desk.register.read(lambda v: v.permohonan(permohonan_id)), Stage.CEK_CETAK, Stage.CETAK_ENCODE)
    material.ensure_material(desk, permohonan_id, actor.username)
    p, kept = desk.register.read(lambda v: (v.permohonan(permohonan_id), material.centre_biodata(v, permohonan_id)))
    outcome = "cocok"
    differing: tuple[str, ...] = ()
    ours = not material.records_elsewhere(p)
    found = kept
    if ours or kept is None:
        try:
            found = desk.gateway.lookup(p.penduduk.nik) or kept
        except TransportTrouble as trouble:
            outcome = f"tidak_terperiksa:{trouble.code}"
    if found is not None:
        shown = material.differences(p.penduduk, found)
        differing = material.blocking(p.layanan, shown)
        outcome = "berbeda" if differing else "data_baru" if shown else "cocok"

    def work(tx: Tx) -> None:
        q = tx.permohonan(permohonan_id)
        tahap = q.current()
        tx.log("StatusApplied", q.id, actor.username, key="cek_cetak", reason=outcome)
        if ours and found is not None and found != kept and (differing or kept is not None):
            material.keep_centre_biodata(desk, tx, q.id, found)
        if tahap is not None and tahap.stage is Stage.CEK_CETAK and not differing:
            _, role = require_stage(desk, actor, q, Stage.CEK_CETAK)
            save(desk, tx, finish_stage(desk, tx, q, outcome, actor.username, role))

    desk.register.write(work)
    return differing


def card_face(desk: Desk, permohonan_id: str, dpi: int = PREVIEW_DPI) -> CardFace:
    """The card as it will be printed, at the printer's resolution; also the preview."""
    p, portrait, ink = desk.register.read(lambda v: (
        v.permohonan(permohonan_id), _material(v, permohonan_id, "kartu.portret"), _material(v, permohonan_id, "kartu.tanda_tangan")))
    kantor = desk.sop_of(p.sop_digest).kantor
    return desk.renderer.render(
        p.penduduk, portrait, ink, kantor.kabupaten, today(desk), kantor.header_kartu, dpi=dpi,
        specimen=desk.specimen,
    )


def _material(view: View, permohonan_id: str, kind: str) -> bytes:
    found = [d for d in view.documents(permohonan_id) if d.kind == kind]
    if not found:
        raise NotFound("card.material", key=kind)
    return found[-1].data


def start_card(desk: Desk, actor: Actor, permohonan_id: str) -> CardJob:
    """Take a blank, write the intent, hand the card to the printer. In a printer that writes chips, where the office wants it so,
    the chip is written and read back first; a card left at its station is gone on with.

    Returns:
        The job in SENT, or in UNKNOWN when the printer's answer never came.

    Raises:
        SopViolation: this desk makes no cards (:attr:`Desk.no_cards`), not at print, too young, the centre names another person
            (``material.differs``), no blank left (``blangko.empty``; the clocks of everybody who waits for one are paused), or another
            printed card lies here whose chip is not written yet (``card.finish_first``, fact number).
        TransportTrouble: the card material has to be fetched and there is no line.
        DuplicateRequest: a live card of this credential exists (``card.live``).
        DeviceTrouble: the printer cannot print now or did not take it: nothing is left behind, or the job is cancelled and the
            blank back in stock, or the card waits at the station.
    """
    if desk.no_cards:
        raise SopViolation(desk.no_cards)
    material.ensure_material(desk, permohonan_id, actor.username)
    live, p, inside, blank = desk.register.read(lambda v: (
        v.live_card_job(permohonan_id), v.permohonan(permohonan_id), encoding.chip_place(v) == encoding.PRINTER, v.next_blangko()))
    require_stage(desk, actor, p, Stage.CETAK_ENCODE)
    if live is not None and not (live.at_station and live.state in (JobState.INTENT, JobState.ENCODING)):
        raise DuplicateRequest("card.live", job=live.id)
    if live is None and blank is None:
        pause_for_blangko(desk, actor, permohonan_id)
        raise SopViolation("blangko.empty")
    media = card_printer.ready(desk)
    if inside or live is not None:
        encoding.require_station(desk)
    face = card_face(desk, permohonan_id, media.dpi)
    job_id = live.id if live is not None else desk.ids.new()
    with desk.card_acts.working(job_id):
        if live is None:
            try:
                job = desk.register.write(lambda tx: _intend(desk, actor, tx, permohonan_id, face.digest, job_id, inside))
            except SopViolation as refused:
                if refused.message_key == "blangko.empty":
                    pause_for_blangko(desk, actor, permohonan_id)
                raise
        else:
            job = _same_face(job_of(desk, job_id), face)
        if job.at_station and not job.written:
            job = encoding.encode_inside(desk, actor, job)
        return _print(desk, actor, job, face)


def _same_face(job: CardJob, face: CardFace) -> CardJob:
    """The chip at the station names the face it was written for; another one must not be printed on it."""
    if job.face_hash != face.digest:
        raise SopViolation("card.face_changed", job=job.id)
    return job


def _print(desk: Desk, actor: Actor, job: CardJob, face: CardFace) -> CardJob:
    who = actor.username
    taken = card_printer.HandOver().run(desk, job, face)
    if taken.printed is not None:
        return card_moves.step(desk, who, job.id, JobState.SENT, "CardSent", printer_job=taken.printed.job_id)
    if taken.refused is not None:
        if not job.written:
            desk.register.write(lambda tx: card_moves.cancel(desk, tx, who, job.id, taken.refused.message_key if taken.refused else ""))
        raise taken.refused
    unknown = card_moves.step(desk, who, job.id, JobState.UNKNOWN, "CardOutcomeUnknown", printer_job="")
    if taken.bug is not None:
        raise taken.bug
    return unknown


def _intend(desk: Desk, actor: Actor, tx: Tx, permohonan_id: str, digest: str, job_id: str, inside: bool) -> CardJob:
    p = tx.permohonan(permohonan_id)
    require_stage(desk, actor, p, Stage.CETAK_ENCODE)
    if not card_allowed(p, today(desk)):
        raise SopViolation("eligibility.under_17", limit=17)
    material.require_same_person(desk, tx, p)
    _one_at_a_time(tx, p.id, inside)
    blank = tx.next_blangko()
    now = desk.clock.now()
    if blank is None:
        raise SopViolation("blangko.empty")
    job = CardJob(job_id, p.id, credential=p.id, nik=p.penduduk.nik, blangko=blank.serial, state=JobState.INTENT,
                  created_at=now, updated_at=now, face_hash=digest, printer_job=STATION if inside else "", operator=actor.username)
    tx.add_card_job(job)
    tx.save_blangko(replace(blank, state=BlangkoState.DIPAKAI, job_id=job.id))
    tx.log("CardIntent", p.id, actor.username, job=job.id, blangko=blank.serial, digest=digest)
    save(desk, tx, start(p, now))
    settle_stock(desk, tx)
    return job


def _one_at_a_time(view: View, credential: str, inside: bool) -> None:
    """A printed card with an empty chip looks to the reader like any other: only one may lie on the desk at a time, or a chip
    could be written on somebody else's card. A printer that writes chips itself keeps card and chip together, but holds one card."""
    for other in view.card_jobs_in_state(*UNWRITTEN):
        if other.credential != credential and (other.at_station or not (inside or other.written)):
            p = view.permohonan(other.permohonan_id)
            raise SopViolation("card.finish_first", job=other.id, number=p.nomor_register)


def printer_says(desk: Desk, job: CardJob) -> PrintJob:
    """Ask the printer about the job. Raises NotFound ``printer.no_job``, DeviceTrouble."""
    said = card_printer.ask(desk, job)
    if said.word in (card_printer.Word.NEVER, card_printer.Word.FORGOTTEN):
        raise NotFound("printer.no_job", job=job.id)
    if said.word is card_printer.Word.SILENT:
        raise DeviceTrouble(said.trouble, device_kind="card_printer", operation="card_printer.job")
    states = {card_printer.Word.UNSURE: PrintJobState.UNKNOWN}
    return PrintJob(said.printer_job, states.get(said.word) or PrintJobState(said.word.value), said.trouble)


def confirm_print(desk: Desk, actor: Actor, job_id: str) -> CardJob:
    """The operator looked at the card and it is good: PRINTED, or CONFIRMED where the printer wrote the chip before.

    Raises:
        SopViolation, NotAllowed. DuplicateRequest: a device works on it now (``card.at_work``).
    """
    job = job_of(desk, job_id)
    require_stage(desk, actor, desk.register.read(lambda v: v.permohonan(job.permohonan_id)), Stage.CETAK_ENCODE)
    with desk.card_acts.working(job_id):
        return desk.register.write(lambda tx: seen_good(desk, tx, actor, job_id, "CardPrinted"))


def seen_good(desk: Desk, tx: Tx, actor: Actor, job_id: str, event: str) -> CardJob:
    job = card_moves.to(desk, tx, actor.username, job_id, JobState.PRINTED, event)
    return card_moves.confirm(desk, tx, actor, job_id, job.readback_hash) if job.written else job


def spoil_card(desk: Desk, actor: Actor, job_id: str, reason: str, *, second_username: str, second_password: str,
               seen: JobState | None = None) -> CardJob:
    """The card is spoiled: its blank is used up, bound to the NIK by the job, and another may be made.

    Another officer who may approve it looks at the card and signs (four eyes): a blank that leaves the ledger as spoiled
    must not be able to walk out of the office. A finished card that proves unusable before it is handed over (a dead chip at the
    activation) sends the application back to the printer.

    Args:
        seen: the state the officer saw; the card is left alone when it moved on since (``card.transition``).

    Raises:
        SignInRefused, NotAllowed: the second person is the same one, unknown, or may not approve. SopViolation: ``card.handed_over``.
    """
    text = note(reason, "alasan")
    if not text:
        raise BadInput("card.spoil_reason")
    job = job_of(desk, job_id)
    _still_here(desk.register.read(lambda v: v.permohonan(job.permohonan_id)), job)
    may_judge_card(desk, actor, job, "spoil_card")
    job.to(JobState.SPOILED, desk.clock.now())
    second, key = second_signer(desk, actor, second_username, second_password, "approve_spoil")
    signer = required(key, second)

    def work(tx: Tx) -> CardJob:
        current = job_in(tx, job_id)
        if seen is not None and current.state is not seen:  # another window finished it meanwhile
            raise SopViolation("card.transition", found=current.state, expected=seen)
        p = tx.permohonan(current.permohonan_id)
        _still_here(p, current)
        changed = card_moves.spoil(desk, tx, actor, current, text, second, signer)
        if current.state is JobState.CONFIRMED:
            tx.log("CardToReprint", p.id, actor.username, job=job_id)
            save(desk, tx, back_to(tx.permohonan(p.id), Stage.CETAK_ENCODE, desk.clock.now()))
            settle_stock(desk, tx)
        return changed

    with desk.card_acts.working(job_id):
        spoiled = desk.register.write(work)
    if job.at_station or (job.written and job.state is JobState.UNKNOWN):  # it may still stand over the chip reader
        encoding.eject_rejected(desk)
    return spoiled


def _still_here(p: Permohonan, job: CardJob) -> None:
    """A finished card that left the office with its holder cannot be called spoiled: that is a new application (rusak)."""
    if job.state is JobState.CONFIRMED and p.keadaan is not Keadaan.BERJALAN:
        raise SopViolation("card.handed_over", job=job.id)


def may_judge_card(desk: Desk, actor: Actor, job: CardJob, use_case: str) -> None:
    """Whoever the SOP lets print may also say what became of the card (Palaran prints at the counter); others need ``use_case``.

    Raises:
        NotAllowed.
    """
    p = desk.register.read(lambda v: v.permohonan(job.permohonan_id))
    printing = [t for t in p.tahap if t.stage is Stage.CETAK_ENCODE]
    sop = desk.sop_of(p.sop_digest)
    if not any(actor.peran & stage_roles(sop, t) for t in printing):
        require(actor, use_case)


def pause_for_blangko(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """No blank card: the clock waits with that reason, and so do those of all others who wait for one."""
    def work(tx: Tx) -> Permohonan:
        require_stage(desk, actor, tx.permohonan(permohonan_id), Stage.CETAK_ENCODE)
        settle_stock(desk, tx)
        p = tx.permohonan(permohonan_id)
        tx.log("StagePaused", p.id, actor.username, reason=NO_BLANK)
        return save(desk, tx, pause_for(p, NO_BLANK, desk.clock.now()))

    return desk.register.write(work)
