"""The small HTTP of the biometric interface: bodies, chunks, frames, deadlines, cutting short."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.drivers.sbi.frames import FrameReader, picture
from ktpel_kiosk.hal.drivers.sbi.wire import BadAnswer, BodyReader, Link, Wake, exchange, pump, request
from ktpel_kiosk.hal.pictures import jpeg_size

HEAD = b"HTTP/1.1 200 OK\r\n"


def answer(whole: bytes, limit: int = 1000, *, closed: bool = True) -> bytes:
    reader = BodyReader(limit)
    reader.feed(whole)
    if not reader.done and closed:
        reader.end()
    assert reader.done
    return reader.body


def wrong(whole: bytes, limit: int = 1000) -> str:
    with pytest.raises(BadAnswer) as raised:
        answer(whole, limit)
    return str(raised.value)


@pytest.mark.parametrize("whole", [
    HEAD + b"CACHE-CONTROL:no-store\r\ncontent-length:4\r\n\r\nabcd",
    b"HTTP/1.0 200 OK\nContent-Length: 4\n\nabcd",
    HEAD + b"Connection: Closed\r\n\r\nabcd",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n3;name=x\r\nbcd\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
])
def test_a_body_arrives_whole_wherever_it_is_cut(whole: bytes) -> None:
    for cut in range(len(whole)):
        reader = BodyReader(4)
        reader.feed(whole[:cut]) if cut else None
        assert not reader.done or cut >= len(whole) - 2  # of chunks the last but the closing blank line
        if not reader.done:
            reader.feed(whole[cut:])
        if not reader.done:
            reader.end()
        assert (reader.done, reader.body, reader.status) == (True, b"abcd", 200)


@pytest.mark.parametrize(("whole", "why"), [
    (HEAD + b"Content-Length: 4\r\n\r\nabc", "cut"),
    (HEAD + b"Content-Length: 4\r\n\r\nabcde", "length"),
    (HEAD + b"Content-Length: -4\r\n\r\n", "length"),
    (HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", "length"),
    (HEAD + b"Content-Length: 1001\r\n\r\n", "large"),
    (HEAD + b"Content-Length: 9" + b"9" * 5000 + b"\r\n\r\n", "length"),
    (HEAD + b"\r\n" + b"a" * 1001, "large"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"a" * 1001, "large"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "chunk"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "chunk"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 300, "chunk"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "cut"),
    (HEAD + b"X: " + b"a" * 20_000, "header"),
    (HEAD + b"A:1\r\n" * 200 + b"\r\n", "header"),
    (HEAD + b"no colon\r\n\r\n", "header"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol"),
    (b"HTTP/2 200\r\n\r\n", "protocol"),
    (b"HTTP/1.1 2\xb20 OK\r\n\r\n", "protocol"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 500, "protocol"),
    (HEAD, "cut"),
])
def test_what_is_no_answer_is_named(whole: bytes, why: str) -> None:
    assert wrong(whole) == why


def test_a_request_has_the_form_services_look_for() -> None:
    made = request("RCAPTURE", ("127.0.0.1", 4501), "/capture", b"{}", "kiosk\r\nX: 1")
    assert made.startswith(b"RCAPTURE /capture HTTP/1.1\r\nHOST: 127.0.0.1:4501\r\nEXT: kioskX: 1\r\n")
    assert b"\r\nContent-Length: 2\r\n" in made and made.endswith(b"\r\n\r\n{}")


# -- sockets -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[socket.socket, tuple[str, int]]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)
        yield listener, listener.getsockname()


def test_nobody_listens() -> None:
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        address = spare.getsockname()
    started = time.monotonic()
    with pytest.raises(NotConnected) as raised:
        exchange(address, b"x", 0.3, 2.0, 100)
    assert raised.value.message_key == "sbi.gone"
    assert time.monotonic() - started < 1.0


def test_a_listener_that_says_nothing_is_silent_and_dripping_does_not_help(server) -> None:
    listener, address = server

    def drip() -> None:
        sock, _ = listener.accept()
        with sock:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50:
                try:
                    sock.sendall(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.01)

    thread = threading.Thread(target=drip)
    thread.start()
    started = time.monotonic()
    with pytest.raises(Stalled) as raised:
        exchange(address, b"x", 0.3, 0.2, 100)
    assert (raised.value.message_key, raised.value.facts["deadline_s"]) == ("sbi.silent", 1)
    assert time.monotonic() - started < 0.5
    thread.join(3)
    with pytest.raises(Stalled):
        exchange(address, b"x", 0.3, 0.1, 100)


def test_a_large_request_is_sent_in_pieces(server) -> None:
    listener, address = server
    got = bytearray()

    def read() -> None:
        sock, _ = listener.accept()
        with sock:
            while len(got) < 3_000_000:
                got.extend(sock.recv(65536))
            sock.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    thread = threading.Thread(target=read)
    thread.start()
    assert exchange(address, b"z" * 3_000_000, 0.5, 5.0, 100).body == b"ok"
    thread.join(3)
    assert len(got) == 3_000_000


def test_a_call_from_another_thread_ends_the_wait(server) -> None:
    _, address = server
    wake = Wake()
    link = Link(address, b"x", BodyReader(), 0.5)
    threading.Timer(0.05, wake.call).start()
    started = time.monotonic()
    pump([link], started + 5, wake=wake)
    assert wake.called and time.monotonic() - started < 0.5
    wake.arm()
    pump([link], time.monotonic() + 0.05, wake=wake)
    link.close()
    wake.close()
    wake.call()


def test_broken_in_the_middle(server) -> None:
    import struct

    listener, address = server

    def serve() -> None:
        sock, _ = listener.accept()
        sock.recv(10)
        sock.sendall(HEAD)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.02)
        sock.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(DeviceTrouble) as raised:
        exchange(address, b"x", 0.3, 2.0, 100)
    assert (raised.value.message_key, raised.value.facts["cause"]) == ("sbi.gone", "lost")
    thread.join(2)


# -- frames ------------------------------------------------------------------------------------------------------------------------


def jpeg(level: int, width: int = 64, height: int = 48) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), level, np.uint8)).save(out, "JPEG")
    return out.getvalue()


def multipart(frame: bytes, length: int | None) -> bytes:
    told = b"" if length is None else b"Content-Length:%d\r\n" % length
    return b"--BoundaryString\r\nContent-Type:image/jpeg\r\n" + told + b"\r\n" + frame + b"\r\n\r\n"


STREAM = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--BoundaryString\r\n\r\n"
A, B = jpeg(50), jpeg(200)


@pytest.mark.parametrize("lie", [0, None, -30, 30, 200])
def test_two_frames_wherever_they_are_cut(lie: int | None) -> None:
    whole = STREAM + b"".join(multipart(f, None if lie is None else len(f) + lie) for f in (A, B, A))
    for cut in range(0, len(whole), 7):
        reader = FrameReader()
        reader.feed(whole[:cut]) if cut else None
        reader.feed(whole[cut:])
        assert reader.count >= 2
        assert reader.take() in (A, B)
        assert reader.take() is None


def test_bare_jpegs_and_chunked_streams() -> None:
    reader = FrameReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + A + B)
    assert (reader.count, reader.take()) == (2, B)
    part = multipart(A, len(A))
    chunked = FrameReader()
    chunked.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(part), part))
    assert (chunked.take(), chunked.done) == (A, True)


ERROR = b'{"error":{"errorCode":"607","errorInfo":"x"}}'


@pytest.mark.parametrize("form", [ERROR, b"--B\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(ERROR), ERROR)])
def test_error_instead_of_frames(form: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\n\r\n" + form
    for cut in range(len(whole)):
        reader = FrameReader()
        reader.feed(whole[:cut]) if cut else None
        if not reader.done:
            reader.feed(whole[cut:])
        assert reader.error == {"error": {"errorCode": "607", "errorInfo": "x"}} and reader.done


@pytest.mark.parametrize(("junk", "why"), [
    (b"x" * 10_000, "stream"), (b"--B\r\nContent-Length: 99999999\r\n\r\n", "large"), (b"{" + b" " * 70_000, "large"),
    (b"\xff\xd8" + b"a" * 9_000_000, "large"), (b"[" * 3000 + b"{" * 3000, "json"),
])
def test_a_stream_is_bounded(junk: bytes, why: str) -> None:
    reader = FrameReader()

    def read() -> None:
        reader.feed(STREAM + junk)
        reader.end()

    with pytest.raises(BadAnswer) as raised:
        read()
    assert str(raised.value) == why


def test_a_picture_is_decoded_only_within_bounds() -> None:
    image = picture(A)
    assert image is not None and (image.width, image.height, image.channels) == (64, 48, 3) and abs(image.data[0] - 50) < 3
    assert jpeg_size(A) == (64, 48)
    wide = bytearray(A)
    at = wide.index(b"\xff\xc0")
    wide[at + 5:at + 9] = b"\xff\xff\xff\xff"
    assert jpeg_size(bytes(wide)) == (65535, 65535) and picture(bytes(wide)) is None
    assert picture(A[:40]) is None and picture(b"\xff\xd8\xff\xd9") is None and picture(A[:at + 12]) is None
