"""Statuses that did not come by the feed: from an officer's eyes, a list, or an answer about a NIK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.status import StatusEntry
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import STATUS_ENTRY as ENTRIES
from ktpel_kiosk.register.rows import PacketRow, SearchRow, StatusEventRow, table_of
from ktpel_kiosk.register.session import Session

EVENTS: Final = table_of(StatusEventRow)
PACKETS: Final = table_of(PacketRow)
SEARCH: Final = table_of(SearchRow)

_OF = select(ENTRIES).where(ENTRIES.c.permohonan_id == bindparam("wanted")).order_by(ENTRIES.c.entered_at, ENTRIES.c.id)
_NEWEST_ENTRY = select(func.max(ENTRIES.c.at)).where(ENTRIES.c.permohonan_id == bindparam("wanted"))
_NEWEST_EVENT = select(func.max(EVENTS.c.at)).where(
    EVENTS.c.packet_id.in_(select(PACKETS.c.packet_id).where(PACKETS.c.permohonan_id == bindparam("wanted"))))
_ADD = insert(ENTRIES).on_conflict_do_nothing(
    index_elements=[ENTRIES.c.permohonan_id, ENTRIES.c.status, ENTRIES.c.at, ENTRIES.c.source])
_SHOW = update(SEARCH).where(SEARCH.c.permohonan_id == bindparam("of_id")).values(status_siak=bindparam("shown"))


class StatusEntryView(Session):
    def status_entries(self, permohonan_id: str) -> Sequence[StatusEntry]:
        return [mappers.STATUS_ENTRY.value(r) for r in self.all(_OF, wanted=permohonan_id)]

    def newest_status_entry(self, permohonan_id: str) -> int:
        """Microseconds of the newest entry's own moment; 0 without one."""
        return int(self.scalar(_NEWEST_ENTRY, wanted=permohonan_id) or 0)


class StatusEntryWrites(StatusEntryView):
    def add_status_entry(self, entry: StatusEntry) -> bool:
        event_at = self.scalar(_NEWEST_EVENT, wanted=entry.permohonan_id)
        newest = max(self.newest_status_entry(entry.permohonan_id), int(event_at or 0))
        if self.run(_ADD, mappers.STATUS_ENTRY.values(entry)).rowcount != 1:
            return False
        if micros(entry.at) >= newest:
            self.run(_SHOW, {"of_id": entry.permohonan_id, "shown": entry.status.value})
        return True
