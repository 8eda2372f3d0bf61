"""Fields that help while typing: NIK in parts and masked, dates that ask, lists with search, the scanner, keys on the screen, papers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.domain.codes import PEKERJAAN
from ktpel_kiosk.domain.near_words import Entry, find_entries
from ktpel_kiosk.domain.tanggal import Span
from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.calendar import DAYS, MONTHS_OF_YEAR, YEARS, CalendarGrid, CalendarPopover
from ktpel_kiosk.ui.widgets.copy_key import CODE, MACHINE, SHEETS, CopyKey
from ktpel_kiosk.ui.widgets.dates import DateField
from ktpel_kiosk.ui.widgets.keyboard import LETTERS, NUMBERS, SIGNS, ScreenKeyboard
from ktpel_kiosk.ui.widgets.nik import NikField
from ktpel_kiosk.ui.widgets.paper_view import PaperView
from ktpel_kiosk.ui.widgets.picker import PickField, PickList
from ktpel_kiosk.ui.widgets.scan_field import ScanField, receipt_judge

GROUP = "Isian"
TODAY = date(2026, 11, 26)
JOBS = [(c, t.title()) for c, t in PEKERJAAN]


@exhibit(GROUP, "NIK saat diketik, dan disamarkan", order=35)
def nik_states(_stage: Stage) -> Iterator[Specimen]:
    part = NikField()
    part.set_value("35080545")
    part.say("Tempeh, Lumajang · perempuan, lahir tanggal 5 · 8 angka lagi")
    yield Specimen("sedang diketik", part, "focus", width=420)
    masked = NikField()
    masked.set_value("3508054502080001")
    masked.set_masked(True)
    yield Specimen("disamarkan", masked, width=290)
    listed = NikField("nik", "NIK")
    listed.set_value("3508054502080001")
    listed.mark("dari daftar")
    yield Specimen("asal isian", listed, width=290)


class _Office(QWidget):
    """A window with a day, so that ages do not change with the calendar on the wall."""

    def __init__(self, field: DateField) -> None:
        super().__init__()
        field.today = lambda: TODAY  # type: ignore[method-assign]
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(field)


@exhibit(GROUP, "Tanggal yang dibaca dan ditanyakan", order=36)
def dates(_stage: Stage) -> Iterator[Specimen]:
    for caption, text in (("terbaca", "5 feb 2008"), ("bertanya", "5/2/08"), ("bulan lain", "3 jumi 2008"), ("tidak ada", "31-2-2008")):
        field = DateField("lahir", "Tanggal lahir", birth=True)
        holder = _Office(field)
        field.set_value(text)
        if caption == "tidak ada":
            field.settle()
        yield Specimen(caption, holder, width=290)


@exhibit(GROUP, "Kalender", order=37)
def calendar(_stage: Stage) -> Iterator[Specimen]:
    for caption, view in (("hari", DAYS), ("bulan", MONTHS_OF_YEAR), ("tahun", YEARS)):
        grid = CalendarGrid()
        grid.today, grid.span, grid.chosen, grid.at = TODAY, Span.birth(TODAY), date(2008, 2, 5), date(2008, 2, 17)
        grid.show_view(view)
        yield Specimen(caption, grid, "focus", width=352, height=330)
    field = DateField("lahir", "Tanggal lahir", birth=True)
    holder = _Office(field)
    holder.resize(360, 500)
    popover = CalendarPopover(field.line)
    popover.setParent(None)
    popover.grid.today, popover.grid.span, popover.grid.at = TODAY, Span.birth(TODAY), date(2008, 2, 5)
    popover.grid.show_view(DAYS)
    yield Specimen("terbuka", popover, width=352, height=380)


@exhibit(GROUP, "Kode atau lembar kunci", order=39)
def copy_keys(_stage: Stage) -> Iterator[Specimen]:
    for caption, way in (("kode", CODE), ("lembar", SHEETS)):
        made = CopyKey([way, *(w for w in (MACHINE, CODE, SHEETS) if w != way)], lambda _t, _d, _f: None, str)
        yield Specimen(caption, made, width=420)


@exhibit(GROUP, "Daftar dengan pencarian", order=38)
def picker(_stage: Stage) -> Iterator[Specimen]:
    for caption, value, state in (("kosong", "", ""), ("terpilih", 88, ""), ("fokus papan ketik", 88, "focus"),
                                  ("nonaktif", 88, "disabled")):
        field = PickField("pekerjaan", "Pekerjaan", JOBS)
        field.set_value(value)
        yield Specimen(caption, field, state, width=290)
    for caption, query in (("mencari \"buruh\"", "buruh"), ("satu huruf keliru", "wirasvasta"), ("tidak ada", "zzzz")):
        field = PickField("pekerjaan", "Pekerjaan", JOBS)
        opened = PickList(field.line, "Pekerjaan")
        opened.setParent(None)
        found = find_entries(query, [Entry.of(c, t) for c, t in JOBS])
        opened.model.used = frozenset({"19"})
        opened.model.show(found)
        if found:
            opened.view.setCurrentIndex(opened.model.index(0))
        opened.none.setText("Tidak ada yang cocok. Coba kata lain, atau kosongkan.")
        opened.none.setHidden(bool(found))
        opened.view.setHidden(not found)
        yield Specimen(caption, opened, width=320, height=210 if len(found) > 1 else 66)


@exhibit(GROUP, "Pindai kode", order=39)
def scan(_stage: Stage) -> Iterator[Specimen]:
    for caption, code in (("menunggu", ""), ("terbaca", "0042/KTP/XI/2026"), ("NIK", "3508054502080001"), ("kode lain", "https://contoh.id/x")):
        field = ScanField(judge=receipt_judge)
        if code:
            field.take(code)
        yield Specimen(caption, field, width=300)


@exhibit("Papan ketik layar", "Huruf, tanda, angka", order=40)
def keyboard(_stage: Stage) -> Iterator[Specimen]:
    for caption, page, width, height in (("huruf", LETTERS, 982, 274), ("tanda", SIGNS, 982, 274), ("angka", NUMBERS, 340, 222)):
        keys = ScreenKeyboard(None)
        keys.show_page(page)
        yield Specimen(caption, keys, width=width, height=height)
    keys = ScreenKeyboard(None)
    keys.press(next(b.key for b in keys.buttons[LETTERS] if b.key.act == "shift"))
    yield Specimen("huruf besar", keys, width=982, height=274)


@exhibit("Papan ketik layar", "Berkas terpindai", order=41)
def papers(_stage: Stage) -> Iterator[Specimen]:
    def page(turned: bool) -> QImage:
        made = QImage(600, 424, QImage.Format.Format_RGB32)
        made.fill(Theme().color("canvas"))
        painter = QPainter(made)
        painter.drawText(QRect(0, 10, 600, 40), Qt.AlignmentFlag.AlignCenter, "KARTU KELUARGA" if not turned else "Halaman 2")
        for y in range(70, 400, 22):
            painter.drawLine(30, y, 570, y)
        painter.end()
        return made

    one, several = PaperView(), PaperView()
    one.show_paper("Fotokopi Kartu Keluarga", [page(False)])
    several.show_paper("Kutipan akta", [page(False), page(True)])
    several.turn()
    yield Specimen("satu halaman", one, width=420, height=360)
    yield Specimen("diputar, dua halaman", several, width=420, height=360)
