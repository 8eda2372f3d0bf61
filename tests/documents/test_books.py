"""Register books: text stays text, formulas stay words, nothing is lost in 5,000 rows, one hash for three formats."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from paper_samples import RESOURCES, book
from pdf_text import pages, text_of

from ktpel_kiosk.documents import books
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import Book, BookRow

FORMULAS = ("=1+1", "+62812345", "-1+2", "@SUM(A1)", "=HYPERLINK(\"http://x\",\"y\")", "=cmd|'/c calc'!A1", "\t=1", "\r=1", " =1", "\n@x",
            "＝1+1", "=", "-", "'=1", "''", "%0A=1", "|x", "https://example.invalid", "mailto:a@b", "0012", "3508054502080001",
            "1E5", "TRUE", "2026-01-02", "_x0041_", "<b>&amp;\"", ";a;b", "a\"b", "ＮＩＫ", "a\nb")


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def small(cells: list[str]) -> Book:
    return book(1, columns=("No.", "Isi"), rows=tuple(BookRow((i, text)) for i, text in enumerate(cells, 1)), text_columns=frozenset({1}),
                widths=())


def csv_of(made: Book) -> bytes:
    out = io.BytesIO()
    books.write_csv(made, out)
    return out.getvalue()


def sheet_of(data: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(data)).worksheets[0]


def table(sheet: Worksheet) -> tuple[int, list[list[object]]]:
    """(row of the header, all rows from it)."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(i for i, row in enumerate(rows) if row[0] == "No.")
    return at + 1, rows[at:]


def test_numbers_that_are_names_stay_text_in_xlsx(office: OfficeDocuments) -> None:
    made = book(30)
    sheet = sheet_of(office.book(made, "xlsx"))
    header, rows = table(sheet)
    assert tuple(rows[0]) == made.columns
    for number, (row, original) in enumerate(zip(rows[1:], made.rows, strict=False), start=1):
        assert [v or "" for v in row] == list(original.cells)
        assert isinstance(row[5], str) and len(row[5]) == 16
        cell = sheet.cell(header + number, 6)
        assert (cell.data_type in ("s", "inlineStr"), cell.number_format, bool(cell.font.strike)) == (True, "@", original.void)
    assert sheet.freeze_panes == f"A{header + 1}" and sheet.print_title_rows == f"${header}:${header}"
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9 and sheet.page_setup.fitToHeight == 0
    assert "Halaman &P dari &N" in sheet.oddFooter.right.text.replace("&[Page]", "&P").replace("&[Pages]", "&N") or \
        "Halaman" in sheet.oddFooter.right.text
    assert sheet.cell(1, 1).value == "Pemerintah Kabupaten Lumajang"
    values = [c.value for row in sheet.iter_rows(min_row=header + 31) for c in row]
    assert "NIP 19700101 199503 1 002" in values and "Tempeh, 30 November 2026" in values


def test_no_formula_survives_in_xlsx(office: OfficeDocuments) -> None:
    sheet = sheet_of(office.book(small(list(FORMULAS)), "xlsx"))
    _, rows = table(sheet)
    # _x005F_ is the file format's own escape for a literal "_x0041_"; Excel undoes it, openpyxl does not
    assert [str(r[1]).replace("_x005F_", "_") for r in rows[1:len(FORMULAS) + 1]] == [books.plain(f) for f in FORMULAS]
    assert all(c.data_type != "f" and c.hyperlink is None for row in sheet.iter_rows() for c in row)


def rows_of(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_is_harmless_and_reversible(office: OfficeDocuments) -> None:
    data = office.book(small(list(FORMULAS)), "csv")
    rows = rows_of(data)
    assert rows[0] == ["No.", "Isi", "Status Baris"]
    cells = [r[1] for r in rows[1:len(FORMULAS) + 1]]
    assert [c.removeprefix("'") if c.startswith("'") else c for c in cells] == [books.plain(f) for f in FORMULAS]
    assert not [c for c in cells if c.lstrip()[:1] in tuple("=+-@＝")]
    assert "'3508054502080001" in cells and "'0012" in cells


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=40), min_size=1, max_size=5))
def test_csv_gives_any_text_back(cells: list[str]) -> None:
    rows = rows_of(csv_of(small(cells)))
    back = [r[1][1:] if r[1].startswith("'") else r[1] for r in rows[1:len(cells) + 1]]
    assert back == [books.plain(c) for c in cells]
    assert not [r for r in rows[1:len(cells) + 1] if r[1][:1] in ("=", "+", "-", "@", "\t", "\r")]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_any_text_makes_all_three(office: OfficeDocuments, cells: list[str]) -> None:
    made = small(cells)
    _, rows = table(sheet_of(office.book(made, "xlsx")))
    assert len(rows) > len(cells)
    assert len(rows_of(office.book(made, "csv"))) == len(cells) + 3
    assert pages(office.book(made, "pdf"))


def test_one_hash_in_all_formats(office: OfficeDocuments) -> None:
    made = book(12)
    digest = office.content_hash(made)
    assert re.fullmatch("[0-9a-f]{64}", digest)
    text = text_of(office.book(made, "pdf"))
    sheet = sheet_of(office.book(made, "xlsx"))
    assert f"SHA-256 isi: {digest}" in text
    assert digest in sheet.oddFooter.left.text and any(c.value == f"SHA-256 isi: {digest}" for row in sheet.iter_rows() for c in row)
    assert rows_of(office.book(made, "csv"))[-1][1] == f"SHA-256 isi: {digest}"


def test_the_hash_sees_every_change(office: OfficeDocuments) -> None:
    made = book(3)
    base = office.content_hash(made)
    first = made.rows[0]
    changed = [
        book(3, period="Desember 2026"), book(3, rows=made.rows[:2]), book(3, rows=(made.rows[1], made.rows[0], made.rows[2])),
        book(3, rows=(BookRow(first.cells, void=True), *made.rows[1:])), book(3, rows=(BookRow((*first.cells[:-1], "x")), *made.rows[1:])),
        book(3, rows=(BookRow(("1", *first.cells[1:])), *made.rows[1:])),
    ]
    assert len({base, *(office.content_hash(b) for b in changed)}) == len(changed) + 1
    assert office.content_hash(book(3, signatories=())) == base, "who signs is not content"


def test_same_bytes_every_time(office: OfficeDocuments) -> None:
    for kind in ("pdf", "xlsx", "csv"):
        assert office.book(book(15), kind) == office.book(book(15), kind), kind


def test_five_thousand_rows_in_pdf(office: OfficeDocuments) -> None:
    made = book(5000)
    begin = time.monotonic()
    data = office.book(made, "pdf")
    assert time.monotonic() - begin < 40
    found = pages(data)
    total = len(found)
    for number in (0, 1, total // 2, total - 1):
        text = found[number]
        assert f"Halaman {number + 1} dari {total}" in text and office.content_hash(made) in text
        assert "Nomor Register" in text, "the header is repeated"
    last = found[-1]
    assert "5000/KTP/XI/2026" in last and "Camat Tempeh" in last and "Mengetahui," in last
    sample = "".join(found[:6])
    assert all(f"350805450200{i:04d}" in sample for i in range(1, 100)), "a NIK is never broken"


def test_five_thousand_rows_in_xlsx_and_nothing_left_behind(office: OfficeDocuments, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    data = office.book(book(5000), "xlsx")
    workbook = load_workbook(io.BytesIO(data), read_only=True)
    niks = [row[5] for row in workbook.worksheets[0].iter_rows(values_only=True) if len(row) > 5 and str(row[5]).startswith("35")]
    assert len(niks) == len(set(niks)) == 5000 and all(isinstance(n, str) for n in niks)
    assert list(tmp_path.iterdir()) == []


def test_void_rows_and_page_edges_in_pdf(office: OfficeDocuments) -> None:
    for rows in (0, 1, 19, 20, 21, 22, 23, 24, 25, 44):
        found = pages(office.book(book(rows), "pdf"))
        text = " ".join(found)
        assert f"Halaman {len(found)} dari {len(found)}" in text and text.count("Drs. Bambang Contoh") == 1
        assert all(f"{i:04d}/KTP/XI/2026" in text for i in range(1, rows + 1))
        assert "Drs. Bambang Contoh" in found[-1]


def test_a_cell_longer_than_a_page_goes_on_overleaf(office: OfficeDocuments) -> None:
    words = " ".join(f"kata{i:04d}" for i in range(2500))
    found = pages(office.book(small(["pendek", words, "akhir"]), "pdf"))
    text = "".join("".join(found).split())
    assert all(f"kata{i:04d}" in text for i in range(2500)) and "akhir" in text and len(found) > 1


def test_refusals(office: OfficeDocuments) -> None:
    for bad, key in ((book(1, columns=()), "book.columns"), (book(1, rows=(BookRow((1, 2)),)), "book.columns"),
                     (small(["x" * 40_000]), "book.cell")):
        with pytest.raises(BadInput, match=re.escape(key)):
            office.book(bad, "xlsx")
    with pytest.raises(BadInput, match=r"book\.format"):
        office.book(book(1), "docx")


def test_numbers_as_indonesians_write_them(office: OfficeDocuments) -> None:
    made = book(1, columns=("No.", "Jumlah", "Persen"), rows=(BookRow((1, 12345, 92.5)), BookRow((2, 10**17, 0.0))),
                text_columns=frozenset(), widths=())
    text = text_of(office.book(made, "pdf"))
    assert "12.345" in text and "92,5" in text and "100.000.000.000.000.000" in text
    assert rows_of(office.book(made, "csv"))[1][1:3] == ["12345", "92,5"]
    _, rows = table(sheet_of(office.book(made, "xlsx")))
    assert rows[1][1:3] == [12345, 92.5] and rows[2][1] == str(10**17)
