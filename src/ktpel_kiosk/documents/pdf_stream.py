"""A PDF of many pages that leave memory as they are finished; footers that need the number of pages are added at the end.

reportlab keeps all pages until the file is saved. Here each finished page is compressed into a file of ``folder`` and read
back one at a time when the whole is written straight into the sink. Same bytes for the same pages.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.pen import new_canvas


class _Spilled(pdfdoc.PDFObject):  # type: ignore[misc]
    """A compressed content stream waiting in the spill file."""

    __RefOnly__ = 1

    def __init__(self, file: BinaryIO, code: str) -> None:
        data = zlib.compress(code.encode("latin-1"), 6)
        self._file, self._at, self._size = file, file.seek(0, 2), len(data)
        file.write(data)

    def format(self, _document: object) -> bytes:
        self._file.seek(self._at)
        return b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\n" % (self._size, self._file.read(self._size))


class _Output(pdfdoc.PDFFile):  # type: ignore[misc]
    """Writes what reportlab's own class would collect."""

    strings: list[bytes]

    def __init__(self, sink: BinaryIO, version: tuple[int, int]) -> None:
        super().__init__(version)
        started: list[bytes] = self.strings
        sink.write(b"".join(started))
        started.clear()
        self.write = sink.write


class PageSpill:
    """``canvas`` draws as usual; :meth:`end_page` instead of ``showPage``, :meth:`save` instead of ``save``."""

    def __init__(self, title: str, page: tuple[float, float], folder: Path) -> None:
        self.canvas: Canvas = new_canvas(title, page)
        self._file = (folder / "halaman").open("w+b")
        self._pages: list[pdfdoc.PDFPage] = []

    def end_page(self) -> None:
        self.canvas.showPage()
        page = self._document.Pages.pages[-1]
        page.Contents = pdfdoc.PDFArray([_Spilled(self._file, page.stream)])
        page.stream = None
        self._pages.append(page)

    @property
    def _document(self) -> Any:
        return self.canvas._doc

    def save(self, sink: BinaryIO, footer: Callable[[Canvas, int, int], None]) -> None:
        """``footer(canvas, number, total)`` draws on each finished page."""
        for number, page in enumerate(self._pages, start=1):
            self.canvas._code = []
            footer(self.canvas, number, len(self._pages))
            page.Contents.sequence.append(_Spilled(self._file, "\n".join(self.canvas._code) + "\n"))
            self.canvas._restartAccumulators()
        self._write(sink)
        self._file.close()

    def _write(self, sink: BinaryIO) -> None:
        """What ``PDFDocument.GetPDFData`` and ``format`` do, object by object into the sink."""
        document = self._document
        for font in document.delayedFonts:
            font.addObjects(document)
        document.info.invariant = document.invariant
        document.info.digest(document.signature)
        catalog, info = document.Reference(document.Catalog), document.Reference(document.info)
        document.Catalog.Outlines = None
        document.encrypt.prepare(document)
        out = _Output(sink, document._pdfVersion)
        document.__accum__ = out
        numbers: list[str] = []
        while (name := document.numberToId.get(len(numbers) + 1)) is not None:
            data = pdfdoc.PDFIndirectObject(name, document.idToObject[name]).format(document)
            document.idToOffset[name] = out.add(data)
            if isinstance(done := document.idToObject[name], pdfdoc.PDFPage):
                done.Contents = done.Resources = done.MediaBox = None
            numbers.append(name)
        table = pdfdoc.PDFCrossReferenceTable()
        table.addsection(0, numbers)
        start = out.add(table.format(document))
        trailer = pdfdoc.PDFTrailer(startxref=start, Size=len(numbers) + 1, Root=catalog, Info=info, Encrypt=None, ID=document.ID())
        out.add(trailer.format(document))
