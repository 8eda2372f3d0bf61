"""A panel that hangs at a field inside its window: no window of its own, so no grab, and the screen keyboard stays usable."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from ktpel_kiosk.ui.style_care import bury
from ktpel_kiosk.ui.theme import theme_of

GAP = 4


class Popover(QFrame):
    """Opens below its ``anchor``, or above where there is more room; closes by a press elsewhere, when the focus goes away or the window
    changes. ``closed`` comes each time."""

    closed = Signal()

    def __init__(self, anchor: QWidget, name: str) -> None:
        super().__init__(anchor.window())
        self.anchor = anchor
        self.setAccessibleName(name)
        self.setVisible(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(6, 6, 6, 6)
        self.body.setSpacing(4)
        anchor.destroyed.connect(self._anchor_gone)

    def _anchor_gone(self) -> None:
        bury(self)

    def open(self, width: int, height: int) -> None:
        """Show at the anchor with this size, less where the window has no such room."""
        window = self.anchor.window()
        if self.parent() is not window:
            self.setParent(window)
        self.place(width, height)
        self.show()
        self.raise_()
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
            app.focusChanged.connect(self._focus_went)  # type: ignore[attr-defined]

    def place(self, width: int, height: int) -> None:
        window = self.anchor.window()
        top = self.anchor.mapTo(window, QPoint(0, 0))
        floor = window.property("screen_keyboard_top") or window.height()
        below = floor - top.y() - self.anchor.height() - 2 * GAP
        above = top.y() - 2 * GAP
        under = below >= min(height, above)
        high = min(height, below if under else above)
        x = max(GAP, min(top.x(), window.width() - width - GAP))
        y = top.y() + self.anchor.height() + GAP if under else top.y() - GAP - high
        self.setGeometry(x, y, min(width, window.width() - 2 * GAP), high)

    def close_up(self) -> None:
        """Away with it."""
        if self.isHidden():
            return
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
            app.focusChanged.disconnect(self._focus_went)  # type: ignore[attr-defined]
        self.hide()
        self.closed.emit()

    def owns(self, widget: QObject | None) -> bool:
        """The widget is the anchor, stands in here, or is a key of the screen keyboard."""
        if not isinstance(widget, QWidget):
            return widget is None
        return widget is self.anchor or widget is self or self.isAncestorOf(widget) or self.anchor.isAncestorOf(widget) \
            or bool(widget.property("screen_keyboard"))

    def _focus_went(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and not self.owns(new):
            self.close_up()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.TouchBegin) and isinstance(watched, QWidget):
            if not self.owns(watched):
                self.close_up()
        elif (kind == QEvent.Type.Resize and watched is self.anchor.window()) or (kind == QEvent.Type.Hide and watched is self.anchor):
            self.close_up()
        return False

    def paintEvent(self, event: QEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("field_line"), 1 if theme.contrast == "light" else 2))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.radius("control"), theme.radius("control"))
