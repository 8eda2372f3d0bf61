"""The queue of unsent packets, answered from partial indexes: any page, any filter and every figure, at fifty thousand rows.

Statements name their index: the planner knows nothing of a register that was never analysed, and a page must never sort the queue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.ports.queue import QueueFigures, QueueLine, QueueQuery
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.areas.outbox import OutboxView
from ktpel_kiosk.register.areas.search import SearchView
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.session import Row
from ktpel_kiosk.register.words import terms, words_of

UNSENT: Final = "state <> 'received' AND replaced_by = ''"
FEW_NAMED: Final = 2000
"""Up to so many applications that match a text, their packets are looked up; above, the queue is read along until a page is full."""
_STRIDE: Final = 1000

_NAMED = "SELECT p.*, s.nomor_register, s.nama{more} FROM ({page}) AS p LEFT JOIN search AS s ON s.permohonan_id = p.permohonan_id " \
         "ORDER BY p.counter"
_SEARCHED = ", s.nik, s.nomor_hp, s.desa"
_OF_FOUND = """
    SELECT p.* FROM search AS s CROSS JOIN packet AS p ON p.permohonan_id = s.permohonan_id
    WHERE s.no IN (SELECT value FROM json_each(:numbers)) AND p.state <> 'received' AND p.replaced_by = '' AND p.counter > :after{where}
    ORDER BY p.counter LIMIT :most"""
_BY_CAUSE = text(f"""
    WITH line AS (
        SELECT wait_cause, state, count(*) AS count, sum(size) AS size, sum("offset") AS sent
        FROM packet INDEXED BY packet_unsent_cause WHERE {UNSENT} GROUP BY wait_cause, state)
    SELECT line.*,
        (SELECT count(*) FROM packet INDEXED BY packet_unsent_cause WHERE {UNSENT}
            AND wait_cause = line.wait_cause AND state = line.state AND sealed_at <= :warn) AS warned,
        (SELECT count(*) FROM packet INDEXED BY packet_unsent_cause WHERE {UNSENT}
            AND wait_cause = line.wait_cause AND state = line.state AND sealed_at <= :alarm) AS alarmed,
        (SELECT min(sealed_at) FROM packet INDEXED BY packet_unsent_cause WHERE {UNSENT}
            AND wait_cause = line.wait_cause AND state = line.state) AS oldest
    FROM line""")
_FIRST = text(f"SELECT sealed_at FROM packet INDEXED BY packet_unsent WHERE {UNSENT} ORDER BY counter LIMIT 1")
_COUNT = text(f"SELECT count(*) FROM packet INDEXED BY packet_unsent WHERE {UNSENT}")
_COURIERED = text(f"SELECT count(*) FROM packet INDEXED BY packet_unsent_courier WHERE {UNSENT} AND courier_at IS NOT NULL")
_END_DELAYS = text(f"""
    UPDATE packet SET next_try_at = NULL WHERE packet_id IN (
        SELECT packet_id FROM packet INDEXED BY packet_unsent WHERE {UNSENT} AND next_try_at IS NOT NULL AND state <> 'refused')""")


class QueueArea(SearchView, OutboxView):
    """Reads."""

    def queue_page(self, query: QueueQuery) -> Sequence[QueueLine]:
        if query.limit <= 0:
            return []
        if not query.text.strip():
            return [_line(r) for r in self._named(_page(query), _given(query))]
        words = terms(query.text)
        if not words:
            return []
        numbers = self._numbers(self._plan(Query(text=query.text)), FEW_NAMED + 1, 0)
        if len(numbers) <= FEW_NAMED:
            page = _OF_FOUND.format(where=_conditions(query, "p."))
            return [_line(r) for r in self._named(page, {**_given(query), "numbers": json.dumps(numbers)})]
        return list(self._read_along(query, words))

    def _read_along(self, query: QueueQuery, words: list[tuple[str, ...]]) -> Iterator[QueueLine]:
        """The queue in order, each name compared, until the page is full: for words that very many people have."""
        given, left = _given(query) | {"most": _STRIDE}, query.limit
        while rows := self._named(_page(query), given, _SEARCHED):
            for row in rows:
                if _means(row, words):
                    yield _line(row)
                    left -= 1
                    if not left:
                        return
            given["after"] = rows[-1]["counter"]

    def _named(self, page: str, given: dict[str, Any], more: str = "") -> Sequence[Row]:
        return self._rows(self._execute(_NAMED.format(page=page, more=more), given))

    def queue_figures(self, warn_before: datetime, alarm_before: datetime, since: datetime) -> QueueFigures:
        rows = self.all(_BY_CAUSE, warn=micros(warn_before), alarm=micros(alarm_before))
        refused = [r for r in rows if r["state"] == PacketState.REFUSED.value]
        by_cause: dict[WaitCause, int] = {}
        for r in rows:
            if r["state"] != PacketState.REFUSED.value:
                cause = WaitCause(r["wait_cause"])
                by_cause[cause] = by_cause.get(cause, 0) + r["count"]

        def total(name: str) -> int:
            return sum(r[name] for r in rows)

        return QueueFigures(
            total("count"), total("size"), total("sent"), total("size") - total("sent") - sum(r["size"] - r["sent"] for r in refused),
            min((moment(r["oldest"]) for r in rows), default=None), sum(r["count"] for r in refused), total("warned"),
            total("alarmed"), int(self.scalar(_COURIERED)), by_cause, self.packets_received(since))

    def unsent_count(self) -> int:
        return int(self.scalar(_COUNT))

    def unsent_oldest(self) -> datetime | None:
        sealed_at = self.scalar(_FIRST)
        return None if sealed_at is None else moment(sealed_at)


class QueueWrites(QueueArea):
    def end_delays(self) -> int:
        return int(self.run(_END_DELAYS, {}).rowcount)


def _page(query: QueueQuery) -> str:
    index = "packet_unsent_courier" if query.with_courier else "packet_unsent"
    return f"SELECT * FROM packet INDEXED BY {index} WHERE {UNSENT} AND counter > :after{_conditions(query)} ORDER BY counter LIMIT :most"


def _conditions(query: QueueQuery, of: str = "") -> str:
    parts = []
    if query.causes:
        parts.append(f"{of}wait_cause IN ({', '.join(f':cause_{n}' for n in range(len(query.causes)))}) AND {of}state <> 'refused'")
    if query.refused:
        parts.append(f"{of}state = 'refused'")
    if query.sealed_until is not None:
        parts.append(f"{of}sealed_at <= :until")
    if query.with_courier:
        parts.append(f"{of}courier_at IS NOT NULL")
    return "".join(f" AND {p}" for p in parts)


def _given(query: QueueQuery) -> dict[str, Any]:
    given: dict[str, Any] = {"after": query.after, "most": query.limit}
    given |= {f"cause_{n}": cause.value for n, cause in enumerate(query.causes)}
    if query.sealed_until is not None:
        given["until"] = micros(query.sealed_until)
    return given


def _means(row: Row, words: list[tuple[str, ...]]) -> bool:
    own = words_of(row["nama"] or "", row["nik"] or "", row["nomor_register"] or "", row["nomor_hp"] or "", row["desa"] or "")
    return all(any(w.startswith(begin) for w in own for begin in alternatives) for alternatives in words)


def _line(row: Row) -> QueueLine:
    return QueueLine(mappers.PACKET.value(row), row["nomor_register"] or "", row["nama"] or "")
