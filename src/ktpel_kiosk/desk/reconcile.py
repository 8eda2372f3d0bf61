"""Start-up: rows still in an intent state. First the device is asked, then the operator; nothing is assumed."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import card_moves, card_printer
from ktpel_kiosk.desk.approvals import add_signed, required, spoil_hash
from ktpel_kiosk.desk.card_moves import SYSTEM, job_in, job_of
from ktpel_kiosk.desk.card_printer import BEGUN_OR_WAITING, KNOWN_JOB, Said, Word
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.encoding import LOOK_S
from ktpel_kiosk.desk.printing import may_judge_card, seen_good, spoil_card, start_card
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, CardRefused, DeviceTrouble, SopViolation, Stalled
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import CardReader, DeviceKind
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.services import ChipContent

NOT_PRINTED = "tidak tercetak"
OUT_OF_QUEUE = "dikeluarkan dari antrean"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A card whose outcome is not known.

    Attributes:
        hint: what the device said: of the printer ``pending printing printed failed unsure never forgotten silent``; of the chip
            in the reader ``written empty other no_card no_reader``; ``station`` where the card stands inside the printer.
        answers: the verdicts :func:`answer` takes now, the likely one first.
        second: those among them that another officer has to sign.
        trouble: message key of what the printer complains about, or empty.
    """

    job: CardJob
    hint: str
    answers: tuple[str, ...] = ()
    second: frozenset[str] = frozenset({"spoiled"})
    trouble: str = ""


def open_questions(desk: Desk) -> tuple[OpenQuestion, ...]:
    """Every card job in an intent state nobody works on now, with what the device knows about it.

    A job the queue knows although its number never came back becomes SENT with that number. A printer that does not answer is asked
    once, not for every job.
    """
    silent: Said | None = None
    questions = []
    for job in desk.register.read(lambda v: list(v.jobs_to_reconcile())):
        if desk.card_acts.busy(job.id):
            continue
        if job.state is JobState.ENCODING and not job.at_station:
            questions.append(OpenQuestion(job, _chip_hint(desk, job), ("printed", "spoiled")))
            continue
        said = silent or card_printer.ask(desk, job)
        if said.word is Word.SILENT:
            silent = said
        questions.append(_of_printer(_adopt(desk, job, said), said))
    return tuple(questions)


def question_of(desk: Desk, job_id: str) -> OpenQuestion | None:
    """The question about one job, if it is open and nobody works on it: what the page shows while a card is printed."""
    job = job_of(desk, job_id)
    if desk.card_acts.busy(job_id):
        return None
    if job.state is JobState.ENCODING and not job.at_station:
        return OpenQuestion(job, _chip_hint(desk, job), ("printed", "spoiled"))
    if job.state not in (JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.ENCODING):
        return None
    said = card_printer.ask(desk, job)
    return _of_printer(_adopt(desk, job, said), said)


def _adopt(desk: Desk, job: CardJob, said: Said, *, mine: bool = False) -> CardJob:
    """The printer has it: what was intended or unknown is sent. ``mine``: the caller holds the job."""
    if job.state not in (JobState.INTENT, JobState.UNKNOWN) or said.word not in KNOWN_JOB or not said.printer_job:
        return job
    if job.at_station and not job.written:
        return job

    def work(tx: Tx) -> CardJob:
        current = job_in(tx, job.id)
        if current.state is not job.state or (not mine and desk.card_acts.busy(job.id)):
            tx.log("CardReconciled", current.permohonan_id, SYSTEM, job=job.id)
            return current
        return card_moves.to(desk, tx, SYSTEM, job.id, JobState.SENT, "CardSent", printer_job=said.printer_job)

    return desk.register.write(work)


_HINTS = {Word.DONE: "printed"}
_BY_WORD: dict[Word, tuple[str, ...]] = {
    Word.PENDING: ("cancel", "spoiled"), Word.PRINTING: ("cancel", "spoiled"),
    Word.FAILED: ("spoiled", "not_printed", "printed"), Word.DONE: ("printed", "spoiled", "not_printed"),
    Word.NEVER: ("not_printed", "printed", "spoiled"),
}


def _of_printer(job: CardJob, said: Said) -> OpenQuestion:
    if job.at_station and said.word not in KNOWN_JOB:
        whole = ("not_printed",) if not job.chip_uid else ()
        return OpenQuestion(job, "station", ("resume", "spoiled", *whole), trouble=said.trouble)
    answers = _BY_WORD.get(said.word, ("printed", "not_printed", "spoiled"))
    if said.word is Word.FAILED and said.trouble in ("", "card_printer.cancelled"):
        answers = ("not_printed", "printed", "spoiled")
    if job.chip_uid:  # its chip holds a person: it never goes back into stock
        answers = tuple(a for a in answers if a != "not_printed" and not (a == "cancel" and said.word is Word.PENDING))
    second = frozenset({"spoiled", "not_printed"} if _needs_second(job, said) else {"spoiled"})
    return OpenQuestion(job, _HINTS.get(said.word, said.word.value), answers, second, said.trouble)


def _needs_second(job: CardJob, said: Said) -> bool:
    """A blank of which the printer says it was printed must not walk back into the drawer on one person's word."""
    return said.word is Word.DONE or (job.state is JobState.SENT and said.word is not Word.FAILED)


def _chip_hint(desk: Desk, job: CardJob) -> str:
    try:
        content = _chip(desk)
    except CardRefused as trouble:
        return "empty" if trouble.message_key in ("chip.empty", "chip.damaged") else "other"
    except Stalled as trouble:
        return "no_card" if trouble.message_key == "card_reader.no_card" else "no_reader"
    except DeviceTrouble as trouble:
        return "empty" if trouble.message_key == "chip.empty" else "no_reader"
    return "written" if _mine(content, job) else "other"


def _chip(desk: Desk) -> ChipContent:
    def look(reader: CardReader) -> ChipContent:
        reader.connect(LOOK_S)
        return desk.personaliser.read(reader)

    return desk.devices.call(DeviceKind.CARD_READER, "card_reader.read", look, desk.capture_timeout_s).result()


def _mine(content: ChipContent, job: CardJob) -> bool:
    return (content.credential, content.face_hash, content.uid) == (job.credential, job.face_hash, job.chip_uid)


def answer(desk: Desk, actor: Actor, job_id: str, verdict: str, *, second_username: str = "", second_password: str = "") -> CardJob:
    """The operator's answer.

    Args:
        verdict: ``printed`` (the card is here and good), ``not_printed`` (the blank is whole, in the hopper or come out empty; with a
            second person where the printer says it is done), ``spoiled`` (with a second person, as :func:`printing.spoil_card`),
            ``cancel`` (take it out of the queue; begun, it stays open until somebody looked), ``resume`` (go on with the card at the
            printer's station).

    A job found in ENCODING whose chip reads back complete becomes CONFIRMED by ``printed``; otherwise it goes back
    to PRINTED and is written again.

    Raises:
        SopViolation: the printer still holds or prints it (``card.in_printer``), goes on with it (``card.begun``), or its chip was
            written (``card.chip_begun``). DuplicateRequest: a device works on it right now (``card.at_work``). BadInput, NotAllowed,
        SignInRefused, DeviceTrouble.
    """
    job = job_of(desk, job_id)
    may_judge_card(desk, actor, job, "reconcile_card")
    if verdict == "spoiled":
        return spoil_card(desk, actor, job_id, "dinyatakan rusak saat pemulihan", second_username=second_username,
                          second_password=second_password)
    if verdict == "resume" and job.at_station:
        return start_card(desk, actor, job.permohonan_id)
    if verdict == "printed" and job.state is JobState.ENCODING and not job.at_station:
        return _chip_answer(desk, actor, job)
    if verdict not in ("printed", "not_printed", "cancel") or job.state not in (JobState.INTENT, JobState.SENT, JobState.UNKNOWN):
        raise BadInput("reconcile.verdict", value=verdict, state=job.state)
    with desk.card_acts.working(job_id):
        return _say(desk, actor, job_of(desk, job_id), verdict, second_username, second_password)


def _say(desk: Desk, actor: Actor, job: CardJob, verdict: str, second_username: str, second_password: str) -> CardJob:
    """The printer is asked once more: what it says now decides whether the answer can be right."""
    job_id = job.id
    said = card_printer.ask(desk, job)
    job = _adopt(desk, job, said, mine=True)
    if verdict == "cancel":
        return _take_out(desk, actor, job, said)
    if said.word in BEGUN_OR_WAITING:
        raise SopViolation("card.in_printer", job=job_id)
    if verdict == "printed":
        return desk.register.write(lambda tx: _printed(desk, tx, actor, job_id))
    return _not_printed(desk, actor, job, said, second_username, second_password)


def _printed(desk: Desk, tx: Tx, actor: Actor, job_id: str) -> CardJob:
    if job_in(tx, job_id).state is JobState.INTENT:
        card_moves.to(desk, tx, actor.username, job_id, JobState.UNKNOWN, "CardOutcomeUnknown", printer_job="")
    return seen_good(desk, tx, actor, job_id, "CardReconciled")


def _not_printed(desk: Desk, actor: Actor, job: CardJob, said: Said, username: str, password: str) -> CardJob:
    job.to(JobState.CANCELLED, desk.clock.now())
    if not _needs_second(job, said):
        return desk.register.write(lambda tx: card_moves.cancel(desk, tx, actor.username, job.id, NOT_PRINTED))
    second, key = second_signer(desk, actor, username, password, "approve_spoil")
    signer = required(key, second)

    def work(tx: Tx) -> CardJob:
        changed = card_moves.cancel(desk, tx, actor.username, job.id, NOT_PRINTED)
        add_signed(desk, tx, second, tx.permohonan(changed.permohonan_id), Stage.CETAK_ENCODE, "kartu_kosong",
                   spoil_hash(changed, NOT_PRINTED), signer=signer)
        return changed

    return desk.register.write(work)


def _take_out(desk: Desk, actor: Actor, job: CardJob, said: Said) -> CardJob:
    if said.word not in BEGUN_OR_WAITING:
        raise BadInput("reconcile.verdict", value="cancel", state=job.state)
    if card_printer.take_out(desk, job, said) and not job.chip_uid:
        return desk.register.write(lambda tx: card_moves.cancel(desk, tx, actor.username, job.id, OUT_OF_QUEUE))
    if job.state is JobState.UNKNOWN:
        return job
    return card_moves.step(desk, actor.username, job.id, JobState.UNKNOWN, "CardOutcomeUnknown")


def _chip_answer(desk: Desk, actor: Actor, job: CardJob) -> CardJob:
    with desk.card_acts.working(job.id):
        try:
            content = _chip(desk)
        except DeviceTrouble:
            content = None
        if content is not None and _mine(content, job):
            digest = content.digest
            return desk.register.write(lambda tx: card_moves.confirm(desk, tx, actor, job.id, digest))
        return card_moves.step(desk, actor.username, job.id, JobState.PRINTED, "CardReconciled")
