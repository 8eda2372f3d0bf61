"""Simulated camera, fingerprint scanner, iris camera and signature pad, looking at whoever sits at the desk."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from ktpel_kiosk.domain.biometric import FINGERS, PenPoint, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.simulators.base import SimulatedDevice
from ktpel_kiosk.hal.simulators.world import SimulatedWorld, Sitter
from ktpel_kiosk.ports.devices import DeviceKind, FingerCapture, IrisCapture, SignatureCapture

FPS = 25
CLOTH = {"merah": (190, 24, 32), "biru": (28, 72, 170)}
OTHER_CLOTH = {"merah": "biru", "biru": "merah"}
PAD_WIDTH, PAD_HEIGHT = 9600, 6000
PEN_RATE = 200


class SimulatedCamera(SimulatedDevice):
    """1280x720 at 25 frames a second of simulated time, with sensor noise and a slowly breathing exposure."""

    kind = DeviceKind.CAMERA
    model = "Simulated Camera"

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._rng = np.random.default_rng(world.seed)
        self._noise = self._rng.normal(0, 2.0, (760, 1320, 1)).round().astype(np.int16)
        self._count = 0
        self._started = time.monotonic()

    def frame(self) -> RawImage:
        self.begin("frame")
        self._count += 1
        t = self._count / FPS
        if self.world.realtime:
            now = time.monotonic() - self._started
            if now > t:
                self._count, t = int(now * FPS), int(now * FPS) / FPS
            self.pause(max(0.0, t - now))
        self._trouble()
        sitter = self.world.sitter
        picture = sitter.person.camera_frame(self._latar(sitter), t) if sitter else _cloth("biru")
        return self._sensor(picture, t)

    def still(self) -> RawImage:
        self.begin("still")
        self._trouble()
        sitter = self.world.sitter
        if sitter is None:
            return self._sensor(_cloth("biru"), 0.0)
        return sitter.person.portrait(self._latar(sitter), sitter.impression("face"))

    def _trouble(self) -> None:
        for fault in ("black", "frozen"):
            if self.faults.strikes(self.kind, fault):
                raise DeviceTrouble(f"camera.{fault}", device_kind=str(self.kind))

    def _latar(self, sitter: Sitter) -> str:
        return OTHER_CLOTH[sitter.latar] if self.faults.active(self.kind, "wrong_cloth") else sitter.latar

    def _sensor(self, image: RawImage, t: float) -> RawImage:
        if image.height > 720 or image.width > 1280:
            return image
        y, x = int(self._rng.integers(0, 40)), int(self._rng.integers(0, 40))
        pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, image.channels).astype(np.int16)
        pixels += self._noise[y:y + image.height, x:x + image.width] + round(3 * np.sin(t))
        return RawImage(image.width, image.height, image.channels, np.clip(pixels, 0, 255).astype(np.uint8).tobytes())


class SimulatedFingerprintScanner(SimulatedDevice):
    """A slap scanner of 500 ppi; one asked finger is captured alone, without a slap."""

    kind = DeviceKind.FINGERPRINT
    model = "Simulated Slap 4-4-2"

    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        self.begin("capture")
        asked = tuple(p for p in positions if p in FINGERS)
        sitter = self.world.sitter
        if sitter is None or not asked or self.faults.strikes(self.kind, "no_finger"):
            if self.world.realtime:
                self.pause(min(timeout_s, 3.0))
            raise CaptureFailed("finger.none", device_kind=str(self.kind))
        placed, condition, partial = self._placed(asked, sitter)
        if not placed:
            raise CaptureFailed("finger.none", device_kind=str(self.kind))
        impression = sitter.impression("+".join(asked))
        if len(asked) == 1:
            image = sitter.person.finger(placed[0], impression, condition=condition)
        else:
            image = sitter.person.slap(placed, impression, condition=condition)
        if partial:
            image = _only_tips(image)
        for _ in range(3):
            on_preview(image)
            self.pause(0.3)
        return FingerCapture(None, ((asked[0], image),)) if len(asked) == 1 else FingerCapture(image)

    def _placed(self, asked: tuple[Position, ...], sitter: Sitter) -> tuple[tuple[Position, ...], str, bool]:
        placed = asked
        if self.faults.strikes(self.kind, "wrong_hand"):
            placed = tuple(_other_side(p) for p in placed)
        if self.faults.strikes(self.kind, "missing_finger"):
            placed = placed[:-1]
        condition = sitter.condition
        for fault in ("dry", "wet"):
            if self.faults.strikes(self.kind, fault):
                condition = fault
        partial = self.faults.strikes(self.kind, "partial") is not None
        return tuple(p for p in placed if p not in sitter.missing), condition, partial


class SimulatedIrisCamera(SimulatedDevice):
    """Two eyes at 640x480, grey."""

    kind = DeviceKind.IRIS
    model = "Simulated Dual Iris"

    def capture(self, eyes: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> IrisCapture:
        self.begin("capture")
        sitter = self.world.sitter
        if sitter is None or self.faults.strikes(self.kind, "closed"):
            if self.world.realtime:
                self.pause(min(timeout_s, 3.0))
            raise CaptureFailed("iris.closed" if sitter else "iris.none", device_kind=str(self.kind))
        swapped = self.faults.strikes(self.kind, "swapped") is not None
        blurred = self.faults.strikes(self.kind, "blurred") is not None
        taken: list[tuple[Position, RawImage]] = []
        for eye in eyes:
            if eye in sitter.missing:
                continue
            image = sitter.person.iris(_other_side(eye) if swapped else eye, sitter.impression(eye))
            taken.append((eye, _blurred(image) if blurred else image))
            on_preview(taken[-1][1])
            self.pause(0.5)
        if not taken:
            raise CaptureFailed("iris.none", device_kind=str(self.kind))
        return IrisCapture(tuple(taken))


class SimulatedSignaturePad(SimulatedDevice):
    """A pad of 9600x6000 units reporting 200 points a second."""

    kind = DeviceKind.SIGNATURE
    model = "Simulated Pad"

    def capture(self, prompt: str, timeout_s: float, on_point: Callable[[PenPoint], None]) -> SignatureCapture:
        self.begin("capture")
        sitter = self.world.sitter
        if sitter is None:
            raise CaptureFailed("signature.none", device_kind=str(self.kind))
        if self.faults.strikes(self.kind, "cancelled"):
            raise CaptureFailed("signature.cancelled", device_kind=str(self.kind))
        if self.faults.strikes(self.kind, "empty"):
            return SignatureCapture((), PAD_WIDTH, PAD_HEIGHT)
        points = list(sitter.person.signature(sitter.impression("signature")))
        lost = 0
        loss = self.faults.strikes(self.kind, "lost")
        if loss is not None:
            lost = min(int(loss.number("count", 20)), max(0, len(points) - 1))
            start = (len(points) - lost) // 2
            del points[start:start + lost]
        for number, point in enumerate(points):
            on_point(point)
            if number % 10 == 9:
                self.pause(10 / PEN_RATE)
        return SignatureCapture(tuple(points), PAD_WIDTH, PAD_HEIGHT, lost)


def _other_side(position: Position) -> Position:
    side, _, part = position.value.partition("_")
    return Position(f"{'left' if side == 'right' else 'right'}_{part}")


def _cloth(latar: str) -> RawImage:
    """An empty chair before the cloth."""
    return RawImage(1280, 720, 3, np.full((720, 1280, 3), CLOTH[latar], np.uint8).tobytes())


def _only_tips(image: RawImage) -> RawImage:
    """The hand is pulled back: the picture slides down until only the upper two fifths of the fingers are on the platen."""
    pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width)
    rows = np.flatnonzero((pixels < 160).any(axis=1))
    top, bottom = (int(rows[0]), int(rows[-1])) if rows.size else (0, image.height - 1)
    keep = max(1, (bottom - top) * 2 // 5)
    out = np.full_like(pixels, 255)
    out[image.height - keep:] = pixels[top:top + keep]
    return RawImage(image.width, image.height, 1, out.tobytes(), image.ppi)


def _blurred(image: RawImage) -> RawImage:
    pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width).astype(np.uint32)
    width = 15
    sums = np.cumsum(np.pad(pixels, ((0, 0), (width, 0)), mode="edge"), axis=1, dtype=np.uint32)
    return RawImage(image.width, image.height, 1, ((sums[:, width:] - sums[:, :-width]) // width).astype(np.uint8).tobytes())
