"""Finger, iris and face devices behind a secure biometric interface: the contracts of their ports, against a strict service."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sbi_desk import CAMERA, FINGERPRINT, IRIS, drivers_at, free_ports, ignore, names, opened
from sbi_service import SbiService, authority, eyes, face, made_records, sample_records, slap
from test_camera import (  # noqa: F401  (the camera contract, run here against the stream of a face device)
    test_discovery_does_not_disturb_an_open_camera,
    test_frames_are_rgb_and_quick,
    test_identity_and_probe,
    test_still_is_rgb,
)

from ktpel_kiosk.domain.biometric import EYES, LEFT_FOUR, RIGHT_FOUR, THUMBS, DeviceIdentity, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.drivers.sbi import sbi_drivers
from ktpel_kiosk.hal.drivers.sbi.chain import FIRST
from ktpel_kiosk.ports.devices import evidence_of

EDITIONS = [("0.9.5", "0.9.5"), ("1.0", "1.0"), ("1.0", "1.0.0")]


@pytest.fixture(params=EDITIONS, ids=lambda p: p[1])
def service(request: pytest.FixtureRequest) -> Iterator[SbiService]:
    edition, version = request.param
    with SbiService(edition=edition, version=version) as made:
        yield made
    assert made.complaints == []


@pytest.fixture
def old() -> Iterator[SbiService]:
    with SbiService() as made:
        yield made
    assert made.complaints == []


@pytest.fixture
def driver(old: SbiService):
    return drivers_at((old.port, old.port))[CAMERA]


@pytest.fixture
def camera(driver) -> Iterator:
    found = driver.discover()
    device = driver.open(found[0])
    yield device
    device.close()


@pytest.mark.parametrize("positions", [RIGHT_FOUR, LEFT_FOUR, THUMBS], ids=["right", "left", "thumbs"])
def test_slaps_come_as_fingers_at_500_ppi(service: SbiService, positions) -> None:
    scanner = opened(service, FINGERPRINT)
    previews: list[RawImage] = []
    capture = scanner.capture(positions, 1.0, previews.append)
    assert names(capture.fingers) == list(positions)
    assert {image.ppi for _, image in capture.fingers} == {500}
    assert len({image.data for _, image in capture.fingers}) == len(positions)
    assert previews and {p.channels for p in previews} == {3}
    assert capture.payload == service.answers[-1]
    scanner.close()


def test_one_finger_and_a_hand_with_exceptions(service: SbiService) -> None:
    scanner = opened(service, FINGERPRINT)
    assert names(scanner.capture((Position.LEFT_INDEX,), 1.0, ignore).fingers) == [Position.LEFT_INDEX]
    assert names(scanner.capture(RIGHT_FOUR[1:], 1.0, ignore).fingers) == list(RIGHT_FOUR[1:])
    bio = service.requests[-1]["bio"][0]
    assert (bio["count"], bio["exception"], bio["deviceSubId"]) == ("3", ["Right IndexFinger"], "2")
    scanner.close()


def test_irises(service: SbiService) -> None:
    device = opened(service, IRIS)
    previews: list[RawImage] = []
    both = device.capture(EYES, 1.0, previews.append)
    assert names(both.eyes) == list(EYES) and previews
    assert both.payload == service.answers[-1]
    assert names(device.capture((Position.LEFT_EYE,), 1.0, ignore).eyes) == [Position.LEFT_EYE]
    assert service.requests[-1]["bio"][0]["exception"] == ["Right"]
    device.close()


def test_portrait(service: SbiService) -> None:
    device = opened(service, CAMERA)
    assert (device.frame().width, device.frame().height) == (160, 120)
    still = device.still()
    assert (still.width, still.height, still.channels) == (240, 320, 3)
    assert b'"biometrics"' in evidence_of(device), "the service's own answer goes with the picture"
    device.close()


def test_single_finger_reader_and_single_eye(old: SbiService) -> None:
    old.devices[:] = [slap(subtype="Single", sub_ids=("0",)), eyes(subtype="Single", sub_ids=("1", "2"))]
    scanner = opened(old, FINGERPRINT)
    assert names(scanner.capture((Position.RIGHT_THUMB,), 1.0, ignore).fingers) == [Position.RIGHT_THUMB]
    with pytest.raises(CaptureFailed) as raised:
        scanner.capture(RIGHT_FOUR, 1.0, ignore)
    assert raised.value.message_key == "sbi.combination"
    scanner.close()


def test_fingers_of_both_hands_cannot_be_asked_at_once(old: SbiService) -> None:
    scanner = opened(old, FINGERPRINT)
    for asked in ((Position.LEFT_INDEX, Position.RIGHT_INDEX), (), (Position.LEFT_EYE,), (Position.LEFT_INDEX,) * 2):
        with pytest.raises(CaptureFailed) as raised:
            scanner.capture(asked, 1.0, ignore)
        assert raised.value.message_key == "sbi.combination"
    assert old.requests == []
    scanner.close()


def test_identity_comes_from_the_signed_digital_id(service: SbiService) -> None:
    scanner = opened(service, FINGERPRINT)
    assert scanner.identity() == DeviceIdentity("Contoh", "SBI Tiruan", "SLAP-0001", f"sbi {service.version}")
    scanner.healthy()
    scanner.close()


def test_hashes_are_chained_over_the_whole_sitting(old: SbiService) -> None:
    import json

    drivers = drivers_at((old.port, old.port))
    scanner, iris = (drivers[kind].open(drivers[kind].discover()[0]) for kind in (FINGERPRINT, IRIS))
    scanner.capture(RIGHT_FOUR, 1.0, ignore)
    iris.capture(EYES, 1.0, ignore)
    scanner.capture(THUMBS, 1.0, ignore)
    sent = [r["bio"][0]["previousHash"] for r in old.requests]
    lasts = [json.loads(a)["biometrics"][-1]["hash"] for a in old.answers]
    assert sent == [FIRST, *lasts[:2]]
    scanner.close()
    iris.close()


def test_each_capture_has_its_own_transaction(old: SbiService) -> None:
    scanner = opened(old, FINGERPRINT)
    for _ in range(3):
        scanner.capture(THUMBS, 1.0, ignore)
    assert len({r["transactionId"] for r in old.requests}) == 3
    scanner.close()


def test_the_preview_runs_on_while_the_capture_does(old: SbiService) -> None:
    old.capture_s = 0.4
    scanner = opened(old, FINGERPRINT)
    shown: list[float] = []
    scanner.capture(THUMBS, 1.0, lambda frame: shown.append(time.monotonic()))
    assert len(shown) > 4 and shown[-1] - shown[0] > 0.2
    scanner.close()


def test_one_look_serves_all_three_kinds(old: SbiService) -> None:
    from dataclasses import replace

    from sbi_desk import QUICK

    drivers = drivers_at((old.port, old.port), timing=replace(QUICK, fresh=5.0))
    threads = [threading.Thread(target=d.discover) for d in drivers.values() for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert old.seen.count(("MOSIPDINFO", "/info")) == 1
    assert [[f.serial for f in d.discover()] for d in drivers.values()] == [["SLAP-0001"], ["IRIS-0001"], ["FACE-0001"]]


def test_the_verbs_that_answered_are_remembered(service: SbiService) -> None:
    driver = drivers_at((service.port, service.port))[FINGERPRINT]
    for _ in range(3):
        time.sleep(0.02)
        assert [f.key for f in driver.discover()] == ["Finger/Slap/SLAP-0001"]
    verbs = [verb for verb, _ in service.seen]
    assert verbs == (["MOSIPDINFO"] * 3 if service.edition == "0.9.5" else ["MOSIPDINFO"] + ["SBIINFO"] * 3)


def test_several_services_in_the_range(old: SbiService) -> None:
    first, last = free_ports(3)
    with SbiService(devices=[slap(serial="A")], port=first) as a, SbiService(devices=[eyes(serial="B")], edition="1.0", port=last) as b:
        drivers = drivers_at((first, last))
        assert [f.serial for f in drivers[FINGERPRINT].discover()] == ["A"]
        assert [f.serial for f in drivers[IRIS].discover()] == ["B"]
    assert a.complaints == b.complaints == []


def test_service_that_names_a_base_of_its_own(old: SbiService) -> None:
    old.callback = f"http://localhost:{old.port}/"
    scanner = opened(old, FINGERPRINT)
    assert scanner.capture(THUMBS, 1.0, ignore).fingers
    old.callback = ""
    assert scanner.capture(THUMBS, 1.0, ignore).fingers
    for far in ("http://10.0.0.7:4501/", "https://127.0.0.1:4501/", "http://evil@127.0.0.1:1/", "http://127.0.0.1:99999/", "ftp:x"):
        old.callback = far
        with pytest.raises(DeviceTrouble) as raised:
            scanner.capture(THUMBS, 1.0, ignore)
        assert raised.value.message_key == "sbi.callback"
    scanner.close()


def test_settings_are_checked_at_once() -> None:
    for wrong in ({"host": "localhost"}, {"ports": (4600, 4501)}, {"environment": "Uji"}):
        with pytest.raises(BadInput) as raised:
            sbi_drivers(lambda record, kind: (), **wrong)
        assert raised.value.message_key == "sbi.settings"


@pytest.mark.parametrize("form", ["chunked", "until_close"])
def test_other_lawful_ways_to_end_a_body(old: SbiService, form: str) -> None:
    old.faults[form] = "everywhere"
    old.faults["everywhere"] = True
    scanner = opened(old, FINGERPRINT)
    assert len(scanner.capture(THUMBS, 1.0, ignore).fingers) == 2
    scanner.close()


@pytest.mark.parametrize("way", ["stream_no_length", "stream_wrong_length"])
def test_frames_are_found_without_a_right_length(old: SbiService, way: str) -> None:
    for lie in ((True,) if way == "stream_no_length" else (-20, 20)):
        old.faults[way] = lie
        scanner = opened(old, FINGERPRINT)
        shown: list[RawImage] = []
        old.capture_s = 0.2
        scanner.capture(THUMBS, 1.0, shown.append)
        assert len(shown) > 2
        scanner.close()


def test_certificates_from_files_and_folders(old: SbiService, tmp_path) -> None:
    (tmp_path / "penyedia.pem").write_bytes(authority().root_pem + authority().root_pem)
    (tmp_path / "catatan.txt").write_text("bukan sertifikat")
    for place in (tmp_path, tmp_path / "penyedia.pem"):
        opened(old, FINGERPRINT, trust=(place,)).close()
    with pytest.raises(DeviceTrouble) as raised:
        opened(old, FINGERPRINT, trust=(tmp_path / "catatan.txt",))
    assert raised.value.message_key == "sbi.trust_file"


def test_unregistered_devices_only_where_allowed() -> None:
    plain = slap(status="Not Registered", env="None", purpose="", signed=False)
    with SbiService(devices=[plain]) as service:
        with pytest.raises(DeviceTrouble) as raised:
            opened(service, FINGERPRINT)
        assert raised.value.message_key == "sbi.unsigned"
        scanner = opened(service, FINGERPRINT, allow_unsigned=True)
        scanner.healthy()
        plain.status, plain.env = "Ready", "Developer"
        assert scanner.capture(THUMBS, 1.0, ignore).fingers
        scanner.close()
    assert service.complaints == []


@pytest.mark.skipif(sample_records() is None, reason="MOSIP's sample records are not on this machine")
def test_mosip_sample_person() -> None:
    records = sample_records()
    assert records is not None
    with SbiService(records=records) as service:
        drivers = drivers_at((service.port, service.port))
        scanner, iris, camera = (drivers[k].open(drivers[k].discover()[0]) for k in (FINGERPRINT, IRIS, CAMERA))
        fingers = dict(scanner.capture(THUMBS, 2.0, ignore).fingers)
        assert [(i.width, i.height, i.ppi) for i in fingers.values()] == [(350, 427, 500), (357, 504, 500)]
        assert [(i.width, i.height) for _, i in iris.capture(EYES, 2.0, ignore).eyes] == [(423, 317), (417, 313)]
        still = camera.still()
        assert (still.width, still.height, still.channels) == (240, 320, 3)
        for device in (scanner, iris, camera):
            device.close()
    assert service.complaints == []


@pytest.mark.gate
@pytest.mark.skipif(sample_records() is None, reason="MOSIP's sample records are not on this machine")
@pytest.mark.parametrize("edition", ["0.9.5", "1.0"])
def test_a_whole_sitting_with_the_sample_person(edition: str) -> None:
    from ktpel_kiosk.biometrics.service import BiometricService

    records = sample_records()
    assert records is not None
    biometrics = BiometricService()
    with SbiService(records=records, edition=edition) as service:
        drivers = drivers_at((service.port, service.port))
        scanner, iris, camera = (drivers[k].open(drivers[k].discover()[0]) for k in (FINGERPRINT, IRIS, CAMERA))
        for positions in (RIGHT_FOUR, LEFT_FOUR, THUMBS):
            assessed = biometrics.assess_fingers(scanner.capture(positions, 5.0, ignore), positions)
            assert [a.position for a in assessed] == list(positions)
            assert all(a.quality.score > 0 for a in assessed)
        for eye, image in iris.capture(EYES, 5.0, ignore).eyes:
            assert biometrics.assess_iris(eye, image).position is eye
        camera.still()
        for device in (scanner, iris, camera):
            device.close()
    assert service.complaints == []


@pytest.mark.gate
def test_the_whole_port_range_is_looked_at_within_a_second() -> None:
    first, last = free_ports(100)
    with SbiService(devices=[face()], port=last):
        driver = drivers_at((first, last))[CAMERA]
        started = time.monotonic()
        assert len(driver.discover()) == 1
        assert time.monotonic() - started < 1.0


def test_records_of_the_mock_are_distinct() -> None:
    assert len(set(made_records().values())) == 13
