"""One recording as an ANSI/NIST-ITL 1-2011 transaction (version 0500, traditional encoding), built with nistitl.

Type-1; Type-2 with the biodata (agency-defined, table below and docs/exports.md); Type-10 portrait; fingers as Type-14 or, for
older readers, binary Type-4; Type-17 irises; Type-8 signature as pen vector. An excused finger is a Type-14 with AMP and no
image (with Type-4 fingers: an item of 2.084, as the FBI's EBTS has it), an excused eye a Type-17 with DME. Text outside ASCII
is UTF-8, declared in 1.015. Each picture is compressed once, from the lossless sample. Slaps are not kept by the register, so
no SEG is written. Errors: BadInput naming the sample. Any thread.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ktpel_kiosk.biometrics import pen
from ktpel_kiosk.biometrics.encode import compress
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.biometric import BiometricException, ExceptionKind, Modality, Position, Sample
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.transaction import Transaction

VERSION = "0500"
KIND_OF_TRANSACTION = "KTPEL"
DESTINATION = "ID-SIAK"
RESOLUTION = "19.69"
"""Pixels per millimetre of 500 ppi, native and transmitted."""

DOMAIN = ("KTPEL-KIOSK", "1")
SAP_UNKNOWN, SAP_FULL_FRONTAL = "0", "30"
"""Subject acquisition profile; 30 is a full frontal of at least 480 x 600."""

VECTOR = 2
VECTOR_UNIT_MM = 0.0254
PAD_UNIT_MM = 0.01
"""Pads report hundredths of a millimetre; where a pad does not, only the drawn size is off, not the shape."""

_LIVE_PLAIN = 0
_TYPE4_WSQ = 1
_SEPARATORS = str.maketrans({chr(c): " " for c in range(0x20)})


def biodata_fields(p: Penduduk, register_number: str) -> tuple[tuple[int, str], ...]:
    """Type-2 fields in order; numbers below 100 mean what the FBI's EBTS means by them, the others are of this house."""
    sex = "M" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "F"
    return (
        (18, p.nama), (20, p.tempat_lahir), (22, f"{p.tanggal_lahir:%Y%m%d}"), (24, sex),
        (100, p.nik), (101, register_number), (102, p.alamat), (103, p.rt), (104, p.rw), (105, p.desa), (106, p.kecamatan),
        (107, p.kabupaten), (108, p.provinsi), (109, codes.text("golongan_darah", p.golongan_darah)),
        (110, codes.text("agama", p.agama)), (111, codes.text("status_perkawinan", p.status_perkawinan)),
        (112, codes.text("pekerjaan", p.pekerjaan)), (113, p.kewarganegaraan),
    )


def build(content: Transaction, *, type4: bool = False, jpeg_face: bool = False) -> bytes:
    """The transaction as bytes; equal content gives equal bytes."""
    import nistitl

    message = nistitl.Message()
    first = message[0]
    texts = biodata_fields(content.penduduk, content.register_number)
    for number, value in _head(content, any(not v.isascii() for _, v in texts)):
        setattr(first, f"_{number}", value)
    second = _record(2, 0)
    for number, text in texts:
        setattr(second, f"_{number}", _text(text))
    if type4 and (amputations := [_amputation(e) for e in content.exceptions if e.position.modality is Modality.FINGER]):
        second._84 = amputations
    message += second
    for idc, record in enumerate(_pictures(content, type4, jpeg_face), 1):
        record.IDC = idc if isinstance(record, nistitl.BinaryRecord) else f"{idc:02d}"
        message += record
    return bytes(message.NIST)


def _head(content: Transaction, wide: bool) -> list[tuple[int, object]]:
    at = content.created_at.astimezone(UTC)
    fields: list[tuple[int, object]] = [
        (2, VERSION), (4, KIND_OF_TRANSACTION), (5, f"{content.local_date:%Y%m%d}"), (7, DESTINATION),
        (8, _text(content.office_code)), (9, _text(content.number)), (11, RESOLUTION), (12, RESOLUTION), (13, [list(DOMAIN)]),
        (14, f"{at:%Y%m%d%H%M%S}Z"),
    ]
    return [*fields, (15, [["003", "UTF-8"]])] if wide else fields


def _record(kind: int, idc: int) -> Any:
    import nistitl

    record = nistitl.AsciiRecord(kind)
    record.IDC = f"{idc:02d}"
    return record


def _text(value: str) -> str:
    """nistitl writes Latin-1 code by code: UTF-8 octets pass through it as such. Control signs would be separators."""
    return value.translate(_SEPARATORS).encode("utf-8").decode("latin-1")


def _pictures(content: Transaction, type4: bool, jpeg_face: bool) -> Iterable[Any]:
    """One record a position, in the order of :class:`Position`."""
    by = {s.position: s for s in content.samples}
    excused = {e.position: e for e in content.exceptions}
    for position in Position:
        sample, exception = by.get(position), excused.get(position)
        if sample is not None:
            record = _sample_record(content, sample, type4, jpeg_face)
            if record is not None:
                yield record
        elif exception is not None and not (type4 and position.modality is Modality.FINGER):
            record = _excused(content, exception)
            if record is not None:
                yield record


def _sample_record(content: Transaction, sample: Sample, type4: bool, jpeg_face: bool) -> Any:
    modality = sample.position.modality
    if modality is Modality.SIGNATURE:
        return _signature(sample) if sample.media_type == pen.MEDIA_TYPE else None
    if modality is Modality.FINGER and type4:
        return _type4(sample)
    picture = compress(sample, jpeg_face=jpeg_face)
    raw = picture.raw
    kind = {Modality.FACE: 10, Modality.FINGER: 14, Modality.IRIS: 17}[modality]
    record = _record(kind, 0)
    fields: dict[int, object] = {
        4: _text(content.office_code), 5: _day(sample.captured_at), 6: raw.width, 7: raw.height, 996: _hash(picture.image),
        999: picture.image, 904: [[_text(x)[:50] for x in (sample.device.make, sample.device.model, sample.device.serial)]],
    }
    if modality is Modality.FACE:
        colour = "SRGB" if raw.channels == 3 else "GRAY"
        profile = SAP_FULL_FRONTAL if raw.width >= 480 and raw.height >= 600 else SAP_UNKNOWN
        fields |= {3: "FACE", 8: 0, 9: 1, 10: 1, 11: "JPEGB" if jpeg_face else "JP2", 12: colour, 13: profile, 20: "F"}
    elif modality is Modality.FINGER:
        fields |= {3: _LIVE_PLAIN, 8: 1, 9: 500, 10: 500, 11: "WSQ20", 12: 8, 13: sample.position.iso_finger_code}
    else:
        fields |= {3: _eye(sample.position), 8: 0, 9: 1, 10: 1, 11: "JP2", 12: 8, 13: "GRAY", 19: fields.pop(904)}
    fields |= _quality(sample)
    for number in sorted(fields):
        setattr(record, f"_{number}", fields[number])
    return record


def _quality(sample: Sample) -> dict[int, object]:
    """Scores of registered algorithms only: SQS, FQM and IQS name vendor (four hex digits) and product. NQM is NFIQ 1, which is not
    computed here; an NFIQ 2 score belongs into FQM."""
    q = sample.quality
    if not q.algorithm_id:
        return {}
    metric = [q.score, f"{q.vendor_id:04X}", q.algorithm_id]
    if sample.position.modality is Modality.FINGER:
        return {24: [[sample.position.iso_finger_code, *metric]]}
    return {24: [metric]}


def _type4(sample: Sample) -> Any:
    import nistitl

    picture = compress(sample)
    record = nistitl.BinaryRecord(4)
    positions = bytes((sample.position.iso_finger_code, 255, 255, 255, 255, 255))
    record.pack("!B6sBHHB", _LIVE_PLAIN, positions, 0, picture.raw.width, picture.raw.height, _TYPE4_WSQ, picture.image)
    return record


def _signature(sample: Sample) -> Any:
    """Type-8 vector: x, y (thousandths of an inch, origin lower left), pressure 1..254; 0 lifts the pen and ends the list."""
    import nistitl

    capture = pen.decode(sample.data, sample.position.value)
    scale = PAD_UNIT_MM / VECTOR_UNIT_MM
    most = max((p.pressure for p in capture.points), default=0)
    if not most:
        raise BadInput("signature.empty")
    body = bytearray()
    for p in capture.points:
        x, y = round(p.x * scale), round(max(0, capture.height - p.y) * scale)
        if x > 0xFFFF or y > 0xFFFF:
            raise BadInput("record.range", field="x", value=max(x, y))
        body += struct.pack("!HHB", x, y, max(1, round(254 * p.pressure / most)) if p.down else 0)
    if body[-1]:
        body += body[-5:-1] + b"\0"
    record = nistitl.BinaryRecord(8)
    record.pack("!BBBHH", 0, VECTOR, 0, 0, 0, bytes(body))
    return record


def _excused(content: Transaction, exception: BiometricException) -> Any:
    """A record without image that says why; nothing for the face and the signature, which have no such field."""
    modality = exception.position.modality
    if modality not in (Modality.FINGER, Modality.IRIS):
        return None
    record = _record(14 if modality is Modality.FINGER else 17, 0)
    fields: dict[int, object] = {4: _text(content.office_code), 5: f"{content.local_date:%Y%m%d}"}
    if modality is Modality.FINGER:
        fields |= {3: _LIVE_PLAIN, 13: exception.position.iso_finger_code, 18: [_amputation(exception)]}
    else:
        fields |= {3: _eye(exception.position), 28: "MA" if exception.kind is ExceptionKind.MISSING else "UC"}
    for number in sorted(fields):
        setattr(record, f"_{number}", fields[number])
    return record


def _amputation(exception: BiometricException) -> list[object]:
    """Finger code and XX (not there) or UP (there, cannot be taken now)."""
    return [exception.position.iso_finger_code, "XX" if exception.kind is ExceptionKind.MISSING else "UP"]


def _eye(position: Position) -> int:
    return 1 if position is Position.RIGHT_EYE else 2


def _day(at: datetime) -> str:
    return f"{at:%Y%m%d}"


def _hash(image: bytes) -> str:
    return hashlib.sha256(image).hexdigest().upper()

