"""Packets on their way and the statuses that come back. The queue is a query: no list of work lives in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound
from ktpel_kiosk.domain.outbox import FARTHEST_TRY, Packet, PacketState
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.rows import CounterRow, PacketRow, StatusEventRow, table_of
from ktpel_kiosk.register.session import ConstraintBroken, Row, Session

PACKETS: Final = table_of(PacketRow)
EVENTS: Final = table_of(StatusEventRow)
COUNTERS: Final = table_of(CounterRow)

GATEWAY: Final = "gateway"
CURSOR: Final = "status_cursor"
"""Counter series that holds how far the gateway's feed was read; also events that changed nothing count as read."""
_FIXED: Final = frozenset({"packet_id", "permohonan_id", "station", "counter", "previous_hash", "sha256", "size", "sealed_at", "replaces"})

_UNSENT = text("packet.state <> 'received' AND packet.replaced_by = ''")  # literal: only so does SQLite use the partial index
_ONE = select(PACKETS).where(PACKETS.c.packet_id == bindparam("wanted"))
_OF = select(PACKETS).where(PACKETS.c.permohonan_id == bindparam("wanted")).order_by(PACKETS.c.counter.desc()).limit(1)
_ALL = select(PACKETS).order_by(PACKETS.c.counter)
_WAITING = _ALL.where(_UNSENT)
_DUE = _WAITING.where(
    PACKETS.c.state != PacketState.REFUSED.value,
    # no wait is that long: what lies further ahead was stored before the clock went back
    or_(PACKETS.c.next_try_at.is_(None), PACKETS.c.next_try_at <= bindparam("now"), PACKETS.c.next_try_at > bindparam("far")),
).limit(bindparam("most"))
_LAST = select(PACKETS).order_by(PACKETS.c.counter.desc()).limit(1)
_STATUSES = select(EVENTS).where(EVENTS.c.packet_id == bindparam("wanted")).order_by(EVENTS.c.sequence)
_PATHS = select(PACKETS.c.path).where(PACKETS.c.purged_at.is_(None))
_RECEIVED = select(func.count()).select_from(PACKETS).where(text("packet.state = 'received'"), PACKETS.c.received_at >= bindparam("since"))
_CURSOR = select(COUNTERS.c.value).where(COUNTERS.c.series == bindparam("k_series"), COUNTERS.c.year == 0)
_ADD_PACKET = insert(PACKETS)
_ADD_STATUS = insert(EVENTS).on_conflict_do_nothing(index_elements=[EVENTS.c.packet_id, EVENTS.c.sequence])
_SAVE_PACKET = update(PACKETS).where(PACKETS.c.packet_id == bindparam("k_id"))
_READ_TO = insert(COUNTERS).values(series=bindparam("k_series"), year=0, value=bindparam("reached"))
_READ_TO = _READ_TO.on_conflict_do_update(
    index_elements=[COUNTERS.c.series, COUNTERS.c.year], set_={"value": _READ_TO.excluded.value},
    where=COUNTERS.c.value < _READ_TO.excluded.value)


@cache
def own_only(statement: Select[Any]) -> Select[Any]:
    """The packets one desk sealed, whose files lie on its disk."""
    return statement.where(PACKETS.c.station == bindparam("own"))


class OutboxView(Session):
    def of_desk(self, statement: Select[Any], **parameters: Any) -> Sequence[Row]:
        """Rows of packets; in a register that several desks share those of the asking desk."""
        if not self.station:
            return self.all(statement, **parameters)
        return self.all(own_only(statement), own=self.station, **parameters)

    def packet(self, packet_id: str) -> Packet | None:
        found = self.one(_ONE, wanted=packet_id)
        return mappers.PACKET.value(found) if found else None

    def packet_of(self, permohonan_id: str) -> Packet | None:
        found = self.one(_OF, wanted=permohonan_id)
        return mappers.PACKET.value(found) if found else None

    def packets(self, *, unsent_only: bool = False) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.of_desk(_WAITING if unsent_only else _ALL)]

    def packet_paths(self) -> frozenset[str]:
        return frozenset(r["path"] for r in (self.of_desk(_PATHS) if self.station else self.stream(_PATHS)))

    def packets_received(self, since: datetime) -> int:
        return int(self.scalar(_RECEIVED, since=micros(since)))

    def due_packets(self, now: datetime, limit: int) -> Sequence[Packet]:
        return [mappers.PACKET.value(r) for r in self.of_desk(_DUE, now=micros(now), far=micros(now + FARTHEST_TRY), most=max(0, limit))]

    def last_packet(self) -> Packet | None:
        found = self.of_desk(_LAST)
        return mappers.PACKET.value(found[0]) if found else None

    def status_events(self, packet_id: str) -> Sequence[StatusEvent]:
        return [mappers.STATUS.value(r) for r in self.all(_STATUSES, wanted=packet_id)]

    def status_cursor(self) -> int:
        return int(self.scalar(_CURSOR, k_series=self._cursor()) or 0)

    def _cursor(self) -> str:
        """Each station has a feed of its own."""
        return f"{CURSOR}:{self.station}" if self.station else CURSOR


class OutboxWrites(OutboxView):
    def add_packet(self, packet: Packet) -> None:
        try:
            self.attempt(_ADD_PACKET, mappers.PACKET.values(packet))
        except ConstraintBroken as error:
            if self.packet(packet.packet_id) is not None:
                raise DuplicateRequest("packet.exists", packet_id=packet.packet_id) from error
            last = self.last_packet()
            if last is not None and packet.counter <= last.counter:
                raise DuplicateRequest("packet.counter_taken", number=packet.counter) from error
            raise

    def save_packet(self, packet: Packet) -> None:
        values = {k: v for k, v in mappers.PACKET.values(packet).items() if k not in _FIXED}
        if self.run(_SAVE_PACKET, {**values, "k_id": packet.packet_id}).rowcount != 1:
            raise NotFound("packet.not_found", packet_id=packet.packet_id)

    def statuses_read_to(self, sequence: int) -> None:
        """The asking station's feed was read up to here."""
        self.run(_READ_TO, {"k_series": self._cursor(), "reached": sequence})

    def add_status(self, event: StatusEvent) -> bool:
        if event.source == GATEWAY:
            self.statuses_read_to(event.sequence)
        return bool(self.run(_ADD_STATUS, mappers.STATUS.values(event)).rowcount == 1)
