"""Petugas: who works here, and whether every role the SOP needs is held by somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import NewOfficer, SetupStage
from ktpel_kiosk.ui.first_run.officer_form import OfficerForm
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.parts import FactLine
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, IconButton
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

TITLE = "Petugas"
INTRO = "Buat akun untuk setiap orang. Satu orang boleh memegang beberapa peran; setiap orang masuk dengan kata sandinya sendiri."


class OfficerCard(Card):
    """One account: name, how to sign in, roles; change or remove."""

    def __init__(self, officer: NewOfficer, *, lost: bool) -> None:
        super().__init__(16, 4)
        self.officer = officer
        self.edit = Button("Ketik kata sandi" if lost else "Ubah", icon="lock" if lost else "pencil")
        self.edit.setAccessibleName(f"{self.edit.text()}: {officer.nama}")
        self.remove = IconButton(f"Hapus {officer.nama}", "trash-2")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(officer.nama, "body", weight="semibold", wrap=True))
        roles = ", ".join(word("peran", r) for r in officer.peran)
        words.addWidget(label(f"masuk sebagai {officer.username} · {roles}", "small", tone="muted", wrap=True))
        if lost:
            words.addWidget(label("Kata sandi perlu diketik lagi.", "small", tone="attention", weight="medium", wrap=True))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addLayout(words, 1)
        line.addWidget(self.edit)
        line.addWidget(self.remove)
        self.body.addLayout(line)


class OfficersPage(SetupPage):
    stage = SetupStage.USERS

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, TITLE, INTRO, scrolls=False)
        self.needed: tuple[Peran, ...] = ()
        self._sop = ""
        self.views = QStackedWidget()
        self.views.addWidget(self._list())
        self.form = OfficerForm(self)
        self.views.addWidget(self.form)
        self.body.addWidget(self.views, 1)

    def _list(self) -> QWidget:
        self.cards = QVBoxLayout()
        self.cards.setSpacing(8)
        self.add = Button("Tambah petugas", icon="plus")
        self.add.clicked.connect(lambda: self.edit(None))
        people = QWidget()
        left = QVBoxLayout(people)
        left.setContentsMargins(0, 0, 10, 0)
        left.setSpacing(10)
        left.addLayout(self.cards)
        left.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        left.addStretch(1)
        roles = Card(18, 2)
        roles.body.addWidget(label("Peran yang dibutuhkan", "body", weight="semibold"))
        roles.body.addWidget(label("Menurut SOP, ditambah pengelola dan supervisor.", "small", tone="muted", wrap=True))
        self.roles = QVBoxLayout()
        self.roles.setSpacing(0)
        roles.body.addLayout(self.roles)
        roles.body.addStretch(1)
        view = QWidget()
        both = QHBoxLayout(view)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(16)
        both.addWidget(scroll(people), 5)
        self.role_card = scroll(roles)
        both.addWidget(self.role_card, 4)
        return view

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        text = self.progress.answers.sop_text
        self._to_list()
        if text == self._sop and self.needed:
            self._fill()
        else:
            self.lead("Lanjut", ready=False)
            self.ask(lambda: tuple(self.setup.missing_roles(text, ())), lambda roles: self._needed(text, roles))

    def _needed(self, text: str, roles: tuple[Peran, ...]) -> None:
        self._sop, self.needed = text, roles
        self._fill()
        if not self.progress.answers.officers:
            self.edit(None)

    def officers(self) -> tuple[NewOfficer, ...]:
        return self.progress.answers.officers

    def _fill(self) -> None:
        clear_layout(self.cards)
        lost = self.progress.without_password()
        for officer in self.officers():
            card = OfficerCard(officer, lost=officer.username in lost)
            card.edit.clicked.connect(lambda _on=False, officer=officer: self.edit(officer))
            card.remove.clicked.connect(lambda _on=False, officer=officer: self.drop(officer))
            self.cards.addWidget(card)
        text, officers = self._sop, self.officers()
        self.ask(lambda: tuple(self.setup.missing_roles(text, officers)), self._checked)

    def _checked(self, missing: Sequence[Peran]) -> None:
        self.progress.roles_missing = tuple(missing)
        clear_layout(self.roles)
        for role in self.needed:
            held = [o.nama.split(",")[0] for o in self.officers() if role in o.peran]
            line = FactLine(word("peran", role), ", ".join(held) or word("peran_tugas", role), good=role not in missing,
                            detail="" if held else "belum ada")
            self.roles.addWidget(line)
        self._lead()

    def _lead(self) -> None:
        if self.views.currentWidget() is self.form:
            self.lead("Simpan petugas")
            return
        lost = self.progress.without_password()
        self.lead("Lanjut")
        if lost and self.officers():
            self.message.show_text("attention", "Kata sandi tidak pernah ditulis ke disk, jadi setelah berhenti di tengah jalan "
                                   "perlu diketik lagi.", bold="Tinggal kata sandinya.")
        else:
            self.message.hide()

    def _to_list(self) -> None:
        self.form.forget()
        self.views.setCurrentIndex(0)
        self.title.setText(TITLE)
        self.intro.show()
        self._lead()

    # -- acting -------------------------------------------------------------------------------------------------------

    def edit(self, officer: NewOfficer | None) -> None:
        """Open the form for a new account or for one of these."""
        self.message.hide()
        missing = self.progress.roles_missing
        wanted = self.needed if missing is None else missing
        self.form.ask(officer, wanted, first=not self.officers())
        self.views.setCurrentWidget(self.form)
        self.title.setText(officer.nama if officer else "Petugas pertama" if not self.officers() else "Petugas baru")
        self.intro.hide()
        self._lead()

    def drop(self, officer: NewOfficer) -> None:
        self.progress.passwords.pop(officer.username, None)
        self.progress.set(officers=tuple(o for o in self.officers() if o is not officer and o.username != officer.username))
        self._fill()

    def store(self, officer: NewOfficer, password: str, old: NewOfficer | None) -> None:
        """Checked by the form: keep the account; its password stays in memory."""
        if old is not None and old.username != officer.username:
            self.progress.passwords.pop(old.username, None)
        if password:
            self.progress.passwords[officer.username] = password
        kept = [replace(officer) if old is not None and o.username == old.username else o for o in self.officers()]
        self.progress.set(officers=tuple(kept) if old is not None else (*kept, officer))
        self._to_list()
        self._fill()
        self.add.setFocus()

    def forward(self) -> None:
        if self.views.currentWidget() is self.form:
            self.form.save()
        elif problem := self.problem():
            self.message.show_text("attention", problem)
        else:
            self.shell.next()

    def problem(self) -> str:
        """Why the page cannot be left yet, and what to do; empty when it can."""
        if not self.officers():
            return "Belum ada petugas. Tambahkan paling sedikit satu orang."
        if missing := self.progress.roles_missing:
            names = ", ".join(word("peran", r) for r in missing)
            return f"Belum ada yang memegang peran {names}. Tambah petugas, atau beri peran itu kepada petugas yang ada."
        if lost := self.progress.without_password():
            return f"Ketik kata sandi untuk {', '.join(lost)}: kata sandi tidak pernah ditulis ke disk."
        return ""

    def can_step_back(self) -> bool:
        return self.views.currentWidget() is self.form

    def back(self) -> bool:
        if self.views.currentWidget() is self.form and self.officers():
            self._to_list()
            self._fill()
            self.add.setFocus()
            return True
        return False
