"""The picture on the screens while a version is tried, in a process of its own that the trial never waits for.

The trial writes a number into that process's standard input and forgets it. The picture goes when its input ends, so with the trial,
however that ends; where it cannot be shown the screens stay dark and the trial goes on: ``python -m ktpel_kiosk.app.update_shown FOLDER``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ktpel_kiosk.child import NO_WINDOW, python

STEPS = {"try.begin": 1, "try.backed_up": 2, "try.copied": 3, "try.health": 4, "try.healthy": 5}
"""Step of the trial -> what stands on the screens from then on (``ui.toml``, ``[uji_versi]``)."""
GOES_S = 5.0


@contextmanager
def shown(data: Path) -> Iterator[Callable[[str], None]]:
    """Show the picture meanwhile; gives what is to be told of each step. Never raises of itself, never waits but for its end."""
    child = _started(data) if _screens() else None
    try:
        yield lambda name: _tell(child, name)
    finally:
        if child is not None:
            _ended(child)


def _screens() -> bool:
    from ktpel_kiosk.app.watchdog import SCREENS

    return os.name == "nt" or sys.platform == "darwin" or any(map(os.environ.get, SCREENS))


def _started(data: Path) -> subprocess.Popen[bytes] | None:
    command = [*python("-P", "-m"), "ktpel_kiosk.app.update_shown", str(data)]
    with suppress(OSError):
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, bufsize=0,
                                creationflags=NO_WINDOW)
    return None


def _tell(child: subprocess.Popen[bytes] | None, name: str) -> None:
    """A few bytes: a pipe that nobody reads takes all of them."""
    if child is not None and child.stdin is not None and name in STEPS:
        with suppress(OSError, ValueError):
            child.stdin.write(b"%d\n" % STEPS[name])


def _ended(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if child.stdin is not None:
            child.stdin.close()
    try:
        child.wait(GOES_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _lines(source: IO[str]) -> Iterator[str]:
    while line := source.readline():
        yield line


def main(arguments: list[str]) -> int:
    from ktpel_kiosk.app.hidden import hide_process
    from ktpel_kiosk.ui.app import load_look
    from ktpel_kiosk.ui.kiosk_update import show_trial

    hide_process()
    return show_trial(_lines(sys.stdin), load_look(Path(arguments[0])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
