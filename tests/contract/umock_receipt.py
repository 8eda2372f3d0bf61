"""A receipt printer on USB (printer class, bulk both ways); run as a script it is the host of ``umock_usb.Standin``."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from umock_usb import UsbModel, descriptors, serve


class ReceiptModel(UsbModel):
    """Keeps what it is sent, without the questions; answers those and the end of a slip."""

    vendor, product = 0x04B8, 0x0E15
    strings = {1: "EPSON", 2: "TM-T82", 3: "X1"}
    descriptors = descriptors(0x04B8, 0x0E15, [((7, 1, 2), [(0x01, 2, 512), (0x82, 2, 64)], b"")])

    def __init__(self) -> None:
        super().__init__()
        self.got = bytearray()
        self.answers = bytearray()
        self.cover = False
        self.dead = False

    def take(self, endpoint: int, data: bytes) -> int:
        with self.lock:
            if self.dead:
                return -errno.EPIPE
            if len(data) == 3 and data[:2] == b"\x10\x04":
                self.answers.append(0x16 if self.cover and data[2] == 2 else 0x12)
            elif data == b"\x1dr\x01":
                self.answers.append(0)
            else:
                self.got += data
            return len(data)

    def give(self, endpoint: int, length: int) -> bytes | None:
        with self.lock:
            out = bytes(self.answers[:length])
            del self.answers[:length]
            return out or None

    def ask_got(self) -> str:
        with self.lock:
            return self.got.hex()

    def ask_set(self, **values: bool) -> None:
        for name, value in values.items():
            setattr(self, name, value)


if __name__ == "__main__":
    serve({"receipt": ReceiptModel()})
