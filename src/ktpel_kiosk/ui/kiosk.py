"""Kiosk mode: the windows cannot be closed, minimised or left behind; and the beat that tells the watchdog they live.

Qt sees Alt+F4, a window manager's close button and its menu as one Close event. What it cannot see (Super keys, Ctrl+Alt+F2, the
desktop's own shortcuts) the session has to switch off: docs/manual/kiosk.md says how.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QWindowStateChangeEvent
from PySide6.QtWidgets import QApplication, QWidget

from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.leaving import Leave
    from ktpel_kiosk.ui.operator_window import OperatorWindow

EXIT_CODES = {"tutup": 0, "mulai_ulang": 90, "matikan": 91}
"""What the process that started the windows understands (ktpel_kiosk.app.watchdog), by the words of :class:`Leave`."""
BEAT_FD, AFTER = "KTPEL_BEAT_FD", "KTPEL_AFTER"
AFTER_WORDS = {"henti": "setelah_henti", "macet": "setelah_henti", "daya": "setelah_daya"}
"""What the sign-in page says about an earlier window process."""
BEAT_MS = 1000
COME_BACK_MS = 400
LOOK_MS = 2000
"""Between two looks whether a window manager took a window off its screen without a word."""


class KioskGuard(QObject):
    """Holds the windows on the screen until :meth:`let_out`. One per operator window, full screen only."""

    def __init__(self, operator: OperatorWindow) -> None:
        super().__init__(operator)
        self._operator = operator
        self.free = False
        """The windows may close now."""
        self._back = QTimer(self)
        self._back.setSingleShot(True)
        self._back.setInterval(COME_BACK_MS)
        self._back.timeout.connect(self.come_back)
        self._held: list[QWidget] = []
        self._gone: set[QWidget] = set()
        self._looks = QTimer(self)
        self._looks.timeout.connect(self.look)
        self._looks.start(LOOK_MS)
        self.hold(operator)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.applicationStateChanged.connect(self._state_changed)

    def hold(self, window: QWidget) -> None:
        """Watch over another of the house's windows (the applicant's)."""
        self._held.append(window)
        window.installEventFilter(self)

    def look(self) -> None:
        """A window that is nowhere on its screen at two looks is mapped anew; it may be the one without the keyboard."""
        gone = {w for w in self._held if not self.free and off_screen(w)}
        if gone & self._gone and self._operator.screens is not None:
            self._operator.screens.look_again()
        self._gone = gone

    def let_out(self, how: Leave) -> None:
        """Somebody who may has agreed: end the program with the code of what was asked for."""
        self.free = True
        QApplication.exit(EXIT_CODES[how])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.free:
            return False
        if event.type() == QEvent.Type.Close:
            event.ignore()
            if isinstance(watched, QWidget) and watched.isVisible():
                QTimer.singleShot(0, self, self._say)
            return True
        if event.type() == QEvent.Type.WindowActivate and watched is not self._operator and self._operator.in_front() is self._operator:
            QTimer.singleShot(0, self, self.hand_back)
        if isinstance(event, QWindowStateChangeEvent) and isinstance(watched, QWidget):
            later = 0 if watched.isMinimized() else COME_BACK_MS  # a window that is being moved is made smaller for a moment
            QTimer.singleShot(later, watched, lambda: self._fill(watched))
        return False

    def _fill(self, window: QWidget) -> None:
        """Minimised, or no longer full screen: a window manager forgets it where a window goes and comes back at the same moment."""
        if not self.free and window.isVisible() and (window.isMinimized() or not window.isFullScreen()):
            window.showFullScreen()

    def _say(self) -> None:
        if self._operator.session.actor.username and self._operator.current != "keluar":
            self._operator.tell("info", word("kiosk", "tidak_ditutup"))

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if self.free or state == Qt.ApplicationState.ApplicationActive:
            self._back.stop()
        else:
            self._back.start()

    def hand_back(self) -> None:
        """The applicant touched the other screen: the keyboard is the officer's, whose F9 would reach nobody otherwise."""
        if not self.free and self._operator.isVisible() and self._operator.in_front() is self._operator:
            self._operator.activateWindow()

    def come_back(self) -> None:
        """Another program's window took the keyboard: take it back. Menus and house dialogs are our own and do not come here."""
        app = QGuiApplication.instance()
        if self.free or not isinstance(app, QGuiApplication) or app.applicationState() == Qt.ApplicationState.ApplicationActive:
            return
        window = self._operator.in_front()
        if window.isVisible():
            if off_screen(window):
                window.hide()  # "show desktop" took it off the screen and no request brings it back: map it anew
                window.showFullScreen()
                if self._operator.screens is not None:
                    self._operator.screens.look_again()  # whether it stands where it belongs once the window manager is done with it
            window.raise_()
            window.activateWindow()
            self._back.start()  # until it worked


def off_screen(window: QWidget) -> bool:
    """Shown, says Qt, and yet unmapped: "show desktop" does that. X11 only: elsewhere a window that is covered says the same."""
    handle = window.windowHandle()
    return window.isVisible() and handle is not None and not handle.isExposed() and QGuiApplication.platformName() == "xcb"


class Beat(QObject):
    """Tells the watchdog once a second that the main loop turns; ends the program when the watchdog is gone."""

    def __init__(self, gone: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._gone = gone
        self._fd = _descriptor()
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self.beat)
        if self._fd >= 0:
            self._timer.start()
            self.beat()

    def beat(self, sign: bytes = b".") -> None:
        if self._fd < 0:
            return
        try:
            os.write(self._fd, sign)
        except BlockingIOError:
            return  # the watchdog is slow: enough beats wait for it
        except OSError:
            self.stop()
            self._gone()

    def stop(self) -> None:
        self._timer.stop()
        self._fd = -1

    def ending(self) -> None:
        """Closing takes its time (devices, network, register): that is no hang."""
        self._timer.stop()
        self.beat(b"e")


def _descriptor() -> int:
    try:
        fd = int(os.environ.get(BEAT_FD, "-1"))
        if fd >= 0:
            os.set_blocking(fd, False)
    except (ValueError, OSError):
        return -1
    return fd


def after_what() -> str:
    """Why an earlier window process of this start is gone: ``henti``, ``macet``, ``daya``; empty for none."""
    return os.environ.get(AFTER, "")
