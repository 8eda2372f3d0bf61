"""Behind the windows of a desk on the office server: what the desk works on follows into its work copy, after each of its commits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import KioskError

if TYPE_CHECKING:
    from ktpel_kiosk.app.away import WorkCopy
    from ktpel_kiosk.register.alone.local import LocalRegister
    from ktpel_kiosk.register.server.store import ServerRegister

log = logging.getLogger(__name__)


class Carrier:
    """One of each opening on the server. ``busy``: held while the work copy is written or made anew.

    It follows at once, for a copy that is one act behind could not be taken back (:mod:`ktpel_kiosk.register.alone.carry`).
    """

    def __init__(self, office: ServerRegister, copy: WorkCopy, busy: threading.Lock) -> None:
        self._office, self._copy, self._busy = office, copy, busy
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._mine: set[str] = set()
        """Subjects this desk wrote about since it opened."""
        self._pending: set[str] = set()
        self._under_way: set[str] = set()
        self._stopped = threading.Event()
        self._local: LocalRegister | None = None
        self._leave: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._office.on_own = self._own
        self._leave = self._office.subscribe(self._changed)
        threading.Thread(target=self._work, name="work-copy", daemon=True).start()

    @property
    def idle(self) -> bool:
        """Everything is carried."""
        with self._lock:
            return not self._pending and not self._under_way

    def let_go(self) -> None:
        """The copy is made anew; the caller holds ``busy``."""
        local, self._local = self._local, None
        if local is not None:
            local.close()

    def again(self) -> None:
        """The copy is a new one: what stands at this desk goes into it."""
        with self._lock:
            self._pending |= self._mine
        self._wake.set()

    def stop(self) -> None:
        """Before the register is closed."""
        self._leave()
        self._stopped.set()
        self._wake.set()
        with self._busy:
            self.let_go()

    # -- from the register's threads, quick -----------------------------------------------------------------------------

    def _own(self, subjects: Iterable[str]) -> None:
        with self._lock:
            self._mine |= set(subjects)

    def _changed(self, subjects: frozenset[str]) -> None:
        """After each commit of any desk; an empty set: anything may have changed."""
        with self._lock:
            self._pending |= (self._mine & subjects) if subjects else self._mine
            if not self._pending:
                return
        self._wake.set()

    # -- on its own thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                self._under_way, self._pending = self._pending, set()
            if not self._follow_all():
                with self._lock:
                    self._pending |= self._under_way  # at the next sign of life
            with self._lock:
                self._under_way = set()

    def _follow_all(self) -> bool:
        for id in sorted(self._under_way):
            with self._busy:
                if self._stopped.is_set() or not self._follow(id):
                    return False
        return True

    def _follow(self, id: str) -> bool:
        """False: not now; the server is away, or the copy is being worked in or was not made yet."""
        from ktpel_kiosk.register.alone.carry import carry

        try:
            if self._copy.used() or not self._copy.there():
                return False
            self._local = self._local or self._copy.open()
            if not carry(self._office, self._local, id, begins=True):
                with self._lock:
                    self._mine.discard(id)
        except KioskError as error:
            log.warning("work copy: %s", error)
            return False
        return True
