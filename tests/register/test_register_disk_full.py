"""Full at any write point: one clear error, nothing acknowledged lost, and work goes on once there is room."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from register_makers import KEY, application, logged, open_register, sample, save

from ktpel_kiosk.domain.errors import DiskFull
from ktpel_kiosk.register import driver

HERE = Path(__file__).parent


def limit_pages(register: Any, pages: int) -> None:
    """Cap the file through the writer's own connection, on the writer's thread."""
    def work(tx: Any) -> None:
        tx._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        tx.log("DraftSaved", "x", "rina")

    register.write(work)


def test_full_then_room_again(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        p = save(register, application())
        limit_pages(register, driver.scalar(register._writing, "PRAGMA page_count") + 40)
        kept = 0

        def go_on() -> None:
            nonlocal kept
            for n in range(1, 100):
                logged(register, lambda tx, n=n: tx.add_sample(sample(p, attempt=n, size=30000)))
                kept = n

        with pytest.raises(DiskFull) as caught:
            go_on()
        assert caught.value.message_key == "storage.disk_full" and kept > 0
        assert len(register.read(lambda v: v.samples(p.id))) == kept
        assert register.check_audit().whole
        limit_pages(register, 1 << 30)
        logged(register, lambda tx: tx.add_sample(sample(p, attempt=kept + 1, size=30000)))
        register.integrity_check()


SIZE_LIMITED = """
import resource, signal, sys, pathlib
from register_makers import *
from ktpel_kiosk.domain.errors import DiskFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
register = open_register(pathlib.Path(sys.argv[1]), anchor_every=2)
p = save(register, application())
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
kept = 0
try:
    for n in range(1, 200):
        logged(register, lambda tx: tx.add_sample(sample(p, attempt=n, size=30000)))
        kept = n
except Exception as error:
    print(kept, type(error).__name__, error.message_key)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
logged(register, lambda tx: tx.add_sample(sample(p, attempt=kept + 1, size=30000)))
register.close()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("limit", [300_000, 1_000_003, 4_500_000])
def test_writes_refused_by_the_system(tmp_path: Path, limit: int) -> None:
    done = subprocess.run([sys.executable, "-c", SIZE_LIMITED, str(tmp_path), str(limit)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(HERE)})
    assert done.returncode == 0, done.stderr
    kept, name, key = done.stdout.split()
    assert (name, key) in (("DiskFull", "storage.disk_full"), ("IoFailure", "storage.io"))
    with open_register(tmp_path) as register:
        assert len(register.read(lambda v: v.samples(application().id))) == int(kept) + 1
        assert register.check_audit().whole
        register.integrity_check()


def test_a_full_disk_at_the_first_opening_is_named_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_a: Any, **_k: Any) -> None:
        raise driver.dbapi.OperationalError("database or disk is full")

    error = driver.trouble(type("E", (Exception,), {"sqlite_errorcode": 13})(), tmp_path / "r")
    assert isinstance(error, DiskFull)
    monkeypatch.setattr(driver, "_NO_ROOM", 1 << 62)
    for code in (10, 14):
        assert isinstance(driver.trouble(type("E", (Exception,), {"sqlite_errorcode": code})(), tmp_path / "r"), DiskFull)
    monkeypatch.undo()
    assert driver.trouble(type("E", (Exception,), {"sqlite_errorcode": 10})(), tmp_path / "r").message_key == "storage.io"
    assert KEY
