"""Blocks that run down the pages of a paper: what does not fit goes on overleaf, table headers are repeated, pages are counted.

A block paints itself with a :class:`Pen`; it is first painted dry to learn its height. Nothing is cut: long texts and tall table
rows are split before they become blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.pen import A4, INK, LINE, MEDIUM, MM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, Run, pdf, width_mm, wrap
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.papers import Cell

Paint = Callable[[Pen], None]
CHUNK = 1200
"""Letters of a paragraph that stay on one page."""
PAD_X, PAD_Y = 1.4, 1.0
ROW_LINES = 40
WIDOWS = 2
"""First rows of a table that never stand alone at the foot of a page."""
TICK, NO_TICK = "\N{CHECK MARK}", "\N{BALLOT BOX}"
"""Table cells that are drawn as a box, ticked or not."""


@dataclass(frozen=True, slots=True)
class Block:
    """``keep``: stays on the page of the block after it. ``head`` is painted before it at the top of a page or of a table."""

    paint: Paint
    gap: float = 0.0
    keep: bool = False
    head: Paint | None = None
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """Page and margins in mm; ``running`` heads every page but the first."""

    page: tuple[float, float] = A4
    left: float = 20.0
    right: float = 18.0
    top: float = 13.0
    foot: float = 16.0
    running: str = ""
    note: str = ""

    def pen(self, canvas: Canvas | None, scale: float = 1.0) -> Pen:
        return Pen(canvas, self.page, self.left, self.right, scale=scale, top=self.top)

    @property
    def width(self) -> float:
        return self.page[0] - self.left - self.right


@dataclass(slots=True)
class _Placed:
    blocks: list[tuple[Block, bool]] = field(default_factory=list)  # (block, paint its head)


def document(title: str, sheet: Sheet, blocks: Sequence[Block], *, scales: Sequence[float] = (1.0,)) -> bytes:
    """All blocks on as many pages as needed; of ``scales`` the first that needs fewest pages is taken."""
    laid = [_paginate(sheet, blocks, s) for s in scales]
    pages = min(laid, key=len)
    fitting = scales[laid.index(pages)]

    def draw(canvas: Canvas) -> None:
        for number, placed in enumerate(pages, start=1):
            pen = sheet.pen(canvas, fitting)
            if number > 1:
                _running(pen, sheet)
            first = True
            for block, headed in placed.blocks:
                if not first:
                    pen.down(block.gap)
                if headed and block.head:
                    block.head(pen)
                block.paint(pen)
                first = False
            _footer(pen, sheet, number, len(pages))
            canvas.showPage()

    return pdf(title, sheet.page, draw)


def _running(pen: Pen, sheet: Sheet) -> None:
    if sheet.running:
        pen.text(pen.left, pen.y + 1.0, sheet.running, MEDIUM, 8.2, color=MUTED)
        pen.rule(pen.y + 2.6, thick=0.12, color=LINE)
        pen.y += 6.5


def _footer(pen: Pen, sheet: Sheet, number: int, total: int) -> None:
    at, scale = sheet.page[1] - 8.0, pen.scale
    pen.scale = 1.0
    pen.text(pen.left, at, sheet.note, REGULAR, 6.4, color=MUTED)
    pen.text(pen.right, at, f"Halaman {number} dari {total}", REGULAR, 8, "r", MUTED)
    pen.scale = scale


def _height(sheet: Sheet, paint: Paint, scale: float) -> float:
    pen = sheet.pen(None, scale)
    paint(pen)
    return pen.y - sheet.top


def _paginate(sheet: Sheet, blocks: Sequence[Block], scale: float) -> list[_Placed]:
    heights: dict[int, float] = {}

    def tall(paint: Paint) -> float:
        if id(paint) not in heights:
            heights[id(paint)] = _height(sheet, paint, scale)
        return heights[id(paint)]

    limit = sheet.page[1] - sheet.foot
    pages, y, before = [_Placed()], sheet.top, None
    at = 0
    while at < len(blocks):
        end = at
        while blocks[end].keep and end + 1 < len(blocks):
            end += 1
        group = blocks[at:end + 1]
        need = _group_height(group, before if pages[-1].blocks else None, tall, scale)
        if pages[-1].blocks and (y + need > limit or group[0].new_page):
            pages.append(_Placed())
            y, before = sheet.top + (6.5 if sheet.running else 0.0), None
        for block in group:
            headed = block.head is not None and block.head is not before
            y += (block.gap * scale if pages[-1].blocks else 0.0) + (tall(block.head) if headed and block.head else 0.0) + tall(block.paint)
            pages[-1].blocks.append((block, headed))
            before = block.head
        at = end + 1
    return pages


def _group_height(group: Sequence[Block], before: Paint | None, tall: Callable[[Paint], float], scale: float) -> float:
    total, last = 0.0, before
    for block in group:
        total += block.gap * scale + (tall(block.head) if block.head is not None and block.head is not last else 0.0) + tall(block.paint)
        last = block.head
    return total


def text_blocks(runs: str | Sequence[Run], *, size: float = 10.0, gap: float = 0.0, keep: bool = False,
                indent: float = 0.0, color: tuple[float, float, float] = INK, face: str = REGULAR) -> list[Block]:
    """A paragraph, in several blocks when it is very long."""
    def block(part: str | Sequence[Run], above: float, stay: bool) -> Block:
        return Block(lambda pen: pen.paragraph(part, x=pen.left + indent * pen.scale, size=size, color=color, face=face), above, stay)

    if isinstance(runs, str) and len(runs) > CHUNK:
        parts = _parts(runs)
        return [block(part, gap if i == 0 else 0.0, keep) for i, part in enumerate(parts)]
    return [block(runs, gap, keep)]


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    while len(text) > CHUNK:
        cut = text.rfind(" ", CHUNK // 2, CHUNK)
        cut = CHUNK if cut < 0 else cut
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text]


def bullet_blocks(lines: Sequence[str], *, size: float = 9.6, gap: float = 0.5) -> list[Block]:
    def block(text: str, first: bool) -> Block:
        def paint(pen: Pen) -> None:
            top = pen.y
            if first:
                pen.paragraph("•", size=size)
                pen.y = top
            pen.paragraph(text, x=pen.left + 4 * pen.scale, size=size)

        return Block(paint, gap if first else 0.0)

    return [block(part, i == 0) for line in lines for i, part in enumerate(_parts(line))]


@dataclass(frozen=True, slots=True)
class Columns:
    """A table's columns: titles, relative widths, ``l`` ``m`` ``r`` per column."""

    titles: Sequence[str]
    widths: Sequence[float]
    align: str
    size: float = 9.0
    decimals: int = 1


def table_blocks(columns: Columns, rows: Iterable[Sequence[Cell]], width: float, *, total: Sequence[Cell] = (), gap: float = 0.0,
                 keep: bool = False) -> list[Block]:
    """One block per row; cells :data:`TICK` and :data:`NO_TICK` become boxes. ``keep``: the first rows stay with what follows."""
    share = sum(columns.widths)
    edges = [0.0]
    for w in columns.widths:
        edges.append(edges[-1] + w * width / share)
    head = _Row(columns, edges, [str(t) for t in columns.titles], SEMIBOLD, PALE, "m" * len(columns.titles))
    out: list[Block] = []
    for row in rows:
        for part in _split(columns, edges, [cell_text(c, columns.decimals) for c in row]):
            out.append(Block(_Row(columns, edges, part, REGULAR, None, columns.align).paint, head=head.paint))
    if total:
        cells = [cell_text(c, columns.decimals) for c in total]
        if out:
            out[-1] = replace(out[-1], keep=True)
        out.append(Block(_Row(columns, edges, cells, SEMIBOLD, PALE, columns.align).paint, head=head.paint))
    if not out:
        out.append(Block(head.paint))
    # `head` must be one object for all rows: the paginator tells tables apart by it
    shared = head.paint
    out = [replace(b, head=shared if b.head is not None else None) for b in out]
    out[0] = replace(out[0], gap=gap)
    out[:-1] = [replace(b, keep=b.keep or i < WIDOWS) for i, b in enumerate(out[:-1])]
    return [replace(b, keep=True) for b in out] if keep else out


def cell_text(value: Cell, decimals: int = 1) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value != value:
        return "-"
    return number_text(value, decimals if isinstance(value, float) else 0)


def _split(columns: Columns, edges: Sequence[float], cells: list[str]) -> list[list[str]]:
    """Parts of a row so tall that it would fill a page."""
    lines = [wrap(t, REGULAR, columns.size, edges[i + 1] - edges[i] - 2 * PAD_X) for i, t in enumerate(cells)]
    tallest = max(len(x) for x in lines)
    if tallest <= ROW_LINES:
        return [cells]
    return [[" ".join(x[start:start + ROW_LINES]) for x in lines] for start in range(0, tallest, ROW_LINES)]


class _Row:
    def __init__(self, columns: Columns, edges: Sequence[float], cells: Sequence[str], face: str,
                 fill: tuple[float, float, float] | None, align: str) -> None:
        self.columns, self.edges, self.cells, self.face, self.fill, self.align = columns, edges, cells, face, fill, align

    def paint(self, pen: Pen) -> None:
        points = self.columns.size * pen.scale
        leading = points * 1.28 / MM
        lines = [wrap(t, self.face, points, self.edges[i + 1] - self.edges[i] - 2 * PAD_X) for i, t in enumerate(self.cells)]
        height = max(len(x) for x in lines) * leading + 2 * PAD_Y * pen.scale
        top = pen.y
        if self.fill is not None:
            pen.box(pen.left, top, self.edges[-1], height, thick=0, fill=self.fill)
        for i, texts in enumerate(lines):
            self._cell(pen, i, texts, top + PAD_Y * pen.scale + leading * 0.76, leading, points)
        for x in self.edges:
            pen.upright(pen.left + x, top, top + height, thick=0.14, color=LINE)
        pen.rule(top, pen.left, pen.left + self.edges[-1], thick=0.14, color=LINE)
        pen.rule(top + height, pen.left, pen.left + self.edges[-1], thick=0.14, color=LINE)
        pen.y = top + height

    def _cell(self, pen: Pen, i: int, texts: Sequence[str], baseline: float, leading: float, points: float) -> None:
        x0, x1 = pen.left + self.edges[i] + PAD_X, pen.left + self.edges[i + 1] - PAD_X
        align = self.align[i] if i < len(self.align) else "l"
        if texts[0] in (TICK, NO_TICK):
            side = points * 1.02 / MM
            pen.tick_box((x0 + x1 - side) / 2, baseline, side, texts[0] == TICK)
            return
        for line in texts:
            x = {"l": x0, "m": (x0 + x1) / 2, "r": x1}[align]
            pen.text(x, baseline, line, self.face, points / pen.scale, align)
            baseline += leading


def fitted(text: str, face: str, size: float, width: float, least: float = 5.0) -> float:
    """A size at which ``text`` fits one line."""
    while width_mm(text, face, size) > width and size > least:
        size -= 0.25
    return size
