"""Perekaman: parts of the session, captures, measures in words, exceptions, review and seal. Qt-free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ktpel_kiosk.desk import correction, duplicates, queries, recording, sealing
from ktpel_kiosk.desk.recording import CaptureResult
from ktpel_kiosk.domain.biometric import (
    SLAPS,
    THUMBS,
    ExceptionKind,
    Modality,
    PenPoint,
    Position,
    Quality,
    RawImage,
    Sample,
    SignatureKind,
)
from ktpel_kiosk.domain.capture_rules import BestOf
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ui.presenters.photo_measures import measures_of
from ktpel_kiosk.ui.presenters.record_view import Attempt, LiveFace, RecordView, Rejected, finger_word, grade
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import has_word, position_word, told, word

FEW_POINTS = 40
"""Pen reports (a fifth of a second) before anything is said about them."""
LIGHT_PEN = 90
"""Median pressure (of 1023) below which ink is thin and broken."""


class RecordingPresenter:
    """One application at the recording desk; call everything but the pure helpers on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rules = session.desk.capture_rules
        """Rules of the session loaded last."""
        self.loaded: Callable[[RecordView], None] = lambda _view: None
        """Called on the worker that loaded a view (decoding of pictures)."""

    def load(self, pid: str) -> RecordView:
        desk = self.session.desk
        dossier = queries.dossier(desk, pid, check=True)
        samples = desk.register.read(lambda v: list(v.samples(pid)))
        excused = desk.register.read(lambda v: {e.position: e for e in v.exceptions(pid)})
        kinds = {a.kind for a in dossier.approvals if a.stage is Stage.KIRIM}
        status = recording.recording_status(desk, pid)
        self.rules = status.rules
        view = RecordView(
            dossier, status, {s.position: s for s in samples if s.best},
            tuple(s for s in samples if s.position is Position.FACE), excused, "tanda_tangan_pemohon" in kinds,
            "pengesahan_operator" in kinds,
            tuple(tuple(replace(s, device_payload=b"") for s in touch) for touch in recording.touches(
                [s for s in samples if s.position.modality in (Modality.FINGER, Modality.IRIS)])),
            desk.register.read(lambda v: next(iter(reversed(v.duplicate_checks(pid))), None)),
        )
        self.loaded(view)
        return view

    def search_doubles(self, pid: str, cancelled: Callable[[], bool]) -> RecordView | None:
        """Compare the fingers with this office's kept ones; ``None`` when nothing was searched."""
        return self.load(pid) if duplicates.search(self.session.desk, pid, cancelled) is not None else None

    # -- data -----------------------------------------------------------------------------------------------------

    def confirm(self, pid: str, wrong: tuple[str, ...] = ()) -> RecordView:
        recording.confirm_data(self.session.desk, self.session.actor, pid, wrong)
        return self.load(pid)

    def correct(self, pid: str, values: dict[str, str]) -> RecordView:
        correction.correct_biodata(self.session.desk, self.session.actor, pid, **values)
        return self.load(pid)

    # -- captures ---------------------------------------------------------------------------------------------------

    def face(self, pid: str, *, replace_background: bool = False) -> tuple[CaptureResult, RecordView]:
        desk, actor = self.session.desk, self.session.actor
        return recording.capture_face(desk, actor, pid, replace_background=replace_background), self.load(pid)

    def fingers(self, pid: str, positions: Sequence[Position], *, instead: bool = False) -> tuple[CaptureResult, RecordView]:
        return recording.capture_fingers(self.session.desk, self.session.actor, pid, positions, instead=instead), self.load(pid)

    def one_finger(self) -> bool:
        """Whether the scanner takes one finger at a time."""
        return recording.one_finger_at_a_time(self.session.desk)

    def irises(self, pid: str, eyes: Sequence[Position], *, instead: bool = False) -> tuple[CaptureResult, RecordView]:
        return recording.capture_irises(self.session.desk, self.session.actor, pid, eyes, instead=instead), self.load(pid)

    def signature(self, pid: str, kind: SignatureKind, ink: SignatureCapture | None,
                  on_point: Callable[[PenPoint], None] = lambda _point: None) -> tuple[CaptureResult, RecordView]:
        return recording.capture_signature(self.session.desk, self.session.actor, pid, kind, ink, on_point), self.load(pid)

    def keep(self, pid: str, reason: str, username: str, password: str) -> RecordView:
        """The refused capture counts after all, with a second officer's agreement."""
        recording.keep_refused(self.session.desk, self.session.actor, pid, reason, username, password)
        return self.load(pid)

    def thumb(self, view: RecordView) -> Position:
        """The finger a CAP JEMPOL is made with."""
        try:
            return recording.thumb_for_print(view.status)
        except KioskError:
            return Position.LEFT_THUMB

    def finger_trouble(self) -> str:
        """Why fingers cannot be scored by NFIQ2 on this computer, in words; empty when they can. Loads the libraries."""
        try:
            missing = next((why for name, why in self.session.desk.biometrics.ready().items()
                            if name.startswith("NFIQ2") and why != "ok"), "")
        except KioskError as error:
            missing = self.session.sentence(error)
        if not missing:
            return ""
        return word("rekam", "tanpa_nfiq2" if self.rules.tanpa_nfiq2 else "tanpa_nfiq2_paksa")

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
        sealing.applicant_confirms(self.session.desk, self.session.actor, pid)
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
        return told(self.session.desk.sentences, result.refused[0], dict(result.refused_facts)) if result.refused else ""

    def rejected(self, result: CaptureResult, view: RecordView) -> Rejected:
        """A refused capture with the two pictures that are alike."""
        pair = result.refusal.pairs[0] if result.refusal and result.refusal.pairs else None
        shown = {a.position: a.data for a in result.shown}
        asked = tuple(shown)
        within = result.refused[0].endswith(".same_twice")
        accepted = {p: s.data for p, s in view.best.items()}
        old = b"" if pair is None else (shown if within else accepted).get(pair.found, b"")
        position = pair.position if pair else asked[0]
        kind = "hand" if pair is None else "print" if pair.position is Position.SIGNATURE else "alike"
        return Rejected(
            kind, self.refusal(result), position, pair.found if pair else None, shown.get(position, b""), old, asked,
            result.refusals, min(view.status.rules.tries(p) for p in asked), result.may_keep, kind == "alike" and not within)

    def unseen(self, error: KioskError, asked: Sequence[Position]) -> Rejected | None:
        """The question for a missing finger, where the trouble was that fewer fingers were seen than asked for."""
        found, expected = error.facts.get("found"), error.facts.get("expected")
        if error.message_key != "finger.count" or not isinstance(found, int) or not isinstance(expected, int) or found >= expected:
            return None
        names = [str(error.facts.get(k, "")) for k in ("missing", "position")]
        missing = next((p for p in asked if p.value in names), None)
        text = word("rekam", "kurang").format(terlihat=found, diminta=expected)
        if missing is not None:
            text += " " + word("rekam", "kurang_ini").format(jari=position_word(missing))
        return Rejected("missing", text, missing, asked=tuple(asked))

    def attempts(self, view: RecordView, asked: Sequence[Position]) -> tuple[Attempt, ...]:
        """The touches of the slap ``asked`` belongs to, each with its scores and what became of it."""
        slap = next((s for s in SLAPS if set(asked) & set(s)), ())
        order = tuple(reversed(THUMBS)) if slap == THUMBS else tuple(slap)
        touches = [t for t in view.touches if t[0].position in slap]
        counting = {s.id for s in view.best.values()}
        rules, found = view.status.rules, []
        for n, touch in enumerate(touches, start=1):
            samples = tuple(sorted(touch, key=lambda s: order.index(s.position)))
            scores = tuple((s.position, self.score_text(s.quality.score), "good" if rules.passes(s.position, s.quality) else "attention",
                            s.id in counting) for s in samples)
            found.append(Attempt(n, scores, self._why(view, touch, order), samples))
        return tuple(found)

    def _why(self, view: RecordView, touch: Sequence[Sample], order: Sequence[Position]) -> str:
        rules, counting = view.status.rules, {s.id for s in view.best.values()}
        ranked = sorted(touch, key=lambda s: order.index(s.position))
        used = [s for s in ranked if s.id in counting]
        low = [s for s in ranked if not rules.passes(s.position, s.quality)]
        if len(used) == len(ranked):
            if not low:
                return word("rekam", "dipakai_lulus")
            return word("rekam", "dipakai_kurang").format(jari=finger_word(low[0].position), batas=rules.minimum(low[0].position))
        if used:
            return word("rekam", "dipakai_sebagian").format(jari=", ".join(finger_word(s.position) for s in used))
        beaten = [(s, view.best[s.position].quality.score) for s in ranked if s.position in view.best]
        decisive = next(((s, by) for s, by in beaten if s.quality.score != by), None)
        if rules.best_of is BestOf.BSI and all(rules.passes(s.position, view.best[s.position].quality) for s, _ in beaten) and low:
            return word("rekam", "kalah_lulus")
        if decisive is None:
            return word("rekam", "tidak_dipakai")
        return word("rekam", "kalah").format(jari=finger_word(decisive[0].position), nilai=self.score_text(decisive[0].quality.score),
                                             dari=self.score_text(decisive[1]))

    def threshold(self, position: Position) -> int:
        return self.rules.minimum(position)

    def tries(self, position: Position) -> int:
        return self.rules.tries(position)

    def live_face(self, frame: RawImage, latar: str) -> LiveFace:
        """A preview frame judged."""
        quality = self.session.desk.biometrics.preview_face(frame, latar)
        good = quality.score != 255 and quality.score >= self.threshold(Position.FACE) and not quality.hints
        m = quality.measures
        corners = [m[k] for k in ("face_x", "face_y", "face_w", "face_h") if k in m]
        return LiveFace(quality.hints[0] if quality.hints else "", good, measures_of(quality, latar),
                        (corners[0], corners[1], corners[2], corners[3]) if len(corners) == 4 else None)

    @staticmethod
    def pen_hint(points: Sequence[PenPoint]) -> str:
        """Key of what to say while somebody writes on the pad: too light is seen early enough to press harder."""
        down = [p.pressure for p in points if p.down]
        if len(down) < FEW_POINTS:
            return "ttd_di_papan"
        return "ttd_ringan" if sorted(down)[len(down) // 2] < LIGHT_PEN else "ttd_menulis"

    def grade(self, position: Position, quality: Quality) -> tuple[str, str]:
        """Quality in a word, and its tone: ``("baik", "good")``."""
        return grade(self.rules, position, quality)

    def rule_words(self) -> str:
        """The rule that chooses among attempts, for people."""
        return word("aturan_hasil", self.rules.best_of)

    @staticmethod
    def score_text(score: int | None) -> str:
        return "–" if score is None else "gagal" if score == 255 else str(score)
