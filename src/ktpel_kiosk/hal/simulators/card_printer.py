"""Simulated card printer: takes its time, runs out of things, jams, and sometimes does not know what it did."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import dataclass

from PIL import Image

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble, Jammed, MediaEmpty, NotFound, OutcomeUnknown
from ktpel_kiosk.hal.files import last_number, write_whole
from ktpel_kiosk.hal.simulators.base import SimulatedDevice
from ktpel_kiosk.hal.simulators.world import PrintedCard, SimulatedWorld
from ktpel_kiosk.ports.devices import CardLayers, DeviceKind, PrinterSupplies, PrintJob, PrintJobState, PrintMedia

WARM_UP_S, PRINT_S = 3.0, 20.0
RIBBON = 250
"""Printed sides of a fresh ribbon."""


@dataclass(slots=True)
class _Job:
    """A job in the printer; ``looks`` is its simulated age, ``since`` its real start."""

    job_id: str
    title: str
    front: RawImage
    back: RawImage | None
    since: float
    state: PrintJobState = PrintJobState.PENDING
    trouble: str = ""
    looks: int = 0


class SimulatedPrinterState:
    """The machine itself: it goes on printing whether or not a driver looks at it. Any thread."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.ribbon = RIBBON
        self._world = world
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._number = last_number(world.out_dir, "cards")

    def take(self, front: RawImage, back: RawImage | None, title: str) -> _Job:
        with self._lock:
            self._number += 1
            job_id = f"card-{self._world.seed}-{self._number:04d}"
            job = self._jobs[job_id] = _Job(job_id, title, front, back, time.monotonic())
            return job

    def known(self, job_id: str) -> _Job:
        with self._lock:
            if job_id not in self._jobs:
                raise NotFound("printer.no_job", job=job_id)
            return self._jobs[job_id]

    def titled(self, title: str) -> _Job | None:
        """The newest job of this title."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.title == title), None)

    def settle(self) -> None:
        """Somebody looks into the hopper: what had the time to be printed has been."""
        with self._lock:
            for job in list(self._jobs.values()):
                job.looks += 3
                self.advance(job)

    def advance(self, job: _Job) -> None:
        """Let a job be where it should be by now."""
        with self._lock:
            if job.state not in (PrintJobState.PENDING, PrintJobState.PRINTING):
                return
            age = time.monotonic() - job.since
            if age >= WARM_UP_S + PRINT_S if self._world.realtime else job.looks >= 3:
                self.drop(job)
                job.state = PrintJobState.DONE
            elif age >= WARM_UP_S if self._world.realtime else job.looks >= 2:
                job.state = PrintJobState.PRINTING

    def drop(self, job: _Job) -> None:
        """The finished card falls into the hopper."""
        with self._lock:
            self.ribbon -= 2 if job.back is not None else 1
        if self._world.out_dir is not None:
            for side, image in (("front", job.front), ("back", job.back)):
                if image is not None:
                    write_whole(self._world.out_dir / "cards" / f"{job.job_id}-{side}.png", _png(image))
        self._world.card_printed(PrintedCard(job.job_id, job.title, job.front, job.back, self._world.blank_card()))


class SimulatedCardPrinter(SimulatedDevice):
    """Prints CR80 at 300 dpi into ``out_dir/cards``, and drops the card into the world's hopper.

    In a real-time world a card takes 23 s; otherwise it is pending at the first look, printing at the second, then done.
    """

    kind = DeviceKind.CARD_PRINTER
    model = "Simulated Retransfer"

    def __init__(self, world: SimulatedWorld, machine: SimulatedPrinterState) -> None:
        super().__init__(world)
        self._machine = machine

    @property
    def ribbon(self) -> int:
        """Printed sides left."""
        return self._machine.ribbon

    def healthy(self) -> None:
        super().healthy()
        facts = {"device_kind": str(self.kind)}
        if self.world.printer_jams:
            raise Jammed("card_printer.jam", **facts)
        if self.faults.active(self.kind, "cover"):
            raise DeviceTrouble("card_printer.cover", **facts)
        if self.faults.active(self.kind, "media_empty"):
            raise MediaEmpty("card_printer.media_empty", **facts)
        if self.faults.active(self.kind, "ribbon_empty") or self.ribbon <= 0:
            raise MediaEmpty("card_printer.ribbon_empty", **facts)

    def media(self) -> PrintMedia:
        return PrintMedia("CR80", 8560, 5398, 300)

    def submit(self, front: RawImage, back: RawImage | None, title: str, layers: CardLayers | None = None) -> PrintJob:
        self.begin("submit")
        job = self._machine.take(front, back, title)
        power = self.faults.strikes(self.kind, "power")
        if power is not None:
            job.state = PrintJobState.UNKNOWN
            if power.params.get("printed", False):
                self._machine.drop(job)
            raise OutcomeUnknown("card_printer.power", device_kind=str(self.kind), operation="submit", job=job.job_id)
        if self.faults.strikes(self.kind, "jam"):
            self.world.printer_jams += 1
            job.state, job.trouble = PrintJobState.FAILED, "card_printer.jam"
        return self._shown(job)

    def job(self, job_id: str) -> PrintJob:
        SimulatedDevice.healthy(self)
        job = self._machine.known(job_id)
        job.looks += 1
        self._machine.advance(job)
        return self._shown(job)

    def find(self, title: str) -> PrintJob | None:
        SimulatedDevice.healthy(self)
        job = self._machine.titled(title)
        return self.job(job.job_id) if job is not None else None

    def supplies(self) -> PrinterSupplies:
        SimulatedDevice.healthy(self)
        return PrinterSupplies(ribbon=max(0, self.ribbon) * 100 // RIBBON)

    def cancel(self, job_id: str) -> PrintJob:
        """Only a pending job can be stopped; a printing one goes on and its state says so."""
        job = self._machine.known(job_id)
        if job.state is PrintJobState.PENDING:
            job.state, job.trouble = PrintJobState.FAILED, "card_printer.cancelled"
        return self._shown(job)

    @staticmethod
    def _shown(job: _Job) -> PrintJob:
        return PrintJob(job.job_id, job.state, job.trouble)


def _png(image: RawImage) -> bytes:
    out = io.BytesIO()
    picture = Image.frombytes("L" if image.channels == 1 else "RGB", (image.width, image.height), image.data)
    picture.save(out, "PNG", dpi=(300, 300))
    return out.getvalue()
