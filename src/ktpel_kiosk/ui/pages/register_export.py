"""The panel that exports a book: which, of what period, in what form, with masked or whole NIK."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.ui.kiosk_files import SAVE, FilePanel, kiosk_of
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.books import BOOK_NAMES
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import Panel, Tick, chosen_value
from ktpel_kiosk.ui.widgets.fields import ChoiceField, NoteField, TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.second import SecondPerson

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.register import RegisterPage

FORMATS: tuple[tuple[str, str], ...] = (("xlsx", "Excel"), ("pdf", "PDF"), ("csv", "CSV"))


class ExportPanel(Panel):
    """Book, period, format, NIK and the file to write."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__("Ekspor buku register", wide=400)
        self.page = page
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
        self._area = scroll(inner)
        self.form.addWidget(self._area, 1)
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
        if on:
            QTimer.singleShot(0, self, lambda: self._area.ensureWidgetVisible(self.second))
            self.reason.editor.setFocus()
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
    shell = kiosk_of(parent)
    if shell is not None:
        FilePanel(shell, SAVE, "Simpan sebagai", chosen, name=Path(name).name)  # type: ignore[arg-type]
        return
    dialog = QFileDialog(parent, "Simpan sebagai")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    start = Path(name)
    dialog.setDirectory(str(start.parent if start.is_absolute() else _documents()))
    dialog.selectFile(start.name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(chosen)
    dialog.open()
