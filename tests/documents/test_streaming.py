"""Books written row by row: rows are never held, files lie in a private folder that is gone afterwards, one hash whatever the format."""

from __future__ import annotations

import gc
import io
import stat
import tracemalloc
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import pytest
from openpyxl import load_workbook
from paper_samples import RESOURCES, book
from pdf_text import pages, text_of

from ktpel_kiosk.documents import pen
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import Book, BookRow, BookRows


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


COLUMNS = ("No.", "Nomor Register", "Nama", "NIK")


class Rows:
    """A source that counts how often it is read and how many rows live at once."""

    def __init__(self, count: int) -> None:
        self.count, self.walks = count, 0

    def read(self) -> Iterator[BookRow]:
        self.walks += 1
        for i in range(1, self.count + 1):
            yield BookRow((i, f"{i:05d}/KTP/2026", f"NAMA {i} " + "x" * 40, f"35080545020{i:05d}"), void=i % 50 == 0)


def streamed(source: Rows) -> Book:
    return book(0, columns=COLUMNS, rows=BookRows(source.count, source.read), text_columns=frozenset({1, 3}), widths=())


class Swept(Rows):
    """Without what waits for the garbage collection, which is several hundred kilobytes more or less."""

    def read(self) -> Iterator[BookRow]:
        for i, row in enumerate(super().read()):
            if i % 300 == 0:
                gc.collect()
            yield row


class Sink(io.RawIOBase):
    """Takes bytes and forgets them; cannot be read or rewound."""

    def __init__(self) -> None:
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.size += len(memoryview(data))  # type: ignore[arg-type]
        return len(memoryview(data))  # type: ignore[arg-type]


@pytest.mark.parametrize(("format", "walks"), [("xlsx", 1), ("csv", 1), ("pdf", 2)])
def test_one_hash_and_few_walks(office: OfficeDocuments, format: str, walks: int) -> None:
    source = Rows(300)
    out = io.BytesIO()
    digest = office.write_book(streamed(source), format, out)
    assert source.walks == walks
    held = book(0, columns=COLUMNS, rows=tuple(Rows(300).read()), text_columns=frozenset({1, 3}), widths=())
    assert digest == office.content_hash(held) and out.getvalue() == office.book(held, format)


@pytest.mark.parametrize("format", ["xlsx", "csv", "pdf"])
def test_memory_does_not_grow_with_the_rows(office: OfficeDocuments, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen, "_em", lru_cache(maxsize=4096)(pen._em.__wrapped__))

    def peak(count: int) -> int:
        for cached in (pen.shown, pen._em):
            cached.cache_clear()
        gc.freeze()
        tracemalloc.start()
        try:
            office.write_book(streamed(Swept(count)), format, Sink())  # type: ignore[arg-type]
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.unfreeze()

    peak(50)  # fonts
    few, many = peak(1400), peak(2800)  # the first fill the caches of measured words
    assert many - few < 550_000, (few, many)  # 390 bytes a row where it is 240; with the rows themselves it would be 550


def test_plaintext_waits_in_a_private_folder_and_is_gone(office: OfficeDocuments, tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []

    class Watching(io.BytesIO):
        def write(self, data: object) -> int:
            seen.extend((p.name, stat.S_IMODE(p.stat().st_mode)) for p in tmp_path.iterdir())
            return super().write(data)  # type: ignore[arg-type]

    for format in ("xlsx", "pdf"):
        seen.clear()
        office.write_book(streamed(Rows(400)), format, Watching(), tmpdir=tmp_path)
        assert seen and all(name.startswith("ktpel-buku-") and mode == 0o700 for name, mode in seen)
        assert list(tmp_path.iterdir()) == []


def failing(after: int) -> Iterator[BookRow]:
    yield from Rows(after).read()
    raise BadInput("book.columns", count=1, expected=2, line=after)


@pytest.mark.parametrize("format", ["xlsx", "csv", "pdf"])
def test_a_failure_half_way_leaves_no_file_behind(office: OfficeDocuments, tmp_path: Path, format: str) -> None:
    sink: BinaryIO = io.BytesIO()
    made = book(0, columns=COLUMNS, rows=BookRows(100, lambda: failing(100)), text_columns=frozenset(), widths=())
    with pytest.raises(BadInput, match=r"book\.columns"):
        office.write_book(made, format, sink, tmpdir=tmp_path)
    assert list(tmp_path.iterdir()) == [] and not sink.closed


def test_a_book_that_changes_while_it_is_drawn_is_refused(office: OfficeDocuments) -> None:
    class Growing(Rows):
        def read(self) -> Iterator[BookRow]:
            self.count += 1
            return super().read()

    with pytest.raises(BadInput, match=r"book\.changed"):
        office.write_book(streamed(Growing(30)), "pdf", io.BytesIO())


def test_a_text_that_looks_like_finished_xml_stays_text(office: OfficeDocuments) -> None:
    texts = ("<r><t>x</t></r>", "<r>&</r>", "<r></c></row></r>", " depan", "belakang ", "_x0041_", "a & b < c > d", "tab\there",
             "baris\ndua")
    rows = tuple(BookRow((i, t)) for i, t in enumerate(texts, 1))
    made = book(1, columns=("No.", "Isi"), rows=rows, text_columns=frozenset({1}), widths=())
    sheet = load_workbook(io.BytesIO(office.book(made, "xlsx"))).worksheets[0]
    found = [str(row[1].value).replace("_x005F_", "_") for row in sheet.iter_rows() if isinstance(row[0].value, int)]
    assert found == list(texts)


def test_numbers_go_on_where_last_month_ended(office: OfficeDocuments) -> None:
    made = book(1, columns=("No.", "Isi"), rows=tuple(BookRow((i, "x")) for i in range(1201, 1206)), text_columns=frozenset({1}), widths=())
    text = text_of(office.book(made, "pdf"))
    assert all(f"1.{i}" in text for i in range(201, 206))


def test_footers_are_added_to_each_page_once(office: OfficeDocuments) -> None:
    source = Rows(600)
    out = io.BytesIO()
    digest = office.write_book(streamed(source), "pdf", out)
    found = pages(out.getvalue())
    assert len(found) > 10
    for number, text in enumerate(found, start=1):
        assert text.count(f"Halaman {number} dari {len(found)}") == 1 and text.count(digest) == 1
