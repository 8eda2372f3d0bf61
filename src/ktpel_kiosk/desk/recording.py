"""Perekaman: capture, judge, store at once, exceptions with a second person, force only after the allowed tries.

Every capture is stored in its own transaction the moment it is accepted; a power cut reopens at the next missing
position. Captures of the wrong finger or eye are refused (:mod:`ktpel_kiosk.desk.refusals`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ktpel_kiosk.desk import capture_rules, refusals, room
from ktpel_kiosk.desk.access import require, require_stage
from ktpel_kiosk.desk.approvals import add_signed, exception_hash, forced_hash, required
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.held import Held, Refusal
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.verification import require_fresh
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import (
    EYES,
    FINGERS,
    SLAPS,
    THUMBS,
    BiometricException,
    DeviceIdentity,
    ExceptionKind,
    Modality,
    PenPoint,
    Position,
    Sample,
    SignatureKind,
)
from ktpel_kiosk.domain.capture_rules import CaptureRules
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, DeviceTrouble, QualityTooLow, SopViolation
from ktpel_kiosk.domain.free_text import note
from ktpel_kiosk.domain.permohonan import Permohonan, Tahap
from ktpel_kiosk.domain.sop import Sop, Stage
from ktpel_kiosk.ports.devices import (
    Camera,
    DeviceKind,
    FingerCapture,
    FingerprintScanner,
    IrisCamera,
    IrisCapture,
    SignatureCapture,
    SignaturePad,
    evidence_of,
    takes_slaps,
)
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import Assessed

PARTS: dict[str, tuple[Position, ...]] = {
    "foto": (Position.FACE,), "jari": FINGERS, "iris": EYES, "tanda_tangan": (Position.SIGNATURE,),
}
READER_S = 2.0
NATIONAL_ORDER: tuple[str, ...] = ("foto", "jari", "iris", "tanda_tangan")


@dataclass(frozen=True, slots=True)
class PositionStatus:
    """Where one position stands: ``missing``, ``captured``, ``low`` (below threshold), ``forced`` or ``exception``.

    ``refused``: how often a capture of it was refused as another finger's or eye's.
    """

    position: Position
    state: str
    score: int | None
    attempts: int
    tries_left: int
    refused: int = 0

    @property
    def done(self) -> bool:
        return self.state in ("captured", "forced", "exception")


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """The whole session: one status per position of the current recording step, in capture order, and the rules it follows."""

    permohonan_id: str
    positions: tuple[PositionStatus, ...]
    rules: CaptureRules = field(default_factory=CaptureRules)

    def of(self, position: Position) -> PositionStatus:
        return next(s for s in self.positions if s.position is position)

    @property
    def missing(self) -> tuple[Position, ...]:
        return tuple(s.position for s in self.positions if not s.done)

    @property
    def complete(self) -> bool:
        return not self.missing

    def next_slap(self) -> tuple[Position, ...]:
        """Fingers to place together next: of the first incomplete slap of 4-4-2 those still open, or under BSI's rule the whole slap
        (its attempts are compared as one)."""
        states = {s.position: s.state for s in self.positions}
        for slap in SLAPS:
            open_ones = tuple(p for p in slap if states.get(p) in ("missing", "low"))
            if open_ones and self.rules.whole_slap(open_ones[0]):
                return tuple(p for p in slap if states.get(p) in ("missing", "low", "captured"))
            if open_ones:
                return open_ones
        return ()


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """What came of one capture.

    ``stored`` are the samples now in the register; ``refused`` holds sentence keys when nothing was stored
    (e.g. ``finger.same_as``), with ``refused_facts``; ``status`` is the session after it.
    ``refusal``: the pairs that are alike; ``shown``: the refused samples themselves, kept nowhere; ``refusals``: how often these
    positions were refused by now; ``may_keep``: a second officer may let the capture count (:func:`keep_refused`).
    """

    stored: tuple[Sample, ...]
    refused: tuple[str, ...]
    status: RecordingStatus
    refused_facts: tuple[tuple[str, str], ...] = ()
    refusal: Refusal | None = None
    shown: tuple[Assessed, ...] = ()
    refusals: int = 0
    may_keep: bool = False


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
    rules = capture_rules.of_session(desk, view, samples)
    refused = refusals.counted(view, p.id)
    return RecordingStatus(p.id, tuple(
        _position_status(rules, position, [s for s in samples if s.position is position], position in excused, refused.get(position, 0))
        for part in parts for position in PARTS[part]
    ), rules)


def _position_status(rules: CaptureRules, position: Position, samples: Sequence[Sample], excused: bool, refused: int) -> PositionStatus:
    tries = len(samples)
    left = max(0, rules.tries(position) - tries)
    best = next((s for s in samples if s.best), None)
    score = best.quality.score if best else None
    if excused:
        state = "exception"
    elif best is None:
        state = "missing"
    elif best.forced:
        state = "forced"
    else:
        state = "captured" if rules.passes(position, best.quality) else "low"
    return PositionStatus(position, state, score, tries, left, refused)


def _require_recording(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    p = desk.register.read(lambda v: v.permohonan(permohonan_id))
    require_stage(desk, actor, p, Stage.REKAM)
    if p.confirmed_at is None or p.corrections:
        raise SopViolation("recording.data_not_confirmed", count=len(p.corrections))
    return p


def confirm_data(desk: Desk, actor: Actor, permohonan_id: str, wrong_fields: tuple[str, ...] = ()) -> Permohonan:
    """The applicant's answer to "Apakah data ini benar?"; pointed-at fields must be corrected first.

    Args:
        actor: the officer the applicant sits with; only whoever may record takes the answer.
    """
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, Stage.REKAM)
        unknown = [f for f in wrong_fields if f not in p.penduduk.__slots__]
        if unknown:
            raise BadInput("biodata.field", field=unknown[0])
        if wrong_fields:
            tx.log("CorrectionRequested", p.id, "pemohon", field=",".join(wrong_fields))
            return save(desk, tx, replace(p, corrections=wrong_fields, confirmed_at=None))
        room.require_to_record(desk)
        tx.log("ApplicantConfirmed", p.id, "pemohon", key="biodata")
        return save(desk, tx, replace(p, corrections=(), confirmed_at=desk.clock.now()))

    return desk.register.write(work)


def capture_face(desk: Desk, actor: Actor, permohonan_id: str, *, replace_background: bool = False) -> CaptureResult:
    """One portrait from the camera, cropped and measured.

    Args:
        replace_background: put the required cloth behind the person; only where the office's rules allow it. Marked in the sample's
            measures (``background_replaced``) and in the audit, which travels in the packet.

    Raises:
        SopViolation: ``recording.background_fixed``: this office does not replace backgrounds.
    """
    p = _require_recording(desk, actor, permohonan_id)
    if replace_background and not recording_status(desk, p.id).rules.ganti_latar:
        raise SopViolation("recording.background_fixed")

    def shoot(camera: Camera) -> tuple[DeviceIdentity, object, bytes]:
        return camera.identity(), camera.still(), evidence_of(camera)

    identity, frame, evidence = desk.devices.call(DeviceKind.CAMERA, "camera.still", shoot, desk.capture_timeout_s + 5).result()
    with _failures(desk, actor, p, (Position.FACE,)):
        assessed = desk.biometrics.assess_face(
            frame, p.penduduk.latar_foto, replace_background=replace_background)  # type: ignore[arg-type]
    replaced = assessed.quality.measures.get("background_replaced") == 1.0
    facts = {"replaced_background": replaced} if replace_background else None
    return _store(desk, actor, p, [assessed], identity, payload=evidence, facts=facts)


def capture_fingers(desk: Desk, actor: Actor, permohonan_id: str, positions: Sequence[Position], *, instead: bool = False) -> CaptureResult:
    """One touch of the scanner with ``positions`` placed together (4-4-2 or a single finger).

    Args:
        instead: what was accepted for these positions was of a wrong finger; this touch takes its place whatever the scores.

    Raises:
        CaptureFailed: ``finger.count`` (facts expected, found, and ``position`` where the missing finger is known), ``finger.none``, ...
    """
    p = _require_recording(desk, actor, permohonan_id)
    asked = tuple(positions)
    if not asked or any(x.modality is not Modality.FINGER for x in asked):
        raise BadInput("capture.positions", count=len(asked))
    identity, capture = _touch(desk, asked)
    with _failures(desk, actor, p, asked):
        assessed = tuple(desk.biometrics.assess_fingers(capture, asked))
    return _judged(desk, actor, p, assessed, identity, capture.payload, instead=instead)


def one_finger_at_a_time(desk: Desk) -> bool:
    """Whether the scanner in use takes single fingers only, so that the desk asks one after another; False while there is none."""
    try:
        return not desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.slap", takes_slaps, READER_S).result()
    except DeviceTrouble:
        return False


def _touch(desk: Desk, asked: tuple[Position, ...]) -> tuple[DeviceIdentity, FingerCapture]:
    def touch(scanner: FingerprintScanner) -> tuple[DeviceIdentity, FingerCapture]:
        return scanner.identity(), scanner.capture(asked, desk.capture_timeout_s, lambda _frame: None)

    return desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.capture", touch, desk.capture_timeout_s + 5).result()


def capture_irises(desk: Desk, actor: Actor, permohonan_id: str, eyes: Sequence[Position] = EYES, *,
                   instead: bool = False) -> CaptureResult:
    """Both eyes (or the one still missing). ``instead`` as for fingers: the eyes accepted so far were swapped."""
    p = _require_recording(desk, actor, permohonan_id)
    asked = tuple(eyes)
    if not asked or any(x.modality is not Modality.IRIS for x in asked):
        raise BadInput("capture.positions", count=len(asked))

    def look(camera: IrisCamera) -> tuple[DeviceIdentity, IrisCapture]:
        return camera.identity(), camera.capture(asked, desk.capture_timeout_s, lambda _frame: None)

    identity, capture = desk.devices.call(DeviceKind.IRIS, "iris.capture", look, desk.capture_timeout_s + 5).result()
    with _failures(desk, actor, p, asked):
        assessed = tuple(desk.biometrics.assess_iris(position, image) for position, image in capture.eyes)
    together = tuple(desk.biometrics.iris_hints([(a.position, a.quality) for a in assessed]))
    if together:
        assessed = tuple(replace(a, quality=replace(a.quality, hints=(*together, *a.quality.hints))) for a in assessed)
    return _judged(desk, actor, p, assessed, identity, capture.payload, instead=instead)


def capture_signature(desk: Desk, actor: Actor, permohonan_id: str, kind: SignatureKind = SignatureKind.TANDA_TANGAN,
                      ink: SignatureCapture | None = None,
                      on_point: Callable[[PenPoint], None] = lambda _point: None) -> CaptureResult:
    """Ink from the pad, or ``ink`` collected on the applicant window where there is no pad; CAP JEMPOL from the finger scanner.

    ``on_point`` gets the pad's ink as it comes, on the device's thread; a point with an earlier time than the last begins anew.
    """
    p = _require_recording(desk, actor, permohonan_id)
    if kind is SignatureKind.CAP_JEMPOL:
        return _thumbprint(desk, actor, p)
    if ink is None:
        prompt = "Saya menyatakan data dan perekaman ini benar."

        def sign(pad: SignaturePad) -> tuple[DeviceIdentity, SignatureCapture]:
            return pad.identity(), pad.capture(prompt, desk.capture_timeout_s, on_point)

        identity, ink = desk.devices.call(
            DeviceKind.SIGNATURE, "signature.capture", sign, desk.capture_timeout_s + 5).result()
    else:
        identity = DeviceIdentity("ktpel-kiosk", "layar pemohon", "-", "screen")
    with _failures(desk, actor, p, (Position.SIGNATURE,)):
        assessed = desk.biometrics.assess_signature(ink, kind)
    return _store(desk, actor, p, [assessed], identity, signature_kind=kind)


def thumb_for_print(status: RecordingStatus) -> Position:
    """The finger of a CAP JEMPOL: the left thumb, else the right one, else the first finger that is not excused.

    Raises:
        SopViolation: ``recording.no_finger``: every finger is excused; the signature is then excused as well.
    """
    excused = {s.position for s in status.positions if s.state == "exception"}
    for position in (*THUMBS, *FINGERS):
        if position not in excused:
            return position
    raise SopViolation("recording.no_finger")


def _thumbprint(desk: Desk, actor: Actor, p: Permohonan) -> CaptureResult:
    """The print must be of the finger recorded before: a helper's thumb signs for nobody."""
    status = recording_status(desk, p.id)
    thumb = thumb_for_print(status)
    identity, capture = _touch(desk, (thumb,))
    with _failures(desk, actor, p, (Position.SIGNATURE,)):
        assessed = desk.biometrics.assess_thumbprint(capture, thumb)
    low = any(s.position is thumb and s.state == "low" for s in status.positions)  # not accepted, so nothing to compare with
    refusal = None if low else refusals.judge_thumbprint(desk, p.id, assessed, thumb)
    if refusal is not None:
        return _refuse(desk, actor, p, Held(refusal, (assessed,), identity, capture.payload, SignatureKind.CAP_JEMPOL))
    return _store(desk, actor, p, [assessed], identity, signature_kind=SignatureKind.CAP_JEMPOL, payload=capture.payload,
                  facts={"found": thumb.value})


@contextmanager
def _failures(desk: Desk, actor: Actor, p: Permohonan, asked: Sequence[Position]) -> Iterator[None]:
    """A capture that could not be used goes into the audit before its error goes on."""
    try:
        yield
    except CaptureFailed as error:
        refusals.note_failure(desk, actor.username, p.id, asked, error)
        raise


def _judged(desk: Desk, actor: Actor, p: Permohonan, assessed: tuple[Assessed, ...], identity: DeviceIdentity, payload: bytes, *,
            instead: bool) -> CaptureResult:
    """Store fingers or eyes, or refuse them as another's."""
    refusal = refusals.judge(desk, p.id, assessed, instead=instead)
    if refusal is None:
        return _store(desk, actor, p, assessed, identity, payload=payload, instead=instead)
    return _refuse(desk, actor, p, Held(refusal, assessed, identity, payload))


def _refuse(desk: Desk, actor: Actor, p: Permohonan, held: Held) -> CaptureResult:
    refusal, assessed = held.refusal, held.assessed
    limit = _tries(recording_status(desk, p.id), [a.position for a in assessed])
    count = refusals.note_refusal(desk, actor.username, p.id, held, limit)
    return CaptureResult((), (refusal.key,), recording_status(desk, p.id), refusal.facts, refusal, assessed, count, count >= limit)


def _tries(status: RecordingStatus, asked: Sequence[Position]) -> int:
    return min(status.rules.tries(p) for p in asked)


def keep_refused(desk: Desk, actor: Actor, permohonan_id: str, reason: str, second_username: str, second_password: str) -> CaptureResult:
    """Let the last refused capture count after the allowed tries ("tetap pakai"), with another officer's signed agreement.

    The finger, eye or thumb print stays below its threshold if it is; what was alike is not asked about again.

    Raises:
        SopViolation: ``recording.nothing_refused``: no refused capture is waiting (it is kept in memory only).
        QualityTooLow: ``recording.refusals_left``: tries are left. BadInput: no reason. SignInRefused, NotAllowed: the second person.
    """
    p = _require_recording(desk, actor, permohonan_id)
    require(actor, "force_sample")
    text = note(reason, "alasan")
    if not text:
        raise BadInput("recording.keep_reason")
    held = desk.held.of(p.id)
    if held is None:
        raise SopViolation("recording.nothing_refused")
    asked = [a.position for a in held.assessed]
    status = recording_status(desk, p.id)
    count, limit = max(status.of(x).refused for x in asked), _tries(status, asked)
    if count < limit:
        raise QualityTooLow("recording.refusals_left", position=asked[0].value, attempt=count, limit=limit)
    second, key = second_signer(desk, actor, second_username, second_password, "approve_exception")
    signer = required(key, second)
    involved = {c.position for c in held.refusal.pairs} or set(asked)

    def agreed(tx: Tx, stored: Sequence[Sample]) -> None:
        for sample in stored:
            if sample.position in involved:
                add_signed(desk, tx, second, p, Stage.REKAM, "tetap_pakai", forced_hash(sample), note=text, signer=signer)
        alike: list[tuple[Position, str | None]] = [(c.position, c.found.value) for c in held.refusal.pairs]
        for position, found in alike or [(asked[0], None)]:
            tx.log(refusals.KEPT_EVENT, p.id, actor.username, position=position.value, found=found, reason=held.refusal.key,
                   at=second.username)

    return _store(desk, actor, p, held.assessed, held.identity, signature_kind=held.signature_kind, payload=held.payload, also=agreed)


def _store(desk: Desk, actor: Actor, p: Permohonan, assessed: Sequence[Assessed], identity: DeviceIdentity, *,
           signature_kind: SignatureKind | None = None, payload: bytes = b"", instead: bool = False,
           facts: Mapping[str, bool | str] | None = None,
           also: Callable[[Tx, Sequence[Sample]], None] = lambda _tx, _stored: None) -> CaptureResult:
    """Keep every assessed sample in one durable transaction; those the rules choose become the best of their positions."""
    def work(tx: Tx) -> list[Sample]:
        before = tx.samples(p.id, with_data=False)
        now = _moment(desk.clock.now(), before)
        rules = capture_rules.of_session(desk, tx, before)
        accepted = {s.position: s.quality for s in before if s.best}
        new = {a.position: a.quality for a in assessed}
        chosen = frozenset(new) if instead or signature_kind is not None else rules.chosen(new, accepted)
        stored = []
        for a in assessed:
            attempt = 1 + sum(s.position is a.position for s in before)
            sample = Sample(
                id=desk.ids.new(), permohonan_id=p.id, position=a.position, attempt=attempt, media_type=a.media_type,
                data=a.data, width=a.width, height=a.height, ppi=a.ppi, quality=a.quality, device=identity, captured_at=now,
                best=a.position in chosen, signature_kind=signature_kind, device_payload=payload,
            )
            tx.add_sample(sample)
            tx.log("SampleAccepted", p.id, actor.username, position=a.position.value, attempt=sample.attempt, score=a.quality.score,
                   best=sample.best, device=f"{identity.make} {identity.model}".strip(),
                   **{**({"instead": True} if instead and a.position in accepted else {}), **(facts or {})})
            stored.append(sample)
        also(tx, stored)
        return stored

    stored = desk.register.write(work)
    desk.held.drop(p.id)
    return CaptureResult(tuple(stored), (), recording_status(desk, p.id))


def _moment(now: datetime, before: Sequence[Sample]) -> datetime:
    """The capture's own moment: samples of one touch share it and no other touch has it."""
    latest = max((s.captured_at for s in before), default=None)
    return now if latest is None or now > latest else latest + timedelta(microseconds=1)


def touches(samples: Sequence[Sample]) -> list[tuple[Sample, ...]]:
    """Samples by the capture they came from, in order of time."""
    groups: dict[datetime, list[Sample]] = {}
    for s in samples:
        groups.setdefault(s.captured_at, []).append(s)
    return [tuple(groups[at]) for at in sorted(groups)]


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
        if status.tries_left:
            raise QualityTooLow("quality.tries_left", position=position.value, attempt=status.attempts,
                                limit=status.attempts + status.tries_left)
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
