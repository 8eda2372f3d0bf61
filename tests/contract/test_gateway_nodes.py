"""Two gateways over one database and one object store, behind a balancer that sends every request to the other one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from round_robin import RoundRobin

import postgres_server
import swift_server
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.simulator.objects import FolderObjects
from ktpel_kiosk.siak.simulator.pg import Database
from ktpel_kiosk.siak.simulator.s3_objects import S3Objects, S3Settings
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.simulator.shared_store import SharedStore

GENESIS = "0" * 64
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


def new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.fixture(scope="module")
def postgres() -> Iterator[postgres_server.PostgresServer]:
    postgres_server.require()
    server = postgres_server.start(fsync="off")
    yield server
    server.stop()


@pytest.fixture
def pair(postgres: postgres_server.PostgresServer, tmp_path: Path) -> Iterator[tuple[GatewaySimulator, GatewaySimulator]]:
    conninfo, objects, key = postgres.fresh(), FolderObjects(tmp_path / "objects"), new_key()
    made = [GatewaySimulator(tmp_path / f"node{n}", clock=SystemClock(), keys=SimulatorKeys(key), behaviour=Behaviour(step_s=0.0),
                             open_store=lambda: SharedStore(Database(conninfo), objects), papers=objects) for n in range(2)]
    for node in made:
        node.start()
    yield made[0], made[1]
    for node in made:
        node.stop()


def announcement(data: bytes, packet_id: str = "p1", counter: int = 1, station: str = "desk-1") -> dict[str, Any]:
    return {"packet_id": packet_id, "station": station, "counter": counter, "previous_hash": GENESIS, "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest()}


@pytest.mark.gate
def test_a_status_wakes_a_kiosk_that_waits_at_the_other_node(pair: tuple[GatewaySimulator, GatewaySimulator]) -> None:
    first, second = pair
    data = b"packet" * 500
    answers: list[httpx.Response] = []
    with httpx.Client(trust_env=False, timeout=60, headers={"Ktpel-Station": "desk-1"}) as http:
        url = http.post(f"{first.base_url}/v1/packets", json=announcement(data)).json()["upload_url"]
        for node, at in ((second, 0), (first, 1000), (second, 2000)):
            assert http.head(node.base_url + url, headers=TUS).headers["Upload-Offset"] == str(at)
            sent = http.patch(node.base_url + url, content=data[at:at + 1000], headers={**TUS, "Upload-Offset": str(at)})
            assert sent.status_code == 204, sent.text
        receipts = {http.get(f"{node.base_url}/v1/packets/p1/receipt").json()["receipt"] for node in pair}
        assert len(receipts) == 1
        known: list[dict[str, Any]] = []
        while not any(e["status"] == "PRINT_READY_RECORD" for e in known):
            known += http.get(f"{second.base_url}/v1/status?wait=20&after={known[-1]['sequence'] if known else 0}").json()["events"]
        last = known[-1]["sequence"]

        def wait() -> None:
            answers.append(httpx.get(f"{second.base_url}/v1/status?after={last}&wait=50", headers={"Ktpel-Station": "desk-1"},
                                     trust_env=False, timeout=60))

        waiting = threading.Thread(target=wait)
        waiting.start()
        while second._running[1].core.listeners < 1:
            pass
        first.tell("p1", "", StatusSiak.CARD_ISSUED, "")
        waiting.join(40)
    assert [e["status"] for e in answers[0].json()["events"]] == ["CARD_ISSUED"]


@pytest.mark.gate
def test_a_database_that_goes_away_is_503_and_comes_back(tmp_path: Path) -> None:
    postgres_server.require()
    server = postgres_server.start()
    conninfo, objects = server.fresh(), FolderObjects(tmp_path / "objects")
    try:
        with GatewaySimulator(tmp_path, clock=SystemClock(), keys=SimulatorKeys(new_key()), papers=objects,
                              open_store=lambda: SharedStore(Database(conninfo), objects)) as node:
            assert httpx.post(f"{node.base_url}/v1/packets", json=announcement(b"x"), trust_env=False).status_code == 201
            server.crash()
            away = httpx.post(f"{node.base_url}/v1/packets", json=announcement(b"x"), trust_env=False, timeout=60)
            assert (away.status_code, away.json(), "Retry-After" in away.headers) == (503, {"error": "store_away"}, True)
            server.start()
            assert httpx.post(f"{node.base_url}/v1/packets", json=announcement(b"x"), trust_env=False, timeout=60).status_code == 200
    finally:
        server.stop()


NODE = """
import json, sys
from pathlib import Path
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.siak.simulator.pg import Database
from ktpel_kiosk.siak.simulator.s3_objects import S3Objects, S3Settings
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.simulator.shared_store import SharedStore
folder, conninfo, s3 = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
objects = S3Objects(S3Settings(**s3))
with GatewaySimulator(folder, clock=SystemClock(), keys=SimulatorKeys((folder / "key").read_bytes()), behaviour=Behaviour(step_s=0.0),
                      open_store=lambda: SharedStore(Database(conninfo), objects), papers=objects) as node:
    print(node.port, flush=True)
    sys.stdin.read()
"""


class Node:
    def __init__(self, *args: str) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", NODE, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Kiosk(threading.Thread):
    """Brings its packets through the balancer, a connection a request; remembers what was acknowledged."""

    def __init__(self, base: str, number: int, packets: list[bytes], chunk: int, progress: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.base, self.station, self.packets, self.chunk, self.progress = base, f"desk-{number}", packets, chunk, progress
        self.receipts: dict[str, str] = {}
        self.wrong: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.base, trust_env=False, timeout=60, headers={"Ktpel-Station": self.station},
                          limits=httpx.Limits(max_keepalive_connections=0)) as http:
            for counter, data in enumerate(self.packets, 1):
                packet_id, acknowledged = f"{self.station}-{counter}", 0
                while packet_id not in self.receipts:
                    try:
                        acknowledged = self._bring(http, packet_id, counter, data, acknowledged)
                    except httpx.TransportError:
                        self.progress.release()
                        self.over.wait(0.05)

    def _bring(self, http: httpx.Client, packet_id: str, counter: int, data: bytes, acknowledged: int) -> int:
        answer = http.post("/v1/packets", json=announcement(data, packet_id, counter, self.station))
        if answer.status_code == 503:
            return acknowledged
        announced = answer.json()
        offset = announced["offset"]
        if offset < acknowledged:
            self.wrong.append(f"{packet_id} stands at {offset}, {acknowledged} was acknowledged")
        while offset < len(data):
            part = data[offset:offset + self.chunk]
            digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
            sent = http.patch(announced["upload_url"], content=part, headers={
                **TUS, "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}"})
            if sent.status_code != 204:
                if sent.status_code not in (409, 503):
                    self.wrong.append(f"{packet_id}: {sent.status_code} {sent.text}")
                return acknowledged
            offset = acknowledged = int(sent.headers["Upload-Offset"])
            self.progress.release()
        receipt = http.get(f"/v1/packets/{packet_id}/receipt")
        if receipt.status_code == 200:
            self.receipts[packet_id] = receipt.json()["receipt"]
        return acknowledged


@pytest.mark.gate
@pytest.mark.timeout(900)
def test_nodes_killed_amid_uploads_behind_a_balancer_lose_nothing_and_receipt_once(tmp_path: Path) -> None:
    postgres_server.require()
    swift_server.require()
    rng, kiosks, kills = random.Random(9), 8, 6
    (tmp_path / "key").write_bytes(new_key())
    database, bucket = postgres_server.start(), swift_server.start()
    nodes: list[Node] = []
    try:
        settings = bucket.settings("paket")
        S3Objects(S3Settings(**settings)).make_bucket()
        conninfo = database.fresh()
        args = (str(tmp_path), conninfo, json.dumps(settings))
        nodes = [Node(*args), Node(*args)]
        balancer, progress = RoundRobin([n.port for n in nodes]), threading.Semaphore(0)
        crowd = [Kiosk(f"http://127.0.0.1:{balancer.port}", n, [rng.randbytes(rng.randrange(50_000, 400_000)) for _ in range(3)],
                       64 * 1024, progress) for n in range(kiosks)]
        for kiosk in crowd:
            kiosk.start()
        for n in range(kills):
            for _ in range(rng.randrange(4, 14)):
                progress.acquire(timeout=60)
            nodes[n % 2].kill()
            for _ in range(3):
                progress.acquire(timeout=60)   # the other one goes on alone
            nodes[n % 2] = Node(*args)
            balancer.ports[n % 2] = nodes[n % 2].port
        for kiosk in crowd:
            kiosk.join(400)
        assert not any(k.is_alive() for k in crowd)
        balancer.close()
        assert all(balancer.taken.values()), "both nodes were asked"
        store = SharedStore(Database(conninfo), S3Objects(S3Settings(**settings)))
        try:
            assert [w for k in crowd for w in k.wrong] == []
            for kiosk in crowd:
                for counter, data in enumerate(kiosk.packets, 1):
                    packet_id = f"{kiosk.station}-{counter}"
                    assert store.content(packet_id) == data
                    assert store.receipt(packet_id) == kiosk.receipts[packet_id]
            numbers = [n for n, _ in store.receipts()]
            assert len(numbers) == len(set(numbers)) == kiosks * 3
            for kiosk in crowd:
                told = [(e.packet_id, e.status) for e in store.events(kiosk.station, 0, 1000)]
                assert len(told) == len(set(told)), "a status was told twice"
            store.sweep(4e9)
            assert list(store.objects.keys("parts/")) == []
            assert len(list(store.objects.keys("packets/"))) == kiosks * 3
        finally:
            store.close()
    finally:
        for node in nodes:
            if node.process.poll() is None:
                node.kill()
        bucket.stop()
        database.stop()
