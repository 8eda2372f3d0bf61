"""Berita Acara Pemusnahan Data: packet files and spare contents destroyed after receipt and retention time (UU 27/2022).

No name and no NIK stands in it: counters, a digest over the packets and how to check it.
"""

from __future__ import annotations

from ktpel_kiosk.documents.deed import CLOSING, SIZE, opening, particulars
from ktpel_kiosk.documents.flow import Block, Sheet, document, text_blocks
from ktpel_kiosk.documents.parts import REGULAR, SEMIBOLD, letterhead, nip_text, signer_row, titled
from ktpel_kiosk.documents.pen import Pen, Run
from ktpel_kiosk.domain.text import number_text, terbilang
from ktpel_kiosk.ports.papers import DataPurgePaper

BASIS = ("Pasal 16 ayat (2) huruf g dan Pasal 44 Undang-Undang Nomor 27 Tahun 2022 tentang Pelindungan Data Pribadi: data pribadi "
         "dimusnahkan setelah masa retensinya berakhir")
METHOD = (
    "Berkas paket (terenkripsi untuk kantor pusat) dan isi cadangannya dihapus dari komputer stasiun. Kunci isi cadangan (AES-256, satu "
    "kunci untuk tiap paket, hanya ada dalam register terenkripsi) dihapus lebih dulu dengan penimpaan, sehingga sisa berkas pada media "
    "penyimpanan tidak dapat dibaca lagi oleh siapa pun di kantor ini. Hasil rekam mentah sudah dihapus dari register saat penyegelan.")
RECEIPTS = ("Sebelum pemusnahan, tanda tangan elektronik pada tanda terima pusat untuk setiap paket diperiksa ulang dan sah; paket tanpa "
            "tanda terima yang sah tidak ikut dimusnahkan.")
CHECK = ("Daftar nomor paket tersimpan dalam register dan riwayat audit. Sidik daftar adalah SHA-256 atas baris \"nomor paket, spasi, "
         "SHA-256 berkas\" menurut nomor urut, sehingga isi berita acara ini dapat diuji kapan saja.")
SCALES = (1.0, 0.95, 0.9, 0.85)
LABELS = 46


def data_purge(paper: DataPurgePaper, logo: bytes = b"") -> bytes:
    """One A4 page. Without a number it is the record of a nightly run and bears no signature."""
    name = f"Berita Acara Pemusnahan Data {paper.nomor}" if paper.nomor else "Catatan Pemusnahan Data"
    sheet = Sheet(running=f"{name.replace(paper.nomor, '').strip()}{f' · Nomor {paper.nomor}' if paper.nomor else ''}",
                  note=paper.nomor or paper.digest[:16], left=22, right=18)
    who = "yang bertanda tangan di bawah ini:" if paper.petugas is not None else "pekerjaan harian aplikasi kios"
    blocks = [Block(lambda pen: _head(pen, paper, logo))]
    blocks += text_blocks(opening(paper.on, paper.jam, paper.place, who), size=SIZE, gap=4)
    if paper.petugas is not None:
        blocks.append(particulars((("Nama", paper.petugas.nama), ("NIP", nip_text(paper.petugas.nip).removeprefix("NIP ")),
                                    ("Jabatan", paper.petugas.jabatan)), LABELS))
    blocks += text_blocks(_deed(paper), size=SIZE, gap=2.5)
    blocks.append(particulars(paper.fakta, LABELS))
    for number, (title, text) in enumerate((("Cara", METHOD), ("Tanda terima", RECEIPTS), ("Pengujian", CHECK)), 1):
        blocks.append(_title(f"{number}. {title}"))
        blocks += text_blocks(text, size=SIZE, gap=0.4)
    blocks.append(particulars((("Sidik daftar", " ".join(paper.digest[i:i + 8] for i in range(0, 64, 8))),), LABELS, 2))
    if paper.petugas is not None:
        blocks += text_blocks(CLOSING, size=SIZE, gap=4, keep=True)
        blocks.append(Block(lambda pen: _signatures(pen, paper), 4))
    return document(name, sheet, blocks, scales=SCALES)


def _head(pen: Pen, paper: DataPurgePaper, logo: bytes) -> None:
    letterhead(pen, paper.kop, size=13, logo_png=logo)
    pen.down(3)
    if paper.qr_text:
        side = 19.0 * pen.scale
        pen.qr(paper.qr_text, pen.right - side, pen.y, side)
    pen.line("BERITA ACARA" if paper.nomor else "CATATAN OTOMATIS", SEMIBOLD, 13, "m")
    if paper.nomor:
        titled(pen, "PEMUSNAHAN DATA PEREKAMAN KTP-EL", paper.nomor, size=13)
    else:
        pen.line("PEMUSNAHAN DATA PEREKAMAN KTP-EL", SEMIBOLD, 13, "m")


def _deed(paper: DataPurgePaper) -> list[Run]:
    return [("telah memusnahkan berkas dan isi cadangan dari ", REGULAR),
            (f"{number_text(paper.count)} ({terbilang(paper.count)}) paket perekaman", SEMIBOLD),
            (f" yang tanda terimanya sudah ada dan masa simpannya sudah habis, berdasarkan {BASIS}.", REGULAR)]


def _title(text: str) -> Block:
    return Block(lambda pen: pen.line(text, SEMIBOLD, SIZE), 2.6, keep=True)


def _signatures(pen: Pen, paper: DataPurgePaper) -> None:
    signers = [(paper.petugas, "Yang memusnahkan,")] if paper.petugas is not None else []
    if paper.mengetahui is not None:
        signers.insert(0, (paper.mengetahui, "Mengetahui,"))
    right = pen.width * 0.44
    pen.text(pen.right - right / 2, pen.y, paper.place_date, REGULAR, 10, "m")
    pen.line("", REGULAR, 10)
    signer_row(pen, signers, right, size=10, room=18)
