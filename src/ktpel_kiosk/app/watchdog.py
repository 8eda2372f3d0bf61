"""Keeping the desk alive: a small process that starts the window process, restarts it after a crash or a hang, and gives up in words.

``keep`` forks before anything heavy is imported, so the windows start as fast as without it. Standard library only, nothing of the
house but this file and :mod:`ktpel_kiosk.app.watchdog_life`: what it does not import cannot break it. See docs/adr/0036.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BEAT_FD = "KTPEL_BEAT_FD"
"""Environment variable of the window process: file descriptor its main loop writes a beat to once a second."""
AFTER = "KTPEL_AFTER"
"""Environment variable of the window process: why there was an earlier one (``henti``, ``macet``, ``daya``); empty at a first start."""
BEAT, ENDING = b".", b"e"

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
"""Without any of these no window can open: nothing to watch, the error is said once."""

CLOSE, RETRY, RESTART, OFF, UPDATE = 0, 75, 90, 91, 92
"""Exit codes of a window process: ended by a supervisor, try again (safe mode), restart the computer, switch it off, try a new version."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. ``start``: until the first beat; ``hang``: between beats; ``end``: closing; ``quick``: a life shorter than this is a
    quick death; ``deaths``: that many in a row and no further try is made."""

    start: float = 180.0
    hang: float = 30.0
    end: float = 60.0
    quick: float = 60.0
    deaths: int = 3
    pause: float = 1.0


def limits_from(environment: dict[str, str]) -> Limits:
    """``KTPEL_WATCH=hang:5,start:60`` changes limits (tests, very slow machines); what cannot be read is passed over."""
    found: dict[str, float] = {}
    for part in environment.get("KTPEL_WATCH", "").split(","):
        name, _, value = part.partition(":")
        with contextlib.suppress(ValueError):
            if name in Limits.__slots__:
                found[name] = float(value)
    if "deaths" in found:
        found["deaths"] = int(found["deaths"])
    return Limits(**found)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Death:
    """How a window process ended. ``how``: ``selesai`` (exit code), ``sinyal`` (number), ``macet``; ``ready``: it had shown a window."""

    how: str
    code: int
    lived: float
    ready: bool

    @property
    def wanted(self) -> bool:
        """Ended by somebody who was allowed to."""
        return self.how == "selesai" and self.code in (CLOSE, RESTART, OFF, UPDATE)


class Watchdog:
    """The loop of the small process. ``run`` returns ``None`` inside a new window process, an exit code in the small one.

    Args:
        told: hears of every death that nobody wanted, before the restart.
        power: switches off (``OFF``) or restarts (``RESTART``) the computer; False when it could not.
    """

    def __init__(self, limits: Limits, told: Callable[[Death], None] = lambda _death: None,
                 power: Callable[[int], bool] = lambda _how: False) -> None:
        self._limits, self._told, self._power = limits, told, power
        self._asked_to_end = 0
        self._child = 0
        self.safe_mode = False
        """Inside a window process: show the safe window instead of the desk."""

    def run(self) -> int | None:
        quick, after, safe = 0, "", False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._end)
        while True:
            death = self._life(after, safe)
            if death is None:
                self.safe_mode = safe
                return None
            if self._asked_to_end:
                return 0 if death.wanted else 128 + self._asked_to_end
            if death.wanted and death.code == UPDATE:
                return UPDATE
            if death.wanted and death.code != CLOSE:
                if self._power(death.code):
                    return 0
                quick, after, safe = 0, "daya", False
                continue
            if death.wanted:
                return 0
            if safe and death.code != RETRY:
                return 1  # not even the safe window stays: leave it to whoever started this process
            if safe:
                quick, after, safe = 0, "", False
                continue
            self._told(death)
            quick = quick + 1 if death.lived < self._limits.quick else 1
            safe = quick >= self._limits.deaths or (not death.ready and death.how == "selesai")
            after = "macet" if death.how == "macet" else "henti"
            if quick > 1 and not safe:
                self._rest(self._limits.pause * quick)

    # -- one life -----------------------------------------------------------------------------------------------------

    def _life(self, after: str, safe: bool) -> Death | None:
        """Start a window process and stay with it to its end; ``None`` inside it."""
        beats, write = os.pipe()
        started = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            os.close(beats)
            self._become_window(write, after)
            return None
        os.close(write)
        self._child = child
        if self._asked_to_end:  # between two lives
            self._send(signal.SIGTERM)
        try:
            how, code, ready = self._stay(child, beats, started, safe)
        finally:
            os.close(beats)
            self._child = 0
            sweep_children()
        return Death(how, code, time.monotonic() - started, ready)

    @staticmethod
    def _become_window(write: int, after: str) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.environ[BEAT_FD], os.environ[AFTER] = str(write), after

    def _stay(self, child: int, beats: int, started: float, safe: bool) -> tuple[str, int, bool]:
        """Listen to the beats until the process ends; end it where it stands still."""
        adopt_orphans()
        os.set_blocking(beats, False)
        ready, ending, last, hung = False, False, started, False
        open_end = True
        while True:
            if open_end:
                with contextlib.suppress(InterruptedError):
                    select.select([beats], [], [], 1.0)
                data = _read(beats)
                open_end = data != b""
                if data:
                    last, ready, ending = time.monotonic(), True, data.endswith(ENDING)  # after a restore the windows open again
            else:
                time.sleep(0.02)  # the pipe is closed: the process is about to be gone
            gone = _ended(child)
            if gone is not None:
                return ("macet", gone[1], ready) if hung else (*gone, ready)
            limit = self._limits.end if ending or self._asked_to_end else self._limits.hang if ready else self._limits.start
            if time.monotonic() - last > limit and not hung:
                hung = True
                self._dump_and_kill()

    def _dump_and_kill(self) -> None:
        """The stacks of all threads go into the diagnostics (file, line and function; no values), then the process ends."""
        if hasattr(signal, "SIGUSR1"):
            self._send(signal.SIGUSR1)
            time.sleep(1.0)
        self._send(signal.SIGKILL)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._asked_to_end:
            time.sleep(0.1)

    def _end(self, number: int, _frame: object) -> None:
        self._asked_to_end = number
        self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, number)


def _read(beats: int) -> bytes | None:
    """What came; empty at the end of the pipe, ``None`` when nothing came."""
    try:
        return os.read(beats, 4096)
    except (BlockingIOError, InterruptedError):
        return None


def _ended(child: int) -> tuple[str, int] | None:
    try:
        pid, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        return "selesai", 1
    if pid == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    return ("sinyal", -code) if code < 0 else ("selesai", code)


def adopt_orphans() -> None:
    """Linux: whatever the window process leaves behind becomes a child of this one, so that it can be ended."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def sweep_children() -> None:
    """End what a dead window process left running: workers hold devices, the practice gateway its files."""
    place = Path(f"/proc/self/task/{os.getpid()}/children")
    for _ in range(20):
        try:
            left = [int(pid) for pid in place.read_text("ascii").split()]
        except (OSError, ValueError):
            return
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def watched(arguments: list[str]) -> bool:
    """Whether these arguments open the kiosk itself: full screen, with a screen to open it on and processes to fork."""
    asked = bool(arguments) and arguments[0] == "run" and not {"--windowed", "--help"} & set(arguments)
    return asked and hasattr(os, "fork") and (sys.platform == "darwin" or any(map(os.environ.get, SCREENS)))


def keep(arguments: list[str]) -> tuple[int | None, bool]:
    """Watch over the window process. Returns (exit code, _) in the watching process, (``None``, safe mode?) in the one to be a window."""
    from ktpel_kiosk.app import update_launch
    from ktpel_kiosk.app.watchdog_life import journal, power

    folder = data_option(arguments)

    def told(death: Death) -> None:
        journal(folder, death)
        if not death.ready:  # a new version that never shows its windows gives way to the one before
            update_launch.anew(arguments)

    dog = Watchdog(limits_from(dict(os.environ)), told, power)
    code = dog.run()
    if code == UPDATE:
        update_launch.relaunch(arguments)
    return code, dog.safe_mode


def data_option(arguments: list[str]) -> str:
    """The value of ``--data``; empty: the default folder."""
    for at, word in enumerate(arguments):
        if word == "--data" and at + 1 < len(arguments):
            return arguments[at + 1]
        if word.startswith("--data="):
            return word.removeprefix("--data=")
    return ""
