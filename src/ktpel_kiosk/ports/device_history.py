"""What this desk has lived through with each of its devices: how long it worked, what failed, how often it was tried again.

A device is told apart by kind, make, model and serial. Nothing in it speaks of a person. Days are those of the machine's own zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.ports.devices import DeviceKind


@dataclass(frozen=True, slots=True)
class TroubleSeen:
    """One trouble: when it began (aware UTC), its message key, the operation that met it, and how many seconds it lasted (``None``:
    it was not seen to end, or lasts still)."""

    at: datetime
    message_key: str
    operation: str = ""
    lasted_s: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """One day: seconds usable (ready or busy), seconds in trouble, and counts. ``failed`` of ``calls`` failed by the device's own
    fault; ``retries`` repeated an operation within a minute of its failure."""

    day: date
    uptime_s: float = 0.0
    trouble_s: float = 0.0
    opens: int = 0
    calls: int = 0
    failed: int = 0
    retries: int = 0
    errors: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """Everything kept about one device; sums are over the days kept (at most 400).

    Attributes:
        first_seen, last_seen: aware UTC; when it was first and last open.
        errors: message key and count, the most frequent first; what failed by the applicant's or the card's doing is counted here too.
        troubles: the last ones, newest first.
        days: newest first.
        failed_share: failed of all calls in the last 30 days, 0 to 1; ``None`` without a call.
        availability: usable seconds of all seconds open in the last 30 days, 0 to 1; ``None`` when it was never open.
    """

    kind: DeviceKind
    make: str
    model: str
    serial: str
    simulated: bool
    first_seen: datetime
    last_seen: datetime
    uptime_s: float
    trouble_s: float
    opens: int
    calls: int
    failed: int
    retries: int
    errors: tuple[tuple[str, int], ...]
    troubles: tuple[TroubleSeen, ...]
    days: tuple[DeviceDay, ...]
    failed_share: float | None
    availability: float | None


class DeviceHistory(Protocol):
    """Quick: answers from memory, on any thread."""

    def records(self) -> Sequence[DeviceRecord]:
        """All devices this desk ever had, in the order of DeviceKind, the one last seen first within it."""
        ...

    def record(self, kind: DeviceKind, identity: DeviceIdentity) -> DeviceRecord | None:
        """Of this very device; ``None`` before its first opening."""
        ...


class NoDeviceHistory:
    """A desk that keeps none."""

    def records(self) -> Sequence[DeviceRecord]:
        return ()

    def record(self, kind: DeviceKind, identity: DeviceIdentity) -> DeviceRecord | None:
        return None
