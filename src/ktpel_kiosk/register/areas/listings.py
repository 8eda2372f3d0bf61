"""The books that are lists of applications: streamed page by page, with what belongs to a page looked up at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, text
from sqlalchemy.sql.elements import ColumnElement

from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.domain.permohonan import Permohonan, Tahap
from ktpel_kiosk.ports.ledgers import Recorded
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.areas import complaints, ledgers
from ktpel_kiosk.register.areas.ledgers import SINCE, UNTIL
from ktpel_kiosk.register.codecs import Mapper, micros, moment
from ktpel_kiosk.register.rows import (
    CardJobRow,
    ExceptionRow,
    HandoverRow,
    PacketRow,
    PermohonanRow,
    SearchRow,
    StatusEventRow,
    TahapRow,
    table_of,
)
from ktpel_kiosk.register.session import Row, Session, paged

if TYPE_CHECKING:
    from ktpel_kiosk.domain.cards import CardJob
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.domain.status import StatusEvent
    from ktpel_kiosk.ports.register import Handover

P: Final = table_of(PermohonanRow)
T: Final = table_of(TahapRow)
S: Final = table_of(SearchRow)
JOBS: Final = table_of(CardJobRow)
HANDOVERS: Final = table_of(HandoverRow)
PACKETS: Final = table_of(PacketRow)
EVENTS: Final = table_of(StatusEventRow)
EXCEPTIONS: Final = table_of(ExceptionRow)
PAGE: Final = 250


def _period(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(column >= SINCE, column < UNTIL)


def _among(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Is one of the ids given as one JSON list, so that the statement is the same for every page."""
    return column.in_(select(text("value")).select_from(func.json_each(bindparam("ids"))))


_NUMBERED = _period(S.c.numbered_at), text("search.nomor_register <> ''")  # literal: only so is the partial index used
_LATER = T.alias("later")
_IS_RECORDED = (
    _period(T.c.finished_at), text("tahap.stage = 'rekam' AND tahap.state = 'selesai'"),
    ~exists(select(_LATER.c.idx).where(
        _LATER.c.permohonan_id == T.c.permohonan_id, _LATER.c.stage == "rekam", _LATER.c.state != "dilewati",
        or_(_LATER.c.state != "selesai", _LATER.c.finished_at > T.c.finished_at,
            and_(_LATER.c.finished_at == T.c.finished_at, _LATER.c.idx > T.c.idx)))))
_NOT_CANCELLED = _period(JOBS.c.created_at), text("card_job.state <> 'cancelled'")

_NUMBERED_IN = select(S.c.permohonan_id).where(*_NUMBERED).order_by(S.c.numbered_at, S.c.no)
_RECORDED_IN = select(T.c.permohonan_id, T.c.finished_at, T.c.actor).where(*_IS_RECORDED).order_by(T.c.finished_at, T.c.permohonan_id)
_JOBS_IN = select(JOBS).where(*_NOT_CANCELLED).order_by(JOBS.c.created_at, JOBS.c.id)
_HANDOVERS_IN = select(HANDOVERS).where(_period(HANDOVERS.c.at)).order_by(HANDOVERS.c.at, HANDOVERS.c.permohonan_id)
_APPLICATIONS = select(P).where(_among(P.c.id))
_STAGES = select(T).where(_among(T.c.permohonan_id)).order_by(T.c.permohonan_id, T.c.idx)
_PACKETS = select(PACKETS).where(_among(PACKETS.c.permohonan_id)).order_by(PACKETS.c.permohonan_id, PACKETS.c.counter)
_EVENTS = select(EVENTS).where(_among(EVENTS.c.packet_id)).order_by(EVENTS.c.packet_id, EVENTS.c.sequence)
_EXCEPTIONS = select(EXCEPTIONS).where(_among(EXCEPTIONS.c.permohonan_id)).order_by(EXCEPTIONS.c.no)
_WITHOUT_PACKET = select(S.c.permohonan_id).where(
    S.c.keadaan == "berjalan", S.c.stage.in_(select(text("value")).select_from(func.json_each(bindparam("stages")))),
    ~exists(select(PACKETS.c.packet_id).where(PACKETS.c.permohonan_id == S.c.permohonan_id))).order_by(S.c.created_at, S.c.no)

COUNTS: Final[Mapping[str, Select[Any]]] = {
    "permohonan": select(func.count()).select_from(S).where(*_NUMBERED),
    "perekaman": select(func.count()).select_from(T).where(*_IS_RECORDED),
    "pencetakan": select(func.count()).select_from(JOBS).where(*_NOT_CANCELLED),
    "pengambilan": select(func.count()).select_from(HANDOVERS).where(_period(HANDOVERS.c.at)),
    "pengaduan": complaints.COUNT_COMPLAINTS,
    **ledgers.COUNTS,
}


class ListingView(Session):
    def running_without_packet(self, stages: Sequence[str]) -> Sequence[str]:
        return [r["permohonan_id"] for r in self.all(_WITHOUT_PACKET, stages=mappers.ids_text(stages))]

    def applications_in(self, since: datetime, until: datetime) -> Iterator[Permohonan]:
        for page in paged(self.stream(_NUMBERED_IN, since=micros(since), until=micros(until)), PAGE):
            ids = [r["permohonan_id"] for r in page]
            found = self._applications(ids)
            yield from (found[id] for id in ids)

    def recordings_in(self, since: datetime, until: datetime) -> Iterator[Recorded]:
        for page in paged(self.stream(_RECORDED_IN, since=micros(since), until=micros(until)), PAGE):
            ids = [r["permohonan_id"] for r in page]
            found, excused = self._applications(ids), self._grouped(_EXCEPTIONS, ids, "permohonan_id")
            sealed = [mappers.PACKET.value(r) for r in self._of(_PACKETS, ids)]
            packets = {p.permohonan_id: p for p in sealed}  # the newest of each stays
            events = self._came_back(sealed)
            for row in page:
                packet = packets.get(row["permohonan_id"])
                yield Recorded(
                    moment(row["finished_at"]), row["actor"], found[row["permohonan_id"]],
                    tuple(mappers.EXCEPTION.value(r) for r in excused[row["permohonan_id"]]), packet,
                    tuple(events[row["permohonan_id"]]))

    def card_jobs_in(self, since: datetime, until: datetime) -> Iterator[tuple[CardJob, Permohonan]]:
        return self._with_application(_JOBS_IN, mappers.CARD_JOB, since, until)

    def handovers_in(self, since: datetime, until: datetime) -> Iterator[tuple[Handover, Permohonan]]:
        return self._with_application(_HANDOVERS_IN, mappers.HANDOVER, since, until)

    def count_in(self, book: str, since: datetime, until: datetime) -> int:
        if book not in COUNTS:
            raise BugError("register.book", book=book[:40])
        return int(self.scalar(COUNTS[book], since=micros(since), until=micros(until)))

    def _with_application(self, statement: Select[Any], mapper: Mapper[Any], since: datetime,
                          until: datetime) -> Iterator[tuple[Any, Permohonan]]:
        for page in paged(self.stream(statement, since=micros(since), until=micros(until)), PAGE):
            found = self._applications([r["permohonan_id"] for r in page])
            yield from ((mapper.value(r), found[r["permohonan_id"]]) for r in page)

    def _applications(self, ids: Iterable[str]) -> dict[str, Permohonan]:
        wanted = list(set(ids))
        stages: dict[str, list[Tahap]] = defaultdict(list)
        for row in self.tuples(_STAGES, ids=mappers.ids_text(wanted)):
            stages[row[0]].append(mappers.read_tahap(row))
        return {r["id"]: mappers.application_from(r, stages[r["id"]]) for r in self._of(_APPLICATIONS, wanted)}

    def _came_back(self, packets: Sequence[Packet]) -> Mapping[str, list[StatusEvent]]:
        """By application: what came back on any of its packets, in the order the centre said it."""
        of = {p.packet_id: p.permohonan_id for p in packets}
        found: dict[str, list[StatusEvent]] = defaultdict(list)
        for row in self._of(_EVENTS, list(of)):
            found[of[row["packet_id"]]].append(mappers.STATUS.value(row))
        for events in found.values():
            events.sort(key=lambda e: e.sequence)
        return found

    def _grouped(self, statement: Select[Any], ids: Sequence[str], by: str) -> Mapping[str, list[Row]]:
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in self._of(statement, ids):
            groups[row[by]].append(row)
        return groups

    def _of(self, statement: Select[Any], ids: Sequence[str]) -> Sequence[Row]:
        return self.all(statement, ids=mappers.ids_text(ids)) if ids else ()
