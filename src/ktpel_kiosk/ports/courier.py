"""What the desk asks of a courier's disk, and of the gateway's signatures on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the windows need these protocols at their start, hardly ever the values they speak of
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ktpel_kiosk.domain.courier import BundleItem, BundleManifest, BundlePlan, Disk, Refused, SignedStatuses
    from ktpel_kiosk.domain.outbox import Receipt


@dataclass(frozen=True, slots=True)
class Written:
    """A finished bundle. ``damaged``: packets whose file was not the sealed one; ``left``: what did not fit on the disk."""

    folder: Path
    manifest: BundleManifest
    damaged: tuple[BundleItem, ...] = ()
    left: tuple[BundleItem, ...] = ()


class OpenBundle(Protocol):
    """A bundle on a disk, read with suspicion: nothing of it is trusted before its signature was checked."""

    @property
    def folder(self) -> Path: ...
    @property
    def manifest(self) -> BundleManifest | None:
        """``None`` when it is missing, altered or not of this station; :attr:`refused` then says why."""
        ...

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What is wrong with manifest and README; grows while the iterators run."""
        ...

    def packet(self, item: BundleItem) -> bytes:
        """The sealed file. Raises SecurityRefusal ``courier.packet_altered`` or BadInput ``courier.packet_missing``."""
        ...

    def key_statements(self) -> Iterator[tuple[str, int, str]]:
        """(name on the disk, number, signed text) of everything in ``keys/``, lowest number first."""
        ...

    def receipts(self) -> Iterator[tuple[str, str]]:
        """(name on the disk, signed text) of everything in ``receipts/`` that can be read at all."""
        ...

    def statuses(self) -> Iterator[tuple[str, str]]:
        """(name on the disk, signed text) of everything in ``status/``, oldest first."""
        ...


class SendingBundle(OpenBundle, Protocol):
    """A bundle on a computer that has a line: also takes up what the gateway answers. Writing raises DiskFull, IoFailure."""

    @property
    def text(self) -> str:
        """The signed manifest as it lies there."""
        ...

    def receipt_of(self, item: BundleItem) -> str:
        """The receipt kept for this packet, if its text speaks of exactly this one, else empty. The office checks its signature."""
        ...

    def keep_receipt(self, item: BundleItem, jws: str) -> None:
        """Raises ReceiptInvalid when the text speaks of another packet."""
        ...

    def statuses_to(self) -> int:
        """Sequence of the newest status kept, or where the manifest wants them from."""
        ...

    def keep_statuses(self, after: int, upto: int, jws: str) -> None: ...
    def keep_key_statement(self, jws: str) -> int:
        """The number it says it has; 0 for a text that is no statement, which is not kept."""
        ...

    def keep_state(self, at: datetime, host: str, trouble: str) -> None:
        """When it was last tried, where, and the message key of what stopped it (empty: nothing)."""
        ...


class CourierDisk(Protocol):
    """Bundles on any folder of any disk."""

    def write(self, root: Path, plan: BundlePlan, read: Callable[[BundleItem], bytes], *, limit_bytes: int = 0,
              on_progress: Callable[[int, int], object] = ...) -> Written:
        """Write a whole bundle below ``root``: lowest counters first, as many as fit (and fit into ``limit_bytes``, 0 for no limit).

        Args:
            read: the sealed file of an item; any KioskError, or other bytes than the listed ones, leave the item out.
            on_progress: (bytes written, bytes planned).

        Raises:
            DiskFull ``courier.no_room``: not even one packet fits. IoFailure ``courier.read_only``, ``courier.disk_gone``, ``storage.*``.
            BadInput ``courier.nothing``: none of the items could be read. Nothing complete is left behind in any of these cases.
        """
        ...

    def find(self, root: Path) -> Sequence[Path]:
        """Bundle folders: ``root`` itself, or those directly below it, by name. Raises BadInput ``courier.none``."""
        ...

    def open(self, folder: Path) -> OpenBundle:
        """Open for taking back in. The manifest counts only when this station signed it."""
        ...


class CourierTokens(Protocol):
    """The gateway's signatures."""

    def learn(self, number: int, untrusted: str) -> bool:
        """A statement about the keys receipts are signed with; True when it changed what is believed, False for a known one.

        Raises ReceiptInvalid when no key believed so far signed it.
        """
        ...

    def receipt(self, untrusted: str) -> Receipt:
        """Raises ReceiptInvalid."""
        ...

    def statuses(self, untrusted: str) -> SignedStatuses:
        """Raises ReceiptInvalid."""
        ...


class Disks(Protocol):
    def removable(self) -> Sequence[Disk]:
        """Disks a person can pull out, in the order of their names. Never raises; may take a moment when a disk sleeps."""
        ...


@dataclass(frozen=True, slots=True)
class Courier:
    """Everything around the courier; ``app`` puts it together."""

    disk: CourierDisk
    tokens: CourierTokens
    disks: Disks
