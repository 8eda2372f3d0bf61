"""HTTP as the secure biometric interface speaks it: verbs of its own, JSON bodies, one request a connection, often several at once.

One loop (:func:`pump`) drives all connections of a call on the caller's thread, so everything ends at one deadline and one
:class:`Wake` cuts it short. Nothing is read without a bound: header 16 KiB, body as the reader allows.
Errors: :class:`BadAnswer` inside; :func:`exchange` raises DeviceTrouble.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected, Stalled

MAX_BODY = 32 * 1024 * 1024
MAX_HEADER = 16 * 1024
MAX_FIELDS = 100
PIECE = 64 * 1024
SLICE_S = 0.25
"""Longest sleep of the loop: a system that loses a wake-up byte still notices."""

Address = tuple[str, int]
_PENDING = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, 10035, 10036})
"""Codes of a connection still being made; the last two are those of Windows."""


class BadAnswer(Exception):
    """Bytes that are no answer. The text is one word of the table in drivers/sbi/README.md and never quotes them."""


class Reader(Protocol):
    """Takes the bytes of one connection as they come."""

    @property
    def done(self) -> bool: ...
    def feed(self, data: bytes) -> None:
        """Raises BadAnswer."""
        ...

    def end(self) -> None:
        """The other side closed. Raises BadAnswer where something is missing."""
        ...


def request(verb: str, address: Address, path: str, body: bytes, app_name: str) -> bytes:
    """One request. ``Content-Length`` is spelled exactly so: services were seen that search for this form."""
    name = "".join(c for c in app_name if c.isascii() and c.isprintable())[:64]
    head = (f"{verb} {path} HTTP/1.1\r\nHOST: {address[0]}:{address[1]}\r\nEXT: {name}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n")
    return head.encode("ascii") + body


class Head:
    """Status line and header fields; what comes after them is :attr:`rest`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._interim = 0
        self.complete = False
        self.status = 0
        self.fields: dict[str, str] = {}
        self.rest = b""

    def feed(self, data: bytes) -> None:
        self._buffer += data
        end, gap = _blank_line(self._buffer)
        if end < 0:
            if len(self._buffer) > MAX_HEADER:
                raise BadAnswer("header")
            if not b"HTTP/".startswith(bytes(self._buffer[:5])):
                raise BadAnswer("protocol")
            return
        if end > MAX_HEADER:
            raise BadAnswer("header")
        lines = bytes(self._buffer[:end]).decode("latin-1").replace("\r\n", "\n").split("\n")
        rest = bytes(self._buffer[end + gap:])
        self._status(lines[0])
        if 100 <= self.status < 200:
            self._interim += 1
            if self._interim > 3:
                raise BadAnswer("protocol")
            self._buffer = bytearray()
            self.feed(rest)
            return
        self._fields(lines[1:])
        self.rest, self.complete = rest, True

    def _status(self, line: str) -> None:
        parts = line.split(None, 2)
        known = len(parts) > 1 and parts[0] in ("HTTP/1.0", "HTTP/1.1")
        if not known or len(parts[1]) != 3 or not all(c in "0123456789" for c in parts[1]):
            raise BadAnswer("protocol")
        self.status = int(parts[1])

    def _fields(self, lines: Sequence[str]) -> None:
        if len(lines) > MAX_FIELDS:
            raise BadAnswer("header")
        for line in lines:
            name, colon, value = line.partition(":")
            key, text = name.strip().lower(), value.strip()
            if not colon or not key:
                raise BadAnswer("header")
            if key == "content-length" and self.fields.get(key, text) != text:
                raise BadAnswer("length")
            self.fields[key] = text

    def length(self, limit: int) -> int | None:
        """The announced length, None when there is none. Raises BadAnswer ``length`` or ``large``."""
        text = self.fields.get("content-length")
        if text is None or self.chunked:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 12:
            raise BadAnswer("length")
        if int(text) > limit:
            raise BadAnswer("large")
        return int(text)

    @property
    def chunked(self) -> bool:
        return self.fields.get("transfer-encoding", "").lower() == "chunked"


def _blank_line(buffer: bytearray) -> tuple[int, int]:
    """Where the first blank line begins and how long it is; -1 when there is none yet."""
    found = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := buffer.find(mark, 0, MAX_HEADER + 8)) >= 0]
    return min(found, default=(-1, 0))


class Dechunker:
    """Chunked transfer coding; ``feed`` gives back the bytes inside."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self._gap = False
        self.done = False

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        out = bytearray()
        while not self.done:
            if self._left:
                piece = self._buffer[:self._left]
                if not piece:
                    break
                out += piece
                del self._buffer[:len(piece)]
                self._left -= len(piece)
                self._gap = not self._left
                continue
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > 256:
                    raise BadAnswer("chunk")
                break
            line = bytes(self._buffer[:end]).strip()
            del self._buffer[:end + 1]
            if self._gap and not line:
                self._gap = False
                continue
            size = line.split(b";")[0].strip()
            if self._gap or not size or len(size) > 8 or any(c not in b"0123456789abcdefABCDEF" for c in size):
                raise BadAnswer("chunk")
            self._left = int(size, 16)
            self.done = self._left == 0
        return bytes(out)


class BodyReader:
    """One whole answer. ``body`` holds it byte for byte when ``done``."""

    def __init__(self, limit: int = MAX_BODY) -> None:
        self._limit = limit
        self._head = Head()
        self._length: int | None = None
        self._dechunker: Dechunker | None = None
        self._parts = bytearray()
        self.done = False

    @property
    def status(self) -> int:
        return self._head.status

    @property
    def body(self) -> bytes:
        return bytes(self._parts)

    def feed(self, data: bytes) -> None:
        if not self._head.complete:
            self._head.feed(data)
            if not self._head.complete:
                return
            self._length = self._head.length(self._limit)
            self._dechunker = Dechunker() if self._head.chunked else None
            data = self._head.rest
        if self._dechunker is not None:
            data = self._dechunker.feed(data)
        self._parts += data
        if len(self._parts) > self._limit:
            raise BadAnswer("large")
        if self._length is not None:
            if len(self._parts) > self._length:
                raise BadAnswer("length")
            self.done = len(self._parts) == self._length
        elif self._dechunker is not None:
            self.done = self._dechunker.done

    def end(self) -> None:
        if not self._head.complete or self._length is not None or self._dechunker is not None:
            raise BadAnswer("cut")
        self.done = True


class Wake:
    """Wakes a running loop from another thread; the flag stays until :meth:`arm`."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self.called = False

    def arm(self) -> None:
        self.called = False

    def call(self) -> None:
        self.called = True
        with contextlib.suppress(OSError):
            self._there.send(b"\0")

    def fileno(self) -> int:
        return self._here.fileno()

    def wait(self, seconds: float) -> None:
        """Sleep, unless called."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            if not self.called:
                selector.select(seconds)
        self.drain()

    def drain(self) -> None:
        with contextlib.suppress(OSError):
            self._here.recv(64)

    def close(self) -> None:
        self._here.close()
        self._there.close()


class Link:
    """One connection with its request and its reader.

    ``failure`` is empty, or ``refused`` (nobody listens), ``timeout`` (no connection in time), ``lost`` (broken in the middle), or the
    word of a BadAnswer; ``connected`` whether somebody listened.
    """

    def __init__(self, address: Address, data: bytes, reader: Reader, connect_s: float) -> None:
        self.address = address
        self.reader = reader
        self.failure = ""
        self.connected = False
        self.received = 0
        self.connect_by = time.monotonic() + connect_s
        self._unsent = memoryview(data)
        self._socket: socket.socket | None = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        try:
            code = self._socket.connect_ex(address)
        except OSError as error:
            code = error.errno or errno.EINVAL
        if code != 0 and code not in _PENDING:
            self._fail("refused")

    @property
    def open(self) -> bool:
        return self._socket is not None

    @property
    def done(self) -> bool:
        return self.reader.done and not self.failure

    def fileno(self) -> int:
        assert self._socket is not None
        return self._socket.fileno()

    @property
    def events(self) -> int:
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if not self.connected or self._unsent else 0)

    def step(self, events: int) -> None:
        """Do what the socket is ready for."""
        if self._socket is None:
            return
        try:
            if not self.connected:
                if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
                    self._fail("refused")
                    return
                if not events & selectors.EVENT_WRITE:
                    return
                self.connected = True
            if events & selectors.EVENT_WRITE and self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent):]
            if events & selectors.EVENT_READ:
                self._read(self._socket)
        except BlockingIOError:
            return
        except BadAnswer as bad:
            self._fail(str(bad))
        except OSError:
            self._fail("lost" if self.connected else "refused")

    def _read(self, sock: socket.socket) -> None:
        data = sock.recv(PIECE)
        self.received += len(data)
        if data:
            self.reader.feed(data)
        elif self.received:
            self.reader.end()
        else:  # hung up without a word: the service died, or it is none
            raise ConnectionResetError
        if self.reader.done or not data:
            self.close()

    def expire(self, now: float) -> None:
        if self._socket is not None and not self.connected and now >= self.connect_by:
            self._fail("timeout")

    def _fail(self, why: str) -> None:
        self.failure = why
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def pump(links: Sequence[Link], until: float, tick: Callable[[], bool] = lambda: False, wake: Wake | None = None) -> None:
    """Drive the links until all are closed, ``until`` (monotonic) has passed, ``tick`` says enough, or ``wake`` is called.

    Looks at the sockets once at least. Closes nothing that is still open then: its owner does.
    """
    with selectors.DefaultSelector() as selector:
        watched: dict[Link, int] = {}
        if wake is not None:
            selector.register(wake, selectors.EVENT_READ)
        while True:
            for link in links:
                _watch(selector, watched, link)
            if tick() or (wake is not None and wake.called) or not watched:
                return
            now = time.monotonic()
            waits = [until, now + SLICE_S, *(link.connect_by for link in watched if not link.connected)]
            for key, events in selector.select(max(0.0, min(waits) - now)):
                if isinstance(key.fileobj, Link):
                    before = key.fd
                    key.fileobj.step(events)
                    if not key.fileobj.open:
                        selector.unregister(before)
                        watched.pop(key.fileobj, None)
                elif wake is not None:
                    wake.drain()
            # after the sockets had their say: a process that was not scheduled for a while has missed nothing
            now = time.monotonic()
            for link in links:
                link.expire(now)
            if now >= until:
                tick()
                return


def _watch(selector: selectors.BaseSelector, watched: dict[Link, int], link: Link) -> None:
    """Keep the selector's idea of a link what the link wants now. One that failed by its own clock is already out of it."""
    if not link.open:
        if watched.pop(link, None) is not None:
            for key in [k for k in selector.get_map().values() if k.fileobj is link]:
                selector.unregister(key.fd)
        return
    wants = link.events
    if link not in watched:
        selector.register(link, wants)
    elif watched[link] != wants:
        selector.modify(link, wants)
    watched[link] = wants


def exchange(address: Address, data: bytes, connect_s: float, timeout_s: float, limit: int, wake: Wake | None = None) -> BodyReader:
    """One request and its whole answer within ``timeout_s``, however slowly it drips.

    Raises:
        NotConnected: ``sbi.gone``: nobody listens or the connection broke.
        Stalled: ``sbi.silent``.
        DeviceTrouble: ``sbi.answer``.
    """
    reader = BodyReader(limit)
    link = Link(address, data, reader, connect_s)
    try:
        pump([link], time.monotonic() + timeout_s, wake=wake)
        if not link.done:
            raise trouble(link, timeout_s)
    finally:
        link.close()
    return reader


def trouble(link: Link, waited_s: float) -> DeviceTrouble:
    """Why a link has no answer."""
    if link.failure in ("refused", "lost", "timeout"):
        return NotConnected("sbi.gone", cause=link.failure)
    if link.failure:
        return DeviceTrouble("sbi.answer", cause=link.failure)
    return Stalled("sbi.silent", deadline_s=max(1, round(waited_s)))
