"""Encrypted copies of the register while it is in use, proved readable before they count; and putting one back."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as dbapi

from ktpel_kiosk.domain.errors import BadInput, Corrupt
from ktpel_kiosk.durable import storage_trouble, sync_directory
from ktpel_kiosk.register import driver, keycheck

SUFFIX = ".sqlite"


def backup_register(path: Path, key: bytes, folder: Path, *, at: datetime, name: str, backup_id: str) -> Path:
    """``<folder>/<name>-<UTC time>-<end of id>.sqlite``: one consistent snapshot under the same key, checked, then durable.

    Readers and the writer go on meanwhile. An unfinished copy never carries the final name.

    Raises:
        DiskFull, IoFailure, Corrupt (the copy, hence the register, does not pass its check): no file is left.
    """
    final = folder / f"{name}-{at:%Y%m%dT%H%M%SZ}-{backup_id[-8:]}{SUFFIX}"
    temp = final.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        try:
            _copy(path, key, temp)
            check_copy(temp, key)
            with temp.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(temp, final)
        finally:
            for leftover in (temp, *_side_files(temp)):
                leftover.unlink(missing_ok=True)
        sync_directory(folder)
    except OSError as error:
        raise storage_trouble(error, final) from error
    return final


def _copy(path: Path, key: bytes, target: Path) -> None:
    connection = driver.connect(path, key, writer=True)
    try:
        connection.execute("VACUUM INTO ?", (str(target),)).close()
    except dbapi.Error as error:
        raise driver.trouble(error, target) from error
    finally:
        connection.close()


def check_copy(path: Path, key: bytes) -> int:
    """Every page authentic, every structure and reference whole; returns the schema version.

    Raises:
        Corrupt: ``register.copy_damaged``. KeyUnavailable, TooNew, IoFailure as :func:`keycheck.probe`.
    """
    found = keycheck.probe(path, key)
    connection = driver.connect(path, key)
    try:
        wrong = first_fault(connection)
    except dbapi.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()
    if wrong or found.is_new:
        raise Corrupt("register.copy_damaged", path=str(path), reason=(wrong or "empty")[:120])
    return found.version


def first_fault(connection: Any, *, quick: bool = False) -> str:
    """The first thing SQLCipher or SQLite finds wrong; empty when all is well. ``quick`` leaves out indexes and page authentication."""
    if quick:
        row = connection.execute("PRAGMA quick_check(1)").fetchone()
        return "" if row is None or row[0] == "ok" else str(row[0])
    row = connection.execute("PRAGMA cipher_integrity_check").fetchone()
    if row is not None:
        return str(row[0])
    row = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if row is not None and row[0] != "ok":
        return str(row[0])
    row = connection.execute("PRAGMA foreign_key_check").fetchone()
    return "" if row is None else f"foreign key of {row[0]}"


def restore_register(copy: Path, path: Path, key: bytes) -> None:
    """Put a checked copy in place of the register, which must not be open. The replaced files are kept beside it, renamed.

    The audit then says that its head moved back until an administrator accepts it (``SqlRegister.accept_audit_head``).

    Raises:
        BadInput: ``register.restore_same``. Corrupt, KeyUnavailable, TooNew: the copy is not usable; nothing changed.
            DiskFull, IoFailure.
    """
    if copy.resolve() == path.resolve():
        raise BadInput("register.restore_same", path=str(copy))
    check_copy(copy, key)
    temp = path.with_name(f"{path.name}.restoring")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with copy.open("rb") as source, temp.open("wb") as target:
            temp.chmod(0o600)
            while chunk := source.read(1 << 20):
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        number = 1 + sum(1 for _ in path.parent.glob(f"{path.name}.replaced-*"))
        for side in (path, *_side_files(path)):
            if side.exists():
                os.replace(side, side.with_name(side.name.replace(path.name, f"{path.name}.replaced-{number}", 1)))
        os.replace(temp, path)
        sync_directory(path.parent)
    except OSError as error:
        temp.unlink(missing_ok=True)
        raise storage_trouble(error, path) from error


def _side_files(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
