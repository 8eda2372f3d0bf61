"""What opens a copy, typed or scanned: the recovery code, key sheets, or nothing where this machine's own key does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QScrollArea, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.restore import Opening, SheetRead
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import chosen_value
from ktpel_kiosk.ui.widgets.fields import NoteField, TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.words import word

MACHINE, CODE, SHEETS = "komputer", "kode", "lembar"
WORDS = 21
"""On a sheet: only when all are there is it worth a look."""
QR = "KTPEL-KUNCI:"
QR_LENGTH = len(QR) + 42
FIRST, MOST = 2, 9

Read = Callable[[str, Callable[[SheetRead], None], Callable[[KioskError], None]], None]


class CopyKey(QWidget):
    """Chips for the ways there are, the fields of the chosen one below. ``changed``: what was read with it counts no more.

    Args:
        ways: of ``komputer``, ``kode``, ``lembar``; the first is chosen.
        read: asks on a worker what a sheet's text is, and answers in the GUI thread.
        sentence: an error in words.
    """

    changed = Signal()
    entered = Signal()

    def __init__(self, ways: Sequence[str], read: Read, sentence: Callable[[KioskError], str]) -> None:
        super().__init__()
        self._read, self._sentence = read, sentence
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        self.title = label(word("kunci_salinan", "judul"), "small", weight="medium")
        box.addWidget(self.title)
        self.ways = QButtonGroup(self)
        line = QWidget()
        flow = Flow(8)
        line.setLayout(flow)
        for way in ways:
            chip = ChoiceChip(word("kunci_salinan", way), way)
            chip.setAccessibleName(f"{self.title.text()}: {chip.text()}")
            chip.setChecked(way == ways[0])
            chip.clicked.connect(lambda _on=False: self._chosen())
            self.ways.addButton(chip)
            flow.addWidget(chip)
        box.addWidget(line)
        self.note = label("", "small", tone="muted", wrap=True)
        box.addWidget(self.note)
        self.code = TextField("kode_pulih", word("kunci_salinan", "kode_judul"), placeholder="ABCDE-FGHJK-…", upper=True, limit=40)
        self.code.line.returnPressed.connect(self.entered)
        self.code.changed.connect(self.changed)
        box.addWidget(self.code)
        self.sheets = QWidget()
        self._rows = QVBoxLayout(self.sheets)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(10)
        self.fields: list[NoteField] = []
        self.more = Button(word("kunci_salinan", "lagi"), "link", icon="plus")
        self.more.clicked.connect(self._add)
        self._rows.addWidget(self.more)
        for _ in range(FIRST):
            self._add()
        box.addWidget(self.sheets)
        self._show()

    @property
    def way(self) -> str:
        return chosen_value(self.ways)

    def opening(self) -> Opening:
        if self.way == CODE:
            return Opening(code=self.code.value())
        if self.way == SHEETS:
            return Opening(sheets=tuple(f.value() for f in self.fields if f.value()))
        return Opening()

    def ready(self) -> bool:
        """Whether there is something to try; else the empty field is pointed at."""
        if self.way == CODE and not self.code.value():
            self.code.say(word("kunci_salinan", "kode_dulu"), "attention")
            self.code.editor.setFocus()
            return False
        empty = next((f for f in self.fields[:FIRST] if not f.value()), None)
        if self.way == SHEETS and empty is not None:
            empty.say(word("kunci_salinan", "lembar_dulu"), "attention")
            empty.editor.setFocus()
            return False
        return True

    def clear(self) -> None:
        """Nothing secret stays on the screen."""
        self.code.set_value("")
        self.code.say("")
        for field in self.fields:
            field.set_value("")
            field.say("")

    def focus(self) -> None:
        if self.way == CODE:
            self.code.editor.setFocus()
        elif self.way == SHEETS:
            self.fields[0].editor.setFocus()

    def scanned(self, code: str) -> bool:
        """A sheet's QR came from a scanner: into the first empty field, the way of the sheets with it."""
        if not code.startswith(QR) or not any(b.value == SHEETS for b in self.ways.buttons()):  # type: ignore[attr-defined]
            return False
        if self.way != SHEETS:
            next(b for b in self.ways.buttons() if b.value == SHEETS).click()  # type: ignore[attr-defined]
        if all(f.value() for f in self.fields):
            self._add()
        next((f for f in self.fields if not f.value()), self.fields[-1]).set_value(code)
        return True

    def _chosen(self) -> None:
        self.clear()
        self._show()
        self.focus()
        self.changed.emit()
        QTimer.singleShot(0, self, self._into_view)

    def _into_view(self) -> None:
        """In a list that scrolls the fields may lie below what is seen."""
        holder = self.parentWidget()
        while holder is not None and not isinstance(holder, QScrollArea):
            holder = holder.parentWidget()
        if holder is not None:
            shown = self.fields[0] if self.way == SHEETS else self.code if self.way == CODE else self.note
            holder.ensureWidgetVisible(shown, 0, 12)

    def _show(self) -> None:
        self.note.setText(word("kunci_salinan", f"{self.way}_kalimat"))
        self.code.setVisible(self.way == CODE)
        self.sheets.setVisible(self.way == SHEETS)

    def _add(self) -> None:
        number = len(self.fields) + 1
        field = NoteField(f"lembar_{number}", word("kunci_salinan", "lembar_ke").format(nomor=number), lines=3)
        field.changed.connect(partial(self._typed, field))
        self.fields.append(field)
        self._rows.insertWidget(number - 1, field)
        self.more.setVisible(number < MOST)

    def _typed(self, field: NoteField) -> None:
        self.changed.emit()
        text = field.value()
        field.say("")
        if len(text.split()) < WORDS and not (text.upper().startswith(QR) and len(text) >= QR_LENGTH):
            return

        def still(tell: Callable[[], None]) -> None:
            if field.value() == text:
                tell()

        self._read(text, lambda found: still(lambda: self._is_read(field, found)),
                   lambda error: still(lambda: field.say(self._sentence(error), "trouble")))

    def _is_read(self, field: NoteField, found: SheetRead) -> None:
        field.say(word("kunci_salinan", "terbaca").format(nomor=found.number, set=f"{found.set_id:05d}"), "good")
        while found.needed > len(self.fields):
            self._add()
        following = next((f for f in self.fields[:found.needed] if not f.value()), None)
        if following is not None and field.editor.hasFocus():
            following.editor.setFocus()
