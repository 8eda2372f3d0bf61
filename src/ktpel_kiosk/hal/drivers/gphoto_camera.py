"""DSLR and mirrorless cameras through libgphoto2 (extra ``dslr``). The library runs in a worker process."""

from __future__ import annotations

import importlib.util
import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.worker_device import PROBE_S, HeldDevice, Listing, listed, own_python, worker_file
from ktpel_kiosk.hal.pictures import decoded
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import DeviceKind

log = logging.getLogger(__name__)
RELIST_S = 10.0
OPEN_S, FRAME_S, STILL_S = 9.0, 1.5, 20.0
MAX_JPEG = 64 << 20
MIN_SIDE = 160


class GphotoCameraDriver:
    """Finds cameras; nothing where the library is not installed.

    Args:
        python: an interpreter with the package ``gphoto2``; the kiosk's own when empty.
        env: added to the worker's environment.
    """

    kind = DeviceKind.CAMERA
    name = "gphoto2"

    def __init__(self, python: str = "", env: Mapping[str, str] | None = None) -> None:
        self._installed = bool(python) or importlib.util.find_spec("gphoto2") is not None
        self._command = [python or own_python(), str(worker_file("gphoto_worker"))]
        self._env = {"LC_ALL": "C", **(env or {})}  # what the library says is looked at, and it is translated
        self._open: weakref.ref[GphotoCamera] | None = None
        self._listing = Listing(RELIST_S, self._busy)

    def discover(self) -> Sequence[Found]:
        if not self._installed or not Path(self._command[0]).exists():
            return ()
        return self._listing.look(self._list)

    def _list(self) -> Sequence[Found]:
        told = listed(self._worker(), "camera.library")
        return [Found(str(entry[1]), str(entry[0])) for entry in told if isinstance(entry, list) and len(entry) == 2]

    def open(self, found: Found) -> GphotoCamera:
        worker = self._worker()
        try:
            told = worker.call("open", OPEN_S, {"port": found.key, "model": found.label}).data
        except BaseException as error:
            worker.close()
            self._listing.forget()
            if isinstance(error, DeviceTrouble):
                error.facts["device"] = found.label
            raise
        camera = GphotoCamera(found, worker, self._listing.forget, str(told.get("serial") or "")[:60])
        self._open = weakref.ref(camera)
        if not told.get("still"):
            camera.close()
            raise DeviceTrouble("camera.no_still", device=found.label)
        return camera

    def _worker(self) -> WorkerProcess:
        return WorkerProcess(self._command, "libgphoto2", self._env)

    def _busy(self) -> bool:
        camera = self._open() if self._open is not None else None
        return camera is not None and camera.usable


class GphotoCamera(HeldDevice):
    """One camera, held open by its worker."""

    def __init__(self, found: Found, worker: WorkerProcess, lost: Callable[[], None], serial: str) -> None:
        super().__init__(found, worker, lost)
        self._serial = serial

    def identity(self) -> DeviceIdentity:
        make, _, model = self.label.partition(" ")
        return DeviceIdentity(make, model or make, self._serial, "libgphoto2")

    def healthy(self) -> None:
        self.ask("alive", PROBE_S)

    def frame(self) -> RawImage:
        return self._decoded(self.ask("frame", FRAME_S).blobs)

    def still(self) -> RawImage:
        reply = self.ask("still", STILL_S)
        if reply.data.get("left"):
            log.warning("a picture could not be deleted from the camera %s", self.label)
        return self._decoded(reply.blobs)

    def _decoded(self, blobs: Sequence[bytes]) -> RawImage:
        import cv2

        data = blobs[0] if len(blobs) == 1 and len(blobs[0]) <= MAX_JPEG else b""
        pixels = decoded(data)  # turned as the camera was held
        if pixels is None or min(pixels.shape[:2]) < MIN_SIDE:
            raise CaptureFailed("device.nonsense", device=self.label, found=str(len(data)))
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return RawImage(rgb.shape[1], rgb.shape[0], 3, rgb.tobytes())
