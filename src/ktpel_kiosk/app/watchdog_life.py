"""What surrounds one life of the window process: stacks of a crash, the journal of deaths, switching the computer off.

No personal data: signals, exit codes, seconds; file, line and function of each thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ktpel_kiosk.app.watchdog import Death

FOLDER, STACKS, JOURNAL = "diagnostik", "jendela.txt", "henti.jsonl"
KEEP_BYTES = 256 * 1024
_open: list[Any] = []
"""The stacks' file stays open as long as the process: a crash has no time to open one."""


def diagnostics(data: str) -> Path:
    """Folder of the diagnostics below the data folder (``data`` empty: this user's default)."""
    if data:
        return Path(data) / FOLDER
    from ktpel_kiosk.app.resources import default_data
    return default_data() / FOLDER


def catch_stacks(data: str) -> None:
    """Inside the window process: a crash or the watchdog's signal writes the stacks of all threads. A full disk is no reason to stop."""
    import faulthandler
    import signal

    try:
        folder = diagnostics(data)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / STACKS
        if path.exists() and path.stat().st_size > KEEP_BYTES:
            path.replace(path.with_suffix(".lama.txt"))
        file = path.open("a", encoding="utf-8")
        file.write(f"\n== {time.strftime('%Y-%m-%dT%H:%M:%S')} mulai, proses {os.getpid()}\n")
        file.flush()
    except OSError:
        return
    _open.append(file)
    faulthandler.enable(file)
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, file=file, all_threads=True)


def journal(data: str, death: Death) -> None:
    """One line for a death nobody wanted."""
    line = {"pada": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "cara": death.how, "kode": death.code, "hidup_detik": round(death.lived, 1),
            "jendela": death.ready}
    with contextlib.suppress(OSError):
        folder = diagnostics(data)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / JOURNAL
        if path.exists() and path.stat().st_size > KEEP_BYTES:
            path.replace(path.with_suffix(".lama.jsonl"))
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    with contextlib.suppress(OSError):
        print(f"Jendela berhenti ({death.how} {death.code}) setelah {death.lived:.0f} detik.", file=sys.stderr, flush=True)


def deaths(data: str, count: int = 5) -> list[dict[str, Any]]:
    """The newest deaths in the journal, newest first."""
    try:
        lines = (diagnostics(data) / JOURNAL).read_text("utf-8").splitlines()[-count:]
    except OSError:
        return []
    found = []
    for line in reversed(lines):
        with contextlib.suppress(ValueError, RecursionError):
            found.append(json.loads(line))
    return found


def power(how: int) -> bool:
    """Switch the computer off or restart it, through the system's own way; False when it refused."""
    import shutil
    import subprocess

    from ktpel_kiosk.app.watchdog import OFF

    tool = os.environ.get("KTPEL_POWER") or shutil.which("systemctl")
    if not tool:
        return False
    try:
        return subprocess.run([tool, "poweroff" if how == OFF else "reboot"], timeout=30, check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
