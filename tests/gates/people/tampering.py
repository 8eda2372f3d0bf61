"""Somebody who has the register's key, drops every trigger and check, and changes what is stored; never twice the same way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ktpel_kiosk.ports.register import AuditCheck
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.anchor import AnchorFile
from ktpel_kiosk.register.chain import check_chain
from ktpel_kiosk.register.seals import SealedTable, sealed_tables
from ktpel_kiosk.register.tx import SqlView

CHAIN = ("audit", "audit_head")


@dataclass(frozen=True)
class Done:
    """One manipulation. ``rows``: (table, key) that must be named, these and no other; ``link``: the sequence named, for the audit."""

    kind: str
    table: str
    rows: frozenset[tuple[str, str]] = frozenset()
    link: int | None = None

    def named(self, check: AuditCheck) -> bool:
        if check.whole:
            return False
        if self.table in CHAIN:
            return check.broken_at is not None and (self.link is None or check.broken_at <= self.link)
        return {(f.table, f.key) for f in check.faults} == self.rows


class Forger:
    """Manipulates one register inside transactions that are rolled back, so that a thousand of them are cheap."""

    def __init__(self, path: Path, key: bytes, rng: random.Random) -> None:
        self._path, self._key, self._rng = path, key, rng
        self._anchor = AnchorFile(path, key).read()
        self._connection = driver.connect(path, key, writer=True)
        self._connection.execute("PRAGMA foreign_keys = OFF")
        self._connection.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            self._connection.execute(f'DROP TRIGGER "{name}"')
        for (name,) in self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall():
            self._connection.execute(f'DROP INDEX "{name}"')
        tables = sealed_tables(self._connection)
        self._tables = {n: t for n, t in tables.items() if self._count(n)}
        self._empty = {n: t for n, t in tables.items() if n not in self._tables}
        self._chain = {n: _chain_table(self._connection, n) for n in CHAIN}

    def tables(self) -> tuple[set[str], set[str]]:
        """(with rows, without)."""
        return set(self._tables), set(self._empty)

    def close(self) -> None:
        self._connection.close()

    def check(self) -> AuditCheck:
        return check_chain(SqlView(self._connection), self._anchor, self._key)

    @contextmanager
    def one(self) -> Iterator[Done | None]:
        """A random manipulation, undone at the end; None when it happened to change nothing."""
        self._connection.execute("BEGIN")
        try:
            yield self._tried()
        finally:
            self._connection.execute("ROLLBACK")

    def _tried(self) -> Done | None:
        try:
            return self._any()
        except driver.dbapi.IntegrityError:  # UNIQUE stands inside the table; such an edit is not even possible
            return None

    def _any(self) -> Done | None:
        if self._rng.random() < 0.25:
            return self._of_chain()
        if self._rng.random() < 0.03:
            return self._of_words()
        table = self._rng.choice(list(self._tables.values()))
        acts: list[Callable[[SealedTable], Done | None]] = [self._edit, self._edit, self._edit, self._delete, self._insert, self._swap,
                                                            self._truncate]
        return self._rng.choice(acts)(table)

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _edit(self, table: SealedTable) -> Done | None:
        at = self._rng.randrange(len(table.columns))
        key, = self._rows(table, 1)
        return self._set(table, key, at) if at not in table.key else self._renamed(table, key)

    def _set(self, table: SealedTable, key: tuple[Any, ...], at: int) -> Done | None:
        column = table.columns[at]
        before = self._connection.execute(f'SELECT "{column}" FROM "{table.name}" WHERE {_where(table)}', key).fetchone()[0]
        after = self._other(before)
        self._connection.execute(f'UPDATE "{table.name}" SET "{column}" = ? WHERE {_where(table)}', (after, *key))
        return Done("edit", table.name, frozenset({(table.name, _text(key))}))

    def _renamed(self, table: SealedTable, key: tuple[Any, ...]) -> Done | None:
        fresh = self._fresh(key)
        sets = ", ".join(f'"{table.columns[i]}" = ?' for i in table.key)
        self._connection.execute(f'UPDATE "{table.name}" SET {sets} WHERE {_where(table)}', (*fresh, *key))
        return Done("rename", table.name, frozenset({(table.name, _text(key)), (table.name, _text(fresh))}))

    def _delete(self, table: SealedTable) -> Done:
        key, = self._rows(table, 1)
        self._connection.execute(f'DELETE FROM "{table.name}" WHERE {_where(table)}', key)
        return Done("delete", table.name, frozenset({(table.name, _text(key))}))

    def _insert(self, table: SealedTable) -> Done:
        """A row that is another's twin but for its key."""
        key, = self._rows(table, 1)
        fresh = self._fresh(key)
        self._unique_off(table)
        columns = ", ".join("?" if i in table.key else f'"{c}"' for i, c in enumerate(table.columns))
        in_order = [fresh[table.key.index(i)] for i in sorted(table.key)]
        twin = f'INSERT INTO "{table.name}" SELECT {columns} FROM "{table.name}" WHERE {_where(table)}'
        self._connection.execute(twin, (*in_order, *key))
        return Done("insert", table.name, frozenset({(table.name, _text(fresh))}))

    def _swap(self, table: SealedTable) -> Done | None:
        """Two rows exchange everything but their keys."""
        if self._count(table.name) < 2:
            return self._delete(table)
        first, second = self._rows(table, 2)
        others = [c for i, c in enumerate(table.columns) if i not in table.key]
        if not others:
            return self._delete(table)
        self._unique_off(table)
        names = ", ".join(f'"{c}"' for c in others)
        one, two = (self._connection.execute(f'SELECT {names} FROM "{table.name}" WHERE {_where(table)}', k).fetchone()
                    for k in (first, second))
        if one == two:
            return None
        sets = ", ".join(f'"{c}" = ?' for c in others)
        for key, values in ((first, two), (second, one)):
            self._connection.execute(f'UPDATE "{table.name}" SET {sets} WHERE {_where(table)}', (*values, *key))
        return Done("swap", table.name, frozenset({(table.name, _text(first)), (table.name, _text(second))}))

    def _truncate(self, table: SealedTable) -> Done:
        keys = self._rows(table, self._rng.randint(1, min(5, self._count(table.name))))
        for key in keys:
            self._connection.execute(f'DELETE FROM "{table.name}" WHERE {_where(table)}', key)
        return Done("truncate", table.name, frozenset((table.name, _text(k)) for k in keys))

    def _unique_off(self, table: SealedTable) -> None:
        """The table again without UNIQUE, which would refuse a twin: a forger may write what the schema forbids."""
        columns = ", ".join(f'"{c}"' for c in table.columns)
        keys = ", ".join(f'"{table.columns[i]}"' for i in table.key)
        self._connection.execute(f'CREATE TABLE forged ({columns}, PRIMARY KEY ({keys}))')
        self._connection.execute(f'INSERT INTO forged SELECT {columns} FROM "{table.name}"')
        defaults = dict(zip(table.columns, table.defaults, strict=True))
        self._connection.execute(f'DROP TABLE "{table.name}"')
        typed = ", ".join(f'"{c}"' + (f" DEFAULT {_literal(d)}" if d is not None else "") for c, d in defaults.items())
        self._connection.execute(f'CREATE TABLE "{table.name}" ({typed}, PRIMARY KEY ({keys}))')
        self._connection.execute(f'INSERT INTO "{table.name}" SELECT {columns} FROM forged')
        self._connection.execute("DROP TABLE forged")

    def _of_words(self) -> Done | None:
        """The words people are found by, one taken away, changed or given to somebody; their own rows stay as they are."""
        run = self._connection.execute
        chapter, word, no, created_at = self._rng.choice(run("SELECT chapter, word, no, created_at FROM search_word").fetchall())
        kind = self._rng.choice(("delete", "edit", "insert"))
        if kind != "insert":
            run("DELETE FROM search_word WHERE chapter = ? AND word = ? AND no = ? AND created_at = ?", (chapter, word, no, created_at))
        if kind != "delete":
            run("INSERT INTO search_word (chapter, word, no, created_at) VALUES (?, ?, ?, ?)", (chapter, f"{word}x", no, created_at))
        return Done(f"words {kind}", "search_word", frozenset({("search_word", str(no))}))

    # -- the chain ----------------------------------------------------------------------------------------------------

    def _of_chain(self) -> Done | None:
        last = self._count("audit")
        at, other = self._rng.sample(range(1, last + 1), 2)
        kind = self._rng.choice(("edit", "edit", "delete", "swap", "truncate", "copy", "append", "head"))
        run = self._connection.execute
        if kind == "edit":
            table = self._chain["audit"]
            return Done(f"audit {kind}", "audit", link=at) if self._set(table, (at,), self._rng.randrange(1, 8)) else None
        if kind == "delete":
            run("DELETE FROM audit WHERE sequence = ?", (at,))
        elif kind == "truncate":
            run("DELETE FROM audit WHERE sequence >= ?", (at,))
            run("UPDATE audit_head SET length = ?, head = coalesce((SELECT digest FROM audit WHERE sequence = ?), ?)",
                (at - 1, at - 1, "0" * 64))
        elif kind == "swap":
            for source, target in ((at, last + 9), (other, at), (last + 9, other)):
                run("UPDATE audit SET sequence = ? WHERE sequence = ?", (target, source))
            at = min(at, other)
        elif kind == "copy":
            run("UPDATE audit SET (actor, event, subject, facts, previous, digest) = (SELECT actor, event, subject, facts, previous, digest"
                " FROM audit WHERE sequence = ?) WHERE sequence = ?", (other, at))
        elif kind == "append":
            run("INSERT INTO audit SELECT ?, at, actor, event, subject, facts, previous, digest FROM audit WHERE sequence = ?",
                (last + 1, at))
            at = last + 1
        else:
            run("UPDATE audit_head SET head = ?", (f"{self._rng.getrandbits(256):064x}",))
            at = last + 1
        return Done(f"audit {kind}", "audit", link=at)

    # -- help ---------------------------------------------------------------------------------------------------------

    def _count(self, table: str) -> int:
        return int(self._connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])

    def _rows(self, table: SealedTable, count: int) -> list[tuple[Any, ...]]:
        keys = ", ".join(f'"{table.columns[i]}"' for i in table.key)
        found = self._connection.execute(f'SELECT {keys} FROM "{table.name}" ORDER BY {keys}').fetchall()
        return self._rng.sample(found, count)

    def _fresh(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        """A key nobody has, of the same types."""
        return (*key[:-1], key[-1] + self._rng.randrange(10**6, 10**9) if isinstance(key[-1], int) else f"{key[-1]}-palsu")

    def _other(self, before: Any) -> Any:
        if before is None:
            return self._rng.randrange(1, 1 << 40)
        if isinstance(before, bytes):
            at = self._rng.randrange(len(before)) if before else 0
            return before[:at] + bytes([before[at] ^ 1]) + before[at + 1:] if before else b"\x01"
        if isinstance(before, int | float):
            return before + self._rng.choice((-1, 1, 3600, 0.5 if isinstance(before, float) else 2))
        return self._rng.choice((before + " ", before[:-1], before.swapcase() + "x", f"x{before}")) if before else "x"


def _chain_table(connection: Any, name: str) -> SealedTable:
    info = connection.execute(f"PRAGMA table_info({name})").fetchall()
    return SealedTable(name, tuple(r[1] for r in info), (0,), (None,) * len(info))


def _where(table: SealedTable) -> str:
    return " AND ".join(f'"{table.columns[i]}" = ?' for i in table.key)


def _text(key: tuple[Any, ...]) -> str:
    return "/".join(str(part) for part in key)


def _literal(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
