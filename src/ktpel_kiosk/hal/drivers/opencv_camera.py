"""Cameras through OpenCV: V4L2 on Linux, Media Foundation or DirectShow on Windows, MJPEG over HTTP, files.

A covered or dead sensor delivers black frames, a hung one repeats itself, a wrong one is far too small; all are found here, because
OpenCV reports none of it. A camera that another program streams from opens like a free one: only the first frame tells.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# read when the library is loaded: 10 s otherwise, longer than a frame may take
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import BadInput, Busy, CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.camera_list import list_cameras
from ktpel_kiosk.hal.pictures import MAX_BYTES, decoded
from ktpel_kiosk.ports.devices import DeviceKind

AUTO = "auto"
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
TURNS = {0: None, 90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
MANUAL_EXPOSURE = {"linux": (1.0, 3.0), "win32": (0.25, 0.75)}
"""What CAP_PROP_AUTO_EXPOSURE means by manual and by automatic: V4L2's menu numbers, and OpenCV's own on Windows."""
PREVIEW_FPS = 30
"""Asked of live cameras; one of 60 frames would cost twice the processor for nothing anybody sees."""
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
        least: width and height below which a picture is refused, whichever way the camera is turned.
        settle_frames: so many frames are thrown away after the camera changed its size.
    """

    black_mean: float = 8.0
    black_spread: float = 4.0
    black_frames: int = 12
    frozen_frames: int = 50
    connect_s: float = 1.5
    drain_s: float = 0.3
    least: tuple[int, int] = (160, 120)
    settle_frames: int = 3


class OpenCvCameraDriver:
    """Finds cameras.

    Args:
        sources: each ``"auto"`` (everything plugged in), a number (``"0"``), a device path, an ``http://`` MJPEG address,
            or a video or image file.
        size: wanted width and height of a live camera's preview, also as text (``"1280x720"``); it gives the nearest it has.
        still_size: of its stills, where they should be larger; the camera changes to it for a moment.
        rotate: 0, 90, 180 or 270 degrees clockwise, for a camera that is mounted on its side.
        mirrored: the camera (or its program) mirrors the picture; it is mirrored back.
        lock_exposure: exposure and white balance are held while a still is taken, where the camera lets them be held.
        capture: OpenCV's class, or a double of it.

    Raises:
        BadInput: ``camera.rotate``, ``camera.size``.
    """

    kind = DeviceKind.CAMERA
    name = "opencv-camera"

    def __init__(self, sources: Sequence[str] = (AUTO,), size: tuple[int, int] | str = (1280, 720),
                 limits: CameraLimits | None = None, *, still_size: tuple[int, int] | str | None = None, rotate: int = 0,
                 mirrored: bool = False, lock_exposure: bool = True, capture: Callable[..., Any] = cv2.VideoCapture) -> None:
        if rotate not in TURNS:
            raise BadInput("camera.rotate", value=rotate)
        self._sources = tuple(sources)
        self._limits = limits or CameraLimits()
        self._setup = CameraSetup(_size(size), None if still_size is None else _size(still_size), rotate, mirrored, lock_exposure, capture)

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
            return ImageFileCamera(Path(found.key), self._setup)
        return OpenCvCamera(found, self._setup, self._limits)


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """How a camera is asked and how it hangs; see :class:`OpenCvCameraDriver`."""

    size: tuple[int, int]
    still_size: tuple[int, int] | None = None
    rotate: int = 0
    mirrored: bool = False
    lock_exposure: bool = True
    capture: Callable[..., Any] = cv2.VideoCapture

    def upright(self, image: np.ndarray) -> np.ndarray:
        turn = TURNS[self.rotate]
        turned = image if turn is None else cv2.rotate(image, turn)
        return cv2.flip(turned, 1) if self.mirrored else turned


class OpenCvCamera:
    """A live camera, or a video file played round and round."""

    def __init__(self, found: Found, setup: CameraSetup, limits: CameraLimits) -> None:
        self._found = found
        self._setup = setup
        self._limits = limits
        self._is_file = not _is_address(found.key) and Path(found.key).is_file()
        self._is_live = not self._is_file and not _is_address(found.key)
        self.paced = not self._is_file
        """A frame is waited for: reading more slowly than the camera sends would show older and older pictures from its buffer."""

        self._last: bytes = b""
        self._same = 0
        self._black = 0
        self._capture = self._opened()

    def _opened(self) -> Any:
        milliseconds = int(self._limits.connect_s * 1000)
        if self._is_file or _is_address(self._found.key):
            # one decoding thread: each further one would keep a frame back
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_N_THREADS, 1]
            capture = self._setup.capture(self._found.key, cv2.CAP_FFMPEG, limits)
            if capture.isOpened():
                return capture
            capture.release()
            raise NotConnected("camera.not_open", device=self._found.label)
        where: int | str = int(self._found.key) if self._found.key.isdigit() else self._found.key
        for backend in BACKENDS.get(sys.platform, (cv2.CAP_ANY,)):
            capture = self._setup.capture(where, backend)
            if capture.isOpened():
                # MJPG first: raw 720p does not fit through USB 2 at 25 frames a second
                capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
                _resize(capture, self._setup.size)
                capture.set(cv2.CAP_PROP_FPS, PREVIEW_FPS)
                capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
                if capture.read()[0]:
                    return capture
            capture.release()
        if isinstance(where, str) and not Path(where).exists():
            raise NotConnected("camera.not_open", device=self._found.label)
        raise Busy("camera.busy", device=self._found.label)

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", self._found.label, self._found.serial, f"opencv {cv2.__version__} {self._capture.getBackendName()}")

    def healthy(self) -> None:
        self.frame()

    def close(self) -> None:
        self._capture.release()

    def frame(self) -> RawImage:
        return _to_raw(self._setup.upright(self._judged(self._read())))

    def _judged(self, image: np.ndarray) -> np.ndarray:
        """The frame, or why it is none."""
        height, width = image.shape[:2]
        if max(width, height) < max(self._limits.least) or min(width, height) < min(self._limits.least):
            least = f"{self._limits.least[0]}x{self._limits.least[1]}"
            raise DeviceTrouble("camera.small", device=self._found.label, found=f"{width}x{height}", expected=least)
        black = self._is_black(image)
        self._black = self._black + 1 if black else 0
        sample = image[::16, ::16].tobytes()
        self._same = self._same + 1 if sample == self._last else 0
        self._last = sample
        if self._black >= self._limits.black_frames:
            raise DeviceTrouble("camera.black", device=self._found.label)
        if self._same >= self._limits.frozen_frames and not self._is_file:
            raise DeviceTrouble("camera.frozen", device=self._found.label)
        return image

    def still(self) -> RawImage:
        """The newest frame that is not black, at full size and with the exposure of the preview."""
        with self._held_exposure(), self._full_size():
            self._drain()
            for _ in range(self._limits.black_frames + 1):
                image = self.frame()
                if self._black == 0:
                    return image
        raise DeviceTrouble("camera.black", device=self._found.label)

    @contextlib.contextmanager
    def _full_size(self) -> Iterator[None]:
        """The camera's still size for a moment. One that does not take it keeps the preview's: a smaller picture is better than none."""
        wanted = self._setup.still_size
        if not self._is_live or wanted is None or wanted == self._setup.size:
            yield
            return
        try:
            _resize(self._capture, wanted)
            self._settle()
            yield
        finally:
            _resize(self._capture, self._setup.size)
            self._settle()

    def _settle(self) -> None:
        """The first frames after a change are old, half or black."""
        for _ in range(self._limits.settle_frames):
            if not self._capture.grab():
                return
        self._same = self._black = 0

    @contextlib.contextmanager
    def _held_exposure(self) -> Iterator[None]:
        """Automatic exposure and white balance keep hunting while a person moves; a still shows what the preview was judged by."""
        manual, automatic = MANUAL_EXPOSURE.get(sys.platform, MANUAL_EXPOSURE["linux"])
        exposure = self._capture.get(cv2.CAP_PROP_EXPOSURE) if self._is_live and self._setup.lock_exposure else 0.0
        held = bool(exposure) and self._capture.get(cv2.CAP_PROP_AUTO_EXPOSURE) != manual \
            and bool(self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, manual))
        white = held and self._capture.get(cv2.CAP_PROP_AUTO_WB) == 1.0 and bool(self._capture.set(cv2.CAP_PROP_AUTO_WB, 0.0))
        if held:
            self._capture.set(cv2.CAP_PROP_EXPOSURE, exposure)
        try:
            yield
        finally:
            if held:
                self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, automatic)
            if white:
                self._capture.set(cv2.CAP_PROP_AUTO_WB, 1.0)

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

    def __init__(self, path: Path, setup: CameraSetup) -> None:
        self._path = path
        self._setup = setup
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
            pixels = decoded(self._path.read_bytes()) if 0 < status.st_size <= MAX_BYTES else None
            if pixels is None:
                raise CaptureFailed("camera.unreadable", device=self._path.name)
            self._image, self._stamp = _to_raw(self._setup.upright(pixels)), stamp
        return self._image

    def still(self) -> RawImage:
        return self.frame()


def _size(value: tuple[int, int] | str) -> tuple[int, int]:
    parts = value.lower().split("x") if isinstance(value, str) else [str(side) for side in value]
    if len(parts) != 2 or not all(part.strip().isdecimal() and 16 <= int(part) <= 20_000 for part in parts):
        raise BadInput("camera.size", value=str(value)[:40])
    return int(parts[0]), int(parts[1])


def _resize(capture: Any, size: tuple[int, int]) -> None:
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])


def _to_raw(image: np.ndarray) -> RawImage:
    planes = 1 if image.ndim == 2 else image.shape[2]
    rgb = cv2.cvtColor(image, {1: cv2.COLOR_GRAY2RGB, 4: cv2.COLOR_BGRA2RGB}.get(planes, cv2.COLOR_BGR2RGB))
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
