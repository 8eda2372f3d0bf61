"""Memory of a register nobody uses: the pages it keeps go back, whatever was asked for before; at work there is one bound for all."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import sqlcipher3
from register_makers import logged, open_register

from ktpel_kiosk.register import driver

FILLING = 200
SIZE = 20_000


def in_use() -> int:
    """Bytes all of SQLite holds in this process."""
    (library,) = Path(sqlcipher3.__file__).parent.glob("_sqlite3*.so")
    used = ctypes.CDLL(str(library)).sqlite3_memory_used
    used.restype = ctypes.c_int64
    return int(used())


def test_at_rest_the_pages_go_back(tmp_path: Path) -> None:
    register = open_register(tmp_path, on="sqlite")
    try:
        def fill(tx: Any) -> None:
            for n in range(FILLING):
                tx.put_draft(f"d{n}", "x" * SIZE)

        logged(register, fill)
        assert len(register.read(lambda v: v.drafts("d"))) == FILLING
        full = in_use()
        register.rest()
        logged(register, lambda tx: tx.put_draft("danach", "y"))  # the writer's turn came before this one
        assert in_use() < full - FILLING * SIZE // 2
        assert len(register.read(lambda v: v.drafts("d"))) == FILLING + 1
        register.close()
        register.rest()  # closed: nothing is kept, nothing is said
    finally:
        register.close()


def test_all_connections_share_one_bound(tmp_path: Path) -> None:
    connection = driver.connect(tmp_path / "a.sqlite", bytes(32), writer=True)
    try:
        assert connection.execute("PRAGMA soft_heap_limit").fetchone() == (driver.HEAP_LIMIT,)
        assert driver.HEAP_LIMIT < 2 * driver.CACHE_KIB * 1024
    finally:
        connection.close()
