"""The second person: another officer's name and password on this desk, for acts that need four eyes. A panel, never a dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar


class SecondPerson(QWidget):
    """Title, one sentence, two fields and room for what went wrong.

    ``entered`` comes with Enter in the password field. The page passes :meth:`values` on to the desk and calls :meth:`refuse` or
    :meth:`clear`; the password is forgotten either way.

    Args:
        title, sentence: who has to agree with what, in the words of the page.
        stacked: fields below each other, for narrow panels.
    """

    entered = Signal()

    def __init__(self, title: str = "Petugas kedua", sentence: str = "", *, stacked: bool = False) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        self.title = label(title, "strong", weight="semibold", wrap=True)
        if not title:  # never setVisible(True) before it stands in something: it would be a window for a moment and take the focus
            self.title.hide()
        self.sentence = label(sentence, "body", tone="muted", wrap=True)
        if not sentence:
            self.sentence.hide()
        self.username = TextField("second", "Nama masuk petugas kedua", placeholder="nama masuk", limit=32)
        self.password = TextField("secret", "Kata sandi petugas kedua", secret=True, limit=128)
        self.message = NoticeBar(closable=False)
        fields = QVBoxLayout() if stacked else QHBoxLayout()
        fields.setSpacing(10 if stacked else 16)
        for field in (self.username, self.password):
            fields.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        box.addWidget(self.title)
        box.addWidget(self.sentence)
        box.addLayout(fields)
        box.addWidget(self.message)
        self.username.line.returnPressed.connect(self.password.line.setFocus)
        self.password.line.returnPressed.connect(self._enter)

    def say(self, title: str, sentence: str) -> None:
        """Other words for the same panel."""
        self.title.setText(title)
        self.sentence.setText(sentence)
        if not sentence:
            self.sentence.hide()

    def ask(self) -> None:
        """Empty fields, ready to type."""
        self.clear()
        self.username.editor.setFocus()

    def values(self) -> tuple[str, str]:
        return self.username.value(), self.password.line.text()

    def ready(self) -> bool:
        """Both are filled; otherwise the empty one is pointed at."""
        name, secret = self.values()
        self.username.say("" if name else "Isi nama masuk petugas yang ikut memeriksa.", "" if name else "attention")
        self.password.say("" if secret else "Petugas kedua mengetik kata sandinya sendiri.", "" if secret else "attention")
        if not name or not secret:
            (self.password if name else self.username).editor.setFocus()
        return bool(name and secret)

    def refuse(self, text: str) -> None:
        """The desk said no; the password is typed again."""
        self.message.show_text("attention", text)
        self.password.set_value("")
        self.password.editor.setFocus()

    def clear(self) -> None:
        for field in (self.username, self.password):
            field.set_value("")
            field.say("")
        self.message.hide()

    def _enter(self) -> None:
        if self.ready():
            self.entered.emit()
