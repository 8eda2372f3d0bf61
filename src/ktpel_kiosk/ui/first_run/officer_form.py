"""One account: name, how to sign in, roles, password with its rules as words that turn good while it is typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.passwords import COMMON, PRODUCTION_LENGTH
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import NewOfficer
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_account import RoleTick
from ktpel_kiosk.ui.widgets.base import label, set_tone
from ktpel_kiosk.ui.widgets.fields import TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.officers import OfficersPage

USERNAME_LIMIT = 32
PRESELECTED = (Peran.ADMIN, Peran.SUPERVISOR)
"""What the first account is proposed to be: somebody has to look after the desk."""


class OfficerForm(QWidget):
    """``ask`` fills it, ``save`` checks and hands the account to the page."""

    def __init__(self, page: OfficersPage) -> None:
        super().__init__()
        self.page = page
        self.old: NewOfficer | None = None
        self._own_name = False
        self.fields = {
            "nama": TextField("nama", "Nama lengkap dan gelar", placeholder="Siti Aminah, S.Sos", limit=80),
            "username": TextField("username", "Nama masuk", placeholder="siti", limit=USERNAME_LIMIT),
            "jabatan": TextField("jabatan", "Jabatan", placeholder="Operator pelayanan", limit=80),
            "nip": TextField("nip", "NIP (bila ada)", placeholder="18 angka", limit=24),
            "password": TextField("password", "Kata sandi", secret=True, limit=128),
            "again": TextField("again", "Ulangi kata sandi", secret=True, limit=128),
        }
        for field in self.fields.values():
            field.line.returnPressed.connect(self.focusNextChild)
            field.changed.connect(lambda field=field: field.say(""))
        self.fields["nama"].changed.connect(self._propose)
        self.fields["username"].changed.connect(self._named)
        for name in ("username", "password", "again"):
            self.fields[name].changed.connect(self._rule)
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(2, 0, 12, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.fields["nama"], 0, 0, 1, 2)
        for i, name in enumerate(("username", "jabatan", "nip")):
            grid.addWidget(self.fields[name], 1 + i // 2, i % 2, top)
        grid.addWidget(self.fields["password"], 3, 0, top)
        grid.addWidget(self.fields["again"], 3, 1, top)
        self.rules = [label("", "small", wrap=True) for _ in range(4)]
        rules = QVBoxLayout()
        rules.setSpacing(3)
        for item in self.rules:
            rules.addWidget(item)
        grid.addLayout(rules, 4, 0, 1, 2)
        grid.setRowStretch(5, 1)
        self.roles = [RoleTick(role) for role in Peran]
        self.role_note = label("", "small", tone="trouble", wrap=True)
        self.role_note.hide()
        held = QWidget()
        ticks = QVBoxLayout(held)
        ticks.setContentsMargins(0, 0, 8, 0)
        ticks.setSpacing(2)
        ticks.addWidget(label("Peran", "small", weight="medium"))
        ticks.addWidget(self.role_note)
        for tick in self.roles:
            tick.toggled.connect(lambda _on: self.role_note.hide())
            ticks.addWidget(tick)
        ticks.addStretch(1)
        both = QHBoxLayout(self)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(24)
        both.addWidget(scroll(inner), 11)
        both.addWidget(scroll(held), 9)

    # -- showing ------------------------------------------------------------------------------------------------------

    def ask(self, officer: NewOfficer | None, missing: Sequence[Peran], *, first: bool) -> None:
        """``missing``: roles nobody holds yet, said beside their name."""
        self.forget()
        self.old, self._own_name = officer, officer is not None
        if officer is not None:
            for name in ("nama", "username", "jabatan", "nip"):
                self.fields[name].set_value(getattr(officer, name))
        chosen = officer.peran if officer else PRESELECTED if first else ()
        for tick in self.roles:
            tick.setChecked(tick.value in chosen)
            tick.setText(self._title(tick.value, tick.value in missing and tick.value not in chosen))
        kept = officer is not None and self.page.progress.has_password(officer.username)
        self.fields["password"].line.setPlaceholderText("tidak diubah" if kept else "")
        self._rule()
        (self.fields["password"] if officer is not None and not kept else self.fields["nama"]).editor.setFocus()

    @staticmethod
    def _title(role: Peran, wanted: bool) -> str:
        from ktpel_kiosk.ui.words import word
        return f"{word('peran', role)} (belum ada)" if wanted else word("peran", role)

    def forget(self) -> None:
        """Nothing of a password stays on the screen."""
        for field in self.fields.values():
            field.set_value("")
            field.say("")
        self.role_note.hide()
        self.old = None

    def _propose(self) -> None:
        if not self._own_name:
            self.fields["username"].set_value(proposed_name(self.fields["nama"].value(), [o.username for o in self.page.officers()]))
            self._rule()

    def _named(self) -> None:
        self._own_name = bool(self.fields["username"].value())

    def _rule(self) -> None:
        password, again = self.fields["password"].line.text(), self.fields["again"].line.text()
        rules = password_rules(self.fields["username"].value(), password, again)
        keeps = self.old is not None and self.page.progress.has_password(self.old.username) and not password and not again
        for item, (text, good) in zip(self.rules, rules, strict=True):
            item.setText(("✓  " if good else "○  ") + text)
            set_tone(item, "good" if good else "muted")
            item.setVisible(not keeps)

    # -- keeping ------------------------------------------------------------------------------------------------------

    def value(self) -> NewOfficer:
        texts = {name: self.fields[name].value() for name in ("nama", "username", "jabatan", "nip")}
        return NewOfficer(**texts, peran=tuple(t.value for t in self.roles if t.isChecked()))

    def save(self) -> None:
        officer, old = self.value(), self.old
        password, again = self.fields["password"].line.text(), self.fields["again"].line.text()
        kept = self.page.progress.passwords.get(old.username, "") if old is not None else ""
        checked = password or kept
        others = tuple(o for o in self.page.officers() if old is None or o.username != old.username)
        setup = self.page.setup
        self.page.ask(lambda: setup.check_officer(officer, checked, others),
                      lambda problems: self._checked(problems, officer, password, again, kept))

    def _checked(self, problems: Mapping[str, str], officer: NewOfficer, password: str, again: str, kept: str) -> None:
        found = dict(problems)
        if "password" not in found and password != again:
            found["again"] = "Kata sandi kedua tidak sama."
        for name, field in self.fields.items():
            field.say(found.get(name, ""), "trouble" if name in found else "")
        self.role_note.setText(found.get("peran", ""))
        self.role_note.setVisible("peran" in found)
        wrong = next((f for n, f in self.fields.items() if n in found), None)
        if wrong is not None:
            wrong.editor.setFocus()
        elif "peran" in found:
            self.roles[0].setFocus()
        else:
            self.page.store(officer, password or kept, self.old)


def proposed_name(nama: str, taken: Sequence[str]) -> str:
    """A short name to sign in with: the first name; with a number where somebody has it."""
    plain = re.sub(r"[^a-z ]", "", nama.split(",")[0].lower()).split()
    stem = next((w for w in plain if len(w) > 2 and w not in ("drs", "dra", "hj")), plain[0] if plain else "")[:USERNAME_LIMIT - 2]
    if not stem or stem not in taken:
        return stem
    return next(f"{stem}{n}" for n in range(2, 100) if f"{stem}{n}" not in taken)


def password_rules(username: str, password: str, again: str) -> tuple[tuple[str, bool], ...]:
    """The rules in words and whether the typed password keeps them."""
    short = PRODUCTION_LENGTH - len(password)
    length = f"Paling sedikit {PRODUCTION_LENGTH} karakter" + (f", kurang {short} lagi" if password and short > 0 else "")
    lowered = password.lower()
    guessed = lowered in COMMON or len(set(lowered)) < 3 or (bool(username) and lowered == username.lower())
    return (
        (length, short <= 0), ("Bukan nama masuk dan bukan sandi yang umum, seperti 12345678", bool(password) and not guessed),
        ("Kedua isian sama", bool(password) and password == again),
        ("Tiga kata yang tidak berhubungan mudah diingat dan sulit ditebak", short <= -7),
    )
