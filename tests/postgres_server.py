"""A PostgreSQL server of this test run: its own folder, a socket only, started when the first test asks, gone at the end.

Shared by the register's (:mod:`office_server`) and the gateway's tests. ``require()`` skips where Debian's ``postgresql`` is not installed.
A test run that is killed leaves nothing behind: a reaper waits at the end of a pipe, ends the server and removes its folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
PORT = 5432
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
    process: subprocess.Popen[bytes] | None
    reaper: subprocess.Popen[bytes]

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
        self.halt(signal.SIGQUIT)

    def halt(self, how: int = signal.SIGINT) -> None:
        """End the server, keep its folder. ``SIGINT``: at once, orderly."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def start(self, port: int = PORT) -> None:
        self.process = _launch(self.folder, port)

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt()
        assert self.reaper.stdin is not None
        self.reaper.stdin.close()
        self.reaper.wait(60)


def start(superuser: str = "postgres", parent: str = "/tmp", **settings: str) -> PostgresServer:
    """A running server; the caller stops it. ``settings`` go into postgresql.conf (``fsync="off"`` for tests that cut no power)."""
    folder, user = Path(tempfile.mkdtemp(prefix="ktpel-pg-", dir=parent)), _user()
    reaper = _reaper(folder)
    if user is not None:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    subprocess.run([BINARIES[-1] / "initdb", "-D", folder / "data", "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "-N",
                    "--no-instructions"], check=True, capture_output=True, user=user, cwd="/")
    with (folder / "data" / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{k} = '{v}'\n" for k, v in {**SETTINGS, "unix_socket_directories": str(folder), **settings}.items())
    return PostgresServer(folder, _launch(folder, PORT), reaper)


def _reaper(folder: Path) -> subprocess.Popen[bytes]:
    """Ends when this process does, however that happens; in a session of its own, so that no signal to the run's group ends it first."""
    return subprocess.Popen(["sh", "-c", _REAP, "sh", folder], stdin=subprocess.PIPE, start_new_session=True, cwd="/")


_REAP = """cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && break; sleep 0.3; done"""


def _launch(folder: Path, port: int) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([BINARIES[-1] / "postgres", "-D", folder / "data", "-p", str(port)], user=_user(), cwd="/",
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    until = time.monotonic() + 60
    ready = [BINARIES[-1] / "pg_isready", "-q", "-h", folder, "-p", str(port)]
    while subprocess.run(ready, check=False).returncode != 0:
        assert process.poll() is None and time.monotonic() < until, (folder / "log").read_text("utf-8", "replace")[-2000:]
        time.sleep(0.05)
    return process


def require() -> None:
    """Skip the test where there can be no server."""
    reason = missing()
    if reason:
        pytest.skip(reason)
