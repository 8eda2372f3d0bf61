"""An assessed eye in its ISO/IEC 19794-6 record: side, score, where the iris is."""

from __future__ import annotations

import eye_pictures as pictures
from bio_samples import stored

from ktpel_kiosk.biometrics import encode, images
from ktpel_kiosk.biometrics.iris_service import IrisService
from ktpel_kiosk.biometrics.records import iir
from ktpel_kiosk.domain.biometric import Position, Quality
from ktpel_kiosk.hal.simulators.synth import eyes


def test_the_record_says_where_the_iris_is() -> None:
    truth = eyes.pose_of(1, Position.RIGHT_EYE, 0)
    taken = IrisService().assess(Position.RIGHT_EYE, images.from_array(pictures.synthetic(1, Position.RIGHT_EYE)))
    (image,) = iir.decode(encode.encode_sample(stored(Position.RIGHT_EYE, taken.data, taken.quality)).record).images
    assert image.label == iir.RIGHT
    assert (image.qualities[0].score, image.qualities[0].vendor, image.qualities[0].algorithm) == (taken.quality.score, 0, 0)
    x0, x1, y0, y1 = image.centre
    assert x0 <= truth.cx <= x1
    assert y0 <= truth.cy <= y1
    assert x1 - x0 <= 3
    assert image.diameter[0] <= 2 * truth.iris <= image.diameter[1]
    assert image.diameter[1] - image.diameter[0] <= 5


def test_an_eye_nobody_measured_has_no_place() -> None:
    png = images.encode_png(images.from_array(pictures.synthetic(1, Position.RIGHT_EYE)))
    for measures in ({}, {"iris_x": -4.0, "iris_y": 10.0, "iris_d": 20.0}, {"iris_x": float("nan"), "iris_y": 9.0, "iris_d": 9.0}):
        sample = stored(Position.LEFT_EYE, png, Quality("ktpel-iris 2", 50, measures=measures))
        (image,) = iir.decode(encode.encode_sample(sample).record).images
        assert (image.label, image.centre, image.diameter) == (iir.LEFT, (0, 0, 0, 0), (0, 0))
