"""Setting up a new office: what the first-run assistant asks of the house before there is a desk.

Nothing here needs a register. Answers are kept after every page (:meth:`OfficeSetup.keep`), so that a power cut in the middle
costs nothing but the passwords, which are never written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ktpel_kiosk.domain.provision import BundleHead
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.devices import Devices
from ktpel_kiosk.ports.restore import Restore


class SetupStage(StrEnum):
    """Pages of the assistant in their order."""

    MODE = "mode"
    SOP = "sop"
    OFFICE = "kantor"
    USERS = "petugas"
    KEYS = "kunci"
    DEVICES = "perangkat"
    BACKUP = "cadangan"
    FINISH = "selesai"


@dataclass(frozen=True, slots=True)
class SopChoice:
    """One SOP to begin with. ``steps``: names of its steps in order; ``finding``: first remark of the checker, empty when there is none."""

    id: str
    office: str
    pemda: str
    title: str
    ends: str  # kartu | surat
    steps: tuple[str, ...]
    text: str
    finding: str = ""


@dataclass(frozen=True, slots=True)
class OfficeAnswers:
    """What the office writes about itself; the SOP's own [kantor] is the proposal. Field names are those of ``domain.sop.Kantor``."""

    nama: str = ""
    pemda: str = ""
    unit: str = ""
    kode_wilayah: str = ""
    provinsi: str = ""
    kabupaten: str = ""
    kecamatan: str = ""
    zona_waktu: str = "WIB"
    kop: tuple[str, ...] = ()
    alamat: str = ""
    telepon: str = ""
    email: str = ""
    jam_buka: str = "08.00"
    jam_tutup: str = "15.00"
    penandatangan_jabatan: str = ""
    penandatangan_nama: str = ""
    penandatangan_nip: str = ""
    unit_surat: str = ""


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """An account to create. The password travels beside it (:meth:`OfficeSetup.finish`), never inside."""

    username: str
    nama: str
    jabatan: str
    nip: str
    peran: tuple[Peran, ...]


@dataclass(frozen=True, slots=True)
class SetupAnswers:
    """Everything answered so far. ``stage``: the page to open next; ``station``: id of this desk in packets, e.g. ``3508050-meja-1``;
    ``backup``: folder on another disk, empty: none chosen yet (the desk reminds of it); ``bundle``: id of the Dinas' bundle they came
    from, which has to be open at the end."""

    stage: SetupStage = SetupStage.MODE
    sop_id: str = ""
    sop_text: str = ""
    office: OfficeAnswers = field(default_factory=OfficeAnswers)
    place: str = "Meja 1"
    station: str = ""
    gateway_url: str = ""
    officers: tuple[NewOfficer, ...] = ()
    backup: str = ""
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class FoundBundle:
    """A bundle of the Dinas as its outside says. ``head`` is ``None`` where ``problem``, a sentence, says why it cannot be used.
    ``words``: whoever signed it, to be compared with the technician's sheet."""

    path: Path
    head: BundleHead | None
    words: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What a bundle brought into the assistant. ``accounts``: user names whose password came with it, unknown to anybody here;
    ``residents``, ``refused``: rows of its population list that will be taken and that cannot be."""

    answers: SetupAnswers
    accounts: frozenset[str] = frozenset()
    residents: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class KeyState:
    """Where the keys of this station stand.

    ``request``: name of the folder :meth:`OfficeSetup.write_request` makes, one request per key of this station in it.
    ``found``: role -> whose certificate and until when, in words; roles: ``station`` (signs packets), ``centre`` (opens them),
    ``receipt`` (signs receipts), ``line_ca`` and ``line`` (mutual TLS). ``missing``: roles still without one.
    """

    request: str
    found: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """A disk beside the one the register lies on. ``problem``: why it does not serve, a sentence; empty when it does."""

    path: Path
    title: str
    free_bytes: int
    removable: bool
    problem: str = ""


class OfficeSetup(Protocol):
    """Any thread; calls may take seconds. All raise the ``KioskError`` family with a sentence."""

    def load(self) -> SetupAnswers:
        """What was answered before; a fresh one when there is nothing or it cannot be read."""
        ...

    def keep(self, answers: SetupAnswers) -> None:
        """Write the answers durably (never a password)."""
        ...

    def sops(self) -> Sequence[SopChoice]: ...
    def read_sop(self, path: Path) -> SopChoice:
        """An office's own SOP file. BadInput with its line where it is at fault."""
        ...

    def proposal(self, sop_text: str) -> OfficeAnswers:
        """The [kantor] of this SOP as a first answer."""
        ...

    def check_office(self, sop_text: str, answers: OfficeAnswers) -> Mapping[str, str]:
        """Field name -> sentence for every answer that cannot stand; empty when all do."""
        ...

    def region_name(self, kode_wilayah: str) -> str:
        """``Tempeh, Lumajang, Jawa Timur`` for a known code, empty otherwise."""
        ...

    def letterhead(self, sop_text: str, answers: OfficeAnswers) -> bytes:
        """A sheet with the letterhead as papers will carry it, PNG at 120 dpi, to look at."""
        ...

    def propose_station(self, office: OfficeAnswers, place: str) -> str:
        """Id of this desk in packets, from region code and place: ``3508050-meja-1``."""
        ...

    def check_desk(self, answers: SetupAnswers) -> Mapping[str, str]:
        """Field name (``place station gateway_url backup``) -> sentence; an empty ``gateway_url`` or ``backup`` may stand (not yet)."""
        ...

    def missing_roles(self, sop_text: str, officers: Sequence[NewOfficer]) -> tuple[Peran, ...]:
        """Roles this SOP needs that nobody holds yet; an admin and a supervisor are always needed."""
        ...

    def check_officer(self, officer: NewOfficer, password: str, others: Sequence[NewOfficer]) -> Mapping[str, str]:
        """Field name (``username nama nip peran password``) -> sentence."""
        ...

    def keys(self, station: str) -> KeyState: ...
    def write_request(self, station: str, office: OfficeAnswers, folder: Path) -> Path:
        """Make this station's keys where there are none, and write the requests for their certificates into ``folder``."""
        ...

    def take_certificates(self, station: str, source: Path) -> KeyState:
        """Certificates from a folder or file (PEM), each checked against its role, key and time before any is taken.

        Raises:
            BadInput: says which file and what is wrong with it; nothing was taken then.
        """
        ...

    def devices(self) -> Devices:
        """The real drivers of this machine, searching; started at the first call."""
        ...

    def backup_places(self) -> Sequence[BackupPlace]: ...
    def try_backup_place(self, path: Path) -> BackupPlace:
        """Write, sync and read back a small file there."""
        ...

    def recovery_code(self) -> str:
        """A code that opens copies of the register on another machine, e.g. after this disk broke; made at the first call of a set-up, kept
        in memory only: show it to be written down. Never asked for: copies open with this machine's key alone."""
        ...

    def code_noted(self) -> None:
        """After :meth:`finish`: the administrator says to have the code on paper; the desk reminds of it otherwise."""
        ...

    def restoring(self) -> Restore:
        """Copies of an office that was on another machine, and putting one into this empty folder instead of setting a new one up.

        Cut off anywhere, the next start finds either no office or the whole one.
        """
        ...

    def finish(self, answers: SetupAnswers, passwords: Mapping[str, str], told: Callable[[str], None]) -> None:
        """Make the office: folder, register, SOP in force, accounts, first backup. ``told`` gets a sentence per step done.

        Cut off anywhere, the next start finds either no office (and the answers) or the whole one.
        """
        ...

    def bundles(self) -> Sequence[FoundBundle]:
        """Bundles of the Dinas on what was plugged in, the newest first."""
        ...

    def look_at_bundle(self, path: Path) -> FoundBundle:
        """A bundle of the technician's own choice: signatures proved, nothing opened."""
        ...

    def open_bundle(self, path: Path, passphrase: str) -> FilledIn:
        """Open it and fill every page; its residents, accounts and settings are put in by :meth:`finish`, unless changed before.

        Raises:
            BadInput ``provision.*``, ``keys.*``, ``sop.*``, ``population.*``; SecurityRefusal: nothing was written.
        """
        ...

    def bundle_accounts(self) -> frozenset[str]:
        """User names whose password came with the bundle that is open now."""
        ...

    def practise(self, sop_id: str) -> None:
        """A practice office of this SOP instead, in a folder of its own (``latihan`` inside the data folder)."""
        ...

    def close(self) -> None:
        """Stop the devices."""
        ...
