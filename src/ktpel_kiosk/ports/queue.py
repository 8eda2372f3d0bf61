"""The queue as people see it: one page at a time, and figures that never load it. Mixed into ``View`` and ``Tx``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs these protocols at its start, and only few of the values they speak of
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ktpel_kiosk.domain.outbox import Packet, WaitCause


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """Which unsent packets, oldest (lowest counter) first; empty fields do not filter.

    Attributes:
        text: begins of the words of a name, register number, NIK, phone or village, as in the register's own lists.
        causes: only packets whose own row waits for one of these; refused ones are found by ``refused``.
        refused: only those that need a person. sealed_until: sealed then or earlier. with_courier: only those in a courier bundle.
        after: counter of the last row of the page before; as fast on any page.
    """

    text: str = ""
    causes: tuple[WaitCause, ...] = ()
    refused: bool = False
    sealed_until: datetime | None = None
    with_courier: bool = False
    after: int = -1
    limit: int = 100


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One packet of a page and whose it is."""

    packet: Packet
    nomor_register: str
    nama: str


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """All unsent packets as figures.

    Attributes:
        count, size: packets and their bytes. sent: bytes of them the server holds already (half-sent packets).
        left: bytes still to go, refused packets left out.
        oldest: when the oldest was sealed. refused: need a person. warned, alarmed: sealed until the two moments asked for.
        with_courier: in a bundle that travels.
        by_cause: packets per cause of their own row, refused ones left out; causes nobody waits for are left out.
        received: packets received since the third moment asked for.
    """

    count: int = 0
    size: int = 0
    sent: int = 0
    left: int = 0
    oldest: datetime | None = None
    refused: int = 0
    warned: int = 0
    alarmed: int = 0
    with_courier: int = 0
    by_cause: Mapping[WaitCause, int] = field(default_factory=dict)
    received: int = 0


class QueueView(Protocol):
    def queue_page(self, query: QueueQuery) -> Sequence[QueueLine]: ...
    def queue_figures(self, warn_before: datetime, alarm_before: datetime, since: datetime) -> QueueFigures: ...
    def unsent_count(self) -> int: ...
    def unsent_oldest(self) -> datetime | None:
        """When the packet that is next in line was sealed; the oldest, unless the clock was wrong when one was sealed."""
        ...


class QueueTx(Protocol):
    def end_delays(self) -> int:
        """No packet waits for its own next try any more; refused ones stay as they are. Returns how many waited."""
        ...
