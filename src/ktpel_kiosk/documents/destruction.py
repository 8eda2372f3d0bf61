"""Berita Acara Pemusnahan KTP-el: who burned how many cards before whom, and which (SE Mendagri 470.13/11176/SJ, 13-12-2018).

Few cards stand in the text; many follow in a lampiran with a repeated header. The NIK is masked unless asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ktpel_kiosk.documents.deed import opening
from ktpel_kiosk.documents.flow import Block, Columns, Sheet, document, table_blocks, text_blocks
from ktpel_kiosk.documents.parts import REGULAR, SEMIBOLD, letterhead, nip_text, rooms, signature_block, signer_block, titled
from ktpel_kiosk.documents.pen import MM, Pen, Run
from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.text import mask_nik, number_text, terbilang
from ktpel_kiosk.ports.papers import DestroyedCard, DestructionPaper, Signer

CLOSING = "Demikian berita acara ini dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya."
INLINE = 8
"""Cards up to this number are listed within the text."""
CARDS = Columns(("No.", "NIK", "Nama", "Alasan ditarik", "Kondisi", "Diterima"), (10, 35, 50, 30, 26, 23), "mlllll", 9)
SUMS = Columns(("Alasan ditarik", "Jumlah (keping)"), (60, 30), "lr", 9)
BASIS = "Surat Edaran Menteri Dalam Negeri Nomor 470.13/11176/SJ tanggal 13 Desember 2018"
SCALES = (1.0, 0.95, 0.9, 0.85)
TOGETHER = 4
"""Rows of signatures that stay on one page with the closing sentence."""


def destruction(paper: DestructionPaper, logo: bytes = b"") -> bytes:
    sheet = Sheet(running=f"Berita Acara Pemusnahan KTP-el · Nomor {paper.nomor}", note=paper.nomor, left=22, right=18)
    blocks = [Block(lambda pen: _head(pen, paper, logo))]
    blocks += text_blocks(opening(paper.on, paper.jam, paper.place, "kami yang bertanda tangan di bawah ini:"), size=10.5, gap=4)
    blocks += _people(paper.executors)
    blocks += text_blocks(_deed(paper), size=10.5, gap=2)
    if paper.witnesses:
        blocks += text_blocks("Pemusnahan disaksikan oleh:", size=10.5, gap=2, keep=True) + _people(paper.witnesses)
    few = len(paper.cards) <= INLINE
    if few:
        blocks += text_blocks("KTP-el yang dimusnahkan:", size=10.5, gap=2.5, keep=True)
        blocks += table_blocks(CARDS, _cards(paper), sheet.width, gap=1)
    else:
        blocks += text_blocks("Jumlah menurut alasan; daftar kartu ada dalam lampiran berita acara ini:", size=10.5, gap=2.5, keep=True)
        blocks += table_blocks(SUMS, _sums(paper.cards), sheet.width * 0.55, total=("Jumlah", len(paper.cards)), gap=1)
    if paper.note:
        blocks += text_blocks(f"Catatan: {paper.note}", size=10, gap=2)
    blocks += text_blocks(CLOSING, size=10.5, gap=3, keep=True)
    blocks += _signatures(paper)
    if not few:
        title = f"LAMPIRAN BERITA ACARA NOMOR {paper.nomor}"
        blocks.append(Block(lambda pen: titled(pen, title, size=11.5), keep=True, new_page=True))
        blocks += table_blocks(CARDS, _cards(paper), sheet.width, gap=3)
    return document(f"Berita Acara Pemusnahan KTP-el {paper.nomor}", sheet, blocks, scales=SCALES)


def _head(pen: Pen, paper: DestructionPaper, logo: bytes) -> None:
    letterhead(pen, paper.kop, size=13, logo_png=logo)
    pen.down(3)
    top = pen.y
    if paper.qr_text:
        side = 19.0 * pen.scale
        pen.qr(paper.qr_text, pen.right - side, top, side)
    pen.line("BERITA ACARA PEMUSNAHAN", SEMIBOLD, 13, "m")
    titled(pen, "KARTU TANDA PENDUDUK ELEKTRONIK", paper.nomor, size=13)


def _deed(paper: DestructionPaper) -> list[Run]:
    count = len(paper.cards)
    return [("telah melaksanakan pemusnahan KTP-el yang rusak, invalid atau ditarik sebanyak ", REGULAR),
            (f"{number_text(count)} ({terbilang(count)}) keping", SEMIBOLD), (" dengan cara ", REGULAR),
            (paper.method or "dibakar", SEMIBOLD), (f", berdasarkan {BASIS}.", REGULAR)]


def _people(people: Sequence[Pejabat]) -> list[Block]:
    def block(number: int, who: Pejabat) -> Block:
        def paint(pen: Pen) -> None:
            top = pen.y
            pen.paragraph(f"{number}.", x=pen.left + 4 * pen.scale, size=10.2)
            pen.y = top
            pen.paragraph([(who.nama or "-", SEMIBOLD), (_rank(who), REGULAR)], x=pen.left + 11 * pen.scale, size=10.2)

        return Block(paint, 0.6)

    return [block(i, who) for i, who in enumerate(people, start=1)]


def _rank(who: Pejabat) -> str:
    parts = ([nip_text(who.nip)] if who.nip else []) + ([who.jabatan] if who.jabatan else [])
    return f", {', '.join(parts)}" if parts else ""


def _cards(paper: DestructionPaper) -> list[tuple[str | int, ...]]:
    return [(i, card.nik if paper.full_nik else mask_nik(card.nik), card.nama, card.alasan, card.kondisi, card.diterima or "-")
            for i, card in enumerate(paper.cards, start=1)]


def _sums(cards: Sequence[DestroyedCard]) -> list[tuple[str | int, ...]]:
    return list(Counter(card.alasan for card in cards).most_common())


def _signatures(paper: DestructionPaper) -> list[Block]:
    """Those who did it, then the witnesses two in a row, then who takes note."""
    def pair(people: Sequence[Pejabat], label: str, first: int, above: str) -> Block:
        def paint(pen: Pen) -> None:
            if above:
                pen.down(10 * 1.38 / MM)
                pen.text(pen.right - pen.width * 0.23, pen.y, above, REGULAR, 10, "m")
            if label:
                pen.line(label, SEMIBOLD, 10, "l")
            width = pen.width * 0.46
            headings = [f"{first + i}. {who.jabatan}" if who.jabatan else f"{first + i}." for i, who in enumerate(people)]
            spaces = rooms(pen, [(h,) for h in headings], width, 9.6, 15)
            pen.y = max(signature_block(pen, pen.left + i * (pen.width - width), width, (headings[i],), who.nama, who.nip, size=9.6,
                                        room=spaces[i]) for i, who in enumerate(people))

        return Block(paint, 4.0)

    out: list[Block] = []
    for people, label in ((paper.executors, "Yang memusnahkan,"), (paper.witnesses, "Saksi-saksi,")):
        for i in range(0, len(people), 2):
            first = not out
            out.append(pair(people[i:i + 2], label if i == 0 else "", i + 1, paper.place_date if first else ""))
    who = paper.mengetahui
    out += [Block(lambda pen: _noted(pen, who), 4.0)] if who is not None else []
    together = len(out) <= TOGETHER
    return [replace(block, keep=together and i + 1 < len(out)) for i, block in enumerate(out)]


def _noted(pen: Pen, who: Signer) -> None:
    width = pen.width * 0.5
    pen.y = signer_block(pen, pen.middle - width / 2, width, who, "Mengetahui,", size=9.8, room=17)

