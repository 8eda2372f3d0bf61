"""A monkey inside the program: random keys, clicks, drags, pastes, resizes, faults and strangers, some hundred a second.

``python tests/e2e/monkey_inside.py --seed 7 --seconds 60`` plays a run again; whatever it breaks is printed with the last deeds before it.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for folder in (Path(__file__).parents[1] / "ui", Path(__file__).parents[1]):
        sys.path.insert(0, str(folder))

from fakes import PASSWORD, USERS, FakeOffice
from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QWheelEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected, Offline, OutcomeUnknown
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, PrintJobState
from ktpel_kiosk.ui.app import Windows, make_windows
from ktpel_kiosk.ui.theme import Theme

HARMLESS = ("does not support propagateSizeHints", "does not support raise()", "does not support grabbing the keyboard",
            "Mouse event", "QTest::", "openDocument()", "Broken filename passed to function")
"""What the offscreen platform and QTest themselves say (a point outside a window that changed meanwhile), and Qt's own file dialog, which a
kiosk never opens, of a pasted name with a NUL in it."""
ODD_TEXTS = ("", " ", "\t\n", "0" * 400, "A" * 5000, "Ñandú 😀 \u202eegnaro\u202c", "'; DROP TABLE permohonan;--", "<b>tebal</b>&amp;",
             "\x00\x01\x1b[31m", "%s %d {} {nama}", "3508150502080001", "35081505020800011", "5 Februari 2008", "31-02-2008", "99/99/9999",
             "-1", "1e309", "½²³", "١٢٣", "SITI CONTOH LESTARI", "\r\n".join(["baris"] * 200), "é" * 300, "\ud7ff\ue000")
SIZES = ((1366, 768), (1024, 640), (1280, 720), (1920, 1080), (1024, 600), (1600, 900), (768, 1366), (1367, 641))
FUNCTION = (Qt.Key.Key_F1, Qt.Key.Key_F2, Qt.Key.Key_F3, Qt.Key.Key_F6, Qt.Key.Key_F7, Qt.Key.Key_F8, Qt.Key.Key_F9, Qt.Key.Key_F9,
            Qt.Key.Key_Escape)
MOVES = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Down,
         Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
         Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_Insert, Qt.Key.Key_Menu)
MODIFIERS = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier,
             Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
KEEP = 50
STUCK_S = 3.0
"""A deed longer than this runs a loop of its own (a menu): the monkey goes on inside it."""
Deed = Callable[[], str]


@dataclass
class Found:
    """What a run showed. ``broken``: each thing that went wrong, once, with the last deeds before its first time."""

    deeds: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        return "\n\n".join(f"{what}\n  last deeds:\n    " + "\n    ".join(deeds) for what, deeds in self.broken.items())


class InsideMonkey:
    """Plays on ``windows`` of ``office``; every deed comes from ``seed``."""

    def __init__(self, office: FakeOffice, windows: Windows, seed: int, *, spared: tuple[str, ...] = ()) -> None:
        self.office, self.windows = office, windows
        self.rng = random.Random(seed)
        self.found = Found()
        self.last: deque[list[str]] = deque(maxlen=KEEP)
        self._until = 0.0
        self._loop = QEventLoop()
        self._since = 0.0
        self.diary: Any = None
        """Written along for the case that the program dies under the monkey's hands."""
        self._deeds: list[tuple[int, Deed]] = [
            (24, self.type_), (14, self.function), (14, self.move), (6, self.combination), (30, self.press_a_button), (20, self.click),
            (4, self.double_click), (6, self.drag), (5, self.wheel), (5, self.paste), (5, self.repeat), (6, self.nanny), (3, self.navigate),
            (1, self.resize), (1, self.dress), (3, self.fault), (2, self.clock), (2, self.scan), (1, self.lock), (2, self.somebody_else),
            (1, self.line), (1, self.right_click), (2, self.print_says)]
        self._deeds = [(weight, deed) for weight, deed in self._deeds if deed.__name__ not in spared]

    # -- running --------------------------------------------------------------------------------------------------------

    def run(self, seconds: float, deeds: int = 10**9) -> Found:
        """Play for ``seconds`` or ``deeds``, whichever ends first."""
        started = time.monotonic()
        self._until, self._most = started + seconds, deeds
        QTimer.singleShot(0, self._step)
        self._loop.exec()
        self.found.seconds = time.monotonic() - started
        return self.found

    def _step(self) -> None:
        if time.monotonic() > self._until or self.found.deeds >= self._most:
            self._finish()
            return
        if self._since and time.monotonic() - self._since < STUCK_S:
            QTimer.singleShot(20, self._step)  # QTest lets other events through while it presses
            return
        QTimer.singleShot(0, self._step)  # first: a deed that runs a loop of its own (a menu) does not stop the monkey
        (_, deed), = self.rng.choices(self._deeds, [w for w, _ in self._deeds])
        self.found.deeds += 1
        before, name, page = self._since, deed.__name__.rstrip("_"), self.windows.operator.current
        self._since = time.monotonic()
        self.found.kinds[name] += 1
        self.found.pages[page] += 1
        entry = [f"{self.found.deeds} {name} on {page}", "under way"]
        self.last.append(entry)
        if self.diary is not None:
            print(entry[0], file=self.diary, flush=True)
        try:
            entry[1] = deed()
        except RuntimeError as error:  # the window a deed was about to touch went with what it did before
            last = traceback.extract_tb(error.__traceback__)[-1].filename
            if "already deleted" not in str(error) or not last.endswith(Path(__file__).name):
                raise
            entry[1] = "the window went"
        finally:
            if self.diary is not None:
                print("   ", entry[1], file=self.diary, flush=True)
            self._since = before

    def _finish(self) -> None:
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        modal = QApplication.activeModalWidget()
        if modal is not None:
            modal.close()
        self._loop.quit()

    def broke(self, what: str) -> None:
        self.found.broken.setdefault(what, [": ".join(entry) for entry in self.last])

    # -- where ----------------------------------------------------------------------------------------------------------

    def _window(self) -> QWindow:
        shown = [w for w in QGuiApplication.topLevelWindows() if w.isVisible()]
        popups = [w for w in shown if w.type() in (Qt.WindowType.Popup, Qt.WindowType.Dialog)]
        operator = self.windows.operator.windowHandle()
        if popups and self.rng.random() < 0.7:
            return self.rng.choice(popups)
        if self.rng.random() < 0.8 or not shown:
            return operator
        return self.rng.choice(shown)

    def _point(self, window: QWindow) -> QPoint:
        return QPoint(self.rng.randrange(max(1, window.width())), self.rng.randrange(max(1, window.height())))

    def _widget(self) -> QWidget:
        """A window, mostly the officer's."""
        return self.windows.applicant if self.rng.random() < 0.2 else self.windows.operator

    def _keys_to(self) -> QWindow:
        return QGuiApplication.focusWindow() or self.windows.operator.windowHandle()

    # -- deeds ----------------------------------------------------------------------------------------------------------

    def type_(self) -> str:
        text = "".join(self.rng.choice("abcdefghijklmnopqrstuvwxyzABC0123456789 .,-/'") for _ in range(self.rng.randint(1, 6)))
        for letter in text:
            QTest.keyClick(self._keys_to(), letter)
        return repr(text)

    def function(self) -> str:
        return self._key(self.rng.choice(FUNCTION))

    def move(self) -> str:
        return self._key(self.rng.choice(MOVES))

    def combination(self) -> str:
        key = self.rng.choice((*FUNCTION, *MOVES, *(Qt.Key(k) for k in range(Qt.Key.Key_A.value, Qt.Key.Key_Z.value + 1))))
        return self._key(key, self.rng.choice(MODIFIERS))

    def repeat(self) -> str:
        key = self.rng.choice((*FUNCTION, *MOVES))
        for _ in range(self.rng.randint(3, 12)):
            said = self._key(key)
        return f"{said} again and again"

    def _key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> str:
        QTest.keyClick(self._keys_to(), key, modifier)
        return f"{key.name} {'' if modifier == Qt.KeyboardModifier.NoModifier else modifier}"

    def press_a_button(self) -> str:
        """One of the buttons that are seen, at its middle, by the window so that whatever lies over it gets the click."""
        top = QApplication.activePopupWidget() or self._widget()
        seen = [b for b in top.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
        if not seen or top.windowHandle() is None:
            return "no button"
        button = self.rng.choice(seen)
        name = f"{type(button).__name__} {button.accessibleName() or button.text()!r}"
        QTest.mouseClick(top.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                         button.mapTo(top, button.rect().center()))
        return name

    def click(self) -> str:
        return self._mouse(QTest.mouseClick, Qt.MouseButton.LeftButton)

    def right_click(self) -> str:
        return self._mouse(QTest.mouseClick, self.rng.choice((Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)))

    def double_click(self) -> str:
        return self._mouse(QTest.mouseDClick, Qt.MouseButton.LeftButton)

    def _mouse(self, how: Any, button: Qt.MouseButton) -> str:
        window = self._window()
        at = self._point(window)
        how(window, button, Qt.KeyboardModifier.NoModifier, at)
        return f"{at.x()},{at.y()} of {window.objectName() or window.title()}"

    def drag(self) -> str:
        window = self._window()
        points = [self._point(window) for _ in range(self.rng.randint(2, 12))]
        QTest.mousePress(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[0])
        for at in points[1:]:
            QTest.mouseMove(window, at)
        if self.rng.random() < 0.95:
            QTest.mouseRelease(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[-1])
        return f"{[(p.x(), p.y()) for p in points]}"

    def wheel(self) -> str:
        window = self._widget()
        at = self._point(window.windowHandle()) if window.windowHandle() else QPoint()
        under = window.childAt(at) or window
        turn = self.rng.choice((-960, -120, 120, 960))
        local = QPointF(under.mapFrom(window, at))
        QApplication.sendEvent(under, QWheelEvent(
            local, QPointF(window.mapToGlobal(at)), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))
        return f"{turn} at {at.x()},{at.y()}"

    def paste(self) -> str:
        text = self.rng.choice(ODD_TEXTS)
        held = QMimeData()
        held.setText(text)
        QApplication.clipboard().setMimeData(held)
        if not isinstance(QApplication.focusWidget(), QLineEdit):
            fields = [w for w in self.windows.operator.findChildren(QLineEdit) if w.isVisible() and w.isEnabled()]
            if fields:
                self.rng.choice(fields).setFocus()
        self._key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        return repr(text[:40])

    def nanny(self) -> str:
        """Where the sign-in page stands somebody signs in."""
        operator = self.windows.operator
        if operator.current != "masuk" or operator.session.actor.username:
            return "nobody needed"
        page: Any = operator.page("masuk")
        name = self.rng.choice([u for u, _n, _r in USERS])
        page.username.set_value(name)
        page.password.line.setText(PASSWORD if self.rng.random() < 0.97 else "salah")
        QTest.keyClick(page.password.line, Qt.Key.Key_Return)
        return name

    def navigate(self) -> str:
        items = [i for i in self.windows.operator.items.values() if i.isVisible()]
        if not items:
            return "no menu"
        item = self.rng.choice(items)
        item.click()
        return str(item.accessibleName())

    def resize(self) -> str:
        size = self.rng.choice(SIZES)
        self._widget().resize(*size)
        return f"{size}"

    def dress(self) -> str:
        theme = Theme(self.rng.choice(("light", "contrast")), self.rng.choice((0.85, 1.0, 1.25, 1.5, 2.0)))
        self.windows.operator.apply_theme(theme)
        self.windows.applicant.set_contrast(theme.contrast)
        return f"{theme.contrast} {theme.scale}"

    def fault(self) -> str:
        devices, kind = self.office.devices, self.rng.choice(list(DeviceKind))
        what = self.rng.choice(("ok", "ok", "gone", "broken", "busy", "capture", "unknown"))
        devices.trouble.pop(kind, None)
        if what in ("gone", "broken"):
            devices.trouble[kind] = NotConnected("device.unplugged", device_kind=str(kind))
        elif what == "capture":
            devices.trouble[kind] = CaptureFailed("device.interrupted", device_kind=str(kind))
        elif what == "unknown":
            devices.trouble[kind] = OutcomeUnknown("card_printer.lost", device_kind=str(kind), job="-", operation="submit")
        health = {"ok": DeviceHealth.READY, "gone": DeviceHealth.MISSING, "broken": DeviceHealth.TROUBLE, "busy": DeviceHealth.BUSY}
        devices.change(kind, health.get(what, DeviceHealth.READY))
        if kind is DeviceKind.CAMERA:
            devices.frame_comes(kind)
        return f"{kind} {what}"

    def print_says(self) -> str:
        self.office.devices.printer_says = self.rng.choice(list(PrintJobState))
        return str(self.office.devices.printer_says)

    def clock(self) -> str:
        seconds = self.rng.choice((1, 30, 300, 700, 4000, 90_000))
        self.office.clock.advance(seconds)
        if self.rng.random() < 0.1:
            self.windows.operator.woke(float(seconds))
        return f"{seconds} s later"

    def scan(self) -> str:
        code = self.rng.choice(("0042/KTP/XI/2026", "9" * 16, "3508150502080001", "https://contoh.invalid/?q=1", "00001", *ODD_TEXTS))
        self.windows.operator.code_read(code)
        return repr(code[:40])

    def lock(self) -> str:
        (self.windows.operator.lock if self.rng.random() < 0.5 else self.windows.operator.sign_out)()
        return "away"

    def line(self) -> str:
        line: Any = self.office.desk.gateway
        line.trouble = None if line.trouble else Offline("gateway.offline")
        return "gateway " + ("gone" if line.trouble else "back")

    def somebody_else(self) -> str:
        """The register changes under the window: the feed, another officer's work."""
        if self.rng.random() < 0.8:
            self.windows.bridge.register_changed.emit(frozenset({"p"}))
            return "something written"
        stage = self.rng.choice((Stage.VALIDASI, Stage.REKAM))
        index = 100 + self.found.deeds
        try:
            self.office.to_stage(index, stage)
        except Exception as error:  # another NIK twice, or a double that refuses: not what is tested here
            return f"not {stage}: {type(error).__name__}"
        return f"applicant {index} to {stage}"


class Listening:
    """Whatever goes wrong meanwhile is told to the monkey: uncaught exceptions, Qt's warnings, bugs caught at the bridge."""

    def __init__(self, monkey: InsideMonkey) -> None:
        self.monkey = monkey
        self._handler = logging.Handler(logging.ERROR)
        self._handler.emit = lambda record: monkey.broke(f"log: {record.getMessage()}")  # type: ignore[method-assign]

    def __enter__(self) -> None:
        self._hook, sys.excepthook = sys.excepthook, self._uncaught
        self._before = qInstallMessageHandler(self._said)
        logging.getLogger("ktpel_kiosk").addHandler(self._handler)

    def __exit__(self, *_exc: object) -> None:
        sys.excepthook = self._hook
        qInstallMessageHandler(self._before)
        logging.getLogger("ktpel_kiosk").removeHandler(self._handler)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        self.monkey.broke("uncaught: " + "".join(traceback.format_exception(kind, error, trace)[-8:]))

    def _said(self, kind: QtMsgType, _context: object, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not any(h in text for h in HARMLESS):
            where = "".join(traceback.format_stack(limit=8)[:-1])
            self.monkey.broke(f"Qt says: {text}\n{where}")


def play(seed: int, seconds: float, deeds: int = 10**9, folder: Path | None = None, diary: Any = None) -> Found:
    """One run on an office of its own, with both windows. ``folder``: a real register there, somebody at each step; else a bare office."""
    from every_screen import furnished
    if folder is None:
        office = FakeOffice()
        office.to_stage(1, Stage.VALIDASI)
    else:
        office = furnished(folder)
    windows = make_windows(office.desk, actor=office.rina, size=(1366, 768))
    for window in (windows.operator, windows.applicant):
        window.resize(1366, 768)
        window.show()
    monkey = InsideMonkey(office, windows, seed, spared=("dress", "somebody_else") if folder is None else ())
    monkey.diary = diary
    with Listening(monkey):
        found = monkey.run(seconds, deeds)
        windows.close()
    return found


def main() -> int:
    import faulthandler
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--seconds", type=float, default=20.0)
    asked.add_argument("--diary", default="")
    asked.add_argument("--folder", default="")
    given = asked.parse_args()
    faulthandler.enable()
    import ready_made
    ready_made.keys_once()
    print("seed", given.seed, flush=True)
    with tempfile.TemporaryDirectory(dir=given.folder or None) as folder, \
            Path(given.diary or os.devnull).open("w", encoding="utf-8") as diary:
        found = play(given.seed, given.seconds, folder=Path(folder), diary=diary)
    print(found.text())
    print(f"{found.deeds} deeds in {found.seconds:.0f} s, broken: {len(found.broken)}\n{dict(found.kinds)}\n{dict(found.pages)}")
    sys.stdout.flush()
    os._exit(bool(found.broken))


if __name__ == "__main__":
    raise SystemExit(main())
