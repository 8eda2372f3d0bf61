"""Before papers are taken in: may this person be served with this, now; was the person recorded before; who lets an exception pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.eligibility import refusal
from ktpel_kiosk.domain.errors import BadInput, SopViolation, TransportTrouble
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.kalender import is_open
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.sop import Layanan, LayananSop
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.domain.text import date_long, time_text
from ktpel_kiosk.ports.register import View

STATEMENTS = ("siak", "kartu")
"""What an officer may state: seen in SIAK, or the applicant holds (or held) a card."""
UNRECORDED: frozenset[StatusSiak] = frozenset({StatusSiak.UNREGISTERED})


@dataclass(frozen=True, slots=True)
class RecordedBefore:
    """The person counts as recorded. ``source``: ``register``, ``daftar``, ``siak`` or ``kartu``; ``at`` only from our own register."""

    source: str
    at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A superior lets something pass, in writing. ``username`` empty: the acting officer holds the role."""

    reason: str
    username: str = ""
    password: str = ""


def recorded_before(view: View, nik: str, statement: str = "") -> RecordedBefore | None:
    """What is known locally, the strongest source first: own register, population list, the officer's statement."""
    sealed = view.recorded_before(nik)
    if sealed is not None:
        return RecordedBefore("register", sealed)
    listed = view.population(nik)
    if listed is not None and listed.recorded:
        return RecordedBefore("daftar", detail=listed.ektp_status)
    return RecordedBefore(statement) if statement in STATEMENTS else None


def ask_siak(desk: Desk, nik: str) -> RecordedBefore | None:
    """What the centre says of this NIK. Blocks on the network; ``None`` without a line, without a record, or when it was never recorded."""
    try:
        status = desk.gateway.record_status(nik)
    except TransportTrouble:
        return None
    if status is None or status.status in UNRECORDED:
        return None
    return RecordedBefore("siak", status.at, status.status.value)


def recorded_sentence(desk: Desk, found: RecordedBefore) -> str:
    """One line for the counter and the application: that and where the person was recorded."""
    if found.source == "register" and found.at is not None:
        return f"Sudah direkam {date_long(local_time(desk, found.at).date())} di kantor ini; tidak direkam lagi."
    known = {
        "daftar": f"Sudah direkam menurut daftar penduduk ({found.detail}); tidak direkam lagi.",
        "siak": "Sudah direkam menurut SIAK" + (f" ({found.detail})" if found.detail else "") + "; tidak direkam lagi.",
        "kartu": "Sudah direkam: pemohon memegang atau pernah memegang KTP-el; tidak direkam lagi.",
    }
    return known.get(found.source, "Sudah pernah direkam; tidak direkam lagi.")


def require_eligible(desk: Desk, layanan: Layanan, offered: LayananSop, varian: str, penduduk: Penduduk) -> None:
    """Raises SopViolation ``eligibility.*`` with the day from which it is possible, where there is one."""
    kind = offered.varian_of(varian)
    if varian and kind is None:
        raise BadInput("service.variant", value=varian, service=layanan)
    found = refusal(layanan, penduduk, local_time(desk, desk.clock.now()).date(),
                    kewarganegaraan=kind.kewarganegaraan if kind else "")
    if found is not None:
        raise SopViolation(found.key, **dict(found.facts))


def closed_sentence(desk: Desk, now: datetime) -> str:
    """Why the counter is closed at this moment; empty while it is open."""
    kantor = desk.sop.kantor
    holidays, extra = desk.holidays(), desk.extra_open()
    if is_open(now, kantor, holidays, extra):
        return ""
    local = local_time(desk, now)
    hours = f"{kantor.jam_buka:%H.%M}-{kantor.jam_tutup:%H.%M} {kantor.zona_waktu}"
    return f"Diterima {date_long(local.date())} pukul {time_text(local)}, di luar jam layanan ({hours}, hari kerja)."


def may_override(actor: Actor) -> bool:
    return bool(actor.peran & PERMISSIONS["override_nik"])


def superior(desk: Desk, actor: Actor, override: Override) -> str:
    """Username of the officer who answers for the exception.

    Raises:
        BadInput: no reason. NotAllowed, SignInRefused: the named officer may not, or the password is wrong.
    """
    if not free_text(override.reason, "alasan"):
        raise BadInput("override.reason")
    if not override.username and may_override(actor):
        return actor.username
    return second_person(desk, actor, override.username, override.password, "override_nik").username
