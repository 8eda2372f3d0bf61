"""A register book as landscape A4: kop, title, table with repeated header, signatures, "Halaman x dari y", content hash.

The rows are walked twice: once to learn the hash and how wide the columns must be (none narrower than its longest word: a NIK is
never broken), once to draw. Finished pages wait in a file; page numbers and hash are added when all are known, so memory does
not grow with the rows. 5,000 rows take a few seconds; any thread, not the UI's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.books import VOID, Walk, plain
from ktpel_kiosk.documents.parts import BOLD, INK, LINE, MEDIUM, MUTED, PALE, REGULAR, SEMIBOLD, capitals, letterhead, signer_row
from ktpel_kiosk.documents.pdf_stream import PageSpill
from ktpel_kiosk.documents.pen import A4, MM, Pen, width_mm, wrap
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.papers import Book, Cell, Signer

PAGE = (A4[1], A4[0])
SIDE, TOP, BOTTOM = 11.0, 10.0, 14.0
PAD = 0.9
SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)
STRUCK = (0.54, 0.58, 0.62)
SIGN_ROOM = 16.0
FREE_SHARE = 0.1
"""Share of the width that must be left for wrapping text, else the type is set smaller."""
LONG_WORD = 24
"""Longer words are broken rather than given a column of their own."""
SAMPLE = 2000
"""Rows that decide how much room a column would like."""
WIDEST = 1.4
"""Em; no letter of the face is wider, so most words need no measuring."""


Piece = tuple[float, float, str, tuple[float, float, float]]


@dataclass(slots=True)
class _Line:
    """A measured table row (or a part of a very tall one)."""

    cells: list[list[str]]
    void: bool
    height: float
    continued: bool = False


class _Measure:
    """First walk: hash, number columns, and per column at 1 point its longest word and what nine of ten cells need for one line."""

    def __init__(self, book: Book) -> None:
        count = len(book.columns)
        self.right = [False] * count
        floors = [max((width_mm(word, SEMIBOLD, 1.0) for word in name.split()), default=0.0) for name in book.columns]
        widths: list[list[float]] = [[] for _ in range(count)]
        seen: list[set[str]] = [set() for _ in range(count)]
        walk = Walk(book)
        for number, row in enumerate(walk):
            if number < 50:
                numeric = [c not in book.text_columns and isinstance(v, (int, float)) for c, v in enumerate(row.cells)]
                self.right = [n and (number == 0 or r) for n, r in zip(numeric, self.right, strict=True)]
            for c, cell in enumerate(row.cells):
                text = show(cell, c, book)
                if number < SAMPLE:
                    widths[c].append(width_mm(text, REGULAR, 1.0))
                for word in text.split():
                    size = len(word)
                    if size <= LONG_WORD and size * WIDEST / MM > floors[c] and word not in seen[c]:
                        floors[c] = max(floors[c], width_mm(word, REGULAR, 1.0))
                        if len(seen[c]) < SAMPLE:
                            seen[c].add(word)
        self.floors, self.digest, self.count = floors, walk.digest(), walk.count
        self.whole = [max(floor, sorted(w)[len(w) * 9 // 10] if w else 0.0) for floor, w in zip(floors, widths, strict=True)]


class _BookPage:
    def __init__(self, book: Book, logo: bytes) -> None:
        self.book, self.logo = book, logo
        self.measure = _Measure(book)
        self.digest, self.right = self.measure.digest, self.measure.right
        self.size, self.widths = self._columns()
        self.leading = self.size * 1.24 / MM
        self.head = [wrap(plain(name), SEMIBOLD, self.size, w - 2 * PAD) for name, w in zip(book.columns, self.widths, strict=True)]
        self.head_height = max(len(lines) for lines in self.head) * self.leading + 2 * PAD + 0.4
        self.sign_height = SIGN_ROOM + 26.0 if book.signatories else 2.0

    def _columns(self) -> tuple[float, list[float]]:
        """(font size, widths): the book's weights, but no column narrower than its longest word."""
        book, usable = self.book, PAGE[0] - 2 * SIDE
        weights = list(book.widths) if len(book.widths) == len(book.columns) else [1.0] * len(book.columns)
        for size in SIZES:
            needed = [f * size + 2 * PAD + 0.2 for f in self.measure.floors]
            if sum(needed) <= usable * (1 if size == SIZES[-1] else 1 - FREE_SHARE):
                return size, _share(weights, needed, [w * size + 2 * PAD + 0.2 for w in self.measure.whole], usable)
        total = sum(needed)
        return size, [n * usable / total for n in needed]

    def lines(self) -> Iterator[_Line]:
        """Second walk. Raises BadInput ``book.changed`` when it is not the book that was measured."""
        most = int((PAGE[1] - BOTTOM - TOP - 8 - self.head_height - 2 * PAD) / self.leading)
        walk = Walk(self.book)
        for row in walk:
            cells = [wrap(show(v, c, self.book), REGULAR, self.size, self.widths[c] - 2 * PAD) for c, v in enumerate(row.cells)]
            tallest = max(len(c) for c in cells)
            for start in range(0, tallest, most):
                part = [c[start:start + most] for c in cells]
                height = max(len(c) for c in part) * self.leading + 2 * PAD
                yield _Line(part, row.void, height, start > 0)
        if walk.digest() != self.digest:
            raise BadInput("book.changed", count=walk.count, expected=self.measure.count)

    def first_top(self) -> float:
        pen = Pen(None, PAGE, SIDE, SIDE, top=TOP)
        self.heading(pen)
        return pen.y

    def heading(self, pen: Pen) -> None:
        letterhead(pen, self.book.kop, size=11.5, logo_png=self.logo)
        pen.down(0.6)
        pen.line(capitals(plain(self.book.title)), BOLD, 12, "m")
        pen.line(plain(self.book.period), MEDIUM, 9.5, "m")
        if self.book.note:
            pen.line(plain(self.book.note), REGULAR, 7.6, "m", MUTED)
        pen.down(2.2)

    def pages(self) -> Iterator[tuple[list[_Line], bool]]:
        """(rows of a page, whether it is the last); only one page is held."""
        page: list[_Line] = []
        limit = PAGE[1] - BOTTOM
        y = self.first_top() + self.head_height
        for line in self.lines():
            if y + line.height > limit and page:
                yield page, False
                page, y = [], TOP + 7 + self.head_height
            page.append(line)
            y += line.height
        if y + self.sign_height > limit:
            # a signature never stands alone: a few rows go with it
            keep = page[-3:] if len(page) > 6 else []
            yield page[:len(page) - len(keep)], False
            page = keep
        yield page, True

    def draw(self, spill: PageSpill) -> None:
        for number, (lines, last) in enumerate(self.pages()):
            pen = Pen(spill.canvas, PAGE, SIDE, SIDE, top=TOP)
            if number == 0:
                self.heading(pen)
            else:
                pen.text(pen.left, TOP + 3.4, f"{plain(self.book.title)} · {plain(self.book.period)}", MEDIUM, 8, color=MUTED)
                pen.y = TOP + 7
            if lines or number == 0:
                self.table(pen, lines)
            if last:
                self.signatures(pen)
            spill.end_page()

    def footer(self, canvas: Canvas, number: int, total: int) -> None:
        pen = Pen(canvas, PAGE, SIDE, SIDE)
        pen.text(pen.left, PAGE[1] - 7, f"SHA-256 isi: {self.digest}", REGULAR, 6.2, color=MUTED)
        pen.text(pen.right, PAGE[1] - 7, f"Halaman {number} dari {total}", REGULAR, 8, "r", MUTED)

    def table(self, pen: Pen, lines: Sequence[_Line]) -> None:
        top = pen.y
        edges = [SIDE]
        for w in self.widths:
            edges.append(edges[-1] + w)
        pen.box(SIDE, top, edges[-1] - SIDE, self.head_height, thick=0, fill=PALE)
        for c, words in enumerate(self.head):
            first = top + (self.head_height - len(words) * self.leading) / 2 + self.leading * 0.76
            for i, text in enumerate(words):
                pen.text((edges[c] + edges[c + 1]) / 2, first + i * self.leading, text, SEMIBOLD, self.size, "m")
        y = top + self.head_height
        pen.rule(y, SIDE, edges[-1], thick=0.3)
        pieces: list[Piece] = []
        for line in lines:
            pieces += self.row(pen, line, edges, y)
            y += line.height
            pen.rule(y, SIDE, edges[-1], thick=0.12, color=LINE)
        pen.texts(pieces, REGULAR, self.size)
        for x in edges[1:-1]:
            pen.upright(x, top, y, thick=0.12, color=LINE)
        pen.box(SIDE, top, edges[-1] - SIDE, y - top, thick=0.3)
        pen.y = y

    def row(self, pen: Pen, line: _Line, edges: Sequence[float], top: float) -> Iterator[Piece]:
        for c, texts in enumerate(line.cells):
            struck = line.void and not texts[0].startswith(VOID)  # why it is void must stay readable
            color = STRUCK if struck else INK
            baseline = top + PAD + self.leading * 0.78
            for text in texts:
                width = width_mm(text, REGULAR, self.size) if struck or self.right[c] else 0.0
                x = edges[c + 1] - PAD - width if self.right[c] else edges[c] + PAD
                if text:
                    yield x, baseline, text, color
                if struck and text:
                    pen.rule(baseline - self.size * 0.3 / MM, x, x + width, thick=0.2, color=color)
                baseline += self.leading

    def signatures(self, pen: Pen) -> None:
        signers = self.book.signatories
        if not signers:
            return
        pen.y += 5
        width = min(80.0, pen.width / max(len(signers), 2) - 6)
        row = [(Signer(plain(jabatan), plain(nama), nip), plain(self.book.place_date) if i == len(signers) - 1 else "Mengetahui,")
               for i, (jabatan, nama, nip) in enumerate(signers)]
        signer_row(pen, row, width, size=9, room=SIGN_ROOM)


def show(value: Cell, column: int, book: Book) -> str:
    """A cell as people read it."""
    if isinstance(value, str):
        return plain(value)
    if column in book.text_columns or isinstance(value, bool):
        return str(value)
    return number_text(value) if isinstance(value, int) else number_text(value, 2).rstrip("0").rstrip(",")


def _share(weights: Sequence[float], floors: Sequence[float], whole: Sequence[float], usable: float) -> list[float]:
    """Widths under which all columns need about the same number of lines; what is left over goes by the book's weights."""
    def at(lines: float) -> list[float]:
        return [max(f, w / lines) for f, w in zip(floors, whole, strict=True)]

    low, high = 1.0, 200.0
    if sum(at(low)) > usable:
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if sum(at(middle)) <= usable else (middle, high)
        low = high
    widths = at(low)
    rest = usable - sum(widths)
    return [w + rest * weight / sum(weights) for w, weight in zip(widths, weights, strict=True)]


def write_pdf(book: Book, sink: BinaryIO, folder: Path, logo: bytes = b"") -> str:
    """Write the file and return the content hash; finished pages wait in ``folder``."""
    page = _BookPage(book, logo)
    spill = PageSpill(f"{plain(book.title)} {plain(book.period)}", PAGE, folder)
    page.draw(spill)
    spill.save(sink, page.footer)
    return page.digest
