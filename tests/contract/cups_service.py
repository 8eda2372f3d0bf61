"""A private CUPS (scheduler, spool, sockets of its own) and ippeveprinters behind it: real printing, no hardware, no root.

``ippeveprinter`` asks for a message bus only to find that nobody wants DNS-SD (``-r off``), so it gets one that serves nobody else.
Nothing of the machine's own printing is touched; clients reach the scheduler by ``server`` (a socket path) or ``CUPS_SERVER``.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fixed_port import fixed_port

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
PROGRAMS = {"cupsd": "cups", "lpadmin": "cups-client", "ippeveprinter": "cups-ipp-utils", "dbus-daemon": "dbus", "gs": "ghostscript"}
A4 = "iso_a4_210x297mm"
CR80 = (5398, 8560)

CUPSD = """LogLevel info
MaxLogSize 10m
ErrorPolicy {policy}
Listen {socket}
Browsing No
WebInterface No
DefaultAuthType Basic
JobRetryInterval 1
PreserveJobHistory Yes
<Location />
Order allow,deny
</Location>
<Policy default>
JobPrivateAccess default
JobPrivateValues default
<Limit Create-Job Print-Job Print-URI Validate-Job>
Order deny,allow
</Limit>
<Limit Send-Document Send-URI Hold-Job Release-Job Restart-Job Cancel-Job Cancel-My-Jobs Close-Job Set-Job-Attributes>
Require user @OWNER @SYSTEM
Order deny,allow
</Limit>
<Limit All>
Order deny,allow
</Limit>
</Policy>
"""
FILES = """ServerRoot {root}/etc
RequestRoot {root}/spool
CacheDir {root}/cache
StateDir {root}/state
TempDir {root}/tmp
DocumentRoot {root}/doc
AccessLog {root}/access_log
ErrorLog {root}/error_log
PageLog {root}/page_log
Printcap
FileDevice Yes
Sandboxing relaxed
{user}
"""
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""
PRINT_COMMAND = """#!/bin/sh
# $1: the job. What it is to suffer stands in the file `fault`; every job that comes out is kept as a numbered file.
cd "$(dirname "$0")" || exit 1
fault=$(cat fault 2>/dev/null)
echo "STATE: -media-jam-error,media-empty-error,media-needed-error,cover-open-error,marker-supply-empty-error,marker-supply-low-warning" >&2
case "$fault" in
 jam) echo "STATE: +media-jam-error" >&2; echo "ERROR: Card jam" >&2; exit 1;;
 empty) echo "STATE: +media-empty-error" >&2; exit 1;;
 cover) echo "STATE: +cover-open-error" >&2; exit 1;;
 ribbon) echo "STATE: +marker-supply-empty-error" >&2; echo "ATTR: marker-levels=0" >&2; exit 1;;
 low) echo "STATE: +marker-supply-low-warning" >&2; echo "ATTR: marker-levels=5" >&2;;
 slow*) sleep "${fault#slow}";;
esac
n=$(ls job-* 2>/dev/null | wc -l)
env | grep ^IPP_ | sort > "env-$n"
cp "$1" "part-$n" && mv "part-$n" "job-$n"
echo "ATTR: job-impressions-completed=1" >&2
"""


def missing() -> str:
    """Why it cannot run here, or empty."""
    if not sys.platform.startswith("linux"):
        return "the CUPS stand-in runs on Linux only"
    lacking = [package for program, package in PROGRAMS.items() if shutil.which(program, path=SBIN) is None]
    return f"package {lacking[0]} is not installed" if lacking else ""


def card_attributes(sizes: Sequence[tuple[int, int]] = (CR80,), formats: str = "application/pdf,image/pwg-raster",
                    dpi: int = 300, margin: int = 0, duplex: bool = True, markers: bool = True) -> str:
    """An ippeveprinter attribute file of a borderless printer with these media (hundredths of a millimetre)."""
    def media(size: tuple[int, int]) -> str:
        return (f"{{MEMBER collection media-size {{MEMBER integer x-dimension {size[0]} MEMBER integer y-dimension {size[1]}}} "
                + " ".join(f"MEMBER integer media-{side}-margin {margin}" for side in ("bottom", "left", "right", "top"))
                + " MEMBER keyword media-source auto MEMBER keyword media-type auto}")

    names = ",".join(f"custom_c{i}_{w / 100:g}x{h / 100:g}mm" if (w, h) != (21000, 29700) else A4 for i, (w, h) in enumerate(sizes))
    every = ",".join(media(size) for size in sizes)
    lines = [
        "text printer-make-and-model \"Stand-in card printer\"", "text printer-info \"card\"",
        "boolean color-supported true", "integer copies-default 1", "rangeOfInteger copies-supported 1-99",
        "mimeMediaType document-format-default application/octet-stream",
        f"mimeMediaType document-format-supported application/octet-stream,{formats}",
        "enum finishings-default 3", "enum finishings-supported 3",
        "keyword job-creation-attributes-supported copies,media,media-col,print-color-mode,print-quality,printer-resolution,sides,"
        "orientation-requested,ipp-attribute-fidelity,job-name,print-scaling",
        "keyword media-col-supported media-size,media-size-name,media-bottom-margin,media-left-margin,media-right-margin,media-top-margin,"
        "media-source,media-type",
        f"keyword media-supported {names}", f"keyword media-default {names.split(',')[0]}", f"keyword media-ready {names}",
        "collection media-size-supported " + ",".join(
            f"{{MEMBER integer x-dimension {w} MEMBER integer y-dimension {h}}}" for w, h in sizes),
        f"collection media-col-default {media(sizes[0])}", f"collection media-col-database {every}", f"collection media-col-ready {every}",
        *(f"integer media-{side}-margin-supported {margin}" for side in ("bottom", "left", "right", "top")),
        "keyword media-source-supported auto", "keyword media-type-supported auto",
        "enum orientation-requested-default 3", "enum orientation-requested-supported 3,4,5,6",
        "keyword output-bin-default face-down", "keyword output-bin-supported face-down", "integer pages-per-minute 4",
        "keyword print-color-mode-default color", "keyword print-color-mode-supported color,monochrome",
        "enum print-quality-default 4", "enum print-quality-supported 4,5",
        "keyword print-scaling-default none", "keyword print-scaling-supported none,auto,fit,fill",
        *(f"resolution {name} {dpi}dpi" for name in (
            "printer-resolution-supported", "printer-resolution-default", "pwg-raster-document-resolution-supported")),
        "keyword pwg-raster-document-sheet-back normal", "keyword pwg-raster-document-type-supported srgb_8,sgray_8",
        "keyword sides-supported one-sided" + (",two-sided-long-edge,two-sided-short-edge" if duplex else ""),
        "keyword sides-default one-sided",
    ]
    if markers:
        lines += ["name marker-names \"YMCKO ribbon\",\"Retransfer film\"", "keyword marker-types ribbon-wax,transfer-unit",
                  "integer marker-levels 80,60", "integer marker-high-levels 100,100", "integer marker-low-levels 10,10",
                  "name marker-colors \"#00FFFF#FF00FF#FFFF00\",\"none\""]
    return "\n".join(f"ATTR {line}" for line in lines) + "\n"


class PrivateCups:
    """The scheduler, the printers, and a hand that breaks them. ``stop`` ends every process it started."""

    def __init__(self, policy: str = "abort-job") -> None:
        self.root = Path(tempfile.mkdtemp(prefix="ktpel-cups-"))
        self.root.chmod(0o755)  # as root the scheduler's helpers run as `lp`
        self.server = str(self.root / "sock")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[list[str], Path]] = {}
        self._ports: dict[str, int] = {}
        for folder in ("etc", "etc/ppd", "spool", "cache", "state", "tmp", "doc"):
            (self.root / folder).mkdir()
        user = ""
        if os.geteuid() == 0:
            lp = pwd.getpwnam("lp")
            user = "User lp\nGroup lp"
            for folder in ("spool", "cache", "tmp"):
                os.chown(self.root / folder, 0, lp.pw_gid)
                (self.root / folder).chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_ISVTX)
        (self.root / "etc/cupsd.conf").write_text(CUPSD.format(socket=self.server, policy=policy))
        (self.root / "etc/cups-files.conf").write_text(FILES.format(root=self.root, user=user))
        # the scheduler waits 25 s for services a bare bus does not have, and starts at once without any bus
        self.environment = {**os.environ, "PATH": SBIN, "CUPS_SERVER": self.server, "HOME": str(self.root),
                            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.root}/nobody"}

    # the scheduler

    def start(self) -> None:
        if "bus" not in self._processes:
            (self.root / "bus.conf").write_text(BUS.format(path=self.root / "bus"))
            self._run("bus", ["dbus-daemon", f"--config-file={self.root}/bus.conf", "--nofork", "--nopidfile"])
            self._wait(lambda: (self.root / "bus").exists(), "message bus")
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self._run("cupsd", ["cupsd", "-f", "-c", str(self.root / "etc/cupsd.conf"), "-s", str(self.root / "etc/cups-files.conf")])
        self._wait(self._listens, "cupsd")

    def stop_scheduler(self) -> None:
        self._end("cupsd")
        Path(self.server).unlink(missing_ok=True)

    def freeze_scheduler(self) -> None:
        self._processes["cupsd"].send_signal(signal.SIGSTOP)

    def thaw_scheduler(self) -> None:
        self._processes["cupsd"].send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(self.server)
            return True
        return False

    # printers

    def printer(self, name: str, attributes: str = "", formats: str = "application/pdf,image/pwg-raster") -> Path:
        """Start one; without ``attributes`` it is an A4 office printer. Its folder, where its jobs fall."""
        folder = self.root / name
        (folder / "spool").mkdir(parents=True)
        command = folder / "print"
        command.write_text(PRINT_COMMAND)
        command.chmod(0o755)
        (folder / "fault").write_text("none")
        self._ports[name] = fixed_port()
        line = ["ippeveprinter", "-r", "off", "-n", "localhost", "-p", str(self._ports[name]), "-d", str(folder / "spool"),
                "-c", str(command)]
        if attributes:
            (folder / "attributes").write_text(attributes)
            line += ["-a", str(folder / "attributes")]
        else:
            line += ["-f", formats, "-M", "Acme", "-m", "Office"]
        self._commands[name] = ([*line, name], folder)
        self.power_on(name)
        return folder

    def power_on(self, name: str) -> None:
        line, _ = self._commands[name]
        self._run(name, line)
        self._wait(lambda: self._accepts(self._ports[name]), name)

    def running(self, name: str) -> bool:
        return name in self._processes

    def power_off(self, name: str) -> None:
        """At once, with whatever it was doing."""
        self._end(name, signal.SIGKILL)

    @staticmethod
    def _accepts(port: int) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return True
        return False

    def fault(self, name: str, fault: str) -> None:
        (self.root / name / "fault").write_text(fault)

    def jobs(self, name: str) -> list[Path]:
        """What came out, oldest first."""
        return sorted((self.root / name).glob("job-*"), key=lambda path: int(path.name[4:]))

    def wait_jobs(self, name: str, count: int, seconds: float = 15) -> list[Path]:
        self._wait(lambda: len(self.jobs(name)) >= count, f"job {count} of {name}", seconds)
        return self.jobs(name)

    # queues

    def queue(self, name: str, printer: str = "", **options: str) -> None:
        """A driverless queue of this printer."""
        uri = f"ipp://localhost:{self._ports[printer or name]}/ipp/print"
        self.command("lpadmin", "-p", name, "-E", "-v", uri, "-m", "everywhere",
                     *(part for key, value in options.items() for part in ("-o", f"{key.replace('_', '-')}={value}")))
        self._wait(lambda: self._knows_media(name), f"queue {name}")  # its media are asked for in the background

    def _knows_media(self, name: str) -> bool:
        """In the words of the protocol, not of the driver that is tested."""
        uri = f"ipp://localhost/printers/{name}".encode()
        fields = ((0x47, b"attributes-charset", b"utf-8"), (0x48, b"attributes-natural-language", b"en"), (0x45, b"printer-uri", uri),
                  (0x44, b"requested-attributes", b"media-size-supported"))
        packed = (bytes([tag]) + len(key).to_bytes(2, "big") + key + len(value).to_bytes(2, "big") + value for tag, key, value in fields)
        body = b"\x02\x00\x00\x0b\x00\x00\x00\x01\x01" + b"".join(packed) + b"\x03"
        head = (f"POST /printers/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/ipp\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(self.server)
            line.sendall(head.encode() + body)
            answer = b""
            while part := line.recv(65536):
                answer += part
        return b"x-dimension" in answer

    def ppd_queue(self, name: str, ppd: str) -> Path:
        """A queue with a printer description, printing to a file; the file."""
        out = self.root / "tmp" / f"{name}.out"
        out.touch()
        out.chmod(0o666)
        (self.root / f"{name}.ppd").write_text(ppd)
        self.command("lpadmin", "-p", name, "-E", "-v", f"file:{out}", "-P", str(self.root / f"{name}.ppd"))
        return out

    def command(self, *line: str) -> str:
        done = subprocess.run(line, env=self.environment, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise OSError(f"{line[0]}: {done.stderr[-500:]}")
        return done.stdout

    # processes

    def _run(self, name: str, line: list[str]) -> None:
        program = shutil.which(line[0], path=SBIN)
        assert program is not None
        with (self.root / f"{name}.log").open("ab") as log:
            bus = {} if name == "cupsd" else {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.root}/bus"}
            self._processes[name] = subprocess.Popen([program, *line[1:]], env=self.environment | bus, stdout=log, stderr=subprocess.STDOUT,
                                                     stdin=subprocess.DEVNULL, cwd=self.root, start_new_session=True)

    def _end(self, name: str, how: int = signal.SIGTERM) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        for sign in (signal.SIGCONT, how):  # the group: a printer switched off takes its print command with it
            self._signal(process, sign)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            self._signal(process, signal.SIGKILL)
            process.wait(5)

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], sign: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)

    def _wait(self, ready, what: str, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not ready():
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            if dead:
                raise OSError(f"{dead[0]} ended: " + (self.root / f"{dead[0]}.log").read_text(errors="replace")[-400:])
            if time.monotonic() > end:
                raise OSError(f"{what} did not come within {seconds:g} s")
            time.sleep(0.02)

    def stop(self) -> None:
        for name in [*(n for n in self._processes if n != "bus"), "bus"]:
            self._end(name)
        shutil.rmtree(self.root, ignore_errors=True)
