"""A short list to choose from: Space, F4 or a touch opens it, letters lead to an entry, Tab takes the lit one and goes on."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QElapsedTimer, QEvent, QSize, QStringListModel, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QSizePolicy, QStyle, QStyleOptionComboBox
from shiboken6 import isValid

from ktpel_kiosk.domain.near_words import Entry
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.picker import ROWS, PickList

K = Qt.Key
TYPING_MS = 1200
"""Letters this close together are one word; Qt's 400 ms are too short for two fingers."""


class Choice(QComboBox):
    """A list to choose from; the chevron is the house's own. ``searchable`` filters while typing.

    The open list stands inside the window, as the picker's does: Qt's own is a window with rows too low for a finger, a grab that keeps Tab
    from leading on, and no place in what screen readers are told.
    """

    def __init__(self, *, searchable: bool = False) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMaxVisibleItems(9)
        if searchable:
            self.setEditable(True)
            self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)

        self._list: PickList | None = None
        self._typed = ""
        self._since = QElapsedTimer()

    @property
    def is_open(self) -> bool:
        return self._list is not None and isValid(self._list) and not self._list.isHidden()

    def showPopup(self) -> None:
        if self.isEditable():
            super().showPopup()
            return
        if self.is_open or not self.count():
            self.hidePopup()
            return
        if self._list is None or not isValid(self._list):
            self._list = PickList(self, self.accessibleName())
            self._list.picked.connect(self._picked)
        entries = [Entry.of(i, self.itemText(i)) for i in range(self.count())]
        self._list.show_entries(entries, str(self.currentIndex()), "")

    def hidePopup(self) -> None:
        if self.is_open and self._list is not None:
            self._list.close_up()
        if self.isEditable():
            super().hidePopup()

    def _picked(self, entry: Entry) -> None:
        self.hidePopup()
        self.setCurrentIndex(int(entry.value))
        self.activated.emit(self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.isEditable() or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        else:
            self.showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = K(event.key())
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if self.isEditable():
            super().keyPressEvent(event)
        elif plain and event.text().isprintable() and event.text() and (self._typing() or key != K.Key_Space):
            self._search(event.text())
        elif self.is_open and self._list is not None and self._in_list(key, self._list):
            pass
        elif key in (K.Key_Space, K.Key_F4):
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def _in_list(self, key: Qt.Key, found: PickList) -> bool:
        """A key while the list is open; False: it is the form's."""
        steps = {K.Key_Down: 1, K.Key_Up: -1, K.Key_PageDown: ROWS - 1, K.Key_PageUp: 1 - ROWS, K.Key_Home: -self.count(),
                 K.Key_End: self.count()}
        if key in steps:
            found.move(steps[key])
        elif key in (K.Key_Return, K.Key_Enter, K.Key_Space):
            entry = found.current()
            if entry is not None:
                self._picked(entry)
        elif key in (K.Key_Escape, K.Key_F4):
            self.hidePopup()
        else:
            return False
        return True

    def _typing(self) -> bool:
        return bool(self._typed) and self._since.isValid() and self._since.elapsed() < TYPING_MS

    def _search(self, letter: str) -> None:
        """To the entry that begins with what is typed; a letter again and again goes through those that begin with it."""
        typed = (self._typed if self._typing() else "") + letter.casefold()
        self._since.start()
        self._typed = typed
        shown = self._list.current() if self.is_open and self._list is not None else None
        at = int(shown.value) if shown is not None else self.currentIndex()
        same = len(set(typed)) == 1
        wanted, start = (typed[0], at + 1) if same else (typed, 0)
        order = [(start + i) % self.count() for i in range(self.count())]
        hit = next((i for i in order if self.itemText(i).casefold().startswith(wanted)), None)
        if hit is None:
            return
        if self.is_open and self._list is not None:
            self._list.stand_on(hit)
        else:
            self.setCurrentIndex(hit)
            self.activated.emit(hit)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() == K.Key_Escape and self.is_open:
            event.accept()  # Esc closes the list, not the page
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes what is lit and goes on."""
        if self.is_open and self._list is not None:
            entry = self._list.current()
            if entry is not None:
                self._picked(entry)
        return super().focusNextPrevChild(forward)

    def fill(self, items: Iterable[tuple[object, str]], *, empty: str = "") -> None:
        self.clear()
        if empty:
            self.addItem(empty, None)
        for value, text in items:
            self.addItem(text, value)
        if self.isEditable():
            words = [self.itemText(i) for i in range(self.count())]
            completer = QCompleter(QStringListModel(words, self), self)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            self.setCompleter(completer)

    def wheelEvent(self, event: object) -> None:
        """A wheel that scrolls the form must not change an entry."""
        event.ignore()  # type: ignore[attr-defined]

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), max(48, theme_of(self).px(48)))

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """What does not fit ends in an ellipsis, not in half a letter."""
        super().initStyleOption(option)
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self)
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = theme_of(self)
        side = theme.px(18)
        icons.draw(QPainter(self), "chevron-down", theme.color("muted"), self.width() - side - theme.px(12),
                   (self.height() - side) / 2, side)
