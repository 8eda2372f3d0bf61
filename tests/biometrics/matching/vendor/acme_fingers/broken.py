"""What can be wrong with a plug-in, each kind once."""

from __future__ import annotations


class Raises:
    def match(self, probe: bytes, reference: bytes) -> float:
        raise ZeroDivisionError("licence expired")


class NotANumber:
    def match(self, probe: bytes, reference: bytes) -> float:
        return float("nan")


class OutOfRange:
    def match(self, probe: bytes, reference: bytes) -> float:
        return 73.0


class NoSuchMethod:
    pass


class BadRecord:
    def extract(self, image: object) -> bytes:
        return b"FMR\0 20\0 and then nothing"


def no_start() -> object:
    raise OSError("libacme.so.3: cannot open shared object file")
