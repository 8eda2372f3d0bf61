"""ANSI/NIST-ITL transactions of other makers, read strictly (traditional encoding, editions 0200 to 0502).

Lengths, separators and the table of contents (1.003) must agree with the bytes; what is then carried but not understood
(Type-2, Type-9, Type-13, agency fields) stays as it came. Time and memory are linear in the file; no size it announces is
allocated. Errors: BadInput ``record.an2k`` with ``entry``, ``count`` (which record) and ``field``; ``record.format`` for anything that
is no transaction. Pixels come out of the sandbox only. Any thread.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ktpel_kiosk.biometrics import codecs
from ktpel_kiosk.biometrics.images import check_size
from ktpel_kiosk.domain.biometric import EYES, FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Modality, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
MAX_BYTES = 64 * 1024 * 1024
MAX_RECORDS = 1000
"""1.003 counts at most 999 records after the first."""

MAX_FIELDS = 2000
PPMM_500 = 19.69

BINARY = frozenset({3, 4, 5, 6, 7, 8})
"""Record types with a binary header instead of tagged fields."""

_DATA = 999
_WITH_DATA = frozenset({10, 13, 14, 15, 16, 17, 19, 20, 21, 22, 99})
_CARRIED = frozenset({2, 9})
"""Agency-defined text: repeated and odd tags are met in the field and carried."""

_TAG = re.compile(rb"(\d{1,2})\.(\d{1,9}):")
_LEN = re.compile(rb"(\d{1,2})\.0*1:(\d{1,9})[\x1d\x1c]")
_PICTURE_HEAD, _SIGNATURE_HEAD = 18, 12
_NO_FINGER = 255

_ALGORITHM = {
    "NONE": "application/octet-stream", "WSQ": "image/x-wsq", "WSQ20": "image/x-wsq", "JPEGB": "image/jpeg", "JPEGL": "image/jpeg",
    "JP2": "image/jp2", "JP2L": "image/jp2", "PNG": "image/png",
}
_BINARY_ALGORITHM = ("NONE", "WSQ20", "JPEGB", "JPEGL", "JP2", "JP2L", "PNG")
_GROUPS: dict[int, tuple[Position, ...]] = {
    **{code: (position,) for code, position in enumerate(FINGERS, 1)},
    11: (Position.RIGHT_THUMB,), 12: (Position.LEFT_THUMB,), 13: RIGHT_FOUR, 14: LEFT_FOUR, 15: THUMBS,
}
"""Friction ridge positions this house knows (table 8 of the standard)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One logical record: ``fields`` in file order as (field number, raw text); ``data`` of field 999 or the body of a binary record.

    ``head`` holds the binary header of Types 3 to 8 after the IDC, or nothing.
    """

    kind: int
    idc: int
    length: int
    fields: tuple[tuple[int, bytes], ...] = ()
    data: bytes = b""
    head: bytes = b""

    def raw(self, number: int) -> bytes:
        """First occurrence of a field, empty when absent."""
        return next((value for tag, value in self.fields if tag == number), b"")

    def text(self, number: int) -> str:
        return self.raw(number).decode("utf-8", "replace")

    def items(self, number: int) -> tuple[tuple[str, ...], ...]:
        """Subfields, each as its information items."""
        value = self.raw(number)
        return tuple(tuple(i.decode("utf-8", "replace") for i in sub.split(US)) for sub in value.split(RS)) if value else ()


@dataclass(frozen=True, slots=True)
class File:
    """A whole transaction; ``records`` begins with the Type-1 record."""

    records: tuple[Record, ...]
    entry: str

    @property
    def first(self) -> Record:
        return self.records[0]

    @property
    def version(self) -> str:
        return self.first.text(2)

    @property
    def ppmm(self) -> float:
        """Nominal resolution of binary records in pixels per millimetre, 0 when not given."""
        return _decimal(self.first.text(12))


@dataclass(frozen=True, slots=True)
class Picture:
    """What one image-bearing record holds, not decompressed.

    ``positions`` are the body parts shown (empty: unknown or none of ours); ``code`` the number in the record,
    ``impression`` how a finger was taken. ``width``/``height`` stand in the record's header, which makers fill in wrongly now and then:
    the compressed image's own size counts. ``ppi`` 0 unknown.
    ``excused``: why there is no image (AMP or DME code), empty otherwise. ``hash_ok`` None: no hash in the record.
    """

    record: int
    kind: int
    modality: Modality | None
    positions: tuple[Position, ...]
    code: int
    width: int
    height: int
    ppi: int
    algorithm: str
    media_type: str
    image: bytes
    score: int | None = None
    excused: str = ""
    hash_ok: bool | None = None
    impression: int | None = None


def looks_like(data: bytes) -> bool:
    """Whether the bytes begin as a transaction does."""
    return re.match(rb"1\.0*1:\d{1,9}\x1d", data[:24]) is not None


def read(data: bytes, entry: str = "an2k") -> File:
    """The transaction, every length and the table of contents checked."""
    if len(data) > MAX_BYTES:
        raise BadInput("record.length", entry=entry, found=len(data), limit=MAX_BYTES)
    if not looks_like(data):
        raise BadInput("record.format", entry=entry, expected="ANSI/NIST-ITL")
    first = _tagged(data, 0, 1, entry, 1)
    listed = _contents(first, entry)
    records, at = [first], first.length
    for number, (kind, idc) in enumerate(listed, 2):
        record = _binary(data, at, kind, entry, number) if kind in BINARY else _tagged(data, at, kind, entry, number)
        _check(record.idc == idc, entry, number, "IDC")
        records.append(record)
        at += record.length
    _check(at == len(data), entry, len(records), "LEN")
    return File(tuple(records), entry)


def _check(holds: bool, entry: str, number: int, field: str) -> None:
    if not holds:
        raise BadInput("record.an2k", entry=entry, count=number, field=field)


def _contents(first: Record, entry: str) -> list[tuple[int, int]]:
    """(type, IDC) of every record after the first, from 1.003."""
    pairs = first.items(3)
    _check(0 < len(pairs) <= MAX_RECORDS and all(len(p) == 2 and all(_digits(i) for i in p) for p in pairs), entry, 1, "1.003")
    head, *rest = [(int(a), int(b)) for a, b in pairs]
    _check(head == (1, len(rest)), entry, 1, "1.003")
    _check(all(2 <= kind <= 99 and idc <= 255 for kind, idc in rest), entry, 1, "1.003")
    return rest


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _tagged(data: bytes, start: int, kind: int, entry: str, number: int) -> Record:
    """A record of tagged fields: LEN first, then fields apart by GS, FS at the end; field 999 runs to the end."""
    length = _length(data, start, kind, entry, number)
    end = start + length - 1
    _check(end < len(data) and data[end : end + 1] == FS, entry, number, "LEN")
    fields: list[tuple[int, bytes]] = []
    seen: set[int] = set()
    at, payload = start, b""
    while at < end:
        match = _TAG.match(data, at, min(end, at + 13))
        if match is None:
            raise BadInput("record.an2k", entry=entry, count=number, field=f"{kind}.?")
        tag = int(match[2])
        _check(len(fields) < MAX_FIELDS, entry, number, f"{kind}.{tag:03d}")
        if kind not in _CARRIED:
            _check(int(match[1]) == kind and tag not in seen, entry, number, f"{kind}.{tag:03d}")
        seen.add(tag)
        if tag == _DATA and kind in _WITH_DATA:
            payload, at = data[match.end() : end], end
            break
        stop = data.find(GS, match.end(), end)
        value = data[match.end() : end if stop < 0 else stop]
        _check(FS not in value, entry, number, f"{kind}.{tag:03d}")
        fields.append((tag, value))
        at = end if stop < 0 else stop + 1
        _check(stop < 0 or at < end, entry, number, f"{kind}.{tag:03d}")
    if kind == 1:
        return Record(1, 0, length, tuple(fields))
    _check(len(fields) >= 2 and fields[1][0] == 2, entry, number, f"{kind}.002")
    idc = fields[1][1].decode("ascii", "replace")
    _check(_digits(idc), entry, number, f"{kind}.002")
    return Record(kind, int(idc), length, tuple(fields), payload)


def _length(data: bytes, start: int, kind: int, entry: str, number: int) -> int:
    match = _LEN.match(data, start, start + 24)
    if match is None or int(match[1]) != kind:
        raise BadInput("record.an2k", entry=entry, count=number, field=f"{kind}.001")
    length = int(match[2])
    _check(match.end() - start <= length <= len(data) - start, entry, number, f"{kind}.001")
    return length


def _binary(data: bytes, start: int, kind: int, entry: str, number: int) -> Record:
    """Types 3 to 8: length u32, IDC u8, then a header of the type's own."""
    size = {7: 5, 8: _SIGNATURE_HEAD}.get(kind, _PICTURE_HEAD)
    _check(len(data) - start >= size, entry, number, "LEN")
    length = int.from_bytes(data[start : start + 4])
    _check(size <= length <= len(data) - start, entry, number, "LEN")
    head = data[start + 5 : start + size]
    if kind == 8:
        _check(head[0] <= 1 and head[1] <= 2, entry, number, "SIG")
    return Record(kind, data[start + 4], length, (), data[start + size : start + length], head)


def pictures(file: File) -> Iterator[Picture]:
    """Every record that shows, or is excused from showing, a body part or a signature. Raises BadInput for fields that make no sense."""
    for number, record in enumerate(file.records, 1):
        if record.kind in (3, 4, 5, 6):
            yield _ridge_picture(file, record, number)
        elif record.kind == 8:
            yield _signature(record, number)
        elif record.kind in (10, 13, 14, 15, 17):
            yield _tagged_picture(file, record, number)


def _ridge_picture(file: File, record: Record, number: int) -> Picture:
    head = record.head
    codes = [c for c in head[1:7] if c != _NO_FINGER]
    _check(head[12] < len(_BINARY_ALGORITHM) or record.kind != 4, file.entry, number, "GCA")
    algorithm = _BINARY_ALGORITHM[head[12]] if record.kind == 4 else "NONE" if head[12] == 0 else f"CA{head[12]}"
    least = 500 if record.kind in (4, 6) else 250
    ppi = least if head[7] == 0 else round(file.ppmm * 25.4)
    code = codes[0] if codes else 0
    return Picture(number, record.kind, Modality.FINGER, _GROUPS.get(code, ()), code, int.from_bytes(head[8:10]),
                   int.from_bytes(head[10:12]), ppi, algorithm, _ALGORITHM.get(algorithm, "application/octet-stream"), record.data,
                   impression=head[0])


def _signature(record: Record, number: int) -> Picture:
    kind = ("RASTER", "RASTER-G4", "VEKTOR")[record.head[1]]
    return Picture(number, 8, Modality.SIGNATURE, (Position.SIGNATURE,), record.head[0], int.from_bytes(record.head[3:5]),
                   int.from_bytes(record.head[5:7]), 0, kind, "application/octet-stream", record.data)


def _tagged_picture(file: File, record: Record, number: int) -> Picture:
    def whole(tag: int) -> int:
        items = record.items(tag)
        value = items[0][0].strip() if items else ""
        _check(not value or _digits(value), file.entry, number, f"{record.kind}.{tag:03d}")
        return int(value) if value else 0

    modality, code, positions = _shown(record, whole)
    excused = record.text(28) if record.kind == 17 else next((i[1] for i in record.items(18) if len(i) > 1), "")
    if record.kind in (10, 13):
        excused = ""
    _check(bool(record.data) or bool(excused), file.entry, number, f"{record.kind}.999")
    algorithm = record.text(11).strip().upper()
    _check(algorithm in _ALGORITHM or not record.data, file.entry, number, f"{record.kind}.011")
    scale = whole(9)
    ppi = {1: scale, 2: round(scale * 2.54)}.get(whole(8), 0)
    return Picture(number, record.kind, modality, positions, code, whole(6), whole(7), ppi if ppi < 10_000 else 0, algorithm,
                   _ALGORITHM.get(algorithm, "application/octet-stream"), record.data, _score(record), excused, _hash_ok(record),
                   whole(3) if record.kind in (13, 14) else None)


def to_raw(picture: Picture, entry: str) -> RawImage:
    """Pixels, decoded in the sandbox. Uncompressed pictures must be 8 bit grey, or RGB where the length says so."""
    if picture.hash_ok is False:
        raise BadInput("record.an2k", entry=entry, count=picture.record, field=f"{picture.kind}.996")
    if picture.media_type != codecs.RAW:
        image = codecs.decode(picture.image, picture.media_type, entry=entry)
        return RawImage(image.width, image.height, image.channels, image.data, picture.ppi or image.ppi)
    check_size(picture.width, picture.height, entry=entry)
    channels, odd = divmod(len(picture.image), picture.width * picture.height)
    _check(channels in (1, 3) and not odd, entry, picture.record, f"{picture.kind}.999")
    return RawImage(picture.width, picture.height, channels, picture.image, picture.ppi)


def _shown(record: Record, whole: Callable[[int], int]) -> tuple[Modality | None, int, tuple[Position, ...]]:
    if record.kind == 10:
        face = record.text(3).strip().upper() == "FACE"
        return (Modality.FACE, 0, (Position.FACE,)) if face else (None, 0, ())
    if record.kind == 17:
        label = whole(3)
        return Modality.IRIS, label, (EYES[label - 1],) if label in (1, 2) else ()
    code = whole(13)
    return Modality.FINGER, code, _GROUPS.get(code, ()) if record.kind == 14 else ()


def _score(record: Record) -> int | None:
    """Quality score 0..100 (255 failed) of SQS, FQM or IQS; NFIQ 1 (14.022) is another scale and stays in its field."""
    number, item = {10: (24, 0), 14: (24, 1), 17: (24, 0)}.get(record.kind, (0, 0))
    metrics = record.items(number) if number else ()
    value = metrics[0][item] if metrics and len(metrics[0]) > item else ""
    return int(value) if _digits(value) and (int(value) <= 100 or int(value) == 255) else None


def _hash_ok(record: Record) -> bool | None:
    stated = record.text(996).strip().lower()
    return hashlib.sha256(record.data).hexdigest() == stated if stated else None


def segments(record: Record) -> tuple[tuple[int, int, int, int, int], ...]:
    """SEG (14.021) of a slap: finger code, left, right, top, bottom in pixels; boxes that are none are left out."""
    found = []
    for items in record.items(21):
        if len(items) == 5 and all(_digits(i) for i in items):
            code, left, right, top, bottom = (int(i) for i in items)
            if left < right and top < bottom:
                found.append((code, left, right, top, bottom))
    return tuple(found)


def _decimal(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,3}(\.\d{1,4})?", text) else 0.0
