"""Whether a desk is open on an office folder: its windows hold a lock that goes with their process, however it ends.

What replaces the register from the command line asks first; two processes at one register are otherwise the database's matter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput, IoFailure

FILE = "meja.buka"


@contextmanager
def desk_open(data: Path) -> Iterator[None]:
    """Hold the lock as long as the windows are open; a second window process of the same folder, or a folder that cannot be written, goes
    on without it."""
    try:
        handle = _opened(data / FILE)
    except IoFailure:
        yield
        return
    try:
        _take(handle)
        yield
    finally:
        os.close(handle)


@contextmanager
def desk_closed(data: Path) -> Iterator[None]:
    """No desk may open meanwhile unnoticed. Raises BadInput ``restore.desk_open``: one is open now."""
    if not data.is_dir():
        yield
        return
    handle = _opened(data / FILE)
    try:
        if not _take(handle):
            raise BadInput("restore.desk_open", path=str(data))
        yield
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise IoFailure("storage.unwritable", path=str(path), errno=error.errno) from error


def _take(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not inherited by the processes the desk starts
    except OSError:
        return False
    return True
