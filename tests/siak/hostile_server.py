"""A server on real sockets that answers what it is told, byte by byte; with or without TLS. It counts what it was sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import formatdate

Answer = bytes | Callable[[socket.socket, bytes], None]


def http(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """One HTTP/1.1 answer; ``length`` may lie."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def tus(status: str, *headers: str) -> bytes:
    return http(status, b"", "Tus-Resumable: 1.0.0", *headers)


def date(shift_s: float = 0.0) -> str:
    return f"Date: {formatdate(time.time() + shift_s, usegmt=True)}"


class HostileServer:
    """Answers by the first line of the request: the longest key of ``answers`` that it starts with. Listens on loopback, any port.

    Attributes:
        requests: first lines, in order. handshakes: TLS connections that came about.
    """

    def __init__(self, answers: dict[str, Answer] | Answer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1",
                 port: int = 0, impatient: bool = False) -> None:
        self.answers = answers if isinstance(answers, dict) else {"": answers}
        self.tls, self.requests, self.handshakes, self.bodies = tls, [], 0, 0
        self.heads: list[bytes] = []
        self._impatient = impatient   # answers whatever came first
        self._stopped = threading.Event()
        self._listener = socket.create_server((host, port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5.0)

    def stalls(self, seconds: float = 30.0) -> bool:
        """For answers that hang: waits, at most until the server is closed."""
        return self._stopped.wait(seconds)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(10.0)
        try:
            if self.tls is not None:
                peer = self.tls.wrap_socket(peer, server_side=True)
                self.handshakes += 1
            with peer:
                while (request := self._request(peer)) and not self._stopped.is_set():
                    answer = self._answer(request)
                    if callable(answer):
                        answer(peer, request)
                        return
                    peer.sendall(answer)
        except (OSError, ValueError):
            peer.close()

    def _request(self, peer: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            part = peer.recv(65536)
            if not part:
                return b""
            data += part
            if self._impatient:
                break
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            part = peer.recv(65536)
            if not part:
                return b""
            body += part
        self.requests.append(head.split(b"\r\n")[0].decode("latin-1"))
        self.heads.append(head)
        self.bodies += len(body)
        return head

    def _answer(self, head: bytes) -> Answer:
        first = head.split(b"\r\n")[0].decode("latin-1")
        fits = [key for key in self.answers if first.startswith(key)]
        return self.answers[max(fits, key=len)] if fits else http("404 Not Found")
