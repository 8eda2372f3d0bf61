"""Camera, fingerprint scanner and iris camera that serve given pictures as live devices would.

For desks that receive pictures from elsewhere (a photo studio, a vendor's capture program writing into a folder) and for
tests with real samples. The app fills the pictures; nothing is read from disk here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from ktpel_kiosk.domain.biometric import EYES, FINGERS, DeviceIdentity, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.hal.driver import Driver, Found
from ktpel_kiosk.ports.devices import Device, DeviceKind, FingerCapture, IrisCapture

PLATEN = (1600, 1000)
PPI = 500
RISE = {"index": 90, "middle": 30, "ring": 70, "little": 190, "thumb": 60}
"""How far below the upper edge each tip lies on the platen, in pixels: the middle finger reaches highest."""
Grey = npt.NDArray[np.uint8]


class StillSource:
    """The pictures of one person; replaced as a whole when the next person comes. Any thread.

    Args:
        images: one picture per position; absent ones are not captured.
        slaps: whole platens, served as they are to a touch that asks for exactly their fingers; other touches get a platen composed of
            the single fingers.
        label: where the pictures come from, shown as the device's serial.
    """

    def __init__(self, images: Mapping[Position, RawImage], slaps: Mapping[frozenset[Position], RawImage] | None = None,
                 label: str = "folder") -> None:
        self.label = label
        self._lock = threading.Lock()
        self._images = dict(images)
        self._slaps = dict(slaps or {})

    def replace(self, images: Mapping[Position, RawImage], slaps: Mapping[frozenset[Position], RawImage] | None = None) -> None:
        with self._lock:
            self._images, self._slaps = dict(images), dict(slaps or {})

    def image(self, position: Position) -> RawImage | None:
        with self._lock:
            return self._images.get(position)

    def slap(self, positions: Sequence[Position]) -> RawImage | None:
        with self._lock:
            return self._slaps.get(frozenset(positions))

    def has(self, kind: DeviceKind) -> bool:
        wanted = {DeviceKind.CAMERA: (Position.FACE,), DeviceKind.FINGERPRINT: FINGERS, DeviceKind.IRIS: EYES}[kind]
        with self._lock:
            return any(p in self._images for p in wanted) or (kind is DeviceKind.FINGERPRINT and bool(self._slaps))

    def drivers(self) -> tuple[Driver, ...]:
        """One driver for each of camera, fingerprint scanner and iris camera; each is present while it has pictures."""
        return (StillDriver(DeviceKind.CAMERA, self, StillCamera), StillDriver(DeviceKind.FINGERPRINT, self, StillFingers),
                StillDriver(DeviceKind.IRIS, self, StillIris))


class StillDriver:
    def __init__(self, kind: DeviceKind, source: StillSource, make: Callable[[StillSource], Device]) -> None:
        self.kind = kind
        self.name = f"still-{kind}"
        self._source = source
        self._make = make

    def discover(self) -> Sequence[Found]:
        return (Found(self.name, self._source.label, self._source.label),) if self._source.has(self.kind) else ()

    def open(self, found: Found) -> Device:
        return self._make(self._source)


class _Still:
    kind = DeviceKind.CAMERA

    def __init__(self, source: StillSource) -> None:
        self._source = source

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("KTP-el Kiosk", "Still pictures", self._source.label, "still_source 1")

    def healthy(self) -> None:
        if not self._source.has(self.kind):
            raise NotConnected("device.not_connected", device_kind=str(self.kind))

    def close(self) -> None:
        return None


class StillCamera(_Still):
    def frame(self) -> RawImage:
        return self.still()

    def still(self) -> RawImage:
        image = self._source.image(Position.FACE)
        if image is None:
            raise CaptureFailed("camera.no_picture", device_kind=str(self.kind))
        return image


class StillFingers(_Still):
    kind = DeviceKind.FINGERPRINT

    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        slap = self._source.slap(positions)
        if slap is not None:
            on_preview(slap)
            return FingerCapture(slap)
        single = tuple((p, image) for p in positions if (image := self._source.image(p)) is not None)
        if not single:
            raise CaptureFailed("finger.none", device_kind=str(self.kind))
        composed = compose_slap(single)
        on_preview(composed)
        return FingerCapture(composed, single)


class StillIris(_Still):
    kind = DeviceKind.IRIS

    def capture(self, eyes: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> IrisCapture:
        taken = tuple((eye, image) for eye in eyes if (image := self._source.image(eye)) is not None)
        if not taken:
            raise CaptureFailed("iris.none", device_kind=str(self.kind))
        for _, image in taken:
            on_preview(image)
        return IrisCapture(taken)


def compose_slap(fingers: Sequence[tuple[Position, RawImage]]) -> RawImage:
    """Single fingers side by side on a white 500 ppi platen, in the order in which a hand lies on it.

    Seen on the platen the right hand runs index to little from left to right, the left hand little to index,
    and of the two thumbs the left one is on the left (ANSI/NIST-ITL 1-2011 annex on slap order).
    """
    width, height = PLATEN
    platen = np.full((height, width), 255, np.uint8)
    ordered = sorted(fingers, key=lambda item: _from_left(item[0]))
    slot = width // max(1, len(ordered))
    for number, (position, image) in enumerate(ordered):
        finger = _fit(_grey(image), min(slot, 800), height)
        h, w = finger.shape
        top = min(RISE[position.value.split("_", 1)[1]], height - h)
        left = number * slot + (slot - w) // 2
        platen[top:top + h, left:left + w] = finger
    return RawImage(width, height, 1, platen.tobytes(), PPI)


def _from_left(position: Position) -> int:
    code = position.iso_finger_code
    return -code if code > 6 else 0 if code == 1 else -6 if code == 6 else code


def _grey(image: RawImage) -> Grey:
    """Grey pixels at 500 ppi."""
    pixels: Grey = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, image.channels)
    grey: Grey = pixels[:, :, 0] if image.channels == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)  # type: ignore[assignment]
    if image.ppi and abs(image.ppi - PPI) > 5:
        scale = PPI / image.ppi
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=method)  # type: ignore[assignment]
    return grey


def _fit(grey: Grey, width: int, height: int) -> Grey:
    """Cut to the inked part, then, if that is still too large, to its middle; never scaled, ppi must stay true."""
    ink = grey < 200
    rows, cols = np.flatnonzero(ink.sum(axis=1) > 2), np.flatnonzero(ink.sum(axis=0) > 2)
    if rows.size and cols.size:
        grey = grey[rows[0]:rows[-1] + 1, cols[0]:cols[-1] + 1]
    h, w = grey.shape
    if w > width:
        start = (w - width) // 2
        grey = grey[:, start:start + width]
    return grey[:min(h, height)]
