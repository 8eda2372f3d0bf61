"""F1: what the keys do, what the page is for from which it was asked, and where to go in trouble."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.resources import resource_root
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Chip
from ktpel_kiosk.ui.widgets.extra import Tabs

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

KEYS = (
    ("F1", "Bantuan ini"), ("F2", "Permohonan baru di loket"), ("F3", "Cari nama, NIK atau nomor register"),
    ("F6", "Pengecualian jari, iris atau tanda tangan"), ("F7", "Ulangi perekaman bagian ini"), ("F8", "Ambil gambar"),
    ("F9", "Tindakan utama di kanan bawah"), ("Esc", "Kembali; tidak ada yang hilang"), ("Tab", "Ke isian berikutnya"),
)
TROUBLE = (
    ("Listrik padam", "Nyalakan kembali. Semua yang sudah direkam tersimpan; permohonan terbuka di langkah terakhir."),
    ("Tidak ada jaringan", "Lanjutkan melayani. Paket terkirim sendiri, yang tertua dahulu, saat jaringan kembali."),
    ("Perangkat bermasalah", "Tekan lambang perangkat di atas untuk membaca apa yang harus dilakukan. Pekerjaan lain tetap jalan."),
    ("Printer kartu berhenti", "Buka Cetak. Layar bertanya apakah kartu sudah jadi; jawab sesuai kartu di tangan Anda."),
    ("Salah ketik setelah diterima", "Buka Perekaman, pilih baris yang salah di layar data. Perubahan tercatat atas nama Anda."),
)


HERE, TROUBLED = "ini", "masalah"


@cache
def topics() -> dict[str, dict[str, Any]]:
    """By page: ``title`` and ``lines`` of (what, how)."""
    with (resource_root() / "i18n" / "id" / "help.toml").open("rb") as file:
        return tomllib.load(file)


class BantuanPage(Page):
    """Read-only; Esc goes back to the page it tells of. ``opened(about=…)``: the page it was asked from."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.about = ""
        self.title = label("Bantuan", "title", weight="bold")
        self.frame.addWidget(self.title)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self._keys(), 5)
        text = Card()
        self.tabs = Tabs(((HERE, "Halaman ini"), (TROUBLED, "Bila ada masalah")), "Bagian bantuan")
        self.tabs.chosen.connect(self._turn)
        self.here = QVBoxLayout()
        self.here.setSpacing(12)
        self.views = QStackedWidget()
        for filled in (self.here, self._trouble()):
            inner = QWidget()
            filled.setContentsMargins(0, 0, 8, 0)
            inner.setLayout(filled)
            self.views.addWidget(scroll(inner))
        text.body.addWidget(self.tabs)
        text.body.addWidget(self.views, 1)
        kantor = window.desk.sop.kantor
        contact = " · ".join(x for x in (kantor.telepon, kantor.email) if x)
        text.body.addWidget(label(f"{kantor.nama} · {contact}", "small", tone="muted", wrap=True))
        line.addWidget(text, 6)
        self.frame.addLayout(line, 1)

    def _keys(self) -> Card:
        card = Card()
        card.body.addWidget(label("Tombol", "strong", weight="semibold"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(14)
        practice = (("F12", "Kendali latihan: gangguan, kartu, jalur"),) if self.shell.desk.practice is not None else ()
        for i, (key, text) in enumerate((*KEYS, *practice)):
            grid.addWidget(Chip(key, "accent"), i, 0)
            grid.addWidget(label(text, wrap=True), i, 1)
        grid.setColumnStretch(1, 1)
        inner = QWidget()
        inner.setLayout(grid)
        grid.setRowStretch(grid.rowCount(), 1)
        card.body.addWidget(scroll(inner), 1)
        return card

    @staticmethod
    def _trouble() -> QVBoxLayout:
        made = QVBoxLayout()
        made.setSpacing(12)
        _fill(made, TROUBLE)
        return made

    def opened(self, **args: Any) -> None:
        self.about = str(args.get("about", ""))
        found = topics().get(self.about)
        self.title.setText(f"Bantuan: {found['title']}" if found else "Bantuan")
        clear_layout(self.here)
        _fill(self.here, ((what, how) for what, how in found["lines"]) if found else ())
        self.tabs.setVisible(found is not None)
        self.tabs.choose(HERE if found else TROUBLED)

    def _turn(self, key: str) -> None:
        self.views.setCurrentIndex(0 if key == HERE else 1)

    def back(self) -> bool:
        if self.about not in topics():  # the pages of an application begin on Beranda
            return False
        self.shell.go(self.about)
        return True


def _fill(box: QVBoxLayout, lines: Iterable[tuple[str, str]]) -> None:
    for title, text in lines:
        box.addLayout(column(label(title, "body", weight="semibold", wrap=True), label(text, "body", tone="muted", wrap=True), spacing=2))
    box.addStretch(1)
