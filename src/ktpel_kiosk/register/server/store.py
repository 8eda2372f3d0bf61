"""The register of an office whose desks share one server. What is promised of it and what is not: docs/adr/0044, docs/adr/0045."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakSet

from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.errors import Corrupt, IoFailure, KioskError, StorageTrouble
from ktpel_kiosk.domain.outbox import chain_end_text
from ktpel_kiosk.durable import make_folder, storage_trouble, write_durably
from ktpel_kiosk.register.server.address import ServerAddress
from ktpel_kiosk.register.server.connection import ServerConnection, ServerLost
from ktpel_kiosk.register.server.ears import CHANNEL, Ears, said
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.ports.clock import Clock, Ids
    from ktpel_kiosk.register.anchor import Anchor
    from ktpel_kiosk.register.gently import Gently
    from ktpel_kiosk.register.tx import SqlView

COMMIT_ASKED_S: Final = 10.0
"""How long a desk tries to learn whether the commit during which it lost the server was done."""
ASK_AGAIN_S: Final = 0.2
CHAIN: Final = ".rantai"
TRUSTED_S: Final = 1.0
"""An idle connection is asked whether it still lives when nobody used it for longer."""


def chain_file(beside: Path) -> Path:
    """Where a desk remembers the end of its packet chain, for when the server is away (as ``domain.outbox.chain_end_text``)."""
    return beside.with_name(beside.name + CHAIN)


@cache
def server_tx() -> Any:
    """The type of its transactions; made late, because SQLAlchemy is imported late."""
    from ktpel_kiosk.register.tx import SqlTx

    class ServerTx(SqlTx):
        def add_packet(self, packet: Packet) -> None:
            super().add_packet(packet)
            if packet.station == self.station:
                self._connection.sealed = chain_end_text(packet.counter, packet.sha256)

    return ServerTx


class Borrowed:
    """A reading connection on loan."""

    def __init__(self, pool: ReadingPool, connection: ServerConnection) -> None:
        self._pool, self.driver_connection = pool, connection

    def close(self) -> None:
        self._pool.give_back(self.driver_connection)


class ReadingPool:
    """Connections that read, the last used first."""

    def __init__(self, connect: Callable[[], ServerConnection], idle: int = 4) -> None:
        self._connect, self._most = connect, idle
        self._lock = threading.Lock()
        self._idle: list[tuple[float, ServerConnection]] = []

    def raw_connection(self) -> Borrowed:
        while (known := self._pop()) is not None:
            used_at, connection = known
            if time.monotonic() - used_at < TRUSTED_S or _lives(connection):
                return Borrowed(self, connection)
            connection.close()
        return Borrowed(self, self._connect())

    def _pop(self) -> tuple[float, ServerConnection] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def give_back(self, connection: ServerConnection) -> None:
        with self._lock:
            if not connection.lost and len(self._idle) < self._most:
                self._idle.append((time.monotonic(), connection))
                return
        connection.close()

    def dispose(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()


def _lives(connection: ServerConnection) -> bool:
    with suppress(dbapi2.Error):
        connection.execute("SELECT 1")
        return True
    return False


class ServerRegister(SqlRegister):
    """Implements ``ports.register.Register`` on PostgreSQL.

    Args:
        address: of the office server.
        beside: path in the station's own folder; ``<beside>.anchor`` and ``<beside>.last`` lie there: each desk is a witness of the audit.
        key: the office's register key, the same at every desk: it seals rows and proves that this is the right register.
        station: whose packets these are to send; also shown to who looks at the server's connections. Empty: of all (a look from outside).
        upgrading: an older register is brought up to date, for every desk.

    Raises:
        KeyUnavailable, Corrupt, TooNew, BadInput: see :func:`migrate.prove`. A server that does not answer is no reason: each read and
            write asks again, and says so (IoFailure ``office_server.unreachable``).
    """

    def __init__(self, address: ServerAddress, beside: Path, key: bytes, clock: Clock, ids: Ids, *, station: str = "",
                 upgrading: bool = False, **settings: Any) -> None:
        self._address, self._station, self._upgrading = address, station, upgrading
        self.shared_by = station
        self._proved, self._proving = False, threading.Lock()
        self._first: ServerConnection | None = None
        """Made while opening, for whoever connects first."""
        self._made: WeakSet[ServerConnection] = WeakSet()
        self._ears = Ears(lambda: ServerConnection(address.conninfo, name=station), lambda subjects: self._writer.tell(subjects))
        self.on_own: Callable[[frozenset[str]], object] = lambda _subjects: None
        """Hears, on the writer's thread, what this desk itself changed, before anybody hears of it."""
        self._late = bool(settings.get("late"))
        super().__init__(beside, key, clock, ids, **settings)

    # -- opening -----------------------------------------------------------------------------------------------------------

    def _prepare(self, migrations: Path) -> None:
        self._migrations = migrations
        try:
            make_folder(self._path.parent)
        except OSError as error:
            raise storage_trouble(error, self._path.parent) from error
        if not self._late:
            with suppress(ServerLost):  # whoever uses the register first hears of it
                self._first = self._connect()

    def _connect(self) -> ServerConnection:
        """A connection to a register that was proved to be ours."""
        with self._proving:
            first, self._first = self._first, None
        if first is not None:
            return first
        connection = ServerConnection(self._address.conninfo, name=self._station)
        self._made.add(connection)
        try:
            with self._proving:
                if not self._proved:
                    from ktpel_kiosk.register.server.migrate import prove

                    prove(connection, self._key, self._migrations, self._address.host, self._clock, upgrading=self._upgrading)
                    self._proved = True
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_engines(self) -> None:
        self._begin.wait()
        self._read_engine = cast(Any, ReadingPool(self._connect))
        try:
            if not self._closed:
                import ktpel_kiosk.register.tx  # noqa: F401  (two threads importing SQLAlchemy at once see it half made)

                self._writing = self._open_writing()
        except (dbapi2.Error, KioskError):
            self._suspect = True  # each read and write tries again and says what is wrong
        finally:
            self._ready.set()

    def _open_writing(self) -> Any:
        from ktpel_kiosk.register.areas.applications import Known
        from ktpel_kiosk.register.server.seals import ServerSeals
        from ktpel_kiosk.register.tx import SqlView

        connection = self._connect()
        self._known, self._seals = Known(), cast(Any, ServerSeals(connection, self._key))
        self._anchor_fits = self._look_at_anchor(SqlView(connection))
        self._drop_writing()
        self._pooled = cast(Any, connection)
        return connection

    def _look_at_anchor(self, view: SqlView) -> bool:
        """A desk that comes for the first time takes the audit as it finds it: the other desks have been witnesses of it."""
        if not self._anchor_file.path.exists() and not self._last.path.exists():
            with suppress(StorageTrouble):  # made again after the next commits
                self._anchor_file.write(view.audit_head())
            return True
        return super()._look_at_anchor(view)

    def _trusted(self) -> Any:
        if self._suspect or self._writing is None or self._writing.lost:
            self._writing = self._open_writing()
            self._suspect = False
        return self._writing

    def _close_writing(self) -> None:
        super()._close_writing()
        if self._first is not None:  # nobody came to use it
            self._first.close()

    def _trouble(self, cause: BaseException) -> KioskError:
        if isinstance(cause, ServerLost):
            return IoFailure("office_server.unreachable", host=self._address.host)
        return super()._trouble(cause)

    # -- other desks -------------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """As ever; ``listener`` hears of other desks' changes too, on a thread of its own. An empty set: anything may have changed."""
        stop = super().subscribe(listener)
        with self._reading:
            if not self._ears.is_alive() and not self._closed:
                self._ears.start()
        return stop

    def hang_up(self) -> None:
        """The server hangs and somebody will not wait for it: whatever is under way there ends as if it were lost. Any thread."""
        for connection in list(self._made):
            connection.hang_up()

    def close(self) -> None:
        self._ears.stop()
        super().close()

    # -- writing -----------------------------------------------------------------------------------------------------------

    def _tx_type(self) -> Any:
        return server_tx()

    def _commit(self, connection: Any, head: Anchor, subjects: frozenset[str]) -> None:
        """A server that is lost while it commits is asked afterwards: the audit's head says whether it did."""
        if connection.sealed:  # before: a packet that counts twice would be held back for ever, one that is left out is explained
            write_durably(chain_file(self._path), connection.sealed.encode())
        connection.notify(CHANNEL, said(self._ears.who, subjects))
        try:
            connection.commit_then_flush()
        except ServerLost:
            self._suspect = True
            if not self._was_committed(head):
                raise
        self.on_own(subjects)

    def _was_committed(self, head: Anchor) -> bool:
        last = time.monotonic() + COMMIT_ASKED_S
        while True:
            try:
                asked = self._connect()
                try:
                    from ktpel_kiosk.register.tx import SqlView

                    if SqlView(asked).audit_digest(head.length) != head.head:
                        return False
                    asked.flush()
                    return True
                finally:
                    asked.close()
            except dbapi2.Error:
                if time.monotonic() > last:
                    return False
                time.sleep(ASK_AGAIN_S)

    def _empty_journal(self) -> None:
        """The server's own affair: its journal lies on its encrypted disk."""

    def rest(self) -> None:
        """Nothing is kept here."""

    # -- care --------------------------------------------------------------------------------------------------------------

    def _check(self, *, quick: bool, gently: Gently | None = None) -> None:
        """Quick: the server answers and what it holds is ours. Else also every row of every table is read once."""
        del quick
        with self._reader() as view:
            if not view.audit_head().register_id:
                raise Corrupt("register.corrupt", path=self._address.host)
            del gently

    def backup(self, folder: Path, actor: str = "-", **settings: Any) -> Path:
        raise IoFailure("office_server.backup", host=self._address.host)

