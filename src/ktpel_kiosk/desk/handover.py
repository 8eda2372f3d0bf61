"""Aktivasi and penyerahan: finger against the card, then the signed handover that closes the register row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.approvals import activation_hash, add_signed, required
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import keep_document, local_time
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.reports import queue_report
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.withdrawn import withdraw
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Position, SignatureKind
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, NotFound, SopViolation
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long, datetime_long, mask_nik
from ktpel_kiosk.ports.devices import CardReader, DeviceKind, FingerprintScanner, SignatureCapture, SignaturePad
from ktpel_kiosk.ports.papers import HandoverPaper
from ktpel_kiosk.ports.register import Handover, Tx, View
from ktpel_kiosk.ports.services import ChipContent

ACTIVATION_TRIES = 4
"""BPPT practice: up to four tries, then the card goes back for re-encoding (DOMAIN.md 3.5)."""


@dataclass(frozen=True, slots=True)
class Activation:
    """Result of one try; ``score`` is the best similarity against the card's minutiae."""

    matched: bool
    score: float
    attempt: int
    permohonan: Permohonan


def confirmed_job(view: View, permohonan_id: str) -> CardJob:
    """The live, confirmed card of this application."""
    job = next((j for j in view.card_jobs(permohonan_id) if j.state is JobState.CONFIRMED), None)
    if job is None:
        raise NotFound("card.none")
    return job


def activate(desk: Desk, actor: Actor, permohonan_id: str, position: Position = Position.RIGHT_INDEX) -> Activation:
    """One try: the applicant's finger against the minutiae read from the card in the reader.

    Raises:
        SopViolation: not at this step, another card lies in the reader (``chip.foreign``), or the tries are used up.
    """
    p, job = desk.register.read(lambda v: (v.permohonan(permohonan_id), confirmed_job(v, permohonan_id)))
    _, role = require_stage(desk, actor, p, Stage.AKTIVASI)
    attempt = activation_attempts(desk, permohonan_id) + 1
    if attempt > ACTIVATION_TRIES:
        raise SopViolation("activation.tries", limit=ACTIVATION_TRIES)

    content = _own_card(desk, job)

    def touch(scanner: FingerprintScanner) -> object:
        return scanner.capture((position,), desk.capture_timeout_s, lambda _frame: None)

    capture = desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.capture", touch, desk.capture_timeout_s + 5).result()
    probe = desk.biometrics.assess_fingers(capture, (position,))[0].data  # type: ignore[arg-type]
    score = max((desk.biometrics.compare_template(probe, t) for _, t in content.minutiae), default=0.0)
    matched = score >= desk.biometrics.match_threshold

    def work(tx: Tx) -> Permohonan:
        q = start(tx.permohonan(permohonan_id), desk.clock.now())
        tx.log("CardActivated", q.id, actor.username, attempt=attempt, score=round(score, 4), status="cocok" if matched else "tidak")
        if not matched:
            return save(desk, tx, q)
        return _active(desk, tx, q, job, actor, role)

    return Activation(matched, score, attempt, desk.register.write(work))


def _own_card(desk: Desk, job: CardJob) -> ChipContent:
    """What the card in the reader holds. Raises SopViolation ``chip.foreign`` when it is not this application's."""
    def read(reader: CardReader) -> ChipContent:
        reader.connect(desk.capture_timeout_s)
        return desk.personaliser.read(reader)

    content = desk.devices.call(DeviceKind.CARD_READER, "card_reader.read", read, desk.capture_timeout_s + 5).result()
    if content.uid != job.chip_uid or content.credential != job.credential:
        raise SopViolation("chip.foreign", job=job.id)
    return content


def activate_by_sight(desk: Desk, actor: Actor, permohonan_id: str, reason: str, second_username: str, second_password: str) -> Activation:
    """The card is made active by two officers who compared face and card, where fingers cannot do it: the tries are used up, or the chip
    holds no minutiae (no finger could be recorded, or this machine had none to write).

    Raises:
        SopViolation: ``activation.fingers_first``, ``chip.foreign``, another step. BadInput: no reason. SignInRefused, NotAllowed.
    """
    p, job = desk.register.read(lambda v: (v.permohonan(permohonan_id), confirmed_job(v, permohonan_id)))
    _, role = require_stage(desk, actor, p, Stage.AKTIVASI)
    text = clean_note(reason, "alasan")
    if not text:
        raise BadInput("activation.reason")
    content, tried = _own_card(desk, job), activation_attempts(desk, permohonan_id)
    if content.minutiae and tried < ACTIVATION_TRIES:
        raise SopViolation("activation.fingers_first", attempt=tried, limit=ACTIVATION_TRIES)
    second, key = second_signer(desk, actor, second_username, second_password, "approve_exception")
    signer = required(key, second)

    def work(tx: Tx) -> Permohonan:
        q = start(tx.permohonan(permohonan_id), desk.clock.now())
        add_signed(desk, tx, second, q, Stage.AKTIVASI, "aktivasi", activation_hash(job), note=text, signer=signer)
        tx.log("CardActivated", q.id, actor.username, attempt=tried, status="dua_petugas", at=second.username)
        return _active(desk, tx, q, job, actor, role)

    return Activation(True, 0.0, tried, desk.register.write(work))


def _active(desk: Desk, tx: Tx, p: Permohonan, job: CardJob, actor: Actor, role: str) -> Permohonan:
    queue_report(desk, tx, "activated", job=job.id, chip_uid=job.chip_uid, nik=job.nik)
    return save(desk, tx, finish_stage(desk, tx, p, "aktif", actor.username, role))


def activation_attempts(desk: Desk, permohonan_id: str) -> int:
    """Fingers tried so far."""
    links = desk.register.read(lambda v: v.audit(subject=permohonan_id, limit=100_000))
    return sum(1 for link in links if link.event == "CardActivated" and link.facts.get("status") != "dua_petugas")


def move_to_counter(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Operator gives the card to the counter (stage ``serah_loket``)."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.SERAH_LOKET)
        tx.log("CardToCounter", p.id, actor.username)
        return save(desk, tx, finish_stage(desk, tx, p, "di_loket", actor.username, role))

    return desk.register.write(work)


def sign_for_card(desk: Desk, ink: SignatureCapture | None = None) -> bytes:
    """The receiver's signature as PNG, from the pad or from ``ink`` of the applicant window."""
    if ink is None:
        def sign(pad: SignaturePad) -> SignatureCapture:
            return pad.capture("Saya telah menerima dokumen ini.", desk.capture_timeout_s, lambda _point: None)

        ink = desk.devices.call(DeviceKind.SIGNATURE, "signature.capture", sign, desk.capture_timeout_s + 5).result()
    # Who cannot write may confirm the receipt with a line, so that the rule for lines is asked.
    assessed = desk.biometrics.assess_signature(ink, SignatureKind.GARIS)
    return desk.biometrics.signature_png(assessed.data)


def hand_over(desk: Desk, actor: Actor, permohonan_id: str, signature_png: bytes, *, receiver: str = "",
              relation: str = "ybs", old_card_withdrawn: bool = False, old_card_condition: str = "utuh") -> Permohonan:
    """Give card or letters to the applicant (or proxy), signed; closes the row and purges the card material.

    An old card taken back is entered in the buku KTP ditarik, in the condition ``old_card_condition``
    (:data:`ktpel_kiosk.desk.book_layouts.CONDITIONS`, or words of one's own).

    Raises:
        SopViolation: not at this step, a proxy where the SOP forbids it, the old card still has to be withdrawn.
        BadInput: no signature.
    """
    if not signature_png:
        raise BadInput("handover.signature")
    if relation not in ("ybs", "kuasa"):
        raise BadInput("handover.relation", value=relation[:20])
    receiver = free_text(receiver, "nama penerima")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        tahap, role = require_stage(desk, actor, p, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)
        sop = desk.sop_of(p.sop_digest)
        offered = sop.layanan_of(p.layanan)
        if relation == "kuasa" and not sop.kuasa_boleh:
            raise SopViolation("handover.proxy")
        card = tahap.stage is Stage.SERAH_PEMOHON
        if card and offered is not None and offered.tarik_of(p.varian) and not old_card_withdrawn:
            raise SopViolation("handover.old_card")
        job = confirmed_job(tx, p.id) if card else None
        now = desk.clock.now()
        urut = tx.next_number("bukti", local_time(desk, now).year)
        proof = Handover(
            permohonan_id=p.id, kind="kartu" if card else "surat", receiver_name=receiver or p.penduduk.nama,
            receiver_relation=relation, officer=actor.username, at=now, signature_png=signature_png,
            card_uid=job.chip_uid if job else "", activated=any(t.stage is Stage.AKTIVASI and t.outcome == "aktif" for t in p.tahap),
            old_card_withdrawn=old_card_withdrawn, number=f"{urut:04d}/BP/{local_time(desk, now).year}",
        )
        tx.put_handover(proof)
        tx.log("HandedOver", p.id, actor.username, digest=hashlib.sha256(signature_png).hexdigest(), number=proof.number)
        if old_card_withdrawn:
            withdraw(desk, tx, actor, p, old_card_condition)
        if job:
            queue_report(desk, tx, "handed_over", job=job.id, chip_uid=job.chip_uid, nik=job.nik)
        q = save(desk, tx, finish_stage(desk, tx, p, "diserahkan", actor.username, role))
        if q.keadaan is Keadaan.SELESAI:
            tx.drop_documents(q.id, "kartu.")
        paper = handover_paper(desk, tx, q, proof, actor)
        keep_document(desk, tx, q, "bukti_pengambilan", "Bukti pengambilan", desk.documents.handover(paper))
        return q

    return desk.register.write(work)


def handover_paper(desk: Desk, view: View, p: Permohonan, proof: Handover, actor: Actor) -> HandoverPaper:
    """What the bukti pengambilan says."""
    kantor = desk.sop.kantor
    printed = next((j.created_at for j in view.card_jobs(p.id) if j.state is JobState.CONFIRMED), None) if proof.kind == "kartu" else None
    return HandoverPaper(
        kop=kantor.kop, number=proof.number, nomor_register=p.nomor_register,
        at_local=datetime_long(local_time(desk, proof.at), kantor.zona_waktu), nama=p.penduduk.nama,
        nik_tersamar=mask_nik(p.penduduk.nik), penerima=proof.receiver_name,
        hubungan="Yang bersangkutan" if proof.receiver_relation == "ybs" else "Penerima kuasa", petugas=actor.nama,
        finger_checked=proof.activated, old_card_withdrawn=proof.old_card_withdrawn, card_uid=proof.card_uid,
        signature_png=proof.signature_png, kind="KTP-el" if proof.kind == "kartu" else "Surat Pengantar dan Surat Keterangan Perekaman",
        tanggal_cetak=date_long(local_time(desk, printed).date()) if printed else "", qr_text=proof.number,
    )
