"""PostgreSQL as the gateway uses it: a few connections for many threads, work that is one transaction, and news from other nodes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from queue import Empty, LifoQueue
from typing import Any, TypeVar

from ktpel_kiosk.siak.simulator.pg_schema import migrate
from ktpel_kiosk.siak.simulator.records import StoreAway, StoreFull

T = TypeVar("T")
Work = Callable[[Any], T]
CONNECTIONS = 24
"""Most connections of one node: its store threads and those of lookups. 8 nodes stay below PostgreSQL's 200."""
OPTIONS = {"connect_timeout": "5", "keepalives_idle": "20", "application_name": "ktpel-gateway",
           "options": "-c synchronous_commit=on -c statement_timeout=20000 -c lock_timeout=10000"}
LISTEN_S = 5.0
NEWS = "ktpel_news"
FULL = frozenset({"53100", "53200"})
"""disk_full, out_of_memory"""


class Database:
    """Any thread. Raises StoreAway when the server does not answer, StoreFull when its disk is full.

    Args:
        conninfo: as libpq reads it.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._free: LifoQueue[Any] = LifoQueue()
        self._slots = threading.Semaphore(CONNECTIONS)
        self._closed = threading.Event()
        self._listener: threading.Thread | None = None
        self.run(lambda db: None)
        with self._connect() as db:
            migrate(db)

    def _connect(self) -> Any:
        import psycopg

        try:
            return psycopg.connect(self._conninfo, autocommit=True, **OPTIONS)  # type: ignore[arg-type]
        except psycopg.OperationalError as e:
            raise StoreAway("postgresql") from e

    def run(self, work: Work[T], *, atomic: bool = True) -> T:
        """``work`` as one transaction, committed when it returns. Done again once when its connection was dead to begin with.

        Everything the gateway does may be done twice (docs/scale.md), so a commit of unknown fate is no trouble either.

        Args:
            atomic: ``False`` for work of one statement, which is a transaction by itself: two round trips less.
        """
        with self._slots:
            if self._closed.is_set():
                raise StoreAway("closed")
            try:
                db = self._free.get_nowait()
            except Empty:
                return self._once(self._connect(), work, atomic)
            try:
                return self._once(db, work, atomic)
            except StoreAway:
                return self._once(self._connect(), work, atomic)

    def _once(self, db: Any, work: Work[T], atomic: bool) -> T:
        import psycopg

        try:
            with db.transaction() if atomic else nullcontext():
                value = work(db)
        except psycopg.OperationalError as e:
            if e.sqlstate in FULL:
                self._free.put(db)
                raise StoreFull from e
            db.close()
            raise StoreAway("postgresql") from e
        except BaseException:
            self._give_back(db)
            raise
        self._give_back(db)
        return value

    def _give_back(self, db: Any) -> None:
        if db.closed or self._closed.is_set():
            db.close()
        else:
            self._free.put(db)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.run(lambda db: db.execute(sql, values).fetchall(), atomic=False)
        return found

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        found = self.rows(sql, values)
        return found[0] if found else ()

    def listen(self, told: Callable[[str], object], anything: Callable[[], object]) -> None:
        """Call ``told`` with the text of every piece of news, ``anything`` when some may have been missed, on a thread of its own."""
        self._listener = threading.Thread(target=self._hear, args=(told, anything), name="gateway-news", daemon=True)
        self._listener.start()

    def _hear(self, told: Callable[[str], object], anything: Callable[[], object]) -> None:
        import psycopg

        while not self._closed.is_set():
            with suppress(psycopg.Error, StoreAway), self._connect() as db:
                db.execute(f"LISTEN {NEWS}")
                anything()
                while not self._closed.is_set():
                    quiet = True
                    for note in db.notifies(timeout=LISTEN_S, stop_after=1):
                        quiet = False
                        if note.payload:
                            told(note.payload)
                    if quiet:
                        anything()
            self._closed.wait(0.5)

    def close(self) -> None:
        self._closed.set()
        if self._listener is not None:
            with suppress(Exception), self._connect() as db:
                db.execute("SELECT pg_notify(%s, '')", (NEWS,))  # wakes the listener
            self._listener.join(LISTEN_S + 1)
        with suppress(Empty):
            while True:
                self._free.get_nowait().close()


def tell(db: Any, stations: Sequence[str]) -> None:
    """News for these stations, on every node, once this transaction is committed."""
    if stations:
        db.execute("SELECT pg_notify(%s, s) FROM unnest(%s::text[]) s", (NEWS, list(stations)))
