"""F1: what the keys do and where to go in trouble, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.widgets.base import Card, column, label
from ktpel_kiosk.ui.widgets.buttons import Chip

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


class BantuanPage(Page):
    """Read-only; Esc goes back."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.frame.addWidget(label("Bantuan", "title", weight="bold"))
        line = QHBoxLayout()
        line.setSpacing(16)
        keys = Card()
        keys.body.addWidget(label("Tombol", "strong", weight="semibold"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(14)
        practice = (("F12", "Kendali latihan: gangguan, kartu, jalur"),) if window.desk.practice is not None else ()
        for i, (key, text) in enumerate((*KEYS, *practice)):
            grid.addWidget(Chip(key, "accent"), i, 0)
            grid.addWidget(label(text, wrap=True), i, 1)
        grid.setColumnStretch(1, 1)
        keys.body.addLayout(grid)
        keys.body.addStretch(1)
        trouble = Card()
        trouble.body.addWidget(label("Bila ada masalah", "strong", weight="semibold"))
        for title, text in TROUBLE:
            trouble.body.addLayout(column(label(title, "body", weight="semibold"), label(text, "body", tone="muted", wrap=True),
                                          spacing=4))
        trouble.body.addStretch(1)
        kantor = window.desk.sop.kantor
        contact = " · ".join(x for x in (kantor.telepon, kantor.email) if x)
        trouble.body.addWidget(label(f"{kantor.nama} · {contact}", "small", tone="muted", wrap=True))
        line.addWidget(keys, 1)
        line.addWidget(trouble, 1)
        self.frame.addLayout(line, 1)
