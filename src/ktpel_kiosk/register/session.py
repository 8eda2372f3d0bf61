"""What every area of the register works with: one transaction's connection, alive only while its ``work`` runs.

Statements are SQLAlchemy Core over the SQLModel tables, compiled once and then handed to the driver directly: an accepted sample
is a dozen small statements, and SQLAlchemy's execution of each costs more than SQLite's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final, TypeVar

from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement, TextClause
from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.errors import BadInput, BugError

T = TypeVar("T")
Row = Mapping[Any, Any]
ConstraintBroken: Final = dbapi2.IntegrityError
_PAGE: Final = 500
_DIALECT: Final = sqlite.dialect(paramstyle="named")
_compiled: Final[dict[tuple[int, tuple[str, ...]], tuple[Executable, str, dict[str, Any]]]] = {}


@cache
def prepared(sql: str) -> TextClause:
    """The one statement of this text: a text put together for a question must not be compiled, and kept, at every asking."""
    return text(sql)


def _sql(statement: Executable, names: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """SQL text and constant parameters; for an insert or update ``names`` decide which columns are set.

    The cache keeps the statement itself, so that its identity stays its own.
    """
    known = _compiled.get((id(statement), names))
    if known is None:
        assert isinstance(statement, ClauseElement)
        keys = list(names) if getattr(statement, "is_dml", False) else None
        made = statement.compile(dialect=_DIALECT, column_keys=keys, compile_kwargs={"render_postcompile": True})
        constants = {k: v for k, v in made.params.items() if k not in names}
        known = _compiled[id(statement), names] = (statement, str(made), constants)
    return known[1], known[2]


def paged(found: Iterable[T], size: int = _PAGE) -> Iterator[list[T]]:
    """The same in lists of at most ``size``, for look-ups that serve a whole page at once."""
    rest = iter(found)
    while page := list(islice(rest, size)):
        yield page


class Session:
    """Runs statements of one transaction on a driver connection. Belongs to the thread that runs the transaction."""

    station: str = ""
    """Where several desks share the register: the one that asks, whose packets lie on its own disk. Empty: every packet is here."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._streams: set[Any] = set()

    def run(self, statement: Executable, parameters: Mapping[str, Any]) -> Any:
        """Execute a prepared statement; returns the driver's cursor.

        Raises:
            ConstraintBroken: the statement changed nothing. BugError: ``register.view_ended`` when used after its transaction.
                BadInput: ``register.text`` for text or numbers that cannot be stored (lone surrogates, more than 64 bits).
        """
        sql, constants = _sql(statement, tuple(parameters))
        return self._execute(sql, {**constants, **parameters} if constants else parameters)

    def attempt(self, statement: Executable, parameters: Mapping[str, Any]) -> Any:
        """As :meth:`run`, where a broken constraint is expected and the transaction looks on: why was it refused?"""
        trying = getattr(self._connection, "trying", None)
        if trying is None:
            return self.run(statement, parameters)
        with trying():
            return self.run(statement, parameters)

    def run_each(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same statement for each of ``rows``, which have the same names."""
        sql, constants = _sql(statement, tuple(rows[0]))
        for row in rows:
            self._execute(sql, {**constants, **row}).close()

    def run_many(self, statement: Executable, rows: Iterator[Mapping[str, Any]]) -> None:
        """The same statement for each of ``rows``, which have the same names, in one call of the driver; for bulk."""
        first = next(rows, None)
        if first is not None:
            sql, constants = _sql(statement, tuple(first))
            assert not constants
            self._execute(sql, chain((first,), rows), many=True).close()

    def changed_rows(self) -> int:
        """Rows inserted, updated or deleted on this connection so far."""
        return int(self._connection.total_changes)

    def _execute(self, sql: str, parameters: Any, *, many: bool = False) -> Any:
        if self._connection is None:
            raise BugError("register.view_ended")
        try:
            return self._connection.executemany(sql, parameters) if many else self._connection.execute(sql, parameters)
        except (UnicodeEncodeError, OverflowError) as error:
            reason = type(error).__name__
        raise BadInput("register.text", reason=reason)  # not chained: the codec's error quotes the whole value

    def one(self, statement: Executable, **parameters: Any) -> Row | None:
        cursor = self.run(statement, parameters)
        row, names = cursor.fetchone(), cursor.description
        cursor.close()
        return None if row is None else dict(zip((n[0] for n in names), row, strict=True))

    def all(self, statement: Executable, **parameters: Any) -> Sequence[Row]:
        return self._rows(self.run(statement, parameters))

    def scalar(self, statement: Executable, **parameters: Any) -> Any:
        cursor = self.run(statement, parameters)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else row[0]

    def query(self, statement: Executable) -> Sequence[Row]:
        """Rows of a statement built for this one question (a list with its filters)."""
        assert isinstance(statement, ClauseElement)
        made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        return self._rows(self._execute(str(made), made.params))

    def stream(self, statement: Executable, **parameters: Any) -> Iterator[Row]:
        """Rows in pages, for results that must not be held in memory. Going on after the transaction raises BugError."""
        cursor = self._streaming(statement, parameters)
        names = [n[0] for n in cursor.description]
        self._streams.add(cursor)
        try:
            while page := cursor.fetchmany(_PAGE):
                for row in page:
                    yield dict(zip(names, row, strict=True))
                if self._connection is None:
                    raise BugError("register.view_ended")
        finally:
            self._streams.discard(cursor)
            cursor.close()

    def _streaming(self, statement: Executable, parameters: Mapping[str, Any]) -> Any:
        if not hasattr(self._connection, "stream"):
            return self.run(statement, parameters)
        sql, constants = _sql(statement, tuple(parameters))
        return self._connection.stream(sql, {**constants, **parameters})

    def tuples(self, statement: Executable, **parameters: Any) -> list[tuple[Any, ...]]:
        """Bare rows in the order of the statement's columns, where there are many of them."""
        cursor = self.run(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        return found

    @staticmethod
    def _rows(cursor: Any) -> list[Row]:
        names = [n[0] for n in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def end(self) -> None:
        """The transaction is over: whoever kept this object finds out."""
        self._connection = None
        for cursor in self._streams:
            cursor.close()
