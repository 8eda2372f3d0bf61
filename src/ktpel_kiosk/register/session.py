"""What every area of the register works with: one transaction's connection, alive only while its ``work`` runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.sql.base import Executable

from ktpel_kiosk.domain.errors import BadInput, BugError

Row = Mapping[Any, Any]


class Session:
    """Runs statements of one transaction. Not thread-safe: it belongs to the thread that runs the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection

    def run(self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> CursorResult[Any]:
        """Execute one statement.

        Raises:
            BugError: ``register.view_ended`` when used after its transaction. BadInput: ``register.text`` for text or numbers
                that cannot be stored (lone surrogates, more than 64 bits).
        """
        if self._connection is None:
            raise BugError("register.view_ended")
        try:
            return self._connection.execute(statement, parameters)
        except (UnicodeEncodeError, OverflowError) as error:
            raise BadInput("register.text", reason=type(error).__name__) from error

    def one(self, statement: Executable, **parameters: Any) -> Row | None:
        return self.run(statement, parameters).mappings().first()

    def all(self, statement: Executable, **parameters: Any) -> Sequence[Row]:
        return self.run(statement, parameters).mappings().all()

    def scalar(self, statement: Executable, **parameters: Any) -> Any:
        return self.run(statement, parameters).scalar()

    def stream(self, statement: Executable, **parameters: Any) -> Iterator[Row]:
        """Rows in pages, for results that must not be held in memory."""
        result = self.run(statement, parameters)
        try:
            yield from result.mappings().yield_per(500)
        finally:
            result.close()

    def end(self) -> None:
        """The transaction is over: whoever kept this object finds out."""
        self._connection = None
