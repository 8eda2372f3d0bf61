"""The service as the desk sees it, the encoding of samples for the packet, and a sentence for every key."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import bio_synth
import numpy as np
import pytest
from bio_samples import NOW, finger_png, stored

from ktpel_kiosk.biometrics import cbeff, codecs, encode, images, isf, pen
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.biometrics.nbis_engine import NbisEngine
from ktpel_kiosk.biometrics.plugins import slots
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.biometrics.service import BiometricService
from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, PenPoint, Position, Quality, RawImage, SignatureKind
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, EnvironmentTrouble
from ktpel_kiosk.ports.devices import FingerCapture, SignatureCapture
from ktpel_kiosk.ports.services import Biometrics

REPO = Path(__file__).resolve().parents[2]
SERVICE = BiometricService()
SLAP = images.from_array(bio_synth.slap((11, 12, 13, 14)), 500)


class NoNbis(NbisEngine):
    """A machine where the library does not load."""

    def failure(self) -> str:
        return "OSError: GLIBC_2.38 not found"


def test_service_is_what_the_port_asks_for() -> None:
    port: Biometrics = SERVICE
    assert port.match_threshold == 0.5


def test_slap_becomes_four_samples_in_the_asked_order() -> None:
    asked = (Position.RIGHT_LITTLE, Position.RIGHT_INDEX, Position.RIGHT_MIDDLE, Position.RIGHT_RING)
    found = SERVICE.assess_fingers(FingerCapture(SLAP), asked)
    assert tuple(a.position for a in found) == asked
    index = next(a for a in found if a.position is Position.RIGHT_INDEX)
    assert SERVICE.compare_fingers(index.data, finger_png(bio_synth.finger(11, width=290, height=400))) >= SERVICE.match_threshold
    for a in found:
        assert (a.media_type, a.ppi, a.quality.algorithm) == ("image/png", 500, "NFIQ2 2.3.0")
        assert (a.quality.vendor_id, a.quality.algorithm_id) == (0x0101, 0x39)
        assert 20 <= a.quality.score <= 100
        assert images.decode_png(a.data).ppi == 500
        assert "finger.wrong_hand" not in a.quality.hints


def test_wrong_hand_is_the_first_hint() -> None:
    for a in SERVICE.assess_fingers(FingerCapture(SLAP), LEFT_FOUR):
        assert a.quality.hints[0] == "finger.wrong_hand"


@pytest.mark.parametrize(
    ("capture", "key"),
    [
        (FingerCapture(RawImage(1600, 1000, 1, b"\xff" * 1_600_000, 500)), "finger.none"),
        (FingerCapture(images.from_array(bio_synth.slap((11, 12), gap=80), 500)), "finger.count"),
        (FingerCapture(None), "finger.count"),
        (FingerCapture(RawImage(1600, 1000, 1, b"\xff" * 1_600_000, 1000)), "finger.resolution"),
    ],
)
def test_unusable_slaps(capture: FingerCapture, key: str) -> None:
    with pytest.raises(CaptureFailed) as caught:
        SERVICE.assess_fingers(capture, RIGHT_FOUR)
    assert caught.value.message_key == key


def test_cut_outs_of_the_device_are_used_as_they_are() -> None:
    own = images.from_array(bio_synth.finger(21), 500)
    (found,) = SERVICE.assess_fingers(FingerCapture(None, ((Position.LEFT_THUMB, own),)), (Position.LEFT_THUMB,))
    assert images.decode_png(found.data) == own


def test_noise_on_the_scanner_is_no_finger() -> None:
    noise = images.from_array(np.random.default_rng(1).integers(0, 256, (420, 300)).astype(np.uint8), 500)
    with pytest.raises(CaptureFailed) as caught:
        SERVICE.assess_fingers(FingerCapture(None, ((Position.LEFT_THUMB, noise),)), (Position.LEFT_THUMB,))
    assert caught.value.message_key == "finger.not_a_finger"
    good = images.from_array(bio_synth.finger(21), 500)
    two = SERVICE.assess_fingers(
        FingerCapture(None, ((Position.LEFT_THUMB, noise), (Position.RIGHT_THUMB, good))), (Position.LEFT_THUMB, Position.RIGHT_THUMB)
    )
    assert (two[0].quality.score, two[0].quality.hints) == (0, ("finger.not_a_finger",))
    assert two[1].quality.score > 20


@pytest.mark.parametrize("size", [(150, 180), (810, 420), pytest.param((900, 1100), marks=pytest.mark.gate)])
def test_sizes_outside_nfiq2_still_get_a_score(size: tuple[int, int]) -> None:
    own = images.from_array(bio_synth.finger(22, width=size[0], height=size[1]), 500)
    (found,) = SERVICE.assess_fingers(FingerCapture(None, ((Position.LEFT_LITTLE, own),)), (Position.LEFT_LITTLE,))
    assert found.quality.score != 255
    assert 197 <= found.width <= 799
    assert 197 <= found.height <= 999


def test_without_the_library_fingers_get_our_own_score_and_comparison_says_why_not() -> None:
    bare = BiometricService(FingerService(NoNbis()))
    found = bare.assess_fingers(FingerCapture(SLAP), RIGHT_FOUR)
    assert {a.quality.algorithm for a in found} == {"ktpel-finger 1"}
    assert "GLIBC" in bare.ready()["NFIQ2 2.3.0"]
    with pytest.raises(EnvironmentTrouble) as caught:
        bare.compare_fingers(found[0].data, found[1].data)
    assert caught.value.message_key == "biometrics.nbis_missing"
    assert bare.finger_conflicts([(a.position, a.data) for a in found], []) == [], "the recording goes on"


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (1, 900), (900, 1), (40, 40)])
@pytest.mark.parametrize("channels", [1, 3])
def test_absurd_frames_are_refused_as_captures(width: int, height: int, channels: int) -> None:
    frame = RawImage(width, height, channels, bytes(width * height * channels))
    thumb = (Position.LEFT_THUMB,)
    for call in (
        lambda: SERVICE.assess_face(frame, "merah"),
        lambda: SERVICE.assess_iris(Position.LEFT_EYE, frame),
        lambda: SERVICE.assess_fingers(FingerCapture(frame), thumb),
        lambda: SERVICE.assess_fingers(FingerCapture(None, ((Position.LEFT_THUMB, frame),)), thumb),
    ):
        with pytest.raises(CaptureFailed):
            call()
    assert SERVICE.preview_face(frame, "biru").score == 0


def test_unknown_cloth_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        SERVICE.preview_face(RawImage(4, 4, 3, bytes(48)), "hijau")
    assert caught.value.facts["value"] == "hijau"


def test_same_finger_pairs() -> None:
    pngs = [finger_png(bio_synth.finger(s, pressure_seed=k, turn=5 * k)) for s, k in ((31, 0), (32, 0), (33, 0), (31, 1))]
    ((i, j, score),) = SERVICE.fingers.pairs(pngs)
    assert (i, j) == (0, 3)
    assert score > SERVICE.match_threshold


def test_card_template_round() -> None:
    template = SERVICE.template(finger_png(bio_synth.finger(34)))
    assert len(template) < 400
    assert SERVICE.compare_template(finger_png(bio_synth.finger(34, pressure_seed=2, turn=6)), template) >= SERVICE.match_threshold
    assert SERVICE.compare_template(finger_png(bio_synth.finger(35)), template) < SERVICE.match_threshold


def test_ready_reports_ok() -> None:
    found = dict(SERVICE.ready())
    assert found.pop("face models") in ("ok", "mediapipe 0.10.21 is not installed")  # no wheel on every Python
    assert set(found.values()) == {"ok"}


def test_iris_and_signature_become_samples() -> None:
    eye = SERVICE.assess_iris(Position.LEFT_EYE, images.from_array(bio_synth.eye(4)))
    assert (eye.position, eye.width, eye.height) == (Position.LEFT_EYE, 640, 480)
    assert images.to_array(images.decode_png(eye.data)).tobytes() == bio_synth.eye(4).tobytes()
    ink = SERVICE.assess_signature(_signature(), SignatureKind.TANDA_TANGAN)
    assert ink.media_type == "application/x-ktpel-pen"
    assert images.png_size(SERVICE.signature_png(ink.data))[0] == 800


def _signature() -> SignatureCapture:
    return SignatureCapture(tuple(PenPoint(1000 + 20 * n, 3000 + (n * 37) % 900, 500, n * 5) for n in range(300)), 9600, 6000)


# -- encoding for the packet -------------------------------------------------------------------------------------------------------


def test_finger_sample_becomes_a_wsq_record() -> None:
    sample = stored(Position.LEFT_RING, finger_png(bio_synth.finger(5)), Quality("NFIQ2 2.3.0", 61, 0x0101, 0x39), ppi=500)
    made = encode.encode_sample(sample)
    record = read_record(made.record)
    assert (record.position, record.media_type, record.captured_at) == (Position.LEFT_RING, codecs.WSQ, NOW)
    assert record.quality is not None
    assert (record.quality.score, record.quality.vendor, record.quality.algorithm) == (61, 0x0101, 0x39)
    assert to_raw(record, trusted=True).width == sample.width
    assert made.image_length == len(record.image)
    assert made.bir is not None
    assert made.bir.algorithm == ("257", "57")
    assert cbeff.parse(cbeff.build([made.bir], created_at=NOW))[0].bdb == made.record


def test_iris_and_face_samples_become_jp2_records_at_their_rate() -> None:
    eye = stored(Position.RIGHT_EYE, images.encode_png(images.from_array(bio_synth.eye(2))), Quality("ktpel-iris 1", 80))
    made = encode.encode_sample(eye)
    record = read_record(made.record)
    assert (record.position, record.media_type) == (Position.RIGHT_EYE, codecs.JP2)
    assert made.image_length <= 640 * 480 / 10 * 1.1
    assert made.bir is not None
    assert made.bir.algorithm == ("ktpel-kiosk", "ktpel-iris 1")
    portrait = np.random.default_rng(1).integers(0, 256, (80, 60, 3)).astype(np.uint8).repeat(10, 0).repeat(10, 1)
    face = encode.encode_sample(
        stored(Position.FACE, images.encode_png(images.from_array(portrait)), Quality("ktpel-face 1", 255)), face_ratio=15
    )
    assert to_raw(read_record(face.record)).channels == 3
    assert face.image_length <= 1_440_000 / 15 * 1.1
    assert face.bir is not None
    assert face.bir.score is None


def test_signature_sample_travels_outside_the_cbeff_file() -> None:
    sample = stored(Position.SIGNATURE, pen.encode(_signature()), Quality("ktpel-signature 1", 100), media_type=pen.MEDIA_TYPE)
    made = encode.encode_sample(sample)
    assert made.bir is None
    assert isf.decode_isf(made.record) == _signature()
    assert encode.signature_png(sample).startswith(b"\x89PNG")


def test_sample_that_is_no_png_is_named() -> None:
    broken = stored(Position.LEFT_RING, finger_png(bio_synth.finger(5)), Quality("NFIQ2 2.3.0", 61))
    broken = type(broken)(**{f: getattr(broken, f) for f in broken.__slots__} | {"data": b"not a picture"})
    with pytest.raises(BadInput) as caught:
        encode.encode_sample(broken)
    assert caught.value.facts["entry"] == "left_ring"


def test_chip_portrait_fits_its_file() -> None:
    hard = np.random.default_rng(1).integers(0, 256, (800, 600, 3)).astype(np.uint8)
    jp2 = encode.chip_portrait(images.encode_png(images.from_array(hard)))
    assert len(jp2) <= encode.CHIP_LIMIT
    back = codecs.decode_jp2(jp2)
    assert (back.width, back.height) == (encode.CHIP_WIDTH, encode.CHIP_HEIGHT)


# -- the house ---------------------------------------------------------------------------------------------------------------------


def test_every_key_raised_here_has_a_sentence_and_every_fact_in_it_is_given() -> None:
    source = "\n".join(p.read_text("utf-8") for p in (REPO / "src/ktpel_kiosk/biometrics").rglob("*.py"))
    used = set(re.findall(r'"((?:face|finger|iris|signature|image|record|biometrics)\.[a-z_0-9]+)"', source))
    used |= {f"record.{rule}" for rule in re.findall(r'check\([^"\n]*"([a-z_]+)"', source)}
    used -= {"signature.isf", "biometrics.xml", *slots()}
    sentences: dict[str, str] = {}
    for path in (REPO / "resources/i18n/id/errors").glob("*.toml"):
        sentences |= tomllib.loads(path.read_text("utf-8"))
    assert sorted(k for k in used if k not in sentences) == []


def test_construction_loads_no_fingerprint_library() -> None:
    code = (
        "import sys; from ktpel_kiosk.biometrics.service import BiometricService; BiometricService();"
        "sys.exit(any(m in sys.modules for m in ('nbis', '_wsq', 'wsq', 'lxml')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
