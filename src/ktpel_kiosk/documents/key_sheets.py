"""Lembar kunci: one A4 a sheet, 21 words to be typed and a QR code to be scanned, and what it is for."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.pen import A4, BOLD, MUTED, PALE, REGULAR, SEMIBOLD, Pen, pdf
from ktpel_kiosk.ports.papers import KeySheetsPaper
from ktpel_kiosk.ports.station_care import Sheet

LEFT = RIGHT = 20.0
COLUMNS = 3
LOOK_AFTER = (
    "Simpan di lemari terkunci, satu lembar satu orang, jangan berdua di tempat yang sama dan jangan bersama diska cadangan.",
    "Lembar ini tidak membuka apa pun sendirian. Jangan difoto dan jangan difotokopi.",
    "Bila lembar ini hilang, beri tahu supervisor: set baru dapat dibuat, dan lembar lama tidak berlaku lagi untuk komputer ini. "
    "Salinan yang dibuat sebelum itu tetap terbuka dengan set lamanya; simpan lembar lama sampai salinan itu tidak ada lagi.",
)


def key_sheets(paper: KeySheetsPaper) -> bytes:
    """All sheets of a set, a page each."""
    def paint(canvas: Canvas) -> None:
        for sheet in paper.sheets:
            _page(Pen(canvas, A4, LEFT, RIGHT, top=22.0), paper, sheet)
            canvas.showPage()

    return pdf("Lembar kunci", A4, paint)


def _page(pen: Pen, paper: KeySheetsPaper, sheet: Sheet) -> None:
    pen.line(f"Lembar kunci {sheet.number} dari {sheet.count}", BOLD, 22)
    pen.down(2)
    pen.line(f"{paper.kantor} · {paper.station}", REGULAR, 11, color=MUTED)
    pen.line(f"Set {sheet.set_id:05d} · dibuat {paper.tanggal}", REGULAR, 11, color=MUTED)
    pen.down(4)
    pen.paragraph(f"Dengan {sheet.needed} dari {sheet.count} lembar, register dan cadangan kantor ini dapat dibuka bila kunci komputer "
                  "atau kode pemulihan hilang. Caranya tertulis di panduan, bab Salinan dan pemulihan.", size=11)
    pen.down(6)
    _words(pen, sheet)
    pen.down(8)
    top = pen.y
    pen.qr(sheet.qr, pen.left, top, 48.0)
    for text in LOOK_AFTER:
        pen.paragraph(text, x=pen.left + 58, width=pen.width - 58, size=10.5)
        pen.down(2.4)
    pen.y = max(pen.y, top + 54)
    pen.down(6)
    pen.line("Disimpan oleh: ______________________________   Tanda tangan: ____________________", REGULAR, 10.5)


def _words(pen: Pen, sheet: Sheet) -> None:
    """Read down each column, as they are typed."""
    rows = -(-len(sheet.words) // COLUMNS)
    wide, high, top = pen.width / COLUMNS, 9.5, pen.y
    pen.box(pen.left - 3, top - 2, pen.width + 6, rows * high + 4, thick=0, fill=PALE, radius=2)
    for i, word in enumerate(sheet.words):
        x, y = pen.left + (i // rows) * wide, top + (i % rows) * high + 6.2
        pen.text(x + 8, y, f"{i + 1}", REGULAR, 10, "r", MUTED)
        pen.text(x + 11, y, word, SEMIBOLD, 15)
    pen.y = top + rows * high
