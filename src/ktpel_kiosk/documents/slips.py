"""Half-sheet papers, each twice on one A4 (for the applicant, for the archive): tanda terima, pengembalian, bukti pengambilan.

A paper too long for half a sheet is first set smaller, then each copy gets its own page; nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.parts import (
    LINE,
    MEDIUM,
    MUTED,
    REGULAR,
    SEMIBOLD,
    field_lines,
    identity,
    letterhead,
    signature_block,
    titled,
)
from ktpel_kiosk.documents.pen import A4, Pen, pdf
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


def reason_text(reason: str) -> str:
    """A code of ``RETURN_REASONS`` in words; sentences stay as they are."""
    return REASONS.get(reason, reason)


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
    fields = (("Tanggal/Jam", paper.at_local), ("Nama", paper.nama), ("NIK", paper.nik_tersamar), ("Jenis Permohonan", paper.layanan))
    identity(pen, paper.nomor_register, fields, paper.qr_text)


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
        field_lines(pen, contact if paper.kontak else contact[:1], label_width=31, size=9.2, bold=("Perkiraan selesai",), gap=0.25)
        _signers(pen, ("Petugas Loket,", paper.petugas), ("Pemohon,", paper.nama))
        _closing(pen, "Simpan tanda terima ini. Tunjukkan nomor atau QR ini bila bertanya atau mengambil dokumen. Pelayanan ini gratis.")

    return two_copies("Tanda Terima Berkas", paint)


def return_slip(paper: ReceiptPaper, reasons: Sequence[str], logo: bytes = b"") -> bytes:
    title = "Lembar Pengembalian Berkas" if paper.dapat_diajukan else "Lembar Penolakan Permohonan"
    again = " Nomor register tetap sama." if paper.nomor_register else " Nomor register diberikan setelah berkas dinyatakan lengkap."

    def paint(pen: Pen, copy: str) -> None:
        _heading(pen, paper.kop, copy, title.upper(), logo)
        if paper.nomor_lembar:
            pen.line(f"Nomor : {paper.nomor_lembar}", MEDIUM, 9.4, "m")
            pen.down(1.6)
        _identity(pen, paper)
        _label(pen, "Alasan dikembalikan" if paper.dapat_diajukan else "Alasan ditolak")
        _bullets(pen, [reason_text(r) for r in reasons] or ["-"])
        if paper.kekurangan:
            _label(pen, "Yang perlu dilengkapi")
            _checklist(pen, [(text, False) for text in paper.kekurangan], pen.width)
        pen.down(1.2)
        if paper.dapat_diajukan:
            pen.paragraph([("Permohonan dapat diajukan kembali", SEMIBOLD),
                           (f" setelah hal di atas dilengkapi atau diperbaiki.{again}", REGULAR)], size=9.2)
        else:
            pen.paragraph("Permohonan ini tidak dapat dikabulkan. Bila keberatan, sampaikan lewat kontak di bawah ini.", size=9.2)
        if paper.kontak:
            pen.down(0.6)
            field_lines(pen, (("Kontak", " · ".join(paper.kontak)),), label_width=31, size=9.2)
        _signers(pen, ("Petugas,", paper.petugas), ("Pemohon,", paper.nama))
        _closing(pen, "Bawa lembar ini beserta berkas yang sudah dilengkapi." if paper.dapat_diajukan else "Simpan lembar ini.")

    return two_copies(title, paint)


def _yes(value: bool) -> str:
    return "Ya" if value else "Tidak"


def handover(paper: HandoverPaper, logo: bytes = b"") -> bytes:
    card = paper.kind == "KTP-el"

    def paint(pen: Pen, copy: str) -> None:
        _heading(pen, paper.kop, copy, "BUKTI PENGAMBILAN", logo)
        pen.line(f"Nomor : {paper.number}", MEDIUM, 9.4, "m")
        pen.down(2.0)
        side = 20.0 * pen.scale
        top = pen.y
        pen.qr(paper.qr_text, pen.right - side, top, side)
        width = pen.width - (side + 5 if paper.qr_text else 0.0)
        fields = [
            ("Dokumen", paper.kind), ("Nomor Register", paper.nomor_register), ("Nama Pemilik", paper.nama), ("NIK", paper.nik_tersamar),
            ("Diserahkan", paper.at_local), ("Diterima oleh", f"{paper.penerima} ({paper.hubungan})"),
        ]
        if paper.tanggal_cetak:
            fields.insert(4, ("Tanggal Cetak", paper.tanggal_cetak))
        if paper.nik_penerima:
            fields.append(("NIK / surat kuasa", f"{paper.nik_penerima} / {paper.surat_kuasa}"))
        if card:
            fields += [("Kartu diaktifkan", _yes(paper.activated)), ("KTP-el lama ditarik", _yes(paper.old_card_withdrawn)),
                       ("UID chip", f"{paper.card_uid}{' (terbaca saat diserahkan)' if paper.card_read else ''}")]
        if paper.ikatan:
            fields.append(("Kode ikatan", paper.ikatan))
        field_lines(pen, fields, label_width=36, width=width, size=9.6, bold=("Nama Pemilik", "Dokumen"), gap=0.5)
        pen.y = max(pen.y, top + side if paper.qr_text else 0.0)
        pen.down(1.4)
        pen.paragraph(f"Saya telah menerima {paper.kind} tersebut di atas dalam keadaan baik"
                      + (" dan data yang tercetak sudah benar." if card else "."), size=9.6)
        _signers(pen, ("Petugas,", paper.petugas), ("Penerima,", paper.penerima), paper.signature_png, room=18.0)
        _closing(pen, "Simpan bukti ini. Bila kartu hilang, laporkan ke kepolisian lalu ajukan penggantian di kantor ini." if card
                 else "Simpan bukti ini sampai KTP-el diterima.")

    return two_copies("Bukti Pengambilan", paint)
