"""One folder of files of one kind, named by packet: sealed packets, or their spare contents. Any thread."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.durable import make_folder, storage_trouble, sync_directory, write_durably

_NAME = re.compile(r"\.?[0-9A-Za-z][0-9A-Za-z._-]{0,120}")


class PacketFolder:
    """Files ``<packet_id><suffix>``; the folder is made when missing. Names never lead out of it."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self._folder, self._suffix = folder, suffix
        self._ours = re.compile(rf"[^.].*{re.escape(suffix)}|\..*{re.escape(suffix)}\.\d+\.tmp")
        make_folder(folder)

    def holds(self, name: str) -> bool:
        """A name of this folder's kind, temp files included."""
        return self._ours.fullmatch(name) is not None

    def write(self, packet_id: str, data: bytes) -> str:
        """Temp file, fsync, rename, directory fsync; returns the file name. Raises DiskFull, IoFailure."""
        name = packet_id + self._suffix
        write_durably(self._path(name), data)
        return name

    def read(self, name: str) -> bytes:
        """Raises IoFailure."""
        try:
            return self._path(name).read_bytes()
        except OSError as e:
            raise storage_trouble(e, self._folder / name) from e

    def matches(self, name: str, sha256: str) -> bool:
        """The file is there and has this SHA-256 (hex)."""
        try:
            with self._path(name).open("rb") as f:
                return hashlib.file_digest(f, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def size(self, name: str) -> int:
        """Bytes; -1 when it is not there."""
        try:
            return self._path(name).stat().st_size
        except OSError:
            return -1

    def others(self, known: frozenset[str]) -> Iterator[str]:
        """Files of this kind that are not in ``known``, as the file system gives them; files of other kinds are nobody's leftovers."""
        try:
            with os.scandir(self._folder) as found:
                for entry in found:
                    if entry.name not in known and self.holds(entry.name) and entry.is_file(follow_symlinks=False):
                        yield entry.name
        except OSError as e:
            raise storage_trouble(e, self._folder) from e

    def free_bytes(self) -> int:
        """Room left on its disk. Raises IoFailure."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as e:
            raise storage_trouble(e, self._folder) from e

    def remove(self, names: list[str]) -> None:
        """Delete; files already gone are fine. One flush of the folder for all. Raises IoFailure."""
        try:
            for name in names:
                self._path(name).unlink(missing_ok=True)
            if names:
                sync_directory(self._folder)
        except OSError as e:
            raise storage_trouble(e, self._folder) from e

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadInput("packet.file_name")
        return self._folder / name
