"""The Windows spooler as far as printing sees it: queues with media, drivers with their quirks, jobs that live and vanish.

Faithful to the documentation of winspool and GDI, not to a machine: no Windows was at hand. What it models: a driver may put another size
in the place of the asked one without a word (``swaps``), has margins it cannot reach, turns the page with the orientation; jobs leave the
queue when they are printed; job numbers begin anew with the spooler; every call can fail with an error number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.hal.drivers.windows_spooler import LANDSCAPE, JobInfo, Paper, QueueInfo, Setup, Sheet, SpoolerError

CR80 = Paper(257, "CR-80", 5398, 8560)
CR80_LYING = Paper(258, "CR80 Card", 8560, 5398)
A4, A5 = Paper(9, "A4", 21000, 29700), Paper(11, "A5", 14800, 21000)
ROLL, ROLL_LONG = Paper(300, "80(72.1) x 210 mm", 8000, 21000), Paper(301, "80(72.1) x 3276 mm", 8000, 327600)
SPOOLING, PRINTING, DELETING, PRINTED = 0x08, 0x10, 0x04, 0x80


@dataclass
class Queue:
    """One queue; ``swaps`` maps an asked paper number to the one the driver takes instead."""

    papers: tuple[Paper, ...]
    driver: str = "HDP5000 Card Printer"
    dpi: int = 300
    dpi_y: int = 0
    margin: int = 0
    two_sides: bool = True
    status: int = 0
    attributes: int = 0
    swaps: dict[int, int] = field(default_factory=dict)
    obeys_orientation: bool = True
    jobs: list[JobInfo] = field(default_factory=list)


@dataclass
class Printed:
    """One job as it was drawn: pages as arrays of the whole sheet, white where nothing was drawn."""

    queue: str
    title: str
    setup: Setup
    pages: list[np.ndarray] = field(default_factory=list)


class WindowsSpooler:
    """``fail[function]`` lets that call fail: an error number, or (calls that pass unharmed, error number)."""

    def __init__(self, **queues: Queue) -> None:
        self.known = dict(queues)
        self.out: list[Printed] = []
        self.fail: dict[str, tuple[int, int]] = {}
        self.calls: list[str] = []
        self.open_devices = 0
        self._next = 1

    def call(self, function: str, name: str = "") -> Queue:
        self.calls.append(function)
        if function in self.fail:
            left, code = self.fail[function]
            if left == 0:
                raise SpoolerError(function, code)
            self.fail[function] = (left - 1, code)
        if name and name not in self.known:
            raise SpoolerError("OpenPrinter", 1801)
        return self.known.get(name, Queue(()))

    def restart(self) -> None:
        """The spooler service begins anew; unprinted jobs stay, numbers begin at 1."""
        self._next = 1

    def queues(self) -> list[str]:
        self.call("EnumPrinters")
        return list(self.known)

    def queue(self, name: str) -> QueueInfo:
        queue = self.call("GetPrinter", name)
        return QueueInfo(name, queue.driver, "USB001", queue.status, queue.attributes)

    def papers(self, name: str, port: str) -> tuple[Paper, ...]:
        return self.call("DeviceCapabilities", name).papers

    def duplex(self, name: str, port: str) -> bool:
        return self.call("DeviceCapabilities", name).two_sides

    @contextlib.contextmanager
    def canvas(self, name: str, setup: Setup) -> Iterator[Canvas]:
        queue = self.call("CreateDC", name)
        self.open_devices += 1
        try:
            yield Canvas(self, name, queue, setup)
        finally:
            self.open_devices -= 1

    def jobs(self, name: str) -> list[JobInfo]:
        return list(self.call("EnumJobs", name).jobs)

    def cancel(self, name: str, job_id: int) -> None:
        queue = self.call("SetJob", name)
        if not any(job.job_id == job_id for job in queue.jobs):
            raise SpoolerError("SetJob", 87)
        self.set(name, job_id, DELETING)

    # the machine

    def new_job(self, name: str, title: str, status: int = SPOOLING) -> int:
        number, self._next = self._next, self._next + 1
        self.known[name].jobs.append(JobInfo(number, title, status))
        return number

    def set(self, name: str, job_id: int, status: int, pages: int = 0) -> None:
        queue = self.known[name]
        queue.jobs = [replace(j, status=status, pages_printed=pages) if j.job_id == job_id else j for j in queue.jobs]

    def gone(self, name: str, job_id: int) -> None:
        self.known[name].jobs = [j for j in self.known[name].jobs if j.job_id != job_id]


class Canvas:
    """A device context of a driver."""

    def __init__(self, spooler: WindowsSpooler, name: str, queue: Queue, setup: Setup) -> None:
        self._spooler, self._name = spooler, name
        paper = next(p for p in queue.papers if p.number == queue.swaps.get(setup.paper, setup.paper))
        wide, high = paper.width, paper.height
        if setup.orientation == LANDSCAPE and queue.obeys_orientation:
            wide, high = high, wide
        dots = queue.dpi / 2540
        self.sheet = Sheet(round(wide * dots), round(high * dots), queue.margin, queue.margin, queue.dpi, queue.dpi_y or queue.dpi,
                           paper.number)
        self._job = Printed(name, "", setup)
        self._page: np.ndarray | None = None
        self._number = 0

    def start(self, title: str) -> int:
        self._spooler.call("StartDoc")
        self._job.title = title
        self._number = self._spooler.new_job(self._name, title)
        return self._number

    def start_page(self) -> None:
        self._spooler.call("StartPage")
        assert self._number and self._page is None
        self._page = np.full((self.sheet.height, self.sheet.width, 3), 255, np.uint8)

    def picture(self, image: RawImage, x: int, y: int, times: int = 1) -> None:
        self._spooler.call("StretchDIBits")
        assert self._page is not None and image.channels == 3
        pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3).repeat(times, 0).repeat(times, 1)
        left, top, margin = x + self.sheet.left, y + self.sheet.top, self.sheet.left
        reach = self._page[margin:self.sheet.height - margin, margin:self.sheet.width - margin]  # a view: beyond it nothing is drawn
        for row in range(pixels.shape[0]):
            at = top + row - margin
            if 0 <= at < reach.shape[0]:
                begin, end = max(0, left - margin), min(reach.shape[1], left - margin + pixels.shape[1])
                reach[at, begin:end] = pixels[row, begin - (left - margin):end - (left - margin)]

    def end_page(self) -> None:
        self._spooler.call("EndPage")
        assert self._page is not None
        self._job.pages.append(self._page)
        self._page = None

    def finish(self) -> None:
        self._spooler.call("EndDoc")
        assert self._page is None
        self._spooler.out.append(self._job)
        self._spooler.set(self._name, self._number, 0)

    def abort(self) -> None:
        self._spooler.call("AbortDoc")
        self._spooler.gone(self._name, self._number)
