"""A register book as XLSX in constant memory: kop, title, table with frozen and repeated header, signatures, hash.

xlsxwriter keeps one row at a time and passes them through files in ``folder``. The rows are walked once: what depends on all of
them (hash, number of rows, column widths) stands in parts of the file that are written at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell_fast
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import CellStringTuple, Worksheet

from ktpel_kiosk.documents.books import VOID, Walk, plain
from ktpel_kiosk.documents.parts import capitals, nip_text
from ktpel_kiosk.ports.papers import Book, BookRow

CREATED = datetime(2000, 1, 1)
"""One fixed date in every file: the same book gives the same bytes."""
SAMPLE = 400
"""Rows that decide the column widths."""
CAREFUL = re.compile(r"[&<>\x00-\x1f]|_x|^\s|\s$")
"""A text that cannot be written as it is."""


def write_xlsx(book: Book, sink: BinaryIO, folder: Path) -> str:
    """Write the file and return the content hash; printed it is A4 landscape, one page wide."""
    workbook = xlsxwriter.Workbook(sink, {
        "constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    })
    workbook.set_properties({"title": plain(book.title), "subject": plain(book.period), "author": "KTP-el Kiosk", "created": CREATED})
    digest = _XlsxBook(workbook, book).write()
    workbook.close()
    return digest


class _Sheet(Worksheet):  # type: ignore[misc]
    """Writes text cells in one step. Also closes a hole: xlsxwriter takes a text ``<r>…</r>`` for finished XML and leaves it unescaped."""

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        if cell.__class__ is not CellStringTuple or cell.format is None:
            super()._write_cell(row, col, cell)
            return
        text, space = cell.string, ""
        if CAREFUL.search(text):
            text = self._escape_data(self._escape_control_characters(text))
            space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
        at, style = xl_rowcol_to_cell_fast(row, col), cell.format._get_xf_index()
        self.fh.write(f'<c r="{at}" s="{style}" t="inlineStr"><is><t{space}>{text}</t></is></c>')


class _XlsxBook:
    def __init__(self, workbook: Workbook, book: Book) -> None:
        self.book = book
        self.last = max(len(book.columns) - 1, 1)
        self.sheet: Worksheet = workbook.add_worksheet(_sheet_name(book.title), worksheet_class=_Sheet)
        base = {"font_name": "Arial", "font_size": 9, "valign": "top"}
        cell = {**base, "border": 1, "border_color": "#B8C2CC", "text_wrap": True}
        void = {"font_strikeout": True, "font_color": "#8A949D"}

        def style(**more: object) -> Format:
            return workbook.add_format({**base, **more})

        self.kop = style(bold=True, font_size=13, align="center")
        self.small = style(font_size=9, align="center")
        self.title = style(bold=True, font_size=12, align="center")
        self.head = workbook.add_format({**cell, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#E7F0FA"})
        self.text = [workbook.add_format({**cell, "num_format": "@", **(void if v else {})}) for v in (False, True)]
        self.number = [workbook.add_format({**cell, "num_format": "#,##0.##", **(void if v else {})}) for v in (False, True)]
        self.whole = [workbook.add_format({**cell, "num_format": "#,##0", **(void if v else {})}) for v in (False, True)]
        self.plain_left = style()
        self.name = style(bold=True, underline=True, align="center")
        self.center = style(align="center")

    def write(self) -> str:
        top = self._heading()
        self.sheet.set_row(top, 30)
        for c, name in enumerate(self.book.columns):
            self.sheet.write_string(top, c, plain(name), self.head)
        walk = Walk(self.book)
        sample: list[BookRow] = []
        at = top
        for at, row in enumerate(walk, start=top + 1):
            if len(sample) < SAMPLE:
                sample.append(row)
            self._row(at, row)
        self._setup(top, walk, sample)
        self._closing(at + 2, walk.digest())
        return walk.digest()

    def _row(self, at: int, row: BookRow) -> None:
        write, style = self.sheet.write_string, self.text[row.void]
        for c, value in enumerate(row.cells):
            if value.__class__ is str:
                if not value.isprintable():
                    value = plain(value)
                # why a row is void must stay readable
                write(at, c, value, self.text[0] if row.void and value[:5] == VOID else style)
            else:
                self._number(at, c, value, row.void)

    def _number(self, at: int, column: int, value: object, void: bool) -> None:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and column not in self.book.text_columns and abs(value) < 1e15:
            self.sheet.write_number(at, column, value, (self.whole if isinstance(value, int) else self.number)[void])
        else:
            self.sheet.write_string(at, column, plain(str(value)), self.text[void])  # Excel keeps 15 digits only

    def _heading(self) -> int:
        book = self.book
        heading = [(text, self.kop if i < 2 else self.small) for i, text in enumerate(book.kop)]
        heading += [("", self.small), (capitals(book.title), self.title), (book.period, self.small), (book.note, self.small)]
        for r, (text, style) in enumerate(heading):
            self._across(r, 0, self.last, text, style)
        return len(heading) + 1

    def _setup(self, top: int, walk: Walk, sample: Sequence[BookRow]) -> None:
        sheet = self.sheet
        for c, width in enumerate(_widths(self.book, sample)):
            sheet.set_column(c, c, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
        sheet.freeze_panes(top + 1, 0)
        sheet.set_footer(f"&L&7SHA-256 isi: {walk.digest()}&R&8Halaman &P dari &N")
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        if walk.count:
            sheet.autofilter(top, 0, top + walk.count, len(self.book.columns) - 1)

    def _across(self, row: int, first: int, last: int, text: str, style: Format) -> None:
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", style)
        self.sheet.write_string(row, first, plain(text), style)

    def _closing(self, row: int, digest: str) -> None:
        signers = self.book.signatories
        spans = _spans(len(signers), self.last + 1)
        lines: list[list[tuple[str, Format]]] = [
            [(self.book.place_date if i == len(signers) - 1 else "Mengetahui,", self.center) for i in range(len(signers))],
            [(f"{jabatan},", self.center) for jabatan, _, _ in signers],
            *([[]] * 4),
            [(nama or "." * 32, self.name if nama else self.center) for _, nama, _ in signers],
            [(nip_text(nip), self.center) for _, _, nip in signers],
        ]
        for offset, line in enumerate(lines):
            for (first, last), (text, style) in zip(spans, line, strict=False):
                self._across(row + offset, first, last, text, style)
        self.sheet.write_string(row + len(lines) + 1, 0, f"SHA-256 isi: {digest}", self.plain_left)


def _spans(count: int, columns: int) -> list[tuple[int, int]]:
    """Column ranges of the signers, from the left edge to the right one."""
    if not count:
        return []
    width = max(1, columns // max(count, 2))
    step = (columns - width) / max(count - 1, 1)
    starts = [columns - width] if count == 1 else [round(i * step) for i in range(count)]
    return [(s, min(s + width - 1, columns - 1)) for s in starts]


def _widths(book: Book, sample: Sequence[BookRow]) -> Sequence[float]:
    """Characters: the weights of the book (about 8 a unit), widened where NIK and numbers need it."""
    weights = book.widths if len(book.widths) == len(book.columns) else (1.5,) * len(book.columns)
    widths = []
    for c, weight in enumerate(weights):
        longest = max((len(word) for row in sample for word in str(row.cells[c]).split()), default=0)
        title = max((len(word) for word in book.columns[c].split()), default=0)
        widths.append(min(60.0, max(weight * 8.0, longest * 1.05 + 1, title * 1.1 + 2, 4.5)))
    return widths


def _sheet_name(title: str) -> str:
    name = re.sub(r"[\[\]:*?/\\]", " ", plain(title)).strip().strip("'")[:31].strip().strip("'")
    return "Buku" if not name or name.lower() == "history" else name
