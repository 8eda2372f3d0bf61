"""Start-up: rows still in an intent state. First the device is asked, then the operator; nothing is assumed."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.printing import _cancel, _confirm, _to, may_judge_card, printer_says, spoil_card
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble, NotFound
from ktpel_kiosk.ports.devices import CardReader, DeviceKind, PrintJobState
from ktpel_kiosk.ports.services import ChipContent


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A card whose outcome is not known. ``hint`` is what the device said: ``printed``, ``failed``, ``written`` or empty."""

    job: CardJob
    hint: str


def clear_leftovers(desk: Desk) -> int:
    """Remove packet files the register never acknowledged (a crash between file and commit)."""
    known = desk.register.read(lambda v: v.packet_paths())
    names = desk.sealer.leftovers(known)
    for name in names:
        desk.sealer.remove(name)
    return len(names)


def open_questions(desk: Desk) -> tuple[OpenQuestion, ...]:
    """Every card job in an intent state, with what the device knows about it."""
    jobs = desk.register.read(lambda v: list(v.jobs_to_reconcile()))
    return tuple(OpenQuestion(job, _hint(desk, job)) for job in jobs)


def _hint(desk: Desk, job: CardJob) -> str:
    if job.state is JobState.ENCODING:
        content = _chip(desk, job)
        return "written" if content is not None else ""
    if not job.printer_job:
        return ""
    try:
        said = printer_says(desk, job)
    except (DeviceTrouble, NotFound):
        return ""
    return {PrintJobState.DONE: "printed", PrintJobState.FAILED: "failed"}.get(said.state, "")


def _chip(desk: Desk, job: CardJob) -> ChipContent | None:
    """The chip in the reader, if it is this job's and completely written."""
    def look(reader: CardReader) -> ChipContent:
        reader.connect(2.0)
        return desk.personaliser.read(reader)

    try:
        content = desk.devices.call(DeviceKind.CARD_READER, "card_reader.read", look, desk.capture_timeout_s).result()
    except DeviceTrouble:
        return None
    mine = (content.credential, content.face_hash, content.uid) == (job.credential, job.face_hash, job.chip_uid)
    return content if mine else None


def answer(desk: Desk, actor: Actor, job_id: str, verdict: str, *, second_username: str = "", second_password: str = "") -> CardJob:
    """The operator's answer: ``printed`` (the card is here and good), ``not_printed`` (the blank is whole), ``spoiled``
    (with a second person, as :func:`printing.spoil_card`).

    A job found in ENCODING whose chip reads back complete becomes CONFIRMED by ``printed``; otherwise it goes back
    to PRINTED and is written again.
    """
    job = desk.register.read(lambda v: v.card_job(job_id))
    if job is None:
        raise NotFound("card.job", job=job_id)
    may_judge_card(desk, actor, job, "reconcile_card")
    if verdict == "spoiled":
        return spoil_card(desk, actor, job_id, "dinyatakan rusak saat pemulihan", second_username=second_username,
                          second_password=second_password)
    if verdict == "not_printed" and job.state in (JobState.INTENT, JobState.UNKNOWN):
        return _cancel(desk, actor, job, "tidak tercetak")
    if verdict == "printed" and job.state is JobState.ENCODING:
        content = _chip(desk, job)
        if content is not None:
            return _confirm(desk, actor, job, content.digest)
        return _to(desk, actor, job, JobState.PRINTED, "CardReconciled")
    if verdict == "printed" and job.state in (JobState.SENT, JobState.UNKNOWN):
        return _to(desk, actor, job, JobState.PRINTED, "CardReconciled")
    if verdict == "printed" and job.state is JobState.INTENT:
        return _to(desk, actor, _to(desk, actor, job, JobState.UNKNOWN, "CardOutcomeUnknown"), JobState.PRINTED, "CardReconciled")
    raise BadInput("reconcile.verdict", value=verdict, state=job.state)
