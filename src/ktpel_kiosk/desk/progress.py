"""Moving an application along its SOP inside a transaction, and the clocks of its stages."""

from __future__ import annotations

from dataclasses import replace

from ktpel_kiosk.desk import stopwatch
from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import SopViolation
from ktpel_kiosk.domain.permohonan import Permohonan, TahapState, finish, pause, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx


def save(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    """Store with a fresh ``updated_at``."""
    return tx.save_permohonan(replace(stopwatch.settle(desk, tx, p), updated_at=desk.clock.now()))


def finish_stage(desk: Desk, tx: Tx, p: Permohonan, outcome: str, actor: str, role: str, *,
                 skipped: bool = False, note: str = "") -> Permohonan:
    """Finish the current stage, log it, and open whatever follows without human work."""
    tahap = p.current()
    now = desk.clock.now()
    p = stopwatch.fair(desk, p)
    q = finish(start(p, now) if not skipped else p, outcome, actor, role, now, skipped=skipped, note=note)
    done = next(t for t in q.tahap if tahap is not None and t.index == tahap.index)
    tx.log("StageSkipped" if skipped else "StageFinished", p.id, actor, stage=str(done.stage), step=done.nomor,
           active_s=round(done.active_s, 3), paused_s=round(done.paused_s, 3), outcome=outcome)
    return _open_waiting(desk, q)


def _open_waiting(desk: Desk, p: Permohonan) -> Permohonan:
    """A waiting stage that became current starts paused at once: nobody has to open it."""
    tahap = p.current()
    if tahap is not None and tahap.stage is Stage.MENUNGGU_PRR and tahap.state is TahapState.BELUM:
        return start(p, desk.clock.now())
    return p


def open_work(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """Start or resume the clock of the current stage; called when an officer opens the application to work on it."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        tahap = p.current()
        if tahap is None or tahap.state is TahapState.AKTIF or tahap.stage is Stage.MENUNGGU_PRR:
            tx.log("StageStarted", p.id, actor.username, stage=str(tahap.stage) if tahap else "-", again=True)
            return p
        require_stage(desk, actor, p, tahap.stage)
        event = "StageResumed" if tahap.state is TahapState.JEDA else "StageStarted"
        tx.log(event, p.id, actor.username, stage=str(tahap.stage), step=tahap.nomor)
        return save(desk, tx, start(p, desk.clock.now()))

    current = desk.register.read(lambda v: v.permohonan(permohonan_id))
    tahap = current.current()
    if tahap is None or tahap.state is TahapState.AKTIF or tahap.stage is Stage.MENUNGGU_PRR:
        return current
    return desk.register.write(work)


def pause_work(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Permohonan:
    """Stop the clock with a reason from ``PAUSE_REASONS`` ("Simpan & tunda" uses ``ditunda``); for whoever may do the stage."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        tahap = p.current()
        if tahap is None:
            raise SopViolation("sop.finished", state=p.keadaan)
        require_stage(desk, actor, p, tahap.stage)
        q = pause(p, reason, desk.clock.now())
        tx.log("StagePaused", p.id, actor.username, stage=str(tahap.stage), reason=reason)
        return save(desk, tx, q) if q is not p else p

    return desk.register.write(work)
