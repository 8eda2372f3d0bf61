"""What drivers with a worker share: where it is, whether the USB bus changed, pictures that are checked before they are used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import CaptureFailed

MAX_SIDE = 20_000
SYSTEM_PYTHON = "/usr/bin/python3"
USB = Path("/sys/bus/usb/devices")


def worker_file(name: str) -> Path:
    """The worker's program beside the drivers."""
    return Path(__file__).with_name("workers") / f"{name}.py"


def own_python() -> str:
    """A Python that can run a worker: this one, or the system's where the kiosk is frozen into one program."""
    return SYSTEM_PYTHON if getattr(sys, "frozen", False) else sys.executable


def on_usb_bus() -> frozenset[str]:
    """What is plugged in now; a device that is replugged gets a new number. Empty where the system does not tell."""
    try:
        return frozenset(f"{path.name}:{(path / 'devnum').read_text().strip()}" for path in USB.iterdir() if (path / "devnum").exists())
    except OSError:
        return frozenset()


def picture(data: Mapping[str, Any], blob: bytes, device: str, *, channels: tuple[int, ...] = (1, 3), max_side: int = MAX_SIDE) -> RawImage:
    """The picture ``data`` describes: ``width``, ``height``, ``channels`` (1 when absent), ``ppi`` (0 when absent).

    Raises:
        CaptureFailed: ``device.nonsense``: the numbers do not fit each other or the device.
    """
    try:
        width, height, planes, ppi = (int(data.get(key, default)) for key, default in
                                      (("width", 0), ("height", 0), ("channels", 1), ("ppi", 0)))
    except (TypeError, ValueError):
        width = height = planes = ppi = -1
    if planes not in channels or not (1 <= width <= max_side and 1 <= height <= max_side) or not 0 <= ppi <= 10_000 \
            or len(blob) != width * height * planes:
        raise CaptureFailed("device.nonsense", device=device, found=f"{width}x{height}", count=len(blob))
    return RawImage(width, height, planes, bytes(blob), ppi)
