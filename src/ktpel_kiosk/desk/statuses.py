"""SIAK statuses and receipts at the desk: by the feed, by an officer's eyes, by a question about a NIK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.material import ensure_material, has_material, records_elsewhere
from ktpel_kiosk.desk.progress import save
from ktpel_kiosk.desk.status_moves import move, settle, standing_of, told
from ktpel_kiosk.desk.waiting import settle_stock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation, TransportTrouble
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState, pause_for
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import Status, StatusEntry, StatusEvent, StatusSiak
from ktpel_kiosk.domain.status_guide import usual
from ktpel_kiosk.domain.status_story import Said
from ktpel_kiosk.ports.register import Query, Tx, View

FUTURE_S = 300
"""How far a clock may be behind the centre's before a moment counts as not yet come."""
WHERE_LIMIT = 60
ASKED_EVERY_S = 15.0
"""The feed is looked at about that often, and with it another part of those who have to be asked for one by one."""


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
            p = save(desk, tx, p.with_tahap(replace(tahap, pause_reason="menunggu_prr")))
        now = standing_of(tx, p.id)
        if now.last is None:
            tx.show_status(p.id, "", packet.received_at or desk.clock.now())
        elif now.ready:  # said of an earlier packet while this one was on its way
            move(desk, tx, p, now)

    desk.register.write(work)


def apply_status(desk: Desk, event: StatusEvent) -> bool:
    """Store a status event and move the application; False when this event is there already."""
    def work(tx: Tx) -> bool:
        packet = tx.packet(event.packet_id)
        before = standing_of(tx, packet.permohonan_id) if packet else None
        news = tx.add_status(event)
        tx.log("StatusApplied", packet.permohonan_id if packet else "-", "-", status=event.status.value, sequence=event.sequence,
               news=news, source=event.source)
        if news and packet is not None and before is not None:
            settle(desk, tx, tx.permohonan(packet.permohonan_id), before)
        return news

    return desk.register.write(work)


def history(desk: Desk, permohonan_id: str) -> tuple[Said, ...]:
    """Every status of an application with its source, oldest first."""
    return desk.register.read(lambda v: told(v, permohonan_id))


def unusual_step(desk: Desk, permohonan_id: str, status: Status) -> Status | None:
    """The present status, when SIAK is not known to go from it to ``status``; None when the step is usual."""
    last = desk.register.read(lambda v: standing_of(v, permohonan_id)).last
    return last.status if last is not None and not usual(last.status, status) else None


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of an entry. ``shown``: it is the newest thing known; False: kept in the history, something newer stands."""

    permohonan: Permohonan
    shown: bool


def enter_status(desk: Desk, actor: Actor, permohonan_id: str, status: Status, reason: str = "", *, at: datetime | None = None,
                 where: str = "") -> Permohonan:
    """A status read in SIAK by an officer: kept with its source, and the application moves as it would by the feed.

    Args:
        at: when it was read; now when left out. where: where it was read. reason: needed where the step is unusual.

    Raises:
        SopViolation: ``sop.finished``. BadInput: ``status.unusual`` (no reason), ``status.future``. NotAllowed, NotFound.
    """
    return record_entry(desk, actor, permohonan_id, status, reason, at=at, where=where).permohonan


def record_entry(desk: Desk, actor: Actor, permohonan_id: str, status: Status, reason: str = "", *, at: datetime | None = None,
                 where: str = "") -> Entered:
    """As :func:`enter_status`, and says whether the entry is now the newest thing known."""
    require(actor, "enter_status_manually")
    text, place = free_text(reason, "alasan"), free_text(where, "tempat", limit=WHERE_LIMIT)
    now = desk.clock.now()
    moment = at or now
    if moment > now + timedelta(seconds=FUTURE_S):
        raise BadInput("status.future")

    def work(tx: Tx) -> Entered:
        p = tx.permohonan(permohonan_id)
        if p.current() is None:
            raise SopViolation("sop.finished", state=p.keadaan)
        before = standing_of(tx, p.id)
        if before.last is not None and not usual(before.last.status, status) and not text:
            raise BadInput("status.unusual", found=before.last.status.value, status=status.value)
        said = "; ".join(x for x in (f"dibaca di {place}" if place else "", text) if x)
        entry = StatusEntry(desk.ids.new(), p.id, p.penduduk.nik, status, moment, said, "manual", actor.username, now)
        tx.log("StatusEntered", p.id, actor.username, status=status.value, reason=for_audit(text), news=tx.add_status_entry(entry))
        moved = settle(desk, tx, p, before)
        last = standing_of(tx, p.id).last
        return Entered(moved, last is not None and (last.status, last.at, last.source) == (status, moment, "manual"))

    return desk.register.write(work)


def poll_skipped(desk: Desk, limit: int = 50) -> int:
    """Ask the centre for everybody whose recording was skipped and who waits for PRR, and fetch card material that is still missing.

    Run by the network thread beside the status feed, and by hand. Without a line the waits are marked so and nothing is lost.

    Returns:
        How many applications moved or got their material.
    """
    def waiting(view: View) -> list[Permohonan]:
        ids = view.running_without_packet([s.value for s in (Stage.MENUNGGU_PRR, Stage.CEK_CETAK, Stage.CETAK_ENCODE)])
        some = (view.permohonan(i) for i in _next_of(ids, limit, desk.clock.monotonic()))
        return [p for p in some if records_elsewhere(p) and not has_material(view, p.id)]

    moved = 0
    for p in desk.register.read(waiting):
        try:
            moved += ask_status(desk, p.id).moved
        except TransportTrouble:
            return moved
        except (SopViolation, BadInput):  # this one needs a person; the printing page says why
            continue
    return moved


def _next_of(ids: Sequence[str], limit: int, moment_s: float) -> list[str]:
    """``limit`` of them, others each time, so that the first who get no answer do not keep the others from being asked."""
    if len(ids) <= limit:
        return list(ids)
    start = int(moment_s / ASKED_EVERY_S) * limit % len(ids)
    return [*ids[start:], *ids[:start]][:limit]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking the centre. ``status``: what it said of the NIK; None where that was not the question, or it knows nobody."""

    moved: bool
    status: Status | None = None


def ask_status(desk: Desk, permohonan_id: str) -> Answer:
    """One application: its status by NIK, then its card material.

    Raises:
        TransportTrouble: no line (the wait is marked), or an answer that cannot be trusted. SopViolation, BadInput: see ensure_material.
    """
    p = desk.register.read(lambda v: v.permohonan(permohonan_id))
    tahap = p.current()
    status: Status | None = None
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
        before, p = p, _apply_lookup(desk, permohonan_id, status or StatusSiak.UNREGISTERED, found.reason if found is not None else "")
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


def _apply_lookup(desk: Desk, permohonan_id: str, status: Status, reason: str) -> Permohonan:
    """An answer counts from the moment it was given, and is kept only when it says something else than what is known."""
    def news(view: View) -> bool:
        last = standing_of(view, permohonan_id).last
        return last is None or last.status != status

    def work(tx: Tx) -> Permohonan:
        p, now = tx.permohonan(permohonan_id), desk.clock.now()
        before = standing_of(tx, p.id)
        at = max(now, before.last.at) if before.last is not None else now
        tx.add_status_entry(StatusEntry(desk.ids.new(), p.id, p.penduduk.nik, status, at, reason, "lookup", "-", now))
        tx.log("StatusApplied", p.id, "-", status=status.value, source="lookup", news=True)
        return settle(desk, tx, p, before)

    p, changed = desk.register.read(lambda v: (v.permohonan(permohonan_id), news(v)))
    return desk.register.write(work) if changed else p


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
