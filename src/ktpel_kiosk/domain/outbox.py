"""A sealed packet in the outbox: what is due, why it waits, when it is tried next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PacketState(StrEnum):
    SEALED = "sealed"
    ANNOUNCED = "announced"
    UPLOADED = "uploaded"
    RECEIVED = "received"
    REFUSED = "refused"   # needs a person


class WaitCause(StrEnum):
    """Why an item waits; decides the sentence and who can fix it."""

    NONE = "none"
    OFFLINE = "offline"
    TLS = "tls"
    CLOCK = "clock"
    SERVER = "server"
    DATA = "data"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Packet:
    """Register row of one sealed packet. ``path`` is relative to the packet folder."""

    packet_id: str
    permohonan_id: str
    station: str
    counter: int
    previous_hash: str
    sha256: str
    size: int
    path: str
    state: PacketState
    sealed_at: datetime
    upload_url: str = ""
    offset: int = 0
    attempts: int = 0
    next_try_at: datetime | None = None
    wait_cause: WaitCause = WaitCause.NONE
    wait_detail: str = ""
    receipt: str = ""
    received_at: datetime | None = None
    server_sequence: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Contents of a verified receipt."""

    packet_id: str
    sha256: str
    station: str
    server_sequence: int
    received_at: datetime
    jws: str


def backoff_s(attempts: int, jitter: float, *, base_s: float = 5.0, cap_s: float = 900.0) -> float:
    """Wait before try ``attempts + 1``: doubling from ``base_s``, capped, spread by ``jitter`` in 0..1 (±25 %)."""
    raw = min(cap_s, base_s * 2.0 ** max(0, min(attempts - 1, 20)))
    return raw * (0.75 + 0.5 * min(1.0, max(0.0, jitter)))
