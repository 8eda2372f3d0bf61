"""A PostgreSQL of the tests' own: one server a process, on a socket in a temporary folder, a fresh database for each test.

PostgreSQL refuses to run as root: there it runs as the system's user ``postgres`` (Debian makes it), else as whoever runs the tests.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
"""No test cuts the power: what a killed server process has written is there on either. Gates and benchmarks leave these out."""
START_S = 60.0
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
    """A running server. ``settings``: lines of postgresql.conf."""

    def __init__(self, settings: Sequence[str] = QUICK) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ktpel-pg-", dir=_in_memory() if settings is QUICK else "/tmp"))
        self._numbers = itertools.count(1)
        self._as = _other_user()
        if self._as is not None:
            os.chown(self.folder, *self._as)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
                  "--no-instructions")
        lines = ("listen_addresses=''", f"unix_socket_directories='{self.folder}'", "max_connections=100", *settings)
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join(("", *lines, "")))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        atexit.register(self.remove)

    def start(self, port: int = 5432) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program("postgres"), "-D", str(self.folder / "data")], stdout=log, stderr=log,
                                             preexec_fn=self._become)
        last = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(f"{self._conninfo('postgres')} port={port}").close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > last or self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text("utf-8", "replace")[-2000:]) from None
                time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> None:
        """``SIGINT``: at once, orderly; ``SIGQUIT``: as if the power went."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, template: str = "template1") -> str:
        """Name of a new database."""
        name = f"kantor_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def emptied(self, database: str) -> None:
        """A register's database as its migrations left it (much cheaper than another copy); nobody is connected to it."""
        self.sql(_EMPTY, database)

    def url(self, database: str) -> str:
        """As ``register.url`` of a station."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self._conninfo(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user={_USER} dbname={database}"

    @staticmethod
    def _program(name: str) -> str:
        return str(PROGRAMS[-1] / name)

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run([self._program(name), *words], capture_output=True, preexec_fn=self._become, cwd="/")
        if done.returncode:
            raise RuntimeError(done.stderr.decode("utf-8", "replace")[-2000:])

    def _become(self) -> None:
        if self._as is not None:
            os.setgroups([])
            os.setgid(self._as[1])
            os.setuid(self._as[0])


def _in_memory() -> str:
    """A short path (of a socket), where there is room in memory if possible."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_NEEDED else "/tmp"


def _other_user() -> tuple[int, int] | None:
    if os.geteuid():
        return None
    found = pwd.getpwnam("postgres")
    return found.pw_uid, found.pw_gid


@cache
def server() -> OfficeServer:
    """This process's own."""
    return OfficeServer()


@contextmanager
def running(settings: Sequence[str] = ()) -> Iterator[OfficeServer]:
    """One more, which may be stopped and killed."""
    made = OfficeServer(settings)
    try:
        yield made
    finally:
        made.remove()
