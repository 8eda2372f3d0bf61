"""The register's nightly check: each page, each structure, the audit with every row it vouches for; beside the desk's work.

It has the lowest priority and rests as long as it works, so that whoever records late, or the morning after, does not feel it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ktpel_kiosk.desk import night_check
from ktpel_kiosk.domain.errors import Corrupt, IoFailure, KioskError
from ktpel_kiosk.ports.night_check import Checked, Fault
from ktpel_kiosk.register.gently import Gently, Stopped

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.register.store import SqlRegister

log = logging.getLogger(__name__)
FIRST_S, LOOK_S, END_S = 300.0, 900.0, 60.0
"""How long a start is left alone, how often it is asked whether a check is due, and how long a stop waits."""


def check(register: SqlRegister, gently: Gently) -> Fault:
    """Raises Stopped; KioskError: nothing can be said (the register is busy, the disk full)."""
    if not _pages_whole(register, gently):
        return Fault.DAMAGED
    if register.behind:
        return Fault.BEHIND
    try:
        return Fault.NONE if register.check_audit(gently).whole else Fault.ALTERED
    except Corrupt:
        return Fault.DAMAGED


def _pages_whole(register: SqlRegister, gently: Gently) -> bool:
    """A page is called damaged when it was twice: SQLCipher reads the file while the desk may be writing its journal back into it."""
    for _ in range(2):
        try:
            register.integrity_check(gently)
            return True
        except (Corrupt, IoFailure) as error:
            gently()
            if error.message_key not in ("register.corrupt", "storage.io"):
                raise
    return False


class NightWatch:
    """Of one open register. ``look`` now and then, from any one thread; ``stop`` before the register is closed."""

    def __init__(self, desk: Desk, register: SqlRegister) -> None:
        self._desk, self._register = desk, register
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._next = 0.0 if register.behind else desk.clock.monotonic() + FIRST_S

    def look(self) -> None:
        now = self._desk.clock.monotonic()
        if now < self._next or self.busy:
            return
        self._next = now + LOOK_S
        self._thread = threading.Thread(target=self.run, name="night-check", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def run(self) -> None:
        """Check when it is due. Never raises."""
        try:
            now = self._desk.clock.now()
            if not night_check.due(self._desk, now):
                return
            _stand_back()
            fault = check(self._register, Gently(self._stop))
            if not night_check.keep(self._desk, Checked(now, fault)):
                log.error("the result of the nightly check could not be stored: %s", fault)
        except Stopped:
            pass
        except KioskError as error:
            if not self._stop.is_set():  # a statement that was stopped fails too
                log.warning("nightly check: %s", error)

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(END_S)


def _stand_back() -> None:
    """This thread alone has the lowest priority of processor and, with it, of the disk. Only on Linux threads have their own."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
