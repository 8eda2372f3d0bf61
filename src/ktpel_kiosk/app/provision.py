"""Taking bundles of the Dinas: finding them on what was plugged in, looking at the outside, opening, and putting one into an office."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import BadInput, KioskError, SecurityRefusal
from ktpel_kiosk.domain.provision import Provision
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.ports.setup import FoundBundle

if TYPE_CHECKING:
    from datetime import datetime

    from ktpel_kiosk.app.wiring import Kiosk
    from ktpel_kiosk.desk.population import ImportPlan
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.domain.provision import Taken
    from ktpel_kiosk.domain.sop import Sop
    from ktpel_kiosk.domain.wilayah import RegionTable
    from ktpel_kiosk.packet.provision import Outside
    from ktpel_kiosk.packet.station_keys import StationKeys

WORDS_SHOWN = 8
"""Of the signer's fingerprint: 64 bits, and the passphrase vouches for the signer as well (docs/adr/0042)."""
MOST_FOUND, MOST_ENTRIES = 40, 5000


# -- finding and looking -----------------------------------------------------------------------------------------------------------


def signer_words(signers: Sequence[str]) -> tuple[str, ...]:
    """What stands on the technician's sheet and on the screen."""
    from ktpel_kiosk.packet.provision import fingerprint
    from ktpel_kiosk.register.share_words import WORDS

    return tuple(WORDS[octet] for octet in fingerprint(signers)[:WORDS_SHOWN])


def find(roots: Sequence[Path]) -> tuple[Path, ...]:
    """Bundles directly in these folders or one folder deeper, by name; what cannot be read is passed over."""
    found: list[Path] = []
    for root in roots:
        found += _in(root)
        for folder in sorted(_entries(root)):
            if folder.is_dir() and not folder.is_symlink():
                found += _in(folder)
    return tuple(dict.fromkeys(found))[:MOST_FOUND]


def plugged_in() -> list[FoundBundle]:
    """What lies on the disks that come off, the newest first."""
    from ktpel_kiosk.hal.removable import machine_disks

    found = [look_at(path) for path in find([Path(d.path) for d in machine_disks().removable()])]
    return sorted(found, key=lambda one: -one.head.number if one.head else 0)


def _entries(folder: Path) -> Iterator[Path]:
    with suppress(OSError), os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= MOST_ENTRIES:
                return
            if not entry.name.startswith("."):
                yield folder / entry.name


def _in(folder: Path) -> list[Path]:
    from ktpel_kiosk.packet.provision import SUFFIX

    return sorted(p for p in _entries(folder) if p.name.lower().endswith(SUFFIX))


def read(path: Path) -> Outside:
    """The outside of this file, its signatures proved.

    Raises:
        BadInput: ``provision.unreadable``, ``not_one``, ``cut``, ``too_large``. SecurityRefusal ``provision.altered``. All name the file.
    """
    from ktpel_kiosk.packet.courier_read import Unreadable, read_within
    from ktpel_kiosk.packet.provision import MAX_CONTENT, look

    try:
        data = read_within(path.parent, path.name, MAX_CONTENT + (1 << 20))
    except Unreadable as error:
        key = "provision.too_large" if str(error) == "courier.file_too_large" else "provision.unreadable"
        raise BadInput(key, path=path.name, limit=MAX_CONTENT // 1_000_000) from error
    try:
        return look(data)
    except KioskError as error:
        error.facts["path"] = path.name
        raise


def look_at(path: Path) -> FoundBundle:
    """What a list shows of a file; ``problem`` in the place of an error."""
    from ktpel_kiosk.app.sentences import load_sentences

    try:
        head = read(path).head
    except KioskError as error:
        return FoundBundle(path, None, (), load_sentences().of(error))
    return FoundBundle(path, head, signer_words(head.signers))


def opened(path: Path, passphrase: str) -> Provision:
    """The inside, every part checked. Raises as :func:`read`, BadInput ``provision.passphrase``, SecurityRefusal ``provision.content``,
    and what a part's own reader says."""
    from ktpel_kiosk.app.provision_content import content_of
    from ktpel_kiosk.packet.provision import unseal

    outside = read(path)
    try:
        return content_of(outside.head, unseal(outside, passphrase))
    except KioskError as error:
        error.facts.setdefault("path", path.name)
        raise


def require_words(content_signers: Sequence[str], typed: str) -> None:
    """For the console: the words of the sheet. Raises SecurityRefusal ``provision.words``."""
    from ktpel_kiosk.packet.provision import plain_phrase

    if plain_phrase(typed) != " ".join(signer_words(content_signers)):
        raise SecurityRefusal("provision.words")


# -- the parts ---------------------------------------------------------------------------------------------------------------------


def residents_of(content: Provision, sop: Sop, regions: RegionTable, now: datetime, scratch: Path) -> ImportPlan | None:
    """The bundle's population list read and checked for this office; nothing is stored. Raises BadInput ``table.*``, ``population.*``.

    Args:
        scratch: folder of the office; the table lies there while it is read and is gone afterwards.
    """
    from ktpel_kiosk.app.population_file import open_table
    from ktpel_kiosk.desk.population import Where, read_list
    from ktpel_kiosk.domain.text import to_local

    name, data = content.population
    if not name:
        return None
    path = scratch / name
    try:
        write_durably(path, data)
        table = open_table(path)
    finally:
        path.unlink(missing_ok=True)
    return read_list(table, Where(sop.kantor, regions, to_local(now, sop.kantor.zona_waktu).date()))


def regions_of(content: Provision, data: Path) -> RegionTable:
    """The table as it will be once the bundle is taken."""
    from ktpel_kiosk.app import niks
    from ktpel_kiosk.domain.wilayah import parse_region_table

    if not content.regions:
        return niks.office_regions(data)
    return parse_region_table(niks.shipped_text(), content.regions, village_text=niks.village_text)


@dataclass(frozen=True, slots=True)
class Files:
    """The parts of a bundle that are files of the office folder, checked; :meth:`put` can be done twice without harm."""

    data: Path
    content: Provision
    certificates: dict[str, bytes]

    def put(self) -> None:
        """Raises DiskFull, IoFailure."""
        from ktpel_kiosk.app.device_config import FILE as DEVICES
        from ktpel_kiosk.app.niks import OWN_FILE as REGIONS

        keys = station_keys(self.data)
        for name, pem in self.content.keys.items():
            if not (keys.folder / name).exists():
                write_durably(keys.folder / name, pem, mode=0o600)
        if self.content.keys or self.certificates:
            keys.make()
        if self.certificates:
            keys.install(self.certificates)
        if self.content.regions:
            write_durably(self.data / REGIONS, self.content.regions.encode())
        if self.content.devices:
            write_durably(self.data / DEVICES, self.content.devices.encode())


def station_keys(data: Path) -> StationKeys:
    from ktpel_kiosk.packet.station_keys import StationKeys

    return StationKeys(data / "keys")


def checked_files(data: Path, content: Provision, now: datetime, scratch: Path) -> Files:
    """Everything that can be wrong with keys and certificates, found before anything is written to their folder.

    Raises:
        BadInput: ``provision.keys_differ``: this computer has other keys; ``keys.*`` of a certificate.
    """
    from ktpel_kiosk.packet.station_intake import checked, read_offered

    mine = station_keys(data)
    for name, pem in content.keys.items():
        there = mine.folder / name
        if there.exists() and there.read_bytes() != pem:
            raise BadInput("provision.keys_differ")
    if not content.certificates:
        return Files(data, content, {})
    trial = scratch / "sertifikat"
    keys = _trial_keys(mine, content, trial)
    try:
        offered = trial / "masuk"
        for name, pem in content.certificates.items():
            write_durably(offered / name, pem)
        return Files(data, content, checked(keys, tuple(read_offered(offered)), now))
    finally:
        _forget(trial)


def _trial_keys(mine: StationKeys, content: Provision, trial: Path) -> StationKeys:
    """The keys the certificates will have to fit: this computer's, or the bundle's, or none yet that any could fit."""
    from ktpel_kiosk.packet.station_keys import StationKeys

    if mine.own() is not None:
        return mine
    keys = StationKeys(trial / "kunci")
    for name, pem in content.keys.items():
        write_durably(keys.folder / name, pem)
    keys.make()
    return keys


def _forget(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


# -- an office at work -------------------------------------------------------------------------------------------------------------


def take_into(kiosk: Kiosk, actor: Actor, content: Provision, told: Callable[[str], None] = lambda _text: None) -> Taken:
    """A later bundle into an office. Checked whole, then the register in one transaction, then the files; cut off in between, the same
    bundle finishes it.

    Raises:
        NotAllowed, and as :func:`ktpel_kiosk.desk.provision.take`, :func:`checked_files`, :func:`residents_of`: nothing was changed.
    """
    from ktpel_kiosk.app.office import write_settings
    from ktpel_kiosk.desk import provision

    desk, data = kiosk.desk, kiosk.data
    known = provision.check_trust(desk, actor, content.head)
    again = known.digest == content.head.digest
    scratch = desk.spool.scratch()
    files = checked_files(data, content, kiosk.clock.now(), scratch)
    told("Bundel diperiksa.")
    sop = desk.parse_sop(content.sop_text) if content.sop_text else desk.sop
    residents = None if again else residents_of(content, sop, regions_of(content, data), kiosk.clock.now(), scratch)
    taken = provision.take(desk, actor, content, residents)
    told("Petugas, SOP, dan daftar penduduk dipasang." if not taken.again else "Bundel ini sudah pernah dipasang; berkasnya dilengkapi.")
    files.put()
    if content.sop_text:
        write_durably(data / "sop" / f"{content.head.office}.toml", content.sop_text.encode())
    if content.gateway_url and content.gateway_url != kiosk.settings.gateway_url:
        write_settings(data, replace(kiosk.settings, gateway_url=content.gateway_url))
        kiosk.address()  # counts from the next request on
    told("Berkas kantor dan sertifikat dipasang.")
    return taken
