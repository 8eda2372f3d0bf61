"""Printers of papers behind a print queue: the paper asked for or none, never shrunk onto another."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.ipp import queue as facts_of
from ktpel_kiosk.hal.drivers.ipp.message import Spec, Tag
from ktpel_kiosk.hal.drivers.ipp.printer import PrintQueue, QueueDriver, offered
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob
from ktpel_kiosk.ports.pdfium import PDFIUM

KIND = str(DeviceKind.DOCUMENT_PRINTER)


class CupsDocumentPrinterDriver(QueueDriver):
    """Finds queues that print on sheets; arguments as with the card printer."""

    kind = DeviceKind.DOCUMENT_PRINTER
    name = "cups-document"

    def __init__(self, queue: str = "", server: str = "") -> None:
        super().__init__(queue, server)

    def discover(self) -> Sequence[Found]:
        return self._look(KIND, facts_of.has_paper)

    def open(self, found: Found) -> CupsDocumentPrinter:
        return CupsDocumentPrinter(found.key, self._server)


class CupsDocumentPrinter:
    """One queue."""

    def __init__(self, name: str, server: str) -> None:
        self._queue = PrintQueue(name, server, KIND)

    def identity(self) -> DeviceIdentity:
        return self._queue.identity()

    def healthy(self) -> None:
        trouble = self._queue.complaint(self._queue.attributes(facts_of.STATE_ATTRIBUTES))
        if trouble is not None:
            raise trouble

    def close(self) -> None:
        self._queue.close()

    def submit(self, pdf: bytes, title: str, media: str = "A4") -> PrintJob:
        """Complaints of the printer do not keep a paper back: it waits in the queue and comes when paper is put in.

        Raises:
            DeviceTrouble: ``document_printer.not_pdf``; ``document_printer.no_media`` the queue has no such paper (fact ``value``);
                ``document_printer.page_size`` a page is larger than the paper; ``printer.rejecting``, ``printer.paused``.
        """
        if not pdf.startswith(b"%PDF-"):
            raise DeviceTrouble("document_printer.not_pdf", device_kind=KIND, operation="submit")
        attributes = self._queue.attributes((*facts_of.STATE_ATTRIBUTES, *facts_of.MEDIA_ATTRIBUTES))
        closed = facts_of.closed_queue(attributes, KIND)
        if closed is not None:
            raise closed
        size = facts_of.paper_size(attributes, media)
        if size is None:
            raise DeviceTrouble("document_printer.no_media", device_kind=KIND, operation="submit", value=media)
        _check_pages(pdf, size)
        return self._queue.hand_over(pdf, title, _options(size, attributes), size.name)

    def job(self, job_id: str) -> PrintJob:
        return self._queue.job(job_id)


def _options(size: facts_of.Size, attributes: dict) -> list[Spec]:
    exact: Spec = ("media", Tag.KEYWORD, size.name) if size.name else ("media-col", Tag.COLLECTION, [
        ("media-size", Tag.COLLECTION, [("x-dimension", Tag.INTEGER, size.width), ("y-dimension", Tag.INTEGER, size.height)])])
    return offered([("copies", Tag.INTEGER, 1), exact, ("print-scaling", Tag.KEYWORD, "none"), ("number-up", Tag.INTEGER, 1),
                    ("job-sheets", Tag.NAME, ["none", "none"])], attributes)


def _check_pages(pdf: bytes, size: facts_of.Size) -> None:
    """No page may be larger than the paper, lying or standing: it would be cut."""
    import pypdfium2

    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise DeviceTrouble("document_printer.not_pdf", device_kind=KIND, operation="submit") from error
        try:
            pages: Sequence[tuple[float, float]] = [document.get_page_size(number) for number in range(len(document))]
        finally:
            document.close()
    if not pages:
        raise DeviceTrouble("document_printer.not_pdf", device_kind=KIND, operation="submit")
    paper = sorted((size.width + facts_of.PAPER_TOLERANCE, size.height + facts_of.PAPER_TOLERANCE))
    for page in pages:
        narrow, long = sorted(side * 2540 / 72 for side in page)
        if narrow > paper[0] or long > paper[1]:
            raise DeviceTrouble("document_printer.page_size", device_kind=KIND, operation="submit",
                                found=f"{narrow / 100:.0f}x{long / 100:.0f} mm", expected=f"{size.width // 100}x{size.height // 100} mm")
