"""Register books as XLSX and CSV, and the hash that says three files hold the same book.

The hash is SHA-256 over canonical JSON of title, period, columns and rows (void marks included), not over the file: XLSX,
CSV and PDF of one book carry the same one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from ktpel_kiosk.documents.parts import capitals, nip_text
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import Book

Cell = str | int | float
XLSX_ROWS = 1_048_576 - 40
XLSX_CELL = 32_767
CREATED = datetime(2000, 1, 1)
"""One fixed date in every file: the same book gives the same bytes."""
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
FORMULA = re.compile(r"^[\s\x00]*[=+\-@\t\r\n|%＝＋－＠]")
FRAGILE_NUMBER = re.compile(r"^(?:0\d+|\d{12,})$")
VOID = "BATAL"


def content_hash(book: Book) -> str:
    """SHA-256 (hex); rows are fed one by one."""
    def canonical(value: object) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    sha = hashlib.sha256(canonical([book.title, book.period, list(book.columns)]))
    for row in book.rows:
        sha.update(b"\n" + canonical([int(row.void), list(row.cells)]))
    return sha.hexdigest()


def check(book: Book) -> None:
    """Raises BadInput ``book.columns``, ``book.rows`` or ``book.cell`` for what no format can hold whole."""
    width = len(book.columns)
    if not width or len(book.rows) > XLSX_ROWS:
        raise BadInput("book.rows" if width else "book.columns", count=len(book.rows), limit=XLSX_ROWS)
    for number, row in enumerate(book.rows, start=1):
        if len(row.cells) != width:
            raise BadInput("book.columns", count=len(row.cells), expected=width, line=number)
        if any(isinstance(cell, str) and len(cell) > XLSX_CELL for cell in row.cells):
            raise BadInput("book.cell", line=number, limit=XLSX_CELL)


def plain(text: str) -> str:
    """Without characters no spreadsheet can store, every line end as one newline."""
    return ILLEGAL.sub("�", text.replace("\r\n", "\n").replace("\r", "\n"))


def guarded(text: str) -> str:
    """A CSV text that no spreadsheet takes for a formula or rounds as a number.

    An apostrophe is put in front of anything that could start a formula, of digit strings that would lose digits or zeros
    (NIK), and of texts that begin with an apostrophe themselves; taking one leading apostrophe away gives the text back.
    """
    return "'" + text if text.startswith("'") or FORMULA.match(text) or FRAGILE_NUMBER.match(text) else text


def _csv_cell(value: Cell) -> str:
    if isinstance(value, str):
        return guarded(plain(value))
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def csv_bytes(book: Book) -> bytes:
    """UTF-8 with BOM, semicolons, CRLF: what Excel set to Indonesian opens by a double click. Last line: the hash."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow([guarded(plain(c)) for c in book.columns] + ["Status Baris"])
    for row in book.rows:
        writer.writerow([_csv_cell(c) for c in row.cells] + [VOID if row.void else ""])
    writer.writerow([])
    writer.writerow([plain(f"{book.title}, {book.period}"), f"SHA-256 isi: {content_hash(book)}"])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def xlsx_bytes(book: Book) -> bytes:
    """Kop, title, table with frozen and repeated header, signatures, printed as A4 landscape one page wide.

    Rows pass through a private temporary folder that is removed before this returns (constant memory).
    """
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="ktpel-buku-") as folder:
        workbook = xlsxwriter.Workbook(out, {
            "constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        })
        workbook.set_properties({"title": plain(book.title), "subject": plain(book.period), "author": "KTP-el Kiosk", "created": CREATED})
        _XlsxBook(workbook, book).write()
        workbook.close()
    return out.getvalue()


class _XlsxBook:
    def __init__(self, workbook: Workbook, book: Book) -> None:
        self.book = book
        self.last = max(len(book.columns) - 1, 1)
        self.sheet: Worksheet = workbook.add_worksheet(_sheet_name(book.title))
        base = {"font_name": "Arial", "font_size": 9, "valign": "top"}
        cell = {**base, "border": 1, "border_color": "#B8C2CC", "text_wrap": True}
        void = {"font_strikeout": True, "font_color": "#8A949D"}

        def style(**more: object) -> object:
            return workbook.add_format({**base, **more})

        self.kop = style(bold=True, font_size=13, align="center")
        self.small = style(font_size=9, align="center")
        self.title = style(bold=True, font_size=12, align="center")
        self.head = workbook.add_format({**cell, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#E7F0FA"})
        self.text = {v: workbook.add_format({**cell, "num_format": "@", **(void if v else {})}) for v in (False, True)}
        self.number = {v: workbook.add_format({**cell, "num_format": "#,##0.##", **(void if v else {})}) for v in (False, True)}
        self.whole = {v: workbook.add_format({**cell, "num_format": "#,##0", **(void if v else {})}) for v in (False, True)}
        self.plain_left = style()
        self.name = style(bold=True, underline=True, align="center")
        self.center = style(align="center")

    def write(self) -> None:
        row = self._setup_and_heading()
        self.sheet.set_row(row, 30)
        for c, name in enumerate(self.book.columns):
            self.sheet.write_string(row, c, plain(name), self.head)
        row += 1
        for line in self.book.rows:
            for c, value in enumerate(line.cells):
                self._cell(row, c, value, line.void)
            row += 1
        self._closing(row + 1)

    def _cell(self, row: int, column: int, value: Cell, void: bool) -> None:
        void = void and not str(value).startswith(VOID)  # why it is void must stay readable
        if isinstance(value, str) or column in self.book.text_columns or isinstance(value, bool):
            self.sheet.write_string(row, column, plain(str(value)), self.text[void])
        elif abs(value) >= 1e15 or value != value:
            self.sheet.write_string(row, column, str(value), self.text[void])  # Excel keeps 15 digits only
        else:
            self.sheet.write_number(row, column, value, (self.whole if isinstance(value, int) else self.number)[void])

    def _setup_and_heading(self) -> int:
        book, sheet = self.book, self.sheet
        heading = [(text, self.kop if i < 2 else self.small) for i, text in enumerate(book.kop)]
        heading += [("", self.small), (capitals(book.title), self.title), (book.period, self.small), (book.note, self.small)]
        top = len(heading) + 1
        for c, width in enumerate(_xlsx_widths(book)):
            sheet.set_column(c, c, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(top)
        sheet.freeze_panes(top + 1, 0)
        sheet.set_footer(f"&L&7SHA-256 isi: {content_hash(book)}&R&8Halaman &P dari &N")
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        if book.rows:
            sheet.autofilter(top, 0, top + len(book.rows), len(book.columns) - 1)
        for r, (text, style) in enumerate(heading):
            self._across(r, 0, self.last, text, style)
        return top

    def _across(self, row: int, first: int, last: int, text: str, style: object) -> None:
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", style)
        self.sheet.write_string(row, first, plain(text), style)

    def _closing(self, row: int) -> None:
        signers = self.book.signatories
        spans = _spans(len(signers), self.last + 1)
        lines: list[list[tuple[str, object]]] = [
            [(self.book.place_date if i == len(signers) - 1 else "Mengetahui,", self.center) for i in range(len(signers))],
            [(f"{jabatan},", self.center) for jabatan, _, _ in signers],
            *([[]] * 4),
            [(nama or "." * 32, self.name if nama else self.center) for _, nama, _ in signers],
            [(nip_text(nip), self.center) for _, _, nip in signers],
        ]
        for offset, line in enumerate(lines):
            for (first, last), (text, style) in zip(spans, line, strict=False):
                self._across(row + offset, first, last, text, style)
        self.sheet.write_string(row + len(lines) + 1, 0, f"SHA-256 isi: {content_hash(self.book)}", self.plain_left)


def _spans(count: int, columns: int) -> list[tuple[int, int]]:
    """Column ranges of the signers, from the left edge to the right one."""
    if not count:
        return []
    width = max(1, columns // max(count, 2))
    step = (columns - width) / max(count - 1, 1)
    starts = [columns - width] if count == 1 else [round(i * step) for i in range(count)]
    return [(s, min(s + width - 1, columns - 1)) for s in starts]


def _xlsx_widths(book: Book) -> Sequence[float]:
    """Characters: the weights of the book (about 8 a unit), widened where NIK and numbers need it."""
    weights = book.widths if len(book.widths) == len(book.columns) else (1.5,) * len(book.columns)
    sample = book.rows[:400]
    widths = []
    for c, weight in enumerate(weights):
        longest = max((len(word) for row in sample for word in str(row.cells[c]).split()), default=0)
        title = max((len(word) for word in book.columns[c].split()), default=0)
        widths.append(min(60.0, max(weight * 8.0, longest * 1.05 + 1, title * 1.1 + 2, 4.5)))
    return widths


def _sheet_name(title: str) -> str:
    name = re.sub(r"[\[\]:*?/\\]", " ", plain(title)).strip().strip("'")[:31]
    return name or "Buku"
