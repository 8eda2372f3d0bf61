"""One connection to the office server that speaks as the register's SQLite driver does: same statements, same errors, same transactions.

A writing transaction holds one lock of the whole register from its first moment to its commit, as SQLite's writer does: numbers have no
gaps, the audit is one chain, and nothing is decided on what another desk is just changing. A reading one sees one snapshot.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol

import psycopg
from psycopg import errors
from psycopg.types.numeric import NumericBinaryLoader, NumericLoader
from sqlcipher3 import dbapi2

from ktpel_kiosk.register.server.dialect import Statement, translated

WRITER_LOCK: Final = 0x4B54504C
"""``KTPL``: the advisory lock of whoever writes."""
MIGRATION_LOCK: Final = WRITER_LOCK + 1
LOCK_WAIT_MS: Final = 20_000
"""How long a desk waits for the others; each holds the lock for milliseconds."""
IDLE_MS: Final = 30_000
"""A desk that stops in the middle of writing loses its transaction after this, so that the others go on."""
READING_IDLE_MS: Final = 600_000
"""Readers block nobody, and the night's check rests between two pages."""
CONNECT_S: Final = 5
FETCHED: Final = 100
_CASCADES: Final = {"sample": "sample_data"}
"""Rows that go with those they belong to, under the same number."""
_IOERR, _BUSY, _FULL, _CORRUPT, _CONSTRAINT = 10, 5, 13, 11, 19
_BEGIN: Final = {
    "BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "BEGIN IMMEDIATE": (
        f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS};"
        f" SELECT pg_advisory_xact_lock({WRITER_LOCK})"),
}


class ServerLost(dbapi2.OperationalError):  # type: ignore[misc]
    """The office server does not answer any more. Nothing of the transaction is kept, unless it was lost while being committed."""


class Witness(Protocol):
    """Hears of each row a transaction leaves behind (:class:`seals.ServerSeals`)."""

    def columns(self, table: str) -> Sequence[str]:
        """Of a sealed table; empty for one that is not."""

    def left(self, table: str, values: tuple[Any, ...]) -> None: ...

    def gone(self, table: str, values: tuple[Any, ...]) -> None: ...

    def gone_number(self, table: str, number: int) -> None: ...


class _Text(NumericLoader):
    def load(self, data: Any) -> Any:
        return _plain(super().load(data))


class _Binary(NumericBinaryLoader):
    def load(self, data: Any) -> Any:
        return _plain(super().load(data))


def _plain(value: Any) -> int | float:
    """Sums and averages as SQLite gives them."""
    return int(value) if value == value.to_integral_value() else float(value)


class Found:
    """Rows of a change that were also shown to the witness."""

    def __init__(self, names: Sequence[str], rows: list[tuple[Any, ...]], rowcount: int) -> None:
        self.description = [(name,) for name in names]
        self.rowcount = rowcount
        self._rows = iter(rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def close(self) -> None:
        self._rows = iter(())


class Stream:
    """Rows that are fetched as they are read, so that no list of them is held here."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.description = cursor.description

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        with _translated():
            rows: list[tuple[Any, ...]] = self._cursor.fetchmany(size)
            return rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while rows := self.fetchmany(FETCHED):
            yield from rows

    def close(self) -> None:
        with suppress(psycopg.Error):  # its transaction is over
            self._cursor.close()


class ServerConnection:
    """Of one thread. ``witness``: hears of every change; only of the writing connection."""

    def __init__(self, conninfo: str, *, name: str = "") -> None:
        self.conninfo = conninfo
        with _translated():
            self.raw = psycopg.connect(
                conninfo, autocommit=True, connect_timeout=CONNECT_S, application_name=name or "ktpel-kiosk",
                keepalives=1, keepalives_idle=5, keepalives_interval=3, keepalives_count=3, tcp_user_timeout=15_000,
                options=f"-c lock_timeout={LOCK_WAIT_MS} -c idle_in_transaction_session_timeout={READING_IDLE_MS}"
                        " -c search_path=public -c client_encoding=UTF8")
        self.raw.adapters.register_loader("numeric", _Text)
        self.raw.adapters.register_loader("numeric", _Binary)
        self.witness: Witness | None = None
        self.total_changes = 0
        self.sealed = ""
        """End of the desk's packet chain that this transaction makes; empty: it seals nothing."""
        self._cursors = 0

    @property
    def lost(self) -> bool:
        return bool(self.raw.closed or self.raw.broken)

    # -- statements --------------------------------------------------------------------------------------------------------

    def execute(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Any:
        """Rows or count of one statement of the register. Raises dbapi2.Error, OverflowError for a value that cannot be stored."""
        with _translated():
            begin = _BEGIN.get(sql)
            if begin is not None:
                self.sealed = ""
                return self.raw.execute(begin)
            statement = translated(sql)
            if not statement.act:
                return self.raw.execute(statement.sql, parameters, binary=True)
            return self._change(statement, parameters)

    def _change(self, statement: Statement, parameters: Any) -> Any:
        columns = self.witness.columns(statement.table) if self.witness is not None else ()
        if not columns:
            cursor = self.raw.execute(statement.sql, parameters, binary=True)
            self.total_changes += max(0, cursor.rowcount)
            return cursor
        sent = _sent(statement, parameters, columns)
        every = ", ".join(f'"{statement.table}"."{c}"' for c in columns if c not in sent)
        joined = f"{statement.sql}, {every}" if statement.returning else f"{statement.sql} RETURNING {every}"
        cursor = self.raw.execute(joined, parameters, binary=True)
        rows, names = cursor.fetchall(), [d[0] for d in cursor.description or ()]
        own = len(names) - len(columns) + len(sent)
        self._tell(statement, [_whole(row[own:], columns, sent) for row in rows], columns)
        self.total_changes += len(rows)
        return Found(names[:own], [row[:own] for row in rows], len(rows))

    def _tell(self, statement: Statement, rows: list[tuple[Any, ...]], columns: Sequence[str]) -> None:
        assert self.witness is not None
        tell = self.witness.gone if statement.act == "DELETE" else self.witness.left
        with_it = _CASCADES.get(statement.table) if statement.act == "DELETE" else None
        for row in rows:
            tell(statement.table, row)
            if with_it is not None:
                self.witness.gone_number(with_it, row[columns.index("no")])

    def executemany(self, sql: str, rows: Any) -> Any:
        """For tables whose rows nobody seals."""
        statement = translated(sql)
        assert self.witness is None or not self.witness.columns(statement.table)
        with _translated():
            cursor = self.raw.cursor(binary=True)
            cursor.executemany(statement.sql, rows)
            self.total_changes += max(0, cursor.rowcount)
            return cursor

    def stream(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Stream:
        """Rows of a question of any size, inside a transaction."""
        self._cursors += 1
        with _translated():
            cursor = self.raw.cursor(f"rows_{self._cursors}", binary=True)
            cursor.execute(translated(sql).sql, parameters)
            return Stream(cursor)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """A change that may be refused while its transaction goes on (PostgreSQL would end it)."""
        with _translated():
            self.raw.execute("SAVEPOINT tried")
        try:
            yield
        except dbapi2.IntegrityError:
            with _translated():
                self.raw.execute("ROLLBACK TO SAVEPOINT tried")
            raise
        with _translated():
            self.raw.execute("RELEASE SAVEPOINT tried")

    # -- transactions ------------------------------------------------------------------------------------------------------

    def notify(self, channel: str, text: str) -> None:
        """Heard by whoever listens, once this transaction is done."""
        with _translated():
            self.raw.execute("SELECT pg_notify(%s, %s)", (channel, text))

    def commit(self) -> None:
        with _translated():
            self.raw.execute("COMMIT")

    def commit_then_flush(self) -> None:
        """Commit, let the next desk write, and only then wait for the disk: desks at once share one sync instead of queueing for it.

        The journal is one: whatever is built upon this transaction reaches the disk after it, or not at all.
        """
        with _translated():
            self.raw.execute("SET LOCAL synchronous_commit = off; COMMIT")
        self.flush()

    def flush(self) -> None:
        """Everything committed so far is on the server's disk when this returns."""
        with _translated():
            self.raw.execute("SELECT pg_logical_emit_message(true, 'ktpel', '')")

    def count_rows(self) -> None:
        """Let the server look at its tables now: a search planned without that takes seconds where it needs a tenth."""
        with _translated():
            self.raw.execute("ANALYZE")

    def rollback(self) -> None:
        if self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            with _translated():
                self.raw.execute("ROLLBACK")

    def hang_up(self) -> None:
        """Any thread: whoever waits on this connection waits no more (ServerLost)."""
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.raw.fileno())) as ours:
            ours.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.raw.close()

    # -- shape -------------------------------------------------------------------------------------------------------------

    def shapes(self) -> dict[str, list[tuple[str, Any, int]]]:
        """Table -> (column, its default as a value, place in the primary key from 1 or 0), in the order of the columns."""
        made: dict[str, list[tuple[str, Any, int]]] = {}
        for table, column, default, place in self.raw.execute(_SHAPES).fetchall():
            made.setdefault(table, []).append((column, self._value(default), int(place)))
        return made


    def _value(self, default: str | None) -> Any:
        """A declared default as a value; all of ours are literals."""
        if default is None:
            return None
        if default == "''::text":
            return ""
        row = self.raw.execute(f"SELECT {default}".encode()).fetchone()
        return row[0] if row else None


def _sent(statement: Statement, parameters: Any, columns: Sequence[str]) -> Mapping[str, bytes]:
    """Pictures of a new row, which need not come back from the server to be known."""
    if statement.act != "INSERT" or not isinstance(parameters, Mapping):
        return {}
    return {c: value for c in columns if isinstance(value := parameters.get(c), bytes)}


def _whole(row: tuple[Any, ...], columns: Sequence[str], sent: Mapping[str, bytes]) -> tuple[Any, ...]:
    if not sent:
        return row
    rest = iter(row)
    return tuple(sent[c] if c in sent else next(rest) for c in columns)


_SHAPES: Final = """
    SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid), coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname COLLATE "C", a.attnum"""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise told(error) from None  # its text may quote whole rows


def told(error: psycopg.Error) -> Any:
    """What SQLite's driver would have raised. The server's detail, which quotes values, is left out."""
    made: Any
    rule = " ".join(filter(None, (error.diag.message_primary, error.diag.constraint_name)))
    if isinstance(error, errors.ForeignKeyViolation):
        made, code = dbapi2.IntegrityError("FOREIGN KEY constraint failed"), _CONSTRAINT
    elif isinstance(error, psycopg.IntegrityError):
        made, code = dbapi2.IntegrityError(rule), _CONSTRAINT
    elif isinstance(error, psycopg.DataError):
        return OverflowError(type(error).__name__)
    elif isinstance(error, errors.DiskFull):
        made, code = dbapi2.OperationalError(type(error).__name__), _FULL
    elif isinstance(error, (errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled)):
        made, code = dbapi2.OperationalError(type(error).__name__), _BUSY
    elif isinstance(error, (errors.DataCorrupted, errors.IndexCorrupted)):
        made, code = dbapi2.DatabaseError(type(error).__name__), _CORRUPT
    elif _is_loss(error):
        made, code = ServerLost(type(error).__name__), _IOERR
    else:
        made, code = dbapi2.OperationalError(type(error).__name__), 1
    made.sqlite_errorcode, made.sqlite_errorname = code, type(error).__name__
    return made


def _is_loss(error: psycopg.Error) -> bool:
    state = error.sqlstate or ""
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
        not state or state.startswith(("08", "57P", "53")) or state in {"25P03", "28000", "28P01", "3D000"})
