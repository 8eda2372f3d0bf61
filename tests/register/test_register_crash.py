"""Killed at any moment: what was acknowledged is there, what was not is whole or absent; an interrupted migration can be repeated."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from register_makers import KEY, application, open_register

from ktpel_kiosk.register import driver

HERE = Path(__file__).parent
ENV = {**os.environ, "PYTHONPATH": str(HERE)}
KILLS = int(os.environ.get("KTPEL_KILLS", "8"))

WRITER = """
import os, sys, pathlib
import sqlmodel, ktpel_kiosk.register.migrate, ktpel_kiosk.register.tx
from dataclasses import replace
from register_makers import *
def live(folder):
    register = open_register(pathlib.Path(folder), anchor_every=4)
    done = register.read(lambda v: v.audit_length())
    p = save(register, application()) if not done else register.read(lambda v: v.permohonan(application().id))
    print("ready", os.getpid(), flush=True)
    n = len(register.read(lambda v: v.samples(p.id, with_data=False)))
    while True:
        n += 1
        def work(tx):
            nonlocal p
            tx.add_sample(sample(p, attempt=n, size=30000))
            tx.log("SampleAccepted", p.id, "rina", attempt=n)
            p = tx.save_permohonan(replace(p, note=str(n)))
            return tx.next_number("register", 2026)
        number = register.write(work)
        sys.stdout.write(f"{n} {number}\\n"); sys.stdout.flush()
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        live(line.rstrip())
    os.waitpid(pid, 0)
    print("gone", flush=True)
"""
"""One process that imported everything forks one desk after another; each writes until it is killed."""

MIGRATOR = """
import os, signal, sys, pathlib
import alembic.command, sqlmodel, ktpel_kiosk.register.migrate, ktpel_kiosk.register.tx
from sqlalchemy import event
from sqlalchemy.engine import Engine
from register_makers import *
left = 0
@event.listens_for(Engine, "before_cursor_execute")
def count(conn, cursor, statement, parameters, context, executemany):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
@event.listens_for(Engine, "commit")
def commit(conn):
    count(None, None, None, None, None, None)
def migrate(folder):
    register = open_register(pathlib.Path(folder))
    register.read(lambda v: v.audit_length())
    register.close()
    print("left", left, flush=True)
for line in sys.stdin:
    point, folder = line.rstrip().split(" ", 1)
    pid = os.fork()
    if not pid:
        left = int(point)
        try:
            migrate(folder)
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
"""One process that imported everything forks one migration after another, each killed at its statement."""


def migrate(points: dict[int, Path]) -> list[list[str]]:
    done = subprocess.run([sys.executable, "-c", MIGRATOR], input="".join(f"{point} {folder}\n" for point, folder in points.items()),
                          capture_output=True, text=True, env=ENV, timeout=170, check=True)
    assert not done.stderr, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_while_writing_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    rng = random.Random(11)
    acknowledged = 0
    with subprocess.Popen([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENV) as warm:
        for _ in range(KILLS):
            lines = live_and_kill(warm, tmp_path, rng.uniform(0.0, 0.12))
            acknowledged = holds_at_least(tmp_path, int(lines[-1].split()[0]) if lines else acknowledged)


def live_and_kill(warm: subprocess.Popen[str], folder: Path, seconds: float) -> list[str]:
    """What a desk acknowledged in its life of some ``seconds``."""
    assert warm.stdin is not None and warm.stdout is not None
    warm.stdin.write(f"{folder}\n")
    warm.stdin.flush()
    ready, pid = warm.stdout.readline().split()
    assert ready == "ready"
    time.sleep(seconds)
    os.kill(int(pid), signal.SIGKILL)
    return list(iter(lambda: warm.stdout.readline().strip(), "gone"))


def holds_at_least(folder: Path, acknowledged: int) -> int:
    """How many samples are there: all that were acknowledged, at most one more, and everything fits together."""
    with open_register(folder) as register:
        p = register.read(lambda v: v.permohonan(application().id))
        samples = register.read(lambda v: v.samples(p.id))
        check = register.check_audit()
        assert check.whole
        assert acknowledged <= len(samples) <= acknowledged + 1
        assert p.note == (str(len(samples)) if samples else "")
        assert check.length == len(samples) + 1, "sample, application and audit stand or fall together"
        assert sum(s.best for s in samples) == min(1, len(samples))
        register.integrity_check()
        return len(samples)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_migration_killed_at_any_statement_can_be_repeated(tmp_path: Path) -> None:
    (_, left), (_, status) = migrate({100_000: tmp_path / "count"})
    statements = 100_000 - int(left)
    assert status == "0"
    assert statements > 40
    points = {point: tmp_path / str(point) for point in sorted({
        1, 2, 3, 4, 5, 6, statements // 3, statements // 2, statements - 3, statements - 2, statements - 1, statements})}
    assert migrate(points) == [["status", str(-signal.SIGKILL)]] * len(points)
    for point, folder in points.items():
        path = folder / "register.sqlite"
        connection = driver.connect(path, KEY)
        version = driver.scalar(connection, "PRAGMA user_version")
        tables = driver.scalar(connection, "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name <> 'alembic_version'")
        connection.close()
        assert (version, tables > 0) in {(n, n > 0) for n in range(driver.SCHEMA_VERSION + 1)}, f"half a schema after statement {point}"
        with open_register(folder) as register:
            register.integrity_check()
            assert register.check_audit().whole


def test_closed_in_the_middle_of_a_transaction(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        def work(tx: Any) -> None:
            tx.log("IntakeRegistered", "x", "rina")
            tx.save_permohonan(application())
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            register.write(work)
        assert register.check_audit().length == 0
