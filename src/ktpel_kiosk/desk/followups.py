"""What somebody has to go after: what the centre's statuses ask for, services over time, cards nobody fetched, birthdays, double data,
papers returned long ago.

Tasks are questions to the register, never a list of their own; an act (a call logged, a card fetched, a decision) makes them disappear.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ktpel_kiosk.desk import status_tasks
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.kalender import working_days_between
from ktpel_kiosk.domain.ledgers import ContactAttempt
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Sop, Stage
from ktpel_kiosk.domain.text import date_long, datetime_long, number_text, phone_local
from ktpel_kiosk.ports.alerts import Overdue
from ktpel_kiosk.ports.register import ListItem, Query, Tx, View

COLLECT_AFTER_DAYS = 3
"""Working days a finished card may wait before the applicant is called."""
RETURNED_AFTER_DAYS = 14
BIRTHDAY_AHEAD_DAYS = 7
MOST = 1000
SHOWN = 100
"""Tasks of one kind that are listed; :func:`summary` counts them all."""
PURPOSES = ("kartu_siap", "lewat_waktu", "pusat", "lain")
"""``pusat``: the dinas or the centre was asked; the others are calls to the applicant."""
OUTCOMES = ("tersambung", "tidak_diangkat", "salah_nomor", "pesan")
REACHED = ("tersambung", "pesan")
PICK_UP: tuple[Stage, ...] = (Stage.AKTIVASI, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT)


class TaskKind(StrEnum):
    """In the order they are shown."""

    DITARIK_PUSAT = "ditarik_pusat"
    DATA_GANDA = "data_ganda"
    JARI_MIRIP = "jari_mirip"
    GAGAL_REKAM = "gagal_rekam"
    GAGAL_CARI = "gagal_cari"
    SFE_LAMA = "sfe_lama"
    VALIDASI_PUSAT = "validasi_pusat"
    PUTUSAN_PUSAT = "putusan_pusat"
    BELUM_DIPROSES = "belum_diproses"
    TANPA_KABAR = "tanpa_kabar"
    STATUS_LAIN = "status_lain"
    LEWAT_WAKTU = "lewat_waktu"
    ULANG_TAHUN = "ulang_tahun"
    BELUM_DIAMBIL = "belum_diambil"
    DIKEMBALIKAN = "dikembalikan"


ORDER = tuple(TaskKind)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to go after. ``since`` is when it began to be due; ``phone`` as people dial it, empty where none was left.

    ``status``: the SIAK status the task is about, empty where it is about none; ``tone``: how pressing that is.
    """

    kind: TaskKind
    permohonan_id: str
    nomor: str
    nama: str
    text: str
    since: datetime
    phone: str = ""
    calls: int = 0
    last_call: ContactAttempt | None = None
    status: str = ""
    tone: str = ""


def tasks(desk: Desk) -> tuple[Task, ...]:
    """Everything due now, at most :data:`SHOWN` of a kind: by kind, then the longest waiting first."""
    now = desk.clock.now()

    def gather(view: View) -> list[Task]:
        return [*_of_statuses(view, now), *_late(desk, view, now), *_others(desk, view, now)]

    return tuple(sorted(desk.register.read(gather), key=lambda t: (ORDER.index(t.kind), t.since)))


def summary(desk: Desk) -> dict[TaskKind, int]:
    """How many are due of each kind, all of them; kinds of which there are none are left out."""
    now = desk.clock.now()

    def gather(view: View) -> dict[TaskKind, int]:
        found = {TaskKind(kind.value): n for kind, n in status_tasks.counts(view, now).items()}
        found[TaskKind.LEWAT_WAKTU] = view.overdue_count(_overdue(desk, view, now))
        for task in _others(desk, view, now):
            found[task.kind] = found.get(task.kind, 0) + 1
        return found

    found = desk.register.read(gather)
    return {kind: found[kind] for kind in ORDER if found.get(kind)}


def _others(desk: Desk, view: View, now: datetime) -> list[Task]:
    """Kinds of which an office has few at a time."""
    return [*_uncollected_long(desk, view, now), *_waiting(desk, view, now), *_alike(view), *_returned(desk, view, now)]


def _of_statuses(view: View, now: datetime) -> list[Task]:
    found = []
    for kind in status_tasks.StatusTask:
        for item in status_tasks.listed(view, kind, now, SHOWN):
            calls = view.contacts(item.id)
            found.append(Task(
                TaskKind(kind.value), item.id, item.nomor_register, item.nama, status_tasks.text_of(kind, item, now),
                item.status_at or item.updated_at, phone_local(item.nomor_hp) if item.nomor_hp else "", len(calls),
                calls[-1] if calls else None, item.status_siak, status_tasks.tone_of(kind, item, now)))
    return found


def uncollected(desk: Desk) -> tuple[Task, ...]:
    """Every finished card or letter nobody fetched yet, from the first day on, longest waiting first."""
    now = desk.clock.now()

    def gather(view: View) -> list[Task]:
        found = (view.permohonan(i.id) for i in _list(view, Keadaan.BERJALAN, PICK_UP))
        return [_pick_up_task(desk, view, p, now) for p in found]

    return tuple(sorted(desk.register.read(gather), key=lambda t: t.since))


def _list(view: View, state: Keadaan, stages: tuple[Stage, ...] = ()) -> list[ListItem]:
    return list(view.list(Query(keadaan=(state,), stages=stages, limit=MOST, newest_first=False)))


def _overdue(desk: Desk, view: View, now: datetime) -> Overdue:
    sops = {digest: desk.sop_of(digest) for digest in view.sop_digests()}
    limits = {d: sop.mutu.nilai * 60.0 for d, sop in sops.items() if sop.mutu.jenis == "menit" and sop.mutu.nilai}
    midnight = local_time(desk, now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Overdue(now, midnight, tuple(s.value for s in PICK_UP), limits)


def _late(desk: Desk, view: View, now: datetime) -> list[Task]:
    """From pick-up on the applicant is waited for, not the office."""
    found = []
    for item in view.overdue_list(_overdue(desk, view, now), SHOWN):
        p = view.permohonan(item.id)
        late = _overrun(desk.sop_of(p.sop_digest), p, now)
        if late is not None:
            found.append(_task(view, p, TaskKind.LEWAT_WAKTU, f"{late[1]} Hubungi pemohon.", late[0]))
    return found


def _uncollected_long(desk: Desk, view: View, now: datetime) -> list[Task]:
    found = []
    for item in _list(view, Keadaan.BERJALAN, PICK_UP):
        task = _pick_up_task(desk, view, view.permohonan(item.id), now)
        first, today = local_time(desk, task.since).date(), local_time(desk, now).date()
        waited = working_days_between(first, today, desk.holidays(), desk.extra_open())
        if waited >= COLLECT_AFTER_DAYS and not _called_today(desk, view, item.id, "kartu_siap", now):
            found.append(task)
    return found


def _overrun(sop: Sop, p: Permohonan, now: datetime) -> tuple[datetime, str] | None:
    """Since when and by how much the office's own standard is exceeded; None while it is kept (Pronojiwo: the warning of the SOP)."""
    if p.due_at is not None:
        if now <= p.due_at:
            return None
        return p.due_at, f"Janji selesai {datetime_long(p.due_at, sop.kantor.zona_waktu)} terlewati."
    if sop.mutu.jenis != "menit" or not sop.mutu.nilai:
        return None
    used = sum(t.active_now_s(now) for t in p.tahap) / 60
    if used <= sop.mutu.nilai:
        return None
    return p.updated_at, f"Waktu pelayanan {number_text(used, 0)} menit, mutu baku {number_text(sop.mutu.nilai)} menit."


def _pick_up_task(desk: Desk, view: View, p: Permohonan, now: datetime) -> Task:
    before = [t.finished_at for t in p.tahap if t.finished_at is not None]
    since = max(before, default=p.updated_at)
    days = (local_time(desk, now).date() - local_time(desk, since).date()).days
    what = "Surat" if (t := p.current()) is not None and t.stage is Stage.SERAH_SURAT else "KTP-el"
    text = f"{what} jadi {date_long(local_time(desk, since).date())}, belum diambil" + (f" selama {days} hari." if days else ".")
    return _task(view, p, TaskKind.BELUM_DIAMBIL, text, since)


def _waiting(desk: Desk, view: View, now: datetime) -> list[Task]:
    today = local_time(desk, now).date()
    found = []
    for item in _list(view, Keadaan.MENUNGGU_USIA):
        p = view.permohonan(item.id)
        day = p.menunggu_hingga
        if day is None or day > today + timedelta(days=BIRTHDAY_AHEAD_DAYS):
            continue
        found.append(_task(view, p, TaskKind.ULANG_TAHUN, _birthday_text(day, today), p.updated_at))
    for item in _list(view, Keadaan.GANDA):
        p = view.permohonan(item.id)
        where = "di pusat" if (t := p.current()) is not None and t.stage is Stage.MENUNGGU_PRR else "saat pemeriksaan"
        found.append(_task(view, p, TaskKind.DATA_GANDA, f"Data ganda {where}; selesaikan menurut SOP Data Ganda.", p.updated_at))
    return found


def _alike(view: View) -> list[Task]:
    """Fingers of one application that look like another's, until an officer has said whose they are."""
    found = []
    for check in view.duplicate_checks_open():
        p = view.permohonan(check.permohonan_id)
        if p.keadaan is not Keadaan.BATAL:
            text = f"Sidik jari mirip dengan {len(check.hits)} rekaman lain di kantor ini. Bandingkan kedua data, lalu putuskan."
            found.append(_task(view, p, TaskKind.JARI_MIRIP, text, check.at))
    return found


def _birthday_text(day: date, today: date) -> str:
    if day <= today:
        return "Sudah berusia 17 tahun: KTP-el dapat dicetak. Hubungi pemohon."
    return f"Berusia 17 tahun pada {date_long(day)}; KTP-el dicetak mulai hari itu."


def _returned(desk: Desk, view: View, now: datetime) -> list[Task]:
    found = []
    for item in _list(view, Keadaan.DIKEMBALIKAN):
        if now - item.updated_at < timedelta(days=RETURNED_AFTER_DAYS):
            continue
        p = view.permohonan(item.id)
        text = f"Berkas dikembalikan {date_long(local_time(desk, item.updated_at).date())} dan belum diajukan lagi."
        found.append(_task(view, p, TaskKind.DIKEMBALIKAN, text, item.updated_at))
    return found


def _task(view: View, p: Permohonan, kind: TaskKind, text: str, since: datetime) -> Task:
    calls = view.contacts(p.id)
    return Task(kind, p.id, p.nomor_register, p.penduduk.nama, text, since, phone_local(p.nomor_hp) if p.nomor_hp else "", len(calls),
                calls[-1] if calls else None)


def _called_today(desk: Desk, view: View, permohonan_id: str, purpose: str, now: datetime) -> bool:
    today = local_time(desk, now).date()
    return any(c.purpose == purpose and c.outcome in REACHED and local_time(desk, c.at).date() == today
               for c in view.contacts(permohonan_id))


def contacts(desk: Desk, permohonan_id: str) -> tuple[ContactAttempt, ...]:
    """All calls of one application, oldest first."""
    return desk.register.read(lambda v: tuple(v.contacts(permohonan_id)))


def log_contact(desk: Desk, actor: Actor, permohonan_id: str, purpose: str, outcome: str, note: str = "") -> ContactAttempt:
    """An attempt to reach the applicant, by whom and with what result.

    Raises:
        BadInput: unknown purpose or outcome. NotAllowed, NotFound.
    """
    require(actor, "log_contact")
    if purpose not in PURPOSES or outcome not in OUTCOMES:
        raise BadInput("contact.outcome", value=f"{purpose} {outcome}"[:60], expected=" / ".join(OUTCOMES))
    attempt = ContactAttempt(permohonan_id, desk.clock.now(), actor.username, purpose, outcome, free_text(note, "catatan", limit=300))

    def work(tx: Tx) -> ContactAttempt:
        tx.permohonan(permohonan_id)
        tx.add_contact(attempt)
        tx.log("ContactLogged", permohonan_id, actor.username, reason=purpose, status=outcome)
        return attempt

    return desk.register.write(work)
