"""Section of Pengaturan: packet files kept on this computer, how long, and the record of what was destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.settings_capture import Number
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.retention import KeepingView, RetentionPresenter
from ktpel_kiosk.ui.widgets.base import Card, label, set_state, set_tone
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Stat
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

WHY = ("Setiap perekaman disegel menjadi berkas paket, dan isinya disimpan terenkripsi di komputer ini sampai pusat memastikan sudah "
       "menerimanya. Berkas yang rusak disegel ulang sendiri, jadi pemohon tidak perlu datang lagi.")


class RetentionSection(Section):
    """Figures, the time, the purge by hand in two steps, and the runs with their papers."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = RetentionPresenter(page.session)
        self.frame.setSpacing(12)
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(4)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        self.frame.addLayout(figures)
        self.checked = label("", "small", tone="muted", wrap=True)
        self.checked.hide()
        self.frame.addWidget(self.checked)
        self.message = NoticeBar(closable=False)
        self.message.hide()
        self.frame.addWidget(self.message)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addWidget(self._time(), 5)
        both.addWidget(self._destroy(), 6)
        self.frame.addLayout(both)
        self.frame.addWidget(self._history(), 1)

    def _time(self) -> Card:
        card = Card(20, 8)
        card.body.addWidget(label("Masa simpan", "strong", weight="semibold"))
        card.body.addWidget(label(WHY, "small", tone="muted", wrap=True))
        card.body.addStretch(1)
        self.days = Number("Masa simpan sesudah tanda terima, hari", digits=3)
        self.days.textEdited.connect(lambda _t: self._touched())
        self.save = Button("Simpan", icon="save")
        self.save.setEnabled(False)
        self.save.clicked.connect(self._save)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(label("Sesudah tanda terima", "body", weight="medium"))
        line.addWidget(self.days)
        line.addWidget(label("hari", "body"), 1)
        line.addWidget(self.save)
        card.body.addLayout(line)
        return card

    def _destroy(self) -> Card:
        card = Card(20, 8)
        card.body.addWidget(label("Pemusnahan", "strong", weight="semibold"))
        self.next = label("", "body", wrap=True)
        card.body.addWidget(self.next)
        card.body.addWidget(label("Hanya paket yang tanda terima pusatnya diperiksa ulang dan sah. Dicatat dalam riwayat audit "
                                  "(UU 27/2022).", "small", tone="muted", wrap=True))
        card.body.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        self.sure = label("", "body", weight="medium", wrap=True)
        self.sure.hide()
        self.cancel = Button("Batal", icon="x")
        self.cancel.hide()
        self.cancel.clicked.connect(lambda: self._ask(False))
        self.go = Button("Musnahkan sekarang", icon="trash-2", key="F9")
        self.go.clicked.connect(self._pressed)
        self.primary = self.go
        foot.addWidget(self.sure, 1)
        foot.addStretch(0)
        foot.addWidget(self.cancel)
        foot.addWidget(self.go, 0, Qt.AlignmentFlag.AlignRight)
        card.body.addLayout(foot)
        return card

    def _history(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.runs = GrowingRows("Riwayat pemusnahan", ("Waktu", "Berita acara", "Oleh", "Paket", "Nomor urut", "Ukuran"),
                                (170, 280, 110, 80, 120, 100), (0, 2, 1, 0, 1, 0))
        self.runs.opened.connect(self._open)
        self.runs.selectionModel().currentRowChanged.connect(lambda *_: self._chosen())
        self.look = Button("Buka berita acara", icon="eye")
        self.look.clicked.connect(lambda: self._open(self.runs.current_key()))
        head = QHBoxLayout()
        head.setContentsMargins(18, 6, 14, 0)
        head.addWidget(label("Riwayat pemusnahan", "strong", weight="semibold"), 1)
        head.addWidget(self.look)
        self.empty = EmptyState("shield-check", "Belum ada yang dimusnahkan",
                                "Riwayat dengan berita acaranya tampil di sini dan dapat dibuka kapan saja.")
        box = QVBoxLayout()
        box.addLayout(head)
        box.addWidget(self.runs, 1)
        box.addWidget(self.empty, 1)
        card.body.addLayout(box)
        return card

    # -- showing --------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self._ask(False)
        self.message.hide()
        self.refresh()

    def refresh(self) -> None:
        self.page.ask_latest("simpanan", self.presenter.load, self._show, self._refused)

    def _show(self, view: KeepingView) -> None:
        self.view = view
        for tile, figure in zip(self.figures, view.figures, strict=True):
            tile.show_figure(*figure)
        self.checked.setText(view.checked)
        set_tone(self.checked, view.checked_tone)
        self.checked.setVisible(bool(view.checked))
        if not self.save.isEnabled():
            self.days.setText(view.days)
        self.days.setEnabled(self.presenter.may("change_settings"))
        self.next.setText(view.next_text)
        self.go.setEnabled(bool(view.due) and self.presenter.may("purge_packets"))
        if view.held:
            self.message.show_text("attention", view.held)
        self.runs.set_rows([TableRow(r.id, (Cell(r.when), Cell(r.title, bold=True), Cell(r.officer), Cell(r.packets), Cell(r.counters),
                                            Cell(r.size, muted=True))) for r in view.runs])
        self.runs.setVisible(bool(view.runs))
        self.empty.setVisible(not view.runs)
        self._chosen()

    def _chosen(self) -> None:
        self.look.setVisible(self.runs.rows.rowCount() > 0 and self.presenter.may("purge_packets"))
        self.look.setEnabled(bool(self.runs.current_key()))

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))
        for widget in (self.days, self.go):
            widget.setEnabled(False)
        self.runs.hide()

    # -- the time -------------------------------------------------------------------------------------------------------

    def _touched(self) -> None:
        set_state(self.days, "")
        self.save.setEnabled(True)

    def _save(self) -> None:
        text = self.days.text()
        self.page.act(lambda: self.presenter.save_days(text), self._saved, self._not_saved)

    def _saved(self, view: KeepingView) -> None:
        self.save.setEnabled(False)
        self.message.hide()
        self._show(view)
        self.page.shell.tell("good", f"Berkas paket disimpan {view.days} hari sesudah tanda terima.", bold="Tersimpan.")

    def _not_saved(self, error: KioskError) -> None:
        set_state(self.days, "attention")
        self.message.show_text("attention", self.page.session.sentence(error))
        self.days.setFocus()

    # -- the purge by hand ----------------------------------------------------------------------------------------------

    def _ask(self, on: bool) -> None:
        """Two steps: the first press asks, the second acts; nothing brings the files back."""
        for widget in (self.sure, self.cancel):
            widget.setVisible(on)
        self.go.setText("Ya, musnahkan" if on else "Musnahkan sekarang")
        if on:
            self.sure.setText(f"Musnahkan {number_text(self.view.due)} paket? Tidak dapat dikembalikan.")
            self.cancel.setFocus()

    def _pressed(self) -> None:
        if self.sure.isHidden():
            self._ask(True)
        else:
            self._ask(False)
            self.page.act(self.presenter.purge, self._purged, self.page.trouble)

    def _purged(self, result: tuple[str, Path | None]) -> None:
        text, paper = result
        self.refresh()
        self.page.shell.tell("good" if paper else "info", text)

    def back(self) -> bool:
        asking = not self.sure.isHidden()
        self._ask(False)
        return asking

    def _open(self, purge_id: str) -> None:
        if self.presenter.may("purge_packets"):
            self.page.ask(lambda: self.presenter.paper(purge_id), self._opened)
        else:
            self.page.shell.tell("info", "Berita acara dibuka oleh Kasi atau Supervisor.")

    def _opened(self, path: Path) -> None:
        if not open_outside(self, path):
            self.page.shell.tell("info", f"Berita acara tersimpan di {path}.")
