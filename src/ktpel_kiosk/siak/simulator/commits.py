"""One writing SQLite connection for many threads: those that wait at the same moment share one transaction and one fsync."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", "trusted_schema=OFF")
GROUP = 256
"""Most pieces of work in one transaction, so that nobody waits behind an endless one."""


class _Job:
    __slots__ = ("done", "error", "value", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work, self.done = work, False
        self.value: Any = None
        self.error: BaseException | None = None

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


class Commits:
    """Group commit. Whoever gets the turn does the waiting work of all, commits once, and answers everybody.

    Work runs inside a savepoint of its own: its error undoes its own changes only. Nothing is answered before the commit is on
    the disk (WAL, synchronous=FULL).
    """

    def __init__(self, file: Path) -> None:
        self._db = connect(file)
        self._guard, self._turn = threading.Lock(), threading.Lock()
        self._waiting: list[_Job] = []
        self.groups = 0
        self.works = 0

    def run(self, work: Work[T]) -> T:
        """Do ``work`` durably and return what it returns. Raises what it raises, or sqlite3.Error of the commit."""
        job = _Job(work)
        with self._guard:
            self._waiting.append(job)
        with self._turn:
            while not job.done:
                self._lead()
        value: T = job.result()
        return value

    def _lead(self) -> None:
        with self._guard:
            jobs, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._one(job)
            self._db.execute("COMMIT")
        except BaseException as e:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            for job in jobs:
                job.error = e
            if not isinstance(e, Exception):
                raise
        finally:
            for job in jobs:
                job.done = True
            self.groups += 1
            self.works += len(jobs)

    def _one(self, job: _Job) -> None:
        self._db.execute("SAVEPOINT work")
        try:
            job.value = job.work(self._db)
        except Exception as e:
            # a full disk may have ended the whole transaction: then this raises too, and nobody's work counts
            self._db.execute("ROLLBACK TO work")
            job.error = e
        self._db.execute("RELEASE work")

    def close(self) -> None:
        with self._turn:
            self._db.close()


def connect(file: Path) -> sqlite3.Connection:
    """A connection with the durability this store promises; transactions are explicit."""
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    return db
