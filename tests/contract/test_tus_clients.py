"""The reference gateway against tus clients nobody here wrote: ``tuspy`` (Python) and ``tus-js-client`` (Node)."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tus_standins import NODE_MODULES, PEERS, net_python, node

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import verify_jws
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.simulator.tcp_line import BadLine

STATION = "desk-7"
CHUNK = 30_000
SIGNER = ec.generate_private_key(ec.SECP256R1())
CONTENT = random.Random(61).randbytes(200_000)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewaySimulator]:
    pem = SIGNER.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=0.0)) as made:
        yield made


def python_client(endpoint: str, packet_id: str, file: Path, *more: str) -> list[str]:
    return [net_python(), str(PEERS / "client.py"), endpoint, STATION, packet_id, str(file), str(CHUNK), *more]


def node_client(endpoint: str, packet_id: str, file: Path) -> list[str]:
    return [node(), str(PEERS / "client.mjs"), str(NODE_MODULES), endpoint, STATION, packet_id, str(file), str(CHUNK)]


CLIENTS: dict[str, Callable[..., list[str]]] = {"tuspy": python_client, "tus-js-client": node_client}


def announce(base: str, packet_id: str, counter: int = 1) -> dict[str, object]:
    body = {"packet_id": packet_id, "station": STATION, "counter": counter, "previous_hash": "0" * 64, "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest()}
    request = urllib.request.Request(f"{base}/v1/packets", json.dumps(body).encode(),
                                     {"Content-Type": "application/json", wire.STATION_HEADER: STATION})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


def receipt(base: str, packet_id: str) -> dict[str, object]:
    request = urllib.request.Request(f"{base}/v1/packets/{packet_id}/receipt", headers={wire.STATION_HEADER: STATION})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return verify_jws(json.load(answer)["receipt"], {"receipt-1": SIGNER.public_key()}, wire.RECEIPT_TYPE)


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_foreign_client_delivers_an_announced_packet(client: str, gateway: GatewaySimulator, tmp_path: Path) -> None:
    file = tmp_path / "p.ktpelpkt"
    file.write_bytes(CONTENT)
    command = CLIENTS[client](f"{gateway.base_url}/v1/uploads", "packet-1", file)
    refused = run(command)
    assert refused.returncode != 0, "bytes nobody announced are refused"
    announce(gateway.base_url, "packet-1")
    done = run(command)
    assert done.returncode == 0, done.stderr[-2000:]
    assert gateway.content("packet-1") == CONTENT
    assert receipt(gateway.base_url, "packet-1")["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert announce(gateway.base_url, "packet-1")["complete"] is True


def test_a_foreign_client_survives_a_line_that_is_cut(gateway: GatewaySimulator, tmp_path: Path) -> None:
    """``tus-js-client`` retries by itself; the gateway keeps what it acknowledged."""
    file = tmp_path / "p.ktpelpkt"
    file.write_bytes(CONTENT)
    announce(gateway.base_url, "packet-1")
    line = BadLine(gateway.port)
    line.cut_each_after(70_000)
    try:
        done = run(node_client(f"http://127.0.0.1:{line.port}/v1/uploads", "packet-1", file))
    finally:
        line.close()
    assert done.returncode == 0, done.stderr[-2000:]
    assert gateway.content("packet-1") == CONTENT


def test_what_one_client_began_another_ends(gateway: GatewaySimulator, tmp_path: Path) -> None:
    file = tmp_path / "p.ktpelpkt"
    file.write_bytes(CONTENT)
    announce(gateway.base_url, "packet-1")
    begun = run(python_client(f"{gateway.base_url}/v1/uploads", "packet-1", file, "60000"))
    assert begun.returncode == 0, begun.stderr[-2000:]
    assert announce(gateway.base_url, "packet-1")["offset"] == 60_000
    before = {h.packet_id: h.received for h in gateway.holdings()}
    assert before == {"packet-1": 60_000} and gateway.content("packet-1") is None
    done = run(CLIENTS["tus-js-client"](f"{gateway.base_url}/v1/uploads", "packet-1", file))
    assert done.returncode == 0, done.stderr[-2000:]
    assert gateway.content("packet-1") == CONTENT
