"""Reading what a KTP-el shows only to a security module (SAM): mutual authentication, then every command through the SAM.

What is public about it stands in ``docs/chip.md``; the SAM and its keys are the ministry's. Nothing here writes to a card.
"""

from __future__ import annotations

from ktpel_kiosk.cards import wire
from ktpel_kiosk.cards.chip import read_uid
from ktpel_kiosk.cards.wire import Channel, refused
from ktpel_kiosk.ports.devices import CardReader
from ktpel_kiosk.ports.services import SamPort

CRYPTOGRAM = 40
CHALLENGE = 8
AUTHENTICATE, COMPLETE, UNWRAP = 0xF1, 0xF2, 0xF4


class ReaderSam:
    """A SAM in a second card slot, by the commands public readers send it.

    Args:
        reader: the SAM's slot, connected.
        wrap_ins: instruction byte of the command that protects a command for the card. It is not public: without it only what follows
            the authentication unprotected can be asked, and :meth:`wrap` refuses.
    """

    def __init__(self, reader: CardReader, wrap_ins: int | None = None) -> None:
        self._channel = Channel(reader)
        self._wrap_ins = wrap_ins

    def authenticate(self, control: bytes, uid: bytes, challenge: bytes) -> bytes:
        got = self._ask(AUTHENTICATE, control + uid + challenge, "sam.authenticate", p2=1)
        if len(got) != CRYPTOGRAM:
            raise refused("sam.answer", "sam.authenticate")
        return got

    def complete(self, answer: bytes) -> None:
        self._ask(COMPLETE, answer, "sam.complete")

    def wrap(self, command: bytes) -> bytes:
        if self._wrap_ins is None:
            raise refused("sam.wrap_unknown", "sam.wrap")
        return self._ask(self._wrap_ins, command, "sam.wrap")

    def unwrap(self, answer: bytes) -> bytes:
        return self._ask(UNWRAP, answer, "sam.unwrap")

    def _ask(self, ins: int, data: bytes, operation: str, p2: int = 0) -> bytes:
        if len(data) > 255:
            raise refused("sam.answer", operation)
        answer = self._channel.exchange(bytes([0x00, ins, 0x00, p2, len(data)]) + data, operation)
        if answer.status != 0x9000:
            raise refused("sam.refused", operation, answer.hex)
        return answer.data


class SecureChannel:
    """A card that has authenticated itself and us. Made by :func:`open_channel`; ends with the next reset or removal."""

    def __init__(self, reader: CardReader, sam: SamPort) -> None:
        self._reader = reader
        self._sam = sam

    def transmit(self, apdu: bytes) -> bytes:
        """One command through the SAM; so a :class:`Channel` can be laid over it."""
        return self._sam.unwrap(self._reader.transmit(self._sam.wrap(apdu)))

    def read_file(self, fid: int) -> bytes:
        """Content of a protected EF. Raises CardRefused, CardRemoved."""
        # small chunks: protection makes every answer longer, and the SAM takes at most 255 bytes
        return Channel(self, wire.SMALL_CHUNK).read_file(fid)  # type: ignore[arg-type]


def open_channel(reader: CardReader, sam: SamPort) -> SecureChannel:
    """Authenticate card and SAM to each other. ``reader`` is connected.

    Raises:
        CardRefused: ``chip.not_ktp``, ``chip.status`` (the card refused), ``sam.*`` (the SAM refused the card: forged or damaged).
    """
    channel = Channel(reader)
    uid = bytes.fromhex(read_uid(reader))
    found = channel.exchange(bytes([0x00, 0xA4, 0x00, 0x00, 0x02]) + wire.DF_KTP.to_bytes(2, "big"), "select")
    if found.status != 0x9000:
        raise refused("chip.not_ktp", "select", found.hex)
    control = channel.read_file(wire.EF_CARD_CONTROL)
    asked = channel.exchange(bytes([0x00, 0x84, 0x00, 0x00, CHALLENGE]), "challenge")
    if asked.status != 0x9000 or len(asked.data) != CHALLENGE:
        raise refused("chip.status", "challenge", asked.hex)
    proof = sam.authenticate(control, uid, asked.data)
    answer = channel.command(0x82, proof, "authenticate", cla=0x00)
    if len(answer) != CRYPTOGRAM:
        raise refused("chip.status", "authenticate")
    sam.complete(answer)
    return SecureChannel(reader, sam)


def read_secured(reader: CardReader, sam: SamPort, fid: int) -> bytes:
    """One protected file of a real KTP-el. Errors as :func:`open_channel`."""
    return open_channel(reader, sam).read_file(fid)
