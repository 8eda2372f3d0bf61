"""Register books: what every format shares (checks, content hash, characters), and CSV.

The hash is SHA-256 over canonical JSON of title, period, columns and rows (void marks included), not over the file: XLSX,
CSV and PDF of one book carry the same one. Rows are walked once while they are written and never held together.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import Book, BookRow, Cell

XLSX_ROWS = 1_048_576 - 40
XLSX_CELL = 32_767
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
FORMULA = re.compile(r"^[\s\x00]*[=+\-@\t\r\n|%＝＋－＠]")
FRAGILE_NUMBER = re.compile(r"^(?:0\d+|\d{12,})$")
VOID = "BATAL"
BOM = b"\xef\xbb\xbf"
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Walk:
    """The rows of a book, checked and hashed as they pass; ``digest()`` is right once all have.

    Raises, while walking: BadInput ``book.columns``, ``book.rows`` or ``book.cell`` for what no format can hold whole.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.count = 0
        self._sha = hashlib.sha256(_CANONICAL([book.title, book.period, list(book.columns)]).encode("utf-8", "surrogatepass"))
        if not book.columns:
            raise BadInput("book.columns", count=0, expected=1, line=0)

    def __iter__(self) -> Iterator[BookRow]:
        width, update, number = len(self.book.columns), self._sha.update, 0
        for number, row in enumerate(self.book.rows, start=1):
            cells = row.cells
            if len(cells) != width:
                raise BadInput("book.columns", count=len(cells), expected=width, line=number)
            line = _CANONICAL((1 if row.void else 0, cells))
            if len(line) > XLSX_CELL and any(isinstance(cell, str) and len(cell) > XLSX_CELL for cell in cells):
                raise BadInput("book.cell", line=number, limit=XLSX_CELL)
            if number > XLSX_ROWS:
                raise BadInput("book.rows", count=number, limit=XLSX_ROWS)
            update(b"\n" + line.encode("utf-8", "surrogatepass"))
            yield row
        self.count = number

    def digest(self) -> str:
        return self._sha.hexdigest()


def content_hash(book: Book) -> str:
    """SHA-256 (hex); reads all rows."""
    walk = Walk(book)
    for _ in walk:
        pass
    return walk.digest()


def plain(text: str) -> str:
    """Without characters no spreadsheet can store, every line end as one newline."""
    if text.isprintable():
        return text
    return ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


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


def write_csv(book: Book, sink: BinaryIO) -> str:
    """UTF-8 with BOM, semicolons, CRLF: what Excel set to Indonesian opens by a double click. Last line: the hash."""
    sink.write(BOM)
    out = io.TextIOWrapper(sink, encoding="utf-8", newline="", write_through=False)
    try:
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow([guarded(plain(c)) for c in book.columns] + ["Status Baris"])
        walk = Walk(book)
        for row in walk:
            writer.writerow([_csv_cell(c) for c in row.cells] + [VOID if row.void else ""])
        writer.writerow([])
        writer.writerow([guarded(plain(f"{book.title}, {book.period}")), f"SHA-256 isi: {walk.digest()}"])
        out.flush()
    finally:
        out.detach()
    return walk.digest()
