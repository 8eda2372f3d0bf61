"""The office's own search for double recordings: kept fingers, what a search found, what an officer said of it.

A finding is a warning, never a decision: the centre alone decides who is who (DOMAIN.md 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ktpel_kiosk.domain.biometric import Position


class Putusan(StrEnum):
    """What an officer said after looking at both records."""

    BELUM = ""
    ORANG_LAIN = "orang_lain"
    ORANG_SAMA = "orang_sama"


@dataclass(frozen=True, slots=True)
class KeptFinger:
    """One finger of a sealed application as the search needs it; ``form`` holds minutiae and their codes, never an image."""

    permohonan_id: str
    position: Position
    form: bytes
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class FingerLikeness:
    """One finger that looked alike: ``position`` of the new recording, ``found`` that of the other; ``score`` 0..1, 0.5 decides 1:1."""

    position: Position
    found: Position
    score: float


@dataclass(frozen=True, slots=True)
class DuplicateHit:
    """Another application whose fingers look like these. ``score`` is that of the fingers together; above 1 it warns."""

    permohonan_id: str
    score: float
    fingers: tuple[FingerLikeness, ...]


@dataclass(frozen=True, slots=True)
class DuplicateCheck:
    """One search: ``people`` compared with, ``hits`` best first, the officer's word."""

    id: str
    permohonan_id: str
    at: datetime
    people: int
    hits: tuple[DuplicateHit, ...] = ()
    decision: Putusan = Putusan.BELUM
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""

    @property
    def open(self) -> bool:
        """Found somebody and nobody has said who it is."""
        return bool(self.hits) and self.decision is Putusan.BELUM
