"""What the ISO/IEC 19794 image records share: date, quality list, certification list, codes, the decoded sample.

Layouts: ISO/IEC 19794-1:2011 clause 12 and the 2005 and 2011 editions of parts 4, 5 and 6. Pure; any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ktpel_kiosk.biometrics.records.cursor import Cursor, exact, uint
from ktpel_kiosk.domain.biometric import EYES, FINGERS, Modality, Position

NO_TIME = b"\xff" * 9
"""Capture date and time not known."""

MAX_SIDE = 10_000
"""Largest width or height in pixels a record may announce."""


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


def read_qualities(cursor: Cursor) -> tuple[QualityBlock, ...]:
    blocks = []
    for _ in range(cursor.u8("quality_count")):
        score = cursor.u8("quality_score")
        cursor.check(score <= 100 or score == 255, "range", field="quality_score", value=score)
        blocks.append(QualityBlock(score, cursor.u16("quality_vendor"), cursor.u16("quality_algorithm")))
    return tuple(blocks)


def write_qualities(blocks: tuple[QualityBlock, ...]) -> bytes:
    return uint(len(blocks), 1, "quality_count") + b"".join(
        uint(b.score if b.score <= 100 or b.score == 255 else -1, 1, "quality_score")
        + uint(b.vendor, 2, "quality_vendor")
        + uint(b.algorithm, 2, "quality_algorithm")
        for b in blocks
    )


def read_certifications(cursor: Cursor, flag: int) -> tuple[Certification, ...]:
    """The list is there only when the general header's flag is 1."""
    if not flag:
        return ()
    return tuple(
        Certification(cursor.u16("certification_authority"), cursor.u8("certification_scheme"))
        for _ in range(cursor.u8("certification_count"))
    )


def write_certifications(certifications: tuple[Certification, ...], flag: int) -> bytes:
    if not flag:
        return exact(b"" if not certifications else b"\0", 0, "certifications")
    return uint(len(certifications), 1, "certification_count") + b"".join(
        uint(c.authority, 2, "certification_authority") + uint(c.scheme, 1, "certification_scheme") for c in certifications
    )


def read_flag(cursor: Cursor, field: str) -> int:
    flag = cursor.u8(field)
    cursor.check(flag <= 1, "range", field=field, value=flag)
    return flag


def read_side(cursor: Cursor, field: str) -> int:
    """Width or height; zero and absurd values are refused."""
    side = cursor.u16(field)
    cursor.check(1 <= side <= MAX_SIDE, "range", field=field, value=side)
    return side


def finger_position(code: int) -> Position | None:
    """Position of an ISO finger code 1..10; None for unknown and groups."""
    return FINGERS[code - 1] if 1 <= code <= 10 else None


def eye_position(label: int) -> Position | None:
    """1 is the right eye, 2 the left (ISO/IEC 19794-6)."""
    return EYES[label - 1] if label in (1, 2) else None
