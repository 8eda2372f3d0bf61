"""Scanners that do not type (serial line, camera): somebody waits at them all day, and what they read goes where typed codes go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ktpel_kiosk.domain.errors import KioskError, NotConnected, Stalled
from ktpel_kiosk.ports.devices import BarcodeScanner, DeviceKind, Devices

WAIT_S = 5.0
"""One wait; a wait gives way to whoever else needs the scanner."""
PAUSE_S = 2.0
"""After trouble, and while no such scanner is there."""


class CodeListener(threading.Thread):
    """``on_code`` is called on this thread with each code. Codes nobody can mean (too long, control characters) are passed over."""

    def __init__(self, devices: Devices, on_code: Callable[[str], None], *, wait_s: float = WAIT_S, pause_s: float = PAUSE_S) -> None:
        super().__init__(daemon=True, name="code-listener")
        self._devices = devices
        self._on_code = on_code
        self._wait_s, self._pause_s = wait_s, pause_s
        self._leaving = threading.Event()

    def run(self) -> None:
        def wait(scanner: BarcodeScanner) -> str:
            return str(scanner.read(self._wait_s))

        while not self._leaving.is_set():
            began = time.monotonic()
            try:
                code = self._devices.call(DeviceKind.BARCODE, "barcode.wait", wait, self._wait_s + 5.0).result()
            except Stalled:
                if time.monotonic() - began < self._wait_s / 2:  # a scanner that says "nothing" at once must not be asked without end
                    self._leaving.wait(min(self._pause_s, 0.25))
            except NotConnected:
                self._leaving.wait(self._pause_s)
            except KioskError:  # interrupted for somebody else, or an unreadable code
                self._leaving.wait(min(self._pause_s, 0.1))
            else:
                if not self._leaving.is_set():
                    self._on_code(code)

    def stop(self) -> None:
        """Cut the wait short and end."""
        self._leaving.set()
        end = time.monotonic() + 2.0
        self._devices.interrupt(DeviceKind.BARCODE)
        while self.is_alive() and time.monotonic() < end:
            self.join(0.05)
            if self.is_alive():
                self._devices.interrupt(DeviceKind.BARCODE)  # a wait that began after the first, by whoever had just looked
