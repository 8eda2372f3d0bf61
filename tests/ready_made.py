"""What takes long to make and is alike in every test is made once a process: the schema of a new register, RSA keys of the centre.

Only a register that does not exist yet is begun as a copy of a migrated one, and only where the shipped migrations would make it;
everything after that (key check, journal, anchor) is done as ever. The files in ``MIGRATED`` make their registers the real way.
"""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.desk import device_tests
from ktpel_kiosk.packet import keys
from ktpel_kiosk.register import driver, keycheck
from ktpel_kiosk.register.bundled import bundled_migrations
from ktpel_kiosk.register.store import SqlRegister

MIGRATED = frozenset({"contract/test_register_ledgers.py"} | {
    f"register/test_register_{what}.py" for what in ("opening", "schema", "frozen", "disk_full", "crash", "backup", "keys", "secrecy")})
"""Tests about making and migrating a register, and one part of the contract on registers made the real way."""

_SOME_KEY = bytes(32)
_KEYS = 5
"""Odd, for a set takes two: five offices made one after the other have five different keys of the centre."""
_prepare = SqlRegister._prepare


@cache
def _template() -> Any:
    """A read connection to an empty register of today's schema. (One test at a time runs in a process; threads only copy from it.)"""
    folder = Path(tempfile.mkdtemp(prefix="ktpel-register-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    clock = SystemClock()
    SqlRegister(folder / "register.sqlite", _SOME_KEY, clock, Uuid7(clock)).close()
    return driver.connect(folder / "register.sqlite", _SOME_KEY)


def _prepare_by_copy(register: SqlRegister, migrations: Path) -> None:
    path = register._path
    if migrations == bundled_migrations() and not path.exists() and not keycheck.check_file(path).exists() and path.parent.is_dir():
        _begin_as_copy(path, register._key)
    _prepare(register, migrations)


def _begin_as_copy(path: Path, key: bytes) -> None:
    template = _migrated_template()
    made = driver.connect(path, key, writer=True)
    try:
        template.backup(made)
    finally:
        made.close()


def _migrated_template() -> Any:
    SqlRegister._prepare = _prepare  # type: ignore[method-assign]
    try:
        return _template()
    finally:
        SqlRegister._prepare = _prepare_by_copy  # type: ignore[method-assign]


def use_for(file: str) -> None:
    """New registers of the test in ``file`` (path below tests/) begin as a copy, unless the test is about making them."""
    SqlRegister._prepare = _prepare if file in MIGRATED else _prepare_by_copy  # type: ignore[method-assign]


class _RsaOnce:
    """The RSA module with a handful of keys made in advance; sets made one after the other still differ."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int], rsa.RSAPrivateKey] = {}
        self._turn = itertools.count()

    def __getattr__(self, name: str) -> Any:
        return getattr(rsa, name)

    def generate_private_key(self, public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
        which = (public_exponent, key_size, next(self._turn) % _KEYS)
        if which not in self._made:
            self._made[which] = rsa.generate_private_key(public_exponent, key_size)
        return self._made[which]


def keys_once() -> None:
    """From now on :func:`ktpel_kiosk.packet.keys.make_demo_keys` draws its RSA keys from those already made in this process."""
    keys.rsa = _RsaOnce()  # type: ignore[assignment]


def sops_once() -> None:
    """The same text of an SOP is read once a process; what comes of it cannot be changed."""
    sops.parse_sop = cache(sops.parse_sop)  # type: ignore[attr-defined]


def printers_asked_often() -> None:
    """A test page is followed without a pause for people: what takes seconds at a printer is over at once in a double."""
    device_tests.ASK_AGAIN_S = 0.02
