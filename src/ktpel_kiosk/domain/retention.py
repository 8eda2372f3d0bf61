"""What is kept of a sealed packet until the receipt is safe and the retention time is over, and the record of its removal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spare:
    """The contents of a packet, encrypted for this register alone: a damaged packet file can be sealed again from it.

    Attributes:
        path: file name in the spare folder. size, sha256: of that encrypted file.
        key: 32 bytes, AES-256; forgetting it is what makes the purge final.
    """

    packet_id: str
    path: str
    size: int
    sha256: str
    kept_at: datetime
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PurgeRun:
    """One run of the purge: which packets (by ``Packet.purge_id``), how much, under which retention.

    Attributes:
        number: of the berita acara where one was asked for, else empty. officer: user name, ``-`` for the nightly job.
        days: retention time in force. digest: SHA-256 (hex) over ``packet_id sha256`` lines of the packets, in order of counter.
    """

    id: str
    at: datetime
    number: str
    officer: str
    packets: int
    bytes: int
    first_counter: int
    last_counter: int
    days: int
    digest: str


DAYS_RANGE = (7, 365)
DAYS_USUAL = 30
"""How long packet files are kept after their receipt, in days."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Packets whose files lie on disk for one reason.

    Attributes:
        why: ``unsent`` (still to be sent), ``received`` (within the retention time or awaiting the purge), ``replaced``.
        bytes: of packet files and spare contents together. oldest: when the oldest of them was sealed.
    """

    why: str
    packets: int
    bytes: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Disposal:
    """One kind of data removed by one run. ``officer``: ``-`` for the nightly job. ``digest``: SHA-256 (hex) over what went, by name."""

    id: str
    at: datetime
    kind: str
    count: int
    days: int
    officer: str
    digest: str
