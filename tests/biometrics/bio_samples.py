"""Where the real samples lie, and values tests share."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.domain.biometric import DeviceIdentity, Position, Quality, Sample

ROOT = Path(os.environ.get("KTPEL_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")).resolve() / "samples"
NOW = datetime(2026, 11, 21, 8, 30, 15, 123000, tzinfo=UTC)
DEVICE = DeviceIdentity("Simulator", "X1", "007", simulated=True)


def sample(path: str) -> Path:
    """A file of the sample collection, or skip."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"sample not available: {path} (set KTPEL_SHARED)")
    return found


def finger_png(array: object) -> bytes:
    """PNG at 500 ppi of a grey array."""
    return images.encode_png(images.from_array(array, 500))  # type: ignore[arg-type]


def stored(position: Position, png: bytes, quality: Quality, *, ppi: int = 0, media_type: str = "image/png") -> Sample:
    """A sample as the register would hold it."""
    width, height = images.png_size(png) if media_type == "image/png" else (1, 1)
    return Sample(
        "01939f0e-0000-7000-8000-000000000001", "p1", position, 1, media_type, png, width, height, ppi, quality, DEVICE, NOW, best=True
    )
