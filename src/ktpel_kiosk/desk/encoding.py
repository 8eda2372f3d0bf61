"""The chip: bound to the job, written, read back, compared; at the desk's reader after printing, or inside the printer before it.

A card that holds somebody else's record, or is bound to another job, is refused before the first byte is written. A torn card
resumes (the same card) or is spoiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ktpel_kiosk.desk import card_moves
from ktpel_kiosk.desk.access import require, require_stage
from ktpel_kiosk.desk.card_moves import job_in, job_of
from ktpel_kiosk.desk.card_printer import HandOver, call
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import (
    BadInput,
    Busy,
    DeviceTrouble,
    DuplicateRequest,
    KioskError,
    MediaEmpty,
    NotConnected,
    SopViolation,
    Stalled,
)
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import CardReader, DeviceKind, EncodingPrinter
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import ChipContent, ChipData

CHIP_PLACE = "cetak.chip"
DESK, PRINTER = "meja", "printer"
FREE = frozenset({"chip.empty", "chip.damaged"})
"""What a chip says that holds no record anybody could use: it may be written."""

TRIES_INSIDE = 2
LOOK_S = 2.0
"""How long to wait for a card that should lie there already, in seconds."""


@dataclass(frozen=True, slots=True)
class ChipWritten:
    job: CardJob
    content: ChipContent


# -- where the chip is written ----------------------------------------------------------------------------------------


def chip_place(view: View) -> str:
    """``meja``: at the desk's reader, after printing (the usual); ``printer``: inside the printer, before it."""
    return PRINTER if view.setting(CHIP_PLACE) == PRINTER else DESK


def set_chip_place(desk: Desk, actor: Actor, place: str) -> None:
    """Raises BadInput ``chip.place``, NotAllowed."""
    require(actor, "change_settings")
    if place not in (DESK, PRINTER):
        raise BadInput("chip.place", value=place[:20])

    def work(tx: Tx) -> None:
        tx.put_setting(CHIP_PLACE, place)
        tx.log("SettingChanged", CHIP_PLACE, actor.username, value=place)

    desk.register.write(work)


def writes_inside(printer: Any) -> bool:
    return all(callable(getattr(printer, name, None)) for name in ("feed", "eject", "station"))


def require_station(desk: Desk) -> None:
    """Raises DeviceTrouble ``printer.no_station``: the office wants chips written inside, and this printer cannot."""
    if not call(desk, "card_printer.station", writes_inside, LOOK_S * 4):
        raise DeviceTrouble("printer.no_station", device_kind=str(DeviceKind.CARD_PRINTER), operation="station")


# -- at the desk's reader -----------------------------------------------------------------------------------------------


def encode_card(desk: Desk, actor: Actor, job_id: str) -> ChipWritten:
    """Bind the chip to the job, write it, read it back, compare; CONFIRMED only when all agrees.

    Raises:
        CardRemoved: torn; the job is back in PRINTED and the same card may be written again.
        SopViolation: the card holds another record (``chip.foreign``), is not the one begun with (``chip.swapped``): nothing was written;
            or it reads back differently (``chip.readback``).
        DuplicateRequest: this chip is bound to another card (``chip.bound``), or another window writes it now (``card.at_work``).
    """
    job = job_of(desk, job_id)
    require_stage(desk, actor, desk.register.read(lambda v: v.permohonan(job.permohonan_id)), Stage.CETAK_ENCODE)
    with desk.card_acts.working(job_id):
        job = job_of(desk, job_id)
        if job.state is not JobState.PRINTED or job.written:
            raise SopViolation("card.transition", found=job.state, expected=JobState.ENCODING)
        data = _chip_data(desk, job)

        def look(reader: CardReader) -> tuple[str, str]:
            reader.connect(desk.capture_timeout_s)
            return _look_at(desk, reader, job)

        def write(reader: CardReader) -> tuple[str, ChipContent | None]:
            reader.connect(desk.capture_timeout_s)
            return _write(desk, reader, uid, data)

        uid, problem = _reader(desk, "card_reader.connect", look, desk.capture_timeout_s + 5)
        _refuse(problem, job)
        _bind(desk, actor, job, uid)
        try:
            digest, content = _reader(desk, "card_reader.write", write, desk.print_timeout_s)
            _compare(job, uid, digest, content)
            return ChipWritten(desk.register.write(lambda tx: card_moves.confirm(desk, tx, actor, job_id, digest)), content)
        except KioskError:
            desk.register.write(lambda tx: _back_to_printed(desk, tx, actor, job_id))
            raise


def reread_chip(desk: Desk, actor: Actor, job_id: str) -> ChipContent:
    """Read a finished card once more at the desk's reader and compare it with its job; nothing is written anywhere but in the audit.

    Raises:
        SopViolation: no chip was written yet, or the card is another one (``chip.foreign``), or reads differently (``chip.readback``).
        DeviceTrouble.
    """
    job = job_of(desk, job_id)
    require_stage(desk, actor, desk.register.read(lambda v: v.permohonan(job.permohonan_id)), Stage.CETAK_ENCODE)
    if not job.written:
        raise SopViolation("card.transition", found=job.state, expected=JobState.CONFIRMED)

    def look(reader: CardReader) -> ChipContent:
        reader.connect(desk.capture_timeout_s)
        return desk.personaliser.read(reader)

    content: ChipContent = _reader(desk, "card_reader.read", look, desk.capture_timeout_s + 5)
    if (content.uid, content.credential) != (job.chip_uid, job.credential):
        raise SopViolation("chip.foreign", job=job_id)
    _compare(job, job.chip_uid, job.readback_hash, content)
    desk.register.write(lambda tx: tx.log("ChipWritten", job.permohonan_id, actor.username, job=job_id, digest=content.digest))
    return content


# -- inside the printer ---------------------------------------------------------------------------------------------------


def encode_inside(desk: Desk, actor: Actor, job: CardJob) -> CardJob:
    """Feed a blank to the station (or go on with the card that stands there), write and read back its chip.

    Called with the job held in :attr:`Desk.card_acts`.

    Returns:
        The job in INTENT with the digest that was read back: now it may be printed.

    Raises:
        KioskError: what went wrong. The job is then CANCELLED with the blank in stock (no card was moved), at the station and may be
            resumed (the printer went away), or UNKNOWN with the card in the reject bin.
    """
    data = _chip_data(desk, job)
    if job.state is JobState.INTENT:
        uid = _feed(desk, actor, job)
        try:
            _bind(desk, actor, job, uid)
        except DuplicateRequest:
            _reject(desk, actor, job)
            raise
    else:
        uid = job.chip_uid

    def write(printer: EncodingPrinter) -> tuple[str, ChipContent | None]:
        reader = printer.station()
        reader.connect(LOOK_S)
        return _write(desk, reader, uid, data)

    for attempt in range(TRIES_INSIDE):
        try:
            digest, content = call(desk, "card_printer.write", write, desk.print_timeout_s)
            _compare(job, uid, digest, content)
            break
        except (NotConnected, Busy):
            raise  # nothing is lost: the card stands there, the job says so
        except KioskError as trouble:
            if isinstance(trouble, Stalled) and trouble.message_key == "device.stalled":
                raise  # the printer hangs: it may still be writing
            if attempt + 1 == TRIES_INSIDE:
                _reject(desk, actor, job)
                raise
    return desk.register.write(lambda tx: card_moves.keep_readback(desk, tx, actor.username, job.id, digest))


def eject_rejected(desk: Desk) -> None:
    """Put what stands at the station into the reject bin; a printer that cannot now is left to the operator's hands."""
    try:
        call(desk, "card_printer.eject", lambda printer: printer.eject(False) if writes_inside(printer) else None, desk.print_timeout_s)
    except KioskError:
        return


def _feed(desk: Desk, actor: Actor, job: CardJob) -> str:
    permit = HandOver()

    def bring(printer: EncodingPrinter) -> tuple[str, str]:
        if not writes_inside(printer):
            raise NotConnected("printer.no_station", device_kind=str(DeviceKind.CARD_PRINTER), operation="station")
        reader = printer.station()
        there = _card_there(reader)
        permit.begin()
        if not there:
            printer.feed(desk.print_timeout_s)
            reader.connect(LOOK_S)
        return _look_at(desk, reader, job)

    try:
        uid, problem = call(desk, "card_printer.feed", bring, desk.print_timeout_s)
    except KioskError as trouble:
        if permit.give_up() or isinstance(trouble, MediaEmpty):
            reason = trouble.message_key
            desk.register.write(lambda tx: card_moves.cancel(desk, tx, actor.username, job.id, reason))
        else:
            _reject(desk, actor, job)
        raise
    if problem:
        _reject(desk, actor, job)
    _refuse(problem, job)
    return str(uid)


def _card_there(reader: CardReader) -> bool:
    try:
        reader.connect(0.0)
    except DeviceTrouble:
        return False
    return True


def _reject(desk: Desk, actor: Actor, job: CardJob) -> None:
    """The card goes to the reject bin; what became of it the operator says, who takes it out."""
    eject_rejected(desk)
    card_moves.step(desk, actor.username, job.id, JobState.UNKNOWN, "CardOutcomeUnknown", printer_job="")


# -- the parts ------------------------------------------------------------------------------------------------------------


def _reader(desk: Desk, operation: str, work: Callable[[CardReader], Any], deadline_s: float) -> Any:
    return desk.devices.call(DeviceKind.CARD_READER, operation, work, deadline_s).result()


def _look_at(desk: Desk, reader: CardReader, job: CardJob) -> tuple[str, str]:
    """(UID, message key of why this card is not written). On the device's thread."""
    uid = desk.personaliser.uid(reader)
    if job.chip_uid and uid != job.chip_uid:
        return uid, "chip.swapped"
    try:
        content = desk.personaliser.read(reader)
    except DeviceTrouble as trouble:
        if trouble.message_key in FREE:
            return uid, ""
        raise
    return uid, "" if (content.credential, content.face_hash) == (job.credential, job.face_hash) else "chip.foreign"


def _write(desk: Desk, reader: CardReader, uid: str, data: ChipData) -> tuple[str, ChipContent | None]:
    """(digest written, what reads back); ``None`` when another card lies there now, and nothing was written. On the device's thread."""
    if desk.personaliser.uid(reader) != uid:
        return "", None
    digest = desk.personaliser.write(reader, data)
    return digest, desk.personaliser.read(reader)


def _refuse(problem: str, job: CardJob) -> None:
    if problem:
        raise SopViolation(problem, job=job.id)


def _compare(job: CardJob, uid: str, digest: str, content: ChipContent | None) -> None:
    if content is None:
        raise SopViolation("chip.swapped", job=job.id)
    if (content.digest, content.uid, content.credential, content.face_hash) != (digest, uid, job.credential, job.face_hash):
        raise SopViolation("chip.readback", job=job.id)


def _bind(desk: Desk, actor: Actor, job: CardJob, uid: str) -> CardJob:
    def work(tx: Tx) -> CardJob:
        if card_moves.chip_taken(desk, tx, uid, job.id):
            raise DuplicateRequest("chip.bound", job=job.id)
        if job_in(tx, job.id).chip_uid not in ("", uid):
            raise SopViolation("chip.swapped", job=job.id)
        return card_moves.to(desk, tx, actor.username, job.id, JobState.ENCODING, "ChipIntent", chip_uid=uid)

    return desk.register.write(work)


def _back_to_printed(desk: Desk, tx: Tx, actor: Actor, job_id: str) -> None:
    """Unless somebody settled the job meanwhile."""
    if job_in(tx, job_id).state is JobState.ENCODING:
        card_moves.to(desk, tx, actor.username, job_id, JobState.PRINTED, "CardPrinted")
    else:
        tx.log("CardReconciled", job_in(tx, job_id).permohonan_id, actor.username, job=job_id)


def _chip_data(desk: Desk, job: CardJob) -> ChipData:
    def gather(view: View) -> ChipData:
        p = view.permohonan(job.permohonan_id)
        documents = {d.kind: d.data for d in view.documents(p.id) if d.kind.startswith("kartu.")}
        minutiae = tuple(
            (Position(kind.removeprefix("kartu.minutiae.")), data)
            for kind, data in documents.items() if kind.startswith("kartu.minutiae.")
        )
        return ChipData(job.credential, p.penduduk, documents["kartu.portret"], documents["kartu.tanda_tangan"], minutiae, job.face_hash)

    data = desk.register.read(gather)
    return replace(data, portrait_jp2=desk.biometrics.chip_portrait(data.portrait_jp2))
