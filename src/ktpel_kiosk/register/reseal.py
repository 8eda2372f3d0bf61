"""Rows that a migration writes anew are sealed anew inside its transaction, in the audit's sight.

Only what the migration itself changed: a row that differed from its seal before still does afterwards. Rows from before seals stay
without one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from ktpel_kiosk.domain.audit import link_digest
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.seals import (
    ROWS,
    KnownSeals,
    RowsChecked,
    SealedTable,
    Sealer,
    check_rows,
    readable_rows,
    sealed_tables,
)

if TYPE_CHECKING:
    from ktpel_kiosk.ports.clock import Clock

AT_ONCE: Final = 2000
"""Rows one audit link vouches for."""
_ADD: Final = "INSERT INTO audit (sequence, at, actor, event, subject, facts, previous, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class Resealing:
    """Of one register that is being migrated; made before its first migration.

    Args:
        connection: DB-API connection the migrations run on. key: the register's own.
    """

    def __init__(self, connection: Any, key: bytes, clock: Clock) -> None:
        self._connection, self._sealer, self._clock = connection, Sealer(key), clock
        self._known = KnownSeals()
        for (facts,) in connection.execute("SELECT facts FROM audit ORDER BY sequence"):
            self._known.learn(_facts(facts))
        self._needed = bool(self._known.rows)
        found = check_rows(connection, self._sealer, self._known).different if self._needed else []
        self._wrong = {(f.table, f.key) for f in found}

    def after_step(self, version: int) -> int:
        """Inside the transaction of the migration to ``version``, all of it done. Returns how many rows got another seal."""
        entries = list(self._entries()) if self._needed else []
        for start in range(0, len(entries), AT_ONCE):
            some = entries[start:start + AT_ONCE]
            self._log("RowsResealed", {"version": version, "count": len(some), ROWS: " ".join(some)})
            self._known.learn({ROWS: " ".join(some)})
        return len(entries)

    def _entries(self) -> Iterator[str]:
        tables = sealed_tables(self._connection)
        for table in tables.values():
            yield from self._changed(table)
        for name in self._known.rows.keys() - tables.keys():
            yield from self._gone(name, set())

    def _changed(self, table: SealedTable) -> Iterator[str]:
        seals, seen = self._known.rows.get(table.name, {}), set[str]()
        columns = ", ".join(f'"{c}"' for c in table.columns)
        cursor = self._connection.execute(f'SELECT {columns} FROM main."{table.name}" NOT INDEXED')
        for values in readable_rows(cursor, table, RowsChecked()):
            key = table.key_of(values)
            seen.add(key)
            before, digest = seals.get(key), self._sealer.digest(table, values)
            if digest != before and (before is not None or self._known.from_birth) and not self._was_wrong(table.name, key):
                yield f"{table.name}:{key}={digest}"
        cursor.close()
        yield from self._gone(table.name, seen)

    def _gone(self, name: str, seen: set[str]) -> Iterator[str]:
        for key, before in self._known.rows.get(name, {}).items():
            if before and key not in seen and not self._was_wrong(name, key):
                yield f"{name}:{key}="

    def _was_wrong(self, name: str, key: str) -> bool:
        return (name, unquote(key)) in self._wrong or (name, "?") in self._wrong

    def _log(self, event: str, facts: dict[str, Any]) -> None:
        from ktpel_kiosk.register import mappers

        length, head = self._connection.execute("SELECT length, head FROM audit_head").fetchone()
        at, sequence = micros(self._clock.now()), length + 1
        digest = link_digest(sequence, moment(at), "-", event, "register", facts, head)
        self._connection.execute(_ADD, (sequence, at, "-", event, "register", mappers.facts_text(facts), head, digest)).close()
        self._connection.execute("UPDATE audit_head SET length = ?, head = ?", (sequence, digest)).close()


def _facts(text: object) -> dict[str, Any]:
    """A link that is none any more vouches for nothing."""
    try:
        found = json.loads(str(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
