"""Key events made by the program: they go where a keyboard's would, to the widget with the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication


def send_key(key: Qt.Key, text: str = "", modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press and release a key at the widget with the focus, as a keyboard would."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        target = QApplication.focusWidget()
        if target is not None:
            QApplication.sendEvent(target, QKeyEvent(kind, key, modifiers, text))


def press_tab() -> None:
    """To the next widget, as Tab would."""
    send_key(Qt.Key.Key_Tab, "\t")
