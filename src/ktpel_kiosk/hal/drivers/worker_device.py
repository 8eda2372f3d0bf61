"""What drivers with a worker share: where it is, whether the USB bus changed, pictures that are checked before they are used."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.worker.client import Reply, WorkerProcess

MAX_SIDE = 20_000
CALL_S = 5.0
PROBE_S = 0.8
"""With the worker's patience still within ``actor.probe``."""
GRACE_S = 2.0
"""What an interrupted worker may take before it is ended."""
FINGER_PPI, PPI_TOLERANCE = 500, 5
"""One per cent, as ISO/IEC 19794-4 and FBI Appendix F allow."""
SYSTEM_PYTHON = "/usr/bin/python3"
USB = Path("/sys/bus/usb/devices")


def worker_file(name: str) -> Path:
    """The worker's program beside the drivers."""
    return Path(__file__).with_name("workers") / f"{name}.py"


def own_python() -> str:
    """A Python that can run a worker: this one, or the system's where the kiosk is frozen into one program."""
    return SYSTEM_PYTHON if getattr(sys, "frozen", False) else sys.executable


def listed(worker: WorkerProcess, missing: str, timeout_s: float = CALL_S) -> Sequence[Any]:
    """What the worker's library sees; the worker is ended. Nothing where the library is not there (it refuses with the key ``missing``)."""
    try:
        found: Sequence[Any] = worker.call("list", timeout_s).data.get("devices", ())
        return found
    except NotConnected as error:
        if error.message_key != missing:
            raise
        return ()
    finally:
        worker.close()


def check_scan_settings(dpi: int, source: str, max_pages: int, max_bytes: int) -> None:
    """Raises BadInput ``scanner.setting``: a technician's setting no scanner can mean."""
    fits = {"dpi": 50 <= dpi <= 1200, "source": source in ("auto", "feeder", "flatbed"), "max_pages": 1 <= max_pages <= 500,
            "max_bytes": 1 << 20 <= max_bytes <= 1 << 31}
    values: dict[str, int | str] = {"dpi": dpi, "source": source, "max_pages": max_pages, "max_bytes": max_bytes}
    for field, fine in fits.items():
        if not fine:
            raise BadInput("scanner.setting", field=field, value=values[field])


def on_usb_bus() -> frozenset[str]:
    """What is plugged in now; a device that is replugged gets a new number. Empty where the system does not tell."""
    try:
        return frozenset(f"{path.name}:{(path / 'devnum').read_text().strip()}" for path in USB.iterdir() if (path / "devnum").exists())
    except OSError:
        return frozenset()


def picture(data: Mapping[str, Any], blob: bytes, device: str, *, channels: tuple[int, ...] = (1, 3), max_side: int = MAX_SIDE) -> RawImage:
    """The picture ``data`` describes: ``width``, ``height``, ``channels`` (1 when absent), ``ppi`` (0 when absent).

    Raises:
        CaptureFailed: ``device.nonsense``: the numbers do not fit each other or the device.
    """
    try:
        width, height, planes, ppi = (int(data.get(key, default)) for key, default in
                                      (("width", 0), ("height", 0), ("channels", 1), ("ppi", 0)))
    except (TypeError, ValueError):
        width = height = planes = ppi = -1
    if planes not in channels or not (1 <= width <= max_side and 1 <= height <= max_side) or not 0 <= ppi <= 10_000 \
            or len(blob) != width * height * planes:
        raise CaptureFailed("device.nonsense", device=device, found=f"{width}x{height}", count=len(blob))
    return RawImage(width, height, planes, bytes(blob), ppi)


def finger_at_500(image: RawImage, device: str) -> RawImage:
    """Reduced, never enlarged: a 512 ppi picture taken for 500 would be 2.4 % too large for every matcher.

    Raises:
        DeviceTrouble: ``fprint.resolution_unknown``, ``fprint.resolution_low``.
    """
    if not image.ppi:
        raise DeviceTrouble("fprint.resolution_unknown", device=device)
    if image.ppi < FINGER_PPI - PPI_TOLERANCE:
        raise DeviceTrouble("fprint.resolution_low", device=device, found=image.ppi, expected=FINGER_PPI)
    if image.ppi <= FINGER_PPI + PPI_TOLERANCE:
        return RawImage(image.width, image.height, image.channels, image.data, FINGER_PPI)
    import cv2
    import numpy as np

    pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width)
    size = (max(1, round(image.width * FINGER_PPI / image.ppi)), max(1, round(image.height * FINGER_PPI / image.ppi)))
    return RawImage(size[0], size[1], 1, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).tobytes(), FINGER_PPI)


class Listing:
    """What a driver saw last. It is made anew when the USB bus changed, after a while, or when it was forgotten.

    Args:
        relist_s: the longest it is kept.
        busy: a device of this driver is in use: looking could disturb it, so only a change on the bus is a reason to look.
        strict: while busy, not even that: a device in use would be missing from the listing.
    """

    def __init__(self, relist_s: float, busy: Callable[[], bool], *, strict: bool = False) -> None:
        self._relist_s, self._busy, self._strict = relist_s, busy, strict
        self._at = -relist_s
        self._bus = frozenset({"?"})
        self.seen: tuple[Found, ...] = ()

    def look(self, ask: Callable[[], Sequence[Found]]) -> tuple[Found, ...]:
        bus, busy = on_usb_bus(), self._busy()
        if (busy and self._strict) or (bus == self._bus and (busy or time.monotonic() - self._at < self._relist_s)):
            return self.seen
        seen = tuple(ask())
        if not (self._strict and self._busy()):
            self.seen, self._at, self._bus = seen, time.monotonic(), bus
        return self.seen

    def forget(self) -> None:
        self._at = -self._relist_s
        self._bus = frozenset({"?"})


class HeldDevice:
    """A device that its worker holds open; it is lost when the worker ends.

    Args:
        lost: called when the device or its worker has gone, so that the next look is a fresh one.
    """

    def __init__(self, found: Found, worker: WorkerProcess, lost: Callable[[], None]) -> None:
        self.label = found.label
        self._found = found
        self._worker = worker
        self._lost = lost
        self._cut = threading.Event()

    @property
    def usable(self) -> bool:
        return self._worker.alive

    def close(self) -> None:
        self._worker.close()

    def interrupt(self) -> None:
        """The worker is asked to stop; one that does not is ended."""
        self._cut.set()
        self._worker.interrupt()
        timer = threading.Timer(GRACE_S, self._end_if_still_cut)
        timer.daemon = True
        timer.start()

    def _end_if_still_cut(self) -> None:
        if self._cut.is_set():
            self._worker.close()

    def ask(self, operation: str, timeout_s: float = CALL_S, args: Mapping[str, Any] | None = None,
            on_event: Callable[[str, Mapping[str, Any], Sequence[bytes]], None] | None = None) -> Reply:
        """Raises what the worker refuses with; NotConnected ``device.process`` when it ended or had to be ended."""
        self._cut.clear()
        if not self._worker.alive:  # a fresh worker would have no open device
            self._lost()
            raise NotConnected("device.process", device=self.label, operation=operation)
        try:
            return self._worker.call(operation, timeout_s, args, on_event=on_event)
        except DeviceTrouble as error:
            error.facts["device"] = self.label
            if isinstance(error, NotConnected) or not self._worker.alive:
                self._lost()
                if self._cut.is_set():
                    raise CaptureFailed("device.interrupted", device=self.label, operation=operation) from None
            if isinstance(error, Stalled) and not self._worker.alive:
                raise NotConnected("device.process", device=self.label, operation=operation) from None
            raise
        except BaseException:  # our own refusal of what it sent: the rest of its answer must not meet the next call
            self._worker.close()
            raise
        finally:
            self._cut.clear()
