"""Charts and numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ktpel_kiosk.ports.papers import Section, Table
from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.widgets.charts import Bar, BarChart, MarkedBar, MarkedBars, NumberTable, Share, ShareBars
from ktpel_kiosk.ui.widgets.extra import Stat
from ktpel_kiosk.ui.widgets.report_section import SectionList

GROUP = "Angka dan bagan"


@exhibit(GROUP, "Angka", order=80)
def stats(_stage: Stage) -> Iterator[Specimen]:
    for title, value, detail, tone in (("Selesai bulan ini", "1.284", "naik 4 %", "good"), ("Berkas kembali", "37", "2,9 %", "attention"),
                                       ("Lewat mutu baku", "12", "langkah Rekam", "trouble"), ("Belum dihitung", "–", "", "muted")):
        tile = Stat()
        tile.show_figure(title, value, detail, tone)
        yield Specimen(tone, tile, width=240)


@exhibit(GROUP, "Batang tegak", order=81)
def columns(_stage: Stage) -> Iterator[Specimen]:
    full, empty = BarChart("Selesai per hari"), BarChart("Selesai per hari")
    full.set_bars([Bar(str(d), (d * 7) % 23, f"tanggal {d}", d == 26) for d in range(1, 31)])
    empty.set_bars([Bar(f"{h}.00", 0) for h in range(8, 16)])
    yield Specimen("sebulan, hari ini tebal", full, width=760, height=180)
    yield Specimen("belum ada", empty, width=400, height=180)


@exhibit(GROUP, "Bagian dari seluruhnya", order=82)
def shares(_stage: Stage) -> Iterator[Specimen]:
    made = ShareBars("Tepat waktu")
    made.set_lines([Share("Berkas", "213 dari 220", 0.97, "97 %"), Share("Rekam", "150 dari 220", 0.68, "68 %", "attention"),
                    Share("Cetak", "61 dari 200", 0.3, "30 %", "trouble"), Share("Penyerahan", "belum ada", None, "–")])
    yield Specimen("baik, perhatian, buruk, tidak dihitung", made, width=560)


@exhibit(GROUP, "Terhadap mutu baku", order=83)
def marked(_stage: Stage) -> Iterator[Specimen]:
    made = MarkedBars("Menit per langkah", "Mutu baku")
    made.set_bars([MarkedBar("Berkas", 0.8, "0,8", 1, "1,0"), MarkedBar("Rekam biometrik", 6.2, "6,2", 5, "5,0"),
                   MarkedBar("Tanpa batas", 3, "3,0")])
    yield Specimen("melewati tanda: merah dan di kanan tanda", made, width=560)


@exhibit(GROUP, "Tabel angka dan bagian laporan", order=84)
def tables(_stage: Stage) -> Iterator[Specimen]:
    made = NumberTable("Layanan")
    made.set_table(("Layanan", "Masuk", "Selesai"), (("KTP-el baru", "120", "118"), ("Hilang", "31", "0"),
                   ("Pindah datang", "1.204", "997")),
                   (False, True, True), (3, 1, 1), ("Jumlah", "1.355", "1.115"))
    yield Specimen("dengan jumlah", made, width=480)
    sections = SectionList()
    table = Table(("Keadaan", "Jumlah"), (("Selesai", 118), ("Berjalan", 7)), widths=(3.0, 1.0))
    sections.show_sections([Section("Ringkasan", table=table)])
    yield Specimen("bagian laporan", sections, width=520)
