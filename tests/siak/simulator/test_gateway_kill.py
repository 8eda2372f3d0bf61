"""SIGKILL of the gateway in the middle of twenty parallel uploads: everything it acknowledged is there afterwards, once."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

KIOSKS, CHUNK = 20, 16 * 1024
SERVER = """
import sys
from pathlib import Path
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
folder = Path(sys.argv[1])
with GatewaySimulator(folder, clock=SystemClock(), keys=SimulatorKeys((folder / "key").read_bytes()), behaviour=Behaviour(step_s=0.0)) as s:
    print(s.port, flush=True)
    sys.stdin.read()
"""


class Server:
    """A gateway process over a folder; kiosks learn its port of the moment from ``port``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.up = folder, 0, threading.Event()
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, str(self.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.port = int(self.process.stdout.readline())
        self.up.set()

    def kill(self) -> None:
        self.up.clear()
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        self.process.stdin.close()
        self.process.stdout.close()


class Kiosk(threading.Thread):
    """Brings its packets whatever happens; remembers the highest offset and the receipt that were acknowledged."""

    def __init__(self, server: Server, number: int, packets: int, rng: random.Random, progress: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.server, self.station, self.progress = server, f"desk-{number}", progress
        self.packets = [rng.randbytes(rng.randrange(1, 6 * CHUNK)) for _ in range(packets)]
        self.acknowledged: dict[str, int] = {}
        self.receipts: dict[str, str] = {}
        self.lost: list[str] = []

    def run(self) -> None:
        self.http = httpx.Client(trust_env=False, timeout=20, verify=False)
        previous = "0" * 64
        for counter, data in enumerate(self.packets, 1):
            sha256 = hashlib.sha256(data).hexdigest()
            body = {"packet_id": f"{self.station}-{counter}", "station": self.station, "counter": counter, "previous_hash": previous,
                    "size": len(data), "sha256": sha256}
            while not self._sent(body, data):
                self.server.up.wait(60)
            previous = sha256
        self.http.close()

    def _sent(self, body: dict, data: bytes) -> bool:
        """One attempt over one connection; False when the server died on the way."""
        packet_id, base = body["packet_id"], f"http://127.0.0.1:{self.server.port}"
        try:
            announced = self.http.post(f"{base}/v1/packets", json=body).json()
            offset, url = announced["offset"], base + announced["upload_url"]
            if offset < self.acknowledged.get(packet_id, 0):
                self.lost.append(f"{packet_id} stands at {offset}, {self.acknowledged[packet_id]} was acknowledged")
            while offset < len(data):
                part = data[offset:offset + CHUNK]
                digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
                answer = self.http.patch(url, content=part, headers={
                    "Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}",
                    "Content-Type": "application/offset+octet-stream"})
                assert answer.status_code == 204, answer.text
                offset = self.acknowledged[packet_id] = int(answer.headers["Upload-Offset"])
                self.progress.release()
            receipt = self.http.get(f"{base}/v1/packets/{packet_id}/receipt")
            assert receipt.status_code == 200, receipt.text
            self.receipts[packet_id] = receipt.json()["receipt"]
            return True
        except httpx.TransportError:
            self.progress.release()
            return False
        except AssertionError as e:
            self.lost.append(str(e))
            return True


def kill_often(tmp_path: Path, kills: int, packets: int, seed: int) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from ktpel_kiosk.siak.simulator.store import GatewayStore

    rng = random.Random(seed)
    (tmp_path / "key").write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    server, progress = Server(tmp_path), threading.Semaphore(0)
    kiosks = [Kiosk(server, n, packets, rng, progress) for n in range(KIOSKS)]
    for kiosk in kiosks:
        kiosk.start()
    for _ in range(kills):
        for _ in range(rng.randrange(5, 40)):
            progress.acquire(timeout=30)
        server.kill()
        server.start()
    for kiosk in kiosks:
        kiosk.join(120)
    assert not any(k.is_alive() for k in kiosks)
    server.kill()
    store = GatewayStore(tmp_path)
    try:
        assert [problem for k in kiosks for problem in k.lost] == []
        for kiosk in kiosks:
            for counter, data in enumerate(kiosk.packets, 1):
                packet_id = f"{kiosk.station}-{counter}"
                assert store.content(packet_id) == data
                assert store.receipt(packet_id) == kiosk.receipts[packet_id]
        sequences = store.receipts()
        assert [n for n, _ in sequences] == list(range(1, KIOSKS * packets + 1))
        assert len({p for _, p in sequences}) == KIOSKS * packets
        told = [e.packet_id for k in kiosks for e in store.events(k.station, 0, 1000) if e.status.value == "PRINT_READY_RECORD"]
        assert len(told) == len(set(told)), "a status was told twice"
    finally:
        store.close()


def test_a_kill_amid_twenty_uploads_loses_nothing_acknowledged(tmp_path):
    kill_often(tmp_path, kills=1, packets=1, seed=1)


@pytest.mark.gate
@pytest.mark.timeout(1200)
def test_forty_kills_amid_twenty_uploads_lose_nothing_acknowledged(tmp_path):
    kill_often(tmp_path, kills=40, packets=12, seed=2)
