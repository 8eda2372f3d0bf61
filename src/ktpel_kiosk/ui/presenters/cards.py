"""Cetak, aktivasi, penyerahan: the card's way from PRR to the applicant's hand, in the words of the screens. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import card_moves, encoding, handover, intake, letters, material, official_card, printing, queries, reconcile, waiting
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import BlangkoBalance, CardJob, JobState
from ktpel_kiosk.domain.errors import DuplicateRequest, KioskError
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ports.services import CardFace
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word


@dataclass(frozen=True, slots=True)
class PrintStep:
    """One line of the print list. ``state``: ``done active todo``."""

    title: str
    detail: str
    state: str


@dataclass(frozen=True, slots=True)
class PrintView:
    """The chosen card: its face, where the job stands, what the main button does.

    ``lacks_material``: recorded elsewhere, and the centre has not given what the card is made of. ``first`` and ``later``: how many
    first cards and replacements stand at the printer, in the order blanks are given out.
    """

    dossier: queries.Dossier
    face: CardFace | None
    job: CardJob | None
    steps: tuple[PrintStep, ...]
    action: str
    word: str
    blangko: BlangkoBalance
    compared: material.Comparison | None = None
    unknown: bool = False
    lacks_material: bool = False
    first: int = 0
    later: int = 0
    elsewhere: bool = False
    """This desk makes no cards: what the official machine made is recorded (:mod:`ktpel_kiosk.ui.presenters.official_cards`)."""
    next_blank: str = ""

    @property
    def watched(self) -> bool:
        """The printer has something to say about the card."""
        return self.job is not None and (self.job.at_station or self.job.state in (
            JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.ENCODING))

    @property
    def stopped(self) -> bool:
        """The centre names another person: nothing is printed until an officer decided."""
        return self.job is None and self.compared is not None and bool(self.compared.stopping)


class CardPresenter:
    """Prints and encodes. Every method blocks: call on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def elsewhere(self) -> bool:
        """Cards are made on the official machine and recorded here."""
        return official_card.offered(self.session.desk)

    def load(self, pid: str) -> PrintView:
        desk = self.session.desk
        dossier = queries.dossier(desk, pid)
        try:
            face = printing.card_face(desk, pid)
        except KioskError:
            face = None
        live, balance, fresh, compared, whole = desk.register.read(lambda v: (
            v.live_card_job(pid), v.blangko_balance(), v.next_blangko(), material.comparison(v, dossier.permohonan),
            material.has_material(v, pid)))
        queue = waiting.waiting_list(desk)
        first = sum(waiting.is_first_card(i.layanan) for i in queue)
        current = dossier.permohonan.current()
        stage = current.stage if current else None
        action, text = _action(stage, live)
        serial = live.blangko if live else fresh.serial if fresh else ""
        return PrintView(dossier, face, live, self._steps(dossier.permohonan, live, serial), action, text, balance, compared,
                         bool(live and live.state in (JobState.UNKNOWN, JobState.INTENT, JobState.ENCODING)),
                         material.records_elsewhere(dossier.permohonan) and not whole, first, len(queue) - first,
                         official_card.offered(desk) and stage is Stage.CETAK_ENCODE, fresh.serial if fresh else "")

    def _steps(self, p: Permohonan, job: CardJob | None, serial: str) -> tuple[PrintStep, ...]:
        state = job.state if job else None
        checked = all(t.stage is not Stage.CEK_CETAK or t.outcome for t in p.tahap)
        outcome = next((t.outcome for t in p.tahap if t.stage is Stage.CEK_CETAK and t.outcome), "PRR")
        rank = {None: 0, JobState.INTENT: 1, JobState.UNKNOWN: 1, JobState.SENT: 2, JobState.PRINTED: 3, JobState.ENCODING: 3,
                JobState.CONFIRMED: 5}.get(state, 0)
        at = self.session.when(job.updated_at) if job else ""
        rows: tuple[tuple[str, str, bool, bool], ...] = (
            ("Data siap cetak", outcome if outcome == "PRR" else outcome.split(":")[0], checked, True),
            (f"Blangko {serial}" if serial else "Blangko", "diambil" if job else "siap" if serial else "habis", rank >= 1, False),
            ("Kirim ke printer kartu", at if rank == 2 else "", rank >= 2, checked and rank in (0, 1)),
            ("Periksa hasil cetak", at if rank == 3 else "", rank >= 3, rank == 2),
        )
        chip_done = rank >= 5 or bool(job and job.written)
        chip = ("Tulis & baca ulang chip", "menulis" if state is JobState.ENCODING and not chip_done else "", chip_done,
                rank == 3 or bool(job and job.at_station and not job.written))
        if official_card.offered(self.session.desk):
            done = rank >= 5
            rows = (rows[0], ("Cetak dan tulis di mesin resmi", "", done, checked), ("Catat kartu yang sudah jadi", "", done, False))
            return tuple(PrintStep(t, d, "done" if done else "active" if active else "todo") for t, d, done, active in rows)
        inside = bool(job and (job.written or job.at_station)) and state is not JobState.CONFIRMED
        rows = (*rows[:2], chip, *rows[2:]) if inside else (*rows, chip)
        return tuple(PrintStep(t, d, "done" if done else "active" if active else "todo") for t, d, done, active in rows)

    def check(self, pid: str) -> PrintView:
        printing.check_before_print(self.session.desk, self.session.actor, pid)
        return self.load(pid)

    def take_centre(self, pid: str) -> PrintView:
        """The officer found the centre right: its biodata becomes the application's, and the check is done again where it is a step."""
        p = material.take_centre_biodata(self.session.desk, self.session.actor, pid)
        tahap = p.current()
        return self.check(pid) if tahap is not None and tahap.stage is Stage.CEK_CETAK else self.load(pid)

    def hand_back(self, pid: str, reasons: tuple[str, ...], note: str, wanted: frozenset[str]) -> Permohonan:
        return intake.return_application(self.session.desk, self.session.actor, pid, reasons, note, wanted)

    def send(self, pid: str) -> PrintView:
        """A second click, or another window that was faster, shows the card that is being made."""
        try:
            printing.start_card(self.session.desk, self.session.actor, pid)
        except DuplicateRequest as made:
            if made.message_key not in ("card.live", "card.at_work"):
                raise
        return self.load(pid)

    def retry(self, pid: str, job_id: str) -> PrintView:
        """The blank was not printed on: it goes back, and the card is sent once more."""
        reconcile.answer(self.session.desk, self.session.actor, job_id, "not_printed")
        return self.send(pid)

    def waiting_on(self, error: KioskError) -> str:
        """Application whose card has to be finished first, where that is what ``error`` says; empty otherwise."""
        if error.message_key != "card.finish_first":
            return ""
        return card_moves.job_of(self.session.desk, str(error.facts["job"])).permohonan_id

    def good(self, pid: str, job_id: str) -> PrintView:
        """The operator looked: the card is good; then the chip is written."""
        printing.confirm_print(self.session.desk, self.session.actor, job_id)
        return self.load(pid)

    def good_and_encode(self, pid: str, job_id: str) -> PrintView:
        """The operator looked; the chip is written now, unless the printer did that before."""
        job = printing.confirm_print(self.session.desk, self.session.actor, job_id)
        return self.load(pid) if job.state is JobState.CONFIRMED else self.encode(pid, job_id)

    def encode(self, pid: str, job_id: str) -> PrintView:
        printing.encode_card(self.session.desk, self.session.actor, job_id)
        return self.load(pid)

    def chip_inside(self) -> bool:
        """Does the office want chips written inside the printer?"""
        return self.session.desk.register.read(encoding.chip_place) == encoding.PRINTER

    def set_chip_inside(self, inside: bool) -> bool:
        encoding.set_chip_place(self.session.desk, self.session.actor, encoding.PRINTER if inside else encoding.DESK)
        return inside

    def may_set_chip(self) -> bool:
        """Where chips are written at all."""
        return not official_card.offered(self.session.desk) and bool(self.session.actor.peran & PERMISSIONS["change_settings"])

    def reread(self, job_id: str) -> None:
        """Raises when the chip of a finished card does not read as it was written."""
        encoding.reread_chip(self.session.desk, self.session.actor, job_id)

    def spoil(self, pid: str, job_id: str, reason: str, username: str, password: str, seen: JobState | None = None) -> PrintView:
        """``username`` and ``password`` are the second person's, who saw the card too."""
        printing.spoil_card(self.session.desk, self.session.actor, job_id, reason, second_username=username, second_password=password,
                            seen=seen)
        return self.load(pid)

    def answer(self, pid: str, job_id: str, verdict: str, username: str = "", password: str = "") -> PrintView:
        reconcile.answer(self.session.desk, self.session.actor, job_id, verdict, second_username=username, second_password=password)
        return self.load(pid)


def _action(stage: Stage | None, job: CardJob | None) -> tuple[str, str]:
    if stage is Stage.CEK_CETAK:
        return "check", "Periksa data"
    state = job.state if job else None
    if job is not None and job.at_station:
        return "send", "Lanjutkan"
    if state is JobState.SENT:
        return "good", "Hasil baik" if job is not None and job.written else "Hasil baik, tulis chip"
    if state is JobState.PRINTED:
        return "encode", "Tulis chip"
    if state in (JobState.UNKNOWN, JobState.INTENT, JobState.ENCODING):
        return "answer", "Kartu ada dan baik"
    return "send", "Cetak kartu"


@dataclass(frozen=True, slots=True)
class HandoverView:
    """The applicant at pick-up: what is asked now."""

    dossier: queries.Dossier
    stage: Stage | None
    attempts: int
    withdraw_old: bool
    proxy_allowed: bool
    by_sight: bool = False
    """Fingers cannot make the card active: the eyes, or two officers who compare face and card."""
    by_iris: bool = False
    """Eyes were recorded for this card and may yet be tried."""
    job_id: str = ""
    """The finished card that waits here; empty where there is none."""
    may_spoil: bool = False
    official: bool = False
    """Made on the official machine: a finger is compared with the recording, not with the chip."""


class HandoverPresenter:
    """Aktivasi, ke loket, surat, penyerahan."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self, pid: str) -> HandoverView:
        desk = self.session.desk
        dossier = queries.dossier(desk, pid)
        p = dossier.permohonan
        sop = desk.sop_of(p.sop_digest)
        offered = sop.layanan_of(p.layanan)
        current = p.current()
        tried = handover.activation_attempts(desk, pid)
        kept = desk.register.read(lambda v: [d.kind for d in v.documents(pid, with_data=False)])
        fingerless = not any(k.startswith(handover.FINGER_MATERIAL) for k in kept)
        no_fingers = tried >= handover.ACTIVATION_TRIES or fingerless
        made = desk.register.read(lambda v: handover.finished_job(v, pid))
        may = made is not None and self._may_spoil(made)
        return HandoverView(dossier, current.stage if current else None, tried, bool(offered and offered.tarik_of(p.varian)),
                            sop.kuasa_boleh, no_fingers, no_fingers and handover.eyes_may_help(desk, pid),
                            made.id if made is not None else "", may, made is not None and made.official)

    def _may_spoil(self, job: CardJob) -> bool:
        try:
            printing.may_judge_card(self.session.desk, self.session.actor, job, "spoil_card")
        except KioskError:
            return False
        return True

    def spoil(self, job_id: str, reason: str, username: str, password: str) -> None:
        """A finished card that proved unusable: back to the printer, before two officers."""
        printing.spoil_card(self.session.desk, self.session.actor, job_id, reason, second_username=username, second_password=password,
                            seen=JobState.CONFIRMED)

    def activate(self, pid: str, position: Position) -> handover.Activation:
        return handover.activate(self.session.desk, self.session.actor, pid, position)

    def activate_by_iris(self, pid: str) -> handover.Activation:
        return handover.activate_by_iris(self.session.desk, self.session.actor, pid)

    def activate_by_sight(self, pid: str, reason: str, second: tuple[str, str]) -> handover.Activation:
        return handover.activate_by_sight(self.session.desk, self.session.actor, pid, reason, *second)

    def to_counter(self, pid: str) -> HandoverView:
        handover.move_to_counter(self.session.desk, self.session.actor, pid)
        return self.load(pid)

    def letters(self, pid: str) -> HandoverView:
        letters.issue_letters(self.session.desk, self.session.actor, pid)
        return self.load(pid)

    def sign(self, pid: str, ink: SignatureCapture | None) -> bytes:
        return handover.sign_for_card(self.session.desk, pid, ink)

    def give(self, pid: str, png: bytes, receiver: handover.Receiver, old_card: bool, condition: str = "utuh", ikd: str = "") -> Permohonan:
        return handover.hand_over(self.session.desk, self.session.actor, pid, png, receiver=receiver, old_card_withdrawn=old_card,
                                  old_card_condition=condition, ikd=ikd)

    def find(self, code: str) -> str:
        """Application id of a scanned or typed number; empty when there is none."""
        found = queries.find_scanned(self.session.desk, code)
        return found.id if found else ""

    @staticmethod
    def headline(stage: Stage | None) -> str:
        return word("stage", stage) if stage else "Selesai"
