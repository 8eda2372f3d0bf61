"""What an office server says of itself, for ``doctor``: is an answered commit really on its disk, how is it spoken to, how fast is it."""

from __future__ import annotations

import statistics
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.errors import IoFailure
from ktpel_kiosk.register.server.address import ServerAddress
from ktpel_kiosk.register.server.connection import ServerConnection, told

ASKED: Final = 20
DURABLE: Final = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
OLDEST: Final = 15
"""Major version of PostgreSQL."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """``answer_s``: median of a question. ``unsafe``: settings under which a power cut may take acknowledged work. ``encrypted``: TLS, or a
    socket of this very machine. ``desks``: connections of the register now. ``rules``: this desk could switch triggers off."""

    version: str
    too_old: bool
    answer_s: float
    unsafe: tuple[str, ...]
    checksums: bool
    encrypted: bool
    desks: int
    rules: bool


def server_facts(address: ServerAddress) -> ServerFacts:
    """Ask the server. Raises IoFailure ``office_server.unreachable``."""
    try:
        with closing(ServerConnection(address.conninfo, name="ktpel-doctor")) as connection:
            return _asked(connection.raw, address)
    except psycopg.Error as error:
        raise IoFailure("office_server.unreachable", host=address.host) from told(error)
    except dbapi2.Error as error:
        raise IoFailure("office_server.unreachable", host=address.host) from error


def _asked(raw: psycopg.Connection[Any], address: ServerAddress) -> ServerFacts:
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        raw.execute("SELECT 1").fetchone()
        took.append(time.perf_counter() - began)
    settings = dict(raw.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (
        [*DURABLE, "data_checksums", "server_version"],)).fetchall())
    [(encrypted, desks, rules)] = raw.execute("""
        SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
            (SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE datname = current_database()
                AND application_name NOT LIKE 'ktpel-%'),
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)""").fetchall()
    return ServerFacts(
        str(settings["server_version"]), raw.info.server_version < OLDEST * 10_000, statistics.median(took),
        tuple(name for name, wanted in DURABLE.items() if settings.get(name) != wanted), settings.get("data_checksums") == "on",
        bool(encrypted) or address.host.startswith("/"), int(str(desks)), bool(rules))


def schema_of(address: ServerAddress) -> int:
    """Schema version of the register there; 0: none. Raises IoFailure ``office_server.unreachable``."""
    found = _answer(address, "SELECT to_regclass('alembic_version') IS NOT NULL")
    return int(_answer(address, "SELECT max(version_num) FROM alembic_version") or 0) if found else 0


def other_desks(address: ServerAddress, station: str) -> int:
    """Desks that are connected now, without this one. Raises IoFailure ``office_server.unreachable``."""
    return int(_answer(address, """SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND application_name NOT LIKE 'ktpel-%%' AND application_name <> %s""", station))


def _answer(address: ServerAddress, sql: str, *given: object) -> Any:
    try:
        with closing(ServerConnection(address.conninfo, name="ktpel-look")) as connection:
            row = connection.raw.execute(sql.encode(), given or None).fetchone()
            return row[0] if row else None
    except psycopg.Error as error:
        raise IoFailure("office_server.unreachable", host=address.host) from told(error)
    except dbapi2.Error as error:
        raise IoFailure("office_server.unreachable", host=address.host) from error
