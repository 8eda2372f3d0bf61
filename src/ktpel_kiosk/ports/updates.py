"""New versions of this program: found on a disk or at the gateway, brought in, tried at the next start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Source(StrEnum):
    USB = "usb"
    GATEWAY = "gateway"


class When(StrEnum):
    NOW = "now"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A verified release, newer than what runs here.

    Attributes:
        notes: what is new, Indonesian sentences. size: bytes to fetch. until: how long the list it stands in counts.
        place: of a disk, its folder. changes_register: the register's structure changes with it.
    """

    version: str
    notes: tuple[str, ...]
    released: date
    size: int
    until: datetime
    source: Source
    place: Path
    changes_register: bool = False


@dataclass(frozen=True, slots=True)
class UpdateEvent:
    """What became of a version here. ``what``: ``dipasang gagal dikembalikan tetap``; ``reason``: a message key or words."""

    at: datetime
    what: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class UpdateState:
    """``wanted``: agreed and waiting, ``when`` for; ``before``: what one could go back to; ``trusted``: this machine knows the maker."""

    version: str
    wanted: str = ""
    when: When = When.NOW
    before: str = ""
    trusted: bool = True
    events: tuple[UpdateEvent, ...] = ()


class Updates(Protocol):
    """Any thread. Nothing here is audited: the desk does."""

    def state(self) -> UpdateState: ...
    def look(self, floor: datetime | None) -> NewVersion | None:
        """The newest release of the disks that are in, else of the gateway; ``None``: nothing newer.

        Raises BadInput ``update.*`` where a source was there and was refused; the line's own errors.
        """
        ...

    def bring_in(self, found: NewVersion, floor: datetime | None) -> None:
        """Verify again and unpack beside what runs. Minutes. BadInput ``update.*``, DiskFull, IoFailure."""
        ...

    def want(self, version: str, when: When, by: str) -> None:
        """Try it at the next start; ``NIGHT``: when the office is closed."""
        ...

    def forget(self) -> str:
        """Nothing waits any more; returns the version that did, or nothing."""
        ...

    def restart(self) -> None:
        """Let the windows end, so that what waits is tried now."""
        ...
