"""Buttons of both windows."""

from __future__ import annotations

from collections.abc import Iterator

from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit, in_states
from ktpel_kiosk.ui.widgets.busy import Working
from ktpel_kiosk.ui.widgets.buttons import Button, IconButton

GROUP = "Tombol"


@exhibit(GROUP, "Utama: satu per layar, kanan bawah, F9", order=1)
def primary(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: Button("Cetak tanda terima & lanjut", "primary", key="F9"))


@exhibit(GROUP, "Biasa", order=2)
def secondary(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: Button("Kembalikan berkas", icon="undo-2"))
    yield from in_states(lambda: Button("Ulangi", icon="rotate-ccw", key="F7"), ("", "disabled"), caption="dengan kunci")


@exhibit(GROUP, "Berbahaya, baik, tautan", order=3)
def others(_stage: Stage) -> Iterator[Specimen]:
    for kind, text in (("danger", "Nyatakan rusak"), ("good", "Cocok"), ("link", "Lihat selengkapnya")):
        yield from in_states(lambda kind=kind, text=text: Button(text, kind))  # type: ignore[misc]


@exhibit(GROUP, "Sedang bekerja", order=7)
def working(_stage: Stage) -> Iterator[Specimen]:
    button = Button("Mengimpor daftar penduduk", icon="download")
    Working(button)._turn()
    yield Specimen("busur berputar", button, width=300)


@exhibit(GROUP, "Teks panjang dalam ruang sempit", order=4)
def long_text(_stage: Stage) -> Iterator[Specimen]:
    yield Specimen("dipotong dengan tanda", Button("Kembalikan berkas kepada pemohon hari ini", icon="undo-2", key="F6"), width=260)


@exhibit(GROUP, "Hanya ikon, namanya dibacakan", order=5)
def icons(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: IconButton("Tutup", "x"))


@exhibit(GROUP, "Pemohon: 84 piksel", order=6)
def applicant(_stage: Stage) -> Iterator[Specimen]:
    yield from in_states(lambda: Button("Ya, sudah benar", "primary", large=True, icon="arrow-right", icon_after=True))
    yield from in_states(lambda: Button("Ulangi", large=True, icon="eraser"))
