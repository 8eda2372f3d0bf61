"""Cetak at a desk that makes no cards: the card of the official machine is looked at and recorded, or written off as spoiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble, DuplicateRequest, KioskError, NotAllowed, NotFound, SignInRefused
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.text import mask_nik
from ktpel_kiosk.ui.pages.base import footer, scroll
from ktpel_kiosk.ui.pages.cetak_spoil import SpoilForm
from ktpel_kiosk.ui.presenters.cards import PrintView
from ktpel_kiosk.ui.presenters.official_cards import OfficialCardPresenter, ReadCard
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Line, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.capture import CardPreview
from ktpel_kiosk.ui.widgets.card_flip import CardFlip
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.scan_field import ScanField
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.cetak_view import CetakView

TITLE, TEXT = "Kartu dari mesin resmi", "Cetak dan tulis kartu di mesin KTP-el yang resmi, lalu catat kartu yang sudah jadi di sini."
SPOILED = "Mesin resmi merusak kartunya? Blangkonya dicatat rusak; permohonan tetap menunggu kartu baru."
PHOTO = 104
"""Height of the photo read from the card, design pixels."""


class OfficialPanel(QWidget):
    """The card as it has to look, the serial of its blank, what the reader shows of it, one tick, one button."""

    def __init__(self, page: CetakView) -> None:
        super().__init__()
        self.page = page
        self.presenter = OfficialCardPresenter(page.session)
        self.view: PrintView | None = None
        self.read: ReadCard | None = None
        self._shown = ""
        self._spoiling = False
        card = Card(24, 12)
        self.title, self.text = label("", "title", weight="bold"), label("", "body", tone="muted", wrap=True)
        card.body.addWidget(self.title)
        card.body.addWidget(self.text)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 4, 8, 0)
        box.setSpacing(12)
        both = QHBoxLayout()
        both.setSpacing(28)
        self.left = self._face()
        both.addWidget(self.left, 46)
        both.addLayout(self._questions(), 54)
        box.addLayout(both)
        self.spoil_area = SpoilForm()
        self.spoil_area.second.entered.connect(self._spoil)
        self.spoil_area.hide()
        box.addWidget(self.spoil_area)
        box.addStretch(1)
        self.area = scroll(inner)
        card.body.addWidget(self.area, 1)
        self.message = NoticeBar(closable=False)
        card.body.addWidget(self.message)
        self.spoil = Button("Kartu rusak", icon="ban")
        self.spoil.clicked.connect(self._spoil)
        self.cancel = Button("Batal", key="Esc")
        self.cancel.clicked.connect(self.back)
        self.primary = Button("Catat kartu jadi", "primary", icon="check", key="F9")
        self.primary.clicked.connect(self._record)
        card.body.addLayout(footer([self.spoil], [self.cancel, self.primary]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)
        self._ask_spoil(False)

    def _face(self) -> QWidget:
        side = QWidget()
        box = QVBoxLayout(side)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        self.face = CardPreview()
        box.addWidget(self.face)
        self.flip = CardFlip(self.face)
        self.name = label("", "strong", weight="semibold", wrap=True)
        self.nik = label("", "strong")
        self.nik.setAccessibleName("NIK di kartu")
        for item in (label("Kartu yang jadi harus berisi data ini.", "small", tone="muted", wrap=True), self.name, self.nik):
            box.addWidget(item)
        box.addWidget(self.flip, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        return side

    def _questions(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(12)
        self.serial = ScanField("blangko", "Nomor seri blangko", sentence=self.page.session.sentence)
        self.serial.line.setPlaceholderText("Pindai, atau ketik nomor di kartu")
        self.serial.scanned.connect(self._check)
        self.stock = label("", "small", tone="muted", wrap=True)
        self.reader = QWidget()
        under = QVBoxLayout(self.reader)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(10)
        self.photo = QLabel()
        self.photo.setAccessibleName("Foto yang terbaca dari chip kartu")
        self.found = label("", "body", wrap=True)
        self.read_button = Button("Baca kartu di pembaca", icon="scan-line")
        self.read_button.setToolTip("Foto dan nomor chip dibaca tanpa kunci rahasia, hanya untuk dicocokkan. Boleh dilewati.")
        self.read_button.clicked.connect(self._read)
        shown = QHBoxLayout()
        shown.setSpacing(12)
        shown.addWidget(self.photo)
        shown.addWidget(self.found, 1)
        under.addWidget(self.read_button, 0, Qt.AlignmentFlag.AlignLeft)
        under.addLayout(shown)
        self.looked = Tick("Kartunya sudah saya lihat", "Foto, nama, dan NIK sama dengan permohonan ini")
        self.looked.toggled.connect(lambda _on: self.message.hide())
        self.line = Line()
        for item in (self.serial, self.stock, self.line, self.reader, self.looked):
            box.addWidget(item)
        box.addStretch(1)
        return box

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_view(self, view: PrintView) -> None:
        pid = view.dossier.permohonan.id
        self.view = view
        if self._shown != pid:
            self._shown = pid
            self._forget()
        self.flip.show_card(view.face)
        self.name.setText(view.dossier.permohonan.penduduk.nama)
        self.nik.setText(mask_nik(view.dossier.permohonan.penduduk.nik))
        self.stock.setText(self.presenter.stock(view))
        may, empty = self._may(), view.blangko.stok == 0
        for item in (self.serial.line, self.looked, self.read_button, self.spoil):
            item.setEnabled(may and not empty)
        if empty:
            self.message.show_text("info", self.page.no_blanks(view), bold="Blangko habis di buku stok.", action="Terima blangko",
                                   act=lambda: self.page.shell.go("pengaturan", section="blangko"))
        elif not may:
            self.message.show_text("info", f"Langkah ini milik {self.page.work.who_may(view.dossier.permohonan)}.")
        self.show_busy(self.page.busy)

    def _may(self) -> bool:
        return self.view is not None and self.page.work.may_act(self.view.dossier.permohonan)

    def _forget(self) -> None:
        """Nothing of one card is left for the next."""
        self._ask_spoil(False)
        self.serial.set_value("")
        self.looked.setChecked(False)
        self._show_read(None)
        self.message.hide()

    def _show_read(self, read: ReadCard | None) -> None:
        self.read = read
        image = QImage.fromData(read.photo_png) if read is not None and read.photo_png else QImage()
        self.photo.setVisible(not image.isNull())
        if not image.isNull():
            height = theme_of(self).px(PHOTO)
            self.photo.setPixmap(QPixmap.fromImage(image.scaledToHeight(height, Qt.TransformationMode.SmoothTransformation)))
        self.found.setVisible(read is not None)
        self.found.setText(f"Chip {read.shown}\nCocokkan foto ini dengan pemohon." if read is not None else "")
        self.read_button.set_text("Baca lagi" if read is not None else "Baca kartu di pembaca")

    def show_busy(self, on: bool) -> None:
        empty = self.view is None or self.view.blangko.stok == 0
        self.primary.setEnabled(not on and self._may() and not empty)

    def scanned(self, code: str) -> bool:
        if self._may():
            self.serial.take(code)
        return self._may()

    # -- the blank and the reader -------------------------------------------------------------------------------------

    def _check(self, serial: str) -> None:
        pid = self._shown
        self.page.ask_latest("blangko", lambda: self.presenter.blank(pid, serial), lambda known: self._known(pid, known), self._unknown)

    def _known(self, pid: str, serial: str) -> None:
        if pid != self._shown:
            return
        self.serial.set_value(serial)
        self.serial.say("Ada di stok kantor ini.", "good")
        if self.spoil_area.isHidden():
            self._point_at(self.looked)

    def _point_at(self, item: QWidget) -> None:
        item.setFocus()
        self.area.ensureWidgetVisible(item)

    def _unknown(self, error: KioskError) -> None:
        if isinstance(error, BadInput | NotFound | DuplicateRequest):
            self.serial.refuse(self.page.session.sentence(error))
        else:
            self._failed(error)

    def _read(self) -> None:
        pid = self._shown
        self.message.show_text("info", "Letakkan kartu di pembaca. Membaca foto dan nomor chip …")
        self.page.act(lambda: self.presenter.read(pid), lambda read: self._have_read(pid, read), self._not_read)

    def _have_read(self, pid: str, read: ReadCard) -> None:
        self.message.hide()
        if pid == self._shown:
            self._show_read(read)
            self._point_at(self.looked)

    def _not_read(self, error: KioskError) -> None:
        self._show_read(None)
        text = self.page.session.sentence(error)
        if isinstance(error, DeviceTrouble):
            text += " Kartu tetap dapat dicatat tanpa dibaca."
        self.message.show_text("attention", text, action="Coba lagi", act=self._read)

    # -- recording ----------------------------------------------------------------------------------------------------

    def _typed(self) -> str:
        """The serial, also where it was typed and Enter never pressed; empty after pointing at the field."""
        serial = self.serial.value() or self.serial.line.text().strip()
        if not serial:
            self.serial.refuse("Pindai atau ketik nomor seri blangkonya dulu.")
            self.serial.line.setFocus()
        return serial

    def _record(self) -> None:
        serial = self._typed()
        if not serial:
            return
        if not self.looked.isChecked():
            self.message.show_text("attention", "Cocokkan foto, nama, dan NIK di kartu dengan permohonan ini, lalu centang.")
            self._point_at(self.looked)
            return
        pid, uid = self._shown, self.read.uid if self.read is not None else ""
        self.page.act(lambda: self.presenter.record(pid, serial, True, uid), self._recorded, self._refused)

    def _recorded(self, p: Permohonan) -> None:
        self._forget()
        self._shown = ""
        self.page.shell.tell("good", self.presenter.made(p), bold=f"Kartu {p.penduduk.nama} tercatat.")
        self.page.refresh()

    def _refused(self, error: KioskError) -> None:
        if error.message_key in ("blangko.unknown", "blangko.gone", "official.serial"):
            self.serial.refuse(self.page.session.sentence(error))
            self.serial.line.setFocus()
        else:
            self._failed(error)

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("trouble", self.page.session.sentence(error))
        self.page.look_again()

    # -- spoiled ------------------------------------------------------------------------------------------------------

    def _ask_spoil(self, on: bool) -> None:
        self._spoiling = on
        self.title.setText("Kartu rusak di mesin resmi" if on else TITLE)
        self.text.setText(SPOILED if on else TEXT)
        for item in (self.left, self.stock, self.line, self.reader, self.looked, self.primary):
            item.setVisible(not on)
        self.spoil_area.setVisible(on)
        self.cancel.setVisible(on)
        self.spoil.kind = "danger" if on else "secondary"
        self.spoil.set_text("Nyatakan rusak sekarang" if on else "Kartu rusak")
        if on:
            self.spoil_area.ask_whole(False)
            self.message.hide()
        else:
            self.spoil_area.clear()

    def _spoil(self) -> None:
        if not self._spoiling:
            self._ask_spoil(True)
            self.serial.line.setFocus()
            return
        serial = self._typed()
        if not serial or not self.spoil_area.ready():
            return
        pid = self._shown
        reason, name, secret = self.spoil_area.values()
        self.page.act(lambda: self.presenter.spoil(pid, serial, reason, (name, secret)), self._spoiled, self._not_spoiled)

    def _spoiled(self, serial: str) -> None:
        self._forget()
        self.page.shell.tell("info", "Catat kartu yang baru setelah mesin resmi membuatnya.", bold=f"Blangko {serial} tercatat rusak.")
        self.page.look_again()

    def _not_spoiled(self, error: KioskError) -> None:
        if isinstance(error, SignInRefused | NotAllowed):
            self.spoil_area.second.refuse(self.page.session.sentence(error))
        else:
            self._refused(error)

    def back(self) -> bool:
        if self._spoiling:
            self._ask_spoil(False)
            return True
        return False
