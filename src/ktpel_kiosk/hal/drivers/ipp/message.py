"""IPP messages as bytes (RFC 8010): the part of the protocol a print client needs, standard library only.

Values decode to ``int`` (integer, enum), ``bool``, ``str`` (text, name, keyword, URI, charset, language, media type), ``bytes``
(octet string, date), :class:`Resolution`, ``range`` (inclusive bounds, step 1) and ``dict`` (collection); out-of-band values to ``None``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum


class Tag(IntEnum):
    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    DATE = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    COLLECTION = 0x34
    TEXT_LANG = 0x35
    NAME_LANG = 0x36
    COLLECTION_END = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A


class Op(IntEnum):
    CREATE_JOB = 0x0005
    SEND_DOCUMENT = 0x0006
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B
    GET_PRINTERS = 0x4002  # CUPS


@dataclass(frozen=True, slots=True)
class Resolution:
    """Dots per inch, across and along."""

    x: int
    y: int


Value = int | bool | str | bytes | Resolution | range | dict | None
Attributes = dict[str, list[Value]]
Spec = tuple[str, Tag, object]
"""An attribute to send: name, tag, value; a list stands for several values, a list of Spec for a collection."""


@dataclass(slots=True)
class Reply:
    """``groups`` in the order they came: tag of the group and its attributes."""

    status: int
    groups: list[tuple[int, Attributes]] = field(default_factory=list)

    def all(self, tag: Tag) -> list[Attributes]:
        return [attributes for kind, attributes in self.groups if kind == tag]

    def first(self, tag: Tag) -> Attributes:
        return next(iter(self.all(tag)), {})


def encode(operation: Op, operation_group: Sequence[Spec], job_group: Sequence[Spec] = ()) -> bytes:
    """A request without its document."""
    out = bytearray(struct.pack(">BBHI", 2, 0, operation, 1))
    head: list[Spec] = [("attributes-charset", Tag.CHARSET, "utf-8"), ("attributes-natural-language", Tag.LANGUAGE, "en")]
    for tag, specs in ((Tag.OPERATION, [*head, *operation_group]), (Tag.JOB, job_group)):
        if specs:
            out.append(tag)
            for spec in specs:
                _attribute(out, *spec)
    out.append(Tag.END)
    return bytes(out)


def _attribute(out: bytearray, name: str, tag: Tag, value: object) -> None:
    values = value if isinstance(value, list) and tag is not Tag.COLLECTION else [value]
    for number, one in enumerate(values):
        _field(out, tag, name if number == 0 else "", b"" if tag is Tag.COLLECTION else _raw(tag, one))
        if tag is Tag.COLLECTION:
            assert isinstance(one, list)
            for member, member_tag, member_value in one:
                _field(out, Tag.MEMBER, "", member.encode())
                _attribute(out, "", member_tag, member_value)
            _field(out, Tag.COLLECTION_END, "", b"")


def _field(out: bytearray, tag: int, name: str, value: bytes) -> None:
    raw = name.encode()
    out += struct.pack(">BH", tag, len(raw)) + raw + struct.pack(">H", len(value)) + value


def _raw(tag: Tag, value: object) -> bytes:
    if tag is Tag.BOOLEAN:
        return b"\x01" if value else b"\x00"
    if isinstance(value, int):
        return struct.pack(">i", value)
    if isinstance(value, Resolution):
        return struct.pack(">iib", value.x, value.y, 3)
    return str(value).encode()


def decode(data: bytes) -> Reply:
    """Raises ValueError when ``data`` is not one whole IPP message."""
    try:
        reply = Reply(struct.unpack_from(">H", data, 2)[0])
        fields = _fields(data)
        current: Attributes = {}
        name = ""
        for tag, label, raw in fields:
            if tag < 0x10:
                current = {}
                reply.groups.append((tag, current))
                continue
            name = label or name
            current.setdefault(name, []).append(_collection(fields) if tag == Tag.COLLECTION else _value(tag, raw))
    except (struct.error, IndexError, StopIteration, RecursionError) as error:
        raise ValueError("not an IPP message") from error
    return reply


def _fields(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    """(tag, name, value); a group begins with an empty name. Ends at the end tag, else struct.error."""
    at = 8
    while True:
        tag = struct.unpack_from(">B", data, at)[0]
        at += 1
        if tag == Tag.END:
            return
        if tag < 0x10:
            yield tag, "", b""
            continue
        size = struct.unpack_from(">H", data, at)[0]
        name = data[at + 2:at + 2 + size]
        at += 2 + size
        size = struct.unpack_from(">H", data, at)[0]
        value = data[at + 2:at + 2 + size]
        at += 2 + size
        if at > len(data):
            raise struct.error("cut")
        yield tag, name.decode("utf-8", "replace"), value


def _collection(fields: Iterator[tuple[int, str, bytes]]) -> dict[str, Value]:
    """Members up to the end of this collection; of a member with several values all as a list."""
    found: dict[str, list[Value]] = {}
    name = ""
    while True:
        tag, _, raw = next(fields)
        if tag == Tag.COLLECTION_END:
            return {key: values[0] if len(values) == 1 else values for key, values in found.items()}  # type: ignore[misc]
        if tag == Tag.MEMBER:
            name = raw.decode("utf-8", "replace")
            found[name] = []
        else:
            found.setdefault(name, []).append(_collection(fields) if tag == Tag.COLLECTION else _value(tag, raw))


def _value(tag: int, raw: bytes) -> Value:
    if tag in (Tag.INTEGER, Tag.ENUM):
        return int(struct.unpack(">i", raw)[0])
    if tag == Tag.BOOLEAN:
        return raw != b"\x00"
    if tag == Tag.RANGE:
        low, high = struct.unpack(">ii", raw)
        return range(low, high + 1)
    if tag == Tag.RESOLUTION:
        x, y, unit = struct.unpack(">iib", raw)
        return Resolution(x, y) if unit == 3 else Resolution(round(x * 2.54), round(y * 2.54))
    if tag in (Tag.TEXT_LANG, Tag.NAME_LANG):
        skip = 2 + struct.unpack_from(">H", raw)[0]
        return raw[skip + 2:].decode("utf-8", "replace")
    if 0x40 <= tag < 0x60:
        return raw.decode("utf-8", "replace")
    if tag < 0x20:
        return None
    return raw


def texts(attributes: Mapping[str, list[Value]], name: str) -> tuple[str, ...]:
    return tuple(value for value in attributes.get(name, ()) if isinstance(value, str))


def text(attributes: Mapping[str, list[Value]], name: str, default: str = "") -> str:
    return next(iter(texts(attributes, name)), default)


def number(attributes: Mapping[str, list[Value]], name: str, default: int = 0) -> int:
    return next((value for value in attributes.get(name, ()) if type(value) is int), default)
