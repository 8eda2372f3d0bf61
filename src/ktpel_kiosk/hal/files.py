"""Files that are whole or absent, for everything a device leaves in a folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ktpel_kiosk.domain.errors import DeviceTrouble


def write_whole(path: Path, data: bytes) -> None:
    """Write under another name, flush to disk, rename: readers see the whole file or none.

    Raises:
        DeviceTrouble: ``printer.folder`` when the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise DeviceTrouble("printer.folder", errno=error.errno, path=str(path.parent)) from error
