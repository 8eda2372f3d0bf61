"""What people do at the desk, seen where it arrives: at the windows and at the widget that has the keyboard.

A filter on the application would be asked about every event of the program, in Python, and most are Qt's own: building a page took twice
as long under one.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

Seen = Callable[[QObject, QEvent], bool]
WATCHED = "ktpel_presence"


class Presence(QObject):
    """``seen(watched, event)`` for all input; True takes the event away. ``look`` from time to time finds windows that came up."""

    def __init__(self, parent: QObject, seen: Seen) -> None:
        super().__init__(parent)
        self._seen = seen
        self._focus: QWidget | None = None
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusWindowChanged.connect(self._window)
        app.focusChanged.connect(self._moved)
        self._moved(None, QApplication.focusWidget())
        self.look()

    def look(self) -> None:
        for window in QGuiApplication.topLevelWindows():
            self._window(window)

    def _window(self, window: QWindow | None) -> None:
        if window is not None and window.property(WATCHED) != id(self):
            window.setProperty(WATCHED, id(self))
            window.installEventFilter(self)

    def _moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        """An input method speaks to the widget itself, past the window."""
        if self._focus is not None and isValid(self._focus):
            self._focus.removeEventFilter(self)
        self._focus = new
        if new is not None:
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return self._seen(watched, event)

    def stop(self) -> None:
        self._seen = lambda _watched, _event: False
        self._moved(None, None)
