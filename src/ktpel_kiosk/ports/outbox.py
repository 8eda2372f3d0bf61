"""The parts of the register around packets. Mixed into ``View`` and ``Tx`` of :mod:`ktpel_kiosk.ports.register`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs these protocols at its start, and only few of the values they speak of
    from collections.abc import Sequence
    from datetime import datetime

    from ktpel_kiosk.domain.courier import CourierBundle
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.domain.retention import Kept, PurgeRun, Spare
    from ktpel_kiosk.domain.status import StatusEntry
    from ktpel_kiosk.ports.register import ListItem


class RetentionView(Protocol):
    def packets_of(self, permohonan_id: str) -> Sequence[Packet]:
        """Every packet of an application, the first one first; all but the newest were replaced."""
        ...

    def spare(self, packet_id: str) -> Spare | None: ...
    def spare_paths(self) -> frozenset[str]:
        """File names of every spare the register knows."""
        ...

    def packets_after(self, counter: int, limit: int) -> Sequence[Packet]:
        """All packets with a higher counter, lowest first: a page."""
        ...

    def unsent_after(self, counter: int, limit: int) -> Sequence[Packet]:
        """Packets still to be sent with a higher counter, lowest first: a page."""
        ...

    def damaged(self, limit: int) -> Sequence[Packet]:
        """Packets set aside because their file is missing or damaged, and not yet known to be beyond repair."""
        ...

    def purgeable(self, after: int, limit: int) -> Sequence[Packet]:
        """Received or replaced and not purged yet, counter above ``after``; lowest first."""
        ...

    def receipt_noted_at(self, packet: Packet) -> tuple[datetime, int] | None:
        """When this desk itself took the receipt in last, by its own clock then, and the number of the audit link that says so."""
        ...

    def kept(self) -> Sequence[Kept]:
        """What lies on disk now, by why it is kept."""
        ...

    def purges(self, limit: int = 100) -> Sequence[PurgeRun]:
        """Newest first."""
        ...

    def packets_of_purge(self, purge_id: str) -> Sequence[Packet]: ...


class RetentionTx(Protocol):
    def add_spare(self, spare: Spare) -> None: ...
    def drop_spare(self, packet_id: str) -> None:
        """Forget the key; without it the file is noise."""
        ...

    def add_purge(self, run: PurgeRun) -> None: ...


class CourierView(Protocol):
    def courier_bundle(self, id: str) -> CourierBundle | None: ...
    def courier_bundles(self, limit: int = 100) -> Sequence[CourierBundle]:
        """Newest first."""
        ...


class CourierTx(Protocol):
    def add_courier_bundle(self, bundle: CourierBundle) -> None: ...
    def save_courier_bundle(self, bundle: CourierBundle) -> None:
        """What came back of it. Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class StatusWanted:
    """Applications under way by the status that is shown of them.

    Attributes:
        words: shown statuses; ``("",)`` for those nothing was ever said of. others: instead, any word the program does not know.
        stages: where the application stands; empty: anywhere.
        before, after: the status holds since before that moment; since that moment or later.
        silent: with ``before``, for those without a status: the receipt came before it, or they wait since before it without a packet.
        line: False leaves out those that wait for the line.
        not_asked_since: leaves out whom somebody asked about (contact ``pusat``) at or after that moment.
    """

    words: tuple[str, ...] = ()
    others: bool = False
    stages: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None
    silent: bool = False
    line: bool = True
    not_asked_since: datetime | None = None


class StatusView(Protocol):
    def status_entries(self, permohonan_id: str) -> Sequence[StatusEntry]:
        """By moment of entry."""
        ...

    def shown_status(self, permohonan_id: str) -> str:
        """The status word lists show; empty while there is none."""
        ...

    def status_list(self, wanted: StatusWanted, limit: int) -> Sequence[ListItem]:
        """The longest held first."""
        ...

    def status_count(self, wanted: StatusWanted) -> int: ...


class StatusTx(Protocol):
    def add_status_entry(self, entry: StatusEntry) -> bool:
        """False when the same status of the same moment and source is there already. Changes nothing that is shown."""
        ...

    def show_status(self, permohonan_id: str, word: str, at: datetime) -> None:
        """What lists show from now on, and since when it holds."""
        ...


class OutboxViews(RetentionView, CourierView, StatusView, Protocol):
    """Everything to read."""


class OutboxTx(RetentionTx, CourierTx, StatusTx, Protocol):
    """Everything to write."""
