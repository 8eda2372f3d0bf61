"""Finished papers as files, beside being printed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ktpel_kiosk.durable import durable_file, write_durably


class FileSpool:
    """Keeps papers in one folder; names come from register numbers and are made safe here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._work = folder.with_name("kerja")

    def keep(self, name: str, data: bytes, folder: str = "") -> Path:
        path = self.place(name, folder)
        write_durably(path, data)
        return path

    def place(self, name: str, folder: str = "") -> Path:
        return self.folder.joinpath(*(_safe(part) for part in folder.split("/") if part.strip(".")), _safe(name))

    def older(self, before: datetime) -> Sequence[str]:
        try:
            with os.scandir(self.folder) as found:
                return sorted(f.name for f in found if f.is_file(follow_symlinks=False) and f.stat().st_mtime < before.timestamp())
        except OSError:  # not made yet, or out of reach for now
            return []

    def remove(self, names: Sequence[str]) -> None:
        for name in names:
            with suppress(OSError):
                (self.folder / _safe(name)).unlink(missing_ok=True)

    def write_file(self, path: Path, data: bytes) -> None:
        write_durably(path, data, mode=0o644)

    def sink(self, path: Path) -> AbstractContextManager[BinaryIO]:
        return durable_file(path, mode=0o644)

    def scratch(self) -> Path:
        """Where an export may lay plaintext while it is written; what a killed export left there is removed."""
        self.sweep()
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._work

    def sweep(self) -> None:
        """Remove working folders whose process is gone (they are named ``<what>-<pid>-<random>``)."""
        for left in self._work.glob("*-*-*"):
            owner = left.name.rsplit("-", 2)[-2]
            if owner.isdigit() and not _in_use(left, int(owner)):
                shutil.rmtree(left, ignore_errors=True)


def _in_use(folder: Path, pid: int) -> bool:
    """Whether an export still writes there. Windows does not rename a folder with open files; its ``os.kill`` would do harm."""
    try:
        if os.name == "nt":
            folder.rename(folder)
            return False
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")
