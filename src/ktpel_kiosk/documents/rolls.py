"""Slips for an 80 mm receipt printer: tanda terima, pengembalian, bukti pengambilan; each as long as its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.parts import BOLD, LINE, MEDIUM, MUTED, REGULAR, SEMIBOLD, field_lines
from ktpel_kiosk.documents.pen import Pen, pdf, wrap
from ktpel_kiosk.documents.slips import reason_text
from ktpel_kiosk.ports.papers import HandoverPaper, ReceiptPaper

WIDTH, MARGIN, SHORTEST = 80.0, 4.0, 80.0
SIZE = 8.6


def roll_page(title: str, kop: Sequence[str], paint: Callable[[Pen], None]) -> bytes:
    """One slip below the office's letterhead, as long as what ``paint`` draws."""
    def whole(pen: Pen) -> None:
        for i, text in enumerate(kop):
            pen.line(text.upper() if i < 2 else text, SEMIBOLD if i < 2 else REGULAR, 9.5 if i < 2 else 7, "m")
        pen.down(1)
        pen.rule(pen.y, thick=0.3)
        pen.down(1.5)
        paint(pen)
        pen.down(4)

    dry = Pen(None, (WIDTH, 1000.0), MARGIN, MARGIN, top=MARGIN)
    whole(dry)
    page = (WIDTH, max(dry.y, SHORTEST))

    def draw(canvas: Canvas) -> None:
        whole(Pen(canvas, page, MARGIN, MARGIN, top=MARGIN))
        canvas.showPage()

    return pdf(title, page, draw)


def _heading(pen: Pen, title: str, number: str, qr_text: str) -> None:
    pen.line(title, BOLD, 11, "m")
    pen.down(1)
    pen.line(number or "-", BOLD, 15, "m")
    pen.down(2)
    if qr_text:
        pen.qr(qr_text, pen.middle - 15, pen.y, 30)
        pen.down(32)


def _fields(pen: Pen, fields: Sequence[tuple[str, str]], label: float = 17.0) -> None:
    field_lines(pen, [(name, value) for name, value in fields if value], label_width=label, size=SIZE, bold=("Nama", "Pemilik"))


def _label(pen: Pen, text: str) -> None:
    pen.down(0.9)
    pen.line(text, SEMIBOLD, 8.8)
    pen.down(0.4)


def _ticks(pen: Pen, items: Sequence[tuple[str, bool]]) -> None:
    for text, there in items:
        pen.tick_box(pen.left, pen.y + 8.4 * 1.06 / 72 * 25.4, 2.9, there)
        pen.paragraph(text, x=pen.left + 4.7, size=8.4)
        pen.down(0.5)


def _points(pen: Pen, lines: Sequence[str]) -> None:
    for text in lines:
        top = pen.y
        pen.paragraph("•", size=8.4)
        pen.y = top
        pen.paragraph(text, x=pen.left + 3.6, size=8.4)
        pen.down(0.3)


def _end(pen: Pen, text: str) -> None:
    pen.down(1)
    pen.rule(pen.y, thick=0.2, color=LINE)
    pen.paragraph(text, size=7.6, color=MUTED)


def _who(pen: Pen, paper: ReceiptPaper) -> None:
    _fields(pen, (("Tanggal", paper.at_local), ("Nama", paper.nama), ("NIK", paper.nik_tersamar), ("Layanan", paper.layanan)))


def receipt(paper: ReceiptPaper) -> bytes:
    def paint(pen: Pen) -> None:
        _heading(pen, "TANDA TERIMA BERKAS", paper.nomor_register, paper.qr_text)
        _who(pen, paper)
        _label(pen, "Berkas diterima")
        _ticks(pen, paper.berkas)
        if paper.kekurangan:
            _label(pen, "Kekurangan")
            _points(pen, paper.kekurangan)
        pen.down(1)
        _fields(pen, (("Selesai", paper.perkiraan), ("Kontak", " · ".join(paper.kontak)), ("Petugas", paper.petugas)))
        _end(pen, "Simpan tanda terima ini dan tunjukkan saat mengambil dokumen. Pelayanan ini gratis.")

    return roll_page("Tanda Terima Berkas", paper.kop, paint)


def return_slip(paper: ReceiptPaper, reasons: Sequence[str]) -> bytes:
    again = paper.dapat_diajukan

    def paint(pen: Pen) -> None:
        _heading(pen, "PENGEMBALIAN BERKAS" if again else "PENOLAKAN PERMOHONAN", paper.nomor_register or paper.nomor_lembar, paper.qr_text)
        _fields(pen, (("Nomor lembar", paper.nomor_lembar),), 22.0)
        _who(pen, paper)
        _label(pen, "Alasan dikembalikan" if again else "Alasan ditolak")
        _points(pen, [reason_text(r) for r in reasons] or ["-"])
        if paper.kekurangan:
            _label(pen, "Yang perlu dilengkapi")
            _ticks(pen, [(text, False) for text in paper.kekurangan])
        pen.down(1)
        if again:
            pen.paragraph([("Permohonan dapat diajukan kembali", SEMIBOLD), (" setelah hal di atas dilengkapi atau diperbaiki.", REGULAR),
                           (" Nomor register tetap sama." if paper.nomor_register else "", REGULAR)], size=SIZE)
        pen.down(0.8)
        _fields(pen, (("Kontak", " · ".join(paper.kontak)), ("Petugas", paper.petugas)))
        _end(pen, "Bawa lembar ini beserta berkas yang sudah dilengkapi." if again else "Simpan lembar ini.")

    return roll_page("Lembar Pengembalian Berkas", paper.kop, paint)


def handover(paper: HandoverPaper) -> bytes:
    card = paper.kind == "KTP-el"

    def paint(pen: Pen) -> None:
        _heading(pen, "BUKTI PENGAMBILAN", paper.number, paper.qr_text)
        fields = [("Dokumen", paper.kind), ("Register", paper.nomor_register), ("Pemilik", paper.nama), ("NIK", paper.nik_tersamar),
                  ("Dicetak", paper.tanggal_cetak), ("Diserahkan", paper.at_local),
                  ("Diterima oleh", f"{paper.penerima} ({paper.hubungan})")]
        if paper.nik_penerima:
            fields += [("NIK penerima", paper.nik_penerima), ("Surat kuasa", paper.surat_kuasa)]
        if card:
            fields += [("Kartu", "aktif" if paper.activated else "belum diaktifkan"),
                       ("KTP-el lama", "ditarik" if paper.old_card_withdrawn else "tidak ditarik"),
                       ("UID chip", f"{paper.card_uid}{' (terbaca)' if paper.card_read else ''}")]
        if paper.ikatan:
            fields.append(("Kode ikatan", paper.ikatan))
        _fields(pen, [*fields, ("Petugas", paper.petugas)], 22.0)
        pen.down(1.5)
        pen.line("Tanda tangan penerima", MEDIUM, 8, "l", MUTED)
        pen.box(pen.left, pen.y + 0.5, pen.width, 20, thick=0.2, color=LINE, radius=1)
        pen.picture(paper.signature_png, pen.left + 4, pen.y + 1.5, pen.width - 8, 18, grey=True)
        pen.down(21)
        for text in wrap(paper.penerima, SEMIBOLD, 8.8 * pen.scale, pen.width):
            pen.line(text, SEMIBOLD, 8.8, "m")
        _end(pen, "Simpan bukti ini. Bila kartu hilang, laporkan ke kepolisian lalu ajukan penggantian di kantor ini." if card
             else "Simpan bukti ini sampai KTP-el diterima.")

    return roll_page("Bukti Pengambilan", paper.kop, paint)
