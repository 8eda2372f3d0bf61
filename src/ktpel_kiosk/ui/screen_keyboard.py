"""When the screen keyboard comes and where it stands: at a field touched by a finger or on demand, beneath it, never over it.

One per program; it looks after both windows. The keys themselves are built when they are first wanted. GUI thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QEventPoint, QInputDevice, QKeyEvent, QMouseEvent, QPointerEvent, QWindow
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLineEdit, QPlainTextEdit, QScrollArea, QTextEdit, QWidget

from ktpel_kiosk.ui.widgets.field import Field

if TYPE_CHECKING:
    from ktpel_kiosk.ui.desk_memory import DeskMemory
    from ktpel_kiosk.ui.widgets.keyboard import ScreenKeyboard

AUTO, ALWAYS, NEVER = "otomatis", "selalu", "tidak"
MODES: tuple[tuple[str, str], ...] = ((AUTO, "Otomatis"), (ALWAYS, "Selalu"), (NEVER, "Tidak"))
KEPT_AS = "papan_ketik"
GAP = 8
NUMBER_HINTS = Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhDialableCharactersOnly | Qt.InputMethodHint.ImhDate \
    | Qt.InputMethodHint.ImhFormattedNumbersOnly


def takes_text(widget: QWidget | None) -> bool:
    """Text can be typed into it now."""
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        return widget.isEnabled() and not widget.isReadOnly()
    return False


class KeyboardControl(QObject):
    """``memory`` keeps the desk's switch: ``otomatis`` (a finger asks for it), ``selalu``, ``tidak``."""

    def __init__(self, operator: QWidget, memory: DeskMemory) -> None:
        super().__init__(operator)
        self._operator = operator
        self._memory = memory
        self._button: QWidget | None = None
        self._keys: dict[QWidget, ScreenKeyboard] = {}
        self._shown: ScreenKeyboard | None = None
        self._touch = False
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusWindowChanged.connect(self._watch)
        app.focusChanged.connect(self._focus_changed)
        self._watch(app.focusWindow())
        self.show_button()

    # -- the switch ---------------------------------------------------------------------------------------------------

    @property
    def mode(self) -> str:
        found = self._memory.get(KEPT_AS, AUTO)
        return found if found in (AUTO, ALWAYS, NEVER) else AUTO

    def set_mode(self, mode: str) -> None:
        self._memory.put(KEPT_AS, mode)
        self.show_button()
        if mode == NEVER:
            self.hide()
        elif mode == ALWAYS:
            self.consider(QApplication.focusWidget())

    def offered(self) -> bool:
        """Whether a button for it makes sense here: always wanted, or there is a screen to touch."""
        return self.mode == ALWAYS or (self.mode == AUTO and (self._touch or any(
            d.type() == QInputDevice.DeviceType.TouchScreen for d in QInputDevice.devices())))

    def show_button(self) -> None:
        """The button in the head of the operator's window, where there is one and it makes sense."""
        header = getattr(self._operator, "header", None)
        if self._button is None and header is not None and self.offered():
            from ktpel_kiosk.ui.widgets.buttons import IconButton
            self._button = IconButton("Papan ketik layar", "keyboard")
            self._button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._button.setProperty("screen_keyboard", True)
            self._button.clicked.connect(self.toggle)
            header.add_keyboard(self._button)
        if self._button is not None and header is not None:
            self._button.setVisible(self.offered())
            header.fit()

    @property
    def keyboard(self) -> ScreenKeyboard | None:
        """The one shown now."""
        return self._shown

    # -- who asks for it ----------------------------------------------------------------------------------------------

    def _watch(self, window: QWindow | None) -> None:
        """Touches and keys arrive at the window first; only there a finger is told from a mouse, a real key from ours."""
        if window is not None and not window.property("keyboard_watched"):
            window.setProperty("keyboard_watched", True)
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.TouchBegin, QEvent.Type.MouseButtonPress):
            device = event.device() if isinstance(event, QPointerEvent) else None
            self._touch = kind == QEvent.Type.TouchBegin or (device is not None and device.type() == QInputDevice.DeviceType.TouchScreen)
        elif kind in (QEvent.Type.TouchEnd, QEvent.Type.MouseButtonRelease) and self._touch:
            point = _where(event)
            QTimer.singleShot(0, self, lambda: self._touched(point))
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.text() and self.mode == AUTO:
            self._touch = False  # somebody types on real keys
            self.hide()
        elif kind == QEvent.Type.Resize and self._shown is not None:
            QTimer.singleShot(0, self, self._again)
        return False

    def _touched(self, at: QPointF | None) -> None:
        self.show_button()
        widget = QApplication.focusWidget()
        if widget is None or at is None or not takes_text(widget):
            return
        if QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size()).contains(at.toPoint()):
            self.consider(widget)

    def _focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if takes_text(new) and (self.mode == ALWAYS or (self._shown is not None and self.mode != NEVER)):
            self.consider(new)
        elif self._shown is not None and new is not None and not new.property("screen_keyboard"):
            QTimer.singleShot(0, self, self._away_unless_typing)

    def _away_unless_typing(self) -> None:
        if not takes_text(QApplication.focusWidget()) and self.mode != ALWAYS:
            self.hide()

    def toggle(self) -> None:
        """The button: there it is, or away with it."""
        if self._shown is not None:
            self.hide()
            return
        widget = QApplication.focusWidget()
        self._show_at(widget if takes_text(widget) else None)

    def consider(self, widget: QWidget | None) -> None:
        """A field may want it."""
        if self.mode != NEVER and takes_text(widget):
            self._show_at(widget)

    # -- showing ------------------------------------------------------------------------------------------------------

    def _show_at(self, target: QWidget | None) -> None:
        window = target.window() if target is not None else QApplication.activeWindow()
        if window is None:
            return
        keys = self._keys.get(window)
        if keys is None:
            from ktpel_kiosk.ui.widgets.keyboard import ScreenKeyboard
            keys = self._keys[window] = ScreenKeyboard(window)
            keys.closing.connect(self.hide)
            keys.turned.connect(self._again)
            window.destroyed.connect(lambda *_a, window=window: self._keys.pop(window, None))
        if self._shown is not None and self._shown is not keys:
            self.hide()
        from ktpel_kiosk.ui.widgets.keyboard import LETTERS, NUMBERS
        if target is not None:
            numbers = bool(target.inputMethodHints() & NUMBER_HINTS)
            if numbers != (keys.page == NUMBERS):
                keys.show_page(NUMBERS if numbers else LETTERS)
        keys.set_quiet(isinstance(target, QLineEdit) and target.echoMode() != QLineEdit.EchoMode.Normal)
        self._shown = keys
        self._place(target)
        keys.show()
        keys.raise_()

    def _again(self) -> None:
        if self._shown is not None and not self._shown.isHidden():
            self._place(QApplication.focusWidget())

    def _place(self, target: QWidget | None) -> None:
        """At the lower edge; where the field would be covered the page scrolls, else the keys move above it."""
        keys = self._shown
        if keys is None:
            return
        window = keys.parentWidget()
        assert window is not None
        size = keys.wanted_size(window.width() - 2 * GAP)
        keys.resize(size)
        low = window.height() - size.height()
        x = (window.width() - size.width()) // 2
        if target is None or target.window() is not window:
            keys.move(x, low)
            return
        whole = _whole(target)
        _scroll_up(whole, low - GAP)
        area = QRect(whole.mapTo(window, QPoint(0, 0)), whole.size())
        from ktpel_kiosk.ui.widgets.keyboard import NUMBERS
        if keys.page == NUMBERS:
            x = max(GAP, min(area.left(), window.width() - size.width() - GAP))
            y = area.bottom() + GAP if area.bottom() + GAP + size.height() <= window.height() else low
        else:
            y = low
        if area.bottom() >= y:
            y = max(0, area.top() - GAP - size.height())
        keys.move(x, y)
        window.setProperty("screen_keyboard_top", y if y > area.bottom() else None)

    def hide(self) -> None:
        """Away; the next touch at a field, or the button, brings it back."""
        if self._shown is not None:
            keys, self._shown = self._shown, None
            keys.hide()
            parent = keys.parentWidget()
            if parent is not None:
                parent.setProperty("screen_keyboard_top", None)


def _whole(target: QWidget) -> QWidget:
    """The field around an editor, with its label and message."""
    found: QWidget | None = target
    while found is not None:
        if isinstance(found, Field):
            return found
        found = found.parentWidget()
    return target


def _scroll_up(widget: QWidget, lowest: int) -> None:
    """Scroll the page until ``widget`` ends above ``lowest`` (window pixels), as far as that goes."""
    holder = widget.parentWidget()
    while holder is not None and not isinstance(holder, QScrollArea):
        holder = holder.parentWidget()
    if isinstance(holder, QAbstractScrollArea):
        below = widget.mapTo(widget.window(), QPoint(0, widget.height())).y() - lowest
        if below > 0:
            bar = holder.verticalScrollBar()
            bar.setValue(bar.value() + below)


def _where(event: QEvent) -> QPointF | None:
    if isinstance(event, QMouseEvent):
        return event.globalPosition()
    points: list[QEventPoint] = event.points() if isinstance(event, QPointerEvent) else []
    return points[0].globalPosition() if points else None
