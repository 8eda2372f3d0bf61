"""Card and paper printers behind the print queues of Windows, drawn dot by dot through their drivers.

The size of a card is what the queue says, never a constant, and the driver is asked again after it has taken the order: a page of
another size than asked for is refused before anything is drawn. The spooler forgets a job once it has left the queue; a job seen printing
that is gone was handed over, one that vanished unseen is unknown.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble, Jammed, MediaEmpty, NotConnected, NotFound, OutcomeUnknown
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.card_status import StatusSource
from ktpel_kiosk.hal.drivers.windows_spooler import (
    LANDSCAPE,
    ONE_SIDED,
    PORTRAIT,
    SHORT_EDGE,
    Canvas,
    JobInfo,
    Paper,
    PyWin32Spooler,
    QueueInfo,
    Setup,
    Sheet,
    Spooler,
    SpoolerError,
)
from ktpel_kiosk.ports.devices import (
    CARD_SIZE,
    CardLayers,
    CardReader,
    DeviceKind,
    PrinterSupplies,
    PrintJob,
    PrintJobState,
    PrintMedia,
)
from ktpel_kiosk.ports.pdfium import PDFIUM

CARD_TOLERANCE, PAPER_TOLERANCE, LARGE = 100, 200, 10000
"""In hundredths of a millimetre, as all sizes here."""
PAPERS = {"A3": (29700, 42000), "A4": (21000, 29700), "A5": (14800, 21000), "A6": (10500, 14800), "F4": (21000, 33000),
          "FOLIO": (21000, 33000), "LETTER": (21590, 27940), "LEGAL": (21590, 35560)}
RASTER_DPI = 300
"""About the resolution a page of text is drawn at; each pixel is a whole number of the printer's dots."""

WORK_OFFLINE = 0x400
"""PRINTER_ATTRIBUTE: somebody set the queue to work offline."""
PRINTER_TROUBLES: tuple[tuple[int, str, type[DeviceTrouble]], ...] = (
    (0x08, "{kind}.jam", Jammed), (0x400000, "{kind}.cover", DeviceTrouble), (0x10, "{kind}.media_empty", MediaEmpty),
    (0x40, "{kind}.media_empty", MediaEmpty), (0x40000, "{kind}.ribbon_empty", MediaEmpty), (0x800, "{kind}.output_full", DeviceTrouble),
    (0x80 | 0x1000 | 0x800000, "printer.offline", DeviceTrouble), (0x01, "printer.paused", DeviceTrouble),
    (0x04, "printer.queue_gone", NotConnected), (0x02 | 0x100000 | 0x20, "printer.attention", DeviceTrouble),
)
"""PRINTER_STATUS bits, the most telling first. Not every driver sets them; one that never does is printed to all the same."""
PAUSED, ERROR, DELETING, PRINTING, OFFLINE, PAPER_OUT, PRINTED, DELETED, BLOCKED, INTERVENTION, COMPLETE = (
    0x01, 0x02, 0x04, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x1000)
"""JOB_STATUS bits."""
GONE, DENIED, NO_SPOOLER = frozenset({1801, 1802, 1797}), frozenset({5}), frozenset({1722, 1753, 1717, 1115})
NO_JOB = 87

StatusFor = Callable[[str], StatusSource | None]


def default_spooler() -> Spooler | None:
    """The one of this computer; ``None`` where there is no Windows."""
    return PyWin32Spooler() if sys.platform == "win32" else None


class WindowsQueueDriver:
    """Finds queues. ``queue``: only this one; empty: every queue that fits."""

    kind = DeviceKind.DOCUMENT_PRINTER

    def __init__(self, queue: str, spooler: Spooler | None) -> None:
        self._queue = queue
        self._given = spooler
        self._known: dict[str, tuple[str, bool]] = {}

    @property
    def spooler(self) -> Spooler | None:
        if self._given is None:
            self._given = default_spooler()
        return self._given

    def discover(self) -> Sequence[Found]:
        spooler = self.spooler
        if spooler is None:
            return ()
        with _troubles(str(self.kind), "discover"):
            names = spooler.queues()
        if self._queue:
            return [Found(name, name) for name in names if name == self._queue]
        self._known = {name: known for name, known in self._known.items() if name in names}
        return [Found(name, name) for name in names if self._suits(spooler, name)]

    def _suits(self, spooler: Spooler, name: str) -> bool:
        """Asked once a driver, not at each look: a driver may ask its printer over the network. A queue that fails is no candidate."""
        try:
            about = spooler.queue(name)
            known = self._known.get(name)
            if known is None or known[0] != about.driver:
                known = self._known[name] = (about.driver, self._fits(spooler.papers(name, about.port)))
            return known[1]
        except SpoolerError:
            return False

    def _fits(self, papers: Sequence[Paper]) -> bool:
        return any(min(paper.width, paper.height) >= LARGE for paper in papers)

    def _opened(self, found: Found) -> Spooler:
        spooler = self.spooler
        if spooler is None:
            raise NotConnected("printer.queue_gone", device_kind=str(self.kind), operation="open")
        with _troubles(str(self.kind), "open"):
            spooler.queue(found.key)
        return spooler


class WindowsCardPrinterDriver(WindowsQueueDriver):
    """Finds queues whose media is a card.

    Args:
        queue: only this queue; empty: every queue with card media and no paper.
        resin: its driver takes pure black from the picture for the resin panel, and is set to do so.
        back_turned: the printer lays the back the other way up.
        status: makes the printer's own word from the queue's name. One that can ``feed`` and ``eject`` makes the printer an encoding one
            where ``reader`` is given too.
        reader: makes the card reader inside the printer.
    """

    kind = DeviceKind.CARD_PRINTER
    name = "windows-card"

    def __init__(self, queue: str = "", *, resin: bool = False, back_turned: bool = False, status: StatusFor | None = None,
                 reader: Callable[[], CardReader] | None = None, spooler: Spooler | None = None) -> None:
        super().__init__(queue, spooler)
        self._resin, self._back_turned, self._status, self._reader = resin, back_turned, status, reader

    def _fits(self, papers: Sequence[Paper]) -> bool:
        return card_paper(papers) is not None and not super()._fits(papers)

    def open(self, found: Found) -> WindowsCardPrinter:
        spooler = self._opened(found)
        status = self._status(found.key) if self._status is not None else None
        if self._reader is not None and all(callable(getattr(status, name, None)) for name in ("feed", "eject")):
            return WindowsEncodingPrinter(spooler, found.key, self._resin, self._back_turned, status, self._reader)
        return WindowsCardPrinter(spooler, found.key, self._resin, self._back_turned, status)


class WindowsDocumentPrinterDriver(WindowsQueueDriver):
    """Finds queues that print on sheets; with ``kind`` RECEIPT_PRINTER the queue of a receipt printer, which must be named."""

    name = "windows-document"

    def __init__(self, queue: str = "", *, kind: DeviceKind = DeviceKind.DOCUMENT_PRINTER, spooler: Spooler | None = None) -> None:
        super().__init__(queue, spooler)
        self.kind = kind

    def _fits(self, papers: Sequence[Paper]) -> bool:
        return self.kind is DeviceKind.DOCUMENT_PRINTER and super()._fits(papers)

    def open(self, found: Found) -> WindowsDocumentPrinter:
        return WindowsDocumentPrinter(self._opened(found), found.key, self.kind)


class _Queue:
    """What both printers share: state, jobs, drawing so that the outcome is known whenever it can be."""

    def __init__(self, spooler: Spooler, name: str, kind: DeviceKind) -> None:
        self.spooler, self.name, self.kind = spooler, name, str(kind)
        self._seen: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._titles: dict[str, int] = {}

    def about(self, operation: str) -> QueueInfo:
        with _troubles(self.kind, operation):
            return self.spooler.queue(self.name)

    def complaint(self, about: QueueInfo) -> DeviceTrouble | None:
        if about.attributes & WORK_OFFLINE:
            return DeviceTrouble("printer.offline", device_kind=self.kind)
        for bits, key, made in PRINTER_TROUBLES:
            if about.status & bits:
                return made(key.format(kind=self.kind), device_kind=self.kind)
        return None

    def papers(self, about: QueueInfo, operation: str) -> Sequence[Paper]:
        with _troubles(self.kind, operation):
            return self.spooler.papers(self.name, about.port)

    def draw(self, title: str, setup: Setup, paper: Paper, pages: Callable[[Canvas], Iterator[None]]) -> PrintJob:
        """Draw the pages as one job; ``pages`` checks first, then draws one page at each step.

        Raises:
            OutcomeUnknown: ``printer.outcome``, it failed after a page had been given away. Any other error: nothing is printed.
        """
        with _troubles(self.kind, "submit"), self.spooler.canvas(self.name, setup) as canvas:
            self._check_sheet(canvas.sheet, setup, paper)
            steps = pages(canvas)
            next(steps)
            job_id = canvas.start(title)
            given = 0
            try:
                while True:
                    canvas.start_page()
                    more = next(steps, "end") is None
                    given += 1
                    canvas.end_page()
                    if not more:
                        break
                canvas.finish()
            except Exception as error:
                aborted = self._abort(canvas)
                if given or not aborted:  # the spooler may print a page as soon as it has it
                    raise OutcomeUnknown("printer.outcome", device_kind=self.kind, operation="submit", job=str(job_id)) from error
                raise
        self._seen[job_id], self._names[job_id], self._titles[title] = 0, title, job_id
        return PrintJob(str(job_id), PrintJobState.PENDING)

    @staticmethod
    def _abort(canvas: Canvas) -> bool:
        try:
            canvas.abort()
        except SpoolerError:
            return False
        return True

    def _check_sheet(self, sheet: Sheet, setup: Setup, paper: Paper) -> None:
        """The driver may have put another size in its place without a word. Raises DeviceTrouble ``printer.media_refused``."""
        wide, high = sheet.width * 2540 / max(1, sheet.dpi_x), sheet.height * 2540 / max(1, sheet.dpi_y)
        same = any(abs(wide - w) <= CARD_TOLERANCE and abs(high - h) <= CARD_TOLERANCE
                   for w, h in ((paper.width, paper.height), (paper.height, paper.width)))
        if sheet.paper != setup.paper or not same or sheet.dpi_x != sheet.dpi_y:
            raise DeviceTrouble("printer.media_refused", device_kind=self.kind, operation="submit", expected=paper.name[:40],
                                found=f"{wide / 100:.0f}x{high / 100:.0f} mm")

    # jobs

    def job(self, job_id: str) -> PrintJob:
        """Raises NotFound ``printer.no_job``."""
        number = int(job_id) if job_id.isdecimal() and len(job_id) < 10 else 0
        # numbers begin anew when the spooler does: another document of this number is another job
        info = next((j for j in self._jobs("job") if j.job_id == number and self._names.get(number, j.document) == j.document), None)
        if info is not None:
            return self._shown(info)
        if number not in self._seen:
            raise NotFound("printer.no_job", job=job_id[:20])
        seen = self._seen[number]
        if seen & (DELETING | DELETED):
            return self._cancelled(number)
        if seen & (PRINTING | PRINTED | COMPLETE):
            return PrintJob(str(number), PrintJobState.DONE)
        return PrintJob(str(number), PrintJobState.UNKNOWN, "printer.forgotten")

    def _jobs(self, operation: str) -> Sequence[JobInfo]:
        with _troubles(self.kind, operation):
            return self.spooler.jobs(self.name)

    def _shown(self, info: JobInfo) -> PrintJob:
        began = PRINTING if info.pages_printed else 0
        if self._names.get(info.job_id, info.document) != info.document:
            self._seen.pop(info.job_id, None)
        seen = self._seen[info.job_id] = self._seen.get(info.job_id, 0) | info.status | began
        job_id = str(info.job_id)
        self._names[info.job_id] = info.document
        if info.status & (DELETING | DELETED):
            return self._cancelled(info.job_id)
        if info.status & (PRINTED | COMPLETE):
            return PrintJob(job_id, PrintJobState.DONE)
        state = PrintJobState.PRINTING if seen & PRINTING else PrintJobState.PENDING
        if info.status & PAPER_OUT:
            return PrintJob(job_id, state, f"{self.kind}.media_empty")
        if info.status & OFFLINE:
            return PrintJob(job_id, state, "printer.offline")
        if info.status & PAUSED:
            return PrintJob(job_id, state, "printer.held")
        if info.status & (ERROR | BLOCKED | INTERVENTION):
            trouble = self.complaint(self.about("job"))
            return PrintJob(job_id, state, trouble.message_key if trouble is not None else "printer.job_stopped")
        return PrintJob(job_id, state)

    def _cancelled(self, number: int) -> PrintJob:
        if self._seen.get(number, 0) & (PRINTING | PRINTED):
            return PrintJob(str(number), PrintJobState.UNKNOWN, f"{self.kind}.cancelled_late")
        return PrintJob(str(number), PrintJobState.FAILED, f"{self.kind}.cancelled")

    def find(self, title: str) -> PrintJob | None:
        named = [j for j in self._jobs("find") if j.document == title]
        if named:
            return self._shown(max(named, key=lambda j: j.job_id))
        number = self._titles.get(title, 0)
        return self.job(str(number)) if self._names.get(number) == title else None

    def cancel(self, job_id: str) -> PrintJob:
        """Raises NotFound ``printer.no_job``."""
        now = self.job(job_id)
        if now.state in (PrintJobState.PENDING, PrintJobState.PRINTING):
            try:
                self.spooler.cancel(self.name, int(job_id))
                self._seen[int(job_id)] = self._seen.get(int(job_id), 0) | DELETING
            except SpoolerError as error:
                if error.code != NO_JOB:
                    raise _trouble(error, self.kind, "cancel") from error
            now = self.job(job_id)
        return now


class WindowsCardPrinter:
    """One card printer's queue."""

    def __init__(self, spooler: Spooler, name: str, resin: bool, back_turned: bool, status: StatusSource | None) -> None:
        self._queue = _Queue(spooler, name, DeviceKind.CARD_PRINTER)
        self._resin, self._back_turned, self._status = resin, back_turned, status

    def identity(self) -> DeviceIdentity:
        about = self._queue.about("identity")
        return DeviceIdentity("", about.driver or about.name, about.name, "Windows GDI")

    def close(self) -> None:
        if self._status is not None:
            self._status.close()

    def healthy(self) -> None:
        about = self._queue.about("status")
        self._paper(about, "status")
        trouble = self._complaint(about)
        if trouble is not None:
            raise trouble

    def _complaint(self, about: QueueInfo) -> DeviceTrouble | None:
        own = self._status.trouble() if self._status is not None else None
        return own or self._queue.complaint(about)

    def _paper(self, about: QueueInfo, operation: str) -> Paper:
        paper = card_paper(self._queue.papers(about, operation))
        if paper is None:
            raise DeviceTrouble("printer.no_card_media", device_kind=self._queue.kind, operation=operation)
        return paper

    def media(self) -> PrintMedia:
        """Lying, as the card is read; the resolution is the driver's own."""
        about = self._queue.about("media")
        paper = self._paper(about, "media")
        with _troubles(self._queue.kind, "media"):
            duplex = self._queue.spooler.duplex(self._queue.name, about.port)
            with self._queue.spooler.canvas(self._queue.name, _setup(paper)) as canvas:
                dpi = canvas.sheet.dpi_x
        return PrintMedia(paper.name, max(paper.width, paper.height), min(paper.width, paper.height), dpi, self._resin, duplex)

    def submit(self, front: RawImage, back: RawImage | None, title: str, layers: CardLayers | None = None) -> PrintJob:
        about = self._queue.about("submit")
        paper = self._paper(about, "submit")
        trouble = self._complaint(about)
        if trouble is not None:
            trouble.facts.setdefault("operation", "submit")
            raise trouble
        if back is not None:
            with _troubles(self._queue.kind, "submit"):
                if not self._queue.spooler.duplex(self._queue.name, about.port):
                    raise DeviceTrouble("card_printer.one_sided", device_kind=self._queue.kind, operation="submit")
        sides = self._sides(front, back, layers)

        def pages(canvas: Canvas) -> Iterator[None]:
            fitted = [_fitted(side, canvas.sheet, self._back_turned and number == 1) for number, side in enumerate(sides)]
            yield
            for drawn, side in enumerate(fitted, 1):
                x, y = (canvas.sheet.width - side.width) // 2, (canvas.sheet.height - side.height) // 2
                canvas.picture(side, x - canvas.sheet.left, y - canvas.sheet.top)
                if drawn < len(fitted):
                    yield

        return self._queue.draw(title, _setup(paper, SHORT_EDGE if back is not None else ONE_SIDED), paper, pages)

    def _sides(self, front: RawImage, back: RawImage | None, layers: CardLayers | None) -> list[RawImage]:
        if not self._resin or layers is None:
            return [front] if back is None else [front, back]
        made = [_merged(layers.front, layers.front_resin)]
        if back is not None:
            made.append(_merged(layers.back or back, layers.back_resin))
        return made

    def job(self, job_id: str) -> PrintJob:
        return self._queue.job(job_id)

    def find(self, title: str) -> PrintJob | None:
        return self._queue.find(title)

    def cancel(self, job_id: str) -> PrintJob:
        return self._queue.cancel(job_id)

    def supplies(self) -> PrinterSupplies:
        own = self._status.supplies() if self._status is not None else None
        if own is not None:
            return own
        trouble = self._queue.complaint(self._queue.about("supplies"))
        return PrinterSupplies(reasons=(trouble.message_key,) if trouble is not None else ())


class WindowsEncodingPrinter(WindowsCardPrinter):
    """A card printer whose cards are moved by the vendor's library and read by the reader inside."""

    def __init__(self, spooler: Spooler, name: str, resin: bool, back_turned: bool, status: Any, reader: Callable[[], CardReader]) -> None:
        super().__init__(spooler, name, resin, back_turned, status)
        self._mover, self._make_reader = status, reader
        self._reader: CardReader | None = None
        self._lock = threading.Lock()

    def station(self) -> CardReader:
        with self._lock:
            if self._reader is None:
                self._reader = self._make_reader()
            return self._reader

    def feed(self, timeout_s: float) -> None:
        self._mover.feed(timeout_s)

    def eject(self, good: bool) -> None:
        self._mover.eject(good)

    def interrupt(self) -> None:
        self._mover.interrupt()

    def close(self) -> None:
        with self._lock:
            held, self._reader = self._reader, None
        if held is not None:
            held.close()
        super().close()


class WindowsDocumentPrinter:
    """One queue of sheets, or of a roll."""

    def __init__(self, spooler: Spooler, name: str, kind: DeviceKind) -> None:
        self._queue = _Queue(spooler, name, kind)

    def identity(self) -> DeviceIdentity:
        about = self._queue.about("identity")
        return DeviceIdentity("", about.driver or about.name, about.name, "Windows GDI")

    def healthy(self) -> None:
        trouble = self._queue.complaint(self._queue.about("status"))
        if trouble is not None:
            raise trouble

    def close(self) -> None:
        return None

    def submit(self, pdf: bytes, title: str, media: str = "A4") -> PrintJob:
        """Complaints of the printer do not keep a paper back: it waits in the queue and comes when paper is put in.

        Raises:
            DeviceTrouble: ``document_printer.not_pdf``; ``document_printer.no_media``; ``document_printer.page_size``: a page is larger
                than the paper; ``printer.media_refused``.
        """
        sizes = _page_sizes(pdf, self._queue.kind)
        about = self._queue.about("submit")
        paper = paper_named(self._queue.papers(about, "submit"), media, max(max(size) for size in sizes))
        if paper is None:
            raise DeviceTrouble("document_printer.no_media", device_kind=self._queue.kind, operation="submit", value=media[:20])
        _check_pages(sizes, paper, self._queue.kind)

        def pages(canvas: Canvas) -> Iterator[None]:
            yield
            times = max(1, round(canvas.sheet.dpi_x / RASTER_DPI))
            for number, image in enumerate(_rendered(pdf, canvas.sheet, times)):
                if number:
                    yield
                for top, band in _bands(image):
                    canvas.picture(band, -canvas.sheet.left, top * times - canvas.sheet.top, times)

        return self._queue.draw(title, Setup(paper.number), paper, pages)

    def job(self, job_id: str) -> PrintJob:
        return self._queue.job(job_id)


def card_paper(papers: Sequence[Paper]) -> Paper | None:
    """The queue's card, the closest to ISO when it has several."""
    def off(paper: Paper) -> tuple[int, int]:
        long, short = max(paper.width, paper.height), min(paper.width, paper.height)
        return abs(long - CARD_SIZE[0]), abs(short - CARD_SIZE[1])

    cards = [paper for paper in papers if max(off(paper)) <= CARD_TOLERANCE]
    return min(cards, key=lambda paper: sum(off(paper)), default=None)


def paper_named(papers: Sequence[Paper], media: str, longest: float) -> Paper | None:
    """A sheet by its common name, or ``80mm``: a roll of this width, the shortest that holds ``longest`` hundredths of a millimetre."""
    if media.endswith("mm") and media[:-2].isdecimal():
        rolls = [p for p in papers if abs(p.width - int(media[:-2]) * 100) <= PAPER_TOLERANCE and p.height + PAPER_TOLERANCE >= longest]
        return min(rolls, key=lambda p: p.height, default=None)
    wanted = PAPERS.get(media.strip().upper())
    if wanted is None:
        return None
    close = [p for p in papers if abs(p.width - wanted[0]) <= PAPER_TOLERANCE and abs(p.height - wanted[1]) <= PAPER_TOLERANCE]
    return min(close, key=lambda p: abs(p.width - wanted[0]) + abs(p.height - wanted[1]), default=None)


def _setup(paper: Paper, duplex: int = ONE_SIDED) -> Setup:
    """A card is drawn lying."""
    return Setup(paper.number, LANDSCAPE if paper.width < paper.height else PORTRAIT, duplex)


def _fitted(side: RawImage, sheet: Sheet, turn_over: bool) -> RawImage:
    """The side as the sheet wants it, never scaled. Raises ``card_printer.image_size``."""
    from PIL import Image

    rgb = Image.frombytes("L" if side.channels == 1 else "RGB", (side.width, side.height), side.data).convert("RGB")
    if (sheet.height > sheet.width) != (side.height > side.width):
        rgb = rgb.transpose(Image.Transpose.ROTATE_90)
    if turn_over:
        rgb = rgb.transpose(Image.Transpose.ROTATE_180)
    slack = round(2 * CARD_TOLERANCE * sheet.dpi_x / 2540)
    if abs(rgb.width - sheet.width) > slack or abs(rgb.height - sheet.height) > slack:
        raise DeviceTrouble("card_printer.image_size", device_kind="card_printer", operation="submit", found=f"{rgb.width}x{rgb.height}",
                            expected=f"{sheet.width}x{sheet.height}")
    return RawImage(rgb.width, rgb.height, 3, rgb.tobytes())


def _merged(colour: RawImage, resin: RawImage | None) -> RawImage:
    """Picture and text as one, the text in pure black: what the driver takes for the resin panel."""
    import numpy as np

    if resin is None:
        return colour
    picture = np.frombuffer(colour.data, np.uint8).reshape(colour.height, colour.width, 3).copy()
    picture[np.frombuffer(resin.data, np.uint8).reshape(resin.height, resin.width) < 128] = 0
    return RawImage(colour.width, colour.height, 3, picture.tobytes())


def _page_sizes(pdf: bytes, kind: str) -> Sequence[tuple[float, float]]:
    """Width and height of the pages in hundredths of a millimetre."""
    import pypdfium2

    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise DeviceTrouble("document_printer.not_pdf", device_kind=kind, operation="submit") from error
        try:
            sizes = [document.get_page_size(number) for number in range(len(document))]
        finally:
            document.close()
    if not sizes:
        raise DeviceTrouble("document_printer.not_pdf", device_kind=kind, operation="submit")
    return [(width * 2540 / 72, height * 2540 / 72) for width, height in sizes]


def _check_pages(sizes: Sequence[tuple[float, float]], paper: Paper, kind: str) -> None:
    """A page larger than the paper would be cut; one that lies is turned, but not on a roll."""
    wide, high = paper.width + PAPER_TOLERANCE, paper.height + PAPER_TOLERANCE
    for width, height in sizes:
        turned = kind == DeviceKind.DOCUMENT_PRINTER and height <= wide and width <= high
        if (width > wide or height > high) and not turned:
            raise DeviceTrouble("document_printer.page_size", device_kind=kind, operation="submit",
                                found=f"{width / 100:.0f}x{height / 100:.0f} mm", expected=f"{paper.width // 100}x{paper.height // 100} mm")


def _rendered(pdf: bytes, sheet: Sheet, times: int) -> Iterator[RawImage]:
    """The pages in colour at the sheet's resolution divided by ``times``; one too wide for the sheet is turned."""
    import pypdfium2
    from PIL import Image

    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        count = len(document)
    try:
        for number in range(count):
            with PDFIUM:  # not over the yield: whoever takes the pages prints them meanwhile
                page = document[number]
                bitmap = page.render(scale=sheet.dpi_x / times / 72, rev_byteorder=True)
                try:
                    image = bitmap.to_pil().convert("RGB")
                finally:
                    bitmap.close()
                    page.close()
            if image.width > image.height and image.width * times > sheet.width + sheet.dpi_x // 10:
                image = image.transpose(Image.Transpose.ROTATE_90)
            yield RawImage(image.width, image.height, 3, image.tobytes())
    finally:
        with PDFIUM:
            document.close()


def _bands(image: RawImage, rows: int = 512) -> Iterator[tuple[int, RawImage]]:
    """Strips from the top: a driver is not given more than a few megabytes at once."""
    stride = image.width * 3
    for top in range(0, image.height, rows):
        tall = min(rows, image.height - top)
        yield top, RawImage(image.width, tall, 3, image.data[top * stride:(top + tall) * stride])


@contextlib.contextmanager
def _troubles(kind: str, operation: str) -> Iterator[None]:
    try:
        yield
    except SpoolerError as error:
        raise _trouble(error, kind, operation) from error


def _trouble(error: SpoolerError, kind: str, operation: str) -> DeviceTrouble:
    facts = {"device_kind": kind, "operation": operation, "status": str(error.code)}
    if error.code in GONE:
        return NotConnected("printer.queue_gone", **facts)
    if error.code in NO_SPOOLER:
        return NotConnected("printer.spooler", **facts)
    if error.code in DENIED:
        return DeviceTrouble("printer.access", **facts)
    return DeviceTrouble("printer.refused", **facts)
