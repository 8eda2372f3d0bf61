"""Encrypted copies of the register while it is in use, proved readable before they count; and putting one back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as dbapi

from ktpel_kiosk.domain.errors import BadInput, Corrupt
from ktpel_kiosk.durable import make_folder, storage_trouble, sync_directory
from ktpel_kiosk.register import driver, keycheck
from ktpel_kiosk.register.gently import Gently

SUFFIX = ".sqlite"
Beside = Callable[[Path, "CopyFacts"], None]


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """What a copy holds. ``head``: digest of its last audit link; ``applied``, ``sealed``: applications and packets;
    ``last_counter``, ``last_sha256``: its newest packet; ``numbers``: series and year -> last number given."""

    version: int
    register_id: str
    length: int
    head: str
    applied: int
    sealed: int
    last_counter: int
    last_sha256: str
    numbers: dict[tuple[str, int], int]


def backup_register(path: Path, key: bytes, folder: Path, *, at: datetime, name: str, backup_id: str,
                    beside: Beside | None = None, gentle: bool = False) -> Path:
    """``<folder>/<name>-<UTC time>-<end of id>.sqlite``: one consistent snapshot under the same key, checked, then durable.

    Readers and the writer go on meanwhile. An unfinished copy never carries the final name.

    Args:
        beside: writes what belongs to the copy (its name is told, and what it holds) before the copy gets that name.
        gentle: rest between pieces of work, so that whoever serves people meanwhile does not feel it.

    Raises:
        DiskFull, IoFailure, Corrupt (the copy, hence the register, does not pass its check): no file is left.
    """
    final = folder / f"{name}-{at:%Y%m%dT%H%M%SZ}-{backup_id[-8:]}{SUFFIX}"
    temp = final.with_suffix(".part")
    try:
        make_folder(folder)
        os.close(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        try:
            _copy(path, key, temp, gentle)
            facts = check_copy(temp, key, gentle=gentle)
            _require_part_of(path, key, facts, temp)
            with temp.open("rb+") as file:
                os.fsync(file.fileno())
            if beside is not None:
                beside(final, facts)
            os.replace(temp, final)
        finally:
            for leftover in (temp, *_side_files(temp)):
                leftover.unlink(missing_ok=True)
        sync_directory(folder)
    except OSError as error:
        raise storage_trouble(error, final) from error
    return final


def _copy(path: Path, key: bytes, target: Path, gentle: bool) -> None:
    connection = driver.connect(path, key, writer=True)
    try:
        rest_between(connection, gentle)
        connection.execute("VACUUM INTO ?", (str(target),)).close()
    except dbapi.Error as error:
        raise driver.trouble(error, target) from error
    finally:
        connection.close()


def rest_between(connection: Any, gentle: bool) -> None:
    """Let long statements of this connection rest."""
    if gentle:
        Gently().within(connection)


def _require_part_of(path: Path, key: bytes, facts: CopyFacts, copy: Path) -> None:
    """The copy's audit ends at a link the register has. Raises Corrupt."""
    connection = driver.connect(path, key)
    try:
        found = driver.scalar(connection, f"SELECT digest FROM audit WHERE sequence = {facts.length}") if facts.length else facts.head
    except dbapi.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()
    if found != facts.head:
        raise Corrupt("register.copy_damaged", path=str(copy), reason="audit")


def check_copy(path: Path, key: bytes, *, gentle: bool = False) -> CopyFacts:
    """Every page authentic, every structure and reference whole, the audit's head its last link; returns what it holds.

    Raises:
        Corrupt: ``register.copy_damaged``. KeyUnavailable, TooNew, IoFailure as :func:`keycheck.probe`.
    """
    found = keycheck.probe(path, key)
    connection = driver.connect(path, key)
    try:
        rest_between(connection, gentle)
        wrong = "empty" if found.is_new else first_fault(connection)
        facts = None if wrong else _facts(connection, found.version)
    except dbapi.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()
    if facts is None:
        raise Corrupt("register.copy_damaged", path=str(path), reason=wrong[:120])
    if facts.head != facts.last_link:
        raise Corrupt("register.copy_damaged", path=str(path), reason="audit")
    return facts.found


def facts_of(path: Path, key: bytes) -> CopyFacts:
    """What a register holds, unchecked. Raises as :func:`keycheck.probe`."""
    found = keycheck.probe(path, key)
    connection = driver.connect(path, key)
    try:
        return _facts(connection, found.version).found
    except dbapi.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()


def packet_places(path: Path, key: bytes) -> list[tuple[str, str, int, str, str]]:
    """(file, SHA-256, counter, previous hash, id of the packet it replaces) of every packet. Raises as :func:`facts_of`."""
    connection = driver.connect(path, key)
    try:
        found = connection.execute("SELECT path, sha256, counter, previous_hash, replaces FROM packet").fetchall()
        return [(str(name), str(digest), int(counter), str(before), str(of or "")) for name, digest, counter, before, of in found]
    except dbapi.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class _Read:
    found: CopyFacts
    head: tuple[int, str]
    last_link: tuple[int, str]


def _facts(connection: Any, version: int) -> _Read:
    """Tables every schema since the first has. Raises Corrupt through the caller where they are not there."""
    head = connection.execute("SELECT register_id, length, head FROM audit_head").fetchone() or ("", 0, "")
    link = connection.execute("SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1").fetchone() or (0, head[2])
    packet = connection.execute("SELECT counter, sha256 FROM packet ORDER BY counter DESC LIMIT 1").fetchone() or (0, "")
    numbers = {(str(s), int(y)): int(n) for s, y, n in connection.execute("SELECT series, year, value FROM counter").fetchall()}
    applied, sealed = (int(driver.scalar(connection, f"SELECT count(*) FROM {table}")) for table in ("permohonan", "packet"))
    found = CopyFacts(version, str(head[0]), int(head[1]), str(head[2]), applied, sealed, int(packet[0]), str(packet[1]), numbers)
    return _Read(found, (int(head[1]), str(head[2])), (int(link[0]), str(link[1])))


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
        make_folder(path.parent)
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
