"""CAP JEMPOL: a thumb on the fingerprint scanner stands for the signature, from the scanner to packet, card and chip."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pytest
from bio_samples import sample, stored
from PIL import Image

from ktpel_kiosk.biometrics import encode, images, thumbprint
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.service import BiometricService
from ktpel_kiosk.cards.records import pack_signature, unpack_signature
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage, Sample, SignatureKind
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
from ktpel_kiosk.packet.build import _signature_entries
from ktpel_kiosk.ports.devices import FingerCapture
from ktpel_kiosk.ports.services import Assessed

LEFT, RIGHT = Position.LEFT_THUMB, Position.RIGHT_THUMB


@lru_cache(maxsize=1)
def _thumb() -> RawImage:
    return SyntheticPerson(5).finger(LEFT, impression=2)


def _sample() -> Sample:
    return stored(Position.SIGNATURE, images.encode_png(_thumb()), Quality("NFIQ2 2.3.0", 61, 0x0101, 0x39), ppi=500)


def _grey(png: bytes) -> Grey:
    return images.to_array(images.decode_png(png))


class _Fingers(FingerService):
    """Judges every finger the same, so that the slow NFIQ 2 stays out of this test."""

    def assess(self, capture: FingerCapture, positions: Sequence[Position]) -> list[Assessed]:
        quality = Quality("NFIQ2 2.3.0", 61, 0x0101, 0x39, {"area": 200.0}, ("finger.too_dry",))
        return [images.assessed(p, dict(capture.fingers)[p], quality) for p in positions]


def test_a_thumb_becomes_the_signature_with_the_fingers_own_quality() -> None:
    service = BiometricService(fingers=_Fingers())
    made = service.assess_thumbprint(FingerCapture(None, ((LEFT, _thumb()),)))
    assert (made.position, made.media_type, made.ppi) == (Position.SIGNATURE, "image/png", 500)
    assert images.decode_png(made.data) == _thumb()
    assert made.quality == Quality("NFIQ2 2.3.0", 61, 0x0101, 0x39, {"area": 200.0, "finger": 6.0}, ("finger.too_dry",))
    right = service.assess_thumbprint(FingerCapture(None, ((RIGHT, _thumb()),)), RIGHT)
    assert right.quality.measures["finger"] == 1
    assert service.signature_png(made.data) == thumbprint.picture(made.data)


def test_what_is_no_finger_is_no_thumb_print() -> None:
    blank = images.from_array(np.full((500, 400), 240, np.uint8), 500)
    with pytest.raises(CaptureFailed) as caught:
        BiometricService().assess_thumbprint(FingerCapture(None, ((LEFT, blank),)))
    assert caught.value.message_key == "finger.not_a_finger"


def test_the_picture_is_ridges_on_white_and_cut_to_the_print() -> None:
    dirty = np.array(images.to_array(_thumb()), np.int16)
    ramp = np.linspace(0, 60, dirty.shape[1]).astype(np.int16)[None, :]
    dirty = np.clip(dirty - ramp, 0, 255).astype(np.uint8)  # a dull platen, darker to the right
    picture = _grey(thumbprint.picture(images.encode_png(images.from_array(dirty, 500))))
    assert images.decode_png(thumbprint.picture(images.encode_png(_thumb()))).ppi == 500
    for edge in (picture[:10], picture[-10:], picture[:, :10], picture[:, -10:]):
        assert edge.min() == 255
    middle = picture[picture.shape[0] // 2 - 60 : picture.shape[0] // 2 + 60, picture.shape[1] // 2 - 60 : picture.shape[1] // 2 + 60]
    assert 0.3 < (middle < 64).mean() < 0.7
    assert 0.2 < (middle > 224).mean() < 0.7
    assert picture.shape[0] < dirty.shape[0] + 2 * thumbprint.MARGIN


@pytest.mark.parametrize("path", ["NFIQ2/SFinGe_Test01.pgm", "nbis-rs/p1_1.png"])
def test_real_scanner_images_are_cleaned(path: str) -> None:
    name = path.rsplit("/", 1)[1]
    found = next(iter(sample(path.split("/", 1)[0]).rglob(name)), None)
    if found is None:
        pytest.skip(f"sample not available: {name}")
    grey = np.asarray(Image.open(found).convert("L"), np.uint8)
    picture = _grey(thumbprint.picture(images.encode_png(images.from_array(grey, 500))))
    assert (picture == 255).mean() > 0.3
    assert (picture < 64).mean() > 0.12


def test_no_print_no_picture() -> None:
    for tone in (0, 128, 255):
        png = images.encode_png(images.from_array(np.full((500, 400), tone, np.uint8), 500))
        with pytest.raises(BadInput) as caught:
            thumbprint.picture(png)
        assert caught.value.message_key == "signature.empty"
    with pytest.raises(BadInput) as caught:
        thumbprint.picture(b"\x89PNG\r\n\x1a\n")
    assert caught.value.message_key == "image.not_png"
    tiny = images.encode_png(images.from_array(np.zeros((3, 2), np.uint8), 500))
    with pytest.raises(BadInput):
        thumbprint.picture(tiny)


def test_it_travels_as_the_image_it_is_without_a_time_series() -> None:
    thumb = _sample()
    made = encode.encode_sample(thumb)
    assert (made.media_type, made.record, made.bir) == ("image/png", thumb.data, None)
    assert _signature_entries(thumb) == [("signature.png", thumb.data)]
    assert encode.signature_png(thumb) == thumbprint.picture(thumb.data)
    with pytest.raises(BadInput) as caught:
        encode.signature_isf(thumb)
    assert caught.value.message_key == "image.media_type"


def test_it_fits_card_and_chip() -> None:
    picture = thumbprint.picture(_sample().data)
    chip = unpack_signature(pack_signature(picture))
    assert chip is not None
    ink = np.asarray(chip) < 128
    assert 0.05 < ink.mean() < 0.4
    assert Image.open(io.BytesIO(picture)).mode == "L"
    assert SignatureKind.CAP_JEMPOL == "cap_jempol"
