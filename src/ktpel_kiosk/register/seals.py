"""Row seals: each transaction's last audit link carries a keyed digest of every row the transaction left behind (docs/adr/0035).

Triggers of the writing connection alone (TEMP, so no part of the schema) hand each new row to :class:`RowSeals` while SQLite still
holds it in memory: nothing is read back. The chain then vouches for the rows, and the anchor for the chain.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote

from sqlcipher3 import dbapi2

from ktpel_kiosk.ports.register import RowFault

ROWS: Final = "rows"
"""The fact that holds them: ``table:key=digest`` parted by blanks; an empty digest says that the row was deleted."""
BIRTH: Final = "*"
"""Stands first in the seals of a register's first transaction: there is no row from before."""
LEFT_OUT: Final = frozenset({
    "audit", "audit_head",  # the chain itself
    "search_word",  # made from the applications: register/word_check.py
    "survey",  # the order in which forms came is kept nowhere, on purpose
    "population",  # an imported list of any size; its file's hash stands in population_batch
    "alembic_version", "ktpel_register",
})
DIGEST_BYTES: Final = 12
_PURPOSE: Final = b"ktpel-kiosk row seal 1"
_TABLES: Final = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


@dataclass(frozen=True, slots=True)
class SealedTable:
    """One table: its columns, the positions of its key among them, and each column's declared default as SQLite's literal."""

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]
    defaults: tuple[Any, ...]

    def key_of(self, values: tuple[Any, ...]) -> str:
        return "/".join(quote(str(values[i]), safe="") for i in self.key)


def sealed_tables(connection: Any) -> dict[str, SealedTable]:
    """Every table of the register whose rows are sealed: those with a primary key, which all of ours have."""
    if hasattr(connection, "shapes"):  # an office server
        made = (_shaped(name, columns) for name, columns in connection.shapes().items() if name not in LEFT_OUT)
        return {table.name: table for table in made if table.key}
    names = [r[0] for r in connection.execute(_TABLES).fetchall() if r[0] not in LEFT_OUT]
    return {name: table for name in names if (table := _table(connection, name)).key}


def _shaped(name: str, columns: Sequence[tuple[str, Any, int]]) -> SealedTable:
    key = tuple(i for _, i in sorted((place, i) for i, (_, _, place) in enumerate(columns) if place))
    return SealedTable(name, tuple(c for c, _, _ in columns), key, tuple(default for _, default, _ in columns))


def rows_of(connection: Any, sql: str) -> Any:
    """A cursor that holds few rows at a time, whichever database it is."""
    return getattr(connection, "stream", connection.execute)(sql)


def _table(connection: Any, name: str) -> SealedTable:
    info = connection.execute(f"PRAGMA main.table_info(\"{name}\")").fetchall()  # cid, name, type, notnull, default, pk
    defaults = tuple(None if r[4] is None else connection.execute(f"SELECT {r[4]}").fetchone()[0] for r in info)
    key = tuple(i for _, i in sorted((r[5], i) for i, r in enumerate(info) if r[5]))
    return SealedTable(name, tuple(r[1] for r in info), key, defaults)


class Sealer:
    """Digests of rows under a key derived from the register's own: what a NIK hashes to tells nobody without it which NIK it was."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, _PURPOSE, hashlib.sha256).digest()

    def digest(self, table: SealedTable, values: tuple[Any, ...]) -> str:
        """24 hex digits over name and value of each column that differs from its default.

        So a column that a later migration adds, which holds its default in every row there is, changes no digest.
        """
        made = hashlib.blake2b(key=self._key, digest_size=DIGEST_BYTES)
        made.update(table.name.encode())
        for name, value, usual in zip(table.columns, values, table.defaults, strict=True):
            if value != usual:
                body = value if type(value) is bytes else repr(value).encode("utf-8", "surrogatepass")
                made.update(f"\0{name}:{type(value).__name__}:{len(body)}:".encode())
                made.update(body)
        return made.hexdigest()


class RowSeals(Sealer):
    """Collects what the transaction under way does to rows. Belongs to the writer thread."""

    def __init__(self, connection: Any, key: bytes) -> None:
        super().__init__(key)
        self._tables = sealed_tables(connection)
        self._rows: dict[tuple[str, str], str] = {}
        connection.create_function("ktpel_row", -1, self._left)
        connection.create_function("ktpel_row_gone", -1, self._gone)
        for table in self._tables.values():
            for statement in _triggers(table):
                connection.execute(statement).close()

    def begin(self) -> None:
        """A new transaction; whatever one before it left is forgotten."""
        self._rows.clear()

    def text(self) -> str:
        return " ".join(f"{table}:{key}={digest}" for (table, key), digest in self._rows.items())

    def touched(self) -> frozenset[tuple[str, str]]:
        """Table and key of each row the transaction changed so far."""
        return frozenset(self._rows)

    def _left(self, name: str, *values: Any) -> None:
        table = self._tables[name]
        self._rows[name, table.key_of(values)] = self.digest(table, values)

    def _gone(self, name: str, *values: Any) -> None:
        self._rows[name, self._tables[name].key_of(values)] = ""


def _triggers(table: SealedTable) -> Iterator[str]:
    new = ", ".join(f'NEW."{c}"' for c in table.columns)
    old = ", ".join(f'OLD."{c}"' if i in table.key else "NULL" for i, c in enumerate(table.columns))
    moved = " OR ".join(f'OLD."{table.columns[i]}" IS NOT NEW."{table.columns[i]}"' for i in table.key)
    left, gone = f"SELECT ktpel_row('{table.name}', {new});", f"SELECT ktpel_row_gone('{table.name}', {old});"
    head = f'CREATE TEMP TRIGGER "seal_{table.name}_'
    yield f'{head}new" AFTER INSERT ON main."{table.name}" BEGIN {left} END'
    yield f'{head}moved" BEFORE UPDATE ON main."{table.name}" WHEN {moved} BEGIN {gone} END'
    yield f'{head}left" AFTER UPDATE ON main."{table.name}" BEGIN {left} END'
    yield f'{head}gone" AFTER DELETE ON main."{table.name}" BEGIN {gone} END'


# -- checking -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class KnownSeals:
    """The last seal of each row, gathered while the chain is read. ``from_birth``: there is no row from before seals."""

    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    from_birth: bool = False

    def learn(self, facts: Mapping[str, object]) -> None:
        text = facts.get(ROWS)
        for entry in text.split() if isinstance(text, str) else ():
            if entry == BIRTH:
                self.from_birth = True
                continue
            place, _, digest = entry.partition("=")
            table, _, key = place.partition(":")
            self.rows.setdefault(table, {})[key] = digest


@dataclass(slots=True)
class RowsChecked:
    """``rows`` compared; ``unsealed`` are from before rows were sealed and were not written since."""

    rows: int = 0
    unsealed: int = 0
    different: list[RowFault] = field(default_factory=list)


def check_rows(connection: Any, sealer: Sealer, known: KnownSeals, rest: Callable[[], object] = lambda: None) -> RowsChecked:
    """Every sealed table of the register against the last seals of its rows; one row is held at a time."""
    found = RowsChecked()
    tables = sealed_tables(connection)
    for table in tables.values():
        _check_table(connection, sealer, table, known, found, rest)
    for name in sorted(known.rows.keys() - tables.keys()):
        found.different += [RowFault(name, unquote(key), "missing") for key, digest in known.rows[name].items() if digest]
    return found


def _check_table(connection: Any, sealer: Sealer, table: SealedTable, known: KnownSeals, found: RowsChecked,
                 rest: Callable[[], object]) -> None:
    seals, seen = known.rows.get(table.name, {}), set[str]()
    columns = ", ".join(f'"{c}"' for c in table.columns)
    cursor = rows_of(connection, f'SELECT {columns} FROM main."{table.name}" NOT INDEXED')
    for values in readable_rows(cursor, table, found):
        rest()
        key = table.key_of(values)
        seen.add(key)
        found.rows += 1
        sealed = seals.get(key)
        if sealed is None and not known.from_birth:
            found.unsealed += 1
        elif not sealed:
            found.different.append(RowFault(table.name, unquote(key), "extra"))
        elif sealed != sealer.digest(table, values):
            found.different.append(RowFault(table.name, unquote(key), "changed"))
    cursor.close()
    found.different += [RowFault(table.name, unquote(k), "missing") for k, digest in seals.items() if digest and k not in seen]


def readable_rows(cursor: Any, table: SealedTable, found: RowsChecked) -> Iterator[tuple[Any, ...]]:
    """Rows until one cannot be read as text at all, which honest writing never leaves."""
    try:
        yield from cursor
    except (dbapi2.OperationalError, UnicodeDecodeError):
        found.different.append(RowFault(table.name, "?", "unreadable"))
