"""The reference gateway against its own OpenAPI file, asked by schemathesis: nothing undocumented, nothing that breaks it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tus_standins import NET_PYTHON, PEERS, ROOT, net_python

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

OPENAPI = ROOT / "resources" / "siak-gateway.openapi.yaml"
CONFIG = """
[parameters]
wait = 0

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 415, 422, 428, 429, 460, "5xx"]

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 406, 412, 415, 422]

[[operations]]
include-operation-id = "sendChunk"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 429, 460, "5xx"]
"""
"""A long poll is asked not to wait: the rest of the contract does not depend on it. No or another tus version is 412 by that
protocol's text, a checksum of other bytes 460, a body above the limit 413 by HTTP's; all are rejections. The coverage phase sends
checksums that do not follow the pattern and calls them valid: 400."""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewaySimulator]:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=0.0)) as made:
        yield made


def ask(gateway: GatewaySimulator, folder: Path, *options: str) -> None:
    net_python()
    (folder / "schemathesis.toml").write_text(CONFIG)
    tool = NET_PYTHON.parent / "schemathesis"
    done = subprocess.run(
        [str(tool), "--config-file", str(folder / "schemathesis.toml"), "--no-color", "run", str(OPENAPI), "--url", gateway.base_url,
         "--header", "Ktpel-Station: desk-7", "--seed", "6", "--request-timeout", "20", *options],
        cwd=folder, capture_output=True, text=True, timeout=3000,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(PEERS)})
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]


def test_the_examples_of_every_call(gateway: GatewaySimulator, tmp_path: Path) -> None:
    ask(gateway, tmp_path, "--phases", "examples")


@pytest.mark.gate
def test_the_edges_of_every_field(gateway: GatewaySimulator, tmp_path: Path) -> None:
    ask(gateway, tmp_path, "--phases", "coverage")


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_everything_schemathesis_can_think_of(gateway: GatewaySimulator, tmp_path: Path) -> None:
    ask(gateway, tmp_path, "--max-examples", "100")
