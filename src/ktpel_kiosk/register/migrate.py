"""Bringing a register to the schema of this code: backed up first, each migration one transaction, a newer one refused.

Alembic is imported only when there is something to do.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.errors import BugError, Corrupt, IoFailure
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.backup import backup_register
from ktpel_kiosk.register.engine import writing_engine

if TYPE_CHECKING:
    from ktpel_kiosk.register.reseal import Resealing


def migration_engine(path: Path, key: bytes) -> Engine:
    """The write connection without foreign keys, which cannot be switched off inside a transaction; they are checked at its end."""
    return writing_engine(path, key, foreign_keys=False)


def upgrade(path: Path, key: bytes, migrations: Path, *, found: int, clock: Clock, backups: Path, backup_id: str) -> None:
    """Migrate to :data:`driver.SCHEMA_VERSION`. ``found`` is the version now; 0 is an empty file, which needs no backup.

    Raises:
        DiskFull, IoFailure: the register is as it was; trying again is safe. Corrupt: ``register.migration`` when what is
            stored contradicts itself after a migration (rolled back).
    """
    if not (migrations / "env.py").is_file():
        raise IoFailure("register.migrations_missing", path=str(migrations))
    if found:
        backup_register(path, key, backups, at=clock.now(), name=f"before-v{driver.SCHEMA_VERSION}", backup_id=backup_id)
    engine = migration_engine(path, key)
    try:
        with engine.connect() as connection:
            run_alembic(connection, migrations, _resealing(connection, path, key, clock) if found else None)
            after = _user_version(connection)
    except DBAPIError as error:
        raise driver.trouble(error.orig or error, path) from error
    except dbapi2.Error as error:  # while rows were sealed anew
        raise driver.trouble(error, path) from error
    finally:
        engine.dispose()
    if after != driver.SCHEMA_VERSION:
        raise BugError("register.migration_head", found=after, expected=str(driver.SCHEMA_VERSION))


def _resealing(connection: Connection, path: Path, key: bytes, clock: Clock) -> Resealing:
    from ktpel_kiosk.register.reseal import Resealing

    try:
        return Resealing(connection.connection.driver_connection, key, clock)
    except dbapi2.Error as error:
        raise driver.trouble(error, path) from error


def run_alembic(connection: Connection, migrations: Path, resealing: Resealing | None) -> None:
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["resealing"] = resealing
    command.upgrade(config, "head")


def _user_version(connection: Connection) -> int:
    with connection.begin():
        return int(connection.execute(text("PRAGMA user_version")).scalar_one())


def finish_version(*, ctx: Any, step: Any, **_rest: Any) -> None:
    """Alembic's ``on_version_apply``: inside the migration's transaction, ``user_version`` follows, references are checked, and rows it
    wrote anew are sealed.

    Raises:
        Corrupt: ``register.migration``; the migration is rolled back.
    """
    connection: Connection = ctx.connection
    if connection.dialect.name != "sqlite":  # the version stands in Alembic's own table; the server checks references itself
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        return _reseal(ctx, step)
    connection.execute(text(f"PRAGMA user_version = {int(step.up_revision_id)}"))
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise Corrupt("register.migration", rule=str(broken[0]), version=int(step.up_revision_id))
    _reseal(ctx, step)


def _reseal(ctx: Any, step: Any) -> None:
    resealing = ctx.environment_context.config.attributes.get("resealing")
    if resealing is not None:
        resealing.after_step(int(step.up_revision_id))
