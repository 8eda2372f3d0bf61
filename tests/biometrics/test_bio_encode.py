"""What a stored sample becomes: places in the record where they were measured, unknown where not; portraits of the chip."""

from __future__ import annotations

import bio_iso
import bio_synth
import pytest
from bio_samples import stored

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.encode import CHIP_LIMIT, chip_portrait, compress, encode_sample
from ktpel_kiosk.domain.biometric import Position, Quality, Sample
from ktpel_kiosk.domain.errors import BadInput

PICTURE = images.from_array(bio_synth.eye(4)[::4, ::4].repeat(3, axis=1).reshape(120, 160, 3))
SEEN = {"landmarks": 1.0, "full_frontal": 1.0, "eye_left_x": 0.4, "eye_left_y": 0.4, "eye_right_x": 0.5, "eye_right_y": 0.5,
        "crop_x": 0.2, "crop_y": 0.2, "crop_w": 0.5, "crop_h": 0.5}


def face(**measures: float) -> Sample:
    return stored(Position.FACE, images.encode_png(PICTURE), Quality("ktpel-face 2", 70, measures=measures))


def test_eyes_of_the_portrait_are_the_persons_own_left_and_right() -> None:
    record = bio_iso.read_fac(encode_sample(face(**SEEN)).record)
    assert record["landmarks"] == [(1, 0xC2, 64, 48, 0), (1, 0xC1, 96, 72, 0)]  # the person's right eye lies on the picture's left
    assert (record["image_type"], record["size"]) == (1, (160, 120))


@pytest.mark.parametrize("changed", [{"landmarks": 0.0}, {"crop_w": 0.0}, {"eye_left_x": 0.9}, {"eye_right_y": 0.1}])
def test_eyes_that_were_not_seen_are_not_claimed(changed: dict[str, float]) -> None:
    assert bio_iso.read_fac(encode_sample(face(**(SEEN | changed))).record)["landmarks"] == []


def test_full_frontal_is_claimed_unless_measured_otherwise() -> None:
    kinds = [bio_iso.read_fac(encode_sample(face(**m)).record)["image_type"] for m in ({}, {"full_frontal": 1.0}, {"full_frontal": 0.0})]
    assert kinds == [1, 1, 0]


@pytest.mark.parametrize(("measures", "centre", "diameter"), [
    ({"iris_x": 320.4, "iris_y": 240.0, "iris_d": 220.2}, (319, 322, 239, 241), (218, 223)),
    ({}, (0, 0, 0, 0), (0, 0)), ({"iris_x": -3.0, "iris_y": 240.0, "iris_d": 220.0}, (0, 0, 0, 0), (0, 0)),
])
def test_place_of_the_iris(measures: dict[str, float], centre: tuple[int, ...], diameter: tuple[int, ...]) -> None:
    eye = stored(Position.LEFT_EYE, images.encode_png(images.from_array(bio_synth.eye(1))), Quality("ktpel-iris 2", 80, measures=measures))
    record = bio_iso.read_iir(encode_sample(eye).record)
    assert (record["label"], record["image_type"], record["centre"], record["diameter"]) == (2, 2, centre, diameter)


def test_each_picture_is_compressed_once_and_named_when_it_cannot_be() -> None:
    assert (compress(face()).media_type, compress(face(), jpeg_face=True).media_type) == (codecs.JP2, codecs.JPEG)
    colour_finger = stored(Position.LEFT_RING, images.encode_png(PICTURE), Quality("x", 1), ppi=500)
    with pytest.raises(BadInput) as caught:
        compress(colour_finger)
    assert (caught.value.message_key, caught.value.facts["entry"]) == ("image.mode", "left_ring")


def test_portrait_of_the_chip_keeps_its_size() -> None:
    small = chip_portrait(images.encode_png(PICTURE))
    assert len(small) <= CHIP_LIMIT
    assert images.header_size(small, codecs.JP2) == (180, 240)
