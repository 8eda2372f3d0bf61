"""A bad line in front of the simulator: cuts, silence, slowness, no line at all. Plain sockets and threads, loopback only."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass

_BLOCK = 4096
_RESET = struct.pack("ii", 1, 0)   # SO_LINGER 0: close sends a reset, like a router that lost the connection


@dataclass(slots=True)
class _Rules:
    cut_each_after: int | None = None    # bytes towards the server per connection
    cut_once_at: int | None = None       # bytes towards the server in total
    lose_answers: int = 0                # connections whose next answer is swallowed by a reset
    bytes_per_s: float = 0.0


class BadLine:
    """Forwards a loopback port to the server's port and misbehaves on request. Methods may be called from any thread."""

    def __init__(self, target_port: int, port: int = 0) -> None:
        self._target = target_port
        self._rules = _Rules()
        self._lock = threading.Lock()
        self._sent = 0
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = port
        self.up()

    @property
    def sent(self) -> int:
        """Bytes that went towards the server so far."""
        with self._lock:
            return self._sent

    @property
    def listening(self) -> bool:
        """Whether the line is up."""
        with self._lock:
            return self._listener is not None

    def cut_each_after(self, count: int | None) -> None:
        """Every connection is reset after ``count`` bytes towards the server; None ends it."""
        with self._lock:
            self._rules.cut_each_after = count

    def cut_once_at(self, more: int) -> None:
        """One reset when ``more`` further bytes went towards the server."""
        with self._lock:
            self._rules.cut_once_at = self._sent + more

    def lose_answers(self, count: int = 1) -> None:
        """The next ``count`` answers are swallowed: the server acted, the client never hears of it."""
        with self._lock:
            self._rules.lose_answers = count

    def slow(self, bytes_per_s: float) -> None:
        """Throttle towards the server; 0 ends it."""
        with self._lock:
            self._rules.bytes_per_s = bytes_per_s

    def down(self) -> None:
        """No line: the port refuses, open connections are reset."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._reset_all()

    def up(self) -> None:
        """The line is back on the same port."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        with self._lock:
            self._listener = listener
        self._spawn(self._accept, listener)

    def close(self) -> None:
        self.down()
        for thread in list(self._threads):
            thread.join(2.0)

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="simulated-line", daemon=True)  # type: ignore[arg-type]
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()]
            self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), 5.0)
            except OSError:
                _reset(client)
                continue
            with self._lock:
                self._open |= {client, server}
            self._spawn(self._up_stream, client, server)
            self._spawn(self._down_stream, client, server)

    def _up_stream(self, client: socket.socket, server: socket.socket) -> None:
        here = 0
        try:
            while data := client.recv(_BLOCK):
                allowed, pause = self._allow(here, len(data))
                here += allowed
                if allowed:
                    server.sendall(data[:allowed])
                if allowed < len(data):
                    break
                if pause:
                    time.sleep(pause)
        except OSError:
            pass
        self._end(client, server)

    def _allow(self, here: int, count: int) -> tuple[int, float]:
        """How many of ``count`` bytes may pass, and the pause after them."""
        with self._lock:
            rules, allowed = self._rules, count
            if rules.cut_each_after is not None:
                allowed = min(allowed, max(0, rules.cut_each_after - here))
            if rules.cut_once_at is not None and self._sent + count > rules.cut_once_at:
                allowed = min(allowed, max(0, rules.cut_once_at - self._sent))
                rules.cut_once_at = None
            self._sent += allowed
            return allowed, allowed / rules.bytes_per_s if rules.bytes_per_s > 0 else 0.0

    def _down_stream(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(_BLOCK):
                with self._lock:
                    lose = self._rules.lose_answers > 0
                    self._rules.lose_answers -= 1 if lose else 0
                if lose:
                    break
                client.sendall(data)
        except OSError:
            pass
        self._end(client, server)

    def _end(self, *ends: socket.socket) -> None:
        with self._lock:
            mine = self._open.intersection(ends)
            self._open -= mine
        for end in mine:
            _reset(end)

    def _reset_all(self) -> None:
        with self._lock:
            ends, self._open = list(self._open), set()
        for end in ends:
            _reset(end)


def _reset(end: socket.socket) -> None:
    """Close at once; ``shutdown`` first wakes a thread that reads from it."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
