"""Lists and searches over the whole register, as fast after ten years as on the first day (docs/adr/0007).

Words are kept by chapters of 28 days, so that a list that shows the newest matches reads the newest chapters and stops. Each thing a
query asks for is a list of row numbers from one narrow index; lists are intersected, and only a very short one is looked up row by row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import text

from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.ports.register import ListItem, Query
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.session import Session
from ktpel_kiosk.register.words import LAST, terms

CHAPTER_US: Final = 28 * 24 * 3600 * 1_000_000
"""As in the migration that made the chapters."""
Numbers = list[int]
FEW: Final = 1000
"""A list this short in the chapters at hand narrows the others to the chapters it speaks of."""
LOOK_UP_COSTS: Final = 100
"""Looking up one row (a page to decrypt) costs as much as reading so many entries of a list."""
_ALL_TIME: Final = (-(2**62), 2**62)

_COUNTS = text("SELECT stage, count(*) AS count FROM search WHERE keadaan = 'berjalan' GROUP BY stage")
_TOTAL = text("SELECT coalesce(max(no), 0) FROM search")  # rows are numbered without gaps and never leave
_PLACE = text("SELECT created_at, no FROM search WHERE permohonan_id = :wanted")
_CHAPTERS = text(f"""
    WITH RECURSIVE chapter (n) AS (
        SELECT (SELECT max(created_at) FROM search WHERE created_at >= :since AND created_at < :until) / {CHAPTER_US}
        UNION ALL
        SELECT (SELECT max(created_at) FROM search WHERE created_at >= :since AND created_at < n * {CHAPTER_US}) / {CHAPTER_US}
        FROM chapter WHERE n IS NOT NULL)
    SELECT n FROM chapter WHERE n IS NOT NULL""")
_SHOWN = """
    SELECT s.*, l.limit_s FROM search AS s LEFT JOIN sop_step AS l ON l.sop_digest = s.sop_digest AND l.nomor = s.step_no
    WHERE s.no IN (SELECT value FROM json_each(:numbers)) ORDER BY s.created_at {0}, s.no {0}"""
_SHOW = {newest: text(_SHOWN.format(way)) for newest, way in ((True, "DESC"), (False, "ASC"))}

_IN_CHAPTERS = "chapter IN (SELECT value FROM json_each(:chapters))"
_IN_TIME = "created_at >= :since AND created_at < :until"


def chapter_of(created_at: int) -> int:
    return created_at // CHAPTER_US


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One thing a query asks for.

    ``rows``: number and moment of the applications that meet it, within chapters and time. ``test``: the same asked of one row of
    ``search AS s``; empty for words, which stand in no row.
    """

    rows: str
    given: Mapping[str, Any]
    test: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A query in parts: what is asked, the time it may lie in (half open), where to go on from."""

    asked: tuple[Asked, ...]
    since: int
    until: int
    newest_first: bool
    after: tuple[int, int] | None = None
    impossible: bool = False
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def beyond(self) -> str:
        """The condition that leaves out what came before ``after``."""
        if self.after is None:
            return ""
        return f" AND (x.created_at, x.no) {'<' if self.newest_first else '>'} (:after_at, :after_no)"

    @property
    def order(self) -> str:
        way = "DESC" if self.newest_first else "ASC"
        return f"ORDER BY x.created_at {way}, x.no {way}"


class SearchView(Session):
    _counted_as: tuple[Query, Numbers, bool] | None = None
    """What the last count found: its query without a page, the numbers in order, whether they are all. One search serves both."""

    def list(self, query: Query) -> Sequence[ListItem]:
        limit, offset = max(0, query.limit), max(0, query.offset)
        numbers = self._as_counted(query, limit, offset)
        if numbers is None:
            numbers = self._numbers(self._plan(query), limit, offset)
        if not numbers:
            return []
        return [mappers.LIST_ITEM.value(r) for r in self.all(_SHOW[query.newest_first], numbers=json.dumps(numbers))]

    def count(self, query: Query) -> int:
        query = _unpaged(query)
        plan, most = self._plan(query), query.count_limit + 1 if query.count_limit > 0 else 2**62
        if plan.impossible:
            return 0
        if not plan.asked:
            if (plan.since, plan.until) == _ALL_TIME:
                return int(self.scalar(_TOTAL))
            return self._first(f"SELECT count(*) FROM (SELECT 1 FROM search WHERE {_IN_TIME} LIMIT :most)", plan.given | {"most": most})
        if query.count_limit > 0:
            numbers = self._numbers(plan, most, 0)
            self._counted_as = replace(query, count_limit=0), numbers, len(numbers) < most
            return len(numbers)
        return sum(self._counted(plan, chapters) for chapters in self._batches(plan))

    def _as_counted(self, query: Query, limit: int, offset: int) -> Numbers | None:
        """The page, if the last count came past it."""
        if self._counted_as is None or query.after or self._counted_as[0] != replace(_unpaged(query), count_limit=0):
            return None
        _, numbers, whole = self._counted_as
        return numbers[offset:offset + limit] if whole or offset + limit <= len(numbers) else None

    def counts_by_stage(self) -> Mapping[str, int]:
        return {r["stage"]: int(r["count"]) for r in self.all(_COUNTS) if r["stage"]}

    # -- which rows ------------------------------------------------------------------------------------------------------

    def _plan(self, query: Query) -> Plan:
        words = terms(query.text)
        since = micros(query.since) if query.since is not None else _ALL_TIME[0]
        until = micros(query.until) + 1 if query.until is not None else _ALL_TIME[1]
        after = None
        if query.after:
            place = self.one(_PLACE, wanted=query.after)
            if place is not None:
                after = int(place["created_at"]), int(place["no"])
                since, until = (since, min(until, after[0] + 1)) if query.newest_first else (max(since, after[0]), until)
        given: dict[str, Any] = {"since": since, "until": until}
        if after is not None:
            given |= {"after_at": after[0], "after_no": after[1]}
        where = _IN_CHAPTERS if (since, until) == _ALL_TIME else f"{_IN_CHAPTERS} AND {_IN_TIME}"
        asked = (*(_word(n, alternatives, where) for n, alternatives in enumerate(words)), *_filters(query))
        return Plan(asked, since, until, query.newest_first, after, bool(query.text.strip()) and not words, given)

    def _numbers(self, plan: Plan, limit: int, offset: int) -> Numbers:
        """Numbers of the rows shown, in the order of the list."""
        if plan.impossible or not limit:
            return []
        if not plan.asked:
            lines = f"(SELECT no, created_at FROM search WHERE {_IN_TIME}) AS x"
            sql = f"SELECT x.no FROM {lines} WHERE true{plan.beyond} {plan.order} LIMIT :most OFFSET :skipped"
            return [no for no, in self._rows_of(sql, plan.given | {"most": limit, "skipped": offset})]
        found: Numbers = []
        for chapters in self._batches(plan):
            found += self._matching(plan, chapters, offset + limit - len(found))
            if len(found) >= offset + limit:
                break
        return found[offset:]

    def _batches(self, plan: Plan) -> Iterator[Numbers]:
        """Chapters in the order of the list: few at first, then ever more at once; all at once where a filter leaves few rows."""
        few = any(self._size(a, {**plan.given, **a.given}, FEW) < FEW for a in plan.asked if a.test)
        if few and all(a.test for a in plan.asked):
            yield []  # no words, so that chapters do not matter
            return
        chapters = [int(r["n"]) for r in self.all(_CHAPTERS, since=plan.since, until=plan.until)]
        if not plan.newest_first:
            chapters.reverse()
        size, at = len(chapters) if few else 1, 0
        while at < len(chapters):
            yield chapters[at:at + size]
            at += size
            size *= 2

    def _matching(self, plan: Plan, chapters: Numbers, most: int) -> Numbers:
        narrowed = self._narrowed(plan, chapters)
        if narrowed is None:
            return []
        matches, given = narrowed
        sql = f"SELECT DISTINCT x.created_at, x.no FROM {matches}{plan.beyond} {plan.order} LIMIT :most"
        return [no for _, no in self._rows_of(sql, given | {"most": most})]

    def _counted(self, plan: Plan, chapters: Numbers) -> int:
        narrowed = self._narrowed(plan, chapters)
        if narrowed is None:
            return 0
        matches, given = narrowed
        return self._first(f"SELECT count(DISTINCT x.no) FROM {matches}{plan.beyond}", given)

    def _narrowed(self, plan: Plan, chapters: Numbers) -> tuple[str, dict[str, Any]] | None:
        """What stands behind FROM for these chapters; None when one of the lists is empty there."""
        given = plan.given | {"chapters": json.dumps(chapters)}
        if chapters:
            lowest, highest = min(chapters) * CHAPTER_US, (max(chapters) + 1) * CHAPTER_US
            given |= {"since": max(plan.since, lowest), "until": min(plan.until, highest)}
        for a in plan.asked:
            given |= a.given
        if len(plan.asked) == 1:
            return f"({plan.asked[0].rows}) AS x WHERE true", given
        sizes = {a: self._size(a, given, FEW) for a in plan.asked}
        shortest, *others = sorted(plan.asked, key=sizes.__getitem__)
        if not sizes[shortest]:
            return None
        if sizes[shortest] >= FEW:
            return _intersection(plan.asked, sizes), given
        used = self._rows_of(f"SELECT DISTINCT created_at / {CHAPTER_US} FROM ({shortest.rows})", given)
        given["chapters"] = json.dumps([n for n, in used])
        enough = sizes[shortest] * LOOK_UP_COSTS
        sizes |= {a: self._size(a, given, max(FEW, enough)) for a in others}
        looked_up = [a for a in others if a.test and sizes[a] >= enough]
        joined = " CROSS JOIN search AS s ON s.no = x.no" if looked_up else ""
        source = _intersection([a for a in plan.asked if a not in looked_up], sizes, joined)
        return " AND ".join((source, *(a.test for a in looked_up))), given

    def _size(self, asked: Asked, given: Mapping[str, Any], most: int) -> int:
        return self._first(f"SELECT count(*) FROM (SELECT 1 FROM ({asked.rows}) LIMIT {most})", given)

    def _rows_of(self, sql: str, given: Mapping[str, Any]) -> Sequence[Any]:
        cursor = self._execute(sql, given)
        found: Sequence[Any] = cursor.fetchall()
        cursor.close()
        return found

    def _first(self, sql: str, given: Mapping[str, Any]) -> int:
        return int(self._rows_of(sql, given)[0][0])


def _unpaged(query: Query) -> Query:
    return replace(query, limit=0, offset=0, after="")


def _intersection(asked: Sequence[Asked], sizes: Mapping[Asked, int], joined: str = "") -> str:
    """From the shortest list to the longest, each read once past what is left of those before it."""
    inner = ""
    *shorter, longest = sorted(asked, key=sizes.__getitem__)
    for a in shorter:
        inner = f"SELECT no FROM ({a.rows})" + (f" WHERE +no IN ({inner})" if inner else "")
    return f"({longest.rows}) AS x{joined} WHERE " + (f"+x.no IN ({inner})" if inner else "true")


def _word(n: int, alternatives: tuple[str, ...], where: str) -> Asked:
    """Applications with a word that begins like one of ``alternatives``."""
    rows: list[str] = []
    given: dict[str, Any] = {}
    for m, begin in enumerate(alternatives):
        given |= {f"w{n}_{m}": begin, f"w{n}_{m}_end": begin + LAST}
        rows.append(f"SELECT no, created_at FROM search_word WHERE {where} AND word >= :w{n}_{m} AND word < :w{n}_{m}_end")
    return Asked(" UNION ALL ".join(rows), given)


def _filters(query: Query) -> Iterator[Asked]:
    if query.keadaan or query.stages:
        states = [str(k) for k in query.keadaan] or [k.value for k in Keadaan]  # the index of stages begins with the state
        conditions = [_one_of("keadaan", states), *([_one_of("stage", [str(s) for s in query.stages])] if query.stages else [])]
        yield _filter("search_state" if query.stages else "search_keadaan", *conditions)
    if query.layanan:
        yield _filter("search_layanan", _one_of("layanan", [str(v) for v in query.layanan]))
    if query.desa:
        yield _filter("search_desa", _one_of("desa", [query.desa]))


def _one_of(column: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
    given = {f"{column}_{n}": value for n, value in enumerate(values)}
    return f"{column} IN ({', '.join(':' + name for name in given)})", given


def _filter(index: str, *conditions: tuple[str, dict[str, Any]]) -> Asked:
    given = {name: value for _, values in conditions for name, value in values.items()}
    where = " AND ".join(condition for condition, _ in conditions)
    return Asked(f"SELECT no, created_at FROM search INDEXED BY {index} WHERE {where} AND {_IN_TIME}", given,
                 " AND ".join("s." + condition for condition, _ in conditions))
