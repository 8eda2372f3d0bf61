"""Form fields with a label above and a message below; the NIK field groups 6-6-4 while it is typed or pasted."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QValidator
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import label, set_state, set_tone

MARKS = {"good": "✓ ", "trouble": "", "attention": "", "": ""}


class Field(QWidget):
    """Label, editor, one line of message. ``name`` is the form's field name."""

    changed = Signal()

    def __init__(self, name: str, title: str, editor: QWidget) -> None:
        super().__init__()
        self.name, self.editor = name, editor
        self._title = label(title, "small", weight="medium")
        self._title.setBuddy(editor)
        self._message = label("", "small", wrap=True)
        self._message.hide()
        editor.setAccessibleName(title)
        self._title_text = title
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(editor)
        layout.addWidget(self._message)
        layout.addStretch(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def say(self, text: str, state: str = "") -> None:
        """Show one line under the field: ``good``, ``attention``, ``trouble`` or plain."""
        self._message.setText(MARKS.get(state, "") + text if text else "")
        set_tone(self._message, state or "muted")
        self._message.setVisible(bool(text))
        set_state(self.editor, state)
        self.editor.setAccessibleDescription(text)

    def message(self) -> str:
        return self._message.text() if not self._message.isHidden() else ""

    def value(self) -> str:
        raise NotImplementedError  # pragma: no cover - every subclass gives one

    def set_value(self, value: object) -> None:
        raise NotImplementedError  # pragma: no cover


class TextField(Field):
    """One line of text; ``upper`` writes capitals as the KTP-el does."""

    def __init__(self, name: str, title: str, *, placeholder: str = "", upper: bool = False, limit: int = 120,
                 secret: bool = False) -> None:
        self.line = QLineEdit()
        self.line.setMaxLength(limit)
        self.line.setPlaceholderText(placeholder)
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
        super().__init__(name, title, self.line)
        self._upper = upper
        self.line.textEdited.connect(self._edited)

    def _edited(self, text: str) -> None:
        if self._upper and text != text.upper():
            at = self.line.cursorPosition()
            self.line.setText(text.upper())
            self.line.setCursorPosition(at)
        self.changed.emit()

    def value(self) -> str:
        return self.line.text().strip()

    def set_value(self, value: object) -> None:
        self.line.setText(str(value or ""))


class DateField(TextField):
    """A date typed as ``05-02-2008``, ``5/2/2008`` or ``5 Februari 2008``; dashes come by themselves."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(name, title, placeholder="HH-BB-TTTT", limit=20)
        self.line.textEdited.connect(self._dashes)

    def _dashes(self, text: str) -> None:
        digits = text.replace("-", "")
        if digits.isdigit() and len(digits) == 8 and "-" not in text:
            self.line.setText(f"{digits[:2]}-{digits[2:4]}-{digits[4:]}")


class NikValidator(QValidator):
    """Lets anything in that becomes at most 16 digits once separators are gone."""

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        digits = nik_digits(text)
        clean = all(c.isdigit() or c in " .-_/\u2013\u2011\t" for c in text)
        if not clean or len(digits) > 16:
            return QValidator.State.Invalid, text, pos
        return (QValidator.State.Acceptable if len(digits) == 16 else QValidator.State.Intermediate), text, pos


def nik_digits(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isdigit())


def group_nik(digits: str) -> str:
    return "  ".join(part for part in (digits[:6], digits[6:12], digits[12:16]) if part)


class NikEdit(QLineEdit):
    """Sixteen digits shown 6-6-4. Pasting text around the number keeps only its digits; typing a letter does nothing."""

    digits_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("big", "true")
        self.setMaxLength(60)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.setPlaceholderText("16 angka")
        self.textEdited.connect(self._regroup)
        self._digits = ""

    def digits(self) -> str:
        return self._digits

    def set_digits(self, text: str) -> None:
        self._show(nik_digits(text)[:16], 16)

    def _regroup(self, text: str) -> None:
        before = len(nik_digits(text[: self.cursorPosition()]))
        self._show(nik_digits(text)[:16], before)

    def _show(self, digits: str, before: int) -> None:
        self.setText(group_nik(digits))
        self.setCursorPosition(min(len(self.text()), before + (2 if before > 6 else 0) + (2 if before > 12 else 0)))
        if digits != self._digits:
            self._digits = digits
            self.digits_changed.emit(digits)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at = self.cursorPosition()
        if event.key() == Qt.Key.Key_Backspace and not self.hasSelectedText() and self.text()[max(0, at - 2):at] == "  ":
            self.setCursorPosition(at - 2)
        super().keyPressEvent(event)


class NikField(Field):
    """The NIK with its live message."""

    def __init__(self, name: str = "nik", title: str = "NIK") -> None:
        self.edit = NikEdit()
        super().__init__(name, title, self.edit)
        self.edit.digits_changed.connect(lambda _digits: self.changed.emit())

    def value(self) -> str:
        return self.edit.digits()

    def set_value(self, value: object) -> None:
        self.edit.set_digits(str(value or ""))


class Choice(QComboBox):
    """A list to choose from; the chevron is the house's own. ``searchable`` filters while typing."""

    def __init__(self, *, searchable: bool = False) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMaxVisibleItems(9)
        if searchable:
            self.setEditable(True)
            self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)

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

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = theme_of(self)
        side = theme.px(18)
        icons.draw(QPainter(self), "chevron-down", theme.color("muted"), self.width() - side - theme.px(12),
                   (self.height() - side) / 2, side)


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
