"""Section of Pengaturan: who opened whose data on one day, and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import date_card, number_text
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.privacy import LookRow, PrivacyPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.extra import GrowingRows
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

WHY = ("Membuka NIK lengkap, foto, pindaian, atau riwayat seseorang dicatat dengan alasannya. Saat pemohon sedang dilayani di langkah "
       "petugasnya, alasannya tercatat sendiri.")


class AccessLogSection(Section):
    """A day, an officer or all, and the lines."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = PrivacyPresenter(page.session)
        self.frame.setSpacing(12)
        self.frame.addWidget(label(WHY, "body", tone="muted", wrap=True))
        self.day = DateField("hari", "Tanggal", brief=True)
        self.day.line.editingFinished.connect(self.refresh)
        self.officer = ChoiceField("petugas", "Petugas", (), empty="Semua petugas")
        self.officer.changed.connect(self.refresh)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.day, 2, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.officer, 3, Qt.AlignmentFlag.AlignTop)
        line.addStretch(2)
        self.frame.addLayout(line)
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Siapa membuka data siapa", ("Jam", "Petugas", "Pemohon", "Yang dibuka", "Alasan"),
                                (70, 150, 220, 130, 200), (0, 1, 2, 0, 2))
        self.empty = EmptyState("shield-check", "Tidak ada yang dibuka", "Pada hari ini tidak ada data lengkap yang dibuka.")
        self.empty.hide()
        card.body.addWidget(self.rows, 1)
        card.body.addWidget(self.empty, 1)
        self.frame.addWidget(card, 1)
        self.count = label("", "small", tone="muted")
        self.frame.addWidget(self.count)

    def opened(self) -> None:
        if self.day.day() is None:
            self.day.set_value(date_card(self.page.session.today()))
        if self.officer.box.count() <= 1:
            self.page.ask(self.presenter.officers, self._fill)
        self.refresh()

    def _fill(self, officers: tuple[tuple[str, str], ...]) -> None:
        self.officer.box.blockSignals(True)
        self.officer.box.fill(officers, empty="Semua petugas")
        self.officer.box.blockSignals(False)

    def refresh(self) -> None:
        day = self.day.day()
        if day is not None:
            self.page.ask_latest("akses", partial(self.presenter.looked_on, day, self.officer.value()), self._show, self._refused)

    def _show(self, found: tuple[LookRow, ...]) -> None:
        self.rows.set_rows([TableRow(r.key, (Cell(r.when), Cell(r.officer, bold=True), Cell(r.person), Cell(r.what), Cell(r.reason)))
                            for r in found])
        self.rows.setVisible(bool(found))
        self._say("Tidak ada yang dibuka", "Pada hari ini tidak ada data lengkap yang dibuka.")
        self.empty.setVisible(not found)
        self.count.setText(f"{number_text(len(found))} catatan. Catatan ini tidak dapat diubah atau dihapus." if found else "")

    def _refused(self, error: KioskError) -> None:
        self.rows.hide()
        self._say("Hanya untuk atasan", self.page.session.sentence(error))
        self.empty.show()

    def _say(self, title: str, text: str) -> None:
        self.empty.title.setText(title)
        self.empty.text.setText(text)
