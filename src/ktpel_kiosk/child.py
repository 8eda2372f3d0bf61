"""Programs of the house that run beside the desk: which Python runs them, and what they may use of the machine.

A frozen desk (installer/windows) is no interpreter: ``ktpel-python`` beside it runs the same scripts and modules. Where the system has no
``RLIMIT_*`` (Windows) the parent holds a child in a job object instead. Standard library only; used by every room.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FROZEN_PYTHON = "ktpel-python"
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""``creationflags`` of a child that is not to flash a black window over the desk."""
SIGXCPU = 24
OUT_OF_QUOTA = (1816, 0xC0000044)
"""How Windows ends a process whose processor time is used up (ERROR_NOT_ENOUGH_QUOTA, STATUS_QUOTA_EXCEEDED)."""


def python(*options: str) -> list[str]:
    """The beginning of a command that runs a Python file or module of ours with the same packages as this process."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, *options]
    here = Path(sys.executable)
    return [str(here.with_name(FROZEN_PYTHON + here.suffix)), *options]


def hold(child: subprocess.Popen[Any], memory_bytes: int, cpu_s: int) -> object | None:
    """Bind a child that does not bind itself: committed memory and processor time, and it ends with whoever started it.

    Returns what has to be kept as long as the child runs; ``None`` where the child limits itself. A child that feeds on standard input
    is to be held before it gets any: it has not looked at a foreign byte yet. Raises OSError: it could not be bound (end it).
    """
    if os.name != "nt":
        return None
    from ktpel_kiosk.win32_calls import Job, kernel32
    return Job(kernel32(), memory_bytes, cpu_s).take(int(child._handle))  # type: ignore[attr-defined,unused-ignore]


def out_of_time(returncode: int | None) -> bool:
    """Whether the system ended the child because its processor time was used up."""
    return returncode in (-SIGXCPU, *OUT_OF_QUOTA)
