"""Files that are whole or absent, for everything a device leaves in a folder."""

from __future__ import annotations

import re
from pathlib import Path

from ktpel_kiosk.domain.errors import DeviceTrouble, StorageTrouble
from ktpel_kiosk.durable import write_durably


def write_whole(path: Path, data: bytes) -> None:
    """Write under another name, flush to disk, rename: readers see the whole file or none.

    Raises:
        DeviceTrouble: ``printer.folder`` when the folder cannot be written.
    """
    try:
        write_durably(path, data, mode=0o644)
    except StorageTrouble as error:
        raise DeviceTrouble("printer.folder", errno=error.facts.get("errno"), path=str(path.parent)) from error


def last_number(root: Path | None, folder: str) -> int:
    """Highest four-digit job number among the files already in ``root/folder``, 0 when there are none."""
    if root is None or not (root / folder).is_dir():
        return 0
    numbers = [re.search(r"-(\d{4,})[-.]", path.name) for path in (root / folder).iterdir()]
    return max((int(match[1]) for match in numbers if match), default=0)
