"""A document printer that prints to a folder: each job becomes one PDF, complete or absent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected, NotFound
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.files import write_whole
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState

_NUMBERED = re.compile(r"^(\d{6})-.*\.pdf$")


class FolderPrinterDriver:
    """Prints into ``folder``; with ``create`` the folder is made, otherwise the printer is absent until it exists (a USB stick)."""

    kind = DeviceKind.DOCUMENT_PRINTER
    name = "folder-printer"

    def __init__(self, folder: Path, create: bool = True) -> None:
        self._folder = folder
        self._create = create

    def discover(self) -> Sequence[Found]:
        if self._create:
            self._folder.mkdir(parents=True, exist_ok=True)
        return (Found(str(self._folder), self._folder.name),) if self._folder.is_dir() else ()

    def open(self, found: Found) -> FolderPrinter:
        return FolderPrinter(Path(found.key))


class FolderPrinter:
    """Jobs are numbered by the files already there; a job's id is its file name, so it survives a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("KTP-el Kiosk", "Cetak ke folder", self._folder.name, FolderPrinterDriver.name)

    def healthy(self) -> None:
        if not self._folder.is_dir():
            raise NotConnected("printer.folder_gone", path=str(self._folder))

    def close(self) -> None:
        return None

    def submit(self, pdf: bytes, title: str, media: str = "A4") -> PrintJob:
        self.healthy()
        if not pdf.startswith(b"%PDF-"):
            raise DeviceTrouble("document_printer.not_pdf", operation="submit")
        numbers = [int(match[1]) for path in self._folder.iterdir() if (match := _NUMBERED.match(path.name))]
        name = f"{max(numbers, default=0) + 1:06d}-{_slug(title)}.pdf"
        write_whole(self._folder / name, pdf)
        return PrintJob(name, PrintJobState.DONE)

    def job(self, job_id: str) -> PrintJob:
        """Raises NotFound; a file somebody has taken away meanwhile was still printed, but is no longer known."""
        if not _NUMBERED.match(job_id) or not (self._folder / job_id).is_file():
            raise NotFound("printer.no_job", job=job_id)
        return PrintJob(job_id, PrintJobState.DONE)


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "dokumen"
