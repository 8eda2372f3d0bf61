"""Migrations killed anywhere (RELIABILITY.md, threat 11 and "Storage").

Promise: whatever statement of whatever migration a SIGKILL meets, the next start brings the register to the present schema with the
same contents as an undisturbed migration, and a copy of the register as it was lies in ``backups``.
"""

from __future__ import annotations

import importlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from register_makers import CountingIds, StillClock
from sqlalchemy import event
from sqlalchemy.engine import Engine
from test_register_frozen import FROZEN, SECRET, VERSIONS

from ktpel_kiosk.register import driver
from ktpel_kiosk.register.backup import check_copy
from ktpel_kiosk.register.keys import KeyStore
from ktpel_kiosk.register.store import SqlRegister

WARM = ("alembic.command", "alembic.config", "alembic.ddl.sqlite", "sqlalchemy.dialects.sqlite.base", "ktpel_kiosk.register.migrate",
        "ktpel_kiosk.register.reseal", "ktpel_kiosk.register.tx", "ktpel_kiosk.register.areas.applications")
"""Imported before the forks, or each of hundreds would import them for itself."""
OLD = [v for v in VERSIONS if v != f"v{driver.SCHEMA_VERSION}"]
Contents = dict[str, list[Any]]


def thawed(version: str, folder: Path) -> None:
    shutil.copytree(FROZEN / version, folder)
    for path in folder.glob("*.frozen"):
        path.rename(path.with_suffix(""))


def contents(folder: Path, key: bytes) -> Contents:
    """The whole schema, and every row of every table."""
    connection = driver.connect(folder / "register.sqlite", key)
    try:
        schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name, type").fetchall()
        tables = [name for kind, name, *_ in schema if kind == "table" and not name.startswith("sqlite_")]
        rows = {name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables}
        return {"schema": schema, **rows}
    finally:
        connection.close()


def child(work: Callable[[], object]) -> int:
    """The pid of a fork that does ``work`` and ends: 0, or 1 when it raised."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def opened(folder: Path, key: bytes, hook: Callable[[], object] | None = None) -> None:
    """Open the register, which migrates it; ``hook`` is called before each statement and each commit."""
    if hook is not None:
        for name in ("before_cursor_execute", "commit"):
            event.listen(Engine, name, lambda *_args, **_more: hook())
    SqlRegister(folder / "register.sqlite", key, StillClock(), CountingIds(os.getpid())).close()


def counted(folder: Path, key: bytes) -> int:
    """How many moments an undisturbed migration has."""
    reading, writing = os.pipe()
    pid = child(lambda: opened(folder, key, lambda: os.write(writing, b".")))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        moments = len(pipe.read())
    assert os.waitpid(pid, 0)[1] == 0
    return moments


def killer(at: int) -> Callable[[], None]:
    left = iter(range(at - 1, -1, -1))

    def hook() -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def judge(folder: Path, key: bytes, version: str, whole: Contents) -> str:
    """What is wrong after the next start; empty when nothing is."""
    pid = child(lambda: opened(folder, key))
    if os.waitpid(pid, 0)[1]:
        return "does not open"
    if contents(folder, key) != whole:
        return "other contents"
    copies = [check_copy(p, key).version for p in (folder / "backups").glob(f"before-v{driver.SCHEMA_VERSION}-*.sqlite")]
    return "" if int(version[1:]) in copies else f"no copy of {version}: {copies}"


def kills(version: str, tmp_path: Path, every: int) -> Iterator[str]:
    """Kill at every ``every``-th moment of this register's migration; each time what was wrong."""
    key, whole, moments = undisturbed(version, tmp_path)
    for at in range(1, moments + 1, every):
        folder = tmp_path / f"{version}-{at}"
        thawed(version, folder)
        status = os.waitpid(child(lambda folder=folder, at=at: opened(folder, key, killer(at))), 0)[1]  # type: ignore[misc]
        wrong = judge(folder, key, version, whole) if os.WIFSIGNALED(status) else f"was not killed: {status}"
        yield f"{version} at {at} of {moments}: {wrong}" if wrong else ""
        shutil.rmtree(folder)


def undisturbed(version: str, tmp_path: Path) -> tuple[bytes, Contents, int]:
    for name in WARM:
        importlib.import_module(name)
    folder = tmp_path / f"{version}-whole"
    thawed(version, folder)
    key = KeyStore(folder / "register.key").unlock_with_secret(SECRET)
    moments = counted(folder, key)
    print(f"{version}: {moments} moments")
    assert moments > 10
    return key, contents(folder, key), moments


def told(found: Iterator[str]) -> tuple[int, int]:
    results = list(found)
    wrong = [r for r in results if r]
    print(f"{len(results)} kills, {len(wrong)} wrong", *wrong[:10], sep="\n")
    return len(results), len(results) - len(wrong)


def test_a_killed_migration_is_done_by_the_next_start(tmp_path: Path, reached: Any) -> None:
    asked, got = told(kills(OLD[-1], tmp_path, 5))
    reached(11, asked=asked, got=got, what=f"kills at every 5th statement of the migration from {OLD[-1]}")
    assert got == asked >= 5


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_every_statement_of_every_migration_may_be_the_last(tmp_path: Path, reached: Any) -> None:
    every = int(os.environ.get("KTPEL_EVERY", "1"))
    asked, got = told(line for version in OLD for line in kills(version, tmp_path, every))
    reached(11, asked=asked, got=got, what=f"kills at every statement of the migrations from {', '.join(OLD)}")
    assert got == asked > 100 // every


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_migrations_killed_at_any_time(tmp_path: Path, reached: Any) -> None:
    """From outside, also inside a statement, a sync or the copy that is made before; killed again and again until one gets through."""
    rng, asked, got = random.Random(5), 0, 0
    for version in OLD:
        key, whole, _moments = undisturbed(version, tmp_path)
        for round_ in range(20):
            folder = tmp_path / f"{version}-any-{round_}"
            thawed(version, folder)
            for _ in range(3):
                pid = child(lambda folder=folder: opened(folder, key))  # type: ignore[misc]
                time.sleep(rng.uniform(0.0, 0.35))
                os.kill(pid, signal.SIGKILL)
                asked += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
            wrong = judge(folder, key, version, whole)
            got += 0 if wrong else 1
            if wrong:
                print(f"{version}, round {round_}: {wrong}")
            shutil.rmtree(folder)
    reached(11, asked=20 * len(OLD), got=got, what=f"registers whose migration was killed {asked} times at any moment")
    assert got == 20 * len(OLD) and asked > 10 * len(OLD)
