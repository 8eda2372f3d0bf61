"""The package's units without systemd: what a unit file says of its process and the kernel can be asked for here, read from the file.

User, groups, umask, working folder, environment, capabilities, no new privileges, what is read-only, hidden or its own, the network. What a
unit says that is not known here is refused, so that a new line is not passed over in silence.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable
from subprocess import CompletedProcess

from clean_root import CleanRoot

UNITS = "lib/systemd/system"
PASSED_OVER = re.compile(
    "Type|Restart|RestartSec|KillMode|TimeoutStartSec|TimeoutStopSec|StandardInput|StandardOutput|StandardError|TTY.*|Utmp.*|PAMName|"
    "LimitCORE|OOMScoreAdjust|MemoryMax|Nice|IOSchedulingClass|SuccessExitStatus|AppArmorProfile|PrivateDevices|Protect(Kernel.*|Clock|"
    "ControlGroups|Home)|RestrictSUIDSGID|RestrictAddressFamilies|LockPersonality|SystemCallArchitectures")
"""What needs systemd, or a kernel this root does not have to itself."""
KNOWN = {"User", "Group", "UMask", "WorkingDirectory", "Environment", "ExecStart", "AmbientCapabilities", "CapabilityBoundingSet",
         "InaccessiblePaths", "ReadWritePaths", "ProtectSystem", "PrivateTmp", "PrivateNetwork", "NoNewPrivileges"}


def unit(root: CleanRoot, name: str) -> dict[str, list[str]]:
    """Values of each key of an installed unit, whatever its section."""
    found: dict[str, list[str]] = {}
    for line in (root.path / UNITS / name).read_text("utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and line[0] not in "#;[":
            found.setdefault(key.strip(), []).append(value.strip())
    return found


def service(root: CleanRoot, name: str, *, instead: Callable[[str], str] = lambda command: command, **environment: str) -> str:
    """The line of shell that runs ExecStart of a service as its unit says. ``instead``: what runs in the place of the command."""
    text = (root.path / UNITS / name).read_text("utf-8").split("[Service]")[1].split("\n[")[0]
    strange = set(re.findall(r"(?m)^(\w+)=", text)) - KNOWN
    assert not {k for k in strange if not PASSED_OVER.fullmatch(k)}, strange
    said = unit(root, name)

    def last(key: str, default: str = "") -> str:
        return said.get(key, [default])[-1]

    user, group = last("User", "root"), last("Group", "root")
    home = root.done(f"getent passwd {user}").split(":")[5]
    given = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "USER": user, "LOGNAME": user}
    given |= dict(pair.split("=", 1) for line in said.get("Environment", []) for pair in shlex.split(line)) | environment
    become = ["setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups"]
    if last("NoNewPrivileges") == "yes":
        become.append("--no-new-privs")
    if "CapabilityBoundingSet" in said:
        become.append("--bounding-set=" + ",".join(["-all", *(f"+{c}" for c in _capabilities(last("CapabilityBoundingSet")))]))
    for capability in _capabilities(last("AmbientCapabilities")):
        become += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    [command] = said["ExecStart"]
    inner = f"umask {last('UMask', '0022')}; cd {last('WorkingDirectory', '/')}; exec {instead(command)}"
    process = [*become, "env", "-i", *(f"{k}={v}" for k, v in given.items()), "/bin/sh", "-c", inner]
    network = ["--net"] if last("PrivateNetwork") == "yes" else []
    script = "\n".join([f"echo $$ >{pid_file(name)}", *_places(said), f"exec {shlex.join(process)}"])
    return shlex.join(["unshare", "--mount", "--propagation", "unchanged", *network, "/bin/sh", "-ec", script])


def pid_file(name: str) -> str:
    """Where the number of a service's process stands while it runs."""
    return f"/run/{name}.pid"


def _capabilities(value: str) -> list[str]:
    return [word.removeprefix("CAP_").lower() for word in value.split()]


def _places(said: dict[str, list[str]]) -> list[str]:
    """What the process sees of the file system."""
    def named(key: str) -> list[str]:
        return [path.lstrip("-") for line in said.get(key, []) for path in line.split()]

    strict = said.get("ProtectSystem", [""])[-1]
    lines = []
    if strict:
        closed = "/*/" if strict == "strict" else "/usr/ /etc/"  # full: /boot too, which a root without a kernel has empty
        lines.append(f'for d in {closed}; do case $d in /dev/ | /proc/ | /sys/) continue ;; esac; [ ! -L "${{d%/}}" ] || continue; '
                     'mount --rbind "$d" "$d"; '
                     'findmnt -rno TARGET -R "${d%/}" | while read -r m; do mount -o remount,ro,bind "$m"; done; done')
    for path in named("ReadWritePaths"):
        lines.append(f"mount --bind {path} {path}; mount -o remount,rw,bind {path}")
    if said.get("PrivateTmp", [""])[-1] == "yes":
        lines += [f"mount -t tmpfs -o mode=1777 tmp {place}" for place in ("/tmp", "/var/tmp")]
    for path in named("InaccessiblePaths"):
        lines.append(f"if [ -d {path} ]; then mount -t tmpfs -o mode=000,ro no {path}; "
                     f"elif [ -e {path} ]; then mount --bind /dev/null {path}; fi")
    return lines


def started(root: CleanRoot, name: str) -> CompletedProcess[str]:
    """A oneshot service, from its start to its end."""
    return root.run(service(root, name))


def path_unit(root: CleanRoot, name: str, until: Callable[[], bool], *, seconds: float = 900.0) -> list[CompletedProcess[str]]:
    """Wait as a ``.path`` unit does: whenever its file is there its service runs. Returns the runs, after ``until``."""
    waited = root.path / unit(root, name)["PathExists"][-1].lstrip("/")
    target = unit(root, name).get("Unit", [name.replace(".path", ".service")])[-1]
    runs, end = [], time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        if waited.exists():
            runs.append(started(root, target))
            assert len(runs) < 5, runs[-1].stdout + runs[-1].stderr  # as systemd's own limit of starts
        time.sleep(0.1)
    return runs
