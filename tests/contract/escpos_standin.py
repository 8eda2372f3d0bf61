"""A receipt printer on port 9100 that understands exactly the commands it knows, keeps the dots and can fail like a real one."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Paper:
    """What came out, cut by cut, in dots (True burnt)."""

    width: int
    slips: list[np.ndarray] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)

    def burn(self, wide: int, data: bytes) -> None:
        if wide * 8 > self.width:
            raise ValueError("raster wider than the head")
        bits = np.unpackbits(np.frombuffer(data, np.uint8).reshape(-1, wide), axis=1).astype(bool)
        self.rows.append(np.pad(bits, ((0, 0), (0, self.width - wide * 8))))

    def feed(self, dots: int) -> None:
        self.rows.append(np.zeros((dots, self.width), bool))

    def cut(self) -> None:
        if not self.rows:
            raise ValueError("cut without paper")
        self.slips.append(np.concatenate(self.rows))
        self.rows.clear()


class ReceiptPrinter:
    """Serves one connection at a time.

    Attributes:
        cover, paper_out, cutter: conditions, told by DLE EOT; printing stops while one holds.
        mute: answers nothing (a cheap printer, or a one-way adapter).
        reset_after, paper_after, stuck_after: bands until the line is reset, the paper ends, it takes nothing any more.
        slow_s: of each band.
        reports: sends its state unasked until it is told not to.
        wrong: what it was sent and did not understand.
    """

    def __init__(self, width: int = 576, port: int = 0) -> None:
        self.paper = Paper(width)
        self.cover = self.paper_out = self.cutter = self.mute = False
        self.reset_after = self.paper_after = self.stuck_after = -1
        self.slow_s = 0.0
        self.reports = False
        self.wrong: list[str] = []
        self.connections = self.bands = self.questions = 0
        self._closing = threading.Event()
        self._server = socket.create_server(("127.0.0.1", port))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._server.settimeout(0.1)
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True, name="receipt-printer")
        self._thread.start()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        self._server.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                line, _ = self._server.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with line:
                if self.reports:  # automatic status, as some printers send it on every connection
                    line.sendall(b"\x14\0\0\x0f")
                line.settimeout(0.1)
                try:
                    self._talk(_Line(line, self._closing))
                except EOFError:
                    pass
                except (ValueError, OSError) as error:
                    self.wrong.append(f"{type(error).__name__} {error}")

    def _talk(self, line: _Line) -> None:
        while (first := line.take(1, may_end=True)) != b"":
            if first == b"\x10":
                if line.take(1) != b"\x04":
                    raise ValueError("DLE with something else")
                self._answer(line, line.take(1)[0])
            elif first == b"\x1b":
                if (then := line.take(1)) != b"@":
                    raise ValueError(f"ESC {then.hex()}")
                self.paper.rows.clear()
            elif first == b"\x1d":
                self._gs(line)
            else:
                raise ValueError(f"text {first.hex()}")

    def _gs(self, line: _Line) -> None:
        then = line.take(1)
        if then == b"v":
            if line.take(1) != b"0" or line.take(1) != b"\0":
                raise ValueError("GS v with something else")
            wide, tall = struct.unpack("<HH", line.take(4))
            if not 1 <= tall <= 2303 or not 1 <= wide <= 128:
                raise ValueError("size of a band")
            data = line.take(wide * tall)
            for what in range(1, 5):  # a real printer sees questions even inside a picture
                for _ in range(data.count(bytes((0x10, 0x04, what)))):
                    self._answer(line, what)
            self._band(line, wide, data)
        elif then == b"V":
            if line.take(1) != b"B":
                raise ValueError("another cut")
            self.paper.feed(line.take(1)[0])
            if not self._stopped:
                self.paper.cut()
        elif then == b"a":
            if line.take(1) != b"\0":
                raise ValueError("automatic status")
            self.reports = False
        elif then == b"r":
            if line.take(1) != b"\x01":
                raise ValueError("GS r with something else")
            if not self._stopped and not self.mute:
                line.send(b"\0")
        else:
            raise ValueError(f"GS {then.hex()}")

    def _band(self, line: _Line, wide: int, data: bytes) -> None:
        if self.bands == self.reset_after:
            line.reset()
            raise EOFError
        if self.bands == self.paper_after:
            self.paper_out = True
        if self.bands == self.stuck_after:
            self._closing.wait()
            raise EOFError
        self.bands += 1
        self._closing.wait(self.slow_s)
        if not self._stopped:
            self.paper.burn(wide, data)

    @property
    def _stopped(self) -> bool:
        return self.cover or self.paper_out or self.cutter

    def _answer(self, line: _Line, what: int) -> None:
        self.questions += 1
        if what not in (1, 2, 3, 4):
            raise ValueError("unknown question")
        if self.mute:
            return
        stopped = self._stopped
        said = {1: 0x08 if stopped else 0, 2: (0x04 if self.cover else 0) | (0x20 if self.paper_out else 0) | (0x40 if self.cutter else 0),
                3: 0x08 if self.cutter else 0, 4: 0x60 if self.paper_out else 0}[what]
        line.send(bytes((0x12 | said,)))


class _Line:
    """One connection, byte by byte."""

    def __init__(self, line: socket.socket, closing: threading.Event) -> None:
        self._line, self._closing, self._got = line, closing, b""

    def take(self, count: int, may_end: bool = False) -> bytes:
        while len(self._got) < count:
            if self._closing.is_set():
                raise EOFError
            try:
                more = self._line.recv(4096)
            except TimeoutError:
                continue
            if not more:
                if may_end and not self._got:
                    return b""
                raise EOFError
            self._got += more
        out, self._got = self._got[:count], self._got[count:]
        return out

    def send(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._line.sendall(data)

    def reset(self) -> None:
        time.sleep(0.02)
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._line.close()
