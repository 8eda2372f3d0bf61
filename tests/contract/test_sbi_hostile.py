"""Genuine answers, damaged at random: either the very same pictures come out or one DeviceTrouble does, whatever the damage."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sbi_desk import FINGERPRINT, drivers_at, ignore
from sbi_service import SbiService, authority, preview_frame, sign, slap

from ktpel_kiosk.app.sbi_records import decode_record
from ktpel_kiosk.domain.biometric import THUMBS, Position, RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.hal.drivers.sbi.frames import FrameReader, picture
from ktpel_kiosk.hal.drivers.sbi.jws import Trust
from ktpel_kiosk.hal.drivers.sbi.messages import DeviceInfo, Reading
from ktpel_kiosk.hal.drivers.sbi.wire import BadAnswer, BodyReader

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=2500, deadline=None, suppress_health_check=list(HealthCheck))
_JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.just("1" * 5000), st.just([]), st.just({}),
                  st.lists(st.integers(), max_size=3), st.just([[[]]]),
                  st.sampled_from(["", "0", "701", "Left Thumb", "A.B.C", "..", "====", "\x00"]))


@dataclass(frozen=True)
class Genuine:
    """One capture as it went over the wire, with what it was asked for."""

    body: bytes
    info: bytes
    device: DeviceInfo
    transaction: str
    previous: str
    pictures: tuple[tuple[Position, RawImage], ...]
    port: int

    @property
    def reading(self) -> Reading:
        return _reading()

    def judge(self, body: bytes) -> list[tuple[Position, RawImage]]:
        return self.reading.parts(body, self.device, THUMBS, self.transaction, self.previous, "Staging")[0]


@functools.cache
def _reading() -> Reading:
    def now() -> datetime:
        return datetime.now(UTC)

    return Reading(Trust((authority().root_pem,), False, now), decode_record, frozenset({"127.0.0.1"}), "", now)


@functools.cache
def genuine() -> Genuine:
    with SbiService(devices=[slap()], capture_s=0.0) as service:
        driver = drivers_at((service.port, service.port))[FINGERPRINT]
        scanner = driver.open(driver.discover()[0])
        capture = scanner.capture(THUMBS, 1.0, ignore)
        scanner.close()
        asked = service.requests[-1]
        info = json.dumps(service._info(_Bare())).encode()
        device = _reading().devices(info, ("127.0.0.1", service.port))[0]
        previous = asked["bio"][0]["previousHash"]
        return Genuine(capture.payload, info, device, asked["transactionId"], previous, capture.fingers, service.port)


class _Bare:
    body = b""


def same_or_trouble(judge: Callable[[bytes], Any], body: bytes, right: Any) -> None:
    try:
        found = judge(body)
    except DeviceTrouble as trouble:
        assert trouble.message_key.startswith(("sbi.", "finger."))
        return
    assert tuple(found) == right


@st.composite
def damaged_bytes(draw: st.DrawFn, whole: bytes) -> bytes:
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        at, how = draw(st.integers(0, len(data))), draw(st.integers(0, 4))
        length = draw(st.integers(1, 400))
        if how == 0 and at < len(data):
            data[at] ^= draw(st.integers(1, 255))
        elif how == 1:
            del data[at:at + length]
        elif how == 2:
            data[at:at] = draw(st.binary(min_size=1, max_size=20))
        elif how == 3:
            del data[at:]
        else:
            data[at:at] = data[at:at + length]
    return bytes(data)


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, item in inner for place in _places(item, (*here, key)))]


@st.composite
def damaged_json(draw: st.DrawFn, told: Any) -> Any:
    """Members replaced, dropped, doubled or exchanged anywhere in the tree."""
    told = copy.deepcopy(told)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_places(told)))
        if not place:
            continue
        parent = told
        for key in place[:-1]:
            parent = parent[key]
        how = draw(st.integers(0, 3))
        if how == 0:
            del parent[place[-1]]
        elif how == 1 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[place[-1]]))
        elif how == 2 and isinstance(parent, list):
            parent.reverse()
        else:
            parent[place[-1]] = copy.deepcopy(draw(_JUNK))
    return told


def _bytes(body: bytes) -> None:
    same_or_trouble(genuine().judge, body, genuine().pictures)


def _resigned(told: Any) -> None:
    """Payloads changed and signed again with the device's own key: only then the checks behind the signature are reached."""
    answer = {"biometrics": []}
    for element in told if isinstance(told, list) else [told]:
        payload = element.get("payload") if isinstance(element, dict) else element
        shell = element.get("shell") if isinstance(element, dict) else {}
        shell = shell if isinstance(shell, dict) else {}
        answer["biometrics"].append({**shell, "data": sign(payload, authority().device)})
    _bytes(json.dumps(answer).encode())


def _opened_elements() -> list[dict[str, Any]]:
    import base64

    elements = json.loads(genuine().body)["biometrics"]
    return [{"payload": json.loads(base64.urlsafe_b64decode(e["data"].split(".")[1] + "===")),
             "shell": {k: v for k, v in e.items() if k != "data"}} for e in elements]


def _info(told: Any) -> None:
    g = genuine()
    try:
        devices = g.reading.devices(told if isinstance(told, bytes) else json.dumps(told).encode(), ("127.0.0.1", g.port))
    except DeviceTrouble:
        return
    for device in devices:
        assert device.trouble is not None or device == g.device


def _http(reader: Any, data: bytes, cut: int) -> None:
    try:
        reader.feed(data[:cut])
        if not reader.done:
            reader.feed(data[cut:])
        if not reader.done:
            reader.end()
    except BadAnswer:
        return


def test_the_genuine_answer_is_taken() -> None:
    assert tuple(genuine().judge(genuine().body)) == genuine().pictures
    assert genuine().device.trouble is None
    _resigned(_opened_elements())


@FEW
@given(st.data())
def test_damaged_bytes(data: st.DataObject) -> None:
    _bytes(data.draw(damaged_bytes(genuine().body)))


@FEW
@given(st.data())
def test_damaged_members(data: st.DataObject) -> None:
    _bytes(json.dumps(data.draw(damaged_json(json.loads(genuine().body)))).encode())


@FEW
@given(st.data())
def test_damaged_and_signed_again(data: st.DataObject) -> None:
    _resigned(data.draw(damaged_json(_opened_elements())))


@FEW
@given(st.data())
def test_damaged_device_information(data: st.DataObject) -> None:
    _info(data.draw(st.one_of(damaged_bytes(genuine().info), damaged_json(json.loads(genuine().info)))))


_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n" + b'{"biometrics":[]}'
_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"biometr\r\n8;x=y\r\nics\":[]}\r\n0\r\n\r\n"


def _stream() -> bytes:
    parts = b"".join(b"--B\r\nContent-Type:image/jpeg\r\nContent-Length:%d\r\n\r\n%s\r\n\r\n" % (len(f), f)
                     for f in (preview_frame(1), preview_frame(2)))
    return b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--B\r\n\r\n" + parts


@FEW
@given(st.data())
def test_damaged_http_and_streams(data: st.DataObject) -> None:
    whole = data.draw(damaged_bytes(data.draw(st.sampled_from([_ANSWER, _CHUNKS]))))
    _http(BodyReader(1000), whole, data.draw(st.integers(0, len(whole))))
    stream = data.draw(damaged_bytes(_stream()))
    frames = FrameReader()
    _http(frames, stream, data.draw(st.integers(0, len(stream))))
    frame = frames.take()
    if frame is not None:
        assert frame.startswith(b"\xff\xd8")
        picture(frame)


@pytest.mark.gate
@pytest.mark.timeout(1200)
@MANY
@given(st.data())
def test_a_great_many(data: st.DataObject) -> None:
    kind = data.draw(st.integers(0, 3))
    if kind == 0:
        _bytes(data.draw(damaged_bytes(genuine().body)))
    elif kind == 1:
        _resigned(data.draw(damaged_json(_opened_elements())))
    elif kind == 2:
        _info(data.draw(st.one_of(damaged_bytes(genuine().info), damaged_json(json.loads(genuine().info)))))
    else:
        stream = data.draw(damaged_bytes(_stream()))
        frames = FrameReader()
        _http(frames, stream, data.draw(st.integers(0, len(stream))))
        if (frame := frames.take()) is not None:
            picture(frame)


def test_a_replayed_answer_is_not_taken_twice() -> None:
    g = genuine()
    with pytest.raises(DeviceTrouble) as raised:
        g.reading.parts(g.body, g.device, THUMBS, "neu", g.previous, "Staging")
    assert raised.value.message_key == "sbi.transaction"
    with pytest.raises(DeviceTrouble) as raised:
        g.reading.parts(g.body, g.device, THUMBS, g.transaction, "00" * 32, "Staging")
    assert raised.value.message_key == "sbi.hash"
