"""Perekaman: parts of the session, captures, measures in words, exceptions, review and seal. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ktpel_kiosk.desk import correction, queries, recording, sealing
from ktpel_kiosk.desk.recording import CaptureResult, PositionStatus, RecordingStatus
from ktpel_kiosk.domain.biometric import (
    EYES,
    FINGERS,
    LEFT_FOUR,
    RIGHT_FOUR,
    BiometricException,
    ExceptionKind,
    Modality,
    Position,
    Quality,
    Sample,
    SignatureKind,
)
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import has_word, word

PART_OF: dict[Modality, str] = {
    Modality.FACE: "foto", Modality.FINGER: "jari", Modality.IRIS: "iris", Modality.SIGNATURE: "tanda_tangan",
}
PART_TITLES = {"data": "Data", "foto": "Foto", "jari": "Sidik jari", "iris": "Iris", "tanda_tangan": "Tanda tangan", "tinjau": "Tinjau"}
KINDS_FOR: dict[Modality, tuple[ExceptionKind, ...]] = {
    Modality.FINGER: (ExceptionKind.MISSING, ExceptionKind.BANDAGED, ExceptionKind.UNREADABLE),
    Modality.IRIS: (ExceptionKind.BLIND, ExceptionKind.LENS, ExceptionKind.MISSING),
    Modality.SIGNATURE: (ExceptionKind.UNABLE,), Modality.FACE: (),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the photo's list: name, value in words, tone of its chip."""

    name: str
    value: str
    tone: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """Everything the recording page shows of one application."""

    dossier: queries.Dossier
    status: RecordingStatus
    best: Mapping[Position, Sample] = field(default_factory=dict)
    faces: tuple[Sample, ...] = ()
    exceptions: Mapping[Position, BiometricException] = field(default_factory=dict)
    applicant_agreed: bool = False
    signed_off: bool = False

    @property
    def permohonan(self) -> Permohonan:
        return self.dossier.permohonan

    @property
    def stage(self) -> Stage | None:
        current = self.permohonan.current()
        return current.stage if current else None

    @property
    def confirmed(self) -> bool:
        return self.permohonan.confirmed_at is not None and not self.permohonan.corrections

    def parts(self) -> tuple[str, ...]:
        """Parts of this session in order, data first and review last."""
        if self.stage is Stage.KIRIM:
            return ("data", *self._captured(), "tinjau")
        return ("data", *self._captured(), "tinjau")

    def _captured(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(PART_OF[s.position.modality] for s in self.status.positions))

    def of_part(self, part: str) -> tuple[PositionStatus, ...]:
        return tuple(s for s in self.status.positions if PART_OF[s.position.modality] == part)

    def part_done(self, part: str) -> bool:
        if part == "data":
            return self.confirmed
        if part == "tinjau":
            return False
        return all(s.done for s in self.of_part(part))

    def next_part(self) -> str:
        """Where work goes on: the first part that is not done."""
        if self.stage is Stage.KIRIM:
            return "tinjau"
        return next((p for p in self.parts() if not self.part_done(p)), "tinjau")


class RecordingPresenter:
    """One application at the recording desk; call everything but the pure helpers on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rules = session.desk.capture_rules
        """Rules of the session loaded last."""

    def load(self, pid: str) -> RecordView:
        desk = self.session.desk
        dossier = queries.dossier(desk, pid, check=True)
        samples = desk.register.read(lambda v: list(v.samples(pid)))
        excused = desk.register.read(lambda v: {e.position: e for e in v.exceptions(pid)})
        kinds = {a.kind for a in dossier.approvals if a.stage is Stage.KIRIM}
        status = recording.recording_status(desk, pid)
        self.rules = status.rules
        return RecordView(
            dossier, status, {s.position: s for s in samples if s.best},
            tuple(s for s in samples if s.position is Position.FACE), excused, "tanda_tangan_pemohon" in kinds,
            "pengesahan_operator" in kinds,
        )

    # -- data -----------------------------------------------------------------------------------------------------

    def confirm(self, pid: str, wrong: tuple[str, ...] = ()) -> RecordView:
        recording.confirm_data(self.session.desk, pid, wrong)
        return self.load(pid)

    def correct(self, pid: str, values: dict[str, str]) -> RecordView:
        correction.correct_biodata(self.session.desk, self.session.actor, pid, **values)
        return self.load(pid)

    # -- captures ---------------------------------------------------------------------------------------------------

    def face(self, pid: str) -> tuple[CaptureResult, RecordView]:
        return recording.capture_face(self.session.desk, self.session.actor, pid), self.load(pid)

    def fingers(self, pid: str, positions: Sequence[Position]) -> tuple[CaptureResult, RecordView]:
        return recording.capture_fingers(self.session.desk, self.session.actor, pid, positions), self.load(pid)

    def irises(self, pid: str, eyes: Sequence[Position]) -> tuple[CaptureResult, RecordView]:
        return recording.capture_irises(self.session.desk, self.session.actor, pid, eyes), self.load(pid)

    def signature(self, pid: str, kind: SignatureKind, ink: SignatureCapture | None) -> tuple[CaptureResult, RecordView]:
        return recording.capture_signature(self.session.desk, self.session.actor, pid, kind, ink), self.load(pid)

    def excuse(self, pid: str, position: Position, kind: ExceptionKind, reason: str, username: str, password: str) -> RecordView:
        recording.record_exception(self.session.desk, self.session.actor, pid, position, kind, reason, username, password)
        return self.load(pid)

    def withdraw(self, pid: str, position: Position) -> RecordView:
        recording.withdraw_exception(self.session.desk, self.session.actor, pid, position)
        return self.load(pid)

    def force(self, pid: str, positions: Sequence[Position]) -> RecordView:
        for position in positions:
            recording.force_position(self.session.desk, self.session.actor, pid, position, "mutu terbaik setelah semua percobaan")
        return self.load(pid)

    def finish(self, pid: str) -> RecordView:
        recording.finish_recording(self.session.desk, self.session.actor, pid)
        return self.load(pid)

    # -- review and seal --------------------------------------------------------------------------------------------

    def applicant_agrees(self, pid: str) -> RecordView:
        sealing.applicant_confirms(self.session.desk, pid)
        return self.load(pid)

    def sign_off(self, pid: str, password: str) -> RecordView:
        sealing.sign_off(self.session.desk, self.session.actor, pid, password)
        return self.load(pid)

    def seal(self, pid: str) -> Packet:
        return sealing.seal_packet(self.session.desk, self.session.actor, pid)

    # -- words ------------------------------------------------------------------------------------------------------

    def hint(self, quality: Quality) -> str:
        """The most useful hint of a quality, in one short sentence."""
        return self.hint_text(quality.hints[0]) if quality.hints else ""

    def hint_text(self, key: str, **facts: str) -> str:
        if has_word("petunjuk", key):
            return word("petunjuk", key)
        return self.session.desk.sentences.text(key, **facts).split(". ")[0].rstrip(".")

    def refusal(self, result: CaptureResult) -> str:
        facts = dict(result.refused_facts)
        named = {k: word("posisi", v).lower() for k, v in facts.items()}
        return self.session.desk.sentences.text(result.refused[0], **named) if result.refused else ""

    def threshold(self, position: Position) -> int:
        return self.rules.minimum(position)

    def tries(self, position: Position) -> int:
        return self.rules.tries(position)

    def live_hint(self, frame: object, latar: str) -> tuple[str, tuple[Measure, ...], bool]:
        """Sentence, measures and whether the frame is good enough, for a preview frame."""
        quality = self.session.desk.biometrics.preview_face(frame, latar)  # type: ignore[arg-type]
        good = quality.score != 255 and quality.score >= self.threshold(Position.FACE)
        return self.hint(quality), measures_of(quality, latar), good and not quality.hints

    @staticmethod
    def score_text(score: int | None) -> str:
        return "–" if score is None else "gagal" if score == 255 else str(score)


def measures_of(quality: Quality, latar: str) -> tuple[Measure, ...]:
    """The measures people understand, in a fixed order; whatever an algorithm does not give is left out."""
    m, out = quality.measures, []
    cloth = m.get("cloth", m.get("background"))
    if cloth is not None:
        out.append(Measure(f"Latar {latar}", "sesuai" if cloth >= 50 else "belum sesuai", "good" if cloth >= 50 else "attention"))
    if "roll" in m:
        tilt = abs(m["roll"])
        out.append(Measure("Kepala tegak", f"{number_text(tilt)}°", "good" if tilt <= 6 else "attention"))
    for key, name in (("size", "Ukuran wajah"), ("head_size", "Ukuran wajah"), ("centred", "Posisi tengah"),
                      ("illumination", "Cahaya merata"),
                      ("evenness", "Cahaya merata"), ("exposure", "Pencahayaan"), ("sharpness", "Ketajaman")):
        if key in m:
            out.append(Measure(name, number_text(m[key]), "good" if m[key] >= 50 else "attention"))
    return tuple(out)


def finger_states(view: RecordView, target: Sequence[Position]) -> dict[Position, str]:
    """State of each finger for the hand map."""
    states = {}
    for s in view.status.positions:
        if s.position not in FINGERS:
            continue
        if s.state == "exception":
            states[s.position] = "exception"
        elif s.state in ("captured", "forced"):
            states[s.position] = "good"
        elif s.position in target:
            states[s.position] = "target"
        else:
            states[s.position] = "attention" if s.state == "low" else "todo"
    return states


def slap_title(positions: Sequence[Position]) -> str:
    """``Empat jari tangan kanan``, ``Kedua jempol``, ``Telunjuk kiri``."""
    asked = set(positions)
    if asked == set(RIGHT_FOUR):
        return "Empat jari tangan kanan"
    if asked == set(LEFT_FOUR):
        return "Empat jari tangan kiri"
    if len(asked) == 2 and all("thumb" in p.value for p in asked):
        return "Kedua jempol"
    return ", ".join(word("posisi", p) for p in positions) or "Sidik jari lengkap"


def open_slap(view: RecordView) -> tuple[Position, ...]:
    return view.status.next_slap()


def open_eyes(view: RecordView) -> tuple[Position, ...]:
    return tuple(e for e in EYES if e in view.status.missing)
