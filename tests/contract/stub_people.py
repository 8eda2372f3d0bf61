"""A body made of plain shapes: fast, deterministic, enough for the contracts of the simulated devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ktpel_kiosk.domain.biometric import PenPoint, Position, RawImage
from ktpel_kiosk.hal.simulators.faults import Faults
from ktpel_kiosk.hal.simulators.world import SimulatedWorld


class StubPerson:
    def __init__(self, seed: int, birth_year: int, sex: str) -> None:
        self.seed = seed
        self.asked: list[tuple[object, ...]] = []

    def portrait(self, latar: str, jitter: int, *, look: str = "plain") -> RawImage:
        self.asked.append(("portrait", latar, jitter))
        return RawImage(72, 96, 3, bytes([200 if latar == "merah" else 20, 20, 60]) * (72 * 96))

    def camera_frame(self, latar: str, t: float, *, look: str = "plain") -> RawImage:
        self.asked.append(("camera_frame", latar, t))
        picture = np.full((720, 1280, 3), (190, 24, 32) if latar == "merah" else (28, 72, 170), np.uint8)
        picture[200:600, 500:800] = 150
        return RawImage(1280, 720, 3, picture.tobytes())

    def finger(self, position: Position, impression: int, *, condition: str = "normal") -> RawImage:
        self.asked.append(("finger", position, impression, condition))
        return _ridges(400, 500)

    def slap(self, positions: Sequence[Position], impression: int, *, condition: str = "normal",
             instead: Mapping[Position, Position] | None = None) -> RawImage:
        self.asked.append(("slap", tuple(positions), impression, condition))
        platen = np.full((1000, 1600), 255, np.uint8)
        for number in range(len(positions)):
            platen[100:600, number * 400 + 50:number * 400 + 350] = 80
        return RawImage(1600, 1000, 1, platen.tobytes(), 500)

    def iris(self, position: Position, impression: int) -> RawImage:
        self.asked.append(("iris", position, impression))
        return RawImage(640, 480, 1, bytes(range(256)) * 1200)

    def signature(self, impression: int) -> tuple[PenPoint, ...]:
        return tuple(PenPoint(100 + 10 * i, 3000 + impression, 500, 5 * i) for i in range(100))


def _ridges(width: int, height: int) -> RawImage:
    rows = (np.arange(height) // 5 % 2 * 200).astype(np.uint8)
    return RawImage(width, height, 1, np.repeat(rows[:, None], width, axis=1).tobytes(), 500)


class PlainCard:
    """Answers SELECT with 9000 and echoes everything else."""

    atr = bytes.fromhex("3B8580014B5450454C5A")
    uid = bytes.fromhex("04A1B2C3D4E5F6")

    def __init__(self) -> None:
        self.power_cycles = 0

    def power_cycle(self) -> None:
        self.power_cycles += 1

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1:2] == b"\xA4":
            return b"\x90\x00"
        return apdu + b"\x90\x00" if len(apdu) > 4 else b"\x67\x00"


def stub_world(**options: object) -> SimulatedWorld:
    options.setdefault("faults", Faults())
    return SimulatedWorld(7, StubPerson, cards=PlainCard, **options)  # type: ignore[arg-type]
