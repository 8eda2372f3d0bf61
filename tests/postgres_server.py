"""A PostgreSQL server of this test run: its own folder, a socket only, started when the first test asks, gone at the end.

Shared by the register's and the gateway's tests. ``require()`` skips where Debian's ``postgresql`` is not installed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
SETTINGS = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "64MB", "max_wal_size": "2GB"}


def missing() -> str:
    """Why there is no server here; empty when there can be one."""
    if not BINARIES or not (BINARIES[-1] / "initdb").exists():
        return "PostgreSQL is not installed (Debian: postgresql)"
    return "PostgreSQL refuses to run as root and there is no user postgres" if os.geteuid() == 0 and _user() is None else ""


def _user() -> str | None:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


@dataclass
class PostgresServer:
    """``folder``: data and socket. Superuser ``postgres``, trusted on the socket."""

    folder: Path
    process: subprocess.Popen[bytes]

    def conninfo(self, database: str = "postgres") -> str:
        """For ``psycopg.connect``."""
        return f"host={self.folder} dbname={database} user=postgres"

    def fresh(self) -> str:
        """Conninfo of a new empty database."""
        import psycopg

        name = f"t{uuid.uuid4().hex[:16]}"
        with psycopg.connect(self.conninfo(), autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}")
        return self.conninfo(name)

    def crash(self) -> None:
        """As a power cut for the server's processes: nothing is flushed. ``start`` recovers."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)

    def start(self) -> None:
        self.process = _launch(self.folder)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(**settings: str) -> PostgresServer:
    """A running server; the caller stops it. ``settings`` go into postgresql.conf (``fsync="off"`` for tests that cut no power)."""
    folder, user = Path(tempfile.mkdtemp(prefix="ktpel-pg-", dir="/tmp")), _user()
    if user is not None:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    subprocess.run([BINARIES[-1] / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
                   check=True, capture_output=True, user=user, cwd="/")
    with (folder / "data" / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{k} = '{v}'\n" for k, v in {**SETTINGS, "unix_socket_directories": str(folder), **settings}.items())
    return PostgresServer(folder, _launch(folder))


def _launch(folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([BINARIES[-1] / "postgres", "-D", folder / "data"], user=_user(), cwd="/", stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    import time

    until = time.monotonic() + 60
    ready = [BINARIES[-1] / "pg_isready", "-q", "-h", folder, "-U", "postgres"]
    while subprocess.run(ready, check=False).returncode != 0:
        assert process.poll() is None and time.monotonic() < until, "PostgreSQL did not start"
        time.sleep(0.05)
    return process


def require() -> None:
    """Skip the test where there can be no server."""
    reason = missing()
    if reason:
        pytest.skip(reason)
