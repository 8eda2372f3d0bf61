"""Spare contents of packets and the record of their removal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, or_, select, text
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.retention import PurgeRun, Spare
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import PACKET_SPARE as SPARES
from ktpel_kiosk.register.ledger_tables import PURGE as PURGES
from ktpel_kiosk.register.rows import PacketRow, table_of
from ktpel_kiosk.register.session import Session

PACKETS: Final = table_of(PacketRow)

_SPARE = select(SPARES).where(SPARES.c.packet_id == bindparam("wanted"))
_PATHS = select(SPARES.c.path)
_PURGEABLE = select(PACKETS).where(
    PACKETS.c.purged_at.is_(None),
    or_(text("packet.state = 'received' AND packet.received_at < :before"),
        text("packet.replaced_by <> '' AND packet.sealed_at < :before")),
).order_by(PACKETS.c.counter).limit(bindparam("most"))
_PURGES = select(PURGES).order_by(PURGES.c.at.desc(), PURGES.c.id.desc()).limit(bindparam("most"))
_OF_PURGE = select(PACKETS).where(text("packet.purge_id <> ''"), PACKETS.c.purge_id == bindparam("wanted")).order_by(PACKETS.c.counter)
_ADD, _DROP = insert(SPARES), delete(SPARES).where(SPARES.c.packet_id == bindparam("wanted"))
_ADD_PURGE = insert(PURGES)


class RetentionView(Session):
    def spare(self, packet_id: str) -> Spare | None:
        found = self.one(_SPARE, wanted=packet_id)
        return mappers.SPARE.value(found) if found else None

    def spare_paths(self) -> frozenset[str]:
        return frozenset(r["path"] for r in self.stream(_PATHS))

    def purgeable(self, received_before: datetime, limit: int) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.all(_PURGEABLE, before=micros(received_before), most=max(0, limit))]

    def purges(self, limit: int = 100) -> Sequence[PurgeRun]:
        return [mappers.PURGE.value(r) for r in self.all(_PURGES, most=max(0, limit))]

    def packets_of_purge(self, purge_id: str) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.all(_OF_PURGE, wanted=purge_id)]


class RetentionWrites(RetentionView):
    def add_spare(self, spare: Spare) -> None:
        self.run(_ADD, mappers.SPARE.values(spare))

    def drop_spare(self, packet_id: str) -> None:
        self.run(_DROP, {"wanted": packet_id})

    def add_purge(self, run: PurgeRun) -> None:
        self.run(_ADD_PURGE, mappers.PURGE.values(run))
