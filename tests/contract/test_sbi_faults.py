"""A device service that lies, stalls, breaks or complains: one known error each, never a capture, and the next capture works."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sbi_desk import CAMERA, FINGERPRINT, IRIS, QUICK, drivers_at, ignore, names, opened
from sbi_service import FAULTS, SbiService, eyes, face, foreign, slap

from ktpel_kiosk.domain.biometric import EYES, RIGHT_FOUR, THUMBS, Position, RawImage
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, DeviceTrouble, NotConnected, Stalled

LIE, APPLICANT = DeviceTrouble, CaptureFailed
ANSWERS: dict[str, tuple[Any, type[DeviceTrouble], str]] = {
    "silent": (1, Stalled, "sbi.silent"),
    "drip": (1, Stalled, "sbi.silent"),
    "late": (5.0, Stalled, "sbi.silent"),
    "die": (1, NotConnected, "sbi.gone"),
    "truncated": (1, LIE, "sbi.answer"),
    "short_length": (1, LIE, "sbi.answer"),
    "long_length": (1, LIE, "sbi.answer"),
    "huge": (1, LIE, "sbi.answer"),
    "huge_header": (1, LIE, "sbi.answer"),
    "deep_json": (1, LIE, "sbi.answer"),
    "not_json": (1, LIE, "sbi.answer"),
    "no_status": (1, LIE, "sbi.answer"),
    "one_less": (1, APPLICANT, "sbi.count"),
    "one_more": (1, APPLICANT, "sbi.wrong_part"),
    "wrong_hand": (1, APPLICANT, "sbi.wrong_part"),
    "duplicate_name": (1, APPLICANT, "sbi.duplicate"),
    "duplicate_picture": (1, APPLICANT, "sbi.duplicate"),
    "bad_signature": (1, LIE, "sbi.signature"),
    "alg_none": (1, LIE, "sbi.unsigned"),
    "no_chain": (1, LIE, "sbi.certificate"),
    "foreign_certificate": (1, LIE, "sbi.certificate"),
    "expired_certificate": (1, LIE, "sbi.certificate_expired"),
    "leaf_issuer": (1, LIE, "sbi.certificate"),
    "unsigned_data": (1, LIE, "sbi.unsigned"),
    "wrong_transaction": (1, LIE, "sbi.transaction"),
    "old_timestamp": (-6, LIE, "sbi.clock"),
    "bad_timestamp": (1, LIE, "sbi.clock"),
    "bad_hash": (1, LIE, "sbi.hash"),
    "wrong_env": (1, LIE, "sbi.environment"),
    "wrong_purpose": (1, LIE, "sbi.purpose"),
    "wrong_version": (1, LIE, "sbi.version"),
    "other_device": (1, LIE, "sbi.other_device"),
    "no_quality": ("baik", LIE, "sbi.quality"),
    "bad_magic": (1, LIE, "sbi.record"),
    "bad_base64": (1, LIE, "sbi.record"),
    "small_picture": (1, LIE, "sbi.size"),
    "wrong_record_part": (1, LIE, "sbi.record_part"),
}
HARMLESS = {"stream_cut", "stream_garbage", "stream_silent", "stream_no_length", "stream_wrong_length", "chunked", "until_close"}
CODED = {"missing_finger", "element_error", "answer_error", "stream_error"}
HASTY = replace(QUICK, margin=0.25, first_frame=0.2)
SLOW_FAULTS = {"silent", "drip", "late"}


@pytest.fixture
def service() -> Iterator[SbiService]:
    with SbiService(capture_s=0.01) as made:
        yield made
    assert made.complaints == []


def refused(device: Any, asked=THUMBS, timeout_s: float = 0.3) -> DeviceTrouble:
    with pytest.raises(DeviceTrouble) as raised:
        device.capture(asked, timeout_s, ignore)
    return raised.value


def frames(camera: Any, count: int) -> None:
    for _ in range(count):
        camera.frame()


def test_every_fault_of_the_service_is_tried() -> None:
    assert set(ANSWERS) | HARMLESS | CODED == FAULTS


@pytest.mark.parametrize("fault", sorted(ANSWERS))
def test_wrong_answer_is_one_error_and_the_next_capture_works(service: SbiService, fault: str) -> None:
    value, kind, key = ANSWERS[fault]
    scanner = opened(service, FINGERPRINT, timing=HASTY if fault in SLOW_FAULTS else QUICK)
    service.faults[fault] = value
    started = time.monotonic()
    error = refused(scanner, RIGHT_FOUR if fault == "wrong_hand" else THUMBS)
    assert (type(error), error.message_key) == (kind, key)
    assert time.monotonic() - started < 3.0
    service.faults.clear()
    scanner._session._scanner.timing = QUICK
    assert len(scanner.capture(THUMBS, 0.5, ignore).fingers) == 2
    scanner.close()


@pytest.mark.parametrize("quality", ["", None, "NaN", "101", "-1", True, "1e400"])
def test_quality_has_to_be_a_number(service: SbiService, quality: object) -> None:
    scanner = opened(service, FINGERPRINT)
    service.faults["no_quality"] = quality
    assert refused(scanner).message_key == "sbi.quality"
    scanner.close()


@pytest.mark.parametrize(("minutes", "fine"), [(-4.9, True), (4.9, True), (-5.1, False), (5.1, False)])
def test_clock_may_be_five_minutes_off_either_way(service: SbiService, minutes: float, fine: bool) -> None:
    scanner = opened(service, FINGERPRINT)
    service.faults["old_timestamp"] = minutes
    if fine:
        assert scanner.capture(THUMBS, 0.5, ignore).fingers
    else:
        error = refused(scanner)
        assert error.message_key == "sbi.clock" and 300 < int(str(error.facts["value"])) <= 307
    scanner.close()


def test_one_finger_that_did_not_come_is_named(service: SbiService) -> None:
    scanner = opened(service, FINGERPRINT)
    service.faults["missing_finger"] = "Right RingFinger"
    error = refused(scanner, RIGHT_FOUR)
    assert isinstance(error, CaptureFailed)
    assert (error.message_key, error.facts) == ("finger.count", {"expected": 4, "found": 3, "position": Position.RIGHT_RING.value})
    scanner.close()


def test_one_eye_that_did_not_come_is_named(service: SbiService) -> None:
    iris = opened(service, IRIS)
    service.faults["missing_finger"] = "Left"
    error = refused(iris, EYES)
    assert (error.message_key, error.facts["position"]) == ("sbi.count", Position.LEFT_EYE.value)
    iris.close()


@pytest.mark.parametrize(("code", "kind", "key"), [
    ("101", CaptureFailed, "finger.none"), ("701", CaptureFailed, "finger.none"), ("102", CaptureFailed, "sbi.unclear"),
    ("105", CaptureFailed, "sbi.placement"), ("106", NotConnected, "sbi.gone"), ("705", NotConnected, "sbi.gone"),
    ("110", DeviceTrouble, "sbi.not_ready"), ("703", Busy, "sbi.busy"), ("103", DeviceTrouble, "sbi.tampered"),
    ("107", DeviceTrouble, "sbi.key"), ("100", DeviceTrouble, "sbi.not_registered"), ("112", DeviceTrouble, "sbi.request"),
    ("4711", DeviceTrouble, "sbi.failed"),
])
def test_error_codes_say_what_the_operator_does(service: SbiService, code: str, kind: type[DeviceTrouble], key: str) -> None:
    scanner = opened(service, FINGERPRINT)
    for where in ("answer_error", "element_error"):
        service.faults.clear()
        service.faults[where] = code
        error = refused(scanner, (Position.LEFT_INDEX,))
        assert (type(error), error.message_key, error.facts["status"]) == (kind, key, code)
    scanner.close()


def test_nothing_came_in_time(service: SbiService) -> None:
    service.capture_s = 5.0
    scanner = opened(service, FINGERPRINT)
    started = time.monotonic()
    error = refused(scanner, timeout_s=0.3)
    assert (type(error), error.message_key) == (CaptureFailed, "finger.none")
    assert 0.25 < time.monotonic() - started < 3.0
    scanner.close()


@pytest.mark.parametrize(("status", "kind", "key"), [
    ("Busy", Busy, "sbi.busy"), ("Not Ready", DeviceTrouble, "sbi.not_ready"), ("Not Registered", DeviceTrouble, "sbi.not_registered"),
    ("", DeviceTrouble, "sbi.not_ready"),
])
def test_status_is_asked_before_the_capture(service: SbiService, status: str, kind: type[DeviceTrouble], key: str) -> None:
    scanner = opened(service, FINGERPRINT, timing=replace(QUICK, busy=0.15))
    service.devices[0].status = status
    for work in (scanner.healthy, lambda: scanner.capture(THUMBS, 0.3, ignore)):
        with pytest.raises(DeviceTrouble) as raised:
            work()
        assert (type(raised.value), raised.value.message_key) == (kind, key)
    assert service.requests == []
    scanner.close()


# -- the preview -------------------------------------------------------------------------------------------------------------------


def test_preview_that_is_cut_spoils_the_capture_only_if_the_service_says_so(service: SbiService) -> None:
    scanner = opened(service, FINGERPRINT)
    service.capture_s = 0.2
    service.faults["stream_cut"] = True
    assert refused(scanner).message_key == "sbi.preview_stopped"
    service.faults["lenient"] = True
    shown: list[RawImage] = []
    assert scanner.capture(THUMBS, 0.5, shown.append).fingers and shown
    scanner.close()


@pytest.mark.parametrize(("code", "kind", "key"), [
    ("607", Busy, "sbi.busy"), ("605", NotConnected, "sbi.gone"), ("606", DeviceTrouble, "sbi.purpose"),
])
def test_error_in_the_place_of_the_preview(service: SbiService, code: str, kind: type[DeviceTrouble], key: str) -> None:
    service.faults["stream_error"] = code
    scanner, camera = opened(service, FINGERPRINT), opened(service, CAMERA)
    error = refused(scanner)
    assert (type(error), error.message_key) == (kind, key)
    with pytest.raises(kind) as raised:
        camera.frame()
    assert raised.value.message_key == key
    service.faults.clear()
    assert camera.frame().width == 160
    for device in (scanner, camera):
        device.close()


@pytest.mark.parametrize("fault", ["stream_garbage", "stream_silent"])
def test_capture_goes_on_without_a_preview(service: SbiService, fault: str) -> None:
    service.faults[fault] = True
    service.faults["lenient"] = True
    scanner = opened(service, FINGERPRINT, timing=HASTY)
    assert len(scanner.capture(THUMBS, 0.5, ignore).fingers) == 2
    scanner.close()


def test_camera_whose_stream_breaks_opens_it_anew(service: SbiService) -> None:
    camera = opened(service, CAMERA)
    camera.frame()
    service.faults["stream_cut"] = True
    with pytest.raises(NotConnected):
        frames(camera, 50)
    service.faults.clear()
    assert camera.frame().channels == 3
    camera.close()


def test_camera_that_sends_no_frames(service: SbiService) -> None:
    service.faults["stream_silent"] = True
    camera = opened(service, CAMERA, timing=replace(QUICK, frame=0.2))
    started = time.monotonic()
    with pytest.raises(NotConnected) as raised:
        camera.frame()
    assert raised.value.message_key == "camera.no_frame"
    assert time.monotonic() - started < 3.0
    camera.close()


def test_frames_that_lay_waiting_are_not_shown(service: SbiService) -> None:
    """A screen that comes back after a pause sees now, not a second ago."""
    service.frame_s = 0.05
    camera = opened(service, CAMERA)
    camera.frame()
    time.sleep(0.5)
    before = camera._stream.reader.count
    camera.frame()
    assert camera._stream.reader.count >= before + 8
    camera.close()


def test_preview_nobody_looks_at_is_closed(service: SbiService) -> None:
    camera = opened(service, CAMERA)
    camera.frame()
    time.sleep(0.1)
    camera.healthy()
    until = time.monotonic() + 2
    while service.devices[2].streams and time.monotonic() < until:
        time.sleep(0.01)
    assert not service.devices[2].streams
    camera.close()


# -- cut short ---------------------------------------------------------------------------------------------------------------------


def test_interrupt_during_the_capture(service: SbiService) -> None:
    service.capture_s = 30.0
    scanner = opened(service, FINGERPRINT)
    threading.Timer(0.15, scanner.interrupt).start()
    started = time.monotonic()
    error = refused(scanner, timeout_s=30.0)
    assert (type(error), error.message_key) == (CaptureFailed, "device.interrupted")
    assert time.monotonic() - started < 4.0
    service.capture_s = 0.01
    service.devices[0].capturing = False  # a service may notice the broken line only at its own end
    assert scanner.capture(THUMBS, 0.5, ignore).fingers
    scanner.close()


def test_interrupt_during_the_wait_for_the_preview_and_for_a_frame(service: SbiService) -> None:
    service.faults["stream_silent"] = True
    slow = replace(QUICK, first_frame=30.0, frame=30.0)
    for device, work in ((opened(service, FINGERPRINT, timing=slow), lambda d: d.capture(THUMBS, 5.0, ignore)),
                         (opened(service, CAMERA, timing=slow), lambda d: d.frame())):
        threading.Timer(0.1, device.interrupt).start()
        started = time.monotonic()
        with pytest.raises(CaptureFailed) as raised:
            work(device)
        assert raised.value.message_key == "device.interrupted"
        assert time.monotonic() - started < 4.0
        device.close()
    assert service.requests == []


def test_interrupt_without_a_call_does_nothing(service: SbiService) -> None:
    scanner = opened(service, FINGERPRINT)
    scanner.interrupt()
    assert scanner.capture(THUMBS, 0.5, ignore).fingers
    scanner.close()
    scanner.interrupt()


# -- who is believed ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "key"), [
    ("bad_signature", "sbi.signature"), ("foreign_certificate", "sbi.certificate"), ("expired_certificate", "sbi.certificate_expired"),
    ("alg_none", "sbi.unsigned"), ("leaf_issuer", "sbi.certificate"), ("no_chain", "sbi.certificate"),
])
def test_device_that_does_not_sign_is_seen_but_not_opened(service: SbiService, fault: str, key: str) -> None:
    service.faults[fault] = "info"
    driver = drivers_at((service.port, service.port))[FINGERPRINT]
    found = driver.discover()
    assert [f.serial for f in found] == ["SLAP-0001"]
    with pytest.raises(DeviceTrouble) as raised:
        driver.open(found[0])
    assert raised.value.message_key == key


def test_without_certificates_nobody_is_believed(service: SbiService) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        opened(service, FINGERPRINT, trust=())
    assert raised.value.message_key == "sbi.no_trust"


def test_allowing_unsigned_devices_does_not_excuse_a_wrong_signature(service: SbiService) -> None:
    scanner = opened(service, FINGERPRINT, allow_unsigned=True)
    for fault, key in (("bad_signature", "sbi.signature"), ("foreign_certificate", "sbi.certificate")):
        service.faults = {fault: 1}
        assert refused(scanner).message_key == key
    scanner.close()


def test_device_of_another_environment_or_purpose(service: SbiService) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        opened(service, FINGERPRINT, environment="Production")
    assert raised.value.message_key == "sbi.environment"
    service.devices[0].purpose = "Auth"
    with pytest.raises(DeviceTrouble) as raised:
        opened(service, FINGERPRINT)
    assert raised.value.message_key == "sbi.purpose"
    service.version = "3.0"
    service.devices[0].purpose = "Registration"
    with pytest.raises(DeviceTrouble) as raised:
        opened(service, FINGERPRINT)
    assert raised.value.message_key == "sbi.version"


def test_an_impostor_with_the_same_serial_does_not_take_the_place() -> None:
    from sbi_desk import free_ports

    first, last = free_ports(2)
    with SbiService(devices=[slap()], port=first, signer=foreign()), SbiService(devices=[slap()], port=last) as real:
        drivers = drivers_at((first, last))
        scanner = drivers[FINGERPRINT].open(drivers[FINGERPRINT].discover()[0])
        assert names(scanner.capture(THUMBS, 0.5, ignore).fingers) == list(THUMBS)
        scanner.close()
    assert len(real.requests) == 1 and real.complaints == []


POINTLESS = {(IRIS, "wrong_hand"), (IRIS, "one_more"), (CAMERA, "wrong_hand"), (CAMERA, "duplicate_name"), (CAMERA, "duplicate_picture")}
"""A pair of eyes has no other hand, and one face can be neither exchanged nor doubled."""


@pytest.mark.gate
@pytest.mark.parametrize("edition", ["0.9.5", "1.0"])
@pytest.mark.parametrize(("kind", "fault"), [
    (k, f) for k in (FINGERPRINT, IRIS, CAMERA) for f in sorted(ANSWERS) if (k, f) not in POINTLESS
])
def test_every_fault_on_every_kind_and_edition(kind, edition: str, fault: str) -> None:
    value, _, key = ANSWERS[fault]
    with SbiService(devices=[slap(), eyes(), face()], edition=edition, capture_s=0.01) as service:
        timing = HASTY if fault in SLOW_FAULTS else QUICK
        device = opened(service, kind, timing=replace(timing, still=0.3))
        service.faults[fault] = value
        asked = RIGHT_FOUR if kind is FINGERPRINT else EYES
        work = device.still if kind is CAMERA else lambda: device.capture(asked, 0.3, ignore)
        with pytest.raises(DeviceTrouble) as raised:
            work()
        if kind is FINGERPRINT:
            assert raised.value.message_key == key
        device.close()
    assert service.complaints == []
