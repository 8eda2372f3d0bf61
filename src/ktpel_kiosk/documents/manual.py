"""The manual as one PDF: title page with contents, chapters with pictures, an outline to click through."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.flow import Block, Columns, Sheet, bullet_blocks, document, table_blocks, text_blocks
from ktpel_kiosk.documents.pen import BOLD, MEDIUM, MUTED, PALE, REGULAR, SEMIBOLD, Pen
from ktpel_kiosk.ports.papers import ManualBlock, ManualChapter

ACCENT = (0.043, 0.361, 0.678)
HEADINGS = {1: 20.0, 2: 13.5, 3: 11.0}
WIDEST_MM, PIXELS = 172.0, 1366


def manual(title: str, subtitle: str, chapters: Sequence[ManualChapter]) -> bytes:
    """Every chapter begins a page. Deterministic. Raises BadInput ``document.image`` for a picture that cannot be read."""
    pages: dict[str, int] = {}
    for _ in range(2):  # the contents can only name pages that were counted once
        made = _build(title, subtitle, chapters, pages)
    return made


def _build(title: str, subtitle: str, chapters: Sequence[ManualChapter], pages: dict[str, int]) -> bytes:
    sheet = Sheet(running=title, note=subtitle)
    blocks = [Block(lambda pen: _cover(pen, title, subtitle))]
    blocks += [Block(lambda pen, c=c: _content(pen, c.title, pages.get(c.key, 0)), gap=1.0) for c in chapters]  # type: ignore[misc]
    for chapter in chapters:
        blocks.append(Block(lambda pen, c=chapter: _opening(pen, c, pages), keep=True, new_page=True))  # type: ignore[misc]
        for block in chapter.blocks:
            blocks += _blocks(block, sheet)
    return document(title, sheet, blocks)


def _cover(pen: Pen, title: str, subtitle: str) -> None:
    pen.down(38)
    pen.line(title, BOLD, 30, color=ACCENT)
    pen.down(2)
    pen.paragraph(subtitle, size=12, color=MUTED)
    pen.down(16)
    pen.line("Isi", BOLD, 14)
    pen.down(2)


def _content(pen: Pen, title: str, page: int) -> None:
    top = pen.y
    pen.line(title, MEDIUM, 11)
    below, pen.y = pen.y, top
    pen.line(str(page) if page else " ", REGULAR, 11, "r", MUTED)
    pen.y = below
    pen.rule(pen.y + 0.4, thick=0.1, color=(0.86, 0.89, 0.91))


def _opening(pen: Pen, chapter: ManualChapter, pages: dict[str, int]) -> None:
    if isinstance(pen.canvas, Canvas):
        pages[chapter.key] = pen.canvas.getPageNumber()
        pen.canvas.bookmarkPage(chapter.key)
        pen.canvas.addOutlineEntry(chapter.title, chapter.key, 0)
    pen.paragraph(chapter.title, size=HEADINGS[1], face=BOLD, color=ACCENT)
    pen.down(2.5)


def _blocks(block: ManualBlock, sheet: Sheet) -> list[Block]:
    if block.kind == "heading":
        size = HEADINGS.get(block.level, 11.0)
        return text_blocks([(block.text, BOLD)], size=size, gap=6.0 if block.level == 2 else 4.0, keep=True)
    if block.kind == "bullets":
        return bullet_blocks(block.lines, size=10.0, gap=1.0)
    if block.kind == "numbers":
        return [Block(lambda pen, n=n, text=text: _numbered(pen, n, text), gap=1.4)  # type: ignore[misc]
                for n, text in enumerate(block.lines, start=1)]
    if block.kind == "table":
        widths = _widths(block.rows)
        columns = Columns(block.rows[0], widths, "l" * len(widths), size=9.2)
        return table_blocks(columns, block.rows[1:], sheet.width, gap=2.5)
    if block.kind == "code":
        return [Block(lambda pen: _code(pen, block.lines), gap=2.5)]
    if block.kind == "picture":
        return [Block(lambda pen: _picture(pen, block), gap=3.0)]
    runs = [(text, SEMIBOLD if bold else REGULAR) for text, bold in block.runs]
    return text_blocks(runs, size=10.2, gap=2.2)


def _numbered(pen: Pen, number: int, text: str) -> None:
    top = pen.y
    pen.paragraph(f"{number}.", size=10, face=SEMIBOLD, color=ACCENT)
    pen.y = top
    pen.paragraph(text, x=pen.left + 7 * pen.scale, size=10)


def _code(pen: Pen, lines: Sequence[str]) -> None:
    pen.box(pen.left, pen.y, pen.width, len(lines) * 4.6 + 4.0, thick=0, fill=PALE, radius=1.5)
    pen.down(2.0)
    for line in lines:
        pen.text(pen.left + 3, pen.y + 3.4, line, REGULAR, 8.6)
        pen.down(4.6)
    pen.down(2.0)


def _picture(pen: Pen, block: ManualBlock) -> None:
    with Image.open(io.BytesIO(block.picture)) as image:
        share = image.height / image.width
    width = min(WIDEST_MM, pen.width)
    pen.picture(block.picture, pen.left, pen.y, width, width * share, pixels=PIXELS)
    pen.box(pen.left, pen.y, width, width * share, thick=0.15, color=(0.80, 0.84, 0.87))
    pen.y += width * share
    if block.text:
        pen.down(1.2)
        pen.paragraph(block.text, size=8.6, color=MUTED)


def _widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """Shares by the longest words of each column, so that short ones do not take half the page."""
    return [min(60.0, max(10.0, max(len(row[i]) for row in rows) ** 0.75)) for i in range(len(rows[0]))]
