"""Simulated camera, fingerprint scanner, iris camera and signature pad, looking at whoever sits at the desk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from ktpel_kiosk.domain.biometric import FINGERS, PenPoint, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.simulators import spoiled
from ktpel_kiosk.hal.simulators.base import SimulatedDevice
from ktpel_kiosk.hal.simulators.world import Person, SimulatedWorld, Sitter
from ktpel_kiosk.ports.devices import DeviceKind, FingerCapture, IrisCapture, SignatureCapture

FPS = 25
CLOTH = {"merah": (190, 24, 32), "biru": (28, 72, 170)}
OTHER_CLOTH = {"merah": "biru", "biru": "merah"}
LOOKS = ("eyes_closed", "head_turned", "mouth_open")
SLAP_WIDTH, SLAP_HEIGHT, PLATEN_PPI = 1600, 1000, 500
PAD_WIDTH, PAD_HEIGHT = 9600, 6000
PEN_RATE = 200


class SimulatedCamera(SimulatedDevice):
    """1280x720 at 25 frames a second of simulated time, with sensor noise and a slowly breathing exposure."""

    kind = DeviceKind.CAMERA
    model = "Simulated Camera"

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._rng = np.random.default_rng(world.seed)
        noise = self._rng.normal(0, 2.0, (760, 1320)).round().astype(np.int8)
        self._brighter = cv2.merge([np.maximum(noise, 0).astype(np.uint8)] * 3)
        self._darker = cv2.merge([np.maximum(-noise, 0).astype(np.uint8)] * 3)
        self._count = 0
        self._started = time.monotonic()
        self.paced = world.realtime
        self._drawn: Sitter | None = None
        self._drawing = threading.Thread()

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
        if sitter is None or not self._is_drawn(sitter):
            return self._sensor(_cloth(sitter.latar if sitter is not None else "biru"), t)
        return self._sensor(self._seen(lambda p, latar, look: p.camera_frame(latar, t, **look), sitter), t)

    def _is_drawn(self, sitter: Sitter) -> bool:
        """A body's first picture takes seconds on a slow computer, longer than a frame may: meanwhile the chair is empty."""
        if not self.world.realtime:
            return True
        if self._drawn is not sitter:
            self._drawn = sitter
            self._drawing = threading.Thread(target=sitter.person.camera_frame, args=(sitter.latar, 0.0), daemon=True, name="first-picture")
            self._drawing.start()
        return not self._drawing.is_alive()

    def still(self) -> RawImage:
        self.begin("still")
        self._trouble()
        sitter = self.world.sitter
        if sitter is None:
            return self._sensor(_cloth("biru"), 0.0)
        impression = sitter.impression("face")
        return self._seen(lambda p, latar, look: p.portrait(latar, impression, **look), sitter)

    def _seen(self, take: Callable[[Person, str, dict[str, str]], RawImage], sitter: Sitter) -> RawImage:
        """One picture of the person as scripted: with that expression, company, light and lens."""
        latar = self._latar(sitter)
        look = next(({"look": name} for name in LOOKS if self.faults.active(self.kind, name)), {})
        picture = take(sitter.person, latar, look)
        if self.faults.active(self.kind, "two_faces"):
            picture = spoiled.beside(picture, take(sitter.companion(), latar, {}))
        for name, spoil in spoiled.CAMERA.items():
            if self.faults.active(self.kind, name):
                picture = spoil(picture)
        return picture

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
        pixels = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, image.channels)
        there = slice(y, y + image.height), slice(x, x + image.width), slice(0, image.channels)
        breath = np.clip(np.arange(256) + round(3 * np.sin(t)), 0, 255).astype(np.uint8)
        noisy = cv2.subtract(cv2.add(pixels, self._brighter[there]), self._darker[there])  # a tenth of the time of clipping wide integers
        return RawImage(image.width, image.height, image.channels, cv2.LUT(noisy, breath).tobytes())


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
        elif self.faults.strikes(self.kind, "six_tips"):
            image = _six_tips(sitter.person, impression)
        elif len(placed) > 1 and self.faults.strikes(self.kind, "same_finger_twice"):
            image = sitter.person.slap(placed, impression, condition=condition, instead={placed[1]: placed[0]})
        else:
            image = sitter.person.slap(placed, impression, condition=condition)
        if partial:
            image = _only_tips(image)
        for name, spoil in spoiled.PLATEN.items():
            if self.faults.strikes(self.kind, name):
                image = spoil(image)
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
        for fault in ("dry", "wet", "dirty", "worn"):
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
        twice = self.faults.strikes(self.kind, "same_eye_twice") is not None
        spoils = [spoil for name, spoil in spoiled.IRIS.items() if self.faults.strikes(self.kind, name)]
        taken: list[tuple[Position, RawImage]] = []
        for eye in eyes:
            if eye in sitter.missing:
                continue
            shown = eyes[0] if twice else _other_side(eye) if swapped else eye
            image = sitter.person.iris(shown, sitter.impression(eye))
            for spoil in spoils:
                image = spoil(image)
            taken.append((eye, image))
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
        if self.faults.strikes(self.kind, "accidental_strokes"):
            points = _touches()
        else:
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


def _six_tips(person: Person, impression: int) -> RawImage:
    """Three small fingers of each hand side by side."""
    platen = np.full((SLAP_HEIGHT, SLAP_WIDTH), 255, np.uint8)
    parts = ("index", "middle", "ring")
    for number, name in enumerate([f"left_{part}" for part in parts[::-1]] + [f"right_{part}" for part in parts]):
        tip = spoiled.pixels(person.finger(Position(name), impression, condition="child"))
        left = 133 + 267 * number - tip.shape[1] // 2
        x0, x1 = max(0, left), min(SLAP_WIDTH, left + tip.shape[1])
        top = 220 + 60 * abs(number % 3 - 1)
        area = platen[top:top + tip.shape[0], x0:x1]
        np.minimum(area, np.minimum(tip[:, x0 - left:x1 - left], 247) + np.uint8(8), out=area)
    return RawImage(SLAP_WIDTH, SLAP_HEIGHT, 1, platen.tobytes(), PLATEN_PPI)


def _touches() -> list[PenPoint]:
    """A sleeve touches the pad three times."""
    out: list[PenPoint] = []
    for x, y in ((2100, 4300), (6900, 4700), (4300, 5200)):
        at = len(out)
        out += [PenPoint(x + 6 * k, y + 3 * k, (0, 60, 110, 70, 0)[k], (at + k) * 1000 // PEN_RATE) for k in range(5)]
    return out
