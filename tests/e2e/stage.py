"""A desk as a person finds it: an X server with two screens, a window manager, the kiosk in full screen.

Eyes over AT-SPI, hands by xdotool.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageGrab

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
BUS = next((p for p in ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher") if Path(p).exists()), "")
KIOSK = Path(sys.executable).with_name("ktpel-kiosk")
SCREEN = (1368, 768)
CONF = """
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 256000
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "screen"
  Device "dummy"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 3840 1080
  EndSubSection
EndSection
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "false"
EndSection
"""
"""Xorg with the dummy driver: outputs that really are two, as on a desk with an applicant's screen."""
PATIENCE_S = 60.0


def missing() -> str:
    """Why no stage can be built here; empty when it can."""
    for tool in ("Xorg", "xdotool", "xrandr", "openbox", "dbus-daemon"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if not BUS:
        return "at-spi2-core is not installed"
    probe = subprocess.run([SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"],
                           capture_output=True, check=False)
    return "" if probe.returncode == 0 else "the system's Python has no gi with Atspi (gir1.2-atspi-2.0, python3-gi)"


def _die_with_us() -> None:
    """Linux: a test that is killed leaves no server, no bus, no kiosk behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@dataclass(frozen=True)
class Thing:
    """One thing on the screen, as a screen reader would tell of it; x, y is its middle."""

    role: str
    name: str
    text: str
    value: str
    x: int
    y: int
    width: int
    height: int
    enabled: bool
    checked: bool
    focused: bool
    window: str

    @property
    def on_applicants_screen(self) -> bool:
        return self.x >= SCREEN[0]


class Stage:
    """Use as a context manager; everything started here ends with it."""

    def __init__(self, work: Path, *, screens: int = 2) -> None:
        self.work, self.screens = work, screens
        self._running: list[subprocess.Popen[Any]] = []
        self._env: dict[str, str] = {}
        self.kiosk: subprocess.Popen[Any] | None = None
        self._eye: subprocess.Popen[str] | None = None

    def __enter__(self) -> Stage:
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)

    def _start(self, command: list[str], **more: Any) -> subprocess.Popen[Any]:
        more.setdefault("stdout", subprocess.DEVNULL)
        more.setdefault("stderr", subprocess.DEVNULL)
        process = subprocess.Popen(command, env=self._env or None, preexec_fn=_die_with_us, **more)
        self._running.append(process)
        return process

    def _build(self) -> None:
        conf = self.work / "xorg.conf"
        conf.write_text(CONF, "utf-8")
        server = self._start(["Xorg", "-config", str(conf), "-logfile", str(self.work / "xorg.log"), "-noreset", "-novtswitch", "-sharevts",
                              "-nolisten", "tcp", "-displayfd", "1"], stdout=subprocess.PIPE, text=True)
        display = f":{server.stdout.readline().strip()}"
        hidden = ("QT_QPA_PLATFORM", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS", "WAYLAND_DISPLAY")
        home = self.work / "home"
        home.mkdir(mode=0o700, exist_ok=True)
        self._env = {k: v for k, v in os.environ.items() if k not in hidden} | {
            "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home), "NO_AT_BRIDGE": "0", "KTPEL_LESS_MOTION": "1"}
        bus = self._start(["dbus-daemon", "--session", "--print-address=1", "--nofork", "--nopidfile"], stdout=subprocess.PIPE, text=True)
        self._env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        self._start([BUS, "--launch-immediately"])
        self._start(["openbox"])
        second = ["--mode", "1368x768", "--right-of", "DUMMY0"] if self.screens > 1 else ["--off"]
        self.tool("xrandr", "--addmode", "DUMMY1", "1368x768")
        self.tool("xrandr", "--output", "DUMMY0", "--mode", "1368x768", "--primary", "--output", "DUMMY1", *second)
        self._open_eye()

    def _open_eye(self) -> None:
        with (self.work / "eye.log").open("ab") as log:
            self._eye = self._start([SYSTEM_PYTHON, str(HERE / "eye.py"), "ktpel-kiosk"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=log, text=True)

    def open_kiosk(self, *arguments: str) -> None:
        self.log = (self.work / "kiosk.log").open("ab")
        self.kiosk = self._start([str(KIOSK), "run", *arguments], stdout=self.log, stderr=self.log)

    def end_kiosk(self, patience_s: float = 60.0) -> int:
        """As a shutdown would: the watchdog is asked to end; returns its exit code."""
        assert self.kiosk is not None
        self.kiosk.send_signal(signal.SIGTERM)
        return self.kiosk.wait(patience_s)

    def foreign(self, command: list[str]) -> subprocess.Popen[Any]:
        """A program that is none of ours, on the same screens; whoever starts it ends it."""
        return self._start(command)

    def tool(self, *command: str) -> str:
        return subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=60, check=False).stdout

    # -- eyes -----------------------------------------------------------------------------------------------------------

    def look(self, *, officer: bool = False) -> list[Thing]:
        """Everything that shows now; ``officer``: on the officer's window only."""
        answer = self._ask_eye("look officer" if officer else "look")
        if not answer:  # the accessibility library itself crashes now and then (a window that goes while it is read): look with a new eye
            self._open_eye()
            answer = self._ask_eye("look officer" if officer else "look")
        return [Thing(n["role"], n["name"], n["text"], n["value"], n["x"] + n["w"] // 2, n["y"] + n["h"] // 2, n["w"], n["h"], n["enabled"],
                      n["checked"], n["focused"], n["window"]) for n in json.loads(answer)]

    def _ask_eye(self, question: str) -> str:
        assert self._eye is not None and self._eye.stdin is not None and self._eye.stdout is not None
        try:
            self._eye.stdin.write(f"{question}\n")
            self._eye.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._eye.stdout.readline()

    def picture(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self._env["DISPLAY"])

    def wait(self, what: str, until: Callable[[list[Thing]], Any], patience_s: float = PATIENCE_S, *, officer: bool = False) -> Any:
        """Look until ``until`` finds something true; keeps a picture and fails naming what was not seen."""
        end = time.monotonic() + patience_s
        while True:
            seen = self.look(officer=officer)
            found = until(seen)
            if found:
                return found
            if time.monotonic() > end:
                self.picture().save(self.work / "tersangkut.png")
                names = "\n".join(f"{t.role}: {t.name} {t.value}" for t in seen if t.name)
                raise AssertionError(f"not seen within {patience_s:.0f} s: {what}\npicture: {self.work}/tersangkut.png\n{names[:4000]}")
            time.sleep(0.25)

    # -- hands ----------------------------------------------------------------------------------------------------------

    def key(self, *keys: str) -> None:
        self.tool("xdotool", "key", "--clearmodifiers", "--delay", "80", *keys)

    def type(self, text: str) -> None:
        """At a person's pace: what comes faster is taken for a scanner's code, and rightly so."""
        self.tool("xdotool", "type", "--clearmodifiers", "--delay", "70", "--", text)

    def click(self, thing: Thing) -> None:
        self.tool("xdotool", "mousemove", str(thing.x), str(thing.y), "sleep", "0.05", "click", "1")
        time.sleep(0.2)
