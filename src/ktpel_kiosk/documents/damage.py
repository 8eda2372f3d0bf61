"""Berita Acara Kerusakan Perangkat: which device is broken since when, what it does, what was tried, what it means for the service."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.documents.deed import CLOSING, SIZE, opening, particulars
from ktpel_kiosk.documents.flow import Block, Columns, Sheet, document, table_blocks, text_blocks
from ktpel_kiosk.documents.parts import REGULAR, SEMIBOLD, letterhead, nip_text, signer_row, titled
from ktpel_kiosk.documents.pen import Pen
from ktpel_kiosk.ports.papers import DamagePaper

TESTS = Columns(("Waktu", "Pengujian", "Hasil"), (38, 50, 82), "lll", 9)
SCALES = (1.0, 0.95, 0.9, 0.85)
LABELS = 40


def damage_report(paper: DamagePaper, logo: bytes = b"") -> bytes:
    """A4; long texts run on overleaf, the signatures stay with the closing sentence."""
    sheet = Sheet(running=f"Berita Acara Kerusakan Perangkat · Nomor {paper.nomor}", note=paper.nomor, left=22, right=18)
    blocks = [Block(lambda pen: _head(pen, paper, logo))]
    blocks += text_blocks(opening(paper.on, paper.jam, paper.place, "yang bertanda tangan di bawah ini:"), size=SIZE, gap=4)
    blocks.append(particulars((("Nama", paper.petugas.nama), ("NIP", nip_text(paper.petugas.nip).removeprefix("NIP ")),
                                ("Jabatan", paper.petugas.jabatan)), LABELS))
    blocks += text_blocks("menyatakan bahwa perangkat pelayanan KTP-el berikut ini rusak:", size=SIZE, gap=2, keep=True)
    blocks.append(particulars(paper.perangkat, LABELS))
    number = 0

    def part(title: str, body: Sequence[Block]) -> None:
        nonlocal number, blocks
        number += 1
        heading = f"{number}. {title}"
        blocks.append(Block(lambda pen: pen.line(heading, SEMIBOLD, SIZE), 2.6, keep=True))
        blocks += body

    for title, text in (("Rusak sejak", paper.sejak), ("Yang terjadi", paper.gejala)):
        part(title, text_blocks(text or "-", size=SIZE, gap=0.4))
    if paper.uji:
        part("Pengujian oleh aplikasi", table_blocks(TESTS, paper.uji, sheet.width, gap=1))
    if paper.riwayat:
        part("Catatan perangkat, 30 hari terakhir", [particulars(paper.riwayat, LABELS, 0.6)])
    for title, text in (("Tindakan yang sudah dilakukan", paper.tindakan), ("Dampak pada pelayanan", paper.dampak),
                        ("Permintaan", paper.permintaan)):
        if text:
            part(title, text_blocks(text, size=SIZE, gap=0.4))
    blocks += text_blocks(CLOSING, size=SIZE, gap=4, keep=True)
    blocks.append(Block(lambda pen: _signatures(pen, paper), 4))
    return document(f"Berita Acara Kerusakan Perangkat {paper.nomor}", sheet, blocks, scales=SCALES)


def _head(pen: Pen, paper: DamagePaper, logo: bytes) -> None:
    letterhead(pen, paper.kop, size=13, logo_png=logo)
    pen.down(3)
    if paper.qr_text:
        side = 19.0 * pen.scale
        pen.qr(paper.qr_text, pen.right - side, pen.y, side)
    pen.line("BERITA ACARA", SEMIBOLD, 13, "m")
    titled(pen, "KERUSAKAN PERANGKAT", paper.nomor, size=13)


def _signatures(pen: Pen, paper: DamagePaper) -> None:
    signers = [(paper.petugas, f"{paper.place_date}\nYang melaporkan,")]
    if paper.mengetahui is not None:
        signers.insert(0, (paper.mengetahui, "Mengetahui,"))
    if len(signers) == 2:  # the line with the place stands above the right one only
        pen.line("", REGULAR, 10)
    right = pen.width * 0.44
    pen.text(pen.right - right / 2, pen.y, paper.place_date, REGULAR, 10, "m")
    signer_row(pen, [(who, above.split("\n")[-1]) for who, above in signers], right, size=10, room=18)
