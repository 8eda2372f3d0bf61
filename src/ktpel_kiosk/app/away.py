"""A desk of a shared register opens: on the office server, or on its work copy while that is away; and it notices either while it is open.

The server is asked once, for a few seconds. It answers: what waits is merged, then the server's register is opened. It does not: the work
copy is opened if there is one. Switching closes the windows and opens them again, never under open pages (docs/adr/0044).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import BESIDE
from ktpel_kiosk.desk.away import UNREACHABLE
from ktpel_kiosk.domain.errors import BadInput, IoFailure, KioskError
from ktpel_kiosk.durable import storage_trouble, write_durably
from ktpel_kiosk.ports.away import ServerState, Waiting

if TYPE_CHECKING:
    from ktpel_kiosk.app.away_carry import Carrier
    from ktpel_kiosk.app.office import OfficeSettings
    from ktpel_kiosk.domain.desk_return import DeskReturn
    from ktpel_kiosk.register.alone.local import LocalRegister
    from ktpel_kiosk.register.server.address import ServerAddress
    from ktpel_kiosk.register.store import SqlRegister

log = logging.getLogger(__name__)
COPY_FOLDER: Final = "sendiri"
"""Below ``register``: the work copy."""
SINCE: Final = "sejak"
"""Mark in the work copy's folder, with the time: the desk works in it. It lies there before anything is recorded."""
ASK_S: Final = 6.0
"""How long the server may take to answer. A name that nobody resolves would take longer than the connection's own bound."""
EVERY_S: Final = 20.0
MISSED_S: Final = 3.0
"""How often the server is asked, and how soon again when it did not answer: a restart of it is nobody's news."""
RENEW_S: Final = 3 * 3600.0


def server_answers(address: ServerAddress, bound_s: float = ASK_S) -> bool:
    """Whether the office server takes a connection now; never longer than ``bound_s``."""
    answered = threading.Event()

    def ask() -> None:
        from ktpel_kiosk.register.server.connection import ServerConnection

        with suppress(Exception):  # whatever is wrong with it, it does not answer
            ServerConnection(address.conninfo, name="ktpel-look").close()
            answered.set()

    asking = threading.Thread(target=ask, name="office-server-ask", daemon=True)
    asking.start()
    asking.join(bound_s)
    return answered.is_set()


def still_here() -> None:
    """To the watchdog, between two applications that are merged before any window is shown: this takes its time, and is no hang."""
    from ktpel_kiosk.app.watchdog import BEAT_FD, ENDING

    with suppress(OSError, ValueError, KeyError):
        os.write(int(os.environ[BEAT_FD]), ENDING)


class WorkCopy:
    """The work copy of one desk in its folder. ``key``: the office's register key."""

    def __init__(self, folder: Path, key: bytes, clock: SystemClock, station: str) -> None:
        self.folder, self.station = folder, station
        self._key, self._clock, self._ids = key, clock, Uuid7(clock)

    def there(self) -> bool:
        from ktpel_kiosk.register.alone.work_copy import COPY_FILE
        return (self.folder / COPY_FILE).exists()

    def open(self, *, late: bool = False) -> LocalRegister:
        from ktpel_kiosk.app.resources import migrations
        from ktpel_kiosk.register.alone.local import LocalRegister
        from ktpel_kiosk.register.alone.work_copy import COPY_FILE

        return LocalRegister(self.folder / COPY_FILE, self._key, self._clock, self._ids, migrations=migrations(), late=late)

    def begin(self, local: LocalRegister) -> datetime:
        """The desk works in it from now on; returns since when (a restart of the program changes nothing). Raises DiskFull, IoFailure."""
        from ktpel_kiosk.register.alone.work_copy import begin_alone

        known = self.since()
        if known is None:
            known = self._clock.now()
            write_durably(self.folder / SINCE, known.isoformat().encode())
        begin_alone(local, self.station, self._sealed())
        return known

    def _sealed(self) -> str:
        """End of this desk's packet chain, where it sealed on the server since the copy was made."""
        from ktpel_kiosk.register.server.store import chain_file

        try:
            return chain_file(self.folder.with_name(BESIDE)).read_text("ascii")
        except (OSError, ValueError):
            return ""

    def since(self) -> datetime | None:
        try:
            return datetime.fromisoformat((self.folder / SINCE).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):  # somebody worked in it, whenever that was
            return self._clock.now()

    def used(self) -> bool:
        """Somebody worked in it, and it is not known to be merged."""
        return self.there() and self.since() is not None

    def done(self) -> None:
        """Everything in it is on the server."""
        try:
            (self.folder / SINCE).unlink(missing_ok=True)
        except OSError as error:
            raise storage_trouble(error, self.folder) from error

    def come_back(self, office: SqlRegister) -> DeskReturn:
        from ktpel_kiosk.register.alone.coming_back import come_back

        with self.open() as local:
            found = come_back(local, office, self.station, self._clock.now(), still_here)
        if not found.held:
            self.done()
        return found

    def waits(self, office: SqlRegister) -> bool:
        """Something in it is not on the server; also when that cannot be found out."""
        from ktpel_kiosk.app.resources import migrations
        from ktpel_kiosk.register.alone.work_copy import is_waiting

        try:
            return self.used() or is_waiting(office, self.folder, self._key, self._clock, self._ids, migrations=migrations())
        except KioskError:
            return True

    def renew(self, office: SqlRegister, year: int) -> None:
        """Raises BadInput ``office_server.alone_work``, IoFailure, DiskFull."""
        from ktpel_kiosk.app.resources import migrations
        from ktpel_kiosk.register.alone.work_copy import make

        if self.used():
            raise BadInput("office_server.alone_work")
        make(office, self.folder, self._key, self._clock, self._ids, self.station, year, migrations=migrations())


class AwayServer:
    """Implements ``ports.away.OfficeServer``; one of each opening. ``register``: what was opened, ``alone``: it is the work copy."""

    def __init__(self, register: SqlRegister, copy: WorkCopy, host: str, ask: Callable[[], bool], *, alone: bool, answers: bool,
                 since: datetime | None, now: Callable[[], datetime]) -> None:
        self.register, self.alone = register, alone
        self._copy, self._host, self._ask, self._now = copy, host, ask, now
        self._answers, self._since, self.prepared = answers, since, copy.there()
        self._lock, self._renewing = threading.Lock(), threading.Lock()
        self._wake, self._stopped, self._came = threading.Event(), threading.Event(), threading.Event()
        if answers:
            self._came.set()
        self._year: Callable[[], int] = lambda: now().year
        self._again = False
        self._carrier: Carrier | None = None

    # -- asked by the desk ----------------------------------------------------------------------------------------------

    def state(self) -> ServerState:
        with self._lock:
            return ServerState(self._host, self.alone, self._answers, self._since if self.alone or not self._answers else None,
                               self.prepared)

    def look(self) -> None:
        self._wake.set()

    def waiting(self) -> Waiting:
        from ktpel_kiosk.register.alone.coming_back import count, numbers_left

        return self.register.read(lambda v: Waiting(count(v), numbers_left(v, self._year())))

    def everything_known(self) -> bool:
        return not self.alone and not self._copy.waits(self.register)

    def reopen(self) -> None:
        self._again = True
        if not self.alone and not self.state().answers:
            from ktpel_kiosk.register.server.store import ServerRegister

            if isinstance(self.register, ServerRegister):
                self.register.hang_up()  # a server that hangs holds nobody back from closing

    @property
    def again(self) -> bool:
        return self._again

    @property
    def stopped(self) -> bool:
        """The windows are closing."""
        return self._stopped.is_set()

    @property
    def followed(self) -> bool:
        """The work copy has everything this desk worked on until now."""
        return self._carrier is None or self._carrier.idle

    # -- behind the windows ---------------------------------------------------------------------------------------------

    def start(self, year: Callable[[], int]) -> None:
        """Watch the server, and keep the work copy fresh. ``year``: the office's."""
        from ktpel_kiosk.register.server.store import ServerRegister

        self._year = year
        if isinstance(self.register, ServerRegister):
            from ktpel_kiosk.app.away_carry import Carrier

            self._carrier = Carrier(self.register, self._copy, self._renewing)
            self._carrier.start()
        threading.Thread(target=self._work, name="office-server", daemon=True).start()

    def wait(self) -> bool:
        """Until the server answered once; False: the desk is closed before that."""
        while not self._came.wait(1.0):
            if self._stopped.is_set():
                return False
        return not self._stopped.is_set()

    def missed(self) -> None:
        """Something behind the windows did not reach the server; :meth:`wait` waits for it again."""
        self._came.clear()
        self.look()

    def stop(self) -> None:
        """Before the register is closed. A question that is under way is left to itself, a work copy is finished."""
        self._stopped.set()
        self._wake.set()
        if self._carrier is not None:
            self._carrier.stop()
        with self._renewing:
            pass

    def _work(self) -> None:
        from time import monotonic

        renew_at, pause = monotonic(), EVERY_S if self._answers or self.alone else MISSED_S
        while not self._stopped.is_set():
            if not self.alone and self._answers and monotonic() >= renew_at:
                renew_at = monotonic() + (RENEW_S if self.renew() else 5 * EVERY_S)
            self._wake.wait(pause)
            self._wake.clear()
            if self._stopped.is_set():
                return
            pause = EVERY_S if self.ask() else MISSED_S

    def ask(self) -> bool:
        """Ask now, and remember; a server is only called away when it was asked twice."""
        answers = self._ask()
        if not answers and self._answers and not self._stopped.wait(MISSED_S):
            answers = self._ask()
        with self._lock:
            if answers != self._answers and not self.alone:
                self._since = None if answers else self._now()
            self._answers = answers
        if answers:
            self._came.set()
        return answers

    def renew(self) -> bool:
        """A fresh work copy; False: not now."""
        try:
            with self._renewing:
                if self._stopped.is_set():
                    return False
                if self._carrier is not None:
                    self._carrier.let_go()
                self._copy.renew(self.register, self._year())
            if self._carrier is not None:
                self._carrier.again()
        except KioskError as error:  # the one before, if any, still serves
            log.warning("work copy: %s", error)
            return False
        finally:
            with self._lock:
                self.prepared = self._copy.there()
        return True


@dataclass(frozen=True, slots=True)
class Ways:
    """How a start reaches what it needs; tests give their own."""

    answers: Callable[[ServerAddress], bool]
    on_server: Callable[..., Any]


def _ways() -> Ways:
    from ktpel_kiosk.app.office import on_server
    return Ways(server_answers, on_server)


def open_shared(data: Path, *, ways: Ways | None = None) -> AwayServer | None:
    """What this desk opens now; ``None``: it has a register of its own, or no office yet.

    Raises:
        BadInput: an address that must not be used; ``office_server.older``. KeyUnavailable, Corrupt, TooNew: the server's register is not
            ours; DiskFull, IoFailure: of this desk's own disk.
    """
    from ktpel_kiosk.app.office import ready_folder, server_of, settings_of

    settings = settings_of(data)
    if settings is None or not settings.register_url:
        return None
    key, clock = ready_folder(data), SystemClock()
    address, copy = server_of(data, settings), WorkCopy(data / "register" / COPY_FOLDER, key, clock, settings.station)
    return _decided(data, settings, key, clock, address, copy, ways or _ways())


def _decided(data: Path, settings: OfficeSettings, key: bytes, clock: SystemClock, address: ServerAddress, copy: WorkCopy,
             ways: Ways) -> AwayServer:
    def opened(register: SqlRegister, *, alone: bool, answers: bool, since: datetime | None) -> AwayServer:
        return AwayServer(register, copy, address.host, lambda: ways.answers(address), alone=alone, answers=answers, since=since,
                          now=clock.now)

    if ways.answers(address):
        register = ways.on_server(data, settings, key, clock, Uuid7(clock), late=not copy.used())
        if _merged(copy, register):
            return opened(register, alone=False, answers=True, since=None)
        register.close()
    if (local := _own(copy)) is not None:
        return opened(local, alone=True, answers=False, since=copy.begin(local))
    found = opened(ways.on_server(data, settings, key, clock, Uuid7(clock), late=True), alone=False, answers=False, since=clock.now())
    found.prepared = False
    return found


def _own(copy: WorkCopy) -> LocalRegister | None:
    """The work copy; ``None``: there is none that could be opened. One that is damaged stays where it is."""
    if not copy.there():
        return None
    try:
        return copy.open(late=True)
    except KioskError as error:
        log.error("work copy: %s", error)
        return None


def _merged(copy: WorkCopy, office: SqlRegister) -> bool:
    """False: the server went away meanwhile, and what waits goes on waiting. A work copy that cannot be read, or another fault of the
    merging, keeps nobody from working: it stays as it is, no file is swept, and it is tried again at each start."""
    if not copy.used():
        return True
    try:
        copy.come_back(office)
    except KioskError as error:
        log.error("coming back: %s", error)
        return not (isinstance(error, IoFailure) and error.message_key == UNREACHABLE)
    return True
