"""The steps of a card job inside one transaction: state, blank, ledger and audit together. Each reads the job anew.

Use cases decide whether a step is right; here it is only made whole.
"""

from __future__ import annotations

from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.approvals import add_signed, spoil_hash
from ktpel_kiosk.desk.blangko import note_use
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.reports import queue_report
from ktpel_kiosk.desk.waiting import settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import Blangko, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound, SopViolation
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import Signer

SYSTEM = "-"


def job_in(view: View, job_id: str) -> CardJob:
    """Raises NotFound ``card.job``."""
    job = view.card_job(job_id)
    if job is None:
        raise NotFound("card.job", job=job_id)
    return job


def job_of(desk: Desk, job_id: str) -> CardJob:
    return desk.register.read(lambda v: job_in(v, job_id))


def to(desk: Desk, tx: Tx, who: str, job_id: str, state: JobState, event: str, **changes: str) -> CardJob:
    """One step that touches no blank. Raises SopViolation ``card.transition``."""
    changed = job_in(tx, job_id).to(state, desk.clock.now(), **changes)
    tx.save_card_job(changed)
    tx.log(event, changed.permohonan_id, who, job=job_id, blangko=changed.blangko)
    return changed


def step(desk: Desk, who: str, job_id: str, state: JobState, event: str, **changes: str) -> CardJob:
    """:func:`to` in a transaction of its own."""
    return desk.register.write(lambda tx: to(desk, tx, who, job_id, state, event, **changes))


def cancel(desk: Desk, tx: Tx, who: str, job_id: str, reason: str) -> CardJob:
    """Nothing was printed on the blank: it is whole and goes back into stock. Raises SopViolation ``card.chip_begun``."""
    changed = job_in(tx, job_id).to(JobState.CANCELLED, desk.clock.now(), spoil_reason=reason, printer_job="")
    tx.save_card_job(changed)
    tx.save_blangko(Blangko(changed.blangko, BlangkoState.STOK, "", ""))
    tx.log("CardCancelled", changed.permohonan_id, who, job=job_id, reason=reason)
    settle_stock(desk, tx)
    return changed


def confirm(desk: Desk, tx: Tx, actor: Actor, job_id: str, digest: str) -> CardJob:
    """Printed, written and read back: the card is made and the stage done.

    Raises:
        SopViolation: not where that can happen. DuplicateRequest: ``chip.bound``: another card was confirmed with this chip meanwhile.
    """
    job = job_in(tx, job_id)
    p = tx.permohonan(job.permohonan_id)
    _, role = require_stage(desk, actor, p, Stage.CETAK_ENCODE)
    if not job.chip_uid or not digest:
        raise SopViolation("card.transition", found=job.state, expected=JobState.CONFIRMED)
    if chip_taken(desk, tx, job.chip_uid, job.id):
        raise DuplicateRequest("chip.bound", job=job.id)
    changed = job.to(JobState.CONFIRMED, desk.clock.now(), readback_hash=digest)
    tx.save_card_job(changed)
    tx.save_blangko(Blangko(job.blangko, BlangkoState.BAIK, "", job.id))
    note_use(desk, tx, actor, job, changed)
    tx.log("CardConfirmed", p.id, actor.username, job=job.id, digest=digest)
    queue_report(desk, tx, "encoded", job=job.id, chip_uid=job.chip_uid, nik=job.nik)
    save(desk, tx, finish_stage(desk, tx, p, "tercetak", actor.username, role))
    return changed


def spoil(desk: Desk, tx: Tx, actor: Actor, current: CardJob, reason: str, second: Actor, signer: Signer) -> CardJob:
    """The card is spoiled, another officer signs for having seen it. Raises SopViolation ``card.transition``."""
    changed = current.to(JobState.SPOILED, desk.clock.now(), spoil_reason=reason)
    tx.save_card_job(changed)
    add_signed(desk, tx, second, tx.permohonan(changed.permohonan_id), Stage.CETAK_ENCODE, "kartu_rusak", spoil_hash(changed, reason),
               signer=signer)
    tx.save_blangko(Blangko(changed.blangko, BlangkoState.RUSAK, "", changed.id))
    note_use(desk, tx, actor, current, changed)
    tx.log("CardSpoiled", changed.permohonan_id, actor.username, job=changed.id, blangko=changed.blangko, second=second.username)
    queue_report(desk, tx, "spoiled", job=changed.id, blangko=changed.blangko, nik=changed.nik)
    return changed


def chip_taken(desk: Desk, view: View, uid: str, job_id: str) -> bool:
    """Is this chip bound to another job? A spoiled card's chip stays bound: that card is never used again. Specimen cards of a
    training office may be used again once they were handed over."""
    others = [j for j in view.card_jobs_of_chip(uid) if j.id != job_id and j.state is not JobState.CANCELLED]
    if desk.specimen:
        others = [j for j in others if j.state is not JobState.CONFIRMED or view.handover(j.permohonan_id) is None]
    return bool(others)


def keep_readback(desk: Desk, tx: Tx, who: str, job_id: str, digest: str) -> CardJob:
    """The chip was written inside the printer: from here the card may be printed."""
    changed = job_in(tx, job_id).to(JobState.INTENT, desk.clock.now(), readback_hash=digest)
    tx.save_card_job(changed)
    tx.log("ChipWritten", changed.permohonan_id, who, job=job_id, digest=digest)
    return changed
