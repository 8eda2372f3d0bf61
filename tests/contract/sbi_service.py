"""A device service with a secure biometric interface, strict, written from the specification text, for tests.

It uses sockets, hashes and ``cryptography`` only, nothing of the client. Each request is held against the specification: a wrong verb,
path, header, field or value is answered with the code of the error table and noted in ``complaints``, which a test wants empty.
Sources: MOSIP SBI specification 1.0 (23 June 2021), MDS specification 0.9.5.

A fault is switched on in ``faults`` by its name (see FAULTS); most strike while they are in it.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import io
import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SAMPLES = Path("/work/shared/samples/mosip-mock-services/MockMDS/Profile/Default/Registration")
HANDS = {
    side: [f"{side} {part}Finger" for part in ("Index", "Middle", "Ring", "Little")] for side in ("Left", "Right")
}
GROUPS = {"1": HANDS["Left"], "2": HANDS["Right"], "3": ["Left Thumb", "Right Thumb"]}
FINGER_NAMES = [name for group in GROUPS.values() for name in group]
EYE_NAMES = ["Left", "Right"]
ENVIRONMENTS = ("Staging", "Developer", "Pre-Production", "Production")
FIRST_HASH = hashlib.sha256(b"").hexdigest().upper()

FAULTS = frozenset({
    "late", "silent", "truncated", "short_length", "long_length", "drip", "huge", "huge_header", "deep_json", "not_json", "no_status",
    "one_less", "one_more", "wrong_hand", "duplicate_name", "duplicate_picture", "bad_signature", "foreign_certificate", "no_chain",
    "alg_none", "expired_certificate", "leaf_issuer", "wrong_transaction", "old_timestamp", "bad_timestamp", "bad_hash", "wrong_env",
    "wrong_purpose", "wrong_version", "other_device", "no_quality", "bad_magic", "bad_base64", "small_picture", "wrong_record_part",
    "missing_finger", "element_error", "answer_error", "die", "stream_cut", "stream_error", "stream_no_length", "stream_wrong_length",
    "stream_garbage", "stream_silent", "unsigned_data", "chunked", "until_close",
})


# -- keys ----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Signer:
    """A key, and its certificate chain as ``x5c`` wants it (DER in base64, own certificate first, root left out)."""

    key: Any
    x5c: tuple[str, ...]


@dataclass(frozen=True)
class Authority:
    """A device provider: its root as PEM, and devices with and without faults."""

    root_pem: bytes
    device: Signer
    expired: Signer
    leaf_issued: Signer


@functools.cache
def authority(name: str = "Penyedia Perangkat Contoh") -> Authority:
    """Root, one intermediate, a device certificate below; keys made anew in each run of the tests."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    def new_key() -> Any:
        return rsa.generate_private_key(65537, 2048)

    root, device = new_key(), new_key()
    middle = root  # one key under two names: what matters here are the names and the signatures
    root_cert = _certificate(name, root, name, root, ca=True)
    middle_cert = _certificate(f"{name} L1", middle, name, root, ca=True)
    device_cert = _certificate("Perangkat", device, f"{name} L1", middle)
    stale = _certificate("Perangkat", device, f"{name} L1", middle, days=(-400, -30))
    other = middle  # a second key is enough: the issuer below is no CA, whoever's key it is
    child = _certificate("Anak", other, "Perangkat", device)
    above = (_der(middle_cert),)
    return Authority(_pem(root_cert), Signer(device, (_der(device_cert), *above)), Signer(device, (_der(stale), *above)),
                     Signer(other, (_der(child), _der(device_cert), *above)))


@functools.cache
def foreign() -> Signer:
    """A device that signed its own certificate."""
    key = authority().leaf_issued.key
    return Signer(key, (_der(_certificate("Perangkat", key, "Perangkat", key)),))


def _certificate(subject: str, key: Any, issuer: str, issuer_key: Any, *, ca: bool = False, days: tuple[int, int] = (-1, 365)) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import NameOID

    def name(text: str) -> Any:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number(),
                                    now + timedelta(days=days[0]), now + timedelta(days=days[1]))
    return built.add_extension(x509.BasicConstraints(ca, None), critical=True).sign(issuer_key, SHA256())


def _der(certificate: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(payload: Mapping[str, Any], signer: Signer, *, alg: str = "RS256", x5c: bool = True, spoil: bool = False) -> str:
    return _token(json.dumps(payload), signer, alg, x5c, spoil)


@functools.lru_cache(maxsize=256)
def _token(payload: str, signer: Signer, alg: str, x5c: bool, spoil: bool) -> str:
    """The same words are signed once: the signature of RS256 is the same each time."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    header = {"alg": alg, "typ": "JWT", **({"x5c": list(signer.x5c)} if x5c else {})}
    text = f"{b64url(json.dumps(header).encode())}.{b64url(payload.encode())}"
    if alg == "none":
        return text + "."
    signature = bytearray(signer.key.sign(text.encode(), PKCS1v15(), SHA256()))
    if spoil:
        signature[40] ^= 1
    return f"{text}.{b64url(bytes(signature))}"


# -- pictures ------------------------------------------------------------------------------------------------------------------------


def finger_record(name: str, *, width: int = 200, height: int = 260, level: int = 0) -> bytes:
    """A raw 500 ppi FIR of 2011 with ridges of its own; names outside the hand are code 0."""
    from ktpel_kiosk.biometrics.records import fir

    codes = {n: c for side, base in (("Right", 1), ("Left", 6)) for c, n in enumerate((f"{side} Thumb", *HANDS[side]), base)}
    code = codes.get(name, 0)
    y, x = np.mgrid[0:height, 0:width]
    ridges = (128 + 100 * np.sin(np.hypot(x - width / 2, y - height / 2 - 7 * code) * 2 * np.pi / 9 + level)).astype(np.uint8)
    return fir.encode(fir.FingerRecord((fir.FingerImage(code, width, height, 0, ridges.tobytes()),)))


def eye_record(name: str, *, width: int = 320, height: int = 240) -> bytes:
    from ktpel_kiosk.biometrics.records import iir

    label = {"Right": iir.RIGHT, "Left": iir.LEFT}.get(name, 0)
    pixels = np.full((height, width), 60 + 40 * label, np.uint8)
    return iir.encode(iir.IrisRecord((iir.IrisImage(label, width, height, 2, pixels.tobytes()),)))


def face_record(*, width: int = 240, height: int = 320) -> bytes:
    from ktpel_kiosk.biometrics.records import fac

    picture = np.full((height, width, 3), (200, 20, 10), np.uint8)
    return fac.encode(fac.FaceRecord((fac.FaceImage(width, height, 0, jpeg(picture)),)))


def jpeg(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return out.getvalue()


@functools.cache
def made_records() -> Mapping[str, bytes]:
    return {**{n: finger_record(n) for n in FINGER_NAMES}, **{n: eye_record(n) for n in EYE_NAMES}, "Face": face_record()}


@functools.cache
def sample_records() -> Mapping[str, bytes] | None:
    """The records of MOSIP's own sample person, where they lie on this machine."""
    files = {n: f"{n.replace('Finger', '').replace(' ', '_')}.iso" for n in FINGER_NAMES}
    files |= {"Left": "Left_Iris.iso", "Right": "Right_Iris.iso", "Face": "Face.iso"}
    if not SAMPLES.is_dir():
        return None
    return {name: (SAMPLES / file).read_bytes() for name, file in files.items()}


@functools.cache
def preview_frame(number: int) -> bytes:
    pixels = np.full((120, 160, 3), 60, np.uint8)
    pixels[::2] += np.random.default_rng(number).integers(0, 40, (60, 160, 3), np.uint8)
    return jpeg(pixels)


# -- the service ---------------------------------------------------------------------------------------------------------------------


@dataclass
class MockDevice:
    type: str = "Finger"
    subtype: str = "Slap"
    serial: str = "SLAP-0001"
    device_id: str = "1"
    sub_ids: tuple[str, ...] = ("1", "2", "3")
    status: str = "Ready"
    make: str = "Contoh"
    model: str = "SBI Tiruan"
    env: str = "Staging"
    purpose: str = "Registration"
    streams: list[list[str]] = field(default_factory=list)
    capturing: bool = False
    signed: bool = True

    @property
    def streaming(self) -> str | None:
        """Sub-device of the newest preview that runs."""
        return self.streams[-1][0] if self.streams else None

    @property
    def shown(self) -> str:
        """The status it tells: a preview occupies the device as a capture does."""
        return "Busy" if (self.capturing or self.streams) and self.status == "Ready" else self.status

    def digital(self) -> dict[str, str]:
        return {"serialNo": self.serial, "make": self.make, "model": self.model, "type": self.type, "deviceSubType": self.subtype,
                "deviceProvider": "Penyedia", "deviceProviderId": "P1", "dateTime": _STARTED}


def slap(**values: Any) -> MockDevice:
    return MockDevice(**values)


def eyes(**values: Any) -> MockDevice:
    return MockDevice(**{"type": "Iris", "subtype": "Double", "serial": "IRIS-0001", "device_id": "2", **values})


def face(**values: Any) -> MockDevice:
    return MockDevice(**{"type": "Face", "subtype": "Full face", "serial": "FACE-0001", "device_id": "3", "sub_ids": ("0",), **values})


def _now(shift: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + shift).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


_STARTED = _now()


class Refused(Exception):
    """Answered with an error code."""

    def __init__(self, code: str, complaint: str = "") -> None:
        super().__init__(complaint or code)
        self.code = code
        self.complaint = complaint


@dataclass
class Request:
    verb: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        try:
            told = json.loads(self.body)
        except ValueError:
            raise Refused("999", "body is no JSON") from None
        if not isinstance(told, dict):
            raise Refused("999", "body is no object")
        return told


@dataclass
class SbiService:
    """Starts at once on ``port`` (0: any free one).

    Args:
        edition: "0.9.5" or "1.0": its verbs and messages. ``version`` is what it calls itself, e.g. "1.0.0".
        records: by bioSubType, and "Face".
        capture_s: how long a finger takes to come.
    """

    devices: list[MockDevice] = field(default_factory=lambda: [slap(), eyes(), face()])
    edition: str = "0.9.5"
    version: str = ""
    port: int = 0
    signer: Signer = field(default_factory=lambda: authority().device)
    records: Mapping[str, bytes] = field(default_factory=lambda: made_records())
    faults: dict[str, Any] = field(default_factory=dict)
    callback: str | None = None
    capture_s: float = 0.05
    frame_s: float = 0.02

    def __post_init__(self) -> None:
        self.version = self.version or self.edition
        self.complaints: list[str] = []
        self.seen: list[tuple[str, str]] = []
        self.requests: list[dict[str, Any]] = []
        self.answers: list[bytes] = []
        self.leaving = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    # life

    def _start(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="sbi-mock")
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive() or t.ident is None] + [thread]
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(sock)
            if self.leaving.is_set():
                self._drop(sock)
                return
            self._start(self._serve, sock)

    def _drop(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.discard(sock)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def stop(self) -> None:
        self.leaving.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still = list(self._open)
        for sock in still:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(3)
        assert not [t for t in threads if t.is_alive() and t is not threading.current_thread()]

    def __enter__(self) -> SbiService:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # HTTP

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.settimeout(5)
            request = self._read(sock)
            if request is not None:
                self._answer(sock, request)
        except OSError:
            pass
        finally:
            self._drop(sock)

    def _read(self, sock: socket.socket) -> Request | None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = sock.recv(4096)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        verb, path, protocol = lines[0].split(" ")
        headers = dict(line.split(":", 1) for line in lines[1:])
        self._expect(protocol == "HTTP/1.1", "protocol")
        self._expect({"HOST", "EXT"} <= set(headers) and headers.get("EXT", "").strip() != "", "HOST and EXT headers")
        self._expect(headers.get("HOST", "").strip() == f"127.0.0.1:{self.port}", "HOST names the service")
        self._expect("Content-Length" in headers or "content-length" in headers, "Content-Length spelled exactly")
        length = int(headers.get("Content-Length", headers.get("content-length", "0")))
        while len(body) < length:
            piece = sock.recv(4096)
            if not piece:
                return None
            body += piece
        self._expect(len(body) == length, "body as long as announced")
        with self._lock:
            self.seen.append((verb, path))
        return Request(verb, path, {k.upper(): v.strip() for k, v in headers.items()}, body)

    def _expect(self, true: bool, what: str) -> None:
        if not true:
            with self._lock:
                self.complaints.append(what)

    def _answer(self, sock: socket.socket, request: Request) -> None:
        old = self.edition == "0.9.5"
        verbs = {"STREAM": ("/stream", None), "RCAPTURE": ("/capture", self._capture),
                 "MOSIPDISC" if old else "SBIDISC": ("/device", self._discovery),
                 "MOSIPDINFO" if old else "SBIINFO": ("/info", self._info)}
        try:
            path, work = verbs.get(request.verb, ("", None))
            if not path or path != request.path:
                raise Refused("500")
            if request.verb == "STREAM":
                self._stream(sock, request)
                return
            assert work is not None
            answer = work(request)
        except Refused as refused:
            if refused.complaint:
                self._expect(False, refused.complaint)
            answer = {"error": {"errorCode": refused.code, "errorInfo": str(refused)}}
            if request.verb == "RCAPTURE":
                answer = {"biometrics": [{"specVersion": self.version, "data": "", "hash": "", **answer}]}
        self._send(sock, request.verb, json.dumps(answer).encode())

    def _send(self, sock: socket.socket, verb: str, body: bytes) -> None:
        faults = self.faults if verb == "RCAPTURE" or self.faults.get("everywhere") else {}
        if verb == "RCAPTURE":
            self.answers.append(body)
        if "silent" in faults:
            self.leaving.wait(10)
            return
        if "late" in faults:
            self.leaving.wait(faults["late"])
        if "die" in faults:
            return
        if "not_json" in faults:
            body = b"<html>Selamat datang</html>"
        if "deep_json" in faults:
            body = b"[" * 200_000
        length = len(body) + (7 if "long_length" in faults else -7 if "short_length" in faults else 0)
        if "huge" in faults:
            length = 33 * 1024 * 1024
        head = f"HTTP/1.1 200 OK\r\nCACHE-CONTROL:no-store\r\nLOCATION:http://127.0.0.1:{self.port}\r\n"
        if "huge_header" in faults:
            head += "X: " + "a" * 100_000 + "\r\n"
        if "chunked" in faults:
            half = len(body) // 2
            body = b"%x\r\n%s\r\n%X;a=b\r\n%s\r\n0\r\n\r\n" % (half, body[:half], len(body) - half, body[half:])
            head += "Transfer-Encoding: chunked\r\n"
        elif "until_close" not in faults:
            head += f"Content-Length: {length}\r\n"
        head += "Content-Type: application/json\r\nConnection: Closed\r\n\r\n"
        whole = head.encode() + (body[: len(body) // 2] if "truncated" in faults else body)
        if "no_status" in faults:
            whole = body
        if "drip" in faults:
            for byte in whole:
                sock.sendall(bytes([byte]))
                if self.leaving.wait(0.02):
                    return
        sock.sendall(whole)

    # messages

    def _discovery(self, request: Request) -> Any:
        told = request.json()
        wanted = told.get("type")
        if wanted not in ("Biometric Device", "Finger", "Face", "Iris"):
            raise Refused("502", "discovery type")
        if self.edition != "0.9.5" and told.get("specVersion") is None:
            raise Refused("502", "discovery specVersion")
        found = [{**self._described(d), "digitalId": b64url(json.dumps(d.digital()).encode()), "error": {"errorCode": "0", "errorInfo": ""}}
                 for d in self.devices if wanted in ("Biometric Device", d.type)]
        return found or [{"error": {"errorCode": "503", "errorInfo": "no device"}}]

    def _described(self, device: MockDevice) -> dict[str, Any]:
        old = self.edition == "0.9.5"
        who = {"deviceId": device.device_id, "deviceCode": "c0de"} if old else {"serialNo": device.serial}
        callback = f"http://127.0.0.1:{self.port}/" if self.callback is None else self.callback
        return {**who, "deviceStatus": device.shown, "certification": "L0" if old else "SBI 1.0",
                "serviceVersion": self.version, "deviceSubId": list(device.sub_ids), "callbackId": callback, "purpose": device.purpose,
                "specVersion": [self.version]}

    def _info(self, request: Request) -> Any:
        if self.edition == "0.9.5":
            self._expect(request.body == b"", "0.9.5 information request has no body")
        else:
            told = request.json()
            self._expect(set(told) == {"type", "specVersion"}, "1.0 information request names type and specVersion")
        found = []
        for device in self.devices:
            told = {**self._described(device), "firmware": "1.2.3", "env": device.env, "digitalId": self._digital(device)}
            error = {"Ready": "0", "Busy": "111", "Not Ready": "110", "Not Registered": "100"}.get(device.shown, "999")
            token = self._signed(told, "info") if device.signed else b64url(json.dumps(told).encode())
            found.append({"deviceInfo": token, "error": {"errorCode": error, "errorInfo": ""}})
        return found or [{"error": {"errorCode": "106", "errorInfo": "Device not found"}}]

    def _digital(self, device: MockDevice) -> str:
        return sign(device.digital(), self.signer) if device.signed else b64url(json.dumps(device.digital()).encode())

    def _signed(self, payload: Mapping[str, Any], what: str) -> str:
        """A token, spoiled where a fault wants it: value "info" spoils device information, anything else captures."""
        mine = {f for f, value in self.faults.items() if (value == "info") is (what == "info")}
        signer = self.signer
        if "foreign_certificate" in mine:
            signer = foreign()
        if "expired_certificate" in mine:
            signer = authority().expired
        if "leaf_issuer" in mine:
            signer = authority().leaf_issued
        return sign(payload, signer, alg="none" if "alg_none" in mine else "RS256", x5c="no_chain" not in mine,
                    spoil="bad_signature" in mine)

    def _find(self, told: Mapping[str, Any], missing: str, gone: str) -> MockDevice:
        name, value = ("deviceId", "device_id") if self.edition == "0.9.5" else ("serialNo", "serial")
        self._expect(({"deviceId", "serialNo"} & set(told)) == {name}, f"{name} and only it")
        if not told.get(name):
            raise Refused(missing, f"{name} missing")
        device = next((d for d in self.devices if getattr(d, value) == told[name]), None)
        if device is None:
            raise Refused(gone)
        return device

    # stream

    def _stream(self, sock: socket.socket, request: Request) -> None:
        try:
            told = request.json()
            common = {"deviceId"} if self.edition == "0.9.5" else {"serialNo", "type", "specVersion"}
            self._expect(set(told) - {"dimensions"} == {*common, "deviceSubId", "timeout"}, "stream fields")
            device = self._find(told, "604", "605")
            if told["deviceSubId"] not in device.sub_ids:
                raise Refused("606", "stream deviceSubId")
            if not re.fullmatch(r"[1-9][0-9]*", str(told["timeout"])):
                raise Refused("609", "stream timeout")
            if device.status != "Ready":
                raise Refused("607")
            if "stream_error" in self.faults:
                raise Refused(str(self.faults["stream_error"]))
        except Refused as refused:
            if refused.complaint:
                self._expect(False, refused.complaint)
            body = json.dumps({"error": {"errorCode": refused.code, "errorInfo": str(refused)}}).encode()
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return
        mine = [told["deviceSubId"]]
        device.streams.append(mine)
        try:
            self._frames(sock, time.monotonic() + int(told["timeout"]) / 1000)
        finally:
            device.streams[:] = [s for s in device.streams if s is not mine]

    def _frames(self, sock: socket.socket, until: float) -> None:
        sock.sendall(b"HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: multipart/x-mixed-replace; boundary=--BoundaryString\r\n\r\n")
        number = 0
        while time.monotonic() < until:
            number += 1
            picture = preview_frame(number % 8)
            length: bytes = b"Content-Length:%d\r\n" % len(picture)
            if "stream_no_length" in self.faults:
                length = b""
            if "stream_wrong_length" in self.faults:
                length = b"Content-Length:%d\r\n" % (len(picture) + self.faults["stream_wrong_length"])
            if "stream_garbage" in self.faults and number > 2:
                picture, length = b"\x00" * 5000, b"Content-Length:5000\r\n"
            if "stream_cut" in self.faults and number > 2:
                sock.sendall(b"--BoundaryString\r\nContent-Type:image/jpeg\r\n" + length + b"\r\n" + picture[:100])
                return
            if "stream_silent" not in self.faults:
                sock.sendall(b"--BoundaryString\r\nContent-Type:image/jpeg\r\n" + length + b"\r\n" + picture + b"\r\n\r\n")
            if self.leaving.wait(self.frame_s):
                return

    # capture

    def _capture(self, request: Request) -> Any:
        told = request.json()
        with self._lock:
            self.requests.append(told)
        device, names = self._checked(told)
        if "answer_error" in self.faults:
            raise Refused(str(self.faults["answer_error"]))
        with self._lock:
            if device.capturing:
                raise Refused("703")
            device.capturing = True
        try:
            until = time.monotonic() + min(self.capture_s, int(told["timeout"]) / 1000)
            while time.monotonic() < until and not self.leaving.is_set():
                if device not in self.devices:
                    raise Refused("705")
                time.sleep(0.005)
            if self.leaving.is_set():
                raise ConnectionAbortedError  # killed: no last words
            if self.capture_s > int(told["timeout"]) / 1000:
                raise Refused("701")
            if device.streaming is None and not self.faults.get("lenient"):
                raise Refused("700")
        finally:
            device.capturing = False
        return {"biometrics": self._elements(told, device, names)}

    def _checked(self, told: dict[str, Any]) -> tuple[MockDevice, list[str]]:
        """The device, and what it has to deliver."""
        self._expect(set(told) == {"env", "purpose", "specVersion", "timeout", "captureTime", "transactionId", "bio", "customOpts"},
                     "capture fields")
        self._expect(isinstance(told.get("customOpts"), dict) and len(told["customOpts"]) <= 50, "customOpts")
        if told.get("env") not in ENVIRONMENTS:
            raise Refused("115", "env")
        if told.get("purpose") != "Registration":
            raise Refused("121", "purpose")
        self._expect(told.get("specVersion") == self.version, "specVersion")
        transaction = told.get("transactionId")
        if not isinstance(transaction, str) or not re.fullmatch(r"[a-zA-Z0-9-]{16,}", transaction):
            raise Refused("112", "transactionId")
        self._expect(transaction not in [r["transactionId"] for r in self.requests[:-1]], "transactionId used once")
        self._expect(datetime.fromisoformat(told["captureTime"]).tzinfo is not None, "captureTime with its zone")
        self._expect(re.fullmatch(r"[1-9][0-9]*", told["timeout"]) is not None, "timeout in milliseconds, as text")
        if not isinstance(told.get("bio"), list) or len(told["bio"]) != 1:
            raise Refused("109", "one bio")
        bio = told["bio"][0]
        who = "deviceId" if self.edition == "0.9.5" else "serialNo"
        self._expect(set(bio) == {"type", "count", "bioSubType", "exception", "requestedScore", who, "deviceSubId", "previousHash"},
                     "bio fields")
        device = self._find(bio, "704", "705")
        if bio.get("type") != device.type:
            raise Refused("114", "type")
        if device.env != told["env"]:
            raise Refused("115")
        self._expect(re.fullmatch(r"[0-9A-F]{64}", bio["previousHash"]) is not None, "previousHash is an upper-case SHA-256")
        self._expect(0 <= float(bio["requestedScore"]) <= 100 and isinstance(bio["requestedScore"], str), "requestedScore as text")
        if device.status == "Busy":
            raise Refused("111")
        if device.status != "Ready":
            raise Refused("110")
        if not self.faults.get("lenient"):
            if device.streaming is None:
                raise Refused("700")
            if device.streaming != bio["deviceSubId"]:
                raise Refused("702", "stream and capture name different sub-devices")
        return device, self._names(bio, device)

    def _names(self, bio: Mapping[str, Any], device: MockDevice) -> list[str]:
        count, asked, exceptions = bio["count"], bio["bioSubType"], bio["exception"]
        self._expect(isinstance(count, str) and bio["deviceSubId"] in device.sub_ids, "count as text, deviceSubId offered")
        if device.type == "Face":
            if count != "1" or asked or exceptions:
                raise Refused("109", "a face is one, without sub-types")
            return ["Face"]
        known = EYE_NAMES if device.type == "Iris" else FINGER_NAMES
        if device.subtype == "Slap":
            if bio["deviceSubId"] not in GROUPS:
                raise Refused("120", "a slap scanner has no sub-device 0")
            known = GROUPS[bio["deviceSubId"]]
        whole = 1 if device.subtype == "Single" else len(known)
        if int(count) + len(exceptions) != whole:
            raise Refused("113", f"count {count} and {len(exceptions)} exceptions are not {whole}")
        if any(e not in known for e in exceptions):
            raise Refused("117", "exception outside the group")
        if any(a not in known for a in asked) or len(asked) != int(count) or len(set(asked)) != len(asked) or set(asked) & set(exceptions):
            raise Refused("118", "bioSubType")
        return [n for n in known if n in asked]

    def _elements(self, told: Mapping[str, Any], device: MockDevice, names: list[str]) -> list[dict[str, Any]]:
        faults = self.faults
        names = list(names)
        if "one_less" in faults:
            names.pop()
        if "one_more" in faults:
            names.append(next(n for n in (EYE_NAMES if device.type == "Iris" else FINGER_NAMES) if n not in names))
        if "wrong_hand" in faults:
            names = [n.replace("Right", "LEFT").replace("Left", "Right").replace("LEFT", "Left") for n in names]
        if "duplicate_name" in faults:
            names[-1] = names[0]
        elements = []
        last = told["bio"][0]["previousHash"]
        for number, name in enumerate(names):
            if faults.get("missing_finger") == name or ("element_error" in faults and number == 0):
                code = str(faults.get("element_error", "701"))
                elements.append({"specVersion": self.version, "data": "", "hash": "", "error": {"errorCode": code, "errorInfo": ""}})
                continue
            record = self._record(name, number, names)
            last = hashlib.sha256(bytes.fromhex(last) + hashlib.sha256(record).digest()).hexdigest().upper()
            shown = hashlib.sha256(last.encode()).hexdigest().upper() if "bad_hash" in faults else last
            elements.append({"specVersion": "0.9.2" if "wrong_version" in faults else self.version,
                             "data": self._data(told, device, name, record), "hash": shown,
                             "error": {"errorCode": "0", "errorInfo": "Success"}, "additionalInfo": {}})
        return elements

    def _record(self, name: str, number: int, names: list[str]) -> bytes:
        record = self.records[name]
        if "duplicate_picture" in self.faults and number:
            record = self.records[names[0]]
        if "bad_magic" in self.faults:
            record = b"XXX\0" + record[4:]
        if "small_picture" in self.faults:
            record = finger_record(name, width=20, height=20)
        if "wrong_record_part" in self.faults:
            record = finger_record("Left Thumb" if name != "Left Thumb" else "Right Thumb", level=number)
        return record

    def _data(self, told: Mapping[str, Any], device: MockDevice, name: str, record: bytes) -> Any:
        faults = self.faults
        shift = timedelta(minutes=faults.get("old_timestamp", 0))
        digital = sign({**device.digital(), "serialNo": "LAIN-9"}, self.signer) if "other_device" in faults else self._digital(device)
        payload = {
            "digitalId": digital, "deviceServiceVersion": self.version, "bioType": device.type,
            **({} if device.type == "Face" else {"bioSubType": name}),
            "purpose": "Auth" if "wrong_purpose" in faults else "Registration",
            "env": "Developer" if "wrong_env" in faults else told["env"],
            "bioValue": "%%%" if "bad_base64" in faults else b64url(record),
            "transactionId": "0" * 20 if "wrong_transaction" in faults else told["transactionId"],
            "timestamp": "kemarin" if "bad_timestamp" in faults else _now(shift),
            "requestedScore": told["bio"][0]["requestedScore"], "qualityScore": faults.get("no_quality", "78"),
        }
        if self.edition == "0.9.5":
            payload["deviceCode"] = "c0de"
        if "unsigned_data" in faults or not device.signed:
            return b64url(json.dumps(payload).encode())
        return self._signed(payload, "data")
