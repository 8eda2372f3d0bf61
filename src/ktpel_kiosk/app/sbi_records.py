"""Pixels out of the records that devices with a secure biometric interface deliver: FIR, IIR and FAC, 2005 and 2011 editions.

Handed to ``hal.drivers.sbi`` by the composition root, since the hardware layer knows no biometrics. Foreign pictures (JPEG 2000, WSQ,
JPEG, PNG) are decoded in the child process with limits. Heavy imports wait for the first record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ktpel_kiosk.domain.biometric import Modality, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import DeviceKind

MAX_IMAGES = 10
_MODALITIES = {DeviceKind.FINGERPRINT: Modality.FINGER, DeviceKind.IRIS: Modality.IRIS, DeviceKind.CAMERA: Modality.FACE}


def decode_record(record: bytes, kind: DeviceKind) -> tuple[tuple[Position | None, RawImage], ...]:
    """Every image of a record, with the place the record names (None: unknown or a group of fingers).

    Raises:
        BadInput: ``record.*`` or ``image.*``; ``record.format`` also for a record of another kind of device.
    """
    from ktpel_kiosk.biometrics.records.read import read_record, to_raw

    images = []
    for single in _singles(record):
        read = read_record(single, "SBI")
        if read.modality is not _MODALITIES.get(kind):
            raise BadInput("record.format", entry="SBI", expected=str(_MODALITIES.get(kind)))
        images.append((read.position, to_raw(read)))
    return tuple(images)


def _singles(record: bytes) -> Iterator[bytes]:
    """One record an image. A record of one image stays byte for byte; those of several are taken apart; faces come one at a time."""
    parts = list(_apart(record))
    if len(parts) > MAX_IMAGES:
        raise BadInput("record.representations", entry="SBI", expected=MAX_IMAGES, found=len(parts))
    return iter(parts if len(parts) > 1 else [record])


def _apart(record: bytes) -> Iterator[bytes]:
    from ktpel_kiosk.biometrics.records import fir, fir2005, iir, iir2005

    magic = record[:8]
    if magic == fir.MAGIC_2011:
        yield from (fir.encode(fir.several([image])) for image in fir.decode(record, "SBI").images)
    elif magic == fir2005.MAGIC:
        fingers = fir2005.decode(record, "SBI")
        yield from (fir2005.encode(replace(fingers, images=(image,))) for image in fingers.images)
    elif magic == iir.MAGIC_2011:
        yield from (iir.encode(iir.IrisRecord((image,))) for image in iir.decode(record, "SBI").images)
    elif magic == iir2005.MAGIC:
        eyes = iir2005.decode(record, "SBI")
        yield from (iir2005.encode(replace(eyes, eyes=(replace(eye, images=(image,)),))) for eye in eyes.eyes for image in eye.images)
