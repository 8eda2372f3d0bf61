"""The section on top of Cetak that asks about cards whose outcome is not known, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from ktpel_kiosk.ui.presenters.unsettled import ANSWERS, Question
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.second import SecondPerson

SECOND: dict[bool, tuple[str, str]] = {
    True: ("Petugas kedua melihat kartunya", "Kartu rusak hanya tercatat bila petugas lain ikut memeriksa."),
    False: ("Petugas kedua melihat blangkonya", "Printer melaporkan lain, jadi blangko kembali ke stok bila petugas lain ikut melihat."),
}
"""By whether the card counts as spoiled: title and sentence."""


class UnsettledSection(Card):
    """Hidden while there is no question. ``answered(job_id, verdict)``; a spoiled card asks for the second person first."""

    answered = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(20, 10)
        self.fill, self.line = "attention_soft", ""
        self.questions: tuple[Question, ...] = ()
        self._asked = ""
        self.count = Chip("", "attention", icon="triangle-alert")
        self.title = label("", "strong", weight="semibold", wrap=True)
        self.text = label("", "body", wrap=True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addLayout(column(self.count, self.title, self.text, spacing=4), 1)
        line.addLayout(self._buttons)
        self.body.addLayout(line)
        self.second = SecondPerson(*SECOND[True])
        self._verdict = "spoiled"
        self.second.entered.connect(lambda: self._answer(self._verdict))
        self.second.hide()
        self.body.addWidget(self.second)
        self.hide()

    def set_questions(self, questions: Sequence[Question], *, enabled: bool = True) -> None:
        self.questions = tuple(questions)
        clear_layout(self._buttons)
        self.setVisible(bool(questions))
        if not questions or self.questions[0].job_id != self._asked:
            self._asked = questions[0].job_id if questions else ""
            self.second.clear()
            self.second.hide()
        if not questions:
            return
        first = questions[0]
        more = f", {len(questions) - 1} lagi sesudah ini" if len(questions) > 1 else ""
        self.count.set(f"Hasil belum pasti{more}", "attention", "triangle-alert")
        self.title.setText(first.title)
        self.text.setText(first.text)
        self.setAccessibleName(f"Hasil belum pasti: {first.title}. {first.text}")
        for verdict in first.answers:
            button = Button(ANSWERS[verdict], "danger" if verdict == "spoiled" else "secondary")
            button.setEnabled(enabled)
            button.clicked.connect(lambda _on=False, verdict=verdict: self._answer(verdict))
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def _answer(self, verdict: str) -> None:
        if not self.questions:
            return
        needed = verdict in self.questions[0].second
        if needed and (self.second.isHidden() or verdict != self._verdict):
            self._verdict = verdict
            self.second.say(*SECOND[verdict == "spoiled"])
            self.second.show()
            self.second.ask()
            return
        if not needed or self.second.ready():
            self.answered.emit(self.questions[0].job_id, verdict)
