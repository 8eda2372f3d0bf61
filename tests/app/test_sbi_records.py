"""Pixels out of the records of devices with a secure biometric interface, among them MOSIP's own samples."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "contract"))

from sbi_service import SAMPLES, eye_record, face_record, finger_record

from ktpel_kiosk.app.sbi_records import decode_record
from ktpel_kiosk.biometrics import codecs
from ktpel_kiosk.biometrics.images import from_array
from ktpel_kiosk.biometrics.records import fir, fir2005, iir, iir2005
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.devices import DeviceKind

FINGER, IRIS, FACE = DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.CAMERA
RAW = 0


def rings(width: int = 200, height: int = 260) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return (128 + 100 * np.sin(np.hypot(x - 90, y - 120) * 2 * np.pi / 9)).astype(np.uint8)


def close(found: bytes, wanted: np.ndarray) -> bool:
    return float(np.abs(np.frombuffer(found, np.uint8).reshape(wanted.shape).astype(int) - wanted).mean()) < 9


def test_raw_finger_of_2011() -> None:
    ((position, image),) = decode_record(finger_record("Left MiddleFinger"), FINGER)
    assert (position, image.width, image.height, image.ppi) == (Position.LEFT_MIDDLE, 200, 260, 500)
    ((position, _),) = decode_record(finger_record("UNKNOWN"), FINGER)
    assert position is None


@pytest.mark.parametrize(("edition", "compression"), [(2011, 0), (2011, 2), (2011, 5), (2005, 0), (2005, 2), (2005, 4)])
def test_raw_wsq_and_jpeg_2000_of_both_editions(edition: int, compression: int) -> None:
    pixels = rings()
    image = from_array(pixels, 500)
    data = {0: lambda: image.data, 2: lambda: codecs.encode_wsq(image)}.get(compression, lambda: codecs.encode_jp2(image))()
    if edition == 2011:
        record = fir.encode(fir.FingerRecord((fir.FingerImage(2, 200, 260, compression, data),)))
    else:
        record = fir2005.encode(fir2005.FingerRecord((fir2005.FingerImage(2, 200, 260, data),), compression))
    ((position, found),) = decode_record(record, FINGER)
    assert (position, found.width, found.height, found.channels, found.ppi) == (Position.RIGHT_INDEX, 200, 260, 1, 500)
    assert close(found.data, pixels)


def test_a_record_of_several_fingers_or_eyes_is_taken_apart() -> None:
    raw = rings().tobytes()
    hand = fir.encode(fir.several([fir.FingerImage(code, 200, 260, RAW, raw) for code in (7, 8, 9)]))
    assert [p for p, _ in decode_record(hand, FINGER)] == [Position.LEFT_INDEX, Position.LEFT_MIDDLE, Position.LEFT_RING]
    old = fir2005.FingerImage(2, 200, 260, raw)
    both = fir2005.encode(fir2005.FingerRecord((old, replace(old, code=3)), RAW))
    assert [p for p, _ in decode_record(both, FINGER)] == [Position.RIGHT_INDEX, Position.RIGHT_MIDDLE]
    eye = iir.IrisImage(iir.RIGHT, 200, 260, 2, raw)
    assert [p for p, _ in decode_record(iir.encode(iir.IrisRecord((eye, replace(eye, label=iir.LEFT)), 2)), IRIS)] == [
        Position.RIGHT_EYE, Position.LEFT_EYE]
    one = iir2005.IrisImage(raw)
    eyes = iir2005.encode(iir2005.IrisRecord((iir2005.Eye(1, (one,)), iir2005.Eye(2, (one,))), 200, 260, 2))
    assert [p for p, _ in decode_record(eyes, IRIS)] == [Position.RIGHT_EYE, Position.LEFT_EYE]


def test_irises_and_faces() -> None:
    ((position, image),) = decode_record(eye_record("Left"), IRIS)
    assert (position, image.width, image.channels) == (Position.LEFT_EYE, 320, 1)
    ((position, image),) = decode_record(face_record(), FACE)
    assert (position, image.width, image.height, image.channels) == (Position.FACE, 240, 320, 3)
    assert abs(image.data[0] - 200) < 4 and abs(image.data[1] - 20) < 4


@pytest.mark.parametrize(("record", "kind"), [
    (b"", FINGER), (b"FIR\0", FINGER), (b"FIR\x00020\x00" + b"\xff" * 40, FINGER), (eye_record("Left"), FINGER),
    (finger_record("Left Thumb"), IRIS),
    (finger_record("Left Thumb"), DeviceKind.SIGNATURE), (finger_record("Left Thumb")[:-1], FINGER), (face_record()[:200], FACE),
    (finger_record("Left Thumb") + b"x", FINGER), (face_record().replace(b"\xff\xd8\xff", b"\xff\xd8\x00"), FACE),
])
def test_what_is_no_record_of_this_kind_is_refused(record: bytes, kind: DeviceKind) -> None:
    with pytest.raises(BadInput):
        decode_record(record, kind)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="MOSIP's sample records are not on this machine")
@pytest.mark.parametrize(("name", "kind", "position", "size"), [
    ("Right_Index", FINGER, Position.RIGHT_INDEX, (308, 413, 1, 500)), ("Left_Iris", IRIS, Position.LEFT_EYE, (417, 313, 1, 0)),
    ("Face", FACE, Position.FACE, (240, 320, 3, 0)),
])
def test_mosip_samples(name: str, kind: DeviceKind, position: Position, size: tuple[int, ...]) -> None:
    ((found, image),) = decode_record((SAMPLES / f"{name}.iso").read_bytes(), kind)
    assert found is position and (image.width, image.height, image.channels, image.ppi) == size
    assert np.frombuffer(image.data, np.uint8).std() > 20


@pytest.mark.gate
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="MOSIP's sample records are not on this machine")
def test_every_mosip_sample_of_both_profiles() -> None:
    files = sorted(SAMPLES.parent.rglob("*.iso"))
    assert len(files) == 40
    for file in files:
        kind = {b"FIR": FINGER, b"IIR": IRIS, b"FAC": FACE}[file.read_bytes()[:3]]
        ((_, image),) = decode_record(file.read_bytes(), kind)
        assert image.width > 200
