"""Card printers behind a print queue. The size of a card is what the queue says, never a constant, and never a sheet of paper."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.card_status import StatusSource
from ktpel_kiosk.hal.drivers.ipp import queue as facts_of
from ktpel_kiosk.hal.drivers.ipp.card_pdf import Side, card_pdf
from ktpel_kiosk.hal.drivers.ipp.message import Attributes, Spec, Tag, text, texts
from ktpel_kiosk.hal.drivers.ipp.printer import PrintQueue, QueueDriver, offered
from ktpel_kiosk.ports.devices import CardLayers, DeviceKind, PrinterSupplies, PrintJob, PrintMedia

log = logging.getLogger(__name__)
KIND = str(DeviceKind.CARD_PRINTER)
REPEATING = ("retry-job", "retry-current-job")
LONG, SHORT = "two-sided-long-edge", "two-sided-short-edge"


class CupsCardPrinterDriver(QueueDriver):
    """Finds queues whose media is a card.

    Args:
        queue: only this queue, whatever else it can print; empty: every queue with card media and no paper.
        server: socket path or ``host[:port]``; empty: as the CUPS programs find it.
        resin: the ribbon has a resin panel; ``None``: as the queue's description says.
        back_turned: the printer lays the back the other way up than duplex of paper would.
        status: makes the printer's own word beside the queue from its device URI, or ``None``.
    """

    kind = DeviceKind.CARD_PRINTER
    name = "cups-card"

    def __init__(self, queue: str = "", server: str = "", *, resin: bool | None = None, back_turned: bool = False,
                 status: Callable[[str], StatusSource | None] | None = None) -> None:
        super().__init__(queue, server)
        self._resin = resin
        self._back_turned = back_turned
        self._status = status

    def discover(self) -> Sequence[Found]:
        return self._look(KIND, lambda each: facts_of.card_size(each) is not None and not facts_of.has_paper(each))

    def open(self, found: Found) -> CupsCardPrinter:
        return CupsCardPrinter(found.key, self._server, self._resin, self._back_turned, self._status)


class CupsCardPrinter:
    """One card printer's queue."""

    def __init__(self, name: str, server: str, resin: bool | None, back_turned: bool,
                 status: Callable[[str], StatusSource | None] | None) -> None:
        self._queue = PrintQueue(name, server, KIND)
        self._back_turned = back_turned
        attributes = self._queue.attributes((*facts_of.IDENTITY_ATTRIBUTES, "device-uri"))
        if text(attributes, "printer-error-policy") in REPEATING:
            log.warning("card queue %s prints a failed card again by itself; set printer-error-policy=abort-job", name)
        description = self._queue.client.description(name)
        self._resin = resin if resin is not None else facts_of.has_resin(description)
        self._rastered = facts_of.is_rastered(description)
        self._status = status(text(attributes, "device-uri")) if status is not None else None
        self.identity = self._queue.identity

    def close(self) -> None:
        if self._status is not None:
            self._status.close()

    def healthy(self) -> None:
        attributes = self._queue.attributes((*facts_of.STATE_ATTRIBUTES, *facts_of.MEDIA_ATTRIBUTES))
        self._media(attributes)
        trouble = self._complaint(attributes)
        if trouble is not None:
            raise trouble

    def _complaint(self, attributes: Attributes) -> DeviceTrouble | None:
        own = self._status.trouble() if self._status is not None else None
        return own or self._queue.complaint(attributes)

    def media(self) -> PrintMedia:
        """Lying, as the card is read; the queue may feed it standing."""
        attributes = self._queue.attributes(facts_of.MEDIA_ATTRIBUTES)
        size = self._media(attributes)
        duplex = any(sides in texts(attributes, "sides-supported") for sides in (SHORT, LONG))
        return PrintMedia(size.name or f"{size.width / 100:g}x{size.height / 100:g}mm", max(size.width, size.height),
                          min(size.width, size.height), facts_of.resolution(attributes), self._resin, duplex)

    @staticmethod
    def _media(attributes: Attributes) -> facts_of.Size:
        size = facts_of.card_size(attributes)
        if size is None:
            raise DeviceTrouble("printer.no_card_media", device_kind=KIND, operation="media")
        return size

    def submit(self, front: RawImage, back: RawImage | None, title: str, layers: CardLayers | None = None) -> PrintJob:
        """See the port. What the queue, or a printer that can be asked, complains about is raised before anything is sent; a queue's
        old complaint about its printer does not keep a card back, because only the next job would clear it."""
        pictures = self._pictures(front, back, layers)
        attributes = self._queue.attributes((*facts_of.STATE_ATTRIBUTES, *facts_of.MEDIA_ATTRIBUTES))
        size = self._media(attributes)
        self._refuse_trouble(attributes)
        dpi = facts_of.resolution(attributes)
        turns, how = self._turns(len(pictures), size, texts(attributes, "sides-supported"))
        for picture, resin in pictures:
            _check_size(picture, resin, size, dpi)
        sides = [Side(picture, resin, turn) for (picture, resin), turn in zip(pictures, turns, strict=True)]
        pdf = card_pdf(sides, size.width, size.height, dpi, self._rastered)
        return self._queue.hand_over(pdf, title, _options(size, how, attributes), size.name)

    def _refuse_trouble(self, attributes: Attributes) -> None:
        closed = facts_of.closed_queue(attributes, KIND)
        trouble = self._status.trouble() if closed is None and self._status is not None else closed
        if trouble is None:
            said = self._queue.device_says(text(attributes, "device-uri"))
            trouble = said if isinstance(said, DeviceTrouble) else facts_of.complaint(texts(said or {}, "printer-state-reasons"), KIND)
        if trouble is not None:
            trouble.facts.setdefault("operation", "submit")
            raise trouble

    def _pictures(self, front: RawImage, back: RawImage | None, layers: CardLayers | None) -> list[tuple[RawImage, RawImage | None]]:
        """Picture and resin plane of each side, as this ribbon needs them."""
        if layers is None or not self._resin:
            return [(front, None)] if back is None else [(front, None), (back, None)]
        first = (layers.front, layers.front_resin)
        return [first] if back is None else [first, (layers.back or back, layers.back_resin if layers.back else None)]

    def _turns(self, count: int, size: facts_of.Size, supported: Sequence[str]) -> tuple[list[int], str]:
        """Quarter turns of the pages, and how they share a card: turned over like a page of a book, so its short edge is the axis."""
        turn = 1 if size.height > size.width else 0
        if count == 1:
            return [turn], "one-sided"
        how = SHORT if SHORT in supported else LONG
        if how not in supported:
            raise DeviceTrouble("card_printer.one_sided", device_kind=KIND, operation="submit")
        turned = (how == LONG) != self._back_turned
        return [turn, (turn + 2 * turned) % 4], how

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
        attributes = self._queue.attributes((*facts_of.STATE_ATTRIBUTES, *facts_of.MARKER_ATTRIBUTES))
        said = self._queue.device_says(text(attributes, "device-uri"))
        if isinstance(said, DeviceTrouble):
            return PrinterSupplies(reasons=(said.message_key,))
        return facts_of.supplies(said if said is not None else attributes, KIND)


def _check_size(picture: RawImage, resin: RawImage | None, size: facts_of.Size, dpi: int) -> None:
    """Raises ``card_printer.image_size`` for a picture that is not this card lying, at this resolution, within twice the tolerance
    of the media."""
    wide, high = max(size.width, size.height), min(size.width, size.height)
    off = 2 * facts_of.CARD_TOLERANCE
    same = resin is None or (resin.width, resin.height) == (picture.width, picture.height)
    if not same or abs(picture.width * 2540 / dpi - wide) > off or abs(picture.height * 2540 / dpi - high) > off:
        raise DeviceTrouble("card_printer.image_size", device_kind=KIND, operation="submit", found=f"{picture.width}x{picture.height}",
                            expected=f"{round(wide * dpi / 2540)}x{round(high * dpi / 2540)}")


def _options(size: facts_of.Size, sides: str, attributes: Attributes) -> list[Spec]:
    """Everything a queue's defaults could change about a card, said: one copy, no banner, nothing scaled or turned."""
    exact: Spec = ("media", Tag.KEYWORD, size.name) if size.name else ("media-col", Tag.COLLECTION, [
        ("media-size", Tag.COLLECTION, [("x-dimension", Tag.INTEGER, size.width), ("y-dimension", Tag.INTEGER, size.height)])])
    return offered([
        ("copies", Tag.INTEGER, 1), exact, ("sides", Tag.KEYWORD, sides), ("print-scaling", Tag.KEYWORD, "none"),
        ("number-up", Tag.INTEGER, 1), ("job-sheets", Tag.NAME, ["none", "none"]),
    ], attributes)
