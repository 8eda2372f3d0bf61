"""What a bundle of the Dinas brings to a desk (docs/adr/0042): its outside, readable by anybody, and its inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal


@dataclass(frozen=True, slots=True)
class Holds:
    """How much of what lies inside; nothing that names a person."""

    sop: str = ""
    officers: int = 0
    residents: int = 0
    regions: int = 0
    certificates: int = 0
    devices: bool = False
    keys: bool = False


@dataclass(frozen=True, slots=True)
class BundleHead:
    """The signed outside of a bundle.

    Attributes:
        number: of bundles of one signer; only grows (the local minute it was made at, 202611260815).
        office, name, station, place: which desk it is for.
        signers: Ed25519 public keys (hex), one or two; each has signed.
        digest: SHA-256 (hex) of the whole outside, by which the audit knows the bundle.
    """

    bundle_id: str
    number: int
    made_at: datetime
    office: str
    name: str
    station: str
    place: str
    holds: Holds
    signers: tuple[str, ...]
    digest: str = ""

    @property
    def signer(self) -> str:
        """One text for whoever signed; the order of two people does not matter."""
        return "+".join(sorted(self.signers))


@dataclass(frozen=True, slots=True)
class Provision:
    """The opened inside, every part checked for itself.

    Attributes:
        accounts: whole accounts with their password's hash and their sealed key; nobody's password is in a bundle.
        sop_text: the office's own SOP with its [kantor] filled; empty: none comes.
        population: a table's file name and bytes; empty name: none comes.
        regions, devices: texts of ``wilayah.csv`` and ``devices.toml``; empty: none comes.
        certificates: file name -> PEM. keys: file name -> PEM of private keys the Dinas made for this station.
        gateway_url: empty: as it is. backup: folders to try for copies, the first that serves is taken.
        local_extras: ``None``: as it is.
    """

    head: BundleHead
    accounts: tuple[UserAccount, ...] = ()
    sop_id: str = ""
    sop_text: str = ""
    population: tuple[str, bytes] = field(default=("", b""), repr=False)
    regions: str = field(default="", repr=False)
    devices: str = field(default="", repr=False)
    certificates: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    gateway_url: str = ""
    backup: tuple[str, ...] = ()
    local_extras: bool | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a bundle. ``again``: it had been taken before; nothing of the register was touched."""

    new_accounts: int = 0
    changed_accounts: int = 0
    residents: int = 0
    refused_rows: int = 0
    sop_changed: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Pinned:
    """What this desk remembers of the last bundle it took; all empty: none yet."""

    signer: str = ""
    number: int = 0
    digest: str = ""


def refuse_foreign(head: BundleHead, pinned: Pinned, office: str, station: str) -> None:
    """The rules of trust for a desk that exists: for this desk, by the signer it knows, never an older one. The very last may come again.

    Raises:
        SecurityRefusal: ``provision.stranger``. BadInput: ``provision.other_office``, ``provision.older``.
    """
    if pinned.signer and head.signer != pinned.signer:
        raise SecurityRefusal("provision.stranger")
    if (head.office, head.station) != (office, station):
        raise BadInput("provision.other_office", found=f"{head.name}, {head.place}", expected=station)
    if head.digest != pinned.digest and head.number <= pinned.number:
        raise BadInput("provision.older", number=head.number, expected=pinned.number)
