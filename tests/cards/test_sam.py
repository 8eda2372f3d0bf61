"""Card and SAM prove themselves to each other; only then, and only through the SAM, protected files can be read."""

from __future__ import annotations

import hashlib
import hmac
import struct

import pytest
from card_samples import BareReader

from ktpel_kiosk.cards.sam import ReaderSam, open_channel, read_secured
from ktpel_kiosk.domain.errors import CardRefused

KEY = b"key of this test, known to card and SAM alone"
WRAP = 0xF3
"""Instruction of this test's own SAM; the ministry's is not public."""
CONTROL = bytes(range(52))
SECRET = b'"3508054502080001","DUSUN KRAJAN"' * 12


def mac(*parts: bytes) -> bytes:
    return hmac.new(KEY, b"|".join(parts), hashlib.sha256).digest()


def sealed(data: bytes, label: bytes) -> bytes:
    """Stream cipher and MAC of this test: enough to notice a command that did not go through the SAM."""
    stream = b"".join(mac(label, bytes([i])) for i in range(len(data) // 32 + 1))
    body = bytes(a ^ b for a, b in zip(data, stream, strict=False))
    return body + mac(label, body)[:8]


def opened(data: bytes, label: bytes) -> bytes | None:
    body = data[:-8]
    if not hmac.compare_digest(mac(label, body)[:8], data[-8:]):
        return None
    return sealed(body, label)[:-8]


class SecureCard:
    """A card that shows its control file to everybody and ``6FF1`` only over a channel set up with the SAM."""

    atr, uid = b"\x3b\x80\x01", b"\x04\xa1\xb2\xc3"

    def __init__(self, key_ok: bool = True) -> None:
        self.challenge, self.open, self.fid, self.key_ok = b"", False, 0, key_ok

    def power_cycle(self) -> None:
        self.open, self.fid = False, 0

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[0] == 0x0C:
            command = opened(apdu[1:], b"command") if self.open else None
            return sealed(self._plain(command, True), b"answer") + b"\x90\x00" if command else b"\x69\x88"
        return self._plain(apdu, False)

    def _plain(self, apdu: bytes, secure: bool) -> bytes:
        if apdu[:2] == b"\xff\xca":
            return self.uid + b"\x90\x00"
        if apdu[1] == 0xA4:
            fid = int.from_bytes(apdu[5:7], "big")
            if fid == 0x6FF1 and not secure:
                return b"\x69\x82"
            self.fid = fid
            return b"\x90\x00" if fid in (0x7F0A, 0x6FF0, 0x6FF1) else b"\x6a\x82"
        if apdu[1] == 0xB0:
            content = SECRET if self.fid == 0x6FF1 else CONTROL
            start = int.from_bytes(apdu[2:4], "big")
            return (struct.pack(">H", len(content)) + content)[start:start + apdu[4]] + b"\x90\x00"
        if apdu[1] == 0x84:
            self.challenge = hashlib.sha256(self.challenge + b"next").digest()[:8]
            return self.challenge + b"\x90\x00"
        if apdu[1] == 0x82:
            if apdu[5:45] != (mac(CONTROL, self.uid, self.challenge) + b"\0" * 8):
                return b"\x63\x00"
            self.open = True
            return (mac(b"card", self.challenge) if self.key_ok else bytes(32)) + bytes(8) + b"\x90\x00"
        return b"\x6d\x00"


class Sam:
    """The other slot."""

    atr = b"\x3b\x00"

    def __init__(self) -> None:
        self.challenge = b""

    def power_cycle(self) -> None: ...

    def transmit(self, apdu: bytes) -> bytes:
        ins, data = apdu[1], apdu[5:]
        if ins == 0xF1 and apdu[3] == 1:
            control, uid, self.challenge = data[:52], data[52:-8], data[-8:]
            return mac(control, uid, self.challenge) + bytes(8) + b"\x90\x00"
        if ins == 0xF2:
            return b"\x90\x00" if data[:32] == mac(b"card", self.challenge) else b"\x69\x88"
        if ins == WRAP:
            return b"\x0c" + sealed(data, b"command") + b"\x90\x00"
        if ins == 0xF4:
            clear = opened(data[:-2], b"answer")
            return clear + b"\x90\x00" if clear else b"\x69\x88"
        return b"\x6d\x00"


def sam() -> ReaderSam:
    return ReaderSam(BareReader(Sam()), WRAP)


def test_a_protected_file_is_read_through_the_sam_only() -> None:
    reader = BareReader(SecureCard())
    assert read_secured(reader, sam(), 0x6FF1) == SECRET
    proved = next(i for i, a in enumerate(reader.log) if a[1] == 0x82)
    assert all(a[0] == 0x0C for a in reader.log[proved + 1:]), "from then on everything is protected"
    assert all(a[1] not in (0xD0, 0xD6, 0xDA, 0xE0) for a in reader.log[:proved]), "nothing that writes"


def test_a_card_that_does_not_know_the_keys_is_found_out() -> None:
    with pytest.raises(CardRefused, match=r"sam\.refused"):
        open_channel(BareReader(SecureCard(key_ok=False)), sam())


def test_a_sam_of_another_country_is_refused_by_the_card() -> None:
    class Foreign(Sam):
        def transmit(self, apdu: bytes) -> bytes:
            return bytes(40) + b"\x90\x00" if apdu[1] == 0xF1 else super().transmit(apdu)

    with pytest.raises(CardRefused, match=r"chip\.status"):
        open_channel(BareReader(SecureCard()), ReaderSam(BareReader(Foreign()), WRAP))


def test_what_is_not_known_is_said_and_not_guessed() -> None:
    channel = open_channel(BareReader(SecureCard()), ReaderSam(BareReader(Sam())))
    with pytest.raises(CardRefused, match="wrap_unknown"):
        channel.read_file(0x6FF1)


def test_a_card_of_another_kind_is_not_authenticated() -> None:
    class Other(SecureCard):
        def _plain(self, apdu: bytes, secure: bool) -> bytes:
            return b"\x6a\x82" if apdu[1] == 0xA4 else super()._plain(apdu, secure)

    with pytest.raises(CardRefused, match="not_ktp"):
        open_channel(BareReader(Other()), sam())
