"""The one QObject through which other threads enter Qt: results of desk calls, device changes, register commits.

``run`` executes a desk call on a small pool and delivers its result in the GUI thread; everything else arrives as a
queued signal. Nothing in here shows anything.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal  # not Slot: its decorator loads the signature parser, 60 ms of start-up

from ktpel_kiosk.domain.errors import BugError, KioskError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

T = TypeVar("T")
log = logging.getLogger("ktpel_kiosk.ui")


class Bridge(QObject):
    """Created in the GUI thread; all its signals are received there."""

    device_changed = Signal(object)
    register_changed = Signal(object)
    idle = Signal()
    _deliver = Signal(object)

    def __init__(self, workers: int = 4) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="ui-desk")
        self._unsubscribe: list[Callable[[], None]] = []
        self._pending = 0
        self._closed = threading.Event()
        self._given_up: list[QWidget] = []
        self._deliver.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def _call(self, work: Callable[[], None]) -> None:
        if not self._closed.is_set():
            work()

    def post(self, work: Callable[[], None], owner: QObject | None = None) -> None:
        """Run ``work`` in the GUI thread soon, from any thread; dropped when ``owner`` is gone by then."""
        if not self._closed.is_set():
            self._deliver.emit(work if owner is None else lambda: work() if self._alive(owner) else None)

    @property
    def pending(self) -> int:
        """Desk calls whose result has not been delivered yet."""
        return self._pending

    def hold(self) -> Callable[[], None]:
        """Something of the GUI thread is under way too and counts as pending until the result is called; call it once."""
        self._pending += 1

        def over() -> None:
            self._pending -= 1
            if not self._pending:
                self.idle.emit()

        return over

    def soon(self, work: Callable[[], None], owner: QObject) -> None:
        """``work`` in the next turn of the loop, dropped when ``owner`` is gone; it counts as pending until then."""
        over = self.hold()

        def turn() -> None:
            over()
            if not self._closed.is_set() and self._alive(owner):
                work()

        QTimer.singleShot(0, self, turn)

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[KioskError], None] | None = None, *,
            owner: QObject | None = None) -> None:
        """Run ``work`` on the pool; ``done(result)`` or ``failed(error)`` follow in the GUI thread.

        Args:
            owner: when it was deleted or given up meanwhile, the result is dropped.
        """
        if self._closed.is_set():
            return
        self._pending += 1

        def finish(act: Callable[[], None]) -> None:
            self._pending -= 1
            if owner is None or self._alive(owner):
                act()
            if not self._pending:
                self.idle.emit()

        def task() -> None:
            try:
                result = work()
            except KioskError as error:
                known = error
                self.post(lambda: finish(lambda: failed(known) if failed else None))
            except Exception as error:  # the pool must never swallow a bug: it becomes a known error and a log entry without data
                log.error("%s at %s", type(error).__name__, _where(error))
                bug = BugError("bug.unexpected", cause=type(error).__name__)
                self.post(lambda: finish(lambda: failed(bug) if failed else None))
            else:
                self.post(lambda: finish(lambda: done(result)))

        self._pool.submit(task)

    def give_up(self, widget: QWidget) -> None:
        """What ``widget`` and its parts asked for is dropped from now on, though they live on a while; :meth:`gone` ends it."""
        self._given_up.append(widget)

    def gone(self, widget: QWidget) -> None:
        self._given_up.remove(widget)

    def _alive(self, owner: QObject) -> bool:
        from shiboken6 import isValid
        return bool(isValid(owner)) and not any(
            owner is w or (isValid(w) and owner.isWidgetType() and w.isAncestorOf(owner)) for w in self._given_up)  # type: ignore[arg-type]

    def listen(self, devices: Any, register: Any) -> None:
        """Receive device states and committed subjects from their threads."""
        self._unsubscribe.append(devices.subscribe(lambda state: self.device_changed.emit(state)))
        self._unsubscribe.append(register.subscribe(lambda subjects: self.register_changed.emit(subjects)))

    def close(self) -> None:
        """Stop listening and let running calls end; their results are dropped."""
        self._closed.set()
        for stop in self._unsubscribe:
            stop()
        self._unsubscribe.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _where(error: BaseException) -> str:
    """File and line of each frame, no values."""
    return " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)[-4:]))
