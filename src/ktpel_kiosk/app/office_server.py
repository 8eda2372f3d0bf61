"""Desks that share a register: the first one carries its own to the office server, the others join it with the office's key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.desk_lock import desk_closed
from ktpel_kiosk.app.maintenance import CONSOLE
from ktpel_kiosk.app.office import OfficeSettings, on_server, open_register, server_of, settings_of, write_settings
from ktpel_kiosk.domain.errors import BadInput, Corrupt
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.durable import sync_directory
from ktpel_kiosk.register.keys import KeyStore

if TYPE_CHECKING:
    from ktpel_kiosk.register.store import SqlRegister

OWN_KEY = "register.key.sendiri"
"""The key of the register a desk had before it joined; that register stays beside it, unused."""
OWN_REGISTER = "register.sebelum-server.sqlite"
"""The register a desk had before the server: nothing opens it under its old name by mistake, and nobody takes it for the one in use."""
_BESIDE = ("", "-wal", "-shm", ".check", ".anchor", ".last")


def move(data: Path, url: str) -> int:
    """This desk's register becomes the office's; returns how many rows were carried. The old file is kept as :data:`OWN_REGISTER`, unused.

    Raises:
        BadInput: no office, a desk is open, an address that must not be used, a server that holds a register already. Corrupt: what
            arrived is not what left (the desk goes on with its own register). IoFailure.
    """
    from ktpel_kiosk.register.server.carry import carry
    from ktpel_kiosk.register.server.connection import ServerConnection

    settings, store = _office(data), KeyStore(data / "register" / "register.key")
    shared = replace(settings, register_url=url)
    with desk_closed(data):
        key, clock = store.unlock_with_machine(), SystemClock()
        with open_register(data, clock, Uuid7(clock)) as own:
            before, read_to = own.check_audit(), own.read(lambda v: v.status_cursor())
        if not before.whole:
            raise Corrupt("register.audit_broken", path=str(data), sequence=before.broken_at)
        address = server_of(data, shared)
        with _opened(data, shared, key) as register:
            register.read(lambda v: v.audit_length())
            connection = ServerConnection(address.conninfo, name=settings.station)
            try:
                rows = carry(data / "register" / "register.sqlite", key, connection, address.host)
            finally:
                connection.close()
            after = register.check_audit()
            if (after.length, after.head, after.faults) != (before.length, before.head, ()):
                raise Corrupt("register.corrupt", path=address.host)

            def take_over(tx: Any) -> None:
                tx.log("RegisterMoved", "register", CONSOLE.username, count=rows, digest=before.head)
                tx.statuses_read_to(read_to)

            register.write(take_over)
        write_settings(data, shared)
        _put_aside(data / "register")
    return rows


def join(data: Path, url: str, key_file: Path, unlock: Callable[[KeyStore], bytes]) -> None:
    """This desk works in the office's register from now on.

    Args:
        key_file: ``register.key`` of a desk that is there already. unlock: opens it, with the recovery code or the office's sheets.

    Raises:
        BadInput: as :func:`move`; ``office_server.desk_used``: applications were recorded in this desk's own register.
        KeyUnavailable: wrong code, or the server's register has another key. IoFailure.
    """
    settings, folder = _office(data), data / "register"
    shared = replace(settings, register_url=url)
    with desk_closed(data):
        clock = SystemClock()
        with open_register(data, clock, Uuid7(clock)) as own:
            if any(own.read(lambda v: v.counts_by_stage()).values()) or own.read(lambda v: v.last_packet()) is not None:
                raise BadInput("office_server.desk_used")
        key = unlock(KeyStore(key_file))
        with _opened(data, shared, key) as register:
            register.write(lambda tx: tx.log("DeskJoined", settings.station, CONSOLE.username))
        if not (folder / OWN_KEY).exists():
            shutil.copy2(folder / "register.key", folder / OWN_KEY)
        shutil.copy2(key_file, folder / "register.key")
        KeyStore(folder / "register.key").set_machine(key)
        write_settings(data, shared)
        _put_aside(folder)


def upgrade(data: Path) -> tuple[int, int]:
    """The office's register is brought to the schema of this version: from which, to which.

    Raises:
        BadInput: the desk has no such register; ``office_server.desks_open``: others work on it (fact ``count``); a desk is open here.
        KeyUnavailable, Corrupt, TooNew, IoFailure.
    """
    from ktpel_kiosk.register import driver
    from ktpel_kiosk.register.server.health import other_desks, schema_of

    settings = settings_of(data)
    if settings is None or not settings.register_url:
        raise BadInput("office_server.none")
    with desk_closed(data):
        address = server_of(data, settings)
        found, others = schema_of(address), other_desks(address, settings.station)
        if found == driver.SCHEMA_VERSION:
            return found, found
        if others:
            raise BadInput("office_server.desks_open", count=others, host=address.host)
        key = KeyStore(data / "register" / "register.key").unlock_with_machine()
        with _opened(data, settings, key, upgrading=True) as register:
            check = register.check_audit()
            if not check.whole:
                raise Corrupt("register.audit_broken", path=address.host, sequence=check.broken_at)
            register.write(lambda tx: tx.log("RegisterUpgraded", "register", CONSOLE.username, found=found, expected=driver.SCHEMA_VERSION))
    return found, driver.SCHEMA_VERSION


def strike(data: Path, station: str, reason: str) -> int:
    """Numbers set aside for another desk will not be given any more: it was withdrawn and never comes back. They stand in the book as
    void, with the reason; returns how many.

    Raises:
        BadInput: no reason; the desk has no such register; ``office_server.own_numbers``: it is this desk; ``office_server.no_numbers``:
            nothing is set aside for that one. KeyUnavailable, Corrupt, IoFailure.
    """
    from ktpel_kiosk.register.alone import numbers

    settings, reason = settings_of(data), free_text(reason, "alasan")
    if settings is None or not settings.register_url:
        raise BadInput("office_server.none")
    if not reason:
        raise BadInput("office_server.strike_reason")
    if station == settings.station:
        raise BadInput("office_server.own_numbers")
    key = KeyStore(data / "register" / "register.key").unlock_with_machine()

    def work(tx: Any) -> int:
        block = numbers.block_of(tx, station)
        if block is None or not block.left:
            raise BadInput("office_server.no_numbers", value=station[:40])
        return numbers.strike(tx, station, for_audit(reason), CONSOLE.username)

    with _opened(data, settings, key) as register:
        return register.write(work)


def _put_aside(folder: Path) -> None:
    """Under a name that nothing opens; a crash before leaves the old name, which nothing opens either."""
    for end in _BESIDE:
        old = folder / f"register.sqlite{end}"
        if old.exists():
            old.replace(folder / f"{OWN_REGISTER}{end}")
    sync_directory(folder)


def _office(data: Path) -> OfficeSettings:
    found = settings_of(data)
    if found is None:
        raise BadInput("office.none", path=str(data))
    if found.register_url:
        raise BadInput("office_server.already")
    return found


def _opened(data: Path, settings: OfficeSettings, key: bytes, *, upgrading: bool = False) -> SqlRegister:
    clock = SystemClock()
    return on_server(data, settings, key, clock, Uuid7(clock), upgrading=upgrading)
