"""A warmed desk under ``fiu-run -x`` that forks one story after another, each with one fault at one call of the C library.

``storage_faults.py <start> <folder>`` reads one point a line, ``<id> <call> <errno> <nth> <how>``, and prints ``<id> <status>``. The
story of ``storage_story`` runs on a copy of ``<start>`` in ``<folder>/<id>``; ``how``: ``once``, or ``stay`` until the desk was told
twice. What happened lies in ``<folder>/<id>/result.json`` (``<start>/../said/<id>`` where the folder is a small disk).
``count`` as the call counts calls and fails none.
"""

from __future__ import annotations

import ctypes
import errno
import json
import logging
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent))

from storage_story import Story, open_desk  # noqa: I001  it shows the way to the next

from forked_child import do_and_end

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import StorageTrouble

CALLS = {"pwrite": "posix/io/rw/pwrite", "write": "posix/io/rw/write", "fsync": "posix/io/sync/fsync",
         "fdatasync": "posix/io/sync/fdatasync", "ftruncate": "posix/io/rw/ftruncate", "rename": "posix/io/dir/rename"}
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class Fault(Protocol):
    """Something that makes writing fail while it is on, and can be taken away."""

    on: bool

    def clear(self) -> None: ...


class Logged(logging.Handler):
    """Warnings: of failures after which the work stands nobody is told at the desk."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class FiuFault:
    """The ``nth`` call fails (with ``stay`` all after it too). On a failed sync ``!sync`` is said to the trace: what was written and
    not synced by then may never reach the disk, whatever a later sync answers."""

    def __init__(self, call: str, number: int, nth: int, stay: bool, acks: Path) -> None:
        self._fiu = ctypes.CDLL("libfiu.so.0")
        self.on, self.calls, self.hits = True, Counter[str](), 0
        self.where = ""
        self._nth, self._stay, self._acks, self._number = nth, stay, acks, number
        self._kept = [self._enable(name, point, name == call) for name, point in CALLS.items()]

    def _enable(self, name: str, point: str, fails: bool) -> Any:
        def asked(_name: bytes, _number: object, _info: object, _flags: object) -> int:
            if not self.on:
                return 0
            self.calls[name] += 1
            hit = fails and (self.calls[name] == self._nth or (self._stay and self.calls[name] > self._nth))
            self.hits += hit
            if hit and not self.where:
                self.where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(traceback.extract_stack()[-12:-1]))
            if hit and "sync" in name:
                self.on = False
                with self._acks.open("a") as out:
                    out.write("!sync\n")
                self.on = True
            return int(hit)

        kept = _CALLBACK(asked)
        assert self._fiu.fiu_enable_external(point.encode(), 1, ctypes.c_void_p(self._number), 0, kept) == 0
        return kept

    def clear(self) -> None:
        self.on = False


class SizeFault:
    """No file may grow beyond ``limit`` bytes: RLIMIT_FSIZE."""

    def __init__(self, limit: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self._limit = limit
        self.on = True

    @property
    def on(self) -> bool:
        return self._on

    @on.setter
    def on(self, on: bool) -> None:
        self._on = on
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._limit if on else resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def clear(self) -> None:
        self.on = False


class RoomFault:
    """The disk of ``folder`` has ``free`` bytes left: a file lies on it that takes the rest."""

    def __init__(self, folder: Path, free: int) -> None:
        self._filler = folder / "penuh"
        self.on = True
        room = shutil.disk_usage(folder).free - free
        with self._filler.open("wb") as out:
            while room > 0:
                room -= out.write(bytes(min(room, 1 << 20)))

    def clear(self) -> None:
        self._filler.unlink(missing_ok=True)
        self.on = False


def story(office: Path, said: Path, make: Callable[[], Fault], stay: bool) -> dict[str, Any]:
    """The story with a fault in it: every step is tried until it is done, and what was said about each failure is kept."""
    errors: list[dict[str, Any]] = []
    sentences, logged = load_sentences(), Logged()
    logging.getLogger("ktpel_kiosk").addHandler(logged)
    with open_desk(office / "kantor", 1) as kiosk:
        told = Story(kiosk, office, 0)
        told.acks = said / "acks"
        say = told.acked
        kiosk.register.read(lambda v: v.packets())
        fault = make()

        def acked(what: str, which: str) -> None:
            was, fault.on = fault.on, False
            say(what, which)
            fault.on = was

        told.acked = acked  # type: ignore[method-assign]
        for step in Story.STEPS:
            for attempt in range(6):
                began = time.monotonic()
                try:
                    getattr(told, step)()
                    break
                except StorageTrouble as error:
                    errors.append({"step": step, "kind": type(error).__name__, "key": error.message_key, "said": sentences.of(error),
                                   "seconds": round(time.monotonic() - began, 3)})
                    if not stay or attempt >= 1:
                        fault.clear()
            else:
                raise AssertionError(f"{step} never succeeded: {errors}")
        fault.clear()
    logging.getLogger("ktpel_kiosk").removeHandler(logged)
    return {"errors": errors, "logged": logged.lines, "calls": dict(getattr(fault, "calls", {})), "hits": getattr(fault, "hits", -1),
            "where": getattr(fault, "where", "")}


def run(start: Path, office: Path, call: str, number: int, nth: int, how: str) -> None:
    shutil.copytree(start, office / "kantor", dirs_exist_ok=True)
    said = start.parent / "said" / office.name if call == "room" else office  # what is said is no part of the small disk
    said.mkdir(parents=True, exist_ok=True)

    def make() -> Fault:
        if call == "size":
            return SizeFault(nth)
        if call == "room":
            return RoomFault(office, nth)
        return FiuFault(call, number, nth, how == "stay", said / "acks")

    result = story(office, said, make, how == "stay")
    (said / "result.json").write_text(json.dumps(result))


def main() -> None:
    start, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with open_desk(start, 0) as kiosk:  # imports what every story needs, and knows the office
        assert kiosk.register.check_audit().whole
    print("ready", flush=True)
    for line in sys.stdin:
        name, call, number, nth, how = line.split()
        pid = os.fork()
        if not pid:
            do_and_end(lambda n=name, c=call, e=number, k=nth, h=how: run(  # type: ignore[misc]
                start, folder / n, c, getattr(errno, e), int(k), h))
        print(name, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
