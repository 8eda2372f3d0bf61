"""Servers that are not there, are something else, or change what they were asked for."""

from __future__ import annotations

import io
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.ipp import CupsCardPrinterDriver, CupsDocumentPrinterDriver, client
from ktpel_kiosk.hal.drivers.ipp.card_pdf import Side, card_pdf
from ktpel_kiosk.hal.drivers.ipp.message import Op, Tag, encode
from ktpel_kiosk.hal.drivers.ipp.printer import PrintQueue

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="local sockets are not there")
Answer = Callable[[int, bytes], bytes]
FRONT = RawImage(1011, 638, 3, bytes(3 * 1011 * 638))


class Scripted:
    """A server that answers each request with what ``answer(operation, request)`` returns, raw."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path, self.asked, self._answer = str(path), [], answer
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                stream = line.makefile("rb")
                head = b"".join(iter(stream.readline, b"\r\n"))
                length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
                body = stream.read(length)
                stream.close()
                operation = int.from_bytes(body[2:4], "big")
                self.asked.append(operation)
                answer = self._answer(operation, body)
                if answer:
                    line.sendall(answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[Answer], Scripted]]:
    made: list[Scripted] = []

    def start(answer: Answer) -> Scripted:
        made.append(Scripted(tmp_path / f"s{len(made)}", answer))
        return made[-1]

    yield start
    for each in made:
        each.close()


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def ipp(status: int, tag: Tag = Tag.JOB, *specs) -> bytes:
    """An answer made with the request encoder: group tags are the same."""
    raw = bytearray(encode(Op.GET_JOBS, [], specs))
    raw[2:4] = struct.pack(">H", status)
    if specs and tag is not Tag.JOB:
        at = raw.index(bytes([Tag.JOB]) + bytes([specs[0][1]]))
        raw[at] = tag
    return http(bytes(raw))


CARD_QUEUE = (("printer-name", Tag.NAME, "card"), ("printer-state", Tag.ENUM, 3), ("printer-is-accepting-jobs", Tag.BOOLEAN, True),
              ("media-supported", Tag.KEYWORD, "custom_cr80_53.98x85.6mm"), ("sides-supported", Tag.KEYWORD, "one-sided"))


@pytest.mark.parametrize(("answer", "error", "key"), [
    (b"", NotConnected, "printer.service"), (b"SSH-2.0-OpenSSH\r\n", NotConnected, "printer.service"),
    (http(b"<html>"), DeviceTrouble, "printer.protocol"), (http(b"", "500 no"), DeviceTrouble, "printer.protocol"),
    (http(b"", "404 gone"), DeviceTrouble, "printer.protocol"), (http(b"", "401 who"), DeviceTrouble, "printer.denied"),
    (ipp(0x0403), DeviceTrouble, "printer.denied"), (ipp(0x0406), NotConnected, "printer.queue_gone"),
    (ipp(0x0506), DeviceTrouble, "printer.rejecting"), (ipp(0x0500), DeviceTrouble, "printer.refused"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", NotConnected, "printer.service")])
def test_each_wrong_answer_is_one_clear_error(server, answer: bytes, error: type, key: str) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        PrintQueue("card", server(lambda op, body: answer).path, "card_printer").attributes(("printer-state",))
    assert (type(raised.value), raised.value.message_key) == (error, key)


def test_an_endless_or_silent_answer_ends(server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_REPLY", 1000)
    queue = PrintQueue("card", server(lambda op, body: http(bytes(5000))).path, "card_printer")
    with pytest.raises(DeviceTrouble) as raised:
        queue.attributes(("all",))
    assert raised.value.message_key == "printer.protocol"
    gate = threading.Event()

    def wait(operation: int, body: bytes) -> bytes:
        gate.wait(3)
        return b""

    silent = server(wait)
    with pytest.raises(Stalled):
        client.Client(silent.path, "x").ask(Op.GET_PRINTERS, [], deadline_s=0.2)
    gate.set()


def test_nobody_at_home(tmp_path: Path) -> None:
    gone = str(tmp_path / "none")
    for driver in (CupsCardPrinterDriver("card", gone), CupsDocumentPrinterDriver("a4", gone)):
        for ask in (driver.discover, lambda d=driver: d.open(Found("card", "card")).healthy()):
            with pytest.raises(NotConnected) as raised:
                ask()
            assert raised.value.message_key == "printer.service"


def test_server_is_found_as_the_cups_programs_find_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CLIENT_CONF", (str(tmp_path / "client.conf"),))
    monkeypatch.setattr(client, "DEFAULT_SOCKETS", (str(tmp_path / "cups.sock"),))
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    assert client.find_server() == ""
    assert CupsCardPrinterDriver().discover() == () and CupsDocumentPrinterDriver().discover() == ()
    (tmp_path / "cups.sock").touch()
    assert client.find_server() == str(tmp_path / "cups.sock")
    (tmp_path / "client.conf").write_text("# x\nServerName print.kantor/version=1.1\n")
    assert client.find_server() == "print.kantor"
    monkeypatch.setenv("CUPS_SERVER", "other:8631")
    assert client.find_server() == "other:8631"
    assert client.find_server("/mine") == "/mine"
    monkeypatch.setattr(sys, "platform", "win32")
    assert client.find_server() == "" and CupsCardPrinterDriver().discover() == ()


@pytest.mark.parametrize("how", ["status", "unsupported", "media"])
def test_a_queue_that_substitutes_the_media_gets_no_card(server, how: str) -> None:
    def answer(operation: int, body: bytes) -> bytes:
        if operation in (Op.GET_PRINTER_ATTRIBUTES, Op.GET_PRINTERS):
            return ipp(0, Tag.PRINTER, *CARD_QUEUE)
        if operation == Op.CREATE_JOB:
            if how == "unsupported":
                return ipp(0, Tag.UNSUPPORTED, ("media", Tag.KEYWORD, "custom_cr80_53.98x85.6mm"))
            return ipp(1 if how == "status" else 0, Tag.JOB, ("job-id", Tag.INTEGER, 5))
        if operation == Op.GET_JOB_ATTRIBUTES:
            return ipp(0, Tag.JOB, ("job-id", Tag.INTEGER, 5), ("job-state", Tag.ENUM, 7),
                       ("media", Tag.KEYWORD, "iso_a4_210x297mm" if how == "media" else "custom_cr80_53.98x85.6mm"))
        return ipp(0)

    made = server(answer)
    printer = CupsCardPrinterDriver("card", made.path).open(Found("card", "card"))
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(FRONT, None, "ganti")
    assert raised.value.message_key == "printer.media_refused"
    assert Op.SEND_DOCUMENT not in made.asked


def test_two_sides_on_a_one_sided_printer_are_refused(server) -> None:
    made = server(lambda op, body: ipp(0, Tag.PRINTER, *CARD_QUEUE))
    printer = CupsCardPrinterDriver("card", made.path).open(Found("card", "card"))
    assert not printer.media().duplex
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(FRONT, FRONT, "dua sisi")
    assert raised.value.message_key == "card_printer.one_sided"
    assert Op.CREATE_JOB not in made.asked


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_page_is_the_picture_turned_and_nothing_else(turn: int) -> None:
    rng = np.random.default_rng(turn)
    pixels = rng.integers(0, 256, (60, 100, 3), dtype=np.uint8)
    resin = np.full((60, 100), 255, np.uint8)
    resin[10:20, 30:33] = 0
    wide, high = (100, 60) if turn % 2 == 0 else (60, 100)
    side = Side(RawImage(100, 60, 3, pixels.tobytes()), RawImage(100, 60, 1, resin.tobytes()), turn)
    pdf = card_pdf([side], round(wide * 2540 / 300), round(high * 2540 / 300), 300)
    assert b"/ImageMask true" in pdf and b"0 g" in pdf
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    page = document[0]
    page.set_mediabox(0, 0, wide * 72 / 300, high * 72 / 300)
    seen = np.asarray(page.render(scale=300 / 72).to_pil().convert("RGB"))
    document.close()
    pixels[10:20, 30:33] = 0
    assert (np.rot90(pixels, turn) == seen).all()
