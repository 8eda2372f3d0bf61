"""Parts of the register page: the dossier of one application, and the panel that exports a book."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.ui.pages.base import ApplicationHead, footer, scroll
from ktpel_kiosk.ui.presenters.books import BOOK_NAMES
from ktpel_kiosk.ui.presenters.register import DossierView
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import DocRow, Panel, Tick, chosen_value
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NoteField, TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.ui.pages.register import RegisterPage

FORMATS: tuple[tuple[str, str], ...] = (("xlsx", "Excel"), ("pdf", "PDF"), ("csv", "CSV"))


class DossierPane(QWidget):
    """Steps, entries, papers, approvals and the packet of one application."""

    left = Signal()

    def __init__(self, page: RegisterPage) -> None:
        super().__init__()
        self.page = page
        self.permohonan_id = ""
        self.asking = False
        self._view: DossierView | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        self.head = ApplicationHead()
        layout.addWidget(self.head)
        self.notice = NoticeBar(closable=False)
        layout.addWidget(self.notice)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._steps_card(), 6)
        self.papers_card = self._papers_card()
        both.addWidget(self.papers_card, 5)
        self.void_panel = self._void()
        self.void_panel.hide()
        both.addWidget(self.void_panel)
        layout.addLayout(both, 1)
        self.back_button = Button("Kembali ke daftar", icon="arrow-left")
        self.back_button.clicked.connect(self.left)
        self.void_button = Button("Batalkan permohonan", "danger", icon="ban")
        self.void_button.clicked.connect(lambda: self._ask_void(True))
        self.go_button = Button("Buka", "primary", key="F9")
        self.go_button.clicked.connect(self._go)
        layout.addLayout(footer([self.back_button, self.void_button], [self.go_button]))

    def _steps_card(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(24, 20, 16, 20)
        box.setSpacing(10)
        self.state = Chip("")
        head = QHBoxLayout()
        head.addWidget(label("Langkah", "strong", weight="semibold"), 1)
        head.addWidget(self.state)
        box.addLayout(head)
        self._steps = QGridLayout()
        self._steps.setHorizontalSpacing(14)
        self._steps.setVerticalSpacing(9)
        self._steps.setColumnStretch(1, 1)
        box.addLayout(self._steps)
        box.addSpacing(6)
        box.addWidget(Line())
        box.addSpacing(4)
        box.addWidget(label("Isian", "strong", weight="semibold"))
        self._data = QGridLayout()
        self._data.setHorizontalSpacing(20)
        self._data.setVerticalSpacing(7)
        self._data.setColumnStretch(1, 1)
        box.addLayout(self._data)
        box.addStretch(1)
        card.body.addWidget(scroll(inner))
        return card

    def _papers_card(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        self._papers = QVBoxLayout(inner)
        self._papers.setContentsMargins(24, 20, 16, 20)
        self._papers.setSpacing(6)
        card.body.addWidget(scroll(inner))
        return card

    def _void(self) -> Panel:
        panel = Panel("Batalkan permohonan ini?")
        panel.setFixedWidth(340)
        panel.closed.connect(lambda: self._ask_void(False))
        panel.form.addWidget(label("Baris dan nomor tetap ada di buku dengan tanda BATAL. Hasil rekam yang belum disegel dihapus. "
                                   "Pembatalan tidak dapat diurungkan.", "body", tone="muted", wrap=True))
        self.void_reason = NoteField("alasan", "Alasan", placeholder="Misalnya: NIK salah ketik")
        panel.form.addWidget(self.void_reason)
        panel.form.addStretch(1)
        self.void_go = Button("Batalkan permohonan", "danger", icon="ban")
        self.void_go.setEnabled(False)
        self.void_reason.changed.connect(lambda: self.void_go.setEnabled(bool(self.void_reason.value())))
        self.void_go.clicked.connect(self._do_void)
        panel.form.addWidget(self.void_go, 0, Qt.AlignmentFlag.AlignRight)
        return panel

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_view(self, view: DossierView) -> None:
        p = view.dossier.permohonan
        if p.id != self.permohonan_id:
            self._ask_void(False)
        self.permohonan_id, self._view = p.id, view
        self.head.show_dossier(self.page.session, view.dossier)
        self.state.set(view.state, view.tone)
        if view.notes:
            self.notice.show_text("attention", " ".join(view.notes))
        else:
            self.notice.hide()
        self._fill_steps(view)
        self._fill_papers(view)
        self.go_button.set_text(view.go_text or "Buka")
        self.go_button.setVisible(bool(view.go_page))
        self.void_button.setVisible(view.can_void)

    def _fill_steps(self, view: DossierView) -> None:
        clear_layout(self._steps)
        for i, s in enumerate(view.steps):
            self._steps.addWidget(label(s.title, "body", weight="medium"), i, 0)
            self._steps.addWidget(label(s.who, "small", tone="muted", wrap=True), i, 1)
            self._steps.addWidget(label(s.time, "small", tone="muted"), i, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if s.tone:
                self._steps.addWidget(Chip(s.state, s.tone, compact=True), i, 3, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            else:
                self._steps.addWidget(label(s.state, "small", tone="faint"), i, 3)
        clear_layout(self._data)
        for i, (title, value) in enumerate(view.biodata):
            self._data.addWidget(label(title, "small", tone="muted"), i, 0, Qt.AlignmentFlag.AlignTop)
            shown = label(value, "body", weight="medium", wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._data.addWidget(shown, i, 1)

    def _fill_papers(self, view: DossierView) -> None:
        box = self._papers
        clear_layout(box)
        box.addWidget(label("Surat & berkas", "strong", weight="semibold"))
        for paper in view.papers:
            row = DocRow(paper.title, paper.detail)
            row.open.clicked.connect(partial(self._open_paper, paper.id))
            row.save.clicked.connect(partial(self._save_paper, paper.id))
            box.addWidget(row)
            box.addWidget(Line())
        if not view.papers:
            box.addWidget(label("Belum ada surat atau berkas pindaian.", "body", tone="muted", wrap=True))
        if view.approvals:
            box.addSpacing(12)
            box.addWidget(label("Persetujuan", "strong", weight="semibold"))
            for title, detail in view.approvals:
                box.addWidget(label(title, "body", weight="medium", wrap=True))
                box.addWidget(label(detail, "small", tone="muted", wrap=True))
                box.addSpacing(4)
        if view.packet:
            box.addSpacing(12)
            box.addWidget(label("Paket", "strong", weight="semibold"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(20)
            grid.setVerticalSpacing(6)
            grid.setColumnStretch(1, 1)
            for i, (title, value) in enumerate(view.packet):
                grid.addWidget(label(title, "small", tone="muted"), i, 0)
                grid.addWidget(label(value, "body", weight="medium"), i, 1)
            box.addLayout(grid)
        box.addStretch(1)

    def back(self) -> bool:
        if self.asking:
            self._ask_void(False)
            return True
        return False

    # -- acting -------------------------------------------------------------------------------------------------------

    def _go(self) -> None:
        if self._view is not None and self._view.go_page:
            self.page.shell.go(self._view.go_page, id=self.permohonan_id)

    def _open_paper(self, document_id: str) -> None:
        self.page.ask(lambda: self.page.presenter.paper_file(self.permohonan_id, document_id), self._opened_paper)

    def _opened_paper(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.page.shell.tell("attention", f"Berkas tersimpan di {path}.", bold="Tidak ada penampil PDF di komputer ini.")

    def _save_paper(self, document_id: str) -> None:
        self.page.ask(lambda: self.page.presenter.paper_name(self.permohonan_id, document_id),
                      lambda name: choose_file(self, name, partial(self._write_paper, document_id)))

    def _write_paper(self, document_id: str, path: str) -> None:
        self.page.act(lambda: self.page.presenter.save_paper(self.permohonan_id, document_id, Path(path)),
                      lambda saved: self.page.shell.tell("good", str(saved), bold="Tersimpan."))

    def _ask_void(self, on: bool) -> None:
        self.asking = on
        self.void_panel.setVisible(on)
        self.papers_card.setVisible(not on)
        self.void_reason.set_value("")
        if on:
            self.void_reason.editor.setFocus()

    def _do_void(self) -> None:
        pid, reason = self.permohonan_id, self.void_reason.value()
        self.page.act(lambda: self.page.presenter.void(pid, reason), self._voided)

    def _voided(self, p: Permohonan) -> None:
        self._ask_void(False)
        self.page.shell.tell("info", "Baris tetap ada di buku dengan tanda BATAL.", bold=f"{p.nomor_register} dibatalkan.")
        self.page.refresh()


class ExportPanel(Panel):
    """Book, period, format, NIK and the file to write."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__("Ekspor buku register")
        self.page = page
        self.setFixedWidth(400)
        presenter = page.presenter
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        self.book = ChoiceField("buku", "Buku", BOOK_NAMES, empty="")
        box.addWidget(self.book)
        self.month = ChoiceField("bulan", "Bulan", presenter.months(), empty="")
        self.year = ChoiceField("tahun", "Tahun", presenter.years(), empty="")
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.month, 3)
        line.addWidget(self.year, 2)
        box.addLayout(line)
        self.formats, holder = _chips(FORMATS, self)
        box.addWidget(label("Bentuk", "small", weight="medium"))
        box.addWidget(holder)
        self.full = Tick("NIK lengkap")
        box.addWidget(self.full)
        self.reason = NoteField("alasan", "Alasan NIK lengkap", placeholder="Dicatat bersama ekspor ini", lines=2)
        self.second = SecondPerson("Petugas kedua", "NIK lengkap keluar hanya dengan persetujuan petugas lain.", stacked=True)
        self.second.entered.connect(self._export)
        for field in (self.reason, self.second):
            field.hide()
            box.addWidget(field)
        self.path = TextField("berkas", "Simpan sebagai", limit=400)
        choose = Button("Pilih …", icon="folder-open")
        choose.clicked.connect(lambda: choose_file(self, self.path.value(), self.path.set_value))
        box.addWidget(self.path)
        box.addWidget(choose, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.form.addWidget(scroll(inner), 1)
        self.go_button = Button("Simpan berkas", "primary", icon="download", key="F9")
        self.go_button.clicked.connect(self._export)
        self.form.addWidget(self.go_button, 0, Qt.AlignmentFlag.AlignRight)
        self.book.changed.connect(self._name)
        self.formats.buttonClicked.connect(lambda _b: self._name())
        self.month.changed.connect(self._name)
        self.year.changed.connect(self._name)
        self.full.toggled.connect(self._full_changed)
        self.reason.changed.connect(self._ready)
        self.path.changed.connect(self._ready)

    def begin(self, chosen: tuple[str, int, int | None] | None = None) -> None:
        """This month's first book (or the one looked at), masked, into the documents folder."""
        today = self.page.session.today()
        book, year, month = chosen or ("permohonan", today.year, today.month)
        self.book.set_value(book)
        self.month.set_value(month or "")
        self.year.set_value(year)
        self.second.clear()
        allowed = self.page.presenter.may("export_register_full_nik")
        self.full.setEnabled(allowed)
        self.full.set_hint("Dengan alasan dan petugas kedua, dan dicatat" if allowed else "Perlu peran Kepala Seksi, Camat atau Supervisor")
        self.full.setChecked(False)
        self.reason.set_value("")
        self._name()
        self.book.editor.setFocus()

    def chosen(self) -> tuple[str, str, int, int | None]:
        """Book, format, year, month."""
        month = self.month.value()
        return (self.book.value(), chosen_value(self.formats),
                int(self.year.value() or self.page.session.today().year), int(month) if month else None)

    def _name(self) -> None:
        folder = Path(self.path.value()).parent if self.path.value() else _documents()
        self.path.set_value(folder / self.page.presenter.file_name(*self.chosen()))
        self._ready()

    def _ready(self) -> None:
        self.go_button.setEnabled(bool(self.path.value()) and (not self.full.isChecked() or bool(self.reason.value())))

    def _full_changed(self, on: bool) -> None:
        self.reason.setVisible(on)
        self.second.setVisible(on)
        self._ready()

    def _export(self) -> None:
        book, form, year, month = self.chosen()
        path, full, reason = Path(self.path.value()), self.full.isChecked(), self.reason.value()
        if full and not self.second.ready():
            return
        name, secret = self.second.values() if full else ("", "")
        self.page.act(lambda: self.page.presenter.export(book, form, path, year, month, full, reason, name, secret), self._exported,
                      self._refused)

    def _refused(self, error: KioskError) -> None:
        if self.full.isChecked() and isinstance(error, SignInRefused | NotAllowed):
            self.second.refuse(self.page.session.sentence(error))
        else:
            self.page.trouble(error)

    def _exported(self, result: tuple[Path, str]) -> None:
        path, digest = result
        self.closed.emit()
        self.page.shell.tell("good", f"{path}. Sidik SHA-256 {digest[:8]}…{digest[-8:]} dicatat.", bold="Buku tersimpan.")


def _chips(items: tuple[tuple[str, str], ...], parent: QWidget) -> tuple[QButtonGroup, QWidget]:
    """Exclusive choices in wrapping lines, the first chosen."""
    group, holder, flow = QButtonGroup(parent), QWidget(), Flow(8)
    holder.setLayout(flow)
    for value, text in items:
        chip = ChoiceChip(text, value)
        group.addButton(chip)
        flow.addWidget(chip)
    group.buttons()[0].setChecked(True)
    return group, holder


def _documents() -> Path:
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(found) if found else Path.home()


def choose_file(parent: QWidget, name: str, chosen: object) -> None:
    """Ask for a file to write; ``chosen(path)`` follows. Does not block."""
    dialog = QFileDialog(parent, "Simpan sebagai")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    start = Path(name)
    dialog.setDirectory(str(start.parent if start.is_absolute() else _documents()))
    dialog.selectFile(start.name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(chosen)
    dialog.open()
