"""Where copies of the register may lie: another disk than its own, writable, with room; tried out before anybody relies on it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.ports.setup import BackupPlace

if TYPE_CHECKING:
    from ktpel_kiosk.domain.courier import Disk

FOLDER = "ktpel-cadangan"
ROOM_BYTES = 2_000_000_000
"""A register of some years and its copies; less is refused."""
PROBE_BYTES = 64 * 1024

SameDisk = Callable[[Path, Path], bool]


def on_same_disk(a: Path, b: Path) -> bool:
    """Both lie on one file system, as far as the machine says."""
    try:
        return _existing(a).stat().st_dev == _existing(b).stat().st_dev
    except OSError:
        return False


def _existing(path: Path) -> Path:
    return next((p for p in (path, *path.absolute().parents) if p.exists()), Path("/"))


def places(data: Path, removable: Sequence[Disk], fixed: Sequence[Disk], same_disk: SameDisk = on_same_disk) -> Sequence[BackupPlace]:
    """One folder on every disk but the register's own, what can be pulled out first."""
    found = [_place(disk, True) for disk in removable] + [_place(disk, False) for disk in fixed]
    return [place for place in found if not same_disk(place.path.parent, data)]


def _place(disk: Disk, removable: bool) -> BackupPlace:
    problem = "" if disk.writable else _say("backup.read_only")
    if not problem and disk.free_bytes < ROOM_BYTES:
        problem = _say("backup.no_room", need_bytes=ROOM_BYTES // 10**9)
    return BackupPlace(Path(disk.path) / FOLDER, disk.label or disk.path, disk.free_bytes, removable, problem)


def tried(data: Path, path: Path, known: Sequence[BackupPlace] = (), same_disk: SameDisk = on_same_disk) -> BackupPlace:
    """Write, sync and read back a small file in ``path``, which is made when missing; the outcome stands in ``problem``."""
    place = next((p for p in known if p.path == path), None) or BackupPlace(path, path.name or str(path), 0, False)
    place = replace(place, free_bytes=free_bytes(path), problem="")
    if same_disk(path, data):
        return replace(place, problem=_say("backup.same_disk"))
    if place.free_bytes < ROOM_BYTES:
        return replace(place, problem=_say("backup.no_room", need_bytes=ROOM_BYTES // 10**9))
    return replace(place, problem=_trouble(path))


def _trouble(path: Path) -> str:
    probe, content = path / f".coba-{secrets.token_hex(4)}", secrets.token_bytes(PROBE_BYTES)
    try:
        write_durably(probe, content)
        same = probe.read_bytes() == content
    except (KioskError, OSError, ValueError):  # ValueError: a name no file system takes
        return _say("backup.unwritable", path=str(path))
    finally:
        with suppress(OSError, ValueError):
            probe.unlink(missing_ok=True)
    return "" if same else _say("backup.not_same", path=str(path))


def free_bytes(path: Path) -> int:
    """Room on the disk of ``path``, or of what it would be made in; 0 where nobody can say."""
    import shutil

    try:
        return shutil.disk_usage(_existing(path)).free
    except OSError:
        return 0


def _say(key: str, **facts: str | int) -> str:
    return load_sentences().text(key, **facts)


def reachable(path: Path) -> bool:
    """The folder is there and may be written: what a morning's look needs, without writing."""
    return path.is_dir() and os.access(path, os.W_OK)
