"""A clean Debian 12 to install into: made once by debootstrap from this machine's mirror, kept outside the project, unpacked per test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

KEEP = Path(os.environ.get("KTPEL_CLEAN_ROOT", "/var/tmp/ktpel-deb/root.tar.zst"))
NEEDED = ("debootstrap", "unshare", "chroot", "dpkg-deb", "zstd")


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


@dataclass(frozen=True)
class CleanRoot:
    """An unpacked root. Its mounts live in a namespace of each call and are gone with it."""

    path: Path

    @classmethod
    def unpacked(cls, path: Path) -> CleanRoot:
        path.mkdir(parents=True)
        subprocess.run(["tar", "-C", str(path), "--zstd", "-xf", str(archive())], check=True, timeout=600)
        (path / "etc/apt/sources.list").write_text("".join(f"deb {mirror()} {suite} main\n" for suite in ("bookworm", "bookworm-updates")))
        shutil.rmtree(path / "etc/apt/sources.list.d", ignore_errors=True)
        shutil.copy("/etc/resolv.conf", path / "etc/resolv.conf")
        (path / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (path / "usr/sbin/policy-rc.d").chmod(0o755)
        return cls(path)

    def run(self, command: str, *, timeout: float = 1800, **environment: str) -> subprocess.CompletedProcess[str]:
        """A line of shell inside, as root, without this machine's environment."""
        inside = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" /bin/sh -c "$1"'
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **environment}
        return subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", inside, str(self.path), command],
                              env=env, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False)

    def done(self, command: str, *, timeout: float = 1800, **environment: str) -> str:
        """Standard output and error of what has to succeed."""
        found = self.run(command, timeout=timeout, **environment)
        said = found.stdout + found.stderr
        assert found.returncode == 0, f"{command}\n{said[-3000:]}"
        return said


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
