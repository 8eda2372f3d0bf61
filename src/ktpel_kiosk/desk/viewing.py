"""Opening a person's full data: who, what, why, and who may see that (UU 27/2022 Ps 31; docs/adr/0031).

While an application stands at a step this officer does, or had one done by this officer today, looking is part of serving it and asks
nothing; it is noted once a day. Everything else needs a reason from a short list, which then holds for :data:`HOLDS` for that person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ktpel_kiosk.desk.access import require, stage_roles
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.viewing import ALASAN_NAMES, CHOSEN, NOTE_NEEDED, AlasanLihat, Lihat, Viewing
from ktpel_kiosk.ports.register import Tx, View

HOLDS = timedelta(minutes=15)
"""How long a chosen reason counts for the same person, so that the next tab does not ask again."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One line of the access log as the supervisor reads it."""

    viewing: Viewing
    officer: str
    number: str
    nama: str


def _serving(desk: Desk, actor: Actor, p: Permohonan) -> bool:
    """The application is on this officer's desk: it stands at a step the officer does, waits at the counter to be taken in again, or had a
    step done by this officer today (the receipt printed again while the applicant still stands there)."""
    if _worked_today(desk, actor, p):
        return True
    tahap = p.current()
    if p.keadaan is Keadaan.BERJALAN and tahap is not None:
        return bool(actor.peran & stage_roles(desk.sop_of(p.sop_digest), tahap))
    if p.keadaan is Keadaan.DIKEMBALIKAN and p.tahap:
        return bool(actor.peran & stage_roles(desk.sop_of(p.sop_digest), p.tahap[0]))
    return False


def _worked_today(desk: Desk, actor: Actor, p: Permohonan) -> bool:
    today = local_time(desk, desk.clock.now()).date()
    return any(t.actor == actor.username and t.finished_at is not None and local_time(desk, t.finished_at).date() == today for t in p.tahap)


def needs_reason(desk: Desk, actor: Actor, permohonan_id: str) -> bool:
    """Whether :func:`look` would ask. NotAllowed, NotFound."""
    require(actor, "view_person")
    return desk.register.read(lambda v: _standing_reason(desk, v, actor, v.permohonan(permohonan_id)) is None)


def _standing_reason(desk: Desk, view: View, actor: Actor, p: Permohonan) -> tuple[AlasanLihat, str] | None:
    if _serving(desk, actor, p):
        return AlasanLihat.PELAYANAN, ""
    now = desk.clock.now()
    last = next((v for v in view.viewings_of(p.id) if v.officer == actor.username and v.reason is not AlasanLihat.PELAYANAN), None)
    return (last.reason, last.note) if last is not None and timedelta(0) <= now - last.at <= HOLDS else None


def look(desk: Desk, actor: Actor, permohonan_id: str, what: Lihat, reason: str = "", note: str = "") -> Permohonan:
    """Note the look, then hand over the application.

    Raises:
        NotAllowed, NotFound. SopViolation ``viewing.reason``: one has to be chosen first. BadInput ``viewing.choice``, ``viewing.note``,
            ``text.*``.
    """
    require(actor, "view_person")
    chosen = _chosen(reason, note)

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        why = chosen or _standing_reason(desk, tx, actor, p)
        if why is None:
            raise SopViolation("viewing.reason")
        now = desk.clock.now()
        tx.add_viewing(Viewing(now, p.id, actor.username, what, why[0], why[1]))
        tx.log("PersonDataViewed", p.id, actor.username, key=what, reason=why[0])
        return p

    known = desk.register.read(lambda v: _noted_today(desk, v, actor, permohonan_id, what)) if chosen is None else None
    return known if known is not None else desk.register.write(work)


def _chosen(reason: str, note: str) -> tuple[AlasanLihat, str] | None:
    if not reason:
        return None
    if reason not in CHOSEN:
        raise BadInput("viewing.choice", expected=", ".join(ALASAN_NAMES[a] for a in CHOSEN))
    why, words = AlasanLihat(reason), free_text(note, "keterangan")
    if why in NOTE_NEEDED and not words:
        raise BadInput("viewing.note", value=ALASAN_NAMES[why])
    return why, words


def _noted_today(desk: Desk, view: View, actor: Actor, permohonan_id: str, what: Lihat) -> Permohonan | None:
    """The application, when serving it was noted already on this day: no second commit for the same work."""
    p = view.permohonan(permohonan_id)
    if not _serving(desk, actor, p):
        return None
    today = local_time(desk, desk.clock.now()).date()
    noted = (v for v in view.viewings_of(p.id) if v.officer == actor.username and v.what is what and v.reason is AlasanLihat.PELAYANAN)
    return p if any(local_time(desk, v.at).date() == today for v in noted) else None


def who_looked(desk: Desk, actor: Actor, permohonan_id: str) -> tuple[Looked, ...]:
    """"Siapa yang melihat data ini", newest first. NotAllowed, NotFound."""
    require(actor, "view_access_log")

    def read(view: View) -> tuple[Looked, ...]:
        view.permohonan(permohonan_id)
        return _lines(view, view.viewings_of(permohonan_id))

    return desk.register.read(read)


def looked_on(desk: Desk, actor: Actor, day: date, officer: str = "") -> tuple[Looked, ...]:
    """Everything looked at on one day of the office, by one officer or all, newest first. NotAllowed."""
    require(actor, "view_access_log")
    start = _midnight(desk, day)
    return desk.register.read(lambda v: _lines(v, v.viewings_in(start, _midnight(desk, day + timedelta(days=1)), officer)))


def _midnight(desk: Desk, day: date) -> datetime:
    zone = local_time(desk, desk.clock.now()).tzinfo
    return datetime.combine(day, time(), zone)


def _lines(view: View, found: Sequence[Viewing]) -> tuple[Looked, ...]:
    names = {u.username: u.nama for u in view.users()}
    known: dict[str, Permohonan] = {}
    lines = []
    for v in found:
        if v.permohonan_id not in known:
            known[v.permohonan_id] = view.permohonan(v.permohonan_id)
        p = known[v.permohonan_id]
        lines.append(Looked(v, names.get(v.officer, v.officer), p.nomor_register, p.penduduk.nama))
    return tuple(lines)
