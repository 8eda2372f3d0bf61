"""A desk's own register carried to the office server, row by row in one transaction: same rows, same audit, same seals."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.errors import BadInput, Corrupt
from ktpel_kiosk.register import driver, keycheck
from ktpel_kiosk.register.server.connection import WRITER_LOCK, ServerConnection, told

_OURS: Final = frozenset({"alembic_version", "ktpel_register", "audit_head"})
_FIRST: Final = ("permohonan", "search", "sample", "packet", "sop", "complaint", "subject_request", "breach")
"""Rows that others refer to."""


def carry(path: Path, key: bytes, server: ServerConnection, host: str) -> int:
    """Every row of the register at ``path`` into the empty one on the server; returns how many. All of them or none.

    Raises:
        BadInput: ``office_server.not_empty``. Corrupt: ``register.corrupt``, the register is not of this schema or a row is refused.
        IoFailure, KeyUnavailable.
    """
    found = keycheck.probe(path, key)
    if found.version != driver.SCHEMA_VERSION:
        raise Corrupt("register.corrupt", path=str(path))
    source = driver.connect(path, key)
    try:
        source.execute("BEGIN").close()
        count = _carried(source, server, host)
        server.count_rows()
        return count
    except dbapi2.Error as error:
        raise driver.trouble(error, path) from error
    finally:
        source.close()


def _carried(source: Any, server: ServerConnection, host: str) -> int:
    raw, count = server.raw, 0
    try:
        with raw.transaction():
            raw.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER_LOCK,))
            head = raw.execute("SELECT length FROM audit_head").fetchone()
            if head is None or head[0]:
                raise BadInput("office_server.not_empty", host=host)
            tables = server.shapes()
            for name in (*_FIRST, *sorted(tables.keys() - set(_FIRST) - _OURS)):
                count += _table(source, raw, name, [column for column, _, _ in tables[name]])
            register_id, length, digest = source.execute("SELECT register_id, length, head FROM audit_head").fetchone()
            raw.execute("UPDATE audit_head SET register_id = %s, length = %s, head = %s", (register_id, length, digest))
    except psycopg.Error as error:
        raise told(error) from None
    return count


def _table(source: Any, raw: psycopg.Connection[Any], name: str, columns: list[str]) -> int:
    cursor = source.execute(f'SELECT {", ".join(chr(34) + c + chr(34) for c in columns)} FROM "{name}"')
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)))
    count = 0
    with raw.cursor().copy(into) as copy:
        for row in cursor:
            copy.write_row(row)
            count += 1
    return count
