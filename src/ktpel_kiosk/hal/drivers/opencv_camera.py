"""Cameras through OpenCV: V4L2 on Linux, Media Foundation or DirectShow on Windows, MJPEG over HTTP, files.

A covered or dead sensor delivers black frames and a hung one repeats itself; both are found here, because OpenCV reports
neither.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.camera_list import list_cameras
from ktpel_kiosk.ports.devices import DeviceKind

AUTO = "auto"
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
BACKENDS = {"win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW), "linux": (cv2.CAP_V4L2,)}


@dataclass(frozen=True, slots=True)
class CameraLimits:
    """When a picture is no picture.

    Attributes:
        black_mean, black_spread: a frame darker and flatter than this (0..255) is black.
        black_frames: so many black frames in a row are trouble; fewer are a shutter opening.
        frozen_frames: so many identical frames in a row are trouble; sensors always have noise.
        connect_s: how long a network camera may take to answer, and to send a frame.
        drain_s: how long old frames are thrown away before a still, so that it shows now and not a moment ago.
    """

    black_mean: float = 8.0
    black_spread: float = 4.0
    black_frames: int = 12
    frozen_frames: int = 50
    connect_s: float = 1.5
    drain_s: float = 0.3


class OpenCvCameraDriver:
    """Finds cameras.

    Args:
        sources: each ``"auto"`` (everything plugged in), a number (``"0"``), a device path, an ``http://`` MJPEG address,
            or a video or image file.
        size: wanted width and height of a live camera; it gives the nearest it has.
    """

    kind = DeviceKind.CAMERA
    name = "opencv-camera"

    def __init__(self, sources: Sequence[str] = (AUTO,), size: tuple[int, int] = (1280, 720),
                 limits: CameraLimits | None = None) -> None:
        self._sources = tuple(sources)
        self._size = size
        self._limits = limits or CameraLimits()

    def discover(self) -> Sequence[Found]:
        found: list[Found] = []
        for source in self._sources:
            if source == AUTO:
                found += [Found(key, label) for key, label in list_cameras()]
            elif _is_address(source):
                found += [Found(source, _host(source))] if _answers(source, self._limits.connect_s) else []
            elif source.isdigit():
                found += [Found(key, label) for key, label in list_cameras() if key in (source, f"/dev/video{source}")]
            elif Path(source).exists():
                found.append(Found(source, Path(source).name))
        return found

    def open(self, found: Found) -> OpenCvCamera | ImageFileCamera:
        if Path(found.key).suffix.lower() in IMAGES and not _is_address(found.key):
            return ImageFileCamera(Path(found.key))
        return OpenCvCamera(found, self._size, self._limits)


class OpenCvCamera:
    """A live camera, or a video file played round and round."""

    def __init__(self, found: Found, size: tuple[int, int], limits: CameraLimits) -> None:
        self._found = found
        self._limits = limits
        self._is_file = not _is_address(found.key) and Path(found.key).is_file()
        self._capture = self._opened(size)
        self._last: bytes = b""
        self._same = 0
        self._black = 0

    def _opened(self, size: tuple[int, int]) -> cv2.VideoCapture:
        milliseconds = int(self._limits.connect_s * 1000)
        if self._is_file or _is_address(self._found.key):
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds]
            capture = cv2.VideoCapture(self._found.key, cv2.CAP_FFMPEG, limits)
            if capture.isOpened():
                return capture
            raise NotConnected("camera.not_open", device=self._found.label)
        where: int | str = int(self._found.key) if self._found.key.isdigit() else self._found.key
        for backend in BACKENDS.get(sys.platform, (cv2.CAP_ANY,)):
            capture = cv2.VideoCapture(where, backend)
            if capture.isOpened():
                # MJPG first: raw 720p does not fit through USB 2 at 25 frames a second
                capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
                capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
                capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
                capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
                return capture
            capture.release()
        raise DeviceTrouble("camera.busy", device=self._found.label)

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", self._found.label, self._found.serial, f"opencv {cv2.__version__} {self._capture.getBackendName()}")

    def healthy(self) -> None:
        self.frame()

    def close(self) -> None:
        self._capture.release()

    def frame(self) -> RawImage:
        image = self._read()
        black = self._is_black(image)
        self._black = self._black + 1 if black else 0
        sample = image[::16, ::16].tobytes()
        self._same = self._same + 1 if sample == self._last else 0
        self._last = sample
        if self._black >= self._limits.black_frames:
            raise DeviceTrouble("camera.black", device=self._found.label)
        if self._same >= self._limits.frozen_frames and not self._is_file:
            raise DeviceTrouble("camera.frozen", device=self._found.label)
        return _to_raw(image)

    def still(self) -> RawImage:
        """The newest frame that is not black."""
        self._drain()
        for _ in range(self._limits.black_frames + 1):
            image = self.frame()
            if self._black == 0:
                return image
        raise DeviceTrouble("camera.black", device=self._found.label)

    def _drain(self) -> None:
        """A frame that comes without waiting is an old one from the buffer."""
        until = time.monotonic() + self._limits.drain_s
        while not self._is_file and time.monotonic() < until:
            asked = time.monotonic()
            if not self._capture.grab() or time.monotonic() - asked > 0.008:
                return

    def _read(self) -> np.ndarray:
        ok, image = self._capture.read()
        if not ok and self._is_file:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            ok, image = self._capture.read()
        if not ok or image is None or image.size == 0:
            raise NotConnected("camera.no_frame", device=self._found.label)
        return image

    def _is_black(self, image: np.ndarray) -> bool:
        small = image[::8, ::8]
        return float(small.mean()) < self._limits.black_mean and float(small.std()) < self._limits.black_spread


class ImageFileCamera:
    """An image file that a capture program keeps replacing; each frame is what the file holds now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._image: RawImage | None = None

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", "Berkas gambar", self._path.name, f"opencv {cv2.__version__}")

    def healthy(self) -> None:
        if not self._path.is_file():
            raise NotConnected("camera.not_open", device=self._path.name)

    def close(self) -> None:
        self._image = None

    def frame(self) -> RawImage:
        self.healthy()
        status = os.stat(self._path)
        stamp = (status.st_mtime_ns, status.st_size)
        if self._image is None or stamp != self._stamp:
            pixels = cv2.imdecode(np.frombuffer(self._path.read_bytes(), np.uint8), cv2.IMREAD_COLOR) if status.st_size else None
            if pixels is None:
                raise CaptureFailed("camera.unreadable", device=self._path.name)
            self._image, self._stamp = _to_raw(pixels), stamp
        return self._image

    def still(self) -> RawImage:
        return self.frame()


def _to_raw(image: np.ndarray) -> RawImage:
    rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB)
    return RawImage(rgb.shape[1], rgb.shape[0], 3, rgb.tobytes())


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://", "rtsp://"))


def _host(address: str) -> str:
    """Host of a camera's address, without the password some carry."""
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _answers(address: str, timeout_s: float) -> bool:
    parts = urlsplit(address)
    port = parts.port or {"https": 443, "rtsp": 554}.get(parts.scheme, 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout_s):
            return True
    except OSError:
        return False
