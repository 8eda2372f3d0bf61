"""A card of another system (transport, bank) that somebody lays on the reader by mistake."""

from __future__ import annotations


class ForeignCard:
    """Answers its UID and knows none of our files. Nothing sent to it changes it."""

    atr = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
    uid = bytes.fromhex("04E15F6A2B3C80")

    def transmit(self, apdu: bytes) -> bytes:
        return self.uid + b"\x90\x00" if apdu[:2] == b"\xff\xca" else b"\x6a\x82"
