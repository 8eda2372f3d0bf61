"""Simulated card printer: takes its time, runs out of things, jams, and sometimes does not know what it did.

Beside what the driver is told the machine keeps what really became of each blank (:meth:`SimulatedPrinterState.fate`): what an
operator sees who looks.
"""

from __future__ import annotations

import io
import threading
import time
from dataclasses import dataclass

from PIL import Image

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import (
    CaptureFailed,
    CardRemoved,
    DeviceTrouble,
    Jammed,
    MediaEmpty,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    Stalled,
)
from ktpel_kiosk.hal.files import last_number, write_whole
from ktpel_kiosk.hal.simulators.base import SimulatedDevice
from ktpel_kiosk.hal.simulators.world import PrintedCard, SimulatedWorld, VirtualCard
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
        self._fates: dict[str, str] = {}
        self.station: VirtualCard | None = None
        self.rejected: list[VirtualCard] = []

    def change_ribbon(self) -> None:
        """A fresh one, where the old one is at its end: nobody throws half a ribbon away."""
        with self._lock:
            if self.ribbon <= 0:
                self.ribbon = RIBBON

    def fate(self, title: str) -> str:
        """What became of the blank of this job: ``printed``, ``ruined``, ``whole`` (in the hopper, or never asked for), or
        ``station`` while it stands over the chip reader. Looking, like :meth:`settle`, gives the printer its time."""
        self.settle()
        with self._lock:
            job = self.titled(title)
            if job is not None and job.state in (PrintJobState.PENDING, PrintJobState.PRINTING):
                return "printing"
            return self._fates.get(title, "whole")

    def set_fate(self, title: str, fate: str) -> None:
        with self._lock:
            self._fates[title] = fate

    def leave_station(self, good: bool) -> None:
        """The card at the station comes out unprinted."""
        with self._lock:
            if self.station is not None and not good:
                self.rejected.append(self.station)
            self.station = None

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
        with self._lock:
            chip, self.station = self.station or self._world.blank_card(), None
            self._fates[job.title] = "printed"
        self._world.card_printed(PrintedCard(job.job_id, job.title, job.front, job.back, chip))


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
        if self.faults.active(self.kind, "wrong_media"):
            raise DeviceTrouble("printer.no_card_media", device_kind=str(self.kind), operation="media")
        return PrintMedia("CR80", 8560, 5398, 300)

    def submit(self, front: RawImage, back: RawImage | None, title: str, layers: CardLayers | None = None) -> PrintJob:
        self.begin("submit")
        facts = {"device_kind": str(self.kind), "operation": "submit"}
        if self.faults.strikes(self.kind, "queue_gone"):
            raise NotConnected("printer.queue_gone", **facts)
        lost = self.faults.strikes(self.kind, "lost")
        if lost is not None and not lost.params.get("printed", False):
            raise OutcomeUnknown("card_printer.lost", **facts)
        job = self._machine.take(front, back, title)
        if lost is not None:
            raise OutcomeUnknown("card_printer.lost", **facts)
        late = self.faults.strikes(self.kind, "late")
        if late is not None:
            self.world.released.wait(late.number("seconds", 60.0))
        power = self.faults.strikes(self.kind, "power")
        if power is not None:
            job.state = PrintJobState.UNKNOWN
            if power.params.get("printed", False):
                self._machine.drop(job)
            raise OutcomeUnknown("card_printer.power", device_kind=str(self.kind), operation="submit", job=job.job_id)
        jam = self.faults.strikes(self.kind, "jam")
        if jam is not None:
            self.world.printer_jams += 1
            job.state, job.trouble = PrintJobState.FAILED, "card_printer.jam"
            self._spent(title, bool(jam.params.get("moved", True)))
        elif self.faults.strikes(self.kind, "ribbon_out"):
            job.state, job.trouble = PrintJobState.FAILED, "card_printer.ribbon_empty"
            self._spent(title, True)
        return self._shown(job)

    def _spent(self, title: str, moved: bool) -> None:
        """A card that was on its way when it went wrong is ruined; one at the station goes with it."""
        if moved:
            self._machine.leave_station(False)
            self._machine.set_fate(title, "ruined")

    def job(self, job_id: str) -> PrintJob:
        SimulatedDevice.healthy(self)
        self._hang()
        job = self._machine.known(job_id)
        job.looks += 1
        self._machine.advance(job)
        return self._shown(job)

    def find(self, title: str) -> PrintJob | None:
        SimulatedDevice.healthy(self)
        self._hang()
        job = self._machine.titled(title)
        if job is None:
            return None
        job.looks += 1
        self._machine.advance(job)
        return self._shown(job)

    def _hang(self) -> None:
        hang = self.faults.strikes(self.kind, "job_stall")
        if hang is not None:
            self.world.released.wait(hang.number("seconds", 60.0))
            raise Stalled("device.no_answer", device_kind=str(self.kind), operation="job")

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


class SimulatedEncodingPrinter(SimulatedCardPrinter):
    """A card printer that brings the blank to a chip reader inside before it prints."""

    model = "Simulated Retransfer with chip station"

    def station(self) -> StationReader:
        return StationReader(self, self._machine)

    def feed(self, timeout_s: float) -> None:
        self.begin("feed")
        if self.faults.strikes(self.kind, "feed_jam"):
            self.world.printer_jams += 1
            raise Jammed("card_printer.feed", device_kind=str(self.kind), operation="feed")
        if self._machine.station is None:
            self._machine.station = self.world.blank_card()

    def eject(self, good: bool) -> None:
        SimulatedDevice.healthy(self)
        self._machine.leave_station(good)


class StationReader:
    """The reader at the chip station, over whatever card stands there."""

    def __init__(self, printer: SimulatedEncodingPrinter, machine: SimulatedPrinterState) -> None:
        self._printer, self._machine = printer, machine
        self._card: VirtualCard | None = None

    def connect(self, timeout_s: float) -> bytes:
        facts = {"device_kind": str(DeviceKind.CARD_READER), "operation": "connect"}
        SimulatedDevice.healthy(self._printer)
        self._card = self._machine.station
        if self._card is None:
            raise Stalled("card_reader.no_card", **facts, deadline_s=timeout_s)
        if self._printer.faults.strikes(self._printer.kind, "station_mute"):
            raise CaptureFailed("card_reader.mute", device_kind=str(DeviceKind.CARD_READER))
        power_cycle = getattr(self._card, "power_cycle", None)
        if callable(power_cycle):
            power_cycle()
        return self._card.atr

    def transmit(self, apdu: bytes) -> bytes:
        SimulatedDevice.healthy(self._printer)
        if self._printer.faults.strikes(self._printer.kind, "station_torn"):
            self._card = None
        if self._card is None or self._card is not self._machine.station:
            raise CardRemoved("card_reader.removed", device_kind=str(DeviceKind.CARD_READER), operation="transmit")
        return self._card.transmit(apdu)

    def disconnect(self) -> None:
        self._card = None


def _png(image: RawImage) -> bytes:
    out = io.BytesIO()
    picture = Image.frombytes("L" if image.channels == 1 else "RGB", (image.width, image.height), image.data)
    picture.save(out, "PNG", dpi=(300, 300))
    return out.getvalue()
