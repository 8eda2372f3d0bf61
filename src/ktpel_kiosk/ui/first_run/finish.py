"""Selesai: everything answered on one page, then the office is made, a sentence per step, and the desk opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import KeyState, SetupStage
from ktpel_kiosk.ui.first_run.facts import DONE, must, standing
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.parts import Views
from ktpel_kiosk.ui.first_run.steps import TITLES
from ktpel_kiosk.ui.presenters.cards import PrintStep
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.steplist import StepList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

TITLE = "Periksa sekali lagi"
ASKED = (SetupStage.SOP, SetupStage.OFFICE, SetupStage.USERS, SetupStage.KEYS, SetupStage.DEVICES, SetupStage.BACKUP)


class FinishPage(SetupPage):
    stage = SetupStage.FINISH

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, TITLE, "Semua dapat diubah nanti di Pengaturan. Yang menyusul tidak menghalangi kantor dibuka.")
        self.made = False
        self._told: list[str] = []
        self._typed: frozenset[str] = frozenset()
        self.views = Views()
        self.views.addWidget(self._summary())
        self.views.addWidget(self._making())
        self.body.addWidget(self.views, 1)

    def _summary(self) -> QWidget:
        card = Card(20, 0)
        self.rows = QGridLayout()
        self.rows.setHorizontalSpacing(16)
        self.rows.setVerticalSpacing(4)
        self.rows.setColumnStretch(1, 1)
        card.body.addLayout(self.rows)
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(card)
        box.addStretch(1)
        return view

    def _making(self) -> QWidget:
        self.steps = StepList()
        self.first = label("", "body", wrap=True)
        self.code = label("", "figure", weight="semibold", wrap=True)
        self.noted = Tick("Kode sudah saya catat di kertas")
        self.noted.toggled.connect(lambda _on: self.message.hide())
        self.secret = Card(24, 6)
        self.secret.body.addWidget(label("Kode pemulihan cadangan", "body", weight="semibold"))
        self.secret.body.addWidget(self.code)
        self.secret.body.addWidget(label("Hanya dengan kode ini cadangan terbuka di komputer lain. Kode ini tidak disimpan di mana pun; "
                                         "simpan kertasnya di lemari terkunci.", "small", tone="muted", wrap=True))
        self.secret.body.addWidget(self.noted)
        card = Card(24, 12)
        card.body.addWidget(self.steps)
        card.body.addWidget(self.first)
        view = QWidget()
        box = QVBoxLayout(view)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(14)
        box.addWidget(card)
        box.addWidget(self.secret)
        box.addStretch(1)
        return view

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self._show(False)
        self._fill()
        answers = self.progress.answers
        if answers.sop_text and self.progress.roles_missing is None:
            self.ask(lambda: tuple(self.setup.missing_roles(answers.sop_text, answers.officers)), self._roles)
        if self.progress.keys is None and answers.station:
            self.ask(lambda: self.setup.keys(answers.station), self._keys)

    def _roles(self, missing: tuple[Peran, ...]) -> None:
        self.progress.roles_missing = missing
        self._fill()

    def _keys(self, state: KeyState) -> None:
        self.progress.keys = state
        self._fill()

    def _show(self, making: bool) -> None:
        self.views.setCurrentIndex(1 if making else 0)

    def _fill(self) -> None:
        clear_layout(self.rows)
        needed = dict(must(self.progress))
        for i, stage in enumerate(ASKED):
            state, words = standing(self.progress, stage)
            self.rows.addWidget(label(TITLES[stage], "body", weight="semibold"), 2 * i, 0)
            text = label(needed.get(stage) or words, "body", tone="trouble" if stage in needed else "muted", wrap=True)
            self.rows.addWidget(text, 2 * i, 1)
            chip = ("Perlu dilengkapi", "trouble") if stage in needed else ("Siap", "good") if state == DONE else ("Menyusul", "attention")
            self.rows.addWidget(Chip(*chip), 2 * i, 2, Qt.AlignmentFlag.AlignRight)
            change = Button("Ubah", "link", icon="pencil")
            change.setAccessibleName(f"Ubah {TITLES[stage]}")
            change.clicked.connect(lambda _on=False, stage=stage: self.shell.open(stage))
            self.rows.addWidget(change, 2 * i, 3)
            if i + 1 < len(ASKED):
                self.rows.addWidget(Line(), 2 * i + 1, 0, 1, 4)
        if SetupStage.MODE in needed:
            self.message.show_text("attention", needed[SetupStage.MODE])
            self.lead(word("sedia", "buka_bundel"))
            return
        self.lead(f"Lengkapi: {TITLES[next(iter(needed))]}" if needed else "Siapkan kantor")

    # -- making -------------------------------------------------------------------------------------------------------

    def forward(self) -> None:
        if self.made:
            if self.code.text() and not self.noted.isChecked():
                self.message.show_text("attention", "Catat kode pemulihan di kertas, lalu centang. Setelah ini kodenya tidak tampil lagi.")
                self.noted.setFocus()
                return
            if self.code.text():
                self.ask(self.setup.code_noted, lambda _none: self.shell.end("production"), lambda _e: self.shell.end("production"))
            else:
                self.shell.end("production")
            return
        if needed := must(self.progress):
            self.shell.open(needed[0][0])
            return
        self._told = []
        self._show(True)
        self.title.setText("Kantor sedang disiapkan")
        self.intro.setText("Biarkan komputer menyala. Bila listrik padam, buka lagi: tidak ada yang setengah jadi.")
        self.message.hide()
        self._step("Menyiapkan …")
        self.first.hide()
        self.secret.hide()
        self.shell.set_busy(True)
        self._typed = frozenset(self.progress.passwords)
        answers, passwords, bridge = self.progress.answers, dict(self.progress.passwords), self.shell.bridge

        def work() -> str:
            code = self.setup.recovery_code() if answers.backup else ""
            self.setup.finish(answers, passwords, lambda text: bridge.post(lambda: self._step(text)))
            return code

        self.ask(work, self._done, self._failed)

    def _step(self, text: str) -> None:
        """One more sentence; those before it are done."""
        if self._told[-1:] != [text]:
            self._told.append(text)
        self._paint(active=True)

    def _paint(self, *, active: bool) -> None:
        last = len(self._told) - 1
        self.steps.set_steps(tuple(PrintStep(text, "", "active" if active and i == last else "done") for i, text in enumerate(self._told)))

    def _done(self, code: str = "") -> None:
        self.made = self.shell.over = True
        self.progress.passwords.clear()
        self.shell.set_busy(False)
        if self._told[:1] == ["Menyiapkan …"] and len(self._told) > 1:
            self._told.pop(0)
        self._paint(active=False)
        office = self.progress.answers.office.nama
        admin = next((o for o in self.progress.answers.officers if Peran.ADMIN in o.peran), None)
        self.title.setText(f"{office} siap melayani")
        self.intro.setText("Meja dibuka di halaman masuk.")
        self.first.setText(self._first_time(admin.username) if admin else "")
        self.first.setVisible(admin is not None)
        self.code.setText(code)
        self.secret.setVisible(bool(code))
        self.lead("Buka meja ini")
        self.shell.primary.setFocus()

    def _first_time(self, username: str) -> str:
        if username in self._typed:
            return f"Masuk pertama: {username}, dengan kata sandi yang tadi dibuat."
        return word("sedia", "masuk_pertama").format(nama=username)

    def _failed(self, error: KioskError) -> None:
        self.shell.set_busy(False)
        self._show(False)
        self.title.setText(TITLE)
        self._fill()
        self.lead("Coba lagi")
        self.trouble(error)

    def back(self) -> bool:
        return self.made
