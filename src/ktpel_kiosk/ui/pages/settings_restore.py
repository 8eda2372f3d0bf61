"""Inside Pengaturan, Cadangan: choose a copy, rehearse it, or look into it and put it back with a reason and a second person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.restore import Opening, SheetRead
from ktpel_kiosk.ui.first_run.parts import BigChoice, ChoiceList
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.restore import CopyLine, ReportView, RestorePresenter
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.copy_key import CODE, MACHINE, SHEETS, CopyKey
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class RestoreView(QWidget):
    """``left`` when somebody goes back. Left the copies, right what is to be done with the chosen one."""

    left = Signal()

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__()
        self.page, self.presenter = page, RestorePresenter(page.session)
        self.report: ReportView | None = None
        self._opening = Opening()
        self.floors: dict[str, TextField] = {}
        self.message = NoticeBar(closable=False)
        self.message.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.message)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._choose(), 1)
        both.addWidget(self._act(), 1)
        box.addLayout(both, 1)

    def _choose(self) -> Card:
        card = Card(20, 10)
        card.body.addWidget(label(word("pulih", "pilih"), "strong", weight="semibold"))
        self.list = ChoiceList(word("pulih", "pilih"))
        self.list.chosen.connect(lambda _path: self._forget())
        holder = QWidget()
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(2, 2, 10, 2)
        inner.setSpacing(14)
        inner.addWidget(self.list)
        self.key = CopyKey((MACHINE, CODE, SHEETS), self._read, self.page.session.sentence)
        self.key.changed.connect(self._forget)
        self.key.entered.connect(self._examine)
        inner.addWidget(self.key)
        inner.addStretch(1)
        card.body.addWidget(scroll(holder), 1)
        self.back_button = Button(word("pulih", "kembali"), key="Esc")
        self.back_button.clicked.connect(self.left)
        self.drill = Button(word("pulih", "latihan"), icon="check")
        self.drill.clicked.connect(self._drill)
        self.look = Button(word("pulih", "periksa"), "primary")
        self.look.clicked.connect(self._examine)
        card.body.addLayout(row(self.back_button, None, self.drill, self.look))
        return card

    def _act(self) -> Card:
        card = Card(20, 10)
        card.body.addWidget(label(word("pulih", "judul"), "strong", weight="semibold"))
        self.hint = label(word("pulih", "petunjuk"), "body", tone="muted", wrap=True)
        card.body.addWidget(self.hint)
        self.form = QWidget()
        box = QVBoxLayout(self.form)
        box.setContentsMargins(2, 0, 10, 0)
        box.setSpacing(10)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(20)
        self.facts.setColumnStretch(1, 1)
        box.addLayout(self.facts)
        self.book = QVBoxLayout()
        box.addLayout(self.book)
        self.reason = TextField("alasan_pulih", word("pulih", "alasan"), limit=120)
        box.addWidget(self.reason)
        self.second = SecondPerson(word("pulih", "kedua"), word("pulih", "kedua_kalimat"), stacked=True)
        self.second.entered.connect(self._restore)
        box.addWidget(self.second)
        box.addStretch(1)
        card.body.addWidget(scroll(self.form), 1)
        self.go = Button(word("pulih", "pulihkan"), "danger", icon="save")
        self.go.clicked.connect(self._restore)
        card.body.addLayout(row(None, self.go))
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.message.hide()
        self.key.clear()
        self._forget()
        self.page.ask_latest("salinan", self.presenter.copies, self._fill, self._failed)

    def _fill(self, found: Sequence[CopyLine]) -> None:
        self.list.clear()
        for line in found:
            self.list.add(BigChoice(line.path, line.title, line.text, icon="save"))
        if found:
            self.list.choose(found[0].path)
        else:
            self.message.show_text("attention", word("pulih", "tiada"))
        self._forget()

    def _forget(self) -> None:
        """Another copy: what was found out about the last one does not count for it."""
        self.report = None
        self.form.hide()
        self.go.hide()
        self.hint.show()
        self.second.clear()
        chosen, may = bool(self.list.value()), self.presenter.may()
        self.drill.setEnabled(chosen)
        self.look.setEnabled(chosen and may)
        self.look.setVisible(may)

    def forget_secrets(self) -> None:
        self.key.clear()
        self.second.clear()

    # -- acts ---------------------------------------------------------------------------------------------------------

    def _read(self, typed: str, done: Callable[[SheetRead], None], failed: Callable[[KioskError], None]) -> None:
        self.page.ask(partial(self.presenter.read_sheet, typed), done, failed)

    def _drill(self) -> None:
        if not self.key.ready():
            return
        self.message.show_text("info", word("pulih", "latihan_jalan"))
        self.page.act(partial(self.presenter.drill, self.list.value(), self.key.opening()),
                      lambda text: self.message.show_text("good", text, bold=word("pulih", "latihan_baik")), self._failed)

    def _examine(self) -> None:
        if self.page.busy or not self.presenter.may() or not self.key.ready():
            return
        self._opening = self.key.opening()
        self.message.show_text("info", word("pulih", "periksa_jalan"))
        self.page.act(partial(self.presenter.examine, self.list.value(), self._opening), self._examined, self._failed)

    def _examined(self, report: ReportView) -> None:
        self.report = report
        self.message.show_text("good", word("pulih", "utuh"))
        clear_layout(self.facts)
        for at, (title, words) in enumerate(report.facts):
            self.facts.addWidget(label(title, "small", tone="muted"), at, 0)
            self.facts.addWidget(label(words, "body", weight="medium", wrap=True), at, 1)
        clear_layout(self.book)
        self.floors = {}
        for key, title, least in report.asked:
            field = self.floors[key] = TextField(f"nomor_{key}", word("pulih", "nomor_terakhir").format(seri=title), limit=8)
            field.set_value(str(least))
            self.book.addWidget(field)
        self.hint.hide()
        self.form.show()
        self.go.show()
        self.reason.set_value("")
        self.second.clear()
        self.reason.editor.setFocus()

    def _restore(self) -> None:
        if self.report is None or self.page.busy:
            return
        if not self.reason.value():
            self.reason.say(word("pulih", "alasan_dulu"), "attention")
            self.reason.editor.setFocus()
            return
        wrong = next((f for f in self.floors.values() if not f.value().isdecimal()), None)
        if wrong is not None:
            wrong.say(word("pulih", "angka"), "attention")
            wrong.editor.setFocus()
            return
        if not self.second.ready():
            return
        floors = {key: int(field.value()) for key, field in self.floors.items()}
        self.message.show_text("info", word("pulih", "jalan"))
        self.page.act(partial(self.presenter.restore, self.report, self._opening, self.reason.value(), self.second.values(), floors),
                      lambda _none: self._restored(), self._refused)

    def _restored(self) -> None:
        """Nothing is written any more: the windows close, and the folder opens with the restored register."""
        self.forget_secrets()
        self.page.shell.reopen()

    def _refused(self, error: KioskError) -> None:
        self.message.hide()
        self.second.refuse(self.page.session.sentence(error))

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("trouble", self.page.session.sentence(error))
