"""The writer thread: the only read-write connection, one transaction at a time, in the order they were asked for."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import BugError, KioskError

if TYPE_CHECKING:
    from ktpel_kiosk.register.anchor import Anchor
    from ktpel_kiosk.register.tx import SqlTx

log = logging.getLogger("ktpel_kiosk.register")

Work = Callable[["SqlTx"], Any]
Listener = Callable[[frozenset[str]], None]


class Writer(threading.Thread):
    """Runs jobs until :meth:`stop`; ``perform`` does one transaction and returns (result, head, subjects, purged).

    Args:
        after: called after each commit once the caller was answered: (head, purged).
        closing: called last, on this thread.
    """

    def __init__(self, perform: Callable[[Work], tuple[Any, Anchor, frozenset[str], bool]],
                 after: Callable[[Anchor, bool], None], opening: Callable[[], None], closing: Callable[[], None]) -> None:
        super().__init__(name="register-writer", daemon=True)
        self._perform, self._after, self._opening, self._closing = perform, after, opening, closing
        self._jobs: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._stopping = False
        self._listeners: list[Listener] = []

    def submit(self, work: Work) -> Future[Any]:
        """Raises BugError: from the writer thread itself (it would wait for itself), or after :meth:`stop`."""
        if threading.current_thread() is self:
            raise BugError("register.nested_write")
        done: Future[Any] = Future()
        with self._gate:
            if self._stopping:
                raise BugError("register.closed")
            self._jobs.put((work, done))
        return done

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._gate:
            self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            with self._gate:
                self._listeners = [known for known in self._listeners if known is not listener]

        return unsubscribe

    def stop(self) -> None:
        """Let everything already asked for finish, then end the thread. Repeating it changes nothing."""
        with self._gate:
            if not self._stopping:
                self._stopping = True
                self._jobs.put(None)
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    def run(self) -> None:
        try:
            self._opening()
            while (job := self._jobs.get()) is not None:
                self._one(*job)
                del job
        finally:
            self._closing()

    def _one(self, work: Work, done: Future[Any]) -> None:
        try:
            result, head, subjects, purged = self._perform(work)
        except BaseException as error:  # whatever it was belongs to the caller, not to this thread
            done.set_exception(error)
            return
        self._tell(subjects)
        done.set_result(result)
        try:
            self._after(head, purged)
        except KioskError as error:  # the commit stands; the chore is tried again after the next one
            log.warning("after commit: %s", error)

    def _tell(self, subjects: frozenset[str]) -> None:
        for listener in self._listeners:
            try:
                listener(subjects)
            except Exception as error:  # a listener must not undo or hide a commit
                log.error("listener failed: %s", type(error).__name__)
