"""A line to a print server that breaks where it is told to: a socket that forwards to another, one request a connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

CREATE_JOB, SEND_DOCUMENT = 5, 6


class BrittleLine:
    """Stands between driver and scheduler.

    Attributes:
        cut: operation at which it breaks; 0: never.
        when: ``"begin"`` after half of the request, ``"answer"`` when the whole request is through and the answer is lost.
        dead: after the break nobody is reached any more.
    """

    def __init__(self, path: Path, server: str) -> None:
        self.path = str(path)
        self.cut, self.when, self.dead = 0, "begin", False
        self.broken = 0
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(5)
                if not (self.dead and self.broken):
                    self._forward(client)

    def _forward(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = client.recv(65536)
            if not part:
                return
            head += part
        header, _, body = head.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in header.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(body) < 4 and length:
            body += client.recv(65536)
        breaks = self.cut and int.from_bytes(body[2:4], "big") == self.cut
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(10)
            server.connect(self._server)
            if breaks and self.when == "begin":
                server.sendall(header + b"\r\n\r\n" + body[:length // 2])
                self._break()
                return
            server.sendall(header + b"\r\n\r\n" + body)
            left = length - len(body)
            while left > 0:
                part = client.recv(65536)
                if not part:
                    return
                server.sendall(part)
                left -= len(part)
            while part := server.recv(65536):
                if breaks:
                    self._break()
                    return
                client.sendall(part)

    def _break(self) -> None:
        self.broken += 1
        self.cut = 0
