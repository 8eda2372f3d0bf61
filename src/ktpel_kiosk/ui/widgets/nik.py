"""The NIK field: sixteen digits shown 6-6-4 while they are typed, pasted or scanned; masked for those who may not see it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from ktpel_kiosk.domain.text import mask_nik
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import text_width
from ktpel_kiosk.ui.widgets.field import Field
from ktpel_kiosk.ui.widgets.nik_model import GAP, LENGTH, History, NikState, digits_before, group_nik, nik_digits, shown_at

K = Qt.Key
COMMAND = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class NikEdit(QLineEdit):
    """Sixteen digits shown 6-6-4. Pasting text around the number keeps only its digits; typing a letter does nothing.

    Every edit goes through :class:`NikState`, which knows no gaps; so caret, selection, deletion and undo behave as in a plain field.
    """

    digits_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("big", "true")
        self.setMaxLength(200)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.setPlaceholderText("16 angka")
        self.textEdited.connect(self._edited_elsewhere)
        self.cursorPositionChanged.connect(self._keep_off_the_gap)
        self._digits = ""
        self._masked = False
        self._history = History()

    def digits(self) -> str:
        return self._digits

    def set_digits(self, text: str) -> None:
        """Show a NIK from elsewhere; what was typed before cannot be undone any more."""
        digits = nik_digits(text)[:LENGTH]
        self._history.clear()
        self._show(NikState.at(digits, len(digits)))

    def set_masked(self, on: bool) -> None:
        """Show ``350805  ••••••  0001``, read-only and not to be copied, to whoever may not see the birth date in it."""
        self._masked = on
        self.setReadOnly(on)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu if on else Qt.ContextMenuPolicy.DefaultContextMenu)
        self._show(NikState.at(self._digits, len(self._digits)))

    # -- state --------------------------------------------------------------------------------------------------------

    def state(self) -> NikState:
        """Digits, caret and selection in digits."""
        text = self.text()
        caret = digits_before(text, self.cursorPosition())
        if not self.hasSelectedText():
            return NikState.at(self._digits, caret)
        start, end = digits_before(text, self.selectionStart()), digits_before(text, self.selectionEnd())
        at_end = self.cursorPosition() == self.selectionEnd()
        return NikState(self._digits, end, start) if at_end else NikState(self._digits, start, end)

    def _change(self, before: NikState, after: NikState) -> None:
        if after.digits != before.digits:
            self._history.note(before, after)
        self._show(after)

    def _show(self, state: NikState) -> None:
        text = GAP.join((state.digits[:6], mask_nik(state.digits)[6:12], state.digits[12:])) \
            if self._masked and len(state.digits) == LENGTH else "•" * len(state.digits) if self._masked else group_nik(state.digits)
        if text != self.text():
            self.setText(text)
        if state.caret == state.anchor or self._masked:
            self.setCursorPosition(shown_at(state.caret))
        else:
            self.setSelection(shown_at(state.anchor), shown_at(state.caret) - shown_at(state.anchor))
        if state.digits != self._digits:
            self._digits = state.digits
            self.digits_changed.emit(state.digits)

    def _edited_elsewhere(self, text: str) -> None:
        """The text was changed past our keys (dropped, middle button): its digits are taken as they stand now."""
        before = NikState.at(self._digits, min(len(self._digits), LENGTH))
        caret = min(digits_before(text, self.cursorPosition()), LENGTH)
        self._change(before, NikState.at(nik_digits(text)[:LENGTH], caret))

    def _keep_off_the_gap(self, _old: int, new: int) -> None:
        if not self.hasSelectedText() and not self._masked and new in (7, 15) and self.text()[new - 1:new + 1] == GAP:
            self.setCursorPosition(new + 1)

    # -- keys and clipboard -------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._masked and (event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.Cut)):
            return
        if self._masked or not self._edit(event):
            super().keyPressEvent(event)

    def _edit(self, event: QKeyEvent) -> bool:
        """Do what the key means for the digits; False: nothing of ours."""
        now, key = self.state(), event.key()
        command, shift = bool(event.modifiers() & COMMAND), bool(event.modifiers() & SHIFT)
        if event.matches(QKeySequence.StandardKey.Undo):
            self._show(self._history.undo(now))
        elif event.matches(QKeySequence.StandardKey.Redo) or (command and key == K.Key_Y):
            self._show(self._history.redo(now))
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.Cut):
            self.cut()
        elif key in (K.Key_Backspace, K.Key_Delete):
            self._change(now, now.delete(forward=key == K.Key_Delete, group=command))
        elif key in (K.Key_Left, K.Key_Right):
            self._show(now.move(1 if key == K.Key_Right else -1, keep=shift, group=command))
        elif event.text() and event.text().isprintable() and not command:
            self._change(now, now.insert(event.text()))
        else:
            return False
        event.accept()
        return True

    def paste(self) -> None:
        """The digits of the clipboard; a whole NIK among other words takes the place of everything."""
        now = self.state()
        self._change(now, now.insert(QGuiApplication.clipboard().text()[:500]))

    def copy(self) -> None:
        """The digits alone; nothing of a masked one."""
        start, end = self.state().selected
        if start != end and not self._masked:
            QGuiApplication.clipboard().setText(self._digits[start:end])

    def cut(self) -> None:
        now = self.state()
        if now.caret != now.anchor and not self._masked:
            self.copy()
            self._change(now, now.delete())

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        if event.commitString() and not self._masked:
            now = self.state()
            self._change(now, now.insert(event.commitString()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo):
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The digits still to come are drawn as dots in their groups."""
        super().paintEvent(event)
        if not self._digits or len(self._digits) == LENGTH or self._masked:
            return
        theme = theme_of(self)
        shown = self.text()
        rest = group_nik(self._digits + "0" * (LENGTH - len(self._digits)))[len(shown):].replace("0", "·")
        left = theme.px(13) + 3 + text_width(self.font(), shown)
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(theme.color("faint"))
        painter.drawText(QRectF(left, 0, self.width() - left - theme.px(8), self.height()), Qt.AlignmentFlag.AlignVCenter, rest)


class NikField(Field):
    """The NIK with its live message; a screen reader hears the digits in their groups."""

    def __init__(self, name: str = "nik", title: str = "NIK") -> None:
        self.edit = NikEdit()
        super().__init__(name, title, self.edit)
        self.edit.digits_changed.connect(self._typed)

    def _typed(self, _digits: str) -> None:
        self._describe()
        self.changed.emit()

    def set_masked(self, on: bool) -> None:
        """As :meth:`NikEdit.set_masked`; the screen reader is not told either."""
        self.edit.set_masked(on)
        self._describe()

    def _describe(self) -> None:
        groups = [" ".join(g) for g in group_nik(self.edit.digits()).split()]
        left = LENGTH - len(self.edit.digits())
        count = f"{left} angka lagi" if groups and left else ""
        spoken = ", ".join(groups) if not self.edit.isReadOnly() else ""
        said = self.message()
        self.edit.setAccessibleDescription(". ".join(p for p in (spoken, count if count not in said else "", said) if p))

    def value(self) -> str:
        return self.edit.digits()

    def set_value(self, value: object) -> None:
        self.edit.set_digits(str(value or ""))
