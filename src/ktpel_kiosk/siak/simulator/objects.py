"""Bytes that are written once, under a name: parts of uploads, sealed packets, what couriers showed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ktpel_kiosk.durable import sync_directory, write_durably


class Objects(Protocol):
    """Named, unchanging bytes. All methods block and may be called from many threads; all raise StoreAway, ``put`` also StoreFull."""

    def put(self, key: str, data: bytes) -> None:
        """Durable when it returns. The same key again replaces it, in one go."""
        ...

    def get(self, key: str) -> bytes | None: ...

    def drop(self, keys: Iterable[str]) -> None:
        """No error for those that are not there."""
        ...

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        """(key, time of writing in seconds since the epoch) of everything under ``prefix``."""
        ...


class FolderObjects:
    """Objects as files below a folder: for one machine, or a shared folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        file = self._file(key)
        new = not file.parent.is_dir()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, data)
        if new:
            sync_directory(file.parent.parent)

    def get(self, key: str) -> bytes | None:
        try:
            return self._file(key).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            file = self._file(key)
            file.unlink(missing_ok=True)
            if file.parent != self._folder:
                with suppress(OSError):  # not empty
                    file.parent.rmdir()

    def keys(self, prefix: str) -> Iterator[tuple[str, float]]:
        for place, _, names in os.walk(self._folder):
            for name in names:
                file = Path(place) / name
                key = file.relative_to(self._folder).as_posix()
                if key.startswith(prefix):
                    with suppress(FileNotFoundError):
                        yield key, file.stat().st_mtime

    def _file(self, key: str) -> Path:
        file = self._folder / key
        if ".." in file.parts or (file.is_absolute() and not file.is_relative_to(self._folder)):
            raise ValueError("key")
        return file
