"""A bundle of packets that travels on a USB disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
