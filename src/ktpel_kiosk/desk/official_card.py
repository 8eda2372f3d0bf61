"""Cards made on the official machine, recorded by a desk that makes none itself (:attr:`Desk.no_cards`): the ministry's SAM and write
commands are not public (docs/chip.md).

The card is in somebody's hand when it is recorded, so there is no intent and nothing to reconcile: one transaction takes the blank out
of the stock, keeps the job, finishes the step and tells the centre.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ktpel_kiosk.desk import card_moves, device_tests, material
from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.approvals import required
from ktpel_kiosk.desk.blangko import note_use
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.device_tests import PublicRead
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.printing import pause_for_blangko
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.reports import queue_report
from ktpel_kiosk.desk.sign_in import second_signer
from ktpel_kiosk.desk.waiting import settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import OFFICIAL, Blangko, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, KioskError, NotFound, SopViolation
from ktpel_kiosk.domain.free_text import free_text, note
from ktpel_kiosk.domain.permohonan import Permohonan, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx, View

SOURCE = "mesin_resmi"
SERIAL_LENGTH = 40


def offered(desk: Desk) -> bool:
    """Cards are made elsewhere and recorded here."""
    return bool(desk.no_cards)


def blank_in_stock(desk: Desk, actor: Actor, permohonan_id: str, serial: str) -> Blangko:
    """The blank with this serial, as typed or scanned, if this office may still use it.

    Raises:
        BadInput ``official.serial``. NotFound ``blangko.unknown``. DuplicateRequest ``blangko.gone``. SopViolation, NotAllowed.
    """
    _require(desk, actor, desk.register.read(lambda v: v.permohonan(permohonan_id)))
    return desk.register.read(lambda v: _blank(v, serial))


def read_card(desk: Desk, actor: Actor, permohonan_id: str) -> PublicRead:
    """What the finished card in the reader shows without a secret, to compare it with the application. Kept nowhere.

    Raises:
        SopViolation, NotAllowed. DuplicateRequest ``chip.bound``: the chip belongs to another application's card. DeviceTrouble.
    """
    p = desk.register.read(lambda v: v.permohonan(permohonan_id))
    _require(desk, actor, p)
    found = device_tests.read_public(desk, actor, f"mencocokkan kartu permohonan {p.nomor_register}")
    if desk.register.read(lambda v: card_moves.chip_taken(desk, v, found.uid, "")):
        raise DuplicateRequest("chip.bound")
    return found


def record_made(desk: Desk, actor: Actor, permohonan_id: str, serial: str, *, looked_at: bool, chip_uid: str = "") -> CardJob:
    """The card was made on the official machine, lies here and was looked at: the job is CONFIRMED, the step done.

    Args:
        serial: of the blank it was made from; any in this office's stock.
        chip_uid: hex, where :func:`read_card` read it; from then on only this very card is activated and handed over.

    Raises:
        BadInput: ``official.looked``: nobody looked at it; ``official.serial``. NotFound, DuplicateRequest: of the blank;
            ``chip.bound``; a card exists already (``card.live``). SopViolation: not at print, too young, the centre names another
            person, or no blank in the books at all (``blangko.empty``; the clocks of all who wait for one are paused). NotAllowed.
    """
    _require(desk, actor, desk.register.read(lambda v: v.permohonan(permohonan_id)))
    if not looked_at:
        raise BadInput("official.looked")
    with suppress(KioskError):  # recorded elsewhere: with the centre's material a finger can be compared at the activation
        material.ensure_material(desk, permohonan_id, actor.username)

    def work(tx: Tx) -> CardJob:
        p, role = _allowed(desk, actor, tx, permohonan_id)
        blank = _blank(tx, serial)
        if chip_uid and card_moves.chip_taken(desk, tx, chip_uid, ""):
            raise DuplicateRequest("chip.bound")
        now = desk.clock.now()
        looked = _sent(desk, actor, p, blank).to(JobState.PRINTED, now)
        job = looked.to(JobState.CONFIRMED, now, chip_uid=chip_uid)
        tx.add_card_job(job)
        tx.save_blangko(Blangko(blank.serial, BlangkoState.BAIK, blank.batch, job.id))
        note_use(desk, tx, actor, looked, job)
        tx.log("CardMadeElsewhere", p.id, actor.username, job=job.id, blangko=job.blangko, source=SOURCE,
               status="chip_terbaca" if chip_uid else "dilihat")
        facts = {"chip_uid": chip_uid} if chip_uid else {}
        queue_report(desk, tx, "printed", job=job.id, blangko=job.blangko, nik=job.nik, source=SOURCE, **facts)
        save(desk, tx, finish_stage(desk, tx, p, "tercetak", actor.username, role))
        settle_stock(desk, tx)
        return job

    return _with_stock(desk, actor, permohonan_id, work)


def record_spoiled(desk: Desk, actor: Actor, permohonan_id: str, serial: str, reason: str, *, second_username: str,
                   second_password: str) -> CardJob:
    """A card the official machine spoiled: its blank leaves the stock as spoiled, before two officers; the application stays at print.

    Raises:
        As :func:`record_made`; BadInput ``card.spoil_reason``; SignInRefused, NotAllowed: of the second officer.
    """
    text = note(reason, "alasan")
    if not text:
        raise BadInput("card.spoil_reason")
    _require(desk, actor, desk.register.read(lambda v: v.permohonan(permohonan_id)))
    second, key = second_signer(desk, actor, second_username, second_password, "approve_spoil")
    signer = required(key, second)

    def work(tx: Tx) -> CardJob:
        p, _role = _allowed(desk, actor, tx, permohonan_id)
        job = _sent(desk, actor, p, _blank(tx, serial))
        tx.add_card_job(job)
        spoiled = card_moves.spoil(desk, tx, actor, job, text, second, signer)
        save(desk, tx, start(p, desk.clock.now()))
        settle_stock(desk, tx)
        return spoiled

    return _with_stock(desk, actor, permohonan_id, work)


def _require(desk: Desk, actor: Actor, p: Permohonan) -> str:
    """The role acted in. Raises SopViolation ``official.own_cards`` at a desk that makes its cards itself."""
    _, role = require_stage(desk, actor, p, Stage.CETAK_ENCODE)
    if not offered(desk):
        raise SopViolation("official.own_cards")
    return role


def _allowed(desk: Desk, actor: Actor, tx: Tx, permohonan_id: str) -> tuple[Permohonan, str]:
    p = tx.permohonan(permohonan_id)
    role = _require(desk, actor, p)
    if not card_allowed(p, today(desk)):
        raise SopViolation("eligibility.under_17", limit=17)
    material.require_same_person(desk, tx, p)
    live = tx.live_card_job(p.id)
    if live is not None:
        raise DuplicateRequest("card.live", job=live.id)
    if tx.next_blangko() is None:
        raise SopViolation("blangko.empty")
    return p, role


def _blank(view: View, serial: str) -> Blangko:
    wanted = free_text(serial, "nomor seri blangko", limit=SERIAL_LENGTH)
    if not wanted:
        raise BadInput("official.serial")
    blank = view.blangko(wanted) or view.blangko(wanted.upper())
    if blank is None:
        raise NotFound("blangko.unknown", blangko=wanted)
    if blank.state is not BlangkoState.STOK:
        raise DuplicateRequest("blangko.gone", blangko=blank.serial, state=str(blank.state))
    return blank


def _sent(desk: Desk, actor: Actor, p: Permohonan, blank: Blangko) -> CardJob:
    now = desk.clock.now()
    return CardJob(desk.ids.new(), p.id, credential=p.id, nik=p.penduduk.nik, blangko=blank.serial, state=JobState.SENT, created_at=now,
                   updated_at=now, printer_job=OFFICIAL, operator=actor.username)


def _with_stock(desk: Desk, actor: Actor, permohonan_id: str, work: Callable[[Tx], CardJob]) -> CardJob:
    try:
        return desk.register.write(work)
    except SopViolation as refused:
        if refused.message_key == "blangko.empty":
            pause_for_blangko(desk, actor, permohonan_id)
        raise
