"""Tables and lists of work."""

from __future__ import annotations

from collections.abc import Iterator

from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.widgets.extra import GrowingRows
from ktpel_kiosk.ui.widgets.paged import PagedRows
from ktpel_kiosk.ui.widgets.tables import Cell, DataRow, RowsView, TableRow
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList

GROUP = "Tabel dan daftar"
ROWS = (("0042/KTP/XI/2026", "SITI CONTOH LESTARI", "Lengkap", "good"), ("0043/KTP/XI/2026", "BUDI SANTOSO", "Menunggu PRR", "neutral"),
        ("0044/KTP/XI/2026", "I GUSTI AYU PUTU OKA WIDYANINGSIH", "Terlambat", "trouble"))


def _rows() -> list[TableRow]:
    rows = [TableRow(n, (Cell(n), Cell(name, bold=True), Cell(word, tone))) for n, name, word, tone in ROWS]
    return [*rows, TableRow("x", (Cell("0041/KTP/XI/2026", struck=True), Cell("DIBATALKAN", struck=True), Cell("batal", muted=True)))]


@exhibit(GROUP, "Tabel", order=100)
def tables(_stage: Stage) -> Iterator[Specimen]:
    for caption, state, choose in (("biasa", "", False), ("terpilih", "", True), ("fokus papan ketik", "focus", True)):
        view = RowsView("Permohonan", ("Nomor", "Nama", "Keadaan"), 1, (160, 200, 130))
        view.rows.set_rows(_rows())
        if choose:
            view.setCurrentIndex(view.rows.index(1, 0))
        yield Specimen(caption, view, state, width=600, height=240)
    empty = GrowingRows("Register", ("Nomor", "Nama", "Keadaan"), (160, 200, 130), (1, 2, 1))
    yield Specimen("kosong", empty, width=600, height=120)


@exhibit(GROUP, "Daftar pekerjaan", order=101)
def work(_stage: Stage) -> Iterator[Specimen]:
    def made(count: int) -> WorkList:
        items = WorkList("Menunggu verifikasi", "file-check", "Tidak ada yang menunggu", "Berkas baru dari loket muncul di sini.")
        items.set_items([WorkItem(str(i), name, number, word if i else "", tone)
                         for i, (number, name, word, tone) in enumerate(ROWS)][:count], choose="1")
        return items

    yield Specimen("terpilih", made(3), width=320, height=300)
    yield Specimen("sempit", made(3), width=210, height=360)
    yield Specimen("kosong", made(0), width=320, height=260)


@exhibit(GROUP, "Baris data pemohon", order=102)
def data_rows(_stage: Stage) -> Iterator[Specimen]:
    for caption, state, wrong in (("benar", "", False), ("ditunjuk", "hover", False), ("fokus papan ketik", "focus", False),
                                  ("salah", "", True)):
        row = DataRow("nama", "Nama lengkap", "SITI CONTOH LESTARI")
        row.setChecked(wrong)
        yield Specimen(caption, row, state, width=600)


@exhibit(GROUP, "Tabel yang datang sehalaman demi sehalaman", order=103)
def paged(_stage: Stage) -> Iterator[Specimen]:
    made = PagedRows("Register", ("Nomor", "Nama", "Keadaan"), (160, 200, 130), (1, 2, 1))
    made.begin(100_000, _rows())
    yield Specimen("seratus ribu baris", made, width=600, height=240)
