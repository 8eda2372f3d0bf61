from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gateway_fakes import CountingGateway, Office

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.packet.keys import DemoKeys, make_demo_keys
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy

QUICK = GatewayTimeouts(connect_s=2.0, read_s=3.0, write_s=3.0, answer_s=10.0)


@pytest.fixture(scope="session")
def receipt_signer() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def demo_keys(tmp_path_factory: pytest.TempPathFactory) -> DemoKeys:
    return make_demo_keys(tmp_path_factory.mktemp("keys"), SystemClock().now(), "desk-1")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(step_s=0.0)


@pytest.fixture
def simulator(tmp_path: Path, receipt_signer: ec.EllipticCurvePrivateKey, behaviour: Behaviour) -> Iterator[GatewaySimulator]:
    pem = receipt_signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    )
    simulator = GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=behaviour)
    with simulator:
        yield simulator


@pytest.fixture
def connect(receipt_signer: ec.EllipticCurvePrivateKey) -> Iterator[Callable[..., CountingGateway]]:
    """A client for a port; closed at the end."""
    opened: list[HttpGateway] = []

    def make(port: int, **options: Any) -> CountingGateway:
        options.setdefault("timeouts", QUICK)
        station = options.pop("station", "desk-1")
        opened.append(HttpGateway(f"http://127.0.0.1:{port}", station,
                                  receipt_keys={"receipt-1": receipt_signer.public_key()}, **options))
        return CountingGateway(opened[-1])

    yield make
    for gateway in opened:
        gateway.close()


@pytest.fixture
def uploader_for(office: Office) -> Callable[..., Uploader]:
    def make(gateway: Any, **options: Any) -> Uploader:
        options.setdefault("policy", UploadPolicy(first_chunk=8192, largest_chunk=8192))
        return Uploader(office.register, gateway, office.sealer, office.clock, random.Random(1), **options)

    return make
