"""Aktivasi and penyerahan: finger against the card, then the signed handover that closes the register row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.approvals import activation_hash, add_signed, required
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import keep_document, local_time
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.reports import queue_report
from ktpel_kiosk.desk.sealing import IRIS_MATERIAL
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.withdrawn import withdraw
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Position, SignatureKind
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, CardRefused, DeviceTrouble, NotFound, SopViolation
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long, datetime_long, mask_nik
from ktpel_kiosk.ports.devices import CardReader, DeviceKind, FingerprintScanner, IrisCamera, IrisCapture, SignatureCapture, SignaturePad
from ktpel_kiosk.ports.papers import HandoverPaper
from ktpel_kiosk.ports.register import Handover, Tx, View
from ktpel_kiosk.ports.services import ChipContent

ACTIVATION_TRIES = 4
"""BPPT practice: up to four tries with either index, then the eyes, then two officers (DOMAIN.md 3.5)."""
IRIS_TRIES = 2
FINGER_MATERIAL = "kartu.minutiae."
PROXY_LETTER_LENGTH = 60
CARD_WAIT_S = 0.5
"""How long the reader at the counter is asked for the card; a counter without one hands over by eye."""


IKD = ("", "aktif", "diaktifkan", "belum", "tanpa_gawai")
"""Remark on the Identitas Kependudukan Digital at pick-up; empty: not asked."""


@dataclass(frozen=True, slots=True)
class Activation:
    """Result of one try; ``score`` is the best similarity against the card's minutiae, or against the recorded eyes."""

    matched: bool
    score: float
    attempt: int
    permohonan: Permohonan


def finished_job(view: View, permohonan_id: str) -> CardJob | None:
    """The live, confirmed card of this application; ``None`` while there is none."""
    return next((j for j in view.card_jobs(permohonan_id) if j.state is JobState.CONFIRMED), None)


def confirmed_job(view: View, permohonan_id: str) -> CardJob:
    """The live, confirmed card of this application."""
    job = finished_job(view, permohonan_id)
    if job is None:
        raise NotFound("card.none")
    return job


def activate(desk: Desk, actor: Actor, permohonan_id: str, position: Position = Position.RIGHT_INDEX) -> Activation:
    """One try: the applicant's finger against the minutiae read from the card in the reader; for a card of the official machine, whose
    chip only that machine's own reader opens, against those recorded for this very application.

    Raises:
        SopViolation: not at this step, another card lies in the reader (``chip.foreign``), or the tries are used up.
    """
    p, job = desk.register.read(lambda v: (v.permohonan(permohonan_id), confirmed_job(v, permohonan_id)))
    _, role = require_stage(desk, actor, p, Stage.AKTIVASI)
    attempt = activation_attempts(desk, permohonan_id) + 1
    if attempt > ACTIVATION_TRIES:
        raise SopViolation("activation.tries", limit=ACTIVATION_TRIES)

    wanted = _own_card(desk, job)

    def touch(scanner: FingerprintScanner) -> object:
        return scanner.capture((position,), desk.capture_timeout_s, lambda _frame: None)

    capture = desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.capture", touch, desk.capture_timeout_s + 5).result()
    probe = desk.biometrics.assess_fingers(capture, (position,))[0].data  # type: ignore[arg-type]
    score = max((desk.biometrics.compare_template(probe, t) for t in wanted), default=0.0)
    matched = score >= desk.biometrics.match_threshold

    def work(tx: Tx) -> Permohonan:
        q = start(tx.permohonan(permohonan_id), desk.clock.now())
        tx.log("CardActivated", q.id, actor.username, attempt=attempt, score=round(score, 4), status="cocok" if matched else "tidak",
               source="rekaman" if job.official else "chip")
        if not matched:
            return save(desk, tx, q)
        return _active(desk, tx, q, job, actor, role)

    return Activation(matched, score, attempt, desk.register.write(work))


def _own_card(desk: Desk, job: CardJob) -> Sequence[bytes]:
    """Minutiae to compare a finger with: those of the card in the reader. Raises SopViolation ``chip.foreign`` when it is not this
    application's."""
    if job.official:
        card_lies_here(desk, job)
        kept = desk.register.read(lambda v: v.documents(job.permohonan_id))
        return [d.data for d in kept if d.kind.startswith(FINGER_MATERIAL)]

    def read(reader: CardReader) -> ChipContent:
        reader.connect(desk.capture_timeout_s)
        return desk.personaliser.read(reader)

    content: ChipContent = desk.devices.call(DeviceKind.CARD_READER, "card_reader.read", read, desk.capture_timeout_s + 5).result()
    if content.uid != job.chip_uid or content.credential != job.credential:
        raise SopViolation("chip.foreign", job=job.id)
    return [data for _, data in content.minutiae]


def activate_by_iris(desk: Desk, actor: Actor, permohonan_id: str) -> Activation:
    """One try with the eyes, where fingers cannot do it: they are compared with those recorded for this very card.

    Raises:
        SopViolation: ``activation.fingers_first``, ``activation.no_iris`` (recorded elsewhere, or without eyes), ``activation.tries``,
            ``chip.foreign``, another step. CaptureFailed ``iris.*``.
    """
    p, job, forms = desk.register.read(lambda v: (
        v.permohonan(permohonan_id), confirmed_job(v, permohonan_id), iris_material(v, permohonan_id)))
    _, role = require_stage(desk, actor, p, Stage.AKTIVASI)
    if not forms:
        raise SopViolation("activation.no_iris")
    tried = _iris_attempts(desk, permohonan_id)
    if tried >= IRIS_TRIES:
        raise SopViolation("activation.tries", limit=IRIS_TRIES)
    _own_card_without_finger(desk, job)

    def look(camera: IrisCamera) -> IrisCapture:
        return camera.capture(tuple(forms), desk.capture_timeout_s, lambda _frame: None)

    capture = desk.devices.call(DeviceKind.IRIS, "iris.capture", look, desk.capture_timeout_s + 5).result()
    eyes = [(eye, desk.biometrics.assess_iris(eye, image)) for eye, image in capture.eyes if eye in forms]
    score = max((desk.biometrics.compare_iris(seen.data, forms[eye]) for eye, seen in eyes), default=0.0)
    matched = score >= desk.biometrics.iris_threshold

    def work(tx: Tx) -> Permohonan:
        q = start(tx.permohonan(permohonan_id), desk.clock.now())
        tx.log("CardActivated", q.id, actor.username, attempt=tried + 1, score=round(score, 4), modality="iris",
               status="cocok" if matched else "tidak")
        return _active(desk, tx, q, job, actor, role) if matched else save(desk, tx, q)

    return Activation(matched, score, tried + 1, desk.register.write(work))


def iris_material(view: View, permohonan_id: str) -> dict[Position, bytes]:
    """Codes of the eyes kept for this card, by position; empty when there are none."""
    kept = [d for d in view.documents(permohonan_id) if d.kind.startswith(IRIS_MATERIAL)]
    return {Position(d.kind.removeprefix(IRIS_MATERIAL)): d.data for d in kept}


def _own_card_without_finger(desk: Desk, job: CardJob) -> int:
    """The card in the reader is this one, and its fingers cannot or could not do it. Returns the fingers tried. Raises SopViolation."""
    wanted, tried = _own_card(desk, job), activation_attempts(desk, job.permohonan_id)
    if wanted and tried < ACTIVATION_TRIES:
        raise SopViolation("activation.fingers_first", attempt=tried, limit=ACTIVATION_TRIES)
    return tried


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
    tried = _own_card_without_finger(desk, job)
    second, key = second_signer(desk, actor, second_username, second_password, "approve_exception")
    signer = required(key, second)

    def work(tx: Tx) -> Permohonan:
        q = start(tx.permohonan(permohonan_id), desk.clock.now())
        add_signed(desk, tx, second, q, Stage.AKTIVASI, "aktivasi", activation_hash(job), note=text, signer=signer)
        tx.log("CardActivated", q.id, actor.username, attempt=tried, status="dua_petugas", at=second.username)
        return _active(desk, tx, q, job, actor, role)

    return Activation(True, 0.0, tried, desk.register.write(work))


def card_facts(job: CardJob) -> dict[str, str]:
    """What a report says of the card: by its chip; one of the official machine whose chip was not read, by its blank."""
    return {"job": job.id, "nik": job.nik, **({"chip_uid": job.chip_uid} if job.chip_uid else {"blangko": job.blangko})}


def _active(desk: Desk, tx: Tx, p: Permohonan, job: CardJob, actor: Actor, role: str) -> Permohonan:
    queue_report(desk, tx, "activated", **card_facts(job))
    return save(desk, tx, finish_stage(desk, tx, p, "aktif", actor.username, role))


def activation_attempts(desk: Desk, permohonan_id: str) -> int:
    """Fingers tried so far."""
    return sum("modality" not in facts and facts.get("status") != "dua_petugas" for facts in _tries(desk, permohonan_id))


def _iris_attempts(desk: Desk, permohonan_id: str) -> int:
    return sum(facts.get("modality") == "iris" for facts in _tries(desk, permohonan_id))


def eyes_may_help(desk: Desk, permohonan_id: str) -> bool:
    """Eyes were recorded for this card and have not been tried in vain."""
    return bool(desk.register.read(lambda v: iris_material(v, permohonan_id))) and _iris_attempts(desk, permohonan_id) < IRIS_TRIES


def _tries(desk: Desk, permohonan_id: str) -> list[Mapping[str, object]]:
    """Tries with the card there is now: one printed anew begins anew."""
    links = desk.register.read(lambda v: v.audit(subject=permohonan_id, limit=100_000))
    made = max((link.sequence for link in links if link.event in ("CardConfirmed", "CardMadeElsewhere")), default=0)
    return [link.facts for link in links if link.event == "CardActivated" and link.sequence > made]


def move_to_counter(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Operator gives the card to the counter (stage ``serah_loket``)."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.SERAH_LOKET)
        tx.log("CardToCounter", p.id, actor.username)
        return save(desk, tx, finish_stage(desk, tx, p, "di_loket", actor.username, role))

    return desk.register.write(work)


def signing_prompt(view: View, permohonan_id: str) -> str:
    """What the receiver signs for, as the pad shows it: the card by the end of its chip number, or the letters."""
    job = finished_job(view, permohonan_id)
    if job is None:
        return "Saya menerima surat keterangan ini."
    return f"Saya menerima KTP-el dengan chip …{job.chip_uid[-6:]}." if job.chip_uid else f"Saya menerima KTP-el nomor {job.blangko}."


def sign_for_card(desk: Desk, permohonan_id: str, ink: SignatureCapture | None = None) -> bytes:
    """The receiver's signature as PNG, from the pad or from ``ink`` of the applicant window."""
    if ink is None:
        prompt = desk.register.read(lambda v: signing_prompt(v, permohonan_id))

        def sign(pad: SignaturePad) -> SignatureCapture:
            return pad.capture(prompt, desk.capture_timeout_s, lambda _point: None)

        ink = desk.devices.call(DeviceKind.SIGNATURE, "signature.capture", sign, desk.capture_timeout_s + 5).result()
    # Who cannot write may confirm the receipt with a line, so that the rule for lines is asked.
    assessed = desk.biometrics.assess_signature(ink, SignatureKind.GARIS)
    return desk.biometrics.signature_png(assessed.data)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who takes it. ``relation``: ``ybs`` (the holder; everything else stays empty) or ``kuasa`` with name, NIK and the number of the
    surat kuasa (F-1.07)."""

    relation: str = "ybs"
    nama: str = ""
    nik: str = ""
    letter: str = ""

    def checked(self, p: Permohonan) -> Receiver:
        """Cleaned, with the holder's name where the holder comes. Raises BadInput."""
        if self.relation == "ybs":
            return Receiver("ybs", p.penduduk.nama)
        if self.relation != "kuasa":
            raise BadInput("handover.relation", value=self.relation[:20])
        nama, letter = free_text(self.nama, "nama penerima"), free_text(self.letter, "nomor surat kuasa", limit=PROXY_LETTER_LENGTH)
        nik = self.nik.replace(" ", "")
        if not nama or not letter:
            raise BadInput("handover.proxy_data", field="nama penerima" if not nama else "nomor surat kuasa")
        if not (len(nik) == 16 and nik.isascii() and nik.isdigit()):
            raise BadInput("handover.proxy_nik", count=len(nik))
        if nik == p.penduduk.nik:
            raise BadInput("handover.proxy_self")
        return Receiver("kuasa", nama, nik, letter)


def binding(permohonan_id: str, number: str, card_uid: str, receiver: Receiver, signature_png: bytes) -> str:
    """SHA-256 (hex) of what belongs together: one line each of application, receipt, chip, receiver, and the signature's own digest."""
    ink = hashlib.sha256(signature_png).hexdigest()
    lines = ("ktpel-serah-1", permohonan_id, number, card_uid, receiver.relation, receiver.nama, receiver.nik, receiver.letter, ink)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def card_lies_here(desk: Desk, job: CardJob) -> bool:
    """The very card is in the reader. False when the counter has no reader, no card lies on it, or nobody ever read this card's UID.

    Raises:
        SopViolation: ``chip.foreign``, somebody else's card lies there.
    """
    if not job.chip_uid:
        return False

    def look(reader: CardReader) -> str:
        reader.connect(CARD_WAIT_S)
        return desk.personaliser.uid(reader)

    try:
        uid = desk.devices.call(DeviceKind.CARD_READER, "card_reader.connect", look, CARD_WAIT_S + 2).result()
    except CardRefused as no:
        raise SopViolation("chip.foreign", job=job.id) from no
    except DeviceTrouble:
        return False
    if uid != job.chip_uid:
        raise SopViolation("chip.foreign", job=job.id)
    return True


def hand_over(desk: Desk, actor: Actor, permohonan_id: str, signature_png: bytes, *, receiver: Receiver | None = None,
              old_card_withdrawn: bool = False, old_card_condition: str = "utuh", ikd: str = "") -> Permohonan:
    """Give card or letters to the applicant (or proxy), signed; closes the row and purges the card material.

    The signature is bound to the card's chip and the receipt's number. Where a card lies in the reader it must be this one.

    An old card taken back is entered in the buku KTP ditarik, in the condition ``old_card_condition``
    (:data:`ktpel_kiosk.desk.book_layouts.CONDITIONS`, or words of one's own).

    Raises:
        SopViolation: not at this step, a proxy where the SOP forbids it, another card in the reader (``chip.foreign``), the old card
            still has to be withdrawn.
        BadInput: no signature, a proxy without name, NIK or letter, an unknown ``ikd``.
    """
    if not signature_png:
        raise BadInput("handover.signature")
    if ikd not in IKD:
        raise BadInput("handover.ikd", value=ikd[:20])
    p, live = desk.register.read(lambda v: (
        v.permohonan(permohonan_id), finished_job(v, permohonan_id)))
    require_stage(desk, actor, p, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)
    who = (receiver or Receiver()).checked(p)
    tahap_now = p.current()
    seen = live is not None and tahap_now is not None and tahap_now.stage is Stage.SERAH_PEMOHON and card_lies_here(desk, live)

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        tahap, role = require_stage(desk, actor, p, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)
        sop = desk.sop_of(p.sop_digest)
        offered = sop.layanan_of(p.layanan)
        if who.relation == "kuasa" and not sop.kuasa_boleh:
            raise SopViolation("handover.proxy")
        card = tahap.stage is Stage.SERAH_PEMOHON
        if card and offered is not None and offered.tarik_of(p.varian) and not old_card_withdrawn:
            raise SopViolation("handover.old_card")
        job = confirmed_job(tx, p.id) if card else None
        now = desk.clock.now()
        urut = tx.next_number("bukti", local_time(desk, now).year)
        number, uid = f"{urut:04d}/BP/{local_time(desk, now).year}", job.chip_uid if job else ""
        proof = Handover(
            permohonan_id=p.id, kind="kartu" if card else "surat", receiver_name=who.nama,
            receiver_relation=who.relation, officer=actor.username, at=now, signature_png=signature_png,
            card_uid=uid, activated=any(t.stage is Stage.AKTIVASI and t.outcome == "aktif" for t in p.tahap),
            old_card_withdrawn=old_card_withdrawn, number=number, receiver_nik=who.nik, proxy_letter=who.letter, card_read=seen,
            binding=binding(p.id, number, uid, who, signature_png), ikd=ikd,
        )
        tx.put_handover(proof)
        tx.log("HandedOver", p.id, actor.username, digest=proof.binding, number=proof.number,
               status="kartu_terbaca" if seen else "kartu_tidak_dibaca" if card else "surat")
        if old_card_withdrawn:
            withdraw(desk, tx, actor, p, old_card_condition)
        if job:
            queue_report(desk, tx, "handed_over", **card_facts(job))
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
        activated=proof.activated, old_card_withdrawn=proof.old_card_withdrawn,
        card_uid=proof.card_uid or ("tidak dibaca di meja ini" if proof.kind == "kartu" else ""),
        signature_png=proof.signature_png, kind="KTP-el" if proof.kind == "kartu" else "Surat Pengantar dan Surat Keterangan Perekaman",
        tanggal_cetak=date_long(local_time(desk, printed).date()) if printed else "", qr_text=proof.number,
        nik_penerima=mask_nik(proof.receiver_nik) if proof.receiver_nik else "", surat_kuasa=proof.proxy_letter,
        card_read=proof.card_read, ikatan=proof.binding[:16], ikd=proof.ikd,
    )
