"""Which disks come off: Linux from a made-up /proc and /sys, Windows through a double of its library."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.hal import removable
from ktpel_kiosk.hal.removable import LinuxDisks, WindowsDisks, machine_disks

MOUNTS = """\
/dev/nvme0n1p2 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
/dev/sda1 /media/rina/USB\\040STIK vfat rw,nosuid 0 0
/dev/sdb1 /run/media/rina/TERKUNCI exfat ro,nosuid 0 0
/dev/sdc1 /media/rina/HDD ext4 rw 0 0
/dev/sdd /media/rina/rusak vfat rw 0 0
/dev/mmcblk0p1 /boot vfat rw 0 0
/dev/nvme0n1p3 /data ext4 rw 0 0
/dev/ghost1 /media/rina/hantu vfat rw 0 0
tmpfs /media/rina/tmp tmpfs rw 0 0
/dev/short
"""


def device(root: Path, bus: str, disk: str, flag: str, partition: str = "") -> None:
    home = root / "sys" / "devices" / bus / disk
    home.mkdir(parents=True, exist_ok=True)
    (home / "removable").write_text(flag + "\n")
    links = root / "sys" / "class" / "block"
    links.mkdir(parents=True, exist_ok=True)
    name = partition or disk
    if partition:
        (home / partition).mkdir()
        (home / partition / "partition").write_text("1\n")
    (links / name).symlink_to(home / partition if partition else home)


@pytest.fixture
def machine(tmp_path) -> LinuxDisks:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "mounts").write_text(MOUNTS)
    device(tmp_path, "pci0/nvme", "nvme0n1", "0", "nvme0n1p2")
    device(tmp_path, "pci0/usb1", "sda", "1", "sda1")
    device(tmp_path, "pci0/usb2", "sdb", "1", "sdb1")
    device(tmp_path, "pci0/usb3", "sdc", "0", "sdc1")   # an external hard disk does not call itself removable
    device(tmp_path, "pci0/usb4", "sdd", "1")
    device(tmp_path, "pci0/mmc", "mmcblk0", "1", "mmcblk0p1")

    def usage(path: Path) -> tuple[int, int]:
        if path.name == "rusak":
            raise OSError(errno.EIO, "gone")
        return 100, 40
    return LinuxDisks(tmp_path, usage)


def test_sticks_and_external_disks_only(machine):
    assert list(machine.removable()) == [
        Disk("/media/rina/HDD", "HDD", 40, 100, True, "ext4"), Disk("/media/rina/USB STIK", "USB STIK", 40, 100, True, "vfat"),
        Disk("/run/media/rina/TERKUNCI", "TERKUNCI", 40, 100, False, "exfat")]


def test_a_machine_that_says_nothing_has_none(tmp_path):
    assert list(LinuxDisks(tmp_path).removable()) == []


def test_this_machine_answers():
    assert all(isinstance(d, Disk) for d in machine_disks().removable())


class Kernel32:
    """C: fixed, D: card reader without a card, E: stick, F: locked stick, G: network."""

    def GetLogicalDrives(self) -> int:
        return 0b1111100

    def GetDriveTypeW(self, root: str) -> int:
        return {"C:\\": 3, "D:\\": 2, "E:\\": 2, "F:\\": 2, "G:\\": 4}[root]

    def volume(self, root: str) -> tuple[str, str, int]:
        return {"E:\\": ("KINGSTON", "FAT32", 6), "F:\\": ("", "exFAT", 0x80006)}[root]


def test_windows_by_its_drive_letters():
    def usage(path: Path) -> tuple[int, int]:
        if str(path) == "D:\\":
            raise OSError(21, "not ready")
        return 100, 40
    assert list(WindowsDisks(Kernel32(), usage).removable()) == [
        Disk("E:\\", "KINGSTON", 40, 100, True, "FAT32"), Disk("F:\\", "F:", 40, 100, False, "exFAT")]


def test_the_right_one_for_each_system(monkeypatch):
    monkeypatch.setattr(removable.sys, "platform", "win32")
    assert isinstance(machine_disks(), WindowsDisks)
    monkeypatch.setattr(removable.sys, "platform", "linux")
    assert isinstance(machine_disks(), LinuxDisks)
