"""Bundles of packets that travel on a USB disk, and what comes back on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.domain.status import StatusEvent


@dataclass(frozen=True, slots=True)
class CourierBundle:
    """One export, and what came back of it.

    Attributes:
        label: name of the bundle's folder. digest: SHA-256 (hex) of its signed manifest.
        imported_at: when receipts were last taken in; receipts, statuses: how many so far.
    """

    id: str
    at: datetime
    officer: str
    label: str
    packets: int
    bytes: int
    digest: str
    imported_at: datetime | None = None
    receipts: int = 0
    statuses: int = 0


@dataclass(frozen=True, slots=True)
class BundleItem:
    """One packet as the signed manifest lists it; fields as in :class:`ktpel_kiosk.domain.outbox.Packet`."""

    packet_id: str
    counter: int
    previous_hash: str
    size: int
    sha256: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """A manifest whose signature was checked.

    Attributes:
        items: lowest counter first. status_after: statuses above this sequence are wanted back.
        readme: SHA-256 (hex) of README.txt.
        digest: SHA-256 (hex) of the signed text; signer: SHA-256 fingerprint (hex) of the certificate it came with.
    """

    bundle_id: str
    station: str
    created_at: datetime
    items: tuple[BundleItem, ...]
    status_after: int
    readme: str
    digest: str
    signer: str

    @property
    def bytes(self) -> int:
        return sum(i.size for i in self.items)


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """What an export is to hold: everything of the manifest but its signature.

    ``notes``: lines for README.txt (who sends it, whom to call), Indonesian.
    """

    bundle_id: str
    station: str
    created_at: datetime
    local_date: str
    items: tuple[BundleItem, ...]
    status_after: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedStatuses:
    """Status events of one station that the gateway signed: all it had above ``after`` up to ``upto``. Events carry no NIK."""

    station: str
    after: int
    upto: int
    events: tuple[StatusEvent, ...]
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Something of a bundle that was not taken. ``entry``: its name on the disk; ``key``: message key of the reason."""

    entry: str
    key: str


@dataclass(frozen=True, slots=True)
class Disk:
    """A removable disk. ``path``: where it is mounted; ``system``: file system as the machine names it."""

    path: str
    label: str
    free_bytes: int
    total_bytes: int
    writable: bool = True
    system: str = ""
