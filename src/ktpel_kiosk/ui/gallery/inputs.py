"""Ways to enter things besides the keys: code lists, calendar, keyboard on the screen; papers and lists that come page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position
from ktpel_kiosk.domain.tanggal import Span
from ktpel_kiosk.ui.gallery.capturing import picture
from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.gallery.lists import _rows
from ktpel_kiosk.ui.widgets.calendar import CalendarPopover
from ktpel_kiosk.ui.widgets.fields import DateField
from ktpel_kiosk.ui.widgets.finger_table import FingerCell, FingerTable
from ktpel_kiosk.ui.widgets.keyboard import ScreenKeyboard
from ktpel_kiosk.ui.widgets.manual import ManualView
from ktpel_kiosk.ui.widgets.paged import PagedRows
from ktpel_kiosk.ui.widgets.paper_view import PaperView
from ktpel_kiosk.ui.widgets.picker import PickField, PickList
from ktpel_kiosk.ui.words import word

GROUP = "Isian lain"
TEN = (*RIGHT_FOUR, *LEFT_FOUR, Position("right_thumb"), Position("left_thumb"))


def shelf(inner: QWidget, anchor: QWidget) -> QWidget:
    """A holder for what otherwise opens over the window, and for the field it belongs to."""
    holder = QWidget()
    anchor.setParent(holder)
    anchor.hide()
    box = QVBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 0)
    box.addWidget(inner)
    inner.setVisible(True)
    return holder


@exhibit(GROUP, "Daftar kode dengan pencarian", order=35)
def picker(_stage: Stage) -> Iterator[Specimen]:
    jobs = [(1, "BELUM/TIDAK BEKERJA"), (2, "MENGURUS RUMAH TANGGA"), (3, "PELAJAR/MAHASISWA"), (9, "PETANI/PEKEBUN")]
    for caption, value, state in (("kosong", None, ""), ("terisi", 3, ""), ("ditunjuk", 3, "hover"), ("fokus papan ketik", 3, "focus"),
                                  ("nonaktif", 3, "disabled")):
        field = PickField("pekerjaan", "Pekerjaan", jobs)
        field.set_value(value)
        yield Specimen(caption, field, state, width=290)
    field = PickField("pekerjaan", "Pekerjaan", jobs)
    opened = PickList(field.line, "Pekerjaan")
    opened.show_entries(field.line.entries, "3", "Tidak ada yang cocok")
    yield Specimen("daftar terbuka", shelf(opened, field), width=290, height=230)


@exhibit(GROUP, "Kalender", order=36)
def calendar(_stage: Stage) -> Iterator[Specimen]:
    field = DateField("lahir", "Tanggal lahir")
    opened = CalendarPopover(field.line)
    opened.begin(date(2008, 2, 5), date(2026, 11, 26), Span(date(1900, 1, 1), date(2026, 11, 26)))
    yield Specimen("terbuka", shelf(opened, field), width=350, height=420)


@exhibit(GROUP, "Papan ketik layar", order=37)
def keyboard(_stage: Stage) -> Iterator[Specimen]:
    for page, caption in ((0, "huruf"), (1, "angka"), (2, "tanda")):
        holder = QWidget()
        made = ScreenKeyboard(holder)
        made.show_page(page)
        box = QVBoxLayout(holder)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(made)
        made.setVisible(True)
        yield Specimen(caption, holder, width=1000, height=300)


@exhibit("Perekaman", "Sepuluh jari sekaligus", order=145)
def ten_fingers(_stage: Stage) -> Iterator[Specimen]:
    made = FingerTable()
    words = (("78 baik", "good"), ("41 cukup", "attention"), ("", "neutral"), ("Pengecualian: dibalut", "neutral"), ("gagal", "trouble"))
    made.set_cells({p: FingerCell(word("posisi", p), *words[i % 5]) for i, p in enumerate(TEN)})
    yield Specimen("baik, cukup, belum, pengecualian, gagal", made, width=520, height=240)


@exhibit("Tabel dan daftar", "Tabel yang datang sehalaman demi sehalaman", order=103)
def paged(_stage: Stage) -> Iterator[Specimen]:
    made = PagedRows("Register", ("Nomor", "Nama", "Keadaan"), (160, 200, 130), (1, 2, 1))
    made.begin(100_000, _rows())
    yield Specimen("seratus ribu baris", made, width=600, height=240)


@exhibit("Kartu dan panel", "Surat dan panduan", order=124)
def papers(_stage: Stage) -> Iterator[Specimen]:
    view = PaperView()
    view.show_paper("Fotokopi Kartu Keluarga", [picture(420, 594), picture(420, 594)])
    yield Specimen("surat yang dipindai", view, width=460, height=420)
    manual = ManualView()
    manual.setHtml("<h2>Loket</h2><p>Ketik NIK, lalu tekan <b>F9</b>.</p>")
    yield Specimen("panduan", manual, width=460, height=240)
