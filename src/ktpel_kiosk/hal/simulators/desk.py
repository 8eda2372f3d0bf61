"""Simulated document scanner, card reader, document printer and barcode scanner."""

from __future__ import annotations

import itertools

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import (
    CaptureFailed,
    CardRemoved,
    DeviceTrouble,
    Jammed,
    MediaEmpty,
    NotFound,
    Stalled,
)
from ktpel_kiosk.domain.scanned import scanned
from ktpel_kiosk.hal.files import last_number, write_whole
from ktpel_kiosk.hal.simulators.base import SimulatedDevice
from ktpel_kiosk.hal.simulators.papers import render_page
from ktpel_kiosk.hal.simulators.world import SimulatedWorld, VirtualCard
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState


class SimulatedDocumentScanner(SimulatedDevice):
    """A feeder scanner, A4 colour at 150 ppi. What it scans says SPESIMEN."""

    kind = DeviceKind.SCANNER
    model = "Simulated Feeder"

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._pages = itertools.count(1)

    def scan(self, timeout_s: float) -> list[RawImage]:
        self.begin("scan")
        facts = {"device_kind": str(self.kind)}
        if self.faults.strikes(self.kind, "jam"):
            raise Jammed("scanner.jam", **facts)
        if self.faults.strikes(self.kind, "cover"):
            raise DeviceTrouble("scanner.cover", **facts)
        if self.faults.strikes(self.kind, "empty"):
            raise MediaEmpty("scanner.empty", **facts)
        pages = []
        for title in self.world.take_papers() or ("FORMULIR PERMOHONAN KTP-EL (F-1.02)",):
            self.pause(1.5)
            pages.append(render_page(title, self.world.seed * 1000 + next(self._pages)))
        return pages


class SimulatedCardReader(SimulatedDevice):
    """Speaks with the card that lies on it in the simulated world."""

    kind = DeviceKind.CARD_READER
    model = "Simulated Reader"

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._card: VirtualCard | None = None

    def connect(self, timeout_s: float) -> bytes:
        self.begin("connect")
        self._card = None
        if not self.wait_for(lambda: self._seen() is not None, timeout_s):
            raise Stalled("card_reader.no_card", device_kind=str(self.kind), operation="connect", deadline_s=timeout_s)
        card = self._seen()
        if card is None or self.faults.strikes(self.kind, "mute"):
            raise CaptureFailed("card_reader.mute", device_kind=str(self.kind))
        power_cycle = getattr(card, "power_cycle", None)
        if callable(power_cycle):  # a card laid on again has forgotten what was selected and unlocked
            power_cycle()
        self._card = card
        return card.atr

    def transmit(self, apdu: bytes) -> bytes:
        self.begin("transmit")
        if self.faults.strikes(self.kind, "torn"):
            self.world.take_card()
        if self._card is None or self._seen() is not self._card:
            self._card = None
            raise CardRemoved("card_reader.removed", device_kind=str(self.kind), operation="transmit")
        status = self.faults.strikes(self.kind, "status")
        if status is not None:
            return bytes.fromhex(str(status.params.get("sw", "6A82")))
        return self._card.transmit(apdu)

    def disconnect(self) -> None:
        self._card = None

    def _seen(self) -> VirtualCard | None:
        return None if self.faults.active(self.kind, "no_card") else self.world.card_on_reader


class SimulatedDocumentPrinter(SimulatedDevice):
    """Prints into ``out_dir/papers`` of the world, or nowhere."""

    kind = DeviceKind.DOCUMENT_PRINTER
    model = "Simulated A4"
    folder, stem, takes_s = "papers", "paper", 2.0

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._jobs: dict[str, PrintJob] = {}
        self._numbers = itertools.count(last_number(world.out_dir, self.folder) + 1)

    def healthy(self) -> None:
        super().healthy()
        if self.faults.active(self.kind, "media_empty"):
            raise MediaEmpty(f"{self.kind}.media_empty", device_kind=str(self.kind))

    def submit(self, pdf: bytes, title: str, media: str = "A4") -> PrintJob:
        self.begin("submit")
        if not pdf.startswith(b"%PDF-"):
            raise DeviceTrouble("document_printer.not_pdf", device_kind=str(self.kind), operation="submit")
        job_id = f"{self.stem}-{next(self._numbers):04d}"
        if self.faults.strikes(self.kind, "jam"):
            job = PrintJob(job_id, PrintJobState.FAILED, f"{self.kind}.jam")
        else:
            self.pause(self.takes_s)
            if self.world.out_dir is not None:
                write_whole(self.world.out_dir / self.folder / f"{job_id}.pdf", pdf)
            job = PrintJob(job_id, PrintJobState.DONE)
        self._jobs[job_id] = job
        return job

    def job(self, job_id: str) -> PrintJob:
        if job_id not in self._jobs:
            raise NotFound("printer.no_job", job=job_id)
        return self._jobs[job_id]


class SimulatedReceiptPrinter(SimulatedDocumentPrinter):
    """An 80 mm roll; prints into ``out_dir/struk``. A page wider than the roll is refused, as the real ones do."""

    kind = DeviceKind.RECEIPT_PRINTER
    model = "Simulated 80 mm"
    folder, stem, takes_s = "struk", "struk", 0.6

    def healthy(self) -> None:
        super().healthy()
        if self.faults.active(self.kind, "cover"):
            raise DeviceTrouble("receipt_printer.cover", device_kind=str(self.kind))

    def submit(self, pdf: bytes, title: str, media: str = "80mm") -> PrintJob:
        if media not in ("80mm", "58mm"):
            raise DeviceTrouble("receipt_printer.too_wide", device_kind=str(self.kind), expected="80 mm", found=media)
        return super().submit(pdf, title, media)


class SimulatedBarcodeScanner(SimulatedDevice):
    """Reads the codes that the script holds before it."""

    kind = DeviceKind.BARCODE
    model = "Simulated Scanner"

    def read(self, timeout_s: float) -> str:
        self.begin("read")
        got: list[str] = []

        def come() -> bool:
            code = self.world.next_code()
            got.extend([code] if code is not None else [])
            return bool(got)

        if not self.wait_for(come, timeout_s):
            raise Stalled("barcode.none", device_kind=str(self.kind), operation="read", deadline_s=timeout_s)
        code = got[0]
        if self.faults.strikes(self.kind, "garbled"):
            middle = len(code) // 2
            code = code[:middle] + code[middle + 1:]
        return scanned(code)
