"""The register of one office: opened, proved, migrated, written by one thread, read by any.

SQLAlchemy and SQLModel are imported by the writer thread while the caller goes on; opening itself needs the driver alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlcipher3 import dbapi2

from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.errors import BadInput, BugError, Corrupt, DiskFull, IoFailure, KioskError, NotFound, StorageTrouble
from ktpel_kiosk.durable import make_folder, storage_trouble
from ktpel_kiosk.register import driver, keycheck
from ktpel_kiosk.register.anchor import Anchor, AnchorFile
from ktpel_kiosk.register.bundled import bundled_events, bundled_migrations
from ktpel_kiosk.register.catalogue import load_events
from ktpel_kiosk.register.last_seen import LastSeen
from ktpel_kiosk.register.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import PoolProxiedConnection

    from ktpel_kiosk.ports.clock import Clock, Ids
    from ktpel_kiosk.ports.register import AuditCheck, Tx, View
    from ktpel_kiosk.register.backup import Beside
    from ktpel_kiosk.register.gently import Gently
    from ktpel_kiosk.register.tx import SqlTx, SqlView

T = TypeVar("T")

ANCHOR_EVERY = 64
"""Commits between two anchors; how much of its end a chain could lose unseen if its own head were forged as well."""
CLOSE_WAIT_S = 10.0
"""How long :meth:`SqlRegister.close` waits for reads under way."""


class SqlRegister:
    """Implements ``ports.register.Register`` on SQLCipher.

    Args:
        path: the register file; created, with its folder, when it does not exist. ``<path>.check`` and ``<path>.anchor`` lie beside it.
        key: 32 raw bytes, from :class:`ktpel_kiosk.register.keys.KeyStore`.
        clock: stamps audit links. ids: name backups.
        migrations: folder with ``env.py``; default: the bundled one. events: the audit catalogue; default: the bundled one.
        backups: where copies go before a migration; default: ``backups`` beside the register.
        late: import SQLAlchemy at the first read, write or :meth:`wake` instead of at once (a window is being built meanwhile).

    Raises:
        KeyUnavailable, Corrupt, TooNew, DiskFull, IoFailure: see :func:`keycheck.probe`; nothing was changed.
    """

    shared_by = ""
    """This station, where several share the register."""

    def __init__(self, path: Path, key: bytes, clock: Clock, ids: Ids, *, migrations: Path | None = None, events: Path | None = None,
                 backups: Path | None = None, anchor_every: int = ANCHOR_EVERY, close_wait_s: float = CLOSE_WAIT_S,
                 late: bool = False) -> None:
        self._path, self._key, self._clock, self._ids = path, key, clock, ids
        self._backups = backups or path.with_name("backups")
        self._anchor_every, self._close_wait_s = max(1, anchor_every), close_wait_s
        migrations = migrations or bundled_migrations()
        beside = migrations.parent / "resources" / "audit" / "events.toml"
        self._events = load_events(events or (beside if beside.is_file() else bundled_events()))
        self._prepare(migrations)
        self._anchor_file, self._last = AnchorFile(path, key), LastSeen(path, key)
        self._commits_since_anchor = 0
        self._head: Anchor | None = None
        self._frozen = False
        self._anchor_fits = True
        self._reading = threading.Condition()
        self._readers, self._closed = 0, False
        self._ready, self._begin = threading.Event(), threading.Event()
        if not late:
            self._begin.set()
        self._failed: BaseException | None = None
        self._read_engine: Engine | None = None
        self._write_engine: Engine | None = None
        self._pooled: PoolProxiedConnection | None = None
        self._writing: Any = None
        self._suspect = False
        self.when_full: Callable[[], object] = lambda: None
        """Called when the disk was full, so that the next try may succeed."""
        self._writer = Writer(self._perform, self._after_commit, self._open_engines, self._close_writing)
        self._writer.start()

    def _prepare(self, migrations: Path) -> None:
        """Prove key and file, migrate where needed. On the caller's thread, so that its errors are the constructor's."""
        try:
            make_folder(self._path.parent)
        except OSError as error:
            raise storage_trouble(error, self._path.parent) from error
        found = keycheck.probe(self._path, self._key)
        if found.version != driver.SCHEMA_VERSION:
            from ktpel_kiosk.register.migrate import upgrade

            upgrade(self._path, self._key, migrations, found=found.version, clock=self._clock, backups=self._backups,
                    backup_id=self._ids.new())
        if not found.checked:
            keycheck.write_check(self._path, self._key)

    # -- transactions ------------------------------------------------------------------------------------------------------

    def write(self, work: Callable[[Tx], T]) -> T:
        """One transaction on the writer thread; durable when this returns, rolled back on any exception.

        Raises:
            BugError: ``register.no_audit``, ``register.nested_write``, ``register.closed``. DiskFull, IoFailure, Corrupt.
                Whatever ``work`` raises.
        """
        self.wake()
        return self._writer.run_job(self._unless_frozen(work))

    def _unless_frozen(self, work: Callable[[Tx], T]) -> Callable[[Tx], T]:
        def asked(tx: Tx) -> T:
            if self._frozen:
                raise BadInput("restore.pending")
            return work(tx)

        return asked

    def read(self, work: Callable[[View], T]) -> T:
        """``work`` on one snapshot, on the calling thread."""
        with self._reader() as view:
            return work(view)

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """``listener`` runs on the writer thread before the writing caller is answered: it must be quick and must not write."""
        return self._writer.subscribe(listener)

    @contextmanager
    def _reader(self) -> Iterator[SqlView]:
        engine = self._begin_reading()
        try:
            from ktpel_kiosk.register.tx import SqlView

            with self._translated():
                pooled = engine.raw_connection()
                connection = cast("Any", pooled.driver_connection)
                view = SqlView(connection)
                view.station = self.shared_by
                try:
                    connection.execute("BEGIN").close()
                    yield view
                finally:
                    view.end()
                    connection.rollback()
                    pooled.close()
        finally:
            with self._reading:
                self._readers -= 1
                self._reading.notify_all()

    def _begin_reading(self) -> Engine:
        self.wake()
        self._ready.wait()
        with self._reading:
            if self._closed:
                raise BugError("register.closed")
            engine = self._usable(self._read_engine)
            self._readers += 1
        return engine

    def _usable(self, engine: T | None) -> T:
        if engine is None:
            raise self._failed if isinstance(self._failed, KioskError) else BugError(
                "register.not_open", reason=type(self._failed).__name__)
        return engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Database errors leave as ours; what ``work`` itself raised passes through."""
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            yield
        except (DBAPIError, dbapi2.Error) as error:
            cause = error.orig or error if isinstance(error, DBAPIError) else error
            if "FOREIGN KEY" in str(cause):
                raise NotFound("permohonan.not_found") from error
            trouble = self._trouble(cause)
            if isinstance(trouble, DiskFull):
                self.when_full()
            raise trouble from error
        except SQLAlchemyError as error:
            raise BugError("register.sql", reason=type(error).__name__) from error

    def _trouble(self, cause: BaseException) -> KioskError:
        return driver.trouble(cause, self._path)

    # -- on the writer thread ----------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Begin a late opening now (it goes on in the writer thread)."""
        self._begin.set()

    def _open_engines(self) -> None:
        self._begin.wait()
        if self._closed:  # a late register that nobody used
            self._ready.set()
            return
        try:
            from ktpel_kiosk.register.engine import reading_engine
            from ktpel_kiosk.register.tx import SqlView

            with self._translated():
                writing = self._open_writing()
                self._anchor_fits = self._look_at_anchor(SqlView(writing))
                self._suspect = not self._written_back(writing)
            self._read_engine = reading_engine(self._path, self._key)
            self._writing = writing
        except BaseException as error:  # told to whoever uses the register first
            self._failed = error
        finally:
            self._ready.set()

    def _open_writing(self) -> Any:
        """A new writing connection, and what is known of the register forgotten with the old one."""
        from ktpel_kiosk.register.areas.applications import Known
        from ktpel_kiosk.register.engine import writing_engine
        from ktpel_kiosk.register.seals import RowSeals

        engine = writing_engine(self._path, self._key)
        pooled = engine.raw_connection()
        writing = cast(Any, pooled.driver_connection)
        self._known, self._seals = Known(), RowSeals(writing, self._key)
        self._drop_writing()  # not before the new one is open: the journal's index lives as long as somebody has it open
        self._write_engine, self._pooled = engine, pooled
        return writing

    def _drop_writing(self) -> None:
        with suppress(dbapi2.Error):
            if self._pooled is not None:
                self._pooled.close()
            if self._write_engine is not None:
                self._write_engine.dispose()

    @staticmethod
    def _written_back(writing: Any) -> bool:
        """Nothing is built upon a journal that the disk may hold otherwise than the system shows it, as after a failed sync."""
        try:
            driver.write_back(writing)
        except dbapi2.Error:  # full, or failing: reading goes on, the next write tries again
            return False
        return True

    def _trusted(self) -> Any:
        """The writing connection; another one, its journal written back, after the disk failed under the last.

        Raises:
            dbapi2.Error: the disk still fails.
        """
        self._usable(self._writing)
        if self._suspect:
            self._writing = self._open_writing()
            driver.write_back(self._writing)
            self._suspect = False
        return self._writing

    def _look_at_anchor(self, view: SqlView) -> bool:
        """Whether what is remembered of the audit's head speaks of this register; only then is it ever moved forward."""
        anchor, last = self._anchor_file.read(), self._last.read()
        head = view.audit_head()
        if anchor is None:
            if head.length:
                return False
            with suppress(StorageTrouble):  # made again after the next commits
                self._anchor_file.write(head)
            return True
        return all(known.register_id == head.register_id and self._digest_at(view, known.length) == known.head
                   for known in (anchor, last) if known is not None)

    @property
    def behind(self) -> bool:
        """Acknowledged work is not there any more: an older register was put back, or the end of its journal was damaged."""
        self.wake()
        self._ready.wait()
        return not self._anchor_fits

    @staticmethod
    def _digest_at(view: SqlView, length: int) -> str | None:
        return view.audit_digest(length) if length else GENESIS

    def _perform(self, work: Callable[[SqlTx], Any]) -> tuple[Any, Anchor, frozenset[str], bool]:
        with self._translated():
            connection = self._trusted()
            connection.execute("BEGIN IMMEDIATE").close()
            tx = self._tx_type()(connection, self._known, self._clock, self._events, self._seals)
            tx.station = self.shared_by
            try:
                result = work(tx)
                head, subjects = tx.finish_journal()
                self._commit(connection, head, subjects)
            except BaseException as error:
                self._suspect = driver.io_failed(error)
                tx.end()
                self._undo(connection)
                raise
            tx.end()
            self._known.learn(tx.stored)
        if self._anchor_fits:
            self._last.write(head)  # before the answer: what was acknowledged is missed when it is not there
        return result, head, subjects, tx.purged

    def _tx_type(self) -> Any:
        from ktpel_kiosk.register.tx import SqlTx

        return SqlTx

    def _commit(self, connection: Any, head: Anchor, subjects: frozenset[str]) -> None:
        """``head``: the audit's, as it is once this is done; ``subjects``: what it speaks of."""
        del head, subjects
        connection.commit()

    def _undo(self, connection: Any) -> None:
        try:
            connection.rollback()
        except dbapi2.Error:  # what went wrong first is what the caller hears; nobody uses this connection again
            self._suspect = True

    def _after_commit(self, head: Anchor, purged: bool) -> None:
        self._head = head
        self._commits_since_anchor += 1
        if purged:
            self._empty_journal()
        if self._commits_since_anchor >= self._anchor_every:
            self._move_anchor()

    def _empty_journal(self) -> None:
        """Write the journal back and cut it, unless readers still need it: purged pixels must not live on there."""
        with suppress(dbapi2.Error):  # else it stays until the next checkpoint; its pages are encrypted
            driver.write_back(self._writing)

    def _move_anchor(self) -> None:
        if self._head is not None and self._anchor_fits:
            self._anchor_file.write(self._head)
            self._commits_since_anchor = 0

    def _close_writing(self) -> None:
        try:
            if self._commits_since_anchor:
                with suppress(StorageTrouble):  # the older anchor is still true
                    self._move_anchor()
        finally:
            self._last.close()
            self._drop_writing()

    def rest(self) -> None:
        """Idle connections forget their pages; the writer's when it comes to it."""
        if self._closed or not self._ready.is_set() or self._read_engine is None:
            return
        from ktpel_kiosk.register.engine import forget_idle

        self._writer.chore(self._forget_pages)
        with suppress(dbapi2.Error):  # whoever reads next is told
            forget_idle(self._read_engine)

    def _forget_pages(self) -> None:
        with suppress(dbapi2.Error):
            driver.forget_pages(self._writing)

    # -- care --------------------------------------------------------------------------------------------------------------

    def check_audit(self, rest: Callable[[], object] = lambda: None) -> AuditCheck:
        """Check every link, the register's own head, the anchor outside it, and every sealed row; streamed, on the calling thread.

        ``rest`` is called between any two of them and may raise.
        """
        self.wake()
        self._ready.wait()  # two threads importing SQLAlchemy at once see it half made
        from ktpel_kiosk.register.chain import check_chain

        anchor, last = self._anchor_file.read(), self._last.read()  # before the snapshot: never ahead of what was committed by then
        if anchor is not None and last is not None and last.register_id == anchor.register_id and last.length > anchor.length:
            anchor = last
        with self._reader() as view:
            return check_chain(view, anchor, self._key, rest)

    def accept_audit_head(self, actor: str, reason: str) -> None:
        """After a restored backup, or a lost anchor: an administrator stands for the chain as it is now. Audited.

        Raises:
            Corrupt: ``register.audit_broken`` when links themselves are broken; those cannot be accepted.
        """
        self.wake()
        self._ready.wait()
        from ktpel_kiosk.register.chain import check_chain

        with self._reader() as view:
            inner = check_chain(view, view.audit_head())
        if not inner.whole:
            raise Corrupt("register.audit_broken", path=str(self._path), sequence=inner.broken_at)
        self.write(lambda tx: tx.log("AuditHeadAccepted", "register", actor, count=inner.length, digest=inner.head, reason=reason))
        with self._reader() as view:
            self._anchor_file.write(view.audit_head())
            self._last.write(view.audit_head())
        self._anchor_fits = True

    def quick_check(self) -> None:
        """Structure of the whole file (seconds for large registers). Raises Corrupt ``register.corrupt``."""
        self._check(quick=True)

    def integrity_check(self, gently: Gently | None = None) -> None:
        """Authenticity of every page, every index and reference; for the night. Raises Corrupt ``register.corrupt``."""
        self._check(quick=False, gently=gently)

    def _check(self, *, quick: bool, gently: Gently | None = None) -> None:
        from ktpel_kiosk.register.backup import first_fault

        connection = driver.connect(self._path, self._key)
        try:
            if gently is not None:
                gently.within(connection)
            fault = first_fault(connection, quick=quick)
        except dbapi2.Error as error:
            raise driver.trouble(error, self._path) from error
        finally:
            connection.close()
        if fault:
            raise Corrupt("register.corrupt", path=str(self._path), reason=fault[:120])

    def freeze(self, frozen: bool = True) -> None:
        """From when this returns nothing is written any more (BadInput ``restore.pending``): another register takes its place."""
        self._frozen = frozen
        if frozen:
            with suppress(BadInput):  # refused, after everything that was asked for before
                self.write(lambda _tx: None)

    def sealed_note(self, make: Callable[[bytes], bytes]) -> bytes:
        """What ``make`` writes of this register with its key, which leaves the register nowhere else."""
        return make(self._key)

    def backup(self, folder: Path, actor: str = "-", *, beside: Beside | None = None, gentle: bool = False) -> Path:
        """An encrypted, checked copy in ``folder`` under the same key; other work goes on meanwhile. Audited.

        ``beside``, ``gentle``: see :func:`ktpel_kiosk.register.backup.backup_register`.

        Raises:
            DiskFull, IoFailure, Corrupt.
        """
        from ktpel_kiosk.register.backup import backup_register

        made = backup_register(self._path, self._key, folder, at=self._clock.now(), name="register", backup_id=self._ids.new(),
                               beside=beside, gentle=gentle)
        self.write(lambda tx: tx.log("BackupMade", "register", actor, entry=made.name))
        return made

    def close(self) -> None:
        """Finish what was asked for, anchor the audit, close every connection. Repeating it changes nothing.

        Raises:
            IoFailure: ``register.readers`` when reads are still running after the wait; they keep their connections.
        """
        if not self._begin.is_set():
            self._closed = True
        self.wake()
        self._writer.stop()
        with self._reading:
            self._closed = True
            idle = self._reading.wait_for(lambda: self._readers == 0, self._close_wait_s)
        if self._read_engine is not None:
            self._read_engine.dispose()
        if not idle:
            raise IoFailure("register.readers", path=str(self._path), wait_s=self._close_wait_s)

    def __enter__(self) -> SqlRegister:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
