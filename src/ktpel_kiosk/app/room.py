"""The disk of this office's folder: :class:`ktpel_kiosk.ports.room.Room` with a file as reserve."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from pathlib import Path

from ktpel_kiosk.durable import storage_trouble

log = logging.getLogger(__name__)
RESERVE_BYTES = 64 * 1024 * 1024
"""Enough for a dozen packets with their spare contents and the journal that goes with them."""
NAME = "ruang-cadangan"


class FolderRoom:
    """Of one office folder; the reserve is ``register/ruang-cadangan``, which holds nothing."""

    def __init__(self, data: Path, reserve: int = RESERVE_BYTES) -> None:
        self._data, self._path, self._bytes = data, data / "register" / NAME, reserve
        self._lock = threading.Lock()

    def free_bytes(self) -> int:
        try:
            return shutil.disk_usage(self._data).free
        except OSError as error:
            raise storage_trouble(error, self._data) from error

    def give(self) -> bool:
        with self._lock:
            try:
                self._path.unlink()
            except OSError:
                return False
        log.warning("the disk is full: the reserve was freed")
        return True

    def keep(self) -> bool:
        with self._lock:
            try:
                if self._path.stat().st_size == self._bytes:
                    return True
            except OSError:
                pass
            try:
                return self._set_aside()
            except OSError:
                self._path.unlink(missing_ok=True)
                return False

    def _set_aside(self) -> bool:
        """Only where as much again stays free: a reserve must not be what fills the disk."""
        if shutil.disk_usage(self._path.parent).free < 3 * self._bytes:
            return False
        with self._path.open("wb") as out:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(out.fileno(), 0, self._bytes)
            else:
                for _ in range(self._bytes >> 20):
                    out.write(bytes(1 << 20))
        return True
