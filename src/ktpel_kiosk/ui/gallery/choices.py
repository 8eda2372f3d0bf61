"""What is chosen: chips, ticks, papers, tabs, navigation."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.gallery.kit import ALL, Specimen, Stage, exhibit, in_states
from ktpel_kiosk.ui.widgets.buttons import TONES, Chip, ChoiceChip, NavItem, Pressable
from ktpel_kiosk.ui.widgets.extra import Tabs, Tick
from ktpel_kiosk.ui.widgets.menu import Entry, Menu
from ktpel_kiosk.ui.widgets.section_nav import NavSection, SectionNav
from ktpel_kiosk.ui.widgets.status import ChecklistRow

GROUP = "Pilihan"
SECTIONS = (NavSection("kantor", "Kantor", "inbox", "Kantor"), NavSection("petugas", "Petugas", "users", "Kantor"),
            NavSection("perangkat", "Perangkat", "usb", "Meja ini"), NavSection("tampilan", "Tampilan", "contrast", "Meja ini"))


def _on(button: Pressable) -> Pressable:
    button.setChecked(True)
    return button


@exhibit(GROUP, "Pilihan: yang terpilih bercentang", order=20)
def chips(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: ChoiceChip("Pemula (16 tahun)"))
    yield from in_states(lambda: _on(ChoiceChip("KTP-el baru")), caption="terpilih")
    yield Specimen("pemohon", ChoiceChip("Perempuan", large=True))
    yield Specimen("pemohon, terpilih", _on(ChoiceChip("Laki-laki", large=True)))


@exhibit(GROUP, "Keterangan: kata dan nada", order=21)
def statements(_stage: Stage) -> Iterator[Specimen]:
    words = {"neutral": "Ditunda", "accent": "KTP-el baru", "good": "Lengkap", "attention": "1 kurang", "trouble": "Terlambat",
             "solid": "Diminta"}
    for tone in TONES:
        yield Specimen(tone, Chip(words[tone], tone))
    yield Specimen("dengan ikon", Chip("Hasil belum pasti", "attention", icon="triangle-alert"))
    yield Specimen("rapat", Chip("percobaan 2", "good", compact=True))
    yield Specimen("panjang", Chip("Pengecualian: dibalut, disetujui Kasi Pelayanan", "neutral"), width=220)


@exhibit(GROUP, "Centang", order=22)
def ticks(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: Tick("Jemput bola", "direkam di luar kantor"), width=230)
    yield from in_states(lambda: _on(Tick("KTP-el lama ditarik")), width=230, caption="ya")


@exhibit(GROUP, "Berkas", order=23)
def papers(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: ChecklistRow("Fotokopi Kartu Keluarga"), ("", "hover", "focus"), width=300)
    yield Specimen("ada", _on(ChecklistRow("Formulir F-1.02")), width=300)
    yield Specimen("dihitung", _on(ChecklistRow("Berusia 17 tahun", fixed=True, detail="18 tahun 9 bulan")), width=300)
    yield Specimen("opsional", ChecklistRow("Surat pengantar RT", required=False), width=300)
    yield Specimen("panjang", ChecklistRow("Surat keterangan hilang dari kepolisian untuk penggantian KTP-el"), width=300)


@exhibit(GROUP, "Menu", order=25)
def menus(_stage: Stage) -> Iterator[Specimen]:
    anchor = ChoiceChip("Rina Praktik")
    entries = [Entry("Kunci layar", lambda: None, "lock"), Entry("Ganti kata sandi", lambda: None),
               Entry("Tutup aplikasi …", lambda: None, "log-out", apart=True)]
    holder = QWidget()
    holder.resize(360, 260)
    anchor.setParent(holder)
    opened = Menu(anchor, "Petugas", entries)
    opened.setParent(None)
    yield Specimen("terbuka", opened, width=300, height=190)


@exhibit(GROUP, "Bagian", order=24)
def tabs(_stage: Stage) -> Iterator[Specimen]:
    def made(wrap: bool = False) -> Tabs:
        items = ("Kantor", "SOP", "Kalender", "Petugas", "Perangkat", "Sambungan", "Simpanan", "Tampilan")
        line = Tabs([(i, i) for i in items], wrap=wrap)
        line.choose("SOP")
        return line

    yield Specimen("satu baris", made(), width=900)
    yield Specimen("fokus papan ketik", made(), "focus", width=900)
    yield Specimen("beberapa baris", made(True), width=420)


@exhibit(GROUP, "Navigasi", order=25)
def navigation(_stage: Stage) -> Iterator[Specimen]:
    def item(count: int = 0, narrow: bool = False) -> NavItem:
        made = NavItem("Verifikasi", "file-check")
        made.set_count(count)
        made.set_narrow(narrow)
        return made

    yield from in_states(lambda: item(3), ALL[:4], width=190)
    yield Specimen("terpilih", _on(item(12)), width=190)
    yield Specimen("sempit", item(3, True))
    yield Specimen("sempit, terpilih", _on(item(1234, True)))


@exhibit(GROUP, "Bagian sebuah halaman besar", order=26)
def sections(_stage: Stage) -> Iterator[Specimen]:
    yield Specimen("berkelompok, dengan pencarian", SectionNav(SECTIONS, "Bagian pengaturan", "Cari pengaturan"), height=420)
