"""What the recording page shows of one application, and its words. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ktpel_kiosk.desk import queries
from ktpel_kiosk.desk.recording import PositionStatus, RecordingStatus
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
)
from ktpel_kiosk.domain.capture_rules import CaptureRules
from ktpel_kiosk.domain.ganda import DuplicateCheck
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.presenters.photo_measures import Measure
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
class LiveFace:
    """A frame of the live portrait: key of what to mend first, whether it would do, measures in words, and where the face is (left, top,
    width, height in shares of the frame)."""

    hint: str
    good: bool
    measures: tuple[Measure, ...]
    face: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One touch of a slap: finger -> (score in words, tone, whether it counts), why it counts or not, and its samples in that order."""

    number: int
    scores: tuple[tuple[Position, str, str, bool], ...]
    note: str
    samples: tuple[Sample, ...] = ()

    @property
    def used(self) -> bool:
        return any(used for *_rest, used in self.scores)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refused capture as the screen shows it.

    Attributes:
        kind: ``alike``, ``print`` (a thumb print unlike its finger), ``hand`` or ``missing``.
        position: the new finger or eye (of ``missing``: the one not seen, where the desk knows it); ``found``: what it equals.
        new, old: their pictures (PNG) or empty.
        asked: what was to be captured.
        count, limit: refusals so far, and how many come before ``may_keep``.
        replaceable: ``found`` was accepted before, so that the accepted one may be the wrong one.
    """

    kind: str
    text: str
    position: Position | None
    found: Position | None = None
    new: bytes = b""
    old: bytes = b""
    asked: tuple[Position, ...] = ()
    count: int = 0
    limit: int = 0
    may_keep: bool = False
    replaceable: bool = False


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
    touches: tuple[tuple[Sample, ...], ...] = ()
    """Captures of fingers and eyes in order of time."""

    alike: DuplicateCheck | None = None
    """The newest search for the same person among this office's recordings."""

    def fingers_key(self) -> tuple[str, ...]:
        """Which finger samples would be searched now; empty while fingers are missing."""
        return tuple(s.id for p, s in self.best.items() if p.modality is Modality.FINGER) if self.part_done("jari") else ()

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

    def following(self, part: str) -> str:
        """The next part after ``part`` that is not done; the review where all are."""
        order = self.parts()
        rest = order[order.index(part) + 1:] if part in order else ()
        return next((p for p in rest if not self.part_done(p)), "tinjau")

    def next_part(self) -> str:
        """Where work goes on: the first part that is not done."""
        if self.stage is Stage.KIRIM:
            return "tinjau"
        return next((p for p in self.parts() if not self.part_done(p)), "tinjau")


def grade(rules: CaptureRules, position: Position, quality: Quality) -> tuple[str, str]:
    """Quality in a word, and its tone. The words follow the distance to the limit, so that they mean the same for every finger."""
    if quality.score == 255:
        return "gagal", "attention"
    if not rules.counts(position, quality):
        return "tanpa NFIQ2", "attention"
    over = quality.score - rules.minimum(position)
    if over < 0:
        return "kurang", "attention"
    return ("sangat baik" if over >= 30 else "baik" if over >= 10 else "cukup"), "good"


def finger_word(position: Position) -> str:
    """``telunjuk``, whatever the hand."""
    return word("jari", position.value.split("_")[1]).lower()


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


def applicant_hint(key: str) -> str:
    """What the applicant can do about a hint, in their own words; empty where nothing is for them to do."""
    return word("petunjuk_pemohon", key) if key and has_word("petunjuk_pemohon", key) else ""


def open_slap(view: RecordView) -> tuple[Position, ...]:
    return view.status.next_slap()


def open_eyes(view: RecordView) -> tuple[Position, ...]:
    return tuple(e for e in EYES if e in view.status.missing)
