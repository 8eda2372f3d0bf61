"""The writer thread: the only read-write connection, one transaction at a time, in the order they were asked for."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ktpel_kiosk.domain.errors import BugError, KioskError

if TYPE_CHECKING:
    from ktpel_kiosk.register.anchor import Anchor
    from ktpel_kiosk.register.tx import SqlTx

log = logging.getLogger("ktpel_kiosk.register")

T = TypeVar("T")
Listener = Callable[[frozenset[str]], None]


class Job(Generic[T]):
    """One piece of work and its answer; a bare lock is the lightest way to wait for another thread."""

    def __init__(self, work: Callable[[SqlTx], T]) -> None:
        self.work = work
        self._result: T | None = None
        self._error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self, result: T | None, error: BaseException | None) -> None:
        self._result, self._error = result, error
        self._done.release()

    def answer(self) -> T:
        """Wait, then return what ``work`` returned or raise what it raised."""
        with self._done:
            error, self._error = self._error, None
            if error is not None:
                try:
                    raise error
                finally:
                    del error
            return cast("T", self._result)


class Writer(threading.Thread):
    """Runs jobs until :meth:`stop`.

    Args:
        perform: does one transaction; returns (result, head, subjects, purged).
        opening: called first, on this thread.
        after: called after each commit once the caller was answered: (head, purged).
        closing: called last, on this thread.
    """

    def __init__(self, perform: Callable[[Callable[[SqlTx], Any]], tuple[Any, Anchor, frozenset[str], bool]],
                 after: Callable[[Anchor, bool], None], opening: Callable[[], None], closing: Callable[[], None]) -> None:
        super().__init__(name="register-writer", daemon=True)
        self._perform, self._after, self._opening, self._closing = perform, after, opening, closing
        self._jobs: queue.SimpleQueue[Job[Any] | Callable[[], None] | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._stopping = False
        self._listeners: list[Listener] = []

    def run_job(self, work: Callable[[SqlTx], T]) -> T:
        """Hand ``work`` over and wait. Raises BugError: from this very thread (it would wait for itself), or after :meth:`stop`."""
        if threading.current_thread() is self:
            raise BugError("register.nested_write")
        job = Job(work)
        with self._gate:
            if self._stopping:
                raise BugError("register.closed")
            self._jobs.put(job)
        return job.answer()

    def chore(self, work: Callable[[], None]) -> None:
        """``work`` on this thread, between two transactions; nobody waits for it, and it must not raise."""
        with self._gate:
            if not self._stopping:
                self._jobs.put(work)

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
                if isinstance(job, Job):
                    self._one(job)
                else:
                    job()
                del job
        finally:
            self._closing()

    def _one(self, job: Job[Any]) -> None:
        try:
            result, head, subjects, purged = self._perform(job.work)
        except BaseException as error:  # whatever it was belongs to the caller, not to this thread
            job.finish(None, error)
            return
        self.tell(subjects)
        job.finish(result, None)
        try:
            self._after(head, purged)
        except KioskError as error:  # the commit stands; the chore is tried again after the next one
            log.warning("after commit: %s", error)

    def tell(self, subjects: frozenset[str]) -> None:
        """Call every listener."""
        for listener in self._listeners:
            try:
                listener(subjects)
            except Exception as error:  # a listener must not undo or hide a commit
                log.error("listener failed: %s", type(error).__name__)
