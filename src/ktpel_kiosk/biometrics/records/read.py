"""Reads one image out of any finger, face or iris record this house meets, and turns it into pixels.

Knows FIR 010/020, FAC 010/030, IIR 010/020. Errors: BadInput ``record.*`` and, from the pixels, ``image.*``. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable

from ktpel_kiosk.biometrics import codecs
from ktpel_kiosk.biometrics.images import check_size
from ktpel_kiosk.biometrics.records import common, fac, fir, iir
from ktpel_kiosk.biometrics.records.common import DecodedRecord
from ktpel_kiosk.domain.biometric import Modality, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput


def read_record(data: bytes, entry: str = "record") -> DecodedRecord:
    """The single representation of a record. Several representations are refused as ``record.representations``."""
    reader = _READERS.get(data[:8])
    if reader is None:
        raise BadInput("record.format", entry=entry, expected="FIR, FAC, IIR")
    return reader(data, entry)


def to_raw(record: DecodedRecord, *, trusted: bool = False) -> RawImage:
    """Pixels of a record; foreign records (the default) are decoded in the sandbox.

    The decoded size must be the one in the header, else BadInput ``record.size_differs``.
    """
    check_size(record.width, record.height, entry=record.entry)
    if record.media_type == codecs.RAW:
        if record.depth != 8 or len(record.image) != record.width * record.height * record.channels:
            raise BadInput(
                "record.length",
                entry=record.entry,
                expected=record.width * record.height * record.channels,
                found=len(record.image),
            )
        return RawImage(record.width, record.height, record.channels, record.image, record.ppi)
    image = codecs.decode(record.image, record.media_type, entry=record.entry, trusted=trusted, max_pixels=record.width * record.height)
    if (image.width, image.height) != (record.width, record.height):
        raise BadInput(
            "record.size_differs",
            entry=record.entry,
            expected=f"{record.width}x{record.height}",
            found=f"{image.width}x{image.height}",
        )
    return RawImage(image.width, image.height, image.channels, image.data, record.ppi)


def _finger(record: fir.FingerRecord, version: str, media: dict[int, str], entry: str) -> DecodedRecord:
    i = fir.only(record, entry)
    if i.compression not in media:
        raise BadInput("record.range", entry=entry, field="compression", value=i.compression)
    return DecodedRecord(
        f"FIR {version}",
        Modality.FINGER,
        common.finger_position(i.code),
        i.code,
        i.image,
        media[i.compression],
        i.width,
        i.height,
        1,
        i.ppi,
        i.depth,
        i.qualities[0] if i.qualities else None,
        common.unpack_time(i.captured),
        entry,
    )


def _face(record: fac.FaceRecord, version: str, media: dict[int, str], entry: str) -> DecodedRecord:
    _one(len(record.images), entry)
    i = record.images[0]
    return DecodedRecord(
        f"FAC {version}",
        Modality.FACE,
        Position.FACE,
        0,
        i.image,
        media[i.data_type],
        i.width,
        i.height,
        3,
        0,
        8,
        i.qualities[0] if i.qualities else None,
        common.unpack_time(i.captured),
        entry,
    )


def _iris(record: iir.IrisRecord, version: str, media: dict[int, str], entry: str) -> DecodedRecord:
    _one(len(record.images), entry)
    i = record.images[0]
    return DecodedRecord(
        f"IIR {version}",
        Modality.IRIS,
        common.eye_position(i.label),
        i.label,
        i.image,
        media[i.format],
        i.width,
        i.height,
        1,
        0,
        i.depth,
        i.qualities[0] if i.qualities else None,
        common.unpack_time(i.captured),
        entry,
    )


def _one(count: int, entry: str) -> None:
    if count != 1:
        raise BadInput("record.representations", entry=entry, expected=1, found=count)


_READERS: dict[bytes, Callable[[bytes, str], DecodedRecord]] = {
    fir.MAGIC_2011: lambda d, e: _finger(fir.decode(d, e), "020", fir.MEDIA_2011, e),
    fir.MAGIC_2005: lambda d, e: _finger(fir.decode_2005(d, e), "010", fir.MEDIA_2005, e),
    fac.MAGIC_2011: lambda d, e: _face(fac.decode(d, e), "030", fac.MEDIA_2011, e),
    fac.MAGIC_2005: lambda d, e: _face(fac.decode_2005(d, e), "010", fac.MEDIA_2005, e),
    iir.MAGIC_2011: lambda d, e: _iris(iir.decode(d, e), "020", iir.MEDIA_2011, e),
    iir.MAGIC_2005: lambda d, e: _iris(iir.decode_2005(d, e), "010", iir.MEDIA_2005, e),
}
