"""Standar Pelayanan with its components and the maklumat, one A4 for the wall (Permenpan RB 15/2014; DOMAIN.md 7.3).

Set as large as fits one page; an office whose text needs more gets a second page, nothing is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.flow import Block, Sheet, document
from ktpel_kiosk.documents.parts import BOLD, INK, MEDIUM, MUTED, REGULAR, SEMIBOLD, letterhead, signer_block
from ktpel_kiosk.documents.pen import A4, Pen, pdf, width_mm
from ktpel_kiosk.domain.sop import Komponen
from ktpel_kiosk.ports.papers import StandardPaper

LEFT = RIGHT = 15.0
TOP, FOOT, GUTTER = 12.0, 11.0, 8.0
SCALES = tuple(x / 100 for x in range(130, 54, -3))
ACCENT, SOFT, WHITE = (0.043, 0.361, 0.678), (0.906, 0.941, 0.980), (1.0, 1.0, 1.0)


@dataclass(slots=True)
class _Poster:
    paper: StandardPaper
    logo: bytes

    def head(self, pen: Pen) -> None:
        letterhead(pen, self.paper.kop, size=13 / max(pen.scale, 1.0), logo_png=self.logo)
        pen.y += 1.5
        pen.line("STANDAR PELAYANAN", BOLD, 19 / max(pen.scale, 1.0), "m", ACCENT)
        pen.line(self.paper.layanan, SEMIBOLD, 12.5 / max(pen.scale, 1.0), "m")
        if self.paper.nomor:
            pen.line(f"Nomor : {self.paper.nomor}", REGULAR, 8.5, "m", MUTED)
        pen.y += 3

    def component(self, pen: Pen, number: int, item: Komponen, x: float, width: float) -> None:
        side = 6.0 * pen.scale
        top = pen.y
        pen.box(x, top, side, side, thick=0, fill=ACCENT, radius=1.2)
        pen.text(x + side / 2, top + side * 0.7, str(number), BOLD, 10, "m", WHITE)
        pen.y = top + 0.35 * pen.scale
        pen.paragraph(item.judul, x=x + side + 2, width=width - side - 2, size=10.2, face=BOLD)
        pen.y = max(pen.y, top + side - 0.8 * pen.scale)
        inner = x + side + 2
        for text in item.isi or ("-",):
            if len(item.isi) > 1:
                line = pen.y
                pen.paragraph("•", x=inner, size=8.8, color=ACCENT)
                pen.y = line
                pen.paragraph(text, x=inner + 3 * pen.scale, width=x + width - inner - 3 * pen.scale, size=8.8)
            else:
                pen.paragraph(text, x=inner, width=x + width - inner, size=8.8)
            pen.down(0.15)
        pen.down(2.2)

    def columns(self, pen: Pen, split: int) -> None:
        top, width = pen.y, (pen.width - GUTTER) / 2
        ends = []
        numbered = list(enumerate(self.paper.komponen, start=1))
        for x, items in ((pen.left, numbered[:split]), (pen.left + width + GUTTER, numbered[split:])):
            pen.y = top
            for number, item in items:
                self.component(pen, number, item, x, width)
            ends.append(pen.y)
        pen.y = max(ends)

    def pledge(self, pen: Pen) -> None:
        paper = self.paper
        pen.down(1.0)
        top = pen.y

        def inside(inner: Pen) -> None:
            inner.y = top + 2.5 * pen.scale
            inner.line("MAKLUMAT PELAYANAN", BOLD, 12.5, "m", ACCENT)
            for text in paper.maklumat:
                inner.down(0.8)
                _centered(inner, text, 10.2)
            inner.down(2.2)
            width = inner.width * 0.42
            end = signer_block(inner, inner.right - width, width, paper.signer, paper.place_date, size=9, room=13)
            if paper.kontak:
                inner.down(4.5)
                inner.line("Pengaduan, saran dan masukan", SEMIBOLD, 9)
                for text in paper.kontak:
                    inner.paragraph(text, width=inner.width * 0.54, size=8.8)
            inner.y = max(inner.y, end) + 2.5 * pen.scale

        def framed(canvas: Canvas | None) -> Pen:
            return Pen(canvas, A4, LEFT + 6, RIGHT + 6, scale=pen.scale)

        dry = framed(None)
        inside(dry)
        pen.box(pen.left, top, pen.width, dry.y - top, thick=0.5, color=ACCENT, fill=SOFT, radius=2.5)
        inside(framed(pen.canvas))
        pen.y = dry.y


def _centered(pen: Pen, text: str, size: float) -> None:
    """Words in the middle, for a few lines."""
    line = ""
    for word in text.split():
        joined = f"{line} {word}".strip()
        if line and width_mm(joined, MEDIUM, size * pen.scale) > pen.width:
            pen.line(line, MEDIUM, size, "m", INK)
            joined = word
        line = joined
    pen.line(line, MEDIUM, size, "m", INK)


def standard(paper: StandardPaper, logo: bytes = b"") -> bytes:
    """The poster at the largest size that fits, else the same text on following pages."""
    poster = _Poster(paper, logo)
    title = f"Standar Pelayanan {paper.layanan}"
    for scale in SCALES:
        split, height = _best_split(poster, scale)
        if height <= A4[1] - FOOT:
            return pdf(title, A4, lambda canvas, s=scale, n=split: _draw(poster, canvas, s, n))  # type: ignore[misc]
    sheet = Sheet(left=LEFT, right=RIGHT, running=title)
    blocks = [Block(poster.head)]
    blocks += [Block(lambda pen, n=n, item=item: poster.component(pen, n, item, pen.left, pen.width))  # type: ignore[misc]
               for n, item in _short(paper.komponen)]
    return document(title, sheet, [*blocks, Block(poster.pledge)])


def _draw(poster: _Poster, canvas: Canvas, scale: float, split: int) -> None:
    pen = Pen(canvas, A4, LEFT, RIGHT, scale=scale, top=TOP)
    poster.head(pen)
    poster.columns(pen, split)
    poster.pledge(pen)
    canvas.showPage()


def _best_split(poster: _Poster, scale: float) -> tuple[int, float]:
    """After which component the second column begins, and the height of the whole."""
    best = (0, float("inf"))
    count = len(poster.paper.komponen)
    for split in range((count + 1) // 3, count + 1):
        pen = Pen(None, A4, LEFT, RIGHT, scale=scale, top=TOP)
        poster.head(pen)
        poster.columns(pen, split)
        poster.pledge(pen)
        if pen.y < best[1]:
            best = (split, pen.y)
    return best


def _short(components: Sequence[Komponen]) -> list[tuple[int, Komponen]]:
    """Components cut into parts that fit a page each, with their number."""
    return [(n, Komponen(item.judul if i == 0 else f"{item.judul} (lanjutan)", item.isi[i:i + 12]))
            for n, item in enumerate(components, start=1) for i in range(0, max(len(item.isi), 1), 12)]
