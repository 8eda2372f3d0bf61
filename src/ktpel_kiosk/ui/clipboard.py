"""What was copied at this desk does not stay in the clipboard: it goes after a minute, and when the desk is locked or left."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

KEPT_MS = 60_000


class Copied(QObject):
    """One per operator window. Not every platform says whose the contents are: what changed while our window was in front is ours."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ours = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(KEPT_MS)
        self._soon.timeout.connect(self.forget)
        QGuiApplication.clipboard().dataChanged.connect(self._changed)

    def watch(self) -> None:
        """From now on; being made is enough."""

    def _changed(self) -> None:
        clipboard = QGuiApplication.clipboard()
        self._ours = bool(clipboard.text()) and (clipboard.ownsClipboard() or QGuiApplication.focusWindow() is not None)
        if self._ours:
            self._soon.start()

    def forget(self) -> None:
        """Nothing of ours is left: neither in the clipboard nor in the selection of X11."""
        self._soon.stop()
        clipboard = QGuiApplication.clipboard()
        if self._ours or clipboard.ownsClipboard():
            clipboard.clear(clipboard.Mode.Clipboard)
        if clipboard.supportsSelection() and clipboard.ownsSelection():
            clipboard.clear(clipboard.Mode.Selection)
        self._ours = False
