"""Strict reading and writing of big-endian binary records.

Reading never allocates by an announced size: slices are taken only after the bytes were seen to be there, and nested blocks are views.
Errors: BadInput ``record.*`` with ``entry`` (which record) and ``field``. Any thread.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from ktpel_kiosk.domain.errors import BadInput, Fact


class Cursor:
    """A position in untrusted bytes. ``entry`` names the record in errors."""

    def __init__(self, data: bytes | memoryview, entry: str) -> None:
        self._data = memoryview(data)
        self._at = 0
        self.entry = entry

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def _view(self, count: int, field: str) -> memoryview:
        if count < 0 or count > self.left:
            raise BadInput("record.truncated", entry=self.entry, field=field, expected=count, found=self.left)
        start = self._at
        self._at += count
        return self._data[start : self._at]

    def take(self, count: int, field: str) -> bytes:
        """Exactly ``count`` bytes, or BadInput ``record.truncated``."""
        return bytes(self._view(count, field))

    def uint(self, size: int, field: str) -> int:
        return int.from_bytes(self._view(size, field))

    def u8(self, field: str) -> int:
        return self.uint(1, field)

    def u16(self, field: str) -> int:
        return self.uint(2, field)

    def u32(self, field: str) -> int:
        return self.uint(4, field)

    def sub(self, count: int, field: str) -> Cursor:
        """A cursor over the next ``count`` bytes only; nothing is copied."""
        return Cursor(self._view(count, field), self.entry)

    def block(self, size: int, field: str) -> Cursor:
        """A cursor over a block whose length field of ``size`` octets counts itself."""
        return self.sub(self.uint(size, field) - size, field)

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


class Layout:
    """Unsigned fields in the order of the wire, each ``name=size`` or ``name=(size, allowed values)``.

    Reading and writing follow one table, so they cannot drift apart. Names beginning with ``reserved`` hold zero and belong to no value.
    """

    def __init__(self, **fields: int | tuple[int, Container[int]]) -> None:
        self._fields = [(name, *(rule if isinstance(rule, tuple) else (rule, None))) for name, rule in fields.items()]

    def read(self, c: Cursor) -> dict[str, Any]:
        """Values by name; BadInput ``record.range`` for a value that is not allowed."""
        values: dict[str, Any] = {}
        for name, size, allowed in self._fields:
            value = c.uint(size, name)
            if name.startswith("reserved"):
                c.check(value == 0, "range", field=name, value=value)
                continue
            c.check(allowed is None or value in allowed, "range", field=name, value=value)
            values[name] = value
        return values

    def write(self, source: object) -> bytes:
        """The fields of ``source``, refused by the same rules as in reading."""
        out = b""
        for name, size, allowed in self._fields:
            value = 0 if name.startswith("reserved") else getattr(source, name)
            if allowed is not None and value not in allowed:
                raise BadInput("record.range", field=name, value=value)
            out += uint(value, size, name)
        return out


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
