"""A clean Debian 12 to install into: made once by debootstrap from this machine's mirror, kept outside the project, unpacked per test."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

KEEP = Path(os.environ.get("KTPEL_CLEAN_ROOT", "/var/tmp/ktpel-deb/root.tar.zst"))
DATA, MEDIA = "/var/lib/ktpel-kiosk", "/usr/lib/ktpel-kiosk/session/media"
"""Where the package has the office's data, and its mounter of sticks."""
NEEDED = ("debootstrap", "unshare", "nsenter", "setsid", "chroot", "dpkg-deb", "zstd", "losetup", "mkfs.ext4")


def missing() -> str:
    """Why this machine cannot do it; empty when it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "needs root (chroot)"
    lost = [n for n in NEEDED if shutil.which(n) is None]
    return f"not here: {', '.join(lost)}" if lost else ""


def mirror() -> str:
    """The first Debian archive in this machine's own lists."""
    for path in sorted(Path("/etc/apt").glob("sources.list*")) + sorted(Path("/etc/apt/sources.list.d").glob("*")):
        if path.is_file():
            found = re.search(r"(?m)^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S*/debian)/?\s", path.read_text("utf-8"))
            if found is not None:
                return found[1]
    return ""


def archive() -> Path:
    """The kept root; made when it is not there (two minutes)."""
    if not KEEP.exists():
        KEEP.parent.mkdir(parents=True, exist_ok=True)
        root, part = KEEP.with_name("new-root"), KEEP.with_suffix(".part")
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(root), mirror()], check=True,
                       capture_output=True, timeout=1800)
        subprocess.run(["tar", "-C", str(root), "--zstd", "-cf", str(part), "."], check=True, timeout=600)
        part.rename(KEEP)
        shutil.rmtree(root)
    return KEEP


PREPARE = """
mount -t proc proc "$0/proc" && mount -t tmpfs -o mode=755 dev "$0/dev" && mkdir "$0/dev/pts" "$0/dev/shm" && chmod 1777 "$0/dev/shm" &&
for node in null zero full random urandom tty; do : >"$0/dev/$node" && mount --bind "/dev/$node" "$0/dev/$node" || exit 1; done &&
mount --rbind /dev/pts "$0/dev/pts" && ln -s pts/ptmx "$0/dev/ptmx" && ln -s /proc/self/fd "$0/dev/fd" && echo ready && exec sleep infinity
"""
"""A machine's own devices and nothing of this one's: what is put in comes by :meth:`CleanRoot.stick`. Ends with its first process."""


@dataclass
class CleanRoot:
    """An unpacked root with mounts and processes of its own until :meth:`close`: what a step mounts the next one finds."""

    path: Path
    holder: subprocess.Popen[str]
    loops: list[str] = field(default_factory=list)
    init: int = 0
    """The first process of the machine, while the root is switched on (:mod:`booted`)."""

    @classmethod
    def unpacked(cls, path: Path) -> CleanRoot:
        path.mkdir(parents=True)
        subprocess.run(["tar", "-C", str(path), "--zstd", "-xf", str(archive())], check=True, timeout=600)
        (path / "etc/apt/sources.list").write_text("".join(f"deb {mirror()} {suite} main\n" for suite in ("bookworm", "bookworm-updates")))
        shutil.rmtree(path / "etc/apt/sources.list.d", ignore_errors=True)
        shutil.copy("/etc/resolv.conf", path / "etc/resolv.conf")
        (path / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (path / "usr/sbin/policy-rc.d").chmod(0o755)
        holder = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", PREPARE, str(path)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
        return cls(path, holder)

    def close(self) -> None:
        """Every process and mount of it ends; the folder is removed."""
        self.holder.kill()
        self.holder.wait(60)
        if self.holder.stdout is not None:
            self.holder.stdout.close()
        for loop in self.loops:
            subprocess.run(["losetup", "-d", loop], check=False, timeout=60)
        subprocess.run(["rm", "-rf", "--one-file-system", str(self.path)], check=False, timeout=300)

    def stick(self, device: str, label: str, megabytes: int, content: Path | None = None) -> None:
        """Somebody puts a disk in: a block device ``/dev/<device>`` with a file system of this label, filled from a folder."""
        image = self.path.parent / f"{device}.img"
        with image.open("wb") as file:
            file.truncate(megabytes * 1_000_000)
        filled = ["-d", str(content)] if content else []
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-L", label, *filled, str(image)], check=True, timeout=300)
        command = ["losetup", "-f", "--show", str(image)]
        loop = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
        self.loops.append(loop)
        self.done(f"mknod /dev/{device} b 7 {loop.removeprefix('/dev/loop')}")

    def first(self) -> int:
        """A process inside, as this machine counts."""
        return int(Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()[0])

    def command(self, command: str) -> list[str]:
        """What runs a line of shell inside, as root."""
        if self.init:
            return ["nsenter", "-t", str(self.init), "-m", "-p", "-i", "-u", "-n", "-C", "/bin/sh", "-c", command]
        return ["nsenter", "-t", str(self.first()), "-m", "-p", "chroot", str(self.path), "/bin/sh", "-c", command]

    @staticmethod
    def _environment(more: dict[str, str]) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **more}

    def run(self, command: str, *, timeout: float = 1800, **environment: str) -> subprocess.CompletedProcess[str]:
        """A line of shell inside, as root, without this machine's environment."""
        return subprocess.run(self.command(command), env=self._environment(environment), capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False)

    def done(self, command: str, *, timeout: float = 1800, **environment: str) -> str:
        """Standard output and error of what has to succeed."""
        found = self.run(command, timeout=timeout, **environment)
        said = found.stdout + found.stderr
        assert found.returncode == 0, f"{command}\n{said[-3000:]}"
        return said

    def typed(self, command: str, answers: Sequence[tuple[str, str]], *, timeout: float = 900) -> str:
        """The same at a terminal: each answer is typed when its question is on the screen. Returns what the screen showed."""
        mine, theirs = os.openpty()
        child = subprocess.Popen(["setsid", "--ctty", "--wait", *self.command(command)], env=self._environment({"TERM": "dumb"}),
                                 stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        screen, read, left, until = "", 0, list(answers), time.monotonic() + timeout
        try:
            while time.monotonic() < until:
                if select.select([mine], [], [], 1.0)[0]:
                    try:
                        more = os.read(mine, 65536)
                    except OSError:  # nobody has it open any more
                        break
                    if not more:
                        break
                    screen += more.decode("utf-8", "replace")
                # the blank after the colon comes last, when what was typed before it has been thrown away
                if left and left[0][0] in screen[read:] and screen.endswith(": "):
                    read = len(screen)
                    os.write(mine, left.pop(0)[1].encode() + b"\n")
            assert child.wait(max(1.0, until - time.monotonic())) == 0, f"{command}\n{screen[-3000:]}"
            assert not left, f"{command}: never asked: {left[0][0]}\n{screen[-3000:]}"
            return screen
        finally:
            child.kill()
            child.wait(60)
            os.close(mine)


def next_version(deb: Path, out: Path, version: str) -> Path:
    """The same package as another version, with one file more, as an upgrade."""
    tree = out / "tree"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True, timeout=600)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text("utf-8")))
    (tree / "usr/lib/ktpel-kiosk/VERSION").write_text(f"{version}\n")
    file = out / f"ktpel-kiosk_{version}_amd64.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "-b", str(tree), str(file)], check=True, capture_output=True,
                   timeout=600)
    shutil.rmtree(tree)
    return file
