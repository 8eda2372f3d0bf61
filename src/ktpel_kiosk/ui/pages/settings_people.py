"""Sections of Pengaturan: officers with their roles, and the blangko ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.settings_account import AccountPanel, SecretPanel
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.settings import ROLES, Ledger, UserRow
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Stat
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class PeopleSection(Section):
    """The accounts of this office for the admin; everybody's own account and password."""

    COLUMNS = ("Nama", "Nama masuk", "Jabatan", "Peran", "Keadaan")
    WIDTHS = (212, 104, 130, 220, 100)

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self._editing: UserRow | None = None
        self._users: dict[str, UserRow] = {}
        self.own = Button("Ganti kata sandi saya", icon="lock")
        self.own.clicked.connect(self.ask_own)
        self.add = Button("Tambah petugas", "primary", icon="plus", key="F9")
        self.add.clicked.connect(lambda: self._ask(None))
        self.intro = label("", "body", tone="muted", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.intro, 1)
        head.addWidget(self.own)
        head.addWidget(self.add)
        self.frame.addLayout(head)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._table(), 1)
        both.addWidget(self._mine(), 1)
        self.panel = AccountPanel(page)
        self.panel.closed.connect(self._close)
        self.panel.stored.connect(self._stored)
        self.fields, self.roles, self.role_note, self.save = self.panel.fields, self.panel.roles, self.panel.role_note, self.panel.save
        self.secret = SecretPanel(page)
        self.secret.closed.connect(self._close)
        self.secret.stored.connect(self._stored)
        for panel in (self.panel, self.secret):
            panel.hide()
            both.addWidget(panel)
        self.frame.addLayout(both, 1)

    def _table(self) -> Card:
        self.table = Card(0, 0)
        self.table.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Petugas", self.COLUMNS, self.WIDTHS, (2, 0, 2, 4, 0))
        self.rows.opened.connect(self._open)
        self.rows.clicked.connect(lambda _index: self._open(self.rows.current_key()))
        self.table.body.addWidget(self.rows)
        return self.table

    def _mine(self) -> Card:
        self.mine = Card(24, 10)
        self.mine.body.addWidget(label("Akun Anda", "strong", weight="semibold"))
        self.mine_lines = QVBoxLayout()
        self.mine_lines.setSpacing(10)
        self.mine.body.addLayout(self.mine_lines)
        self.mine.body.addStretch(1)
        return self.mine

    def opened(self) -> None:
        may = self.page.presenter.may("manage_users")
        self.table.setVisible(may)
        self.mine.setVisible(not may)
        self.intro.setText("Satu orang boleh memegang beberapa peran. Pilih baris untuk mengubahnya." if may else
                           "Perubahan peran dan akun dilakukan admin. Kata sandi Anda sendiri dapat diganti di sini.")
        self._primary()
        self.refresh()

    def refresh(self) -> None:
        if self.page.presenter.may("manage_users"):
            self.page.ask(self.page.presenter.users, self._show)
        else:
            self._show_mine()

    def _show(self, users: tuple[UserRow, ...]) -> None:
        self._users = {u.username: u for u in users}
        self.rows.set_rows([TableRow(u.username, (Cell(u.name, bold=True), Cell(u.username), Cell(u.position or "–"),
                                                  Cell(u.roles, muted=True), Cell(u.state, tone=u.tone))) for u in users])

    def _show_mine(self) -> None:
        actor = self.page.session.actor
        clear_layout(self.mine_lines)
        self.mine_lines.addWidget(label(actor.nama, "title", weight="bold"))
        self.mine_lines.addWidget(label(" · ".join(x for x in (actor.username, actor.jabatan) if x), "body", tone="muted"))
        self.mine_lines.addSpacing(8)
        for role in (r for r in ROLES if r in actor.peran):
            self.mine_lines.addLayout(column(label(word("peran", role), "body", weight="semibold"),
                                             label(word("peran_tugas", role), "body", tone="muted", wrap=True), spacing=2))

    def back(self) -> bool:
        if self.panel.isHidden() and self.secret.isHidden():
            return False
        self._close()
        return True

    def _primary(self) -> None:
        """What F9 does: the open panel's button, else a new account."""
        may = self.page.presenter.may("manage_users")
        open_panel = next((p for p in (self.panel, self.secret) if not p.isHidden()), None)
        self.add.setVisible(may and open_panel is None)
        self.own.setVisible(open_panel is None)
        self.rows.hide_columns((2, 4) if open_panel else ())
        self.primary = self.page.primary = open_panel.save if open_panel else self.add if may else self.own

    def _open(self, username: str) -> None:
        if username in self._users and not self.page.busy:
            self._ask(self._users[username])

    def _ask(self, user: UserRow | None) -> None:
        self.secret.hide()
        self.panel.ask(user)
        self._primary()
        self.panel.fields["nama"].editor.setFocus()

    def ask_own(self) -> None:
        """The panel for the own password."""
        self.panel.hide()
        self.secret.ask()
        self._primary()

    def _close(self) -> None:
        for panel in (self.panel, self.secret):
            panel.forget()
            panel.hide()
        self._primary()
        (self.rows if self.table.isVisible() else self.own).setFocus()

    def _stored(self, bold: str, text: str) -> None:
        self._close()
        self.page.shell.tell("good", text, bold=bold)
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
