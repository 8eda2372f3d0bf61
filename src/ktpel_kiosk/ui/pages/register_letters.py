"""The panel beside the buku agenda: how the office numbers its letters and which form its Surat Pengantar has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.books import LETTER_FORMS, LETTER_SERIES, BooksPresenter
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Panel
from ktpel_kiosk.ui.widgets.fields import ChoiceField, TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.register import RegisterPage


class LettersPanel(Panel):
    """Classification, sequence and form; what is numbered already keeps its number."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__("Atur nomor surat", wide=380)
        self.page = page
        self.presenter = BooksPresenter(page.session)
        self.sample = label("", "body", tone="muted", wrap=True)
        self.code = TextField("kode", "Kode klasifikasi", placeholder="400.8.1.2", limit=24)
        self.series = ChoiceField("urut", "Nomor urut", LETTER_SERIES, empty="")
        self.form_of = ChoiceField("bentuk", "Bentuk Surat Pengantar", LETTER_FORMS, empty="")
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        for item in (self.code, self.series, self.form_of, self.sample):
            box.addWidget(item)
        box.addStretch(1)
        self.form.addWidget(scroll(inner), 1)
        self.save = Button("Simpan", "primary", icon="save", key="F9")
        self.save.clicked.connect(self._save)
        self.form.addWidget(self.save, 0, Qt.AlignmentFlag.AlignRight)

    def begin(self) -> None:
        self.page.ask(self.presenter.letter_settings, self._show)

    def _show(self, values: dict[str, str]) -> None:
        for field, key in ((self.code, "surat.kode"), (self.series, "surat.urut"), (self.form_of, "surat.pengantar")):
            field.set_value(values[key])
        self.sample.setText(f"Susunan nomor dari SOP kantor: {values['susunan']}. Berita acara pemusnahan bernomor sendiri. "
                            "Surat yang sudah terbit tidak berubah.")
        self.code.editor.setFocus()

    def _save(self) -> None:
        values = {"surat.kode": self.code.value(), "surat.urut": self.series.value(), "surat.pengantar": self.form_of.value()}
        self.page.act(lambda: self.presenter.set_letters(values), lambda _n: self._saved())

    def _saved(self) -> None:
        self.page.shell.tell("good", "Berlaku untuk surat berikutnya.", bold="Pengaturan surat tersimpan.")
        self.closed.emit()
