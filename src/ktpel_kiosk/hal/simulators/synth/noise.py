"""Seeded randomness for the synthetic people: one independent stream per named feature, smooth random fields."""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Generator of the feature ``names`` of person ``seed``; streams of different names do not influence each other."""
    text = "/".join(str(part) for part in (seed, *names))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def f32(values: Any) -> F32:
    return np.asarray(values, dtype=np.float32)


def smooth_field(rng: np.random.Generator, height: int, width: int, scale: float) -> F32:
    """Random field of about unit variance whose hills are ``scale`` pixels wide."""
    rows, cols = max(2, int(height / scale) + 3), max(2, int(width / scale) + 3)
    coarse = f32(rng.standard_normal((rows, cols)))
    return f32(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def blur(image: F32, sigma: float) -> F32:
    return f32(cv2.GaussianBlur(image, (0, 0), sigma))


def step(x: F32, edge: float, width: float) -> F32:
    """Smooth 0..1 step at ``edge``, ``width`` pixels or units wide."""
    return f32(np.clip((x - edge) / width + 0.5, 0.0, 1.0))
