"""The base of form fields: label above, editor, one line of message below; a line of text."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QVBoxLayout, QWidget

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
        self.origin = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(editor)
        layout.addWidget(self._message)
        layout.addStretch(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    @property
    def title(self) -> str:
        """The words of the label."""
        return self._title_text

    def retitle(self, title: str) -> None:
        """Other words for the label."""
        if title != self._title_text:
            self._title_text = title
            self._title.setText(f"{title} · {self.origin}" if self.origin else title)
            self.editor.setAccessibleName(title)

    def say(self, text: str, state: str = "") -> None:
        """Show one line under the field: ``good``, ``attention``, ``trouble`` or plain."""
        self._message.setText(MARKS.get(state, "") + text if text else "")
        set_tone(self._message, state or "muted")
        self._message.setVisible(bool(text))
        set_state(self.editor, state)
        self._describe()

    def message(self) -> str:
        return self._message.text() if not self._message.isHidden() else ""

    def mark(self, origin: str) -> None:
        """Say beside the label where the value came from (``daftar penduduk``); empty takes it away."""
        if origin != self.origin:
            self.origin = origin
            self._title.setText(f"{self._title_text} · {origin}" if origin else self._title_text)
            set_tone(self._title, "accent" if origin else "")
            self._describe()

    def _describe(self) -> None:
        """What a screen reader says after the name: where the value is from, then the message."""
        self.editor.setAccessibleDescription(". ".join(p for p in (self.origin[:1].upper() + self.origin[1:], self.message()) if p))

    def value(self) -> str:
        raise NotImplementedError  # pragma: no cover - every subclass gives one

    def set_value(self, value: object) -> None:
        raise NotImplementedError  # pragma: no cover


COMES_BACK = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)
"""The keyboard goes for a moment and typing goes on where it was."""


class LineEdit(QLineEdit):
    """Shows its beginning while somebody types elsewhere: of a long name the end alone says little. Typing goes on where it was."""

    _left_at: tuple[int, int] | None = None
    """Hash of the text, as nothing of a person is to outlive the form, and the cursor's place."""

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in COMES_BACK:
            self._left_at = hash(self.text()), self.cursorPosition()
            self.setCursorPosition(0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._left_at is not None and self._left_at[0] == hash(self.text()) and not self.hasSelectedText():
            self.setCursorPosition(self._left_at[1])  # a finger or the mouse says another place after this
        self._left_at = None


class TextField(Field):
    """One line of text; ``upper`` writes capitals as the KTP-el does."""

    def __init__(self, name: str, title: str, *, placeholder: str = "", upper: bool = False, limit: int = 120,
                 secret: bool = False, line: QLineEdit | None = None) -> None:
        self.line = line if line is not None else QLineEdit() if secret else LineEdit()
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
        self.line.setCursorPosition(0)  # a long one shows its beginning
