"""Register: instant search over every application, filters, export, one row opened at the side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.presenters.board import PAGE_OF_STAGE
from ktpel_kiosk.ui.presenters.books import BOOKS, PERIODS, RegisterFound, RegisterPresenter
from ktpel_kiosk.ui.presenters.session import step_rows
from ktpel_kiosk.ui.presenters.work import biodata_rows
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.fields import Choice, SearchField, TextField
from ktpel_kiosk.ui.widgets.status import ChecklistRow
from ktpel_kiosk.ui.widgets.tables import Cell, RowsView, TableRow
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.queries import Dossier
    from ktpel_kiosk.ui.operator_window import OperatorWindow

FORMATS = (("xlsx", "Excel (XLSX)"), ("csv", "CSV"), ("pdf", "PDF"))


class RegisterPage(Page):
    """F3 comes here with the search line ready."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = RegisterPresenter(window.session)
        self._open_id = ""
        title, state = self.presenter.title()
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(label(title, "title", weight="bold"))
        head.addWidget(Chip(state, "neutral"))
        head.addStretch(1)
        self.primary = Button("Ekspor", "primary", icon="download", key="F9")
        self.primary.clicked.connect(self._toggle_export)
        head.addWidget(self.primary)
        self.frame.addLayout(head)
        self.frame.addWidget(self._filters())
        self.export_card = self._export()
        self.frame.addWidget(self.export_card)
        body = QHBoxLayout()
        body.setSpacing(16)
        card = Card(0, 0)
        card.body.setContentsMargins(1, 4, 1, 8)
        self.table = RowsView("Buku register", RegisterPresenter.COLUMNS, stretch=2,
                              widths=(112, 128, 200, 168, 104, 124, 92, 138, 84))
        self.table.opened.connect(self._open)
        self.table.clicked.connect(lambda i: self._open(self.table.rows.key(i.row())))
        card.body.addWidget(self.table)
        body.addWidget(card, 1)
        self.side = self._side()
        body.addWidget(self.side)
        self.frame.addLayout(body, 1)

    def _filters(self) -> QWidget:
        card = Card(14, 0)
        line = QHBoxLayout()
        line.setSpacing(12)
        self.search = SearchField("Cari nama, NIK, nomor")
        self.search.searched.connect(lambda _t: self.refresh())
        line.addWidget(self.search, 3)
        self.period, self.service, self.village = Choice(), Choice(), Choice()
        self.period.fill(PERIODS)
        self.period.setCurrentIndex(2)
        self.service.fill(self.presenter.services(), empty="Semua layanan")
        self.village.fill([(v, v.title()) for v in self.presenter.villages()], empty="Semua desa")
        for box, name in ((self.period, "Waktu"), (self.service, "Layanan"), (self.village, "Desa")):
            box.setAccessibleName(name)
            box.currentIndexChanged.connect(lambda _i: self.refresh())
            box.setMinimumContentsLength(11)
            line.addWidget(box, 1)
        self.count = label("", "small", tone="muted")
        line.addWidget(self.count)
        card.body.addLayout(line)
        return card

    def _export(self) -> QWidget:
        card = Card(18, 10)
        line = QHBoxLayout()
        line.setSpacing(12)
        self.book = Choice()
        self.book.fill(BOOKS.items())
        self.book.setAccessibleName("Buku")
        line.addWidget(self.book, 2)
        self.formats = QButtonGroup(card)
        for value, text in FORMATS:
            chip = ChoiceChip(text, value)
            self.formats.addButton(chip)
            line.addWidget(chip)
        self.formats.buttons()[0].setChecked(True)
        line.addStretch(1)
        self.save = Button("Simpan berkas …", "secondary", icon="save")
        self.save.clicked.connect(self._save_as)
        line.addWidget(self.save)
        card.body.addLayout(line)
        self.full = ChecklistRow("NIK lengkap (hanya pimpinan, dengan alasan)", required=False)
        self.reason = TextField("reason", "Alasan membuka NIK lengkap")
        self.full.toggled.connect(self.reason.setVisible)
        self.reason.hide()
        card.body.addWidget(self.full)
        card.body.addWidget(self.reason)
        card.hide()
        return card

    def _side(self) -> QWidget:
        card = Card(20, 8)
        card.setFixedWidth(330)
        self.side_name = label("", "strong", weight="bold", wrap=True)
        self.side_number = label("", "small", tone="muted")
        self.side_lines = QVBoxLayout()
        self.side_lines.setSpacing(6)
        self.side_go = Button("Buka", icon="arrow-right", icon_after=True)
        self.side_go.clicked.connect(self._go)
        close = Button("Tutup")
        close.clicked.connect(self._close)
        card.body.addLayout(column(self.side_name, self.side_number, spacing=2))
        card.body.addLayout(self.side_lines)
        card.body.addStretch(1)
        line = QHBoxLayout()
        line.addWidget(close)
        line.addStretch(1)
        line.addWidget(self.side_go)
        card.body.addLayout(line)
        card.hide()
        return card

    def opened(self, **args: Any) -> None:
        if args.get("text"):
            self.period.setCurrentIndex(4)
            self.search.setText(args["text"])
        if args.get("id"):
            self._open(args["id"])
        self.refresh()
        if args.get("focus"):
            self.search.setFocus()
            self.search.selectAll()

    def back(self) -> bool:
        if self.export_card.isVisible():
            self.export_card.hide()
            return True
        if self.side.isVisible():
            self._close()
            return True
        return False

    def refresh(self) -> None:
        text, period = self.search.text().strip(), str(self.period.currentData())
        layanan, desa = str(self.service.currentData() or ""), str(self.village.currentData() or "")
        self.ask(lambda: self.presenter.search(text, period, layanan, desa), self._show)

    def _show(self, found: RegisterFound) -> None:
        more = f" · {len(found.rows)} ditampilkan" if len(found.rows) < found.total else ""
        self.count.setText(f"{found.total} dari {found.all}{more} · {found.ms} ms")
        key = self.table.current_key()
        self.table.rows.set_rows([TableRow(r.id, tuple(
            Cell(text, r.tone if i == 7 else "", bold=i in (0, 2), struck=r.void and i == 2) for i, text in enumerate(r.cells)))
            for r in found.rows])
        for i, r in enumerate(found.rows):
            if r.id == key:
                self.table.selectRow(i)

    def _open(self, pid: str) -> None:
        if pid:
            self.ask(lambda: self.presenter.read(pid), self._show_side)

    def _show_side(self, dossier: Dossier) -> None:
        p = dossier.permohonan
        self._open_id = p.id
        self.side_name.setText(p.penduduk.nama)
        self.side_number.setText(f"{p.nomor_register or 'belum bernomor'} · {word('layanan_panjang', p.layanan)}")
        clear_layout(self.side_lines)
        for _name, title, value in biodata_rows(p.penduduk)[2:8]:
            if title != "Golongan darah":
                self.side_lines.addLayout(column(label(title, "tiny", tone="muted"), label(value, "small", weight="medium", wrap=True), spacing=0))
        for number, title, time, state in step_rows(dossier.steps):
            line = QHBoxLayout()
            line.addWidget(label(f"{number}. {title}", "small", tone="" if state != "todo" else "faint"), 1)
            tone = {"done": "good", "over": "trouble", "near": "attention", "waiting": "attention", "active": "accent"}.get(state, "neutral")
            if time:
                line.addWidget(Chip(time, tone, compact=True))
            self.side_lines.addLayout(line)
        current = p.current()
        page = PAGE_OF_STAGE.get(current.stage) if current and p.keadaan == "berjalan" else "loket" if p.keadaan == "dikembalikan" else None
        self.side_go.setVisible(page is not None)
        self.side_go.setProperty("page", page)
        for i in (4, 5, 6):
            self.table.setColumnHidden(i, True)
        self.side.show()

    def _close(self) -> None:
        self.side.hide()
        for i in (4, 5, 6):
            self.table.setColumnHidden(i, False)

    def _go(self) -> None:
        self.shell.go(str(self.side_go.property("page")), id=self._open_id)

    def _toggle_export(self) -> None:
        self.export_card.setVisible(not self.export_card.isVisible())
        if self.export_card.isVisible():
            self.book.setFocus()

    def _save_as(self) -> None:
        book, chosen = str(self.book.currentData()), self.formats.checkedButton()
        format = str(chosen.value) if chosen is not None else "xlsx"  # type: ignore[attr-defined]
        name = f"{book}-{self.session.today():%Y-%m}.{format}"
        path, _filter = QFileDialog.getSaveFileName(self, "Simpan buku register", str(Path.home() / name))
        if path:
            self.export_to(book, format, Path(path))

    def export_to(self, book: str, format: str, path: Path) -> None:
        """Write the book; the file's SHA-256 goes into the audit and the notice."""
        full, reason = self.full.isChecked(), self.reason.value()
        self.act(lambda: self.presenter.export(book, format, path, full, reason), lambda digest: self._exported(path, digest))

    def _exported(self, path: Path, digest: str) -> None:
        self.export_card.hide()
        self.shell.tell("good", f"{path.name} · sidik SHA-256 {digest[:12]} …", bold="Buku tersimpan.")
