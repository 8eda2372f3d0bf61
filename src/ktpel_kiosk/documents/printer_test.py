"""Test pages of document and receipt printers: what is crooked, pale, streaked or cut off can be seen on them at once."""

from __future__ import annotations

from ktpel_kiosk.documents.flow import Block, Sheet, document
from ktpel_kiosk.documents.parts import BOLD, LINE, MUTED, REGULAR, SEMIBOLD, field_lines, letterhead, titled
from ktpel_kiosk.documents.pen import Pen
from ktpel_kiosk.documents.rolls import roll_page
from ktpel_kiosk.ports.papers import PrinterTestPaper

STEPS = 11
COLOURS = (("Merah", (0.80, 0.06, 0.18)), ("Hijau", (0.10, 0.50, 0.29)), ("Biru", (0.04, 0.34, 0.72)), ("Hitam", (0.0, 0.0, 0.0)))
SHORT = "Abc 0123456789 KTP-el"
SAMPLE = f"{SHORT}, huruf kecil harus tetap terbaca"


def page(paper: PrinterTestPaper, logo: bytes = b"") -> bytes:
    """One A4: letterhead, who and when, a grid of 10 mm, a grey ramp, colours, small letters, marks in the corners."""
    sheet = Sheet(note="Halaman uji cetak. Boleh dibuang.", left=20, right=18)

    def paint(pen: Pen) -> None:
        _corners(pen)
        letterhead(pen, paper.kop, size=13, logo_png=logo)
        pen.down(3)
        titled(pen, "HALAMAN UJI CETAK", size=13)
        pen.down(3)
        field_lines(pen, (("Dicetak", paper.at_local), ("Petugas", paper.petugas), *paper.perangkat), label_width=34, size=10)
        _part(pen, "Kisi 10 mm: garis harus lurus dan kotak harus 10 mm bila diukur")
        _grid(pen, 60.0, 10.0)
        _part(pen, "Tangga abu-abu: sebelas kotak harus dapat dibedakan")
        _ramp(pen, 12.0)
        _part(pen, "Warna rata: tidak boleh bergaris")
        _colours(pen, 14.0)
        _part(pen, "Huruf")
        for size in (5, 6, 7, 8, 10, 12):
            pen.line(f"{size} pt  {SAMPLE}", REGULAR, size)
        pen.down(2)
        pen.qr("KTP-el Kiosk: halaman uji cetak", pen.right - 24, pen.y - 26, 24)

    return document("Halaman Uji Cetak", sheet, [Block(paint)])


def roll(paper: PrinterTestPaper) -> bytes:
    """The same in short for an 80 mm roll."""
    def paint(pen: Pen) -> None:
        pen.line("STRUK UJI CETAK", BOLD, 11, "m")
        pen.down(2)
        field_lines(pen, (("Dicetak", paper.at_local), ("Petugas", paper.petugas), *paper.perangkat), label_width=17, size=8.6)
        pen.down(1.5)
        _grid(pen, 20.0, 6.0)
        pen.down(2)
        for size in (6, 7, 8.6, 11):
            pen.line(SHORT, REGULAR, size)
        pen.down(2)
        pen.qr("KTP-el Kiosk: struk uji cetak", pen.middle - 13, pen.y, 26)
        pen.down(28)
        pen.line("Garis tepi harus utuh, QR harus terbaca.", REGULAR, 7.6, "m", MUTED)

    return roll_page("Struk Uji Cetak", paper.kop, paint)


def _part(pen: Pen, text: str) -> None:
    pen.down(4)
    pen.line(text, SEMIBOLD, 9.6)
    pen.down(1)


def _corners(pen: Pen) -> None:
    """Marks 8 mm from each edge: what is missing shows the margin the printer cannot reach."""
    wide, high, near, arm = pen.page_width, pen.page_height, 8.0, 6.0
    for x, dx in ((near, arm), (wide - near, -arm)):
        for y, dy in ((near, arm), (high - near, -arm)):
            pen.rule(y, min(x, x + dx), max(x, x + dx), thick=0.25)
            pen.upright(x, min(y, y + dy), max(y, y + dy), thick=0.25)


def _grid(pen: Pen, height: float, step: float) -> None:
    top, columns = pen.y, int(pen.width / step)
    for i in range(columns + 1):
        pen.upright(pen.left + i * step, top, top + height, thick=0.15 if i % 5 else 0.4)
    for i in range(int(height / step) + 1):
        pen.rule(top + i * step, pen.left, pen.left + columns * step, thick=0.15 if i % 5 else 0.4)
    pen.y = top + height


def _ramp(pen: Pen, height: float) -> None:
    width = pen.width / STEPS
    for i in range(STEPS):
        grey = 1 - i / (STEPS - 1)
        pen.box(pen.left + i * width, pen.y, width, height, thick=0.1, color=LINE, fill=(grey, grey, grey))
        pen.text(pen.left + (i + 0.5) * width, pen.y + height + 3.2, f"{i * 100 // (STEPS - 1)} %", REGULAR, 7, "m", MUTED)
    pen.y += height + 3.5


def _colours(pen: Pen, height: float) -> None:
    width = pen.width / len(COLOURS)
    for i, (name, colour) in enumerate(COLOURS):
        pen.box(pen.left + i * width, pen.y, width - 2, height, thick=0, fill=colour)
        pen.text(pen.left + i * width, pen.y + height + 3.2, name, REGULAR, 7, color=MUTED)
    pen.y += height + 3.5
