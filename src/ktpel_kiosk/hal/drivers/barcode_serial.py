"""Barcode and QR scanners on a serial line, or on USB as a virtual one (CDC): text, then CR, LF or a pause."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import serial
from serial.tools import list_ports

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.domain.scanned import MOST, scanned
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.ports.devices import DeviceKind

AUTO = "auto"
SCANNER_VENDORS = {0x0536: "Honeywell", 0x0C2E: "Honeywell", 0x05E0: "Zebra", 0x05F9: "Datalogic", 0x065A: "Opticon", 0x1EAB: "Newland"}
"""USB vendors that make scanners and nothing else with a serial line; other serial lines are somebody else's and must be named."""
PAUSE_S = 0.12
"""A code without an end character ends with so much silence; at 9600 baud a character takes 1 ms."""
FRESH_S = 3.0
"""What came longer than this after the last read was scanned at nobody's request, and must not be taken for the next applicant's."""
ENDS = b"\r\n"


class SerialBarcodeDriver:
    """Finds scanners.

    Args:
        port: ``"auto"`` for USB scanners of known makers, or a port (``"/dev/ttyS0"``, ``"COM3"``).
        baud: of a real serial line.
    """

    kind = DeviceKind.BARCODE
    name = "serial-barcode"

    def __init__(self, port: str = AUTO, baud: int = 9600) -> None:
        self._port, self._baud = port or AUTO, baud

    def discover(self) -> Sequence[Found]:
        known = list_ports.comports()
        if self._port == AUTO:
            return [Found(p.device, f"{SCANNER_VENDORS[p.vid]} {p.product or ''}".strip(), p.serial_number or "")
                    for p in known if p.vid in SCANNER_VENDORS]
        named = next((p for p in known if p.device == self._port), None)
        if named is None and not (os.name == "posix" and Path(self._port).exists()):
            return ()
        return [Found(self._port, f"Pemindai di {self._port}", (named.serial_number or "") if named else "")]

    def open(self, found: Found) -> SerialBarcode:
        return SerialBarcode(found, self._baud)


class SerialBarcode:
    """One scanner. ``interrupt`` from any thread."""

    def __init__(self, found: Found, baud: int = 9600) -> None:
        self._found = found
        self._cut = threading.Event()
        self._left = b""
        self._asked_at = 0.0
        try:
            self._line: Any = serial.Serial(found.key, baud, timeout=0.05, exclusive=True if os.name == "posix" else None)
        except (serial.SerialException, OSError, ValueError) as error:
            raise _opening(error, found) from error

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", self._found.label, self._found.serial, "pyserial")

    def healthy(self) -> None:
        self._waiting()

    def interrupt(self) -> None:
        self._cut.set()

    def close(self) -> None:
        with contextlib.suppress(OSError, serial.SerialException):
            self._line.close()

    def read(self, timeout_s: float) -> str:
        """The next code.

        Raises:
            Stalled: ``barcode.none``. CaptureFailed: ``barcode.*`` (see :func:`ktpel_kiosk.domain.scanned.scanned`),
                ``device.interrupted``. NotConnected: unplugged.
        """
        self._cut.clear()
        until = time.monotonic() + timeout_s
        if time.monotonic() - self._asked_at > FRESH_S:
            self._forget()
        try:
            return scanned(self._code(until, timeout_s))
        finally:
            self._asked_at = time.monotonic()

    def _code(self, until: float, timeout_s: float) -> bytes:
        last = time.monotonic()
        while True:
            line, end, rest = _split(self._left)
            if end and line:
                self._left = rest
                return line
            self._left = rest if end else self._left
            if len(self._left) > 4 * MOST:
                self._flood()
            if self._cut.is_set():
                raise CaptureFailed("device.interrupted", operation="read", device=self._found.label)
            now = time.monotonic()
            if self._left and now - last > PAUSE_S:
                line, self._left = self._left, b""
                return line
            if now >= until and not self._left:
                raise Stalled("barcode.none", operation="read", deadline_s=timeout_s, device=self._found.label)
            got = self._take()
            if got:
                self._left += got
                last = time.monotonic()

    def _flood(self) -> None:
        """Something that is no scanner talks without end: throw away what comes until it pauses."""
        self._left = b""
        until = quiet = time.monotonic() + 1.0
        while time.monotonic() < min(until, quiet):
            if self._take():
                quiet = time.monotonic() + PAUSE_S
        raise CaptureFailed("barcode.too_long", operation="read", device=self._found.label, limit=MOST)

    def _take(self) -> bytes:
        try:
            return bytes(self._line.read(max(1, self._line.in_waiting)))
        except (serial.SerialException, OSError, TypeError) as error:  # TypeError: closed meanwhile
            raise NotConnected("device.unplugged", operation="read", device=self._found.label) from error

    def _waiting(self) -> int:
        try:
            return int(self._line.in_waiting)
        except (serial.SerialException, OSError, TypeError) as error:
            raise NotConnected("device.unplugged", operation="status", device=self._found.label) from error

    def _forget(self) -> None:
        self._left = b""
        if self._waiting():
            with contextlib.suppress(serial.SerialException, OSError):
                self._line.reset_input_buffer()


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """(before, end character, after) at the first CR or LF; leading ends are dropped."""
    data = data.lstrip(ENDS)
    at = min((i for i in map(data.find, (b"\r", b"\n")) if i >= 0), default=-1)
    return (data, b"", b"") if at < 0 else (data[:at], data[at:at + 1], data[at + 1:].lstrip(ENDS))


def _opening(error: Exception, found: Found) -> DeviceTrouble:
    facts = {"operation": "open", "device": found.label}
    if "lock" in str(error).lower() or getattr(error, "errno", None) in (11, 16) or "Access" in str(error):
        return Busy("device.busy_elsewhere", **facts)
    if isinstance(error, serial.SerialException) and getattr(error, "errno", None) == 2:
        return NotConnected("device.unplugged", **facts)
    return DeviceTrouble("barcode.port", **facts)
