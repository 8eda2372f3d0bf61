"""What the reports count, answered by the register itself (statements in :mod:`statistics_sql`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.sql.base import Executable

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.ports.figures import (
    AGE_CLASSES_S,
    CaptureFigures,
    DatedService,
    OfficerWork,
    Outcome,
    PauseTimes,
    Tally,
    Times,
    Waits,
)
from ktpel_kiosk.register.areas import statistics_sql as sql
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.session import Row, Session

UNITS: Final = {"jam": "%H", "hari": "%d", "bulan": "%m"}


def _tallies(rows: Sequence[Row]) -> list[Tally]:
    return [Tally(r["kind"], r["layanan"], r["desa"], r["kelamin"], int(r["count"])) for r in rows]


def _waits(row: Row) -> Waits:
    ages = tuple(int(row[f"age_{i}"]) for i in range(len(AGE_CLASSES_S) + 1))
    return Waits(row["reason"], int(row["count"]), moment(int(row["oldest"])), ages, float(row["total_s"]), int(row["size"]))


class StatisticsArea(Session):
    """``ports.statistics.StatisticsView``."""

    def tally(self, measure: str, since: datetime, until: datetime, offset_s: int) -> Sequence[Tally]:
        statement = sql.TALLIES.get(measure)
        if statement is None:
            raise BugError("register.measure", entry=measure[:40])
        return _tallies(self._in(statement, since, until, offset=offset_s))

    def tally_at(self, at: datetime, offset_s: int) -> Sequence[Tally]:
        return _tallies(self.all(sql.TALLY_AT, at=micros(at), offset=offset_s))

    def outcomes(self, since: datetime, until: datetime) -> Sequence[Outcome]:
        return [Outcome(r["event"], r["reason"], r["layanan"], r["desa"], r["kelamin"], int(r["count"]))
                for r in self._in(sql.OUTCOME_COUNTS, since, until)]

    def letter_tally(self, since: datetime, until: datetime) -> Sequence[Tally]:
        return _tallies(self._in(sql.LETTERS, since, until))

    def counts_per(self, unit: str, since: datetime, until: datetime, offset_s: int) -> Mapping[str, Mapping[int, int]]:
        return {measure: {int(r["bucket"]): int(r["count"]) for r in self._in(statement, since, until, offset=offset_s, unit=UNITS[unit])}
                for measure, statement in sql.COUNTS_PER.items()}

    def sop_digests(self) -> Sequence[str]:
        return [r["digest"] for r in self.all(sql.DIGESTS)]

    def step_times(self, since: datetime, until: datetime, groups: Mapping[str, str]) -> Sequence[Times]:
        return [self._times(r) for r in self._in(sql.STEP_TIMES, since, until, groups=json.dumps(groups))]

    def service_times(self, since: datetime, until: datetime) -> Sequence[Times]:
        return [self._times(r) for r in self._in(sql.SERVICE_TIMES, since, until)]

    @staticmethod
    def _times(r: Row) -> Times:
        return Times(r["key"], r["layanan"], int(r["count"]), float(r["median_s"]), float(r["p90_s"]), int(r["limited"]),
                     int(r["within"]), int(r["paused"]), float(r["paused_s"]))

    def dated_services(self, since: datetime, until: datetime) -> Sequence[DatedService]:
        pauses: dict[str, list[tuple[datetime, datetime]]] = {}
        for r in self._in(sql.DATED_PAUSES, since, until):
            pauses.setdefault(r["id"], []).append((moment(r["began_at"]), moment(r["ended_at"])))
        return [DatedService(r["layanan"], moment(r["complete_at"]), moment(r["finished_at"]), moment(r["due_at"]),
                             tuple(pauses.get(r["id"], ()))) for r in self._in(sql.DATED, since, until)]

    def pause_times(self, since: datetime, until: datetime) -> Sequence[PauseTimes]:
        return [PauseTimes(r["reason"], int(r["count"]), int(r["applications"]), float(r["total_s"]), float(r["median_s"]),
                           float(r["longest_s"])) for r in self._in(sql.PAUSE_TIMES, since, until)]

    def waiting(self, now: datetime) -> Sequence[Waits]:
        return [_waits(r) for r in self.all(sql.WAITING, now=micros(now))]

    def packet_ages(self, now: datetime) -> Sequence[Waits]:
        return [_waits(r) for r in self.all(sql.PACKET_AGES, now=micros(now))]

    def unsent_at(self, at: datetime) -> int:
        return int(self.scalar(sql.UNSENT_AT, at=micros(at)) or 0)

    def officer_work(self, since: datetime, until: datetime) -> Sequence[OfficerWork]:
        return [OfficerWork(r["officer"], r["stage"], int(r["count"]), float(r["active_s"]))
                for r in self._in(sql.OFFICER_WORK, since, until)]

    def capture_figures(self, since: datetime, until: datetime) -> Sequence[CaptureFigures]:
        made: dict[tuple[str, str, str], list[int]] = {}
        first, last = self._audit_from(micros(since)), self._audit_from(micros(until)) - 1
        for r in self._in(sql.CAPTURES, since, until, first=first, last=last):
            key = (r["device"], Position(r["position"]).modality.value, r["operator"])
            values = [int(r[n]) for n in ("captures", "repeats", "forced", "scored", "score_sum")]
            made[key] = [a + b for a, b in zip(made.get(key, [0] * 5), values, strict=True)]
        return [CaptureFigures(*key, *values) for key, values in sorted(made.items())]

    def _audit_from(self, at: int) -> int:
        """The first sequence at or after a moment, by halving: links stand in the order of their moments, but for clock jumps."""
        low, high = 1, self._audit_end() + 1
        while low < high:
            middle = (low + high) // 2
            if int(self.scalar(sql.AUDIT_MOMENT, sequence=middle) or 0) < at:
                low = middle + 1
            else:
                high = middle
        return low

    def _audit_end(self) -> int:
        return int(self.scalar(sql.AUDIT_END) or 0)

    def residents(self, on: str) -> Sequence[Tally]:
        return _tallies(self.all(sql.RESIDENTS, today=on))

    def _in(self, statement: Executable, since: datetime, until: datetime, **more: Any) -> Sequence[Row]:
        """Rows of a period. The driver leaves aside what a statement does not name."""
        return self.all(statement, since=micros(since), until=micros(until), **more)
