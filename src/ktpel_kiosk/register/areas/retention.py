"""Spare contents of packets and the record of their removal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.outbox import CONTENTS_GONE, Packet, PacketState, WaitCause
from ktpel_kiosk.domain.retention import Kept, PurgeRun, Spare
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.areas.outbox import OutboxView, own_only
from ktpel_kiosk.register.codecs import moment
from ktpel_kiosk.register.ledger_tables import PACKET_SPARE as SPARES
from ktpel_kiosk.register.ledger_tables import PURGE as PURGES
from ktpel_kiosk.register.rows import PacketRow, table_of

PACKETS: Final = table_of(PacketRow)

_SPARE = select(SPARES).where(SPARES.c.packet_id == bindparam("wanted"))
_PATHS = select(SPARES.c.path)
_OWN_PATHS = _PATHS.where(SPARES.c.packet_id.in_(own_only(select(PACKETS.c.packet_id))))
_OF_APPLICATION = select(PACKETS).where(PACKETS.c.permohonan_id == bindparam("wanted")).order_by(PACKETS.c.counter)
_AFTER = select(PACKETS).where(PACKETS.c.counter > bindparam("after")).order_by(PACKETS.c.counter).limit(bindparam("most"))
_UNSENT = select(PACKETS).where(text("packet.state <> 'received' AND packet.replaced_by = ''")).order_by(PACKETS.c.counter)
_UNSENT_AFTER = _UNSENT.where(PACKETS.c.counter > bindparam("after")).limit(bindparam("most"))
_DAMAGED = _UNSENT.where(
    PACKETS.c.state == PacketState.REFUSED.value, PACKETS.c.wait_cause == WaitCause.FILE.value,
    PACKETS.c.wait_detail != CONTENTS_GONE).limit(bindparam("most"))
_PURGEABLE = select(PACKETS).where(
    PACKETS.c.purged_at.is_(None), PACKETS.c.counter > bindparam("after"),
    text("(packet.state = 'received' OR packet.replaced_by <> '')")).order_by(PACKETS.c.counter).limit(bindparam("most"))
_NOTED = text("""SELECT at, sequence FROM audit WHERE subject = :subject AND event = 'PacketReceived'
    AND json_extract(facts, '$.packet_id') = :packet_id ORDER BY sequence DESC LIMIT 1""")
_KEPT = text("""
    SELECT CASE WHEN p.replaced_by <> '' THEN 'replaced' WHEN p.state = 'received' THEN 'received' ELSE 'unsent' END AS why,
        count(*) AS packets, sum(p.size + coalesce(s.size, 0)) AS bytes, min(p.sealed_at) AS oldest
    FROM packet AS p LEFT JOIN packet_spare AS s ON s.packet_id = p.packet_id WHERE p.purged_at IS NULL GROUP BY 1 ORDER BY 1 DESC""")
_PURGES = select(PURGES).order_by(PURGES.c.at.desc(), PURGES.c.id.desc()).limit(bindparam("most"))
_OF_PURGE = select(PACKETS).where(text("packet.purge_id <> ''"), PACKETS.c.purge_id == bindparam("wanted")).order_by(PACKETS.c.counter)
_ADD, _DROP = insert(SPARES), delete(SPARES).where(SPARES.c.packet_id == bindparam("wanted"))
_ADD_PURGE = insert(PURGES)


class RetentionView(OutboxView):
    def spare(self, packet_id: str) -> Spare | None:
        found = self.one(_SPARE, wanted=packet_id)
        return mappers.SPARE.value(found) if found else None

    def spare_paths(self) -> frozenset[str]:
        return frozenset(r["path"] for r in (self.stream(_OWN_PATHS, own=self.station) if self.station else self.stream(_PATHS)))

    def packets_of(self, permohonan_id: str) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.all(_OF_APPLICATION, wanted=permohonan_id)]

    def packets_after(self, counter: int, limit: int) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.of_desk(_AFTER, after=counter, most=max(0, limit))]

    def unsent_after(self, counter: int, limit: int) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.of_desk(_UNSENT_AFTER, after=counter, most=max(0, limit))]

    def damaged(self, limit: int) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.of_desk(_DAMAGED, most=max(0, limit))]

    def purgeable(self, after: int, limit: int) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.of_desk(_PURGEABLE, after=after, most=max(0, limit))]

    def receipt_noted_at(self, packet: Packet) -> tuple[datetime, int] | None:
        found = self.one(_NOTED, subject=packet.permohonan_id, packet_id=packet.packet_id)
        return (moment(found["at"]), int(found["sequence"])) if found else None

    def kept(self) -> Sequence[Kept]:
        return [Kept(r["why"], r["packets"], r["bytes"], moment(r["oldest"])) for r in self.all(_KEPT)]

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
