"""Putting a copy of the register back, and proving now and then that it could be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """A copy as it lies there, not looked into yet. ``office``, ``station``: as the note beside it says; empty: no note."""

    path: Path
    at: datetime
    office: str = ""
    station: str = ""
    applied: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """How a copy is opened: recovery code, or sheets (words or QR text of each); neither: by the key of this machine."""

    code: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetRead:
    """What a key sheet says of itself: set, its number, how many of the set are needed. Nothing secret."""

    set_id: int
    number: int
    needed: int


@dataclass(frozen=True, slots=True)
class Series:
    """A series of numbers of one year: the last one in the copy, and in the present register where that can be asked."""

    name: str
    year: int
    in_copy: int
    now: int | None


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a checked copy holds, and what putting it back would lose.

    Attributes:
        applied, sealed: applications and packets in it. last_number: its last register number as written, empty: none yet.
        missing: applications, missing_packets: packets, missing_acts: audit links since; ``None`` where the present register cannot tell.
        beside: packets without a receipt lying with the copy.
    """

    copy: FoundCopy
    applied: int
    sealed: int
    series: tuple[Series, ...]
    missing: int | None = None
    missing_packets: int | None = None
    missing_acts: int | None = None
    beside: int = 0

    @property
    def asks_numbers(self) -> bool:
        """Nobody but the paper book knows the last numbers given."""
        return any(s.now is None for s in self.series)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who restores and why. ``floors``: ``series/year`` -> last number in the paper book."""

    actor: str
    second: str
    reason: str
    floors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drill:
    """A rehearsal: which copy, what was found, how long it took."""

    copy: FoundCopy
    applied: int
    acts: int
    took_s: float


class Restore(Protocol):
    """Any thread; calls may take minutes. KioskError family. Nothing here is audited in the present register: the desk does."""

    def copies(self, folder: Path) -> Sequence[FoundCopy]:
        """Whole copies in ``folder``, or in the places of this machine's disks below it, newest first."""
        ...

    def examine(self, copy: Path, opening: Opening) -> CopyReport:
        """Open and check it whole. BadInput ``backup.*``, ``shares.*``, ``restore.other_office``; KeyUnavailable; Corrupt."""
        ...

    def restore(self, copy: Path, opening: Opening, agreed: Agreed, told: Callable[[str], None]) -> None:
        """Prepare everything; it takes effect when the desk is opened next, and the present register takes no writing any more.

        Raises:
            As :meth:`examine`; BadInput ``restore.floor``, ``restore.floor_missing``; DiskFull, IoFailure: nothing changed.
        """
        ...

    def read_sheet(self, typed: str) -> SheetRead:
        """Whether the words or QR text of a sheet belong together; opens nothing. BadInput ``shares.word``, ``.length``, ``.typo``."""
        ...

    def drill(self, copy: Path, opening: Opening) -> Drill:
        """Open it in a folder of its own as if it were put back, check everything, throw it away. Raises as :meth:`examine`."""
        ...
