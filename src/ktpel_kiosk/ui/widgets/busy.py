"""The sign on a pressed button that its work is under way."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget
from shiboken6 import isValid

from ktpel_kiosk.ui.motion import less_motion
from ktpel_kiosk.ui.theme import theme_of

AFTER_MS = 120
"""What is done by then never showed a sign: it would only flicker."""
TURN_MS, STEP = 40, 16
WORKING = "Sedang dikerjakan"


class Working(QWidget):
    """A turning arc at the right end of a button, from :data:`AFTER_MS` on until :meth:`stop`; spoken as the button's description."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self._said = button.accessibleDescription()
        self._at = 0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        button.setAccessibleDescription(WORKING)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        self._timer.start(AFTER_MS)

    def _turn(self) -> None:
        if self.isHidden():
            side = theme_of(self).px(26)
            self.setGeometry(self._button.width() - side - theme_of(self).px(8), (self._button.height() - side) // 2, side, side)
            self.show()
            self.raise_()
            self._timer.setInterval(TURN_MS)
            if less_motion():
                self._timer.stop()
        self._at = (self._at + STEP) % 360
        self.update()

    def stop(self) -> None:
        self._timer.stop()
        if isValid(self._button):
            self._button.setAccessibleDescription(self._said)
        self.hide()
        self.deleteLater()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plate = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface"))
        painter.drawEllipse(plate)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = theme.px(6)
        pen = QPen(theme.color("accent"), max(2, theme.px(2.5)))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(plate.adjusted(edge, edge, -edge, -edge), -self._at * 16, 270 * 16)


def pressed_in(page: QWidget, primary: QAbstractButton | None) -> QAbstractButton | None:
    """The button of a page a person has just pressed: the one with the focus, else the primary one."""
    focus = page.window().focusWidget()
    if isinstance(focus, QAbstractButton) and not focus.isCheckable() and page.isAncestorOf(focus):
        return focus
    return primary
