"""What the ISO/IEC 19794 records share: date, quality list, certification list, codes, the frame of the 2011 editions, the decoded sample.

Layouts: ISO/IEC 19794-1:2011 clause 12 and the 2005 and 2011 editions of parts 2, 4, 5 and 6. What a standard reserves or forbids is
refused; codes that registration authorities extend (device vendor and type, technology, quality algorithm) are carried. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from ktpel_kiosk.biometrics.records.cursor import Cursor, Layout, exact, uint
from ktpel_kiosk.domain.biometric import EYES, FINGERS, Modality, Position
from ktpel_kiosk.domain.errors import BadInput

T = TypeVar("T")

NO_TIME = b"\xff" * 9
"""Capture date and time not known."""

MAX_SIDE = 10_000
SIDE = range(1, MAX_SIDE + 1)
"""Widths and heights in pixels a record may announce; zero and absurd values are refused."""

SCORES = (*range(101), 255)
"""Quality score of the 2011 editions; 255 failed to compute."""

REPORTED_SCORES = (*range(101), 254, 255)
"""As SCORES, and 254 not reported."""

IMPRESSIONS = range(30)
"""Finger impression types up to 28 other and 29 unknown."""


@dataclass(frozen=True, slots=True)
class QualityBlock:
    """One quality block of the 2011 editions; ``score`` 0..100, 255 failed to compute."""

    score: int
    vendor: int = 0
    algorithm: int = 0


@dataclass(frozen=True, slots=True)
class Certification:
    """Certification authority and scheme of the capture device."""

    authority: int
    scheme: int


@dataclass(frozen=True, slots=True)
class DecodedRecord:
    """One image out of a biometric record, not yet decompressed.

    ``position`` is None when the record says unknown or names a group of fingers; ``code`` is the number in the record.
    ``width``/``height`` are those of the record header; ``media_type`` raw pixels are ``application/octet-stream``.
    """

    format: str
    modality: Modality
    position: Position | None
    code: int
    image: bytes
    media_type: str
    width: int
    height: int
    channels: int = 1
    ppi: int = 0
    depth: int = 8
    quality: QualityBlock | None = None
    captured_at: datetime | None = None
    entry: str = "record"


def pack_time(at: datetime | None) -> bytes:
    """Nine octets in UTC: year u16, month, day, hour, minute, second, millisecond u16."""
    if at is None:
        return NO_TIME
    utc = at.astimezone(UTC)
    return utc.year.to_bytes(2) + bytes((utc.month, utc.day, utc.hour, utc.minute, utc.second)) + (utc.microsecond // 1000).to_bytes(2)


def unpack_time(raw: bytes) -> datetime | None:
    """Aware UTC time, or None when unknown or not a calendar date (found in the field, hence not an error)."""
    try:
        return datetime(int.from_bytes(raw[:2]), raw[2], raw[3], raw[4], raw[5], raw[6], int.from_bytes(raw[7:9]) * 1000, tzinfo=UTC)
    except ValueError:
        return None


class Captured(Protocol):
    """What every representation of the 2011 editions begins with."""

    @property
    def captured(self) -> bytes: ...
    @property
    def technology(self) -> int: ...
    @property
    def vendor(self) -> int: ...
    @property
    def device(self) -> int: ...
    @property
    def qualities(self) -> tuple[QualityBlock, ...]: ...


_DEVICE = Layout(technology=1, vendor=2, device=2)
_QUALITY = Layout(score=(1, SCORES), vendor=2, algorithm=2)
_CERTIFICATION = Layout(authority=2, scheme=1)


def read_capture(c: Cursor) -> dict[str, object]:
    """Capture time, device and quality list by the names of :class:`Captured`."""
    captured = c.take(9, "captured")
    device = _DEVICE.read(c)
    qualities = tuple(QualityBlock(**_QUALITY.read(c)) for _ in range(c.u8("quality_count")))
    return {"captured": captured, **device, "qualities": qualities}


def write_capture(value: Captured) -> bytes:
    head = exact(value.captured, 9, "captured") + _DEVICE.write(value)
    return head + uint(len(value.qualities), 1, "quality_count") + b"".join(map(_QUALITY.write, value.qualities))


def read_certifications(c: Cursor, flag: int) -> tuple[Certification, ...]:
    """The list is there only when the general header's flag is 1."""
    if not flag:
        return ()
    return tuple(Certification(**_CERTIFICATION.read(c)) for _ in range(c.u8("certification_count")))


def write_certifications(certifications: tuple[Certification, ...], flag: int) -> bytes:
    if not flag:
        return exact(b"" if not certifications else b"\0", 0, "certifications")
    return uint(len(certifications), 1, "certification_count") + b"".join(map(_CERTIFICATION.write, certifications))


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a 2011 record: magic, length u32, representations u16, certification flag u8, the part's own field, representations.

    ``flags``: certification flags the part allows (parts 5 and 6 define no certification: only 0); ``extra``: the part's own field.
    With ``forgiving`` a single representation may be longer than its own length field says; what is missing comes back as ``short``.
    """

    magic: bytes
    flags: range
    extra: Layout
    forgiving: bool = False

    def read(self, data: bytes, entry: str, one: Callable[[Cursor, int], T]) -> tuple[tuple[T, ...], int, dict[str, int]]:
        """Representations, certification flag and the part's own field. ``one`` must use up the cursor it gets."""
        c = Cursor(data, entry)
        c.magic(self.magic)
        c.total()
        count, certified = c.u16("representations"), c.u8("certified")
        c.check(certified in self.flags, "range", field="certified", value=certified)
        extra = self.extra.read(c)
        c.check(count >= 1, "representations", found=count)
        if self.forgiving:
            extra["short"] = 0
        found = []
        for _ in range(count):
            length = c.u32("representation_length") - 4
            if self.forgiving and count == 1 and 0 <= length < c.left:
                extra["short"] = c.left - length
                length = c.left
            body = c.sub(length, "representation_length")
            found.append(one(body, certified))
            body.end("representation")
        c.end("record")
        return tuple(found), certified, extra

    def write(self, bodies: Sequence[bytes], source: object, certified: int = 0, short: int = 0) -> bytes:
        """``source`` has the part's own field as attribute."""
        if certified not in self.flags:
            raise BadInput("record.range", field="certified", value=certified)
        if not bodies:
            raise BadInput("record.range", field="representations", value=0)
        parts = [uint(len(bodies), 2, "representations"), uint(certified, 1, "certified"), self.extra.write(source)]
        for body in bodies:
            parts += (uint(len(body) + 4 - short, 4, "representation_length"), body)
        return self.magic + uint(12 + sum(map(len, parts)), 4, "record_length") + b"".join(parts)


def read_image(c: Cursor) -> bytes:
    """Length u32 and that many octets, at least one."""
    image = c.take(c.u32("image_length"), "image")
    c.check(bool(image), "no_image")
    return image


def write_image(image: bytes) -> bytes:
    return uint(len(held(image)), 4, "image_length") + image


def held(image: bytes) -> bytes:
    """The image, which must not be empty."""
    if not image:
        raise BadInput("record.range", field="image", value=0)
    return image


def distinct(codes: Iterable[int]) -> int:
    return len(set(codes))


def finger_position(code: int) -> Position | None:
    """Position of an ISO finger code 1..10; None for unknown and groups."""
    return FINGERS[code - 1] if 1 <= code <= 10 else None


def eye_position(label: int) -> Position | None:
    """1 is the right eye, 2 the left (ISO/IEC 19794-6)."""
    return EYES[label - 1] if label in (1, 2) else None


def write_count(items: Sequence[object], size: int) -> bytes:
    """How many representations follow, at least one."""
    return uint(len(items) or -1, size, "representations")
