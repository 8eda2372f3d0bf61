"""Section of Pengaturan: what certificates the desk has and until when, asking for them, taking them in, where the desk sends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.setup import KeyState
from ktpel_kiosk.ui.first_run.parts import FactLine
from ktpel_kiosk.ui.kiosk_files import FOLDER, FilePanel
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.station_care import KeysView, StationCarePresenter
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label, row, set_tone
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.fields import TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class CertificatesSection(Section):
    """Left the three acts in their order, right what is there."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = StationCarePresenter(page.session)
        left = QVBoxLayout()
        left.setSpacing(12)
        for part in (self._request(), self._take(), self._address()):
            left.addWidget(part)
        left.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 6)
        both.addWidget(self._list(), 5)
        self.frame.addLayout(both, 1)

    def _block(self, title: str, text: str, button: Button, said: QLabel, field: TextField | None = None) -> Card:
        card = Card(20, 8)
        card.body.addWidget(label(title, "strong", weight="semibold", wrap=True))
        card.body.addWidget(label(text, "small", tone="muted", wrap=True))
        if field is not None:
            card.body.addWidget(field)
        card.body.addLayout(row(None, button))
        card.body.addWidget(said)
        said.hide()
        return card

    def _request(self) -> Card:
        self.write = Button("Tulis permintaan", icon="usb")
        self.write.clicked.connect(lambda: self._panel("Tulis permintaan sertifikat ke", self.write_to))
        self.written = label("", "small", wrap=True)
        return self._block("1. Minta sertifikat", "Permintaan ditulis ke USB dan dibawa ke Dinas atau pusat. Kunci rahasia "
                           "tetap di komputer ini.", self.write, self.written)

    def _take(self) -> Card:
        self.take = Button("Pasang sertifikat", "primary", icon="download", key="F9")
        self.take.clicked.connect(lambda: self._panel("Pasang sertifikat dari", self.take_from))
        self.primary = self.take
        self.taken = label("", "small", wrap=True)
        return self._block("2. Pasang sertifikat", "Pilih folder dari otoritas. Setiap berkas diperiksa dulu; bila satu "
                           "salah, tidak ada yang dipasang. Berlaku tanpa membuka ulang program.", self.take, self.taken)

    def _address(self) -> Card:
        self.address = TextField("gateway", "Alamat gateway pusat", placeholder="https://gerbang.dukcapil.example", limit=200)
        self.address.line.returnPressed.connect(self._save)
        self.save = Button("Simpan alamat", icon="save")
        self.save.clicked.connect(self._save)
        self.saved = label("", "small", wrap=True)
        return self._block("3. Sambungan", "Tertulis di surat penerbitan sertifikat. Berlaku mulai permintaan berikutnya.", self.save,
                           self.saved, self.address)

    def _list(self) -> QWidget:
        card = Card(20, 4)
        self.chip = Chip("")
        card.body.addLayout(row(label("Yang terpasang", "strong", weight="semibold"), self.chip, None))
        self.rows = QVBoxLayout()
        self.rows.setSpacing(0)
        card.body.addLayout(self.rows)
        self.missing = label("", "small", tone="attention", wrap=True)
        card.body.addSpacing(6)
        card.body.addWidget(self.missing)
        card.body.addStretch(1)
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        for line in (self.written, self.taken, self.saved):
            line.hide()
        self._load()

    def refresh(self) -> None:
        self._load()

    def _load(self) -> None:
        self.page.ask_latest("sertifikat", self.presenter.keys, self._show)

    def _show(self, view: KeysView) -> None:
        clear_layout(self.rows)
        for r in view.rows:
            self.rows.addWidget(FactLine(r.title, r.words, good=r.good, detail=r.state))
        self.chip.set(view.chip, view.tone)
        self.missing.setText(view.missing)
        self.missing.setVisible(bool(view.missing))
        if not self.address.line.hasFocus() or not self.address.line.isModified():
            self.address.set_value(view.address)
        may = self.presenter.may()
        for button in (self.write, self.take, self.save):
            button.setVisible(may)
        self.address.editor.setEnabled(may)

    # -- acting -------------------------------------------------------------------------------------------------------

    def _panel(self, title: str, chosen: object) -> None:
        if self.page.shell.overlay is None and not self.page.busy:
            FilePanel(self.page.shell, FOLDER, title, chosen)  # type: ignore[arg-type]

    def write_to(self, folder: str) -> None:
        _say(self.written, "Permintaan sedang ditulis …", "muted")
        self.page.act(partial(self.presenter.write_request, folder), self._request_written, partial(self._failed, self.written))

    def _request_written(self, path: str) -> None:
        _say(self.written, f"✓ Tertulis: {path}. Cabut USB setelah lampunya diam.", "good")

    def take_from(self, source: str) -> None:
        _say(self.taken, "Sertifikat sedang diperiksa …", "muted")
        self.page.act(partial(self.presenter.take, source), self._installed, partial(self._failed, self.taken))

    def _installed(self, state: KeyState) -> None:
        left = len(state.missing)
        _say(self.taken, "✓ Terpasang; semua sertifikat lengkap." if not left else f"✓ Terpasang; {left} sertifikat masih kurang.",
             "good" if not left else "attention")
        self._load()

    def _save(self) -> None:
        self.address.say("")
        self.page.act(partial(self.presenter.save_address, self.address.value()), self._address_saved, self._address_refused)

    def _address_saved(self, url: str) -> None:
        self.address.line.setModified(False)
        _say(self.saved, "✓ Tersimpan. Tekan Periksa sambungan di bagian Sambungan untuk mencobanya." if url
             else "✓ Alamat dikosongkan; paket menunggu.", "good")
        self._load()

    def _address_refused(self, error: KioskError) -> None:
        self.saved.hide()
        self.address.say(self.page.session.sentence(error), "trouble")
        self.address.editor.setFocus()

    def _failed(self, line: QLabel, error: KioskError) -> None:
        _say(line, self.page.session.sentence(error), "trouble")


def _say(line: QLabel, text: str, tone: str) -> None:
    line.setText(text)
    set_tone(line, tone)
    line.show()


