"""SIAK statuses and receipts: what they change at the desk. Late or repeated events change nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.material import ensure_material, has_material, records_elsewhere
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.waiting import NO_BLANK, settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import card_from
from ktpel_kiosk.domain.errors import BadInput, SopViolation, TransportTrouble
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState, pause_for
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import PRINTABLE, StatusEvent, StatusSiak
from ktpel_kiosk.ports.register import Query, Tx, View


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
    text = free_text(reason, "alasan")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.current() is None:
            raise SopViolation("sop.finished", state=p.keadaan)
        tx.log("StatusEntered", p.id, actor.username, status=status.value, reason=for_audit(text))
        return _move(desk, tx, p, status)

    return desk.register.write(work)


def _move(desk: Desk, tx: Tx, p: Permohonan, status: StatusSiak) -> Permohonan:
    tahap = p.current()
    if tahap is None or tahap.stage is not Stage.MENUNGGU_PRR:
        return p
    if status is StatusSiak.DUPLICATE_RECORD:
        if p.keadaan is Keadaan.GANDA:
            return p
        tx.log("DuplicateNoticed", p.id, "-", status=status.value)
        waiting = pause_for(p, "data_ganda_di_pusat", desk.clock.now())
        return save(desk, tx, replace(waiting, keadaan=Keadaan.GANDA, return_reasons=("data_ganda",)))
    if status in PRINTABLE:
        back = replace(p, keadaan=Keadaan.BERJALAN, return_reasons=()) if p.keadaan is Keadaan.GANDA else p
        return save(desk, tx, _print_ready(desk, tx, back))
    if status is StatusSiak.UNREGISTERED and records_elsewhere(p) and p.sudah_rekam != "register":
        return _must_record(desk, tx, p)
    return p


def _must_record(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    """The centre knows no recording of this person after all: the skipped stages are open again."""
    now = desk.clock.now()
    tahap = tuple(
        replace(t, state=TahapState.BELUM, outcome="") if t.stage in (Stage.REKAM, Stage.KIRIM)
        else replace(t, state=TahapState.BELUM, paused_s=t.paused_now_s(now), paused_since=None, pause_reason="")
        if t.stage is Stage.MENUNGGU_PRR else t
        for t in p.tahap
    )
    tx.log("RecordingNeeded", p.id, "-", stage=str(Stage.REKAM))
    return save(desk, tx, replace(p, tahap=tahap, sudah_rekam=""))


def poll_skipped(desk: Desk, limit: int = 50) -> int:
    """Ask the centre for everybody whose recording was skipped and who waits for PRR, and fetch card material that is still missing.

    Run by the network thread beside the status feed, and by hand. Without a line the waits are marked so and nothing is lost.

    Returns:
        How many applications moved or got their material.
    """
    def waiting(view: View) -> list[Permohonan]:
        stages = (Stage.MENUNGGU_PRR, Stage.CEK_CETAK, Stage.CETAK_ENCODE)
        found = view.list(Query(keadaan=(Keadaan.BERJALAN,), stages=stages, limit=500, newest_first=False))
        some = (view.permohonan(i.id) for i in found)
        return [p for p in some if records_elsewhere(p) and not has_material(view, p.id)]

    moved = 0
    for p in desk.register.read(waiting)[:limit]:
        try:
            moved += ask_status(desk, p.id).moved
        except TransportTrouble:
            return moved
        except (SopViolation, BadInput):  # this one needs a person; the printing page says why
            continue
    return moved


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking the centre. ``status``: what it said of the NIK; None where that was not the question, or it knows nobody."""

    moved: bool
    status: StatusSiak | None = None


def ask_status(desk: Desk, permohonan_id: str) -> Answer:
    """One application: its status by NIK, then its card material.

    Raises:
        TransportTrouble: no line (the wait is marked), or an answer that cannot be trusted. SopViolation, BadInput: see ensure_material.
    """
    p = desk.register.read(lambda v: v.permohonan(permohonan_id))
    tahap = p.current()
    status: StatusSiak | None = None
    if tahap is None or not records_elsewhere(p):
        return Answer(False)
    if tahap.stage is Stage.MENUNGGU_PRR:
        try:
            found = desk.gateway.record_status(p.penduduk.nik)
        except TransportTrouble:
            _wait_reason(desk, p, "jaringan")
            raise
        _wait_reason(desk, p, "menunggu_prr")
        status = found.status if found is not None else None
        before, p = p, _apply_lookup(desk, permohonan_id, status or StatusSiak.UNREGISTERED)
        now = p.current()
        still = now is not None and now.stage is Stage.MENUNGGU_PRR
        if still or not records_elsewhere(p):
            return Answer(not still or p.keadaan is not before.keadaan, status)
    ensure_material(desk, permohonan_id)
    return Answer(True, status)


def _wait_reason(desk: Desk, p: Permohonan, reason: str) -> None:
    tahap = p.current()
    if tahap is None or tahap.pause_reason in (reason, "data_ganda_di_pusat"):
        return

    def work(tx: Tx) -> None:
        q = tx.permohonan(p.id)
        now = q.current()
        tx.log("StagePaused", q.id, "-", reason=reason)
        if now is not None and now.stage is Stage.MENUNGGU_PRR and now.state is TahapState.JEDA:
            save(desk, tx, pause_for(q, reason, desk.clock.now()))

    desk.register.write(work)


def _apply_lookup(desk: Desk, permohonan_id: str, status: StatusSiak) -> Permohonan:
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        moved = _move(desk, tx, p, status)
        tx.log("StatusApplied", p.id, "-", status=status.value, source="lookup", news=moved is not p)
        return moved

    current = desk.register.read(lambda v: v.permohonan(permohonan_id))
    nothing_new = status not in PRINTABLE and status not in (StatusSiak.UNREGISTERED, StatusSiak.DUPLICATE_RECORD)
    return current if nothing_new else desk.register.write(work)


def _print_ready(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    q = finish_stage(desk, tx, p, "PRINT_READY_RECORD", "siak", "sistem")
    if card_allowed(q, today(desk)):
        tahap = q.current()
        empty = tahap is not None and tahap.stage is Stage.CETAK_ENCODE and tx.next_blangko() is None
        return pause_for(q, NO_BLANK, desk.clock.now()) if empty else q
    birthday = card_from(q.penduduk.tanggal_lahir, q.penduduk.status_perkawinan, today(desk))
    tx.log("WaitingForBirthday", q.id, "-", at=birthday.isoformat())
    return replace(q, keadaan=Keadaan.MENUNGGU_USIA, menunggu_hingga=birthday)


def wake_all_birthdays(desk: Desk) -> int:
    """Everybody whose seventeenth birthday has come goes on; returns how many."""
    def due(view: View) -> list[str]:
        found = view.list(Query(keadaan=(Keadaan.MENUNGGU_USIA,), limit=10_000, newest_first=False))
        return [i.id for i in found if card_allowed(view.permohonan(i.id), today(desk))]

    ids = desk.register.read(due)
    for permohonan_id in ids:
        wake_birthdays(desk, permohonan_id)
    return len(ids)


def wake_birthdays(desk: Desk, permohonan_id: str) -> Permohonan:
    """Let an application go on once the seventeenth birthday has come."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        if p.keadaan is not Keadaan.MENUNGGU_USIA or not card_allowed(p, today(desk)):
            raise SopViolation("eligibility.birthday_not_come", state=p.keadaan)
        tx.log("StageResumed", p.id, "-", reason="menunggu_usia")
        woken = save(desk, tx, replace(p, keadaan=Keadaan.BERJALAN, menunggu_hingga=None))
        settle_stock(desk, tx)
        return woken

    return desk.register.write(work)
