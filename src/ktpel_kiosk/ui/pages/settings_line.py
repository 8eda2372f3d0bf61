"""Section of Pengaturan: the line to the centre. Proxy, ceiling, hours; and a check that explains each step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ktpel_kiosk.desk.line_rules import HIDDEN
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_line_facts import LineFacts
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.line import CheckView, LineForm, LinePresenter
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.fields import TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

NOT_YET = ("Menanyakan kabar ke server pusat seperti saat mengirim, lalu menjelaskan sampai di mana sambungan berjalan. "
           "Tidak ada yang dikirim.")


class LineSection(Section):
    """Left the rules, right the check; what the check found stays until the next one."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = LinePresenter(page.session)
        self._shown = LineForm()
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._rules(), 6)
        self.facts = LineFacts(page)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 6, 0)
        right.setSpacing(12)
        right.addWidget(self._check(), 1)
        right.addWidget(self.facts)
        side = QWidget()
        side.setLayout(right)
        both.addWidget(scroll(side), 5)
        self.frame.addLayout(both, 1)

    def _rules(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(24, 18, 16, 8)
        form.setSpacing(10)
        form.addWidget(label("Alamat server pusat", "small", tone="muted"))
        self.address = label("", "body", weight="semibold", wrap=True)
        form.addWidget(self.address)
        form.addWidget(Line())
        self.proxy = TextField("proksi", "Proksi kantor (kosong: langsung)", placeholder="proxy.kantor.go.id:3128", limit=200)
        self.user = TextField("pengguna", "Nama pengguna proksi", limit=80)
        self.password = TextField("sandi", "Kata sandi proksi", limit=120)
        editor = self.password.editor
        if isinstance(editor, QLineEdit):
            editor.setEchoMode(QLineEdit.EchoMode.Password)
        self.ceiling = TextField("batas", "Batas kecepatan kirim (kB per detik)", placeholder="tanpa batas", limit=9)
        self.start = TextField("mulai", "Kirim hanya pukul", placeholder="18.00", limit=5)
        self.end = TextField("selesai", "sampai pukul", placeholder="06.00", limit=5)
        self.fields = {f.name: f for f in (self.proxy, self.user, self.password, self.ceiling, self.start, self.end)}
        form.addWidget(self.proxy)
        form.addLayout(_beside(self.user, self.password))
        form.addWidget(self.ceiling)
        form.addLayout(_beside(self.start, self.end))
        self.note = label("", "small", tone="muted", wrap=True)
        form.addWidget(self.note)
        form.addStretch(1)
        card.body.addWidget(scroll(inner), 1)
        self.save = Button("Simpan", "primary", icon="save", key="F9")
        self.save.clicked.connect(self._save)
        self.primary = self.save
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 4, 16, 16)
        foot.addStretch(1)
        foot.addWidget(self.save)
        card.body.addLayout(foot)
        return card

    def _check(self) -> Card:
        card = Card(24, 10)
        self.chip = Chip("")
        self.chip.hide()
        self.sentence = label(NOT_YET, "body", tone="muted", wrap=True)
        self.fixer = label("", "body", weight="semibold", wrap=True)
        self.advice = label("", "body", tone="muted", wrap=True)
        self.steps = QVBoxLayout()
        self.steps.setSpacing(0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(10)
        for item in (self.sentence, self.fixer, self.advice):
            box.addWidget(item)
        box.addLayout(self.steps)
        box.addStretch(1)
        card.body.addLayout(row(label("Periksa sambungan", "strong", weight="semibold"), self.chip, None))
        card.body.addWidget(inner, 1)
        self.at = label("", "small", tone="muted")
        self.test = Button("Periksa sambungan", icon="wifi")
        self.test.clicked.connect(self._test)
        foot = QHBoxLayout()
        foot.addWidget(self.at, 1)
        foot.addWidget(self.test)
        card.body.addLayout(foot)
        for item in (self.fixer, self.advice):
            item.hide()
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        may = self.presenter.may("change_settings")
        self.save.setVisible(may)
        self.test.setVisible(self.presenter.may("retry_queue"))
        for field in self.fields.values():
            field.editor.setEnabled(may)
        self.address.setText(self.presenter.address())
        self.page.ask_latest("sambungan", self.presenter.load, self._show)
        self.facts.refresh()

    def refresh(self) -> None:
        """Another officer, or the line, changed what is told here; what is being typed stays."""
        self.facts.refresh()

    def _show(self, form: LineForm) -> None:
        self._shown = form
        values = form.proxy, form.user, form.password, form.ceiling, form.start, form.end
        for field, value in zip(self.fields.values(), values, strict=True):
            field.set_value(value)
            field.say("")
        self.note.setText(self.presenter.said(form))

    def form(self) -> LineForm:
        return LineForm(*(field.value() for field in self.fields.values()))

    # -- acting -------------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        form = self.form()
        problems = self.presenter.problems(form)
        for name, field in self.fields.items():
            field.say(problems.get(name, ""), "trouble" if name in problems else "")
        if problems:
            self.fields[next(iter(problems))].editor.setFocus()
            return
        self.page.act(partial(self.presenter.save, form), self._saved, self._refused)

    def _saved(self, form: LineForm) -> None:
        self._show(form)
        self.page.shell.tell("good", "Berlaku mulai sekarang.", bold="Aturan sambungan disimpan.")

    def _refused(self, error: KioskError) -> None:
        name = self.presenter.field(error) if isinstance(error, BadInput) else ""
        if name not in self.fields:
            self.page.trouble(error)
            return
        self.fields[name].say(self.page.session.sentence(error), "trouble")
        if name == "sandi" and self.password.value() == HIDDEN:
            self.password.set_value("")
        self.fields[name].editor.setFocus()

    def _test(self) -> None:
        if self.form() != self._shown and self.presenter.may("change_settings"):
            self.page.shell.tell("attention", "Simpan dulu; yang diperiksa adalah aturan yang tersimpan.", bold="Ada perubahan.")
            return
        self.test.setEnabled(False)
        self.sentence.setText("Sedang bertanya ke server pusat…")
        self.page.ask(self.presenter.check, self._checked, self._not_checked)

    def _not_checked(self, error: KioskError) -> None:
        self.test.setEnabled(True)
        self.sentence.setText(NOT_YET)
        self.page.trouble(error)

    def _checked(self, view: CheckView) -> None:
        self.test.setEnabled(True)
        self.chip.set(view.chip, view.tone)
        self.chip.show()
        self.sentence.setText(view.sentence)
        self.fixer.setText(f"Yang bisa membantu: {view.fixer}" if view.fixer else "")
        self.fixer.setVisible(bool(view.fixer))
        self.advice.setText(view.advice)
        self.advice.setVisible(bool(view.advice))
        self.at.setText(view.at)
        clear_layout(self.steps)
        for step in view.steps:
            line = QHBoxLayout()
            line.setContentsMargins(0, 7, 0, 7)
            name = label(step.name, "body", weight="medium")
            name.setAccessibleName(f"{step.name}: {step.state}")
            line.addWidget(name, 1)
            line.addWidget(Chip(step.state, step.tone))
            self.steps.addLayout(line)
            self.steps.addWidget(Line())


def _beside(*fields: TextField) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(12)
    for field in fields:
        line.addWidget(field, 1)
    return line
