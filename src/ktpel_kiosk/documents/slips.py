"""Half-sheet papers, each twice on one A4 (for the applicant, for the archive): tanda terima, pengembalian, bukti pengambilan.

A paper too long for half a sheet is first set smaller, then each copy gets its own page; nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.parts import (
    BOLD,
    LINE,
    MEDIUM,
    MUTED,
    PALE,
    REGULAR,
    SEMIBOLD,
    field_lines,
    letterhead,
    signature_block,
    titled,
)
from ktpel_kiosk.documents.pen import A4, Pen, pdf, width_mm
from ktpel_kiosk.ports.papers import HandoverPaper, ReceiptPaper

COPIES = ("Lembar 1 untuk pemohon", "Lembar 2 untuk arsip kantor")
HALF = A4[1] / 2
SIDE, TOP, FOOT = 16.0, 9.0, 9.0
HALF_SCALES = (1.0, 0.94, 0.88, 0.82)
PAGE_SCALES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
REASONS = {
    "berkas_tidak_lengkap": "Berkas tidak lengkap", "berkas_tidak_benar": "Berkas tidak benar", "data_invalid": "Data tidak valid",
    "data_ganda": "Data ganda", "bukan_ybs": "Bukan yang bersangkutan", "usia_belum_cukup": "Usia belum cukup",
    "di_luar_jam": "Di luar jam pelayanan", "sudah_rekam": "Sudah pernah merekam", "lain": "Alasan lain",
}
Painter = Callable[[Pen, str], None]


def two_copies(title: str, paint: Painter) -> bytes:
    """Both copies on one sheet when they fit, else on two."""
    def height(scale: float) -> float:
        pen = Pen(None, A4, SIDE, SIDE, scale=scale, top=TOP)
        paint(pen, COPIES[0])
        return pen.y

    half = next((s for s in HALF_SCALES if height(s) <= HALF - FOOT), None)
    page = next((s for s in PAGE_SCALES if height(s) <= A4[1] - FOOT), PAGE_SCALES[-1])

    def draw(canvas: Canvas) -> None:
        for i, copy in enumerate(COPIES):
            pen = Pen(canvas, A4, SIDE, SIDE, scale=half or page, top=TOP + (HALF * i if half else 0.0))
            paint(pen, copy)
            if half is None or i:
                canvas.showPage()
            else:
                Pen(canvas, A4, 0, 0).rule(HALF, 5, A4[0] - 5, thick=0.15, color=MUTED, dash=(1.6, 1.6))

    return pdf(title, A4, draw)


def _heading(pen: Pen, kop: Sequence[str], copy: str, title: str, logo: bytes) -> None:
    pen.text(pen.right, pen.y, copy, REGULAR, 7, "r", MUTED)
    pen.down(0.6)
    letterhead(pen, kop, size=10.5, logo_png=logo)
    pen.down(1.0)
    titled(pen, title, size=12)
    pen.down(2.0)


def _checklist(pen: Pen, items: Sequence[tuple[str, bool]], width: float, size: float = 8.8) -> None:
    """Two columns when there are more than four papers."""
    columns = 2 if len(items) > 4 else 1
    rows = -(-len(items) // columns)
    column = width / columns
    side = 2.9 * pen.scale
    top = bottom = pen.y
    for c in range(columns):
        pen.y = top
        x = pen.left + c * column
        for text, there in items[c * rows:(c + 1) * rows]:
            line = pen.y + size * pen.scale * 1.06 / 72 * 25.4
            pen.tick_box(x, line, side, there)
            pen.paragraph(text, x=x + side + 1.8, width=column - side - 4, size=size)
            pen.down(0.5)
        bottom = max(bottom, pen.y)
    pen.y = bottom


def _label(pen: Pen, text: str) -> None:
    pen.down(0.9)
    pen.line(text, SEMIBOLD, 8.8)
    pen.down(0.4)


def _bullets(pen: Pen, lines: Sequence[str], size: float = 9.0) -> None:
    for text in lines:
        top = pen.y
        pen.paragraph("•", size=size)
        pen.y = top
        pen.paragraph(text, x=pen.left + 3.6 * pen.scale, size=size)
        pen.down(0.3)


def _identity(pen: Pen, paper: ReceiptPaper) -> None:
    """Number and QR stand out: they are what the counter asks for later."""
    side = 25.0 * pen.scale
    top = pen.y
    pen.qr(paper.qr_text, pen.right - side, top, side)
    width = pen.width - side - 5
    pen.box(pen.left, top, width, 10.5 * pen.scale, thick=0, fill=PALE, radius=1.6)
    pen.text(pen.left + 3, top + 6.9 * pen.scale, "Nomor Register", REGULAR, 9, color=MUTED)
    size = 15.0
    while width_mm(paper.nomor_register, BOLD, size * pen.scale) > width - 36 * pen.scale and size > 7:
        size -= 0.5
    pen.text(pen.left + 31 * pen.scale, top + 7.4 * pen.scale, paper.nomor_register or "-", BOLD, size)
    pen.down(12.2)
    fields = (("Tanggal/Jam", paper.at_local), ("Nama", paper.nama), ("NIK", paper.nik_tersamar), ("Jenis Permohonan", paper.layanan))
    field_lines(pen, fields, label_width=31, width=width, size=9.4, bold=("Nama",), gap=0.25)
    pen.y = max(pen.y, top + side)


def _signers(pen: Pen, left: tuple[str, str], right: tuple[str, str], ink: bytes = b"", room: float = 13.0) -> None:
    pen.down(1.5)
    width = pen.width * 0.42
    ends = [
        signature_block(pen, pen.left, width, (left[0],), left[1], size=9.2, room=room),
        signature_block(pen, pen.right - width, width, (right[0],), right[1], size=9.2, room=room, picture=ink),
    ]
    pen.y = max(ends) + 1.5


def _closing(pen: Pen, text: str) -> None:
    pen.rule(pen.y + 0.8, thick=0.15, color=LINE)
    pen.down(1.2)
    pen.paragraph(text, size=7.6, color=MUTED)


def receipt(paper: ReceiptPaper, logo: bytes = b"") -> bytes:
    def paint(pen: Pen, copy: str) -> None:
        _heading(pen, paper.kop, copy, "TANDA TERIMA BERKAS", logo)
        _identity(pen, paper)
        _label(pen, "Berkas diterima")
        _checklist(pen, paper.berkas, pen.width)
        if paper.kekurangan:
            _label(pen, "Kekurangan")
            _bullets(pen, paper.kekurangan)
        pen.down(1.2)
        contact = (("Perkiraan selesai", paper.perkiraan), ("Kontak", " · ".join(paper.kontak)))
        field_lines(pen, contact, label_width=31, size=9.2, bold=("Perkiraan selesai",), gap=0.25)
        _signers(pen, ("Petugas Loket,", paper.petugas), ("Pemohon,", paper.nama))
        _closing(pen, "Simpan tanda terima ini. Tunjukkan nomor atau QR ini bila bertanya atau mengambil dokumen. Pelayanan ini gratis.")

    return two_copies("Tanda Terima Berkas", paint)


def return_slip(paper: ReceiptPaper, reasons: Sequence[str], logo: bytes = b"") -> bytes:
    def paint(pen: Pen, copy: str) -> None:
        _heading(pen, paper.kop, copy, "LEMBAR PENGEMBALIAN BERKAS", logo)
        _identity(pen, paper)
        _label(pen, "Alasan dikembalikan")
        _bullets(pen, [REASONS.get(r, r) for r in reasons] or ["-"])
        if paper.kekurangan:
            _label(pen, "Yang perlu dilengkapi")
            _checklist(pen, [(text, False) for text in paper.kekurangan], pen.width)
        pen.down(1.2)
        pen.paragraph([("Permohonan dapat diajukan kembali", SEMIBOLD),
                       (" setelah hal di atas dilengkapi atau diperbaiki. Nomor register tetap sama.", REGULAR)], size=9.2)
        if paper.kontak:
            pen.down(0.6)
            field_lines(pen, (("Kontak", " · ".join(paper.kontak)),), label_width=31, size=9.2)
        _signers(pen, ("Petugas,", paper.petugas), ("Pemohon,", paper.nama))
        _closing(pen, "Bawa lembar ini beserta berkas yang sudah dilengkapi.")

    return two_copies("Lembar Pengembalian Berkas", paint)


def _yes(value: bool) -> str:
    return "Ya" if value else "Tidak"


def handover(paper: HandoverPaper, logo: bytes = b"") -> bytes:
    card = paper.kind == "KTP-el"

    def paint(pen: Pen, copy: str) -> None:
        _heading(pen, paper.kop, copy, "BUKTI PENGAMBILAN", logo)
        pen.line(f"Nomor : {paper.number}", MEDIUM, 9.4, "m")
        pen.down(2.0)
        fields = [
            ("Dokumen", paper.kind), ("Nomor Register", paper.nomor_register), ("Nama Pemilik", paper.nama), ("NIK", paper.nik_tersamar),
            ("Diserahkan", paper.at_local), ("Diterima oleh", f"{paper.penerima} ({paper.hubungan})"),
        ]
        field_lines(pen, fields, label_width=36, size=9.6, bold=("Nama Pemilik", "Dokumen"), gap=0.5)
        if card:
            field_lines(pen, (("Sidik jari dicocokkan", _yes(paper.finger_checked)),
                              ("KTP-el lama ditarik", _yes(paper.old_card_withdrawn)), ("UID chip", paper.card_uid)),
                        label_width=36, size=9.6, gap=0.5)
        pen.down(1.4)
        pen.paragraph(f"Saya telah menerima {paper.kind} tersebut di atas dalam keadaan baik"
                      + (" dan data yang tercetak sudah benar." if card else "."), size=9.6)
        _signers(pen, ("Petugas,", paper.petugas), ("Penerima,", paper.penerima), paper.signature_png, room=18.0)
        _closing(pen, "Simpan bukti ini. Bila kartu hilang, laporkan ke kepolisian lalu ajukan penggantian di kantor ini." if card
                 else "Simpan bukti ini sampai KTP-el diterima.")

    return two_copies("Bukti Pengambilan", paint)


def receipt_80mm(paper: ReceiptPaper) -> bytes:
    """The tanda terima for an 80 mm roll; the page is as long as its text."""
    def paint(pen: Pen) -> None:
        for i, text in enumerate(paper.kop):
            pen.line(text.upper() if i < 2 else text, SEMIBOLD if i < 2 else REGULAR, 9.5 if i < 2 else 7, "m")
        pen.down(1)
        pen.rule(pen.y, thick=0.3)
        pen.down(1.5)
        pen.line("TANDA TERIMA BERKAS", BOLD, 11, "m")
        pen.down(1)
        pen.line(paper.nomor_register or "-", BOLD, 15, "m")
        pen.down(2)
        pen.qr(paper.qr_text, pen.middle - 15, pen.y, 30)
        pen.down(32)
        field_lines(pen, (("Tanggal", paper.at_local), ("Nama", paper.nama), ("NIK", paper.nik_tersamar), ("Layanan", paper.layanan)),
                    label_width=17, size=8.6, bold=("Nama",))
        _label(pen, "Berkas diterima")
        _checklist_narrow(pen, paper.berkas)
        if paper.kekurangan:
            _label(pen, "Kekurangan")
            _bullets(pen, paper.kekurangan, 8.4)
        pen.down(1)
        field_lines(pen, (("Selesai", paper.perkiraan), ("Kontak", " · ".join(paper.kontak)), ("Petugas", paper.petugas)),
                    label_width=17, size=8.6)
        pen.down(1)
        pen.rule(pen.y, thick=0.2, color=LINE)
        pen.paragraph("Simpan tanda terima ini dan tunjukkan saat mengambil dokumen. Pelayanan ini gratis.", size=7.6, color=MUTED)
        pen.down(4)

    dry = Pen(None, (80.0, 1000.0), 4, 4, top=4)
    paint(dry)
    page = (80.0, max(dry.y, 80.0))

    def draw(canvas: Canvas) -> None:
        paint(Pen(canvas, page, 4, 4, top=4))
        canvas.showPage()

    return pdf("Tanda Terima Berkas", page, draw)


def _checklist_narrow(pen: Pen, items: Sequence[tuple[str, bool]]) -> None:
    for item in items:
        _checklist(pen, (item,), pen.width, 8.4)
