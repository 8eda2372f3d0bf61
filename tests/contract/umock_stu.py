"""An emulated Wacom STU for umockdev, written from the public SDK headers and not from the driver under test.

Run under the system's Python by :class:`umock_usb.Standin`: ``umock_stu.py PRODUCT`` (hexadecimal product id).

It keeps its state as the hardware does: pictures arrive in blocks between start and end and are refused in a wrong state, ink is on or
off, pen reports come at 200 Hz in real time, numbered and stamped with a clock of 16 bits, in the layout the mode asks for.
"""

from __future__ import annotations

import errno
import hashlib
import struct
import sys
import time
from collections import deque
from typing import Any

from umock_usb import UsbModel, descriptors, serve

NAMES = {0xA1: "STU-500", 0xA3: "STU-520A", 0xA4: "STU-430", 0xA5: "STU-530", 0xA8: "STU-540", 0xA9: "STU-541", 0xAE: "STU-600"}
CAPABILITIES = {
    0xA1: (10240, 7680, 511, 640, 480, 200, 2540, 0), 0xA3: (10400, 6048, 511, 800, 480, 200, 2540, 0),
    0xA5: (10800, 6480, 1023, 800, 480, 200, 2540, 0x0E), 0xA8: (10800, 6480, 1023, 800, 480, 200, 2540, 0x0F),
}
"""Tablet, pressure, screen, rate, lines an inch, encodings. The STU-430 of this stand-in is an early one without the report."""
SIZES = {0x03: 5, 0x04: 2, 0x08: 17, 0x09: 17, 0x0B: 11, 0x0E: 2, 0x0F: 16, 0x20: 2, 0x21: 2, 0x23: 11, 0x25: 2, 0x26: 256, 0x27: 2,
         0x28: 4, 0x29: 3, 0x2A: 9, 0x2B: 3, 0x2D: 5, 0x2E: 4, 0x32: 2}
"""Feature reports with their id."""
INPUTS = {0x01: 7, 0x30: 9, 0x34: 11}
LACKS = {
    0xA1: {0x0B, 0x0E, 0x0F, 0x23, 0x28, 0x29, 0x2A, 0x2B, 0x2D, 0x2E, 0x32}, 0xA3: {0x0B, 0x0E, 0x0F, 0x23, 0x2D, 0x2E},
    0xA4: {0x09, 0x0E, 0x0F, 0x29, 0x2B, 0x2E}, 0xA5: {0x0E, 0x0F},
}
WORST_REPORTS = 40_000


def report_descriptor(product: int) -> bytes:
    body = bytes([0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08])
    for number, size in INPUTS.items():
        body += bytes([0x85, number, 0x09, number, 0x95, size - 1, 0x81, 0x02])
    for number, size in SIZES.items():
        if number not in LACKS.get(product, ()):
            body += bytes([0x85, number, 0x09, number, 0x95, size - 1, 0xB1, 0x02])
    return body + b"\xC0"


class Pad(UsbModel):
    vendor = 0x056A

    def __init__(self, product: int) -> None:
        super().__init__()
        self.product, self.name = product, NAMES[product]
        self.strings = {1: "Wacom Co.,Ltd.", 2: self.name, 3: "\u0409"}  # as the real ones: the language code for a serial number
        self.hid = report_descriptor(product)
        link = struct.pack("<BBHBBBH", 9, 0x21, 0x0111, 0, 1, 0x22, len(self.hid))
        self.descriptors = descriptors(self.vendor, product, [((3, 0, 0), [(0x81, 3, 64)], link)])
        self.settings: dict[int, bytes] = {0x2B: b"\x03\x00", 0x32: b"\0", 0x21: b"\x01"}
        self.state, self.result = 0, 0
        self.encoding, self.coming = 0, bytearray()
        self.shown: tuple[int, bytes] | None = None
        self.history: list[str] = []
        self.script: deque[tuple[float, bytes]] = deque()
        self.person: tuple[list[list[int]], list[int], float] | None = None
        self.sequence, self.born = 65500, time.monotonic() - 65.0  # both turn over soon

    # -- USB -----------------------------------------------------------------------------------------------------------------------

    def control(self, request_type: int, request: int, value: int, index: int, data: bytes, length: int) -> bytes | int:
        if (request_type, request, value >> 8) == (0x81, 6, 0x22):
            return self.hid[:length]
        report = value & 0xFF
        if report in LACKS.get(self.product, ()) or report not in SIZES:
            return -errno.EPIPE
        with self.lock:
            if (request_type, request) == (0xA1, 1):
                return (bytes([report]) + self.read(report)).ljust(SIZES[report], b"\0")[:length]
            if (request_type, request) == (0x21, 9):
                if len(data) != SIZES[report] or data[0] != report:
                    return -errno.EPIPE
                self.write(report, data[1:])
                return len(data)
        return -errno.EPIPE

    def read(self, report: int) -> bytes:
        if report == 0x03:
            return bytes([self.state, self.result, 0, 0])
        if report == 0x08:
            return self.name.encode().ljust(9, b"\0") + bytes([1, 4, 0, 0, 0, 0, 0])
        if report == 0x09:
            return struct.pack(">HHHHHBHB", *CAPABILITIES[self.product])
        if report in (0x0B, 0x0F):
            return b"5JZQS00032" if report == 0x0B else b"5LAQ0000123\0\0"
        return self.settings.get(report, b"")

    def write(self, report: int, body: bytes) -> None:
        self.result = 0
        if report == 0x25:
            self.state, self.encoding = 1, body[0]
            self.coming.clear()
        elif report == 0x26:
            if self.state != 1:
                self.result = 2
                return
            length = struct.unpack_from("<H", body)[0]
            self.coming += body[2:2 + length]
        elif report == 0x27:
            self.end_picture(abandon=bool(body[0]))
        elif report == 0x20:
            if self.state == 0:
                self.shown = None
                self.history.append("clear")
        else:
            self.settings[report] = body
            if report == 0x21:
                self.history.append("ink" if body[0] else "no ink")
                if body[0] and self.person is not None:
                    person, self.person = self.person, None
                    self.schedule(*person)

    def end_picture(self, abandon: bool) -> None:
        width, height = CAPABILITIES.get(self.product, (0, 0, 0, 320, 200))[3:5]
        need = {0: width * height // 8, 2: width * height * 2, 4: width * height * 3}.get(self.encoding, -1)
        if self.state != 1:
            self.result = 2
        elif abandon:
            self.history.append("abandoned")
        elif len(self.coming) != need:
            self.result = 0x11 if len(self.coming) > need else 0x15
        else:
            self.shown = self.encoding, bytes(self.coming)
            self.history.append(f"picture {self.encoding}")
        self.state = 0

    def give(self, endpoint: int, length: int) -> bytes | None:
        with self.lock:
            if self.script and self.script[0][0] <= time.monotonic():
                return self.script.popleft()[1]
        return None

    # -- what tests ask ------------------------------------------------------------------------------------------------------------

    def ask_write(self, reports: list[list[int]], lose: list[int] | None = None, rate: float = 200.0) -> None:
        """A person who begins as soon as the pad is ready for ink (now, if it shows a text already).

        Pen reports [near, touch, pressure, x, y] come in real time; those at the places ``lose`` are numbered but never sent."""
        if len(reports) > WORST_REPORTS:
            raise ValueError("too many")
        with self.lock:
            if self.settings[0x21][0] and self.shown:
                self.schedule(reports, lose or [], rate)
            else:
                self.person = reports, lose or [], rate

    def schedule(self, reports: list[list[int]], lose: list[int], rate: float) -> None:
        begin = max(time.monotonic() + 0.05, self.script[-1][0] + 0.02 if self.script else 0.0)
        for place, (near, touch, pressure, x, y) in enumerate(reports):
            at = begin + place / rate
            self.sequence += 1
            if place not in lose:
                self.script.append((at, self.report(at, near, touch, pressure, x, y)))

    def report(self, at: float, near: int, touch: int, pressure: int, x: int, y: int) -> bytes:
        body = struct.pack(">BBHH", near << 7 | touch << 4 | pressure >> 8, pressure & 255, x, y)
        mode = self.settings[0x32][0]
        clock, sequence = int((at - self.born) * 1000) & 0xFFFF, self.sequence & 0xFFFF
        if mode == 3 and 0x32 not in LACKS.get(self.product, ()) and self.product != 0xA3:
            return b"\x34" + body + struct.pack(">HH", clock, sequence)
        if mode in (1, 2):
            return b"\x30" + body + struct.pack(">H", clock if mode == 1 else sequence)
        return b"\x01" + body

    def ask_state(self) -> dict[str, Any]:
        with self.lock:
            return {"picture": self.shown and {"encoding": self.shown[0], "sha256": hashlib.sha256(self.shown[1]).hexdigest()},
                    "inking": self.settings[0x21][0] == 1, "history": self.history, "mode": self.settings[0x32][0],
                    "area": list(struct.unpack("<HHHH", self.settings[0x2A])) if 0x2A in self.settings else None}

    def ask_forget(self) -> None:
        with self.lock:
            self.script.clear()
            self.history.clear()
            self.person = None


if __name__ == "__main__":
    serve({"pad": Pad(int(sys.argv[1], 16))})
