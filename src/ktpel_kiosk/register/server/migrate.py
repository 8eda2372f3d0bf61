"""Bringing the register of an office server to the schema of this code: the same migrations, each one transaction."""

from __future__ import annotations

import hmac
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors

from ktpel_kiosk.domain.errors import BadInput, BugError, Corrupt, IoFailure, KeyUnavailable, TooNew
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.keycheck import key_check_value
from ktpel_kiosk.register.server.connection import MIGRATION_LOCK, ServerConnection
from ktpel_kiosk.register.server.ddl import translated_ddl
from ktpel_kiosk.register.server.functions import FUNCTIONS, MARK

if TYPE_CHECKING:
    from ktpel_kiosk.ports.clock import Clock

_MARK = "ktpel-kiosk register 1"
_STRANGE = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def prove(connection: ServerConnection, key: bytes, migrations: Path, host: str, clock: Clock, *, upgrading: bool = False) -> None:
    """Whether this is our register, under this key, of this schema. An empty database becomes one, made by one desk alone.

    Args:
        upgrading: an older register is brought up to date. No desk does so by itself: the others could not use it any more.

    Raises:
        KeyUnavailable: ``register.wrong_key``. Corrupt: ``register.foreign``. TooNew: ``register.too_new``.
        BadInput: ``office_server.older``. IoFailure.
    """
    found = _version(connection, key, host)
    if found == driver.SCHEMA_VERSION:
        return
    if found and not upgrading:
        raise BadInput("office_server.older", host=host, found=found, expected=driver.SCHEMA_VERSION)
    if not (migrations / "env.py").is_file():
        raise IoFailure("register.migrations_missing", path=str(migrations))
    connection.raw.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
    try:
        if _version(connection, key, host) != driver.SCHEMA_VERSION:
            _upgrade(connection, key, migrations, clock)
        if _version(connection, key, host) != driver.SCHEMA_VERSION:
            raise BugError("register.migration_head", found=_version(connection, key, host), expected=str(driver.SCHEMA_VERSION))
    finally:
        connection.raw.execute("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


def _version(connection: ServerConnection, key: bytes, host: str) -> int:
    """0 for an empty database."""
    raw = connection.raw
    try:
        found = raw.execute("SELECT mark, key_check FROM ktpel_register").fetchone()
    except errors.UndefinedTable:
        if _one(raw, _STRANGE):
            raise Corrupt("register.foreign", path=host) from None
        return 0
    if found is None or found[0] != _MARK:
        raise Corrupt("register.foreign", path=host)
    if not hmac.compare_digest(str(found[1]), key_check_value(key)):
        raise KeyUnavailable("register.wrong_key", path=host)
    try:
        version = int(_one(raw, "SELECT version_num FROM alembic_version") or 0)
    except errors.UndefinedTable:
        return 0
    if version > driver.SCHEMA_VERSION:
        raise TooNew("register.too_new", path=host, found=version, expected=str(driver.SCHEMA_VERSION))
    return version


def _one(raw: psycopg.Connection[Any], sql: str) -> Any:
    row = raw.execute(sql).fetchone()
    return row[0] if row else None


def _upgrade(connection: ServerConnection, key: bytes, migrations: Path, clock: Clock) -> None:
    from ktpel_kiosk.register.migrate import run_alembic
    from ktpel_kiosk.register.reseal import Resealing

    found = _version(connection, key, "-")
    with connection.raw.transaction():
        for statement in FUNCTIONS:
            connection.raw.execute(statement)
        connection.raw.execute(MARK)
        connection.raw.execute("INSERT INTO ktpel_register VALUES (1, %s, %s) ON CONFLICT DO NOTHING", (_MARK, key_check_value(key)))
    with closing(ServerConnection(connection.conninfo, name="ktpel-migration")) as own:
        resealing = Resealing(own, key, clock) if found else None
        engine = _engine(own.raw)
        with engine.connect() as migrating:
            run_alembic(migrating, migrations, resealing)
    if found:
        connection.count_rows()


def _engine(raw: psycopg.Connection[Any]) -> Any:
    """SQLAlchemy over this one connection, so that rows are sealed anew inside the migration's own transaction."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import StaticPool

    raw.autocommit = False
    engine = create_engine("postgresql+psycopg://", creator=lambda: raw, poolclass=StaticPool, hide_parameters=True)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _ours(_c: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> tuple[str, Any]:
        if parameters or "alembic_version" in statement or "pg_catalog" in statement:
            return statement, parameters
        *before, last = translated_ddl(statement.replace("%%", "%")) or ["SELECT 1"]
        for one in before:
            cursor.execute(one)
        return last.replace("%", "%%"), parameters

    return engine
