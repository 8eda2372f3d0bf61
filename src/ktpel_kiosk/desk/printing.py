"""Cetak and encode: a card goes from PRR to confirmed or spoiled; the printer and the chip tell the truth, the register the intent.

Between intent and result the outcome is unknown; a job found so at start-up goes to :mod:`ktpel_kiosk.desk.reconcile`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ktpel_kiosk.desk import material
from ktpel_kiosk.desk.access import require, require_stage, stage_roles
from ktpel_kiosk.desk.approvals import add_signed, required, spoil_hash
from ktpel_kiosk.desk.blangko import note_use
from ktpel_kiosk.desk.blangko import receive_blangko as receive_blangko
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.reports import queue_report
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.waiting import NO_BLANK, settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import Blangko, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import (
    BadInput,
    DeviceTrouble,
    KioskError,
    MediaEmpty,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    SopViolation,
    TransportTrouble,
)
from ktpel_kiosk.domain.free_text import note
from ktpel_kiosk.domain.permohonan import Permohonan, pause_for, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import CardPrinter, CardReader, DeviceKind, PrintJob
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import CardFace, ChipContent, ChipData


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


def card_face(desk: Desk, permohonan_id: str) -> CardFace:
    """The card as it will be printed; also the preview."""
    p, portrait, ink = desk.register.read(lambda v: (
        v.permohonan(permohonan_id), _material(v, permohonan_id, "kartu.portret"), _material(v, permohonan_id, "kartu.tanda_tangan")))
    kantor = desk.sop_of(p.sop_digest).kantor
    return desk.renderer.render(
        p.penduduk, portrait, ink, kantor.kabupaten, today(desk), kantor.header_kartu, specimen=desk.specimen,
    )


def _material(view: View, permohonan_id: str, kind: str) -> bytes:
    found = [d for d in view.documents(permohonan_id) if d.kind == kind]
    if not found:
        raise NotFound("card.material", key=kind)
    return found[-1].data


def start_card(desk: Desk, actor: Actor, permohonan_id: str) -> CardJob:
    """Take a blank, write the intent, hand the card to the printer.

    Returns:
        The job in SENT, or in UNKNOWN when the printer's answer never came.

    Raises:
        SopViolation: not at print, too young, the centre names another person (``material.differs``), or no blank left
            (``blangko.empty``; the clocks of everybody who waits for one are paused).
        TransportTrouble: the card material has to be fetched and there is no line.
        DuplicateRequest: a live card of this credential exists.
        DeviceTrouble: the printer did not take it; the blank is back in stock and the job cancelled.
    """
    material.ensure_material(desk, permohonan_id, actor.username)
    face = card_face(desk, permohonan_id)
    try:
        job = desk.register.write(lambda tx: _intend(desk, actor, tx, permohonan_id, face.digest))
    except SopViolation as refused:
        if refused.message_key == "blangko.empty":
            pause_for_blangko(desk, actor, permohonan_id)
        raise

    def submit(printer: CardPrinter) -> PrintJob:
        printer.media()
        return printer.submit(face.front, face.back, job.id, face.layers)

    future = desk.devices.call(DeviceKind.CARD_PRINTER, "card_printer.submit", submit, desk.print_timeout_s)
    try:
        printed = future.result()
    except (NotConnected, MediaEmpty) as trouble:
        _cancel(desk, actor, job, trouble.message_key)
        raise
    except OutcomeUnknown:
        return _to(desk, actor, job, JobState.UNKNOWN, "CardOutcomeUnknown")
    except DeviceTrouble as trouble:
        if trouble.code in ("DEVICE_STALLED", "DEVICE"):
            return _to(desk, actor, job, JobState.UNKNOWN, "CardOutcomeUnknown")
        _cancel(desk, actor, job, trouble.message_key)
        raise
    return _to(desk, actor, job, JobState.SENT, "CardSent", printer_job=printed.job_id)


def _intend(desk: Desk, actor: Actor, tx: Tx, permohonan_id: str, digest: str) -> CardJob:
    p = tx.permohonan(permohonan_id)
    require_stage(desk, actor, p, Stage.CETAK_ENCODE)
    if not card_allowed(p, today(desk)):
        raise SopViolation("eligibility.under_17", limit=17)
    material.require_same_person(desk, tx, p)
    blank = tx.next_blangko()
    now = desk.clock.now()
    if blank is None:
        raise SopViolation("blangko.empty")
    job = CardJob(desk.ids.new(), p.id, credential=p.id, nik=p.penduduk.nik, blangko=blank.serial, state=JobState.INTENT,
                  created_at=now, updated_at=now, face_hash=digest, operator=actor.username)
    tx.add_card_job(job)
    tx.save_blangko(replace(blank, state=BlangkoState.DIPAKAI, job_id=job.id))
    tx.log("CardIntent", p.id, actor.username, job=job.id, blangko=blank.serial, digest=digest)
    save(desk, tx, start(p, now))
    settle_stock(desk, tx)
    return job


def _to(desk: Desk, actor: Actor, job: CardJob, state: JobState, event: str, **changes: str) -> CardJob:
    def work(tx: Tx) -> CardJob:
        current = tx.card_job(job.id)
        if current is None:
            raise NotFound("card.job", job=job.id)
        changed = current.to(state, desk.clock.now(), **changes)
        tx.save_card_job(changed)
        tx.log(event, changed.permohonan_id, actor.username, job=job.id, blangko=changed.blangko)
        return changed

    return desk.register.write(work)


def _cancel(desk: Desk, actor: Actor, job: CardJob, reason: str) -> CardJob:
    """The printer never had it: the blank is whole and goes back into stock."""
    def work(tx: Tx) -> CardJob:
        current = tx.card_job(job.id)
        if current is None:
            raise NotFound("card.job", job=job.id)
        changed = current.to(JobState.CANCELLED, desk.clock.now(), spoil_reason=reason)
        tx.save_card_job(changed)
        tx.save_blangko(Blangko(changed.blangko, BlangkoState.STOK, "", ""))
        tx.log("CardCancelled", changed.permohonan_id, actor.username, job=job.id, reason=reason)
        settle_stock(desk, tx)
        return changed

    return desk.register.write(work)


def printer_says(desk: Desk, job: CardJob) -> PrintJob:
    """Ask the printer about the job."""
    def ask(printer: CardPrinter) -> PrintJob:
        return printer.job(job.printer_job)

    return desk.devices.call(DeviceKind.CARD_PRINTER, "card_printer.job", ask, desk.print_timeout_s).result()


def confirm_print(desk: Desk, actor: Actor, job_id: str) -> CardJob:
    """The operator looked at the card and it is good."""
    job = _job(desk, job_id)
    _may_print(desk, actor, job)
    return _to(desk, actor, job, JobState.PRINTED, "CardPrinted")


def spoil_card(desk: Desk, actor: Actor, job_id: str, reason: str, *, second_username: str, second_password: str) -> CardJob:
    """The card is spoiled: its blank is used up, bound to the NIK by the job, and another may be made.

    Another officer who may approve it looks at the card and signs (four eyes): a blank that leaves the ledger as spoiled
    must not be able to walk out of the office.

    Raises:
        SignInRefused, NotAllowed: the second person is the same one, unknown, or may not approve.
    """
    text = note(reason, "alasan")
    if not text:
        raise BadInput("card.spoil_reason")
    job = _job(desk, job_id)
    may_judge_card(desk, actor, job, "spoil_card")
    job.to(JobState.SPOILED, desk.clock.now())
    second, key = second_signer(desk, actor, second_username, second_password, "approve_spoil")
    signer = required(key, second)

    def work(tx: Tx) -> CardJob:
        current = tx.card_job(job_id)
        if current is None:
            raise NotFound("card.job", job=job_id)
        changed = current.to(JobState.SPOILED, desk.clock.now(), spoil_reason=text)
        tx.save_card_job(changed)
        add_signed(desk, tx, second, tx.permohonan(changed.permohonan_id), Stage.CETAK_ENCODE, "kartu_rusak", spoil_hash(changed, text),
                   signer=signer)
        tx.save_blangko(Blangko(changed.blangko, BlangkoState.RUSAK, "", changed.id))
        note_use(desk, tx, actor, current, changed)
        tx.log("CardSpoiled", changed.permohonan_id, actor.username, job=job_id, blangko=changed.blangko, second=second.username)
        queue_report(desk, tx, "spoiled", job=job_id, blangko=changed.blangko, nik=changed.nik)
        return changed

    return desk.register.write(work)


def _may_print(desk: Desk, actor: Actor, job: CardJob) -> None:
    """Raise NotAllowed, SopViolation unless the actor may print where the job's application stands."""
    require_stage(desk, actor, desk.register.read(lambda v: v.permohonan(job.permohonan_id)), Stage.CETAK_ENCODE)


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


def _job(desk: Desk, job_id: str) -> CardJob:
    job = desk.register.read(lambda v: v.card_job(job_id))
    if job is None:
        raise NotFound("card.job", job=job_id)
    return job


@dataclass(frozen=True, slots=True)
class ChipWritten:
    job: CardJob
    content: ChipContent


def encode_card(desk: Desk, actor: Actor, job_id: str) -> ChipWritten:
    """Bind the chip to the job, write it, read it back, compare; CONFIRMED only when all agrees.

    Raises:
        CardRemoved: torn; the job is back in PRINTED and may be written again.
        SopViolation: the chip read back differs (``chip.readback``), or holds another credential (``chip.foreign``).
    """
    job = _job(desk, job_id)
    _may_print(desk, actor, job)
    if job.state is not JobState.PRINTED:
        raise SopViolation("card.transition", found=job.state, expected=JobState.ENCODING)
    data = _chip_data(desk, job)

    def bind(reader: CardReader) -> str:
        reader.connect(desk.capture_timeout_s)
        return desk.personaliser.uid(reader)

    uid = desk.devices.call(DeviceKind.CARD_READER, "card_reader.connect", bind, desk.capture_timeout_s + 5).result()
    job = _to(desk, actor, job, JobState.ENCODING, "ChipIntent", chip_uid=uid)

    def write(reader: CardReader) -> tuple[str, ChipContent]:
        reader.connect(desk.capture_timeout_s)
        if desk.personaliser.uid(reader) != uid:
            raise SopViolation("chip.swapped", job=job_id)
        digest = desk.personaliser.write(reader, data)
        return digest, desk.personaliser.read(reader)

    try:
        digest, content = desk.devices.call(DeviceKind.CARD_READER, "card_reader.write", write, desk.print_timeout_s).result()
        if content.digest != digest or content.uid != uid or content.credential != job.credential or content.face_hash != job.face_hash:
            raise SopViolation("chip.readback", job=job_id)
    except KioskError:
        _to(desk, actor, job, JobState.PRINTED, "CardPrinted")
        raise
    return ChipWritten(_confirm(desk, actor, job, digest), content)


def _chip_data(desk: Desk, job: CardJob) -> ChipData:
    def gather(view: View) -> ChipData:
        p = view.permohonan(job.permohonan_id)
        documents = {d.kind: d.data for d in view.documents(p.id) if d.kind.startswith("kartu.")}
        minutiae = tuple(
            (Position(kind.removeprefix("kartu.minutiae.")), data)
            for kind, data in documents.items() if kind.startswith("kartu.minutiae.")
        )
        return ChipData(job.credential, p.penduduk, documents["kartu.portret"], documents["kartu.tanda_tangan"], minutiae, job.face_hash)

    data = desk.register.read(gather)
    return replace(data, portrait_jp2=desk.biometrics.chip_portrait(data.portrait_jp2))


def _confirm(desk: Desk, actor: Actor, job: CardJob, digest: str) -> CardJob:
    def work(tx: Tx) -> CardJob:
        p = tx.permohonan(job.permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.CETAK_ENCODE)
        changed = job.to(JobState.CONFIRMED, desk.clock.now(), readback_hash=digest)
        tx.save_card_job(changed)
        tx.save_blangko(Blangko(job.blangko, BlangkoState.BAIK, "", job.id))
        note_use(desk, tx, actor, job, changed)
        tx.log("CardConfirmed", p.id, actor.username, job=job.id, digest=digest)
        queue_report(desk, tx, "encoded", job=job.id, chip_uid=job.chip_uid, nik=job.nik)
        save(desk, tx, finish_stage(desk, tx, p, "tercetak", actor.username, role))
        return changed

    return desk.register.write(work)


def pause_for_blangko(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """No blank card: the clock waits with that reason, and so do those of all others who wait for one."""
    def work(tx: Tx) -> Permohonan:
        require_stage(desk, actor, tx.permohonan(permohonan_id), Stage.CETAK_ENCODE)
        settle_stock(desk, tx)
        p = tx.permohonan(permohonan_id)
        tx.log("StagePaused", p.id, actor.username, reason=NO_BLANK)
        return save(desk, tx, pause_for(p, NO_BLANK, desk.clock.now()))

    return desk.register.write(work)
