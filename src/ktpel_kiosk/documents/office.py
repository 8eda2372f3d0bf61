"""The office's papers in one place: what the desk asks for, as complete files."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ktpel_kiosk.documents import (
    book_pdf,
    book_xlsx,
    books,
    complaint,
    damage,
    data_purge,
    destruction,
    f102,
    letters,
    printer_test,
    reports,
    rolls,
    sheets,
    slips,
    standard,
)
from ktpel_kiosk.documents.pen import register_faces
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import (
    Book,
    ChecklistPaper,
    ComplaintPaper,
    DamagePaper,
    DataPurgePaper,
    DestructionPaper,
    F102Paper,
    HandoverPaper,
    KeySheetsPaper,
    LetterPaper,
    PagePicture,
    PrinterTestPaper,
    QuickCardPaper,
    ReceiptPaper,
    ReportPaper,
    StandardPaper,
    StatementPaper,
    VerificationPaper,
)


class OfficeDocuments:
    """Documents with reportlab, xlsxwriter and csv; any thread.

    Args:
        resources: folder that holds ``fonts/pdf/Inter-*.ttf``.
        logo_png: the region's emblem for the letterhead, as the office supplies it; none by default.

    All methods raise BadInput for content that cannot be put on paper (``document.image``, ``document.letter``, ``book.*``).
    """

    def __init__(self, resources: Path, logo_png: bytes = b"") -> None:
        self._logo = logo_png
        register_faces(resources)

    def receipt(self, paper: ReceiptPaper) -> bytes:
        """Tanda terima berkas, two copies on A4."""
        return slips.receipt(paper, self._logo)

    def receipt_80mm(self, paper: ReceiptPaper) -> bytes:
        """Tanda terima berkas for an 80 mm receipt printer."""
        return rolls.receipt(paper)

    def return_slip(self, paper: ReceiptPaper, reasons: Sequence[str]) -> bytes:
        """Lembar pengembalian; ``reasons`` are codes of ``RETURN_REASONS`` or sentences."""
        return slips.return_slip(paper, reasons, self._logo)

    def return_slip_80mm(self, paper: ReceiptPaper, reasons: Sequence[str]) -> bytes:
        return rolls.return_slip(paper, reasons)

    def checklist(self, paper: ChecklistPaper) -> bytes:
        """Lembar ceklis on A4."""
        return sheets.checklist(paper, self._logo)

    def verification(self, paper: VerificationPaper) -> bytes:
        """Lembar verifikasi on A4."""
        return sheets.verification(paper, self._logo)

    def handover(self, paper: HandoverPaper) -> bytes:
        """Bukti pengambilan, two copies on A4."""
        return slips.handover(paper, self._logo)

    def handover_80mm(self, paper: HandoverPaper) -> bytes:
        return rolls.handover(paper)

    def letter(self, paper: LetterPaper) -> bytes:
        """Surat Pengantar or Surat Keterangan Perekaman by ``paper.jenis``."""
        return letters.letter(paper, self._logo)

    def complaint(self, paper: ComplaintPaper) -> bytes:
        """Bukti pengaduan, two copies on A4."""
        return complaint.complaint(paper, self._logo)

    def statement(self, paper: StatementPaper) -> bytes:
        """A letter or record about people's data, as many A4 pages as it needs."""
        from ktpel_kiosk.documents.statement import statement
        return statement(paper, self._logo)

    def destruction(self, paper: DestructionPaper) -> bytes:
        """Berita Acara Pemusnahan KTP-el, as many pages as the cards need."""
        return destruction.destruction(paper, self._logo)

    def data_purge(self, paper: DataPurgePaper) -> bytes:
        """Berita Acara Pemusnahan Data on A4."""
        return data_purge.data_purge(paper, self._logo)

    def damage_report(self, paper: DamagePaper) -> bytes:
        """Berita Acara Kerusakan Perangkat on A4."""
        return damage.damage_report(paper, self._logo)

    def printer_test(self, paper: PrinterTestPaper) -> bytes:
        """Test page of a document printer on A4."""
        return printer_test.page(paper, self._logo)

    def printer_test_80mm(self, paper: PrinterTestPaper) -> bytes:
        """Test slip of an 80 mm receipt printer."""
        return printer_test.roll(paper)

    def f102(self, paper: F102Paper) -> bytes:
        """F-1.02, prefilled; a national form has no letterhead."""
        return f102.f102(paper)

    def report(self, paper: ReportPaper) -> bytes:
        return reports.report(paper, self._logo)

    def report_hash(self, paper: ReportPaper) -> str:
        """What the report's footer shows."""
        return reports.report_hash(paper)

    def standard(self, paper: StandardPaper) -> bytes:
        """Standar Pelayanan and maklumat for the wall."""
        return standard.standard(paper, self._logo)

    def quick_card(self, paper: QuickCardPaper) -> bytes:
        from ktpel_kiosk.documents.quick_card import quick_card
        return quick_card(paper)

    def key_sheets(self, paper: KeySheetsPaper) -> bytes:
        from ktpel_kiosk.documents.key_sheets import key_sheets
        return key_sheets(paper)

    def page(self, pdf: bytes, number: int) -> PagePicture:
        """A page for the screen; see :func:`ktpel_kiosk.documents.page_pictures.page_picture`."""
        from ktpel_kiosk.documents.page_pictures import page_picture
        return page_picture(pdf, number)

    def book(self, book: Book, format: str) -> bytes:
        """A register book as ``xlsx``, ``csv`` or ``pdf``; the same content hash in all three."""
        out = io.BytesIO()
        self.write_book(book, format, out)
        return out.getvalue()

    def write_book(self, book: Book, format: str, sink: BinaryIO, *, tmpdir: Path | None = None) -> str:
        """Row by row into ``sink``; returns the content hash. See :class:`ktpel_kiosk.ports.services.Documents`."""
        if format == "csv":
            return books.write_csv(book, sink)
        writer = {"xlsx": book_xlsx.write_xlsx, "pdf": self._book_pdf}.get(format)
        if writer is None:
            raise BadInput("book.format", format=format[:20], expected="xlsx, csv, pdf")
        with tempfile.TemporaryDirectory(prefix=f"ktpel-buku-{os.getpid()}-", dir=tmpdir) as folder:  # 0700 by mkdtemp
            return writer(book, sink, Path(folder))

    def _book_pdf(self, book: Book, sink: BinaryIO, folder: Path) -> str:
        return book_pdf.write_pdf(book, sink, folder, self._logo)

    def content_hash(self, book: Book) -> str:
        """What the footer of every format shows; reads all rows."""
        return books.content_hash(book)
