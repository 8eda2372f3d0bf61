"""What the Dinas sends to a desk, taken in one transaction: accounts, SOP, residents, settings, and who had signed (docs/adr/0042)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ktpel_kiosk.desk import population, sop_versions, users
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.population import ImportPlan
from ktpel_kiosk.desk.station_care import care_of
from ktpel_kiosk.domain.actor import Actor, UserAccount
from ktpel_kiosk.domain.errors import KioskError, SecurityRefusal
from ktpel_kiosk.domain.provision import BundleHead, Pinned, Provision, Taken, refuse_foreign
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.setup import FoundBundle

SIGNER, NUMBER, DIGEST = "penyediaan.penanda", "penyediaan.nomor", "penyediaan.berkas"
"""Settings of the register: whose bundles this desk takes, the number of the last, and its SHA-256."""
SUBJECT = "penyediaan"
NOBODY = "-"


@dataclass(frozen=True, slots=True)
class Seen:
    """A bundle as this desk sees it. ``known``: of the signer that is pinned here; ``problem``: why it cannot be taken."""

    found: FoundBundle
    known: bool = False
    problem: KioskError | None = None


def pinned(desk: Desk) -> Pinned:
    return desk.register.read(_pinned)


def check_trust(desk: Desk, actor: Actor, head: BundleHead) -> Pinned:
    """Whether this desk may take the bundle at all. Raises NotAllowed; as :func:`refuse_foreign`."""
    require(actor, "take_provision")
    known = pinned(desk)
    refuse_foreign(head, known, desk.sop.id, desk.station)
    return known


def bundles(desk: Desk, actor: Actor) -> tuple[Seen, ...]:
    """Bundles on what was plugged in, the newest first. Raises NotAllowed, SopViolation ``station.practice``."""
    require(actor, "take_provision")
    return tuple(_seen(desk, one) for one in care_of(desk).bundles())


def look(desk: Desk, actor: Actor, path: Path) -> Seen:
    """A bundle of somebody's own choice; nothing is opened. Raises as :func:`bundles`."""
    require(actor, "take_provision")
    return _seen(desk, care_of(desk).look_at_bundle(path))


def take_from(desk: Desk, actor: Actor, path: Path, passphrase: str, *, compared: bool = False) -> Taken:
    """Open the bundle and take it, see :func:`take`. ``compared``: the officer saw the signer's words on the sheet.

    Raises:
        SecurityRefusal ``provision.words``: nobody compared them, and this desk knows no signer yet.
    """
    require(actor, "take_provision")
    if not compared and not pinned(desk).signer:
        raise SecurityRefusal("provision.words")
    taken = care_of(desk).take_bundle(actor, path, passphrase)
    desk.line_changed()
    return taken


def _seen(desk: Desk, found: FoundBundle) -> Seen:
    if found.head is None:
        return Seen(found)
    known = pinned(desk)
    try:
        refuse_foreign(found.head, known, desk.sop.id, desk.station)
    except KioskError as error:
        error.facts.setdefault("path", found.path.name)
        return Seen(found, bool(known.signer), error)
    return Seen(found, bool(known.signer))


def take(desk: Desk, actor: Actor, content: Provision, residents: ImportPlan | None = None) -> Taken:
    """A later bundle into an office that is at work: all of it or nothing; passwords of existing accounts stay.

    Args:
        residents: the bundle's population list as :func:`population.read_list` found it.

    Raises:
        NotAllowed; as :func:`refuse_foreign`. BadInput: ``sop.*``, ``user.last_admin``.
    """
    known = check_trust(desk, actor, content.head)
    if known.digest == content.head.digest:
        return Taken(again=True)
    sop = None
    if content.sop_text:
        found = sop_versions.review(desk, content.sop_text)
        sop = None if found.same else found.sop
    if sop is not None and not known.signer:
        require(actor, "adopt_sop")  # nobody vouches for this signer yet but the officer who compared the words
    taken = _write(desk, actor.username, content, sop, residents)
    if sop is not None:
        desk.put_in_force(sop)
        desk.keep_sop(sop)
    for account in content.accounts:
        if account.username != actor.username:
            desk.seats.leave(account.username)
    return taken


def furnish(desk: Desk, content: Provision, accounts: Sequence[UserAccount], residents: ImportPlan | None) -> Taken:
    """The first bundle, while the office is being made and nobody can sign in yet. ``accounts``: those nobody typed a password for."""
    return _write(desk, NOBODY, replace(content, accounts=tuple(accounts)), None, residents)


def _write(desk: Desk, by: str, content: Provision, sop: Sop | None, residents: ImportPlan | None) -> Taken:
    head = content.head
    batch = population.new_batch(desk, residents, by) if residents is not None and residents.entries else None

    def work(tx: Tx) -> Taken:
        refuse_foreign(head, _pinned(tx), desk.sop.id, desk.station)
        made = [users.put_account(tx, account, by) for account in content.accounts]
        if sop is not None:
            sop_versions.store(tx, sop, by)
        if residents is not None and batch is not None:
            population.store(tx, residents, batch)
        if content.local_extras is not None:
            tx.put_setting(sop_versions.LOCAL_EXTRAS, "ya" if content.local_extras else "tidak")
            tx.log("SettingChanged", sop_versions.LOCAL_EXTRAS, by, on=content.local_extras)
        for key, value in ((SIGNER, head.signer), (NUMBER, str(head.number)), (DIGEST, head.digest)):
            tx.put_setting(key, value)
        tx.log("ProvisionTaken", SUBJECT, by, digest=head.digest, number=str(head.number), key=head.signer, count=len(content.accounts))
        return Taken(made.count(True), made.count(False), len(residents.entries) if residents else 0, residents.refused if residents else 0,
                     sop is not None)

    return desk.register.write(work)


def _pinned(view: View | Tx) -> Pinned:
    number = view.setting(NUMBER) or "0"
    return Pinned(view.setting(SIGNER) or "", int(number) if number.isascii() and number.isdigit() else 0, view.setting(DIGEST) or "")
