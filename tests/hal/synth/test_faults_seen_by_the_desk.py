"""What the desk makes of the scripted misfortunes: each is refused or named, none slips through as a good sample."""

from __future__ import annotations

import pytest

from ktpel_kiosk.biometrics.face import models
from ktpel_kiosk.biometrics.service import BiometricService
from ktpel_kiosk.domain.biometric import EYES, RIGHT_FOUR, Position, RawImage, SignatureKind
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.hal.simulators import biometric, spoiled
from ktpel_kiosk.hal.simulators.world import SimulatedWorld

DESK = BiometricService()


@pytest.fixture(scope="module")
def seated() -> SimulatedWorld:
    world = SimulatedWorld()
    world.seat(11, 2001, "P")
    return world


@pytest.fixture
def world(seated: SimulatedWorld):
    yield seated
    seated.faults.clear()


def hint_of_the_still(world: SimulatedWorld) -> tuple[str, ...]:
    try:
        return DESK.assess_face(biometric.SimulatedCamera(world).still(), "merah").quality.hints
    except CaptureFailed as trouble:
        return (trouble.message_key,)


def test_an_ordinary_portrait_needs_no_hint(world) -> None:
    assert hint_of_the_still(world) == ()


@pytest.mark.parametrize(("fault", "seen"), [
    ("two_faces", {"face.many"}), ("eyes_closed", {"face.eyes"}), ("dark", {"face.dark"}), ("overexposed", {"face.bright"}),
    ("uneven_light", {"face.uneven"}), ("blurred", {"face.blurred"}),
    ("upside_down", {"face.camera_turned", "face.none", "face.chin_up"}),
    ("noise", {"face.none"}), ("wrong_cloth", {"face.background"}),
])
def test_camera_faults_are_named(world, fault: str, seen: set[str]) -> None:
    world.faults.add("camera", fault)
    assert seen & set(hint_of_the_still(world))


@pytest.mark.parametrize(("fault", "seen"), [("head_turned", "face.turn_right"), ("mouth_open", "face.mouth")])
def test_pose_and_mouth_are_seen_where_there_are_landmarks(world, fault: str, seen: str) -> None:
    if not models.available():
        pytest.skip(f"no landmarks: {models.trouble()}")
    world.faults.add("camera", fault)
    assert seen in hint_of_the_still(world)


def test_a_mirrored_picture_is_still_one_good_face(world) -> None:
    plain = biometric.SimulatedCamera(world).still()
    world.faults.add("camera", "mirrored")
    still = biometric.SimulatedCamera(world).still()
    assert still != plain
    assert DESK.assess_face(still, "merah").quality.hints == ()


def test_a_blurred_live_frame_is_not_sharp_for_its_noise(world) -> None:
    """The lens blurs before the sensor adds its noise."""
    assert DESK.preview_face(biometric.SimulatedCamera(world).frame(), "merah").hints == ()
    world.faults.add("camera", "blurred")
    assert DESK.preview_face(biometric.SimulatedCamera(world).frame(), "merah").hints == ("face.blurred",)


def test_live_picture_shows_the_same_fault(world) -> None:
    world.faults.add("camera", "two_faces")
    assert DESK.preview_face(biometric.SimulatedCamera(world).frame(), "merah").hints == ("face.many",)


def slap(world: SimulatedWorld, fault: str) -> list[object]:
    world.faults.add("fingerprint", fault)
    capture = biometric.SimulatedFingerprintScanner(world).capture(RIGHT_FOUR, 1, lambda image: None)
    return list(DESK.assess_fingers(capture, RIGHT_FOUR))


@pytest.mark.parametrize(("fault", "key"), [("six_tips", "finger.count"), ("noise", "finger.count"), ("upside_down", "finger.upside_down")])
def test_no_slap_comes_of_it(world, fault: str, key: str) -> None:
    with pytest.raises(CaptureFailed) as refused:
        slap(world, fault)
    assert refused.value.message_key == key


def test_a_mirrored_slap_looks_like_the_other_hand(world) -> None:
    assert {"finger.wrong_hand"} == {hint for finger in slap(world, "mirrored") for hint in finger.quality.hints}


def test_a_finger_placed_twice_is_found(world) -> None:
    fingers = slap(world, "same_finger_twice")
    found = DESK.finger_conflicts([(f.position, f.data) for f in fingers], [])
    assert {(c.position, c.found) for c in found} & {(Position.RIGHT_MIDDLE, Position.RIGHT_INDEX),
                                                     (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE)}


def eyes(world: SimulatedWorld, fault: str) -> list[tuple[Position, RawImage]]:
    world.faults.add("iris", fault)
    return list(biometric.SimulatedIrisCamera(world).capture(EYES, 1, lambda image: None).eyes)


def test_one_eye_given_for_both_is_found(world) -> None:
    assessed = [DESK.assess_iris(position, image) for position, image in eyes(world, "same_eye_twice")]
    assert len(DESK.iris_conflicts([(a.position, a.data) for a in assessed], [])) == 1


def test_a_printed_lens_is_seen_and_noise_is_no_eye(world) -> None:
    assert "iris.lens" in DESK.assess_iris(*eyes(world, "lens")[0]).quality.hints
    with pytest.raises(CaptureFailed, match=r"iris\.not_found"):
        DESK.assess_iris(*eyes(world, "noise")[0])


def test_a_sleeve_is_no_signature(world) -> None:
    world.faults.add("signature", "accidental_strokes")
    capture = biometric.SimulatedSignaturePad(world).capture("", 1, lambda point: None)
    assert any(point.down for point in capture.points)
    with pytest.raises(CaptureFailed) as refused:
        DESK.assess_signature(capture, SignatureKind.TANDA_TANGAN)
    assert refused.value.message_key == "signature.short"


def test_spoiling_keeps_size_depth_and_resolution() -> None:
    grey = RawImage(64, 48, 1, bytes(range(256)) * 12, 500)
    for spoil in (*spoiled.PLATEN.values(), *spoiled.IRIS.values()):
        assert (spoil(grey).width, spoil(grey).height, spoil(grey).channels, spoil(grey).ppi) == (64, 48, 1, 500)
    assert spoiled.mirrored(spoiled.mirrored(grey)) == spoiled.upside_down(spoiled.upside_down(grey)) == grey
