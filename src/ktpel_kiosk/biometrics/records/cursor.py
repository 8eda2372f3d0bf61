"""Strict reading and writing of big-endian binary records.

Reading never allocates by an announced size: slices are taken only after the bytes were seen to be there.
Errors: BadInput ``record.*`` with ``entry`` (which record) and ``field``. Any thread.
"""

from __future__ import annotations

from ktpel_kiosk.domain.errors import BadInput, Fact


class Cursor:
    """A position in untrusted bytes. ``entry`` names the record in errors."""

    def __init__(self, data: bytes, entry: str) -> None:
        self._data = data
        self._at = 0
        self.entry = entry

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int, field: str) -> bytes:
        """Exactly ``count`` bytes, or BadInput ``record.truncated``."""
        if count < 0 or count > self.left:
            raise BadInput("record.truncated", entry=self.entry, field=field, expected=count, found=self.left)
        start = self._at
        self._at += count
        return self._data[start : self._at]

    def uint(self, size: int, field: str) -> int:
        return int.from_bytes(self.take(size, field))

    def u8(self, field: str) -> int:
        return self.uint(1, field)

    def u16(self, field: str) -> int:
        return self.uint(2, field)

    def u32(self, field: str) -> int:
        return self.uint(4, field)

    def sub(self, count: int, field: str) -> Cursor:
        """A cursor over the next ``count`` bytes only."""
        return Cursor(self.take(count, field), self.entry)

    def rest(self) -> bytes:
        return self.take(self.left, "rest")

    def end(self, field: str) -> None:
        """Nothing may follow."""
        if self.left:
            raise BadInput("record.trailing", entry=self.entry, field=field, found=self.left)

    def magic(self, expected: bytes) -> None:
        """The format identifier and version must be exactly this."""
        if self.take(len(expected), "format") != expected:
            raise BadInput("record.format", entry=self.entry, expected=expected.replace(b"\0", b"").decode("ascii"))

    def total(self, size: int = 4) -> None:
        """The record length field must equal the bytes handed in."""
        found = self.uint(size, "record_length")
        if found != len(self._data):
            raise BadInput("record.length", entry=self.entry, expected=len(self._data), found=found)

    def check(self, holds: bool, rule: str, **facts: Fact) -> None:
        if not holds:
            raise BadInput(f"record.{rule}", entry=self.entry, **facts)


def uint(value: int, size: int, field: str) -> bytes:
    """Big-endian unsigned, or BadInput ``record.range`` naming the field."""
    if not 0 <= value < 1 << (8 * size):
        raise BadInput("record.range", field=field, value=value)
    return value.to_bytes(size)


def exact(value: bytes, size: int, field: str) -> bytes:
    """Bytes that must have exactly this length."""
    if len(value) != size:
        raise BadInput("record.range", field=field, value=len(value), expected=size)
    return value
