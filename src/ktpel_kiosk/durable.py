"""Writing a file so that a power cut leaves either the old one or the whole new one.

Standard library only; used by every room that owns files.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ktpel_kiosk.domain.errors import DiskFull, IoFailure, StorageTrouble


def storage_trouble(error: OSError, path: Path) -> StorageTrouble:
    """The one mapping from an operating system error to ours."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull("storage.disk_full", path=str(path))
    key = "storage.unwritable" if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR) else "storage.io"
    return IoFailure(key, path=str(path), errno=error.errno)


def sync_directory(folder: Path) -> None:
    """Make renames in ``folder`` durable (no effect where directories cannot be opened, e.g. Windows)."""
    try:
        fd = os.open(folder, os.O_RDONLY)
    except (PermissionError, IsADirectoryError):
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(folder: Path) -> None:
    """Every file and folder below ``folder``, and itself, on the disk: to be called before it gets its name. Raises OSError."""
    for place, _folders, names in os.walk(folder, topdown=False):
        for name in names:
            with open(os.path.join(place, name), "rb+") as file:
                os.fsync(file.fileno())
        sync_directory(Path(place))


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make ``folder`` and its parents where they are missing, each name durable: a synced file in a folder whose own name was lost in
    a power cut is lost with it. Raises OSError."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    for made in missing:
        sync_directory(made.parent)


@contextmanager
def durable_file(path: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to be written (and read back) that takes its name only when the block ends well: temp file in the same folder, fsync,
    rename, directory fsync.

    Raises:
        DiskFull, IoFailure: nothing changed and no temp file is left, as for any error out of the block.
    """
    temp = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        make_folder(path.parent)
        fd = os.open(temp, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode)
        try:
            with os.fdopen(fd, "w+b") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            _replace(temp, path)
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    except OSError as error:
        raise storage_trouble(error, path) from error


BUSY = (5, 32)
"""ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION: on Windows a virus scanner or an indexer looks at a new file for a moment."""
BUSY_TRIES, BUSY_PAUSE_S = 20, 0.05


def _replace(temp: Path, path: Path) -> None:
    """Rename over ``path``. On Windows, where a directory cannot be synced, through to the disk. Raises OSError."""
    if os.name != "nt":
        os.replace(temp, path)
        return
    from ktpel_kiosk.win32_calls import kernel32, replace_through
    patiently(lambda: replace_through(kernel32(), str(temp), str(path)))


def patiently(rename: Callable[[], None], pause: Callable[[float], None] = time.sleep) -> None:
    """Again for a second while somebody else has the file open without letting it be renamed. Raises OSError."""
    for left in reversed(range(BUSY_TRIES)):
        try:
            return rename()
        except OSError as error:
            if not left or getattr(error, "winerror", None) not in BUSY:
                raise
            pause(BUSY_PAUSE_S)


def write_durably(path: Path, data: bytes | Iterable[bytes], *, mode: int = 0o600) -> None:
    """All of ``data`` through :func:`durable_file`.

    Raises:
        DiskFull, IoFailure: nothing changed and no temp file is left.
    """
    with durable_file(path, mode=mode) as out:
        for chunk in (data,) if isinstance(data, bytes) else data:
            out.write(chunk)
