"""The parts of the register around packets. Mixed into ``View`` and ``Tx`` of :mod:`ktpel_kiosk.ports.register`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs these protocols at its start, and only few of the values they speak of
    from collections.abc import Sequence
    from datetime import datetime

    from ktpel_kiosk.domain.courier import CourierBundle
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.domain.retention import PurgeRun, Spare
    from ktpel_kiosk.domain.status import StatusEntry


class RetentionView(Protocol):
    def spare(self, packet_id: str) -> Spare | None: ...
    def spare_paths(self) -> frozenset[str]:
        """File names of every spare the register knows."""
        ...

    def purgeable(self, received_before: datetime, limit: int) -> Sequence[Packet]:
        """Received (or replaced) before that moment and not purged yet; lowest counter first."""
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


class StatusView(Protocol):
    def status_entries(self, permohonan_id: str) -> Sequence[StatusEntry]:
        """By moment of entry."""
        ...


class StatusTx(Protocol):
    def add_status_entry(self, entry: StatusEntry) -> bool:
        """False when the same status of the same moment and source is there already. Shows it unless something newer is shown."""
        ...


class OutboxViews(RetentionView, CourierView, StatusView, Protocol):
    """Everything to read."""


class OutboxTx(RetentionTx, CourierTx, StatusTx, Protocol):
    """Everything to write."""
