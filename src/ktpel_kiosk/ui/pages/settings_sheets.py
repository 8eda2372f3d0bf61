"""Inside Pengaturan, Cadangan: the key sheets in force, and making and printing a new set with a reason and a second person."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.restore import SheetsPresenter, SheetsView
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class SheetsPanel(QWidget):
    """``left`` when somebody goes back. Left what is in force, right the new set."""

    left = Signal()

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__()
        self.page, self.presenter = page, SheetsPresenter(page.session)
        self.message = NoticeBar(closable=False)
        self.message.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.message)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._in_force(), 1)
        self.make = self._new()
        both.addWidget(self.make, 1)
        box.addLayout(both, 1)

    def _in_force(self) -> Card:
        card = Card(20, 10)
        card.body.addWidget(label(word("lembar", "judul"), "strong", weight="semibold"))
        card.body.addWidget(label(word("lembar", "kalimat"), "body", tone="muted", wrap=True))
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(20)
        self.facts.setVerticalSpacing(6)
        self.facts.setColumnStretch(1, 1)
        card.body.addLayout(self.facts)
        card.body.addStretch(1)
        self.back_button = Button(word("lembar", "kembali"), key="Esc")
        self.back_button.clicked.connect(self.left)
        card.body.addLayout(row(self.back_button, None))
        return card

    def _new(self) -> Card:
        card = Card(20, 10)
        card.body.addWidget(label(word("lembar", "baru"), "strong", weight="semibold"))
        form = QWidget()
        box = QVBoxLayout(form)
        box.setContentsMargins(2, 0, 10, 0)
        box.setSpacing(10)
        box.addWidget(label(word("lembar", "baru_kalimat"), "body", tone="muted", wrap=True))
        self.reason = TextField("alasan_lembar", word("lembar", "alasan"), limit=120)
        box.addWidget(self.reason)
        self.second = SecondPerson(word("lembar", "kedua"), word("lembar", "kedua_kalimat"), stacked=True)
        self.second.entered.connect(self._make)
        box.addWidget(self.second)
        box.addStretch(1)
        card.body.addWidget(scroll(form), 1)
        self.go = Button(word("lembar", "cetak"), "primary", icon="printer")
        self.go.clicked.connect(self._make)
        card.body.addLayout(row(None, self.go))
        return card

    def open(self) -> None:
        self.message.hide()
        self.reason.set_value("")
        self.reason.say("")
        self.second.clear()
        self.make.setVisible(self.presenter.may())
        (self.reason.editor if self.presenter.may() else self.back_button).setFocus()
        self._load()

    def _load(self) -> None:
        self.page.ask_latest("lembar", self.presenter.sheets, self._show, self._failed)

    def _show(self, view: SheetsView) -> None:
        clear_layout(self.facts)
        for at, (title, words) in enumerate(view.facts):
            self.facts.addWidget(label(title, "small", tone="muted"), at, 0)
            self.facts.addWidget(label(words, "body", weight="medium", wrap=True), at, 1)

    def _make(self) -> None:
        if self.page.busy:
            return
        if not self.reason.value():
            self.reason.say(word("lembar", "alasan_dulu"), "attention")
            self.reason.editor.setFocus()
            return
        if not self.second.ready():
            return
        self.message.show_text("info", word("lembar", "jalan"))
        self.page.act(partial(self.presenter.make, self.reason.value(), self.second.values()), self._made, self._refused)

    def _made(self, number: str) -> None:
        self.reason.set_value("")
        self.reason.say("")
        self.second.clear()
        self.back_button.setFocus()
        self.message.show_text("good", word("lembar", "bagikan"), bold=word("lembar", "tercetak").format(nomor=number))
        self._load()

    def _refused(self, error: KioskError) -> None:
        self.message.hide()
        self.second.refuse(self.page.session.sentence(error))

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("trouble", self.page.session.sentence(error))

    def forget_secrets(self) -> None:
        self.second.clear()
