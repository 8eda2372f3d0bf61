"""Debian's libfprint with its own virtual image device: a finger is a picture sent to a socket."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

from ktpel_kiosk.hal.drivers.worker_device import SYSTEM_PYTHON

RETRY, FAIL, REMOVE = -1, -2, -5


def missing() -> str:
    """Why it cannot run here, or empty."""
    if not Path(SYSTEM_PYTHON).exists():
        return "no system Python"
    asked = subprocess.run([SYSTEM_PYTHON, "-c", "import gi; gi.require_version('FPrint', '2.0'); from gi.repository import FPrint"],
                           capture_output=True, check=False)
    return "" if asked.returncode == 0 else "libfprint's bindings are not installed (gir1.2-fprint-2.0, python3-gi)"


def finger(width: int = 300, height: int = 400) -> np.ndarray:
    """Ridges around a core with a few endings, in an oval on white."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    phase = 2 * np.pi * np.hypot(x - width / 2, (y - height * 0.55) * 0.8) / 9.0
    rng = np.random.default_rng(5)
    for _ in range(24):
        across, down = rng.uniform(0.2, 0.8, 2)
        phase += rng.choice([-1.0, 1.0]) * np.arctan2(y - down * height, x - across * width)
    inside = ((x - width / 2) / (width * 0.45)) ** 2 + ((y - height / 2) / (height * 0.47)) ** 2 < 1
    return np.where(inside, 128 + 110 * np.cos(phase), 255).astype(np.uint8)


class VirtualSensor:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "finger.sock"
        self.env = {"FP_VIRTUAL_IMAGE": str(self.socket)}
        self._threads: list[threading.Thread] = []

    def touch(self, image: np.ndarray, after_s: float = 0.0) -> None:
        self._later(struct.pack("ii", image.shape[1], image.shape[0]) + image.tobytes(), after_s)

    def say(self, what: int, code: int = 0, after_s: float = 0.0) -> None:
        """``RETRY`` or ``FAIL`` with libfprint's own code; ``REMOVE``."""
        self._later(struct.pack("ii", what, code), after_s)

    def stop(self) -> None:
        for thread in self._threads:
            thread.join(5)

    def _later(self, message: bytes, after_s: float) -> None:
        thread = threading.Thread(target=self._send, args=(message, after_s), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _send(self, message: bytes, after_s: float) -> None:
        time.sleep(after_s)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            with socket.socket(socket.AF_UNIX) as line:
                try:
                    line.connect(str(self.socket))
                    line.sendall(message)
                    time.sleep(0.3)  # the device reads in its own loop, and drops what is unread when the line closes
                    return
                except OSError:
                    time.sleep(0.05)
