"""From everything said of a recording to where its application stands: one place decides, whoever brought the news.

News moves an application only when it changes what all of it comes to (:mod:`ktpel_kiosk.domain.status_story`), so that repeats, late
events and courier copies change nothing, and an officer's decision stands until the centre says something new.
"""

from __future__ import annotations

from dataclasses import replace

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import card_allowed, today
from ktpel_kiosk.desk.material import records_elsewhere
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.waiting import NO_BLANK
from ktpel_kiosk.domain.biodata import card_from
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, Tahap, TahapState, back_to, pause_for, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import Status, StatusSiak
from ktpel_kiosk.domain.status_story import Said, Standing, standing, story
from ktpel_kiosk.ports.register import Tx, View

MOVING = (Keadaan.BERJALAN, Keadaan.GANDA, Keadaan.MENUNGGU_USIA)
PRINTING = (Stage.CEK_CETAK, Stage.CETAK_ENCODE)


def told(view: View, permohonan_id: str) -> tuple[Said, ...]:
    """Everything said of an application, oldest first."""
    packets = view.packets_of(permohonan_id)
    events = {k.packet_id: view.status_events(k.packet_id) for k in packets}
    return story(packets, events, view.status_entries(permohonan_id))


def standing_of(view: View, permohonan_id: str) -> Standing:
    return standing(told(view, permohonan_id))


def shown_since(said: tuple[Said, ...]) -> Said | None:
    """The first of the run of equal statuses at the end: since when the shown status holds."""
    first: Said | None = None
    for line in reversed(said):
        if first is not None and line.status != first.status:
            break
        first = line
    return first


def settle(desk: Desk, tx: Tx, p: Permohonan, before: Standing) -> Permohonan:
    """After something was added: show the newest status and move the application where what is known now differs from ``before``."""
    said = told(tx, p.id)
    now, first = standing(said), shown_since(said)
    if first is not None and now.last != before.last:
        tx.show_status(p.id, first.status.value, first.at)
    if now.last != before.last and now.last is not None and _unknown_at_centre(p, now.last.status):
        return _must_record(desk, tx, p)
    if (now.ready, now.duplicate, now.because) == (before.ready, before.duplicate, before.because):
        return p
    return move(desk, tx, p, now)


def move(desk: Desk, tx: Tx, p: Permohonan, now: Standing) -> Permohonan:
    """Bring an application to where ``now`` puts it; beyond printing, and with a card under way, nothing is moved."""
    tahap = p.current()
    if tahap is None or p.keadaan not in MOVING:
        return p
    if tahap.stage in PRINTING and not now.ready:
        if tx.live_card_job(p.id) is not None:
            return p
        p = _taken_back(desk, tx, p, tahap)
    elif tahap.stage is not Stage.MENUNGGU_PRR:
        return p
    if now.duplicate:
        return _held(desk, tx, p)
    if now.ready and tahap.stage is Stage.MENUNGGU_PRR:
        return save(desk, tx, _print_ready(desk, tx, _free(p), now.because.status if now.because else StatusSiak.PRINT_READY_RECORD))
    if p.keadaan is Keadaan.GANDA:
        return save(desk, tx, pause_for(_free(p), "menunggu_prr", desk.clock.now()))
    return p


def _free(p: Permohonan) -> Permohonan:
    """No longer held as ganda."""
    return replace(p, keadaan=Keadaan.BERJALAN, return_reasons=()) if p.keadaan is Keadaan.GANDA else p


def _held(desk: Desk, tx: Tx, p: Permohonan) -> Permohonan:
    if p.keadaan is Keadaan.GANDA:
        return p
    tx.log("DuplicateNoticed", p.id, "-", status=StatusSiak.DUPLICATE_RECORD.value)
    waiting = pause_for(p, "data_ganda_di_pusat", desk.clock.now())
    return save(desk, tx, replace(waiting, keadaan=Keadaan.GANDA, return_reasons=("data_ganda",)))


def _taken_back(desk: Desk, tx: Tx, p: Permohonan, tahap: Tahap) -> Permohonan:
    """The centre no longer calls it print ready: it waits for the centre again."""
    now = desk.clock.now()
    if not any(t.stage is Stage.MENUNGGU_PRR and t.index < tahap.index for t in p.tahap):
        return p
    tx.log("PrintReadyTakenBack", p.id, "-", stage=str(tahap.stage))
    again = back_to(replace(p, keadaan=Keadaan.BERJALAN, menunggu_hingga=None, return_reasons=()), Stage.MENUNGGU_PRR, now)
    return save(desk, tx, start(again, now))


def _print_ready(desk: Desk, tx: Tx, p: Permohonan, status: Status) -> Permohonan:
    q = finish_stage(desk, tx, p, status.value, "siak", "sistem")
    if card_allowed(q, today(desk)):
        tahap = q.current()
        empty = tahap is not None and tahap.stage is Stage.CETAK_ENCODE and tx.next_blangko() is None
        return pause_for(q, NO_BLANK, desk.clock.now()) if empty else q
    birthday = card_from(q.penduduk.tanggal_lahir, q.penduduk.status_perkawinan, today(desk))
    tx.log("WaitingForBirthday", q.id, "-", at=birthday.isoformat())
    return replace(q, keadaan=Keadaan.MENUNGGU_USIA, menunggu_hingga=birthday)


def _unknown_at_centre(p: Permohonan, status: Status) -> bool:
    tahap = p.current()
    return (status is StatusSiak.UNREGISTERED and tahap is not None and tahap.stage is Stage.MENUNGGU_PRR and records_elsewhere(p)
            and p.sudah_rekam != "register")


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
