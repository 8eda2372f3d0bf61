"""Row seals on the office server: the same digests, over the rows the server gives back with each change.

SQLite hands rows over in triggers of the writing connection; here every change returns what it left behind (``RETURNING``), so that a
register moved from one database to the other keeps its seals word for word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ktpel_kiosk.register.seals import Sealer, sealed_tables
from ktpel_kiosk.register.server.connection import ServerConnection


class ServerSeals(Sealer):
    """As :class:`ktpel_kiosk.register.seals.RowSeals`, of the writing connection of an office server."""

    def __init__(self, connection: ServerConnection, key: bytes) -> None:
        super().__init__(key)
        self._tables = sealed_tables(connection)
        self._rows: dict[tuple[str, str], str] = {}
        connection.witness = self

    def begin(self) -> None:
        self._rows.clear()

    def text(self) -> str:
        return " ".join(f"{table}:{key}={digest}" for (table, key), digest in self._rows.items())

    def columns(self, table: str) -> Sequence[str]:
        found = self._tables.get(table)
        return found.columns if found is not None else ()

    def left(self, table: str, values: tuple[Any, ...]) -> None:
        of = self._tables[table]
        self._rows[table, of.key_of(values)] = self.digest(of, values)

    def gone(self, table: str, values: tuple[Any, ...]) -> None:
        self._rows[table, self._tables[table].key_of(values)] = ""

    def gone_number(self, table: str, number: int) -> None:
        self._rows[table, quote(str(number), safe="")] = ""
