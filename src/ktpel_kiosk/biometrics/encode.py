"""Turns a stored sample into what the packet carries: ISO record, CBEFF BIR, signature files, chip portrait.

Samples are lossless PNG, so everything is compressed exactly once, here. Rates: fingers WSQ 0.75 bit per pixel (about 15:1, the FBI
rate); irises and face JPEG 2000 at 10:1 by default (near-lossless: about 40 dB on irises; lossless would cost 140 kB an iris and break the
1 MB aim; BSI TR-03121 allows faces up to 15:1). Any thread. Errors: BadInput naming the sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_kiosk.biometrics import codecs, images, ink, isf, pen, thumbprint
from ktpel_kiosk.biometrics.cbeff import Bir
from ktpel_kiosk.biometrics.records import common, fac, fir, iir
from ktpel_kiosk.biometrics.records.common import QualityBlock
from ktpel_kiosk.domain.biometric import Modality, Position, Quality, RawImage, Sample
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import SignatureCapture

IRIS_RATIO = 10.0
FACE_RATIO = 10.0
CHIP_WIDTH, CHIP_HEIGHT = 180, 240
CHIP_LIMIT = 4_000
"""Bytes of the portrait on the chip: the card holds 8 KB, and biodata, signature and two minutiae records share it."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """``record`` is the ISO record; ``bir`` its CBEFF frame (None for signatures, which travel as own files);
    ``image_length`` bytes of the compressed image inside."""

    position: Position
    record: bytes
    media_type: str
    bir: Bir | None
    image_length: int


@dataclass(frozen=True, slots=True)
class Compressed:
    """A sample's picture, compressed once: ``raw`` the pixels it was made of, ``media_type`` WSQ, JPEG 2000 or JPEG."""

    raw: RawImage
    media_type: str
    image: bytes


def compress(sample: Sample, *, iris_ratio: float = IRIS_RATIO, face_ratio: float = FACE_RATIO, jpeg_face: bool = False) -> Compressed:
    """Finger to WSQ, iris and face to JPEG 2000 (the face to JPEG where asked). Raises BadInput naming the position."""
    entry, modality = sample.position.value, sample.position.modality
    if sample.media_type != "image/png" or modality is Modality.SIGNATURE:
        raise BadInput("image.media_type", entry=entry, found=sample.media_type)
    raw = images.decode_png(sample.data, entry=entry)
    if modality is not Modality.FACE and raw.channels != 1:
        raise BadInput("image.mode", entry=entry, found="RGB")
    if modality is Modality.FINGER:
        raw = RawImage(raw.width, raw.height, 1, raw.data, sample.ppi or raw.ppi)
        return Compressed(raw, codecs.WSQ, codecs.encode_wsq(raw))
    if modality is Modality.IRIS:
        return Compressed(raw, codecs.JP2, codecs.encode_jp2(raw, iris_ratio))
    if jpeg_face:
        return Compressed(raw, codecs.JPEG, codecs.encode_jpeg(raw))
    return Compressed(raw, codecs.JP2, codecs.encode_jp2(raw, face_ratio))


def encode_sample(sample: Sample, *, iris_ratio: float = IRIS_RATIO, face_ratio: float = FACE_RATIO) -> Encoded:
    """Finger -> FIR 2011 with WSQ, iris -> IIR 2011 and face -> FAC 2011 with JPEG 2000, signature -> 19794-7.

    A thumb print that stands for a signature has no time series: it travels as the PNG it is.
    """
    modality = sample.position.modality
    if modality is Modality.SIGNATURE and sample.media_type == images.PNG:
        images.decode_png(sample.data, entry=sample.position.value)
        return Encoded(sample.position, sample.data, images.PNG, None, len(sample.data))
    if modality is Modality.SIGNATURE:
        record = signature_isf(sample)
        return Encoded(sample.position, record, "application/x-iso-19794-7", None, len(record))
    picture = compress(sample, iris_ratio=iris_ratio, face_ratio=face_ratio)
    record = {Modality.FINGER: _finger, Modality.IRIS: _iris, Modality.FACE: _face}[modality](sample, picture)
    return Encoded(sample.position, record, "application/octet-stream", _bir(sample, record), len(picture.image))


def _bir(sample: Sample, record: bytes) -> Bir:
    q, d = sample.quality, sample.device
    registered = (str(q.vendor_id), str(q.algorithm_id)) if q.algorithm_id else ("ktpel-kiosk", q.algorithm)
    score = q.score if q.score != 255 else None
    return Bir(sample.id, sample.position, sample.captured_at, record, score, registered, (d.make, f"{d.model} {d.serial}".strip()))


def _qualities(quality: Quality) -> tuple[QualityBlock, ...]:
    return (QualityBlock(quality.score, quality.vendor_id, quality.algorithm_id),)


def _finger(sample: Sample, picture: Compressed) -> bytes:
    image = fir.FingerImage(
        sample.position.iso_finger_code,
        picture.raw.width,
        picture.raw.height,
        fir.COMPRESSION_WSQ,
        picture.image,
        captured=common.pack_time(sample.captured_at),
        qualities=_qualities(sample.quality),
    )
    return fir.encode(fir.FingerRecord((image,)))


def _iris(sample: Sample, picture: Compressed) -> bytes:
    raw = picture.raw
    vga = (raw.width, raw.height) == (640, 480)
    image = iir.IrisImage(
        iir.RIGHT if sample.position is Position.RIGHT_EYE else iir.LEFT,
        raw.width,
        raw.height,
        iir.JP2_MONO,
        picture.image,
        captured=common.pack_time(sample.captured_at),
        qualities=_qualities(sample.quality),
        image_type=iir.VGA if vga else iir.UNCROPPED,
        properties=iir.ORIENTED_LOSSY,
        **_where(sample.quality, raw.width, raw.height),
    )
    return iir.encode(iir.IrisRecord((image,)))


def _where(quality: Quality, width: int, height: int) -> dict[str, Any]:
    """Centre and diameter of the iris with a pixel (two for the diameter) of doubt; undefined (0) when nobody measured them."""
    x, y, d = (quality.measures.get(name, 0.0) for name in ("iris_x", "iris_y", "iris_d"))
    if not (1 < x < width - 1 and 1 < y < height - 1 and 2 < d < 0xFFFE):
        return {}
    (x0, x1), (y0, y1) = ((math.floor(v) - 1, math.ceil(v) + 1) for v in (x, y))
    return {"centre": (x0, x1, y0, y1), "diameter": (max(1, math.floor(d) - 2), math.ceil(d) + 2)}


def _face(sample: Sample, picture: Compressed) -> bytes:
    raw = picture.raw
    image = fac.FaceImage(
        raw.width,
        raw.height,
        fac.JP2_LOSSY,
        picture.image,
        captured=common.pack_time(sample.captured_at),
        qualities=_qualities(sample.quality),
        landmarks=_eyes(sample.quality, raw.width, raw.height),
        image_type=fac.FULL_FRONTAL if sample.quality.measures.get("full_frontal", 1.0) else fac.BASIC,
        colour=fac.RGB24 if raw.channels == 3 else fac.GREY8,
    )
    return fac.encode(fac.FaceRecord((image,)))


def _eyes(quality: Quality, width: int, height: int) -> tuple[fac.Landmark, ...]:
    """Eye centres in the portrait, where the landmark network saw them; the measures hold them as shares of the camera's frame, named
    as they lie in the picture, the record names the person's own left and right."""
    m = quality.measures
    names = ("eye_left_x", "eye_left_y", "eye_right_x", "eye_right_y", "crop_x", "crop_y", "crop_w", "crop_h")
    if not m.get("landmarks") or not all(n in m for n in names) or m["crop_w"] <= 0 or m["crop_h"] <= 0:
        return ()
    points = []
    for code, side in ((fac.RIGHT_EYE, "left"), (fac.LEFT_EYE, "right")):
        x = round((m[f"eye_{side}_x"] - m["crop_x"]) / m["crop_w"] * width)
        y = round((m[f"eye_{side}_y"] - m["crop_y"]) / m["crop_h"] * height)
        if not (0 <= x < width and 0 <= y < height):
            return ()
        points.append(fac.Landmark(code, x, y))
    return tuple(points)


def signature_isf(sample: Sample) -> bytes:
    """The signature as ISO/IEC 19794-7 time series."""
    return isf.encode_isf(_capture_of(sample))


def signature_png(sample: Sample) -> bytes:
    """The signature as PNG, black on white: the pen's ink, or the thumb print."""
    if sample.media_type == images.PNG:
        return thumbprint.picture(sample.data, sample.position.value)
    return ink.ink_png(_capture_of(sample))


def _capture_of(sample: Sample) -> SignatureCapture:
    if sample.media_type != pen.MEDIA_TYPE:
        raise BadInput("image.media_type", entry=sample.position.value, found=sample.media_type)
    return pen.decode(sample.data, sample.position.value)


def chip_portrait(png: bytes, *, limit: int = CHIP_LIMIT) -> bytes:
    """Portrait for the chip: 180 x 240 JPEG 2000 of at most ``limit`` bytes."""
    raw = images.decode_png(png, entry="face")
    small = cv2.resize(images.to_array(raw), (CHIP_WIDTH, CHIP_HEIGHT), interpolation=cv2.INTER_AREA)
    image = images.from_array(np.asarray(small, np.uint8))
    ratio = max(1.0, len(image.data) / (limit - 400))
    for _ in range(8):
        jp2 = codecs.encode_jp2(image, ratio)
        if len(jp2) <= limit:
            return jp2
        ratio *= 1.05 * len(jp2) / limit
    raise BadInput("image.ratio", entry="face", value=round(ratio, 1), limit=limit)
