"""Perekaman: capture, judge, store at once, exceptions with a second person, force only after the allowed tries.

Every capture is stored in its own transaction the moment it is accepted; a power cut reopens at the next missing
position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ktpel_kiosk.desk.access import require, require_stage
from ktpel_kiosk.desk.approvals import add_signed, exception_hash, forced_hash, required
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.verification import require_fresh
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import (
    EYES,
    FINGERS,
    SLAPS,
    BiometricException,
    DeviceIdentity,
    ExceptionKind,
    Modality,
    Position,
    Sample,
    SignatureKind,
)
from ktpel_kiosk.domain.errors import BadInput, QualityTooLow, SopViolation
from ktpel_kiosk.domain.free_text import note
from ktpel_kiosk.domain.permohonan import Permohonan, Tahap
from ktpel_kiosk.domain.sop import Sop, Stage
from ktpel_kiosk.ports.devices import Camera, DeviceKind, FingerprintScanner, IrisCamera, SignatureCapture, SignaturePad
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import Assessed

PARTS: dict[str, tuple[Position, ...]] = {
    "foto": (Position.FACE,), "jari": FINGERS, "iris": EYES, "tanda_tangan": (Position.SIGNATURE,),
}
NATIONAL_ORDER: tuple[str, ...] = ("foto", "jari", "iris", "tanda_tangan")


@dataclass(frozen=True, slots=True)
class PositionStatus:
    """Where one position stands: ``missing``, ``captured``, ``low`` (below threshold), ``forced`` or ``exception``."""

    position: Position
    state: str
    score: int | None
    attempts: int
    tries_left: int

    @property
    def done(self) -> bool:
        return self.state in ("captured", "forced", "exception")


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """The whole session: one status per position of the current recording step, in capture order."""

    permohonan_id: str
    positions: tuple[PositionStatus, ...]

    def of(self, position: Position) -> PositionStatus:
        return next(s for s in self.positions if s.position is position)

    @property
    def missing(self) -> tuple[Position, ...]:
        return tuple(s.position for s in self.positions if not s.done)

    @property
    def complete(self) -> bool:
        return not self.missing

    def next_slap(self) -> tuple[Position, ...]:
        """Fingers to place together next: the missing ones of the first incomplete slap of 4-4-2."""
        missing = set(self.missing)
        for slap in SLAPS:
            open_ones = tuple(p for p in slap if p in missing)
            if open_ones:
                return open_ones
        return ()


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """What came of one capture.

    ``stored`` are the samples now in the register; ``refused`` holds sentence keys when nothing was stored
    (e.g. ``finger.same_as``); ``status`` is the session after it.
    """

    stored: tuple[Sample, ...]
    refused: tuple[str, ...]
    status: RecordingStatus
    refused_facts: tuple[tuple[str, str], ...] = ()


def parts_of(sop: Sop, tahap: Tahap) -> tuple[str, ...]:
    """Parts this recording step captures, in order; a step that names none captures all."""
    step = next(s for s in sop.langkah if s.nomor == tahap.nomor)
    return step.rekam or NATIONAL_ORDER


def recording_status(desk: Desk, permohonan_id: str) -> RecordingStatus:
    """Session status of the current recording step (of all steps when it is not at one)."""
    return desk.register.read(lambda v: _status(desk, v, v.permohonan(permohonan_id)))


def _status(desk: Desk, view: View, p: Permohonan) -> RecordingStatus:
    tahap = p.current()
    parts = parts_of(desk.sop_of(p.sop_digest), tahap) if tahap and tahap.stage is Stage.REKAM else NATIONAL_ORDER
    samples = view.samples(p.id, with_data=False)
    excused = {e.position for e in view.exceptions(p.id)}
    return RecordingStatus(p.id, tuple(
        _position_status(desk, position, [s for s in samples if s.position is position], position in excused)
        for part in parts for position in PARTS[part]
    ))


def _position_status(desk: Desk, position: Position, samples: Sequence[Sample], excused: bool) -> PositionStatus:
    tries = len(samples)
    left = max(0, desk.thresholds.tries - tries)
    best = next((s for s in samples if s.best), None)
    score = best.quality.score if best else None
    if excused:
        state = "exception"
    elif best is None:
        state = "missing"
    elif best.forced:
        state = "forced"
    else:
        state = "captured" if desk.thresholds.passes(position, best.quality) else "low"
    return PositionStatus(position, state, score, tries, left)


def _require_recording(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    p = desk.register.read(lambda v: v.permohonan(permohonan_id))
    require_stage(desk, actor, p, Stage.REKAM)
    if p.confirmed_at is None or p.corrections:
        raise SopViolation("recording.data_not_confirmed", count=len(p.corrections))
    return p


def confirm_data(desk: Desk, permohonan_id: str, wrong_fields: tuple[str, ...] = ()) -> Permohonan:
    """The applicant's answer to "Apakah data ini benar?"; pointed-at fields must be corrected first."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        p.require(Stage.REKAM)
        unknown = [f for f in wrong_fields if f not in p.penduduk.__slots__]
        if unknown:
            raise BadInput("biodata.field", field=unknown[0])
        if wrong_fields:
            tx.log("CorrectionRequested", p.id, "pemohon", field=",".join(wrong_fields))
            return save(desk, tx, replace(p, corrections=wrong_fields, confirmed_at=None))
        tx.log("ApplicantConfirmed", p.id, "pemohon", key="biodata")
        return save(desk, tx, replace(p, corrections=(), confirmed_at=desk.clock.now()))

    return desk.register.write(work)


def capture_face(desk: Desk, actor: Actor, permohonan_id: str) -> CaptureResult:
    """One portrait from the camera, cropped and measured."""
    p = _require_recording(desk, actor, permohonan_id)

    def shoot(camera: Camera) -> tuple[DeviceIdentity, object]:
        return camera.identity(), camera.still()

    identity, frame = desk.devices.call(DeviceKind.CAMERA, "camera.still", shoot, desk.capture_timeout_s + 5).result()
    assessed = desk.biometrics.assess_face(frame, p.penduduk.latar_foto)  # type: ignore[arg-type]
    return _store(desk, actor, p, [assessed], identity)


def capture_fingers(desk: Desk, actor: Actor, permohonan_id: str, positions: Sequence[Position]) -> CaptureResult:
    """One touch of the scanner with ``positions`` placed together (4-4-2 or a single finger)."""
    p = _require_recording(desk, actor, permohonan_id)
    asked = tuple(positions)
    if not asked or any(x.modality is not Modality.FINGER for x in asked):
        raise BadInput("capture.positions", count=len(asked))

    def touch(scanner: FingerprintScanner) -> tuple[DeviceIdentity, object]:
        return scanner.identity(), scanner.capture(asked, desk.capture_timeout_s, lambda _frame: None)

    future = desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.capture", touch, desk.capture_timeout_s + 5)
    identity, capture = future.result()
    assessed = desk.biometrics.assess_fingers(capture, asked)  # type: ignore[arg-type]
    twin = _same_finger(desk, permohonan_id, assessed)
    if twin is not None:
        new, old = twin
        facts = (("position", new.value), ("found", old.value))
        return CaptureResult((), ("finger.same_as",), recording_status(desk, permohonan_id), facts)
    return _store(desk, actor, p, assessed, identity, payload=getattr(capture, "payload", b""))


def _same_finger(desk: Desk, permohonan_id: str, new: Sequence[Assessed]) -> tuple[Position, Position] | None:
    """A new finger that equals an accepted finger of another position, or a neighbour of the same touch."""
    taken = desk.register.read(lambda v: [s for s in v.samples(permohonan_id) if s.best and s.position in FINGERS])
    for i, a in enumerate(new):
        for old in taken:
            if old.position is not a.position and desk.biometrics.compare_fingers(a.data, old.data) >= desk.biometrics.match_threshold:
                return a.position, old.position
        for b in new[:i]:
            if desk.biometrics.compare_fingers(a.data, b.data) >= desk.biometrics.match_threshold:
                return a.position, b.position
    return None


def capture_irises(desk: Desk, actor: Actor, permohonan_id: str, eyes: Sequence[Position] = EYES) -> CaptureResult:
    """Both eyes (or the one still missing)."""
    p = _require_recording(desk, actor, permohonan_id)
    asked = tuple(eyes)

    def look(camera: IrisCamera) -> tuple[DeviceIdentity, object]:
        return camera.identity(), camera.capture(asked, desk.capture_timeout_s, lambda _frame: None)

    identity, capture = desk.devices.call(DeviceKind.IRIS, "iris.capture", look, desk.capture_timeout_s + 5).result()
    assessed = [desk.biometrics.assess_iris(position, image) for position, image in capture.eyes]  # type: ignore[attr-defined]
    return _store(desk, actor, p, assessed, identity, payload=getattr(capture, "payload", b""))


def capture_signature(desk: Desk, actor: Actor, permohonan_id: str, kind: SignatureKind = SignatureKind.TANDA_TANGAN,
                      ink: SignatureCapture | None = None) -> CaptureResult:
    """Ink from the pad, or ``ink`` collected on the applicant window where there is no pad."""
    p = _require_recording(desk, actor, permohonan_id)
    if ink is None:
        prompt = "Saya menyatakan data dan perekaman ini benar."

        def sign(pad: SignaturePad) -> tuple[DeviceIdentity, SignatureCapture]:
            return pad.identity(), pad.capture(prompt, desk.capture_timeout_s, lambda _point: None)

        identity, ink = desk.devices.call(
            DeviceKind.SIGNATURE, "signature.capture", sign, desk.capture_timeout_s + 5).result()
    else:
        identity = DeviceIdentity("ktpel-kiosk", "layar pemohon", "-", "screen")
    assessed = desk.biometrics.assess_signature(ink, kind)
    return _store(desk, actor, p, [assessed], identity, signature_kind=kind)


def _store(desk: Desk, actor: Actor, p: Permohonan, assessed: Sequence[Assessed], identity: DeviceIdentity, *,
           signature_kind: SignatureKind | None = None, payload: bytes = b"") -> CaptureResult:
    """Keep every assessed sample in one durable transaction; the best of its position is marked."""
    now = desk.clock.now()

    def work(tx: Tx) -> list[Sample]:
        before = tx.samples(p.id, with_data=False)
        stored = []
        for a in assessed:
            previous = [s for s in before if s.position is a.position]
            better = all(not s.best or _better(a, s) for s in previous)
            sample = Sample(
                id=desk.ids.new(), permohonan_id=p.id, position=a.position, attempt=len(previous) + 1, media_type=a.media_type,
                data=a.data, width=a.width, height=a.height, ppi=a.ppi, quality=a.quality, device=identity, captured_at=now,
                best=better, signature_kind=signature_kind, device_payload=payload,
            )
            tx.add_sample(sample)
            tx.log("SampleAccepted", p.id, actor.username, position=a.position.value, attempt=sample.attempt,
                   score=a.quality.score, best=better, device=f"{identity.make} {identity.model}".strip())
            stored.append(sample)
        return stored

    stored = desk.register.write(work)
    return CaptureResult(tuple(stored), (), recording_status(desk, p.id))


def _better(new: Assessed, old: Sample) -> bool:
    """Best of N: a valid score beats a failed one, then the higher, then the newer."""
    def rank(score: int) -> int:
        return -1 if score == 255 else score
    return rank(new.quality.score) >= rank(old.quality.score)


def record_exception(desk: Desk, actor: Actor, permohonan_id: str, position: Position, kind: ExceptionKind, reason: str,
                     second_username: str, second_password: str) -> RecordingStatus:
    """Excuse a position with a reason; another officer who may approve exceptions agrees with the own password.

    Raises:
        SignInRefused, NotAllowed: the second person is the same one, unknown, or may not approve.
    """
    p = _require_recording(desk, actor, permohonan_id)
    text = note(reason, "alasan")
    if not text:
        raise BadInput("exception.reason", position=position.value)
    second, key = second_signer(desk, actor, second_username, second_password, "approve_exception")
    signer = required(key, second)

    def work(tx: Tx) -> None:
        excused = BiometricException(position, kind, text, second.username, actor.username)
        tx.put_exception(p.id, excused)
        add_signed(desk, tx, second, p, Stage.REKAM, "pengecualian", exception_hash(excused), note=kind.value, signer=signer)
        tx.log("ExceptionRecorded", p.id, actor.username, position=position.value, reason=kind.value, at=second.username)

    desk.register.write(work)
    return recording_status(desk, p.id)


def withdraw_exception(desk: Desk, actor: Actor, permohonan_id: str, position: Position) -> RecordingStatus:
    p = _require_recording(desk, actor, permohonan_id)

    def work(tx: Tx) -> None:
        tx.drop_exception(p.id, position)
        tx.log("ExceptionRemoved", p.id, actor.username, position=position.value)

    desk.register.write(work)
    return recording_status(desk, p.id)


def force_position(desk: Desk, actor: Actor, permohonan_id: str, position: Position, reason: str) -> RecordingStatus:
    """Accept the best sample below threshold, only after the allowed tries; recorded as forced.

    Raises:
        QualityTooLow: tries are left (facts attempt, limit).
    """
    p = _require_recording(desk, actor, permohonan_id)
    require(actor, "force_sample")
    text = note(reason, "alasan")

    def work(tx: Tx) -> None:
        status = _status(desk, tx, p).of(position)
        if status.state == "missing":
            raise SopViolation("recording.nothing_to_force", position=position.value)
        if status.attempts < desk.thresholds.tries:
            raise QualityTooLow("quality.tries_left", position=position.value, attempt=status.attempts, limit=desk.thresholds.tries)
        best = next(s for s in tx.samples(p.id, with_data=False) if s.position is position and s.best)
        add_signed(desk, tx, actor, p, Stage.REKAM, "paksa", forced_hash(best), note=text)
        tx.mark_forced(best.id)
        tx.log("SampleForced", p.id, actor.username, position=position.value, score=best.quality.score, attempt=status.attempts)

    desk.register.write(work)
    return recording_status(desk, p.id)


def finish_recording(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Close the current recording step when nothing of it is missing.

    Raises:
        SopViolation: ``recording.incomplete`` naming the first missing position.
    """
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        _, role = require_stage(desk, actor, p, Stage.REKAM)
        missing = _status(desk, tx, p).missing
        if missing:
            raise SopViolation("recording.incomplete", count=len(missing), position=missing[0].value)
        require_fresh(desk, tx, p)
        return save(desk, tx, finish_stage(desk, tx, p, "terekam", actor.username, role))

    return desk.register.write(work)
