"""Finished papers as files, beside being printed."""

from __future__ import annotations

from pathlib import Path

from ktpel_kiosk.durable import write_durably


class FileSpool:
    """Keeps papers in one folder; names come from register numbers and are made safe here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, data: bytes) -> Path:
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")
        path = self.folder / safe
        write_durably(path, data)
        return path

    def write_file(self, path: Path, data: bytes) -> None:
        write_durably(path, data, mode=0o644)
