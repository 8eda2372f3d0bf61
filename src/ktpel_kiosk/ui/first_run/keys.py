"""Kunci dan sambungan: the request goes out on a USB stick, the certificates come back; everything may follow later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ports.setup import KeyState, SetupStage
from ktpel_kiosk.ui.first_run.files import choose_folder
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.parts import FactLine
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.fields import TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

ROLES: tuple[tuple[str, str], ...] = (
    ("station", "Sertifikat meja ini"), ("centre", "Sertifikat pusat"), ("receipt", "Sertifikat tanda terima pusat"),
    ("line_ca", "Penerbit sertifikat sambungan"), ("line", "Sertifikat sambungan meja ini"),
)
WITHOUT = ("Tanpa ini loket, pemeriksaan, dan perekaman tetap jalan; hasil rekam tersimpan. Menyegel dan mengirim menunggu. "
           "Sertifikat dapat dipasang nanti di Pengaturan, bagian Sertifikat; pemohon tidak perlu datang lagi.")
WAIT_MS = 350


class KeysPage(SetupPage):
    stage = SetupStage.KEYS

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, "Kunci dan sambungan", "Data warga disegel dengan kunci sebelum dikirim. Kunci rahasia dibuat di komputer "
                         "ini dan tidak pernah keluar; pusat menerbitkan sertifikatnya.")
        self.state: KeyState | None = None
        self._busy = False
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(14)
        left.addWidget(self._request())
        left.addWidget(self._certificates())
        left.addWidget(self._address())
        left.addStretch(1)
        right.addWidget(self._list())
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 6)
        both.addLayout(right, 5)
        self.body.addLayout(both)
        self.body.addStretch(1)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._keep_address)

    # -- building -----------------------------------------------------------------------------------------------------

    def _block(self, number: str, title: str, text: str, *items: QWidget) -> Card:
        card = Card(18, 10)
        card.body.addWidget(label(f"{number}. {title}", "body", weight="semibold", wrap=True))
        card.body.addWidget(label(text, "small", tone="muted", wrap=True))
        for item in items:
            card.body.addWidget(item)
        return card

    def _request(self) -> Card:
        self.write = Button("Tulis permintaan ke USB", icon="usb")
        self.write.clicked.connect(lambda: choose_folder(self, "Tulis permintaan sertifikat ke", self.write_to))
        self.written = label("", "small", wrap=True)
        self.written.hide()
        return self._block("1", "Minta sertifikat", "Bawa berkas permintaannya ke dinas atau pusat dengan USB.", self.write, self.written)

    def _certificates(self) -> Card:
        self.take = Button("Ambil sertifikat dari USB", icon="download")
        self.take.clicked.connect(lambda: choose_folder(self, "Ambil sertifikat dari", self.take_from))
        self.taken = label("", "small", wrap=True)
        self.taken.hide()
        return self._block("2", "Ambil sertifikat", "Setelah pusat menerbitkannya. Setiap berkas diperiksa dulu; yang salah tidak diambil.",
                           self.take, self.taken)

    def _address(self) -> Card:
        self.address = TextField("gateway", "Alamat gerbang pusat", placeholder="https://gerbang.dukcapil.example", limit=200)
        self.address.changed.connect(lambda: self._wait.start())
        self.address.line.returnPressed.connect(self._keep_address)
        return self._block("3", "Sambungan", "Tertulis di surat penerbitan sertifikat.", self.address)

    def _list(self) -> Card:
        card = Card(18, 2)
        self.station = label("", "small", tone="muted", wrap=True)
        card.body.addWidget(label("Yang sudah ada", "body", weight="semibold"))
        card.body.addWidget(self.station)
        self.found = QVBoxLayout()
        self.found.setSpacing(0)
        card.body.addLayout(self.found)
        card.body.addSpacing(8)
        self.without = label(WITHOUT, "small", tone="attention", wrap=True)
        card.body.addWidget(self.without)
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        answers = self.progress.answers
        self.address.set_value(answers.gateway_url)
        self.address.say("")
        self.station.setText(f"Nama meja di pusat: {answers.station}")
        self._lead()
        self.ask(lambda: self.setup.keys(answers.station), self._show)
        self.write.setFocus()

    def closed(self) -> None:
        self._wait.stop()
        self._keep_address()

    def _show(self, state: KeyState) -> None:
        self.state = self.progress.keys = state
        clear_layout(self.found)
        rows = [("Kunci dan permintaan", state.request, bool(state.request), "dibuat" if state.request else "belum")]
        rows += [(title, state.found.get(role, ""), role in state.found, "ada" if role in state.found else "menyusul")
                 for role, title in ROLES]
        for title, words, good, detail in rows:
            self.found.addWidget(FactLine(title, words, good=good, detail=detail))
        self.without.setVisible(not state.complete)
        self._lead()

    def _lead(self) -> None:
        whole = self.state is not None and self.state.complete and bool(self.address.value())
        for button in (self.write, self.take):
            button.setEnabled(not self._busy)
        self.lead("Lanjut" if whole else "Lanjut, kunci menyusul", ready=not self._busy)

    # -- acting -------------------------------------------------------------------------------------------------------

    def _work(self, on: bool) -> None:
        self._busy = on
        self._lead()

    def write_to(self, folder: str) -> None:
        """Make the keys and put the request into this folder."""
        answers = self.progress.answers
        self._work(True)
        self._say(self.written, "Kunci sedang dibuat …", "muted")

        def done(path: Path) -> None:
            self._work(False)
            self._say(self.written, f"✓ Tertulis: {path}. Boleh cabut USB setelah lampunya diam.", "good")
            self.ask(lambda: self.setup.keys(answers.station), self._show)

        self.ask(lambda: self.setup.write_request(answers.station, answers.office, Path(folder)), done,
                 lambda error: self._failed(self.written, self.progress.sentence(error)))

    def take_from(self, source: str) -> None:
        """Certificates out of this folder; one that does not fit is named and none is taken."""
        station = self.progress.answers.station
        self._work(True)
        self._say(self.taken, "Sertifikat sedang diperiksa …", "muted")

        def done(state: KeyState) -> None:
            self._work(False)
            left = len(state.missing)
            self._say(self.taken, "✓ Semua sertifikat diambil." if not left else f"✓ Diambil; {left} sertifikat masih kurang.",
                      "good" if not left else "attention")
            self._show(state)

        self.ask(lambda: self.setup.take_certificates(station, Path(source)), done,
                 lambda error: self._failed(self.taken, self.progress.sentence(error)))

    def _failed(self, line: object, text: str) -> None:
        self._work(False)
        self._say(line, text, "trouble")

    @staticmethod
    def _say(line: object, text: str, tone: str) -> None:
        from PySide6.QtWidgets import QLabel

        from ktpel_kiosk.ui.widgets.base import set_tone
        assert isinstance(line, QLabel)
        line.setText(text)
        set_tone(line, tone)
        line.show()

    def _keep_address(self) -> bool:
        """Keep the address where it is one; a sentence at the field otherwise."""
        text = self.address.value()
        problem = address_problem(text)
        self.address.say(problem, "trouble" if problem else "")
        if not problem:
            self.progress.set(gateway_url=text)
        self._lead()
        return not problem

    def forward(self) -> None:
        self._wait.stop()
        if self._keep_address():
            self.shell.next()
        else:
            self.address.editor.setFocus()


def address_problem(text: str) -> str:
    """A sentence when this is no address of a gateway; empty may be filled in later."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "Alamat ini tidak terbaca. Contoh: https://gerbang.dukcapil.example."
    if parts.scheme != "https":
        return "Alamat harus diawali https:// supaya sambungannya terlindung."
    if not host or any(c.isspace() for c in text):
        return "Nama komputer pusat belum lengkap. Contoh: https://gerbang.dukcapil.example."
    if parts.username or parts.query or parts.fragment:
        return "Tulis alamatnya saja, tanpa nama pengguna dan tanpa tanda tanya."
    return ""
