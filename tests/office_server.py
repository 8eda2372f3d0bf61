"""The office server of the register's tests: one PostgreSQL a process (:mod:`postgres_server`), a fresh database for each test."""

from __future__ import annotations

import atexit
import itertools
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

import postgres_server

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""No test cuts the power: what a killed server process has written is there on either. Gates and benchmarks leave these out."""
MEMORY_NEEDED = 2 * 1024**3
_USER = "desk"
_EMPTY = """
    SET session_replication_role = replica;
    DO $$ DECLARE found text; BEGIN
        FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
            AND tablename NOT IN ('alembic_version', 'ktpel_register', 'audit_head') LOOP
            EXECUTE format('DELETE FROM %I', found);
        END LOOP;
    END $$;
    UPDATE audit_head SET register_id = replace(gen_random_uuid()::text, '-', ''), length = 0, head = repeat('0', 64);"""


class OfficeServer:
    """A running server. ``settings``: of postgresql.conf."""

    def __init__(self, settings: Mapping[str, str] = QUICK) -> None:
        self._server = postgres_server.start(_USER, _in_memory() if settings is QUICK else "/tmp", **settings)
        self.folder = self._server.folder
        self._numbers = itertools.count(1)
        self._emptying: dict[str, psycopg.Connection[Any]] = {}
        atexit.register(self.remove)

    def start(self, port: int = postgres_server.PORT) -> None:
        self._server.start(port)

    def stop(self, how: int = signal.SIGINT) -> None:
        """``SIGINT``: at once, orderly; ``SIGQUIT``: as if the power went."""
        self._server.halt(how)

    def remove(self) -> None:
        atexit.unregister(self.remove)
        for connection in self._emptying.values():
            connection.close()
        self._server.stop()

    def database(self, template: str = "template1") -> str:
        """Name of a new database."""
        name = f"kantor_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def emptied(self, database: str) -> None:
        """A register's database as its migrations left it (much cheaper than another copy); nobody is connected to it."""
        connection = self._emptying.get(database)
        if connection is None or connection.closed:
            connection = self._emptying[database] = psycopg.connect(self._conninfo(database), autocommit=True)
        connection.execute(_EMPTY.encode())

    def url(self, database: str) -> str:
        """As ``register.url`` of a station."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self._conninfo(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user={_USER} dbname={database}"


def _in_memory() -> str:
    """A short path (of a socket), where there is room in memory if possible."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_NEEDED else "/tmp"


@cache
def server() -> OfficeServer:
    """This process's own."""
    return OfficeServer()


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[OfficeServer]:
    """One more, which may be stopped and killed."""
    made = OfficeServer(settings or {})
    try:
        yield made
    finally:
        made.remove()
