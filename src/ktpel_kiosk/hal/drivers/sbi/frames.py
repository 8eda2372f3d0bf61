"""The live picture: motion JPEG in a multipart answer, or a JSON error in its place.

A part's Content-Length rules; where it lacks or lies, the JPEG markers do. Boundary tokens are not trusted: some services put the
dashes into the token itself.
"""

from __future__ import annotations

import json
from typing import Any

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.hal.drivers.sbi.wire import BadAnswer, Dechunker, Head
from ktpel_kiosk.hal.pictures import decoded

MAX_FRAME = 8 * 1024 * 1024
MAX_PART_HEADER = 4096
MAX_ERROR = 64 * 1024
MAX_SIDE = 4096
START, END = b"\xff\xd8", b"\xff\xd9"


class FrameReader:
    """A wire.Reader that keeps the newest whole JPEG; ``error`` is the JSON that came instead, if any."""

    def __init__(self) -> None:
        self._head = Head()
        self._dechunker: Dechunker | None = None
        self._buffer = bytearray()
        self._looked = 2
        self._frame: bytes | None = None
        self.count = 0
        self.error: Any = None
        self.done = False

    def take(self) -> bytes | None:
        """The newest frame not taken yet; older ones are dropped."""
        frame, self._frame = self._frame, None
        return frame

    def feed(self, data: bytes) -> None:
        if not self._head.complete:
            self._head.feed(data)
            if not self._head.complete:
                return
            self._dechunker = Dechunker() if self._head.chunked else None
            data = self._head.rest
        if self._dechunker is not None:
            data = self._dechunker.feed(data)
        self._buffer += data
        while not self.done and self._step():
            pass
        self.done = self.done or (self._dechunker is not None and self._dechunker.done)
        if len(self._buffer) > MAX_FRAME + MAX_PART_HEADER:
            raise BadAnswer("large")

    def end(self) -> None:
        if self._buffer.lstrip().startswith((b"{", b"[")):
            self._error(final=True)
        self.done = True

    def _step(self) -> bool:
        """One part out of the buffer; False when more bytes are needed."""
        lead = 0
        while self._buffer[lead:lead + 1].isspace():
            lead += 1
        del self._buffer[:lead]
        if not self._buffer:
            return False
        if self._buffer.startswith((b"{", b"[")):
            return self._error(final=False)
        if self._buffer.startswith(START[:1]):
            return self._unmeasured()
        end, gap = _header_end(self._buffer)
        if end < 0:
            if len(self._buffer) > MAX_PART_HEADER:
                return self._resync()
            return False
        length = _length(bytes(self._buffer[:end]))
        body = end + gap
        if length is None:
            del self._buffer[:body]
            return True
        if not 0 < length <= MAX_FRAME:
            raise BadAnswer("large")
        if len(self._buffer) > body + 1 and self._buffer[body:body + 2] != START and not self._buffer.startswith((b"{", b"["), body):
            del self._buffer[:body]
            return self._resync()
        if len(self._buffer) < body + length:
            return False
        part = bytes(self._buffer[body:body + length])
        if part.startswith(START) and END not in part[-16:]:
            del self._buffer[:body]  # the length lies: let the markers speak
            return self._unmeasured()
        del self._buffer[:body + length]
        if part.startswith(START):
            self._frame, self.count = part, self.count + 1
        else:
            self._buffer[:0] = part
        return True

    def _unmeasured(self) -> bool:
        end = self._buffer.find(END, self._looked)
        if end < 0:
            self._looked = max(2, len(self._buffer) - 1)  # what was looked at once is not looked at again
            return False
        self._looked = 2
        if self._buffer[:2] == START:
            self._frame, self.count = bytes(self._buffer[:end + 2]), self.count + 1
        del self._buffer[:end + 2]
        return True

    def _resync(self) -> bool:
        start = self._buffer.find(START)
        if start < 0:
            raise BadAnswer("stream")
        del self._buffer[:start]
        return True

    def _error(self, *, final: bool) -> bool:
        if len(self._buffer) > MAX_ERROR:
            raise BadAnswer("large")
        text = bytes(self._buffer).decode("utf-8", "replace")
        try:
            self.error, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError) as bad:
            if final or isinstance(bad, RecursionError):
                raise BadAnswer("json") from None
            return False
        self.done = True
        return True


def _header_end(buffer: bytearray) -> tuple[int, int]:
    found = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := buffer.find(mark, 0, MAX_PART_HEADER)) >= 0]
    return min(found, default=(-1, 0))


def _length(head: bytes) -> int | None:
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            text = value.strip()
            return int(text) if text.isdigit() and len(text) <= 9 else None
    return None


def picture(jpeg: bytes) -> RawImage | None:
    """RGB pixels of a preview frame; None for one that is no picture of bearable size."""
    pixels = decoded(jpeg, max_side=MAX_SIDE) if jpeg.startswith(START) else None
    if pixels is None:
        return None
    import cv2

    rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return RawImage(rgb.shape[1], rgb.shape[0], 3, rgb.tobytes())
