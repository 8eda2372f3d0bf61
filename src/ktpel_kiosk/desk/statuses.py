"""SIAK statuses and receipts: what they change at the desk. Late or repeated events change nothing."""

from __future__ import annotations

from dataclasses import replace

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import card_from
from ktpel_kiosk.domain.errors import SopViolation
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import PRINTABLE, StatusEvent, StatusSiak
from ktpel_kiosk.ports.register import Tx


def note_receipt(desk: Desk, packet_id: str) -> None:
    """After a verified receipt the application waits for the centre, no longer for the line."""
    def work(tx: Tx) -> None:
        packet = tx.packet(packet_id)
        if packet is None:
            return
        p = tx.permohonan(packet.permohonan_id)
        tahap = p.current()
        tx.log("StagePaused", p.id, "-", reason="menunggu_prr", packet_id=packet_id)
        if tahap is not None and tahap.stage is Stage.MENUNGGU_PRR and tahap.pause_reason == "jaringan":
            save(desk, tx, p.with_tahap(replace(tahap, pause_reason="menunggu_prr")))

    desk.register.write(work)


def apply_status(desk: Desk, event: StatusEvent) -> bool:
    """Store a status event and move the application; False when it was old or repeated."""
    def work(tx: Tx) -> bool:
        news = tx.add_status(event)
        packet = tx.packet(event.packet_id)
        subject = packet.permohonan_id if packet else "-"
        tx.log("StatusApplied", subject, "-", status=event.status.value, sequence=event.sequence, news=news)
        if news and packet is not None:
            _move(desk, tx, tx.permohonan(packet.permohonan_id), event.status)
        return news

    return desk.register.write(work)


def enter_status(desk: Desk, actor: Actor, permohonan_id: str, status: StatusSiak, reason: str = "") -> Permohonan:
    """A status read in SIAK by an officer and entered by hand (source recorded); used where no gateway tells it."""
    require(actor, "enter_status_manually")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.current() is None:
            raise SopViolation("sop.finished", state=p.keadaan)
        tx.log("StatusEntered", p.id, actor.username, status=status.value, reason=reason)
        return _move(desk, tx, p, status)

    return desk.register.write(work)


def _move(desk: Desk, tx: Tx, p: Permohonan, status: StatusSiak) -> Permohonan:
    tahap = p.current()
    if tahap is None or tahap.stage is not Stage.MENUNGGU_PRR:
        return p
    if status is StatusSiak.DUPLICATE_RECORD:
        tx.log("DuplicateNoticed", p.id, "-", status=status.value)
        waiting = p.with_tahap(replace(tahap, pause_reason="data_ganda_di_pusat"))
        return save(desk, tx, replace(waiting, keadaan=Keadaan.GANDA))
    if status in PRINTABLE:
        back = replace(p, keadaan=Keadaan.BERJALAN) if p.keadaan is Keadaan.GANDA else p
        return save(desk, tx, _print_ready(desk, tx, back))
    return p


def _print_ready(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    q = finish_stage(desk, tx, p, "PRINT_READY_RECORD", "siak", "sistem")
    if card_allowed(q, today(desk)):
        return q
    birthday = card_from(q.penduduk.tanggal_lahir, q.penduduk.status_perkawinan, today(desk))
    tx.log("WaitingForBirthday", q.id, "-", at=birthday.isoformat())
    return replace(q, keadaan=Keadaan.MENUNGGU_USIA, menunggu_hingga=birthday)


def wake_birthdays(desk: Desk, permohonan_id: str) -> Permohonan:
    """Let an application go on once the seventeenth birthday has come."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan is not Keadaan.MENUNGGU_USIA or not card_allowed(p, today(desk)):
            raise SopViolation("eligibility.birthday_not_come", state=p.keadaan)
        tx.log("StageResumed", p.id, "-", reason="menunggu_usia")
        return save(desk, tx, replace(p, keadaan=Keadaan.BERJALAN, menunggu_hingga=None))

    return desk.register.write(work)
