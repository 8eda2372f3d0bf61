"""Letters and records about people's data: what is held about somebody, what went wrong with it, what was removed."""

from __future__ import annotations

from collections.abc import Iterator

from ktpel_kiosk.documents.deed import SIZE, particulars
from ktpel_kiosk.documents.flow import Block, Columns, Sheet, document, table_blocks, text_blocks
from ktpel_kiosk.documents.parts import REGULAR, SEMIBOLD, letterhead, signer_row, titled
from ktpel_kiosk.documents.pen import Pen
from ktpel_kiosk.ports.papers import StatementPaper, StatementPart

LABELS = 44


def statement(paper: StatementPaper, logo: bytes = b"") -> bytes:
    """As many A4 pages as it needs; the signature stays with the last words."""
    number = f" · Nomor {paper.nomor}" if paper.nomor else ""
    sheet = Sheet(running=f"{paper.judul.capitalize()}{number}", note=paper.nomor, left=22, right=18)
    blocks = [Block(lambda pen: _head(pen, paper, logo), 2)]
    if paper.di_atas:
        blocks.append(particulars(paper.di_atas, LABELS, 0))
    if paper.kepada:
        blocks += [Block(lambda pen, line=line: pen.line(line, REGULAR, SIZE), 0.2) for line in ("Kepada Yth.", *paper.kepada)]  # type: ignore[misc]
        blocks.append(Block(lambda pen: pen.down(2)))
    for part in paper.bagian:
        blocks += _part(part, sheet.width)
    if paper.penutup:
        blocks += text_blocks(paper.penutup, size=SIZE, gap=3, keep=paper.penandatangan is not None)
    if paper.penandatangan is not None:
        blocks.append(Block(lambda pen: _signature(pen, paper), 4))
    return document(f"{paper.judul.capitalize()} {paper.nomor}".strip(), sheet, blocks)


def _head(pen: Pen, paper: StatementPaper, logo: bytes) -> None:
    letterhead(pen, paper.kop, size=13, logo_png=logo)
    pen.down(3)
    titled(pen, paper.judul.upper(), paper.nomor, size=13)
    pen.down(3)


def _part(part: StatementPart, width: float) -> Iterator[Block]:
    if part.judul:
        yield Block(lambda pen: pen.line(part.judul, SEMIBOLD, SIZE), 2.6, keep=True)
    for text in part.teks:
        yield from text_blocks(text, size=SIZE, gap=0.8)
    if part.fakta:
        yield particulars(part.fakta, LABELS, 0.6)
    if part.kolom and part.baris:
        widths = part.lebar or (1.0,) * len(part.kolom)
        yield from table_blocks(Columns(part.kolom, widths, "l" * len(part.kolom), 8.6), part.baris, width, gap=1)


def _signature(pen: Pen, paper: StatementPaper) -> None:
    assert paper.penandatangan is not None
    right = pen.width * 0.44
    signer_row(pen, [(paper.penandatangan, paper.place_date)], right, size=10, room=18)
