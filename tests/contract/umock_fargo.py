"""A Fargo card printer on USB that answers status questions; run as a script it is the host of ``umock_usb.Standin``."""

from __future__ import annotations

import errno
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from umock_usb import UsbModel, descriptors, serve

READY = "DH:1;IH:0;LM:0;FL:1;MG:0;SM:0;SG:0;DS:0;SC:0;MF:0;HD:0;IC:0;PE:0;"
QUERY = bytes.fromhex("000000" + "46670000" + "2000" + "00" * 32 + "6550")


def answer(result: str = "USR_CMD_SUCCESSFUL", flags: str = READY) -> bytes:
    payload = result.encode() + b"\0" + flags.encode() + b"\0"
    return b"Fg" + struct.pack("<HH", 0, len(payload)) + payload + b"eP"


class FargoModel(UsbModel):
    """It answers only after a well-formed question, like the captured printer."""

    vendor, product = 0x09B0, 0xBF0C
    strings = {1: "Fargo Electronics", 2: "DTC4500e", 3: "B1234567"}
    descriptors = descriptors(0x09B0, 0xBF0C, [((7, 1, 2), [(0x01, 2, 512), (0x81, 2, 512)], b"")])

    def __init__(self, serial: str = "B1234567") -> None:
        super().__init__()
        self.strings = {**self.strings, 3: serial}
        self.next = answer()
        self.slow_s = 0.0
        self.asked = False
        self.present = True

    def control(self, request_type: int, request: int, value: int, index: int, data: bytes, length: int) -> bytes | int:
        if request_type == 0x41 and (request, value, index) == (0, 0, 0) and data == QUERY:
            self.asked = True
            return len(data)
        if request_type == 0xC1 and self.asked:
            self.asked = False
            time.sleep(self.slow_s)
            return self.next[:length]
        return -errno.EPIPE

    def ask_say(self, result: str = "USR_CMD_SUCCESSFUL", flags: str = READY) -> None:
        self.next = answer(result, flags)

    def ask_raw(self, hexed: str) -> None:
        self.next = bytes.fromhex(hexed)

    def ask_slow(self, seconds: float) -> None:
        self.slow_s = seconds


if __name__ == "__main__":
    serve({"fargo": FargoModel(), "second": FargoModel("B7654321")})
