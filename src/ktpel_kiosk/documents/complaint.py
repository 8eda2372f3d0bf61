"""Bukti pengaduan: what a person who complained takes home, and the same sheet for the office's folder."""

from __future__ import annotations

from ktpel_kiosk.documents.parts import BOLD, LINE, MUTED, PALE, REGULAR, SEMIBOLD, field_lines, letterhead, signature_block, titled
from ktpel_kiosk.documents.pen import Pen, width_mm
from ktpel_kiosk.documents.slips import two_copies
from ktpel_kiosk.ports.papers import ComplaintPaper

MANY = 900
"""Characters of a complaint printed in full on the half sheet; the whole text is in the register."""


def complaint(paper: ComplaintPaper, logo: bytes = b"") -> bytes:
    """Two copies on one A4; a long complaint is shortened visibly, its full text stays in the register."""
    def paint(pen: Pen, copy: str) -> None:
        pen.text(pen.right, pen.y, copy.replace("pemohon", "pelapor"), REGULAR, 7, "r", MUTED)
        pen.down(0.6)
        letterhead(pen, paper.kop, size=10.5, logo_png=logo)
        pen.down(1.0)
        titled(pen, "BUKTI PENGADUAN", size=12)
        pen.down(2.0)
        _number(pen, paper)
        field_lines(pen, (("Diterima", paper.at_local), ("Melalui", paper.kanal), ("Pelapor", paper.pelapor),
                          ("Kontak", paper.kontak), ("Kategori", paper.kategori)), label_width=31, size=9.2, gap=0.25, bold=("Pelapor",))
        pen.down(0.9)
        pen.line("Isi pengaduan", SEMIBOLD, 8.8)
        pen.down(0.4)
        pen.paragraph(_shown(paper.uraian), size=8.8)
        pen.down(1.4)
        field_lines(pen, (("Ditanggapi", f"paling lambat {paper.tanggapan}"), ("Selesai", f"paling lambat {paper.batas}")),
                    label_width=31, size=9.2, gap=0.25, bold=("Selesai",))
        _sign(pen, paper)
        pen.rule(pen.y + 0.8, thick=0.15, color=LINE)
        pen.down(1.2)
        pen.paragraph("Simpan bukti ini. Sebutkan nomornya bila bertanya. Pengaduan dapat juga disampaikan lewat "
                      + (" · ".join(paper.kontak_kantor) or "kantor ini") + ". Identitas pelapor dirahasiakan.", size=7.6, color=MUTED)

    return two_copies("Bukti Pengaduan", paint)


def _number(pen: Pen, paper: ComplaintPaper) -> None:
    """The number in a box with its QR at the right."""
    side, top = 21.0 * pen.scale, pen.y
    pen.qr(paper.nomor, pen.right - side, top, side)
    width = pen.width - side - 5
    pen.box(pen.left, top, width, 10.5 * pen.scale, thick=0, fill=PALE, radius=1.6)
    pen.text(pen.left + 3, top + 6.9 * pen.scale, "Nomor", REGULAR, 9, color=MUTED)
    size = 15.0
    while width_mm(paper.nomor, BOLD, size * pen.scale) > width - 26 * pen.scale and size > 7:
        size -= 0.5
    pen.text(pen.left + 21 * pen.scale, top + 7.4 * pen.scale, paper.nomor, BOLD, size)
    pen.y = top + 12.0 * pen.scale


def _sign(pen: Pen, paper: ComplaintPaper) -> None:
    pen.down(1.5)
    width = pen.width * 0.42
    ends = [signature_block(pen, pen.left, width, ("Petugas penerima,",), paper.petugas, size=9.2, room=11.0),
            signature_block(pen, pen.right - width, width, ("Pelapor,",), "" if paper.anonim else paper.pelapor, size=9.2, room=11.0)]
    pen.y = max(ends) + 1.5


def _shown(text: str) -> str:
    clean = " ".join(text.split())
    return clean if len(clean) <= MANY else clean[:MANY].rsplit(" ", 1)[0] + " … (teks lengkap tersimpan di register pengaduan)"
