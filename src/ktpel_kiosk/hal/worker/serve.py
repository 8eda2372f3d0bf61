"""The worker's side of the wire. Standard library only: other Pythons (the system's, with its own bindings) run it as a plain file.

A message is: length of the header (4 bytes, big endian), the header (JSON, UTF-8), then the blobs whose lengths the header lists.

    to the worker     {"id": 7, "op": "capture", "args": {...}, "blobs": [n, ...]}   or   {"interrupt": true}
    from the worker   {"id": 7, "event": "preview", "data": {...}, "blobs": [...]}   any number, then one of
                      {"id": 7, "ok": {...}, "blobs": [...]}
                      {"id": 7, "error": {"kind": "CaptureFailed", "key": "scanner.jam", "facts": {...}}}

Standard output is the wire, so whatever a library prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

MAX_HEADER = 1 << 20
MAX_BLOB = 128 << 20
MAX_BLOBS = 384 << 20
"""All blobs of one message: three pages of A4 in colour at 600 per inch."""


class WireError(Exception):
    """The other side sent what is no message."""


class Refusal(Exception):
    """An answer of trouble. ``kind`` names a class of the house's device errors, ``key`` its sentence."""

    def __init__(self, kind: str, key: str, **facts: str | int | float) -> None:
        super().__init__(key)
        self.kind, self.key, self.facts = kind, key, facts


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next message, ``None`` at the end of the stream. Raises WireError."""
    head = stream.read(4)
    if not head:
        return None
    size = struct.unpack(">I", _whole(head, stream, 4))[0]
    if size > MAX_HEADER:
        raise WireError("header too long")
    try:
        header = json.loads(_whole(b"", stream, size))
        lengths = [int(n) for n in header.get("blobs", ())]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise WireError("header") from error
    if any(not 0 <= n <= MAX_BLOB for n in lengths) or sum(lengths) > MAX_BLOBS:
        raise WireError("blob too long")
    return header, [_whole(b"", stream, n) for n in lengths]


def _whole(got: bytes, stream: IO[bytes], size: int) -> bytes:
    parts, left = [got], size - len(got)
    while left > 0:
        part = stream.read(left)
        if not part:
            raise WireError("message cut off")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def write_message(stream: IO[bytes], header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Raises OSError when the other side has gone."""
    body = json.dumps({**header, "blobs": [len(b) for b in blobs]}).encode()
    stream.write(struct.pack(">I", len(body)) + body)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


class Call:
    """One operation under way, in the worker."""

    def __init__(self, number: int, args: dict[str, Any], blobs: list[bytes], out: IO[bytes], cut: threading.Event) -> None:
        self.args, self.blobs, self.cut = args, blobs, cut
        self._number, self._out = number, out

    def event(self, name: str, data: Mapping[str, Any] | None = None, blobs: Sequence[bytes] = ()) -> None:
        """Tell the caller something meanwhile (a preview, a pen report)."""
        write_message(self._out, {"id": self._number, "event": name, "data": dict(data or {})}, blobs)


Answer = tuple[Mapping[str, Any], Sequence[bytes]]
Operation = Callable[[Call], Answer]


def serve(operations: Mapping[str, Operation]) -> None:
    """Answer calls one after another until the caller closes the pipe. ``Call.cut`` is set when the caller interrupts."""
    wire = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    source = sys.stdin.buffer
    cut = threading.Event()
    inbox: queue.SimpleQueue[tuple[dict[str, Any], list[bytes]] | None] = queue.SimpleQueue()

    def listen() -> None:
        try:
            while (message := read_message(source)) is not None:
                if message[0].get("interrupt"):
                    cut.set()
                else:
                    inbox.put(message)
        except (WireError, OSError):
            pass
        cut.set()
        inbox.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while (message := inbox.get()) is not None:
        header, blobs = message
        cut.clear()
        number = int(header.get("id", 0))
        call = Call(number, dict(header.get("args", {})), blobs, wire, cut)
        try:
            work = operations.get(str(header.get("op")))
            if work is None:
                raise Refusal("DeviceTrouble", "device.worker", operation=str(header.get("op"))[:40])
            data, out = work(call)
            write_message(wire, {"id": number, "ok": dict(data)}, out)
        except Refusal as refusal:
            write_message(wire, {"id": number, "error": {"kind": refusal.kind, "key": refusal.key, "facts": refusal.facts}})
        except BrokenPipeError:
            break
        except Exception as error:  # a library may throw anything; its text may hold what must not be logged
            write_message(wire, {"id": number, "error": {"kind": "DeviceTrouble", "key": "device.io",
                                                         "facts": {"cause": type(error).__name__}}})
    os._exit(0)  # threads of a library must not keep a worker alive whose caller has gone
