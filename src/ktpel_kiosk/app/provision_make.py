"""At the Dinas: the signing key, and from one plan a bundle a desk with what is printed beside it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.app.officer_keys import Ed25519Keys
from ktpel_kiosk.app.provision import signer_words
from ktpel_kiosk.app.provision_content import files_of
from ktpel_kiosk.app.provision_plan import DeskPlan
from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.provision import BundleHead, Holds, Provision
from ktpel_kiosk.domain.text import date_long, number_text, to_local
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.jose import strict_object

if TYPE_CHECKING:
    from ktpel_kiosk.documents.provision import PasswordSlip
    from ktpel_kiosk.packet.provision import Costs
    from ktpel_kiosk.ports.services import PasswordHasher, Signer

KEY_SUFFIX, MAX_KEY = ".penanda.json", 16_000
PHRASE_WORDS, PASSWORD_WORDS = 7, 4
"""56 bits behind Argon2id for a stick that was lost; 32 bits behind the desk's back-off for a first day."""
STICK, PRINT = "flashdisk", "cetak"


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """``refused``: rows of the population list the desk will not take, found while it was made."""

    file: Path
    sheet: Path
    slips: Path
    plan: DeskPlan
    head: BundleHead
    phrase: str
    passwords: dict[str, str]
    residents: int
    refused: int


def make_key(name: str, password: str, out: Path) -> tuple[Path, tuple[str, ...]]:
    """A signing key of the Dinas, sealed by ``password``; returns the file and its words. An existing one is never replaced."""
    path = out / f"{name}{KEY_SUFFIX}"
    if path.exists():
        raise BadInput("provision.key_exists", path=str(path))
    signer, sealed = Ed25519Keys().create(password)
    write_durably(path, json.dumps({"public": signer.public_key, "sealed": sealed}, indent=1).encode(), mode=0o600)
    return path, signer_words((signer.public_key,))


def read_key(path: Path, password: str) -> Signer:
    """Raises BadInput ``provision.key_file``, SecurityRefusal ``officer_key.unopened``."""
    try:
        raw = path.read_bytes()
        table = strict_object(raw) if len(raw) <= MAX_KEY else {}
        public, sealed = str(table["public"]), str(table["sealed"])
    except (OSError, ValueError, KeyError) as error:
        raise BadInput("provision.key_file", path=path.name) from error
    return Ed25519Keys().unlock(sealed, public, password)


def make_bundles(plans: Sequence[DeskPlan], signers: Sequence[Signer], out: Path, now: datetime, *,
                 hasher: PasswordHasher | None = None, keys: Ed25519Keys | None = None, costs: Costs | None = None,
                 told: Callable[[str], None] = lambda _text: None) -> tuple[MadeBundle, ...]:
    """One bundle a desk into ``<out>/flashdisk``, its sheets into ``<out>/cetak``. ``hasher``, ``keys``, ``costs``: cheaper in tests."""
    from ktpel_kiosk.app.passwords import Argon2Hasher
    from ktpel_kiosk.app.resources import resources
    from ktpel_kiosk.documents.pen import register_faces

    register_faces(resources())
    maker = _Maker(signers, out, now, hasher or Argon2Hasher(), keys or Ed25519Keys(), costs)
    made = []
    for plan in plans:
        made.append(maker.make(plan))
        told(f"{plan.name}, {plan.place}: {made[-1].file.name}")
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Maker:
    signers: Sequence[Signer]
    out: Path
    now: datetime
    hasher: PasswordHasher
    keys: Ed25519Keys
    costs: Costs | None

    def make(self, plan: DeskPlan) -> MadeBundle:
        from ktpel_kiosk.packet.provision import PREFIX, SUFFIX, seal

        residents, refused = self._residents(plan)
        passwords = {o.username: phrase(PASSWORD_WORDS) for o in plan.officers}
        number = int(to_local(self.now, "WIB").strftime("%Y%m%d%H%M"))
        holds = Holds(plan.sop_title[:200] if plan.with_sop else "", len(plan.officers), residents, _rows(plan.regions),
                      len(plan.certificates), bool(plan.devices), bool(plan.keys))
        signers = tuple(s.public_key for s in self.signers)
        head = BundleHead(_new_id(), number, self.now, plan.office, plan.name, plan.station, plan.place, holds, signers)
        words = phrase(PHRASE_WORDS)
        accounts = tuple(self._account(plan, o.username, passwords[o.username]) for o in plan.officers)
        content = Provision(
            head, accounts, plan.sop_id, plan.sop_text if plan.with_sop else "", _table(plan.population), plan.regions, plan.devices,
            plan.certificates, plan.keys, plan.gateway_url, plan.backup, plan.local_extras)
        file = self.out / STICK / f"{PREFIX}{plan.station}-{number}{SUFFIX}"
        write_durably(file, seal(head, files_of(content), words, self.signers, self.costs), mode=0o644)
        sheet, slips = self._sheets(plan, head, file.name, words, passwords)
        return MadeBundle(file, sheet, slips, plan, head, words, passwords, residents, refused)

    def _account(self, plan: DeskPlan, username: str, password: str) -> UserAccount:
        officer = next(o for o in plan.officers if o.username == username)
        signer, sealed = self.keys.create(password)
        return UserAccount(username, officer.nama.strip(), officer.peran, self.hasher.hash(password), "".join(officer.nip.split()),
                           officer.jabatan.strip(), public_key=signer.public_key, sealed_key=sealed)

    def _residents(self, plan: DeskPlan) -> tuple[int, int]:
        """Read as the desk will read it, so that the Dinas knows now what the technician would find out there."""
        from ktpel_kiosk.app.population_file import open_table
        from ktpel_kiosk.desk.population import Where, read_list
        from ktpel_kiosk.domain.sop_file import parse_sop

        if plan.population is None:
            return 0, 0
        kantor = parse_sop(plan.sop_text).kantor
        found = read_list(open_table(plan.population), Where(kantor, plan.region_table, to_local(self.now, kantor.zona_waktu).date()))
        return len(found.entries), found.refused

    def _sheets(self, plan: DeskPlan, head: BundleHead, file: str, words: str, passwords: dict[str, str]) -> tuple[Path, Path]:
        from ktpel_kiosk.documents.provision import TechnicianSheet, password_slips, technician_sheet

        facts = (("SOP", plan.sop_title[:70] if plan.with_sop else "tidak ikut"), ("Petugas", f"{head.holds.officers} akun"),
                 ("Daftar penduduk", f"{number_text(head.holds.residents)} orang" if head.holds.residents else "tidak ikut"),
                 ("Sertifikat", _certificates(head.holds)))
        made = date_long(to_local(self.now, "WIB").date())
        sheet = TechnicianSheet(plan.dinas, plan.name, plan.place, plan.station, file, head.number, made, signer_words(head.signers),
                                tuple(words.split()), facts, whole=not plan.follow_up)
        places = self.out / PRINT / f"{plan.station}-teknisi.pdf", self.out / PRINT / f"{plan.station}-sandi.pdf"
        write_durably(places[0], technician_sheet(sheet), mode=0o600)
        write_durably(places[1], password_slips([_slip(plan, o.username, passwords[o.username]) for o in plan.officers]), mode=0o600)
        return places


def _certificates(holds: Holds) -> str:
    return (f"{holds.certificates} berkas" if holds.certificates else "menyusul") + (", kunci meja ikut" if holds.keys else "")


def _slip(plan: DeskPlan, username: str, password: str) -> PasswordSlip:
    from ktpel_kiosk.documents.provision import PasswordSlip

    officer = next(o for o in plan.officers if o.username == username)
    return PasswordSlip(plan.name, plan.place, officer.nama, username, password, ", ".join(officer.peran))


def phrase(count: int) -> str:
    """Random everyday words; eight bits each."""
    from ktpel_kiosk.register.share_words import WORDS

    return " ".join(secrets.choice(WORDS) for _ in range(count))


def _new_id() -> str:
    return os.urandom(16).hex()


def _rows(regions: str) -> int:
    return max(0, len([line for line in regions.splitlines() if line.strip()]) - 1)


def _table(path: Path | None) -> tuple[str, bytes]:
    if path is None:
        return "", b""
    try:
        return f"penduduk{path.suffix.lower()}", path.read_bytes()
    except OSError as error:
        raise BadInput("table.missing", path=path.name) from error


def as_plain(made: MadeBundle) -> dict[str, Any]:
    """For ``--json``: nothing secret."""
    return {"file": str(made.file), "sheet": str(made.sheet), "slips": str(made.slips), "office": made.plan.name,
            "station": made.plan.station, "number": made.head.number,
            "officers": len(made.passwords), "residents": made.residents, "refused_rows": made.refused}
