"""QR codes (and EAN barcodes) before a camera, a picture file or a video: OpenCV on the frames of another driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, Stalled
from ktpel_kiosk.domain.scanned import scanned
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.ports.devices import DeviceKind

GONE_S = 1.5
"""A code must have been out of sight so long before it is read again."""
LOOK_S = 0.1
"""Shortest time between two looks: a code is held for seconds, and a camera sends thirty frames in one."""
LARGEST = 1280
"""Longest side of a frame that is searched; more costs time and finds no more."""


class Frames(Protocol):
    """Where frames come from: any open camera driver."""

    def identity(self) -> DeviceIdentity: ...
    def healthy(self) -> None: ...
    def close(self) -> None: ...
    def frame(self) -> RawImage: ...


class CameraBarcodeDriver:
    """Finds the camera that reads codes.

    Args:
        source: a camera (number or device path), an MJPEG address, a video or a picture; never the one that takes portraits.
    """

    kind = DeviceKind.BARCODE
    name = "camera-barcode"

    def __init__(self, source: str) -> None:
        from ktpel_kiosk.hal.drivers.opencv_camera import OpenCvCameraDriver

        self._cameras = OpenCvCameraDriver((source,))

    def discover(self) -> Sequence[Found]:
        return self._cameras.discover()

    def open(self, found: Found) -> CameraBarcode:
        return CameraBarcode(self._cameras.open(found))


class CameraBarcode:
    """Reads codes from the frames of ``camera``, which it owns."""

    def __init__(self, camera: Frames) -> None:
        self._camera = camera
        self._cut = threading.Event()
        self._find = CodeFinder()
        self._last = ""
        self._last_at = 0.0

    def identity(self) -> DeviceIdentity:
        who = self._camera.identity()
        return DeviceIdentity(who.make, who.model, who.serial, f"OpenCV {cv2.__version__} QR", who.simulated)

    def healthy(self) -> None:
        self._camera.healthy()

    def interrupt(self) -> None:
        self._cut.set()

    def close(self) -> None:
        self._camera.close()

    def read(self, timeout_s: float) -> str:
        """The next code that was not before the camera a moment ago. Raises as the serial scanner does."""
        self._cut.clear()
        until = time.monotonic() + timeout_s
        while True:
            begun = time.monotonic()
            code = self._find(self._camera.frame())
            now = time.monotonic()
            if self._cut.is_set():
                raise CaptureFailed("device.interrupted", operation="read", device_kind=str(DeviceKind.BARCODE))
            if code is not None:
                seen, self._last_at = (code == self._last and now - self._last_at < GONE_S), now
                self._last = code
                if not seen:
                    return scanned(code)
            if now >= until:
                raise Stalled("barcode.none", operation="read", deadline_s=timeout_s, device_kind=str(DeviceKind.BARCODE))
            self._cut.wait(max(0.0, LOOK_S - (now - begun)))


class CodeFinder:
    """Text of the first code on a picture. Not thread-safe."""

    def __init__(self) -> None:
        self._readers: tuple[Any, ...] = (cv2.QRCodeDetectorAruco(), cv2.QRCodeDetector())
        self._bars: Any = cv2.barcode.BarcodeDetector()

    def __call__(self, image: RawImage) -> str | None:
        """``None``: no code. A code whose bytes are no UTF-8 comes with replacement characters."""
        pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, image.channels)
        grey = pixels[:, :, 0] if image.channels == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        longest = max(grey.shape)
        if longest > LARGEST:
            grey = cv2.resize(grey, None, fx=LARGEST / longest, fy=LARGEST / longest, interpolation=cv2.INTER_AREA)
        for number, variant in enumerate(_variants(np.ascontiguousarray(grey))):
            for reader in self._readers:
                text = _text(lambda r=reader, v=variant: r.detectAndDecode(v)[0])  # type: ignore[misc]
                if text:
                    return text
            if number == 0:
                text = _text(lambda v=variant: self._bars.detectAndDecode(v)[0])  # type: ignore[misc]
                if text:
                    return text
        return None


def _variants(grey: np.ndarray) -> Iterator[np.ndarray]:
    """The frame as it is; lit evenly; sharpened; larger; each of them brings codes the others miss."""
    yield grey
    even = cv2.createCLAHE(3.0, (8, 8)).apply(grey)
    yield even
    yield cv2.addWeighted(even, 2.2, cv2.GaussianBlur(even, (0, 0), 3), -1.2, 0)
    if max(grey.shape) <= LARGEST * 0.75:
        yield cv2.resize(even, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def _text(decode: Callable[[], str]) -> str:
    try:
        return decode()
    except UnicodeDecodeError as error:
        return bytes(error.object).decode("utf-8", "replace") if isinstance(error.object, bytes) else "\ufffd"
    except cv2.error:  # a patch that looked like a code and is none
        return ""
