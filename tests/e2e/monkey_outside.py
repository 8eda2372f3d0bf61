"""A monkey before the screen of a running kiosk: real keys, clicks, screens that come and go, thieves of the focus, faults, kill -9."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from person import EDITORS, PASSWORD, Person, on_page
from stage import SCREEN, Stage, Thing

from ktpel_kiosk.app.cli_simulate import write_rows
from ktpel_kiosk.app.practice_controls import script_of
from ktpel_kiosk.hal.simulators import faults
from ktpel_kiosk.ports.devices import DeviceKind

OFFICERS = ("rina", "anton", "kasi", "camat")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PLAIN = ("Tab", "Return", "Escape", "space", "Up", "Down", "Left", "Right", "Home", "End", "Prior", "Next", "BackSpace", "Delete",
         "shift+Tab", "Insert", "Menu")
FUNCTION = ("F1", "F2", "F3", "F6", "F7", "F8", "F9", "F9", "F10", "F11", "F12", "Escape")
CHORDS = ("alt+F4", "ctrl+q", "ctrl+w", "alt+space", "ctrl+a", "ctrl+c", "ctrl+v", "ctrl+x", "ctrl+z", "ctrl+shift+z", "alt+Tab",
          "ctrl+Tab", "super", "super+d", "ctrl+Escape", "alt+F10", "ctrl+alt+q", "shift+F10", "ctrl+F4", "ctrl+p", "ctrl+s", "alt+Return",
          "ctrl+alt+Delete", "ctrl+alt+BackSpace", "ctrl+End", "ctrl+Home")
THIEF = ("from PySide6.QtWidgets import QApplication, QLineEdit\napp = QApplication([])\nw = QLineEdit()\nw.setWindowTitle('pencuri')\n"
         "w.resize(500, 300)\nw.show()\nw.raise_()\nw.activateWindow()\napp.exec()\n")
PRESSED = ("push button", "button", "page tab", "radio button", "check box", "menu item", "list item", *EDITORS)
KEEP = 50
BROKEN = re.compile(r"Traceback|Fatal Python error|^[A-Za-z]*(?:Error|Exception) at \S+\.py:\d+|Segmentation", re.M)
BLOCKED = re.compile(r"event loop blocked (\d+) ms \(cpu (\d+) ms\)(.*)")
MODES = ("1368x768", "1280x720", "1024x768")
START_CALM_S = 25.0
BLOCK_CPU_MS = 1000


class Broken(AssertionError):
    """An invariant did not hold; the message ends with the last deeds."""


@dataclass
class Run:
    """Figures of one run."""

    deeds: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    registered: set[str] = field(default_factory=set)
    looks: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    rss: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start of this window process, MiB."""
    blocks: list[str] = field(default_factory=list)


class OutsideMonkey:
    """``started_s``: how long this machine took to show the sign-in page, for a fair limit on coming back."""

    def __init__(self, stage: Stage, data: Path, seed: int, started_s: float) -> None:
        self.stage, self.data, self.started_s = stage, data, started_s
        self.rng = random.Random(seed)
        self.run, self.last = Run(), deque[str](maxlen=KEEP)
        self.person = Person(stage)
        self._thief: subprocess.Popen[bytes] | None = None
        self._thief_until = self._born = 0.0
        self._second_on, self._read, self._killed, self._pid = True, 0, 0, 0
        self._faults: list[dict[str, object]] = []
        self._deeds: list[tuple[int, Callable[[], str]]] = [
            (22, self.letters), (14, self.plain), (16, self.function), (8, self.chord), (4, self.burst), (6, self.repeat), (26, self.click),
            (14, self.button), (5, self.double), (6, self.drag), (5, self.wheel), (2, self.right), (2, self.fault), (2, self.line),
            (1, self.second_screen), (1, self.resize), (1, self.thief), (1, self.window_manager)]

    # -- running --------------------------------------------------------------------------------------------------------

    def play(self, seconds: float) -> Run:
        """Raises Broken."""
        begun = time.monotonic()
        self._born = begun
        next_look, kill_at = begun, begun + seconds * 0.15
        while (now := time.monotonic()) < begun + seconds:
            if now >= next_look:
                self.check()
                next_look = time.monotonic() + 4.0
            if now > kill_at and now < begun + seconds / 2:
                kill_at = now + max(60.0, seconds * 0.15)
                self.kill()
            self._thief_goes()
            (_, deed), = self.rng.choices(self._deeds, [w for w, _ in self._deeds])
            self.run.deeds += 1
            self.run.kinds[deed.__name__] += 1
            self.last.append(f"{self.run.deeds} {deed.__name__}: {deed()}")
        self.calm()
        self.check()
        return self.run

    def calm(self) -> None:
        """Screens back, faults gone, thieves gone."""
        self._thief_until = 0.0
        self._thief_goes()
        self._faults.clear()
        write_rows(script_of(self.data), [])
        self.stage.tool("xrandr", "--output", "DUMMY0", "--mode", "1368x768", "--output", "DUMMY1", "--mode", "1368x768",
                        "--right-of", "DUMMY0")
        self._second_on = True
        time.sleep(3.0)

    def broke(self, what: str) -> Broken:
        self.stage.picture().save(self.stage.work / "monyet.png")
        return Broken(f"{what}\npicture: {self.stage.work}/monyet.png\nlast deeds:\n  " + "\n  ".join(self.last))

    # -- what has to hold -----------------------------------------------------------------------------------------------

    def check(self) -> None:
        if self.stage.kiosk is None or self.stage.kiosk.poll() is not None:
            raise self.broke(f"the kiosk ended with {self.stage.kiosk.poll() if self.stage.kiosk else None}\n{self._log()[-3000:]}")
        self._new_log()
        begun = time.monotonic()
        seen = self.stage.look()
        took = time.monotonic() - begun
        if not any(t.role == "frame" for t in seen):
            seen = self._comes_back()
        elif took > max(5.0, 0.4 * self.started_s):
            raise self.broke(f"no answer for {took:.1f} s")
        else:
            self.run.looks.append(took)
        self._notice(seen)
        self._covers()
        self._memory()
        if any(t.name == "Nama pengguna" and t.role in EDITORS for t in seen) and not self._thief:
            self.nanny(seen)

    def _new_log(self) -> None:
        log = self._log()[self._read:]
        self._read += len(log)
        found = BROKEN.search(log)
        if found:
            raise self.broke(f"in the log: {log[max(0, found.start() - 200):found.end() + 2500]}")
        for wall, cpu, rest in BLOCKED.findall(log):
            if int(wall) >= BLOCK_CPU_MS:
                self.run.blocks.append(f"{wall} ms (cpu {cpu}){rest[:200]}")
            if int(cpu) >= BLOCK_CPU_MS and time.monotonic() - self._born > START_CALM_S + self.started_s:
                raise self.broke(f"blocked for {wall} ms, cpu {cpu} ms: {rest}")
        for line in self._lines("henti.jsonl")[self._killed:]:
            raise self.broke(f"the window process died by itself: {line}\n{self._stacks()}")

    def _log(self) -> str:
        return (self.stage.work / "kiosk.log").read_text("utf-8", "replace")

    def _lines(self, name: str) -> list[str]:
        path = self.data / "diagnostik" / name
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def _stacks(self) -> str:
        return "\n".join(self._lines("jendela.txt")[-60:])

    def _comes_back(self) -> list[Thing]:
        begun = time.monotonic()
        limit = max(10.0, 1.5 * self.started_s)
        while time.monotonic() - begun < limit:
            seen = self.stage.look()
            if any(t.role == "frame" for t in seen) and len(seen) > 5:
                self.run.back.append(time.monotonic() - begun)
                return seen
            time.sleep(0.5)
        raise self.broke(f"the windows are not back within {limit:.0f} s\n{self._log()[-1500:]}\n{self._stacks()}")

    def _notice(self, seen: list[Thing]) -> None:
        for t in seen:
            if "Ada kesalahan di aplikasi" in t.name or "bug.unexpected" in t.name:
                raise self.broke(f"the page speaks of a bug: {t.name}")
            self.run.registered |= set(re.findall(r"Nomor (\S+/\d{4}) untuk ", t.name))
        self.run.pages[on_page(seen)] += 1

    def _covers(self) -> None:
        """The officer's window fills its output, and what has the keyboard is ours or a thief about to lose it."""
        limit = time.monotonic() + max(10.0, self.started_s / 2)
        why = ""
        while time.monotonic() < limit:
            why = self._uncovered()
            if not why:
                return
            time.sleep(0.5)
        raise self.broke(why)

    def _uncovered(self) -> str:
        monitors = re.findall(r"(\d+)/\d+x(\d+)/\d+\+(\d+)\+(\d+)", self.stage.tool("xrandr", "--listmonitors"))
        windows: list[tuple[str, ...]] = []
        for number in self.stage.tool("xdotool", "search", "--onlyvisible", "--pid", str(self.window_pid())).split():
            said = self.stage.tool("xdotool", "getwindowgeometry", "--shell", number)
            place = dict(line.split("=") for line in said.split() if "=" in line)
            windows.append(tuple(place.get(k, "") for k in ("WIDTH", "HEIGHT", "X", "Y")))
        bare = [m for m in monitors if m not in windows]
        if bare:
            return f"not covered: {bare}; windows: {windows}"
        owner = self.stage.tool("xdotool", "getactivewindow", "getwindowpid").strip()
        if not self._thief and owner and owner != str(self.window_pid()):
            return f"the keyboard is with process {owner}: {self.stage.tool('xdotool', 'getactivewindow', 'getwindowname').strip()!r}"
        return ""

    def _memory(self) -> None:
        pid = self.window_pid()
        if pid != self._pid:
            self._pid, self._born = pid, time.monotonic()
            self.run.rss.clear()
        with suppress(OSError):
            text = Path(f"/proc/{pid}/status").read_text("ascii")
            found = re.search(r"VmRSS:\s+(\d+)", text)
            if found:
                self.run.rss.append((time.monotonic() - self._born, int(found.group(1)) / 1024))

    def window_pid(self) -> int:
        """The process that holds the windows: the watchdog's first child."""
        assert self.stage.kiosk is not None
        watchdog = self.stage.kiosk.pid
        with suppress(OSError):
            children = Path(f"/proc/{watchdog}/task/{watchdog}/children").read_text("ascii").split()
            if children:
                return int(children[0])
        return 0

    # -- deeds ----------------------------------------------------------------------------------------------------------

    def nanny(self, seen: list[Thing]) -> str:
        who = self.rng.choice(OFFICERS)
        name = next(t for t in seen if t.name == "Nama pengguna" and t.role in EDITORS)
        self.last.append(f"nanny {who}")
        self.stage.click(name)
        self.stage.key("ctrl+a")
        self.stage.type(who)
        self.stage.key("Return")
        self.stage.type(PASSWORD)
        self.stage.key("Return")
        self.run.kinds["nanny"] += 1
        time.sleep(1.5)
        return who

    def _keys(self, *keys: str, delay: int = 12) -> str:
        self.stage.tool("xdotool", "key", "--delay", str(delay), *keys)
        return " ".join(keys)

    def letters(self) -> str:
        text = "".join(self.rng.choice(LETTERS) for _ in range(self.rng.randint(1, 8)))
        self.stage.tool("xdotool", "type", "--delay", str(self.rng.choice((5, 45, 80))), "--", text)
        return text

    def plain(self) -> str:
        return self._keys(*(self.rng.choice(PLAIN) for _ in range(self.rng.randint(1, 4))))

    def function(self) -> str:
        return self._keys(self.rng.choice(FUNCTION))

    def chord(self) -> str:
        return self._keys(self.rng.choice(CHORDS))

    def repeat(self) -> str:
        return self._keys(*[self.rng.choice((*PLAIN, *FUNCTION))] * self.rng.randint(5, 25), delay=1)

    def burst(self) -> str:
        """What a scanner set wrongly, or a cat, types."""
        text = "".join(self.rng.choice(LETTERS + " /:?=.-<>&%éñ") for _ in range(self.rng.choice((30, 200, 600))))
        self.stage.tool("xdotool", "type", "--delay", "1", "--", text)
        return f"{len(text)} letters"

    def _at(self) -> tuple[str, str]:
        wide = SCREEN[0] * (2 if self._second_on and self.rng.random() < 0.25 else 1)
        return str(self.rng.randrange(wide)), str(self.rng.randrange(SCREEN[1]))

    def _mouse(self, *acts: str) -> str:
        x, y = self._at()
        self.stage.tool("xdotool", "mousemove", x, y, *acts)
        return f"{x},{y}"

    def click(self) -> str:
        return self._mouse("click", "1")

    def double(self) -> str:
        return self._mouse("click", "--repeat", "2", "--delay", "30", "1")

    def right(self) -> str:
        return self._mouse("click", self.rng.choice("23"))

    def wheel(self) -> str:
        return self._mouse("click", "--repeat", str(self.rng.randint(1, 12)), "--delay", "5", self.rng.choice("45"))

    def drag(self) -> str:
        words = [w for _ in range(self.rng.randint(2, 10)) for w in ("mousemove", *self._at(), "sleep", "0.01")]
        return self._mouse("mousedown", "1", *words, "mouseup", "1")

    def button(self) -> str:
        """Something that looks as if it could be pressed."""
        seen = [t for t in self.stage.look(officer=self.rng.random() < 0.7) if t.enabled and t.role in PRESSED
                and 0 <= t.x < 2 * SCREEN[0] and 0 <= t.y < SCREEN[1]]
        if not seen:
            return "nothing"
        thing = self.rng.choice(seen)
        self.stage.tool("xdotool", "mousemove", str(thing.x), str(thing.y), "click", "1")
        return f"{thing.role} {thing.name!r}"

    def fault(self) -> str:
        if self._faults and self.rng.random() < 0.5:
            gone = self._faults.pop(self.rng.randrange(len(self._faults)))
            write_rows(script_of(self.data), self._faults)  # type: ignore[arg-type]
            return f"no more {gone}"
        device = str(self.rng.choice(list(DeviceKind)))
        row = {"device": device, "fault": self.rng.choice(sorted(faults.names(device))), "times": self.rng.choice((0, 1, 3))}
        return self._start_fault(row)

    def _start_fault(self, row: dict[str, object]) -> str:
        self._faults.append(row)
        write_rows(script_of(self.data), self._faults)  # type: ignore[arg-type]
        return f"{row}"

    def line(self) -> str:
        """The line to the centre goes, or is back."""
        dead = [f for f in self._faults if f["device"] == "line"]
        if dead:
            self._faults = [f for f in self._faults if f["device"] != "line"]
            write_rows(script_of(self.data), self._faults)  # type: ignore[arg-type]
            return "back"
        return self._start_fault({"device": "line", "fault": self.rng.choice(("dead", "slow", "cuts")), "times": 0})

    def second_screen(self) -> str:
        self._second_on = not self._second_on
        how = ["--mode", "1368x768", "--right-of", "DUMMY0"] if self._second_on else ["--off"]
        self.stage.tool("xrandr", "--output", "DUMMY1", *how)
        return "plugged" if self._second_on else "unplugged"

    def resize(self) -> str:
        mode = self.rng.choice(MODES)
        self.stage.tool("xrandr", "--addmode", "DUMMY0", mode)
        self.stage.tool("xrandr", "--output", "DUMMY0", "--mode", mode)
        return mode

    def thief(self) -> str:
        if self._thief is None:
            self._thief = self.stage.foreign([sys.executable, "-c", THIEF])
            self._thief_until = time.monotonic() + self.rng.uniform(2.0, 6.0)
        return "comes"

    def _thief_goes(self) -> None:
        if self._thief is not None and time.monotonic() > self._thief_until:
            self._thief.kill()
            self._thief.wait(10)
            self._thief = None

    def window_manager(self) -> str:
        act = self.rng.choice(("windowquit", "windowminimize", "windowlower"))
        self.stage.tool("xdotool", "getactivewindow", act)
        return act

    def kill(self) -> None:
        pid = self.window_pid()
        if pid:
            self.last.append(f"kill -9 {pid}")
            self.run.kinds["kill"] += 1
            self._killed += 1
            os.kill(pid, signal.SIGKILL)
            time.sleep(1.0)
