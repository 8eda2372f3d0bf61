"""The Windows spooler and GDI in plain data: what printing needs of them, and the adapter over pywin32 that gives it.

Only :class:`PyWin32Spooler` touches Windows; the printers (:mod:`windows_printer`) know nothing but :class:`Spooler`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ktpel_kiosk.domain.biometric import RawImage

DC_PAPERS, DC_PAPERSIZE, DC_DUPLEX, DC_PAPERNAMES = 2, 3, 7, 16
DM_ORIENTATION, DM_PAPERSIZE, DM_PAPERLENGTH, DM_PAPERWIDTH, DM_SCALE, DM_COPIES, DM_DUPLEX = 1, 2, 4, 8, 0x10, 0x100, 0x1000
DM_IN_BUFFER, DM_OUT_BUFFER = 8, 2
PORTRAIT, LANDSCAPE = 1, 2
ONE_SIDED, LONG_EDGE, SHORT_EDGE = 1, 2, 3
LOGPIXELSX, LOGPIXELSY = 88, 90
PHYSICALWIDTH, PHYSICALHEIGHT, PHYSICALOFFSETX, PHYSICALOFFSETY = 110, 111, 112, 113
ENUM_LOCAL, ENUM_CONNECTIONS = 2, 4
JOB_CONTROL_DELETE = 5
MANY_JOBS = 10_000


class SpoolerError(Exception):
    """A call of Windows failed; ``code`` is its error number (winerror.h)."""

    def __init__(self, function: str, code: int) -> None:
        super().__init__(f"{function} {code}")
        self.function, self.code = function, code


@dataclass(frozen=True, slots=True)
class Paper:
    """A media of the driver: its number (DMPAPER), its name, its size in hundredths of a millimetre as it is fed."""

    number: int
    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """PRINTER_INFO_2: ``status`` (PRINTER_STATUS bits), ``attributes`` (PRINTER_ATTRIBUTE bits)."""

    name: str
    driver: str
    port: str
    status: int = 0
    attributes: int = 0


@dataclass(frozen=True, slots=True)
class JobInfo:
    """JOB_INFO_1: ``status`` (JOB_STATUS bits)."""

    job_id: int
    document: str
    status: int
    pages_printed: int = 0


@dataclass(frozen=True, slots=True)
class Setup:
    """What a job asks of the driver."""

    paper: int
    orientation: int = PORTRAIT
    duplex: int = ONE_SIDED


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page the driver really gives, in dots: its whole size, where the reachable area begins, its resolution, its paper number."""

    width: int
    height: int
    left: int
    top: int
    dpi_x: int
    dpi_y: int
    paper: int


class Canvas(Protocol):
    """One print job being drawn. Every method raises SpoolerError."""

    @property
    def sheet(self) -> Sheet: ...
    def start(self, title: str) -> int:
        """Begin the job; its number in the queue."""
        ...

    def start_page(self) -> None: ...
    def picture(self, image: RawImage, x: int, y: int, times: int = 1) -> None:
        """Draw at dots from the corner of the reachable area, each pixel ``times`` dots wide and high. A colour image (3 channels)."""
        ...

    def end_page(self) -> None: ...
    def finish(self) -> None: ...
    def abort(self) -> None: ...


class Spooler(Protocol):
    """Every method raises SpoolerError."""

    def queues(self) -> Sequence[str]: ...
    def queue(self, name: str) -> QueueInfo: ...
    def papers(self, name: str, port: str) -> Sequence[Paper]: ...
    def duplex(self, name: str, port: str) -> bool: ...
    def canvas(self, name: str, setup: Setup) -> contextlib.AbstractContextManager[Canvas]: ...
    def jobs(self, name: str) -> Sequence[JobInfo]: ...
    def cancel(self, name: str, job_id: int) -> None: ...


class PyWin32Spooler:
    """Over pywin32 and Pillow's ``ImageWin``. Import fails outside Windows."""

    def __init__(self) -> None:
        import pywintypes
        import win32gui
        import win32print

        self._print, self._gui, self._error = win32print, win32gui, pywintypes.error

    @contextlib.contextmanager
    def _asking(self, function: str) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise SpoolerError(function, int(error.winerror)) from error

    @contextlib.contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        with self._asking("OpenPrinter"):
            handle = self._print.OpenPrinter(name)
        try:
            yield handle
        finally:
            with contextlib.suppress(self._error):
                self._print.ClosePrinter(handle)

    def queues(self) -> Sequence[str]:
        with self._asking("EnumPrinters"):  # level 4 asks no printer on the network
            return [str(row["pPrinterName"]) for row in self._print.EnumPrinters(ENUM_LOCAL | ENUM_CONNECTIONS, None, 4)]

    def queue(self, name: str) -> QueueInfo:
        with self._opened(name) as handle, self._asking("GetPrinter"):
            row = self._print.GetPrinter(handle, 2)
        return QueueInfo(name, str(row["pDriverName"]), str(row["pPortName"]), int(row["Status"]), int(row["Attributes"]))

    def papers(self, name: str, port: str) -> Sequence[Paper]:
        with self._asking("DeviceCapabilities"):
            numbers = self._print.DeviceCapabilities(name, port, DC_PAPERS)
            names = self._print.DeviceCapabilities(name, port, DC_PAPERNAMES)
            sizes = self._print.DeviceCapabilities(name, port, DC_PAPERSIZE)  # tenths of a millimetre
        return [Paper(int(number), str(text).split("\0")[0], int(size["x"]) * 10, int(size["y"]) * 10)
                for number, text, size in zip(numbers or (), names or (), sizes or (), strict=False)]

    def duplex(self, name: str, port: str) -> bool:
        with self._asking("DeviceCapabilities"):
            return int(self._print.DeviceCapabilities(name, port, DC_DUPLEX)) == 1

    @contextlib.contextmanager
    def canvas(self, name: str, setup: Setup) -> Iterator[Canvas]:
        with self._opened(name) as handle:
            with self._asking("DocumentProperties"):
                mode = self._print.GetPrinter(handle, 2)["pDevMode"]
                mode.PaperSize, mode.Orientation, mode.Duplex = setup.paper, setup.orientation, setup.duplex
                mode.Copies, mode.Scale = 1, 100
                # a size of its own in the queue's defaults would win over the paper's number
                mode.Fields = (mode.Fields & ~(DM_PAPERLENGTH | DM_PAPERWIDTH)) | (
                    DM_PAPERSIZE | DM_ORIENTATION | DM_COPIES | DM_DUPLEX | DM_SCALE)
                self._print.DocumentProperties(0, handle, name, mode, mode, DM_IN_BUFFER | DM_OUT_BUFFER)
            with self._asking("CreateDC"):
                device = self._gui.CreateDC("WINSPOOL", name, mode)
            try:
                yield _GdiCanvas(self._print, self._error, device, int(mode.PaperSize))
            finally:
                with contextlib.suppress(self._error):
                    self._gui.DeleteDC(device)

    def jobs(self, name: str) -> Sequence[JobInfo]:
        with self._opened(name) as handle, self._asking("EnumJobs"):
            rows = self._print.EnumJobs(handle, 0, MANY_JOBS, 1)
        return [JobInfo(int(row["JobId"]), str(row["pDocument"] or ""), int(row["Status"]), int(row["PagesPrinted"])) for row in rows]

    def cancel(self, name: str, job_id: int) -> None:
        with self._opened(name) as handle, self._asking("SetJob"):
            self._print.SetJob(handle, job_id, 0, None, JOB_CONTROL_DELETE)


class _GdiCanvas:
    def __init__(self, win32print: Any, error: type[Exception], device: Any, paper: int) -> None:
        self._print, self._error, self._device = win32print, error, device
        with self._asking("GetDeviceCaps"):
            def caps(what: int) -> int:
                return int(win32print.GetDeviceCaps(device, what))

            self.sheet = Sheet(caps(PHYSICALWIDTH), caps(PHYSICALHEIGHT), caps(PHYSICALOFFSETX), caps(PHYSICALOFFSETY),
                               caps(LOGPIXELSX), caps(LOGPIXELSY), paper)

    @contextlib.contextmanager
    def _asking(self, function: str) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise SpoolerError(function, int(error.winerror)) from error  # type: ignore[attr-defined]

    def start(self, title: str) -> int:
        with self._asking("StartDoc"):
            return int(self._print.StartDoc(self._device, (title, None, None, 0)))

    def start_page(self) -> None:
        with self._asking("StartPage"):
            self._print.StartPage(self._device)

    def picture(self, image: RawImage, x: int, y: int, times: int = 1) -> None:
        from PIL import Image, ImageWin

        with self._asking("StretchDIBits"):
            whole = Image.frombytes("RGB", (image.width, image.height), image.data)
            ImageWin.Dib(whole).draw(int(self._device), (x, y, x + image.width * times, y + image.height * times))

    def end_page(self) -> None:
        with self._asking("EndPage"):
            self._print.EndPage(self._device)

    def finish(self) -> None:
        with self._asking("EndDoc"):
            self._print.EndDoc(self._device)

    def abort(self) -> None:
        with self._asking("AbortDoc"):
            self._print.AbortDoc(self._device)
