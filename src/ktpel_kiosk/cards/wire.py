"""Talking to a chip card in ISO 7816-4: numbers on the wire, one command at a time, whole files.

Commands of class 80 are OURS, for the specimen card only (``docs/chip.md``); nothing here can write a real KTP-el.
Runs on the reader's actor thread. Errors: CardRefused; CardRemoved comes from the reader itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ktpel_kiosk.domain.errors import CardRefused
from ktpel_kiosk.ports.devices import CardReader

SPECIMEN_AID = bytes.fromhex("F04B545053504543") + b"\x01"
"""Proprietary, unregistered category (ISO 7816-5): F0 ‖ "KTPSPEC" ‖ version 1."""

DF_KTP = 0x7F0A
EF_CARD_CONTROL = 0x6FF0
EF_PUBLIC_PHOTO = 0x6FF2
CONTROL_READ = 0x36
"""Bytes public readers ask of the control file: two length bytes and 52 bytes of data."""

CHUNK = 250
SMALL_CHUNK = 112
"""The smallest chunk public readers use; asked again with it when a card refuses the larger length."""

MAX_FILE = 8192


class Ef(IntEnum):
    """Elementary files of the specimen applet."""

    CONTROL = 0x5F00
    BIODATA = 0x5F01
    PHOTO = 0x5F02
    SIGNATURE = 0x5F03
    MINUTIAE_1 = 0x5F04
    MINUTIAE_2 = 0x5F05
    BINDING = 0x5F06


DATA_FILES: tuple[Ef, ...] = (Ef.BIODATA, Ef.PHOTO, Ef.SIGNATURE, Ef.MINUTIAE_1, Ef.MINUTIAE_2, Ef.BINDING)
"""Order of writing, and of the digest."""

BEGIN, COMMIT, ERASE = 0xE0, 0xE2, 0xEE
KEEP_OLD, RELEASE_OLD = 0x00, 0x01


def refused(key: str, operation: str, status: str = "-", **facts: str | int) -> CardRefused:
    return CardRefused(key, device_kind="card_reader", operation=operation, status=status, **facts)


@dataclass(frozen=True, slots=True)
class Answer:
    data: bytes
    status: int

    @property
    def hex(self) -> str:
        return f"{self.status:04X}"


class Channel:
    """Commands to the connected card. ``chunk``: most bytes asked of a file at once."""

    def __init__(self, reader: CardReader, chunk: int = CHUNK) -> None:
        self._reader = reader
        self._chunk = chunk

    def exchange(self, apdu: bytes, operation: str) -> Answer:
        """One command; 61xx and 6Cxx are followed. Raises CardRefused ``chip.answer`` for less than a status word."""
        answer = self._once(apdu, operation)
        if answer.status >> 8 == 0x6C and len(apdu) == 5:
            answer = self._once(apdu[:4] + bytes([answer.status & 0xFF]), operation)
        data = answer.data
        while answer.status >> 8 == 0x61 and len(data) <= MAX_FILE:
            answer = self._once(bytes([0x00, 0xC0, 0x00, 0x00, answer.status & 0xFF]), operation)
            if not answer.data and answer.status >> 8 == 0x61:  # promises more, gives nothing: it would never end
                raise refused("chip.answer", operation)
            data += answer.data
        return Answer(data, answer.status)

    def _once(self, apdu: bytes, operation: str) -> Answer:
        raw = self._reader.transmit(apdu)
        if len(raw) < 2:
            raise refused("chip.answer", operation)
        return Answer(raw[:-2], int.from_bytes(raw[-2:], "big"))

    def command(self, ins: int, data: bytes, operation: str, *, cla: int = 0x80, p1: int = 0, p2: int = 0) -> bytes:
        """A command with data that must end in 9000. Raises CardRefused ``chip.status``."""
        body = bytes([len(data)]) + data if data else b""
        answer = self.exchange(bytes([cla, ins, p1, p2]) + body, operation)
        if answer.status != 0x9000:
            raise refused("chip.status", operation, answer.hex)
        return answer.data

    def select_specimen(self) -> None:
        """Raises CardRefused ``chip.not_specimen`` for any other card."""
        answer = self.exchange(bytes([0x00, 0xA4, 0x04, 0x00, len(SPECIMEN_AID)]) + SPECIMEN_AID, "select")
        if answer.status != 0x9000:
            raise refused("chip.not_specimen", "select", answer.hex)

    def select_file(self, fid: int) -> None:
        self.command(0xA4, fid.to_bytes(2, "big"), "select", cla=0x00)

    def read(self, offset: int, length: int) -> bytes:
        """At most ``length`` (<= CHUNK) bytes of the selected file; a card's shorter answer is given as it came."""
        answer = self.exchange(bytes([0x00, 0xB0, offset >> 8, offset & 0xFF, length]), "read")
        if answer.status == 0x6700 and length > SMALL_CHUNK:
            answer = self.exchange(bytes([0x00, 0xB0, offset >> 8, offset & 0xFF, SMALL_CHUNK]), "read")
        if answer.status not in (0x9000, 0x6282):
            raise refused("chip.status", "read", answer.hex)
        return answer.data

    def read_file(self, fid: int) -> bytes:
        """Content of an EF that begins with its length (two bytes, big endian).

        Raises:
            CardRefused: ``chip.damaged`` when the stated length is impossible or the file ends before it.
        """
        self.select_file(fid)
        got = self.read(0, self._chunk)
        if len(got) < 2:
            raise refused("chip.damaged", "read")
        total = 2 + int.from_bytes(got[:2], "big")
        if total > MAX_FILE:
            raise refused("chip.damaged", "read")
        while len(got) < total:
            more = self.read(len(got), min(self._chunk, total - len(got)))
            if not more:
                raise refused("chip.damaged", "read")
            got += more
        return got[2:total]

    def update_file(self, fid: int, content: bytes) -> None:
        """Write an EF of the open transaction, length first, in chunks of at most CHUNK bytes."""
        self.select_file(fid)
        framed = len(content).to_bytes(2, "big") + content
        for offset in range(0, len(framed), CHUNK):
            self.command(0xD6, framed[offset:offset + CHUNK], "write", cla=0x00, p1=offset >> 8, p2=offset & 0xFF)
