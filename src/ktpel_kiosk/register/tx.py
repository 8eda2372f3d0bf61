"""The two faces of a transaction that the ports name: :class:`SqlView` reads, :class:`SqlTx` also writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.register.areas.alerts import AlertArea
from ktpel_kiosk.register.areas.applications import ApplicationView, ApplicationWrites, Known
from ktpel_kiosk.register.areas.cards import CardView, CardWrites
from ktpel_kiosk.register.areas.complaints import ComplaintView, ComplaintWrites
from ktpel_kiosk.register.areas.courier import CourierView, CourierWrites
from ktpel_kiosk.register.areas.duplicates import DuplicateView, DuplicateWrites
from ktpel_kiosk.register.areas.journal import JournalView, JournalWrites
from ktpel_kiosk.register.areas.ledgers import BookView, BookWrites
from ktpel_kiosk.register.areas.listings import ListingView
from ktpel_kiosk.register.areas.office import OfficeView, OfficeWrites
from ktpel_kiosk.register.areas.outbox import OutboxView, OutboxWrites
from ktpel_kiosk.register.areas.population import PopulationView, PopulationWrites
from ktpel_kiosk.register.areas.privacy import PrivacyView, PrivacyWrites
from ktpel_kiosk.register.areas.queue import QueueArea, QueueWrites
from ktpel_kiosk.register.areas.recording import RecordingView, RecordingWrites
from ktpel_kiosk.register.areas.retention import RetentionView, RetentionWrites
from ktpel_kiosk.register.areas.statistics import StatisticsArea
from ktpel_kiosk.register.areas.status_entries import StatusEntryView, StatusEntryWrites
from ktpel_kiosk.register.seals import RowSeals


class SqlView(QueueArea, ApplicationView, RecordingView, RetentionView, OutboxView, CardView, OfficeView, JournalView, BookView,
              ComplaintView, PopulationView, DuplicateView, ListingView, StatisticsArea, CourierView, StatusEntryView, PrivacyView,
              AlertArea):
    """``ports.register.View`` on one snapshot."""


class SqlTx(JournalWrites, QueueWrites, ApplicationWrites, RecordingWrites, OutboxWrites, CardWrites, OfficeWrites, BookWrites,
            ComplaintWrites, PopulationWrites, DuplicateWrites, RetentionWrites, CourierWrites, StatusEntryWrites, PrivacyWrites,
            SqlView):
    """``ports.register.Tx``; every change stands in the audit or the transaction is refused."""

    def __init__(self, connection: Any, known: Known, clock: Clock, events: Mapping[str, str], seals: RowSeals | None = None) -> None:
        super().__init__(connection, known)
        self.begin_journal(clock, events, seals)


if TYPE_CHECKING:
    from ktpel_kiosk.ports.register import Tx, View

    _view: type[View] = SqlView
    _tx: type[Tx] = SqlTx
