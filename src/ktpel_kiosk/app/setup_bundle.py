"""A bundle of the Dinas in the first-run assistant: opened once, its answers filled in, the rest kept for the making of the office."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import provision, setup_sop
from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.provision import Provision
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.ports.setup import NewOfficer, SetupAnswers, SetupStage

if TYPE_CHECKING:
    from ktpel_kiosk.app.wiring import Kiosk
    from ktpel_kiosk.desk.population import ImportPlan
    from ktpel_kiosk.domain.sop import Sop
    from ktpel_kiosk.domain.wilayah import RegionTable

SCRATCH = ".bundel-"


@dataclass(frozen=True, slots=True)
class OpenBundle:
    """An opened bundle beside the folder it is to become an office in."""

    data: Path
    content: Provision
    read_for: Sop
    residents: ImportPlan | None

    @property
    def accounts(self) -> frozenset[str]:
        return frozenset(a.username for a in self.content.accounts)

    def answers(self, backup: str) -> SetupAnswers:
        content, head = self.content, self.content.head
        officers = tuple(NewOfficer(a.username, a.nama, a.jabatan, a.nip, a.peran) for a in content.accounts)
        return SetupAnswers(SetupStage.FINISH, content.sop_id or head.office, content.sop_text, setup_sop.proposal(content.sop_text),
                            head.place, head.station, content.gateway_url, officers, backup, head.bundle_id)

    def furnish(self, kiosk: Kiosk, officers: Sequence[NewOfficer], typed: frozenset[str]) -> None:
        """Into the register of the office that is being made: accounts nobody typed a password for, as they stand in the answers now."""
        from ktpel_kiosk.desk.provision import furnish

        brought = {a.username: a for a in self.content.accounts}
        accounts = [_as_answered(brought[o.username], o) for o in officers if o.username in brought and o.username not in typed]
        residents = self.residents
        if kiosk.desk.sop.kantor != self.read_for.kantor:  # changed by hand: rows are judged for the office as it is now
            regions = provision.regions_of(self.content, self.data)
            residents = _residents(self.content, kiosk.desk.sop, regions, kiosk.clock.now(), kiosk.data)
        head = replace(self.content.head, office=kiosk.desk.sop.id, station=kiosk.desk.station)
        furnish(kiosk.desk, replace(self.content, head=head), accounts, residents)


def _as_answered(account: UserAccount, officer: NewOfficer) -> UserAccount:
    return replace(account, nama=officer.nama.strip(), peran=officer.peran, nip=officer.nip.strip(), jabatan=officer.jabatan.strip())


def open_bundle(data: Path, path: Path, passphrase: str, now: datetime) -> OpenBundle:
    """Checked whole, then its files of the folder are put in place; an error leaves the folder as it was.

    Raises:
        BadInput: ``provision.not_whole``: it is one for an office that exists already; as :func:`provision.opened`,
            :func:`provision.checked_files`, :func:`provision.residents_of`. SecurityRefusal.
    """
    content = provision.opened(path, passphrase)
    if not content.sop_text or not content.accounts:
        raise BadInput("provision.not_whole", path=path.name)
    sop = parse_sop(content.sop_text)
    _clear_scratch(data)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=data))
    try:
        files = provision.checked_files(data, content, now, scratch)
        residents = provision.residents_of(content, sop, provision.regions_of(content, data), now, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    files.put()
    return OpenBundle(data, content, sop, residents)


def _clear_scratch(data: Path) -> None:
    """What a power cut left of an earlier look into a bundle."""
    for left in data.glob(f"{SCRATCH}*"):
        with suppress(OSError):
            shutil.rmtree(left)


def _residents(content: Provision, sop: Sop, regions: RegionTable, now: datetime, data: Path) -> ImportPlan | None:
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=data))
    try:
        return provision.residents_of(content, sop, regions, now, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
