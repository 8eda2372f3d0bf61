"""A synthetic sitter before any cloth, as a camera sees it. No living person is behind the pictures."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ktpel_kiosk.hal.simulators.synth import face as synth

RGB = NDArray[np.uint8]
CLOTH = {"merah": (196, 24, 38), "biru": (30, 60, 190), "abu": (140, 140, 140), "putih": (236, 236, 232)}


@lru_cache(maxsize=6)
def sitter(seed: int, born: int, sex: str, asleep: bool) -> tuple[RGB, NDArray[np.float32]]:
    """(colours, alpha 0..1) of head and shoulders, 480 x 640."""
    eyes = (synth.PORTRAIT_EYES[0] / 2, synth.PORTRAIT_EYES[1] / 2)
    sprite = synth.paint_person(synth.Who(seed, born, sex), 480, 640, eyes, synth.PORTRAIT_SCALE / 2)[asleep].astype(np.float32)
    opacity = sprite[:, :, 3] / 255
    return np.asarray(np.clip(sprite[:, :, :3] / np.maximum(opacity, 1e-3)[:, :, None], 0, 255), np.uint8), opacity


def frame_of(cloth: str = "merah", *, scale: float = 1.15, dx: int = 0, dy: int = 60, turn: float = 0.0,
             size: tuple[int, int] = (640, 480), seed: int = 4, born: int = 1990, sex: str = "L", asleep: bool = False,
             behind: RGB | None = None) -> RGB:
    """A frame of ``size`` with the sitter in the middle; ``scale`` 1 fills the height, ``turn`` in degrees counter-clockwise."""
    picture, alpha = sitter(seed, born, sex, asleep)
    width, height = size
    s = scale * height / 640
    move = cv2.getRotationMatrix2D((240, 320), turn, s)
    move[:, 2] += (width / 2 - 240 + dx, height - 320 * s - 320 + dy)
    if behind is None:
        back = np.empty((height, width, 3), np.float32)
        back[:] = CLOTH[cloth]
        back += np.random.default_rng(1).normal(0, 2, (height, width, 1))
    else:
        back = behind.astype(np.float32)
    cover = cv2.warpAffine(alpha, move, size, flags=cv2.INTER_AREA)[:, :, None]
    front = cv2.warpAffine(picture, move, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    return np.asarray(np.clip(front * cover + back * (1 - cover), 0, 255), np.uint8)
