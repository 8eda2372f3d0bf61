"""Sections of Pengaturan: officers with their roles, and the blangko ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.settings import ROLES, Ledger, UserRow
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Panel, Stat
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class PeopleSection(Section):
    """The accounts of this office; a panel adds one."""

    COLUMNS = ("Nama", "Nama masuk", "Jabatan", "Peran", "Keadaan")
    WIDTHS = (180, 110, 160, 240, 130)

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.add = Button("Tambah petugas", "primary", icon="plus", key="F9")
        self.add.clicked.connect(lambda: self._ask(True))
        head = QHBoxLayout()
        head.addWidget(label("Satu orang boleh memegang beberapa peran. Kata sandi tidak pernah ditampilkan lagi.", "body",
                             tone="muted"), 1)
        head.addWidget(self.add)
        self.frame.addLayout(head)
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Petugas", self.COLUMNS, self.WIDTHS, (2, 0, 2, 4, 0))
        table.body.addWidget(self.rows)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(table, 1)
        self.panel = self._panel()
        self.panel.hide()
        both.addWidget(self.panel)
        self.frame.addLayout(both, 1)
        self.primary = self.add

    def _panel(self) -> Panel:
        panel = Panel("Petugas baru")
        panel.setFixedWidth(400)
        panel.closed.connect(lambda: self._ask(False))
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
        holder, flow = QWidget(), Flow(8)
        holder.setLayout(flow)
        self.roles: list[ChoiceChip] = []
        for role in ROLES:
            chip = ChoiceChip(word("peran", role), role)
            self.roles.append(chip)
            flow.addWidget(chip)
        box.addWidget(holder)
        self.role_note = label("", "small", tone="trouble")
        self.role_note.hide()
        box.addWidget(self.role_note)
        box.addWidget(self.fields["password"])
        box.addWidget(self.fields["again"])
        box.addStretch(1)
        panel.form.addWidget(scroll(inner), 1)
        self.save = Button("Simpan petugas", "primary", icon="check", key="F9")
        self.save.clicked.connect(self._save)
        panel.form.addWidget(self.save, 0, Qt.AlignmentFlag.AlignRight)
        return panel

    def opened(self) -> None:
        self.add.setVisible(self.page.presenter.may("manage_users") and self.panel.isHidden())
        self.refresh()

    def refresh(self) -> None:
        self.page.ask(self.page.presenter.users, self._show)

    def _show(self, users: tuple[UserRow, ...]) -> None:
        self.rows.set_rows([TableRow(u.username, (Cell(u.name, bold=True), Cell(u.username), Cell(u.position), Cell(u.roles, muted=True),
                                                  Cell(u.state, tone=u.tone))) for u in users])

    def back(self) -> bool:
        if self.panel.isHidden():
            return False
        self._ask(False)
        return True

    def _ask(self, on: bool) -> None:
        for field in self.fields.values():
            field.set_value("")
            field.say("")
        for chip in self.roles:
            chip.setChecked(False)
        self.role_note.hide()
        self.panel.setVisible(on)
        self.rows.hide_columns((2, 4) if on else ())
        self.add.setVisible(not on and self.page.presenter.may("manage_users"))
        self.primary = self.page.primary = self.save if on else self.add
        (self.fields["nama"].editor if on else self.rows).setFocus()

    def _save(self) -> None:
        v = {k: f.value() for k, f in self.fields.items()}
        v["password"], v["again"] = self.fields["password"].line.text(), self.fields["again"].line.text()
        roles: tuple[Peran, ...] = tuple(c.value for c in self.roles if c.isChecked())  # type: ignore[misc]
        self.page.ask(lambda: self.page.presenter.user_problems(v["username"], v["nama"], roles, v["password"], v["again"]),
                      lambda problems: self._checked(problems, v, roles))

    def _checked(self, problems: dict[str, str], v: dict[str, str], roles: tuple[Peran, ...]) -> None:
        for name, field in self.fields.items():
            field.say(problems.get(name, ""), "trouble" if name in problems else "")
        self.role_note.setText(problems.get("peran", ""))
        self.role_note.setVisible("peran" in problems)
        if problems:
            first = next((self.fields[n] for n in self.fields if n in problems), None)
            if first is not None:
                first.editor.setFocus()
            return
        self.page.act(lambda: self.page.presenter.add_user(v["username"], v["nama"], v["jabatan"], v["nip"], roles, v["password"]),
                      self._saved)

    def _saved(self, name: str) -> None:
        self._ask(False)
        self.page.shell.tell("good", "Petugas dapat langsung masuk.", bold=f"{name} tersimpan.")
        self.refresh()


class BlangkoSection(Section):
    """The ledger must balance; new blanks come in by BAST and serial range."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(6)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        self.frame.addLayout(figures)
        self.notice = NoticeBar(closable=False)
        self.frame.addWidget(self.notice)
        card = Card(24, 12)
        card.body.addWidget(label("Terima blangko", "strong", weight="semibold"))
        card.body.addWidget(label("Isi nomor berita acara serah terima dan nomor seri pertama serta terakhir dalam kemasan.", "body",
                                  tone="muted", wrap=True))
        line = QHBoxLayout()
        line.setSpacing(14)
        self.batch = TextField("bast", "Nomor BAST", placeholder="400.8.1.2/17/BAST/2026", limit=60)
        self.first = TextField("dari", "Seri pertama", placeholder="00144", limit=24)
        self.last = TextField("sampai", "Seri terakhir", placeholder="00193", limit=24)
        for field, stretch in ((self.batch, 4), (self.first, 3), (self.last, 3)):
            field.changed.connect(self._count)
            line.addWidget(field, stretch, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(line)
        foot = QHBoxLayout()
        self.counted = label("", "body", tone="muted")
        self.primary = Button("Terima blangko", "primary", icon="package-check", key="F9")
        self.primary.clicked.connect(self._receive)
        self.primary.setEnabled(False)
        foot.addWidget(self.counted, 1)
        foot.addWidget(self.primary)
        card.body.addLayout(foot)
        self.frame.addWidget(card)
        self.frame.addStretch(1)

    def opened(self) -> None:
        self.refresh()
        self._count()

    def refresh(self) -> None:
        self.page.ask(self.page.presenter.ledger, self._show)

    def _show(self, ledger: Ledger) -> None:
        for tile, figure in zip(self.figures, ledger.figures, strict=True):
            tile.show_figure(*figure)
        self.notice.show_text(ledger.tone, ledger.sentence)

    def _count(self) -> None:
        may = self.page.presenter.may("receive_blangko")
        count = 0
        text = "" if may else "Penerimaan blangko dilakukan Operator, Kepala Seksi atau Supervisor."
        if may and self.first.value() and self.last.value():
            try:
                count = len(self.page.presenter.serials(self.first.value(), self.last.value()))
                text = f"{number_text(count)} blangko akan masuk stok."
            except BadInput:
                text = "Seri pertama dan terakhir tidak cocok. Contoh: 00144 sampai 00193."
        self.counted.setText(text)
        if self.primary is not None:
            self.primary.setEnabled(bool(count and self.batch.value()))

    def _receive(self) -> None:
        batch, first, last = self.batch.value(), self.first.value(), self.last.value()
        self.page.act(lambda: self.page.presenter.receive(batch, first, last), self._received)

    def _received(self, count: int) -> None:
        self.page.shell.tell("good", f"{number_text(count)} blangko dari {self.batch.value()}.", bold="Stok bertambah.")
        for field in (self.batch, self.first, self.last):
            field.set_value("")
        self._count()
        self.refresh()
