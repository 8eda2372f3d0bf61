"""Of the dossier: what SIAK said of the application, and the panel in which an officer notes a status read there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.statuses import OTHER, PLACES, StatusPresenter, StatusView
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.explain import StatusHistory, StatusText
from ktpel_kiosk.ui.widgets.extra import Panel
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField, NoteField, TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.register import RegisterPage


class StatusBlock(QWidget):
    """The present status explained, everything said so far, and the door to the panel."""

    wanted = Signal()

    def __init__(self, page: RegisterPage) -> None:
        super().__init__()
        self.page, self.presenter = page, StatusPresenter(page.session)
        self.permohonan_id = ""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 12)
        box.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(label("Status SIAK", "strong", weight="semibold", wrap=True), 1)
        self.enter = Button("Catat status", icon="pencil")
        self.enter.clicked.connect(self.wanted)
        head.addWidget(self.enter)
        box.addLayout(head)
        self.text, self.history = StatusText(), StatusHistory()
        self.none = label("Belum ada kabar dari pusat.", "body", tone="muted", wrap=True)
        self.more = label("Riwayat", "small", weight="medium")
        for part in (self.text, self.none, self.more, self.history):
            box.addWidget(part)
        self.hide()

    def show_for(self, permohonan_id: str, sent: bool) -> None:
        """``sent``: the application came as far as the centre, or somebody said something of it already."""
        if permohonan_id != self.permohonan_id:
            self.hide()
        self.permohonan_id = permohonan_id
        self.page.ask_latest("status", partial(self.presenter.open, permohonan_id), partial(self._show, sent), lambda _e: self.hide())

    def _show(self, sent: bool, view: StatusView) -> None:
        self.text.show_status(view.now, view.since)
        self.none.setVisible(view.now is None)
        self.history.show_rows(view.history)
        self.more.setVisible(bool(view.history))
        self.enter.setVisible(view.may_enter)
        self.setVisible(sent or view.now is not None)


class StatusEntryPanel(Panel):
    """Which status, when and where it was read, and a reason where the step is unusual."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__("Catat status SIAK")
        self.page, self.presenter = page, StatusPresenter(page.session)
        self.permohonan_id = ""
        self._unusual = ""
        self.status = ChoiceField("status", "Status yang terbaca di SIAK", self.presenter.choices())
        self.other = TextField("lain", "Tulis seperti di SIAK", limit=60, upper=True)
        self.text = StatusText()
        self.warning = NoticeBar(closable=False)
        self.on, self.clock = DateField("tanggal", "Tanggal terbaca"), TextField("jam", "Jam", placeholder="09.15", limit=5)
        self.where = ChoiceField("tempat", "Dibaca di", [(p, p) for p in PLACES], empty="")
        self.reason = NoteField("alasan", "Alasan atau catatan", lines=2)
        when = QHBoxLayout()
        when.setSpacing(12)
        when.addWidget(self.on, 3)
        when.addWidget(self.clock, 2)
        what, how = QVBoxLayout(), QVBoxLayout()
        for column in (what, how):
            column.setSpacing(12)
        left: tuple[QWidget, ...] = (self.status, self.other, self.warning, self.text)
        for part in left:
            what.addWidget(part)
        what.addStretch(1)
        how.addLayout(when)
        how.addWidget(self.where)
        how.addWidget(self.reason)
        how.addWidget(label("Tersimpan dengan nama Anda. Kabar pusat yang lebih lama tidak mengubahnya lagi.", "small", tone="muted",
                            wrap=True))
        how.addStretch(1)
        inner = QWidget()
        both = QHBoxLayout(inner)
        both.setContentsMargins(0, 0, 10, 0)
        both.setSpacing(32)
        both.addLayout(what, 1)
        both.addLayout(how, 1)
        self.form.addWidget(scroll(inner), 1)
        self.go_button = Button("Simpan status", "primary", icon="check", key="F9")
        self.go_button.clicked.connect(self._save)
        self.form.addWidget(self.go_button, 0, Qt.AlignmentFlag.AlignRight)
        self.status.changed.connect(self._chosen)
        self.other.changed.connect(self._chosen)
        for field in (self.on, self.clock, self.reason):
            field.changed.connect(self.ready)

    def begin(self, permohonan_id: str) -> None:
        self.permohonan_id = permohonan_id
        on, clock = self.presenter.today_text()
        for field, value in ((self.status, ""), (self.other, ""), (self.on, on), (self.clock, clock), (self.where, PLACES[0]),
                             (self.reason, "")):
            field.set_value(value)
        self._chosen()
        self.status.box.setFocus()

    def _chosen(self) -> None:
        choice, other = self.status.value(), self.other.value()
        self.other.setVisible(choice == OTHER)
        self.text.show_status(self.presenter.explain(choice, other) if choice else None)
        self._warn("")
        if choice:
            self.page.ask_latest("unusual", partial(self.presenter.warning, self.permohonan_id, choice, other), self._warn)

    def _warn(self, text: str) -> None:
        self._unusual = text
        if text:
            self.warning.show_text("attention", text)
        else:
            self.warning.hide()
        self.ready()

    def ready(self) -> None:
        problems = self.presenter.problems(self.status.value(), self.other.value(), self.on.value(), self.clock.value())
        for field in (self.on, self.clock):
            problem = problems.get(field.name, "") if field.value() else ""
            field.say(problem, "attention" if problem else "")
        able = not problems and (not self._unusual or bool(self.reason.value()))
        self.go_button.setEnabled(able and not self.page.busy)

    def _save(self) -> None:
        values = (self.permohonan_id, self.status.value(), self.other.value(), self.on.value(), self.clock.value(), self.where.value(),
                  self.reason.value())
        self.page.act(lambda: self.presenter.enter(*values), self._saved)

    def _saved(self, text: str) -> None:
        self.page.shell.tell("good", text, bold="Status tercatat.")
        self.closed.emit()
        self.page.refresh()
