"""Section of Pengaturan: everything this computer keeps, how long, on what ground, what happens then; and what the nightly job removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.privacy import KeepRow, PrivacyPresenter, keep_rows
from ktpel_kiosk.ui.widgets.base import Card, Line, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Tabs
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

TABLE, REMOVED = "tabel", "dihapus"
WHY = "Satu tabel untuk semua data di komputer ini. Yang otomatis dihapus pekerjaan harian, dengan catatan pemusnahan."


class KeepingSection(Section):
    """Two tabs: the table with the chosen row in full below it, and the removals with their records."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = PrivacyPresenter(page.session)
        self.frame.setSpacing(12)
        self.frame.addWidget(label(WHY, "body", tone="muted", wrap=True))
        self.tabs = Tabs(((TABLE, "Masa simpan"), (REMOVED, "Yang sudah dihapus")), "Masa simpan data")
        self.tabs.chosen.connect(self._go)
        self.frame.addWidget(self.tabs)
        self.table_card, self.removed_card = self._table(), self._removed()
        self.frame.addWidget(self.table_card, 1)
        self.frame.addWidget(self.removed_card, 1)
        self.tabs.choose(TABLE)

    def _table(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Masa simpan data", ("Data", "Berapa lama", "Berakhir"), (250, 250, 170), (3, 3, 0))
        self.found = {r.key: r for r in keep_rows()}
        self.rows.set_rows([TableRow(r.key, (Cell(r.title, bold=True), Cell(r.how_long), Cell(r.ends, tone=r.ends_tone)))
                            for r in self.found.values()])
        self.rows.selectionModel().currentRowChanged.connect(lambda *_: self._chosen())
        card.body.addWidget(self.rows, 1)
        card.body.addWidget(Line())
        more = QVBoxLayout()
        more.setContentsMargins(20, 10, 20, 12)
        more.setSpacing(4)
        self.title = label("", "strong", weight="semibold", wrap=True)
        self.contents, self.then, self.basis = (label("", "body", wrap=True), label("", "body", wrap=True),
                                                label("", "small", tone="muted", wrap=True))
        for item in (self.title, self.contents, self.then, self.basis):
            more.addWidget(item)
        card.body.addLayout(more)
        self.rows.choose_first()
        return card

    def _chosen(self) -> None:
        row: KeepRow | None = self.found.get(self.rows.current_key())
        if row is not None:
            self.title.setText(f"{row.title} · {row.how_long}")
            self.contents.setText(f"{row.contents}.")
            self.then.setText(f"Sesudah itu: {row.then[:1].lower()}{row.then[1:]}.")
            self.basis.setText(f"Dasar: {row.basis}.")

    def _removed(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.removed = GrowingRows("Yang sudah dihapus", ("Waktu", "Data", "Jumlah"), (190, 300, 90), (0, 1, 0))
        self.removed.opened.connect(self._open)
        self.empty = EmptyState("shield-check", "Belum ada yang dihapus", "Catatan pekerjaan harian tampil di sini dan dapat dicetak.")
        self.look = Button("Buka catatan", icon="eye")
        self.look.clicked.connect(lambda: self._open(self.removed.current_key()))
        line = QHBoxLayout()
        line.setContentsMargins(14, 8, 14, 8)
        line.addStretch(1)
        line.addWidget(self.look)
        card.body.addWidget(self.removed, 1)
        card.body.addWidget(self.empty, 1)
        card.body.addLayout(line)
        return card

    def _go(self, key: str) -> None:
        self.table_card.setVisible(key == TABLE)
        self.removed_card.setVisible(key == REMOVED)

    def opened(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        self.page.ask_latest("dihapus", self.presenter.removals, self._show, self._refused)

    def _show(self, found: tuple[tuple[str, str, str, str], ...]) -> None:
        self.removed.set_rows([TableRow(key, (Cell(when), Cell(what, bold=True), Cell(count))) for key, when, what, count in found])
        self.removed.setVisible(bool(found))
        self.look.setVisible(bool(found))
        self.empty.setVisible(not found)

    def _refused(self, _error: KioskError) -> None:
        """The table is everybody's to read; the records are the heads'."""
        self.empty.show()
        self.removed.hide()
        self.look.hide()

    def _open(self, key: str) -> None:
        if key:
            self.page.ask(lambda: self.presenter.record(key), self._opened)

    def _opened(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("info", str(path), bold="Catatan tersimpan.")
