"""Reads one image, or the minutiae, out of any finger, face or iris record this house meets, and turns images into pixels.

Knows FIR 010/020, FAC 010/030, IIR 010/020, and FMR 20/030 as minutiae. Errors: BadInput ``record.*`` and, from the pixels,
``image.*``. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ktpel_kiosk.biometrics import codecs
from ktpel_kiosk.biometrics.images import check_size
from ktpel_kiosk.biometrics.records import common, fac, fac2005, fir, fir2005, fmr, fmr2011, iir, iir2005
from ktpel_kiosk.biometrics.records.common import DecodedRecord, QualityBlock, T
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
        if record.depth != 8 * record.channels or len(record.image) != record.width * record.height * record.channels:
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


def _only(items: Sequence[T], entry: str) -> T:
    if len(items) != 1:
        raise BadInput("record.representations", entry=entry, expected=1, found=len(items))
    return items[0]


def _media(known: dict[int, str], code: int, entry: str, field: str) -> str:
    """The media type of a compression this house decodes (packed raw and JPEG-LS are not)."""
    if code not in known:
        raise BadInput("record.range", entry=entry, field=field, value=code)
    return known[code]


def _first(qualities: Sequence[QualityBlock]) -> QualityBlock | None:
    return qualities[0] if qualities else None


def _scored(quality: int, least: int = 0) -> QualityBlock | None:
    """The single score of a 2005 record, None when undefined."""
    return QualityBlock(quality) if least <= quality <= 100 else None


def _finger_2011(data: bytes, entry: str) -> DecodedRecord:
    i = _only(fir.decode(data, entry).images, entry)
    return DecodedRecord(
        "FIR 020",
        Modality.FINGER,
        common.finger_position(i.code),
        i.code,
        i.image,
        _media(fir.MEDIA_2011, i.compression, entry, "compression"),
        i.width,
        i.height,
        ppi=i.ppi,
        depth=i.depth,
        quality=_first(i.qualities),
        captured_at=common.unpack_time(i.captured),
        entry=entry,
    )


def _finger_2005(data: bytes, entry: str) -> DecodedRecord:
    record = fir2005.decode(data, entry)
    i = _only(record.images, entry)
    return DecodedRecord(
        "FIR 010",
        Modality.FINGER,
        common.finger_position(i.code),
        i.code,
        i.image,
        _media(fir2005.MEDIA, record.compression, entry, "compression"),
        i.width,
        i.height,
        ppi=record.ppi,
        depth=record.depth,
        quality=_scored(i.quality),
        entry=entry,
    )


def _face_2011(data: bytes, entry: str) -> DecodedRecord:
    i = _only(fac.decode(data, entry).images, entry)
    return DecodedRecord(
        "FAC 030",
        Modality.FACE,
        Position.FACE,
        0,
        i.image,
        fac.MEDIA_2011[i.data_type],
        i.width,
        i.height,
        channels=3,
        quality=_first(i.qualities),
        captured_at=common.unpack_time(i.captured),
        entry=entry,
    )


def _face_2005(data: bytes, entry: str) -> DecodedRecord:
    i = _only(fac2005.decode(data, entry).images, entry)
    return DecodedRecord(
        "FAC 010",
        Modality.FACE,
        Position.FACE,
        0,
        i.image,
        fac2005.MEDIA[i.data_type],
        i.width,
        i.height,
        channels=3,
        quality=_scored(i.quality, 1),
        entry=entry,
    )


def _iris_2011(data: bytes, entry: str) -> DecodedRecord:
    i = _only(iir.decode(data, entry).images, entry)
    return DecodedRecord(
        "IIR 020",
        Modality.IRIS,
        common.eye_position(i.label),
        i.label,
        i.image,
        iir.MEDIA_2011[i.format],
        i.width,
        i.height,
        depth=i.depth,
        quality=_first(i.qualities),
        captured_at=common.unpack_time(i.captured),
        entry=entry,
    )


def _iris_2005(data: bytes, entry: str) -> DecodedRecord:
    record = iir2005.decode(data, entry)
    eye, i = _only([(eye, image) for eye in record.eyes for image in eye.images], entry)
    return DecodedRecord(
        "IIR 010",
        Modality.IRIS,
        common.eye_position(eye.label),
        eye.label,
        i.image,
        _media(iir2005.MEDIA, record.format, entry, "format"),
        record.width,
        record.height,
        channels=3 if record.format in iir2005.COLOUR_FORMATS else 1,
        depth=record.depth,
        quality=_scored(i.quality, 1),
        entry=entry,
    )


_READERS: dict[bytes, Callable[[bytes, str], DecodedRecord]] = {
    fir.MAGIC_2011: _finger_2011,
    fir2005.MAGIC: _finger_2005,
    fac.MAGIC_2011: _face_2011,
    fac2005.MAGIC: _face_2005,
    iir.MAGIC_2011: _iris_2011,
    iir2005.MAGIC: _iris_2005,
}


def read_minutiae(data: bytes, entry: str = "FMR") -> fmr.MinutiaeRecord:
    """A minutiae record of either edition as one of 2005, also out of a zero-filled buffer.

    Of the 2011 edition only one representation is taken (else ``record.representations``); its first quality score stays, extended
    data, which this house does not use, is left out.
    """
    if data[: len(fmr2011.MAGIC)] != fmr2011.MAGIC:
        return fmr.decode(fmr.from_buffer(data), entry)
    v = _only(fmr2011.decode(data, entry).views, entry)
    points = tuple(replace(m, quality=max(1, m.quality) if m.quality <= 100 else 0) for m in v.minutiae)
    score = next((q.score for q in v.qualities if q.score <= 100), 0)
    # Impression types beyond four bits (contactless, other, unknown) have no code in 2005; plain is what the comparison assumes.
    view = fmr.FingerView(v.code, points, v.view, v.impression if v.impression < 16 else 0, score)
    return fmr.MinutiaeRecord(v.width, v.height, (view,), v.x_ppcm, v.y_ppcm)
