"""Document scanners through SANE on Linux: flatbed and feeder, USB and network. SANE itself runs in a worker process.

Each listing and each scan is a process of its own: it frees the device whatever the backend did, and backends list the devices that were
there when they started.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.worker_device import GRACE_S, Listing, check_scan_settings, listed, own_python, picture, worker_file
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import DeviceKind

NETWORK = ("net:", "airscan:", "escl:", "epson2:net:", "epsonds:net:", "pixma:MF", "xerox_mfp:tcp")
NO_PAPER = ("v4l:",)
"""Webcams, which SANE lists too."""
LIST_S, OPEN_S = 12.5, 9.0
RELIST_S = 60.0
NAME = "SANE"


class SaneScannerDriver:
    """Finds scanners.

    The listing is kept while nothing changes on the USB bus, for a minute at most; during a scan it is not made anew, because a busy
    scanner is missing from it.

    Args:
        device: only this SANE device (``fujitsu:ScanSnap iX500:1234``); all when empty.
        dpi: wanted resolution.
        source: ``auto`` (the feeder if there is paper in it, else the flatbed), ``feeder`` or ``flatbed``.
        duplex: both sides, where the feeder can.
        backends: only these backends are loaded (``["fujitsu", "airscan"]``); all of ``dll.conf`` when empty.
        config_dir: a SANE configuration folder of one's own.
        max_pages, max_bytes: of one scan.
        options: further options of the backend, by name, set as given; refused where the device has none such.

    Raises:
        BadInput: ``scanner.setting``.
    """

    kind = DeviceKind.SCANNER
    name = "sane"

    def __init__(self, device: str = "", *, dpi: int = 200, source: str = "auto", duplex: bool = False, backends: Sequence[str] = (),
                 config_dir: Path | None = None, max_pages: int = 40, max_bytes: int = 512 << 20,
                 options: Mapping[str, str | int | float | bool] | None = None, python: str = "") -> None:
        check_scan_settings(dpi, source, max_pages, max_bytes)
        self.settings: dict[str, Any] = {"dpi": dpi, "source": source, "duplex": duplex, "max_pages": max_pages, "max_bytes": max_bytes,
                                         "options": dict(options or {})}
        self._device = device
        self._command = [python or own_python(), str(worker_file("sane_worker"))]
        self._env = _environment(self, backends, config_dir)
        self._scanning = 0
        self._listing = Listing(RELIST_S, lambda: self._scanning > 0, strict=True)

    def worker(self) -> WorkerProcess:
        return WorkerProcess(self._command, NAME, self._env)

    def discover(self) -> Sequence[Found]:
        if os.name == "nt" or not Path(self._command[0]).exists():
            return ()
        if self._device.startswith(NETWORK):
            return (Found(self._device, self._device.partition(":")[2] or self._device),)
        return self._listing.look(self._list)

    def _list(self) -> Sequence[Found]:
        told = listed(self.worker(), "scanner.library", LIST_S)
        return [found for entry in told if (found := _found(entry)) is not None and self._mine(found)]

    def _mine(self, found: Found) -> bool:
        return found.key == self._device if self._device else not found.key.startswith(NO_PAPER)

    def open(self, found: Found) -> SaneScanner:
        scanner = SaneScanner(self, found)
        scanner.probe()
        return scanner

    def begin(self) -> None:
        """A scan holds the device."""
        self._scanning += 1

    def end(self, *, look: bool) -> None:
        """It is over; ``look``: something went wrong, so the next look is a fresh one."""
        self._scanning -= 1
        if look:
            self._listing.forget()

    def listed(self, key: str) -> bool:
        return self._device.startswith(NETWORK) or any(found.key == key for found in self._listing.seen)


class SaneScanner:
    """One scanner; nothing is open between two scans."""

    def __init__(self, driver: SaneScannerDriver, found: Found) -> None:
        self._driver = driver
        self._found = found
        self._worker: WorkerProcess | None = None
        self._cut = False

    def identity(self) -> DeviceIdentity:
        make, _, model = self._found.label.partition(" ")
        return DeviceIdentity(make, model or make, self._found.serial, f"SANE {self._found.key.partition(':')[0]}")

    def healthy(self) -> None:
        """From the listing alone: opening a scanner wakes it up and takes it away from others."""
        if not self._driver.listed(self._found.key):
            raise NotConnected("device.unplugged", device=self._found.label)

    def close(self) -> None:
        worker = self._worker
        if worker is not None:
            worker.close()

    def interrupt(self) -> None:
        """The backend is asked to cancel; one that does not is ended."""
        self._cut = True
        worker = self._worker
        if worker is not None:
            worker.interrupt()
            timer = threading.Timer(GRACE_S, worker.close)
            timer.daemon = True
            timer.start()

    def probe(self) -> Mapping[str, Any]:
        """Its sources and modes; finds out whether it can be opened at all."""
        return self._ask("probe", OPEN_S, {}, lambda *_: None)

    def scan(self, timeout_s: float) -> Sequence[RawImage]:
        pages: list[RawImage] = []
        room = int(self._driver.settings["max_bytes"])

        def page(name: str, data: Mapping[str, Any], blobs: Sequence[bytes]) -> None:
            if name == "page" and blobs:
                if sum(len(p.data) for p in pages) + len(blobs[0]) > room or len(pages) >= self._driver.settings["max_pages"]:
                    raise DeviceTrouble("scanner.too_large", device=self._found.label, found=len(blobs[0]))
                pages.append(picture(data, blobs[0], self._found.label))

        told = self._ask("scan", timeout_s, self._driver.settings, page)
        if not pages or told.get("pages") != len(pages):
            raise CaptureFailed("scanner.no_picture", device=self._found.label, found=len(pages))
        return tuple(pages)

    def _ask(self, operation: str, timeout_s: float, args: Mapping[str, Any],
             on_event: Callable[[str, Mapping[str, Any], Sequence[bytes]], None]) -> Mapping[str, Any]:
        self._cut = False
        self._worker = self._driver.worker()
        self._driver.begin()
        failed = True
        try:
            data = self._worker.call(operation, timeout_s, {**args, "device": self._found.key}, on_event=on_event).data
            failed = False
            return data
        except DeviceTrouble as error:
            if self._cut:
                raise CaptureFailed("device.interrupted", device=self._found.label, operation=operation) from None
            error.facts["device"] = self._found.label
            raise
        finally:
            self._worker.close()
            self._worker = None
            self._driver.end(look=failed)


def _found(entry: Any) -> Found | None:
    if not isinstance(entry, list) or len(entry) != 4:
        return None
    name, vendor, model, _type = (str(part).strip() for part in entry)
    return Found(name, f"{vendor} {model}".strip() or name)


def _environment(owner: object, backends: Sequence[str], config_dir: Path | None) -> dict[str, str]:
    """SANE reads the first ``dll.conf`` of its search path; the system's folder stays behind ours for the backends' own files."""
    if config_dir is not None and not backends:
        return {"SANE_CONFIG_DIR": str(config_dir)}
    if not backends:
        return {}
    folder = Path(tempfile.mkdtemp(prefix="ktpel-sane-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    (folder / "dll.d").mkdir()  # or the system's is read as well
    (folder / "dll.conf").write_text("".join(f"{name}\n" for name in backends), "utf-8")
    behind = str(config_dir) if config_dir is not None else ""
    return {"SANE_CONFIG_DIR": f"{folder}:{behind}"}
