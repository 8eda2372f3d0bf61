"""What is asked of which device, what the codes mean, the chain of hashes, whose certificate counts, every sentence."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ktpel_kiosk.domain.biometric import EYES, FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.drivers.sbi import chain, codes, messages
from ktpel_kiosk.hal.drivers.sbi.jws import Trust, decode64, strict_json
from ktpel_kiosk.hal.drivers.sbi.messages import DeviceInfo, DigitalId, aim
from ktpel_kiosk.ports.devices import DeviceKind

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=UTC)


def device(type_: str = "Finger", subtype: str = "Slap", subs: tuple[int, ...] = (1, 2, 3), version: str = "0.9.5") -> DeviceInfo:
    digital = DigitalId("S1", "Contoh", "Tiruan", type_, subtype, "P", "P1")
    return DeviceInfo(messages.TYPES[type_], digital, "7", version, subs, "Ready", "Staging", ("127.0.0.1", 4501), "")


@pytest.mark.parametrize(("asked", "sub_id", "exceptions"), [
    (LEFT_FOUR, 1, ()), (RIGHT_FOUR, 2, ()), (THUMBS, 3, ()), ((Position.RIGHT_THUMB,), 3, (Position.LEFT_THUMB,)),
    (RIGHT_FOUR[:2], 2, RIGHT_FOUR[2:]), ((Position.LEFT_LITTLE,), 1, LEFT_FOUR[:3]),
])
def test_slap(asked, sub_id: int, exceptions) -> None:
    aimed = aim(device(), asked)
    assert (aimed.sub_id, aimed.asked, aimed.exceptions) == (sub_id, tuple(asked), tuple(exceptions))
    assert len(aimed.asked) + len(aimed.exceptions) == (2 if sub_id == 3 else 4)


def test_eyes_single_finger_and_face() -> None:
    assert aim(device("Iris", "Double"), EYES) == messages.Aim(3, EYES, ())
    assert aim(device("Iris", "Double"), EYES[:1]) == messages.Aim(3, EYES[:1], EYES[1:])
    assert aim(device("Iris", "Single", (1, 2)), (Position.LEFT_EYE,)) == messages.Aim(1, (Position.LEFT_EYE,), ())
    assert aim(device("Iris", "Single", (0,)), (Position.RIGHT_EYE,)).sub_id == 0
    assert aim(device("Finger", "Single", (0,)), FINGERS[:1]) == messages.Aim(0, FINGERS[:1], ())
    assert aim(device("Face", "Full face", (0,)), (Position.FACE,)) == messages.Aim(0, (Position.FACE,), ())


@pytest.mark.parametrize(("of", "asked"), [
    (device(), FINGERS), (device(), EYES), (device(), ()), (device(), (Position.LEFT_INDEX, Position.LEFT_THUMB)),
    (device(subs=(1,)), RIGHT_FOUR), (device("Iris", "Single"), EYES), (device("Iris", "Double"), THUMBS),
    (device("Finger", "Single"), THUMBS), (device(), (Position.SIGNATURE,)),
])
def test_what_a_device_cannot_take_at_once_is_refused(of: DeviceInfo, asked) -> None:
    with pytest.raises(CaptureFailed) as raised:
        aim(of, asked)
    assert raised.value.message_key == "sbi.combination"


@pytest.mark.parametrize(("version", "name", "value"), [("0.9.5", "deviceId", "7"), ("1.0", "serialNo", "S1"), ("1.0.0", "serialNo", "S1")])
def test_requests_of_both_editions(version: str, name: str, value: str) -> None:
    of = device(version=version)
    told = json.loads(messages.capture_request(of, aim(of, RIGHT_FOUR[:3]), "t-1", chain.FIRST, "Staging", 30000, 60, NOW))
    assert told == {
        "env": "Staging", "purpose": "Registration", "specVersion": version, "timeout": "30000",
        "captureTime": "2026-03-04T05:06:07.089+00:00", "transactionId": "t-1", "customOpts": {},
        "bio": [{"type": "Finger", "count": "3", "bioSubType": ["Right IndexFinger", "Right MiddleFinger", "Right RingFinger"],
                 "exception": ["Right LittleFinger"], "requestedScore": "60", name: value, "deviceSubId": "2",
                 "previousHash": "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}],
    }
    stream = json.loads(messages.stream_request(of, 2, 5000))
    assert {name: value, "deviceSubId": "2", "timeout": "5000"}.items() <= stream.items()


def test_names_go_both_ways() -> None:
    assert len(messages.NAMES) == len(messages.POSITIONS) == 12
    assert messages.NAMES[Position.LEFT_LITTLE] == "Left LittleFinger" and messages.NAMES[Position.RIGHT_THUMB] == "Right Thumb"


def test_versions() -> None:
    assert [v for v in ("0.9.5", "1.0", "1.0.0", "0.9.2", "2.0", "") if messages.known_version(v)] == ["0.9.5", "1.0", "1.0.0"]
    assert messages.same_version("1.0", "1.0.0") and not messages.same_version("1.0", "0.9.5") and not messages.same_version("1.0", "1.0.9")


@pytest.mark.parametrize(("error", "code"), [
    (None, ""), ("", ""), ({}, ""), ({"errorCode": "0"}, ""), ({"errorCode": 0}, ""), ({"errorCode": ""}, ""), ({"errorCode": None}, ""),
    ({"errorCode": "701"}, "701"), ({"errorCode": 701}, "701"), ({"errorCode": [1]}, "999"), ({"errorCode": True}, "999"),
    ({"errorCode": "7 0\n1"}, "999"), ({"errorCode": "x" * 50}, "xxxxxxxx"), ("701", ""),
])
def test_codes_are_read_however_they_are_written(error: object, code: str) -> None:
    assert codes.of(error) == code


def test_chain() -> None:
    first = hashlib.sha256(hashlib.sha256(b"").digest() + hashlib.sha256(b"satu").digest()).hexdigest().upper()
    assert chain.link(chain.FIRST, b"satu") == first
    second = hashlib.sha256(bytes.fromhex(first) + hashlib.sha256(b"dua").digest()).hexdigest().upper()
    assert chain.link(first, b"dua") == second
    sitting = chain.SessionChain()
    assert sitting.previous() == chain.FIRST
    sitting.advance(first)
    assert sitting.previous() == first
    pause = chain.SessionChain(idle_s=-1.0)
    pause.advance(first)
    assert pause.previous() == chain.FIRST


def test_base64_and_json_are_strict() -> None:
    assert decode64("_-8") == decode64("_-8=") == b"\xff\xef"
    for wrong in ("+/8", "a", "===", "ab c", "é"):
        with pytest.raises(ValueError):
            decode64(wrong)
    for wrong_json in (b'{"a":1,"a":2}', b"NaN", b"[" * 200_000, b"\xff", b"", b"1" * 5000):
        with pytest.raises(ValueError):
            strict_json(wrong_json)


# -- certificates ------------------------------------------------------------------------------------------------------------------


def certificate(subject: str, key, issuer: str, issuer_key, *, ca: bool | None = None, path_length: int | None = None,
                signs: bool | None = None, days: int = 10):
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    made = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number(),
                                   NOW - timedelta(days=20), NOW + timedelta(days=days))
    if ca is not None:
        made = made.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    if signs is not None:
        made = made.add_extension(x509.KeyUsage(True, False, False, False, False, signs, False, False, False), critical=True)
    return made.sign(issuer_key, SHA256())


@pytest.fixture(scope="module")
def keys():
    from cryptography.hazmat.primitives.asymmetric import rsa

    return [rsa.generate_private_key(65537, 2048) for _ in range(2)]


def token(key, certificates, **header: object) -> str:
    import base64

    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    def b64(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    x5c = [base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in certificates]
    text = f"{b64(json.dumps({'alg': 'RS256', 'x5c': x5c, **header}).encode())}.{b64(b'{}')}"
    return f"{text}.{b64(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


@pytest.mark.parametrize(("root", "middle", "leaf", "fine"), [
    ({"ca": True}, {"ca": True}, {}, True),
    ({"ca": True, "path_length": 1}, {"ca": True, "path_length": 0}, {}, True),
    ({"ca": True, "path_length": 0}, {"ca": True}, {}, False),
    ({"ca": True}, {"ca": False}, {}, False),
    ({"ca": True}, {}, {}, False),
    ({"ca": True, "signs": False}, {"ca": True}, {}, False),
    ({"ca": True}, {"ca": True, "days": -1}, {}, False),
    ({"ca": True, "days": -1}, {"ca": True}, {}, False),
    ({"ca": True}, {"ca": True}, {"days": -1}, False),
])
def test_which_path_leads_to_an_anchor(keys, root, middle, leaf, fine: bool) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    above, own = keys
    anchor = certificate("Akar", above, "Akar", above, **root)
    between = certificate("Antara", above, "Akar", above, **middle)
    last = certificate("Alat", own, "Antara", above, **leaf)
    trust = Trust((anchor.public_bytes(Encoding.DER),), False, lambda: NOW)
    if fine:
        assert trust.read(token(own, [last, between])).payload == {}
        assert Trust((last.public_bytes(Encoding.PEM),), False, lambda: NOW).read(token(own, [last])).signed
    else:
        with pytest.raises(DeviceTrouble) as raised:
            trust.read(token(own, [last, between]))
        assert raised.value.message_key == ("sbi.certificate_expired" if leaf else "sbi.certificate")
    with pytest.raises(DeviceTrouble):
        trust.read(token(own, [last]))
    with pytest.raises(DeviceTrouble) as raised:
        trust.read(token(above, [last, between]))
    assert raised.value.message_key == "sbi.signature"


@pytest.mark.parametrize("header", [{"alg": "RS512"}, {"alg": "HS256"}, {"alg": None}, {"crit": ["exp"]}])
def test_only_rs256_without_conditions_counts(keys, header: dict[str, object]) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    own = keys[1]
    made = certificate("Alat", own, "Alat", own, ca=True)
    trust = Trust((made.public_bytes(Encoding.PEM),), False, lambda: NOW)
    assert trust.read(token(own, [made])).signed
    with pytest.raises(DeviceTrouble) as raised:
        trust.read(token(own, [made], **header))
    assert raised.value.message_key == "sbi.signature"


def test_a_short_key_does_not_count() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    curve = ec.generate_private_key(ec.SECP256R1())
    made = certificate("Alat", curve, "Alat", curve, ca=True)
    trust = Trust((made.public_bytes(Encoding.PEM),), False, lambda: NOW)
    import base64

    text = base64.urlsafe_b64encode(json.dumps(
        {"alg": "RS256", "x5c": [base64.b64encode(made.public_bytes(Encoding.DER)).decode()]}).encode()).decode().rstrip("=") + ".e30"
    with pytest.raises(DeviceTrouble) as raised:
        trust.read(text + ".AAAA")
    assert raised.value.facts["reason"] == "key"


@pytest.mark.parametrize("junk", [None, 7, [], "", ".", "..", "a.b", "a.b.c.d", "{}", "e30.e30.", "é.é.é", "W10.W10.W10"])
def test_what_is_no_token_is_refused(junk: object) -> None:
    with pytest.raises(DeviceTrouble):
        Trust((), False, lambda: NOW).read(junk)


# -- sentences ---------------------------------------------------------------------------------------------------------------------


def test_every_key_has_its_sentence_and_every_sentence_is_used() -> None:
    sentences = {key for file in (ROOT / "resources/i18n/id/errors").glob("*.toml") for key in tomllib.loads(file.read_text("utf-8"))}
    source = "\n".join(p.read_text("utf-8") for p in (ROOT / "src/ktpel_kiosk/hal/drivers/sbi").glob("*.py"))
    used = set(re.findall(r'"((?:sbi|finger|iris|camera|device)\.[a-z_]+)"', source))
    assert used - sentences == set()
    assert {key for key in sentences if key.startswith("sbi.")} == {key for key in used if key.startswith("sbi.")}


def test_each_code_becomes_an_error_of_its_row() -> None:
    for code, (made, key) in codes.TABLE.items():
        for kind in (DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.CAMERA):
            trouble = codes.trouble(code, kind)
            assert type(trouble) is made and trouble.message_key == (key or codes.NOTHING[kind]) and trouble.facts == {"status": code}
    assert replace(device(), status="Busy").key == "Finger/Slap/S1"
