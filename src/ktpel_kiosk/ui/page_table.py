"""Which pages the operator window has: key, title, icon, class; and for whom they open."""

from __future__ import annotations

PAGES: tuple[tuple[str, str, str, str], ...] = (
    ("beranda", "Beranda", "layout-dashboard", "ktpel_kiosk.ui.pages.beranda:BerandaPage"),
    ("loket", "Loket", "inbox", "ktpel_kiosk.ui.pages.loket:LoketPage"),
    ("verifikasi", "Verifikasi", "file-check", "ktpel_kiosk.ui.pages.verifikasi:VerifikasiPage"),
    ("perekaman", "Perekaman", "scan-face", "ktpel_kiosk.ui.pages.perekaman:PerekamanPage"),
    ("cetak", "Cetak", "credit-card", "ktpel_kiosk.ui.pages.cetak:CetakPage"),
    ("penyerahan", "Penyerahan", "hand-helping", "ktpel_kiosk.ui.pages.penyerahan:PenyerahanPage"),
    ("antrean", "Antrean", "cloud-upload", "ktpel_kiosk.ui.pages.antrean:AntreanPage"),
    ("register", "Register", "book-open", "ktpel_kiosk.ui.pages.register:RegisterPage"),
    ("pengaduan", "Pengaduan", "message-square", "ktpel_kiosk.ui.pages.pengaduan:PengaduanPage"),
    ("laporan", "Laporan", "chart-column", "ktpel_kiosk.ui.pages.laporan:LaporanPage"),
    ("pengaturan", "Pengaturan", "settings", "ktpel_kiosk.ui.pages.pengaturan:PengaturanPage"),
)
HIDDEN_PAGES = {"masuk": "ktpel_kiosk.ui.pages.masuk:MasukPage", "bantuan": "ktpel_kiosk.ui.pages.bantuan:BantuanPage",
                "tugas": "ktpel_kiosk.ui.pages.tugas:TugasPage", "keluar": "ktpel_kiosk.ui.kiosk_leave:KeluarPage"}
OPEN_TO_ALL = frozenset({"masuk", "bantuan", "antrean", "pengaturan", "keluar"})
OPEN_TO_NOBODY = frozenset({"masuk", "keluar"})
"""Pages for which nobody has to be signed in."""
