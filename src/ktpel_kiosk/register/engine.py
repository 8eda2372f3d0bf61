"""SQLAlchemy engines over the encrypted register: the plain sqlite dialect on SQLCipher's driver, transactions begun by us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import Pool, QueuePool, StaticPool
from sqlcipher3 import dbapi2

from ktpel_kiosk.register import driver

IDLE_READERS = 4


def reading_engine(path: Path, key: bytes) -> Engine:
    """Read connections, any number, a few kept open, the last used (with its pages decrypted) first; each transaction is one snapshot."""
    return _engine(path, key, "BEGIN", QueuePool, writer=False, pool_size=IDLE_READERS, max_overflow=-1, pool_use_lifo=True)


def writing_engine(path: Path, key: bytes, *, foreign_keys: bool = True) -> Engine:
    """The one read-write connection. The write lock is taken when a transaction begins, so it cannot fail half-way for it."""
    return _engine(path, key, "BEGIN IMMEDIATE", StaticPool, writer=True, foreign_keys=foreign_keys)


def forget_idle(engine: Engine) -> None:
    """Read connections nobody uses keep their place and forget their pages. Raises dbapi2.Error."""
    pool, held = engine.pool, []
    try:
        while isinstance(pool, QueuePool) and pool.checkedin():
            held.append(engine.raw_connection())
            driver.forget_pages(held[-1].driver_connection)
    finally:
        for connection in held:
            connection.close()


def _engine(path: Path, key: bytes, begin: str, pool: type[Pool], *, writer: bool, foreign_keys: bool = True, **settings: Any) -> Engine:
    def creator() -> Any:
        return driver.connect(path, key, writer=writer, foreign_keys=foreign_keys)

    engine = create_engine("sqlite://", module=dbapi2, creator=creator, poolclass=pool, hide_parameters=True, **settings)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
