"""What the desk asks of the card printer: could it print now, take this card, what became of it, take it out of the queue.

Every card is named in the queue by its job's id, so the printer can be asked about it even when its own number never came back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.cards import CardJob
from ktpel_kiosk.domain.errors import (
    CaptureFailed,
    DeviceTrouble,
    KioskError,
    NotFound,
    OutcomeUnknown,
    SopViolation,
    Stalled,
)
from ktpel_kiosk.ports.devices import (
    CARD_SIZE,
    CardPrinter,
    DeviceKind,
    PrinterSupplies,
    PrintJob,
    PrintJobState,
    PrintMedia,
)
from ktpel_kiosk.ports.services import CardFace

ASK_S = 8.0
"""How long the printer may take to say something about a job, in seconds."""

TOLERANCE_MM100 = 120
"""In hundredths of a millimetre; queues round to points and add bleed."""


class Word(StrEnum):
    """What the printer says of a job."""

    PENDING = "pending"      # in the queue, not begun
    PRINTING = "printing"
    DONE = "done"            # handed over to the hardware; whether it is good only the operator sees
    FAILED = "failed"
    UNSURE = "unsure"        # it knows the job and not what became of it
    NEVER = "never"          # asked by title: it has none, and none ever came back
    FORGOTTEN = "forgotten"  # it had the job and no longer remembers
    SILENT = "silent"        # it could not be asked


_WORDS = {PrintJobState.PENDING: Word.PENDING, PrintJobState.PRINTING: Word.PRINTING, PrintJobState.DONE: Word.DONE,
          PrintJobState.FAILED: Word.FAILED, PrintJobState.UNKNOWN: Word.UNSURE}
BEGUN_OR_WAITING = frozenset({Word.PENDING, Word.PRINTING})
KNOWN_JOB = frozenset({Word.PENDING, Word.PRINTING, Word.DONE, Word.FAILED})


@dataclass(frozen=True, slots=True)
class Said:
    """``printer_job``: the printer's own id where it knows the job. ``trouble``: message key of what it complains about."""

    word: Word
    printer_job: str = ""
    trouble: str = ""


def call(desk: Desk, operation: str, work: Callable[[Any], Any], deadline_s: float) -> Any:
    return desk.devices.call(DeviceKind.CARD_PRINTER, operation, work, deadline_s).result()


def ready(desk: Desk) -> PrintMedia:
    """Could a card be printed now? Asked before a blank is taken.

    Raises:
        DeviceTrouble: it is away, out of something, open, jammed, or its queue has no card media (``printer.no_card_media``).
    """
    def look(printer: CardPrinter) -> PrintMedia:
        printer.healthy()
        return exact_media(printer)

    found: PrintMedia = call(desk, "card_printer.media", look, _patience(desk))
    return found


def exact_media(printer: CardPrinter) -> PrintMedia:
    """Card media or refusal: a card scaled onto another sheet is no card."""
    media = printer.media()
    size = sorted((media.width, media.height), reverse=True)
    if any(abs(have - want) > TOLERANCE_MM100 for have, want in zip(size, CARD_SIZE, strict=True)):
        raise DeviceTrouble("printer.no_card_media", device_kind=str(DeviceKind.CARD_PRINTER), operation="media")
    return media


def ask(desk: Desk, job: CardJob) -> Said:
    """What the printer says of this job: by its own id where that came back, by the title otherwise. Never raises DeviceTrouble."""
    known = "" if job.at_station else job.printer_job

    def look(printer: CardPrinter) -> PrintJob | None:
        if known:
            try:
                return printer.job(known)
            except NotFound:
                return printer.find(job.id)
        return printer.find(job.id)

    try:
        found: PrintJob | None = call(desk, "card_printer.job", look, _patience(desk))
    except NotFound:
        found = None
    except KioskError as trouble:
        return Said(Word.SILENT, known, trouble.message_key)
    if found is None:
        return Said(Word.FORGOTTEN if known else Word.NEVER, known)
    return Said(_WORDS[found.state], found.job_id, found.trouble)


def supplies(desk: Desk) -> PrinterSupplies:
    """What is left in the printer; nothing known where it does not say."""
    try:
        found: PrinterSupplies = call(desk, "card_printer.supplies", lambda printer: printer.supplies(), _patience(desk))
    except KioskError:
        return PrinterSupplies()
    return found


def take_out(desk: Desk, job: CardJob, said: Said) -> bool:
    """Stop a job the queue still holds.

    Returns:
        True: it had not begun, nothing was printed. False: it was stopped on the way, somebody has to look.

    Raises:
        SopViolation: ``card.begun``: the printer goes on with it. DeviceTrouble: it could not be asked, and may go on.
    """
    def stop(printer: CardPrinter) -> tuple[PrintJobState, PrintJobState]:
        before = printer.job(said.printer_job).state
        return before, printer.cancel(said.printer_job).state

    before, after = call(desk, "card_printer.cancel", stop, _patience(desk))
    if after is not PrintJobState.FAILED:
        raise SopViolation("card.begun", job=job.id)
    return bool(before is PrintJobState.PENDING)


@dataclass(frozen=True, slots=True)
class Taken:
    """How handing over ended: ``printed`` is the printer's job; ``refused`` why it certainly has none; neither: nobody knows.

    ``bug``: what was raised where nobody knows and that is no device trouble.
    """

    printed: PrintJob | None = None
    refused: KioskError | None = None
    bug: KioskError | None = None


class HandOver:
    """One card on its way into the printer. The printer's thread asks for permission right before it submits, so a call that was
    given up earlier (busy, stalled while looking at the media) can never print late."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = self._given_up = False
        self._refused: KioskError | None = None

    def begin(self) -> None:
        with self._lock:
            if self._given_up:
                raise Stalled("device.stalled", device_kind=str(DeviceKind.CARD_PRINTER), operation="card_printer.submit", deadline_s=0)
            self._begun = True

    def give_up(self) -> bool:
        """True when the printer was never asked to print."""
        with self._lock:
            self._given_up = True
            return not self._begun

    def run(self, desk: Desk, job: CardJob, face: CardFace) -> Taken:
        """Submit; blocks at most the print deadline."""
        def submit(printer: CardPrinter) -> PrintJob:
            exact_media(printer)
            self.begin()
            try:
                return printer.submit(face.front, face.back, job.id, face.layers)
            except (OutcomeUnknown, Stalled, CaptureFailed):
                raise
            except DeviceTrouble as trouble:  # the port: every other trouble means the printer did not take it
                self._refused = trouble
                raise

        try:
            printed: PrintJob = call(desk, "card_printer.submit", submit, desk.print_timeout_s)
        except KioskError as trouble:
            if self._refused is not None or self.give_up():
                return Taken(refused=self._refused or trouble)
            return Taken(bug=None if isinstance(trouble, DeviceTrouble) else trouble)
        return Taken(printed)


def _patience(desk: Desk) -> float:
    return min(ASK_S, desk.print_timeout_s)
