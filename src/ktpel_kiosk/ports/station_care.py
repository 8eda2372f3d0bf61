"""Looking after a desk that serves people: its certificates, where it sends, the copies of its register and the code that opens them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.provision import Taken
from ktpel_kiosk.ports.restore import Restore
from ktpel_kiosk.ports.setup import BackupPlace, FoundBundle, KeyState


@dataclass(frozen=True, slots=True)
class Copies:
    """Where copies of the register go.

    Attributes:
        place: folder chosen for them; empty: none yet.
        reachable: it is there now and may be written.
        last: when the newest copy in it was made; ``None`` where there is none, or nobody can look now.
        count: copies lying there. free_bytes: room left there.
        problem: why the place does not serve as it should, a sentence; empty: it does.
        code: is there a recovery code, and did somebody prove to have it on paper?
    """

    place: str = ""
    reachable: bool = False
    last: datetime | None = None
    count: int = 0
    free_bytes: int = 0
    problem: str = ""
    code: str = "none"  # none | unproved | proved


@dataclass(frozen=True, slots=True)
class Sheets:
    """The set of key sheets in force: any ``needed`` of ``count`` open copies and register; ``count`` 0: none were made."""

    set_id: int = 0
    needed: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet to be printed: 21 words, and the same as QR text. Shown once, kept nowhere."""

    set_id: int
    number: int
    needed: int
    count: int
    words: tuple[str, ...]
    qr: str


class StationCare(Protocol):
    """Any thread; calls may take seconds. All raise the ``KioskError`` family with a sentence. Nothing here is audited: the desk does."""

    def keys(self) -> KeyState: ...
    def write_request(self, office: str, folder: Path) -> Path:
        """Requests for this station's certificates into ``folder``; returns the folder made in it."""
        ...

    def take_certificates(self, source: Path) -> KeyState:
        """All certificates of a folder or PEM file, or none. BadInput ``keys.*`` with file and reason."""
        ...

    def set_gateway_address(self, url: str) -> None:
        """Empty: none. Counts at the next request. BadInput ``setup.gateway_url``."""
        ...

    def bundles(self) -> Sequence[FoundBundle]:
        """Bundles of the Dinas on what was plugged in, the newest first."""
        ...

    def look_at_bundle(self, path: Path) -> FoundBundle: ...
    def take_bundle(self, actor: Actor, path: Path, passphrase: str) -> Taken:
        """Open and take it, audited in ``actor``'s name. BadInput, SecurityRefusal ``provision.*``: nothing was changed."""
        ...

    def copies(self, *, fresh: bool = False) -> Copies:
        """As somebody saw it within the last minute, or ``fresh``."""
        ...

    def copy_now(self, officer: str) -> Path:
        """Into the chosen place. BadInput ``backup.none``, ``backup.unwritable``; DiskFull, IoFailure, Corrupt."""
        ...

    def places(self) -> Sequence[BackupPlace]: ...
    def try_place(self, path: Path) -> BackupPlace:
        """Write, sync and read back a small file there."""
        ...

    def new_code(self) -> str:
        """A recovery code; not in force before :meth:`use_code`."""
        ...

    def use_code(self, code: str) -> str:
        """From now on copies open with this code. Returns the mark by which it is known as proved."""
        ...

    def prove_code(self, typed: str) -> str:
        """The mark of the code in force, when ``typed`` opens the register's key. KeyUnavailable otherwise; about 0.1 s."""
        ...

    def restoring(self) -> Restore:
        """Copies looked into, put back, rehearsed."""
        ...

    def sheets(self) -> Sheets: ...
    def make_sheets(self, needed: int, count: int, handed: Callable[[Sequence[Sheet]], None]) -> Sheets:
        """A new set; those made before open nothing here any more, once ``handed`` (prints them) has come back.

        Raises:
            BadInput ``shares.numbers``; KeyUnavailable, DiskFull, IoFailure; what ``handed`` raises: the former set is in force.
        """
        ...
