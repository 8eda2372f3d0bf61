"""Which disks a person can pull out: Linux by mounts and ``/sys``, Windows by its drive letters."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.courier import Disk

_SYSTEMS = frozenset({
    "vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "ext2", "ext3", "ext4", "btrfs", "xfs", "f2fs", "hfsplus", "udf",
})
_OCTAL = re.compile(r"\\([0-7]{3})")
DRIVE_REMOVABLE, DRIVE_FIXED, DRIVE_REMOTE = 2, 3, 4

Usage = Callable[[Path], tuple[int, int]]


def _usage(path: Path) -> tuple[int, int]:
    found = shutil.disk_usage(path)
    return found.total, found.free


class LinuxDisks:
    """Implements :class:`ktpel_kiosk.ports.courier.Disks`.

    Args:
        root: where ``/proc`` and ``/sys`` are looked for (tests). usage: (total, free) bytes of a mounted folder.
    """

    def __init__(self, root: Path = Path("/"), usage: Usage = _usage) -> None:
        self._root, self._usage = root, usage

    def removable(self) -> Sequence[Disk]:
        return self._by_name(self._mounted(True))

    def fixed(self) -> Sequence[Disk]:
        """The others with a file system of their own that people keep things on; never raises."""
        return self._by_name(self._mounted(False))

    @staticmethod
    def _by_name(disks: Iterator[Disk]) -> Sequence[Disk]:
        found = {d.path: d for d in disks}
        return [found[path] for path in sorted(found)]

    def _mounted(self, comes_off: bool) -> Iterator[Disk]:
        try:
            text = (self._root / "proc" / "mounts").read_text("utf-8", "replace")
        except OSError:
            return
        for line in text.splitlines():
            fields = line.split(" ")
            if len(fields) < 4 or not fields[0].startswith("/dev/") or fields[2] not in _SYSTEMS:
                continue
            where = _OCTAL.sub(lambda m: chr(int(m[1], 8)), fields[1])
            if self._comes_off(fields[0].removeprefix("/dev/")) is not comes_off or where in ("/", "/boot", "/boot/efi", "/home"):
                continue
            try:
                total, free = self._usage(Path(where))
            except OSError:
                continue
            yield Disk(where, Path(where).name or where, free, total, "ro" not in fields[3].split(","), fields[2])

    def _comes_off(self, device: str) -> bool:
        """The disk says it is removable, or hangs on USB; a partition is asked about its disk."""
        block = self._root / "sys" / "class" / "block" / device
        try:
            real = Path(os.path.realpath(block))
        except OSError:
            return False
        disk = real.parent if (real / "partition").exists() else real
        try:
            flag = (disk / "removable").read_text("ascii").strip() == "1"
        except (OSError, ValueError):
            return False
        return flag or any(part.startswith("usb") for part in real.parts)


class WindowsDisks:
    """The same on Windows. ``api``: what answers for kernel32 (tests give a double)."""

    def __init__(self, api: Any = None, usage: Usage = _usage) -> None:
        self._api, self._usage = api, usage

    def removable(self) -> Sequence[Disk]:
        return self._drives(DRIVE_REMOVABLE)

    def fixed(self) -> Sequence[Disk]:
        """Built-in disks and drives of the network."""
        return self._drives(DRIVE_FIXED, DRIVE_REMOTE)

    def _drives(self, *kinds: int) -> Sequence[Disk]:
        api = self._api or _kernel32()
        mask = int(api.GetLogicalDrives())
        found = []
        for number in range(26):
            root = f"{chr(65 + number)}:\\"
            if not mask & (1 << number) or int(api.GetDriveTypeW(root)) not in kinds:
                continue
            try:
                total, free = self._usage(Path(root))
            except OSError:   # a card reader without a card
                continue
            label, system, flags = api.volume(root)
            found.append(Disk(root, label or root[:2], free, total, not flags & 0x00080000, system))
        return found


class _Kernel32:
    def __init__(self, library: Any) -> None:
        self._library = library

    def GetLogicalDrives(self) -> int:
        return int(self._library.GetLogicalDrives())

    def GetDriveTypeW(self, root: str) -> int:
        return int(self._library.GetDriveTypeW(root))

    def volume(self, root: str) -> tuple[str, str, int]:
        """Label, file system, flags (FILE_READ_ONLY_VOLUME 0x80000)."""
        import ctypes

        label, system = ctypes.create_unicode_buffer(261), ctypes.create_unicode_buffer(261)
        flags = ctypes.c_ulong(0)
        if not self._library.GetVolumeInformationW(root, label, 261, None, None, ctypes.byref(flags), system, 261):
            return "", "", 0
        return label.value, system.value, int(flags.value)


def _kernel32() -> _Kernel32:
    import ctypes

    return _Kernel32(ctypes.windll.kernel32)  # type: ignore[attr-defined, unused-ignore]


def machine_disks() -> LinuxDisks | WindowsDisks:
    """The finder for this machine."""
    return WindowsDisks() if sys.platform == "win32" else LinuxDisks()
