"""Officers and applicants of a demonstration day: one application is led along its SOP by the same use cases as the windows.

The walk keeps no state of its own: it looks at where the application stands and does what that stage asks, so that
after a crash it goes on from the register alone (the crash tests rely on it).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ktpel_kiosk.app.population import Invented
from ktpel_kiosk.desk import duplicates, handover, intake, letters, printing, recording, refusals, sealing, verification
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.eligible import Override, closed_sentence
from ktpel_kiosk.desk.progress import open_work
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import EYES, FINGERS, ExceptionKind, Modality, Position
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, Tahap
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.ports.devices import PrintJobState

MAX_CAPTURES = 60
"""More touches than this means the simulated applicant cannot be recorded: the walk reports it."""
UNSEEN = frozenset({"finger.count", "finger.none", "finger.not_a_finger"})
"""Failures that repeat when a finger is not there."""


MAX_LOOKS = 50
"""Looks at a printer that says it is still printing."""


class WalkFailed(RuntimeError):
    """The day did not go as the SOP says; the message names applicant number and stage, no personal data."""


@dataclass
class Officers:
    """The signed-in officers of the office, by system role."""

    actors: Mapping[Peran, Actor]
    passwords: Mapping[str, str]

    def for_roles(self, roles: frozenset[Peran]) -> Actor:
        found = next((self.actors[r] for r in sorted(roles) if r in self.actors), None)
        if found is None:
            raise WalkFailed(f"no officer holds {sorted(roles)}")
        return found


@dataclass
class Walk:
    """Leads applications through the desk.

    Attributes:
        seat: called before anything is captured from an applicant: the simulators then show this person
            (or the same images again, with a source folder).
        work_for: lets simulated working seconds pass.
        acknowledge: called with a short text after every act the desk said is done (crash tests record these).
    """

    desk: Desk
    officers: Officers
    seat: Callable[[Permohonan], None]
    card_to_reader: Callable[[str], None]
    work_for: Callable[[float], None] = lambda _s: None
    acknowledge: Callable[[str, str], None] = lambda _what, _id: None
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def intake(self, who: Invented, layanan: Layanan, varian: str = "", sudah_rekam: str = "") -> Permohonan:
        """Paper at the counter until the register number is given. At closed hours a superior answers for it."""
        first = self.desk.sop.langkah[0]
        actor = self._officer_for_first(first.nomor)
        key = intake.begin_intake(self.desk, actor)
        self._spend(self.limit(first.nomor))
        items = intake.checklist(self.desk, layanan, who.penduduk, varian)
        p = intake.receive_papers(
            self.desk, actor, layanan, who.penduduk, frozenset(i.kode for i in items if i.wajib), nomor_hp=who.nomor_hp, draft_key=key,
            varian=varian, sudah_rekam=sudah_rekam, override=self._superior(actor))
        self.acknowledge("intake", p.id)
        return p

    def _superior(self, actor: Actor) -> Override | None:
        """Who lets papers in at closed hours (practice goes on at night); nobody is asked while the counter is open."""
        if not closed_sentence(self.desk, self.desk.clock.now()):
            return None
        boss = self.officers.for_roles(frozenset({Peran.SUPERVISOR, Peran.KASI}))
        return Override("latihan di luar jam", boss.username, self.officers.passwords[boss.username])

    def _officer_for_first(self, nomor: int) -> Actor:
        from ktpel_kiosk.domain.permohonan import plan_tahap
        first = next(t for t in plan_tahap(self.desk.sop) if t.nomor == nomor)
        return self.officers.for_roles(stage_roles(self.desk.sop, first))

    def advance(self, permohonan_id: str) -> Permohonan:
        """Do what the current stages ask until the application waits for the centre or is finished."""
        while True:
            p = self._read(permohonan_id)
            tahap = p.current()
            if tahap is None or p.keadaan is not Keadaan.BERJALAN or tahap.stage is Stage.MENUNGGU_PRR:
                return p
            actor = self.officers.for_roles(stage_roles(self.desk.sop_of(p.sop_digest), tahap))
            self.seat(p)
            open_work(self.desk, actor, p.id)
            self._spend(self.share(p, tahap))
            self.do(actor, p)
            after = self._read(permohonan_id)
            if after.current() == tahap and after.keadaan is p.keadaan:
                raise WalkFailed(f"{p.nomor_register or p.id}: stage {tahap.stage} did not finish")
            self.acknowledge(f"stage:{tahap.index}", p.id)

    def do(self, actor: Actor, p: Permohonan) -> None:
        """The act of the current stage."""
        tahap = p.current()
        if tahap is None:
            raise WalkFailed(f"{p.nomor_register or p.id}: nothing left to do")
        stage = tahap.stage
        acts: dict[Stage, Callable[[Actor, Permohonan], object]] = {
            Stage.AGENDA_REGISTER: lambda a, p: intake.assign_number(self.desk, a, p.id),
            Stage.VERIFIKASI: lambda a, p: verification.verify(self.desk, a, p.id),
            Stage.VALIDASI: lambda a, p: verification.validate(self.desk, a, p.id),
            Stage.REKAM: self._record,
            Stage.KIRIM: self._seal,
            Stage.CEK_CETAK: lambda a, p: printing.check_before_print(self.desk, a, p.id),
            Stage.CETAK_ENCODE: self._print,
            Stage.AKTIVASI: self._activate,
            Stage.SERAH_LOKET: lambda a, p: handover.move_to_counter(self.desk, a, p.id),
            Stage.SERAH_PEMOHON: self._hand_over,
            Stage.SERAH_SURAT: self._hand_over,
            Stage.TERBIT_SURAT: lambda a, p: letters.issue_letters(self.desk, a, p.id),
        }
        acts[stage](actor, p)

    def _read(self, permohonan_id: str) -> Permohonan:
        return self.desk.register.read(lambda v: v.permohonan(permohonan_id))

    def limit(self, nomor: int) -> float:
        return next(s.limit_s for s in self.desk.sop.langkah if s.nomor == nomor) or 120.0

    def share(self, p: Permohonan, tahap: Tahap) -> float:
        """This stage's part of its step's mutu baku."""
        sop = self.desk.sop_of(p.sop_digest)
        step = next(s for s in sop.langkah if s.nomor == tahap.nomor)
        working = [s for s in step.stages if s is not Stage.MENUNGGU_PRR]
        return (step.limit_s or 120.0) / max(1, len(working))

    def _spend(self, limit_s: float) -> None:
        """Officers need 55 to 95 per cent of the standard time, now and then more."""
        self.work_for(limit_s * (self.rng.uniform(0.55, 0.95) if self.rng.random() > 0.06 else self.rng.uniform(1.02, 1.3)))

    def _record(self, actor: Actor, p: Permohonan) -> None:
        if p.confirmed_at is None:
            recording.confirm_data(self.desk, actor, p.id)
            self.acknowledge("confirmed", p.id)
        for _ in range(MAX_CAPTURES):
            status = recording.recording_status(self.desk, p.id)
            if status.complete:
                duplicates.search(self.desk, p.id)
                recording.finish_recording(self.desk, actor, p.id)
                return
            self._capture_next(actor, p, status)
        missing = recording.recording_status(self.desk, p.id).missing
        raise WalkFailed(f"{p.nomor_register}: could not capture {', '.join(missing)}")

    def _capture_next(self, actor: Actor, p: Permohonan, status: recording.RecordingStatus) -> None:
        position = status.missing[0]
        forced = status.of(position)
        if forced.state == "low" and forced.tries_left == 0:
            recording.force_position(self.desk, actor, p.id, position, "mutu terbaik setelah semua percobaan")
            return
        asked = self._asked(p, position, status)
        try:
            result = self._capture(actor, p, position, status, asked)
        except CaptureFailed as error:
            # a bad moment (somebody else in the picture, a finger that slipped): the operator does it again, a few times
            if error.message_key in UNSEEN and len(asked) == 1 and self._failures(p, asked) >= status.rules.tries(position):
                self._excuse(actor, p, position, ExceptionKind.MISSING, "jari tidak terlihat setelah semua percobaan")
            return
        for sample in result.stored:
            self.acknowledge(f"sample:{sample.id}", p.id)
        if result.may_keep:
            self._refused(actor, p, result)

    def _refused(self, actor: Actor, p: Permohonan, result: recording.CaptureResult) -> None:
        """After the tries: what proved to be another finger or eye is excused; a hand the classifier doubts or a
        thumb print unlike its finger is looked at by two."""
        pairs = result.refusal.pairs if result.refusal is not None else ()
        if not pairs or result.refused[0] == refusals.OTHER_PRINT:
            recording.keep_refused(self.desk, actor, p.id, "tangan diperiksa dua petugas", *self.second_of(actor))
            return
        for position in dict.fromkeys(c.position for c in pairs):
            kind = ExceptionKind.UNREADABLE if position in FINGERS else ExceptionKind.LENS
            self._excuse(actor, p, position, kind, "hasil selalu sama dengan bagian lain")

    def _excuse(self, actor: Actor, p: Permohonan, position: Position, kind: ExceptionKind, reason: str) -> None:
        recording.record_exception(self.desk, actor, p.id, position, kind, reason, *self.second_of(actor))
        self.acknowledge(f"exception:{position.value}", p.id)

    def second_of(self, actor: Actor) -> tuple[str, str]:
        """Name and password of another officer who may agree to exceptions."""
        for role in sorted(PERMISSIONS["approve_exception"]):
            other = self.officers.actors.get(role)
            if other is not None and other.username != actor.username:
                return other.username, self.officers.passwords[other.username]
        raise WalkFailed("no second officer for an exception")

    def _asked(self, p: Permohonan, position: Position, status: recording.RecordingStatus) -> tuple[Position, ...]:
        """The fingers of the next touch: the slap, or one finger where the slap failed as often as allowed."""
        if position not in FINGERS:
            return (position,)
        slap = status.next_slap()
        single = self._failures(p, slap) >= status.rules.tries(slap[0]) or recording.one_finger_at_a_time(self.desk)
        return slap[:1] if single else slap

    def _failures(self, p: Permohonan, asked: tuple[Position, ...]) -> int:
        names = ",".join(x.value for x in asked)
        caught = self.desk.register.read(lambda v: refusals.caught(v, p.id))
        return sum(c["asked"] == names and c["reason"] in UNSEEN for c in caught)

    def _capture(self, actor: Actor, p: Permohonan, position: Position, status: recording.RecordingStatus,
                 asked: tuple[Position, ...]) -> recording.CaptureResult:
        if position in FINGERS:
            return recording.capture_fingers(self.desk, actor, p.id, asked)
        if position in EYES:
            return recording.capture_irises(self.desk, actor, p.id, tuple(e for e in EYES if e in status.missing))
        if position.modality is Modality.FACE:
            return recording.capture_face(self.desk, actor, p.id)
        return recording.capture_signature(self.desk, actor, p.id)

    def _seal(self, actor: Actor, p: Permohonan) -> None:
        sealing.applicant_confirms(self.desk, actor, p.id)
        sealing.sign_off(self.desk, actor, p.id, self.officers.passwords[actor.username])
        packet = sealing.seal_packet(self.desk, actor, p.id)
        self.acknowledge(f"packet:{packet.packet_id}", p.id)

    def _print(self, actor: Actor, p: Permohonan) -> None:
        live = self.desk.register.read(lambda v: v.live_card_job(p.id))
        job = live or printing.start_card(self.desk, actor, p.id)
        if job.state in (JobState.SENT, JobState.UNKNOWN):
            self._await_card(job)
            job = printing.confirm_print(self.desk, actor, job.id)
            self.acknowledge(f"printed:{job.id}", p.id)
        self.card_to_reader(job.id)
        printing.encode_card(self.desk, actor, job.id)

    def _await_card(self, job: CardJob) -> None:
        """Nobody calls a card good before it lies in the hopper, nor one the printer gave up."""
        for _ in range(MAX_LOOKS):
            said = printing.printer_says(self.desk, job)
            if said.state is PrintJobState.DONE:
                return
            if said.state not in (PrintJobState.PENDING, PrintJobState.PRINTING):
                raise WalkFailed(f"job {job.id}: the printer says {said.state} {said.trouble}".rstrip())
        raise WalkFailed(f"job {job.id}: the printer does not finish")

    def _activate(self, actor: Actor, p: Permohonan) -> None:
        job = self.desk.register.read(lambda v: handover.confirmed_job(v, p.id))
        self.card_to_reader(job.id)
        kept = self.desk.register.read(lambda v: [d.kind for d in v.documents(p.id, with_data=False)])
        fingers = [x for x in FINGERS if f"kartu.minutiae.{x.value}" in kept]
        for position in (fingers * handover.ACTIVATION_TRIES)[:handover.ACTIVATION_TRIES - handover.activation_attempts(self.desk, p.id)]:
            if handover.activate(self.desk, actor, p.id, position).matched:
                return
        while handover.eyes_may_help(self.desk, p.id):
            try:
                if handover.activate_by_iris(self.desk, actor, p.id).matched:
                    return
            except (CaptureFailed, NotConnected):
                break
        handover.activate_by_sight(self.desk, actor, p.id, "sidik jari tidak dapat dicocokkan dengan kartu", *self.second_of(actor))

    def _hand_over(self, actor: Actor, p: Permohonan) -> None:
        offered = self.desk.sop_of(p.sop_digest).layanan_of(p.layanan)
        tahap = p.current()
        if takes_card := tahap is not None and tahap.stage is Stage.SERAH_PEMOHON:
            self.card_to_reader(self.desk.register.read(lambda v: handover.confirmed_job(v, p.id)).id)
        takes_back = takes_card and offered is not None and offered.tarik_of(p.varian)
        ink = handover.sign_for_card(self.desk, p.id)  # letters: the old card is given up where the new one is handed over
        handover.hand_over(self.desk, actor, p.id, ink, receiver=self.receiver_of(p), old_card_withdrawn=takes_back,
                           old_card_condition="rusak_fisik" if Layanan.RUSAK in (p.layanan, p.varian) else "utuh",
                           ikd=self.ikd_of(p) if takes_card else "")
        self.acknowledge("handover", p.id)

    def receiver_of(self, _p: Permohonan) -> handover.Receiver:
        """Who comes to fetch it: the holder."""
        return handover.Receiver()

    def ikd_of(self, _p: Permohonan) -> str:
        """What is noted about the Identitas Kependudukan Digital at pick-up; empty: not asked."""
        return ""
