"""Telling apart a wrong key, a file that is not encrypted, a damaged file, a foreign one and one from a newer version.

SQLCipher answers all of them alike, so a key-check value lies beside the register: an HMAC under the key, which gives nothing
of the key away.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as dbapi

from ktpel_kiosk.domain.errors import Corrupt, KeyUnavailable, TooNew
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.register import driver

_PLAIN_HEADER = b"SQLite format 3\x00"
_PURPOSE = b"ktpel-kiosk register key check 1"
_TABLES = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('alembic_version', 'sqlite_sequence')"


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at the path: ``version`` is 0 while no schema is there yet."""

    version: int
    checked: bool

    @property
    def is_new(self) -> bool:
        return self.version == 0


def check_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.check")


def key_check_value(key: bytes) -> str:
    return hmac.new(key, _PURPOSE, hashlib.sha256).hexdigest()[:32]


def write_check(path: Path, key: bytes) -> None:
    """Remember durably which key belongs to the register at ``path``."""
    body = json.dumps({"format": "ktpel-register-check", "version": 1, "check": key_check_value(key)})
    write_durably(check_file(path), body.encode())


def probe(path: Path, key: bytes) -> Found:
    """Look at the register without changing it.

    Raises:
        KeyUnavailable: ``register.wrong_key``. Corrupt: ``register.plain`` (not encrypted), ``register.corrupt``,
            ``register.foreign`` (not a register), ``register.missing`` (a register was here). TooNew: ``register.too_new``.
            DiskFull, IoFailure.
    """
    driver.key_pragma(key)
    known = _known_check(path)
    try:
        head = _head(path)
    except OSError as error:
        raise driver.os_trouble(error, path) from error
    if known is not None and not hmac.compare_digest(known, key_check_value(key)):
        raise KeyUnavailable("register.wrong_key", path=str(path))
    if not head:
        if known is not None:
            raise Corrupt("register.missing", path=str(path))
        return Found(0, False)
    if head == _PLAIN_HEADER:
        raise Corrupt("register.plain", path=str(path))
    return Found(_version(path, key, known is not None), known is not None)


def _head(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(len(_PLAIN_HEADER))


def _known_check(path: Path) -> str | None:
    """The stored value; None when there is none or it cannot be read (a readable register then makes it again)."""
    try:
        value = json.loads(check_file(path).read_text("utf-8"))["check"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) and len(value) == 32 and value.isascii() else None


def _version(path: Path, key: bytes, key_is_right: bool) -> int:
    try:
        connection = driver.connect(path, key)
    except Corrupt as error:
        # without a check value a wrong key and a damaged first page cannot be told apart; the key is the likelier reason
        raise error if key_is_right else KeyUnavailable("register.wrong_key", path=str(path)) from error
    try:
        return _judge(connection, path)
    except dbapi.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        connection.close()


def _judge(connection: Any, path: Path) -> int:
    version = int(driver.scalar(connection, "PRAGMA user_version"))
    tables = int(driver.scalar(connection, _TABLES))
    if not tables and not version:
        return 0
    if int(driver.scalar(connection, "PRAGMA application_id")) != driver.APPLICATION_ID:
        raise Corrupt("register.foreign", path=str(path))
    if version > driver.SCHEMA_VERSION:
        raise TooNew("register.too_new", path=str(path), found=version, expected=str(driver.SCHEMA_VERSION))
    return version
