"""Files that are whole or absent, for everything a device leaves in a folder."""

from __future__ import annotations

import contextlib
import os
import re
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


def last_number(root: Path | None, folder: str) -> int:
    """Highest four-digit job number among the files already in ``root/folder``, 0 when there are none."""
    if root is None or not (root / folder).is_dir():
        return 0
    numbers = [re.search(r"-(\d{4,})[-.]", path.name) for path in (root / folder).iterdir()]
    return max((int(match[1]) for match in numbers if match), default=0)
