"""What the process keeps to itself: no core dumps, memory no other program may read, and crash words without values.

A core file or a traceback would carry names, NIK and keys to the disk; where something happened is enough to mend it.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from types import TracebackType
from typing import Any

PR_SET_DUMPABLE = 4
MOST_FRAMES = 12


def hide_process() -> None:
    """Before any secret is read; children that are forked inherit it. Does nothing where the system has no such thing."""
    no_core()
    not_dumpable()
    quiet_errors()


def no_core() -> None:
    """No core file of this process or its children."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def not_dumpable() -> bool:
    """Linux: no debugger of the same user attaches, and a handler that core files are piped to gets none. False: not possible here."""
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes
        return bool(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    return False


def where(trace: TracebackType | None) -> str:
    """``file:line function`` of the innermost frames, outermost first; no values, no source lines."""
    frames: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " > ".join(frames[-MOST_FRAMES:])


def quiet_errors() -> None:
    """An error nobody caught is told by its type and place: its words may hold what somebody typed.

    Qt's slots, threads and finalizers end here too.
    """
    sys.excepthook = _told
    threading.excepthook = lambda args: _told(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _told(args.exc_type, args.exc_value, args.exc_traceback)


def _told(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> Any:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    causes, seen = [f"{kind.__name__} di {where(trace)}"], 0
    below = error.__cause__ or error.__context__ if error is not None else None
    while below is not None and seen < 4:
        causes.append(f"karena {type(below).__name__} di {where(below.__traceback__)}")
        below, seen = below.__cause__ or below.__context__, seen + 1
    with contextlib.suppress(Exception):
        print("Galat tak terduga:", "; ".join(causes), file=sys.stderr, flush=True)
