"""The office's SOP over time: which text is in force, how the next one comes into force, which local extras are asked for.

An application keeps the digest of the text it began with; a new version counts for new applications from the moment it is adopted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor, UserAccount
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.permissions import STAGE_ROLES
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.domain.sop_check import WARN, SopFinding, check_sop
from ktpel_kiosk.domain.sop_diff import SopChange, sop_changes
from ktpel_kiosk.ports.register import Tx

LOCAL_EXTRAS = "syarat.lokal"
"""Setting: whether papers only this office asks for (``lokal = true`` in the SOP) stand on the checklist."""
IN_FORCE = "sop.berlaku"
"""Setting: digest of the version in force."""


@dataclass(frozen=True, slots=True)
class SopReview:
    """A readable new text beside the one in force. ``changes`` empty and ``same`` False: only comments or blanks differ."""

    sop: Sop
    findings: tuple[SopFinding, ...]
    changes: tuple[SopChange, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Adoption:
    """One version and when it came into force; ``officer`` is ``-`` for the first one of a new office."""

    at: datetime
    officer: str
    digest: str
    judul: str
    nomor: str
    in_force: bool


def local_extras_on(desk: Desk) -> bool:
    """The office asks for its local extras. Off until somebody turns them on: no law asks for these papers (DOMAIN.md 4.2)."""
    return desk.register.read(lambda v: v.setting(LOCAL_EXTRAS)) == "ya"


def turn_local_extras(desk: Desk, actor: Actor, on: bool) -> None:
    """Ask for the local extras of the SOP from now on, or no longer; running applications keep their checklist."""
    require(actor, "change_settings")

    def work(tx: Tx) -> None:
        tx.put_setting(LOCAL_EXTRAS, "ya" if on else "tidak")
        tx.log("SettingChanged", LOCAL_EXTRAS, actor.username, on=on)

    desk.register.write(work)


def settle(desk: Desk) -> Sop:
    """After a start: the register says which version is in force; one that never adopted any adopts what the kiosk was opened with.

    A text in the register that no longer parses leaves the opened version in force.
    """
    digest = desk.register.read(lambda v: v.setting(IN_FORCE)) or ""
    if digest == desk.sop.digest:
        return desk.sop
    text = desk.register.read(lambda v: v.sop_text(digest)) if digest else None
    if text is None:
        first = desk.sop
        desk.register.write(lambda tx: store(tx, first, "-"))
        desk.keep_sop(first)
        return first
    try:
        sop = desk.parse_sop(text)
    except KioskError:
        return desk.sop
    desk.put_in_force(sop)
    desk.keep_sop(sop)
    return sop


def review(desk: Desk, text: str) -> SopReview:
    """Parse and check a new text, and say what it changes.

    Raises:
        BadInput: ``sop.<rule>`` with the line, ``sop.other_office`` when it belongs to another office.
    """
    sop = desk.parse_sop(text)
    if sop.id != desk.sop.id:
        raise BadInput("sop.other_office", found=sop.id, expected=desk.sop.id)
    return SopReview(sop, (*check_sop(sop), *staff_findings(desk, sop)), sop_changes(desk.sop, sop), sop.digest == desk.sop.digest)


def staff_findings(desk: Desk, sop: Sop) -> tuple[SopFinding, ...]:
    """Steps for which no active account of this office holds a role."""
    return unstaffed(sop, desk.register.read(lambda v: v.users()))


def unstaffed(sop: Sop, users: Iterable[UserAccount]) -> tuple[SopFinding, ...]:
    """Steps of ``sop`` that no active account of these may do; nothing is said of an office without any."""
    held = {r for u in users if u.active for r in u.peran}
    if not held:
        return ()
    found = []
    for step in sop.langkah:
        for stage in step.stages:
            roles = sop.peran_of(step) or STAGE_ROLES[stage]
            if not roles & held:
                names = ", ".join(sorted(roles))
                text = f"Langkah {step.nomor} ({step.judul}) perlu peran {names}, tetapi belum ada petugas kantor ini yang memegangnya."
                found.append(SopFinding(WARN, "no_officer", text, step.nomor))
                break
    return tuple(found)


def adopt(desk: Desk, actor: Actor, text: str) -> Sop:
    """Put a new text in force for new applications; those under way finish under the version they began with.

    Raises:
        NotAllowed. BadInput: as :func:`review`, and ``sop.same`` when this very text is in force.
    """
    require(actor, "adopt_sop")
    found = review(desk, text)
    if found.same:
        raise BadInput("sop.same", digest=found.sop.digest[:12])
    desk.register.write(lambda tx: store(tx, found.sop, actor.username))
    desk.put_in_force(found.sop)
    desk.keep_sop(found.sop)
    return found.sop


def history(desk: Desk) -> tuple[Adoption, ...]:
    """Every version that came into force, newest first."""
    links = desk.register.read(lambda v: v.audit(subject=desk.sop.id))
    made: list[Adoption] = []
    for link in reversed(links):
        if link.event != "SopAdopted":
            continue
        digest = str(link.facts.get("digest", ""))
        sop = desk.sop_of(digest)
        known = sop.digest == digest
        made.append(Adoption(link.at, link.actor, digest, sop.judul if known else "", sop.nomor if known else "",
                             digest == desk.sop.digest and not made))
    return tuple(made)


def store(tx: Tx, sop: Sop, officer: str) -> None:
    """Put ``sop`` in force, inside somebody's transaction."""
    tx.put_sop(sop.digest, sop.id, sop.source_text)
    tx.put_setting(IN_FORCE, sop.digest)
    tx.log("SopAdopted", sop.id, officer, digest=sop.digest)
