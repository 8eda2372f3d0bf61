"""What is asked and answered: device information, capture requests, capture answers, for SBI 0.9.5 and 1.0.

Everything read here came from outside: each value is looked at before it is used, and each doubt has an error of its own.
Errors: DeviceTrouble. Pure but for the verification of signatures.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ktpel_kiosk.domain.biometric import FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, KioskError
from ktpel_kiosk.hal.drivers.sbi import chain, codes
from ktpel_kiosk.hal.drivers.sbi.jws import Trust, decode64, strict_json
from ktpel_kiosk.hal.drivers.sbi.wire import Address
from ktpel_kiosk.ports.devices import DeviceKind

T = TypeVar("T")
Decode = Callable[[bytes, DeviceKind], tuple[tuple[Position | None, RawImage], ...]]
"""Pixels of an ISO/IEC 19794 record: one pair an image, with the place the record names, or None."""

LAG = timedelta(minutes=5)
MAX_DEVICES = 32
ENVIRONMENTS = ("Staging", "Developer", "Pre-Production", "Production")
TYPES = {"Finger": DeviceKind.FINGERPRINT, "Iris": DeviceKind.IRIS, "Face": DeviceKind.CAMERA}
WORDS = {kind: word for word, kind in TYPES.items()}
MAGIC = {DeviceKind.FINGERPRINT: b"FIR\0", DeviceKind.IRIS: b"IIR\0", DeviceKind.CAMERA: b"FAC\0"}
SIDES = {DeviceKind.FINGERPRINT: (80, 2000), DeviceKind.IRIS: (120, 2400), DeviceKind.CAMERA: (120, 8000)}
"""Least and greatest side in pixels of a believable picture: a finger of 4 to 100 mm at 500 ppi, an eye, a face."""

_PARTS = ("Thumb", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger")
NAMES: dict[Position, str] = {
    **{p: f"{side} {part}" for side, fingers in (("Right", FINGERS[:5]), ("Left", FINGERS[5:]))
       for p, part in zip(fingers, _PARTS, strict=True)},
    Position.RIGHT_EYE: "Right", Position.LEFT_EYE: "Left",
}
POSITIONS = {name: position for position, name in NAMES.items()}
_BOTH_EYES = (Position.RIGHT_EYE, Position.LEFT_EYE)
_GROUPS: tuple[tuple[int, tuple[Position, ...]], ...] = ((1, LEFT_FOUR), (2, RIGHT_FOUR), (3, THUMBS))


@dataclass(frozen=True, slots=True)
class Family:
    """The verbs of one edition. ``probe`` is the body of an information request, empty for none."""

    info: str
    probe: bytes


OLD = Family("MOSIPDINFO", b"")
NEW = Family("SBIINFO", b'{"type":"Biometric Device","specVersion":"1.0"}')
FAMILIES = (OLD, NEW)


@dataclass(frozen=True, slots=True)
class DigitalId:
    """Who the device is; equal for the same device whatever the time of signing."""

    serial: str
    make: str
    model: str
    type: str
    subtype: str
    provider: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device as its service describes it. ``base`` is where it wants to be spoken to, ``trouble`` why it may not be used."""

    kind: DeviceKind
    digital: DigitalId
    device_id: str
    version: str
    sub_ids: tuple[int, ...]
    status: str
    environment: str
    base: Address
    path: str
    trouble: DeviceTrouble | None = None

    @property
    def key(self) -> str:
        """The same after a restart on another port."""
        return f"{self.digital.type}/{self.digital.subtype}/{self.digital.serial}"

    @property
    def new(self) -> bool:
        """Speaks the 1.0 messages."""
        return self.version.startswith("1")


def known_version(text: str) -> bool:
    return text in ("0.9.5", "1.0", "1.0.0")


def same_version(a: str, b: str) -> bool:
    return a == b or (a.startswith("1.0") and b.startswith("1.0") and known_version(a) and known_version(b))


class Reading:
    """How answers are judged.

    Args:
        trust: whose signatures count.
        hosts: addresses a device may name as its own.
        environment: the one wanted, or empty: the device's own.
    """

    def __init__(self, trust: Trust, decode: Decode, hosts: frozenset[str], environment: str, now: Callable[[], datetime],
                 lag: timedelta = LAG) -> None:
        self._trust = trust
        self._decode = decode
        self._hosts = hosts
        self._environment = environment
        self._now = now
        self._lag = lag

    # device information

    def devices(self, body: bytes, probed: Address) -> tuple[DeviceInfo, ...]:
        """The devices of an information answer. A device that may not be used is listed with its trouble.

        Raises:
            DeviceTrouble: ``sbi.answer``: it is no such answer (another program, or the other edition's verb).
        """
        answer = _json(body)
        if not isinstance(answer, list) or len(answer) > MAX_DEVICES:
            raise DeviceTrouble("sbi.answer", cause="shape")
        found = []
        for entry in answer:
            if not isinstance(entry, dict):
                raise DeviceTrouble("sbi.answer", cause="shape")
            if "deviceInfo" not in entry:
                if codes.of(entry.get("error")):
                    continue  # "no device connected" is an entry with an error and nothing else
                raise DeviceTrouble("sbi.answer", cause="shape")
            device = self._device(entry["deviceInfo"], probed)
            if device is not None:
                found.append(device)
        return tuple(found)

    def _device(self, token: object, probed: Address) -> DeviceInfo | None:
        trouble: DeviceTrouble | None = None
        try:
            told = self._trust.read(token).payload
        except DeviceTrouble as raised:
            trouble, told = raised, _unverified(token)
        if not told:
            return None
        try:
            digital = digital_id(self._trust.read(told.get("digitalId")).payload)
        except DeviceTrouble as raised:
            trouble = trouble or raised
            digital = digital_id(_unverified(told.get("digitalId")))
        kind = TYPES.get(digital.type)
        if kind is None or not digital.serial:
            return None
        try:
            base, path = self._base(told.get("callbackId"), probed)
        except DeviceTrouble as raised:
            trouble, base, path = trouble or raised, probed, ""
        versions = told.get("specVersion")
        version = str(versions[0])[:16] if isinstance(versions, list) and versions else ""
        status = str(told.get("deviceStatus", ""))[:32]
        environment = str(told.get("env", ""))[:32]
        if told.get("serialNo") not in (None, "", digital.serial):
            trouble = trouble or DeviceTrouble("sbi.other_device")
        trouble = trouble or self._usable(version, environment, str(told.get("purpose", "")))
        return DeviceInfo(kind, digital, str(told.get("deviceId") or "")[:128], version, _numbers(told.get("deviceSubId")), status,
                          environment, base, path, trouble)

    def _usable(self, version: str, environment: str, purpose: str) -> DeviceTrouble | None:
        if not known_version(version):
            return DeviceTrouble("sbi.version", found=version if version.isprintable() else "?")
        if purpose not in ("Registration", ""):
            return DeviceTrouble("sbi.purpose")
        if self._environment and environment != self._environment:
            return DeviceTrouble("sbi.environment", expected=self._environment)
        return None

    def _base(self, callback: object, probed: Address) -> tuple[Address, str]:
        """Where the device wants to be spoken to. Only this machine, or the configured host, is believed."""
        if callback in (None, ""):
            return probed, ""
        try:
            parts = urlsplit(str(callback)[:256])
            host, port = parts.hostname or "", parts.port or 80
        except ValueError as error:
            raise DeviceTrouble("sbi.callback") from error
        host = probed[0] if host == "localhost" else host
        path = parts.path.rstrip("/")
        clean = all(c.isascii() and (c.isalnum() or c in "/._-") for c in path)
        if parts.scheme != "http" or host not in self._hosts or not clean or parts.query or parts.username:
            raise DeviceTrouble("sbi.callback")
        return (host, port), path

    # captures

    def parts(self, body: bytes, device: DeviceInfo, asked: Sequence[Position], transaction: str, previous: str,
              environment: str) -> tuple[list[tuple[Position, RawImage]], str]:
        """The pictures of a capture answer in the asked order, and the last hash of its chain.

        Args:
            asked: what was to be delivered: the requested positions without the exceptions; ``(Position.FACE,)`` for a face.

        Raises:
            CaptureFailed: a part is missing (fact position where it is only one), ``sbi.count``, ``sbi.duplicate``, or what the service
                says about the applicant.
            NotConnected, Busy, DeviceTrouble: what the service says about the device; each check that fails, by its own key.
        """
        answer = _json(body)
        if not isinstance(answer, dict):
            raise DeviceTrouble("sbi.answer", cause="shape")
        if code := codes.of(answer.get("error")):
            raise codes.trouble(code, device.kind)
        elements = answer.get("biometrics")
        if not isinstance(elements, list) or not elements or not all(isinstance(e, dict) for e in elements):
            raise DeviceTrouble("sbi.answer", cause="shape")
        failures = [code for e in elements if (code := codes.of(e.get("error")))]
        if len(failures) == len(elements) or any(code != codes.TIMED_OUT for code in failures):
            raise codes.trouble(next((c for c in failures if c != codes.TIMED_OUT), failures[0]), device.kind)
        delivered: dict[Position, bytes] = {}
        last, seen = previous, set[bytes]()
        for element in (e for e in elements if not codes.of(e.get("error"))):
            position, record, last = self._element(element, device, transaction, last, environment)
            digest = hashlib.sha256(record).digest()
            if position in delivered or digest in seen:
                raise CaptureFailed("sbi.duplicate", position=position.value)
            delivered[position] = record
            seen.add(digest)
        self._complete(delivered, asked, bool(failures), device.kind)
        return [(position, self._picture(delivered[position], position, device.kind)) for position in asked], last

    def _complete(self, delivered: dict[Position, bytes], asked: Sequence[Position], some_failed: bool, kind: DeviceKind) -> None:
        """Requested minus exceptions is what was delivered, no less and nothing else."""
        lacking = [p for p in asked if p not in delivered]
        strange = [p for p in delivered if p not in asked]
        facts = {"expected": len(asked), "found": len(delivered)}
        if strange:
            raise CaptureFailed("sbi.wrong_part", position=strange[0].value, **facts)
        if lacking:
            where = {"position": lacking[0].value} if len(lacking) == 1 else {}
            if some_failed and kind is DeviceKind.FINGERPRINT:
                raise CaptureFailed("finger.count", **facts, **where)
            raise CaptureFailed("sbi.count", **facts, **where)

    def _element(self, element: dict[str, Any], device: DeviceInfo, transaction: str, previous: str,
                 environment: str) -> tuple[Position, bytes, str]:
        if not same_version(str(element.get("specVersion")), device.version):
            raise DeviceTrouble("sbi.version", found=str(element.get("specVersion"))[:16])
        told = self._trust.read(element.get("data")).payload
        if digital_id(self._trust.read(told.get("digitalId")).payload) != device.digital:
            raise DeviceTrouble("sbi.other_device")
        if told.get("transactionId") != transaction:
            raise DeviceTrouble("sbi.transaction")
        self._fresh(told.get("timestamp"))
        if told.get("env") != environment:
            raise DeviceTrouble("sbi.environment", expected=environment)
        if told.get("purpose") != "Registration":
            raise DeviceTrouble("sbi.purpose")
        if told.get("bioType") != device.digital.type:
            raise DeviceTrouble("sbi.other_device")
        _score(told.get("qualityScore"))
        position = _part(told.get("bioSubType"), device.kind)
        try:
            record = decode64(told["bioValue"])
        except (KeyError, ValueError, AttributeError) as error:
            raise DeviceTrouble("sbi.record", cause="base64") from error
        if not record.startswith(MAGIC[device.kind]):
            raise DeviceTrouble("sbi.record", cause="magic")
        expected = chain.link(previous, record)
        if str(element.get("hash")).upper() != expected:
            raise DeviceTrouble("sbi.hash")
        return position, record, expected

    def _fresh(self, stamp: object) -> None:
        try:
            at = datetime.fromisoformat(stamp if isinstance(stamp, str) and len(stamp) < 40 else "")
            if at.tzinfo is None:
                raise ValueError("zone")
            off = abs(self._now() - at)
        except (ValueError, OverflowError) as error:
            raise DeviceTrouble("sbi.clock") from error
        if off > self._lag:
            raise DeviceTrouble("sbi.clock", value=int(off.total_seconds()))

    def _picture(self, record: bytes, position: Position, kind: DeviceKind) -> RawImage:
        try:
            pictures = self._decode(record, kind)
        except KioskError as error:
            raise DeviceTrouble("sbi.record", cause=error.message_key) from error
        if len(pictures) != 1:
            raise DeviceTrouble("sbi.record", cause="representations")
        told, image = pictures[0]
        if told is not None and told is not position:
            raise DeviceTrouble("sbi.record_part", position=position.value)
        least, most = SIDES[kind]
        if not (least <= min(image.width, image.height) and max(image.width, image.height) <= most):
            raise DeviceTrouble("sbi.size", found=f"{image.width}x{image.height}")
        return image


def digital_id(told: dict[str, Any]) -> DigitalId:
    """A missing or strange value counts as empty."""
    def text(name: str) -> str:
        value = told.get(name)
        return value.strip()[:128] if isinstance(value, str) and value.isprintable() else ""

    return DigitalId(text("serialNo"), text("make"), text("model"), text("type"), text("deviceSubType"), text("deviceProvider"),
                     text("deviceProviderId"))


def _unverified(token: object) -> dict[str, Any]:
    """The payload of a token that did not verify: enough to list the device with its trouble, never to use it."""
    if isinstance(token, dict):
        return token
    try:
        parts = str(token).split(".")
        payload = strict_json(decode64(parts[1] if len(parts) == 3 else parts[0]))
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _json(body: bytes) -> Any:
    try:
        return strict_json(body)
    except ValueError as error:
        raise DeviceTrouble("sbi.answer", cause="json") from error


def _numbers(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(int(str(item)) for item in items if str(item) in ("0", "1", "2", "3"))


def _score(value: object) -> None:
    try:
        score = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        score = math.nan
    if not 0 <= score <= 100:
        raise DeviceTrouble("sbi.quality")


def _part(name: object, kind: DeviceKind) -> Position:
    if kind is DeviceKind.CAMERA:
        return Position.FACE
    position = POSITIONS.get(name) if isinstance(name, str) else None
    if position is None or (position in FINGERS) is not (kind is DeviceKind.FINGERPRINT):
        raise CaptureFailed("sbi.wrong_part")
    return position


@dataclass(frozen=True, slots=True)
class Aim:
    """Which part of the device is to take what. ``exceptions`` are the other places of that part."""

    sub_id: int
    asked: tuple[Position, ...]
    exceptions: tuple[Position, ...]


def aim(device: DeviceInfo, asked: Sequence[Position]) -> Aim:
    """How this device can take ``asked`` in one go: 4-4-2 on a slap scanner, one finger on a single one, one or two eyes, a face.

    Raises:
        CaptureFailed: ``sbi.combination``.
    """
    wanted = tuple(asked)
    whole = frozenset(wanted)
    if device.kind is DeviceKind.CAMERA:
        return Aim(0, (Position.FACE,), ())
    if wanted and len(whole) == len(wanted):
        if device.kind is DeviceKind.IRIS and whole <= set(_BOTH_EYES):
            return _eyes(device, wanted)
        if device.digital.subtype == "Single" and len(wanted) == 1 and wanted[0] in FINGERS:
            return Aim(0, wanted, ())
        if device.kind is DeviceKind.FINGERPRINT and device.digital.subtype != "Single":
            for number, group in _GROUPS:
                if whole <= set(group) and _offers(device, number):
                    return Aim(number, wanted, tuple(p for p in group if p not in whole))
    raise CaptureFailed("sbi.combination", count=len(wanted))


def _offers(device: DeviceInfo, number: int) -> bool:
    return not device.sub_ids or number in device.sub_ids


def _eyes(device: DeviceInfo, wanted: tuple[Position, ...]) -> Aim:
    if device.digital.subtype == "Single":
        if len(wanted) != 1:
            raise CaptureFailed("sbi.combination", count=len(wanted))
        number = 1 if wanted[0] is Position.LEFT_EYE else 2
        return Aim(number if number in device.sub_ids else 0, wanted, ())
    return Aim(3 if _offers(device, 3) else 0, wanted, tuple(p for p in _BOTH_EYES if p not in wanted))


def stream_request(device: DeviceInfo, sub_id: int, timeout_ms: int) -> bytes:
    told = {"deviceSubId": str(sub_id), "timeout": str(timeout_ms)}
    if device.new:
        return _bytes({"type": device.digital.type, "specVersion": device.version, "serialNo": device.digital.serial, **told})
    return _bytes({"deviceId": device.device_id, **told})


def capture_request(device: DeviceInfo, aimed: Aim, transaction: str, previous: str, environment: str, timeout_ms: int, score: int,
                    now: datetime) -> bytes:
    """RCAPTURE; numbers travel as text."""
    who = {"serialNo": device.digital.serial} if device.new else {"deviceId": device.device_id}
    bio = {
        "type": device.digital.type, "count": str(len(aimed.asked)), "bioSubType": [NAMES[p] for p in aimed.asked if p in NAMES],
        "exception": [NAMES[p] for p in aimed.exceptions], "requestedScore": str(score), **who, "deviceSubId": str(aimed.sub_id),
        "previousHash": previous,
    }
    return _bytes({
        "env": environment, "purpose": "Registration", "specVersion": device.version, "timeout": str(timeout_ms),
        "captureTime": now.isoformat(timespec="milliseconds"), "transactionId": transaction, "bio": [bio], "customOpts": {},
    })


def _bytes(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
