"""The clean root as a machine that is switched on: Debian's own systemd as its first process, with processes, mounts, network, names and a
tree of cgroups of its own. What the units say is then done by who does it at a desk, seccomp and all.

Not there: a kernel with AppArmor, udev (``/sys`` is read-only), virtual terminals. So the kiosk's session gets Xvfb in the place of Xorg on
VT 7, by a drop-in that leaves every other line of its unit as it is.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clean_root import CleanRoot

CGROUPS = Path("/sys/fs/cgroup")
UNITS = "etc/systemd/system"
BOOT = """
set -e
mount --rbind "$1" "$1"
umount -l "$1/proc"
umount -l "$1/dev"
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sys "$1/sys"
if [ -d /sys/fs/cgroup/systemd ]; then
    mount -t tmpfs -o mode=755 cgroup "$1/sys/fs/cgroup"
    mkdir "$1/sys/fs/cgroup/systemd"
    mount -t cgroup -o none,name=systemd cgroup "$1/sys/fs/cgroup/systemd"
else
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
fi
mount -t tmpfs -o mode=755 dev "$1/dev"
mkdir "$1/dev/pts" "$1/dev/shm"
chmod 1777 "$1/dev/shm"
for node in null zero full random urandom tty; do : >"$1/dev/$node"; mount --bind "/dev/$node" "$1/dev/$node"; done
mount -t devpts -o newinstance,ptmxmode=0666 pts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
: >"$1/dev/console"
mount --bind "$2" "$1/dev/console"
mount -t tmpfs -o mode=755 run "$1/run"
mount -t tmpfs -o mode=1777 tmp "$1/tmp"
ip link set lo up
cd "$1"
mkdir -p .before
pivot_root . .before
umount -l /.before
exec chroot . /usr/bin/env -i container=ktpel PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --show-status=no --log-target=console --unit=multi-user.target </dev/null >/dev/console 2>&1
"""


def place_of_cgroup() -> Path:
    return (CGROUPS / "systemd" if (CGROUPS / "systemd").is_dir() else CGROUPS) / "ktpel-kiosk-test"


@contextmanager
def booted(root: CleanRoot) -> Iterator[None]:
    """Everything of ``root`` runs in the switched-on machine meanwhile; disks that were mounted before stay mounted."""
    console, cgroup = root.path.parent / "console", place_of_cgroup()
    console.touch()
    cgroup.mkdir(exist_ok=True)
    script = f"echo $$ >{cgroup}/cgroup.procs; exec \"$@\""
    spaces = ["nsenter", "-t", str(root.first()), "-m",
              "unshare", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--net", "--fork", "--kill-child"]
    machine = subprocess.Popen(["sh", "-c", script, "boot", *spaces, "sh", "-c", BOOT, "boot", str(root.path), str(console)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=console.open("ab"))
    try:
        root.init = _first_process(machine)
        _wait_until_up(root, console)
        yield
    finally:
        root.init = 0
        machine.kill()
        machine.wait(60)
        _removed(cgroup)


def _first_process(machine: subprocess.Popen[bytes], seconds: float = 60.0) -> int:
    """The machine's systemd, as this one counts, once it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and machine.poll() is None:
        children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children").read_text().split()
        if children and Path(f"/proc/{children[0]}/comm").read_text() == "systemd\n":
            return int(children[0])
        time.sleep(0.1)
    raise AssertionError("no systemd came")


def _wait_until_up(root: CleanRoot, console: Path, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while (said := root.run("systemctl is-system-running")).stdout.strip() not in ("running", "degraded"):
        assert time.monotonic() < end, said.stdout + said.stderr + console.read_text("utf-8", "replace")[-3000:]
        time.sleep(0.5)


def _removed(cgroup: Path) -> None:
    end = time.monotonic() + 30.0
    while time.monotonic() < end:
        try:
            for folder in sorted((p for p in cgroup.rglob("*") if p.is_dir()), reverse=True):
                folder.rmdir()
            cgroup.rmdir()
            return
        except OSError:  # its last processes are on their way out
            time.sleep(0.5)


def drop_in(root: CleanRoot, unit: str, *lines: str) -> None:
    """Lines of [Service] beside a unit of the package, read again."""
    file = root.path / UNITS / f"{unit}.d/test.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["[Service]", *lines, ""]))
    root.done("systemctl daemon-reload")


def no_drop_in(root: CleanRoot, unit: str) -> None:
    root.done(f"rm -r /{UNITS}/{unit}.d && systemctl daemon-reload")


@contextmanager
def session_on_xvfb(root: CleanRoot, screen: str) -> Iterator[None]:
    """ktpel-kiosk.service with Xvfb in the place of Xorg and its terminal; every other line of its unit counts. ``screen``: folder that has
    the picture on it (``Xvfb_screen0``, XWD)."""
    root.done("[ -x /usr/bin/Xvfb ]")
    unit = (root.path / "lib/systemd/system/ktpel-kiosk.service").read_text("utf-8")
    [command] = [line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart=")]
    client, _, server = command.partition(" -- ")
    assert server.startswith("/usr/bin/Xorg :0 ")
    root.done(f"rm -rf {screen} && install -d -o ktpel {screen}")
    drop_in(root, "ktpel-kiosk.service", "StandardInput=null", "TTYReset=no", "TTYVHangup=no", "TTYVTDisallocate=no", "ExecStart=",
            f"ExecStart={client} -- /usr/bin/Xvfb :0 -screen 0 1366x768x24 -fbdir {screen} -noreset -nolisten tcp")
    try:
        yield
    finally:
        no_drop_in(root, "ktpel-kiosk.service")


def journal(root: CleanRoot, unit: str) -> str:
    """What a unit said since the machine was switched on."""
    return root.done(f"journalctl --no-pager -o cat -u {unit}")


def facts(root: CleanRoot, unit: str, *names: str) -> dict[str, str]:
    """Properties of a unit, as systemd has them."""
    said = root.done(f"systemctl show {unit} -p {','.join(names)}")
    return dict(line.split("=", 1) for line in said.splitlines())
