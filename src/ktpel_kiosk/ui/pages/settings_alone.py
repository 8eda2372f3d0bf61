"""Section of Pengaturan: how long officers may sign in without the centre, what is left of it, and one more time with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.settings_capture import Number
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.alone import AlonePresenter, AloneView
from ktpel_kiosk.ui.widgets.base import Card, label, set_state
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Stat
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class AloneSection(Section):
    """What is left beside the way to more: the line first, the courier's disk next, an extension last."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = AlonePresenter(page.session)
        self.frame.addWidget(label(word("masuk_pusat_layar", "mengapa"), "body", tone="muted", wrap=True))
        self.left = Stat()
        self.state = NoticeBar(closable=False)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self.left, 2)
        top.addWidget(self.state, 5)
        self.frame.addLayout(top)
        self.message = NoticeBar(closable=False)
        self.message.hide()
        self.frame.addWidget(self.message)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._extend(), 6)
        both.addWidget(self._time(), 5)
        self.frame.addLayout(both)
        self.frame.addStretch(1)

    def _extend(self) -> Card:
        card = Card(24, 12)
        card.body.addWidget(label("Perpanjang", "strong", weight="semibold"))
        card.body.addWidget(label(word("masuk_pusat_layar", "perpanjang"), "small", tone="muted", wrap=True))
        self.reason = NoteField("alasan", "Alasan", placeholder=word("masuk_pusat_layar", "contoh"))
        self.reason.changed.connect(self._fit)
        card.body.addWidget(self.reason)
        self.last = label("", "small", tone="muted", wrap=True)
        card.body.addWidget(self.last)
        card.body.addStretch(1)
        self.primary = self.go = Button("Perpanjang", "primary", icon="calendar", key="F9")
        self.go.clicked.connect(self._go)
        card.body.addWidget(self.go, 0, Qt.AlignmentFlag.AlignRight)
        return card

    def _time(self) -> Card:
        card = Card(24, 12)
        card.body.addWidget(label("Lama tanpa pusat", "strong", weight="semibold"))
        card.body.addWidget(label(word("masuk_pusat_layar", "lama"), "small", tone="muted", wrap=True))
        self.days = Number("Lama masuk tanpa pusat, hari", digits=3)
        self.days.textEdited.connect(lambda _text: self._touched())
        self.save = Button("Simpan", icon="save")
        self.save.setEnabled(False)
        self.save.clicked.connect(self._save)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(label("Paling lama", "body", weight="medium"))
        line.addWidget(self.days)
        line.addWidget(label("hari", "body"), 1)
        line.addWidget(self.save)
        card.body.addLayout(line)
        card.body.addStretch(1)
        return card

    # -- showing --------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self.message.hide()
        self.refresh()
        if self.presenter.may_extend():
            self.reason.editor.setFocus()

    def refresh(self) -> None:
        self.page.ask_latest("masuk", self.presenter.load, self._show)

    def _show(self, view: AloneView) -> None:
        self.left.show_figure("Sisa waktu", view.value, "", view.tone)
        self.state.show_text("info" if view.tone == "good" else view.tone, view.sentence)
        self.last.setText(view.last)
        self.last.setVisible(bool(view.last))
        if not self.save.isEnabled():
            self.days.setText(view.days)
        self.days.setEnabled(self.presenter.may_set())
        self.reason.setEnabled(self.presenter.may_extend())
        self._fit()

    def _fit(self) -> None:
        self.go.setEnabled(self.presenter.may_extend() and bool(self.reason.value()))

    # -- acting ---------------------------------------------------------------------------------------------------------

    def _go(self) -> None:
        text = self.reason.value()
        self.page.act(lambda: self.presenter.extend(text), self._extended, self._refused)

    def _extended(self, view: AloneView) -> None:
        self.message.hide()
        self.reason.set_value("")
        self._show(view)
        self.page.shell.tell("good", f"Petugas dapat masuk {view.value} lagi tanpa pusat.", bold="Diperpanjang.")

    def _touched(self) -> None:
        set_state(self.days, "")
        self.save.setEnabled(True)

    def _save(self) -> None:
        text = self.days.text()
        self.page.act(lambda: self.presenter.set_days(text), self._saved, self._not_saved)

    def _saved(self, view: AloneView) -> None:
        self.save.setEnabled(False)
        self.message.hide()
        self._show(view)
        self.page.shell.tell("good", f"Paling lama {view.days} hari tanpa pusat.", bold="Tersimpan.")

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))

    def _not_saved(self, error: KioskError) -> None:
        set_state(self.days, "attention")
        self._refused(error)
        self.days.setFocus()
