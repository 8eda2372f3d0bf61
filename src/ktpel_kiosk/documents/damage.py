"""Berita Acara Kerusakan Perangkat: which device is broken since when, what it does, what was tried, what it means for the service."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.documents.flow import Block, Columns, Sheet, document, table_blocks, text_blocks
from ktpel_kiosk.documents.parts import REGULAR, SEMIBOLD, field_lines, letterhead, nip_text, signer_row, titled
from ktpel_kiosk.documents.pen import Pen, Run
from ktpel_kiosk.domain.text import MONTHS, terbilang, weekday_name
from ktpel_kiosk.ports.papers import DamagePaper

CLOSING = "Demikian berita acara ini dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya."
TESTS = Columns(("Waktu", "Pengujian", "Hasil"), (38, 50, 82), "lll", 9)
SCALES = (1.0, 0.95, 0.9, 0.85)
SIZE = 10.2


def damage_report(paper: DamagePaper, logo: bytes = b"") -> bytes:
    """A4; long texts run on overleaf, the signatures stay with the closing sentence."""
    sheet = Sheet(running=f"Berita Acara Kerusakan Perangkat · Nomor {paper.nomor}", note=paper.nomor, left=22, right=18)
    blocks = [Block(lambda pen: _head(pen, paper, logo))]
    blocks += text_blocks(_opening(paper), size=SIZE, gap=4)
    blocks.append(_fields((("Nama", paper.petugas.nama), ("NIP", nip_text(paper.petugas.nip).removeprefix("NIP ")),
                           ("Jabatan", paper.petugas.jabatan))))
    blocks += text_blocks("menyatakan bahwa perangkat pelayanan KTP-el berikut ini rusak:", size=SIZE, gap=2, keep=True)
    blocks.append(_fields(paper.perangkat))
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
        part("Catatan perangkat, 30 hari terakhir", [_fields(paper.riwayat, 0.6)])
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


def _opening(paper: DamagePaper) -> list[Run]:
    on = paper.on
    words = f"{weekday_name(on)} tanggal {terbilang(on.day)} bulan {MONTHS[on.month - 1]} tahun {terbilang(on.year)}"
    at = f" pukul {paper.jam}" if paper.jam else ""
    return [("Pada hari ini ", REGULAR), (words, SEMIBOLD), (f" ({on.day:02d}-{on.month:02d}-{on.year}){at}, bertempat di ", REGULAR),
            (paper.place or "-", SEMIBOLD), (", yang bertanda tangan di bawah ini:", REGULAR)]


def _fields(fields: Sequence[tuple[str, str]], gap: float = 1.4) -> Block:
    given = [(label, value) for label, value in fields if value]

    def paint(pen: Pen) -> None:
        left = pen.left
        pen.left += 5 * pen.scale
        field_lines(pen, given, label_width=40, width=pen.right - pen.left, size=SIZE, gap=0.2)
        pen.left = left

    return Block(paint, gap)


def _signatures(pen: Pen, paper: DamagePaper) -> None:
    signers = [(paper.petugas, f"{paper.place_date}\nYang melaporkan,")]
    if paper.mengetahui is not None:
        signers.insert(0, (paper.mengetahui, "Mengetahui,"))
    if len(signers) == 2:  # the line with the place stands above the right one only
        pen.line("", REGULAR, 10)
    right = pen.width * 0.44
    pen.text(pen.right - right / 2, pen.y, paper.place_date, REGULAR, 10, "m")
    signer_row(pen, [(who, above.split("\n")[-1]) for who, above in signers], right, size=10, room=18)
