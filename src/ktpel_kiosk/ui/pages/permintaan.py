"""Permintaan data, beside the complaints: what the owners of data ask for, its 3 x 24 hours, the next step, the copy of the data."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.permintaan import MAX_NAME
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.pengaduan_parts import SELECT, Rail, tall
from ktpel_kiosk.ui.presenters.requests import KINDS, PROOFS, RequestRow, RequestsPresenter, RequestView
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Panel
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NikField, NoteField, TextField
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaduan import PengaduanPage

ANSWER = "Jawaban (dibaca peminta)"


class RequestsView(QWidget):
    """List by deadline; beside it one request, or the form for a new one."""

    def __init__(self, page: PengaduanPage) -> None:
        super().__init__()
        self.page = page
        self.presenter = RequestsPresenter(page.session)
        self.new_button = Button("Permintaan baru", icon="plus", key="F2")
        self.new_button.clicked.connect(self.begin)
        head = QHBoxLayout()
        head.addWidget(label("Permintaan pemilik data", "title", weight="bold"), 1)
        head.addWidget(self.new_button)
        self.rows = GrowingRows("Permintaan pemilik data", ("No.", "Diterima", "Peminta", "Permintaan", "Status", "Waktu"),
                                (64, 90, 130, 170, 120, 120), (0, 0, 2, 2, 0, 0))
        self.rows.selectionModel().currentRowChanged.connect(lambda *_: self._open_current())
        self.empty = EmptyState("mail", "Tidak ada permintaan", "Akses, perbaikan, penghentian, atau keberatan dicatat dengan F2. Waktu "
                                "jawabnya 3 x 24 jam, termasuk malam dan hari libur.")
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        card.body.addWidget(self.rows, 1)
        card.body.addWidget(self.empty, 1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(card, 5)
        self.pane, self.form = RequestPane(self), NewRequest(self)
        for panel in (self.pane, self.form):
            panel.hide()
            both.addWidget(panel, 4)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(head)
        box.addLayout(both, 1)
        self._wanted = ""

    @property
    def primary(self) -> Button | None:
        return self.form.go_button if not self.form.isHidden() else self.pane.go_button if not self.pane.isHidden() else None

    def reload(self, wanted: str = "") -> None:
        self._wanted = wanted or self._wanted
        self.page.ask_latest("permintaan", self.presenter.load, self._show, self.page.refused)

    def _show(self, found: tuple[RequestRow, ...]) -> None:
        self.rows.set_rows([TableRow(r.id, (Cell(r.number, bold=True), Cell(r.received), Cell(r.person, bold=True), Cell(r.kind),
                                            Cell(r.status), Cell(r.due, tone=r.due_tone))) for r in found])
        self.rows.setVisible(bool(found))
        self.empty.setVisible(not found)
        wanted, self._wanted = self._wanted, ""
        if not self.rows.choose(wanted) and not self.rows.current_key():
            self.rows.choose_first()
        self._open_current()

    def _open_current(self) -> None:
        key = self.rows.current_key()
        if not self.form.isHidden():
            return
        if key:
            self.page.ask_latest("satu-permintaan", partial(self.presenter.open, key), self.show_view)
        else:
            self.pane.hide()

    def show_view(self, view: RequestView) -> None:
        if self.form.isHidden():
            self.pane.show()
            self.pane.show_view(view)
            self._arrange()

    def _arrange(self) -> None:
        beside = not self.pane.isHidden() or not self.form.isHidden()
        self.rows.hide_columns((1, 4) if beside else ())
        self.page.primary = self.primary

    # -- acting ---------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        if self.presenter.may("receive_subject_request"):
            self.pane.hide()
            self.form.show()
            self._arrange()
            self.form.nik.editor.setFocus()

    def end_form(self) -> None:
        self.form.hide()
        self._arrange()
        self._open_current()
        self.rows.setFocus()

    def receive(self, form: dict[str, str]) -> None:
        self.page.act(lambda: self.presenter.receive(form), self._received, self.form.refused)

    def _received(self, view: RequestView) -> None:
        self.form.clear()
        self.form.hide()
        self.page.shell.tell("good", f"Dijawab paling lambat {dict(view.facts)['Dijawab paling lambat']}.", bold=f"{view.number} tercatat.")
        self.reload(view.id)

    def go(self, view: RequestView, to: str, note: str) -> None:
        self.page.act(lambda: self.presenter.move(view, to, note), self._changed, self.pane.refused)

    def prove(self, view: RequestView, how: str) -> None:
        self.page.act(lambda: self.presenter.prove(view, how), self._changed, self.pane.refused)

    def _changed(self, view: RequestView) -> None:
        self.pane.note.set_value("")
        self.pane.message.hide()
        self.show_view(view)
        self.reload(view.id)

    def copy(self, view: RequestView) -> None:
        self.page.act(lambda: self.presenter.copy(view), self._copied, self.pane.refused)

    def _copied(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("info", str(path), bold="Salinan data tersimpan.")

    def back(self) -> bool:
        if not self.form.isHidden():
            self.end_form()
            return True
        return False

    def set_busy(self, on: bool) -> None:
        self.form.go_button.setEnabled(not on)
        self.pane.go_button.setEnabled(not on)


class RequestPane(Card):
    """One request: facts, identity, steps, the answer."""

    def __init__(self, owner: RequestsView) -> None:
        super().__init__(0, 0)
        self.owner = owner
        self.view: RequestView | None = None
        self.setMinimumWidth(430)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(22, 18, 18, 12)
        box.setSpacing(10)
        self.number, self.due = label("", "strong", weight="bold"), Chip("")
        self.person, self.text = label("", "body", weight="semibold", wrap=True), label("", "body", wrap=True)
        for made in (self.person, self.text):
            made.setTextInteractionFlags(SELECT)
        head = QHBoxLayout()
        head.addWidget(self.number, 1)
        head.addWidget(self.due)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(14)
        self.facts.setVerticalSpacing(3)
        self.facts.setColumnStretch(1, 1)
        self.steps = QVBoxLayout()
        self.steps.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self.person)
        box.addWidget(self.text)
        box.addWidget(Line())
        box.addLayout(self.facts)
        box.addWidget(Line())
        box.addLayout(self.steps)
        box.addStretch(1)
        self.body.addWidget(scroll(inner), 1)
        self.body.addLayout(self._foot())

    def _foot(self) -> QVBoxLayout:
        foot = QVBoxLayout()
        foot.setContentsMargins(18, 10, 18, 16)
        foot.setSpacing(10)
        self.message = NoticeBar(closable=False)
        self.proof = ChoiceField("bukti", "Siapa yang meminta? Cocokkan dulu", PROOFS)
        self.next = ChoiceField("langkah", "Langkah berikutnya", (), empty="")
        self.next.box.currentIndexChanged.connect(lambda _i: self._chosen())
        self.note = tall(NoteField("jawaban", ANSWER, lines=2))
        self.prove_button = Button("Identitas cocok", icon="user")
        self.prove_button.clicked.connect(self._prove)
        self.copy_button = Button("Salinan data", icon="file-text")
        self.copy_button.clicked.connect(self._copy)
        self.go_button = Button("", "primary", key="F9")
        self.go_button.clicked.connect(self._go)
        line = QHBoxLayout()
        line.addWidget(self.prove_button)
        line.addWidget(self.copy_button)
        line.addStretch(1)
        line.addWidget(self.go_button)
        for item in (self.message, self.proof, self.next, self.note):
            foot.addWidget(item)
        foot.addLayout(line)
        return foot

    def show_view(self, view: RequestView) -> None:
        if view == self.view:
            return
        another = self.view is None or (self.view.id, self.view.version) != (view.id, view.version)
        if self.view is None or self.view.id != view.id:
            self.note.set_value("")
        self.view = view
        self.number.setText(view.number)
        self.due.set(view.due, view.due_tone)
        self.person.setText(view.person)
        self.text.setText(view.text)
        clear_layout(self.facts)
        for i, (title, value) in enumerate(view.facts):
            self.facts.addWidget(label(title, "small", tone="muted"), i, 0)
            self.facts.addWidget(label(value, "small", weight="medium", wrap=True), i, 1)
        self._show_steps(view)
        if another:
            self.message.hide()
            self.next.box.fill(view.moves)
        for item in (self.next, self.go_button):
            item.setVisible(bool(view.moves))
        self._chosen()
        self.proof.setVisible(view.prove)
        self.prove_button.setVisible(view.prove)
        self.copy_button.setVisible(view.copy)

    def _chosen(self) -> None:
        """Taking a request up needs no words; its ends do."""
        self.go_button.set_text(self.next.box.currentText())
        self.note.setVisible(bool(self.next.value()) and self.next.value() != "diproses" and not self.next.isHidden())

    def _show_steps(self, view: RequestView) -> None:
        clear_layout(self.steps)
        for i, step in enumerate(reversed(view.steps)):
            words = QVBoxLayout()
            words.setContentsMargins(0, 0, 0, 10)
            words.setSpacing(1)
            words.addWidget(label(step.title, "body", weight="semibold"))
            words.addWidget(label(f"{step.when} · {step.officer}", "small", tone="muted", wrap=True))
            if step.note:
                words.addWidget(label(step.note, "body", wrap=True))
            line = QHBoxLayout()
            line.setSpacing(8)
            line.addWidget(Rail(newest=step.last, oldest=i == len(view.steps) - 1))
            line.addLayout(words, 1)
            self.steps.addLayout(line)

    def _copy(self) -> None:
        if self.view is not None:
            self.owner.copy(self.view)

    def _prove(self) -> None:
        if self.view is None:
            return
        if not self.proof.value():
            self.proof.say("Pilih bukti yang dicocokkan.", "attention")
            return
        self.owner.prove(self.view, self.proof.value())

    def _go(self) -> None:
        if self.view is not None and self.next.value():
            self.owner.go(self.view, self.next.value(), self.note.text.toPlainText())

    def refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.owner.page.session.sentence(error))


class NewRequest(Panel):
    """Kind, NIK, who asks, how to reach them, words."""

    def __init__(self, owner: RequestsView) -> None:
        super().__init__("Permintaan baru")
        self.owner = owner
        self.setMinimumWidth(430)
        self.closed.connect(owner.end_form)
        self.kind = ChoiceField("jenis", "Yang diminta", KINDS)
        self.nik = NikField()
        self.name = TextField("nama", "Nama peminta", limit=MAX_NAME)
        self.contact = TextField("kontak", "Telepon atau surel", limit=MAX_NAME)
        self.text = tall(NoteField("uraian", "Uraian", placeholder="Tuliskan seperti yang disampaikan peminta", lines=4))
        self.message = NoticeBar(closable=False)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        who = QHBoxLayout()
        who.setSpacing(12)
        who.addWidget(self.name, 1)
        who.addWidget(self.contact, 1)
        box.addWidget(self.kind)
        box.addWidget(self.nik)
        box.addLayout(who)
        box.addWidget(self.text)
        box.addWidget(label("Waktu jawabnya 3 x 24 jam sejak dicatat, termasuk malam dan hari libur (UU 27/2022).", "small", tone="muted",
                            wrap=True))
        box.addStretch(1)
        self.form.addWidget(scroll(inner), 1)
        self.form.addWidget(self.message)
        self.go_button = Button("Catat permintaan", "primary", key="F9")
        self.go_button.clicked.connect(self._go)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.go_button)
        self.form.addLayout(line)
        self.clear()

    def clear(self) -> None:
        self.kind.set_value("akses")
        for field in (self.nik, self.name, self.contact, self.text):
            field.set_value("")
        self.message.hide()

    def _go(self) -> None:
        self.message.hide()
        self.owner.receive({"jenis": self.kind.value(), "nik": self.nik.value(), "nama": self.name.line.text(),
                            "kontak": self.contact.line.text(), "uraian": self.text.text.toPlainText()})

    def refused(self, error: KioskError) -> None:
        """Nothing typed is lost."""
        self.message.show_text("attention", self.owner.page.session.sentence(error))
