"""The bytes of uploads, one file each, named by the upload: what object storage does where one disk is not enough."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ktpel_kiosk.durable import sync_directory

BLOCK = 256 * 1024


class Parcels(Protocol):
    """Bytes that only grow at the end. All methods may be called from many threads, for one name from one at a time."""

    def size(self, name: str) -> int:
        """Bytes that are durably there; 0 when nothing is."""
        ...

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Durable when it returns; ``offset`` is the present size. Raises OSError, and then nothing was added."""
        ...

    def blocks(self, name: str) -> Iterator[bytes]:
        """All bytes in order."""
        ...

    def drop(self, name: str) -> None:
        """Forget it; no error when it is not there."""
        ...

    def names(self) -> Iterator[str]: ...


class FileParcels:
    """Parcels in a folder. The length of a file is the offset of its upload, so a chunk needs no row in any database.

    Every thread syncs its own file; threads that do so at the same moment share the journal commits of the file system.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def size(self, name: str) -> int:
        try:
            return os.stat(self._path(name)).st_size
        except FileNotFoundError:
            return 0

    def append(self, name: str, offset: int, data: bytes) -> None:
        fd = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            try:
                os.lseek(fd, offset, os.SEEK_SET)
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(fd, rest):]
                getattr(os, "fdatasync", os.fsync)(fd)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(fd, offset)
                raise
        finally:
            os.close(fd)
        if offset == 0:
            sync_directory(self._folder)

    def blocks(self, name: str) -> Iterator[bytes]:
        with open(self._path(name), "rb") as file:
            while block := file.read(BLOCK):
                yield block

    def drop(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        with os.scandir(self._folder) as entries:
            yield from (e.name for e in entries)

    def _path(self, name: str) -> Path:
        return self._folder / name


def digest_of(parcels: Parcels, name: str) -> str:
    """SHA-256 (hex) of everything stored under ``name``."""
    found = hashlib.sha256()
    for block in parcels.blocks(name):
        found.update(block)
    return found.hexdigest()
