"""Which window stands on which screen: at the start, and whenever a screen is unplugged, plugged in, turned or changes its size.

Two screens: the officer's window on the first, the applicant's on the second (or swapped, Pengaturan > Tampilan). One screen: the
applicant's window is hidden and shares it; it comes up only when the applicant has to answer.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.kiosk import off_screen
from ktpel_kiosk.ui.theme import Theme, screen_scale, text_scale
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.app import Windows

SETTLE_MS = 400
"""A plugged screen makes a handful of changes at once."""
MOST_TRIES = 5
_MONITOR = re.compile(r"^\s*\d+:\s+\+?\*?(?P<name>\S+)\s+(?P<w>\d+)/\d+x(?P<h>\d+)/\d+\+(?P<x>\d+)\+(?P<y>\d+)", re.MULTILINE)


def in_order(screens: Sequence[QScreen], primary: QScreen | None, swapped: bool) -> list[QScreen]:
    """The officer's screen first, the applicant's second: the primary one first unless swapped, then from left to right."""
    found = sorted(screens, key=lambda s: (s is not primary, s.geometry().x(), s.geometry().y(), s.name()))
    if swapped and len(found) > 1:
        found[0], found[1] = found[1], found[0]
    return found


def monitors(text: str) -> dict[str, QRect]:
    """Name -> place of each monitor, from ``xrandr --listmonitors``."""
    return {m["name"]: QRect(int(m["x"]), int(m["y"]), int(m["w"]), int(m["h"])) for m in _MONITOR.finditer(text)}


def ask_monitors() -> dict[str, QRect]:
    """What the X server itself says; empty where nobody can be asked. Runs a small program: call it on a worker.

    Qt 6.11 keeps a screen's old place when the screen left of it is switched off; without a window manager the window would be put
    where no monitor shows it.
    """
    tool = shutil.which("xrandr")
    if QGuiApplication.platformName() != "xcb" or tool is None:
        return {}
    try:
        return monitors(subprocess.run([tool, "--listmonitors"], capture_output=True, text=True, timeout=10, check=False,
                                       stdin=subprocess.DEVNULL).stdout)
    except (OSError, subprocess.TimeoutExpired):
        return {}


class Screens(QObject):
    """Full screen only. ``swapped``: the officer sits at the second screen."""

    def __init__(self, windows: Windows, *, swapped: bool = False) -> None:
        super().__init__(windows.operator)
        self._windows = windows
        self.swapped = swapped
        self.on_swap: Callable[[bool], None] = lambda _now: None
        self._count = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLE_MS)
        self._soon.timeout.connect(self._measure)
        self._real: dict[str, QRect] = {}
        self._tries = 0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(2 * SETTLE_MS)
        self._later.timeout.connect(self.arrange)
        app = windows.app
        app.screenAdded.connect(self._added)
        app.screenRemoved.connect(self._changed)
        app.primaryScreenChanged.connect(self._changed)
        for screen in app.screens():
            screen.geometryChanged.connect(self._changed)

    @property
    def count(self) -> int:
        return len(self._windows.app.screens())

    def swap(self, swapped: bool) -> None:
        if swapped != self.swapped:
            self.swapped = swapped
            self.on_swap(swapped)
            self._tries = 0
            self.arrange()

    def _added(self, screen: QScreen) -> None:
        screen.geometryChanged.connect(self._changed)
        self._changed()

    def _changed(self, *_what: object) -> None:
        self._tries = 0
        self._soon.start()

    def _measure(self) -> None:
        def measured(found: dict[str, QRect]) -> None:
            self._real = found
            self.arrange()

        self._windows.bridge.run(ask_monitors, measured, lambda _e: self.arrange(), owner=self)

    def look_again(self) -> None:
        """Both windows are put right soon, if something moved them."""
        self._tries = 0
        self._later.start()

    def room(self, screen: QScreen) -> QRect:
        """Where ``screen`` is."""
        return self._real.get(screen.name(), screen.geometry())

    def arrange(self) -> None:
        """Put both windows where they belong now. Safe to repeat."""
        app = self._windows.app
        screens = in_order(app.screens(), app.primaryScreen(), self.swapped)
        if not screens:
            return  # the last cable is out; the next screen brings everything back
        before, self._count = self._count, len(screens)
        self._place_operator(screens[0])
        if len(screens) > 1:
            self._own_screen(screens[1])
        else:
            self._shared_screen(lost=before > 1)
        if before == 1 and len(screens) > 1:
            self._tell("good", word("kiosk", "layar_kembali"))
        if self._windows.operator.kiosk is not None:
            self._windows.operator.kiosk.come_back()

    def _place_operator(self, screen: QScreen) -> None:
        operator, room = self._windows.operator, self.room(screen)
        self._put(operator, screen)
        theme = operator.theme
        scale = round(screen_scale(room.width(), room.height()) * text_scale(operator.text_size), 2)
        if scale != theme.scale:
            operator.apply_theme(Theme(theme.contrast, scale))

    def _own_screen(self, screen: QScreen) -> None:
        applicant = self._windows.applicant
        applicant.own_screen()
        applicant.second_screen = True
        self._put(applicant, screen)

    def _put(self, window: QWidget, screen: QScreen) -> None:
        """Full screen on ``screen``; looked at again later, for a window manager may have its own mind meanwhile."""
        room = self.room(screen)
        if off_screen(window):
            window.hide()  # no request brings it back: it is mapped anew
        if window.isVisible() and window.isFullScreen() and window.screen() is screen and window.geometry() == room:
            return
        if window.isFullScreen() and window.isVisible():
            window.showNormal()  # window managers keep a full screen window where it is
        window.setScreen(screen)
        window.setGeometry(room)
        window.showFullScreen()
        if window.geometry() != room:
            window.setGeometry(room)
        if self._tries < MOST_TRIES:
            self._tries += 1
            self._later.start()

    def _shared_screen(self, *, lost: bool) -> None:
        applicant, operator = self._windows.applicant, self._windows.operator
        if not lost and applicant.isVisible():
            applicant.setGeometry(operator.geometry())  # the screen is turned to the applicant; only its size changed
            return
        applicant.second_screen = False
        applicant.hide()  # never over the officer's work by itself
        applicant.share_screen(operator)
        if lost:
            from ktpel_kiosk.ui.applicant_window import ASKS
            asks = applicant.current in ASKS
            self._tell("attention", word("kiosk", "layar_lepas"), turn=asks)

    def _tell(self, kind: str, text: str, *, turn: bool = False) -> None:
        operator = self._windows.operator
        if operator.session.actor.username:
            if turn:
                operator.tell(kind, text, action=word("kiosk", "balik"), act=self._windows.applicant.turn)
            else:
                operator.tell(kind, text)
