"""Opening one encrypted SQLite connection with every setting of RELIABILITY.md, and naming what SQLite refuses.

No SQLAlchemy here: opening an office and its four ways to fail must not wait for heavy imports.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2 as dbapi

from ktpel_kiosk.domain.errors import BugError, Corrupt, DiskFull, IoFailure, KioskError, StorageTrouble

APPLICATION_ID: Final = 0x4B54504C
"""``KTPL``: marks a file as our register."""

SCHEMA_VERSION: Final = 6
"""Schema this code reads and writes; equals the head of ``migrations/versions`` and ``PRAGMA user_version``."""

OLDEST_SQLITE: Final = (3, 51, 3)
"""First SQLite without the WAL-reset corruption bug."""

KEY_BYTES: Final = 32
BUSY_MS: Final = 5000
JOURNAL_LIMIT: Final = 16 * 1024 * 1024
CACHED_STATEMENTS: Final = 64
"""Compiled statements kept per connection. Compiling one anew costs some 30 µs; 256 on each of five connections held 6 MB more."""
CACHE_KIB: Final = 24 * 1024
"""Decrypted pages kept per connection, as they are read: a small register never fills it, a search over ten years needs it."""
HEAP_LIMIT: Final = 32 * 1024 * 1024
"""All of SQLite in this process, caches first: connection by connection five of them would grow to 120 MB over some weeks of work."""
_NO_ROOM: Final = 256 * 1024

_FULL, _IOERR, _CORRUPT, _CANTOPEN, _NOTADB = 13, 10, 11, 14, 26
_PERM, _READONLY, _BUSY, _LOCKED, _CONSTRAINT = 3, 8, 5, 6, 19

_PRAGMAS: Final = (
    "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF", "secure_delete = ON", "temp_store = MEMORY",
    "mmap_size = 0", "cell_size_check = ON", f"cache_size = -{CACHE_KIB}", f"soft_heap_limit = {HEAP_LIMIT}",
    f"journal_size_limit = {JOURNAL_LIMIT}",
)


def connect(path: Path, key: bytes, *, writer: bool = False, busy_ms: int = BUSY_MS, foreign_keys: bool = True) -> Any:
    """A DB-API connection in autocommit mode; transactions are begun explicitly.

    Args:
        writer: may change the file (and creates it, readable by its owner only); others are ``query_only``.
        foreign_keys: off only while the schema is being migrated.

    Raises:
        DiskFull, IoFailure, Corrupt: a wrong key shows as Corrupt here; :mod:`keycheck` tells the two apart.
    """
    require_sqlite()
    try:
        if writer:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = dbapi.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=CACHED_STATEMENTS)
    except OSError as error:
        raise os_trouble(error, path) from error
    except dbapi.Error as error:
        raise trouble(error, path) from error
    try:
        _set_up(connection, key, writer, busy_ms, foreign_keys)
    except dbapi.Error as error:
        connection.close()
        raise trouble(error, path) from error
    return connection


def _set_up(connection: Any, key: bytes, writer: bool, busy_ms: int, foreign_keys: bool) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE").close()
    connection.execute(key_pragma(key)).close()
    connection.execute(f"PRAGMA busy_timeout = {int(busy_ms)}").close()
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if writer:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()
    if not foreign_keys:
        connection.execute("PRAGMA foreign_keys = OFF").close()
    if not writer:
        connection.execute("PRAGMA query_only = ON").close()


def forget_pages(connection: Any) -> None:
    """Decrypted pages this connection keeps go; it must be in no transaction."""
    connection.execute("PRAGMA shrink_memory").close()


def write_back(connection: Any) -> None:
    """Copy what the journal holds into the register, sync it and cut the journal, as far as readers let it; nobody is waited for.

    Raises:
        dbapi.Error: the disk failed or is full; everything is as it was.
    """
    connection.execute("PRAGMA busy_timeout = 0").close()
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}").close()


def io_failed(error: BaseException) -> bool:
    """SQLite says that reading, writing or syncing itself went wrong (a full disk is another matter)."""
    return isinstance(error, dbapi.Error) and int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF == _IOERR


def key_pragma(key: bytes) -> str:
    """The raw key form: no passphrase derivation per connection (0.004 s against 0.19 s)."""
    if len(key) != KEY_BYTES:
        raise BugError("register.key_length", count=len(key), expected=str(KEY_BYTES))
    return f"PRAGMA key = \"x'{key.hex()}'\""


def require_sqlite() -> None:
    """Raises BugError ``register.sqlite_old``: this installation must not write registers."""
    if tuple(dbapi.sqlite_version_info) < OLDEST_SQLITE:
        raise BugError("register.sqlite_old", found=dbapi.sqlite_version, expected=".".join(map(str, OLDEST_SQLITE)))


def trouble(error: BaseException, path: Path) -> KioskError:
    """Our error for what SQLite answered. Neither statement nor parameters are repeated."""
    code = int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code == _FULL or (code in (_IOERR, _CANTOPEN) and _no_room(path)):
        return DiskFull("storage.disk_full", path=str(path))
    if code == _IOERR:
        return IoFailure("storage.io", path=str(path), errno=code)
    if code in (_CANTOPEN, _READONLY, _PERM):
        return IoFailure("storage.unwritable", path=str(path), errno=code)
    if code in (_CORRUPT, _NOTADB):
        return Corrupt("register.corrupt", path=str(path))
    if code in (_BUSY, _LOCKED):
        return IoFailure("register.busy", path=str(path))
    if code == _CONSTRAINT:
        return BugError("register.constraint", rule=str(error)[:120])
    return BugError("register.sql", reason=str(getattr(error, "sqlite_errorname", type(error).__name__)))


def os_trouble(error: OSError, path: Path) -> StorageTrouble:
    from ktpel_kiosk.durable import storage_trouble

    return storage_trouble(error, path)


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NO_ROOM
    except OSError:
        return False


def scalar(connection: Any, sql: str) -> Any:
    """First column of the first row; None when there is none."""
    row = connection.execute(sql).fetchone()
    return row[0] if row else None
