"""The kiosk on a real X server whose outputs come and go, with a window manager and without, with real keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.gate, pytest.mark.skipif(not all(map(shutil.which, ("Xorg", "xdotool", "xprop"))),
                                                   reason="no Xorg, xdotool or xprop")]
LIFE = Path(__file__).with_name("kiosk_screens_life.py")
CONF = """
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 256000
EndSection
Section "Monitor"
  Identifier "mon"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "scr"
  Device "dummy"
  Monitor "mon"
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
THIEF = """
from PySide6.QtWidgets import QApplication, QLineEdit
app = QApplication([])
w = QLineEdit(); w.setWindowTitle("pencuri"); w.resize(400, 200); w.show(); w.raise_(); w.activateWindow()
print("up", flush=True)
app.exec()
"""
WAIT_S = 60.0
KEYS = ("alt+F4", "ctrl+q", "ctrl+w", "alt+space", "F11", "Escape", "ctrl+alt+q", "alt+F10")


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An X server of its own; it says itself which number it took."""
    folder = tmp_path_factory.mktemp("x")
    (folder / "xorg.conf").write_text(CONF, "utf-8")
    read, write = os.pipe()
    server = subprocess.Popen(["Xorg", "-config", str(folder / "xorg.conf"), "-logfile", str(folder / "log"), "-noreset", "-novtswitch",
                               "-sharevts", "-nolisten", "tcp", "-displayfd", str(write)], pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as said:
        number = said.readline().strip()  # to the end of the line: it is written in two pieces, and closed between them kills the server
    if not number:
        server.wait(10)
        pytest.skip("Xorg with the dummy driver does not start here")
    if not any(_answers(f":{number}") for _ in range(20)):
        server.terminate()
        told = (folder / "log").read_text("utf-8")[-2000:]
        pytest.fail(f"Xorg took :{number} and does not answer; it ended with {server.wait(20)}:\n{told}")
    yield f":{number}"
    server.terminate()
    server.wait(20)


def _answers(display: str) -> bool:
    done = subprocess.run(["xrandr"], env={**os.environ, "DISPLAY": display}, check=False, capture_output=True)
    if done.returncode:
        time.sleep(0.5)
    return done.returncode == 0


def _wait_for_manager(environment: dict[str, str]) -> None:
    """It says that it is there; windows that come up before it get a frame first."""
    until = time.monotonic() + WAIT_S
    while "window id" not in subprocess.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], env=environment, check=False,
                                            capture_output=True, text=True).stdout:
        assert time.monotonic() < until, "openbox does not come up"
        time.sleep(0.1)


class Kiosk:
    """The two windows in a process of their own."""

    def __init__(self, display: str) -> None:
        self.environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self.process = subprocess.Popen([sys.executable, str(LIFE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=self.environment, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "the windows did not come up"

    def ask(self, what: str = "look") -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until it holds."""
        until = time.monotonic() + WAIT_S
        while True:
            found = self.ask()
            if found["settled"] and holds(found):
                return found
            assert time.monotonic() < until, found
            time.sleep(0.1)

    def tool(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, check=False, capture_output=True, text=True, timeout=60).stdout

    def outputs(self, *options: str) -> None:
        self.tool("xrandr", *options)


@pytest.fixture(params=["openbox", "no window manager"])
def kiosk(display: str, request: pytest.FixtureRequest) -> Iterator[Kiosk]:
    environment = {**os.environ, "DISPLAY": display}
    subprocess.run(["xrandr", "--output", "DUMMY0", "--mode", "1368x768", "--output", "DUMMY1", "--off"], env=environment, check=True)
    for mode in ("1280x720", "1024x768"):
        subprocess.run(["xrandr", "--addmode", "DUMMY1", mode], env=environment, check=False, capture_output=True)
    manager = None
    if request.param == "openbox":
        if not shutil.which("openbox"):
            pytest.skip("no openbox")
        manager = subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL)
        _wait_for_manager(environment)
    made = Kiosk(display)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.ask("end")
            made.process.wait(60)
        if manager is not None:
            manager.terminate()
            manager.wait(20)


PLACES = (("operator", "DUMMY0"), ("applicant", "DUMMY1"))


def covers(window: dict[str, Any], room: list[int]) -> bool:
    return bool(window["visible"] and window["at"] == room)


def test_a_screen_is_plugged_swapped_pulled_and_changes_its_size(kiosk: Kiosk) -> None:
    one = kiosk.until(lambda s: covers(s["operator"], s["screens"]["DUMMY0"]))
    assert not one["applicant"]["visible"]
    kiosk.outputs("--output", "DUMMY1", "--mode", "1280x720", "--right-of", "DUMMY0")
    two = kiosk.until(lambda s: "DUMMY1" in s["screens"] and covers(s["applicant"], s["screens"]["DUMMY1"]))
    assert covers(two["operator"], two["screens"]["DUMMY0"])
    assert not two["shared"]
    assert "tersambung lagi" in two["notice"]
    kiosk.ask("swap")
    kiosk.until(lambda s: covers(s["operator"], s["screens"]["DUMMY1"]) and covers(s["applicant"], s["screens"]["DUMMY0"]))
    kiosk.ask("swap")
    kiosk.until(lambda s: covers(s["operator"], s["screens"]["DUMMY0"]) and covers(s["applicant"], s["screens"]["DUMMY1"]))
    kiosk.ask("sign")  # the applicant is to sign when the cable comes out
    kiosk.outputs("--output", "DUMMY1", "--off")
    lost = kiosk.until(lambda s: "DUMMY1" not in s["screens"] and s["shared"])
    assert not lost["applicant"]["visible"]  # never over the officer's work by itself
    assert covers(lost["operator"], lost["screens"]["DUMMY0"])
    assert "terlepas" in lost["notice"]
    kiosk.outputs("--output", "DUMMY0", "--mode", "1920x1080")
    kiosk.until(lambda s: covers(s["operator"], [0, 0, 1920, 1080]) and s["scale"] > 1.2)
    kiosk.outputs("--output", "DUMMY0", "--mode", "1368x768", "--output", "DUMMY1", "--mode", "1024x768", "--left-of", "DUMMY0")
    kiosk.until(lambda s: covers(s["operator"], s["screens"]["DUMMY0"]) and covers(s["applicant"], s["screens"]["DUMMY1"]))


def test_the_officer_s_screen_goes_and_the_window_moves_to_the_one_left(kiosk: Kiosk) -> None:
    kiosk.outputs("--output", "DUMMY1", "--mode", "1280x720", "--right-of", "DUMMY0")
    kiosk.until(lambda s: "DUMMY1" in s["screens"] and covers(s["applicant"], s["screens"]["DUMMY1"]))
    kiosk.outputs("--output", "DUMMY0", "--off")
    left = kiosk.until(lambda s: list(s["screens"]) == ["DUMMY1"] and covers(s["operator"], [0, 0, 1280, 720]))  # the server moved it
    assert not left["applicant"]["visible"]


def test_no_key_and_no_window_manager_s_wish_closes_it(kiosk: Kiosk) -> None:
    kiosk.until(lambda s: s["operator"]["active"])
    window = kiosk.tool("xdotool", "search", "--onlyvisible", "--name", "KTP-el").split()[0]
    for keys in KEYS:
        kiosk.tool("xdotool", "key", keys)
    kiosk.tool("xdotool", "windowquit", window)
    kiosk.tool("xdotool", "windowminimize", window)
    found = kiosk.until(lambda s: covers(s["operator"], s["screens"]["DUMMY0"]) and not s["operator"]["minimised"])
    assert kiosk.process.poll() is None
    assert found["operator"]["visible"]


def test_no_window_manager_makes_it_smaller(kiosk: Kiosk) -> None:
    kiosk.until(lambda s: s["operator"]["active"])
    for _ in range(3):
        kiosk.ask("small")
        kiosk.until(lambda s: s["operator"]["full"] and covers(s["operator"], s["screens"]["DUMMY0"]))


def test_show_desktop_shows_no_desktop(kiosk: Kiosk) -> None:
    kiosk.until(lambda s: s["operator"]["active"])
    for _ in range(2):
        kiosk.tool("xdotool", "key", "super+d")  # unmapped by the window manager, not minimised
        kiosk.until(lambda s: s["operator"]["active"] and covers(s["operator"], s["screens"]["DUMMY0"])
                    and bool(kiosk.tool("xdotool", "search", "--onlyvisible", "--name", "KTP-el")))  # the key may still be on its way


@pytest.mark.parametrize("which", ["operator", "applicant"])
def test_a_window_taken_off_its_screen_comes_back(kiosk: Kiosk, which: str) -> None:
    kiosk.outputs("--output", "DUMMY1", "--mode", "1280x720", "--right-of", "DUMMY0")
    there = kiosk.until(lambda s: "DUMMY1" in s["screens"] and covers(s["applicant"], s["screens"]["DUMMY1"]))
    wanted = f"{there['screens'][dict(PLACES)[which]][0]}"

    def shown() -> dict[str, str]:
        """Place from the left -> window, of ours that are on a screen."""
        numbers = kiosk.tool("xdotool", "search", "--onlyvisible", "--pid", str(kiosk.process.pid)).split()
        said = {n: kiosk.tool("xdotool", "getwindowgeometry", "--shell", n) for n in numbers}
        return {line[2:]: n for n, text in said.items() for line in text.split() if line.startswith("X=")}

    for _ in range(2):
        kiosk.tool("xdotool", "windowunmap", "--sync", shown()[wanted])
        kiosk.until(lambda s: wanted in shown())


def test_another_program_s_window_does_not_keep_the_keyboard(kiosk: Kiosk) -> None:
    kiosk.until(lambda s: s["operator"]["active"])
    thief = subprocess.Popen([sys.executable, "-c", THIEF], env=kiosk.environment, stdout=subprocess.PIPE, text=True)
    assert thief.stdout is not None
    try:
        assert thief.stdout.readline() == "up\n"
        stolen = kiosk.tool("xdotool", "search", "--name", "pencuri").split()[0]
        kiosk.tool("xdotool", "windowfocus", stolen)
        kiosk.until(lambda s: s["operator"]["active"] and s["app"] == "ApplicationActive")
    finally:
        thief.kill()
        thief.wait(20)
        thief.stdout.close()
