"""Many kiosks that send to one gateway at the same moment: real HTTP/1.1 over loopback, one kept connection each, made as cheap as
Python allows so that the server is what is measured."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parcel:
    """A packet and the requests that bring it, ready to be written; chunks leave out the upload's URL."""

    packet_id: str
    announcement: bytes
    chunks: tuple[tuple[bytes, bytes], ...]


@dataclass
class Outcome:
    """What a crowd measured. ``latencies_s``: one per request."""

    packets: int = 0
    size: int = 0
    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)

    def late(self, share: float) -> float:
        """The latency that ``share`` of all requests did not exceed."""
        found = sorted(self.latencies_s)
        return found[min(len(found) - 1, int(len(found) * share))]


def parcels(kiosks: int, each: int, size: int, seed: int) -> list[list[Parcel]]:
    """Per kiosk its packets: random bytes of ``size``, in chunks of 64 to 256 kB drawn per kiosk."""
    rng = random.Random(seed)
    made = []
    for kiosk in range(kiosks):
        chunk = rng.choice((64, 96, 128, 192, 256)) * 1024
        previous, row = "0" * 64, []
        for counter in range(1, each + 1):
            parcel, previous = _parcel(f"desk-{seed}-{kiosk}", counter, previous, rng.randbytes(size), chunk)
            row.append(parcel)
        made.append(row)
    return made


def _parcel(station: str, counter: int, previous: str, data: bytes, chunk: int) -> tuple[Parcel, str]:
    sha256 = hashlib.sha256(data).hexdigest()
    packet_id = f"{station}-{counter}"
    body = json.dumps({"packet_id": packet_id, "station": station, "counter": counter, "previous_hash": previous, "size": len(data),
                       "sha256": sha256}).encode()
    head = f"POST /v1/packets HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nKtpel-Station: {station}\r\n"
    chunks = []
    for offset in range(0, len(data), chunk):
        part = data[offset:offset + chunk]
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        rest = (f" HTTP/1.1\r\nHost: g\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nUpload-Checksum: sha256 {digest}\r\n"
                f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(part)}\r\n\r\n")
        chunks.append((rest.encode(), part))
    return Parcel(packet_id, head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body, tuple(chunks)), sha256


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or self.answer is None:
            return
        head = bytes(self.buffer[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) >= end + 4 + length:
            body = bytes(self.buffer[end + 4:end + 4 + length])
            del self.buffer[:]
            self.answer.set_result((int(head[9:12]), body))

    async def ask(self, *parts: bytes) -> tuple[int, bytes]:
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.writelines(parts)
        return await self.answer


class _Kiosk:
    """Sends its packets one after the other, as the real one does."""

    def __init__(self, port: int, row: list[Parcel], outcome: Outcome) -> None:
        self.port, self.row, self.outcome, self.line = port, row, outcome, _Line()

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self.line, "127.0.0.1", self.port)

    async def run(self) -> None:
        for parcel in self.row:
            url = json.loads(await self._ask(201, parcel.announcement))["upload_url"].encode()
            for rest, part in parcel.chunks:
                await self._ask(204, b"PATCH ", url, rest, part)
            receipt = await self._ask(200, f"GET /v1/packets/{parcel.packet_id}/receipt HTTP/1.1\r\nHost: g\r\n\r\n".encode())
            assert b"receipt" in receipt
            self.outcome.packets += 1
            self.outcome.size += sum(len(part) for _, part in parcel.chunks)
        assert self.line.transport is not None
        self.line.transport.close()

    async def _ask(self, wanted: int, *parts: bytes) -> bytes:
        began = time.perf_counter()
        status, body = await self.line.ask(*parts)
        self.outcome.latencies_s.append(time.perf_counter() - began)
        assert status == wanted, (status, body)
        return body


async def _crowd(port: int, rows: list[list[Parcel]]) -> Outcome:
    outcome = Outcome()
    kiosks = [_Kiosk(port, row, outcome) for row in rows]
    for kiosk in kiosks:  # everybody is connected before the first byte is measured
        await kiosk.connect()
    began = time.perf_counter()
    await asyncio.gather(*(kiosk.run() for kiosk in kiosks))
    outcome.seconds = time.perf_counter() - began
    return outcome


def send(port: int, rows: list[list[Parcel]]) -> Outcome:
    """All kiosks start at once; ends when the last has its last receipt. Raises AssertionError for an answer nobody wants."""
    return asyncio.run(_crowd(port, rows))
