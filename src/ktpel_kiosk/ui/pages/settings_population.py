"""Section of Pengaturan: the office's population list. A file is looked at first; storing it is a second, separate act."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.population import ImportPlan
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.population import PopulationBatch
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.register_export import choose_file
from ktpel_kiosk.ui.pages.settings_files import choose_to_open
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.office_data import ListView
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Stat
from ktpel_kiosk.ui.widgets.fields import ChoiceField
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

SHOWN_PROBLEMS = 2000


class PopulationSection(Section):
    """Three views: the list with its imports, a file being read, what the file holds."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.data = page.office_data
        self.plan: ImportPlan | None = None
        self.views = QStackedWidget()
        self.home, self.reading, self.result = self._home(), self._reading(), self._result()
        for view in (self.home, self.reading, self.result):
            self.views.addWidget(view)
        self.frame.addWidget(self.views, 1)
        self.timer = QTimer(self)
        self.timer.setInterval(200)
        self.timer.timeout.connect(self._count)
        self.primary = self.load

    # -- the list -------------------------------------------------------------------------------------------------------

    def _home(self) -> QWidget:
        view, box = _view()
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(4)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        box.addLayout(figures)
        card = Card(24, 8)
        line = QHBoxLayout()
        line.setSpacing(16)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(label("Impor daftar penduduk", "strong", weight="semibold"))
        texts.addWidget(label("CSV atau Excel dengan kolom SIAK (NIK, NAMA_LGKP, TGL_LHR, NO_KEL …) atau Buku Induk Penduduk. Berkas "
                              "diperiksa dahulu; belum ada yang disimpan sebelum Anda setuju.", "body", tone="muted", wrap=True))
        texts.addStretch(1)
        line.addLayout(texts, 1)
        self.village = ChoiceField("desa", "Desa semua baris", [], empty="Menurut berkas")
        self.village.setFixedWidth(250)
        line.addWidget(self.village, 0, Qt.AlignmentFlag.AlignTop)
        self.load = Button("Pilih berkas", "primary", icon="folder-open", key="F9")
        self.load.clicked.connect(self._ask_file)
        line.addWidget(self.load, 0, Qt.AlignmentFlag.AlignBottom)
        card.body.addLayout(line)
        self.card = card
        box.addWidget(card)
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.batches = GrowingRows("Impor terdahulu", ("Waktu", "Berkas", "Petugas", "Hasil", "Ditolak"), (236, 180, 90, 290, 80),
                                   (0, 2, 1, 2, 0))
        self.empty = EmptyState("users", "Belum ada daftar penduduk",
                                "Setelah diimpor, NIK yang diketik di loket langsung mengisi biodata.")
        table.body.addWidget(self.batches, 1)
        table.body.addWidget(self.empty, 1)
        box.addWidget(table, 1)
        return view

    def opened(self) -> None:
        may = self.page.presenter.may("import_population")
        self.card.setVisible(may)
        self.load.setEnabled(may)
        self.page.ask(self.data.villages, self._offer)
        self.refresh()

    def _offer(self, names: tuple[str, ...]) -> None:
        kept = self.village.value()
        self.village.box.fill([(n, n.title()) for n in names], empty="Menurut berkas")
        self.village.set_value(kept)

    def refresh(self) -> None:
        self.page.ask(self.data.population, self._show)

    def _show(self, found: ListView) -> None:
        for tile, figure in zip(self.figures, found.figures, strict=True):
            tile.show_figure(*figure)
        self.batches.set_rows([TableRow(str(i), (Cell(b[0]), Cell(b[1], bold=True), Cell(b[2]), Cell(b[3], muted=True),
                                                 Cell(b[4], tone="attention" if b[4] != "–" else "")))
                               for i, b in enumerate(found.batches)])
        self.batches.setVisible(bool(found.batches))
        self.empty.setVisible(not found.batches)

    # -- reading --------------------------------------------------------------------------------------------------------

    def _reading(self) -> QWidget:
        view, box = _view()
        card = Card(28, 12)
        card.body.addStretch(1)
        center = Qt.AlignmentFlag.AlignCenter
        self.reading_title = label("", "strong", weight="semibold", align=center)
        self.reading_text = label("", "body", tone="muted", align=center)
        self.halt = Button("Hentikan", icon="x")
        self.halt.clicked.connect(self.data.stop)
        card.body.addWidget(self.reading_title)
        card.body.addWidget(self.reading_text)
        card.body.addWidget(self.halt, 0, center)
        card.body.addStretch(1)
        box.addWidget(card, 1)
        return view

    def _ask_file(self) -> None:
        choose_to_open(self, "Pilih daftar penduduk", "Tabel (*.csv *.xlsx *.txt)", self.take_file)

    def take_file(self, path: str) -> None:
        """Look at this file; nothing is stored."""
        file, village = Path(path), self.village.value()
        self.reading_title.setText(f"Memeriksa {file.name}")
        self.data.checked = 0
        self._count()
        self.halt.show()
        self.views.setCurrentWidget(self.reading)
        self.halt.setFocus()
        self.timer.start()
        self.page.act(lambda: self.data.examine(file, village), self._looked, self._failed)

    def _count(self) -> None:
        done = self.data.checked
        self.reading_text.setText(f"{number_text(done)} baris diperiksa. Belum ada yang disimpan." if done else "Membuka berkas …")

    def _failed(self, error: KioskError) -> None:
        self._home_again()
        self.page.trouble(error)

    # -- what the file holds --------------------------------------------------------------------------------------------

    def _result(self) -> QWidget:
        view, box = _view()
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.counts = [Stat() for _ in range(4)]
        for tile in self.counts:
            figures.addWidget(tile, 1)
        box.addLayout(figures)
        self.verdict = NoticeBar(closable=False)
        box.addWidget(self.verdict)
        self.problem_card = Card(0, 0)
        self.problem_card.body.setContentsMargins(2, 5, 2, 5)
        self.problems = GrowingRows("Baris bermasalah", ("Baris", "Kolom", "Alasan"), (80, 170, 500), (0, 0, 1))
        self.fine = EmptyState("circle-check", "Semua baris benar", "Daftar ini dapat disimpan seluruhnya.")
        self.problem_card.body.addWidget(self.problems, 1)
        self.problem_card.body.addWidget(self.fine, 1)
        box.addWidget(self.problem_card, 1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self.cancel = Button("Batal", icon="arrow-left")
        self.cancel.clicked.connect(self._home_again)
        self.keep_list = Button("Simpan daftar masalah", icon="download")
        self.keep_list.clicked.connect(self._ask_where)
        self.store = Button("Simpan", "primary", icon="check", key="F9")
        self.store.clicked.connect(self._store)
        foot.addWidget(self.cancel)
        foot.addWidget(self.keep_list)
        foot.addStretch(1)
        foot.addWidget(self.store)
        box.addLayout(foot)
        return view

    def _looked(self, plan: ImportPlan) -> None:
        self.timer.stop()
        self.plan = plan
        good, bad = len(plan.entries), plan.refused
        for tile, figure in zip(self.counts, (
            ("Baris dalam berkas", number_text(plan.rows), plan.file_name, "muted"), ("Benar", number_text(good), "siap disimpan", "good"),
            ("Bermasalah", number_text(bad), "tidak disimpan" if bad else "", "attention" if bad else "muted"),
            ("Berulang", number_text(len(plan.repeats)), "sama persis, cukup satu" if plan.repeats else "", "muted"),
        ), strict=True):
            tile.show_figure(*figure)
        if bad:
            self.verdict.show_text("attention", "Perbaiki di berkas lalu impor lagi, atau simpan dahulu yang benar. Yang sudah tersimpan "
                                   "tidak terhapus.", bold=f"{number_text(bad)} baris tidak dapat dipakai.")
        else:
            self.verdict.show_text("good", "Penduduk yang sudah ada akan diperbarui.", bold="Berkas ini bersih.")
        self.problems.set_rows([TableRow(f"{p.line}.{i}", (Cell(number_text(p.line), bold=True), Cell(p.column), Cell(p.reason)))
                                for i, p in enumerate(plan.problems[:SHOWN_PROBLEMS])])
        self.problems.setVisible(bool(bad))
        self.fine.setVisible(not bad)
        self.keep_list.setVisible(bool(bad or plan.repeats))
        self.store.set_text(f"Simpan {number_text(good)} penduduk")
        self.views.setCurrentWidget(self.result)
        self.primary = self.page.primary = self.store
        self.store.setEnabled(bool(good))
        self.store.setFocus()

    def _ask_where(self) -> None:
        if self.plan is not None:
            choose_file(self, f"{Path(self.plan.file_name).stem}-masalah.csv", self.keep_problems)

    def keep_problems(self, path: str) -> None:
        """Write the refused lines to this file."""
        plan = self.plan
        if plan is not None:
            self.page.ask(lambda: self.data.save_problems(plan, Path(path)),
                          lambda done: self.page.shell.tell("good", str(done), bold="Daftar masalah disimpan."))

    def _store(self) -> None:
        plan = self.plan
        if plan is None:
            return
        self.reading_title.setText(f"Menyimpan {number_text(len(plan.entries))} penduduk")
        self.reading_text.setText("Semuanya sekaligus, atau tidak sama sekali. Jangan matikan komputer.")
        self.halt.hide()
        self.views.setCurrentWidget(self.reading)
        self.page.act(lambda: self.data.adopt(plan), self._stored, self._failed)

    def _stored(self, batch: PopulationBatch) -> None:
        self._home_again()
        text = f"{number_text(batch.added)} baru, {number_text(batch.changed)} diperbarui, {number_text(batch.unchanged)} tetap."
        self.page.shell.tell("good", text, bold=f"{batch.file_name} tersimpan.")
        self.opened()

    def _home_again(self) -> None:
        self.timer.stop()
        self.plan = None
        self.views.setCurrentWidget(self.home)
        self.primary = self.page.primary = self.load
        self.load.setEnabled(self.page.presenter.may("import_population"))
        self.load.setFocus()

    def closed(self) -> None:
        self.data.stop()

    def back(self) -> bool:
        if self.views.currentWidget() is self.result:
            self._home_again()
            return True
        if self.views.currentWidget() is self.reading:
            self.data.stop()
            return True
        return False


def _view() -> tuple[QWidget, QVBoxLayout]:
    made = QWidget()
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(12)
    return made, box
