"""Finished papers as files, beside being printed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from ktpel_kiosk.durable import durable_file, write_durably


class FileSpool:
    """Keeps papers in one folder; names come from register numbers and are made safe here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, data: bytes, folder: str = "") -> Path:
        path = self.place(name, folder)
        write_durably(path, data)
        return path

    def place(self, name: str, folder: str = "") -> Path:
        return self.folder.joinpath(*(_safe(part) for part in folder.split("/") if part.strip(".")), _safe(name))

    def write_file(self, path: Path, data: bytes) -> None:
        write_durably(path, data, mode=0o644)

    def sink(self, path: Path) -> AbstractContextManager[BinaryIO]:
        return durable_file(path, mode=0o644)

    def scratch(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")
