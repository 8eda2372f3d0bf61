"""Panels beside the work for decisions that need a reason: papers back, refusal, a superior's consent; and why work is put off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import Panel, Tick
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.menu import Entry, Menu, open_menu
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.words import word

PAUSES: tuple[str, ...] = ("ditunda", "jaringan", "listrik", "perangkat", "pemohon_tidak_hadir", "libur")
"""What an officer may give as the reason; the other pauses come from the desk itself."""


def pause_menu(button: QWidget, choose: Callable[[str], None]) -> Menu | None:
    """Open the choice of reasons at ``button``; ``choose`` gets the code."""
    texts = {reason: word("jeda", reason) for reason in PAUSES}
    return open_menu(button, "Alasan menunda", [Entry(t[:1].upper() + t[1:], partial(choose, reason)) for reason, t in texts.items()])


class ReasonPanel(Panel):
    """Reasons as chips, the papers still wanted as ticks, a note for the applicant, one button.

    ``decided`` carries the chosen reasons, the codes of wanted papers, and the note.
    """

    decided = Signal(tuple, frozenset, str)

    def __init__(self, title: str, action: str, reasons: Sequence[str], *, note: str = "Catatan untuk pemohon",
                 placeholder: str = "Apa yang harus dibawa atau dibetulkan", many: bool = True, need_note: bool = False) -> None:
        super().__init__(title)
        self._need_note = need_note
        self._wanted: dict[str, Tick] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(not many)
        inner = QWidget()
        room = QVBoxLayout(inner)
        room.setContentsMargins(0, 0, 6, 0)
        room.setSpacing(12)
        chips = QWidget()
        flow = Flow(8)
        chips.setLayout(flow)
        self.reasons: list[ChoiceChip] = []
        for reason in reasons:
            chip = ChoiceChip(word("kembali", reason), reason)
            chip.toggled.connect(lambda _on: self._changed())
            self._group.addButton(chip)
            self.reasons.append(chip)
            flow.addWidget(chip)
        self._papers_title = label("Berkas yang masih kurang atau salah", "small", weight="medium")
        room.addWidget(chips)  # a reason must be given: it stands where nobody has to look for it
        room.addWidget(self._papers_title)
        self._papers = QVBoxLayout()
        self._papers.setSpacing(0)
        room.addLayout(self._papers)
        room.addStretch(1)
        from ktpel_kiosk.ui.pages.base import scroll
        self.form.addWidget(scroll(inner), 1)
        self.note = NoteField("note", note, placeholder=placeholder, lines=2)
        self.note.changed.connect(self._changed)
        self.form.addWidget(self.note)
        line = QHBoxLayout()
        self.cancel = Button("Batal")
        self.cancel.clicked.connect(self.closed)
        self.confirm = Button(action, "danger", icon="undo-2", key="F9")
        self.confirm.clicked.connect(self._decide)
        line.addWidget(self.cancel)
        line.addStretch(1)
        line.addWidget(self.confirm)
        self.form.addLayout(line)

    def ask(self, chosen: Sequence[str] = (), papers: Sequence[tuple[str, str, bool]] = ()) -> None:
        """Begin anew. ``papers``: (code, text, wanted) lines; none hides them."""
        for chip in self.reasons:
            chip.setChecked(chip.value in chosen)
        self.note.set_value("")
        clear_layout(self._papers)
        self._wanted = {}
        for code, text, wanted in papers:
            tick = Tick(text)
            tick.setChecked(wanted)
            tick.toggled.connect(self._paper_wanted)
            self._papers.addWidget(tick)
            self._wanted[code] = tick
        self._papers_title.setVisible(bool(papers))
        self._changed()
        (self.reasons[0] if self.reasons else self.note.editor).setFocus()

    def _paper_wanted(self, on: bool) -> None:
        """A missing paper is a reason by itself."""
        if on and not self.chosen():
            for chip in self.reasons:
                chip.setChecked(chip.value == "berkas_tidak_lengkap")

    def chosen(self) -> tuple[str, ...]:
        return tuple(str(c.value) for c in self.reasons if c.isChecked())

    def _changed(self) -> None:
        self.confirm.setEnabled((bool(self.chosen()) or not self.reasons) and (bool(self.note.value()) or not self._need_note))

    def _decide(self) -> None:
        wanted = frozenset(code for code, tick in self._wanted.items() if tick.isChecked())
        self.decided.emit(self.chosen(), wanted, self.note.value())


class SuperiorPanel(Panel):
    """A superior answers for an exception: the reason in writing and the own password. ``decided``: reason, username, password."""

    decided = Signal(str, str, str)

    def __init__(self) -> None:
        super().__init__("Izin atasan")
        self.text = label("", "body", tone="attention", wrap=True)
        inner = QWidget()
        room = QVBoxLayout(inner)
        room.setContentsMargins(0, 0, 6, 0)
        room.setSpacing(14)
        room.addWidget(self.text)
        self.reason = NoteField("reason", "Alasan", placeholder="Mengapa tetap diterima; dicatat bersama nama atasan", lines=2)
        self.reason.changed.connect(self._changed)
        room.addWidget(self.reason)
        self.second = SecondPerson("Disetujui oleh", stacked=True)
        self.second.username.changed.connect(self._changed)
        self.second.entered.connect(self._decide)
        room.addWidget(self.second)
        room.addStretch(1)
        from ktpel_kiosk.ui.pages.base import scroll
        self.form.addWidget(scroll(inner), 1)
        line = QHBoxLayout()
        cancel = Button("Batal")
        cancel.clicked.connect(self.closed)
        self.confirm = Button("Terima dengan izin", "primary", icon="shield-check", key="F9")
        self.confirm.clicked.connect(self._decide)
        line.addWidget(cancel)
        line.addStretch(1)
        line.addWidget(self.confirm)
        self.form.addLayout(line)
        self._own = False

    def ask(self, sentence: str, who: str, *, own: bool) -> None:
        """``who``: names of those who may; ``own``: the officer at the desk is one of them and needs no second password."""
        self._own = own
        self.text.setText(sentence)
        self.reason.set_value("")
        self.second.clear()
        self.second.say("Disetujui oleh", f"Yang berwenang: {who}.")
        self.second.setVisible(not own)
        self._changed()
        self.reason.editor.setFocus()

    def _changed(self) -> None:
        self.confirm.setEnabled(bool(self.reason.value()) and (self._own or bool(self.second.username.value())))

    def _decide(self) -> None:
        if self.confirm.isEnabled():
            name, secret = ("", "") if self._own else (self.second.username.value(), self.second.password.line.text())
            self.decided.emit(self.reason.value(), name, secret)
