"""Panels of Pengaturan, Petugas: one account with its roles, and the own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.settings import ROLES, UserRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Line, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Panel, Tick
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class RoleTick(Tick):
    """One role with what its holder does."""

    def __init__(self, role: Peran) -> None:
        super().__init__(word("peran", role), word("peran_tugas", role))
        self.value = role


class AccountPanel(Panel):
    """A new account, or one to change: name, position, roles; password reset and switching off for an existing one."""

    stored = Signal(str, str)

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__("Petugas baru")
        self.page = page
        self.user: UserRow | None = None
        self.setFixedWidth(theme_of(page.shell).px(430))
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(10)
        self.fields = {
            "nama": TextField("nama", "Nama lengkap", limit=80),
            "username": TextField("username", "Nama masuk", placeholder="rina", limit=32),
            "jabatan": TextField("jabatan", "Jabatan", limit=80), "nip": TextField("nip", "NIP (bila ada)", limit=20),
            "password": TextField("password", "Kata sandi", secret=True, limit=128),
            "again": TextField("again", "Ulangi kata sandi", secret=True, limit=128),
        }
        for name in ("nama", "username", "jabatan", "nip"):
            box.addWidget(self.fields[name])
        box.addWidget(label("Peran", "small", weight="medium"))
        self.role_note = label("", "small", tone="trouble", wrap=True)
        self.role_note.hide()
        box.addWidget(self.role_note)
        self.roles = [RoleTick(role) for role in ROLES]
        ticks = QVBoxLayout()
        ticks.setSpacing(2)
        for tick in self.roles:
            ticks.addWidget(tick)
        box.addLayout(ticks)
        box.addSpacing(6)
        box.addWidget(Line())
        self.reset = Button("Atur ulang kata sandi", icon="lock")
        self.reset.clicked.connect(lambda: self._secrets(True))
        self.switch = Button("Nonaktifkan", icon="ban")
        self.switch.clicked.connect(self._switch)
        acts, flow = QWidget(), Flow(8)
        acts.setLayout(flow)
        flow.addWidget(self.reset)
        flow.addWidget(self.switch)
        box.addWidget(acts)
        self.hint = label("", "small", tone="muted", wrap=True)
        for item in (self.hint, self.fields["password"], self.fields["again"]):
            box.addWidget(item)
        box.addStretch(1)
        self.message = NoticeBar(closable=False)
        self.form.addWidget(scroll(inner), 1)
        self.form.addWidget(self.message)
        self.save = Button("Simpan petugas", "primary", icon="check", key="F9")
        self.save.clicked.connect(self._save)
        self.form.addWidget(self.save, 0, Qt.AlignmentFlag.AlignRight)

    def ask(self, user: UserRow | None) -> None:
        """Show the panel for a new account (None) or for ``user``."""
        self.forget()
        self.user = user
        self.title.setText(user.name if user else "Petugas baru")
        self.fields["username"].setVisible(user is None)
        if user is not None:
            for name, value in (("nama", user.name), ("jabatan", user.position), ("nip", user.nip)):
                self.fields[name].set_value(value)
            for tick in self.roles:
                tick.setChecked(tick.value in user.peran)
            self.switch.set_text("Nonaktifkan" if user.active else "Aktifkan")
        own = user is not None and user.username == self.page.session.actor.username
        self.reset.setVisible(user is not None and not own)
        self.switch.setVisible(user is not None and not own)
        self._secrets(user is None)
        self.show()

    def _secrets(self, on: bool) -> None:
        length = self.page.presenter.password_length()
        for name in ("password", "again"):
            self.fields[name].setVisible(on)
        self.hint.setText(f"Paling sedikit {length} karakter; tiga kata yang tidak berhubungan mudah diingat dan sulit ditebak." if on else
                          "Petugas mengganti kata sandinya sendiri di halaman ini.")
        if on and self.user is not None:
            self.reset.hide()
            self.fields["password"].editor.setFocus()

    def forget(self) -> None:
        """Empty the panel; passwords never stay."""
        for field in self.fields.values():
            field.set_value("")
            field.say("")
        for tick in self.roles:
            tick.setChecked(False)
        self.role_note.hide()
        self.message.hide()

    def _values(self) -> dict[str, str]:
        found = {k: f.value() for k, f in self.fields.items()}
        found["password"], found["again"] = self.fields["password"].line.text(), self.fields["again"].line.text()
        return found

    def _save(self) -> None:
        v, user, asked = self._values(), self.user, not self.fields["password"].isHidden()
        roles: tuple[Peran, ...] = tuple(t.value for t in self.roles if t.isChecked())
        presenter = self.page.presenter
        self.page.ask(lambda: presenter.account_problems(user, v["username"], v["nama"], roles, v["password"], v["again"], secret=asked),
                      lambda problems: self._checked(problems, v, roles, asked))

    def _checked(self, problems: dict[str, str], v: dict[str, str], roles: tuple[Peran, ...], asked: bool) -> None:
        for name, field in self.fields.items():
            field.say(problems.get(name, ""), "trouble" if name in problems else "")
        self.role_note.setText(problems.get("peran", ""))
        self.role_note.setVisible("peran" in problems)
        if problems:
            first = next((self.fields[n] for n in self.fields if n in problems), None)
            if first is not None:
                first.editor.setFocus()
            return
        presenter, user = self.page.presenter, self.user
        if user is None:
            self.page.act(lambda: presenter.add_user(v["username"], v["nama"], v["jabatan"], v["nip"], roles, v["password"]),
                          lambda name: self.stored.emit(f"{name} tersimpan.", "Petugas dapat langsung masuk."), self._refused)
            return
        secret = v["password"] if asked else ""
        text = "Kata sandi baru berlaku sekarang; petugas menggantinya sendiri setelah masuk." if asked else \
            "Perubahan berlaku sejak masuk berikutnya."
        self.page.act(lambda: presenter.change_user(user.username, v["nama"], v["jabatan"], v["nip"], roles, secret),
                      lambda name: self.stored.emit(f"{name} tersimpan.", text), self._refused)

    def _switch(self) -> None:
        user = self.user
        if user is None:
            return
        on = not user.active
        text = "Petugas dapat masuk lagi." if on else "Petugas tidak dapat masuk lagi. Namanya tetap tercatat dalam buku."
        self.page.act(lambda: self.page.presenter.set_active(user.username, on),
                      lambda _r: self.stored.emit(f"{user.name} {'diaktifkan' if on else 'dinonaktifkan'}.", text), self._refused)

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))


class SecretPanel(Panel):
    """The own password: the old one, then the new one twice."""

    stored = Signal(str, str)

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__("Ganti kata sandi saya")
        self.page = page
        self.setFixedWidth(theme_of(page.shell).px(430))
        self.fields = {
            "old": TextField("old", "Kata sandi sekarang", secret=True, limit=128),
            "new": TextField("new", "Kata sandi baru", secret=True, limit=128),
            "again": TextField("again", "Ulangi kata sandi baru", secret=True, limit=128),
        }
        self.hint = label("", "body", tone="muted", wrap=True)
        self.message = NoticeBar(closable=False)
        for item in (*self.fields.values(), self.hint, self.message):
            self.form.addWidget(item)
        self.form.addStretch(1)
        self.save = Button("Simpan kata sandi", "primary", icon="check", key="F9")
        self.save.clicked.connect(self._save)
        self.form.addWidget(self.save, 0, Qt.AlignmentFlag.AlignRight)
        self.fields["again"].line.returnPressed.connect(self._save)

    def ask(self) -> None:
        self.forget()
        length = self.page.presenter.password_length()
        self.hint.setText(f"Paling sedikit {length} karakter; tiga kata yang tidak berhubungan mudah diingat dan sulit ditebak. Paraf yang "
                          "sudah Anda berikan tetap sah.")
        self.show()
        self.fields["old"].editor.setFocus()

    def forget(self) -> None:
        for field in self.fields.values():
            field.set_value("")
            field.say("")
        self.message.hide()

    def _save(self) -> None:
        old, new, again = (self.fields[k].line.text() for k in ("old", "new", "again"))
        problems = self.page.presenter.secret_problems(old, new, again)
        for name, field in self.fields.items():
            field.say(problems.get(name, ""), "trouble" if name in problems else "")
        if problems:
            self.fields[next(iter(problems))].editor.setFocus()
            return
        self.page.act(lambda: self.page.presenter.change_own(old, new),
                      lambda _r: self.stored.emit("Kata sandi diganti.", "Pakai yang baru saat masuk berikutnya."), self._refused)

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))
        self.fields["old"].set_value("")
        self.fields["old"].editor.setFocus()
