"""Single-finger readers through libfprint on Linux. libfprint runs in a worker under the system's Python, which has its bindings.

libfprint knows the resolution of few devices. A picture whose resolution nobody knows is refused: minutiae, NFIQ2 and the packet's
records all assume 500 ppi.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.worker_device import (
    CALL_S,
    PROBE_S,
    SYSTEM_PYTHON,
    HeldDevice,
    Listing,
    finger_at_500,
    listed,
    picture,
    worker_file,
)
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import DeviceKind, FingerCapture

DOCUMENTED_PPI: Mapping[str, int] = {
    "uru4000": 512,     # DigitalPersona U.are.U 4000/4500 data sheet
    "upektc_img": 508,  # UPEK TouchChip TCS data sheet
}
"""By libfprint driver, where libfprint itself gives none."""
RELIST_S = 10.0


class FprintDriver:
    """Finds readers.

    Args:
        ppi: resolution by libfprint driver, over the documented ones.
        python: the interpreter with the bindings.
        env: added to the worker's environment.

    Raises:
        BadInput: ``fprint.setting``.
    """

    kind = DeviceKind.FINGERPRINT
    name = "libfprint"

    def __init__(self, ppi: Mapping[str, int] | None = None, python: str = SYSTEM_PYTHON, env: Mapping[str, str] | None = None) -> None:
        for driver, value in (ppi or {}).items():
            if not isinstance(value, int) or not 100 <= value <= 2000:
                raise BadInput("fprint.setting", field=str(driver)[:40], value=str(value)[:20])
        self._ppi = {**DOCUMENTED_PPI, **(ppi or {})}
        self._command = [python, str(worker_file("fprint_worker"))]
        self._env = dict(env or {})
        self._open: weakref.ref[FprintReader] | None = None
        self._listing = Listing(RELIST_S, self._busy)

    def discover(self) -> Sequence[Found]:
        if os.name == "nt" or not Path(self._command[0]).exists():
            return ()
        return self._listing.look(self._list)

    def _list(self) -> Sequence[Found]:
        told = listed(self._worker(), "fprint.library")
        # a device that matches on the chip is listed too: opening it says why it cannot be used
        return [Found(str(entry[0]), str(entry[2])) for entry in told if isinstance(entry, list) and len(entry) == 4]

    def _busy(self) -> bool:
        reader = self._open() if self._open is not None else None
        return reader is not None and reader.usable

    def open(self, found: Found) -> FprintReader:
        worker = self._worker()
        try:
            told = worker.call("open", CALL_S, {"id": found.key}).data
        except DeviceTrouble as error:
            worker.close()
            self._listing.forget()
            error.facts["device"] = found.label
            raise
        except BaseException:
            worker.close()
            raise
        reader = FprintReader(found, worker, str(told.get("driver", "")), self._ppi, self._listing.forget)
        self._open = weakref.ref(reader)
        return reader

    def _worker(self) -> WorkerProcess:
        return WorkerProcess(self._command, "libfprint", self._env)


class FprintReader(HeldDevice):
    """One reader, held open by its worker."""

    slap = False

    def __init__(self, found: Found, worker: WorkerProcess, driver: str, ppi: Mapping[str, int], lost: Callable[[], None]) -> None:
        super().__init__(found, worker, lost)
        self._driver = driver
        self._ppi = ppi

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", self.label, self._found.serial, f"libfprint {self._driver}")

    def healthy(self) -> None:
        self.ask("alive", PROBE_S)

    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        if len(positions) != 1:
            raise CaptureFailed("finger.one_at_a_time", device=self.label, count=len(positions))
        reply = self.ask("capture", timeout_s, {"timeout": timeout_s})
        if len(reply.blobs) != 1:
            raise CaptureFailed("device.nonsense", device=self.label, found=str(len(reply.blobs)))
        told = {**reply.data, "ppi": self._resolution(reply.data)}
        image = finger_at_500(picture(told, reply.blobs[0], self.label, channels=(1,), max_side=4000), self.label)
        on_preview(image)
        return FingerCapture(None, ((positions[0], image),))

    def _resolution(self, data: Mapping[str, Any]) -> int:
        told = data.get("ppmm")
        return round(told * 25.4) if isinstance(told, int | float) and 0 < told < 200 else self._ppi.get(self._driver, 0)
