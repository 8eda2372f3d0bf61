"""Single-finger readers through libfprint on Linux. libfprint runs in a worker under the system's Python, which has its bindings.

libfprint knows the resolution of few devices. A picture whose resolution nobody knows is refused: minutiae, NFIQ2 and the packet's
records all assume 500 ppi.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.worker_device import SYSTEM_PYTHON, on_usb_bus, picture, worker_file
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import DeviceKind, FingerCapture

DOCUMENTED_PPI: Mapping[str, int] = {
    "uru4000": 512,     # DigitalPersona U.are.U 4000/4500 data sheet
    "upektc_img": 508,  # UPEK TouchChip TCS data sheet
}
"""By libfprint driver, where libfprint itself gives none."""
PPI = 500
TOLERANCE = 5
"""One per cent, as ISO/IEC 19794-4 and FBI Appendix F allow."""
CALL_S = 5.0
RELIST_S = 10.0
GRACE_S = 2.0


class FprintDriver:
    """Finds readers.

    Args:
        ppi: resolution by libfprint driver, over the documented ones.
        python: the interpreter with the bindings.
        env: added to the worker's environment.
    """

    kind = DeviceKind.FINGERPRINT
    name = "libfprint"

    def __init__(self, ppi: Mapping[str, int] | None = None, python: str = SYSTEM_PYTHON, env: Mapping[str, str] | None = None) -> None:
        self._ppi = {**DOCUMENTED_PPI, **(ppi or {})}
        self._command = [python, str(worker_file("fprint_worker"))]
        self._env = dict(env or {})
        self._listed: tuple[Found, ...] = ()
        self._listed_at = -RELIST_S
        self._bus: frozenset[str] = frozenset()
        self._open: weakref.ref[FprintReader] | None = None

    def discover(self) -> Sequence[Found]:
        if os.name == "nt" or not Path(self._command[0]).exists():
            return ()
        bus = on_usb_bus()
        reader = self._open() if self._open is not None else None
        if bus == self._bus and (time.monotonic() - self._listed_at < RELIST_S or (reader is not None and reader.usable)):
            return self._listed  # looking at an open reader could disturb it
        worker = self._worker()
        try:
            told = worker.call("list", CALL_S).data.get("devices", ())
        except NotConnected as error:
            if error.message_key != "fprint.library":
                raise
            told = ()
        finally:
            worker.close()
        # a device that matches on the chip is listed too: opening it says why it cannot be used
        self._listed = tuple(Found(str(entry[0]), str(entry[2])) for entry in told if isinstance(entry, list) and len(entry) == 4)
        self._listed_at, self._bus = time.monotonic(), bus
        return self._listed

    def open(self, found: Found) -> FprintReader:
        worker = self._worker()
        try:
            told = worker.call("open", CALL_S, {"id": found.key}).data
        except DeviceTrouble as error:
            worker.close()
            self._listed_at = -RELIST_S
            error.facts["device"] = found.label
            raise
        except BaseException:
            worker.close()
            raise
        reader = FprintReader(found, worker, str(told.get("driver", "")), self._ppi, self._forget)
        self._open = weakref.ref(reader)
        return reader

    def _worker(self) -> WorkerProcess:
        return WorkerProcess(self._command, "libfprint", self._env)

    def _forget(self) -> None:
        self._listed_at = -RELIST_S


class FprintReader:
    """One reader, held open by its worker."""

    slap = False

    def __init__(self, found: Found, worker: WorkerProcess, driver: str, ppi: Mapping[str, int], gone: Callable[[], None]) -> None:
        self._found = found
        self._worker = worker
        self._driver = driver
        self._ppi = ppi
        self._gone = gone
        self._cut = threading.Event()

    @property
    def usable(self) -> bool:
        return self._worker.alive

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", self._found.label, self._found.serial, f"libfprint {self._driver}")

    def healthy(self) -> None:
        self._ask("alive", CALL_S, {}, lambda *_: None)

    def close(self) -> None:
        self._worker.close()

    def interrupt(self) -> None:
        self._cut.set()
        self._worker.interrupt()
        timer = threading.Timer(GRACE_S, self._end_if_still_cut)
        timer.daemon = True
        timer.start()

    def _end_if_still_cut(self) -> None:
        if self._cut.is_set():
            self._worker.close()

    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        if len(positions) != 1:
            raise CaptureFailed("finger.one_at_a_time", device=self._found.label, count=len(positions))
        data, blobs = self._ask("capture", timeout_s, {"timeout": timeout_s}, lambda *_: None)
        if len(blobs) != 1:
            raise CaptureFailed("device.nonsense", device=self._found.label, found=str(len(blobs)))
        image = self._at_500(picture({**data, "ppi": self._resolution(data)}, blobs[0], self._found.label, channels=(1,), max_side=4000))
        on_preview(image)
        return FingerCapture(None, ((positions[0], image),))

    def _resolution(self, data: Mapping[str, Any]) -> int:
        told = data.get("ppmm")
        known = round(told * 25.4) if isinstance(told, int | float) and 0 < told < 200 else self._ppi.get(self._driver, 0)
        if not known:
            raise DeviceTrouble("fprint.resolution_unknown", device=self._found.label)
        if known < PPI - TOLERANCE:
            raise DeviceTrouble("fprint.resolution_low", device=self._found.label, found=known, expected=PPI)
        return known

    def _at_500(self, image: RawImage) -> RawImage:
        """Reduced, never enlarged: a 512 ppi picture taken for 500 would be 2.4 % too large for every matcher."""
        if abs(image.ppi - PPI) <= TOLERANCE:
            return RawImage(image.width, image.height, 1, image.data, PPI)
        import cv2
        import numpy as np

        pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width)
        size = (max(1, round(image.width * PPI / image.ppi)), max(1, round(image.height * PPI / image.ppi)))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        return RawImage(size[0], size[1], 1, small.tobytes(), PPI)

    def _ask(self, operation: str, timeout_s: float, args: Mapping[str, Any],
             on_event: Callable[[str, Mapping[str, Any], Sequence[bytes]], None]) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        self._cut.clear()
        if not self._worker.alive:  # a fresh worker would have no open device
            self._gone()
            raise NotConnected("device.process", device=self._found.label, operation=operation)
        try:
            reply = self._worker.call(operation, timeout_s, args, on_event=on_event)
            return reply.data, reply.blobs
        except (NotConnected, Stalled) as error:
            self._gone()
            if self._cut.is_set():
                raise CaptureFailed("device.interrupted", device=self._found.label, operation=operation) from None
            self._name(error)
            if isinstance(error, Stalled):  # the worker was ended and the device with it
                raise NotConnected("device.process", device=self._found.label, operation=operation) from None
            raise
        except DeviceTrouble as error:
            self._name(error)
            raise
        finally:
            self._cut.clear()

    def _name(self, error: DeviceTrouble) -> None:
        error.facts["device"] = self._found.label
