"""Form fields with a label above and a message below: choices, notes, search; and those that stand in modules of their own."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.choice import Choice
from ktpel_kiosk.ui.widgets.dates import DateField
from ktpel_kiosk.ui.widgets.field import Field, TextField
from ktpel_kiosk.ui.widgets.nik import NikEdit, NikField
from ktpel_kiosk.ui.widgets.nik_model import group_nik, nik_digits

__all__ = ["Choice", "ChoiceField", "DateField", "Field", "NikEdit", "NikField", "NoteField", "SearchField", "TextField", "group_nik",
           "nik_digits"]


class ChoiceField(Field):
    """A code list; the value is the code."""

    def __init__(self, name: str, title: str, items: Iterable[tuple[object, str]], *, searchable: bool = False,
                 empty: str = "Pilih …") -> None:
        self.box = Choice(searchable=searchable)
        self.box.fill(items, empty=empty)
        super().__init__(name, title, self.box)
        self.box.currentIndexChanged.connect(lambda _i: self.changed.emit())

    def value(self) -> str:
        if self.box.isEditable():
            at = self.box.findText(self.box.currentText().strip(), Qt.MatchFlag.MatchFixedString)
            return "" if at < 0 or self.box.itemData(at) is None else str(self.box.itemData(at))
        found = self.box.currentData()
        return "" if found is None else str(found)

    def set_value(self, value: object) -> None:
        for i in range(self.box.count()):
            if str(self.box.itemData(i)) == str(value):
                self.box.setCurrentIndex(i)
                return
        self.box.setCurrentIndex(0)


class NoteField(Field):
    """Several lines of text, for reasons and notes."""

    def __init__(self, name: str, title: str, *, placeholder: str = "", lines: int = 3) -> None:
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText(placeholder)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(26 * lines + 22)
        super().__init__(name, title, self.text)
        self.text.textChanged.connect(self.changed)

    def value(self) -> str:
        return self.text.toPlainText().strip()

    def set_value(self, value: object) -> None:
        self.text.setPlainText(str(value or ""))


class SearchField(QLineEdit):
    """A search line with its lens; ``searched`` comes a moment after the last key."""

    searched = Signal(str)

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(False)
        from PySide6.QtCore import QTimer
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(140)
        self._wait.timeout.connect(lambda: self.searched.emit(self.text().strip()))
        self.textChanged.connect(lambda _text: self._wait.start())
        self._indent()

    def stop_waiting(self) -> None:
        """The page was left: what was typed last is not searched for any more."""
        self._wait.stop()

    def _indent(self) -> None:
        self.setTextMargins(theme_of(self).px(28), 0, 0, 0)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._indent()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = theme_of(self)
        side = theme.px(18)
        icons.draw(QPainter(self), "search", theme.color("muted"), theme.px(16), (self.height() - side) / 2, side)
