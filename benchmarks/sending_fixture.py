"""A desk with a queue of packets, the gateway in a process of its own, and a line between them: for benchmarks of sending."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_commit import _begin

from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.packet.keys import DemoKeys, load_certificate, load_signing_key, make_demo_keys
from ktpel_kiosk.packet.seal import PacketSealer
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.register.store import SqlRegister
from ktpel_kiosk.siak.http_gateway import HttpGateway, receipt_keys, tls_context
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

STATION = "desk-1"
START_S = 60.0


@dataclass
class SendingDesk:
    """The real register and real packet files of one desk."""

    register: SqlRegister
    sealer: PacketSealer
    clock: SystemClock
    keys: DemoKeys
    packets: list[Packet]

    def connect(self, port: int) -> HttpGateway:
        """A client with mutual TLS, as the kiosk has it."""
        keys = self.keys
        pinned = receipt_keys({keys.receipt_kid: keys.receipt_cert.read_bytes()})
        return HttpGateway(f"https://127.0.0.1:{port}", STATION, receipt_keys=pinned,
                           tls=tls_context(keys.ca_cert, keys.client_cert, keys.client_key))


@contextmanager
def sending_desk(folder: Path, sizes: list[int]) -> Iterator[SendingDesk]:
    """A queue with one packet of each size. Contents are random, as good as what sealing makes of a session."""
    clock = SystemClock()
    ids = Uuid7(clock)
    keys = make_demo_keys(folder / "keys", clock.now(), STATION)
    sealer = PacketSealer(
        folder / "packets", load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes()),
        [load_certificate(keys.central_cert.read_bytes())])
    with SqlRegister(folder / "register.sqlite", os.urandom(32), clock, ids) as register:
        p = register.write(lambda tx: _begin(tx, ids.new(), clock.now()))
        packets = []
        for n, size in enumerate(sizes, 1):
            data = random.Random(n).randbytes(size)
            packet_id = ids.new()
            path = f"{packet_id}.ktpelpkt"
            (folder / "packets" / path).write_bytes(data)
            packets.append(Packet(packet_id, p.id, STATION, n, "0" * 64, hashlib.sha256(data).hexdigest(), size, path, PacketState.SEALED,
                                  clock.now()))

        def store(tx: Tx) -> None:
            for packet in packets:
                tx.add_packet(packet)
            tx.log("PacketSealed", p.id, "-", count=len(packets))

        register.write(store)
        yield SendingDesk(register, sealer, clock, keys, packets)


@contextmanager
def gateway_process(folder: Path) -> Iterator[int]:
    """The gateway simulator with mutual TLS over a durable store; its port."""
    process = subprocess.Popen([sys.executable, str(Path(__file__).resolve()), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _serve(folder: Path) -> None:
    keys = DemoKeys(folder / "keys")
    simulator = GatewaySimulator(
        folder / "gateway", clock=SystemClock(), behaviour=Behaviour(step_s=86_400.0),
        keys=SimulatorKeys(keys.receipt_key.read_bytes(), keys.receipt_kid, keys.server_cert, keys.server_key, keys.ca_cert))
    with simulator:
        print(simulator.port, flush=True)
        sys.stdin.read()


class ShapedLine:
    """A line of ``bytes_per_s`` for all connections together, each byte ``delay_s`` late in each direction. Loopback only."""

    BLOCK = 16 * 1024

    def __init__(self, target_port: int, bytes_per_s: float, delay_s: float) -> None:
        self._target, self._rate, self._delay_s = target_port, bytes_per_s, delay_s
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Pipe(self, client, server, shaped=True)
            _Pipe(self, server, client, shaped=False)

    def due(self, count: int, shaped: bool) -> float:
        """When ``count`` bytes that come now are at the other end."""
        now = time.monotonic()
        if not shaped:
            return now + self._delay_s
        with self._lock:
            self._free_at = max(self._free_at, now) + count / self._rate
            return self._free_at + self._delay_s

    def behind_s(self) -> float:
        """How long the line is busy with what it has; nobody reads far ahead of it."""
        with self._lock:
            return self._free_at - time.monotonic()


class _Pipe:
    """One direction of one connection."""

    def __init__(self, line: ShapedLine, source: socket.socket, target: socket.socket, *, shaped: bool) -> None:
        self._line, self._source, self._target, self._shaped = line, source, target, shaped
        self._blocks: deque[tuple[float, bytes]] = deque()
        self._more = threading.Condition()
        for work in (self._read, self._write):
            threading.Thread(target=work, daemon=True).start()

    def _read(self) -> None:
        data = b"-"
        while data:
            try:
                data = self._source.recv(ShapedLine.BLOCK)
            except OSError:
                data = b""
            with self._more:
                self._blocks.append((self._line.due(len(data), self._shaped), data))
                self._more.notify()
            if self._shaped and (ahead := self._line.behind_s() - 0.05) > 0:
                time.sleep(ahead)   # a router queues a little, then the sender's window closes

    def _write(self) -> None:
        while True:
            with self._more:
                while not self._blocks:
                    self._more.wait()
                due, data = self._blocks.popleft()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    self._target.shutdown(socket.SHUT_WR)
                    return
                self._target.sendall(data)
            except OSError:
                return


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
